package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Trusted are the documents that a file lists: a JSON object of texts by ids, as relay-compiler and GraphQL
// Codegen write it. A client names one by its id, or sends its exact text.
type Trusted struct {
	path string // written to; "" lets only what is listed run

	mu    sync.Mutex
	byID  map[string]string
	texts map[string]bool
}

// captured bounds the file that is captured to.
const captured = 10_000

// LoadTrusted reads a setting: `off` (or nothing) lets every document run, `capture:FILE` as well, and writes
// each valid one to FILE under its SHA-256, and `FILE` lets only the documents in it run.
func LoadTrusted(setting string) (*Trusted, error) {
	if setting == "" || setting == "off" {
		return nil, nil
	}
	path, capturing := strings.CutPrefix(setting, "capture:")
	t := &Trusted{byID: map[string]string{}, texts: map[string]bool{}}
	if capturing {
		t.path = path
	}
	content, err := os.ReadFile(path) //nolint:gosec // the operator names it
	switch {
	case capturing && errors.Is(err, fs.ErrNotExist):
		return t, t.write()
	case err != nil:
		return nil, fmt.Errorf("cannot read the trusted documents: %w", err)
	}
	var listed map[string]string
	if err := json.Unmarshal(content, &listed); err != nil {
		return nil, fmt.Errorf("the trusted documents in %s must be a JSON object of texts by ids: %w", path, err)
	}
	for id, text := range listed {
		t.byID[strings.ToLower(strings.TrimPrefix(id, "sha256:"))], t.texts[text] = text, true
	}
	if !capturing && len(listed) == 0 {
		return nil, fmt.Errorf("%s lists no documents, so none would run", path)
	}
	return t, nil
}

// only tells whether nothing but the listed documents may run.
func (t *Trusted) only() bool { return t != nil && t.path == "" }

// find answers the listed text that a request means by its text, an id or both.
func (t *Trusted) find(query, id string) (string, bool) {
	text, ok := t.byID[id]
	if id == "" || !ok {
		text, ok = query, t.texts[query] && (id == "" || id == hashOf(query))
	}
	return text, ok && (query == "" || query == text)
}

func (t *Trusted) capture(text string) {
	if t == nil || t.only() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.texts[text] || len(t.texts) == captured {
		return
	}
	t.byID[hashOf(text)], t.texts[text] = text, true
	if err := t.write(); err != nil {
		slog.Error("capturing documents", "cause", err)
	}
}

// write replaces the file, so that a reader never sees half of it.
func (t *Trusted) write() error {
	content, err := json.MarshalIndent(t.byID, "", "  ")
	if err != nil {
		return err
	}
	temporary, err := os.CreateTemp(filepath.Dir(t.path), ".captured-*")
	if err != nil {
		return fmt.Errorf("cannot write the captured documents: %w", err)
	}
	defer os.Remove(temporary.Name()) // after the rename it is not there
	_, err = temporary.Write(append(content, '\n'))
	if err = errors.Join(err, temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), t.path)
}
