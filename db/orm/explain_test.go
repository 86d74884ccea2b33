package orm

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
)

// fill writes a graph that is large enough for a database to think before it scans: posts rows, a tenth as many users.
func fill(t *testing.T, db *DB, posts int) {
	t.Helper()
	series, at := "generate_series(%d::bigint, %d) AS s(i)", "timestamp '2020-01-01' + i * interval '1 minute'"
	if db.driver == "sqlite" {
		series = "(WITH RECURSIVE s(i) AS (SELECT %d UNION ALL SELECT i + 1 FROM s WHERE i < %d) SELECT i FROM s) AS s"
		at = "strftime('%Y-%m-%d %H:%M:%S', '2020-01-01', i || ' minutes') || '.000000'"
	}
	users := posts / 10
	insert := func(text string, rows int) {
		t.Helper()
		const most = 100_000
		head, tail, _ := strings.Cut(text, series)
		for from := 1; from <= rows; from += most {
			if _, err := db.write.Exec(head + fmt.Sprintf(series, from, min(from+most-1, rows)) + tail); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
	}
	for _, table := range []struct {
		columns, values string
		rows            int
	}{
		{"users (username, name", "'user' || i, 'Name ' || i * 7919 % 5000", users},
		{"profiles (user_id, full_name", "i, 'Full name ' || i * 31 % 9000", users},
		{"addresses (user_id, email_address", "i, 'user' || i || '@example.com'", users},
		{"posts (author_id, title, content, title_words, content_words", fmt.Sprintf("1 + i * 7919 %% %d, 'Title ' || i, 'w' || i %% 5000 || ' and w' || i %% 77, "+
			"' title ' || i || ' ', ' w' || i %% 5000 || ' and w' || i %% 77 || ' '", users), posts},
		{"tags (name", "'tag' || i", 2000},
	} {
		insert("INSERT INTO "+table.columns+", created_at, updated_at) SELECT "+table.values+", "+at+", "+at+" FROM "+series, table.rows)
	}
	insert("INSERT INTO post_tags SELECT i, 1 + i * step % 2000 FROM (SELECT 1 AS step UNION ALL SELECT 7) AS x, "+series+" WHERE TRUE ON CONFLICT DO NOTHING", posts)
	if _, err := db.write.Exec("ANALYZE"); err != nil {
		t.Fatal(err)
	}
}

// explain is how a database means to run a statement.
func explain(t *testing.T, db *DB, text string, args []any) string {
	t.Helper()
	for i, a := range args {
		if at, ok := a.(time.Time); ok {
			args[i] = db.bindTime(at)
		}
	}
	prefix := map[string]string{"sqlite": "EXPLAIN QUERY PLAN ", "postgres": "EXPLAIN "}[db.driver]
	rows, err := db.read.Queryx(sqlx.Rebind(db.bind, prefix+text), args...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		columns, err := rows.SliceScan()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&plan, columns[len(columns)-1])
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

type object = map[string]any

func some(where object) object { return object{"some": where} }

// looked are the ways in which rows are looked for that must be index scans, however many rows there are: every order of a
// root connection and of its pages, equality, prefixes and searches, pages of related rows, and filters across relations.
var looked = []struct {
	via     *Relation // pages of related rows; nil: of table
	table   *Table
	where   object
	order   string // columns, behind relations to one with dots, with a minus for descending
	sorted  bool   // the rows found have to be sorted
	scanned string // a table that PostgreSQL may read in whole all the same: it is small
}{
	{table: Users.Table, order: "id"}, {table: Users.Table, order: "id-"},
	{table: Users.Table, order: "username"}, {table: Users.Table, order: "username-"},
	{table: Users.Table, order: "name"}, {table: Users.Table, order: "name-"},
	{table: Users.Table, order: "created_at"}, {table: Users.Table, order: "updated_at-"},
	{table: Profiles.Table, order: "full_name"}, {table: Profiles.Table, order: "full_name-"},
	{table: Addresses.Table, order: "email_address"}, {table: Addresses.Table, order: "email_address-"},
	{table: Posts.Table, order: "id"}, {table: Posts.Table, order: "id-"},
	{table: Posts.Table, order: "title"}, {table: Posts.Table, order: "title-"},
	{table: Posts.Table, order: "created_at"}, {table: Posts.Table, order: "created_at-"},
	{table: Posts.Table, order: "updated_at"}, {table: Posts.Table, order: "updated_at-"},
	{table: Tags.Table, order: "name"}, {table: Tags.Table, order: "created_at-"},

	{table: Users.Table, where: object{"username": object{"eq": "user77"}}, sorted: true},
	{table: Users.Table, where: object{"username": object{"startsWith": "user77"}}, sorted: true},
	{table: Users.Table, where: object{"name": object{"eq": "Name 77"}}, sorted: true},
	{table: Posts.Table, where: object{"title": object{"in": []any{"Title 77", "Title 88"}}}, sorted: true},
	{table: Users.Table, where: object{"id": object{"eq": GlobalID(Users.Table, 77)}}},
	{table: Posts.Table, where: object{"title": object{"eq": "Title 77"}}, sorted: true},
	{table: Posts.Table, where: object{"title": object{"startsWith": "Title 77"}}, sorted: true},
	{table: Posts.Table, where: object{"title": object{"startsWith": "Title 77"}}, order: "title"},
	{table: Posts.Table, where: object{"createdAt": object{"lt": "2020-01-01T01:00:00Z"}}, sorted: true},
	{table: Addresses.Table, where: object{"emailAddress": object{"eq": "user77@example.com"}}, sorted: true},
	{table: Addresses.Table, where: object{"emailAddress": object{"startsWith": "user77@"}}, sorted: true},
	{table: Tags.Table, where: object{"name": object{"eq": "tag77"}}, sorted: true},

	{table: Posts.Table, where: object{"matches": "w77"}, sorted: true},
	{table: Posts.Table, where: object{"matches": "nowhere"}, sorted: true},
	{table: Posts.Table, where: object{"matches": `"w77 and" w1*`}, sorted: true},
	{table: Posts.Table, where: object{"matches": "w77"}, order: "relevance", sorted: true},
	{table: Posts.Table, where: object{"matches": "w77", "title": object{"ne": "x"}}, order: "created_at-", sorted: true},

	{table: Posts.Table, order: "author.name", sorted: true}, {table: Posts.Table, order: "author.username-", sorted: true},
	{via: UserPosts.Relation, order: "tags_count-"}, {via: UserPosts.Relation, order: "author.name"}, {via: TagPosts.Relation, order: "author.name"},

	{via: UserPosts.Relation, order: "id"}, {via: UserPosts.Relation, order: "title"}, {via: UserPosts.Relation, order: "title-"},
	{via: UserPosts.Relation, order: "created_at-"}, {via: UserPosts.Relation, order: "updated_at"},
	{via: PostTags.Relation, order: "id", scanned: "tags"}, {via: TagPosts.Relation, order: "id"}, {via: TagPosts.Relation, order: "id-"},
	{via: UserPosts.Relation, where: object{"title": object{"startsWith": "Title 7"}}, order: "title"},

	{table: Posts.Table, where: object{"author": object{"username": object{"eq": "user77"}}}, sorted: true},
	{table: Posts.Table, where: object{"tags": some(object{"name": object{"eq": "tag77"}})}, sorted: true, scanned: "tags"},
	{table: Posts.Table, where: object{"tags": some(object{"name": object{"eq": "nowhere"}})}, sorted: true, scanned: "tags"},
	{table: Users.Table, where: object{"posts": some(object{"title": object{"eq": "Title 77"}})}, sorted: true},
	{table: Users.Table, where: object{"posts": some(object{"tags": some(object{"name": object{"eq": "tag77"}})})}, sorted: true, scanned: "tags"},
	{table: Users.Table, where: object{"posts": some(object{"matches": "w77"})}, sorted: true},
	{table: Users.Table, where: object{"address": object{"emailAddress": object{"eq": "user77@example.com"}}}, sorted: true},
}

// foldedLooked are filters without regard to case: index scans on PostgreSQL. SQLite reads its index of the column, or the
// table: an index over a function of ours would keep every other program from writing to the file.
var foldedLooked = []struct {
	table *Table
	where object
}{
	{Users.Table, object{"username": object{"eq": "USER77", "ignoreCase": true}}},
	{Users.Table, object{"name": object{"startsWith": "NAME 77", "ignoreCase": true}}},
	{Posts.Table, object{"title": object{"eq": "TITLE 77", "ignoreCase": true}}},
	{Posts.Table, object{"title": object{"startsWith": "TITLE 77", "ignoreCase": true}}},
	{Addresses.Table, object{"emailAddress": object{"eq": "USER77@example.com", "ignoreCase": true}}},
	{Tags.Table, object{"name": object{"in": []any{"TAG77", "TAG78"}, "ignoreCase": true}}},
}

func looking(t *testing.T, via *Relation, table *Table, where object, order string) *Read {
	t.Helper()
	coordinate := "Query." + table.Name
	if via != nil {
		coordinate = via.Coordinate()
	}
	w, err := ParseWhere(table, where)
	if err != nil {
		t.Fatal(err)
	}
	args := PageArgs{Where: w}
	for _, name := range strings.Fields(order) {
		name, desc := strings.CutSuffix(name, "-")
		way := strings.Split(name, ".")
		step := object{"field": way[len(way)-1], "direction": [2]string{"ASC", "DESC"}[btoi(desc)]}
		for _, relation := range slices.Backward(way[:len(way)-1]) {
			step = object{relation: step}
		}
		o, err := ParseOrder(table, step)
		if err != nil {
			t.Fatal(err)
		}
		args.Order = append(args.Order, o)
	}
	page, err := NewPage(coordinate, table, args)
	if err != nil {
		t.Fatal(err)
	}
	r := &Read{From: table, Via: via, Select: Select{Columns: table.Columns}, Page: page}
	for key := range int64(20) {
		if via != nil {
			r.Keys = append(r.Keys, 1+key*37)
		}
	}
	return r
}

// fullScans find what reads a whole table in a plan.
var fullScans = map[string]*regexp.Regexp{
	"postgres": regexp.MustCompile(`Seq Scan on (\w+)`),
	"sqlite":   regexp.MustCompile(`(?m)^SCAN (t\w+)$`),
}

func TestIndexScans(t *testing.T) {
	everywhere(t, func(t *testing.T, db *DB) {
		if db.distributed {
			t.Skip("a node's plan has names of its own, and the statistics of a cluster's")
		}
		fill(t, db, 60_000)
		check := func(r *Read, place, scanned string, sorted bool) {
			t.Helper()
			q := &query{dialect: db.dialect, viewer: Viewer{Admin: true}}
			r.write(q)
			plan := explain(t, db, q.String(), q.args)
			for _, scan := range fullScans[db.driver].FindAllStringSubmatch(plan, -1) {
				// The order of SQLite's tables is that of their keys.
				inOrder := db.driver == "sqlite" && r.Via == nil && r.Page.Where == nil && r.Page.Order[0].Column.Kind == Key
				derived := strings.Contains(plan, "CO-ROUTINE "+scan[1]+"\n") || strings.Contains(plan, "MATERIALIZE "+scan[1]+"\n")
				if !inOrder && !derived && (db.driver == "sqlite" || scan[1] != scanned) {
					t.Errorf("%s: %s\n%s\n%s", place, scan[0], q.String(), plan)
				}
			}
			if !sorted && regexp.MustCompile(`(?m)^\s*(-> +)?Sort  |FOR ORDER BY`).MatchString(plan) && r.Via == nil {
				t.Errorf("%s: sorted\n%s\n%s", place, q.String(), plan)
			}
		}
		for _, l := range looked {
			table := l.table
			if l.via != nil {
				table = l.via.To
			}
			r := looking(t, l.via, table, l.where, l.order)
			place := fmt.Sprintf("%s %v by %q", table.Name, l.where, l.order)
			check(r, place, l.scanned, l.sorted)
			if len(r.Page.derived()) > 0 || l.where != nil {
				continue
			}
			// The pages behind the first begin at a place in the index.
			var position []any
			for _, o := range r.Page.Order {
				position = append(position, map[Kind]any{Key: int64(900), Text: "Title 5", Time: time.Date(2020, 1, 9, 0, 0, 0, 0, time.UTC)}[o.Column.Kind])
			}
			r.Page.After = position
			check(r, place+" after a cursor", l.scanned, true) // the page itself is sorted once more
		}
		for _, l := range foldedLooked {
			if db.driver == "postgres" {
				check(looking(t, nil, l.table, l.where, "id"), fmt.Sprintf("%s %v", l.table.Name, l.where), "", true)
			}
		}
	})
}

// SQLite counts a whole table by the pages of an index, and not row by row.
func TestTablesAreCountedByPages(t *testing.T) {
	db := opened(t, "sqlite", page)
	for _, table := range db.Model().Tables() {
		q := &query{dialect: db.dialect, viewer: Viewer{Admin: true}}
		(&Read{From: table, Page: &Page{}}).writeCount(q)
		type step struct{ Opcode string }
		var steps []step
		if err := db.read.Unsafe().Select(&steps, "EXPLAIN "+q.String()); err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(steps, step{"Count"}) {
			t.Errorf("%s: %v", q.String(), steps)
		}
	}
}
