package graph_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"kith/graph"
)

// An issuer signs tokens and shows its key, as OpenID providers do.
type issuer struct {
	*httptest.Server
	key    *rsa.PrivateKey
	asked  atomic.Int64
	broken atomic.Pointer[string] // what is shown instead of keys
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{key: key}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"issuer": i.URL, "jwks_uri": i.URL + "/keys", "authorization_endpoint": i.URL, "token_endpoint": i.URL, //nolint:errcheck,errchkjson // a test
			"id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		i.asked.Add(1)
		if instead := i.broken.Load(); instead != nil {
			if *instead == "" {
				w.WriteHeader(http.StatusBadGateway)
			}
			w.Write([]byte(*instead)) //nolint:errcheck // a test
			return
		}
		encode := func(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
		json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]string{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "one", //nolint:errcheck,errchkjson // a test
			"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes())}}})
	})
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) sign(t *testing.T, method jwt.SigningMethod, key any, kid string, now time.Time, change jwt.MapClaims) string {
	t.Helper()
	claims := jwt.MapClaims{"iss": i.URL, "aud": "kith-app", "sub": "subject-1", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix()}
	for name, v := range change {
		claims[name] = v
	}
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = kid
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestIssuer(t *testing.T) {
	i := newIssuer(t)
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h, now := f.Planned, f.Clock.Now()
		viewer := func(token string) answer {
			return answerOf(t, h, request{Query: `{ viewer { id username } users { totalCount } }`, Header: bearer(token)})
		}
		first := viewer(i.sign(t, jwt.SigningMethodRS256, i.key, "one", now, nil))
		if first.text("viewer", "id") == "" || !strings.HasPrefix(first.text("viewer", "username"), "user-") {
			t.Fatalf("%s", first.Body)
		}
		if again := viewer(i.sign(t, jwt.SigningMethodRS256, i.key, "one", now, jwt.MapClaims{"preferred_username": "ada"})); string(again.Body) != string(first.Body) {
			t.Errorf("the same subject is somebody else: %s", again.Body)
		}
		other := viewer(i.sign(t, jwt.SigningMethodRS256, i.key, "one", now, jwt.MapClaims{"sub": "subject-2"}))
		if other.text("viewer", "id") == first.text("viewer", "id") || other.at("users", "totalCount") != 2.0 {
			t.Errorf("%s", other.Body)
		}
		// Their rows are theirs, like anybody's.
		token := i.sign(t, jwt.SigningMethodRS256, i.key, "one", now, nil)
		if a := answerOf(t, h, request{Query: `mutation { createPost(input: {title: "T", content: "C"}) { post { author { id } } userErrors { code } } }`, Header: bearer(token)}); a.text("createPost", "post", "author", "id") != first.text("viewer", "id") {
			t.Errorf("%s", a.Body)
		}
		another, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		public, err := x509.MarshalPKIXPublicKey(&i.key.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		asHMAC := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
		for name, bad := range map[string]string{
			"HS256 with the public key": i.sign(t, jwt.SigningMethodHS256, asHMAC, "one", now, nil),
			"alg none":                  i.sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "one", now, nil),
			"another key":               i.sign(t, jwt.SigningMethodRS256, another, "one", now, nil),
			"unknown kid":               i.sign(t, jwt.SigningMethodRS256, another, "two", now, nil),
			"wrong audience":            i.sign(t, jwt.SigningMethodRS256, i.key, "one", now, jwt.MapClaims{"aud": "others"}),
			"wrong issuer":              i.sign(t, jwt.SigningMethodRS256, i.key, "one", now, jwt.MapClaims{"iss": "https://others.example.com"}),
			"expired":                   i.sign(t, jwt.SigningMethodRS256, i.key, "one", now, jwt.MapClaims{"exp": now.Add(-time.Minute).Unix()}),
			"not yet":                   i.sign(t, jwt.SigningMethodRS256, i.key, "one", now, jwt.MapClaims{"nbf": now.Add(time.Hour).Unix()}),
			"no subject":                i.sign(t, jwt.SigningMethodRS256, i.key, "one", now, jwt.MapClaims{"sub": ""}),
		} {
			if a := viewer(bad); a.Status != http.StatusUnauthorized || a.code() != "UNAUTHENTICATED" || a.Data != nil {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		before := i.asked.Load()
		for range 50 {
			viewer(i.sign(t, jwt.SigningMethodRS256, another, "unknown", now, nil))
		}
		if n := i.asked.Load() - before; n > 2 {
			t.Errorf("50 tokens with an unknown key asked the issuer %d times", n)
		}
	}, func(o *graph.Options) { o.OIDCIssuer, o.OIDCAudience = i.URL, "kith-app" })
}

func TestIssuerIsDown(t *testing.T) {
	i := newIssuer(t)
	f := open(t, "sqlite", withSecret, func(o *graph.Options) { o.OIDCIssuer, o.OIDCAudience = i.URL, "kith-app" })
	i.Close()
	a := answerOf(t, f.Planned, request{Query: `{ viewer { id } }`, Header: bearer(i.sign(t, jwt.SigningMethodRS256, i.key, "one", f.Clock.Now(), nil))})
	if a.Status != http.StatusServiceUnavailable || a.code() != "UNAVAILABLE" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	if a := answerOf(t, f.Planned, request{Query: `{ viewer { id } }`}); a.Status != http.StatusOK {
		t.Errorf("others suffer: %s", a.Body)
	}
}

// Keys that do not come say nothing of a token, whether the issuer says so or answers rubbish.
func TestIssuerHasNoKeys(t *testing.T) {
	for name, instead := range map[string]string{"an error": "", "rubbish": "<html>"} {
		i := newIssuer(t)
		f := open(t, "sqlite", withSecret, func(o *graph.Options) { o.OIDCIssuer, o.OIDCAudience = i.URL, "kith-app" })
		good := i.sign(t, jwt.SigningMethodRS256, i.key, "one", f.Clock.Now(), nil)
		viewer := func(token string) answer {
			return answerOf(t, f.Planned, request{Query: `{ viewer { id } }`, Header: bearer(token)})
		}
		i.broken.Store(&instead)
		for range 2 { // the second time the issuer is not asked again
			if a := viewer(good); a.Status != http.StatusServiceUnavailable || a.code() != "UNAVAILABLE" || a.Data != nil || strings.Contains(string(a.Body), i.URL) {
				t.Errorf("%s: %d %s", name, a.Status, a.Body)
			}
		}
		if a := viewer("x.y.z"); a.Status != http.StatusUnauthorized {
			t.Errorf("%s: a token that is no token: %d %s", name, a.Status, a.Body)
		}
	}
}
