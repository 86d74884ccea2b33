package graph_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"kith/db"
	"kith/graph"
	"kith/graph/transport"
)

const refreshText = `mutation($t: String!) { refreshSession(input: {refreshToken: $t}) { session { accessToken refreshToken expiresAt viewer { username } } userErrors { code field } } }`

func refresh(t testing.TB, h http.Handler, token string) (access, next string) {
	t.Helper()
	a := answerOf(t, h, request{Query: refreshText, Variables: map[string]any{"t": token}})
	return a.text("refreshSession", "session", "accessToken"), a.text("refreshSession", "session", "refreshToken")
}

// behindProxy makes the requests of tests come through a trusted proxy, and from is where from.
func behindProxy(o *graph.Options) {
	proxies, err := transport.ParseTrustedProxies("192.0.2.1") // where httptest's requests come from
	if err != nil {
		panic(err)
	}
	o.TrustedProxies = proxies
}

func from(address string) http.Header { return http.Header{"X-Forwarded-For": {address}} }

// attemptFrom tries to log in, and answers the code of what is wrong.
func attemptFrom(t testing.TB, h http.Handler, address, username, password string) string {
	t.Helper()
	a := answerOf(t, h, request{Query: logInText, Variables: map[string]any{"u": username, "p": password}, Header: from(address)})
	if list, _ := a.at("logIn", "userErrors").([]any); len(list) > 0 {
		return list[0].(map[string]any)["code"].(string)
	}
	return a.code()
}

func TestTabsRefreshAtOnce(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := f.Planned
		signUp(t, h, "ada")
		_, token := logIn(t, h, "ada")
		for trial := range 6 {
			var access, next [4]string
			var all sync.WaitGroup
			for tab := range next {
				all.Go(func() { access[tab], next[tab] = refresh(t, h, token) })
			}
			all.Wait()
			for tab := range next {
				if next[tab] == "" || next[tab] == token || next[tab] != next[0] {
					t.Fatalf("trial %d: the tabs have %q", trial, next)
				}
				if a := answerOf(t, h, request{Query: `{ viewer { username } }`, Header: bearer(access[tab])}); a.text("viewer", "username") != "ada" {
					t.Fatalf("trial %d: tab %d is logged out: %s", trial, tab, a.Body)
				}
			}
			token = next[0]
		}
	})
}

func TestRefreshTokenIsUsedAgain(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := f.Planned
		signUp(t, h, "ada")
		for name, c := range map[string]struct {
			after time.Duration
			token int // which of the three
			good  bool
		}{
			"an answer was lost": {9 * time.Second, 1, true},
			"later":              {10 * time.Second, 1, false},
			"an older one":       {0, 0, false},
		} {
			_, first := logIn(t, h, "ada")
			_, second := refresh(t, h, first)
			access, third := refresh(t, h, second)
			f.Clock.Add(c.after)
			_, again := refresh(t, h, []string{first, second}[c.token])
			if want := map[bool]string{true: third}[c.good]; again != want {
				t.Errorf("%s: %q, want %q", name, again, want)
			}
			if a := answerOf(t, h, request{Query: `{ viewer { username } }`, Header: bearer(access)}); (a.Status == http.StatusOK) != c.good {
				t.Errorf("%s: the access token answers %s", name, a.Body)
			}
			if _, next := refresh(t, h, third); (next != "") != c.good {
				t.Errorf("%s: the newest token is exchanged: %v", name, next != "")
			}
		}
	})
}

func TestSessionHasAnEnd(t *testing.T) {
	const day = 24 * time.Hour
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := f.Planned
		signUp(t, h, "ada")
		_, token := logIn(t, h, "ada")
		f.Clock.Add(30 * day)
		if _, next := refresh(t, h, token); next != "" {
			t.Error("a refresh token that nobody used for 30 days is taken")
		}
		begin := f.Clock.Now()
		_, token = logIn(t, h, "ada")
		for _, age := range []time.Duration{29 * day, 58 * day, 87 * day, 90*day - time.Minute} {
			f.Clock.Add(begin.Add(age).Sub(f.Clock.Now()))
			if _, token = refresh(t, h, token); token == "" {
				t.Fatalf("after %v the session has ended", age)
			}
		}
		a := answerOf(t, h, request{Query: refreshText, Variables: map[string]any{"t": token}})
		expires, err := time.Parse(time.RFC3339, a.text("refreshSession", "session", "expiresAt"))
		if err != nil || expires.After(begin.Add(90*day)) {
			t.Errorf("an access token says that it outlives its session: %v, error %v", expires, err)
		}
		f.Clock.Add(time.Minute)
		if got := answerOf(t, h, request{Query: `{ viewer { id } }`, Header: bearer(a.text("refreshSession", "session", "accessToken"))}); got.Status != http.StatusUnauthorized {
			t.Errorf("after 90 days: %s", got.Body)
		}
		if _, next := refresh(t, h, a.text("refreshSession", "session", "refreshToken")); next != "" {
			t.Error("a session has no end")
		}
	})
}

// Whoever knew the old password has no session once it is changed, however close to the change they logged in.
func TestPasswordChangeEndsLogInsInFlight(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := f.Planned
		signUp(t, h, "ada")
		passwords := []string{"correct horse", "better horse", "third horse"}
		for trial := range 2 {
			a := answerOf(t, h, request{Query: logInText, Variables: map[string]any{"u": "ada", "p": passwords[trial]}})
			owner := a.text("logIn", "session", "accessToken")
			var got sync.Map
			var all sync.WaitGroup
			for i := range 16 {
				all.Go(func() {
					a := answerOf(t, h, request{Query: logInText, Variables: map[string]any{"u": "ada", "p": passwords[trial]}, Header: from(fmt.Sprint("203.0.113.", i))})
					if token := a.text("logIn", "session", "accessToken"); token != "" {
						got.Store(token, true)
					} else if !strings.Contains(string(a.Body), `"INVALID"`) {
						t.Errorf("%s", a.Body)
					}
				})
			}
			changed := answerOf(t, h, request{Query: `mutation($f: String!, $t: String!) { changePassword(input: {currentPassword: $f, newPassword: $t}) { session { accessToken } userErrors { code } } }`,
				Variables: map[string]any{"f": passwords[trial], "t": passwords[trial+1]}, Header: bearer(owner)})
			all.Wait()
			if a := answerOf(t, h, request{Query: `{ viewer { username } }`, Header: bearer(changed.text("changePassword", "session", "accessToken"))}); a.text("viewer", "username") != "ada" {
				t.Fatalf("the owner is out: %s, %s", changed.Body, a.Body)
			}
			left := 0
			got.Range(func(token, _ any) bool {
				if a := answerOf(t, h, request{Query: `{ viewer { id } }`, Header: bearer(token.(string))}); a.Status == http.StatusOK {
					left++
				}
				return true
			})
			if left > 0 {
				t.Errorf("trial %d: %d sessions are left", trial, left)
			}
		}
	}, behindProxy)
}

// A hundred failures from elsewhere lock an account for strangers, and not for its owner at a known place.
func TestKnownPlace(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := f.Planned
		signUp(t, h, "ada")
		if code := attemptFrom(t, h, "2001:db8:1:2::1", "ada", "correct horse"); code != "" {
			t.Fatal(code)
		}
		for i := range 10 {
			var all sync.WaitGroup
			for range 10 {
				all.Go(func() {
					if code := attemptFrom(t, h, fmt.Sprint("203.0.113.", i), "ada", "wrong horse"); code != "INVALID" {
						t.Error(code)
					}
				})
			}
			all.Wait()
		}
		hashes := db.Hashes()
		f.Statements()
		for _, address := range []string{"203.0.113.1", "203.0.113.200", "2001:db8:1:3::1"} {
			if code := attemptFrom(t, h, address, "ada", "correct horse"); code != "LIMIT_EXCEEDED" {
				t.Errorf("%s: %s", address, code)
			}
		}
		// What is refused is neither hashed nor written down.
		for _, s := range f.Statements() {
			if !strings.HasPrefix(s.Text, "SELECT") {
				t.Errorf("a refused attempt runs %s", s.Text)
			}
		}
		if n := db.Hashes() - hashes; n > 0 {
			t.Errorf("refused attempts take %d hashes", n)
		}
		for range 9 {
			if code := attemptFrom(t, h, "2001:db8:1:2::2", "ada", "wrong horse"); code != "INVALID" {
				t.Fatalf("the owner's own mistake: %s", code)
			}
		}
		if code := attemptFrom(t, h, "2001:db8:1:2:ffff::3", "ada", "correct horse"); code != "" {
			t.Errorf("the owner is locked out: %s", code)
		}
		for range 10 {
			attemptFrom(t, h, "2001:db8:1:2::4", "ada", "wrong horse")
		}
		if code := attemptFrom(t, h, "2001:db8:1:2::5", "ada", "correct horse"); code != "LIMIT_EXCEEDED" {
			t.Errorf("a known place may try for ever: %q", code)
		}
	}, behindProxy)
}

// An address may try 200 times, whatever the accounts.
func TestAddressesAreLimited(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		try := func(address, username, want string) {
			t.Helper()
			if code := attemptFrom(t, f.Planned, address, username, "wrong horse"); code != want {
				t.Errorf("%s as %s: %s, want %s", address, username, code, want)
			}
		}
		try("203.0.113.7", "one", "INVALID")
		try("203.0.113.7", "two", "INVALID")
		execute(t, f, `UPDATE attempts SET failures = 198 WHERE failures = 2`) // what both were counted for
		try("203.0.113.7", "three", "INVALID")
		try("203.0.113.7", "four", "INVALID")
		try("203.0.113.7", "five", "LIMIT_EXCEEDED")
		try("203.0.113.8", "five", "INVALID")
	}, behindProxy)
}

// Whoever has got hold of an access token cannot try passwords for ever; changes that succeed are not counted.
func TestPasswordChangesAreLimited(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := f.Planned
		signUp(t, h, "ada")
		access, _ := logIn(t, h, "ada")
		change := func(current, next string) answer {
			return answerOf(t, h, request{Query: `mutation($f: String!, $t: String!) { changePassword(input: {currentPassword: $f, newPassword: $t}) { session { accessToken } userErrors { code } } }`,
				Variables: map[string]any{"f": current, "t": next}, Header: bearer(access)})
		}
		passwords := []string{"correct horse", "better horse"}
		for i := range 12 {
			a := change(passwords[i%2], passwords[(i+1)%2])
			if access = a.text("changePassword", "session", "accessToken"); access == "" {
				t.Fatalf("change %d: %s", i, a.Body)
			}
		}
		for i := range 10 {
			if a := change("wrong horse", "worse horse"); !strings.Contains(string(a.Body), `"INVALID"`) {
				t.Fatalf("attempt %d: %s", i, a.Body)
			}
		}
		hashes := db.Hashes()
		if a := change("correct horse", "better horse"); a.code() != "LIMIT_EXCEEDED" || db.Hashes() != hashes {
			t.Errorf("not limited: %s", a.Body)
		}
	})
}

// Without trust in the sender a forwarding header changes nothing, and the log says once which setting would.
func TestForwardingHeadersAreNotBelieved(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	f := open(t, "sqlite", withSecret)
	for i := range 10 {
		if code := attemptFrom(t, f.Planned, fmt.Sprint("203.0.113.", i), "ada", "wrong horse"); code != "INVALID" {
			t.Fatal(code)
		}
	}
	if code := attemptFrom(t, f.Planned, "203.0.113.200", "ada", "wrong horse"); code != "LIMIT_EXCEEDED" {
		t.Errorf("a stranger says where they come from: %s", code)
	}
	if n := strings.Count(log.String(), "KITH_TRUSTED_PROXIES"); n != 1 {
		t.Errorf("the log names the setting %d times:\n%s", n, &log)
	}
}

// While sign-ups, dry runs among them, wait for their hashes, a log-in does not wait for them. What is counted is how many
// of them are answered before it.
func TestSignUpsDoNotHoldLogIns(t *testing.T) {
	f := open(t, "sqlite", withSecret)
	h := f.Planned
	signUp(t, h, "ada")
	const crowd = 40
	var done atomic.Int64
	var all sync.WaitGroup
	begun := db.Hashes()
	for i := range crowd {
		all.Go(func() {
			dryRun := []string{"", "@dryRun"}[i%2]
			a := answerOf(t, h, request{Query: fmt.Sprintf(`mutation %s { createUser(input: {username: "u%d", password: "long enough"}) { user { id } userErrors { code } } }`, dryRun, i)})
			if a.text("createUser", "user", "id") == "" {
				t.Errorf("%s", a.Body)
			}
			done.Add(1)
		})
	}
	for db.Hashes() == begun {
		time.Sleep(time.Millisecond)
	}
	before := done.Load()
	logIn(t, h, "ada")
	if n := done.Load() - before; n > crowd/2 {
		t.Errorf("%d of %d sign-ups were answered before a log-in that came later", n, crowd)
	}
	all.Wait()
}

// logIn, refreshSession and logOut are how a client gets rid of a token that is not good: they do not look at it.
func TestSessionMutationsIgnoreTheToken(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := f.Planned
		signUp(t, h, "ada")
		stale, token := logIn(t, h, "ada")
		f.Clock.Add(time.Hour)
		headers := map[string]http.Header{"stale": bearer(stale), "forged": bearer(stale[:len(stale)-3] + "xxx"), "no token": bearer("x"),
			"another scheme": {"Authorization": {"Basic YTpi"}}, "two": {"Authorization": {"Bearer " + stale, "Bearer " + stale}}, "another's": bearer(strings.Repeat("a.", 3))}
		const one = `logIn(input: {username: "ada", password: "correct horse"}) { session { accessToken viewer { username } } }`
		const refreshOne = `refreshSession(input: {refreshToken: $t}) { session { refreshToken viewer { username } } }`
		for name, header := range headers {
			for what, r := range map[string]request{
				"logIn":          {Query: `mutation { x: ` + one + ` }`},
				"in a fragment":  {Query: `mutation { __typename ...F } fragment F on Mutation { ... on Mutation { x: ` + one + ` } }`},
				"what is left":   {Query: `mutation { x: ` + one + ` createTag(input: {name: "x"}) @skip(if: true) { tag { id } } }`},
				"refreshSession": {Query: `mutation($t: String!) { x: ` + refreshOne + ` }`, Variables: map[string]any{"t": token}},
			} {
				r.Header = header
				a := answerOf(t, h, r)
				if a.Status != http.StatusOK || a.text("x", "session", "viewer", "username") != "ada" {
					t.Fatalf("%s, %s: %d %s", what, name, a.Status, a.Body)
				}
				if next := a.text("x", "session", "refreshToken"); next != "" {
					token = next
				}
			}
			if a := answerOf(t, h, request{Query: `mutation { x: logOut(input: {refreshToken: "x"}) { userErrors { code } } }`, Header: header}); a.Status != http.StatusOK || a.code() != "" {
				t.Errorf("logOut, %s: %d %s", name, a.Status, a.Body)
			}
			// Nothing else runs.
			for what, r := range map[string]string{
				"a query":               `{ users { totalCount } }`,
				"the schema":            `{ __typename }`,
				"changePassword":        `mutation { changePassword(input: {currentPassword: "correct horse", newPassword: "better horse"}) { userErrors { code } } }`,
				"createTag":             `mutation { createTag(input: {name: "bypass"}) { tag { id } } }`,
				"createTag as logIn":    `mutation { logIn: createTag(input: {name: "bypass"}) { tag { id } } }`,
				"createUser":            `mutation { createUser(input: {username: "bypass", password: "long enough"}) { user { id } } }`,
				"createUser beside it":  `mutation { ` + one + ` createUser(input: {username: "bypass", password: "long enough"}) { user { id } } }`,
				"beside it, included":   `mutation($yes: Boolean = true) { ` + one + ` createTag(input: {name: "bypass"}) @include(if: $yes) @skip(if: false) { tag { id } } }`,
				"beside it, a fragment": `mutation { ` + one + ` ...F } fragment F on Mutation { createTag(input: {name: "bypass"}) { tag { id } } }`,
				"two":                   `mutation { a: ` + one + ` b: ` + one + ` }`,
				"nothing is left":       `mutation { logOut(input: {refreshToken: "x"}) @skip(if: true) { userErrors { code } } }`,
				"no syntax":             `mutation { logIn(`,
				"not valid":             `mutation { logIn { session } }`,
				"which":                 `mutation A { ` + one + ` } query B { __typename }`,
			} {
				w := httptest.NewRecorder()
				q := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":`+quoted(r)+`}`))
				q.Header = header.Clone()
				q.Header.Set("Content-Type", "application/json")
				h.ServeHTTP(w, q)
				if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") != "Bearer" || !strings.Contains(w.Body.String(), `"UNAUTHENTICATED"`) || strings.Contains(w.Body.String(), `"data"`) {
					t.Errorf("%s, %s: %d %v %s", what, name, w.Code, w.Header(), w.Body)
				}
			}
			for operation, status := range map[string]int{"A": http.StatusOK, "B": http.StatusUnauthorized} {
				body := `{"operationName":"` + operation + `","query":` + quoted(`mutation A { `+one+` } query B { users { totalCount } }`) + `}`
				w := httptest.NewRecorder()
				q := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
				q.Header = header.Clone()
				q.Header.Set("Content-Type", "application/json")
				if h.ServeHTTP(w, q); w.Code != status {
					t.Errorf("operation %s, %s: %d %s", operation, name, w.Code, w.Body)
				}
			}
			// A document that is known by its hash later is asked for first.
			hash := sha256.Sum256([]byte(`mutation { x: ` + one + ` }` + "# " + name))
			persisted := request{Header: header, Extensions: map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hex.EncodeToString(hash[:])}}}
			if a := answerOf(t, h, persisted); a.code() != "PERSISTED_QUERY_NOT_FOUND" {
				t.Errorf("by its hash, %s: %s", name, a.Body)
			}
			persisted.Query = `mutation { x: ` + one + ` }` + "# " + name
			for range 2 {
				if a := answerOf(t, h, persisted); a.text("x", "session", "viewer", "username") != "ada" {
					t.Errorf("by its hash, %s: %s", name, a.Body)
				}
				persisted.Query = ""
			}
			for what, body := range map[string]string{"no JSON": `{`, "no query": `{}`} {
				w := httptest.NewRecorder()
				q := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body))
				q.Header = header.Clone()
				q.Header.Set("Content-Type", "application/json")
				if h.ServeHTTP(w, q); w.Code != http.StatusUnauthorized {
					t.Errorf("%s, %s: %d %s", what, name, w.Code, w.Body)
				}
			}
		}
		if a := answerOf(t, h, request{Query: `{ tag(by: {name: "bypass"}) { id } user(by: {username: "bypass"}) { id } }`}); a.at("tag") != nil || a.at("user") != nil || a.code() != "" {
			t.Errorf("something else ran: %s", a.Body)
		}
	})
}

// quoted is a text as JSON.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// A session mutation is answered while the token cannot be looked up at all.
func TestSessionMutationsDoNotLookTheTokenUp(t *testing.T) {
	i := newIssuer(t)
	f := open(t, "sqlite", withSecret, func(o *graph.Options) { o.OIDCIssuer, o.OIDCAudience = i.URL, "kith-app" })
	signUp(t, f.Planned, "ada")
	header := bearer(i.sign(t, jwt.SigningMethodRS256, i.key, "one", f.Clock.Now(), nil))
	i.Close()
	a := answerOf(t, f.Planned, request{Query: logInText, Variables: map[string]any{"u": "ada", "p": "correct horse"}, Header: header})
	if a.text("logIn", "session", "viewer", "username") != "ada" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := answerOf(t, f.Planned, request{Query: `{ viewer { id } }`, Header: header}); a.Status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", a.Status, a.Body)
	}
}

// Looking up who asks is no statement of the operation.
func TestReceiptsLeaveTheTokenOut(t *testing.T) {
	f := open(t, "sqlite", withSecret, withReceipts)
	signUp(t, f.Planned, "ada")
	access, _ := logIn(t, f.Planned, "ada")
	header := bearer(access)
	header.Set("X-Receipt", "1")
	_, body := send(t, f.Planned, request{Query: `{ viewer { username } }`, Header: header})
	if strings.Contains(string(body), "sessions") || !strings.Contains(string(body), "FROM users") {
		t.Errorf("%s", body)
	}
	var sessions []string
	for _, s := range f.Statements() {
		if strings.Contains(s.Text, "FROM sessions") {
			sessions = append(sessions, s.Text)
		}
	}
	if len(sessions) != 1 {
		t.Errorf("one look-up of the session: %q", sessions)
	}
}
