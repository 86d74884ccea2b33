package plan

import (
	"math/bits"
	"strconv"
	"time"

	"kith/db/orm"
)

// writeObject writes a row. Its error is a related row that must be there and is not, or an answer that is too large.
func (r *run) writeObject(o *object, f *found, row []any) error {
	var entity any
	if o.whole != nil {
		columns := make([]any, len(o.whole))
		for i, column := range o.whole {
			columns[i] = row[o.source.base+column]
		}
		entity = o.source.table.Entity(columns)
	}
	for i := range o.fields {
		field := &o.fields[i]
		r.out = append(r.out, field.key...)
		if field.kind == computedField {
			r.out = appendValue(r.out, field.computed.Kind, field.computed.Of(entity))
		} else if err := r.writeField(o, field, f, row); err != nil {
			return err
		}
		if err := r.afford(); err != nil {
			return err
		}
	}
	r.out = append(r.out, closing(len(o.fields))...)
	return nil
}

func (r *run) writeField(o *object, field *field, f *found, row []any) error {
	switch field.kind {
	case idField:
		key, shard := o.source.id(row)
		r.writeID(o.source.table, key, shard)
	case columnField:
		r.out = appendValue(r.out, field.holds, row[o.source.base+field.column])
	case joinedField:
		if row[field.object.source.base] == nil {
			return r.writeMissing(field, field.relation.Own != nil && row[o.source.base+o.source.column(field.relation.Own)] != nil)
		}
		return r.writeObject(field.object, f, row)
	case oneField:
		key, ok := row[field.branch.parent.base+field.branch.key].(int64)
		if !ok {
			return r.writeMissing(field, false)
		}
		related := f.branches[field.branch.index]
		g := related.rows.Of(key)
		if g.Start == g.End {
			return r.writeMissing(field, true)
		}
		return r.writeObject(field.object, related.found, related.rows.Row(g.Start))
	case canField:
		r.writeCan(field.can, f, row)
	case manyField:
		key, _ := row[field.branch.parent.base+field.branch.key].(int64)
		return r.writeConnection(field.connection, field.branch, f.branches[field.branch.index], key)
	}
	return nil
}

func (r *run) writeCan(c *can, f *found, row []any) {
	may, known := r.may(c, row)
	if !known {
		key, _ := row[c.source.base].(int64)
		may = f.cans[c.index][key]
	}
	for _, p := range c.parts {
		r.out = append(r.out, p.key...)
		if !p.constant {
			r.out = strconv.AppendBool(r.out, may)
		}
	}
	r.out = append(r.out, closing(len(c.parts))...)
}

// writeMissing writes a to-one relation without a row; referred says that a foreign key leads to one.
func (r *run) writeMissing(field *field, referred bool) error {
	if referred {
		if err := field.relation.Dangling(); err != nil {
			return err
		}
	}
	if field.required {
		return orm.Errorf(orm.Internal, "%s has no row", field.relation.Coordinate())
	}
	r.out = append(r.out, "null"...)
	return nil
}

// members writes an object that is no row; write writes what stands behind the key of a part.
func (r *run) members(c *connection, write func(p *part) error) error {
	for i := range c.parts {
		p := &c.parts[i]
		r.out = append(r.out, p.key...)
		if p.kind != constantPart {
			if err := write(p); err != nil {
				return err
			}
		}
		if err := r.afford(); err != nil {
			return err
		}
	}
	r.out = append(r.out, closing(len(c.parts))...)
	return nil
}

func (r *run) writeConnection(c *connection, b *branch, related related, key int64) error {
	var g orm.Group
	if related.found != nil {
		if g = related.rows.Of(key); b.relation == nil {
			g = related.rows.All()
		}
	}
	return r.members(c, func(p *part) error {
		switch p.kind {
		case nodesPart, edgesPart:
			r.out = append(r.out, '[')
			for j := g.Start; j < g.End; j++ {
				if j > g.Start {
					r.out = append(r.out, ',')
				}
				var err error
				if p.kind == nodesPart {
					err = r.writeObject(p.object, related.found, related.rows.Row(j))
				} else {
					err = r.writeEdge(p.inner, b, related, related.rows.Row(j))
				}
				if err != nil {
					return err
				}
			}
			r.out = append(r.out, ']')
		case pageInfoPart:
			return r.writePageInfo(p.inner, g, func(i int) { r.writeCursor(b, related.page, related.rows.Row(g.Start+i)) })
		case countPart:
			r.out = strconv.AppendInt(r.out, int64(related.counts[key]), 10)
		case summaryPart:
			return r.writeSummary(p.summary, &related.summaries[p.summary.index], key)
		}
		return nil
	})
}

func (r *run) writeEdge(c *connection, b *branch, related related, row []any) error {
	return r.members(c, func(p *part) error {
		switch p.kind {
		case cursorPart:
			r.writeCursor(b, related.page, row)
		case linkPart:
			r.out = appendValue(r.out, p.holds, row[len(row)-len(b.links)+p.column])
		case nodePart:
			return r.writeObject(p.object, related.found, row)
		}
		return nil
	})
}

// writePageInfo writes what is known of a page; cursor writes that of a row, by its place in the page.
func (r *run) writePageInfo(c *connection, page orm.Group, cursor func(i int)) error {
	return r.members(c, func(p *part) error {
		switch {
		case p.kind == hasNextPart:
			r.out = strconv.AppendBool(r.out, page.HasNext)
		case p.kind == hasPrevPart:
			r.out = strconv.AppendBool(r.out, page.HasPrev)
		case page.Start == page.End:
			r.out = append(r.out, "null"...)
		case p.kind == startPart:
			cursor(0)
		default:
			cursor(page.End - page.Start - 1)
		}
		return nil
	})
}

func (r *run) writeCursor(b *branch, page *orm.Page, row []any) {
	values := page.Position(row, func(c *orm.Column) any { return row[b.rows.source.base+b.rows.source.column(c)] })
	r.out = append(r.out, '"')
	r.out = orm.AppendCursor(r.out, b.coordinate, page.Order, values)
	r.out = append(r.out, '"')
}

// appendValue writes a cell as the scalar of its kind does.
func appendValue(out []byte, kind orm.Kind, v any) []byte {
	switch v := v.(type) {
	case string:
		if kind == orm.Document {
			return append(out, v...)
		}
		return AppendString(out, v)
	case int64:
		if kind == orm.Long {
			out = append(out, '"')
			return append(strconv.AppendInt(out, v, 10), '"')
		}
		return strconv.AppendInt(out, v, 10)
	case bool:
		return strconv.AppendBool(out, v)
	case float64:
		return orm.AppendFloat(out, v)
	case orm.Decimal:
		return AppendString(out, string(v))
	case time.Time:
		out = append(out, '"')
		out = orm.AppendTime(out, v)
		return append(out, '"')
	}
	return append(out, "null"...)
}

const hex = "0123456789ABCDEF"

// AppendString quotes s as gqlgen does, so that both ways of answering give the same bytes.
func AppendString(out []byte, s string) []byte {
	out = append(out, '"')
	for {
		i := plain(s)
		out = append(out, s[:i]...)
		if i == len(s) {
			return append(out, '"')
		}
		switch c := s[i]; c {
		case '\t':
			out = append(out, `\t`...)
		case '\r':
			out = append(out, `\r`...)
		case '\n':
			out = append(out, `\n`...)
		case '\\', '"':
			out = append(out, '\\', c)
		default:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
		s = s[i+1:]
	}
}

// StringBytes is how many bytes s takes in an answer.
func StringBytes(s string) int {
	n := len(`""`)
	for {
		i := plain(s)
		n += i
		if i == len(s) {
			return n
		}
		switch s[i] {
		case '\t', '\r', '\n', '\\', '"':
			n += len(`\n`)
		default:
			n += len(`\u0000`)
		}
		s = s[i+1:]
	}
}

// plain is how many bytes at the start of s need no escape. It looks at eight at a time: a byte's high bit is set in
// found if the byte is below 0x20, a quote or a backslash; what is set wrongly lies behind what is set rightly.
func plain(s string) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; i+8 <= len(s); i += 8 {
		t := s[i : i+8]
		w := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		found := ((w - ones*0x20) | ((w ^ ones*'"') - ones) | ((w ^ ones*'\\') - ones)) &^ w & highs
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '\\' || c == '"' {
			break
		}
	}
	return i
}
