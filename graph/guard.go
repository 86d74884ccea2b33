package graph

import (
	"log/slog"
	"net/http"
	"net/url"

	"github.com/rs/cors"

	"kith/db"
)

// guard lets in requests that may come from where they come and says who sends them. It refuses what a page of another
// site makes a browser send, answers the preflights of allowed origins, and ends a request whose token is not good.
func (s *server) guard(next http.Handler) http.Handler {
	authenticated := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		viewer, err := s.auth.viewer(ctx, r.Header)
		if err == nil {
			db.Become(ctx, viewer)
			next.ServeHTTP(w, r)
			return
		}
		wrong := refusal{http.StatusUnauthorized, db.Unauthenticated, errUnauthenticated().Message}
		switch code := db.CodeOf(err); code {
		case db.Unauthenticated:
			w.Header().Set("WWW-Authenticate", "Bearer")
		case db.Unavailable, db.Timeout:
			wrong = refusal{http.StatusServiceUnavailable, code, "the access token cannot be checked now"}
		default:
			wrong = refusal{http.StatusInternalServerError, db.Internal, internalMessage}
		}
		if wrong.code != db.Unauthenticated {
			slog.ErrorContext(ctx, "authentication", "cause", err, "request_id", RequestID(ctx))
		}
		media := accepted(r.Header)
		if media == "" {
			media = mediaJSON
		}
		refuse(w, media, wrong)
	})
	deny := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, mediaJSON, refusal{http.StatusForbidden, db.Forbidden, "requests from this origin are refused"})
	})
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(deny)
	protected := protection.Handler(authenticated)
	allowed := cors.New(cors.Options{
		AllowOriginFunc: func(string) bool { return true }, // this has been decided
		AllowedMethods:  []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders:  []string{"Accept", "Authorization", "Content-Type", "Idempotency-Key", "X-Receipt"},
		ExposedHeaders:  []string{"ETag", "X-Request-Id"},
		MaxAge:          600,
	}).Handler(authenticated)
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
