package orm

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"kith/db/dbtest"
)

// children are the pages of related rows whose cost must not depend on how many related rows there are: those in ID
// order, and for one-to-many relations those in each of their orders, in both directions, from the front and behind a
// row.
func children(t *testing.T) map[string]*Read {
	t.Helper()
	reads := map[string]*Read{}
	for _, table := range page.Tables() {
		for _, r := range table.Relations {
			if !r.Many {
				continue
			}
			for _, c := range r.To.Columns {
				if r.To.OrderColumn(c.Name) == nil || c.Kind == Int || c.Name == "content" || r.Link != nil && c.Kind != Key {
					continue // no order of the schema, or not of those that cost little
				}
				for _, desc := range []bool{false, true} {
					for _, backward := range []bool{false, true} {
						page, err := NewPage(r.Coordinate(), r.To, PageArgs{Order: []Order{{c, desc}}})
						if err != nil {
							t.Fatal(err)
						}
						page.Size, page.Backward = 10, backward
						name := fmt.Sprintf("%s by %s, descending %v, backward %v", r.Coordinate(), c.Name, desc, backward)
						reads[name] = &Read{Path: r.Coordinate(), From: r.To, Via: r, Select: Select{Columns: r.To.Columns}, Page: page}
					}
				}
			}
		}
	}
	if len(reads) < 20 {
		t.Fatalf("only %d pages to be looked at", len(reads))
	}
	return reads
}

// crowd gives two users posts, two tags posts, and two posts tags: few to the first, many to the second. There are many
// other users with some posts: a database that knows only two does well to read everybody's posts.
func crowd(t *testing.T, db *DB, few, many int) {
	t.Helper()
	at := "timestamp '2020-01-01' + i * interval '1 minute'"
	series := func(n int) string { return fmt.Sprintf("generate_series(1, %d) AS s(i)", n) }
	if db.driver == "sqlite" {
		at = "strftime('%Y-%m-%d %H:%M:%S', '2020-01-01', i || ' minutes') || '.000000'"
		series = func(n int) string {
			return fmt.Sprintf("(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d) SELECT i FROM s) AS s", n)
		}
	}
	insert := func(table, columns, values string, n int) string {
		return fmt.Sprintf("INSERT INTO %s (%s, created_at, updated_at) SELECT %s, %s, %s FROM %s", table, columns, values, at, at, series(n))
	}
	for _, text := range []string{
		insert("users", "username, name", "'u' || i, 'n'", 1000),
		insert("posts", "author_id, title, content", "1, 'Title ' || i % 2, 'c'", few),
		insert("posts", "author_id, title, content", "2, 'Title ' || i % 2, 'c'", many),
		insert("posts", "author_id, title, content", "3 + i % 997, 'Title ' || i % 2, 'c'", many/10),
		insert("tags", "name", "'t' || i", 1000),
		fmt.Sprintf("INSERT INTO post_tags SELECT i, 1 FROM %s", series(few)),
		fmt.Sprintf("INSERT INTO post_tags SELECT i, 2 FROM %s", series(many)),
		fmt.Sprintf("INSERT INTO post_tags SELECT i, 3 + i %% 997 FROM %s", series(many/10)),
		fmt.Sprintf("INSERT INTO post_tags SELECT 1, i + 2 FROM %s WHERE TRUE ON CONFLICT DO NOTHING", series(few-2)),
		fmt.Sprintf("INSERT INTO post_tags SELECT 2, i + 2 FROM %s WHERE TRUE ON CONFLICT DO NOTHING", series(998)),
		"ANALYZE",
	} {
		if _, err := db.write.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

// A node is one of PostgreSQL's plan, with what it did.
type node struct {
	Kind    string  `json:"Node Type"`
	Table   string  `json:"Relation Name"`
	Rows    float64 `json:"Actual Rows"` // of one loop
	Loops   float64 `json:"Actual Loops"`
	Removed float64 `json:"Rows Removed by Filter"`
	Plans   []node
}

// read is how many rows are read from tables and indexes; scan is called for every node that reads.
func (n *node) read(limited bool, scan func(n *node, limited bool)) float64 {
	limited = limited || n.Kind == "Limit"
	sum := 0.0
	if strings.Contains(n.Kind, "Scan") && n.Table != "" {
		sum = (n.Rows + n.Removed) * n.Loops
		scan(n, limited)
	}
	for i := range n.Plans {
		sum += n.Plans[i].read(limited, scan)
	}
	return sum
}

// The first ten children of a parent with 100,000 are read from an index, by the same statement and with about as many
// rows read as for a parent with 100.
func TestFirstChildrenCostTheSame(t *testing.T) {
	const few, many = 100, 100_000
	if dbtest.OnCitus() {
		t.Skip("what a node reads is not in the plan's numbers")
	}
	db := opened(t, "postgres", page)
	// They take most of the time to fill, and have nothing to do with it.
	for _, name := range []string{"posts_search_idx", "posts_title_fold_idx"} {
		if _, err := db.write.Exec("DROP INDEX " + name); err != nil {
			t.Fatal(err)
		}
	}
	crowd(t, db, few, many)
	for name, r := range children(t) {
		measure := func(key int64) (text string, read float64) {
			r.Keys = []int64{key}
			q := &query{dialect: db.dialect, viewer: Viewer{Admin: true}}
			r.write(q)
			var plan string
			if err := db.read.Get(&plan, sqlx.Rebind(db.bind, "EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) "+q.String()), q.args...); err != nil {
				t.Fatal(err)
			}
			plan = dbtest.Plan(plan)
			var parsed []struct{ Plan node }
			if err := json.Unmarshal([]byte(plan), &parsed); err != nil {
				t.Fatal(err)
			}
			limits := 0
			read = parsed[0].Plan.read(false, func(n *node, limited bool) {
				if !strings.HasPrefix(n.Kind, "Index") && !strings.HasPrefix(n.Kind, "Bitmap") {
					t.Errorf("%s, parent %d: %s on %s\n%s", name, key, n.Kind, n.Table, plan)
				}
				if limited {
					limits++
				}
			})
			if limits == 0 {
				t.Errorf("%s, parent %d: nothing is read under a limit\n%s", name, key, plan)
			}
			rows, err := db.Read(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if g := rows.Of(key); g.End-g.Start != r.Page.Size {
				t.Errorf("%s, parent %d: %d rows", name, key, g.End-g.Start)
			}
			return q.String(), read
		}
		ofFew, rowsOfFew := measure(1)
		ofMany, rowsOfMany := measure(2)
		if ofFew != ofMany {
			t.Errorf("%s: another statement for many children:\n%s\n%s", name, ofFew, ofMany)
		}
		if rowsOfMany > rowsOfFew+float64(r.Page.Size) || rowsOfMany > 5*float64(r.Page.Size) {
			t.Errorf("%s: %v rows are read for %d children, %v for %d", name, rowsOfMany, many, rowsOfFew, few)
		}
	}
}

// SQLite finds the first children in an index too: what is limited is searched, and in no case sorted. That is done once for
// each parent, and the children are looked up, also where statistics say that there are few of them.
func TestFirstChildrenOnSQLite(t *testing.T) {
	db := opened(t, "sqlite", page)
	crowd(t, db, 100, 3000)
	for _, text := range []string{"ANALYZE", "UPDATE sqlite_stat1 SET stat = '5' || substr(stat, instr(stat || ' ', ' '))"} {
		if _, err := db.write.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.read.Exec("ANALYZE sqlite_schema"); err != nil { // reads them
		t.Fatal(err)
	}
	for name, r := range children(t) {
		r.Keys = []int64{1, 2}
		q := &query{dialect: db.dialect, viewer: Viewer{Admin: true}}
		r.write(q)
		var plan []struct {
			ID, Parent, Notused int
			Detail              string
		}
		if err := db.read.Select(&plan, "EXPLAIN QUERY PLAN "+q.String(), q.args...); err != nil {
			t.Fatal(err)
		}
		inside := map[int]bool{} // the subquery that is limited
		searched := false
		for _, step := range plan {
			inside[step.ID] = inside[step.Parent] || strings.Contains(step.Detail, "SUBQUERY")
			if !inside[step.ID] {
				if strings.HasPrefix(step.Detail, "SCAN t") {
					t.Errorf("%s: %s\n%s\n%+v", name, step.Detail, q.String(), plan)
				}
				continue
			}
			searched = searched || strings.HasPrefix(step.Detail, "SEARCH ")
			if strings.Contains(step.Detail, "TEMP B-TREE") || strings.HasPrefix(step.Detail, "SCAN ") && step.Detail != "SCAN (subquery-1)" {
				t.Errorf("%s: %s\n%s\n%+v", name, step.Detail, q.String(), plan)
			}
		}
		if !searched {
			t.Errorf("%s: no subquery is searched\n%s\n%+v", name, q.String(), plan)
		}
	}
}
