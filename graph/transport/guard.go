package transport

import (
	"net/http"
	"net/netip"
	"net/url"

	"github.com/rs/cors"

	"kith/db/orm"
)

// near tells whether a request comes from this machine, where copying an answer takes less than compressing it. A proxy that
// says for whom it asks hands the answer on.
func near(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && plain(peer.Addr()).IsLoopback() && len(r.Header["X-Forwarded-For"])+len(r.Header["Forwarded"]) == 0
}

// Endpoint lets in requests for GraphQL that may come from where they come, and compresses their answers, unless it is this machine that asks. It refuses what a
// page of another site makes a browser send and answers the preflights of allowed origins.
func (t *Transport) Endpoint(next http.Handler) http.Handler {
	plain, squeezed := next, compressed(next)
	next = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if Upgrades(r) || events(r.Header) || near(r) { // what is sent to the first two is sent at once
			plain.ServeHTTP(w, r)
			return
		}
		squeezed.ServeHTTP(w, r)
	})
	deny := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, mediaJSON, Refusal{http.StatusForbidden, orm.Forbidden, "requests from this origin are refused"})
	})
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(deny)
	protected := protection.Handler(next)
	allowed := cors.New(cors.Options{
		AllowOriginFunc: func(string) bool { return true }, // this has been decided
		AllowedMethods:  []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders:  []string{"Accept", "Authorization", Consistency, "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Receipt", "X-Session"},
		ExposedHeaders:  []string{Consistency, "ETag", "X-Request-Id"},
		MaxAge:          600,
		// A refresh token's cookie. SameSite keeps it from all but pages of the same site.
		AllowCredentials: true,
	}).Handler(next)
	var refused refusedOrigins
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from := r.Header.Get("Origin")
		if t.options.AllowedOrigins.allow(from) {
			allowed.ServeHTTP(w, r)
			return
		}
		w.Header().Add("Vary", "Origin")
		foreign := from != "" && r.Header.Get("Sec-Fetch-Site") != "same-origin"
		if foreign {
			u, err := url.Parse(from)
			if foreign = err != nil || u.Host != r.Host; foreign {
				refused.note(r.Context(), from)
			}
		}
		if foreign && Upgrades(r) { // which browsers do without asking
			deny(w, r)
			return
		}
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			deny(w, r)
			return
		}
		protected.ServeHTTP(w, r)
	})
}
