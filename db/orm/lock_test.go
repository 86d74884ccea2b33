package orm

import (
	"slices"
	"testing"
)

type (
	chapter struct {
		Key     int64 `db:"id"`
		BookKey int64 `db:"book_id"`
	}
	note struct {
		Key        int64  `db:"id"`
		ChapterKey *int64 `db:"chapter_id"`
	}
	print struct {
		Key     int64  `db:"id"`
		NoteKey *int64 `db:"note_id"`
	}
)

// What goes with a row, or loses a key with it, is locked before anything goes, however far off it is; behind what only
// loses a key nothing is.
func TestRemovedRowsAreLockedToTheEnd(t *testing.T) {
	m := NewModel(nil)
	authors, books, chapters, notes, prints := Declare[author](m, "a"), Declare[novel](m, "b"), Declare[chapter](m, "c"), Declare[note](m, "d"), Declare[print](m, "e")
	OneToMany(authors, "books", books, "author", "author_id", Cascade)
	OneToMany(authors, "edited", books, "editor", "editor_id", Detach)
	OneToMany(books, "chapters", chapters, "book", "book_id", Cascade)
	OneToMany(chapters, "notes", notes, "chapter", "chapter_id", Detach)
	OneToMany(notes, "prints", prints, "note", "note_id", Detach)
	l := locking{db: &DB{dialect: sqliteDialect}, tables: map[*Table]*tableLocks{}}
	l.intent(Intent{Draft: &Draft{table: authors.Table}, Keys: []int64{7}, Remove: true})
	var got []string
	for _, r := range l.related {
		got = append(got, r.text())
		if l.tables[r.relation.To].strength != lockRemove || !slices.Equal(r.args, []any{int64(7)}) {
			t.Errorf("%s with %v is locked by %d", r.text(), r.args, l.tables[r.relation.To].strength)
		}
	}
	const a = "SELECT id FROM a WHERE id = ?"
	const b = "SELECT id FROM b WHERE author_id IN (" + a + ")"
	const c = "SELECT id FROM c WHERE book_id IN (" + b + ")"
	if want := []string{b, c, "SELECT id FROM d WHERE chapter_id IN (" + c + ")", "SELECT id FROM b WHERE editor_id IN (" + a + ")"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// What a draft hangs on is made with it: a run before has left nothing to lock.
func TestParentsOfNewRowsAreNotLocked(t *testing.T) {
	draft, faults := NewDraft(Posts.Table, Input{{"title", "T"}, {"content", "C"}}, nil, true)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	author := PostAuthor.Own
	for _, c := range []struct {
		give func()
		want int
	}{{func() { draft.setParent(author, 7) }, 0}, {func() { draft.values = nil; draft.Default(author, int64(7)) }, 1}} {
		c.give()
		l := locking{db: &DB{dialect: sqliteDialect}, tables: map[*Table]*tableLocks{}}
		if l.draft(draft); l.keys != c.want {
			t.Errorf("%d keys, want %d", l.keys, c.want)
		}
	}
}
