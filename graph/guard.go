package graph

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"

	"kith/db/orm"

	"github.com/rs/cors"
)

// authenticate finds out who sends a request, or refuses a token that is not good.
func (s *server) authenticate(ctx context.Context, h http.Header) *refusal {
	viewer, err := s.auth.viewer(ctx, h)
	if err == nil {
		orm.SetViewer(ctx, viewer)
		return nil
	}
	wrong := &refusal{http.StatusUnauthorized, orm.Unauthenticated, errUnauthenticated().Message}
	switch code := orm.CodeOf(err); code {
	case orm.Unauthenticated:
		return wrong
	case orm.Unavailable, orm.Timeout:
		wrong = &refusal{http.StatusServiceUnavailable, code, "the access token cannot be checked now"}
	default:
		wrong = &refusal{http.StatusInternalServerError, orm.Internal, internalMessage}
	}
	slog.ErrorContext(ctx, "authentication", "cause", err, "request_id", RequestID(ctx))
	return wrong
}

// guard lets in requests that may come from where they come. It refuses what a page of another site makes a browser send
// and answers the preflights of allowed origins.
func (s *server) guard(next http.Handler) http.Handler {
	deny := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, mediaJSON, refusal{http.StatusForbidden, orm.Forbidden, "requests from this origin are refused"})
	})
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(deny)
	protected := protection.Handler(next)
	allowed := cors.New(cors.Options{
		AllowOriginFunc: func(string) bool { return true }, // this has been decided
		AllowedMethods:  []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders:  []string{"Accept", "Authorization", "Content-Type", "Idempotency-Key", "X-Receipt"},
		ExposedHeaders:  []string{"ETag", "X-Request-Id"},
		MaxAge:          600,
	}).Handler(next)
	var refused refusedOrigins
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := r.Header.Get("Origin")
		if s.AllowedOrigins.allow(from) {
			allowed.ServeHTTP(w, r)
			return
		}
		w.Header().Add("Vary", "Origin")
		if u, err := url.Parse(from); from != "" && (err != nil || u.Host != r.Host) && r.Header.Get("Sec-Fetch-Site") != "same-origin" {
			refused.note(r.Context(), from)
		}
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			deny(w, r)
			return
		}
		protected.ServeHTTP(w, r)
	})
}
