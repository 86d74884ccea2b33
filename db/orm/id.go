package orm

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// GlobalID is the opaque, URL-safe name that clients use for a row.
func GlobalID(t *Table, key int64) string {
	return string(AppendGlobalID(nil, t, key))
}

// AppendGlobalID appends GlobalID(t, key) to buf.
func AppendGlobalID(buf []byte, t *Table, key int64) []byte {
	var raw [64]byte
	plain := append(raw[:0], t.Type...)
	plain = append(plain, ':')
	plain = strconv.AppendInt(plain, key, 10)
	return base64.RawURLEncoding.AppendEncode(buf, plain)
}

// ParseGlobalID is the inverse of GlobalID: it accepts exactly what GlobalID makes of the model's tables.
func (m *Model) ParseGlobalID(id string) (t *Table, key int64, ok bool) {
	if len(id) > 128 {
		return nil, 0, false
	}
	plain, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return nil, 0, false
	}
	typeName, digits, _ := strings.Cut(string(plain), ":")
	t = m.TableOf(typeName)
	key, err = strconv.ParseInt(digits, 10, 64)
	if t == nil || err != nil || key < 1 || GlobalID(t, key) != id {
		return nil, 0, false
	}
	return t, key, true
}

// ParseGlobalID is the key in the global id of a row of the table; ok is false for anything else.
func (t *Table) ParseGlobalID(id string) (key int64, ok bool) {
	of, key, ok := t.model.ParseGlobalID(id)
	return key, ok && of == t
}

// A Node is a row with a global id.
type Node interface{ ID() string }
