package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"kith/db/orm"
)

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

func errIssuer(cause error) *orm.Error {
	return &orm.Error{Code: orm.Unavailable, Message: "the token's issuer cannot be reached", Cause: cause}
}

// foreign is the user of an issuer's token; they are made when they first come, if sign-up is open.
func (a *Authenticator) foreign(ctx context.Context, token string) (orm.Viewer, error) {
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
