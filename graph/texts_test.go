package graph_test

import (
	"encoding/json"
	"testing"
)

// Texts of one line are stored trimmed and with single spaces, wherever they come in, and look-ups find them as inputs
// would name them. Texts of many lines and passwords stay as they were written.
func TestTextsOfOneLine(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		for way, h := range f.ways() {
			name := way + "-ada"
			a := answerOf(t, h, request{Query: `mutation($i: CreateUserInput!) { createUser(input: $i) { user { username name profile { fullName bio } address { emailAddress }
				posts { nodes { title content tags { nodes { name } } } } } userErrors { code field } } }`,
				Variables: map[string]any{"i": map[string]any{
					"username": "\t" + name + " ", "password": "  two  spaces  ", "profile": map[string]any{"fullName": "Ada\n  Lovelace", "bio": " a\n\n  b "},
					"address": map[string]any{"emailAddress": " " + name + "@example.com\n"},
					"posts":   []any{map[string]any{"title": " On \u00a0 texts ", "content": "  x\n\ty ", "tags": []any{"History", "history ", " History", "His\ttory"}}},
				}}})
			want := `{"username":"` + name + `","name":"` + name + `","profile":{"fullName":"Ada Lovelace","bio":" a\n\n  b "},"address":{"emailAddress":"` + name + `@example.com"},` +
				`"posts":{"nodes":[{"title":"On texts","content":"  x\n\ty ","tags":{"nodes":[{"name":"History"},{"name":"history"},{"name":"His tory"}]}}]}}`
			compareJSON(t, way, a.at("createUser", "user"), want)
			for query, want := range map[string]string{
				`{ x: tag(by: {name: "  History\n"}) { name } }`:                               `{"name":"History"}`,
				`{ x: tag(by: {name: "HISTORY"}) { name } }`:                                   `null`,
				`{ x: user(by: {username: " ` + name + ` "}) { name } }`:                       `{"name":"` + name + `"}`,
				`{ x: tags(where: {name: {eq: " History"}}) { totalCount } }`:                  `{"totalCount":0}`,
				`{ x: tags(where: {name: {eq: "history", ignoreCase: true}}) { totalCount } }`: `{"totalCount":2}`,
			} {
				compareJSON(t, way+": "+query, answerOf(t, h, request{Query: query}).at("x"), want)
			}
			for password, want := range map[string]bool{"  two  spaces  ": true, "two  spaces": false, "  two spaces  ": false, "two spaces": false} {
				in := answerOf(t, h, request{Query: logInText, Variables: map[string]any{"u": name + "  ", "p": password}})
				if got := in.text("logIn", "session", "accessToken") != ""; got != want {
					t.Errorf("%s: the password %q is taken: %v", way, password, got)
				}
			}
			again := answerOf(t, h, request{Query: `mutation($u: String!) { createUser(input: {username: $u, password: "correct horse", name: " \t ", posts: [{title: "\n", content: " ", tags: ["\u00a0"]}]}) { userErrors { code field } } }`,
				Variables: map[string]any{"u": " " + name}})
			compareJSON(t, way, again.at("createUser", "userErrors"), `[{"code":"BLANK","field":["input","name"]},{"code":"BLANK","field":["input","posts","0","title"]},
				{"code":"BLANK","field":["input","posts","0","content"]},{"code":"BLANK","field":["input","posts","0","tags","0"]}]`)
			taken := answerOf(t, asAdmin(h), request{Query: `mutation { createTag(input: {name: " His  tory "}) { userErrors { code } } }`})
			compareJSON(t, way, taken.at("createTag", "userErrors"), `[{"code":"TAKEN"}]`)
		}
	})
}

func compareJSON(t *testing.T, what string, got any, want string) {
	t.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	a, _ := json.Marshal(got)    //nolint:errchkjson // it was JSON
	b, _ := json.Marshal(wanted) //nolint:errchkjson // it was JSON
	if string(a) != string(b) {
		t.Errorf("%s: %s, want %s", what, a, b)
	}
}
