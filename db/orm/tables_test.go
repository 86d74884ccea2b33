package orm

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"
	"unicode/utf8"

	"kith/db/dbtest"
	"kith/migrations"
)

// catalogs are what a database says of its tables, a line each: what was drafted in steps is to be what is drafted at once.
var catalogs = map[string][]string{
	"sqlite": {
		`SELECT t.name, 'column', c.name, lower(c.type), c."notnull", coalesce(lower(c.dflt_value), ''), c.pk FROM pragma_table_list AS t, pragma_table_xinfo(t.name) AS c WHERE t.type = 'table'`,
		`SELECT t.name, 'rows', t.wr, m.sql LIKE '%AUTOINCREMENT%' FROM pragma_table_list AS t JOIN sqlite_schema AS m ON m.name = t.name WHERE t.type = 'table'`,
		`SELECT t.name, 'index', CASE WHEN i."unique" THEN 'unique' ELSE i.name END, (SELECT group_concat(x.name || CASE WHEN x.desc THEN ' DESC' ELSE '' END) FROM pragma_index_xinfo(i.name) AS x WHERE x.key)
			FROM pragma_table_list AS t, pragma_index_list(t.name) AS i`,
		`SELECT t.name, 'reference', f."from", f."table", f."to", f.on_delete FROM pragma_table_list AS t, pragma_foreign_key_list(t.name) AS f`,
		`SELECT tbl_name, type, sql FROM sqlite_schema WHERE type = 'trigger' AND name NOT LIKE 'kith_record_%'`,
		`SELECT replace(name, '_search', ''), 'search', sql FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'`,
	},
	"postgres": {
		`SELECT c.relname, 'column', a.attname, format_type(a.atttypid, a.atttypmod), l.collname, a.attnotnull, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid)
			FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
			LEFT JOIN pg_collation l ON l.oid = a.attcollation WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace`,
		`SELECT c.relname, 'index', pg_get_indexdef(x.indexrelid) FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid WHERE c.relnamespace = 'public'::regnamespace`,
		`SELECT c.relname, 'constraint', n.conname, pg_get_constraintdef(n.oid) FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid WHERE c.relnamespace = 'public'::regnamespace AND n.contype <> 'n'`,
	},
}

var (
	spaces    = regexp.MustCompile(`\s+`)
	checkText = regexp.MustCompile(`CHECK (\([^()]*\([^()]*\)[^()]*\))`)
)

// catalog are the lines of the page's tables.
func catalog(t *testing.T, d *DB) []string {
	t.Helper()
	want, err := d.model.declared()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, query := range catalogs[d.Name()] {
		rows, err := d.write.Queryx(query)
		if err != nil {
			t.Fatalf("%v: %s", err, query)
		}
		defer rows.Close()
		for rows.Next() {
			values, err := rows.SliceScan()
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range values {
				if text, ok := v.([]byte); ok {
					values[i] = string(text)
				}
			}
			if _, ok := want.Table(values[0].(string)); ok {
				lines = append(lines, spaces.ReplaceAllString(fmt.Sprintln(values...), " "))
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	if d.Name() == "sqlite" { // which knows conditions by their text alone
		for _, table := range want.Tables {
			var text string
			if err := d.write.Get(&text, "SELECT sql FROM sqlite_schema WHERE name = ?", table.Name); err != nil {
				t.Fatalf("%s: %v", table.Name, err)
			}
			for _, m := range checkText.FindAllStringSubmatch(text, -1) {
				lines = append(lines, table.Name+" "+m[1])
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// differ says which lines only one of two catalogs has.
func differ(t *testing.T, what string, got, want []string) {
	t.Helper()
	if len(want) < 5 {
		t.Fatalf("%s: a comparison of nothing always holds: %q", what, want)
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("%s: there is also %s", what, line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("%s: there is no %s", what, line)
		}
	}
}

// modelOf is what page declares, and the migrations that make it.
func modelOf(files fs.FS, page func(*Model)) *Model {
	m := NewModel(files)
	page(m)
	return m
}

// opened is a new database of a model, migrated.
func opened(t *testing.T, name string, m *Model) *DB {
	t.Helper()
	address := "sqlite:" + filepath.Join(t.TempDir(), "kith.db")
	if name == "postgres" {
		address = dbtest.Postgres(t)
	}
	d, err := Open(t.Context(), m, address, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// functions is a migration that makes what tables of PostgreSQL call, and no table.
func functions(t *testing.T) fstest.MapFS {
	t.Helper()
	text, err := fs.ReadFile(migrations.Files, "0003_search.postgres.sql")
	if err != nil {
		t.Fatal(err)
	}
	made := regexp.MustCompile(`(?s)-- \+goose StatementBegin.*?-- \+goose StatementEnd\n`).FindAllString(string(text), -1)
	if len(made) != 2 {
		t.Fatalf("%d functions", len(made))
	}
	return fstest.MapFS{
		"0001_functions.postgres.sql": {Data: []byte("-- +goose Up\n" + strings.Join(made, ""))},
		"0001_functions.sqlite.sql":   {Data: []byte("-- +goose Up\n")},
	}
}

// drafted adds to files what is drafted for a page, and demands that nothing is left to be drafted then.
func drafted(t *testing.T, page func(*Model), files fstest.MapFS, name string, destructive bool) {
	t.Helper()
	m := modelOf(files, page)
	made, err := m.DraftMigration(t.Context(), files, name, destructive)
	if err != nil {
		t.Fatal(err)
	}
	if len(made) == 0 {
		t.Fatal("nothing is drafted")
	}
	for _, f := range made {
		files[f.Name] = &fstest.MapFile{Data: []byte(f.Text)}
	}
	if again, err := m.DraftMigration(t.Context(), files, name, destructive); err != nil || len(again) > 0 {
		t.Fatalf("drafted twice: %v, error %v\nafter %v", again, err, made)
	}
}

// atOnce is the catalog of a new database whose tables are drafted from the page in one go.
func atOnce(t *testing.T, name string, page func(*Model)) []string {
	t.Helper()
	files := functions(t)
	drafted(t, page, files, "all", false)
	return catalog(t, opened(t, name, modelOf(files, page)))
}

// The migrations make what the page declares, to the last index, and nothing is left to be drafted.
func TestMigrationsMakeThePage(t *testing.T) {
	if left, err := page.DraftMigration(t.Context(), page.migrations, "nothing", false); err != nil || len(left) > 0 {
		t.Errorf("%v, error %v", left, err)
	}
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			d := opened(t, name, page)
			differ(t, name, catalog(t, d), atOnce(t, name, func(m *Model) { m.tables = page.tables }))
			if name == "postgres" { // which is told besides how many words to count
				var counted []int
				if err := d.write.Select(&counted, "SELECT attstattarget FROM pg_attribute WHERE attname = 'search' AND attrelid = 'posts'::regclass"); err != nil || !slices.Equal(counted, []int{1000}) {
					t.Errorf("%v words are counted, error %v", counted, err)
				}
			}
		})
	}
}

// A step is a page, and what is to be true of the rows when it has been migrated to.
type step struct {
	name  string
	page  func(*Model)
	loses string // what is said without leave to lose it
	rows  map[string]string
}

// stepsOfAPage change a page in each of the ways that there are.
func stepsOfAPage() []step {
	type User struct {
		Row
		Name string `db:"name" rule:"1..50"`
	}
	type Comment struct {
		Row
		NoteKey int64 `db:"note_id"`
	}
	type Tag struct {
		Row
		Word string `db:"word" rule:"1..20 unique"`
	}
	type Reader struct {
		Row
		UserKey int64 `db:"user_id"`
		NoteKey int64 `db:"note_id"`
		Page    int32 `db:"page" api:",default=1"`
	}
	base := func(m *Model) (Entity[User], Entity[Comment]) {
		return Declare[User](m, "users", OwnedBy("id")), Declare[Comment](m, "comments")
	}
	const search = "SELECT count(*) FROM notes WHERE id IN (SELECT rowid FROM notes_search WHERE notes_search MATCH '\"%[1]s\"')"
	kept := map[string]string{"SELECT count(*) FROM comments": "2", "SELECT count(*) FROM notes": "2", fmt.Sprintf(search, "élan"): "1"}
	and := func(more ...string) map[string]string {
		all := maps.Clone(kept)
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	return []step{
		{"base", func(m *Model) {
			type Note struct {
				Row
				AuthorKey int64   `db:"author_id"`
				Title     string  `db:"title" rule:"1..100"`
				Body      string  `db:"body" rule:"1..5000"`
				State     *string `db:"state" rule:"0..20"`
			}
			users, comments := base(m)
			notes := Declare[Note](m, "notes", Searchable("title"))
			OneToMany(users, "notes", notes, "author", "author_id", Cascade)
			OneToMany(notes, "comments", comments, "note", "note_id", Cascade)
		}, "", nil},
		{"columns", func(m *Model) {
			type Note struct {
				Row
				AuthorKey int64   `db:"author_id"`
				EditorKey *int64  `db:"editor_id"`
				ParentKey *int64  `db:"parent_id"`
				Title     string  `db:"title" rule:"1..100"`
				Body      string  `db:"body" rule:"1..5000"`
				State     *string `db:"state" rule:"0..20"`
				Mood      *string `db:"mood" rule:"0..20"`
				Sort      string  `db:"sort" rule:"1..20" api:",default=plain; it's"`
				Code      *string `db:"code" rule:"1..20 unique"`
			}
			users, comments := base(m)
			notes := Declare[Note](m, "notes", Searchable("title"), Unique("parent_id", "title"))
			OneToMany(notes, "notes", notes, "parent", "parent_id", Cascade)
			OneToMany(users, "notes", notes, "author", "author_id", Cascade)
			OneToMany(users, "edited", notes, "editor", "editor_id", Detach)
			OneToMany(notes, "comments", comments, "note", "note_id", Cascade)
		}, "", and("SELECT min(sort) || max(sort) FROM notes", "plain; it'splain; it's", "SELECT count(*) FROM notes WHERE mood IS NULL AND editor_id IS NULL", "2")},
		{"links", func(m *Model) {
			type Note struct {
				Row
				AuthorKey int64   `db:"author_id"`
				EditorKey *int64  `db:"editor_id"`
				ParentKey *int64  `db:"parent_id"`
				Title     string  `db:"title" rule:"1..100"`
				Body      string  `db:"body" rule:"1..5000"`
				State     *string `db:"state" rule:"0..20"`
				Mood      *string `db:"mood" rule:"0..20"`
				Sort      string  `db:"sort" rule:"1..20" api:",default=plain; it's"`
				Code      *string `db:"code" rule:"1..20 unique"`
			}
			users, comments := base(m)
			notes := Declare[Note](m, "notes", Searchable("title", "body"), Unique("parent_id", "title"))
			OneToMany(notes, "notes", notes, "parent", "parent_id", Cascade)
			readers := Declare[Reader](m, "readers")
			OneToMany(users, "reading", readers, "user", "user_id", Cascade)
			OneToMany(notes, "readers", readers, "note", "note_id", Cascade)
			ManyToManyThrough(users, "read", notes, "readBy", readers, "user_id", "note_id")
			tags := Declare[Tag](m, "tags", Searchable("word"))
			OneToMany(users, "notes", notes, "author", "author_id", Cascade)
			OneToMany(users, "edited", notes, "editor", "editor_id", Detach)
			OneToMany(notes, "comments", comments, "note", "note_id", Cascade)
			ManyToMany(notes, "tags", tags, "notes", "note_tags", "note_id", "tag_id")
			ManyToMany(users, "knows", users, "knownBy", "knows", "one_id", "other_id")
		}, "", and(fmt.Sprintf(search, "numbers"), "2", "SELECT body_words FROM notes WHERE id = 2", " ünder 2 numbers "+strings.Repeat("é", wordLength)+" ")},
		{"made_anew", func(m *Model) {
			type Note struct {
				Row
				AuthorKey int64  `db:"author_id"`
				EditorKey *int64 `db:"editor_id"`
				ParentKey *int64 `db:"parent_id"`
				Title     string `db:"title" rule:"1..200"`
				Shown     string `db:"shown" rule:"1..200 default=title"`
				Body      string `db:"body" rule:"1..5000"`
				State     string `db:"state" rule:"0..20" api:",default=new"`
				Sort      string `db:"sort" rule:"1..20" api:",default=plain; it's"`
				Code      string `db:"code" rule:"1..20 default=title"`
			}
			users, comments := base(m)
			notes := Declare[Note](m, "notes", Searchable("title", "body"), Unique("title", "parent_id"), Unique("author_id", "code"))
			OneToMany(notes, "notes", notes, "parent", "parent_id", Cascade)
			readers := Declare[Reader](m, "readers")
			OneToMany(users, "reading", readers, "user", "user_id", Cascade)
			OneToMany(notes, "readers", readers, "note", "note_id", Cascade)
			ManyToManyThrough(users, "read", notes, "readBy", readers, "user_id", "note_id")
			tags := Declare[Tag](m, "tags", Searchable("word"))
			OneToMany(users, "notes", notes, "author", "author_id", Cascade)
			OneToOne(users, "edited", notes, "editor", "editor_id", Detach)
			OneToMany(notes, "comments", comments, "note", "note_id", Cascade)
			ManyToMany(notes, "tags", tags, "notes", "note_tags", "note_id", "tag_id")
			ManyToMany(users, "knows", users, "knownBy", "knows", "one_id", "other_id")
		}, "the column notes.mood goes with what it holds (if it is to be called shown, write ALTER TABLE notes RENAME COLUMN mood TO shown",
			and("SELECT state || shown || code FROM notes WHERE id = 1", "newÉlan vitalÉlan vital", fmt.Sprintf(search, "numbers"), "2")},
		{"less", func(m *Model) {
			type Note struct {
				Row
				AuthorKey int64  `db:"author_id"`
				Title     string `db:"title" rule:"1..100"`
				Body      string `db:"body" rule:"1..5000"`
				Code      string `db:"code" rule:"1..20 default=title"`
			}
			users, comments := base(m)
			notes := Declare[Note](m, "notes", Searchable("title"))
			OneToMany(users, "notes", notes, "author", "author_id", Cascade)
			OneToMany(notes, "comments", comments, "note", "note_id", Cascade)
		}, "the table note_tags goes with its rows", kept},
	}
}

// A page changes in every way, over rows: what is drafted for each step is made on both databases, makes what would be
// drafted at once, loses nothing that it was not told to lose, and can be undone.
func TestDraftsInSteps(t *testing.T) {
	steps := stepsOfAPage()
	files := functions(t)
	upTo := []fstest.MapFS{}
	for _, s := range steps {
		if s.loses != "" {
			if _, err := modelOf(files, s.page).DraftMigration(t.Context(), files, s.name, false); err == nil || !strings.Contains(err.Error(), s.loses) || !strings.Contains(err.Error(), "--destructive") {
				t.Fatalf("%s answers %v", s.name, err)
			}
		}
		drafted(t, s.page, files, s.name, s.loses != "")
		upTo = append(upTo, maps.Clone(files))
	}
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			at := make([][]string, len(steps))
			var d *DB
			for i, s := range steps {
				if i == 0 {
					d = opened(t, name, modelOf(upTo[i], s.page))
					fillNotes(t, d)
				}
				d.model = modelOf(upTo[i], s.page)
				if err := d.Migrate(t.Context()); err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
				at[i] = catalog(t, d)
				differ(t, s.name, at[i], atOnce(t, name, s.page))
				for query, want := range s.rows {
					if d.Name() == "postgres" {
						query = strings.Replace(query, "id IN (SELECT rowid FROM notes_search WHERE notes_search MATCH '\"", "search @@ '", 1)
						query = strings.Replace(query, "\"')", "'::tsquery", 1)
					}
					var got string
					if err := d.write.Get(&got, query); err != nil || got != want {
						t.Errorf("%s: %s is %q, not %q; error %v", s.name, query, got, want, err)
					}
				}
			}
			var key int64
			if err := d.write.Get(&key, "INSERT INTO notes (author_id, title, body, code, created_at, updated_at, title_words) VALUES (1, 'New', 'x', 'new', '2026-01-01', '2026-01-01', ' new ') RETURNING id"); err != nil || key != 4 {
				t.Errorf("a key that was given before is given again: %d, error %v", key, err)
			}
			back(t, d, steps, at)
		})
	}
}

// fillNotes gives a new database rows, and takes the last one away: its key is never to be used again.
func fillNotes(t *testing.T, d *DB) {
	t.Helper()
	long := "Ünder_2 numbers-" + strings.Repeat("É", wordLength+9)
	for _, statement := range []string{
		"INSERT INTO users (id, name, created_at, updated_at) VALUES (1, 'ada', '2026-01-01', '2026-01-01')",
		"INSERT INTO notes (author_id, title, body, title_words, created_at, updated_at) VALUES (1, 'Élan vital', 'Numbers', ' élan vital ', '2026-01-01', '2026-01-01')",
		"INSERT INTO notes (author_id, title, body, title_words, created_at, updated_at) VALUES (1, 'b', '" + long + "', ' b ', '2026-01-01', '2026-01-01')",
		"INSERT INTO notes (author_id, title, body, title_words, created_at, updated_at) VALUES (1, 'c', 'c', ' c ', '2026-01-01', '2026-01-01')",
		"INSERT INTO comments (note_id, created_at, updated_at) VALUES (1, '2026-01-01', '2026-01-01'), (2, '2026-01-01', '2026-01-01')",
		"DELETE FROM notes WHERE title = 'c'",
	} {
		if _, err := d.write.Exec(statement); err != nil {
			t.Fatalf("%v: %s", err, statement)
		}
	}
}

// What was given to a table by hand stays, also where SQLite makes the table anew.
func TestDraftsKeepWhatIsMadeByHand(t *testing.T) {
	files := functions(t)
	page := func(m *Model) {
		type Dog struct {
			Row
			Name string `db:"name" rule:"1..9"`
			Tag  string `db:"tag" rule:"1..9"`
		}
		Declare[Dog](m, "dogs")
	}
	drafted(t, page, files, "base", false)
	const up, down = "-- +goose Up\nCREATE INDEX dogs_by_both ON dogs (name, tag);\nCREATE UNIQUE INDEX dogs_once ON dogs (tag) WHERE version > 1;\n",
		"-- +goose Down\nDROP INDEX dogs_once;\nDROP INDEX dogs_by_both;\n"
	const trigger = "-- +goose StatementBegin\nCREATE TRIGGER dogs_hand AFTER DELETE ON dogs BEGIN SELECT 1; END;\n-- +goose StatementEnd\n"
	files["0003_hand.postgres.sql"] = &fstest.MapFile{Data: []byte(up + down)}
	files["0003_hand.sqlite.sql"] = &fstest.MapFile{Data: []byte(up + trigger + down + "DROP TRIGGER dogs_hand;\n")}
	for name, file := range files { // as if the table had been made by hand
		files[name] = &fstest.MapFile{Data: []byte(strings.Replace(string(file.Data), "DEFAULT 1\n", "DEFAULT 1, CHECK (name <> tag), UNIQUE (name, tag)\n", 1))}
	}
	if made, err := modelOf(files, page).DraftMigration(t.Context(), files, "nothing", false); err != nil || len(made) > 0 {
		t.Fatalf("%v, error %v", made, err)
	}
	wider := func(m *Model) {
		type Dog struct {
			Row
			Name string `db:"name" rule:"1..99"`
			Tag  string `db:"tag" rule:"1..9"`
		}
		Declare[Dog](m, "dogs")
	}
	drafted(t, wider, files, "wider", false)
	together := func(m *Model) { // as they are already: they need no second index
		type Dog struct {
			Row
			Name string `db:"name" rule:"1..99"`
			Tag  string `db:"tag" rule:"1..9"`
		}
		Declare[Dog](m, "dogs", Unique("name", "tag"))
	}
	if made, err := modelOf(files, together).DraftMigration(t.Context(), files, "nothing", false); err != nil || len(made) > 0 {
		t.Fatalf("%v, error %v", made, err)
	}
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			d := opened(t, name, modelOf(files, wider))
			const insert = "INSERT INTO dogs (name, tag, version, created_at, updated_at) VALUES "
			if _, err := d.write.Exec(insert + "('a long name for a dog', 'b', 2, '2026-01-01', '2026-01-01')"); err != nil {
				t.Fatal(err)
			}
			for _, wrong := range []string{"('c', 'c', 1", "('d', 'b', 2", "('a long name for a dog', 'b', 1"} {
				if _, err := d.write.Exec(insert + wrong + ", '2026-01-01', '2026-01-01')"); err == nil {
					t.Errorf("%s is inserted", wrong)
				}
			}
			if lines := strings.Join(catalog(t, d), "\n"); !strings.Contains(lines, "dogs_by_both") || name == "sqlite" && !strings.Contains(lines, "dogs_hand") {
				t.Errorf("an index is gone: %s", lines)
			}
		})
	}
}

// back undoes the steps one by one.
func back(t *testing.T, d *DB, steps []step, at [][]string) {
	t.Helper()
	provider, err := d.migrations()
	if err != nil {
		t.Fatal(err)
	}
	if d.loosen[0] != "" {
		if _, err := d.write.Exec(d.loosen[0]); err != nil {
			t.Fatal(err)
		}
	}
	for i := len(steps) - 2; i >= 0; i-- {
		if _, err := provider.Down(context.WithoutCancel(t.Context())); err != nil {
			t.Fatalf("back from %s: %v", steps[i+1].name, err)
		}
		d.model = modelOf(d.model.migrations, steps[i].page)
		if err := d.distribute(t.Context()); err != nil { // as the program of that page does
			t.Fatal(err)
		}
		differ(t, "back at "+steps[i].name, catalog(t, d), at[i])
		var rows int
		if err := d.write.Get(&rows, "SELECT count(*) FROM comments JOIN notes ON notes.id = note_id"); err != nil || rows != 2 {
			t.Errorf("back at %s there are %d comments, error %v", steps[i].name, rows, err)
		}
	}
}

// What no statement can do for rows that exist is refused in words that say what to declare.
func TestDraftsThatAreRefused(t *testing.T) {
	type User struct {
		Row
		Name string `db:"name" rule:"1..50"`
	}
	files := functions(t)
	page := func(m *Model) { Declare[User](m, "users") }
	drafted(t, page, files, "base", false)
	for _, c := range []struct {
		page func(*Model)
		want string
	}{
		{func(m *Model) {
			type User struct {
				Row
				Name string `db:"name" rule:"1..50"`
				Mood string `db:"mood" rule:"1..50"`
			}
			Declare[User](m, "users")
		}, "users.mood is new and required, and no row of users that exists has a value for it: declare one"},
		{func(m *Model) {
			type User struct {
				Row
				Name    string `db:"name" rule:"1..50"`
				BossKey int64  `db:"boss_id"`
			}
			type Boss struct{ Row }
			OneToMany(Declare[Boss](m, "bosses"), "staff", Declare[User](m, "users"), "boss", "boss_id", keep)
		}, "users.boss_id is new and required"},
		{func(m *Model) {
			type User struct {
				Row
				Name string `db:"name" rule:"1..50"`
				Room string `db:"room" rule:"1..50" api:",default=x"`
			}
			Declare[User](m, "users", Unique("name", "room"))
		}, "users becomes unique in name, room together"},
		{func(m *Model) {
			type User struct {
				Row
				Name string `db:"name" rule:"1..50"`
				Code string `db:"code" rule:"1..50 unique" api:",default=x"`
			}
			Declare[User](m, "users")
		}, "users.code is new, required and unique"},
		{func(m *Model) {
			type User struct {
				Row
				Name string `db:"name" rule:"2..50 unique"`
			}
			Declare[User](m, "users")
		}, "users.name takes less than before; users.name becomes unique"},
		{func(m *Model) {
			type User struct {
				Row
				Name string `db:"name" rule:"1..50"`
				Much string `db:"a_column_with_a_name_that_is_as_long_as_nobody_would_call_it" rule:"1..50" api:",default=x"`
			}
			Declare[User](m, "users")
		}, "more than 63 bytes"},
	} {
		if made, err := modelOf(files, c.page).DraftMigration(t.Context(), files, "refused", false); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q is not in %v; drafted is %v", c.want, err, made)
		}
	}
	for _, name := range []string{"", "../x", "a b", "a.sql", "é"} {
		if _, err := modelOf(files, page).DraftMigration(t.Context(), files, name, false); err == nil || !strings.Contains(err.Error(), "no name of a migration") {
			t.Errorf("%q answers %v", name, err)
		}
	}
}

// What a migration finds the words of stored texts by is what the program finds them by, for every code point there is.
func TestMigrationsFindTheSameWords(t *testing.T) {
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			d := opened(t, name, NewModel(functions(t)))
			conn, err := d.write.Connx(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			ask := "SELECT kith_words(?)"
			if name == "postgres" {
				ask = "SELECT kith_words($1)"
				if _, err := conn.ExecContext(t.Context(), wordsFunction()); err != nil {
					t.Fatal(err)
				}
			}
			const together = 1 << 12
			for first := rune(1); first <= unicode.MaxRune; first += together {
				var b strings.Builder
				for r := first; r < first+together; r++ {
					if utf8.ValidRune(r) {
						b.WriteString("q" + string(r) + "q ")
					}
				}
				var got string
				if err := conn.GetContext(t.Context(), &got, ask, b.String()); err != nil {
					t.Fatal(err)
				}
				if want := words(b.String()); got != want {
					a, b := strings.Fields(got), strings.Fields(want)
					for i := range min(len(a), len(b)) {
						if a[i] != b[i] {
							t.Fatalf("from %U on: %+q is not %+q", first, a[i], b[i])
						}
					}
					t.Fatalf("from %U on there are %d words, not %d", first, len(a), len(b))
				}
			}
		})
	}
}

// Tables that refer to each other, and a column that becomes a foreign key or another type, are drafted as well; what does
// not fit stops the migration, and the database is as it was.
func TestDraftsOfCirclesAndMisfits(t *testing.T) {
	type Dog struct {
		Row
		OwnerKey *int64 `db:"owner_id"`
		Tag      string `db:"tag" rule:"1..9"`
	}
	type Owner struct {
		Row
		BestKey *int64 `db:"best_id"`
	}
	circle := func(m *Model) {
		dogs, owners := Declare[Dog](m, "dogs"), Declare[Owner](m, "owners")
		OneToMany(owners, "dogs", dogs, "owner", "owner_id", Detach)
		OneToMany(dogs, "admirers", owners, "best", "best_id", Detach)
	}
	loose := func(m *Model) {
		type Dog struct {
			Row
			OwnerKey *int64 `db:"owner_id"`
			Tag      int64  `db:"tag"`
		}
		Declare[Dog](m, "dogs")
		Declare[Owner](m, "owners")
	}
	files := functions(t)
	drafted(t, circle, files, "circle", false)
	made := maps.Clone(files)
	drafted(t, loose, files, "loose", true)
	free := maps.Clone(files)
	drafted(t, circle, files, "bound", true)
	for _, name := range []string{"sqlite", "postgres"} {
		t.Run(name, func(t *testing.T) {
			d := opened(t, name, modelOf(made, circle))
			bound := catalog(t, d)
			for _, statement := range []string{
				"INSERT INTO owners (id, created_at, updated_at) VALUES (1, '2026-01-01', '2026-01-01')",
				"INSERT INTO dogs (id, owner_id, tag, created_at, updated_at) VALUES (1, 1, '7', '2026-01-01', '2026-01-01')",
				"UPDATE owners SET best_id = 1",
			} {
				if _, err := d.write.Exec(statement); err != nil {
					t.Fatal(err)
				}
			}
			d.model = modelOf(free, loose)
			if err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			between := catalog(t, d)
			differ(t, "loose", between, atOnce(t, name, loose))
			if _, err := d.write.Exec("UPDATE dogs SET owner_id = 9"); err != nil {
				t.Fatal(err)
			}
			d.model = modelOf(files, loose)
			if err := d.Migrate(t.Context()); err == nil {
				t.Error("a foreign key that leads nowhere is made")
			}
			differ(t, "after a failure", catalog(t, d), between)
			if _, err := d.write.Exec("UPDATE dogs SET owner_id = 1"); err != nil {
				t.Fatal(err)
			}
			if err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			d.model = modelOf(files, circle)
			differ(t, "bound", catalog(t, d), bound)
			var dogs int
			if err := d.write.Get(&dogs, "SELECT count(*) FROM dogs JOIN owners ON owners.id = owner_id AND best_id = dogs.id WHERE tag = '7'"); err != nil || dogs != 1 {
				t.Errorf("%d dogs, error %v", dogs, err)
			}
			if _, err := d.write.Exec("UPDATE dogs SET owner_id = 9"); err == nil {
				t.Error("foreign keys are not kept after migrating")
			}
			provider, err := d.migrations()
			if err != nil {
				t.Fatal(err)
			}
			if d.loosen[0] != "" {
				if _, err := d.write.Exec(d.loosen[0]); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := provider.DownTo(t.Context(), 1); err != nil {
				t.Error(err)
			}
		})
	}
}
