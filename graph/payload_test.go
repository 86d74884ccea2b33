package graph_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The edge of a new row stands where its cursor says in the list of all.
func TestEdgeOfANewRow(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		access, _ := logIn(t, f.Planned, "ada")
		for _, h := range []http.Handler{f.Planned, f.Resolved} {
			a := answerOf(t, h, request{Query: `mutation { createPost(input: {title: "T", content: "C"}) { postEdge { cursor node { id } } query { posts(last: 1) { edges { cursor node { id } } } } } }`, Header: bearer(access)})
			edge := a.at("createPost", "postEdge")
			cursor := a.text("createPost", "postEdge", "cursor")
			listed, _ := a.at("createPost", "query", "posts", "edges").([]any)
			if len(listed) != 1 || cursor == "" || listed[0].(map[string]any)["cursor"] != edge.(map[string]any)["cursor"] {
				t.Fatalf("%s", a.Body)
			}
			after := answerOf(t, h, request{Query: `query($c: String!) { posts(after: $c) { nodes { id } pageInfo { hasPreviousPage } } }`, Variables: map[string]any{"c": cursor}})
			compareJSON(t, "after", after.at("posts"), `{"nodes":[],"pageInfo":{"hasPreviousPage":true}}`)
		}
	})
}

// Whoever signs up is logged in by the same request, if they ask for it and the answer is for nobody but them.
func TestSessionOfSignUp(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		const text = `mutation($u: String!) { createUser(input: {username: $u, password: "correct horse", address: {emailAddress: "a@example.com"}}) {
			session { accessToken refreshToken expiresAt viewer { username address { emailAddress } } } again: session { refreshToken } userErrors { code } query { viewer { username } } } }`
		sessions := func() (n int) {
			t.Helper()
			if _, err := f.DB.QueryRow(t.Context(), "sessions", `SELECT count(*) FROM sessions`, nil, &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		signUp(t, f.Planned, "ada")
		if sessions() != 0 {
			t.Error("a session that nobody has asked for")
		}
		opened := 0
		for way, h := range f.ways() {
			a := answerOf(t, h, request{Query: text, Variables: map[string]any{"u": way}})
			opened++
			compareJSON(t, way, a.at("createUser", "session", "viewer"), `{"username":"`+way+`","address":{"emailAddress":"a@example.com"}}`)
			compareJSON(t, way, a.at("createUser", "query"), `{"viewer":{"username":"`+way+`"}}`)
			refreshToken := a.text("createUser", "session", "refreshToken")
			if refreshToken == "" || a.text("createUser", "again", "refreshToken") != refreshToken || sessions() != opened {
				t.Fatalf("%d sessions: %s", sessions(), a.Body)
			}
			if want := f.Clock.Now().Add(15 * time.Minute).UTC().Format("2006-01-02T15:04"); !strings.HasPrefix(a.text("createUser", "session", "expiresAt"), want) {
				t.Errorf("%s does not expire at %s", a.Body, want)
			}
			me := answerOf(t, h, request{Query: `{ viewer { username } }`, Header: bearer(a.text("createUser", "session", "accessToken"))})
			compareJSON(t, way, me.at("viewer"), `{"username":"`+way+`"}`)
			if access, _ := refresh(t, h, refreshToken); access == "" {
				t.Error("the session cannot be refreshed")
			}
		}
		access, _ := logIn(t, f.Planned, "ada")
		opened++
		none := func(name string, h http.Handler, query string, header http.Header) {
			t.Helper()
			for range 2 { // of a stored answer too
				a := answerOf(t, h, request{Query: query, Variables: map[string]any{"u": name}, Header: header})
				if session := a.at("createUser", "session"); session != nil || !strings.Contains(string(a.Body), `"session":null`) || sessions() != opened {
					t.Errorf("%s: %d sessions, not %d: %s", name, sessions(), opened, a.Body)
				}
			}
		}
		none("keyed", f.Planned, text, http.Header{"Idempotency-Key": {"k"}})
		none("dry", f.Planned, strings.Replace(text, ")", ") @dryRun", 1), nil)
		none("ada", f.Planned, text, nil) // TAKEN
		none("of-ada", f.Planned, text, bearer(access))
		none("of-admin", asAdmin(f.Planned), text, nil)
		none("rolled-back", f.Planned, strings.TrimSuffix(text, "}")+` b: createUser(input: {username: "ada", password: "correct horse"}) { userErrors { code } } }`, nil)
	})
}

// The payloads of sessions bring what can be read as well, as whoever the session is of.
func TestQueryOfSessions(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		for _, h := range []http.Handler{f.Planned, f.Resolved} {
			const query = `query { viewer { username address { emailAddress } } users { totalCount } posts(first: 1) { nodes { title } } }`
			const ada = `{"viewer":{"username":"ada","address":{"emailAddress":"ada@example.com"}},"users":{"totalCount":1},"posts":{"nodes":[{"title":"T"}]}}`
			const nobody = `{"viewer":null,"users":{"totalCount":1},"posts":{"nodes":[{"title":"T"}]}}`
			in := answerOf(t, h, request{Query: `mutation { logIn(input: {username: "ada", password: "correct horse"}) { session { accessToken refreshToken } ` + query + ` } }`})
			compareJSON(t, "logIn", in.at("logIn", "query"), ada)
			wrong := answerOf(t, h, request{Query: `mutation { logIn(input: {username: "ada", password: "wrong horse"}) { userErrors { message } ` + query + ` } }`})
			compareJSON(t, "wrong", wrong.at("logIn"), `{"userErrors":[{"message":"Username or password is wrong."}],"query":`+nobody+`}`)
			again := answerOf(t, h, request{Query: `mutation($t: String!) { refreshSession(input: {refreshToken: $t}) { session { accessToken refreshToken } ` + query + ` } }`,
				Variables: map[string]any{"t": in.text("logIn", "session", "refreshToken")}})
			compareJSON(t, "refreshSession", again.at("refreshSession", "query"), ada)
			changed := answerOf(t, h, request{Query: `mutation { changePassword(input: {currentPassword: "correct horse", newPassword: "correct horse"}) { session { refreshToken } ` + query + ` } }`,
				Header: bearer(again.text("refreshSession", "session", "accessToken"))})
			compareJSON(t, "changePassword", changed.at("changePassword", "query"), ada)
			out := answerOf(t, h, request{Query: `mutation($t: String!) { logOut(input: {refreshToken: $t}) { ` + query + ` } }`,
				Variables: map[string]any{"t": changed.text("changePassword", "session", "refreshToken")}})
			compareJSON(t, "logOut", out.at("logOut", "query"), nobody)
		}
	})
}

// What a payload's query asks for counts, and stands in receipts at its path.
func TestQueryOfAPayloadCounts(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		for _, h := range []http.Handler{f.Planned, f.Resolved} {
			a := answerOf(t, asAdmin(h), request{Query: `mutation { createTag(input: {name: "a"}) { query { users(first: 100) { nodes { posts(first: 100) { nodes { tags(first: 100) { totalCount } } } } } } } }`})
			if a.code() != "LIMIT_EXCEEDED" || a.Data != nil {
				t.Errorf("%s", a.Body)
			}
			status, body := send(t, asAdmin(h), request{Query: `mutation @dryRun { createTag(input: {name: "a"}) { query { users(first: 7) { nodes { id } } } } }`, Header: http.Header{"X-Receipt": {"1"}}})
			if status != http.StatusOK || !strings.Contains(string(body), `"requested":8`) || !strings.Contains(string(body), `"path":"createTag.query.users"`) {
				t.Errorf("%d: %s", status, body)
			}
		}
	}, withReceipts)
}
