// Package drawing draws a page: its tables as boxes of fields, its relations as lines between them. The same page gives the same picture.
package drawing

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"

	"kith/db/orm"
)

// Sizes, in pixels.
const (
	margin     = 16
	padding    = 12
	headHeight = 30
	rowHeight  = 21
	character  = 7.25 // the width of one, in the rows
	wide       = 8.8  // and in a name
	between    = 28   // boxes of a column
	apart      = 44   // pages that no relation joins
	gap        = 92   // columns
	foot       = 11   // what an end of a line shows
	legend     = 50
	leastWidth = 150
)

// style holds in light and in dark, alone and inside of a page. Lines and small words can be read on either.
const style = `.kith-model{--box:#fff;--head:#eef1f8;--edge:#c3cad9;--ink:#1b2333;--soft:#566076;--line:#6f7c96;--key:#2b4fc0;font:12px ui-monospace,'Fira Code',Menlo,Consolas,'DejaVu Sans Mono',monospace}` +
	`@media(prefers-color-scheme:dark){.kith-model{--box:#1c2130;--head:#2a3146;--edge:#48526b;--ink:#eef1f8;--soft:#aab4ca;--line:#8a96b0;--key:#9db4ff}}` +
	`.kith-model text{fill:var(--ink)}.kith-model .name{font:600 14px system-ui,sans-serif}.kith-model .type,.kith-model .legend text{fill:var(--soft)}.kith-model .to{fill:var(--key)}` +
	`.kith-model .box{fill:var(--box);stroke:var(--edge)}.kith-model .head{fill:var(--head)}.kith-model .rule{stroke:var(--edge)}` +
	`.kith-model .lock{fill:none;stroke:var(--soft);stroke-width:1.4}.kith-model .line{fill:none;stroke:var(--line);stroke-width:1.5}.kith-model .stays{stroke-dasharray:5 4}` +
	`.kith-model .hit{fill:none;stroke:transparent;stroke-width:14}.kith-model .relation:hover .line{stroke:var(--key);stroke-width:2.5}` +
	`.kith-model a:hover .name{text-decoration:underline}.kith-model a:focus-visible{outline:2px solid var(--key)}`

type box struct {
	table      *orm.Table
	rows       []row
	depth      int // relations from the middle of its page
	side       int // -1: left of it, 1: right of it
	x, y, w, h int
}

type row struct {
	name, typ string
	relation  *orm.Relation
}

// SVG draws tables with the relations between them. With a link, the name of each table leads to link + its name in the schema.
func SVG(tables []*orm.Table, link string) []byte {
	d := &drawing{boxes: map[*orm.Table]*box{}}
	for _, t := range tables {
		d.boxes[t] = newBox(t)
	}
	y := margin
	for _, page := range d.pages(tables) {
		y += d.place(page, y) + apart
	}
	d.height = y - apart + legend
	for _, b := range d.boxes {
		d.width = max(d.width, b.x+b.w+d.beside(b)+margin)
	}
	d.write(tables, link)
	return []byte(d.b.String())
}

type drawing struct {
	boxes         map[*orm.Table]*box
	width, height int
	b             strings.Builder
}

func newBox(t *orm.Table) *box {
	b := &box{table: t}
	typed := func(name string, null bool) string {
		if null {
			return name
		}
		return name + "!"
	}
	for _, c := range t.Columns {
		if c.Shown() && !c.Kept() {
			b.rows = append(b.rows, row{name: c.Field, typ: typed(c.Scalar(), c.MayBeNull())})
		}
	}
	for _, c := range t.ComputedFields() {
		b.rows = append(b.rows, row{name: c.Field, typ: typed(c.Scalar(), c.Nullable)})
	}
	for _, r := range t.Relations {
		typ := typed(r.To.Type, !r.Required)
		if r.Many {
			typ = "[" + r.To.Type + "]"
		}
		b.rows = append(b.rows, row{name: r.Field, typ: typ, relation: r})
	}
	width := leastWidth - 2*padding
	for _, r := range b.rows {
		width = max(width, int(character*float64(utf8.RuneCountInString(r.name+r.typ)+3)))
	}
	b.w = 2*padding + max(width, int(wide*float64(utf8.RuneCountInString(t.Type)))+2*padding)
	b.h = headHeight + rowHeight*len(b.rows) + padding/2
	return b
}

// pages are the tables that relations join, each with the one in the middle first: that with the most relations.
func (d *drawing) pages(tables []*orm.Table) (pages [][]*box) {
	seen := map[*orm.Table]bool{}
	byRelations := slices.Clone(tables)
	slices.SortStableFunc(byRelations, func(a, b *orm.Table) int { return len(b.Relations) - len(a.Relations) })
	for _, t := range byRelations {
		if page := d.joined(t, seen); len(page) > 0 {
			pages = append(pages, page)
		}
	}
	return pages
}

// joined are the boxes that relations lead to from a table, nearest first, those that were seen left out. It says how far they are.
func (d *drawing) joined(t *orm.Table, seen map[*orm.Table]bool) (page []*box) {
	if seen[t] {
		return nil
	}
	seen[t] = true
	page = append(page, d.boxes[t])
	for i := 0; i < len(page); i++ {
		for _, r := range page[i].table.Relations {
			if !seen[r.To] {
				seen[r.To] = true
				d.boxes[r.To].depth = page[i].depth + 1
				page = append(page, d.boxes[r.To])
			}
		}
	}
	return page
}

// place gives the boxes of a page their places below y, and answers how high it is. What hangs together without the middle is on
// one side of it, so that no line has to cross it.
func (d *drawing) place(page []*box, y int) (height int) {
	middle := page[0]
	columns := map[int][]*box{0: {middle}}
	var clusters [][]*box
	seen := map[*orm.Table]bool{middle.table: true}
	for _, b := range page {
		if cluster := d.joined(b.table, seen); len(cluster) > 0 {
			clusters = append(clusters, cluster)
		}
	}
	d.joined(middle.table, map[*orm.Table]bool{}) // how far they are from the middle again
	slices.SortStableFunc(clusters, func(a, b []*box) int { return tallest(b) - tallest(a) })
	right, left := 0, 0
	for _, cluster := range clusters {
		side := 1
		if left < right {
			side = -1
			left += tallest(cluster) + between
		} else {
			right += tallest(cluster) + between
		}
		for _, b := range cluster {
			b.side = side
			columns[side*b.depth] = append(columns[side*b.depth], b)
		}
	}
	for _, column := range columns {
		height = max(height, stacked(column))
	}
	numbers := make([]int, 0, len(columns))
	for n := range columns {
		numbers = append(numbers, n)
	}
	// Away from the middle: what stands nearer says in which order the next are.
	slices.SortFunc(numbers, func(a, b int) int { return cmp.Or(max(a, -a)-max(b, -b), b-a) })
	for _, n := range numbers {
		column := columns[n]
		slices.SortStableFunc(column, func(a, b *box) int { return cmp.Compare(d.pull(a), d.pull(b)) })
		top, width := y+(height-stacked(column))/2, 0
		for _, b := range column {
			b.y = top
			top += b.h + between
			width = max(width, b.w)
		}
		for _, b := range column {
			b.w = width
		}
	}
	slices.Sort(numbers)
	x := 0
	for _, b := range columns[numbers[0]] {
		x = max(x, margin+d.beside(b))
	}
	for _, n := range numbers {
		for _, b := range columns[n] {
			b.x = x
		}
		x += columns[n][0].w + gap
	}
	return height
}

// pull is how high the rows are, on average, that lead to a box from those nearer to the middle.
func (d *drawing) pull(b *box) float64 {
	sum, n := 0, 0
	for _, r := range b.table.Relations {
		if to := d.boxes[r.To]; to.depth < b.depth {
			sum += d.at(r.Back)
			n++
		}
	}
	return float64(sum) / float64(max(n, 1))
}

// at is how high the row of a relation is.
func (d *drawing) at(r *orm.Relation) int {
	b := d.boxes[r.From]
	i := slices.IndexFunc(b.rows, func(row row) bool { return row.relation == r })
	return b.y + headHeight + rowHeight*i + rowHeight/2 + 1
}

// beside is the room for lines that come back to the column of a box.
func (d *drawing) beside(b *box) int {
	for _, r := range b.table.Relations {
		if to := d.boxes[r.To]; to.side == b.side && to.depth == b.depth {
			return foot + 40
		}
	}
	return foot
}

func stacked(column []*box) int {
	height := -between
	for _, b := range column {
		height += b.h + between
	}
	return height
}

// tallest is the height of the tallest column of a cluster.
func tallest(cluster []*box) (height int) {
	columns := map[int][]*box{}
	for _, b := range cluster {
		columns[b.depth] = append(columns[b.depth], b)
		height = max(height, stacked(columns[b.depth]))
	}
	return height
}

func (d *drawing) f(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

func (d *drawing) write(tables []*orm.Table, link string) {
	role := "img" // whole, where nothing in it can be clicked
	if link != "" {
		role = "group"
	}
	d.f(`<svg xmlns="http://www.w3.org/2000/svg" class="kith-model" role="%s" aria-label="The model: tables and the relations between them" width="%d" height="%d" viewBox="0 0 %[2]d %[3]d">`+"\n", role, d.width, d.height)
	d.f("<style>%s</style>\n", style)
	for _, t := range tables {
		for i, r := range t.Relations {
			back := slices.Index(r.To.Relations, r.Back)
			if from, to := slices.Index(tables, t), slices.Index(tables, r.To); from < to || from == to && i < back {
				d.relation(r)
			}
		}
	}
	for _, t := range tables {
		d.box(d.boxes[t], link)
	}
	y := d.height - margin
	d.f(`<g class="legend"><path class="line" d="M%d %dh34"/><text x="%d" y="%d">deleted along</text>`, margin+foot, y-4, margin+foot+42, y)
	d.f(`<path class="line stays" d="M%d %dh34"/><text x="%d" y="%d">stays</text></g>`+"\n</svg>\n", margin+foot+170, y-4, margin+foot+212, y)
}

func (d *drawing) box(b *box, link string) {
	t := b.table
	d.f("<g>")
	if link != "" {
		d.f(`<a href="%s">`, html.EscapeString(link+t.Type))
	}
	d.f(`<rect class="box" x="%d" y="%d" width="%d" height="%d" rx="7"/><path class="head" d="M%d %dv-%dq0-6.5 6.5-6.5h%dq6.5 0 6.5 6.5v%dz"/>`,
		b.x, b.y, b.w, b.h, b.x+1, b.y+headHeight, headHeight-8, b.w-15, headHeight-8)
	d.f(`<text class="name" x="%d" y="%d">%s</text>`, b.x+padding, b.y+20, html.EscapeString(t.Type))
	if link != "" {
		d.f("</a>")
	}
	if t.Reads() != nil {
		x, y := b.x+b.w-padding-9, b.y+10
		d.f(`<g class="lock"><title>Not everybody sees every %s.</title><path d="M%d %dv-2.5a3 3 0 0 1 6 0v2.5M%d %dh9v7h-9z"/></g>`,
			html.EscapeString(orm.Spoken(t.Type)), x+1, y+4, x, y+4)
	}
	d.f(`<path class="rule" d="M%d %dh%d"/>`+"\n", b.x, b.y+headHeight, b.w)
	for i, r := range b.rows {
		y, class := b.y+headHeight+rowHeight*i+rowHeight-5, "type"
		if r.relation != nil {
			class = "to"
		}
		d.f(`<text x="%d" y="%d">%s</text><text class="%s" x="%d" y="%d" text-anchor="end">%s</text>`+"\n",
			b.x+padding, y, html.EscapeString(r.name), class, b.x+b.w-padding, y, html.EscapeString(r.typ))
	}
	d.f("</g>\n")
}

// relation draws the line between the two rows of a relation: a fork where there are many rows, a bar where there is one.
func (d *drawing) relation(r *orm.Relation) {
	from, to := d.boxes[r.From], d.boxes[r.To]
	out, in := 1, -1 // to which side the line leaves its boxes
	switch {
	case from.x == to.x: // round about, away from the middle
		out, in = 1, 1
		if from.side < 0 {
			out, in = -1, -1
		}
	case from.x > to.x:
		out, in = -1, 1
	}
	end := func(b *box, r *orm.Relation, side int) (x, y int) {
		x = b.x
		if side > 0 {
			x += b.w
		}
		return x, d.at(r)
	}
	x1, y1 := end(from, r, out)
	x2, y2 := end(to, r.Back, in)
	bend := gap / 2
	if from.x == to.x {
		bend = 34 + min(max(y1-y2, y2-y1)/14, 26)
	}
	path := fmt.Sprintf("M%d %dh%dC%d %d %d %d %d %dh%d", x1, y1, out*foot, x1+out*(foot+bend), y1, x2+in*(foot+bend), y2, x2+in*foot, y2, -in*foot)
	var ends strings.Builder
	mark := func(x, y, side int, many bool) {
		if many {
			fmt.Fprintf(&ends, "M%d %dl%d -5M%[1]d %[2]dl%[3]d 5", x+side*foot, y, -side*foot)
			return
		}
		fmt.Fprintf(&ends, "M%d %dv10", x+side*6, y-5)
	}
	mark(x1, y1, out, r.Back.Many)
	mark(x2, y2, in, r.Many)
	class, goes := "line", ""
	for _, r := range []*orm.Relation{r, r.Back} {
		if r.OnDelete == orm.Cascade {
			goes = fmt.Sprintf("; a %s goes with its %s", orm.Spoken(r.To.Type), orm.Spoken(r.Back.Field))
		}
	}
	if goes == "" {
		class = "line stays"
	}
	many := func(r *orm.Relation) string {
		if r.Many {
			return "many"
		}
		return "one"
	}
	title := fmt.Sprintf("%s and %s: %s to %s%s", r.Coordinate(), r.Back.Coordinate(), many(r.Back), many(r), goes)
	d.f(`<g class="relation"><title>%s</title><path class="hit" d="%s"/><path class="%s" d="%s"/><path class="line" d="%s"/></g>`+"\n",
		html.EscapeString(title), path, class, path, ends.String())
}
