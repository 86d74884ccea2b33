package graph_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"kith/db"
	"kith/graph"
	"kith/graph/session"
)

// A mailServer speaks SMTP as far as it takes to get mails. It fails as often as it is told to.
type mailServer struct {
	net.Listener
	mu      sync.Mutex
	answers []string // to the next MAIL commands, instead of taking them
	secure  *tls.Config
	login   string // that it was given
	got     chan mailed
}

type mailed struct{ from, to, subject, text string }

func newMailServer(t testing.TB) *mailServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{Listener: l, got: make(chan mailed, 100)}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(conn)
		}
	}()
	return s
}

func (s *mailServer) fail(answers ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers = answers
}

func (s *mailServer) talk(conn net.Conn) {
	defer func() { conn.Close() }()
	in := bufio.NewReader(conn)
	say := func(text string) { io.WriteString(conn, text+"\r\n") } //nolint:errcheck // the client sees it
	say("220 mail.example.com")
	var m mailed
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		switch verb, rest, _ := strings.Cut(line, " "); strings.ToUpper(verb) {
		case "EHLO":
			if _, secured := conn.(*tls.Conn); s.secure != nil && !secured {
				say("250-mail.example.com\r\n250 STARTTLS")
			} else {
				say("250-mail.example.com\r\n250 AUTH PLAIN LOGIN")
			}
		case "STARTTLS":
			say("220 go on")
			conn = tls.Server(conn, s.secure)
			in = bufio.NewReader(conn)
		case "AUTH":
			s.mu.Lock()
			s.login = rest
			s.mu.Unlock()
			say("235 welcome")
		case "MAIL":
			s.mu.Lock()
			answer := "250 ok"
			if len(s.answers) > 0 {
				answer, s.answers = s.answers[0], s.answers[1:]
			}
			s.mu.Unlock()
			m.from = rest
			say(answer)
		case "RCPT":
			m.to = rest
			say("250 ok")
		case "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(strings.TrimPrefix(line, "."))
			}
			read, err := mail.ReadMessage(strings.NewReader(text.String()))
			if err != nil {
				say("554 no mail")
				continue
			}
			body := io.Reader(read.Body)
			if read.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
				body = quotedprintable.NewReader(body)
			}
			content, _ := io.ReadAll(body)
			m.subject, m.text = read.Header.Get("Subject"), string(content)
			s.got <- m
			say("250 ok")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// next is the next mail.
func (s *mailServer) next(t testing.TB) mailed {
	t.Helper()
	select {
	case m := <-s.got:
		return m
	case <-time.After(60 * time.Second):
		t.Fatal("no mail has come")
		return mailed{}
	}
}

// none fails if there is a mail that nobody has looked at.
func (s *mailServer) none(t testing.TB) {
	t.Helper()
	select {
	case m := <-s.got:
		t.Errorf("a mail more than there should be: %+v", m)
	default:
	}
}

func (m mailed) token(t testing.TB) string {
	t.Helper()
	found := regexp.MustCompile(`#token=(\S+)`).FindStringSubmatch(m.text)
	if found == nil {
		t.Fatalf("no token: %s", m.text)
	}
	return found[1]
}

// mailing makes a fixture's handlers send mails to a server, until the test ends.
func mailing(t testing.TB, s *mailServer) func(*graph.Options) {
	return func(o *graph.Options) {
		send, err := session.SMTP("smtp://"+s.Addr().String(), "Kith <kith@example.com>")
		if err != nil {
			t.Fatal(err)
		}
		o.Mail, o.AppURL, o.Drain = send, "https://app.example.com/", t.Context()
	}
}

func eachDatabaseMailing(t *testing.T, test func(*testing.T, *fixture, *mailServer)) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			s := newMailServer(t)
			test(t, open(t, database, withSecret, behindProxy, mailing(t, s)), s)
		})
	}
}

// texts is a column of the fixture's database.
func (f *fixture) texts(t testing.TB, query string) (out []string) {
	t.Helper()
	err := f.DB.Query(t.Context(), "test", query, nil, func(rows *sqlx.Rows) error {
		var text string
		err := rows.Scan(&text)
		out = append(out, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const (
	askReset   = `mutation($e: String!) { requestPasswordReset(input: {emailAddress: $e}) { userErrors { code field message } } }`
	resetText  = `mutation($t: String!, $p: String!) { resetPassword(input: {token: $t, newPassword: $p}) { session { accessToken refreshToken viewer { username } } userErrors { code field } query { viewer { username } } } }`
	askVerify  = `mutation { requestEmailVerification { userErrors { code field } } }`
	verifyText = `mutation($t: String!) { verifyEmail(input: {token: $t}) { userErrors { code field } } }`
	asked      = `{"data":{"requestPasswordReset":{"userErrors":[]}}}`
)

// verified signs a user up whose address is verified, and answers an access token.
func verified(t testing.TB, f *fixture, s *mailServer, username string) (access string) {
	t.Helper()
	signUp(t, f.Planned, username)
	access, _ = logIn(t, f.Planned, username)
	if a := answerOf(t, f.Planned, request{Query: askVerify, Header: bearer(access)}); string(a.Body) != `{"data":{"requestEmailVerification":{"userErrors":[]}}}` {
		t.Fatalf("%s", a.Body)
	}
	if a := answerOf(t, f.Planned, request{Query: verifyText, Variables: map[string]any{"t": s.next(t).token(t)}}); string(a.Body) != `{"data":{"verifyEmail":{"userErrors":[]}}}` {
		t.Fatalf("%s", a.Body)
	}
	return access
}

func TestEmailIsVerified(t *testing.T) {
	eachDatabaseMailing(t, func(t *testing.T, f *fixture, s *mailServer) {
		const state = `{ viewer { address { emailAddress emailVerified } } }`
		is := func(access, want string) {
			t.Helper()
			for _, h := range []http.Handler{f.Planned, f.Resolved} {
				if a := answerOf(t, h, request{Query: state, Header: bearer(access)}); string(a.Body) != `{"data":{"viewer":{"address":`+want+`}}}` {
					t.Errorf("%s, want %s", a.Body, want)
				}
			}
		}
		signUp(t, f.Planned, "ada")
		access, _ := logIn(t, f.Planned, "ada")
		is(access, `{"emailAddress":"ada@example.com","emailVerified":false}`)
		if a := answerOf(t, f.Planned, request{Query: askVerify}); a.code() != "UNAUTHENTICATED" {
			t.Errorf("%s", a.Body)
		}
		answerOf(t, f.Planned, request{Query: askVerify, Header: bearer(access)})
		m := s.next(t)
		if m.from != "FROM:<kith@example.com>" && !strings.HasPrefix(m.from, "FROM:<kith@example.com> ") || m.to != "TO:<ada@example.com>" || m.subject != "Verify your e-mail address" ||
			!strings.Contains(m.text, "https://app.example.com/verify-email#token=") || !strings.Contains(m.text, "the user ada") {
			t.Errorf("%+v", m)
		}
		for name, token := range map[string]string{"made up": "x", "none": "", "long": strings.Repeat("x", 10_000)} {
			if a := answerOf(t, f.Planned, request{Query: verifyText, Variables: map[string]any{"t": token}}); !strings.Contains(string(a.Body), `{"code":"INVALID","field":["input","token"]}`) {
				t.Errorf("%s: %s", name, a.Body)
			}
		}
		if a := answerOf(t, f.Planned, request{Query: resetText, Variables: map[string]any{"t": m.token(t), "p": "better horse"}}); !strings.Contains(string(a.Body), `"INVALID"`) {
			t.Errorf("a token for another purpose: %s", a.Body)
		}
		stale := http.Header{"Authorization": {"Bearer x"}} // of who opens the mail elsewhere
		for i, want := range []string{`{"data":{"verifyEmail":{"userErrors":[]}}}`, `{"data":{"verifyEmail":{"userErrors":[{"code":"INVALID","field":["input","token"]}]}}}`} {
			if a := answerOf(t, f.Planned, request{Query: verifyText, Variables: map[string]any{"t": m.token(t)}, Header: stale}); string(a.Body) != want {
				t.Errorf("use %d: %s", i, a.Body)
			}
		}
		is(access, `{"emailAddress":"ada@example.com","emailVerified":true}`)
		// Another address is not verified, and what was mailed to the old one verifies nothing.
		answerOf(t, f.Planned, request{Query: askVerify, Header: bearer(access)})
		again := s.next(t)
		if a := answerOf(t, f.Planned, request{Query: `mutation($id: ID!) { updateUser(input: {id: $id, address: {emailAddress: "new@example.com"}}) { userErrors { code } } }`,
			Variables: map[string]any{"id": answerOf(t, f.Planned, request{Query: `{ viewer { id } }`, Header: bearer(access)}).text("viewer", "id")}, Header: bearer(access)}); a.code() != "" {
			t.Fatalf("%s", a.Body)
		}
		is(access, `{"emailAddress":"new@example.com","emailVerified":false}`)
		if a := answerOf(t, f.Planned, request{Query: verifyText, Variables: map[string]any{"t": again.token(t)}}); !strings.Contains(string(a.Body), `"INVALID"`) {
			t.Errorf("%s", a.Body)
		}
		// Who has none is told so.
		answerOf(t, f.Planned, request{Query: `mutation { createUser(input: {username: "bare", password: "correct horse"}) { user { id } } }`})
		bare, _ := logIn(t, f.Planned, "bare")
		if a := answerOf(t, f.Planned, request{Query: askVerify, Header: bearer(bare)}); string(a.Body) != `{"data":{"requestEmailVerification":{"userErrors":[{"code":"NOT_FOUND","field":null}]}}}` {
			t.Errorf("%s", a.Body)
		}
		s.none(t)
	})
}

func TestPasswordIsReset(t *testing.T) {
	eachDatabaseMailing(t, func(t *testing.T, f *fixture, s *mailServer) {
		h := f.Planned
		access := verified(t, f, s, "ada")
		if a := answerOf(t, h, request{Query: askReset, Variables: map[string]any{"e": " ADA@Example.COM "}}); string(a.Body) != asked {
			t.Fatalf("%s", a.Body)
		}
		first := s.next(t)
		if first.to != "TO:<ada@example.com>" || first.subject != "Set a new password" || !strings.Contains(first.text, "https://app.example.com/reset-password#token=") {
			t.Errorf("%+v", first)
		}
		answerOf(t, h, request{Query: askReset, Variables: map[string]any{"e": "ada@example.com"}})
		token := s.next(t).token(t)
		if stored := f.texts(t, `SELECT token_hash FROM mailed_tokens`); len(stored) != 3 || strings.Contains(strings.Join(stored, " "), token) {
			t.Errorf("tokens at rest: %q", stored)
		}
		hashes := db.Hashes()
		for name, v := range map[string]map[string]any{"short": {"t": token, "p": "short"}, "made up": {"t": token[1:] + "x", "p": "better horse"}} {
			if a := answerOf(t, h, request{Query: resetText, Variables: v}); a.at("resetPassword", "session") != nil || a.code() != "" {
				t.Errorf("%s: %s", name, a.Body)
			}
		}
		if db.Hashes() != hashes {
			t.Error("what is refused is hashed")
		}
		a := answerOf(t, h, request{Query: resetText, Variables: map[string]any{"t": token, "p": "better horse"}})
		if a.text("resetPassword", "session", "viewer", "username") != "ada" || a.text("resetPassword", "query", "viewer", "username") != "ada" {
			t.Fatalf("%s", a.Body)
		}
		if old := answerOf(t, h, request{Query: `{ viewer { id } }`, Header: bearer(access)}); old.Status != http.StatusUnauthorized {
			t.Errorf("an old session lives: %s", old.Body)
		}
		if now := answerOf(t, h, request{Query: `{ viewer { username } }`, Header: bearer(a.text("resetPassword", "session", "accessToken"))}); now.text("viewer", "username") != "ada" {
			t.Errorf("%s", now.Body)
		}
		for name, used := range map[string]string{"used": token, "older": first.token(t)} {
			if a := answerOf(t, h, request{Query: resetText, Variables: map[string]any{"t": used, "p": "third horse"}}); !strings.Contains(string(a.Body), `"INVALID"`) {
				t.Errorf("%s: %s", name, a.Body)
			}
		}
		for password, want := range map[string]string{"correct horse": "INVALID", "better horse": ""} {
			if code := attemptFrom(t, h, "203.0.113.1", "ada", password); code != want {
				t.Errorf("%s: %q", password, code)
			}
		}
		// It ends after an hour.
		f.Clock.Add(time.Hour)
		answerOf(t, h, request{Query: askReset, Variables: map[string]any{"e": "ada@example.com"}})
		late := s.next(t).token(t)
		f.Clock.Add(time.Hour)
		if a := answerOf(t, h, request{Query: resetText, Variables: map[string]any{"t": late, "p": "third horse"}}); !strings.Contains(string(a.Body), `"INVALID"`) {
			t.Errorf("late: %s", a.Body)
		}
		s.none(t)
	})
}

// Of several uses of a token at once one succeeds.
func TestTokenIsUsedOnce(t *testing.T) {
	eachDatabaseMailing(t, func(t *testing.T, f *fixture, s *mailServer) {
		verified(t, f, s, "ada")
		answerOf(t, f.Planned, request{Query: askReset, Variables: map[string]any{"e": "ada@example.com"}})
		token := s.next(t).token(t)
		var mu sync.Mutex
		var all sync.WaitGroup
		done := 0
		for i := range 4 {
			all.Go(func() {
				a := answerOf(t, f.Planned, request{Query: resetText, Variables: map[string]any{"t": token, "p": fmt.Sprint("better horse ", i)}})
				mu.Lock()
				defer mu.Unlock()
				if a.text("resetPassword", "session", "accessToken") != "" {
					done++
				} else if !strings.Contains(string(a.Body), `"INVALID"`) {
					t.Errorf("%s", a.Body)
				}
			})
		}
		if all.Wait(); done != 1 {
			t.Errorf("the token was used %d times", done)
		}
	})
}

// Whether there is an account is told by neither the answer nor the work; and requests are limited, whoever they are for.
func TestResetTellsNothing(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		signUp(t, f.Planned, "bob") // whose address nobody has verified
		execute(t, f, `INSERT INTO verified_emails SELECT user_id, email_address, email_address, created_at FROM addresses WHERE email_address = 'ada@example.com'`)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		h := graph.New(graph.Options{DB: f.DB, Plan: true, Secret: secret, Drain: gone, Mail: func(context.Context, session.Mail) error { return nil }})
		for turn := range 6 {
			seen := map[string]bool{}
			for _, email := range []string{"ada@example.com", "bob@example.com", "nobody@example.com"} {
				f.Statements()
				_, body := send(t, h, request{Query: askReset, Variables: map[string]any{"e": email}})
				var work []string
				for _, s := range f.Statements() {
					work = append(work, s.Text)
				}
				if said := string(body); strings.Contains(said, `"LIMIT_EXCEEDED"`) != (turn == 5) || turn < 5 && said != asked {
					t.Errorf("request %d for %s: %s", turn, email, said)
				}
				seen[string(body)+strings.Join(work, "\n")] = true
			}
			if len(seen) != 1 {
				t.Errorf("request %d: they differ: %v", turn, seen)
			}
		}
		for _, text := range []string{"", "x", "@", "x@", "@x", strings.Repeat("x", 2000) + "@x"} {
			if a := answerOf(t, h, request{Query: askReset, Variables: map[string]any{"e": text}}); !strings.Contains(string(a.Body), `"INVALID"`) {
				t.Errorf("%.10q: %s", text, a.Body)
			}
		}
		// An address may ask 20 times, and try as many tokens.
		ask := func(i int) answer {
			return answerOf(t, h, request{Query: askReset, Variables: map[string]any{"e": fmt.Sprint(i, "@example.com")}})
		}
		for i := range 5 {
			if a := ask(i); string(a.Body) != asked {
				t.Errorf("%s", a.Body)
			}
		}
		if a := ask(5); a.code() != "LIMIT_EXCEEDED" {
			t.Errorf("%s", a.Body)
		}
		for i := range 21 {
			text, v := verifyText, map[string]any{"t": "x"}
			if i%2 > 0 {
				text, v = resetText, map[string]any{"t": "x", "p": "better horse"}
			}
			if a := answerOf(t, h, request{Query: text, Variables: v}); (a.code() == "LIMIT_EXCEEDED") != (i == 20) {
				t.Errorf("token %d: %s", i, a.Body)
			}
		}
	})
}

// A mail that cannot be sent is sent later, by another process, and the token is the same.
func TestMailIsSentAgain(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		execute(t, f, `INSERT INTO verified_emails SELECT user_id, email_address, email_address, created_at FROM addresses`)
		// process is one that sends mails until it is lost, to the first answer of which it comes.
		process := func(ask bool, answer error) (m session.Mail) {
			t.Helper()
			ctx, lose := context.WithCancel(t.Context())
			defer lose()
			sent := make(chan session.Mail, 100)
			h := graph.New(graph.Options{DB: f.DB, Secret: secret, Drain: ctx, Mail: func(_ context.Context, m session.Mail) error {
				sent <- m
				return answer
			}})
			if ask {
				if a := answerOf(t, h, request{Query: askReset, Variables: map[string]any{"e": "ada@example.com"}}); string(a.Body) != asked {
					t.Fatalf("%s", a.Body)
				}
			}
			select {
			case m = <-sent:
			case <-time.After(time.Minute):
				t.Fatal("nobody sends the mail")
			}
			want := 1
			if answer == nil || errors.Is(answer, session.ErrRefused) {
				want = 0
			}
			for end := time.Now().Add(time.Minute); len(f.texts(t, `SELECT id FROM mails`)) != want; time.Sleep(5 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("%d mails wait, want %d", len(f.texts(t, `SELECT id FROM mails`)), want)
				}
			}
			return m
		}
		down := errors.New("the network is down")
		first := process(true, down)
		f.Clock.Add(30 * time.Second)
		second := process(false, down)
		f.Clock.Add(time.Minute)
		if third := process(false, nil); third != first || second != first || !strings.Contains(first.Text, "This token does it: ") {
			t.Errorf("%+v\n%+v\n%+v", first, second, third)
		}
		process(true, session.ErrRefused) // and it is not tried again
		if n := len(f.texts(t, `SELECT token_hash FROM mailed_tokens`)); n != 2 {
			t.Errorf("%d tokens", n)
		}
	})
}

// Where no mail is sent, what needs one is refused.
func TestNoMail(t *testing.T) {
	f := open(t, "sqlite", withSecret)
	signUp(t, f.Planned, "ada")
	access, _ := logIn(t, f.Planned, "ada")
	for _, r := range []request{{Query: askReset, Variables: map[string]any{"e": "ada@example.com"}}, {Query: askVerify, Header: bearer(access)}} {
		if a := answerOf(t, f.Planned, r); a.code() != "FORBIDDEN" || a.Errors[0].Message != "this server sends no mail" {
			t.Errorf("%s", a.Body)
		}
	}
}

// The password of the mail server is told to nobody but it, and not without TLS to one that is elsewhere.
func TestSMTP(t *testing.T) {
	for _, wrong := range []string{"", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://u:secret@mail.example.com/x", "smtp://u:secret@mail.example.com?tls=off", "smtp://u:secret@mail.example.com:x"} {
		if _, err := session.SMTP(wrong, "kith@example.com"); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	if _, err := session.SMTP("smtp://mail.example.com", "nobody"); err == nil {
		t.Error("mails come from nobody")
	}
	s := newMailServer(t)
	letter := session.Mail{To: "ada@example.com", Subject: "Größe", Text: "Ein Wort.\n.\nEin anderes, größer.\n"}
	for name, c := range map[string]struct {
		answers []string
		refused bool
	}{"taken": {nil, false}, "refused": {[]string{"550 no"}, true}, "later": {[]string{"451 later"}, false}} {
		s.fail(c.answers...)
		send, err := session.SMTP("smtp://"+s.Addr().String(), "kith@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if err := send(t.Context(), letter); (err == nil) != (name == "taken") || errors.Is(err, session.ErrRefused) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
	if m := s.next(t); strings.ReplaceAll(m.text, "\r", "") != letter.Text {
		t.Errorf("%q", m.text)
	}
	send, err := session.SMTP("smtp://"+s.Addr().String(), "kith@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := send(t.Context(), session.Mail{To: "ada@example.com\r\nBcc: eve@example.com", Subject: "x"}); !errors.Is(err, session.ErrRefused) {
		t.Errorf("%v", err)
	}
	// A certificate that nobody knows is not believed, and the password is kept.
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	certificate := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	signed, err := x509.CreateCertificate(rand.Reader, certificate, certificate, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.secure = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{signed}, PrivateKey: key}}}
	s.mu.Unlock()
	send, err = session.SMTP("smtp://user:secret@"+s.Addr().String(), "kith@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := send(t.Context(), letter); err == nil || s.login != "" {
		t.Errorf("%v, and it was told %q", err, s.login)
	}
}
