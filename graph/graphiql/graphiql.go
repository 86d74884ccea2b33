// Package graphiql serves GraphiQL, the page at which people try the API, whole from the program: no other host is asked for anything.
//
// The page is written in src/ and the queries in its first tabs in examples/. `npm ci && npm run build` in this folder turns them into
// dist/, which is committed: every file gzipped, and the same bytes from the same source and lock file.
package graphiql

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

//go:embed dist/*.gz
var dist embed.FS

//go:embed model.html
var modelText string

var modelPage = template.Must(template.New("model").Parse(modelText))

// TypeLink, followed by the name of a type, is where GraphiQL shows what the schema says of it.
const TypeLink = "/#"

const (
	indexName = "index.html"
	assetBase = "/graphiql/"

	// Everything comes from this server. The editor writes its own style elements.
	contentSecurityPolicy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; " +
		"style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:; " +
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

var contentTypes = map[string]string{
	".css":  "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".svg":  "image/svg+xml",
	".ttf":  "font/ttf",
	".txt":  "text/plain; charset=utf-8",
}

type file struct {
	packed       []byte // gzip
	contentType  string
	cacheControl string
	etag         string // without its quotes, the same for both encodings
}

// Handler serves the page at / and its parts under /graphiql/, and at /model a drawing of the model, if it is given one: an SVG element whose
// links lead to TypeLink and the name of a type. Any other path is 404, so it may be mounted at / below everything else.
// The page sends its operations to /graphql on the same origin.
func Handler(drawing []byte) http.Handler {
	files := load()
	if len(drawing) > 0 {
		files["/model"] = modelFile(drawing)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentSecurityPolicy)
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("X-Content-Type-Options", "nosniff")

		f, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			http.Error(w, "Only GET and HEAD are served here.", http.StatusMethodNotAllowed)
			return
		}
		f.serve(w, r)
	})
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", f.cacheControl)
	header.Set("Content-Type", f.contentType)
	header.Set("Vary", "Accept-Encoding")

	content := f.packed
	if acceptsGzip(r.Header.Values("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		header.Set("Content-Length", strconv.Itoa(len(content)))
		header.Set("ETag", `"`+f.etag+`-gzip"`)
	} else {
		content = unpack(f.packed)
		header.Set("ETag", `"`+f.etag+`"`)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// load returns the embedded files by URL path.
func load() map[string]file {
	entries, err := dist.ReadDir("dist")
	if err != nil {
		panic(err) // embedded by the compiler
	}
	files := make(map[string]file, len(entries))
	for _, entry := range entries {
		packed, err := dist.ReadFile("dist/" + entry.Name())
		if err != nil {
			panic(err)
		}
		name := strings.TrimSuffix(entry.Name(), ".gz")
		f := file{
			packed:       packed,
			contentType:  contentTypes[path.Ext(name)],
			cacheControl: "public, max-age=31536000, immutable",
			etag:         tag(packed),
		}
		urlPath := assetBase + name
		if !hashed(name) {
			f.cacheControl = "no-cache"
		}
		if name == indexName {
			urlPath = "/"
		}
		files[urlPath] = f
	}
	return files
}

// modelFile is the page with the drawing.
func modelFile(drawing []byte) file {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	err := modelPage.Execute(w, template.HTML(drawing)) //nolint:gosec // it is drawn of the program's own page
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // nothing is written but into memory
	}
	return file{packed: packed.Bytes(), contentType: contentTypes[".html"], cacheControl: "no-cache", etag: tag(packed.Bytes())}
}

func tag(packed []byte) string { return fmt.Sprintf("%x", sha256.Sum256(packed))[:32] }

// hashed says whether a name ends in eight hexadecimal digits that stand for the content.
func hashed(name string) bool {
	stem := strings.TrimSuffix(name, path.Ext(name))
	i := strings.LastIndexByte(stem, '-')
	_, err := strconv.ParseUint(stem[i+1:], 16, 32)
	return i > 0 && len(stem)-i-1 == 8 && err == nil
}

// unpack returns what gzip packed at build time.
func unpack(packed []byte) []byte {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic(err) // embedded by the compiler, read by the tests
	}
	content, err := io.ReadAll(r)
	if err != nil {
		panic(err)
	}
	return content
}

// acceptsGzip reads Accept-Encoding headers: whether gzip, by its name or else by *, has a weight above zero.
func acceptsGzip(headers []string) bool {
	accepted := false
	for coding := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		name, parameter, _ := strings.Cut(coding, ";")
		weight := 1.0
		if key, value, ok := strings.Cut(parameter, "="); ok && strings.EqualFold(strings.TrimSpace(key), "q") {
			weight, _ = strconv.ParseFloat(strings.TrimSpace(value), 64)
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip", "x-gzip":
			return weight > 0
		case "*":
			accepted = weight > 0
		}
	}
	return accepted
}
