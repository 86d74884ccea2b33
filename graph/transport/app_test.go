package transport

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

const navigation = "text/html,application/xhtml+xml,*/*;q=0.8"

func get(t *testing.T, app http.Handler, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	app.ServeHTTP(w, r)
	response := w.Result()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

func TestApp(t *testing.T) {
	script := strings.Repeat("export {};", 1000)
	app, err := LoadApp(fstest.MapFS{
		"index.html":                 {Data: []byte("<!doctype html>the page")},
		"icon.svg":                   {Data: []byte("<svg/>")},
		"assets/index-C8Zb-7_9.js":   {Data: []byte(script)},
		"assets/plain.js":            {Data: []byte(script)},
		".git/config":                {Data: []byte("a secret")},
		".env":                       {Data: []byte("a secret")},
		"people/photos/index-of.txt": {Data: []byte("photos")},
	})
	if err != nil {
		t.Fatal(err)
	}
	const kept, asked = "public, max-age=31536000, immutable", "no-cache"
	for path, want := range map[string]struct {
		accept string
		status int
		media  string
		cache  string
	}{
		"/":                         {"*/*", 200, "text/html; charset=utf-8", asked},
		"/index.html":               {"*/*", 200, "text/html; charset=utf-8", asked},
		"/posts/UG9zdDox":           {navigation, 200, "text/html; charset=utf-8", asked},
		"/people/a.b":               {navigation, 200, "text/html; charset=utf-8", asked},
		"/posts":                    {"application/json", 404, "text/plain; charset=utf-8", ""},
		"/icon.svg":                 {navigation, 200, "image/svg+xml", asked},
		"/assets/index-C8Zb-7_9.js": {"*/*", 200, "text/javascript; charset=utf-8", kept},
		"/assets/plain.js":          {"*/*", 200, "text/javascript; charset=utf-8", asked},
		"/assets/gone-C8Zb-7_8.js":  {navigation, 404, "text/plain; charset=utf-8", ""},
		"/.env":                     {"*/*", 404, "text/plain; charset=utf-8", ""},
		"/.git/config":              {"*/*", 404, "text/plain; charset=utf-8", ""},
		"/assets/../.env":           {"*/*", 404, "text/plain; charset=utf-8", ""},
	} {
		response, body := get(t, app, "GET", path, "Accept", want.accept)
		h := response.Header
		if response.StatusCode != want.status || h.Get("Content-Type") != want.media || h.Get("Cache-Control") != want.cache {
			t.Errorf("%s: %s %q %q, want %v", path, response.Status, h.Get("Content-Type"), h.Get("Cache-Control"), want)
		}
		if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'self'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
		if strings.Contains(body, "secret") {
			t.Errorf("%s tells a secret", path)
		}
	}

	plain, body := get(t, app, "GET", "/assets/plain.js")
	packed, small := get(t, app, "GET", "/assets/plain.js", "Accept-Encoding", "gzip")
	if body != script || packed.Header.Get("Content-Encoding") != "gzip" || len(small) > len(script)/10 {
		t.Errorf("%d bytes, compressed as %q to %d", len(body), packed.Header.Get("Content-Encoding"), len(small))
	}
	for _, encoding := range []string{"gzip", "identity"} {
		again, body := get(t, app, "GET", "/assets/plain.js", "If-None-Match", plain.Header.Get("ETag"), "Accept-Encoding", encoding)
		if again.StatusCode != http.StatusNotModified || body != "" {
			t.Errorf("%s: %s, want 304", encoding, again.Status)
		}
	}
	if head, body := get(t, app, "HEAD", "/"); head.StatusCode != 200 || body != "" {
		t.Error(head.Status, body)
	}
	for _, path := range []string{"/", "/posts/1"} {
		if response, _ := get(t, app, "POST", path, "Accept", navigation); response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("POST %s: %s", path, response.Status)
		}
	}
}

func TestWhatIsNoApp(t *testing.T) {
	if _, err := LoadApp(fstest.MapFS{"main.js": {}}); err == nil || !strings.Contains(err.Error(), "no index.html") {
		t.Error(err)
	}
	if _, err := LoadApp(fstest.MapFS{"index.html": {}, "large": {Data: make([]byte, maxApp+1)}}); err == nil || !strings.Contains(err.Error(), "64 MiB") {
		t.Error(err)
	}
}
