package loaders

import (
	"context"

	"kith/db/orm"
)

// identity tells a request's loaders apart: what is looked up, and with which page. Pages are compared by identity, and
// a field of a document has one.
type identity struct {
	what    any // a relation or a column
	page    *orm.Page
	count   bool
	summary string
}

// rowOf reads the one row of each key; a key without a row is left out.
func rowOf[K comparable, V any](ctx context.Context, r *Request, read *orm.Read, keys []K, of func(*orm.Rows, K) orm.Group, decode func([]any) V) (map[K]V, error) {
	rows, err := r.db.Read(ctx, read)
	if err != nil {
		return nil, err
	}
	found := make(map[K]V, len(keys))
	for _, key := range keys {
		if g := of(rows, key); g.End > g.Start {
			found[key] = decode(rows.Row(g.Start))
		}
	}
	return found, nil
}

// One is the row that parent is related to; nil if there is none.
func One[P, T any](ctx context.Context, relation orm.ToOne[P, T], parent *P) (*T, error) {
	key, ok := relation.Key().Of(parent).(int64)
	if !ok {
		return nil, nil // a null foreign key
	}
	return OneOf(ctx, relation, key)
}

// OneOf is the row that all rows with the given foreign key are related to.
func OneOf[P, T any](ctx context.Context, relation orm.ToOne[P, T], key int64) (*T, error) {
	r := of(ctx)
	target := orm.Entity[T]{Table: relation.To}
	l := loaderFor(r, identity{what: relation.Relation}, func(ctx context.Context, path string, keys []int64) (map[int64]*T, error) {
		return rowOf(ctx, r, &orm.Read{Path: path, From: target.Table, Via: relation.Relation, Keys: keys, Select: orm.Select{Columns: target.Columns}}, keys, (*orm.Rows).Of, func(row []any) *T { return orm.Decode(target, row) })
	}, func() (*T, error) { return nil, relation.Dangling() })
	return l.load(ctx, ctx, key)
}

// Many is a page of the rows that parent is related to.
func Many[P, T any](ctx context.Context, relation orm.ToMany[P, T], parent *P, page *orm.Page) *orm.Connection[T] {
	key, _ := relation.Key().Of(parent).(int64)
	return connection(ctx, orm.Entity[T]{Table: relation.To}, relation.Relation, relation.Coordinate(), key, page)
}

// All is a page of a whole table; coordinate is the field that shows it.
func All[T any](ctx context.Context, table orm.Entity[T], coordinate string, page *orm.Page) *orm.Connection[T] {
	return connection(ctx, table, nil, coordinate, 0, page)
}

func connection[T any](at context.Context, table orm.Entity[T], via *orm.Relation, coordinate string, key int64, page *orm.Page) *orm.Connection[T] {
	r := of(at)
	what := any(via)
	var link *orm.Table
	if via == nil {
		what = table.Table
	} else if via.Link != nil {
		link = via.Link.Rows
	}
	return &orm.Connection[T]{
		Coordinate: coordinate,
		Page:       page,
		Load: func(ctx context.Context) (*orm.Slice[T], error) {
			l := loaderFor(r, identity{what: what, page: page}, func(ctx context.Context, path string, keys []int64) (map[int64]*orm.Slice[T], error) {
				read := &orm.Read{Path: path, From: table.Table, Via: via, Select: orm.Select{Columns: table.Columns}, Page: page}
				if via != nil {
					read.Keys = keys
				}
				if link != nil {
					read.Link = link.Columns
				}
				rows, err := r.db.Read(ctx, read)
				if err != nil {
					return nil, err
				}
				slices := make(map[int64]*orm.Slice[T], len(keys))
				for _, key := range keys {
					g := rows.Of(key)
					if via == nil {
						g = rows.All()
					}
					slice := &orm.Slice[T]{Rows: make([]*T, 0, g.End-g.Start), HasNext: g.HasNext, HasPrev: g.HasPrev}
					for i := g.Start; i < g.End; i++ {
						slice.Add(orm.Decode(table, rows.Row(i)), rows.Row(i)[len(table.Columns):], link)
					}
					slices[key] = slice
				}
				return slices, nil
			}, nothing[*orm.Slice[T]])
			return l.load(ctx, at, key)
		},
		Count: func(ctx context.Context) (int, error) {
			l := loaderFor(r, identity{what: what, page: page, count: true}, func(ctx context.Context, path string, keys []int64) (map[int64]int, error) {
				return r.db.Count(ctx, &orm.Read{Path: path + ".totalCount", From: table.Table, Via: via, Keys: keys, Page: page})
			}, nothing[int])
			return l.load(ctx, at, key)
		},
		Summarize: func(ctx context.Context, s *orm.Summary) ([][]any, error) {
			l := loaderFor(r, identity{what: what, page: page, summary: s.Identity()}, func(ctx context.Context, path string, keys []int64) (map[int64][][]any, error) {
				rows, err := r.db.Summarize(ctx, &orm.Read{Path: path, From: table.Table, Via: via, Keys: keys, Page: page}, s)
				if err != nil {
					return nil, err
				}
				found := make(map[int64][][]any, len(keys))
				for _, key := range keys {
					for g, i := rows.Of(key), 0; g.Start+i < g.End; i++ {
						found[key] = append(found[key], rows.Row(g.Start+i))
					}
				}
				return found, nil
			}, nothing[[][]any])
			return l.load(ctx, ctx, key)
		},
	}
}

// Search is a page of what is found in all searchable tables.
func Search(at context.Context, s *orm.Search) *orm.SearchConnection {
	r := of(at)
	return &orm.SearchConnection{
		Search: s,
		Load: func(ctx context.Context) (*orm.Hits, error) {
			l := loaderFor(r, identity{what: s}, func(ctx context.Context, path string, keys []int64) (map[int64]*orm.Hits, error) {
				hits, err := r.db.Search(ctx, path, s)
				return map[int64]*orm.Hits{0: hits}, err
			}, nothing[*orm.Hits])
			return l.load(ctx, at, 0)
		},
		Count: func(ctx context.Context) (int, error) {
			l := loaderFor(r, identity{what: s, count: true}, func(ctx context.Context, path string, keys []int64) (map[int64]int, error) {
				n, err := r.db.CountSearch(ctx, path+".totalCount", s)
				return map[int64]int{0: n}, err
			}, nothing[int])
			return l.load(ctx, at, 0)
		},
		Rows: func(ctx context.Context, hits []orm.Hit) ([]orm.Node, error) {
			tables, keys := make([]*orm.Table, len(hits)), make([]int64, len(hits))
			for i, h := range hits {
				tables[i], keys[i] = h.Table, h.Key
			}
			nodes, err := Nodes(ctx, tables, keys)
			if err != nil {
				return nil, err
			}
			for i, node := range nodes {
				if node == nil {
					return nil, hits[i].Gone()
				}
			}
			return nodes, nil
		},
	}
}

// ByKey is the row with the given key; nil if there is none.
func ByKey[T any](ctx context.Context, table orm.Entity[T], key int64) (*T, error) {
	return byKey(of(ctx), table).load(ctx, ctx, key)
}

func byKey[T any](r *Request, table orm.Entity[T]) *loader[int64, *T] {
	return loaderFor(r, identity{what: table.KeyColumn()}, func(ctx context.Context, path string, keys []int64) (map[int64]*T, error) {
		return rowOf(ctx, r, &orm.Read{Path: path, From: table.Table, By: table.KeyColumn(), Keys: keys, Select: orm.Select{Columns: table.Columns}}, keys, (*orm.Rows).Of, func(row []any) *T { return orm.Decode(table, row) })
	}, nothing[*T])
}

// ByKeys are the rows with the given keys, in that order; nil where there is none.
func ByKeys[T any](ctx context.Context, table orm.Entity[T], keys []int64) ([]*T, error) {
	r := of(ctx)
	l := byKey(r, table)
	entries := make([]*entry[*T], len(keys))
	r.mu.Lock()
	for i, key := range keys {
		entries[i] = l.enqueue(ctx, ctx, key)
	}
	r.mu.Unlock()
	return awaitAll(ctx, r, entries)
}

// ByText is the row whose unique column holds text; nil if there is none.
func ByText[T any](ctx context.Context, table orm.Entity[T], column *orm.Column, text string) (*T, error) {
	r := of(ctx)
	l := loaderFor(r, identity{what: column}, func(ctx context.Context, path string, texts []string) (map[string]*T, error) {
		return rowOf(ctx, r, &orm.Read{Path: path, From: table.Table, By: column, Texts: texts, Select: orm.Select{Columns: table.Columns}}, texts, (*orm.Rows).OfText, func(row []any) *T { return orm.Decode(table, row) })
	}, nothing[*T])
	return l.load(ctx, ctx, text)
}

// Nodes are the rows with the given keys in the given tables, in that order; nil where there is none.
func Nodes(ctx context.Context, tables []*orm.Table, keys []int64) ([]orm.Node, error) {
	r := of(ctx)
	entries := make([]*entry[orm.Node], len(keys))
	for i, table := range tables {
		l := loaderFor(r, identity{what: table}, func(ctx context.Context, path string, keys []int64) (map[int64]orm.Node, error) {
			return rowOf(ctx, r, &orm.Read{Path: path, From: table, By: table.KeyColumn(), Keys: keys, Select: orm.Select{Columns: table.Columns}}, keys, (*orm.Rows).Of, table.Node)
		}, nothing[orm.Node])
		r.mu.Lock()
		entries[i] = l.enqueue(ctx, ctx, keys[i])
		r.mu.Unlock()
	}
	return awaitAll(ctx, r, entries)
}

// awaitAll waits for what has been asked for at once.
func awaitAll[V any](ctx context.Context, r *Request, entries []*entry[V]) ([]V, error) {
	// All tables' batches begin together, so waiting for one that has not begun is enough to begin them.
	if len(entries) > 0 {
		r.mu.Lock()
		r.wait(entries[0])
		r.mu.Unlock()
	}
	values := make([]V, len(entries))
	for i, e := range entries {
		var err error
		if values[i], err = await(ctx, e); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// OfKey is what fetch finds for a key; what tells apart what is looked up.
func OfKey[V any](ctx context.Context, what any, key int64, fetch func(ctx context.Context, database *orm.DB, path string, keys []int64) (map[int64]V, error)) (V, error) {
	r := of(ctx)
	l := loaderFor(r, identity{what: what}, func(ctx context.Context, path string, keys []int64) (map[int64]V, error) {
		return fetch(ctx, r.db, path, keys)
	}, nothing[V])
	return l.load(ctx, ctx, key)
}

// MayWrite tells whether the viewer may write a row. Where its own columns tell, nothing is looked up.
func MayWrite[T any](ctx context.Context, table orm.Entity[T], row *T) (bool, error) {
	may, known := table.Writes().Of(orm.ViewerOf(ctx), func(c *orm.Column) any { return c.Of(row) })
	if known {
		return may, nil
	}
	key, _ := table.KeyColumn().Of(row).(int64)
	return OfKey(ctx, table.Writes(), key, func(ctx context.Context, database *orm.DB, path string, keys []int64) (map[int64]bool, error) {
		return database.MayWrite(ctx, path, table.Table, keys)
	})
}
