package graph

import (
	"log/slog"
	"net/http"

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
	protection := http.NewCrossOriginProtection()
	for _, origin := range s.AllowedOrigins {
		if err := protection.AddTrustedOrigin(origin); err != nil {
			panic("the settings check origins: " + err.Error())
		}
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, mediaJSON, refusal{http.StatusForbidden, db.Forbidden, "requests from this origin are refused"})
	}))
	guarded := protection.Handler(authenticated)
	if len(s.AllowedOrigins) == 0 {
		return guarded
	}
	return cors.New(cors.Options{
		AllowedOrigins: s.AllowedOrigins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders: []string{"Accept", "Authorization", "Content-Type", "Idempotency-Key", "X-Receipt"},
		ExposedHeaders: []string{"ETag", "X-Request-Id"},
		MaxAge:         600,
	}).Handler(guarded)
}
