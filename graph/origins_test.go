package graph_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"kith/graph"
	"kith/graph/transport"
)

// fromOrigin sends a request as a browser's page does, on http://kith.example.com.
func fromOrigin(h http.Handler, method, origin, site string) *httptest.ResponseRecorder {
	r := httptest.NewRequestWithContext(context.Background(), method, "http://kith.example.com/graphql", strings.NewReader(`{"query":"{ __typename }"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", origin)
	if site != "" {
		r.Header.Set("Sec-Fetch-Site", site)
	}
	if method == http.MethodOptions {
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "authorization,content-type")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// What an origin may do is the same for its preflight and for the request behind it, whatever the setting is.
func TestOrigins(t *testing.T) {
	const listed = "https://app.example.com https://*.example.org http://*.example.net:8080 HTTPS://Upper.Example.com:443"
	for name, c := range map[string]struct {
		list     []string
		loopback bool
		allowed  []string
		refused  []string
	}{
		"listed": {strings.Fields(listed), false,
			[]string{"https://app.example.com", "https://a.example.org", "https://a.b.example.org", "http://x.example.net:8080", "https://upper.example.com"},
			[]string{"https://evil.example.com", "http://app.example.com", "https://app.example.com:8443", "https://example.org", "https://.example.org", "https://evilexample.org",
				"https://a.example.org.evil.com", "https://evil.com/.example.org", "https://evil.com?.example.org", "https://x@a.example.org", "http://a.example.org", "https://a.example.org:444",
				"http://x.example.net", "http://localhost:5173", "http://127.0.0.1:8080", "null", "*", "https://*.example.org.", "file://"}},
		"loopback": {nil, true,
			[]string{"http://localhost:5173", "https://localhost", "http://127.0.0.1:3000", "http://[::1]:3000", "http://127.0.0.2"},
			[]string{"http://localhost.evil.com", "http://evil.com", "null", "http://10.0.0.1", "ftp://localhost"}},
		"none": {nil, false, nil, []string{"http://localhost:5173", "https://app.example.com", "null"}},
	} {
		t.Run(name, func(t *testing.T) {
			origins, err := transport.ParseOrigins(c.list, c.loopback)
			if err != nil {
				t.Fatal(err)
			}
			h := open(t, "sqlite", withSecret, func(o *graph.Options) { o.AllowedOrigins = origins }).Planned
			for _, site := range []string{"cross-site", "same-site", ""} {
				for _, origin := range c.allowed {
					if w := fromOrigin(h, "POST", origin, site); w.Code != http.StatusOK || w.Header().Get("Access-Control-Allow-Origin") != origin {
						t.Errorf("%s, %q: %d %v %s", origin, site, w.Code, w.Header(), w.Body)
					}
					if w := fromOrigin(h, "OPTIONS", origin, site); w.Header().Get("Access-Control-Allow-Origin") != origin || !strings.Contains(strings.ToLower(w.Header().Get("Access-Control-Allow-Headers")), "authorization") {
						t.Errorf("preflight of %s: %d %v", origin, w.Code, w.Header())
					}
				}
				for _, origin := range c.refused {
					for _, method := range []string{"POST", "OPTIONS"} {
						if w := fromOrigin(h, method, origin, site); w.Code != http.StatusForbidden || w.Header().Get("Access-Control-Allow-Origin") != "" || !strings.Contains(w.Header().Get("Vary"), "Origin") {
							t.Errorf("%s of %s, %q: %d %v", method, origin, site, w.Code, w.Header())
						}
					}
				}
			}
			for _, site := range []string{"same-origin", ""} {
				if w := fromOrigin(h, "POST", "http://kith.example.com", site); w.Code != http.StatusOK {
					t.Errorf("its own: %d", w.Code)
				}
			}
		})
	}
}

// What would not work is refused at the start.
func TestWrongOrigins(t *testing.T) {
	for _, text := range []string{"*", "https://*", "https://*.x", "https://*.com", "https://a.*.com", "https://**.example.com", "https://*a.example.com", "example.com", "https://example.com/", "https://example.com/a",
		"https://example.com?a", "https://example.com?", "https://example.com#", "https://user@example.com", "https://münchen.example", "null", "", "https://"} {
		if _, err := transport.ParseOrigins([]string{"https://example.com", text}, true); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

// A refused origin is logged once, with the setting that would let it in, and there is an end to it.
func TestRefusedOriginsAreLogged(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	h := open(t, "sqlite", withSecret).Planned
	count := func(text string) int { return strings.Count(log.String(), text) }
	for range 3 {
		for _, method := range []string{"OPTIONS", "POST", "GET"} {
			fromOrigin(h, method, "https://app.example.com", "cross-site")
			fromOrigin(h, method, "http://kith.example.com", "same-origin")
			fromOrigin(h, method, "https://front.example.com", "same-origin") // a proxy that names another host
		}
	}
	if count("KITH_ALLOWED_ORIGINS") != 1 || count("origin=https://app.example.com") != 1 {
		t.Errorf("%s", log.String())
	}
	for i := range 300 {
		fromOrigin(h, "POST", "https://a"+strconv.Itoa(i)+".example.com", "cross-site")
	}
	if n := count("KITH_ALLOWED_ORIGINS"); n != 100 {
		t.Errorf("%d lines", n)
	}
}
