package orm

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kith/db/dbtest"
)

// nested is a filter that is depth levels deep.
func nested(name string, depth int) object {
	where := object{"title": object{"eq": "x"}}
	for range depth {
		switch name {
		case "not":
			where = object{"not": where}
		case "tags":
			where = object{"tags": object{"some": object{"posts": object{"every": where}}}}
		default:
			where = object{name: []any{where, object{"content": object{"ne": "y"}}}}
		}
	}
	return where
}

// Whatever ParseWhere takes the databases take; what it does not take it says in a sentence.
func TestLargeFilters(t *testing.T) {
	wide := func(n int) []any {
		list := make([]any, n)
		for i := range list {
			list[i] = object{"title": object{"startsWith": fmt.Sprint("t", i)}}
		}
		return list
	}
	texts := make([]any, 10_000)
	for i := range texts {
		texts[i] = fmt.Sprint("t", i)
	}
	everywhere(t, func(t *testing.T, db *DB) {
		for _, c := range []struct {
			where object
			want  string
		}{
			{nested("and", 50), ""}, {nested("or", 50), ""}, {nested("not", 118), ""}, {nested("tags", 10), ""},
			{nested("and", 61), "`where` is nested too deeply"}, {nested("not", 130), "`where` is nested too deeply"}, {nested("tags", 31), "`where` is nested too deeply"},
			{object{"or": wide(999)}, ""}, {object{"and": wide(999)}, ""}, {object{"or": []any{object{"and": wide(400)}, object{"not": object{"or": wide(400)}}}}, ""},
			{object{"or": wide(1000)}, "`where` must have at most 1000 conditions"},
			{object{"title": object{"in": texts}}, ""}, {object{"title": object{"notIn": texts, "ignoreCase": true}}, ""},
			{object{"matches": strings.Repeat("a b ", 3000) + strings.Repeat("c", 9999)}, ""},
		} {
			place := fmt.Sprint(c.where)[:20]
			where, err := ParseWhere(Posts.Table, c.where)
			if err != nil || c.want != "" {
				if c.want == "" || fmt.Sprint(err) != c.want || CodeOf(err) != BadRequest {
					t.Errorf("%s: %v, want %q", place, err, c.want)
				}
				continue
			}
			page, err := NewPage("Query.posts", Posts.Table, PageArgs{Where: where})
			if err != nil {
				t.Fatal(err)
			}
			r := &Read{From: Posts.Table, Select: Select{Columns: Posts.Columns}, Page: page}
			if _, err := db.Read(t.Context(), r); err != nil {
				t.Errorf("%s: %v", place, err)
			}
			if _, err := db.Count(t.Context(), r); err != nil {
				t.Errorf("%s: %v", place, err)
			}
		}
	})
}

// A planner's work grows with a filter, and does not double with each level of it: on PostgreSQL no EXISTS stands behind
// an OR or a NOT, and few elsewhere; on SQLite each list is planned once, or twice behind the first OR.
func TestShapesOfFilters(t *testing.T) {
	old := object{"createdAt": object{"lt": "1999-01-01T00:00:00Z"}}
	levels := func(n int) (*Table, object) {
		table, where := Tags.Table, old
		for range n {
			if table == Tags.Table {
				table, where = Posts.Table, object{"or": []any{object{"tags": some(where)}, old}}
			} else {
				table, where = Tags.Table, object{"or": []any{object{"posts": some(where)}, old}}
			}
		}
		return table, where
	}
	var many []any
	for i := range 300 {
		many = append(many, object{"posts": some(object{"tags": some(object{"name": object{"eq": fmt.Sprint("a", i)}})})})
	}
	one := many[0].(object)
	everywhere(t, func(t *testing.T, db *DB) {
		written := func(table *Table, where object) *query {
			q := &query{dialect: db.dialect}
			r := &Read{From: table, Select: Select{Columns: table.Columns}, Page: pageOf(t, table, where)}
			r.write(q)
			return q
		}
		if db.driver == "sqlite" {
			lines := func(n int) int {
				q := written(levels(n))
				return strings.Count(explain(t, db, q.String(), q.args), "\n")
			}
			if one, more := lines(11)-lines(9), lines(21)-lines(19); more > one {
				t.Errorf("two more levels add %d lines to a plan, and then %d", one, more)
			}
			return
		}
		none := object{"none": object{"tags": some(old)}}
		for _, c := range []struct {
			table  *Table
			where  object
			exists int
		}{
			{Users.Table, one, 2},
			{Users.Table, object{"and": []any{one, object{"hasProfile": true}, old}}, 3},
			{Users.Table, object{"posts": none}, 2},
			{Users.Table, object{"and": many}, maxJoined},
			{Users.Table, object{"or": many[:2]}, 2}, // one inside each scalar subquery
			{Users.Table, object{"not": object{"hasProfile": true}}, 0},
			{Users.Table, object{"posts": object{"every": object{"hasTags": true}}}, 1},
		} {
			if text := written(c.table, c.where).String(); strings.Count(text, "EXISTS (") != c.exists {
				t.Errorf("%d EXISTS, want %d: %.2000s", strings.Count(text, "EXISTS ("), c.exists, text)
			}
		}
		q := written(levels(21))
		if apart := regexp.MustCompile(`(OR|NOT \(|\()EXISTS \(`).FindString(q.String()); apart != "" || strings.Contains(q.String(), "OR EXISTS") {
			t.Errorf("%s in %s", apart, q.String())
		}
		if n := strings.Count(explain(t, db, q.String(), q.args), "SubPlan "); n < 21 || n > 42 {
			t.Errorf("%d subplans of 21 levels", n)
		}
	})
}

// PostgreSQL compiles no statement, unless the URL says so; a pooler is not asked.
func TestCompilation(t *testing.T) {
	address := dbtest.Postgres(t)
	for _, c := range []struct {
		address string
		pooling Pooling
		want    string
	}{
		{address, PoolingDirect, "off"}, {address + "&jit=on", PoolingDirect, "on"}, {address, PoolingTransaction, "on"},
	} {
		db, err := Open(t.Context(), page, c.address, Options{Pooling: c.pooling})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var got string
		if err := db.read.Get(&got, "SHOW jit"); err != nil || got != c.want {
			t.Errorf("%s: jit is %q, %v", c.pooling, got, err)
		}
	}
}

func pageOf(t *testing.T, table *Table, where object) *Page {
	t.Helper()
	w, err := ParseWhere(table, where)
	if err != nil {
		t.Fatal(err)
	}
	page, err := NewPage("Query."+table.Name, table, PageArgs{Where: w})
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// Gathered from a key, walked to, or as a database likes: the rows are the same.
func TestWaysToPinnedRows(t *testing.T) {
	names := func(names ...any) object { return object{"name": object{"in": names}} }
	common, rare := names("tag1"), names("tag2", "tag77", "nothing")
	everywhere(t, func(t *testing.T, db *DB) {
		fill(t, db, 2000)
		if _, err := db.write.Exec("INSERT INTO post_tags (post_id, tag_id) SELECT id, 1 FROM posts WHERE id % 5 = 0 ON CONFLICT DO NOTHING"); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			table *Table
			where object
			ways  bool // there are several
		}{
			{Posts.Table, object{"tags": some(common), "title": object{"ne": "x"}}, true},
			{Posts.Table, object{"tags": some(rare)}, true},
			{Posts.Table, object{"tags": some(names("nothing", "nowhere"))}, false},
			{Posts.Table, object{"author": object{"username": object{"in": []any{"user3", "user4", "nobody"}}}}, true},
			{Posts.Table, object{"author": object{"id": object{"in": []any{GlobalID(Users.Table, 3), GlobalID(Users.Table, 4)}}}}, true},
			{Users.Table, object{"posts": some(object{"tags": some(common)})}, true},
			{Users.Table, object{"posts": some(object{"tags": some(rare), "title": object{"ne": "Title 77"}})}, true},
			{Users.Table, object{"posts": some(object{"tags": object{"some": rare, "none": common}})}, true},
			{Users.Table, object{"and": []any{object{"posts": some(object{"tags": some(rare)})}, object{"posts": some(object{"tags": some(common)})}}}, true},
			{Users.Table, object{"or": []any{object{"posts": some(object{"tags": some(rare)})}, object{"username": object{"eq": "user7"}}}}, false},
			{Users.Table, object{"posts": object{"none": object{"tags": some(common)}}}, false},
			{Posts.Table, object{"author": object{"posts": some(object{"tags": some(rare)})}}, true},
			{Tags.Table, object{"posts": some(object{"author": object{"username": object{"in": []any{"user3", "user4"}}}})}, true},
			{Addresses.Table, object{"user": object{"posts": some(object{"tags": some(rare)})}}, true},
		} {
			size := 60
			w, err := ParseWhere(c.table, c.where)
			if err != nil {
				t.Fatal(err)
			}
			p, err := NewPage("Query.test", c.table, PageArgs{First: &size, Where: w, Order: []Order{{Column: c.table.OrderColumn("created_at"), Desc: true}}})
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			var texts []string
			for _, rows := range []float64{0, 1e3, 1e9} { // not weighed, many from 240 rows on, always few
				db.due.Store(time.Now().Add(time.Hour).UnixNano())
				db.statistics.Store(&statistics{rows: map[*Table]float64{Posts.Table: rows, Users.Table: rows, Tags.Table: rows, Addresses.Table: rows}})
				recorder := &Recorder{}
				ctx := WithRecorder(WithViewer(t.Context(), Viewer{Admin: true}), recorder)
				r := &Read{Path: "test", From: c.table, Select: Select{Columns: c.table.Columns[:1]}, Page: p}
				found, err := db.Read(ctx, r)
				if err != nil {
					t.Fatal(err)
				}
				counts, err := db.Count(ctx, r)
				if err != nil {
					t.Fatal(err)
				}
				var keys []any
				for i := range found.Len() {
					keys = append(keys, found.Row(i)...)
				}
				seen[fmt.Sprint(keys, counts)] = true
				statements := recorder.Statements()
				weighed := slices.ContainsFunc(statements, func(s *Statement) bool { return s.Path == "test is rare" })
				if weighed != (c.ways && rows > 0 && !db.distributed) {
					t.Errorf("%v of %v rows: weighed %v", c.where, rows, weighed)
				}
				for _, s := range statements {
					if s.Path == "test" {
						texts = append(texts, s.Text)
					}
				}
			}
			if len(seen) != 1 {
				t.Errorf("%v: %d answers\n%s", c.where, len(seen), strings.Join(texts, "\n"))
			}
			if gathered := strings.Contains(strings.Join(texts, "\n"), "ANY(ARRAY(SELECT"); db.semijoins && !db.distributed && c.ways && c.where["author"] == nil && !gathered {
				t.Errorf("%v is never gathered\n%s", c.where, strings.Join(texts, "\n"))
			}
		}
	})
}
