package graph_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"kith/db"
	"kith/db/orm"
	"kith/graph"
)

var secret = []byte("0123456789abcdef0123456789abcdef")

func withSecret(o *graph.Options) { o.Secret = secret }

// answerOf sends a request and decodes the answer.
func answerOf(t testing.TB, h http.Handler, r request) answer {
	t.Helper()
	status, body := send(t, h, r)
	out := answer{Status: status, Body: body}
	if err := json.Unmarshal(body, &out); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return out
}

type answer struct {
	Status int
	Body   []byte
	Data   map[string]any
	Errors []struct {
		Message    string
		Path       []any
		Extensions map[string]any
	}
}

func (a answer) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	code, _ := a.Errors[0].Extensions["code"].(string)
	return code
}

// at walks into the data, in lists by index: a.at("logIn", "session", "accessToken"), a.at("posts", "nodes", "0").
func (a answer) at(path ...string) any {
	var v any = a.Data
	for _, name := range path {
		if list, ok := v.([]any); ok {
			i, err := strconv.Atoi(name)
			if v = nil; err == nil && i < len(list) {
				v = list[i]
			}
			continue
		}
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func (a answer) text(path ...string) string {
	s, _ := a.at(path...).(string)
	return s
}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

// asAdmin makes every request of a handler an admin's, where it brings no token.
func asAdmin(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r.WithContext(orm.WithViewer(r.Context(), orm.Viewer{Admin: true})))
	})
}

// signUp makes a user and answers their id.
func signUp(t testing.TB, h http.Handler, username string) string {
	t.Helper()
	a := answerOf(t, h, request{Query: `mutation($u: String!) { createUser(input: {username: $u, password: "correct horse", profile: {fullName: "F"}, address: {emailAddress: "` + username + `@example.com"}, posts: [{title: "T", content: "C", tags: ["shared"]}]}) {
		user { id } userErrors { code field message } } }`, Variables: map[string]any{"u": username}})
	id := a.text("createUser", "user", "id")
	if id == "" {
		t.Fatalf("no user: %s", a.Body)
	}
	return id
}

const logInText = `mutation($u: String!, $p: String!) { logIn(input: {username: $u, password: $p}) { session { accessToken refreshToken expiresAt viewer { username address { emailAddress } } } userErrors { code field message } } }`

func logIn(t testing.TB, h http.Handler, username string) (access, refresh string) {
	t.Helper()
	a := answerOf(t, h, request{Query: logInText, Variables: map[string]any{"u": username, "p": "correct horse"}})
	access, refresh = a.text("logIn", "session", "accessToken"), a.text("logIn", "session", "refreshToken")
	if access == "" || refresh == "" {
		t.Fatalf("no session: %s", a.Body)
	}
	return access, refresh
}

func eachDatabase(t *testing.T, test func(*testing.T, *fixture), change ...func(*graph.Options)) {
	for _, name := range databases {
		t.Run(name, func(t *testing.T) { test(t, open(t, name, append([]func(*graph.Options){withSecret}, change...)...)) })
	}
}

func TestSession(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := f.Planned
		id := signUp(t, h, "ada")
		access, refresh := logIn(t, h, "ada")
		viewer := func(token string) answer {
			return answerOf(t, h, request{Query: `{ viewer { id address { emailAddress } } }`, Header: bearer(token)})
		}
		if a := viewer(access); a.text("viewer", "id") != id || a.text("viewer", "address", "emailAddress") != "ada@example.com" {
			t.Fatalf("%s", a.Body)
		}
		if a := answerOf(t, h, request{Query: `{ viewer { id } }`}); a.at("viewer") != nil || a.code() != "" {
			t.Fatalf("an anonymous viewer: %s", a.Body)
		}

		refreshed := func(token string) answer {
			return answerOf(t, h, request{Query: `mutation($t: String!) { refreshSession(input: {refreshToken: $t}) { session { accessToken refreshToken viewer { id } } userErrors { code field } } }`, Variables: map[string]any{"t": token}})
		}
		f.Clock.Add(16 * time.Minute)
		if a := viewer(access); a.Status != http.StatusUnauthorized || a.code() != "UNAUTHENTICATED" || a.Data != nil {
			t.Fatalf("an expired token: %d %s", a.Status, a.Body)
		}
		next := refreshed(refresh)
		access2, refresh2 := next.text("refreshSession", "session", "accessToken"), next.text("refreshSession", "session", "refreshToken")
		if viewer(access2).text("viewer", "id") != id || refresh2 == refresh {
			t.Fatalf("%s", next.Body)
		}
		// The first token again, and not just now: the family ends, and with it the good tokens.
		f.Clock.Add(11 * time.Second)
		if a := refreshed(refresh); a.at("refreshSession", "session") != nil || !strings.Contains(string(a.Body), `"INVALID"`) {
			t.Fatalf("%s", a.Body)
		}
		if a := refreshed(refresh2); a.at("refreshSession", "session") != nil {
			t.Fatalf("the family lives on: %s", a.Body)
		}
		if a := viewer(access2); a.Status != http.StatusUnauthorized {
			t.Fatalf("a revoked token: %s", a.Body)
		}

		access, refresh = logIn(t, h, "ada")
		if a := answerOf(t, h, request{Query: `mutation($t: String!) { logOut(input: {refreshToken: $t}) { userErrors { code } } }`, Variables: map[string]any{"t": refresh}}); a.code() != "" {
			t.Fatalf("%s", a.Body)
		}
		if a := viewer(access); a.Status != http.StatusUnauthorized {
			t.Fatalf("after logOut: %s", a.Body)
		}

		access, _ = logIn(t, h, "ada")
		other, _ := logIn(t, h, "ada")
		change := func(token, from, to string) answer {
			return answerOf(t, h, request{Query: `mutation($f: String!, $t: String!) { changePassword(input: {currentPassword: $f, newPassword: $t}) { session { accessToken } userErrors { code field } } }`,
				Variables: map[string]any{"f": from, "t": to}, Header: bearer(token)})
		}
		if a := change(access, "wrong horse", "better horse"); !strings.Contains(string(a.Body), `["input","currentPassword"]`) {
			t.Fatalf("%s", a.Body)
		}
		if a := change(access, "correct horse", "short"); !strings.Contains(string(a.Body), `"TOO_SHORT"`) || !strings.Contains(string(a.Body), `["input","newPassword"]`) {
			t.Fatalf("%s", a.Body)
		}
		changed := change(access, "correct horse", "better horse")
		if viewer(changed.text("changePassword", "session", "accessToken")).text("viewer", "id") != id {
			t.Fatalf("%s", changed.Body)
		}
		for _, token := range []string{access, other} {
			if a := viewer(token); a.Status != http.StatusUnauthorized {
				t.Fatalf("a token from before the password changed: %s", a.Body)
			}
		}

		token := changed.text("changePassword", "session", "accessToken")
		if a := answerOf(t, h, request{Query: `mutation($id: ID!) { deleteUser(input: {id: $id}) { deletedId } }`, Variables: map[string]any{"id": id}, Header: bearer(token)}); a.text("deleteUser", "deletedId") != id {
			t.Fatalf("%s", a.Body)
		}
		if a := viewer(token); a.Status != http.StatusUnauthorized {
			t.Fatalf("a deleted user's token: %s", a.Body)
		}
	})
}

func TestBadTokens(t *testing.T) {
	f := open(t, "sqlite", withSecret)
	h := f.Planned
	id := signUp(t, h, "ada")
	good, _ := logIn(t, h, "ada")
	parsed, _, err := jwt.NewParser().ParseUnverified(good, jwt.MapClaims{})
	if err != nil {
		t.Fatal(err)
	}
	forge := func(method jwt.SigningMethod, key any, change func(header map[string]any, claims jwt.MapClaims)) string {
		claims := jwt.MapClaims{}
		for k, v := range parsed.Claims.(jwt.MapClaims) {
			claims[k] = v
		}
		token := jwt.NewWithClaims(method, claims)
		token.Header["kid"] = parsed.Header["kid"]
		if change != nil {
			change(token.Header, claims)
		}
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	now := f.Clock.Now()
	if a := answerOf(t, h, request{Query: `{ viewer { id } }`, Header: bearer(forge(jwt.SigningMethodHS256, secret, nil))}); a.text("viewer", "id") != id {
		t.Fatalf("the test's own token is refused: %s", a.Body)
	}
	set := func(name string, v any) func(map[string]any, jwt.MapClaims) {
		return func(_ map[string]any, c jwt.MapClaims) { c[name] = v }
	}
	unset := func(name string) func(map[string]any, jwt.MapClaims) {
		return func(_ map[string]any, c jwt.MapClaims) { delete(c, name) }
	}
	tokens := map[string]string{
		"alg none":       forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"other key":      forge(jwt.SigningMethodHS256, []byte("another secret of thirty-two bytes"), nil),
		"other method":   forge(jwt.SigningMethodHS512, secret, nil),
		"expired":        forge(jwt.SigningMethodHS256, secret, set("exp", now.Add(-time.Second).Unix())),
		"no exp":         forge(jwt.SigningMethodHS256, secret, unset("exp")),
		"future nbf":     forge(jwt.SigningMethodHS256, secret, set("nbf", now.Add(time.Hour).Unix())),
		"wrong aud":      forge(jwt.SigningMethodHS256, secret, set("aud", "others")),
		"no aud":         forge(jwt.SigningMethodHS256, secret, unset("aud")),
		"wrong iss":      forge(jwt.SigningMethodHS256, secret, set("iss", "others")),
		"no iss":         forge(jwt.SigningMethodHS256, secret, unset("iss")),
		"unknown kid":    forge(jwt.SigningMethodHS256, secret, func(h map[string]any, _ jwt.MapClaims) { h["kid"] = "x" }),
		"no kid":         forge(jwt.SigningMethodHS256, secret, func(h map[string]any, _ jwt.MapClaims) { delete(h, "kid") }),
		"no session":     forge(jwt.SigningMethodHS256, secret, set("sid", "")),
		"other session":  forge(jwt.SigningMethodHS256, secret, set("sid", strings.Repeat("A", 32))),
		"16,000 dots":    strings.Repeat(".", 16_000),
		"two dots":       "..",
		"nothing":        "",
		"a changed byte": good[:len(good)-2] + "xx",
		"cut short":      good[:len(good)/2],
	}
	var text string
	for name, token := range tokens {
		f.Statements()
		a := answerOf(t, h, request{Query: `{ users { totalCount } }`, Header: bearer(token)})
		if a.Status != http.StatusUnauthorized || a.code() != "UNAUTHENTICATED" || a.Data != nil {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
		if text == "" {
			text = string(a.Body)
		}
		if string(a.Body) != text {
			t.Errorf("%s: the text differs: %s", name, a.Body)
		}
		if n := len(f.Statements()); n > 1 {
			t.Errorf("%s: %d statements", name, n)
		}
	}
	for name, header := range map[string]http.Header{
		"another scheme": {"Authorization": {"Basic YTpi"}},
		"two headers":    {"Authorization": {"Bearer " + good, "Bearer " + good}},
	} {
		if a := answerOf(t, h, request{Query: `{ viewer { id } }`, Header: header}); a.Status != http.StatusUnauthorized {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
}

// A wrong user and a wrong password: the same bytes, the same statements, the same hashing.
func TestLogInTellsNothing(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		type seen struct {
			body       string
			statements []string
			hashes     int
		}
		try := func(username, password string) (s seen) {
			f.Statements()
			before := db.Hashes()
			_, body := send(t, f.Planned, request{Query: logInText, Variables: map[string]any{"u": username, "p": password}})
			s.body, s.hashes = string(body), int(db.Hashes()-before)
			for _, statement := range f.Statements() {
				s.statements = append(s.statements, statement.Text)
			}
			return s
		}
		wrongPassword, wrongUser := try("ada", "wrong horse"), try("nobody", "wrong horse")
		if fmt.Sprint(wrongPassword) != fmt.Sprint(wrongUser) || wrongUser.hashes != 1 {
			t.Errorf("they differ:\n%v\n%v", wrongPassword, wrongUser)
		}
		if !strings.Contains(wrongUser.body, `"code":"INVALID","field":null`) {
			t.Error(wrongUser.body)
		}
		long := try("ada", strings.Repeat("x", 900_000))
		if long.body != wrongUser.body {
			t.Errorf("a password of a megabyte: %s", long.body)
		}
	})
}

func TestAttemptsAreLimited(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		try := func(username, password string) string {
			_, body := send(t, f.Planned, request{Query: logInText, Variables: map[string]any{"u": username, "p": password}})
			return string(body)
		}
		for i := range 10 {
			if got := try("ada", "wrong horse"); !strings.Contains(got, `"INVALID"`) {
				t.Fatalf("attempt %d: %s", i, got)
			}
		}
		before := db.Hashes()
		for _, now := range []struct {
			after time.Duration
			says  string
			retry float64
		}{{0, "try again in 15 minutes", 900}, {8*time.Minute + 30*time.Second, "try again in 7 minutes", 390}, {6 * time.Minute, "try again in 1 minute", 30}} {
			f.Clock.Add(now.after)
			var header string
			a := answerOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				f.Planned.ServeHTTP(w, r)
				header = w.Header().Get("Retry-After")
			}), request{Query: logInText, Variables: map[string]any{"u": "ada", "p": "correct horse"}})
			if len(a.Errors) != 1 || !strings.HasSuffix(a.Errors[0].Message, now.says) || a.Errors[0].Extensions["retryAfter"] != now.retry || header != fmt.Sprint(now.retry) {
				t.Errorf("Retry-After %q, not %v: %s", header, now.retry, a.Body)
			}
		}
		if got := try("ada", "correct horse"); !strings.Contains(got, `"LIMIT_EXCEEDED"`) {
			t.Fatalf("not limited: %s", got)
		}
		if db.Hashes() != before {
			t.Error("a refused attempt hashes")
		}
		if got := try("nobody", "wrong horse"); !strings.Contains(got, `"INVALID"`) {
			t.Fatalf("another account is limited too: %s", got)
		}
		f.Clock.Add(30 * time.Second)
		if got := try("ada", "correct horse"); !strings.Contains(got, `"accessToken"`) {
			t.Fatalf("limited for ever: %s", got)
		}
		for range 30 { // successes are not counted
			logIn(t, f.Planned, "ada")
		}
	})
}

// Who may run which mutation, on another's rows and on their own. What is allowed answers the code "".
func TestAuthorization(t *testing.T) {
	// Each case is run in a dry run, so that none changes what the next one finds.
	mutations := map[string]string{
		"createUser":                `createUser(input: {username: "new", password: "long enough"}) { userErrors { code } }`,
		"updateUser":                `updateUser(input: {id: $user, name: "N", profile: {bio: "B"}, address: {emailAddress: "n@example.com"}}) { userErrors { code } }`,
		"deleteUser":                `deleteUser(input: {id: $user}) { userErrors { code } }`,
		"createProfile for another": `createProfile(input: {userId: $bare, bio: "B"}) { userErrors { code } }`,
		"updateProfile":             `updateProfile(input: {id: $profile, bio: "B"}) { userErrors { code } }`,
		"move a profile":            `updateProfile(input: {id: $profile, userId: $bare}) { userErrors { code } }`,
		"deleteProfile":             `deleteProfile(input: {id: $profile}) { userErrors { code } }`,
		"createAddress for another": `createAddress(input: {userId: $bare, emailAddress: "b@example.com"}) { userErrors { code } }`,
		"createAddress for nobody":  `createAddress(input: {userId: null, emailAddress: "b@example.com"}) { userErrors { code } }`,
		"updateAddress":             `updateAddress(input: {id: $address, emailAddress: "b@example.com"}) { userErrors { code } }`,
		"detach an address":         `updateAddress(input: {id: $address, userId: null}) { userErrors { code } }`,
		"move an address":           `updateAddress(input: {id: $address, userId: $bare}) { userErrors { code } }`,
		"deleteAddress":             `deleteAddress(input: {id: $address}) { userErrors { code } }`,
		"createPost for another":    `createPost(input: {authorId: $bare, title: "T", content: "C"}) { userErrors { code } }`,
		"createPost":                `createPost(input: {title: "T", content: "C"}) { userErrors { code } }`,
		"updatePost":                `updatePost(input: {id: $post, title: "N", tags: {add: ["x"]}}) { userErrors { code } }`,
		"give a post away":          `updatePost(input: {id: $post, authorId: $bare}) { userErrors { code } }`,
		"deletePost":                `deletePost(input: {id: $post}) { userErrors { code } }`,
		"createTag":                 `createTag(input: {name: "fresh"}) { userErrors { code } }`,
		"updateTag":                 `updateTag(input: {id: $tag, name: "renamed"}) { userErrors { code } }`,
		"deleteTag":                 `deleteTag(input: {id: $tag, force: true}) { userErrors { code } }`,
	}
	const no, forbidden, absent = "UNAUTHENTICATED", "FORBIDDEN", "NOT_FOUND"
	// anonymous, owner, other, admin
	want := map[string][4]string{
		"createUser":                {"", "", "", ""},
		"updateUser":                {no, "", forbidden, ""},
		"deleteUser":                {no, "", forbidden, ""},
		"createProfile for another": {no, forbidden, forbidden, ""},
		"updateProfile":             {no, "", forbidden, ""},
		"move a profile":            {no, forbidden, forbidden, ""},
		"deleteProfile":             {no, "", forbidden, ""},
		"createAddress for another": {no, forbidden, forbidden, ""},
		"createAddress for nobody":  {no, forbidden, forbidden, ""},
		"updateAddress":             {no, "", absent, ""},
		"detach an address":         {no, "", absent, ""},
		"move an address":           {no, forbidden, forbidden, ""},
		"deleteAddress":             {no, "", absent, ""},
		"createPost for another":    {no, forbidden, forbidden, ""},
		"createPost":                {no, "", "", ""},
		"updatePost":                {no, "", forbidden, ""},
		"give a post away":          {no, forbidden, forbidden, ""},
		"deletePost":                {no, "", forbidden, ""},
		"createTag":                 {no, "", "", ""},
		"updateTag":                 {no, forbidden, forbidden, ""},
		"deleteTag":                 {no, forbidden, forbidden, ""},
	}
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := f.Planned
		for _, name := range []string{"owner", "other", "root"} {
			signUp(t, h, name)
		}
		if found, err := f.DB.SetAdmin(t.Context(), "root"); err != nil || !found {
			t.Fatal(found, err)
		}
		bare := answerOf(t, h, request{Query: `mutation { createUser(input: {username: "bare", password: "correct horse"}) { user { id } } }`}).text("createUser", "user", "id")
		tokens := make([]http.Header, 4)
		for i, name := range []string{"", "owner", "other", "root"} {
			if name != "" {
				access, _ := logIn(t, h, name)
				tokens[i] = bearer(access)
			}
		}
		ids := answerOf(t, h, request{Query: `{ viewer { id profile { id } address { id } posts { nodes { id tags { nodes { id } } } } } }`, Header: tokens[1]})
		post := ids.at("viewer", "posts", "nodes").([]any)[0].(map[string]any)
		tag := post["tags"].(map[string]any)["nodes"].([]any)[0].(map[string]any)
		variables := map[string]any{"user": ids.at("viewer", "id"), "profile": ids.at("viewer", "profile", "id"), "address": ids.at("viewer", "address", "id"),
			"post": post["id"], "tag": tag["id"], "bare": bare}
		for name, text := range mutations {
			for i, who := range []string{"anonymous", "owner", "other", "admin"} {
				used := map[string]any{}
				var declared []string
				for v, id := range variables {
					if strings.Contains(text, "$"+v) {
						used[v] = id
						declared = append(declared, "$"+v+": ID!")
					}
				}
				head := "mutation "
				if len(declared) > 0 {
					head += "(" + strings.Join(declared, ", ") + ") "
				}
				a := answerOf(t, h, request{Query: head + "@dryRun { m: " + text + " }", Variables: used, Header: tokens[i]})
				got := a.code()
				if list, _ := a.at("m", "userErrors").([]any); len(list) > 0 {
					got = list[0].(map[string]any)["code"].(string)
				}
				if got != want[name][i] {
					t.Errorf("%s by %s: %q, want %q: %s", name, who, got, want[name][i], a.Body)
				}
			}
		}
	})
	if len(mutations) != len(want) {
		t.Error("the table and the mutations differ")
	}
}

// Whoever makes a user reads the payload as that user, since all of it is theirs; admins read it as admins. The fields
// after it are the caller's own again.
func TestPayloadOfCreateUser(t *testing.T) {
	const (
		makes = `createUser(input: {username: $u, password: "correct horse", address: {emailAddress: $e}, posts: [{title: "T", content: "C"}]}) {
			user { username address { emailAddress user { username } } posts { nodes { author { address { emailAddress } } } } } }`
		reads = `createPost(input: {title: "T", content: "C"}) { post { author { username address { emailAddress } } } }
			b: createUser(input: {username: $v, password: "correct horse"}) { user { address { emailAddress } } }
			c: createTag(input: {name: $v}) { tag { posts { totalCount } } }
			d: updateUser(input: {id: $id, name: "Me"}) { user { username address { emailAddress } } }
			e: updateAddress(input: {id: $address, emailAddress: "stolen@example.com"}) { address { id } userErrors { code } }`
	)
	eachDatabase(t, func(t *testing.T, f *fixture) {
		for way, h := range f.ways() {
			caller := way + "-caller"
			id := signUp(t, h, caller)
			access, _ := logIn(t, h, caller)
			for who, header := range map[string]http.Header{"anonymous": nil, "caller": bearer(access)} {
				name := way + "-" + who + "-new"
				want := `{"username":"` + name + `","address":{"emailAddress":"` + name + `@example.com","user":{"username":"` + name + `"}},"posts":{"nodes":[{"author":{"address":{"emailAddress":"` + name + `@example.com"}}}]}}`
				a := answerOf(t, h, request{Query: `mutation($u: String!, $e: String!) { a: ` + makes + ` }`, Variables: map[string]any{"u": name, "e": name + "@example.com"}, Header: header})
				compareJSON(t, who, a.at("a", "user"), want)
			}
			other := way + "-caller-new"
			seen := answerOf(t, asAdmin(h), request{Query: `query($u: String!) { user(by: {username: $u}) { address { id } } }`, Variables: map[string]any{"u": other}})
			variables := map[string]any{"u": way + "-second", "v": way + "-third", "e": way + "-second@example.com", "id": id, "address": seen.text("user", "address", "id")}
			head := `mutation($u: String!, $v: String!, $e: String!, $id: ID!, $address: ID!) { a: ` + makes + ` f: ` + reads + ` }`
			// The address that e names is not for the caller to see: all is rolled back, and the answer says why.
			a := answerOf(t, h, request{Query: head, Variables: variables, Header: bearer(access)})
			compareJSON(t, way, a.at("e", "userErrors"), `[{"code":"NOT_FOUND"}]`)
			without, _, _ := strings.Cut(strings.Replace(head, ", $address: ID!", "", 1), "e: updateAddress")
			a = answerOf(t, h, request{Query: without + "}", Variables: variables, Header: bearer(access)})
			compareJSON(t, way, a.at("a", "user", "address", "emailAddress"), `"`+way+`-second@example.com"`)
			mine := `{"username":"` + caller + `","address":{"emailAddress":"` + caller + `@example.com"}}`
			compareJSON(t, way, a.at("f", "post", "author"), mine)
			compareJSON(t, way, a.at("b", "user"), `{"address":null}`)
			compareJSON(t, way, a.at("d", "user"), mine)
		}
	})
}

func TestSignUpClosed(t *testing.T) {
	f := open(t, "sqlite", withSecret, func(o *graph.Options) { o.SignUpClosed = true })
	const text = `mutation { createUser(input: {username: "new", password: "long enough"}) { user { id } userErrors { code } } }`
	if a := answerOf(t, f.Planned, request{Query: text}); a.code() != "UNAUTHENTICATED" {
		t.Errorf("anonymous: %s", a.Body)
	}
	if a := answerOf(t, asAdmin(f.Planned), request{Query: text}); a.text("createUser", "user", "id") == "" {
		t.Errorf("admin: %s", a.Body)
	}
	access, _ := func() (string, string) {
		a := answerOf(t, f.Planned, request{Query: logInText, Variables: map[string]any{"u": "new", "p": "long enough"}})
		return a.text("logIn", "session", "accessToken"), ""
	}()
	if a := answerOf(t, f.Planned, request{Query: strings.Replace(text, "new", "newer", 1), Header: bearer(access)}); a.code() != "FORBIDDEN" {
		t.Errorf("a user: %s", a.Body)
	}
}

func TestPasswordsOfOneOperation(t *testing.T) {
	f := open(t, "sqlite", withSecret)
	var b strings.Builder
	for i := range 11 {
		fmt.Fprintf(&b, `u%d: createUser(input: {username: "u%d", password: "long enough"}) { userErrors { code } } `, i, i)
	}
	if a := answerOf(t, f.Planned, request{Query: "mutation { " + b.String() + "}"}); a.code() != "LIMIT_EXCEEDED" {
		t.Errorf("%s", a.Body)
	}
}

func TestSessionMutationsStandAlone(t *testing.T) {
	f := open(t, "sqlite", withSecret)
	signUp(t, f.Planned, "ada")
	const one = `logIn(input: {username: "ada", password: "correct horse"}) { session { expiresAt } }`
	for name, r := range map[string]request{
		"two":      {Query: `mutation { a: ` + one + ` b: ` + one + ` }`},
		"mixed":    {Query: `mutation { ` + one + ` createTag(input: {name: "x"}) { userErrors { code } } }`},
		"dry run":  {Query: `mutation @dryRun { ` + one + ` }`},
		"with key": {Query: `mutation { ` + one + ` }`, Header: http.Header{"Idempotency-Key": {"k"}}},
	} {
		if a := answerOf(t, f.Planned, r); a.code() != "BAD_REQUEST" || a.at("logIn") != nil {
			t.Errorf("%s: %s", name, a.Body)
		}
	}
	if a := answerOf(t, f.Planned, request{Query: `mutation { __typename ` + one + ` }`}); a.code() != "" {
		t.Errorf("alone: %s", a.Body)
	}
}

// Whoever has signed up is known where they did, before they have ever logged in.
func TestSignUpIsAKnownPlace(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		from := func(address string) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.RemoteAddr = address + ":1"
				f.Planned.ServeHTTP(w, r)
			})
		}
		signUp(t, from("192.0.2.1"), "ada")
		for i := range 102 {
			answerOf(t, from(fmt.Sprintf("198.51.100.%d", i)), request{Query: logInText, Variables: map[string]any{"u": "ada", "p": "wrong password"}})
		}
		if a := answerOf(t, from("203.0.113.1"), request{Query: logInText, Variables: map[string]any{"u": "ada", "p": "correct horse"}}); a.code() != "LIMIT_EXCEEDED" {
			t.Errorf("from elsewhere: %s", a.Body)
		}
		logIn(t, from("192.0.2.1"), "ada")
	})
}
