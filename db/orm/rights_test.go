package orm

import (
	"strings"
	"testing"
)

type fellow struct {
	Row
	Name string `db:"name" rule:"1..50"`
}

type club struct {
	Row
	FounderKey *int64 `db:"founder_id"`
}

type minute struct {
	Row
	ClubKey   int64  `db:"club_id"`
	AuthorKey int64  `db:"author_id"`
	Text      string `db:"text" rule:"1..50"`
	Mark      int64  `db:"mark"`
}

type rowless struct {
	Key  int64  `db:"id"`
	Text string `db:"text" rule:"1..50"`
}

// clubs declares members, clubs and their minutes, with options of the minutes.
func clubs(options ...Option) (m *Model, minutes *Table) {
	m = NewModel(nil)
	members := Declare[fellow](m, "members", OwnedBy("id"))
	all := Declare[club](m, "clubs", OwnedBy("founder_id"))
	of := Declare[minute](m, "minutes", options...)
	OneToMany(members, "founded", all, "founder", "founder_id", Detach)
	ManyToMany(members, "clubs", all, "members", "memberships", "member_id", "club_id")
	OneToMany(all, "minutes", of, "club", "club_id", Cascade)
	OneToMany(members, "written", of, "author", "author_id", Cascade)
	return m, of.Table
}

// A right is one condition, in which nobody is looked up whose key is at hand; a stranger without a key has nothing by a path.
func TestRightsAreConditions(t *testing.T) {
	for _, c := range []struct {
		whos    []Who
		viewer  Viewer
		text    string
		columns string
	}{
		{[]Who{"author_id"}, Viewer{Key: 7}, " AND t.author_id = ?", "author_id"},
		{[]Who{"author_id"}, Viewer{}, " AND t.author_id = ?", "author_id"},
		{[]Who{"author"}, Viewer{Key: 7}, " AND t.author_id = ?", "author_id"},
		{[]Who{"author", "author_id"}, Viewer{Key: 7}, " AND t.author_id = ?", "author_id"},
		{[]Who{"author_id"}, Viewer{Key: 7, Admin: true}, "", "author_id"},
		{[]Who{"club.founder"}, Viewer{Key: 7}, " AND t.club_id IN (SELECT t1.id FROM clubs AS t1 WHERE t1.founder_id = ?)", ""},
		{[]Who{"club.founder_id"}, Viewer{Key: 7}, " AND t.club_id IN (SELECT t1.id FROM clubs AS t1 WHERE t1.founder_id = ?)", ""},
		{[]Who{"club.founder"}, Viewer{}, " AND FALSE", ""},
		{[]Who{"club.members"}, Viewer{Key: 7}, " AND t.club_id IN (SELECT t1.club_id FROM memberships AS t1 WHERE t1.member_id = ?)", ""},
		{[]Who{"club.founder.clubs.members"}, Viewer{Key: 7}, " AND t.club_id IN (SELECT t1.id FROM clubs AS t1 WHERE t1.founder_id IN " +
			"(SELECT t2.member_id FROM memberships AS t2 WHERE t2.club_id IN (SELECT t3.club_id FROM memberships AS t3 WHERE t3.member_id = ?)))", ""},
		{[]Who{"author.written.club.founder"}, Viewer{Key: 7}, " AND t.author_id IN (SELECT t1.author_id FROM minutes AS t1 WHERE t1.club_id IN " +
			"(SELECT t2.id FROM clubs AS t2 WHERE t2.founder_id = ?))", ""},
		{[]Who{"author_id", "club.members", Role("scribe")}, Viewer{Key: 7}, " AND (t.author_id = ? OR t.club_id IN (SELECT t1.club_id FROM memberships AS t1 WHERE t1.member_id = ?))", "author_id"},
		{[]Who{"author_id", "club.members", Role("scribe")}, Viewer{Key: 7, Roles: []string{"cook", "scribe"}}, "", "author_id"},
		{[]Who{Role("scribe")}, Viewer{Key: 7, Roles: []string{"cook"}}, " AND FALSE", ""},
		{nil, Viewer{Key: 7}, " AND FALSE", ""},
		{[]Who{"author_id", Everyone}, Viewer{}, "", ""},
	} {
		m, minutes := clubs(VisibleTo(c.whos...))
		m.Tables()
		q := &query{dialect: sqliteDialect, viewer: c.viewer}
		some := q.visible(" AND ", minutes, "t")
		if q.String() != c.text || some != (c.text != "") || len(q.args) != strings.Count(c.text, "?") {
			t.Errorf("%q for %+v: %s %v", c.whos, c.viewer, q.String(), q.args)
		}
		if minutes.Reads() == nil {
			continue
		}
		var columns []string
		for _, column := range minutes.Reads().Columns() {
			columns = append(columns, column.Name)
		}
		if strings.Join(columns, " ") != c.columns {
			t.Errorf("%q: columns %q", c.whos, columns)
		}
	}
}

// What a row's own columns decide is decided without a look at other rows, and said not to be known otherwise.
func TestRightsOverRows(t *testing.T) {
	row := map[string]any{"author_id": int64(7), "club_id": int64(1)}
	value := func(c *Column) any { return row[c.Name] }
	for _, c := range []struct {
		whos       []Who
		viewer     Viewer
		may, known bool
	}{
		{[]Who{"author_id"}, Viewer{Key: 7}, true, true},
		{[]Who{"author_id"}, Viewer{Key: 8}, false, true},
		{[]Who{"author_id"}, Viewer{}, false, true},
		{[]Who{"author_id", "club.members"}, Viewer{Key: 7}, true, true},
		{[]Who{"author_id", "club.members"}, Viewer{Key: 8}, false, false},
		{[]Who{"club.members"}, Viewer{}, false, true},
		{[]Who{"club.members"}, Viewer{Admin: true}, true, true},
		{[]Who{Role("scribe"), "club.members"}, Viewer{Key: 8, Roles: []string{"scribe"}}, true, true},
	} {
		m, minutes := clubs(VisibleTo(c.whos...))
		m.Tables()
		if may, known := minutes.Shows(c.viewer, value); may != c.may || known != c.known {
			t.Errorf("%q for %+v: %v, known %v", c.whos, c.viewer, may, known)
		}
	}
	m, minutes := clubs()
	m.Tables()
	if shows, known := minutes.Shows(Viewer{}, value); !shows || !known {
		t.Error("a table without a rule is not seen")
	}
	if may, known := minutes.Writes().Of(Viewer{Key: 7}, value); may || !known {
		t.Error("a table without an owner is written by others than admins")
	}
	_, minutes = clubs(OwnedBy(Everyone))
	if may, _ := minutes.Writes().Of(Viewer{}, value); may {
		t.Error("what everyone may write is written without a log-in")
	}
}

// A column that is kept from some is null for them wherever a statement takes it from; for others the table is as it was.
func TestMaskedColumns(t *testing.T) {
	_, minutes := clubs(Readable("mark", "author_id"))
	for text, v := range map[string]Viewer{
		" FROM minutes AS t": {Admin: true},
		" FROM (SELECT t1.id, t1.club_id, t1.author_id, t1.text, CASE WHEN t1.author_id = ? THEN t1.mark END AS mark, t1.created_at, t1.updated_at, t1.version FROM minutes AS t1) AS t": {Key: 7},
	} {
		q := &query{dialect: sqliteDialect, viewer: v}
		if q.from(" FROM ", minutes, "t"); q.String() != text {
			t.Errorf("%+v: %s", v, q.String())
		}
	}
	row := make([]any, len(minutes.Columns))
	for i, c := range minutes.Columns {
		if row[i] = int64(i); c.Kind == Text {
			row[i] = "text"
		}
		if c.Kind == Time || c.Name == "mark" {
			row[i] = nil
		}
	}
	entity := minutes.Entity(row)
	if mark := ReadBy[int64](minutes, "mark", entity); mark != nil || minutes.column("mark").Of(entity) != nil {
		t.Errorf("what was not read is %d", mark)
	}
	row[4] = int64(0)
	if mark := ReadBy[int64](minutes, "mark", minutes.Entity(row)); mark == nil || *mark != 0 {
		t.Error("what was read is missing")
	}
}

// What names nobody is told when it is declared, or when the page is whole.
func TestWrongRights(t *testing.T) {
	for want, option := range map[string]Option{
		`minute has no column "reader_id" to be visible to`:                                       VisibleTo("author_id", "reader_id"),
		`minute has no column or relation "readers" to be visible to`:                             VisibleTo("readers"),
		`minute has no path "club.owner" to be owned by: club has no relation "owner"`:            OwnedBy("club.owner"),
		`minute has a path "club.minutes" to be visible to that leads to minute and not to users`: VisibleTo("club.minutes"),
		`minute has a column "club_id" to be visible to that holds no user`:                       VisibleTo("club_id"),
		`minute has a column "text" to be owned by that holds no user`:                            OwnedBy("text"),
		`minute has no column "colour" to be read`:                                                Readable("colour", Everyone),
		`minute has no column "colour" to be written`:                                             Writable("colour"),
		`minute.version goes with the row and has no rights of its own`:                           Readable("version"),
		`minute.club_id is a key: a relation is hidden with the rows that it leads to`:            Readable("club_id", "author_id"),
		`minute.text is searched, and cannot be kept from some`:                                   func(t *Table) { Searchable("text")(t); Readable("text", "author_id")(t) },
		`minute has a column "mark" to be visible to that holds no user`:                          func(t *Table) { Readable("mark", "author_id")(t); VisibleTo("mark")(t) },
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, want) {
					t.Errorf("%q, want %q", got, want)
				}
			}()
			m, _ := clubs(option)
			m.Tables()
		}()
	}
	for want, declare := range map[string]func(){
		`"" is no name of a role`:               func() { Role("") },
		`"the boss" is no name of a role`:       func() { Role("the boss") },
		`rowless.text is not read by everybody`: func() { Declare[rowless](NewModel(nil), "rowless", Readable("text", Role("scribe"))) },
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, want) {
					t.Errorf("%q, want %q", got, want)
				}
			}()
			declare()
		}()
	}
}

// The roles of a page are those that any right of it names.
func TestRolesOfThePage(t *testing.T) {
	m, _ := clubs(VisibleTo("author_id", Role("scribe")), OwnedBy(Role("cook")), Readable("mark", Role("scribe")), Writable("text", Role("baker")))
	if roles := strings.Join(m.Roles(), " "); roles != "baker cook scribe" {
		t.Error(roles)
	}
}

// A link is told to those alone who see both of its ends for certain.
func TestLinksOfHiddenRows(t *testing.T) {
	open, hidden := &Table{}, &Table{reads: &Right{}}
	for _, c := range []struct {
		from, to *Table
		told     ChangeVerb
	}{{open, open, RowCreated}, {open, hidden, ""}, {hidden, open, ""}, {hidden, hidden, ""}} {
		link := RowChange{Link: &Relation{From: c.from, To: c.to}, Verb: RowCreated}
		if got := link.verb(Viewer{Key: 1}, nil); got != c.told {
			t.Errorf("%q is told of a link from %v to %v", got, c.from == hidden, c.to == hidden)
		}
		if got := link.verb(Viewer{Admin: true}, nil); got != RowCreated {
			t.Errorf("admins are told %q", got)
		}
	}
}
