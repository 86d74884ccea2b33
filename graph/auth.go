package graph

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math"
	"net/http"
	"runtime"
	"slices"
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
	"kith/db/orm"
	"kith/graph/model"
	"kith/loaders"
)

// accessLife is how long an access token lives, if its session does.
const accessLife = 15 * time.Minute

// How many failed log-ins are taken in a window: for one account from one address, for one account from addresses that
// it is not known to come from, from one address.
const (
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

const tooManyHashes = "too many passwords are waiting to be hashed; try again"

// An authenticator tells who sends a request, and opens and closes sessions. No cookies are used: a token comes in the
// Authorization header or not at all, so a browser never sends one by itself.
type authenticator struct {
	db     *db.DB
	secret []byte
	keyID  string
	closed bool // sign-up
	issuer string
	oidc   func(context.Context) (*provider, error)
	// Password hashes take memory and processors. Those of log-ins do not wait for those of sign-ups and all others.
	logIns, others *orm.Gate
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
		logIns: orm.NewGate(runtime.GOMAXPROCS(0), tooManyHashes), others: orm.NewGate(max(1, runtime.GOMAXPROCS(0)/2), tooManyHashes),
	}
	if o.OIDCIssuer != "" {
		a.oidc = lazyProvider(o.OIDCIssuer, &oidc.Config{ClientID: o.OIDCAudience, Now: o.DB.Now})
	}
	return a
}

// A provider is what an OpenID issuer says of itself.
type provider struct {
	keys   oidc.KeySet
	config *oidc.Config

	mu      sync.Mutex
	failure error // why the keys did not come when they were last asked for
}

// lazyProvider asks the issuer about itself when it is first needed: kith starts without it. Nobody waits for longer than
// their context lasts.
func lazyProvider(issuer string, config *oidc.Config) func(context.Context) (*provider, error) {
	var known *provider
	turn := make(chan struct{}, 1)
	client := &http.Client{Timeout: 5 * time.Second, Transport: &seldom{asked: map[string]time.Time{}}}
	ask := func() error {
		// The keys are asked for with this context later, so it must not be a request's.
		ctx := oidc.ClientContext(context.Background(), client)
		discovered, err := oidc.NewProvider(ctx, issuer)
		if err != nil {
			return err
		}
		var says struct {
			Keys       string   `json:"jwks_uri"`
			Algorithms []string `json:"id_token_signing_alg_values_supported"`
		}
		if err := discovered.Claims(&says); err != nil {
			return err
		}
		for _, name := range says.Algorithms {
			if slices.Contains(signatures, name) {
				config.SupportedSigningAlgs = append(config.SupportedSigningAlgs, name)
			}
		}
		known = &provider{keys: oidc.NewRemoteKeySet(ctx, says.Keys), config: config}
		return nil
	}
	return func(ctx context.Context) (*provider, error) {
		select {
		case turn <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if p := known; p != nil {
			<-turn
			return p, nil
		}
		type found struct {
			provider *provider
			err      error
		}
		asked := make(chan found, 1)
		go func() {
			err := ask()
			asked <- found{known, err}
			<-turn
		}()
		select {
		case f := <-asked:
			return f.provider, f.err
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// signatures are the algorithms that an issuer may name: none in which its public key could be taken for a secret.
var signatures = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}

// A verification is of one token. Its failure is why the issuer's keys did not come, so that the token may be good.
type verification struct {
	*provider
	failure error
}

// VerifySignature implements oidc.KeySet.
func (v *verification) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	payload, err := v.keys.VerifySignature(ctx, token)
	if err == nil {
		return payload, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	switch cause := errors.Unwrap(err); { // keys that do not come are a cause; a signature that is wrong has none
	case errors.Is(cause, errAskedJustNow):
		v.failure = v.provider.failure
	case ctx.Err() != nil:
		v.failure = cause
	default:
		v.failure, v.provider.failure = cause, cause
	}
	return nil, err
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
func errUnauthenticated() *orm.Error {
	return orm.Errorf(orm.Unauthenticated, "the access token is not valid")
}

// viewer is who sends a request: anonymous without an Authorization header, an error with one that is not good.
func (a *authenticator) viewer(ctx context.Context, h http.Header) (orm.Viewer, error) {
	values := h.Values("Authorization")
	if len(values) == 0 {
		return orm.ViewerOf(ctx), nil
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if len(values) > 1 || !strings.EqualFold(scheme, "Bearer") || len(token) > maxToken || strings.Count(token, ".") != 2 {
		return orm.Viewer{}, errUnauthenticated()
	}
	var claims jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		return orm.Viewer{}, errUnauthenticated()
	}
	if a.oidc != nil && claims.Issuer == a.issuer {
		return a.foreign(ctx, token)
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

func errIssuer(cause error) *orm.Error {
	return &orm.Error{Code: orm.Unavailable, Message: "the token's issuer cannot be reached", Cause: cause}
}

// foreign is the user of an issuer's token; they are made when they first come, if sign-up is open.
func (a *authenticator) foreign(ctx context.Context, token string) (orm.Viewer, error) {
	issuer, err := a.oidc(ctx)
	if err != nil {
		return orm.Viewer{}, errIssuer(err)
	}
	check := &verification{provider: issuer}
	verified, err := oidc.NewVerifier(a.issuer, check, issuer.config).Verify(ctx, token)
	if check.failure != nil {
		return orm.Viewer{}, errIssuer(check.failure)
	}
	if err != nil || verified.Subject == "" {
		return orm.Viewer{}, errUnauthenticated()
	}
	viewer, err := a.db.Identity(ctx, a.issuer, verified.Subject)
	if err != nil || viewer.Key != 0 {
		return viewer, err
	}
	if a.closed {
		return orm.Viewer{}, errUnauthenticated()
	}
	sum := sha256.Sum256([]byte(a.issuer + "\x00" + verified.Subject))
	return a.db.AddIdentity(ctx, a.issuer, verified.Subject, "user-"+hex.EncodeToString(sum[:10]))
}

type accessClaims struct {
	Session string `json:"sid"`
	jwt.RegisteredClaims
}

func (a *authenticator) sign(session string, user int64, now, expires time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, accessClaims{session, jwt.RegisteredClaims{
		Issuer: tokenIssuer, Audience: jwt.ClaimStrings{tokenAudience}, Subject: orm.GlobalID(db.Users.Table, user),
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires),
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
	return hex.EncodeToString(a.mac(purpose, parts...))
}

func (a *authenticator) mac(purpose string, parts ...string) []byte {
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
	return h.Sum(nil)
}

// secretBytes is how long session ids and the secrets of refresh tokens are.
const secretBytes = 24

// random is an unguessable text.
func random() string {
	var raw [secretBytes]byte
	rand.Read(raw[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// successor is the secret that a session's secret is exchanged for: always the same, so that it can be answered again
// without being stored, and for nobody else to work out.
func (a *authenticator) successor(session, secret string) string {
	return base64.RawURLEncoding.EncodeToString(a.mac("refresh token", session, secret)[:secretBytes])
}

func hashToken(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// A refresh token is the session's id and the newest secret.
func joinToken(session, secret string) string { return session + "." + secret }

func splitToken(token string) (session, secret string, ok bool) {
	session, secret, ok = strings.Cut(token, ".")
	length := base64.RawURLEncoding.EncodedLen(secretBytes)
	return session, secret, ok && len(session) == length && len(secret) == length
}

// session answers a session's tokens, and makes the rest of the answer be read as its user.
func (a *authenticator) session(ctx context.Context, s db.LiveSession, id, secret string) (*model.Session, error) {
	now := a.db.Now()
	expires := now.Add(accessLife)
	if s.Expires.Before(expires) {
		expires = s.Expires
	}
	access, err := a.sign(id, s.Viewer.Key, now, expires)
	if err != nil {
		return nil, err
	}
	orm.SetViewer(ctx, s.Viewer)
	entity, err := loaders.ByKey(ctx, db.Users, s.Viewer.Key)
	if err != nil || entity == nil {
		return nil, errors.Join(err, errUnauthenticated())
	}
	return &model.Session{AccessToken: access, RefreshToken: joinToken(id, secret), ExpiresAt: expires, Viewer: entity}, nil
}

// open makes a log-in a session; opened is false if the password is no longer the one that was verified.
func (a *authenticator) open(ctx context.Context, login db.Login) (session *model.Session, opened bool, err error) {
	secret := random()
	login.Session, login.TokenHash, login.Place = random(), hashToken(secret), a.place(ctx)
	s, opened, err := a.db.OpenSession(ctx, login)
	if err != nil || !opened {
		return nil, false, err
	}
	session, err = a.session(ctx, s, login.Session, secret)
	return session, true, err
}

// place is where a request comes from, to be stored.
func (a *authenticator) place(ctx context.Context) string { return a.keyed("place", addressOf(ctx)) }

// hash does work that hashes a password and is no log-in, when its turn comes.
func (a *authenticator) hash(ctx context.Context, work func()) error {
	if err := a.others.Enter(ctx, addressOf(ctx)); err != nil {
		return err
	}
	defer a.others.Leave()
	work()
	return nil
}

// bounds are those of attempts on an account. Failures elsewhere do not count where the account is known to come from.
func (a *authenticator) bounds(ctx context.Context, name string, known bool) []db.Bound {
	address, most := addressOf(ctx), attemptsAccount
	if known {
		most = math.MaxInt
	}
	return []db.Bound{{CountedFor: a.keyed("attempt", name, address), Most: attemptsEach},
		{CountedFor: a.keyed("account", name), Most: most}, {CountedFor: a.keyed("address", address), Most: attemptsAddress}}
}

// attempt tells whether a password matches a hash, and answers LIMIT_EXCEEDED if there were too many attempts. It is
// counted when its turn at the gate comes: whoever is sent away leaves nothing behind.
func (a *authenticator) attempt(ctx context.Context, g *orm.Gate, bounds []db.Bound, hash, password string) (matches bool, err error) {
	allowed, err := a.db.Allowed(ctx, bounds)
	if err == nil && allowed {
		if err := g.Enter(ctx, addressOf(ctx)); err != nil {
			return false, err
		}
		defer g.Leave()
		allowed, err = a.db.Attempt(ctx, bounds)
	}
	switch {
	case err != nil:
		return false, err
	case !allowed:
		return false, orm.Errorf(orm.LimitExceeded, "too many attempts; try again in %d minutes", db.AttemptWindow/time.Minute)
	}
	return db.MatchPassword(hash, password), nil
}

func (a *authenticator) logIn(ctx context.Context, input model.LogInInput) (*model.LogInPayload, error) {
	username := db.Users.Field("username").Normal(input.Username)
	if strings.ContainsRune(username, 0) {
		username = "" // which nobody has
	}
	account, err := a.db.Credentials(ctx, username, a.place(ctx))
	if err != nil {
		return nil, err
	}
	bounds := a.bounds(ctx, username, account.Known)
	// The same work and the same answer whether there is no such user or the password is wrong.
	matches, err := a.attempt(ctx, a.logIns, bounds, account.Hash, norm.NFC.String(input.Password))
	if err != nil {
		return nil, err
	}
	var session *model.Session
	if matches {
		session, matches, err = a.open(ctx, db.Login{User: account.Key, Verified: account.Hash, Attempts: bounds})
	}
	if err == nil && !matches {
		return &model.LogInPayload{UserErrors: []*orm.Fault{{Code: orm.Invalid, Message: "username or password is wrong"}}}, nil
	}
	return &model.LogInPayload{Session: session, UserErrors: []*orm.Fault{}}, err
}

func (a *authenticator) refresh(ctx context.Context, input model.RefreshSessionInput) (*model.RefreshSessionPayload, error) {
	id, secret, ok := splitToken(input.RefreshToken)
	next := a.successor(id, secret)
	var s db.LiveSession
	var err error
	if ok {
		s, ok, err = a.db.RotateSession(ctx, id, hashToken(secret), hashToken(next))
	}
	switch {
	case err != nil:
		return nil, err
	case !ok:
		return &model.RefreshSessionPayload{UserErrors: []*orm.Fault{{Code: orm.Invalid, Message: "the refresh token is not valid", Field: []string{"input", "refreshToken"}}}}, nil
	}
	session, err := a.session(ctx, s, id, next)
	return &model.RefreshSessionPayload{Session: session, UserErrors: []*orm.Fault{}}, err
}

// logOut ends the session of a refresh token; one that is good for nothing has no session to end.
func (a *authenticator) logOut(ctx context.Context, input model.LogOutInput) (*model.LogOutPayload, error) {
	// A used token ends its session as well, so it need not be told from the newest.
	if id, _, ok := splitToken(input.RefreshToken); ok {
		if err := a.db.EndSession(ctx, id); err != nil {
			return nil, err
		}
	}
	return &model.LogOutPayload{UserErrors: []*orm.Fault{}}, nil
}

func (a *authenticator) changePassword(ctx context.Context, input model.ChangePasswordInput) (*model.ChangePasswordPayload, error) {
	viewer := orm.ViewerOf(ctx)
	if viewer.Key == 0 {
		return nil, orm.ErrAnonymous
	}
	draft, faults := orm.NewDraft(db.Users.Table, orm.Input{{Name: "password", Value: input.NewPassword}}, nil, false)
	for i := range faults {
		faults[i].Field = []string{"input", "newPassword"}
	}
	if len(faults) > 0 {
		return &model.ChangePasswordPayload{UserErrors: pointers(faults)}, nil
	}
	account, err := a.db.CredentialsOf(ctx, viewer.Key, a.place(ctx))
	if err != nil {
		return nil, err
	}
	bounds := a.bounds(ctx, orm.GlobalID(db.Users.Table, viewer.Key), account.Known)
	matches, err := a.attempt(ctx, a.others, bounds, account.Hash, norm.NFC.String(input.CurrentPassword))
	if err != nil {
		return nil, err
	}
	var session *model.Session
	if matches {
		if err := a.hash(ctx, draft.Seal); err != nil {
			return nil, err
		}
		next, _ := draft.Value("password_hash")
		hash, _ := next.(string)
		session, matches, err = a.open(ctx, db.Login{User: viewer.Key, Verified: account.Hash, NewHash: hash, Attempts: bounds})
	}
	if err == nil && !matches {
		return &model.ChangePasswordPayload{UserErrors: []*orm.Fault{{Code: orm.Invalid, Message: "the password is wrong", Field: []string{"input", "currentPassword"}}}}, nil
	}
	return &model.ChangePasswordPayload{Session: session, UserErrors: []*orm.Fault{}}, err
}

// tokenless tells whether an operation is one of those by which clients get another access token: they are run whatever
// the Authorization header says. What does not run, by @skip or @include, does not count.
func tokenless(o *graphql.OperationContext) bool {
	if o.Operation.Operation != ast.Mutation {
		return false
	}
	fields := 0
	for _, f := range graphql.CollectFields(o, o.Operation.SelectionSet, []string{"Mutation"}) {
		switch f.Name {
		case "__typename":
		case "logIn", "refreshSession", "logOut":
			fields++
		default:
			return false
		}
	}
	return fields == 1
}

// authorize decides what needs no look at the stored rows: who may do this at all, and to whom. Whose a stored row is, is
// checked where it is written, by the same page that declares it.
func (a *authenticator) authorize(ctx context.Context, w *write) error {
	viewer := orm.ViewerOf(ctx)
	if w.table == nil {
		return nil // sessions look after themselves, and mutations of one's own ask in their transaction
	}
	signUp := w.verb == "create" && w.table == db.Users.Table
	switch {
	case viewer.Admin:
	case signUp && !a.closed:
	case viewer.Key == 0:
		return orm.ErrAnonymous
	case signUp:
		return orm.Errorf(orm.Forbidden, "only admins make users here")
	case w.verb != "create" && w.table.Owner() == nil:
		return orm.Errorf(orm.Forbidden, "only admins change and delete %s", w.table.Name)
	}
	faults, err := w.draft.Own(viewer)
	w.given = append(w.given, faults...)
	return err
}

// onField is an error at a root field.
func onField(f graphql.CollectedField, err error) error {
	out := &gqlerror.Error{Err: err, Path: ast.Path{ast.PathName(f.Alias)}}
	if f.Position != nil {
		out.Locations = []gqlerror.Location{{Line: f.Position.Line, Column: f.Position.Column}}
	}
	return out
}
