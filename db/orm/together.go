package orm

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Operations that read together: what they ask for at one time that differs in keys alone is one statement. A statement is sent
// when each of them waits for one, so no timer says how long others are waited for.

// A together are operations that run side by side.
type together struct {
	ctx context.Context // of what is read for all

	mu      sync.Mutex
	busy    int // those that wait for nothing
	reading bool
	asked   []*joint
}

// A reader is one of them. It may ask for several things at once, by functions of which it says that they begin and end.
type reader struct {
	*together
	begun int
	waits int
	over  bool // though a function that it has begun may go on, which nobody waits for
	idle  bool // it is not among the busy: it is over, or each of its functions waits
}

// A joint is a part of what is read together.
type joint struct {
	by       *reader
	identity string
	viewer   Viewer
	read     *Read
	run      func(context.Context, *Read) (any, error)
	whole    any
	err      error
	done     chan struct{}
}

// Together runs f for each of n, side by side, and lets what they read by Read, Count and Summarize be read together, under ctx.
// What is read for all is taken from ctx's budget as well.
func (db *DB) Together(ctx context.Context, n int, f func(ctx context.Context, i int)) {
	if n == 1 {
		f(ctx, 0)
		return
	}
	g := &together{ctx: ctx, busy: n}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			m := &reader{together: g}
			defer m.change(func() { m.over = true })
			f(context.WithValue(ctx, togetherKey, m), i)
		})
	}
	all.Wait()
}

// Begin says that n functions begin which may read under ctx side by side. Each of them ends with End.
func Begin(ctx context.Context, n int) {
	if m, ok := ctx.Value(togetherKey).(*reader); ok {
		m.change(func() { m.begun += n })
	}
}

// End says that one of those that were begun under ctx has ended.
func End(ctx context.Context) { Begin(ctx, -1) }

// change changes what is known of the reader, and reads what is asked for if that was all that was waited for.
func (m *reader) change(what func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	what()
	m.settle()
	m.advance()
}

// settle counts the reader among the busy, or no longer, as it is now.
func (m *reader) settle() {
	if idle := m.over || m.waits > 0 && m.waits >= m.begun; idle != m.idle {
		m.idle = idle
		m.busy += 1 - 2*btoi(idle)
	}
}

// advance reads what is asked for when nobody is left who could ask for more; mu is held, though not while it reads.
func (g *together) advance() {
	for g.busy == 0 && !g.reading && len(g.asked) > 0 {
		asked := g.asked
		g.asked, g.reading = nil, true
		g.mu.Unlock()
		g.read(asked)
		g.mu.Lock()
		g.reading = false
		for _, j := range asked {
			j.by.waits--
			j.by.settle()
			close(j.done)
		}
	}
}

func (g *together) read(asked []*joint) {
	alike := map[string][]*joint{}
	var order []string
	for _, j := range asked {
		if alike[j.identity] == nil {
			order = append(order, j.identity)
		}
		alike[j.identity] = append(alike[j.identity], j)
	}
	for _, identity := range order {
		first := alike[identity][0]
		var reads []*Read
		for _, j := range alike[identity] {
			reads = append(reads, j.read)
		}
		whole, err := first.safely(WithViewer(g.ctx, first.viewer), united(reads))
		for _, j := range alike[identity] {
			j.whole, j.err = whole, err
		}
	}
}

// united is one Read of what all of them ask for, which differ in keys alone.
func united(all []*Read) *Read {
	r, placed := *all[0], true
	r.Keys, r.Texts, r.shards = r.Keys[:0:0], r.Texts[:0:0], nil // a list of nothing is still a list
	for _, one := range all {
		r.Keys, r.Texts, r.shards = append(r.Keys, one.Keys...), append(r.Texts, one.Texts...), append(r.shards, one.shards...)
		placed = placed && one.shards != nil
	}
	slices.Sort(r.Keys)
	slices.Sort(r.Texts)
	slices.Sort(r.shards)
	r.Keys, r.Texts, r.shards = slices.Compact(r.Keys), slices.Compact(r.Texts), slices.Compact(r.shards)
	if !placed {
		r.shards = nil
	}
	return &r
}

func (j *joint) safely(ctx context.Context, r *Read) (whole any, err error) {
	defer recovered(&err)
	return j.run(ctx, r)
}

// recovered makes an error of a panic in the function that defers it: others wait.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic in what is read together: %v", p)
	}
}

// joined answers what run answers of r, and reads it together with others where ctx is one of Together's: part is then what is r's of
// the whole. write writes the statement.
func joined[T any](ctx context.Context, db *DB, r *Read, write func(*query, *Read), run func(context.Context, *Read) (T, error), part func(T, *Read) (T, error)) (out T, err error) {
	m, ok := ctx.Value(togetherKey).(*reader)
	if !ok {
		return run(ctx, r)
	}
	j := &joint{by: m, viewer: ViewerOf(ctx), read: r, done: make(chan struct{})}
	j.identity = r.identity(db, j.viewer, write)
	j.run = func(ctx context.Context, r *Read) (any, error) { return run(ctx, r) }
	m.change(func() {
		m.asked = append(m.asked, j)
		m.waits++
	})
	<-j.done
	if j.err != nil {
		return out, j.err
	}
	whole, _ := j.whole.(T)
	return part(whole, r)
}

// identity is the same for what differs in keys alone.
func (r *Read) identity(db *DB, viewer Viewer, write func(*query, *Read)) string {
	keyless := *r
	if keyless.Keys, keyless.shards = nil, nil; r.Texts != nil {
		keyless.Texts = []string{}
	}
	q := &query{dialect: db.dialect, viewer: viewer}
	write(q, &keyless)
	var b strings.Builder
	b.WriteString(r.Path)
	if r.Page != nil { // which say what is made of the rows
		fmt.Fprint(&b, " ", r.Page.Size, r.Page.Backward, r.Within, " ")
	}
	b.WriteString(q.String())
	for _, arg := range q.args {
		if text, ok := arg.(string); ok {
			b.WriteString(strconv.Quote(text))
		} else {
			fmt.Fprintf(&b, " %#v", arg)
		}
	}
	return b.String()
}

// part are those of the rows that r asks for, taken from the context's budget.
func (rows *Rows) part(ctx context.Context, r *Read) (*Rows, error) {
	if r.Via == nil && r.By == nil {
		return rows, BudgetOf(ctx).Hold(rows.Bytes)
	}
	if len(r.Keys) == 1 {
		g := rows.Of(r.Keys[0])
		// A copy: what others have asked for is not to be kept for as long as this.
		out := &Rows{Width: rows.Width, cells: slices.Clone(rows.cells[g.Start*rows.Width : g.End*rows.Width]), n: g.End - g.Start, one: true, key: r.Keys[0]}
		out.all = Group{End: out.n, HasNext: g.HasNext, HasPrev: g.HasPrev}
		return out, out.hold(ctx)
	}
	out := &Rows{Width: rows.Width}
	take := func(g Group) Group {
		at := out.n
		out.cells = append(out.cells, rows.cells[g.Start*rows.Width:g.End*rows.Width]...)
		out.n += g.End - g.Start
		return Group{Start: at, End: out.n, HasNext: g.HasNext, HasPrev: g.HasPrev}
	}
	if r.Texts != nil {
		out.texts = make(map[string]Group, len(r.Texts))
		for _, text := range r.Texts {
			if g, ok := rows.texts[text]; ok {
				out.texts[text] = take(g)
			}
		}
	} else {
		out.groups = make(map[int64]Group, len(r.Keys))
		for _, key := range r.Keys {
			out.groups[key] = take(rows.Of(key))
		}
	}
	return out, out.hold(ctx)
}

// hold takes the rows from the context's budget.
func (rows *Rows) hold(ctx context.Context) error {
	for _, cell := range rows.cells {
		if text, ok := cell.(string); ok {
			rows.Bytes += len(text)
		}
	}
	rows.Bytes += len(rows.cells) * valueBytes
	return BudgetOf(ctx).Hold(rows.Bytes)
}
