package graphiql

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// maxFirstLoad bounds what a browser may have to download before the page is of use, compressed.
const maxFirstLoad = 2_000_000

// drawn stands for the drawing of a model.
const drawn = `<svg xmlns="http://www.w3.org/2000/svg"><a href="/#User"><text>User</text></a></svg>`

func request(t *testing.T, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	Handler([]byte(drawn)).ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, response *http.Response) []byte {
	t.Helper()
	var b bytes.Buffer
	if _, err := b.ReadFrom(response.Body); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPageRefersOnlyToEmbeddedFiles(t *testing.T) {
	files := load()
	page := string(unpack(files["/"].packed))
	references := regexp.MustCompile(`(?:src|href|action|data)="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(references) < 3 {
		t.Fatalf("the page refers to %d files, want at least script, style and icon:\n%s", len(references), page)
	}
	for _, reference := range references {
		if _, ok := files[reference[1]]; !ok {
			t.Errorf("the page refers to %q, which is not embedded", reference[1])
		}
	}
	if strings.Contains(page, "//") {
		t.Errorf("the page names another host:\n%s", page)
	}
	if regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(page) {
		t.Errorf("the page has an inline script, which its own policy forbids:\n%s", page)
	}
}

// Scripts and styles load further parts by name; each name that looks like one of ours must be embedded, and no style loads from elsewhere.
func TestPartsReferOnlyToEmbeddedFiles(t *testing.T) {
	files := load()
	ours := regexp.MustCompile(`["'(/]([\w.-]+-[0-9a-f]{8}\.(?:js|css|ttf|svg|woff2?))["')]`)
	elsewhere := regexp.MustCompile(`(?:url\(|@import\s+)["']?(?:https?:)?//`)
	for path, f := range files {
		content := string(unpack(f.packed))
		for _, match := range ours.FindAllStringSubmatch(content, -1) {
			if _, ok := files[assetBase+match[1]]; !ok {
				t.Errorf("%s refers to %q, which is not embedded", path, match[1])
			}
		}
		if strings.HasSuffix(path, ".css") && elsewhere.MatchString(content) {
			t.Errorf("%s loads from another host", path)
		}
	}
}

func TestFirstLoadIsSmall(t *testing.T) {
	total := 0
	for _, f := range load() {
		total += len(f.packed) // also what is loaded later only: simple, and an upper bound
	}
	if total > maxFirstLoad {
		t.Errorf("all files together are %d bytes compressed, want at most %d", total, maxFirstLoad)
	}
	t.Logf("%d bytes compressed", total)
}

func TestEveryFileIsServedPackedAndPlain(t *testing.T) {
	for path, f := range load() {
		packed := request(t, "GET", path, "Accept-Encoding", "gzip, deflate, br")
		if packed.StatusCode != 200 || packed.Header.Get("Content-Encoding") != "gzip" {
			t.Fatalf("%s: %s %v", path, packed.Status, packed.Header)
		}
		plain := request(t, "GET", path)
		if plain.StatusCode != 200 || plain.Header.Get("Content-Encoding") != "" {
			t.Fatalf("%s: %s %v", path, plain.Status, plain.Header)
		}
		content := body(t, plain)
		if !bytes.Equal(unpack(body(t, packed)), content) || len(content) == 0 {
			t.Errorf("%s: packed and plain differ", path)
		}
		if f.contentType == "" || plain.Header.Get("Content-Type") != f.contentType {
			t.Errorf("%s: Content-Type is %q", path, plain.Header.Get("Content-Type"))
		}
		if packed.Header.Get("ETag") == plain.Header.Get("ETag") {
			t.Errorf("%s: two encodings share the ETag %s", path, plain.Header.Get("ETag"))
		}
		for _, response := range []*http.Response{packed, plain} {
			for name, want := range map[string]string{
				"Content-Security-Policy": contentSecurityPolicy,
				"X-Content-Type-Options":  "nosniff",
				"Vary":                    "Accept-Encoding",
			} {
				if got := response.Header.Get(name); got != want {
					t.Errorf("%s: %s is %q, want %q", path, name, got, want)
				}
			}
		}
	}
}

func TestOnlyHashedNamesAreCachedForLong(t *testing.T) {
	for path := range load() {
		want := "public, max-age=31536000, immutable"
		if path == "/" || path == "/graphiql/licences.txt" {
			want = "no-cache"
		}
		if got := request(t, "GET", path).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control is %q, want %q", path, got, want)
		}
	}
}

func TestModel(t *testing.T) {
	response := request(t, "GET", "/model")
	page := string(body(t, response))
	if response.StatusCode != 200 || !strings.Contains(page, drawn) || strings.Contains(page, "<script") {
		t.Errorf("%s\n%s", response.Status, page)
	}
	if got := response.Header.Get("Content-Security-Policy"); got != contentSecurityPolicy {
		t.Errorf("Content-Security-Policy is %q", got)
	}
	packed := body(t, request(t, "GET", "/model", "Accept-Encoding", "gzip"))
	if string(unpack(packed)) != page {
		t.Error("packed and plain differ")
	}
	again := request(t, "GET", "/model", "If-None-Match", response.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("%s, want 304", again.Status)
	}
	w := httptest.NewRecorder()
	Handler(nil).ServeHTTP(w, httptest.NewRequest("GET", "/model", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("without a drawing: %d, want 404", w.Code)
	}
}

func TestNotModified(t *testing.T) {
	for _, encoding := range []string{"gzip", "identity"} {
		first := request(t, "GET", "/", "Accept-Encoding", encoding)
		again := request(t, "GET", "/", "Accept-Encoding", encoding, "If-None-Match", first.Header.Get("ETag"))
		if again.StatusCode != http.StatusNotModified || len(body(t, again)) != 0 {
			t.Errorf("%s: %s, want 304 and no body", encoding, again.Status)
		}
		changed := request(t, "GET", "/", "Accept-Encoding", encoding, "If-None-Match", `"another"`)
		if changed.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, want 200", encoding, changed.Status)
		}
	}
}

func TestHead(t *testing.T) {
	server := httptest.NewServer(Handler([]byte(drawn)))
	defer server.Close()
	for _, encoding := range []string{"gzip", "identity"} {
		r, err := http.NewRequest("HEAD", server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", encoding)
		head, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if b := body(t, head); head.StatusCode != 200 || len(b) != 0 {
			t.Errorf("%s: %s with %d bytes, want 200 and none", encoding, head.Status, len(b))
		}
		get := request(t, "GET", "/", "Accept-Encoding", encoding)
		if want := strconv.Itoa(len(body(t, get))); head.Header.Get("Content-Length") != want {
			t.Errorf("%s: Content-Length is %q, want %s", encoding, head.Header.Get("Content-Length"), want)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, path := range []string{"/index.html", "/graphiql", "/graphiql/", "/graphiql/index.html", "/graphiql/x.js", "/dist/index.html.gz", "/../graphiql.go"} {
		if response := request(t, "GET", path); response.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %s, want 404", path, response.Status)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		response := request(t, method, "/")
		if response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s /: %s, Allow %q", method, response.Status, response.Header.Get("Allow"))
		}
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"":                        false,
		"gzip":                    true,
		"GZIP":                    true,
		"br, gzip;q=0.5":          true,
		"br;q=1.0, gzip ; q=0":    false,
		"gzip;q=0.000":            false,
		"identity":                false,
		"*":                       true,
		"*;q=0":                   false,
		"*;q=0, gzip":             true,
		"*, gzip;q=0":             false,
		"gzipped":                 false,
		"gzip;q=nonsense":         false,
		"deflate,,gzip;Q=1 , br,": true,
	} {
		if got := acceptsGzip([]string{header}); got != want {
			t.Errorf("acceptsGzip(%q) = %v", header, got)
		}
	}
}
