package graph_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const sessionsText = `{ sessions { id createdAt lastUsedAt lastUsedFrom userAgent expiresAt current } }`

// logInFrom is a session of ada's, begun somewhere by some program.
func logInFrom(t testing.TB, h http.Handler, address, agent string) (access, token string) {
	t.Helper()
	a := answerOf(t, h, request{Query: logInText, Variables: map[string]any{"u": "ada", "p": "correct horse"}, Header: http.Header{"X-Forwarded-For": {address}, "User-Agent": {agent}}})
	if access, token = a.text("logIn", "session", "accessToken"), a.text("logIn", "session", "refreshToken"); access == "" {
		t.Fatalf("%s", a.Body)
	}
	return access, token
}

func TestSessionsAreListed(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		signUp(t, f.Planned, "bob")
		logIn(t, f.Planned, "bob")
		f.Clock.Add(time.Minute)
		_, token := logInFrom(t, f.Planned, "203.0.113.1", "phone")
		f.Clock.Add(time.Minute)
		second, _ := logInFrom(t, f.Planned, "2001:db8:1:2::3", strings.Repeat("é", 201)+"\x01")
		f.Clock.Add(time.Minute)
		refreshed := answerOf(t, f.Planned, request{Query: refreshText, Variables: map[string]any{"t": token}, Header: http.Header{"X-Forwarded-For": {"203.0.113.9"}}})
		first := refreshed.text("refreshSession", "session", "accessToken")
		ids := map[any]bool{}
		for name, h := range map[string]http.Handler{"plan": f.Planned, "resolvers": f.Resolved} {
			if a := answerOf(t, h, request{Query: sessionsText}); string(a.Body) != `{"data":{"sessions":[]}}` {
				t.Errorf("%s, nobody's: %s", name, a.Body)
			}
			for i, access := range []string{first, second} {
				a := answerOf(t, h, request{Query: sessionsText, Header: bearer(access)})
				list, _ := a.at("sessions").([]any)
				if len(list) != 2 {
					t.Fatalf("%s: %s", name, a.Body)
				}
				for at, want := range []map[string]any{
					{"createdAt": "2026-01-02T03:05:05.678901Z", "lastUsedAt": "2026-01-02T03:07:05.678901Z", "lastUsedFrom": "203.0.113.9", "userAgent": nil, "current": i == 0},
					{"createdAt": "2026-01-02T03:06:05.678901Z", "lastUsedAt": "2026-01-02T03:06:05.678901Z", "lastUsedFrom": "2001:db8:1:2::/64", "userAgent": strings.Repeat("é", 200), "current": i == 1},
				} {
					got := list[at].(map[string]any)
					for field, value := range want {
						if got[field] != value {
							t.Errorf("%s, session %d: %s is %v, want %v", name, at, field, got[field], value)
						}
					}
					ids[got["id"]] = true
				}
			}
		}
		if len(ids) != 2 || ids[""] {
			t.Errorf("ids %v", ids)
		}
		for id := range ids {
			if strings.HasPrefix(token, id.(string)) {
				t.Error("a listed id is a part of the refresh token")
			}
		}
		f.Clock.Add(31 * 24 * time.Hour)
		access, _ := logInFrom(t, f.Planned, "203.0.113.1", "phone")
		if a := answerOf(t, f.Planned, request{Query: sessionsText, Header: bearer(access)}); len(a.at("sessions").([]any)) != 1 {
			t.Errorf("those that have ended are listed: %s", a.Body)
		}
	}, behindProxy)
}

// idOf is the listed id of a session.
func idOf(t testing.TB, h http.Handler, access string) string {
	t.Helper()
	a := answerOf(t, h, request{Query: sessionsText, Header: bearer(access)})
	for _, s := range a.at("sessions").([]any) {
		if s := s.(map[string]any); s["current"] == true {
			return s["id"].(string)
		}
	}
	t.Fatalf("no session is the current one: %s", a.Body)
	return ""
}

func TestSessionsAreRevoked(t *testing.T) {
	const revokeText = `mutation($id: ID!) { revokeSession(input: {id: $id}) { revokedId userErrors { code field } query { viewer { username } } } }`
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := f.Planned
		signUp(t, h, "ada")
		signUp(t, h, "bob")
		lives := func(access string) bool {
			return answerOf(t, h, request{Query: `{ viewer { id } }`, Header: bearer(access)}).Status == http.StatusOK
		}
		mine, _ := logIn(t, h, "ada")
		lost, lostToken := logIn(t, h, "ada")
		other, _ := logIn(t, h, "ada")
		bobs, _ := logIn(t, h, "bob")
		for name, id := range map[string]string{"bob's": idOf(t, h, bobs), "made up": "x", "empty": ""} {
			if a := answerOf(t, h, request{Query: revokeText, Variables: map[string]any{"id": id}, Header: bearer(mine)}); !strings.Contains(string(a.Body), `{"revokedId":null,"userErrors":[{"code":"NOT_FOUND","field":["input","id"]}]`) {
				t.Errorf("%s: %s", name, a.Body)
			}
		}
		id := idOf(t, h, lost)
		if a := answerOf(t, h, request{Query: revokeText, Variables: map[string]any{"id": id}}); a.code() != "UNAUTHENTICATED" {
			t.Errorf("anonymous: %s", a.Body)
		}
		if a := answerOf(t, h, request{Query: revokeText, Variables: map[string]any{"id": id}, Header: bearer(mine)}); a.text("revokeSession", "revokedId") != id || a.text("revokeSession", "query", "viewer", "username") != "ada" {
			t.Errorf("%s", a.Body)
		}
		if lives(lost) || !lives(mine) || !lives(other) || !lives(bobs) {
			t.Errorf("after one was revoked: %v %v %v %v", lives(lost), lives(mine), lives(other), lives(bobs))
		}
		if _, next := refresh(t, h, lostToken); next != "" {
			t.Error("a revoked session is refreshed")
		}
		logIn(t, h, "ada")
		if a := answerOf(t, h, request{Query: `mutation { revokeOtherSessions { count userErrors { code } } }`}); a.code() != "UNAUTHENTICATED" {
			t.Errorf("anonymous: %s", a.Body)
		}
		if a := answerOf(t, h, request{Query: `mutation { revokeOtherSessions { count userErrors { code } query { sessions { current } } } }`, Header: bearer(mine)}); string(a.Body) !=
			`{"data":{"revokeOtherSessions":{"count":2,"userErrors":[],"query":{"sessions":[{"current":true}]}}}}` {
			t.Errorf("%s", a.Body)
		}
		if lives(other) || !lives(mine) || !lives(bobs) {
			t.Errorf("after the others were revoked: %v %v %v", lives(other), lives(mine), lives(bobs))
		}
		for _, text := range []string{`mutation { revokeOtherSessions { count } createTag(input: {name: "x"}) { tag { id } } }`, `mutation @dryRun { revokeOtherSessions { count } }`} {
			if a := answerOf(t, h, request{Query: text, Header: bearer(mine)}); a.code() != "BAD_REQUEST" {
				t.Errorf("%s: %s", text, a.Body)
			}
		}
	})
}

// Connections of a session that is revoked are closed, and others are not.
func TestRevokedSessionsHoldNothingOpen(t *testing.T) {
	f := open(t, "sqlite", withSecret)
	signUp(t, f.Planned, "ada")
	mine, _ := logIn(t, f.Planned, "ada")
	lost, _ := logIn(t, f.Planned, "ada")
	url := listen(t, f.Planned)
	kept := dial(t, url, bearer(mine)).init()
	held := dial(t, url, bearer(lost)).init()
	if a := answerOf(t, f.Planned, request{Query: `mutation { revokeOtherSessions { count } }`, Header: bearer(mine)}); a.code() != "" {
		t.Fatalf("%s", a.Body)
	}
	held.expect("4403 Forbidden")
	kept.say(`{"type":"ping"}`)
	kept.expect(`{"type":"pong"}`)
}
