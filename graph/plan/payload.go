package plan

import (
	"context"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"kith/db/orm"
)

// Payloads of mutations of the page, of writes against which nothing stands. Those of others are the resolvers'.

// A Payload is what is selected of a mutation's payload.
type Payload struct {
	planner   *Planner
	root      *root
	variables map[string]any
}

// A Written is what a mutation has done.
type Written struct {
	Table   *orm.Table
	Keys    []int64 // of the rows, in the input's order
	Gone    bool    // the rows are deleted
	Created bool
	Row     *orm.Rows            // the one row with what was Wanted of it; nil: it is to be read
	Linked  map[string]*orm.Rows // pages of Linked that are read, by their paths
	Cascade []orm.CascadeCount
}

// Payload answers how the payload of the current root field, a mutation of table, is written; nil if something in it is for
// resolvers.
func (p *Planner) Payload(ctx context.Context, plans *Plans, table *orm.Table) (payload *Payload, err error) {
	defer recovered(&err)
	c := &compiler{operation: graphql.GetOperationContext(ctx), schema: p.schema, db: p.db, model: p.db.Model()}
	f := graphql.GetRootFieldContext(ctx).Field
	root := plans.root(c, f.Alias, func() *root {
		if r := c.payload(f, table); !c.beside {
			return r
		}
		return nil
	})
	if root == nil {
		return nil, nil
	}
	return &Payload{p, root, c.operation.Variables}, nil
}

// Wanted are the columns that are asked of the row itself; nil if other rows come along with it, so that it has to be read.
func (p *Payload) Wanted() []*orm.Column {
	if rows := p.root.branch.rows; rows != nil && len(rows.source.joins) == 0 {
		return rows.source.columns
	}
	return nil
}

// Linked are the pages that are asked of what the row itself is linked to.
func (p *Payload) Linked() (reads []*orm.Read) {
	if p.Wanted() == nil {
		return nil
	}
	for _, b := range p.root.branch.rows.branches {
		if b.rows == nil || !b.relation.Many || b.relation.Link == nil {
			continue
		}
		if page, err := b.pageOf(p.variables); err == nil { // an error is the answer's
			reads = append(reads, b.read(page, nil))
		}
	}
	return reads
}

// Answer is the payload as JSON. On an error nothing is known about it, as of a Planner's Field.
func (p *Payload) Answer(ctx context.Context, w Written) (json []byte, err error) {
	return p.planner.write(ctx, p.root, p.variables, func(r *run) error { return p.root.payload(r, w) })
}

// payload compiles the payload of a mutation of a table. All that is asked of its rows is read by one fetch.
func (c *compiler) payload(f graphql.CollectedField, table *orm.Table) *root {
	b := &branch{table: table, coordinate: "Query." + table.Root(), path: f.Alias}
	b.page, _ = orm.NewPage(b.coordinate, table, orm.PageArgs{}) // the default is no error
	rows := &fetch{source: newSource(table)}
	r := &root{kind: payloadRoot, branch: b}
	r.connection = c.members(f, func(f graphql.CollectedField, p *part) {
		switch f.Name {
		case table.Single(), table.Root():
			p.kind = map[bool]connectionKind{true: nodesPart, false: nodePart}[f.Definition.Type.Elem != nil]
			p.object = c.object(rows, rows.source, f.Selections, b.path+"."+f.Alias)
			b.rows = rows
		case table.Single() + "Edge":
			p.kind, p.inner = edgesPart, c.edges(b, rows, f)
			b.rows = rows
		case "userErrors":
			p.kind, p.key = constantPart, p.key+"[]"
		case "deletedId":
			p.kind = idPart
		case "deletedIds":
			p.kind = idsPart
		case "count":
			p.kind = countPart
		case "created":
			p.kind = createdPart
		case "cascade":
			p.kind = cascadePart
			p.inner = c.members(f, func(f graphql.CollectedField, p *part) {
				p.kind = map[string]connectionKind{"type": typePart, "action": actionPart, "count": countPart}[f.Name]
			})
		default:
			c.beside = true
		}
	})
	rows.selection, _ = rows.source.lay(0)
	return r
}

func (p *root) payload(r *run, w Written) error {
	var f *found
	if rows := p.branch.rows; rows != nil && !w.Gone && len(w.Keys) > 0 {
		var err error
		r.linked = w.Linked
		if w.Row != nil {
			f, err = r.grow(rows, w.Row)
		} else {
			keys := slices.Compact(slices.Sorted(slices.Values(w.Keys)))
			f, err = r.fetch(rows, &orm.Read{Path: p.branch.path, From: w.Table, By: w.Table.KeyColumn(), Keys: keys, Select: rows.selection})
		}
		if err != nil {
			return err
		}
	}
	row := func(key int64) []any {
		if f == nil {
			return nil
		}
		if g := f.rows.Of(key); g.Start < g.End {
			return f.rows.Row(g.Start)
		}
		return nil
	}
	r.begin()
	return r.members(p.connection, func(part *part) error {
		switch part.kind {
		case nodePart:
			if cells := row(w.Keys[0]); cells != nil {
				return r.writeObject(part.object, f, cells)
			}
			r.out = append(r.out, "null"...)
		case edgesPart:
			if cells := row(w.Keys[0]); cells != nil {
				return r.writeEdge(part.inner, p.branch, related{found: f, page: p.branch.page}, cells)
			}
			r.out = append(r.out, "null"...)
		case nodesPart:
			r.out = append(r.out, '[')
			n := 0
			for _, key := range w.Keys {
				cells := row(key)
				if cells == nil { // the viewer may not see it
					continue
				}
				if n++; n > 1 {
					r.out = append(r.out, ',')
				}
				if err := r.writeObject(part.object, f, cells); err != nil {
					return err
				}
			}
			r.out = append(r.out, ']')
		case idPart:
			r.writeID(w.Table, w.Keys[0], orm.PlaceOf(r.ctx, w.Table, w.Keys[0]))
		case idsPart:
			r.out = append(r.out, '[')
			for i, key := range w.Keys {
				if i > 0 {
					r.out = append(r.out, ',')
				}
				r.writeID(w.Table, key, orm.PlaceOf(r.ctx, w.Table, key))
			}
			r.out = append(r.out, ']')
		case countPart:
			r.out = strconv.AppendInt(r.out, int64(len(w.Keys)), 10)
		case createdPart:
			r.out = strconv.AppendBool(r.out, w.Created)
		case cascadePart:
			return r.writeCascade(part.inner, w.Cascade)
		}
		return nil
	})
}

func (r *run) writeID(t *orm.Table, key, shard int64) {
	r.out = append(r.out, '"')
	r.out = orm.AppendGlobalID(r.out, t, key, shard)
	r.out = append(r.out, '"')
}

func (r *run) writeCascade(c *connection, counts []orm.CascadeCount) error {
	r.out = append(r.out, '[')
	for i, count := range counts {
		if i > 0 {
			r.out = append(r.out, ',')
		}
		err := r.members(c, func(p *part) error {
			switch p.kind {
			case typePart:
				r.out = AppendString(r.out, count.Type)
			case actionPart:
				r.out = AppendString(r.out, string(count.Action))
			case countPart:
				r.out = strconv.AppendInt(r.out, int64(count.Count), 10)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	r.out = append(r.out, ']')
	return nil
}
