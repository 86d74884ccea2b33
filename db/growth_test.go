package db_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
)

var growth = flag.Int("growth", 20_000, "how many posts there are in the tests of what reads grow with")

// grow fills a database: a tag of every fifth post, one of the twenty oldest and one of the ten next, a word in every fifth post, and
// titles of which few have a part in common.
func grow(t *testing.T, m migrated, posts int) {
	t.Helper()
	series, at := "generate_series(%d::bigint, %d) AS s(i)", "timestamp '2020-01-01' + i * interval '1 minute'"
	if m.Name() == "sqlite" {
		series = "(WITH RECURSIVE s(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM s WHERE i < %d) SELECT i FROM s) AS s"
		at = "strftime('%%Y-%%m-%%d %%H:%%M:%%S', '2020-01-01', i || ' minutes') || '.000000'"
	}
	run := func(text string) {
		t.Helper()
		if _, err := m.raw.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	insert := func(columns, values string, rows int) {
		t.Helper()
		run(fmt.Sprintf("INSERT INTO "+columns+", created_at, updated_at) SELECT "+values+", "+at+", "+at+" FROM "+series, 1, rows))
	}
	words := "CASE i %% 5 WHEN 0 THEN 'often ' ELSE '' END || 'w' || (i %% 4000)"
	insert("users (username, name", "'user' || i, 'Name ' || i", posts/10)
	insert("posts (author_id, title, content, title_words, content_words", fmt.Sprintf("1 + i * 7919 %%%% %d, 'Title ' || i, ", posts/10)+words+", ' title ' || i || ' ', ' ' || "+words+" || ' '", posts)
	insert("tags (name", "'tag' || i", 2000)
	run("INSERT INTO post_tags (post_id, tag_id) SELECT id, 3 + id * 7 % 397 FROM posts")
	run("INSERT INTO post_tags (post_id, tag_id) SELECT id, 1 FROM posts WHERE id % 5 = 0")
	run("INSERT INTO post_tags (post_id, tag_id) SELECT id, 2 FROM posts WHERE id <= 20")
	run("INSERT INTO post_tags (post_id, tag_id) SELECT id, 400 FROM posts WHERE id > 20 AND id <= 30")
	if m.Name() == "postgres" {
		// A planner takes a value that is not among the most common for an average one. Here it takes few rows for as many as there are on
		// average in a hundred times as large a table.
		run("ALTER TABLE post_tags ALTER COLUMN tag_id SET STATISTICS 1")
		run("ALTER TABLE post_tags ALTER COLUMN tag_id SET (n_distinct = 10)")
		run("CHECKPOINT")     // or what was committed asynchronously does not yet count as visible
		run("VACUUM ANALYZE") // SQLite is left without statistics, as it is everywhere
	}
}

type object = map[string]any

func where(t *testing.T, table *orm.Table, input object) *orm.Where {
	t.Helper()
	w, err := orm.ParseWhere(table, input)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// page is the first page of so many, in an order.
func page(t *testing.T, table *orm.Table, size int, order string, w *orm.Where) *orm.Page {
	t.Helper()
	args := orm.PageArgs{First: &size, Where: w}
	if order != "" {
		name, desc := strings.CutSuffix(order, " DESC")
		args.Order = []orm.Order{{Column: table.OrderColumn(name), Desc: desc}}
	}
	p, err := orm.NewPage("Query.test", table, args)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var (
	tagged = func(names ...any) object {
		name := object{"in": names}
		if len(names) == 1 {
			name = object{"eq": names[0]}
		}
		return object{"tags": object{"some": object{"name": name}}}
	}
	titled   = func(operators object) object { return object{"title": operators} }
	searched = func(text string) object { return object{"matches": text} }
)

// grown are ordinary questions. However many rows there are, what is read is in proportion to what is answered: to most rows.
var grown = []struct {
	name  string
	ask   *orm.Table
	via   *orm.Relation
	keys  int
	where object
	order string
	size  int
	count bool
	rows  int    // answered, or counted
	most  int    // read
	walks string // through this, in the page's order, until there are enough
}{
	{name: "posts with a rare tag", ask: db.Posts.Table, where: tagged("tag2"), order: "created_at DESC", size: 20, rows: 20, most: 100},
	{name: "posts with a common tag", ask: db.Posts.Table, where: tagged("tag1"), order: "created_at DESC", size: 20, rows: 20, most: 100},
	{name: "posts with a rare tag by title", ask: db.Posts.Table, where: tagged("tag2"), order: "title", size: 20, rows: 20, most: 200},
	{name: "posts with a tag that is not there", ask: db.Posts.Table, where: tagged("nothing"), order: "created_at DESC", size: 20, most: 10},
	{name: "posts with a rare tag and something else", ask: db.Posts.Table, where: object{"tags": tagged("tag2")["tags"], "title": object{"ne": "x"}}, order: "created_at DESC", size: 20, rows: 20, most: 200},
	{name: "posts with one of several rare tags", ask: db.Posts.Table, where: tagged("tag2", "tag400", "nothing"), order: "created_at DESC", size: 20, rows: 20, most: 150},
	{name: "posts with a rare tag or none that is there", ask: db.Posts.Table, where: tagged("tag2", "nothing"), order: "created_at DESC", size: 20, rows: 20, most: 100},
	{name: "posts with a common tag and something else", ask: db.Posts.Table, where: object{"tags": tagged("tag1")["tags"], "title": object{"ne": "x"}}, order: "created_at DESC", size: 20, rows: 20, most: -15, walks: "USING INDEX posts_created_at_idx"}, // its links up to the root of the posts
	{name: "posts of some named authors", ask: db.Posts.Table, where: object{"author": object{"username": object{"in": []any{"user7", "user8", "nobody"}}}}, order: "created_at DESC", size: 5, rows: 5, most: 60},
	{name: "users with a post with a rare tag", ask: db.Users.Table, where: object{"posts": object{"some": tagged("tag2")}}, size: 20, rows: 20, most: 150},
	{name: "users with a post with one of several rare tags", ask: db.Users.Table, where: object{"posts": object{"some": tagged("tag2", "tag400", "nothing")}}, size: 20, rows: 20, most: 200},
	{name: "users with a post with a common tag", ask: db.Users.Table, where: object{"posts": object{"some": tagged("tag1")}}, size: 20, rows: 20, most: 3000, walks: "SCAN t1"},
	{name: "users with a post with a rare tag, by name", ask: db.Users.Table, where: object{"posts": object{"some": tagged("tag2")}}, order: "name", size: 20, rows: 20, most: 150},
	{name: "users with a post with a rare tag, counted", ask: db.Users.Table, where: object{"posts": object{"some": tagged("tag2")}}, count: true, rows: 20, most: 150},
	{name: "posts with a common tag, counted", ask: db.Posts.Table, where: tagged("tag1"), count: true, rows: -5, most: -4},
	{name: "posts of a named author", ask: db.Posts.Table, where: object{"author": object{"username": object{"eq": "user7"}}}, order: "created_at DESC", size: 5, rows: 5, most: 30},
	{name: "tags, the 5 newest posts of each", ask: db.Posts.Table, via: db.TagPosts.Relation, keys: 10, order: "created_at DESC", size: 5, rows: 50, most: 150},
	{name: "one common tag, newest", ask: db.Posts.Table, via: db.TagPosts.Relation, keys: 1, order: "created_at DESC", size: 20, rows: 20, most: 60},
	{name: "one common tag, oldest", ask: db.Posts.Table, via: db.TagPosts.Relation, keys: 1, order: "created_at", size: 20, rows: 20, most: 60},
	{name: "titles that contain what none does", ask: db.Posts.Table, where: titled(object{"contains": "nowhere"}), order: "created_at DESC", size: 20, most: 10},
	{name: "the same, whatever the case", ask: db.Posts.Table, where: titled(object{"contains": "NoWhere", "ignoreCase": true}), order: "created_at DESC", size: 20, most: 10},
	{name: "titles that contain what few do", ask: db.Posts.Table, where: titled(object{"contains": "le 1234"}), order: "created_at DESC", size: 20, rows: -1800, most: 200},
	{name: "titles that contain what all do", ask: db.Posts.Table, where: titled(object{"contains": "itle"}), order: "created_at DESC", size: 20, rows: 20, most: 100, walks: "USING INDEX posts_created_at_idx"},
	{name: "titles that end in what one does", ask: db.Posts.Table, where: titled(object{"endsWith": "le 12345"}), order: "created_at DESC", size: 20, rows: 1, most: 200},
	{name: "a common word, newest", ask: db.Posts.Table, where: searched("often"), order: "created_at DESC", size: 20, rows: 20, most: 400, walks: "USING INDEX posts_created_at_idx"},
	{name: "a rare word, newest", ask: db.Posts.Table, where: searched("w77"), order: "created_at DESC", size: 20, rows: -4000, most: 300},
}

// wholeTables find what reads a whole table in a plan.
var wholeTables = map[string]*regexp.Regexp{
	"postgres": regexp.MustCompile(`"Node Type": "Seq Scan"`),
	"sqlite":   regexp.MustCompile(`(?m)^SCAN l?t\w+( USING.*)?$`),
}

// What is read does not grow with the tables.
func TestReadsDoNotGrow(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			if name == "postgres" && dbtest.OnCitus() {
				t.Skip("plans of a cluster are TestOneTask's")
			}
			m := migrateNew(t, name)
			grow(t, m, *growth)
			var mu sync.Mutex
			var sent []*orm.Statement
			d, err := db.Open(t.Context(), m.url, orm.Options{Observe: func(_ context.Context, s *orm.Statement) {
				mu.Lock()
				defer mu.Unlock()
				sent = append(sent, s)
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			for _, g := range grown {
				t.Run(g.name, func(t *testing.T) {
					r := &orm.Read{Path: "test", From: g.ask, Via: g.via, Select: orm.Select{Columns: g.ask.Columns}}
					for key := range g.keys {
						r.Keys = append(r.Keys, int64(1+key*7))
					}
					for i, n := range []*int{&g.rows, &g.most} {
						if *n < 0 { // in proportion to the table
							*n = *growth/-*n + i
						}
					}
					if g.size > 0 && g.keys == 0 {
						g.rows = min(g.rows, g.size)
					}
					sent = nil
					got := 0
					if g.count {
						r.Page = &orm.Page{Where: where(t, g.ask, g.where)}
						counts, err := d.Count(t.Context(), r)
						if got = counts[0]; err != nil {
							t.Fatal(err)
						}
					} else {
						r.Page = page(t, g.ask, g.size, g.order, where(t, g.ask, g.where))
						rows, err := d.Read(t.Context(), r)
						if err != nil {
							t.Fatal(err)
						}
						got = rows.Len()
					}
					if got != g.rows {
						t.Errorf("%d rows instead of %d", got, g.rows)
					}
					read := 0
					for _, s := range sent {
						text, n := m.explained(t, s)
						if scan := wholeTables[name].FindString(text); scan != "" && !(g.walks != "" && strings.Contains(scan, g.walks)) {
							t.Errorf("a whole table is read: %s\n%s", s.Text, text)
						}
						if read += n; read > g.most {
							t.Errorf("%d rows are read, and %d answered: %s\n%s", read, got, s.Text, text)
						}
					}
				})
			}
		})
	}
}

// explained is how a statement is run, and on PostgreSQL how many rows of tables and entries of indexes it reads.
func (m migrated) explained(t *testing.T, s *orm.Statement) (plan string, read int) {
	t.Helper()
	args := slices.Clone(s.Args)
	prefix, bind := "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ", sqlx.DOLLAR
	if m.Name() == "sqlite" {
		prefix, bind = "EXPLAIN QUERY PLAN ", sqlx.QUESTION
		for i, a := range args {
			if at, is := a.(time.Time); is {
				args[i] = at.Format("2006-01-02 15:04:05.000000")
			}
		}
	}
	rows, err := sqlx.NewDb(m.raw, m.Name()).Queryx(sqlx.Rebind(bind, prefix+s.Text), args...)
	if err != nil {
		t.Fatalf("%s: %v", s.Text, err)
	}
	defer rows.Close()
	for rows.Next() {
		columns, err := rows.SliceScan()
		if err != nil {
			t.Fatal(err)
		}
		switch last := columns[len(columns)-1].(type) {
		case []byte:
			plan += string(last) + "\n"
		default:
			plan += fmt.Sprintln(last)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if m.Name() != "postgres" {
		return plan, 0
	}
	plan = dbtest.Plan(plan)
	type node struct {
		Type    string  `json:"Node Type"`
		Rows    float64 `json:"Actual Rows"`
		Loops   float64 `json:"Actual Loops"`
		Removed float64 `json:"Rows Removed by Filter"`
		Checked float64 `json:"Rows Removed by Index Recheck"`
		Plans   []node
	}
	var whole []struct{ Plan node }
	if err := json.Unmarshal([]byte(plan), &whole); err != nil {
		t.Fatal(err)
	}
	var sum func(n node)
	sum = func(n node) {
		if strings.Contains(n.Type, "Scan") && n.Type != "Subquery Scan" && n.Type != "Function Scan" && n.Type != "CTE Scan" && n.Type != "Bitmap Index Scan" {
			read += int((n.Rows + n.Removed + n.Checked) * n.Loops)
		}
		for _, p := range n.Plans {
			sum(p)
		}
	}
	sum(whole[0].Plan)
	return plan, read
}
