package session

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"kith/db/orm"
)

// Header is the header field by which a client says that its refresh token is to be kept in a cookie. Another site cannot make a
// browser send it without being asked.
const Header = "X-Session"

// A cookie is sent to the endpoint alone. Browsers take one whose name begins with __Secure- over https only.
const (
	cookieName = "kith-refresh"
	cookiePath = "/graphql"
)

// A Jar takes a refresh token to a browser and back in a cookie, which the code of pages cannot read.
type Jar struct {
	header http.Header // of the request
	kept   *http.Cookie
}

type jarKey struct{}

// WithJar is ctx for a request whose answer can carry cookies.
func WithJar(ctx context.Context, h http.Header) (context.Context, *Jar) {
	jar := &Jar{header: h}
	return context.WithValue(ctx, jarKey{}, jar), jar
}

// Send gives an answer the cookie that is to go with it, if there is one.
func (j *Jar) Send(h http.Header) {
	if j.kept != nil {
		h.Add("Set-Cookie", j.kept.String())
	}
}

// Forget takes back what a transaction kept that was rolled back.
func Forget(ctx context.Context) {
	if jar, ok := ctx.Value(jarKey{}).(*Jar); ok {
		jar.kept = nil
	}
}

// jarOf is where the operation's refresh token comes from and goes to; nil: the JSON.
func jarOf(ctx context.Context) (*Jar, error) {
	switch graphql.GetOperationContext(ctx).Headers.Get(Header) {
	case "":
		return nil, nil
	case "cookie":
		if jar, ok := ctx.Value(jarKey{}).(*Jar); ok {
			return jar, nil
		}
		return nil, orm.Errorf(orm.BadRequest, "a cookie comes with an answer of its own: with "+Header+": cookie, mutations of sessions are sent by POST and answered in JSON")
	}
	return nil, orm.Errorf(orm.BadRequest, Header+" is `cookie`, or left out")
}

// cookie is the jar's, without its value: Secure unless the page that sends the request says itself that it came without TLS.
func (j *Jar) cookie() *http.Cookie {
	c := &http.Cookie{Name: cookieName, Path: cookiePath, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if !strings.HasPrefix(j.header.Get("Origin"), "http://") {
		c.Name, c.Secure = "__Secure-"+c.Name, true
	}
	return c
}

// keep has the browser keep a refresh token for as long as its session lasts.
func (j *Jar) keep(token string, lasts time.Duration) {
	c := j.cookie()
	c.Value, c.MaxAge = token, max(1, int(lasts.Seconds()))
	j.kept = c
}

// empty has the browser forget the refresh token.
func (j *Jar) empty() {
	c := j.cookie()
	c.MaxAge = -1
	j.kept = c
}

// token is the refresh token of a request: the one given, or else the cookie's. Of two cookies one was put there by somebody else,
// so neither is taken.
func (j *Jar) token(given string) string {
	if j == nil || given != "" {
		return given
	}
	if sent := (&http.Request{Header: j.header}).CookiesNamed(j.cookie().Name); len(sent) == 1 {
		return sent[0].Value
	}
	return ""
}
