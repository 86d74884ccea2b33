package db_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"kith/db"
	"kith/db/orm"
)

// What a load of many rows takes away it makes again, and what it gives itself is what triggers would have made.
func TestLoadOfManyRows(t *testing.T) {
	m := migrateNew(t, "postgres")
	const schema = `SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL SELECT conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
		UNION ALL SELECT tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1`
	before := m.lines(t, schema)
	contents := []string{
		"one two three", "…", "the the same same the words", "Ärger 一二 über ÉCOLE x1e5 1e5 007", strings.Repeat("again ", 300), strings.Repeat("w ", 17000),
		strings.Repeat("a b c d ", 62) + "e", strings.Repeat("a b c d ", 62) + "e f g", strings.Repeat("word", 70) + " tail",
	}
	row := func(key int) orm.Row {
		at := time.Date(2020, 1, 1, 0, key, 0, 0, time.UTC)
		return orm.Row{Key: int64(key), CreatedAt: at, UpdatedAt: at, Version: 1}
	}
	err := m.Load(t.Context(), nil, func(ctx context.Context, l *orm.Load) error {
		if err := l.Expect(ctx, 1_000_000); err != nil {
			return err
		}
		if err := l.Add(ctx, db.Users.Table, &db.User{Row: row(1), Username: "ada", Name: "Ada L."}, nil); err != nil {
			return err
		}
		for i := range 5000 { // more than are written at once
			title, content := []string{"One title", "?", "Title one one"}[i%3], contents[0]
			if i%700 < len(contents) { // the long ones are few
				content = contents[i%700]
			}
			if err := l.Add(ctx, db.Posts.Table, &db.Post{Row: row(i + 1), AuthorKey: 1, Title: title, Content: content}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if after := m.lines(t, schema); !slices.Equal(before, after) {
		t.Errorf("before:\n%s\nafter:\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
	const wrong = `SELECT id, title_words, left(content_words, 80), left(search::text, 200) FROM posts WHERE search IS DISTINCT FROM setweight(kith_vector(title_words), 'A') || kith_vector(content_words)`
	for _, statement := range []string{
		"", "UPDATE posts SET content_words = ' one ' WHERE id = 3",
		"INSERT INTO posts (author_id, title, content, created_at, updated_at, title_words) VALUES (1, 'Hand made', '-', now(), now(), ' hand made ')",
	} {
		if _, err := m.raw.Exec(statement); err != nil {
			t.Fatal(err)
		}
		if found := m.lines(t, wrong); len(found) > 0 {
			t.Errorf("after %q other words are searched than there are:\n%s", statement, strings.Join(found[:min(5, len(found))], "\n"))
		}
	}
	if found := m.lines(t, `SELECT id FROM posts WHERE search @@ 'hand' UNION ALL SELECT id FROM users WHERE search @@ 'ada'`); len(found) != 2 {
		t.Errorf("%d found by words", len(found))
	}
}

// So it is on SQLite.
func TestLoadOfManyRowsIntoSQLite(t *testing.T) {
	m := migrateNew(t, "sqlite")
	const schema = `SELECT COALESCE(sql, name) FROM sqlite_schema ORDER BY 1`
	before := m.lines(t, schema)
	var during []string
	load := func(fail error) error {
		return m.Load(t.Context(), nil, func(ctx context.Context, l *orm.Load) error {
			if err := l.Expect(ctx, 1_000_000); err != nil {
				return err
			}
			at := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
			row := func(key int) orm.Row { return orm.Row{Key: int64(key), CreatedAt: at, UpdatedAt: at, Version: 1} }
			if err := l.Add(ctx, db.Users.Table, &db.User{Row: row(1), Username: "ada", Name: "Ada L."}, nil); err != nil {
				return err
			}
			for i := range 5000 { // more than are written at once
				if err := l.Add(ctx, db.Posts.Table, &db.Post{Row: row(i + 1), AuthorKey: 1, Title: "Title", Content: "one two"}); err != nil {
					return err
				}
			}
			during = nil
			if err := m.Query(ctx, "schema", "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'posts'", nil, func(rows *sqlx.Rows) error {
				during = append(during, "")
				return nil
			}); err != nil {
				return err
			}
			return fail
		})
	}
	failed := errors.New("it fails")
	if err := load(failed); !errors.Is(err, failed) {
		t.Error(err)
	}
	if after, rows := m.lines(t, schema), m.lines(t, "SELECT id FROM posts"); !slices.Equal(before, after) || len(rows) > 0 {
		t.Errorf("a load that failed leaves %d rows and\n%s", len(rows), strings.Join(after, "\n"))
	}
	if err := load(nil); err != nil {
		t.Fatal(err)
	}
	if len(during) > 0 {
		t.Errorf("%d indexes of posts while they are written", len(during))
	}
	if after, rows := m.lines(t, schema), m.lines(t, "SELECT rowid FROM posts_search WHERE posts_search MATCH 'two'"); !slices.Equal(before, after) || len(rows) != 5000 {
		t.Errorf("%d rows are found, and before:\n%s\nafter:\n%s", len(rows), strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
	if problems := m.lines(t, "PRAGMA integrity_check"); !slices.Equal(problems, []string{"ok"}) {
		t.Error(problems)
	}
}
