package orm

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
	being struct {
		Key       int64   `db:"id"`
		ParentKey *int64  `db:"parent_id"`
		Name      string  `db:"name" rule:"1..400"`
		Motto     string  `db:"motto" rule:"0..400"`
		Badge     string  `db:"badge" rule:"1..5 unique"`
		Weight    float64 `db:"weight"`
	}
	visit struct {
		Key      int64  `db:"id"`
		GuestKey int64  `db:"guest_id"`
		HostKey  int64  `db:"host_id"`
		WrongKey *int64 `db:"wrong_id"`
		Day      Date   `db:"day"`
	}
	stop struct {
		Key      int64  `db:"id"`
		GuestKey int64  `db:"guest_id"`
		HostKey  int64  `db:"host_id"`
		Cursor   string `db:"cursor" rule:"1..5"`
	}
	beingHosts struct {
		Key int64 `db:"id"`
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
		declare func(*Model)
	}{
		"entity without columns":  {"the first column of keyless must be its key", func(m *Model) { Declare[keyless](m, "keyless") }},
		"key under another name":  {"the first column of misnamed must be its key", func(m *Model) { Declare[misnamed](m, "misnamed") }},
		"key that is a text":      {"the first column of textual must be its key", func(m *Model) { Declare[textual](m, "textual") }},
		"column of another type":  {"typed.Odd has type int; a column is bool, int32,", func(m *Model) { Declare[typed](m, "typed") }},
		"entity declared twice":   {"author is declared twice", func(m *Model) { Declare[author](m, "a"); Declare[author](m, "b") }},
		"rule without a length":   {`unruly.name: rule "some" does not begin with a length`, func(m *Model) { Declare[unruly](m, "unruly") }},
		"unknown rule":            {`unknown.name: unknown rule "pretty"`, func(m *Model) { Declare[unknown](m, "unknown") }},
		"unknown option":          {`misspelt.name: unknown option "readolny"`, func(m *Model) { Declare[misspelt](m, "m") }},
		"name with a space":       {`spaced.name: "full name" is no name of a field`, func(m *Model) { Declare[spaced](m, "s") }},
		"default against a rule":  {`preset.name: the default "too long" must have at most 5 characters`, func(m *Model) { Declare[preset](m, "p") }},
		"default of a number":     {`numbered.age: the default "five" is not a whole number`, func(m *Model) { Declare[numbered](m, "n") }},
		"decimal without digits":  {`price: rule "0..5" does not begin with digits, at most 18, and those behind the point`, func(m *Model) { Declare[unscaled](m, "u") }},
		"decimal of 19 digits":    {`price: rule "19,2" does not begin with digits, at most 18`, func(m *Model) { Declare[vast](m, "v") }},
		"decimal without a rule":  {`price: rule "" does not begin with digits`, func(m *Model) { Declare[bare](m, "b") }},
		"range that is empty":     {`age: rule "5..1" leaves nothing`, func(m *Model) { Declare[reversed](m, "r") }},
		"range of words":          {"is not a whole number of 32 bits", func(m *Model) { Declare[wordy](m, "w") }},
		"unique fraction":         {`weight: unknown rule "unique"`, func(m *Model) { Declare[weighed](m, "w") }},
		"default beyond a range":  {`beyond.age: the default "10" must be 0 to 9`, func(m *Model) { Declare[beyond](m, "b") }},
		"default of a JSON value": {`structured.data: the default "{}" is not a JSON value`, func(m *Model) { Declare[structured](m, "s") }},
		"field declared twice":    {"twin.name is declared twice", func(m *Model) { Declare[twin](m, "t") }},
		"without what is no verb": {`author has no verb "drop" to be without`, func(m *Model) { Declare[author](m, "a", Without("drop")) }},
		"owned by nothing":        {`author has no column "user_id" to be owned by`, func(m *Model) { Declare[author](m, "a", OwnedBy("user_id")) }},
		"visible to nothing":      {`author has no column "user_id" to be visible to`, func(m *Model) { Declare[author](m, "a", VisibleTo("user_id")) }},
		"searched where no text":  {`novel has no text column "created_at" to be searched`, func(m *Model) { Declare[novel](m, "b", Searchable("created_at")) }},
		"secret without a length": {`a.hash: rule "long"`, func(m *Model) { Declare[author](m, "a", Secret("hash", "password", "long", nil)) }},
		"unknown column": {`author.books: novel has no column "writer_id"`, func(m *Model) {
			OneToMany(Declare[author](m, "a"), "books", Declare[novel](m, "b"), "author", "writer_id", Cascade)
		}},
		"unknown column of one": {`author.novel: novel has no column "writer_id"`, func(m *Model) {
			OneToOne(Declare[author](m, "a"), "novel", Declare[novel](m, "b"), "author", "writer_id", Cascade)
		}},
		"column that holds no key": {"column b.title cannot hold a key", func(m *Model) {
			OneToMany(Declare[author](m, "a"), "books", Declare[novel](m, "b"), "author", "title", Cascade)
		}},
		"column that leads elsewhere": {"column b.author_id already refers to a", func(m *Model) {
			books := Declare[novel](m, "b")
			OneToMany(Declare[author](m, "a"), "books", books, "author", "author_id", Cascade)
			OneToMany(Declare[human](m, "p"), "books", books, "human", "author_id", Cascade)
		}},
		"detached from what must not be null": {"column b.author_id is not a pointer", func(m *Model) {
			OneToMany(Declare[author](m, "a"), "books", Declare[novel](m, "b"), "author", "author_id", Detach)
		}},
		"coordinate twice": {"author.books is declared twice", func(m *Model) {
			authors, books := Declare[author](m, "a"), Declare[novel](m, "b")
			OneToMany(authors, "books", books, "author", "author_id", Cascade)
			OneToMany(authors, "books", books, "editor", "editor_id", Detach)
		}},
		"relation twice": {"author.books is declared twice", func(m *Model) {
			authors, novels := Declare[author](m, "a"), Declare[novel](m, "b")
			OneToMany(authors, "books", novels, "author", "author_id", Cascade)
			OneToMany(authors, "books", novels, "author", "author_id", Cascade)
		}},
		"key of its own": {"column b.id cannot hold a key", func(m *Model) {
			OneToMany(Declare[author](m, "a"), "books", Declare[novel](m, "b"), "author", "id", Cascade)
		}},
		"way back twice": {"novel.author is declared twice", func(m *Model) {
			authors, books := Declare[author](m, "a"), Declare[novel](m, "b")
			OneToMany(authors, "books", books, "author", "author_id", Cascade)
			OneToMany(authors, "edited", books, "author", "editor_id", Detach)
		}},
		"relation named as a column": {"author.name is declared twice", func(m *Model) {
			OneToMany(Declare[author](m, "a"), "name", Declare[novel](m, "b"), "author", "author_id", Cascade)
		}},
		"links named as a column": {"novel.title is declared twice", func(m *Model) {
			ManyToMany(Declare[author](m, "a"), "books", Declare[novel](m, "b"), "title", "author_books", "author_id", "book_id")
		}},
		"key that nothing gives": {"author.sealed: no input of a new sealed gives column s.author_id, which it needs", func(m *Model) {
			OneToMany(Declare[author](m, "a"), "sealed", Declare[sealed](m, "s"), "author", "author_id", Cascade)
		}},
		"owner that is no user": {"author.sealed: column s.author_id cannot own rows, it leads to a and not to users", func(m *Model) {
			OneToMany(Declare[author](m, "a"), "sealed", Declare[sealed](m, "s", OwnedBy("author_id")), "author", "author_id", Cascade)
		}},
		"computed from another's row": {"author.full: it is computed from a row of novel", func(m *Model) {
			Declare[author](m, "a", Computed("full", func(*novel) string { return "" }))
		}},
		"computed as a list": {"author.full: is []string; a computed field is bool, int32,", func(m *Model) {
			Declare[author](m, "a", Computed("full", func(*author) []string { return nil }))
		}},
		"computed as a column": {"author.name: is declared twice", func(m *Model) {
			Declare[author](m, "a", Computed("name", func(*author) string { return "" }))
		}},
		"computed twice": {"author.full: is declared twice", func(m *Model) {
			full := Computed("full", func(*author) string { return "" })
			Declare[author](m, "a", full, full)
		}},
		"relation named as what is computed": {"author.books is declared twice", func(m *Model) {
			authors := Declare[author](m, "a", Computed("books", func(*author) int64 { return 0 }))
			OneToMany(authors, "books", Declare[novel](m, "b"), "author", "author_id", Cascade)
		}},
		"checked as another's row": {"author: its rows are not checked by a function over novel", func(m *Model) {
			Declare[author](m, "a", Check(func(context.Context, *novel, *novel) []Fault { return nil }))
		}},
		"first of its kind": {"human.children: column people.parent_id is not a pointer, and the first human would have no row to refer to", func(m *Model) {
			people := Declare[human](m, "people")
			OneToMany(people, "children", people, "parent", "parent_id", Cascade)
		}},
		"circle of two": {"member.groups makes a circle of cascades: member.groups → group.members", func(m *Model) {
			groups, members := Declare[group](m, "groups"), Declare[member](m, "members")
			OneToMany(groups, "members", members, "group", "group_id", Cascade)
			OneToMany(members, "groups", groups, "owner", "owner_id", Cascade)
		}},
		"unique with what is not there": {`being: Unique(["parent_id" "size"]): there is no column "size"`, func(m *Model) { Declare[being](m, "p", Unique("parent_id", "size")) }},
		"unique with itself":            {`being: Unique(["name" "name"]): "name" stands there twice`, func(m *Model) { Declare[being](m, "p", Unique("name", "name")) }},
		"unique alone":                  {`being: Unique(["name"]): one column alone is unique by its rule`, func(m *Model) { Declare[being](m, "p", Unique("name")) }},
		"unique already":                {`no two rows have the same "badge" in any case`, func(m *Model) { Declare[being](m, "p", Unique("parent_id", "badge")) }},
		"unique with the key":           {`no two rows have the same "id" in any case`, func(m *Model) { Declare[being](m, "p", Unique("id", "name")) }},
		"unique with a fraction":        {`"weight" cannot be compared exactly`, func(m *Model) { Declare[being](m, "p", Unique("parent_id", "weight")) }},
		"unique beyond an index":        {`an index can hold 676 code points, and these have 800`, func(m *Model) { Declare[being](m, "p", Unique("name", "motto")) }},
		"unique twice":                  {`being: Unique(["name" "parent_id"]): is declared twice`, func(m *Model) { Declare[being](m, "p", Unique("parent_id", "name"), Unique("name", "parent_id")) }},
		"linked by what is not there": {`being.hosts: visit has no column "friend_id"`, func(m *Model) {
			people, visits := Declare[being](m, "p"), Declare[visit](m, "v")
			ManyToManyThrough(people, "hosts", people, "guests", visits, "friend_id", "host_id")
		}},
		"linked by no key": {"being.hosts: column v.guest_id does not refer to p: declare that relation first", func(m *Model) {
			people, visits := Declare[being](m, "p"), Declare[visit](m, "v")
			ManyToManyThrough(people, "hosts", people, "guests", visits, "guest_id", "host_id")
		}},
		"linked by one end": {"being.hosts: both ends of a link cannot be column v.guest_id", func(m *Model) {
			people, visits := Declare[being](m, "p"), Declare[visit](m, "v")
			OneToMany(people, "visits", visits, "guest", "guest_id", Cascade)
			ManyToManyThrough(people, "hosts", people, "guests", visits, "guest_id", "guest_id")
		}},
		"linked by nobody": {"being.hosts: column v.wrong_id is a pointer, and a link has two ends", func(m *Model) {
			people, visits := Declare[being](m, "p"), Declare[visit](m, "v")
			OneToMany(people, "visits", visits, "guest", "guest_id", Cascade)
			OneToMany(people, "wrongs", visits, "wrong", "wrong_id", Detach)
			ManyToManyThrough(people, "hosts", people, "guests", visits, "guest_id", "wrong_id")
		}},
		"link with a column that edges have": {"being.hosts: stop.cursor has the name of another field of an edge", func(m *Model) {
			people, stops := Declare[being](m, "p"), Declare[stop](m, "s")
			OneToMany(people, "stops", stops, "guest", "guest_id", Cascade)
			OneToMany(people, "stopped", stops, "host", "host_id", Cascade)
			ManyToManyThrough(people, "hosts", people, "guests", stops, "guest_id", "host_id")
		}},
		"links named as a type": {"being.Hosts: the type beingHostsConnection is that of h", func(m *Model) {
			people, visits := Declare[being](m, "p"), Declare[visit](m, "v")
			Declare[beingHosts](m, "h")
			OneToMany(people, "visits", visits, "guest", "guest_id", Cascade)
			OneToMany(people, "visited", visits, "host", "host_id", Cascade)
			ManyToManyThrough(people, "Hosts", people, "guests", visits, "guest_id", "host_id")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				said, ok := recover().(string)
				if !ok || !strings.HasPrefix(said, "relations: ") || !strings.Contains(said, c.want) || strings.ContainsAny(said, "\n") {
					t.Errorf("it says %q, want a sentence with %q", said, c.want)
				}
			}()
			c.declare(NewModel(nil))
			t.Error("nobody minds")
		})
	}
}

// What is declared rightly may be unusual: relations of a table with itself, several between the same two.
func TestUnusualDeclarations(t *testing.T) {
	m := NewModel(nil)
	authors, books := Declare[author](m, "a"), Declare[novel](m, "b")
	OneToMany(authors, "books", books, "author", "author_id", Cascade)
	_, editor := OneToMany(authors, "edited", books, "editor", "editor_id", Detach)
	followers, following := ManyToMany(authors, "followers", authors, "following", "follows", "followed_id", "follower_id")
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

// A table may refer to itself, and be a link with columns of its own; its ends are unique together without a word.
func TestDeclarationsOfShapes(t *testing.T) {
	m := NewModel(nil)
	people := Declare[being](m, "p", Unique("parent_id", "name"))
	children, parent := OneToMany(people, "children", people, "parent", "parent_id", Cascade)
	visits := Declare[visit](m, "v")
	OneToMany(people, "visits", visits, "guest", "guest_id", Cascade)
	OneToMany(people, "visited", visits, "host", "host_id", Cascade)
	hosts, guests := ManyToManyThrough(people, "hosts", people, "guests", visits, "guest_id", "host_id")
	if !children.recursive() || parent.recursive() || hosts.recursive() || hosts.Back != guests.Relation || hosts.Connection() != "beingHostsConnection" || children.Connection() != "beingConnection" {
		t.Errorf("%+v, %+v", children, hosts)
	}
	if columns := hosts.EdgeColumns(); len(columns) != 2 || columns[1].Name != "day" || children.EdgeColumns() != nil {
		t.Errorf("an edge carries %v", columns)
	}
	if len(visits.uniques) != 1 || visits.together("host_id", "guest_id") == nil || people.together("parent_id") != nil {
		t.Errorf("%v are unique together", visits.uniques)
	}
	want := []CascadeCount{{Type: "being", Action: Deleted}, {Type: "visit", Action: Deleted}}
	if lines := people.Cascade(); !slices.Equal(lines, want) {
		t.Errorf("with a being go %v", lines)
	}
	if hosts.Nested(true) || !children.Nested(true) {
		t.Error("links are written as rows of their own, children together with their parent")
	}
}

// A computed field is what its function makes of a row: as declared to Go, and as a Read would answer it.
func TestComputed(t *testing.T) {
	m := NewModel(nil)
	books := Declare[novel](m, "b", Computed("shout", func(n *novel) string { return n.Title + "!" }), Computed("editor", func(n *novel) *int64 { return n.EditorKey }))
	edited, key := &novel{Title: "T"}, int64(7)
	if v := Value[string](books.Table, "shout", edited); v != "T!" || books.Computed("shout").Of(edited) != v || books.Computed("shout").Nullable {
		t.Errorf("it is %q", v)
	}
	editor := books.Computed("editor")
	if v := Value[*int64](books.Table, "editor", edited); v != nil || editor.Of(edited) != nil || !editor.Nullable || editor.Kind != Long || editor.GoType != "*int64" {
		t.Errorf("without an editor: %v, %+v", v, editor)
	}
	edited.EditorKey = &key
	if v := Value[*int64](books.Table, "editor", edited); v != &key || editor.Of(edited) != int64(7) {
		t.Errorf("with one: %v", v)
	}
	if books.Field("shout") != nil || len(books.ComputedFields()) != 2 {
		t.Error("a filter or an order could take it")
	}
}

// Both directions of a relation are each other's way back, and what one needs stands in the other.
func TestRelationsHaveTwoDirections(t *testing.T) {
	n := 0
	for _, table := range page.Tables() {
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
