package db

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

// Entities of pages that are declared wrongly.
type (
	author struct {
		Key  int64  `db:"id"`
		Name string `db:"name" rule:"1..50"`
	}
	novel struct {
		Key       int64     `db:"id"`
		AuthorKey int64     `db:"author_id"`
		EditorKey *int64    `db:"editor_id"`
		Title     string    `db:"title"`
		CreatedAt time.Time `db:"created_at"`
	}
	keyless struct {
		Name string `db:"name"`
	}
	misnamed struct {
		Key int64 `db:"key"`
	}
	textual struct {
		Key string `db:"id"`
	}
	typed struct {
		Key  int64 `db:"id"`
		Odd  int   `db:"odd"`
		Name string
	}
	unruly struct {
		Key  int64  `db:"id"`
		Name string `db:"name" rule:"some"`
	}
	unknown struct {
		Key  int64  `db:"id"`
		Name string `db:"name" rule:"1..5 pretty"`
	}
	misspelt struct {
		Key  int64  `db:"id"`
		Name string `db:"name" rule:"1..5" api:",readolny"`
	}
	spaced struct {
		Key  int64  `db:"id"`
		Name string `db:"name" rule:"1..5" api:"full name"`
	}
	preset struct {
		Key  int64  `db:"id"`
		Name string `db:"name" rule:"1..5" api:",default=too long"`
	}
	numbered struct {
		Key int64 `db:"id"`
		Age int64 `db:"age" api:",default=five"`
	}
	unscaled struct {
		Key   int64   `db:"id"`
		Price Decimal `db:"price" rule:"0..5"`
	}
	vast struct {
		Key   int64   `db:"id"`
		Price Decimal `db:"price" rule:"19,2"`
	}
	bare struct {
		Key   int64   `db:"id"`
		Price Decimal `db:"price"`
	}
	reversed struct {
		Key int64 `db:"id"`
		Age int32 `db:"age" rule:"5..1"`
	}
	wordy struct {
		Key int64 `db:"id"`
		Age int32 `db:"age" rule:"one..five"`
	}
	weighed struct {
		Key    int64   `db:"id"`
		Weight float64 `db:"weight" rule:"unique"`
	}
	beyond struct {
		Key int64 `db:"id"`
		Age int32 `db:"age" rule:"0..9" api:",default=10"`
	}
	structured struct {
		Key  int64 `db:"id"`
		Data JSON  `db:"data" api:",default={}"`
	}
	twin struct {
		Key   int64  `db:"id"`
		Name  string `db:"name" rule:"1..5"`
		Other string `db:"other" rule:"1..5" api:"name"`
	}
	sealed struct {
		Key       int64 `db:"id"`
		AuthorKey int64 `db:"author_id" api:",readonly"`
	}
	human struct {
		Key       int64 `db:"id"`
		ParentKey int64 `db:"parent_id"`
	}
	group struct {
		Key      int64 `db:"id"`
		OwnerKey int64 `db:"owner_id"`
	}
	member struct {
		Key      int64 `db:"id"`
		GroupKey int64 `db:"group_id"`
		// AuthorKey closes a circle.
		MemberKey int64 `db:"member_id"`
	}
)

// A page that is declared wrongly stops the program at its start, with one sentence that says what and where.
func TestWrongDeclarations(t *testing.T) {
	for name, c := range map[string]struct {
		want    string
		declare func()
	}{
		"entity without columns":  {"the first column of keyless must be its key", func() { table[keyless]("keyless") }},
		"key under another name":  {"the first column of misnamed must be its key", func() { table[misnamed]("misnamed") }},
		"key that is a text":      {"the first column of textual must be its key", func() { table[textual]("textual") }},
		"column of another type":  {"typed.Odd has type int; a column is bool, int32,", func() { table[typed]("typed") }},
		"entity declared twice":   {"author is declared twice", func() { table[author]("a"); table[author]("b") }},
		"rule without a length":   {`unruly.name: rule "some" does not begin with a length`, func() { table[unruly]("unruly") }},
		"unknown rule":            {`unknown.name: unknown rule "pretty"`, func() { table[unknown]("unknown") }},
		"unknown option":          {`misspelt.name: unknown option "readolny"`, func() { table[misspelt]("m") }},
		"name with a space":       {`spaced.name: "full name" is no name of a field`, func() { table[spaced]("s") }},
		"default against a rule":  {`preset.name: the default "too long" must have at most 5 characters`, func() { table[preset]("p") }},
		"default of a number":     {`numbered.age: the default "five" is not a whole number`, func() { table[numbered]("n") }},
		"decimal without digits":  {`price: rule "0..5" does not begin with digits, at most 18, and those behind the point`, func() { table[unscaled]("u") }},
		"decimal of 19 digits":    {`price: rule "19,2" does not begin with digits, at most 18`, func() { table[vast]("v") }},
		"decimal without a rule":  {`price: rule "" does not begin with digits`, func() { table[bare]("b") }},
		"range that is empty":     {`age: rule "5..1" leaves nothing`, func() { table[reversed]("r") }},
		"range of words":          {"is not a whole number of 32 bits", func() { table[wordy]("w") }},
		"unique fraction":         {`weight: unknown rule "unique"`, func() { table[weighed]("w") }},
		"default beyond a range":  {`beyond.age: the default "10" must be 0 to 9`, func() { table[beyond]("b") }},
		"default of a JSON value": {`structured.data: the default "{}" is not a JSON value`, func() { table[structured]("s") }},
		"field declared twice":    {"twin.name is declared twice", func() { table[twin]("t") }},
		"without what is no verb": {`author has no verb "drop" to be without`, func() { table[author]("a", without("drop")) }},
		"owned by nothing":        {`author has no column "user_id" to be owned by`, func() { table[author]("a", ownedBy("user_id")) }},
		"visible to nothing":      {`author has no column "user_id" to be visible to`, func() { table[author]("a", visibleTo("user_id")) }},
		"searched where no text":  {`novel has no text column "created_at" to be searched`, func() { table[novel]("b", searchable("created_at")) }},
		"secret without a length": {`a.hash: rule "long"`, func() { table[author]("a", secret("hash", "password", "long")) }},
		"unknown column": {`author.books: novel has no column "writer_id"`, func() {
			oneToMany(table[author]("a"), "books", table[novel]("b"), "author", "writer_id", cascade)
		}},
		"unknown column of one": {`author.novel: novel has no column "writer_id"`, func() {
			oneToOne(table[author]("a"), "novel", table[novel]("b"), "author", "writer_id", cascade)
		}},
		"column that holds no key": {"column b.title cannot hold a key", func() {
			oneToMany(table[author]("a"), "books", table[novel]("b"), "author", "title", cascade)
		}},
		"column that leads elsewhere": {"column b.author_id already refers to a", func() {
			books := table[novel]("b")
			oneToMany(table[author]("a"), "books", books, "author", "author_id", cascade)
			oneToMany(table[human]("p"), "books", books, "human", "author_id", cascade)
		}},
		"detached from what must not be null": {"column b.author_id is not a pointer", func() {
			oneToMany(table[author]("a"), "books", table[novel]("b"), "author", "author_id", detach)
		}},
		"coordinate twice": {"author.books is declared twice", func() {
			authors, books := table[author]("a"), table[novel]("b")
			oneToMany(authors, "books", books, "author", "author_id", cascade)
			oneToMany(authors, "books", books, "editor", "editor_id", detach)
		}},
		"relation twice": {"author.books is declared twice", func() {
			authors, novels := table[author]("a"), table[novel]("b")
			oneToMany(authors, "books", novels, "author", "author_id", cascade)
			oneToMany(authors, "books", novels, "author", "author_id", cascade)
		}},
		"key of its own": {"column b.id cannot hold a key", func() {
			oneToMany(table[author]("a"), "books", table[novel]("b"), "author", "id", cascade)
		}},
		"way back twice": {"novel.author is declared twice", func() {
			authors, books := table[author]("a"), table[novel]("b")
			oneToMany(authors, "books", books, "author", "author_id", cascade)
			oneToMany(authors, "edited", books, "author", "editor_id", detach)
		}},
		"relation named as a column": {"author.name is declared twice", func() {
			oneToMany(table[author]("a"), "name", table[novel]("b"), "author", "author_id", cascade)
		}},
		"links named as a column": {"novel.title is declared twice", func() {
			manyToMany(table[author]("a"), "books", table[novel]("b"), "title", "author_books", "author_id", "book_id")
		}},
		"key that nothing gives": {"author.sealed: no input of a new sealed gives column s.author_id, which it needs", func() {
			oneToMany(table[author]("a"), "sealed", table[sealed]("s"), "author", "author_id", cascade)
		}},
		"owner that is no user": {"author.sealed: column s.author_id cannot own rows, it leads to a and not to users", func() {
			oneToMany(table[author]("a"), "sealed", table[sealed]("s", ownedBy("author_id")), "author", "author_id", cascade)
		}},
		"computed from another's row": {"author.full: it is computed from a row of novel", func() {
			table[author]("a", computed("full", func(*novel) string { return "" }))
		}},
		"computed as a list": {"author.full: is a []string; a computed field is int64, string, time.Time or a pointer to one", func() {
			table[author]("a", computed("full", func(*author) []string { return nil }))
		}},
		"computed as a column": {"author.name: is declared twice", func() {
			table[author]("a", computed("name", func(*author) string { return "" }))
		}},
		"computed twice": {"author.full: is declared twice", func() {
			full := computed("full", func(*author) string { return "" })
			table[author]("a", full, full)
		}},
		"relation named as what is computed": {"author.books is declared twice", func() {
			authors := table[author]("a", computed("books", func(*author) int64 { return 0 }))
			oneToMany(authors, "books", table[novel]("b"), "author", "author_id", cascade)
		}},
		"checked as another's row": {"author: its rows are not checked by a function over novel", func() {
			table[author]("a", check(func(context.Context, *novel, *novel) []Fault { return nil }))
		}},
		"circle with itself": {"human.children makes a circle of cascades: human.children", func() {
			people := table[human]("people")
			oneToMany(people, "children", people, "parent", "parent_id", cascade)
		}},
		"circle of two": {"member.groups makes a circle of cascades: member.groups → group.members", func() {
			groups, members := table[group]("groups"), table[member]("members")
			oneToMany(groups, "members", members, "group", "group_id", cascade)
			oneToMany(members, "groups", groups, "owner", "owner_id", cascade)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			kept := slices.Clone(Tables)
			defer func() { Tables = kept }()
			defer func() {
				said, ok := recover().(string)
				if !ok || !strings.HasPrefix(said, "relations: ") || !strings.Contains(said, c.want) || strings.ContainsAny(said, "\n") {
					t.Errorf("it says %q, want a sentence with %q", said, c.want)
				}
			}()
			c.declare()
			t.Error("nobody minds")
		})
	}
}

// What is declared rightly may be unusual: relations of a table with itself, several between the same two.
func TestUnusualDeclarations(t *testing.T) {
	kept := slices.Clone(Tables)
	defer func() { Tables = kept }()
	authors, books := table[author]("a"), table[novel]("b")
	oneToMany(authors, "books", books, "author", "author_id", cascade)
	_, editor := oneToMany(authors, "edited", books, "editor", "editor_id", detach)
	followers, following := manyToMany(authors, "followers", authors, "following", "follows", "followed_id", "follower_id")
	if editor.Required || editor.Coordinate() != "novel.editor" || editor.Key().Name != "editor_id" {
		t.Errorf("%+v", editor)
	}
	if followers.Back != following.Relation || following.Link.From != followers.Link.To || authors.Relation("following") != following.Relation {
		t.Errorf("%+v, %+v", followers, following)
	}
	if books.Field("authorId") != nil || books.Field("editorId") != nil || books.Field("createdAt") == nil {
		t.Error("a client sees relations and columns, not the keys behind them")
	}
}

// A computed field is what its function makes of a row: as declared to Go, and as a Read would answer it.
func TestComputed(t *testing.T) {
	kept := slices.Clone(Tables)
	defer func() { Tables = kept }()
	books := table[novel]("b", computed("shout", func(n *novel) string { return n.Title + "!" }), computed("editor", func(n *novel) *int64 { return n.EditorKey }))
	edited, key := &novel{Title: "T"}, int64(7)
	if v := value[string](books.Table, "shout", edited); v != "T!" || books.Computed("shout").Of(edited) != v || books.Computed("shout").Nullable {
		t.Errorf("it is %q", v)
	}
	editor := books.Computed("editor")
	if v := value[*int64](books.Table, "editor", edited); v != nil || editor.Of(edited) != nil || !editor.Nullable || editor.Kind != Int || editor.GoType != "*int64" {
		t.Errorf("without an editor: %v, %+v", v, editor)
	}
	edited.EditorKey = &key
	if v := value[*int64](books.Table, "editor", edited); v != &key || editor.Of(edited) != int64(7) {
		t.Errorf("with one: %v", v)
	}
	if books.Field("shout") != nil || len(books.ComputedFields()) != 2 {
		t.Error("a filter or an order could take it")
	}
}

// Both directions of a relation are each other's way back, and what one needs stands in the other.
func TestRelationsHaveTwoDirections(t *testing.T) {
	n := 0
	for _, table := range Tables {
		for _, r := range table.Relations {
			n++
			if r.Back.Back != r || r.From != table || r.Back.From != r.To || r.Back.To != r.From {
				t.Errorf("%s and its way back %s do not meet", r.Coordinate(), r.Back.Coordinate())
			}
			if r.Own != r.Back.Theirs || (r.Link == nil) != (r.Back.Link == nil) || r.first == r.Back.first {
				t.Errorf("%s and %s hold different columns", r.Coordinate(), r.Back.Coordinate())
			}
			if r.Own != nil && r.Required == r.Own.Nullable {
				t.Errorf("%s is required: %v, and its column may be null: %v", r.Coordinate(), r.Required, r.Own.Nullable)
			}
		}
	}
	if n < 8 {
		t.Errorf("only %d relations were looked at", n)
	}
}
