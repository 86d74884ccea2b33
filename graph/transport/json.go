package transport

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"kith/db/orm"
	"kith/graph/document"
)

// errNotJSON is what is said of everything that is not strict JSON.
var errNotJSON = errors.New("not JSON")

// decode reads one JSON value strictly: valid UTF-8, no name twice, nothing around it, no number that is none in a
// double. Numbers keep their text, as json.Number. Its errors are errNotJSON and, for nesting, long lists and more values
// than a document may have tokens, LIMIT_EXCEEDED.
func (t *Transport) decode(r io.Reader, nesting int) (any, error) {
	d, _ := decoders.Get().(*jsontext.Decoder)
	defer decoders.Put(d)
	d.Reset(r)
	values := t.options.Limits.Tokens
	v, err := t.decodeValue(d, nesting, &values)
	if err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, notJSON(err)
	}
	return v, nil
}

// decoders are kept for the sake of their buffers; nothing that decode answers is in one.
var decoders = sync.Pool{New: func() any { return jsontext.NewDecoder(strings.NewReader("")) }}

// notJSON keeps an error of reading, such as that of http.MaxBytesReader.
func notJSON(err error) error {
	var syntactic *jsontext.SyntacticError
	if err == nil || errors.As(err, &syntactic) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errNotJSON
	}
	return err
}

// decodeValue reads a value; left is how many more there may be.
func (t *Transport) decodeValue(d *jsontext.Decoder, nesting int, left *int) (any, error) {
	if *left--; *left < 0 {
		return nil, orm.Errorf(orm.LimitExceeded, "a request may have %d values in its variables", t.options.Limits.Tokens)
	}
	if k := d.PeekKind(); (k == '{' || k == '[') && nesting == 0 {
		return nil, orm.Errorf(orm.LimitExceeded, "variables may be nested %d deep", document.MaxNesting)
	}
	token, err := d.ReadToken()
	if err != nil {
		return nil, notJSON(err)
	}
	switch token.Kind() {
	case 'n':
		return nil, nil
	case 't', 'f':
		return token.Bool(), nil
	case '"':
		return token.String(), nil
	case '0':
		text := token.String()
		if f, err := strconv.ParseFloat(text, 64); err != nil || math.IsInf(f, 0) {
			return nil, errNotJSON
		}
		return json.Number(text), nil
	case '[':
		items := []any{}
		for d.PeekKind() != ']' {
			if most := t.options.Limits.Items(d.PeekKind() == '{'); len(items) >= most {
				return nil, orm.Errorf(orm.LimitExceeded, "a list may have %d items", most)
			}
			item, err := t.decodeValue(d, nesting-1, left)
			if err != nil {
				return nil, err
			}
			items = append(items, item)
		}
		_, err := d.ReadToken()
		return items, err
	}
	object := map[string]any{}
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, notJSON(err)
		}
		key := name.String()
		if object[key], err = t.decodeValue(d, nesting-1, left); err != nil {
			return nil, err
		}
	}
	_, err = d.ReadToken()
	return object, err
}
