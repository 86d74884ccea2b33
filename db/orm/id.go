package orm

import (
	"context"
	"encoding/base64"
	"strconv"
	"strings"
)

// GlobalID is the opaque, URL-safe name that clients use for a row. Of a row of a table that is DistributedBy a column it does not say where that is, and
// is good all the same.
func GlobalID(t *Table, key int64) string {
	return string(AppendGlobalID(nil, t, key, 0))
}

// AppendGlobalID appends the name of a row to buf. shard is what the row has in the column of DistributedBy: clients are told it, so that who brings the
// name back need not be looked for everywhere. 0 if that is not known, or the table has none.
func AppendGlobalID(buf []byte, t *Table, key, shard int64) []byte {
	var raw [96]byte
	plain := append(raw[:0], t.Type...)
	plain = append(plain, ':')
	plain = strconv.AppendInt(plain, key, 10)
	if t.shard != nil && shard != 0 {
		plain = append(plain, ':')
		plain = strconv.AppendInt(plain, shard, 10)
	}
	return base64.RawURLEncoding.AppendEncode(buf, plain)
}

// ID is the global id of an entity.
func (t Entity[T]) ID(key int64, entity T) string {
	if t.shard == nil {
		return GlobalID(t.Table, key)
	}
	of := entity // which is not made for others
	shard, _ := t.shard.Of(&of).(int64)
	return string(AppendGlobalID(nil, t.Table, key, shard))
}

// IDOf is the global id of a row that the operation has read or written.
func IDOf(ctx context.Context, t *Table, key int64) string {
	return string(AppendGlobalID(nil, t, key, PlaceOf(ctx, t, key)))
}

// ParseGlobalID is the inverse of GlobalID: it accepts exactly what is made of the model's tables. Where the row is, it is only told to have been once.
func (m *Model) ParseGlobalID(id string) (t *Table, key int64, ok bool) {
	t, key, _, ok = m.parseGlobalID(id)
	return t, key, ok
}

func (m *Model) parseGlobalID(id string) (t *Table, key, shard int64, ok bool) {
	if len(id) > 128 {
		return nil, 0, 0, false
	}
	plain, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return nil, 0, 0, false
	}
	typeName, digits, _ := strings.Cut(string(plain), ":")
	digits, place, placed := strings.Cut(digits, ":")
	if t = m.TableOf(typeName); t == nil {
		return nil, 0, 0, false
	}
	key, err = strconv.ParseInt(digits, 10, 64)
	if err == nil && placed {
		shard, err = strconv.ParseInt(place, 10, 64)
	}
	if err != nil || key < 1 || placed && shard < 1 || string(AppendGlobalID(nil, t, key, shard)) != id {
		return nil, 0, 0, false
	}
	return t, key, shard, true
}

// ParseGlobalID is the key in the global id of a row of the table; ok is false for anything else.
func (t *Table) ParseGlobalID(id string) (key int64, ok bool) {
	of, key, ok := t.model.ParseGlobalID(id)
	return key, ok && of == t
}

// Seek is ParseGlobalID of a row that is going to be looked up under ctx: it is looked for where the id says first.
func (m *Model) Seek(ctx context.Context, id string) (t *Table, key int64, ok bool) {
	t, key, shard, ok := m.parseGlobalID(id)
	if ok {
		noted(ctx, t, key, shard, false)
	}
	return t, key, ok
}

// Seek is ParseGlobalID of a row that is going to be looked up under ctx.
func (t *Table) Seek(ctx context.Context, id string) (key int64, ok bool) {
	of, key, ok := t.model.Seek(ctx, id)
	return key, ok && of == t
}

// A Node is a row with a global id.
type Node interface{ ID() string }
