// Package session tells who sends a request, and opens and closes sessions: access and refresh tokens, an OpenID issuer's
// tokens, passwords, and how many attempts at them are taken.
package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"runtime"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"
	"github.com/vektah/gqlparser/v2/ast"
	"golang.org/x/text/unicode/norm"

	"kith/db"
	"kith/db/orm"
	"kith/graph/model"
	"kith/loaders"
)

const tooManyHashes = "too many passwords are waiting to be hashed; try again"

// An Authenticator tells who sends a request, and opens and closes sessions. Who sends it is told by the Authorization header
// alone, which a browser never sends by itself; a cookie can hold a refresh token, for those who ask for it.
type Authenticator struct {
	db     *db.DB
	secret []byte
	keyID  string
	closed bool // sign-up
	issuer string
	oidc   func(context.Context) (*provider, error)
	mail   func(context.Context, Mail) error
	appURL string
	posted chan struct{}                           // holds one while there may be mails to send
	good   orm.Recent[[sha256.Size]byte, verified] // tokens, by their hashes
	// Password hashes take memory and processors. Those of log-ins do not wait for those of sign-ups and all others.
	logIns, others *orm.Gate
}

// Options are what New may be told.
type Options struct {
	DB *db.DB
	// Secret signs access tokens; empty: one that lasts as long as the process.
	Secret []byte
	// SignUpClosed refuses issuers' users who are not known yet.
	SignUpClosed bool
	// OIDCIssuer's tokens are accepted, if they are for OIDCAudience; empty: no issuer's.
	OIDCIssuer, OIDCAudience string
	// Mail sends a mail; nil: none is sent, and what needs one is refused. An error that is ErrRefused is final.
	Mail func(context.Context, Mail) error
	// AppURL is where the pages are that mails lead to, /reset-password and /verify-email; empty: mails hold tokens alone.
	AppURL string
}

// New answers an authenticator.
func New(o Options) *Authenticator {
	secret := o.Secret
	if len(secret) == 0 {
		secret = make([]byte, 32)
		rand.Read(secret)
	}
	sum := sha256.Sum256(append([]byte("kith key id:"), secret...))
	a := &Authenticator{
		db: o.DB, secret: secret, keyID: hex.EncodeToString(sum[:4]), closed: o.SignUpClosed, issuer: o.OIDCIssuer,
		mail: o.Mail, appURL: strings.TrimSuffix(o.AppURL, "/"), posted: make(chan struct{}, 1),
		logIns: orm.NewGate(runtime.GOMAXPROCS(0), tooManyHashes), others: orm.NewGate(max(1, runtime.GOMAXPROCS(0)/2), tooManyHashes),
	}
	if o.OIDCIssuer != "" {
		a.oidc = lazyProvider(o.OIDCIssuer, &oidc.Config{ClientID: o.OIDCAudience, Now: o.DB.Now})
	}
	return a
}

// errUnauthenticated is all that a caller learns of a token that is not good.
func errUnauthenticated() *orm.Error {
	return orm.Errorf(orm.Unauthenticated, "the access token is not valid")
}

// Viewer is who sends a request: anonymous without an Authorization header, an error with one that is not good.
func (a *Authenticator) Viewer(ctx context.Context, h http.Header) (orm.Viewer, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return orm.ViewerOf(ctx), nil
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || len(token) > maxToken || strings.Count(token, ".") != 2 {
		return orm.Viewer{}, errUnauthenticated()
	}
	if a.oidc != nil {
		var claims jwt.RegisteredClaims
		if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
			return orm.Viewer{}, errUnauthenticated()
		}
		if claims.Issuer == a.issuer {
			return a.foreign(ctx, token)
		}
	}
	session, ok := a.verify(token)
	if !ok {
		return orm.Viewer{}, errUnauthenticated()
	}
	viewer, found, err := a.db.SessionViewer(ctx, session)
	if err == nil && !found {
		err = errUnauthenticated()
	}
	return viewer, err
}

// session answers a session's tokens, and makes the rest of the answer be read as its user.
func (a *Authenticator) session(ctx context.Context, jar *Jar, s db.LiveSession, id, secret string) (*model.Session, error) {
	orm.SetViewer(ctx, s.Viewer)
	entity, err := loaders.ByKey(ctx, db.Users, s.Viewer.Key)
	if err != nil || entity == nil {
		return nil, errors.Join(err, errUnauthenticated())
	}
	return a.tokens(jar, s, id, secret, entity)
}

// tokens are those of a session of a user; what the jar keeps is not answered.
func (a *Authenticator) tokens(jar *Jar, s db.LiveSession, id, secret string, user *db.User) (*model.Session, error) {
	now := a.db.Now()
	expires := now.Add(accessLife)
	if s.Expires.Before(expires) {
		expires = s.Expires
	}
	access, err := a.sign(id, user.Key, now, expires)
	session := &model.Session{AccessToken: access, RefreshToken: joinToken(id, secret), ExpiresAt: expires, Viewer: user}
	if jar != nil {
		jar.keep(session.RefreshToken, s.Expires.Sub(now))
		session.RefreshToken = ""
	}
	return session, err
}

// Begin opens a session of a user who has just signed up, in the transaction that makes them.
func (a *Authenticator) Begin(ctx context.Context, address string, user *db.User) (*model.Session, error) {
	jar, err := jarOf(ctx)
	if err != nil {
		return nil, err
	}
	id, secret := random(), random()
	s, err := a.db.BeginSession(ctx, orm.Viewer{Key: user.Key}, id, hashToken(secret), use(ctx, address))
	if err != nil {
		return nil, err
	}
	return a.tokens(jar, s, id, secret, user)
}

// open makes a log-in a session; opened is false if the password is no longer the one that was verified.
func (a *Authenticator) open(ctx context.Context, jar *Jar, address string, login db.Login) (session *model.Session, opened bool, err error) {
	secret := random()
	login.Session, login.TokenHash, login.Place, login.Use = random(), hashToken(secret), a.Place(address), use(ctx, address)
	s, opened, err := a.db.OpenSession(ctx, login)
	if err != nil || !opened {
		return nil, false, err
	}
	session, err = a.session(ctx, jar, s, login.Session, secret)
	return session, true, err
}

// openAnew is open for a log-in that gives its user the password of a draft, and ends their other sessions.
func (a *Authenticator) openAnew(ctx context.Context, jar *Jar, address string, draft *orm.Draft, login db.Login) (session *model.Session, opened bool, err error) {
	if err := a.Hash(ctx, address, draft.Seal); err != nil {
		return nil, false, err
	}
	sealed, _ := draft.Value("password_hash")
	login.NewHash, _ = sealed.(string)
	return a.open(ctx, jar, address, login)
}

// LogIn opens a session for a username and its password, if there were not too many attempts.
func (a *Authenticator) LogIn(ctx context.Context, address string, input model.LogInInput) (*model.LogInPayload, error) {
	jar, err := jarOf(ctx)
	if err != nil {
		return nil, err
	}
	username := db.Users.Field("username").Normal(input.Username)
	if strings.ContainsRune(username, 0) {
		username = "" // which nobody has
	}
	account, err := a.db.Credentials(ctx, username, a.Place(address))
	if err != nil {
		return nil, err
	}
	bounds := a.bounds(address, username, account.Known)
	// The same work and the same answer whether there is no such user or the password is wrong.
	matches, err := a.attempt(ctx, address, a.logIns, bounds, account.Hash, norm.NFC.String(input.Password))
	if err != nil {
		return nil, err
	}
	var session *model.Session
	if matches {
		session, matches, err = a.open(ctx, jar, address, db.Login{User: account.Key, Verified: account.Hash, Attempts: bounds})
	}
	if err == nil && !matches {
		return &model.LogInPayload{UserErrors: []*orm.Fault{{Code: orm.Invalid, Message: "username or password is wrong"}}}, nil
	}
	return &model.LogInPayload{Session: session, UserErrors: []*orm.Fault{}}, err
}

// Refresh exchanges a session's tokens for the next ones.
func (a *Authenticator) Refresh(ctx context.Context, address string, input model.RefreshSessionInput) (*model.RefreshSessionPayload, error) {
	jar, err := jarOf(ctx)
	if err != nil {
		return nil, err
	}
	id, secret, ok := splitToken(jar.token(input.RefreshToken))
	next := a.successor(id, secret)
	var s db.LiveSession
	if ok {
		// Tabs share a cookie, and what they send may come in any order: it is exchanged once in a while and no oftener.
		s, ok, err = a.db.RotateSession(ctx, db.Refresh{Session: id, TokenHash: hashToken(secret), Next: hashToken(next), Keep: jar != nil, Use: use(ctx, address)})
	}
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return &model.RefreshSessionPayload{UserErrors: []*orm.Fault{{Code: orm.Invalid, Message: "the refresh token is not valid", Field: []string{"input", "refreshToken"}}}}, nil
	}
	if s.Kept {
		next = secret
	}
	session, err := a.session(ctx, jar, s, id, next)
	return &model.RefreshSessionPayload{Session: session, UserErrors: []*orm.Fault{}}, err
}

// LogOut ends the session of a refresh token; one that is good for nothing has no session to end.
func (a *Authenticator) LogOut(ctx context.Context, input model.LogOutInput) (*model.LogOutPayload, error) {
	jar, err := jarOf(ctx)
	if err != nil {
		return nil, err
	}
	// A used token ends its session as well, so it need not be told from the newest.
	if id, _, ok := splitToken(jar.token(input.RefreshToken)); ok {
		if err := a.db.EndSession(ctx, id); err != nil {
			return nil, err
		}
	}
	if jar != nil {
		jar.empty()
	}
	return &model.LogOutPayload{UserErrors: []*orm.Fault{}}, nil
}

// newPassword is a draft with a password, and what is wrong with it.
func newPassword(password string) (draft *orm.Draft, out []*orm.Fault) {
	draft, faults := orm.NewDraft(db.Users.Table, orm.Input{{Name: "password", Value: password}}, nil, false)
	for i := range faults {
		faults[i].Field = []string{"input", "newPassword"}
		out = append(out, &faults[i])
	}
	return draft, out
}

// ChangePassword gives the viewer another password. It ends their sessions, and opens one.
func (a *Authenticator) ChangePassword(ctx context.Context, address string, input model.ChangePasswordInput) (*model.ChangePasswordPayload, error) {
	viewer := orm.ViewerOf(ctx)
	if viewer.Key == 0 {
		return nil, orm.ErrAnonymous
	}
	jar, err := jarOf(ctx)
	if err != nil {
		return nil, err
	}
	draft, faults := newPassword(input.NewPassword)
	if len(faults) > 0 {
		return &model.ChangePasswordPayload{UserErrors: faults}, nil
	}
	account, err := a.db.CredentialsOf(ctx, viewer.Key, a.Place(address))
	if err != nil {
		return nil, err
	}
	bounds := a.bounds(address, orm.GlobalID(db.Users.Table, viewer.Key), account.Known)
	matches, err := a.attempt(ctx, address, a.others, bounds, account.Hash, norm.NFC.String(input.CurrentPassword))
	if err != nil {
		return nil, err
	}
	var session *model.Session
	if matches {
		session, matches, err = a.openAnew(ctx, jar, address, draft, db.Login{User: viewer.Key, Verified: account.Hash, Attempts: bounds})
	}
	if err == nil && !matches {
		return &model.ChangePasswordPayload{UserErrors: []*orm.Fault{{Code: orm.Invalid, Message: "the password is wrong", Field: []string{"input", "currentPassword"}}}}, nil
	}
	return &model.ChangePasswordPayload{Session: session, UserErrors: []*orm.Fault{}}, err
}

// Tokenless tells whether an operation is one of those by which clients get another access token: they are run whatever
// the Authorization header says. What does not run, by @skip or @include, does not count.
func Tokenless(o *graphql.OperationContext) bool {
	if o.Operation.Operation != ast.Mutation {
		return false
	}
	fields := 0
	for _, f := range graphql.CollectFields(o, o.Operation.SelectionSet, []string{"Mutation"}) {
		switch f.Name {
		case "__typename":
		case "logIn", "refreshSession", "logOut", "requestPasswordReset", "resetPassword", "verifyEmail":
			fields++
		default:
			return false
		}
	}
	return fields == 1
}
