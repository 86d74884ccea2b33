package orm

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"kith/db/dbtest/lint"
	"kith/migrations"
)

// partedPage is a page of posts that are distributed by their authors, or not: with links that carry something, links from both sides,
// words, and values that are unique together.
func partedPage(m *Model, options ...Option) {
	type User struct {
		Row
		Name string `db:"name" rule:"1..50"`
	}
	type Post struct {
		Row
		AuthorKey int64    `db:"author_id"`
		EditorKey *int64   `db:"editor_id"`
		Title     string   `db:"title" rule:"1..50"`
		Text      string   `db:"text" rule:"0..1000"`
		Day       *Date    `db:"day"`
		Price     *Decimal `db:"price" rule:"9,2"`
		Data      *JSON    `db:"data"`
	}
	type Tag struct {
		Row
		Word string `db:"word" rule:"1..20 unique"`
	}
	users := Declare[User](m, "users", OwnedBy("id"))
	posts := Declare[Post](m, "posts", append([]Option{OwnedBy("author_id"), Searchable("title"), Unique("author_id", "title")}, options...)...)
	tags := Declare[Tag](m, "tags")
	OneToMany(users, "posts", posts, "author", "author_id", Cascade)
	OneToMany(users, "edited", posts, "editor", "editor_id", Detach)
	ManyToMany(posts, "tags", tags, "posts", "post_tags", "post_id", "tag_id", Carries("posts", "created_at DESC"))
	ManyToMany(users, "likes", posts, "fans", "fans", "user_id", "post_id")
}

// partedModel is that page with migrations that were drafted for it, and a place for changes.
func partedModel(t *testing.T, options ...Option) *Model {
	t.Helper()
	files := functions(t)
	page := func(m *Model) { partedPage(m, options...) }
	drafted(t, page, files, "all", false)
	for _, name := range []string{"0008_changes.postgres.sql", "0008_changes.sqlite.sql", "0014_change_positions.postgres.sql", "0014_change_positions.sqlite.sql", "0018_change_ends.sqlite.sql"} {
		text, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	return modelOf(files, page)
}

// A parted is a database of that page, on which the same is done as on others.
type parted struct {
	*DB
	t                  *testing.T
	users, posts, tags *Table
	from               Cursor
	log, shown         []string
	sent               []string // but what looks where rows are
}

func newParted(t *testing.T, name string, options ...Option) *parted {
	t.Helper()
	m := partedModel(t, options...)
	d := &parted{DB: opened(t, name, m), t: t, users: m.TableOf("User"), posts: m.TableOf("Post"), tags: m.TableOf("Tag")}
	d.options.Observe = func(_ context.Context, s *Statement) {
		if !strings.HasPrefix(s.Path, "part of ") {
			d.sent = append(d.sent, s.Text)
		}
	}
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	d.options.Clock = func() time.Time { return now }
	from, leave, err := d.Follow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(leave)
	d.from = from
	return d
}

func (d *parted) id(t *Table, key int64) string { return GlobalID(t, key) }

// write does something, and notes what became of it, of all rows, and what followers are told.
func (d *parted) write(what string, f func(ctx context.Context) (any, []Fault, error)) {
	d.t.Helper()
	ctx := WithViewer(d.t.Context(), Viewer{Admin: true})
	var answer any
	var faults []Fault
	err := d.Write(ctx, func(ctx context.Context) (err error) {
		answer, faults, err = f(ctx)
		return err
	})
	if err != nil {
		d.t.Fatalf("%s: %v", what, err)
	}
	d.log = append(d.log, fmt.Sprintf("%s: %v %v", what, answer, faults))
	if d.show() {
		d.follow()
	}
}

// show notes all rows, and tells whether they have changed.
func (d *parted) show() bool {
	d.t.Helper()
	begin := len(d.log)
	for _, q := range []string{
		"SELECT id, author_id, editor_id, title, text, CAST(day AS text), price, data, title_words, version, created_at, updated_at FROM posts ORDER BY id",
		"SELECT post_id, tag_id, posts_created_at FROM post_tags ORDER BY 1, 2", "SELECT user_id, post_id FROM fans ORDER BY 1, 2",
		"SELECT id, word FROM tags ORDER BY id", "SELECT id, name FROM users ORDER BY id"} {
		rows, err := d.read.QueryxContext(d.t.Context(), q)
		if err != nil {
			d.t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			row, err := rows.SliceScan()
			if err != nil {
				d.t.Fatal(err)
			}
			for i, cell := range row {
				switch cell := cell.(type) {
				case []byte:
					row[i] = string(cell)
				case time.Time:
					row[i] = cell.UTC().Format("2006-01-02 15:04:05.000000")
				}
			}
			d.log = append(d.log, fmt.Sprintf("  %s", row))
		}
		if err := rows.Err(); err != nil {
			d.t.Fatal(err)
		}
	}
	was := d.shown
	d.shown = slices.Clone(d.log[begin:])
	return !slices.Equal(was, d.shown)
}

// follow notes the transaction that comes next.
func (d *parted) follow() {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 20*time.Second)
	defer cancel()
	next, err := d.Next(ctx, d.from)
	if err != nil {
		d.t.Fatalf("%s: %v", d.log[len(d.log)-1], err)
	}
	if len(next) != 1 {
		d.t.Fatalf("%d transactions", len(next))
	}
	d.from = next[0].Cursor
	var lines []string
	for _, c := range next[0].Changes {
		place, columns := "", []string{}
		if c.Link != nil {
			place = c.Link.Link.Table
		} else {
			place = c.Table.Name
		}
		for _, column := range c.Columns {
			columns = append(columns, column.Name)
		}
		slices.Sort(columns)
		lines = append(lines, fmt.Sprintf("  ~ %s %v %s %v %v", place, c.Keys, c.Verb, columns, c.After[:max(0, len(c.After)-3)])) // without times and version
	}
	slices.Sort(lines) // nodes have no order between them
	d.log = append(d.log, lines...)
}

func (d *parted) draft(t *Table, isNew bool, in Input) *Draft {
	d.t.Helper()
	draft, faults := NewDraft(t, in, nil, isNew)
	if len(faults) > 0 {
		d.t.Fatal(faults)
	}
	return draft
}

func (d *parted) create(t *Table, in ...Input) {
	d.t.Helper()
	d.write("create "+t.Name, func(ctx context.Context) (any, []Fault, error) {
		var drafts []*Draft
		for _, one := range in {
			drafts = append(drafts, d.draft(t, true, one))
		}
		keys, faults, err := d.CreateMany(ctx, drafts)
		return keys, faults, err
	})
}

func (d *parted) update(t *Table, key int64, in ...InputField) {
	d.t.Helper()
	d.write("update "+t.Name, func(ctx context.Context) (any, []Fault, error) {
		draft := d.draft(t, false, in)
		faults, shown, err := d.Update(ctx, draft, key, nil)
		return shown, faults, err
	})
}

func (d *parted) remove(t *Table, key int64) {
	d.t.Helper()
	d.write("delete "+t.Name, func(ctx context.Context) (any, []Fault, error) {
		counts, faults, _, err := d.Delete(ctx, t, key, nil, true)
		return counts, faults, err
	})
}

// everything is each way in which rows and links are written, with rows that come to other parts.
func (d *parted) everything() {
	user := func(key int64) string { return d.id(d.users, key) }
	post := func(key int64) string { return d.id(d.posts, key) }
	tag := func(key int64) string { return d.id(d.tags, key) }
	d.create(d.users, Input{{"name", "a"}}, Input{{"name", "b"}}, Input{{"name", "c"}}, Input{{"name", "d"}}, Input{{"name", "e"}})
	d.create(d.posts, Input{{"authorId", user(1)}, {"title", "one"}, {"text", "x"}, {"day", "2026-11-22"}, {"price", "1.50"}, {"data", map[string]any{"a": []any{"b"}}}, {"tags", []any{"s", "t"}}})
	d.create(d.posts, Input{{"authorId", user(2)}, {"title", "two"}, {"text", ""}, {"tags", []any{"t", "u"}}}, Input{{"authorId", user(3)}, {"title", "three"}, {"text", ""}},
		Input{{"authorId", user(4)}, {"title", "four"}, {"text", ""}, {"tags", []any{"s"}}}, Input{{"authorId", user(1)}, {"title", "five"}, {"text", ""}, {"editorId", user(5)}})
	d.create(d.users, Input{{"name", "f"}, {"posts", []any{Input{{"title", "six"}, {"text", ""}, {"tags", []any{"v"}}}, Input{{"title", "seven"}, {"text", ""}}}}})
	d.create(d.posts, Input{{"authorId", user(1)}, {"title", "one"}, {"text", "taken"}})
	d.update(d.posts, 1, InputField{"title", "uno"})
	d.update(d.posts, 1, InputField{"title", "uno"}) // nothing
	d.update(d.posts, 1, InputField{"authorId", user(1)}, InputField{"text", "y"})
	d.update(d.posts, 1, InputField{"authorId", user(2)})
	d.update(d.posts, 1, InputField{"authorId", user(3)}, InputField{"title", "ein"}, InputField{"tags", Input{{"add", []any{"w"}}, {"remove", []any{"s"}}}})
	d.update(d.posts, 1, InputField{"authorId", user(2)}, InputField{"title", "two"}) // taken there
	d.update(d.posts, 2, InputField{"tags", Input{{"set", []any{"x", "t"}}}})
	d.update(d.posts, 2, InputField{"tags", Input{{"setIds", []any{tag(1), tag(2)}}}})
	d.update(d.posts, 2, InputField{"tags", Input{{"connect", []any{tag(3)}}, {"disconnect", []any{tag(1)}}}})
	d.update(d.users, 2, InputField{"likes", Input{{"connect", []any{post(1), post(2), post(3)}}}}, InputField{"posts", Input{{"connect", []any{post(3), post(4)}}}})
	d.update(d.users, 2, InputField{"likes", Input{{"disconnect", []any{post(1)}}}}, InputField{"posts", Input{
		{"update", []any{Input{{"id", post(2)}, {"title", "deux"}}, Input{{"id", post(3)}, {"text", "z"}}, Input{{"id", post(4)}, {"title", "quatre"}, {"text", "q"}}}}}})
	d.update(d.tags, 2, InputField{"posts", Input{{"setIds", []any{post(1), post(4), post(6)}}}})
	d.write("update all", func(ctx context.Context) (any, []Fault, error) {
		keys, faults, err := d.UpdateMany(ctx, &Bulk{Table: d.posts, AtMost: 100, Set: d.draft(d.posts, false, Input{{"authorId", user(4)}, {"text", "all"}})})
		return keys, faults, err
	})
	d.write("two at once", func(ctx context.Context) (any, []Fault, error) { // one that is made and goes, and one that goes and comes back
		one, two := d.draft(d.posts, true, Input{{"authorId", user(1)}, {"title", "short"}, {"text", ""}}), d.draft(d.posts, false, Input{{"authorId", user(1)}})
		if err := d.Lock(ctx, Intent{Draft: one}, Intent{Draft: two, Keys: []int64{5}}); err != nil {
			return nil, nil, err
		}
		key, faults, err := d.Create(ctx, one)
		if err != nil || len(faults) > 0 {
			return nil, faults, err
		}
		if _, faults, _, err = d.Delete(ctx, d.posts, key, nil, true); err != nil || len(faults) > 0 {
			return nil, faults, err
		}
		if faults, _, err = d.Update(ctx, two, 5, nil); err != nil || len(faults) > 0 {
			return nil, faults, err
		}
		faults, _, err = d.Update(ctx, d.draft(d.posts, false, Input{{"authorId", user(4)}, {"title", "back"}}), 5, nil)
		return nil, faults, err
	})
	d.remove(d.posts, 6)
	d.remove(d.tags, 2)
	d.remove(d.users, 5)
	d.remove(d.users, 4)
}

// What is written to posts that are distributed by their authors has the same effect, and is told alike, as on one server; there it is the
// same that is sent as without the declaration. Without a cluster (KITH_TEST_CITUS) PostgreSQL is one server.
func TestDistributedByIsSeenByNobody(t *testing.T) {
	declared := []Option{DistributedBy("author_id")}
	first := newParted(t, "sqlite")
	first.everything()
	for _, name := range []string{"sqlite", "postgres"} {
		d := newParted(t, name, declared...)
		d.everything()
		same(t, name, first.log, d.log)
		if d.distributed {
			for table, by := range map[string]string{"posts": "author_id", "post_tags": "posts_author_id", "fans": "likes_author_id"} {
				var n int
				if err := d.read.Get(&n, "SELECT count(*) FROM pg_dist_partition WHERE logicalrelid = $1::regclass AND column_to_column_name(logicalrelid, partkey) = $2", table, by); err != nil || n != 1 {
					t.Errorf("%s is not distributed by %s, error %v", table, by, err)
				}
			}
			var left int
			if err := d.read.Get(&left, "SELECT count(*) FROM "+logOfParts); err != nil || left != 0 {
				t.Errorf("%d rows of the log are left on nodes, error %v", left, err)
			}
			if err := d.Migrate(t.Context()); err != nil {
				t.Errorf("migrating what is distributed: %v", err)
			}
			// What every node had does not go into parts by itself.
			was := newParted(t, name)
			now, err := Open(t.Context(), partedModel(t, declared...), was.address, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer now.Close()
			if err := now.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "every node has all of posts, and the page distributes it by author_id: promote") {
				t.Errorf("what every node had: %v", err)
			}
		} else {
			plain := newParted(t, name)
			plain.everything()
			same(t, name+", of what is sent,", plain.sent, d.sent)
		}
		// Everything goes to where it is in parts, and back.
		there, back := newParted(t, "postgres", declared...), newParted(t, "sqlite", declared...)
		for _, step := range [][2]*parted{{d, there}, {there, back}} {
			if _, err := step[0].Promote(t.Context(), step[1].DB); err != nil {
				t.Fatal(err)
			}
			step[1].show()
			same(t, name+", promoted,", d.shown, step[1].shown)
		}
	}
}

// same compares lines.
func same(t *testing.T, what string, want, got []string) {
	t.Helper()
	at := func(lines []string, i int) string {
		if i < len(lines) {
			return lines[i]
		}
		return "nothing"
	}
	wrong := 0
	for i := 0; i < max(len(want), len(got)) && wrong < 5; i++ {
		if at(want, i) != at(got, i) {
			wrong++
			t.Errorf("%s: after\n%s\nthere is\n%s\ninstead of\n%s", what, strings.Join(want[max(0, min(i, len(want))-12):min(i, len(want))], "\n"), at(got, i), at(want, i))
		}
	}
}

// What no node could keep is refused.
func TestDistributedByIsRefused(t *testing.T) {
	type User struct {
		Row
		Name string `db:"name" rule:"1..50"`
	}
	type Post struct {
		Row
		AuthorKey int64  `db:"author_id"`
		EditorKey *int64 `db:"editor_id"`
		Title     string `db:"title" rule:"1..50"`
	}
	type Slug struct {
		Row
		AuthorKey int64  `db:"author_id"`
		Slug      string `db:"slug" rule:"1..50 unique"`
	}
	type Comment struct {
		Row
		UserKey int64 `db:"user_id"`
		PostKey int64 `db:"post_id"`
	}
	type Tag struct {
		Row
		Word string `db:"word" rule:"1..20 unique"`
	}
	users := func(m *Model) Entity[User] { return Declare[User](m, "users", OwnedBy("id")) }
	posts := func(m *Model, by string, options ...Option) (Entity[User], Entity[Post]) {
		u := users(m)
		p := Declare[Post](m, "posts", append(options, DistributedBy(by))...)
		OneToMany(u, "posts", p, "author", "author_id", Cascade)
		OneToMany(u, "edited", p, "editor", "editor_id", Detach)
		return u, p
	}
	for want, declare := range map[string]func(m *Model){
		`Post: DistributedBy("writer_id"): there is no such column`:                       func(m *Model) { posts(m, "writer_id") },
		`User: DistributedBy("id"): sessions refer to users`:                              func(m *Model) { Declare[User](m, "users", OwnedBy("id"), DistributedBy("id")) },
		`Post: DistributedBy("title"): it is not the key of another table's row`:          func(m *Model) { posts(m, "title") },
		`Post: DistributedBy("editor_id"): it is a pointer`:                               func(m *Model) { posts(m, "editor_id") },
		`Post: DistributedBy("author_id"): no node knows whether "title" and "editor_id"`: func(m *Model) { posts(m, "author_id", Unique("title", "editor_id")) },
		`Slug: DistributedBy("author_id"): no node knows whether "slug" is unique`: func(m *Model) {
			OneToMany(users(m), "slugs", Declare[Slug](m, "slugs", DistributedBy("author_id")), "author", "author_id", Cascade)
		},
		`Post: DistributedBy("author_id"): comments refers to such rows by their keys (Post.comments)`: func(m *Model) {
			_, p := posts(m, "author_id")
			OneToMany(p, "comments", Declare[Comment](m, "comments"), "post", "post_id", Cascade)
		},
		`Comment: DistributedBy("post_id"): posts are distributed themselves`: func(m *Model) {
			c := Declare[Comment](m, "comments", DistributedBy("post_id"))
			_, p := posts(m, "author_id")
			OneToMany(p, "comments", c, "post", "post_id", Cascade)
		},
		`Post: DistributedBy("author_id"): the links of Post.likers are rows of comments`: func(m *Model) {
			c := Declare[Comment](m, "comments")
			u, p := posts(m, "author_id")
			OneToMany(u, "comments", c, "user", "user_id", Cascade)
			OneToMany(p, "comments", c, "post", "post_id", Cascade)
			p.Relations = nil // without which there are no such links, and which is refused itself
			ManyToManyThrough(p, "likers", u, "liked", c, "post_id", "user_id")
		},
		`Post: DistributedBy("author_id"): both sides of Post.sources are distributed`: func(m *Model) {
			_, p := posts(m, "author_id")
			ManyToMany(p, "sources", p, "quotes", "quotes", "post_id", "source_id")
		},
		`Post: DistributedBy("author_id"): the links of Post.tags carry what tags have`: func(m *Model) {
			_, p := posts(m, "author_id")
			ManyToMany(p, "tags", Declare[Tag](m, "tags"), "posts", "post_tags", "post_id", "tag_id", Carries("tags", "created_at"))
		},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "relations: "+want) {
					t.Errorf("%s\nis told as\n%s", want, got)
				}
			}()
			m := NewModel(nil)
			declare(m)
			m.Tables()
		}()
	}
}

// A row that goes to another node is deleted there and made here: it was changed. What is made and goes is nothing.
func TestRowsThatMoveAreChanged(t *testing.T) {
	m := NewModel(nil)
	partedPage(m, DistributedBy("author_id"))
	m.Tables()
	posts := m.TableOf("Post")
	row := func(author int64, title string) []any {
		image, err := posts.image(fmt.Sprintf(`{"id": 1, "author_id": %d, "title": %q}`, author, title))
		if err != nil {
			t.Fatal(err)
		}
		return image
	}
	gone := func(author int64) RowChange {
		return RowChange{Table: posts, Keys: [2]int64{1}, Verb: RowDeleted, Before: row(author, "a")}
	}
	made := func(author int64) RowChange {
		return RowChange{Table: posts, Keys: [2]int64{1}, Verb: RowCreated, After: row(author, "a")}
	}
	changed := func(author int64) RowChange {
		return RowChange{Table: posts, Keys: [2]int64{1}, Verb: RowUpdated, Columns: []*Column{posts.column("title")}, Before: row(author, "a"), After: row(author, "b")}
	}
	link := func(verb ChangeVerb) RowChange {
		return RowChange{Link: posts.Relation("tags"), Keys: [2]int64{1, 2}, Verb: verb}
	}
	for want, changes := range map[string][]RowChange{
		"UPDATED [author_id] 1 2":       {gone(1), made(2)},
		"UPDATED [author_id title] 1 2": {gone(1), link(RowDeleted), made(2), link(RowCreated), changed(2)},
		"UPDATED [title author_id] 1 2": {changed(1), gone(1), made(2)},
		"UPDATED [author_id] 1 1":       {gone(1), made(2), gone(2), made(1)},
		"DELETED [author_id] 1 0":       {gone(1), made(2), gone(2)},
		"":                              {made(1), gone(1)},
	} {
		c := &Committed{Changes: changes}
		c.merge()
		got := ""
		for _, change := range c.Changes {
			var names []string
			for _, column := range change.Columns {
				names = append(names, column.Name)
			}
			authorOf := func(row []any) int64 {
				if row == nil {
					return 0
				}
				author, _ := row[1].(int64)
				return author
			}
			got += fmt.Sprintf("%s %v %d %d", change.Verb, names, authorOf(change.Before), authorOf(change.After))
		}
		if got != want {
			t.Errorf("%q instead of %q", got, want)
		}
	}
}

// What is written to tables that are distributed keeps the rules of the engine.
func TestWritesKeepTheRulesOfACluster(t *testing.T) {
	m := NewModel(nil)
	partedPage(m, DistributedBy("author_id"))
	m.Tables()
	posts := m.TableOf("Post")
	tags := posts.Relation("tags")
	now := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	draft := func(key int64, in Input) *Draft {
		d, faults := NewDraft(posts, in, nil, false)
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		d.key = key
		return d
	}
	drafts := []*Draft{draft(1, Input{{"title", "a"}}), draft(2, Input{{"title", "b"}, {"text", "c"}})}
	links := []map[string]any{{"post_id": 1, "posts_author_id": 3, "word": "a"}, {"post_id": 2, "posts_author_id": 4, "word": "b"}}
	for name, write := range map[string]func(q *query){
		"change of rows that become the same":   func(q *query) { q.setAll(drafts[:1], now, false) },
		"change of rows that become each other": func(q *query) { q.setEach(drafts, now, false) },
		"new rows":                              func(q *query) { q.insert(posts, posts.Columns[1:3], []map[string]any{{"author_id": 1}}, now, true, "") },
		"links of one row":                      func(q *query) { q.linkNames(tags, links[:1], []string{"a"}, true, true) },
		"links of several":                      func(q *query) { q.linkNames(tags, links, []string{"a", "b"}, false, true) },
		"links that go": func(q *query) {
			q.add("DELETE FROM post_tags WHERE ")
			q.linked("", " IN ", tags, []linkRow{{from: 1, name: "a"}, {from: 1, to: 2}})
		},
		"all links": func(q *query) { q.add(q.unlinks(tags, "post_id = 1")) },
	} {
		q := &query{dialect: partsDialect}
		write(q)
		if broken := lint.Breaks(q.String(), "lateral", "correlated", "locks", "recursive", "values", "joined change", "volatile"); len(broken) > 0 {
			t.Errorf("%s breaks %q: %s", name, broken, q)
		}
		if strings.Contains(q.String(), "SET author_id") {
			t.Errorf("%s changes where a row is: %s", name, q)
		}
	}
}
