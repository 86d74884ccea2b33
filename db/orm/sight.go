package orm

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"
)

// Who sees a row may be decided by other rows, to which paths lead. What a transaction did to that is worked out once for all who follow:
// the rows are read as they are, by a statement for each step of a path, and what the log knows to have been done since is undone.

const (
	// mostLed is how many rows a step may lead to, for one transaction.
	mostLed = 20_000
	// mostSince is how much that matters to paths may have been done since, to be undone.
	mostSince = 20_000
)

// A hop is a step of a path: from rows with a key to what they lead to, which stand side by side in rows of a table or in links.
type hop struct {
	table *Table // nil: of links that hold nothing else
	place string
	from  string // columns
	to    string
	id    [2]string // the columns that tell one from another; the second is empty in a table
}

// own tells whether what it leads to stands in the row itself.
func (h hop) own() bool { return h.id[1] == "" && h.from == h.id[0] }

// second is the second column that tells one from another, or a zero.
func (h hop) second(row string) string {
	if h.id[1] == "" {
		return "0"
	}
	return row + h.id[1]
}

func (r *Relation) hop() hop {
	switch {
	case r.Own != nil:
		return r.From.hop(r.Own)
	case r.Link == nil:
		h := r.To.hop(r.Theirs)
		h.from, h.to = h.to, h.from
		return h
	}
	h := hop{table: r.Link.Rows, place: r.Link.Table, from: r.Link.From, to: r.Link.To}
	if h.id = [2]string{"id"}; h.table == nil {
		if h.id = [2]string{h.from, h.to}; !r.first {
			h.id = [2]string{h.to, h.from}
		}
	}
	return h
}

func (t *Table) hop(c *Column) hop {
	return hop{table: t, place: t.Name, from: t.KeyColumn().Name, to: c.Name, id: [2]string{t.KeyColumn().Name}}
}

// A sightline is a way from the rows of a table to users who see them: hops, and those by which one comes back from in front of each.
type sightline struct {
	hops, back []hop
}

// sightlines are the ways to those who see rows of a table whose paths decide that; none if there is no path.
func (t *Table) sightlines() (lines []sightline) {
	if t.reads == nil || len(t.reads.resolve().paths) == 0 {
		return nil
	}
	for _, c := range t.reads.columns {
		lines = append(lines, sightline{hops: []hop{t.hop(c)}})
	}
	for _, p := range t.reads.paths {
		var line sightline
		at := t
		for _, r := range p.relations {
			line.hops, line.back, at = append(line.hops, r.hop()), append(line.back, r.Back.hop()), r.To
		}
		if p.column != nil {
			line.hops = append(line.hops, at.hop(p.column))
		}
		lines = append(lines, line)
	}
	return lines
}

// An image is what a row held, or a link, as far as it leads anywhere; nil: there was none.
type image map[string]int64

// at is what a hop leads from, and to; zeros if it leads nowhere.
func (i image) at(h hop) (from, to int64) {
	if from, to = i[h.from], i[h.to]; from == 0 || to == 0 {
		return 0, 0
	}
	return from, to
}

// A past is what rows and links held at a time, of those that may hold something else now: by their place and what tells them apart.
type past map[string]map[[2]int64]image

func (p past) put(place string, id [2]int64, is image) {
	if p[place] == nil {
		p[place] = map[[2]int64]image{}
	}
	p[place][id] = is
}

// Written is a change of what leads anywhere.
type written struct {
	place         string
	id            [2]int64
	before, after image
}

// matters tells whether a change can make something lead elsewhere.
func (m *sightModel) matters(c *RowChange) bool {
	if c.Link != nil {
		return m.columns[c.Link.Link.Table] != nil
	}
	columns := m.columns[c.Table.Name]
	return columns != nil && (c.Verb != RowUpdated || slices.ContainsFunc(c.Columns, func(c *Column) bool { return columns[c.Name] }))
}

// written is what leads anywhere of what was changed, also if it leads nowhere else: it need not be read.
func (m *sightModel) written(c *RowChange) (w written, ok bool) {
	if c.Link != nil {
		w.place, w.id = c.Link.Link.Table, c.Keys
		is := image{c.Link.Link.From: c.Keys[0], c.Link.Link.To: c.Keys[1]}
		if c.Verb == RowCreated {
			w.after = is
		} else {
			w.before = is
		}
		return w, m.columns[w.place] != nil
	}
	columns := m.columns[c.Table.Name]
	if columns == nil {
		return w, false
	}
	of := func(row []any) image {
		if row == nil {
			return nil
		}
		is := image{}
		for i, column := range c.Table.Columns {
			if v, ok := row[i].(int64); ok && columns[column.Name] {
				is[column.Name] = v
			}
		}
		return is
	}
	return written{c.Table.Name, [2]int64{c.Keys[0]}, of(c.Before), of(c.After)}, true
}

// A sightModel is what the page says of paths.
type sightModel struct {
	lines   map[*Table][]sightline
	columns map[string]map[string]bool // which of them lead anywhere, by the place
}

func (m *Model) newSight() *sightModel {
	s := &sightModel{map[*Table][]sightline{}, map[string]map[string]bool{}}
	for _, t := range m.Tables() {
		lines := t.sightlines()
		if len(lines) == 0 {
			continue
		}
		s.lines[t] = lines
		for _, line := range lines {
			for _, h := range line.hops {
				if s.columns[h.place] == nil {
					s.columns[h.place] = map[string]bool{}
				}
				for _, name := range []string{h.from, h.to, h.id[0]} {
					s.columns[h.place][name] = true
				}
			}
		}
	}
	return s
}

// A sighting is what paths led to from rows, around a transaction.
type sighting struct {
	rows map[*Table]map[int64]seers
	came []RowChange // which others come to see, or no longer do, though nobody wrote them
	much bool        // more than can be told
}

// Seers are the users who see a row by its columns and paths.
type seers struct{ before, after map[int64]bool }

// of are those who see the row of a change.
func (s *sighting) of(c *RowChange) seers {
	if s == nil {
		return seers{}
	}
	return s.rows[c.Table][c.Keys[0]]
}

func (s seers) verb(v Viewer) ChangeVerb { return verbOf(s.before[v.Key], s.after[v.Key]) }

// bytes is about what it takes.
func (s *sighting) bytes() (n int) {
	for _, rows := range s.rows {
		for _, by := range rows {
			n += 200 + 50*(len(by.before)+len(by.after))
		}
	}
	return n
}

// uncertain tells whether a viewer may see rows of a table by paths alone.
func (t *Table) uncertain(v Viewer) bool {
	return t.reads != nil && len(t.reads.resolve().paths) > 0 && !t.reads.Open(v) && !t.reads.Closed(v)
}

// Sight finds out what other rows decide of some transactions, which Next has answered, in their order: For tells it then. It takes no
// statement where that plays no part for ctx's viewer, in the tables that matter. Its error is Resync if it cannot be found out any more.
func (db *DB) Sight(ctx context.Context, sets []*Committed, matters func(*Table) bool) error {
	m, v := db.model.sight(), ViewerOf(ctx)
	uncertain := slices.DeleteFunc(slices.Collect(maps.Keys(m.lines)), func(t *Table) bool { return !t.uncertain(v) || !matters(t) })
	if len(uncertain) == 0 {
		return nil
	}
	sets = slices.DeleteFunc(slices.Clone(sets), func(c *Committed) bool { return !m.concerns(c, v, uncertain) })
	if len(sets) == 0 {
		return nil
	}
	unknown := func(c *Committed) bool { return c.sighting.Load() == nil }
	sets[0].looking.Lock() // those who come at once wait for the first
	defer sets[0].looking.Unlock()
	if slices.ContainsFunc(sets, unknown) {
		limited, cancel := context.WithTimeout(ctx, logWithin)
		defer cancel()
		if err := db.Snapshot(limited, func(ctx context.Context) error { return db.observe(ctx, sets) }); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(sets, func(c *Committed) bool { return c.sighting.Load().much }) {
		return errResync()
	}
	return nil
}

// concerns tells whether a transaction wrote rows of which a viewer cannot know by their columns whether they see them, or something on a path.
func (m *sightModel) concerns(c *Committed, v Viewer, uncertain []*Table) bool {
	return slices.ContainsFunc(c.Changes, func(change RowChange) bool {
		if slices.Contains(uncertain, change.Table) { // a link has none
			for _, row := range [][]any{change.Before, change.After} {
				if _, known := change.Table.shows(v, row); row != nil && !known {
					return true
				}
			}
		}
		return m.matters(&change)
	})
}

// An observer finds out what paths led to, transaction by transaction, the last one first.
type observer struct {
	*DB
	model *sightModel
	past  past // behind the transaction
	now   map[hop]map[int64][]held
}

// Held is what a row or a link holds now.
type held struct {
	id [2]int64
	to int64
}

// errMuch is that more is led to than is looked at.
var errMuch = errors.New("paths lead to too much")

func (db *DB) observe(ctx context.Context, sets []*Committed) error {
	l := &observer{DB: db, model: db.model.sight(), past: past{}, now: map[hop]map[int64][]held{}}
	err := l.since(ctx, sets[len(sets)-1].Cursor)
	much := errors.Is(err, errMuch)
	if err != nil && !much {
		return err
	}
	for _, set := range slices.Backward(sets) {
		s := &sighting{rows: map[*Table]map[int64]seers{}, much: much}
		if !much {
			if err := l.sight(ctx, set, s); errors.Is(err, errMuch) {
				s.much = true
			} else if err != nil {
				return err
			}
		}
		if set.sighting.CompareAndSwap(nil, s) {
			l.log.grew(set, s.bytes())
		}
	}
	return nil
}

// since undoes what was done behind a place, numbered or not.
func (l *observer) since(ctx context.Context, from Cursor) error {
	places := slices.Sorted(maps.Keys(l.model.columns))
	var args []any
	add := func(source, condition string, more ...any) string {
		for _, place := range places {
			args = append(args, place)
		}
		args = append(args, more...)
		return "SELECT place, key, verb, fields, before, after, position, id FROM " + source + " WHERE place IN (?" + strings.Repeat(", ?", len(places)-1) + ") AND " + condition
	}
	var whole string
	if l.unplaced == "" { // a key tells its position
		first := (from.Position + 1) << 30
		if from.Within() {
			first = from.within + 1
		}
		whole = add(l.changes, "id >= ?", first)
	} else {
		whole = add(l.changes, "position > ?", from.Position)
		if from.Within() {
			whole += " UNION ALL " + add(l.changes, "position = ? AND id > ?", from.Position, from.within)
		}
		whole += " UNION ALL " + add(l.unplaced, "TRUE")
	}
	done, n := &Committed{}, 0
	err := l.Query(ctx, "changes", whole+" ORDER BY position NULLS LAST, id LIMIT "+strconv.Itoa(mostSince+1), args, func(rows *sqlx.Rows) error {
		var place, verb string
		var key, id int64
		var position sql.NullInt64
		var fields, before, after sql.NullString
		if err := rows.Scan(&place, &key, &verb, &fields, &before, &after, &position, &id); err != nil {
			return err
		}
		if n++; n > mostSince {
			return errMuch
		}
		return done.read(l.DB.model, place, key, verb, fields.String, before.String, after.String)
	})
	if err != nil {
		return err
	}
	for i := range slices.Backward(done.Changes) {
		if w, ok := l.model.written(&done.Changes[i]); ok {
			l.past.put(w.place, w.id, w.before)
		}
	}
	return nil
}

// sight finds out about one transaction, and undoes it.
func (l *observer) sight(ctx context.Context, set *Committed, s *sighting) error {
	var all []written
	was, is := past{}, past{}
	for i := range set.Changes {
		if w, ok := l.model.written(&set.Changes[i]); ok {
			all = append(all, w)
			was.put(w.place, w.id, w.before)
			is.put(w.place, w.id, w.after)
		}
	}
	defer func() {
		for _, w := range all {
			l.past.put(w.place, w.id, w.before)
		}
	}()
	for _, t := range l.DB.model.tables {
		lines := l.model.lines[t]
		if lines == nil {
			continue
		}
		wrote := map[int64]bool{}
		for i := range set.Changes {
			if set.Changes[i].Table == t {
				wrote[set.Changes[i].Keys[0]] = true
			}
		}
		led := maps.Clone(wrote)
		otherwise := false // than before
		for _, line := range lines {
			for i, h := range line.hops {
				met := h.met(all, i > 0)
				if len(met) == 0 {
					continue
				}
				otherwise = true
				// What leads there does so after the transaction too, or it leads elsewhere itself.
				back, err := l.back(ctx, line.back[:i], met, is)
				if err != nil {
					return err
				}
				for _, key := range back {
					led[key] = true
				}
			}
		}
		if len(led) == 0 {
			continue
		}
		after, err := l.seers(ctx, lines, led, is)
		before := after
		if err == nil && otherwise {
			before, err = l.seers(ctx, lines, led, was)
		}
		if err != nil {
			return err
		}
		s.rows[t] = map[int64]seers{}
		for _, key := range slices.Sorted(maps.Keys(led)) {
			s.rows[t][key] = seers{before[key], after[key]}
			if !wrote[key] && !maps.Equal(before[key], after[key]) {
				s.came = append(s.came, RowChange{Table: t, Keys: [2]int64{key}})
			}
		}
	}
	return nil
}

// met are the rows in front of a hop that leads elsewhere now. To further rows that were made, or from those that went, nothing led that has
// not been written itself.
func (h hop) met(all []written, further bool) (keys []int64) {
	for _, w := range all {
		if w.place != h.place || further && h.own() && (w.before == nil || w.after == nil) {
			continue
		}
		from, to := w.before.at(h)
		nowFrom, nowTo := w.after.at(h)
		if from == nowFrom && to == nowTo {
			continue
		}
		for _, key := range []int64{from, nowFrom} {
			if key != 0 {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// back are the rows from which hops lead to some, the other way.
func (l *observer) back(ctx context.Context, hops []hop, keys []int64, when past) ([]int64, error) {
	for _, h := range slices.Backward(hops) {
		led, err := l.step(ctx, h, keys, when)
		if err != nil {
			return nil, err
		}
		keys = slices.Sorted(maps.Keys(led))
	}
	return keys, nil
}

// seers are the users whom the ways lead to from rows.
func (l *observer) seers(ctx context.Context, lines []sightline, rows map[int64]bool, when past) (map[int64]map[int64]bool, error) {
	seen := map[int64]map[int64]bool{}
	for key := range rows {
		seen[key] = map[int64]bool{}
	}
	for _, line := range lines {
		at := map[int64][]int64{} // from which rows one is there
		for key := range rows {
			at[key] = []int64{key}
		}
		for _, h := range line.hops {
			led, err := l.step(ctx, h, slices.Sorted(maps.Keys(at)), when)
			if err != nil {
				return nil, err
			}
			n := 0
			next := map[int64][]int64{}
			for to, froms := range led {
				for _, from := range froms {
					next[to] = append(next[to], at[from]...)
				}
				slices.Sort(next[to])
				next[to] = slices.Compact(next[to])
				if n += len(next[to]); n > mostLed {
					return nil, errMuch
				}
			}
			at = next
		}
		for user, rows := range at {
			for _, key := range rows {
				seen[key][user] = true
			}
		}
	}
	return seen, nil
}

// step answers what rows lead to by a hop, and from which of them. What is known is not read.
func (l *observer) step(ctx context.Context, h hop, keys []int64, when past) (map[int64][]int64, error) {
	led := map[int64][]int64{}
	asked, written, since := map[int64]bool{}, when[h.place], l.past[h.place]
	for _, key := range keys {
		asked[key] = true
	}
	add := func(from, to int64) {
		if asked[from] {
			led[to] = append(led[to], from)
		}
	}
	known := func(id [2]int64) bool {
		_, was := written[id]
		_, is := since[id]
		return was || is
	}
	for _, is := range written {
		add(is.at(h))
	}
	for id, is := range since {
		if _, newer := written[id]; !newer {
			add(is.at(h))
		}
	}
	if l.now[h] == nil {
		l.now[h] = map[int64][]held{}
	}
	read := l.now[h]
	unread := slices.DeleteFunc(slices.Clone(keys), func(key int64) bool {
		_, is := read[key]
		return is || h.own() && known([2]int64{key})
	})
	if err := l.read(ctx, h, unread); err != nil {
		return nil, err
	}
	for _, from := range keys {
		for _, is := range read[from] {
			if !known(is.id) {
				add(from, is.to)
			}
		}
	}
	return led, nil
}

// read reads what rows lead to now.
func (l *observer) read(ctx context.Context, h hop, keys []int64) error {
	if len(keys) == 0 {
		return nil
	}
	q := &query{dialect: l.dialect}
	q.add("SELECT t.", h.id[0], ", ", h.second("t."), ", t.", h.from, ", t.", h.to, " FROM ", h.place, " AS t WHERE ")
	q.keysIn("t."+h.from, keys)
	q.add(" AND t.", h.to, " IS NOT NULL LIMIT ", strconv.Itoa(mostLed+1))
	n := 0
	found := map[int64][]held{}
	err := l.Query(ctx, "changes", q.String(), q.args, func(rows *sqlx.Rows) error {
		var is held
		var from int64
		if err := rows.Scan(&is.id[0], &is.id[1], &from, &is.to); err != nil {
			return err
		}
		if n++; n > mostLed {
			return errMuch
		}
		found[from] = append(found[from], is)
		return nil
	})
	if err != nil {
		return err
	}
	for _, key := range keys {
		l.now[h][key] = found[key]
	}
	return nil
}
