package orm

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// The sizes of pages.
const (
	DefaultPage = 20
	MaxPage     = 100
)

// An Order is one key of an order: a column, or what ParseOrder makes of relations, ascending with nulls last or descending
// with nulls first.
type Order struct {
	Column *Column
	Desc   bool
}

// A Page says which rows of a connection are wanted, in which order. Make one with NewPage.
type Page struct {
	Size int
	// Backward pages are the last Size rows.
	Backward      bool
	After, Before []any // positions: a value for each key of Order; nil if not given
	Order         []Order
	Where         *Where
	// Distinct are the columns of which the page has each combination once: the first row in its order.
	Distinct []*Column
	Offset   int // so many rows in front of the page are left out
}

// PageArgs are a connection's arguments as the client gave them; nil is absent.
type PageArgs struct {
	First, Last   *int
	After, Before *string
	Order         []Order
	Where         *Where
	Distinct      []*Column
	Offset        *int
}

// NewPage checks args for the connection at coordinate, whose rows are t. Its errors are BadRequest.
func NewPage(coordinate string, t *Table, args PageArgs) (*Page, error) {
	p := &Page{Size: DefaultPage, Order: completeOrder(t, args.Order), Where: args.Where, Distinct: args.Distinct}
	if p.Where == nil || !p.Where.searches { // nothing is more relevant than anything else
		p.Order = slices.DeleteFunc(p.Order, func(o Order) bool { return o.Column.Kind == Rank })
	}
	if len(p.derived()) > maxReaches {
		return nil, Errorf(BadRequest, "`orderBy` may have %d steps through relations and by counts", maxReaches)
	}
	switch {
	case args.First != nil && args.Last != nil:
		return nil, Errorf(BadRequest, "give `first` or `last`, not both")
	case args.First != nil:
		p.Size = *args.First
		if p.Size < 0 || p.Size > MaxPage {
			return nil, Errorf(BadRequest, "`first` must be between 0 and %d", MaxPage)
		}
	case args.Last != nil:
		p.Size, p.Backward = *args.Last, true
		if p.Size < 0 || p.Size > MaxPage {
			return nil, Errorf(BadRequest, "`last` must be between 0 and %d", MaxPage)
		}
	}
	if args.Offset != nil {
		p.Offset = *args.Offset
		switch {
		case p.Offset < 0 || p.Offset > MaxOffset:
			return nil, Errorf(BadRequest, "`offset` must be between 0 and %d", MaxOffset)
		case args.After != nil || args.Before != nil || args.Last != nil:
			return nil, Errorf(BadRequest, "`offset` counts from the front: it does not go with a cursor, or a size from the back")
		}
	}
	for _, c := range []struct {
		name   string
		cursor *string
		into   *[]any
	}{{"after", args.After, &p.After}, {"before", args.Before, &p.Before}} {
		if c.cursor == nil {
			continue
		}
		position, ok := parseCursor(coordinate, p.Order, *c.cursor)
		if !ok {
			return nil, Errorf(BadRequest, "`%s` is not a cursor of this field in this order", c.name)
		}
		*c.into = position
	}
	return p, nil
}

// completeOrder ends an order with the key, so that no two rows are equal in it, and drops keys that cannot matter.
func completeOrder(t *Table, order []Order) []Order {
	out := make([]Order, 0, len(order)+1)
	for _, o := range order {
		if slices.ContainsFunc(out, func(have Order) bool { return have.Column.Name == o.Column.Name }) {
			continue
		}
		out = append(out, o)
		if o.Column == t.KeyColumn() {
			return out
		}
	}
	return append(out, Order{Column: t.KeyColumn()})
}

// A cursor is the position of a row: where it was made, in which order, and its values for that order's keys.
// It names neither the parent nor the filter.

// AppendCursor appends the cursor of a row whose values for the keys of order are given.
func AppendCursor(buf []byte, coordinate string, order []Order, values []any) []byte {
	plain := cursorHead(coordinate, order)
	for _, v := range values {
		if t, ok := v.(time.Time); ok {
			v = FormatTime(t)
		}
		text, _ := json.Marshal(v) // cells and nil always marshal
		plain = append(plain, ',')
		plain = append(plain, text...)
	}
	return base64.RawURLEncoding.AppendEncode(buf, append(plain, ']'))
}

func cursorHead(coordinate string, order []Order) []byte {
	plain := append(make([]byte, 0, 96), `["`...)
	plain = append(plain, coordinate...)
	for i, o := range order {
		plain = append(plain, " ,"[min(i, 1)])
		plain = append(plain, o.Column.Name...)
		if o.Desc {
			plain = append(plain, '-')
		}
	}
	return append(plain, '"')
}

func parseCursor(coordinate string, order []Order, cursor string) ([]any, bool) {
	plain, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || !bytes.HasPrefix(plain, append(cursorHead(coordinate, order), ',')) {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(plain))
	decoder.UseNumber()
	var parts []any
	if decoder.Decode(&parts) != nil || len(parts) != len(order)+1 {
		return nil, false
	}
	values := parts[1:]
	for i, o := range order {
		if values[i] == nil {
			if !o.Column.MayBeNull() {
				return nil, false
			}
			continue
		}
		var ok bool
		if values[i], ok = o.Column.parse(values[i]); !ok {
			return nil, false
		}
	}
	// A cursor has one spelling, so nothing can hide in it.
	if string(AppendCursor(nil, coordinate, order, values)) != cursor {
		return nil, false
	}
	return values, true
}

// parse turns a value of a cursor into what the column holds.
func (c *Column) parse(v any) (any, bool) {
	switch c.Kind {
	case Key, Rank:
		n, ok := whole(v)
		return n, ok
	case Int: // a version is longer than what clients write
		return readLong(v)
	case Text:
		s, ok := v.(string)
		return s, ok && !strings.ContainsRune(s, 0)
	}
	return c.cell(v)
}

const timeFormat = "2006-01-02T15:04:05.000000Z"

// FormatTime writes t as clients see it: RFC 3339, UTC, microseconds.
func FormatTime(t time.Time) string { return t.UTC().Format(timeFormat) }

// AppendTime appends FormatTime(t).
func AppendTime(buf []byte, t time.Time) []byte { return t.UTC().AppendFormat(buf, timeFormat) }

// ParseTime reads an RFC 3339 time; what is finer than a microsecond is cut off. Years outside 1..9999 are errors.
func ParseTime(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return t, err
	}
	t = t.UTC().Truncate(time.Microsecond)
	if t.Year() < 1 || t.Year() > 9999 {
		return t, Errorf(BadRequest, "a year outside 1..9999")
	}
	return t, nil
}

// A Slice is one page of rows.
type Slice[T any] struct {
	Rows             []*T
	HasNext, HasPrev bool
	links            []any   // of each row, the entity that links it; nil where no declared table does
	rest             [][]any // of each row: its values behind those
}

// Add adds a row; rest are its values behind those of the entity: all columns of the table that links it, and what its order
// has besides columns.
func (s *Slice[T]) Add(row *T, rest []any, link *Table) {
	s.Rows = append(s.Rows, row)
	if link != nil {
		s.links = append(s.links, link.Entity(rest[:len(link.Columns)]))
	}
	s.rest = append(s.rest, rest)
}

// A Connection is a page that is read when it is asked for: Load, Count and Summarize answer from one batch each, however
// many connections of one field there are.
type Connection[T any] struct {
	Coordinate string
	Page       *Page
	Load       func(context.Context) (*Slice[T], error)
	Count      func(context.Context) (int, error)
	Summarize  func(context.Context, *Summary) ([][]any, error)
}

// An Edge is a row and its position.
type Edge[T any] struct {
	Cursor string
	row    *T
}

// RootEdge is a row as an edge of the connection of its whole table, in the default order; nil if there is no row.
func RootEdge[T any](table Entity[T], row *T) *Edge[T] {
	if row == nil {
		return nil
	}
	key := table.KeyColumn()
	return &Edge[T]{Cursor: string(AppendCursor(nil, "Query."+table.Root(), []Order{{Column: key}}, []any{key.Of(row)})), row: row}
}

// Node is the row. It takes a context so that the executor resolves the rows of all edges side by side.
func (e *Edge[T]) Node(context.Context) *T { return e.row }

// PageInfo is where a page begins and ends, and whether there is more. True in both paging directions.
type PageInfo struct {
	HasNextPage     bool    // Whether anything stands behind the page.
	HasPreviousPage bool    // Whether anything stands in front of the page.
	StartCursor     *string // Cursor of the first edge, for `before`; null on an empty page.
	EndCursor       *string // Cursor of the last edge, for `after`; null on an empty page.
}

// Nodes are the page's rows.
func (c *Connection[T]) Nodes(ctx context.Context) ([]*T, error) {
	slice, err := c.Load(ctx)
	if err != nil {
		return nil, err
	}
	return slice.Rows, nil
}

// Edges are the page's rows with their cursors.
func (c *Connection[T]) Edges(ctx context.Context) ([]*Edge[T], error) {
	slice, err := c.Load(ctx)
	if err != nil {
		return nil, err
	}
	edges := make([]*Edge[T], len(slice.Rows))
	for i, row := range slice.Rows {
		edges[i] = &Edge[T]{Cursor: c.cursor(slice, i), row: row}
	}
	return edges, nil
}

// LinkedEdges are the page's edges, each made whole with the row that links it.
func LinkedEdges[T, L, E any](ctx context.Context, c *Connection[T], whole func(*Edge[T], *L) *E) ([]*E, error) {
	slice, err := c.Load(ctx)
	if err != nil {
		return nil, err
	}
	edges, err := c.Edges(ctx)
	out := make([]*E, len(edges))
	for i, e := range edges {
		link, _ := slice.links[i].(*L)
		out[i] = whole(e, link)
	}
	return out, err
}

// PageInfo describes the page.
func (c *Connection[T]) PageInfo(ctx context.Context) (*PageInfo, error) {
	slice, err := c.Load(ctx)
	if err != nil {
		return nil, err
	}
	info := &PageInfo{HasNextPage: slice.HasNext, HasPreviousPage: slice.HasPrev}
	if n := len(slice.Rows); n > 0 {
		start, end := c.cursor(slice, 0), c.cursor(slice, n-1)
		info.StartCursor, info.EndCursor = &start, &end
	}
	return info, nil
}

// TotalCount is the number of rows in all pages together.
func (c *Connection[T]) TotalCount(ctx context.Context) (int, error) { return c.Count(ctx) }

func (c *Connection[T]) cursor(slice *Slice[T], row int) string {
	values := c.Page.Position(slice.rest[row], func(column *Column) any { return column.Of(slice.Rows[row]) })
	return string(AppendCursor(nil, c.Coordinate, c.Page.Order, values))
}
