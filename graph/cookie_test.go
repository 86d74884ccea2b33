package graph_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/graph"
	"kith/graph/transport"
)

// A browser keeps a cookie and sends it, from a page of kith's own site unless from says another.
type browser struct {
	t      testing.TB
	h      http.Handler
	from   http.Header
	cookie *http.Cookie
}

func newBrowser(t testing.TB, h http.Handler) *browser {
	return &browser{t: t, h: h, from: http.Header{"Origin": {"https://kith.example.com"}, "Sec-Fetch-Site": {"same-origin"}}}
}

// send sends a mutation as the page does, in cookie mode, and answers what the browser is told to keep as well.
func (b *browser) send(r request) (answer, *http.Cookie) {
	b.t.Helper()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	maps.Copy(r.Header, b.from)
	if _, set := r.Header["X-Session"]; !set {
		r.Header["X-Session"] = []string{"cookie"}
	}
	if b.cookie != nil && r.Header["Cookie"] == nil {
		r.Header["Cookie"] = []string{b.cookie.Name + "=" + b.cookie.Value}
	}
	body, err := json.Marshal(r)
	if err != nil {
		b.t.Fatal(err)
	}
	q := httptest.NewRequest(http.MethodPost, "https://kith.example.com/graphql", bytes.NewReader(body))
	q.Header = r.Header
	q.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, q)
	out := answer{Status: w.Code, Body: w.Body.Bytes()}
	if err := json.Unmarshal(out.Body, &out); err != nil {
		b.t.Fatalf("%v in %s", err, out.Body)
	}
	cookies := w.Result().Cookies()
	if len(cookies) == 0 {
		return out, nil
	}
	if cookies[0].Value != "" && strings.Contains(w.Body.String(), cookies[0].Value) {
		b.t.Errorf("the page can read its refresh token: %s", w.Body)
	}
	return out, cookies[0]
}

// keep is send, and keeps the cookie.
func (b *browser) keep(r request) answer {
	b.t.Helper()
	a, cookie := b.send(r)
	if cookie == nil {
		b.t.Fatalf("no cookie: %d %s", a.Status, a.Body)
	}
	b.cookie = cookie
	return a
}

func (b *browser) logIn(username string) answer {
	b.t.Helper()
	return b.keep(request{Query: logInText, Variables: map[string]any{"u": username, "p": "correct horse"}})
}

const refreshByCookie = `mutation { refreshSession(input: {}) { session { accessToken refreshToken expiresAt viewer { username } } userErrors { code field } } }`

func TestCookie(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		b := newBrowser(t, f.Planned)
		if a := b.logIn("ada"); a.at("logIn", "session", "refreshToken") != "" {
			t.Errorf("%s", a.Body)
		}
		value := b.cookie.Value
		if got, want := b.cookie.Raw, "__Secure-kith-refresh="+value+"; Path=/graphql; Max-Age=2592000; HttpOnly; Secure; SameSite=Strict"; got != want {
			t.Errorf("%s\nand not\n%s", got, want)
		}
		f.Clock.Add(time.Minute)
		a := b.keep(request{Query: refreshByCookie})
		if a.text("refreshSession", "session", "viewer", "username") != "ada" || a.at("refreshSession", "session", "refreshToken") != "" || b.cookie.Value == value {
			t.Fatalf("%s", a.Body)
		}
		access := a.text("refreshSession", "session", "accessToken")

		changed := b.keep(request{Query: `mutation { changePassword(input: {currentPassword: "correct horse", newPassword: "better horse"}) { session { refreshToken } userErrors { code } } }`, Header: bearer(access)})
		if changed.at("changePassword", "session", "refreshToken") != "" {
			t.Errorf("%s", changed.Body)
		}
		a = b.keep(request{Query: refreshByCookie})
		access = a.text("refreshSession", "session", "accessToken")
		out := b.keep(request{Query: `mutation { logOut(input: {}) { userErrors { code } } }`})
		if got, want := b.cookie.Raw, "__Secure-kith-refresh=; Path=/graphql; Max-Age=0; HttpOnly; Secure; SameSite=Strict"; got != want {
			t.Errorf("%s: %s\nand not\n%s", out.Body, got, want)
		}
		if a := answerOf(t, f.Planned, request{Query: `{ viewer { id } }`, Header: bearer(access)}); a.Status != http.StatusUnauthorized {
			t.Errorf("logged out: %s", a.Body)
		}
		if a, cookie := b.send(request{Query: refreshByCookie}); !strings.Contains(string(a.Body), `{"code":"INVALID","field":["input","refreshToken"]}`) || cookie != nil {
			t.Errorf("%s %v", a.Body, cookie)
		}
	})
}

// A page without TLS, as in development, has a cookie of another name, which a page with TLS does not take.
func TestCookieWithoutTLS(t *testing.T) {
	f := open(t, "sqlite", withSecret)
	signUp(t, f.Planned, "ada")
	b := newBrowser(t, f.Planned)
	b.from = http.Header{"Origin": {"http://kith.example.com"}, "Sec-Fetch-Site": {"same-origin"}}
	b.logIn("ada")
	if b.cookie.Name != "kith-refresh" || b.cookie.Secure || !b.cookie.HttpOnly || b.cookie.SameSite != http.SameSiteStrictMode {
		t.Errorf("%s", b.cookie.Raw)
	}
	secure := newBrowser(t, f.Planned)
	secure.cookie = b.cookie
	if a, _ := secure.send(request{Query: refreshByCookie}); !strings.Contains(string(a.Body), `"INVALID"`) {
		t.Errorf("%s", a.Body)
	}
	if a := b.keep(request{Query: refreshByCookie}); a.text("refreshSession", "session", "accessToken") == "" {
		t.Errorf("%s", a.Body)
	}
}

// Tabs that open at once send the cookie as it is just then, and their requests come in any order.
func TestTabsShareACookie(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		b := newBrowser(t, f.Planned)
		b.logIn("ada")
		for round := range 3 {
			before := b.cookie
			b.keep(request{Query: refreshByCookie})
			cookies := []*http.Cookie{before, b.cookie, before, b.cookie, before, b.cookie, before, b.cookie}
			rand.Shuffle(len(cookies), func(i, j int) { cookies[i], cookies[j] = cookies[j], cookies[i] })
			var all sync.WaitGroup
			for _, cookie := range cookies {
				all.Go(func() {
					tab := newBrowser(t, f.Planned)
					tab.cookie = cookie
					a, next := tab.send(request{Query: refreshByCookie})
					if a.text("refreshSession", "session", "viewer", "username") != "ada" || next == nil || next.Value != b.cookie.Value {
						t.Errorf("round %d: %s %v, want %s", round, a.Body, next, b.cookie.Value)
					}
				})
			}
			all.Wait()
			f.Clock.Add(10 * time.Second)
		}
		// Whoever comes later with a token that was used has stolen it, or has been stolen from.
		old := *b.cookie
		b.keep(request{Query: refreshByCookie})
		f.Clock.Add(10 * time.Second)
		thief := newBrowser(t, f.Planned)
		thief.cookie = &old
		for who, one := range []*browser{thief, b} {
			if a, _ := one.send(request{Query: refreshByCookie}); !strings.Contains(string(a.Body), `"INVALID"`) {
				t.Errorf("%d: the session has not ended: %s", who, a.Body)
			}
		}
	})
}

// What another site makes a browser send is not done, and without its header the cookie is nothing.
func TestCookieAcrossSites(t *testing.T) {
	origins, err := transport.ParseOrigins([]string{"https://app.example.com"}, false)
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, "sqlite", withSecret, func(o *graph.Options) { o.AllowedOrigins = origins })
	signUp(t, f.Planned, "ada")
	b := newBrowser(t, f.Planned)
	b.logIn("ada")
	f.Clock.Add(time.Minute)
	for name, header := range map[string]http.Header{
		"another site":       {"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}},
		"an old browser":     {"Origin": {"https://evil.example"}},
		"a sister":           {"Origin": {"https://sister.example.com"}, "Sec-Fetch-Site": {"same-site"}},
		"without its origin": {"Sec-Fetch-Site": {"cross-site"}},
		"from nowhere":       {"Origin": {"null"}, "Sec-Fetch-Site": {"cross-site"}},
	} {
		other := &browser{t: t, h: f.Planned, from: header, cookie: b.cookie}
		for _, text := range []string{refreshByCookie, `mutation { logOut(input: {}) { userErrors { code } } }`} {
			if a, cookie := other.send(request{Query: text}); a.Status != http.StatusForbidden || cookie != nil {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
	}
	if a, cookie := b.send(request{Query: refreshByCookie, Header: http.Header{"X-Session": {""}}}); !strings.Contains(string(a.Body), `"INVALID"`) || cookie != nil {
		t.Errorf("without the header: %s", a.Body)
	}
	if a, cookie := b.send(request{Query: refreshByCookie, Header: http.Header{"X-Session": {"biscuit"}}}); a.code() != "BAD_REQUEST" || cookie != nil {
		t.Errorf("with another: %s", a.Body)
	}
	two := http.Header{"Cookie": {b.cookie.Name + "=" + b.cookie.Value + "; " + b.cookie.Name + "=planted"}}
	if a, _ := b.send(request{Query: refreshByCookie, Header: two}); !strings.Contains(string(a.Body), `"INVALID"`) {
		t.Errorf("two cookies: %s", a.Body)
	}
	// A query's session is told by its token alone.
	if a, _ := b.send(request{Query: `{ viewer { id } }`}); a.at("viewer") != nil {
		t.Errorf("the cookie logs in: %s", a.Body)
	}
	// An origin that is let in is of the same site where the browser sends the cookie, and may read the answer.
	app := &browser{t: t, h: f.Planned, from: http.Header{"Origin": {"https://app.example.com"}, "Sec-Fetch-Site": {"same-site"}}, cookie: b.cookie}
	if a := app.keep(request{Query: refreshByCookie}); a.text("refreshSession", "session", "viewer", "username") != "ada" {
		t.Errorf("%s", a.Body)
	}
	r := httptest.NewRequest(http.MethodOptions, "https://kith.example.com/graphql", nil)
	r.Header = http.Header{"Origin": {"https://app.example.com"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"content-type,x-session"}}
	w := httptest.NewRecorder()
	f.Planned.ServeHTTP(w, r)
	if h := w.Header(); h.Get("Access-Control-Allow-Credentials") != "true" || h.Get("Access-Control-Allow-Origin") != "https://app.example.com" || !strings.Contains(h.Get("Access-Control-Allow-Headers"), "x-session") {
		t.Errorf("%d %v", w.Code, h)
	}
}

// A sign-up's cookie comes with the user, and with nothing that was rolled back.
func TestCookieOfASignUp(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		b := newBrowser(t, f.Planned)
		const user = `createUser(input: {username: "ada", password: "correct horse"}) { session { accessToken refreshToken } userErrors { code } }`
		for name, text := range map[string]string{
			"a fault beside it": `mutation { ` + user + ` other: createUser(input: {username: "ada", password: "correct horse"}) { user { id } userErrors { code } } }`,
			"an error":          `mutation { ` + user + ` createTag(input: {name: "x"}) { tag { id } } }`,
			"dry":               `mutation @dryRun { ` + user + ` }`,
		} {
			if a, cookie := b.send(request{Query: text}); cookie != nil {
				t.Errorf("%s: %s %v", name, a.Body, cookie)
			}
		}
		if a := b.keep(request{Query: `mutation { ` + user + ` }`}); a.at("createUser", "session", "refreshToken") != "" {
			t.Errorf("%s", a.Body)
		}
		if a := b.keep(request{Query: refreshByCookie}); a.text("refreshSession", "session", "viewer", "username") != "ada" {
			t.Errorf("%s", a.Body)
		}
	})
}

// Tokens in JSON become a cookie by a refresh.
func TestTokenBecomesACookie(t *testing.T) {
	f := open(t, "sqlite", withSecret)
	signUp(t, f.Planned, "ada")
	_, token := logIn(t, f.Planned, "ada")
	b := newBrowser(t, f.Planned)
	if a := b.keep(request{Query: refreshText, Variables: map[string]any{"t": token}}); a.at("refreshSession", "session", "refreshToken") != "" || b.cookie.Value == token {
		t.Errorf("%s", a.Body)
	}
}

// Where no cookie can be answered no session is opened either.
func TestCookieNeedsAnAnswer(t *testing.T) {
	f := open(t, "sqlite", withSecret)
	signUp(t, f.Planned, "ada")
	url := listen(t, f.Planned)
	c := dial(t, url, http.Header{"X-Session": {"cookie"}}, "graphql-transport-ws").init()
	c.subscribe("1", `mutation { logIn(input: {username: "ada", password: "correct horse"}) { session { accessToken } userErrors { code } } }`)
	if said := c.hear(); !strings.Contains(said, `"BAD_REQUEST"`) || strings.Contains(said, "accessToken\":\"") {
		t.Error(said)
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(fmt.Sprintf(`{"query":%q}`, refreshByCookie)))
	r.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"text/event-stream"}, "X-Session": {"cookie"}}
	w := httptest.NewRecorder()
	f.Planned.ServeHTTP(w, r)
	if !strings.Contains(w.Body.String(), `"BAD_REQUEST"`) || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
}
