package session

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"kith/db"
	"kith/db/orm"
)

// accessLife is how long an access token lives, if its session does.
const accessLife = 15 * time.Minute

const (
	tokenIssuer   = "kith"
	tokenAudience = "kith"
	// maxToken bounds what is parsed of an Authorization header.
	maxToken = 8 << 10
)

type accessClaims struct {
	Session string `json:"sid"`
	jwt.RegisteredClaims
}

func (a *Authenticator) sign(session string, user int64, now, expires time.Time) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, accessClaims{session, jwt.RegisteredClaims{
		Issuer: tokenIssuer, Audience: jwt.ClaimStrings{tokenAudience}, Subject: orm.GlobalID(db.Users.Table, user),
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires),
	}})
	token.Header["kid"] = a.keyID
	return token.SignedString(a.secret)
}

// verified is a token of ours that was: a signature stays what it is.
type verified struct {
	session string
	expires time.Time
}

// verify answers the session that a token of ours names.
func (a *Authenticator) verify(token string) (session string, ok bool) {
	hash := sha256.Sum256([]byte(token))
	if v, ok := a.good.Find(hash); ok {
		return v.session, a.db.Now().Before(v.expires)
	}
	var claims accessClaims
	_, err := jwt.ParseWithClaims(token, &claims, func(t *jwt.Token) (any, error) {
		if t.Header["kid"] != a.keyID {
			return nil, errors.New("unknown key")
		}
		return a.secret, nil
	}, jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(tokenIssuer), jwt.WithAudience(tokenAudience),
		jwt.WithExpirationRequired(), jwt.WithNotBeforeRequired(), jwt.WithTimeFunc(a.db.Now))
	if err != nil || claims.Session == "" {
		return "", false
	}
	a.good.Keep(hash, verified{claims.Session, claims.ExpiresAt.Time})
	return claims.Session, true
}

// KeyedHash is a hash of a text that only this server can make.
func (a *Authenticator) KeyedHash(purpose string, parts ...string) string {
	return hex.EncodeToString(a.mac(purpose, parts...))
}

func (a *Authenticator) mac(purpose string, parts ...string) []byte {
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
func (a *Authenticator) successor(session, secret string) string {
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

// A Standing is who holds a connection open, and for how long they may.
type Standing struct {
	Viewer  orm.Viewer
	Session string    // that the viewer's token is of; "" if they have none, or another's
	Expires time.Time // of the token; zero: never
}

// Standing is Viewer for a connection that is held open.
func (a *Authenticator) Standing(ctx context.Context, h http.Header) (s Standing, err error) {
	if s.Viewer, err = a.Viewer(ctx, h); err != nil || len(h.Values("Authorization")) == 0 {
		return s, err
	}
	claims := claimed(h)
	s.Session = claims.Session
	if claims.ExpiresAt != nil {
		s.Expires = claims.ExpiresAt.Time
	}
	return s, nil
}

// claimed is what a request's access token says, which may not be true unless it was looked at; of another issuer's no session.
func claimed(h http.Header) (claims accessClaims) {
	_, token, _ := strings.Cut(h.Get("Authorization"), " ")
	if _, _, err := jwt.NewParser().ParseUnverified(token, &claims); err != nil {
		return accessClaims{}
	}
	if claims.Issuer != tokenIssuer {
		claims.Session = ""
	}
	return claims
}
