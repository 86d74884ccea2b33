package transport

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"
)

const (
	appIndex = "index.html"
	maxApp   = 64 << 20 // bytes of all files: what is larger is no built app but the folder that it is built in

	// All that an app needs comes from this server, and its requests go there.
	appPolicy = "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

// hashedName is that of a file whose name holds a hash of its content, as Vite names what it puts under assets/.
var hashedName = regexp.MustCompile(`^/assets/.*[-.][A-Za-z0-9_-]{8,}\.[a-z0-9]+$`)

// An App is the files of a built app for browsers, one that makes its pages from paths itself.
type App struct {
	files   map[string]appFile // by path
	folders map[string]bool    // that have files
	handler http.Handler       // what serves them, compressed
}

type appFile struct {
	content []byte
	etag    string
	kept    bool // for ever: another content would have another name
}

// LoadApp reads an app's files, once: what is built later is served after the next start.
func LoadApp(dir fs.FS) (*App, error) {
	a := &App{files: map[string]appFile{}, folders: map[string]bool{}}
	size := int64(0)
	err := fs.WalkDir(dir, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		info, err := fs.Stat(dir, name)
		if err != nil {
			return err
		}
		if size += info.Size(); size > maxApp {
			return fmt.Errorf("its files are larger than %d MiB: give the folder with what is built and nothing else", maxApp>>20)
		}
		content, err := fs.ReadFile(dir, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		// Weak: the same file may be compressed or not.
		a.files["/"+name] = appFile{content, `W/"` + hex.EncodeToString(sum[:16]) + `"`, hashedName.MatchString("/" + name)}
		a.folders[path.Dir("/"+name)] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	if _, ok := a.files["/"+appIndex]; !ok {
		return nil, errors.New("it has no " + appIndex)
	}
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(1 << 10))
	if err != nil {
		return nil, err
	}
	a.handler = wrap(http.HandlerFunc(a.serve))
	return a, nil
}

// ServeHTTP serves a file; to browsers that go to any other path the app's page, which knows what is there. Below a folder of files
// nothing else is.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

func (a *App) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", appPolicy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "same-origin")
	name := r.URL.Path
	f, ok := a.files[name]
	if folder := path.Dir(name); !ok && (name == "/" || accepts(r, "text/html") && (folder == "/" || !a.folders[folder])) {
		name = "/" + appIndex
		f, ok = a.files[name]
	}
	switch {
	case !ok:
		http.NotFound(w, r)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are served here.", http.StatusMethodNotAllowed)
		return
	}
	h.Set("Cache-Control", "no-cache")
	if f.kept {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("ETag", f.etag)
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(f.content))
}

// accepts tells whether a request names a media type among those it takes.
func accepts(r *http.Request, media string) bool {
	return strings.Contains(strings.Join(r.Header.Values("Accept"), ","), media)
}
