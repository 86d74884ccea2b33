package plan

import (
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/db/orm"
)

// Search reads the arguments of `search`. Its errors are orm.BadRequest.
func Search(model *orm.Model, coordinate string, field *ast.Field, variables map[string]any) (*orm.Search, error) {
	args := field.ArgumentMap(variables)
	var search orm.SearchArgs
	var err error
	if search.First, err = integer(args["first"]); err != nil {
		return nil, orm.Errorf(orm.BadRequest, "`first` must be between 0 and %d", orm.MaxPage)
	}
	if words := text(args["text"]); words != nil {
		search.Text = *words
	}
	search.After, search.Prefix = text(args["after"]), args["prefix"] == true
	return orm.NewSearch(model, coordinate, search)
}

// search compiles the root field `search`: a statement that finds rows of all tables, and for each table one that reads them.
func (c *compiler) search(f graphql.CollectedField) *root {
	r := &root{kind: searchRoot, branch: &branch{coordinate: "Query." + f.Name, path: f.Alias, field: f.Field}, objects: map[*orm.Table]*fetchObject{}}
	for _, table := range c.model.Searched() {
		r.objects[table] = &fetchObject{fetch: &fetch{source: newSource(table)}}
	}
	objects := func(selected graphql.CollectedField, path string) map[*orm.Table]*object {
		out := map[*orm.Table]*object{}
		for _, table := range c.model.Searched() {
			rows := r.objects[table].fetch
			out[table] = c.object(rows, rows.source, selected.Selections, path)
		}
		r.branch.rows = &fetch{}
		return out
	}
	r.connection = c.members(f, func(selected graphql.CollectedField, p *part) {
		path := r.branch.path + "." + selected.Alias
		switch selected.Name {
		case "nodes":
			p.kind, p.objects = nodesPart, objects(selected, path)
		case "edges":
			p.kind, p.inner = edgesPart, c.hits(r, selected, path, objects)
		case "pageInfo":
			p.kind, p.inner = pageInfoPart, c.pageInfo(r.branch, selected)
		case "totalCount":
			p.kind, r.branch.counts = countPart, true
		}
	})
	for _, o := range r.objects {
		o.fetch.selection, _ = o.fetch.source.lay(0)
	}
	return r
}

func (c *compiler) hits(r *root, edges graphql.CollectedField, path string, objects func(graphql.CollectedField, string) map[*orm.Table]*object) *connection {
	return c.members(edges, func(f graphql.CollectedField, p *part) {
		switch f.Name {
		case "cursor":
			p.kind = cursorPart
		case "rank":
			p.kind = rankPart
		case "node":
			p.kind, p.objects = nodePart, objects(f, path+"."+f.Alias)
		case "snippet":
			p.kind = snippetPart
			r.branch.rows = &fetch{}
			for table, o := range r.objects {
				for _, column := range table.Searched() {
					o.fetch.source.column(column)
				}
			}
		}
	})
}

// A finding is what a search answered: its hits, and the rows of each table.
type finding struct {
	*orm.Hits
	root   *root
	search *orm.Search
	count  int
	rows   map[*orm.Table]*found
}

func (f *finding) row(h orm.Hit) (*found, []any, error) {
	rows := f.rows[h.Table]
	g := rows.rows.Of(h.Key)
	if g.Start == g.End {
		return nil, nil, h.Gone()
	}
	return rows, rows.rows.Row(g.Start), nil
}

func (p *root) search(r *run) error {
	search, err := Search(r.db.Model(), p.branch.coordinate, p.branch.field, r.variables)
	if err != nil {
		return err
	}
	search.Within = !p.branch.beyond
	f := &finding{Hits: &orm.Hits{}, root: p, search: search}
	if p.lists() {
		if f.Hits, err = r.db.Search(r.ctx, p.branch.path, search); err != nil {
			return err
		}
	}
	if p.branch.rows != nil {
		keys := map[*orm.Table][]int64{}
		for _, h := range f.Hits.Hits {
			keys[h.Table] = append(keys[h.Table], h.Key)
		}
		if f.rows, err = p.rowsOf(r, p.branch.path+".nodes", keys); err != nil {
			return err
		}
	}
	if p.branch.counts {
		if f.count, err = r.db.CountSearch(r.ctx, p.branch.path+".totalCount", search); err != nil {
			return err
		}
	}
	r.begin()
	return r.writeFinding(p.connection, f)
}

// lists tells whether anything but the number of hits is wanted.
func (p *root) lists() bool {
	return slices.ContainsFunc(p.connection.parts, func(p part) bool { return p.kind != countPart && p.kind != constantPart })
}

func (r *run) writeFinding(c *connection, f *finding) error {
	return r.members(c, func(p *part) error {
		switch p.kind {
		case pageInfoPart:
			g := orm.Group{End: len(f.Hits.Hits), HasNext: f.HasNext, HasPrev: f.HasPrev}
			return r.writePageInfo(p.inner, g, func(i int) { r.out = AppendString(r.out, f.search.Cursor(f.Hits.Hits[i])) })
		case countPart:
			r.out = strconv.AppendInt(r.out, int64(f.count), 10)
			return nil
		}
		r.out = append(r.out, '[')
		for i, h := range f.Hits.Hits {
			if i > 0 {
				r.out = append(r.out, ',')
			}
			if err := r.writeHit(p, f, h); err != nil {
				return err
			}
		}
		r.out = append(r.out, ']')
		return nil
	})
}

// writeHit writes a hit as a node of the connection, or as an edge.
func (r *run) writeHit(p *part, f *finding, h orm.Hit) error {
	node := func(objects map[*orm.Table]*object) error {
		rows, row, err := f.row(h)
		if err != nil {
			return err
		}
		return r.writeObject(objects[h.Table], rows, row)
	}
	if p.kind == nodesPart {
		return node(p.objects)
	}
	return r.members(p.inner, func(p *part) error {
		switch p.kind {
		case nodePart:
			return node(p.objects)
		case cursorPart:
			r.out = AppendString(r.out, f.search.Cursor(h))
		case rankPart:
			r.out = strconv.AppendInt(r.out, h.Rank, 10)
		case snippetPart:
			_, row, err := f.row(h)
			if err != nil {
				return err
			}
			source := f.root.objects[h.Table].fetch.source
			var texts []any
			for _, column := range h.Table.Searched() {
				texts = append(texts, row[source.column(column)])
			}
			r.out = AppendString(r.out, f.search.Snippet(h.Table, texts))
		}
		return nil
	})
}
