package graph

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"golang.org/x/text/unicode/norm"

	"kith/db"
	"kith/graph/model"
	"kith/loaders"
)

// The lives of tokens, and how many failed log-ins are taken in a window: for one account from one address, for one
// account, from one address.
const (
	accessLife    = 15 * time.Minute
	refreshLife   = 30 * 24 * time.Hour
	attemptWindow = 15 * time.Minute

	attemptsEach    = 10
	attemptsAccount = 100
	attemptsAddress = 200
)

const (
	tokenIssuer   = "kith"
	tokenAudience = "kith"
	// maxToken bounds what is parsed of an Authorization header.
	maxToken = 8 << 10
)

// An authenticator tells who sends a request, and opens and closes sessions. No cookies are used: a token comes in the
// Authorization header or not at all, so a browser never sends one by itself.
type authenticator struct {
	db      *db.DB
	secret  []byte
	keyID   string
	closed  bool // sign-up
	issuer  string
	oidc    func() (*oidc.IDTokenVerifier, error)
	hashing chan struct{} // bounds the memory that password hashes take
}

func newAuthenticator(o Options) *authenticator {
	secret := o.Secret
	if len(secret) == 0 {
		secret = make([]byte, 32)
		rand.Read(secret)
	}
	sum := sha256.Sum256(append([]byte("kith key id:"), secret...))
	a := &authenticator{
		db: o.DB, secret: secret, keyID: hex.EncodeToString(sum[:4]), closed: o.SignUpClosed, issuer: o.OIDCIssuer,
		hashing: make(chan struct{}, runtime.NumCPU()),
	}
	if o.OIDCIssuer != "" {
		a.oidc = lazyVerifier(o.OIDCIssuer, o.OIDCAudience, o.DB.Now)
	}
	return a
}

// lazyVerifier asks the issuer for its keys when they are first needed: kith starts without it.
func lazyVerifier(issuer, audience string, now func() time.Time) func() (*oidc.IDTokenVerifier, error) {
	var mu sync.Mutex
	var verifier *oidc.IDTokenVerifier
	client := &http.Client{Timeout: 5 * time.Second, Transport: &seldom{asked: map[string]time.Time{}}}
	return func() (*oidc.IDTokenVerifier, error) {
		mu.Lock()
		defer mu.Unlock()
		if verifier == nil {
			// The provider keeps its context for later requests, so it must not be this request's.
			provider, err := oidc.NewProvider(oidc.ClientContext(context.Background(), client), issuer)
			if err != nil {
				return nil, err
			}
			verifier = provider.Verifier(&oidc.Config{ClientID: audience, Now: now})
		}
		return verifier, nil
	}
}

// seldom asks for an address once in a while and no oftener, so that tokens that name unknown keys cannot make kith ask
// the issuer all the time.
type seldom struct {
	mu    sync.Mutex
	asked map[string]time.Time
}

const askAgain = 5 * time.Second

var errAskedJustNow = errors.New("the issuer was asked just now")

// RoundTrip sends a request that was not sent just now.
func (s *seldom) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	now := time.Now()
	soon := now.Sub(s.asked[r.URL.String()]) < askAgain
	if !soon {
		s.asked[r.URL.String()] = now
	}
	s.mu.Unlock()
	if soon {
		return nil, errAskedJustNow
	}
	return http.DefaultTransport.RoundTrip(r)
}

// errUnauthenticated is all that a caller learns of a token that is not good.
func errUnauthenticated() *db.Error {
	return db.Errorf(db.Unauthenticated, "the access token is not valid")
}

// viewer is who sends a request: anonymous without an Authorization header, an error with one that is not good.
func (a *authenticator) viewer(ctx context.Context, h http.Header) (db.Viewer, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return db.ViewerOf(ctx), nil
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || len(token) > maxToken || strings.Count(token, ".") != 2 {
		return db.Viewer{}, errUnauthenticated()
	}
	var claims jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		return db.Viewer{}, errUnauthenticated()
	}
	if a.oidc != nil && claims.Issuer == a.issuer {
		return a.foreign(ctx, token)
	}
	session, ok := a.verify(token)
	if !ok {
		return db.Viewer{}, errUnauthenticated()
	}
	viewer, found, err := a.db.SessionViewer(ctx, session)
	if err == nil && !found {
		err = errUnauthenticated()
	}
	return viewer, err
}

// foreign is the user of an issuer's token; they are made when they first come, if sign-up is open.
func (a *authenticator) foreign(ctx context.Context, token string) (db.Viewer, error) {
	verifier, err := a.oidc()
	if err != nil {
		return db.Viewer{}, &db.Error{Code: db.Unavailable, Message: "the token's issuer cannot be reached", Cause: err}
	}
	verified, err := verifier.Verify(ctx, token)
	if err != nil || verified.Subject == "" {
		return db.Viewer{}, errUnauthenticated()
	}
	viewer, err := a.db.Identity(ctx, a.issuer, verified.Subject)
	if err != nil || viewer.Key != 0 {
		return viewer, err
	}
	if a.closed {
		return db.Viewer{}, errUnauthenticated()
	}
	sum := sha256.Sum256([]byte(a.issuer + "\x00" + verified.Subject))
	return a.db.AddIdentity(ctx, a.issuer, verified.Subject, "user-"+hex.EncodeToString(sum[:10]))
}

type accessClaims struct {
	Session string `json:"sid"`
	jwt.RegisteredClaims
}

func (a *authenticator) sign(session string, user int64, now time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, accessClaims{session, jwt.RegisteredClaims{
		Issuer: tokenIssuer, Audience: jwt.ClaimStrings{tokenAudience}, Subject: db.GlobalID(db.Users.Table, user),
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(accessLife)),
	}})
	token.Header["kid"] = a.keyID
	return token.SignedString(a.secret)
}

// verify answers the session that a token of ours names.
func (a *authenticator) verify(token string) (session string, ok bool) {
	var claims accessClaims
	_, err := jwt.ParseWithClaims(token, &claims, func(t *jwt.Token) (any, error) {
		if t.Header["kid"] != a.keyID {
			return nil, errors.New("unknown key")
		}
		return a.secret, nil
	}, jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(tokenIssuer), jwt.WithAudience(tokenAudience),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithTimeFunc(a.db.Now))
	return claims.Session, err == nil && claims.Session != ""
}

// keyed is a hash of a text that only this server can make.
func (a *authenticator) keyed(purpose string, parts ...string) string {
	h := hmac.New(sha256.New, a.secret)
	h.Write([]byte(purpose))
	for _, p := range parts {
		var n [8]byte
		for i := range n {
			n[i] = byte(len(p) >> (8 * i))
		}
		h.Write(n[:]) // no two lists of parts run together
		h.Write([]byte(p))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// random is an unguessable text.
func random() string {
	var raw [24]byte
	rand.Read(raw[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

func hashToken(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// A refresh token is the session's id and the newest secret.
func joinToken(session, secret string) string { return session + "." + secret }

func splitToken(token string) (session, hash string, ok bool) {
	session, secret, ok := strings.Cut(token, ".")
	return session, hashToken(secret), ok && len(session) == 32 && len(secret) == 32
}

// session answers a new session's tokens, and makes the rest of the answer be read as the user.
func (a *authenticator) session(ctx context.Context, user int64, id, secret string) (*model.Session, error) {
	now := a.db.Now()
	access, err := a.sign(id, user, now)
	if err != nil {
		return nil, err
	}
	viewer, found, err := a.db.SessionViewer(ctx, id)
	if err != nil || !found {
		return nil, errors.Join(err, errUnauthenticated())
	}
	db.Become(ctx, viewer)
	entity, err := loaders.ByKey(ctx, db.Users, user)
	if err != nil || entity == nil {
		return nil, errors.Join(err, errUnauthenticated())
	}
	return &model.Session{AccessToken: access, RefreshToken: joinToken(id, secret), ExpiresAt: now.Add(accessLife), Viewer: entity}, nil
}

func (a *authenticator) open(ctx context.Context, user int64) (*model.Session, error) {
	id, secret := random(), random()
	if err := a.db.AddSession(ctx, id, user, hashToken(secret), refreshLife); err != nil {
		return nil, err
	}
	return a.session(ctx, user, id, secret)
}

// hash does work that hashes passwords, for no more callers at once than there are processors.
func (a *authenticator) hash(ctx context.Context, work func()) error {
	select {
	case a.hashing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-a.hashing }()
	work()
	return nil
}

// check tells whether password matches hash.
func (a *authenticator) check(ctx context.Context, hash, password string) (matches bool, err error) {
	err = a.hash(ctx, func() { matches = db.MatchPassword(hash, password) })
	return matches, err
}

// attempt counts an attempt on an account and answers LIMIT_EXCEEDED if there were too many; forgive takes it back.
func (a *authenticator) attempt(ctx context.Context, account string) (forgive func() error, err error) {
	address := addressOf(ctx)
	each := a.keyed("attempt", account, address)
	allowed, err := a.db.Attempt(ctx, attemptWindow, map[string]int{
		each: attemptsEach, a.keyed("account", account): attemptsAccount, a.keyed("address", address): attemptsAddress,
	})
	if err == nil && !allowed {
		err = db.Errorf(db.LimitExceeded, "too many attempts; try again in %d minutes", attemptWindow/time.Minute)
	}
	return func() error { return a.db.Forgive(ctx, each, a.keyed("account", account), a.keyed("address", address)) }, err
}

func (a *authenticator) logIn(ctx context.Context, input model.LogInInput) (*model.LogInPayload, error) {
	username := db.Users.Field("username").Normal(input.Username)
	forgive, err := a.attempt(ctx, username)
	if err != nil {
		return nil, err
	}
	if strings.ContainsRune(username, 0) {
		username = "" // which nobody has
	}
	user, hash, err := a.db.Credentials(ctx, username)
	if err != nil {
		return nil, err
	}
	// The same work and the same answer whether there is no such user or the password is wrong.
	matches, err := a.check(ctx, hash, norm.NFC.String(input.Password))
	if err != nil {
		return nil, err
	}
	if !matches {
		return &model.LogInPayload{UserErrors: []*db.Fault{{Code: db.Invalid, Message: "username or password is wrong"}}}, nil
	}
	if err := forgive(); err != nil {
		return nil, err
	}
	session, err := a.open(ctx, user)
	return &model.LogInPayload{Session: session, UserErrors: []*db.Fault{}}, err
}

func (a *authenticator) refresh(ctx context.Context, input model.RefreshSessionInput) (*model.RefreshSessionPayload, error) {
	id, hash, ok := splitToken(input.RefreshToken)
	secret := random()
	var user int64
	var err error
	if ok {
		user, ok, err = a.db.RotateSession(ctx, id, hash, hashToken(secret), refreshLife)
	}
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return &model.RefreshSessionPayload{UserErrors: []*db.Fault{{Code: db.Invalid, Message: "the refresh token is not valid", Field: []string{"input", "refreshToken"}}}}, nil
	}
	session, err := a.session(ctx, user, id, secret)
	return &model.RefreshSessionPayload{Session: session, UserErrors: []*db.Fault{}}, err
}

// logOut ends the session of a refresh token; one that is good for nothing has no session to end.
func (a *authenticator) logOut(ctx context.Context, input model.LogOutInput) (*model.LogOutPayload, error) {
	// A used token ends its session as well, so it need not be told from the newest.
	if id, _, ok := splitToken(input.RefreshToken); ok {
		if err := a.db.EndSession(ctx, id); err != nil {
			return nil, err
		}
	}
	return &model.LogOutPayload{UserErrors: []*db.Fault{}}, nil
}

func (a *authenticator) changePassword(ctx context.Context, input model.ChangePasswordInput) (*model.ChangePasswordPayload, error) {
	viewer := db.ViewerOf(ctx)
	if viewer.Key == 0 {
		return nil, errLogIn()
	}
	draft, faults := db.NewDraft(db.Users.Table, db.Input{{Name: "password", Value: input.NewPassword}}, nil, false)
	for i := range faults {
		faults[i].Field = []string{"input", "newPassword"}
	}
	if len(faults) > 0 {
		return &model.ChangePasswordPayload{UserErrors: pointers(faults)}, nil
	}
	forgive, err := a.attempt(ctx, db.GlobalID(db.Users.Table, viewer.Key))
	if err != nil {
		return nil, err
	}
	hash, err := a.db.PasswordHash(ctx, viewer.Key)
	if err != nil {
		return nil, err
	}
	matches, err := a.check(ctx, hash, norm.NFC.String(input.CurrentPassword))
	if err != nil {
		return nil, err
	}
	if !matches {
		return &model.ChangePasswordPayload{UserErrors: []*db.Fault{{Code: db.Invalid, Message: "the password is wrong", Field: []string{"input", "currentPassword"}}}}, nil
	}
	if err := a.hash(ctx, draft.Seal); err != nil {
		return nil, err
	}
	next, _ := draft.Value("password_hash")
	text, _ := next.(string)
	if err := errors.Join(forgive(), a.db.SetPassword(ctx, viewer.Key, text)); err != nil {
		return nil, err
	}
	session, err := a.open(ctx, viewer.Key)
	return &model.ChangePasswordPayload{Session: session, UserErrors: []*db.Fault{}}, err
}

func errLogIn() *db.Error { return db.Errorf(db.Unauthenticated, "log in first") }

// authorize decides what needs no look at the stored rows: who may do this at all, and to whom. Whose a stored row is, is
// checked where it is written, by the same page that declares it.
func (a *authenticator) authorize(ctx context.Context, w *write) error {
	viewer := db.ViewerOf(ctx)
	if w.table == nil {
		return nil // sessions look after themselves
	}
	signUp := w.verb == "create" && w.table == db.Users.Table
	switch {
	case viewer.Admin:
	case signUp && !a.closed:
	case viewer.Key == 0:
		return errLogIn()
	case signUp:
		return db.Errorf(db.Forbidden, "only admins make users here")
	case w.verb != "create" && w.table.Owner() == nil:
		return db.Errorf(db.Forbidden, "only admins change and delete %s", w.table.Name)
	}
	owner := w.table.Owner()
	if owner == nil || owner.References != db.Users.Table {
		return nil
	}
	v, given := w.draft.Value(owner.Name)
	switch {
	case !given && w.verb == "create" && !w.refused(owner.Field):
		if viewer.Key != 0 {
			w.draft.Default(owner, viewer.Key)
		} else if !owner.Nullable {
			w.given = append(w.given, db.Fault{Code: db.Blank, Message: "must be given", Field: []string{"input", owner.Field}})
		}
	case !given || viewer.Admin:
	case v == nil && w.verb == "create", v != nil && v != viewer.Key:
		return db.Errorf(db.Forbidden, "only admins may choose another user")
	}
	return nil
}

// refused tells whether an input field has a fault.
func (w *write) refused(field string) bool {
	for _, f := range w.given {
		if len(f.Field) == 2 && f.Field[1] == field {
			return true
		}
	}
	return false
}

// onField is an error at a root field.
func onField(f graphql.CollectedField, err error) error {
	out := &gqlerror.Error{Err: err, Path: ast.Path{ast.PathName(f.Alias)}}
	if f.Position != nil {
		out.Locations = []gqlerror.Location{{Line: f.Position.Line, Column: f.Position.Column}}
	}
	return out
}
