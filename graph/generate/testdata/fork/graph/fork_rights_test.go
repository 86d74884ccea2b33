package graph_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"kith/db"
	"kith/db/orm"
)

// A correspondence is a letter with those around it: ada has sent it to bob about a post of eve's, dan knows ada, fay is nobody.
type correspondence struct {
	*testing.T
	f                  *fixture
	keys               map[string]int64
	letter, post, mine string
}

func correspond(t *testing.T, f *fixture) *correspondence {
	t.Helper()
	c := &correspondence{T: t, f: f, keys: map[string]int64{}}
	for i, name := range []string{"ada", "bob", "eve", "dan", "fay"} {
		signUp(t, f.Planned, name)
		c.keys[name] = int64(i + 1)
	}
	c.post, c.mine = orm.GlobalID(db.Posts.Table, 3), orm.GlobalID(db.Posts.Table, 5) // each has made one
	err := f.DB.Write(t.Context(), func(ctx context.Context) error {
		_, err := f.DB.Exec(ctx, "link", "INSERT INTO knows (one_id, other_id) VALUES (?, ?)", c.keys["dan"], c.keys["ada"])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	made := c.as("ada", `mutation { createLetter(input: {recipientId: "`+orm.GlobalID(db.Users.Table, c.keys["bob"])+`", postId: "`+c.post+`", subject: "s", body: "secret", sealed: false})
		{ letter { id body weight remark sealed } userErrors { code field } } }`)
	c.want(made, `"body":"secret","weight":null,"remark":null,"sealed":false},"userErrors":[]`)
	c.letter = between(made, `"id":"`, `"`)
	return c
}

// viewer is a user, with the roles behind their name.
func (c *correspondence) viewer(who string) orm.Viewer {
	name, roles, _ := strings.Cut(who, " ")
	return orm.Viewer{Key: c.keys[name], Roles: strings.Fields(roles), Admin: name == "admin"}
}

// as asks as a user.
func (c *correspondence) as(who, query string) string {
	c.Helper()
	v := c.viewer(who)
	_, body := ask(c.T, c.f.Planned, v, request{Query: query})
	if !strings.HasPrefix(query, "mutation") {
		if _, other := ask(c.T, c.f.Resolved, v, request{Query: query}); string(other) != string(body) {
			c.Errorf("%s\nthe plan answers %s, resolvers %s", query, body, other)
		}
	}
	return string(body)
}

// follow answers a function that makes statements in one transaction, and answers it, or its parts.
func (c *correspondence) follow() (did func(texts ...string) []*orm.Committed) {
	c.Helper()
	at, leave, err := c.f.DB.Follow(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(leave)
	return func(texts ...string) (sets []*orm.Committed) {
		c.Helper()
		err := c.f.DB.Write(admin(c.Context()), func(ctx context.Context) error {
			for _, text := range texts {
				if _, err := c.f.DB.Exec(ctx, "test", text); err != nil {
					return err
				}
			}
			return nil
		})
		for err == nil && (len(sets) == 0 || at.Within()) {
			var more []*orm.Committed
			if more, err = c.f.DB.Next(c.Context(), at); err == nil {
				sets, at = append(sets, more...), more[len(more)-1].Cursor
			}
		}
		if err != nil {
			c.Fatal(err)
		}
		return sets
	}
}

// told is what somebody is told of the first row of a table.
func (c *correspondence) told(set *orm.Committed, who string, table *orm.Table) (verb orm.ChangeVerb) {
	for change, is := range set.For(c.viewer(who)) {
		if change.Table == table && change.Keys[0] == 1 {
			verb = is
		}
	}
	return verb
}

func (c *correspondence) want(answer, part string) {
	c.Helper()
	want(c.T, answer, part)
}

// Each way that the page names leads to the letter, and to no more of it than the page says.
func TestForkRightsToRead(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		c := correspond(t, f)
		clerk := `mutation { updateLetter(input: {id: "` + c.letter + `", remark: "dull"}) { letter { remark } userErrors { code } } }`
		c.want(c.as("fay clerk", clerk), `"remark":"dull"`)
		for who, sees := range map[string]string{
			"ada":       `"body":"secret","gist":"s","remark":null,"weight":null,"viewerCan":{"update":true,"delete":true}`,
			"bob":       `"body":"secret","gist":"s","remark":null,"weight":null,"viewerCan":{"update":false,"delete":false}`,
			"eve":       `"body":null,"gist":"","remark":null,"weight":20,"viewerCan":{"update":true,"delete":true}`,
			"dan":       `"body":null,"gist":"","remark":null,"weight":null,"viewerCan":{"update":false,"delete":false}`,
			"fay clerk": `"body":null,"gist":"","remark":"dull","weight":null,"viewerCan":{"update":true,"delete":true}`,
			"fay":       "", "fay baker": "", "nobody": "",
			"admin": `"body":"secret","gist":"s","remark":"dull","weight":20,"viewerCan":{"update":true,"delete":true}`,
		} {
			got := c.as(who, `{ letters { totalCount nodes { body gist remark weight viewerCan { update delete } } } }`)
			if want := `{"data":{"letters":{"totalCount":1,"nodes":[{` + sees + `}]}}}`; sees != "" && got != want || sees == "" && got != `{"data":{"letters":{"totalCount":0,"nodes":[]}}}` {
				t.Errorf("%s: %s, want %s", who, got, want)
			}
			found := c.as(who, `{ letters(where: {body: {startsWith: "sec"}}) { totalCount } node(id: "`+c.letter+`") { id viewerCan { __typename d: delete } } }`)
			c.want(found, `"totalCount":`+map[bool]string{true: "1", false: "0"}[strings.Contains(sees, "secret")])
			if strings.Contains(found, `"node":null`) != (sees == "") {
				t.Errorf("%s: %s", who, found)
			}
		}
		// What other rows decide takes one statement for all rows of a path, and none where nothing is left to decide.
		query := `{ posts { nodes { letters { nodes { viewerCan { update } } } } } }`
		for who, statements := range map[string]int{"ada": 2, "fay clerk": 2, "nobody": 2, "bob": 3, "admin": 2} {
			for _, h := range []string{"planned", "resolved"} {
				f.Statements()
				handler := f.Planned
				if h == "resolved" {
					handler = f.Resolved
				}
				ask(t, handler, c.viewer(who), request{Query: query})
				if ran := f.Statements(); len(ran) != statements {
					t.Errorf("%s, %s: %d statements, want %d", who, h, len(ran), statements)
				}
			}
		}
		// A visible row of a hidden one: the way back is null, and no error.
		c.want(c.as("ada", `mutation { createEnclosure(input: {letterId: "`+c.letter+`", what: "w"}) { enclosure { letter { subject } } userErrors { code } } }`), `"subject":"s"`)
		c.want(c.as("eve", `{ letters { nodes { enclosures { totalCount } } } enclosures { totalCount } }`), `[{"enclosures":{"totalCount":0}}]},"enclosures":{"totalCount":0}`)
		c.want(c.as("bob", `{ enclosures { nodes { what letter { body } } } }`), `[{"what":"w","letter":{"body":"secret"}}]`)
		// What goes along is told to those who could see it.
		c.want(c.as("eve", `mutation @dryRun { deletePost(input: {id: "`+c.post+`"}) { cascade { type count } } }`), `{"type":"Letter","count":1}]`)
		if told := c.as("eve", `mutation @dryRun { deleteLetter(input: {id: "`+c.letter+`"}) { deletedId cascade { type count } } }`); !strings.Contains(told, `"cascade":[]`) {
			t.Error(told)
		}
		c.want(c.as("ada", `mutation @dryRun { deleteLetter(input: {id: "`+c.letter+`"}) { cascade { type count } } }`), `{"type":"Enclosure","count":1}`)
	})
}

// Who may write a row, and which columns of it.
func TestForkRightsToWrite(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		c := correspond(t, f)
		update := func(fields string) string {
			return `mutation @dryRun { updateLetter(input: {id: "` + c.letter + `", ` + fields + `}) { letter { version } userErrors { code field } } }`
		}
		for _, w := range []struct{ who, query, want string }{
			{"ada", update(`subject: "t"`), `"version":2`},
			{"eve", update(`subject: "t"`), `"version":2`},
			{"fay clerk", update(`subject: "t"`), `"version":2`},
			{"bob", update(`subject: "t"`), `"FORBIDDEN"`},
			{"fay", update(`subject: "t"`), `"NOT_FOUND"`},
			{"nobody", update(`subject: "t"`), `"UNAUTHENTICATED"`},
			// Columns: those who may not read one write it only if the page says so.
			{"ada", update(`body: "b"`), `"version":2`},
			{"eve", update(`body: "b"`), "`input.body` is not yours to write"},
			{"fay clerk", update(`body: "b"`), `"FORBIDDEN"`},
			{"ada", update(`remark: "r"`), `"FORBIDDEN"`},
			{"fay clerk", update(`remark: "r"`), `"version":2`},
			{"ada", update(`weight: 7`), `"version":2`},
			{"ada", update(`sealed: true`), `"FORBIDDEN"`},
			{"eve", update(`sealed: true`), `"FORBIDDEN"`},
			{"fay clerk", update(`sealed: true`), `"version":2`},
			{"admin", update(`sealed: true, body: "b", remark: "r"`), `"version":2`},
			// Nobody but admins gives a row to another user, and nobody moves one to where it would not be theirs.
			{"eve", update(`senderId: "` + orm.GlobalID(db.Users.Table, 3) + `"`), `"FORBIDDEN"`},
			{"eve", update(`postId: "` + c.mine + `"`), "would no longer be yours"},
			{"ada", update(`postId: "` + c.mine + `"`), `"version":2`},
		} {
			c.want(c.as(w.who, w.query), w.want)
		}
		create := func(fields string) string {
			return `mutation @dryRun { createLetter(input: {postId: "` + c.post + `", subject: "s", body: "b"` + fields + `}) { letter { body sealed remark } userErrors { code } } }`
		}
		c.want(c.as("fay", create("")), `"letter":{"body":"b","sealed":false,"remark":null},"userErrors":[]`)
		c.want(c.as("fay", create(`, remark: null, sealed: false`)), `"userErrors":[]`)
		c.want(c.as("fay", create(`, sealed: true`)), `"FORBIDDEN"`)
		c.want(c.as("fay", create(`, recipientId: "`+orm.GlobalID(db.Users.Table, 5)+`", sealed: true`)), `"sealed":true`)
		c.want(c.as("fay", create(`, remark: "r"`)), "`input.remark` is not yours to write")
		c.want(c.as("fay clerk", create(`, remark: "r", sealed: true`)), `"sealed":true,"remark":"r"`)
		// A row that is owned by a path is made by those it leads to, alone and nested; what is hidden cannot be referred to.
		enclose := `mutation @dryRun { createEnclosure(input: {letterId: "` + c.letter + `", what: "w"}) { enclosure { what viewerCan { update } } userErrors { code field } } }`
		c.want(c.as("ada", enclose), `"enclosure":{"what":"w","viewerCan":{"update":true}}`)
		c.want(c.as("bob", enclose), "would not be yours")
		c.want(c.as("eve", enclose), "would not be yours")
		c.want(c.as("fay", enclose), `{"code":"NOT_FOUND","field":["input","letterId"]}`)
		c.want(c.as("fay", create(`, enclosures: [{what: "a"}, {what: "b"}]`)), `"userErrors":[]`)
		// Roles alone.
		stamp := `mutation @dryRun { createStamp(input: {name: "n", code: "c"}) { stamp { code viewerCan { delete } } userErrors { code } } }`
		c.want(c.as("fay clerk", stamp), `{"code":"c","viewerCan":{"delete":true}}`)
		c.want(c.as("fay", stamp), `"FORBIDDEN"`)
		c.want(c.as("nobody", stamp), `"UNAUTHENTICATED"`)
		c.want(c.as("fay clerk", strings.Replace(stamp, " @dryRun", "", 1)), `"code":"c"`)
		c.want(c.as("fay", `mutation { deleteStamp(input: {id: "`+orm.GlobalID(db.Stamps.Table, 1)+`"}) { deletedId } }`), `"FORBIDDEN"`)
		c.want(c.as("fay", `{ stamps { nodes { name code } } stamp(by: {code: "c"}) { id } }`), `[{"name":"n","code":null}]},"stamp":null`)
		c.want(c.as("fay clerk", `{ stamp(by: {code: "c"}) { code } }`), `"stamp":{"code":"c"}`)
	})
}

// What stands in another row's input is held to the rights of its own row and columns.
func TestForkRightsNested(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		c := correspond(t, f)
		made := c.as("ada", `mutation { createEnclosure(input: {letterId: "`+c.letter+`", what: "w"}) { enclosure { id } userErrors { code } } }`)
		enclosure := between(made, `"id":"`, `"`)
		stamp := between(c.as("fay clerk", `mutation { createStamp(input: {name: "n", code: "c"}) { stamp { id } userErrors { code } } }`), `"id":"`, `"`)
		update := func(noun, id, fields string) string {
			return `mutation @dryRun { update` + noun + `(input: {id: "` + id + `", ` + fields + `}) { userErrors { code field } } }`
		}
		letter := func(fields string) string { return update("Letter", c.letter, fields) }
		post := func(letters string) string { return update("Post", c.post, `letters: {`+letters+`}`) }
		user := func(name, letters string) string {
			return update("User", orm.GlobalID(db.Users.Table, c.keys[name]), letters)
		}
		one := func(part, id, fields string) string { return part + `: [{id: "` + id + `", ` + fields + `}]` }
		ids := func(part, id string) string { return part + `: ["` + id + `"]` }
		const good, unseen = `"userErrors":[]`, `"userErrors":[{"code":"NOT_FOUND","field":["input","enclosures","`
		for _, w := range []struct{ who, query, want string }{
			// A row that is owned through a path: whoever may write the letter may not write what is in it.
			{"ada", letter(`enclosures: {` + one("update", enclosure, `what: "v"`) + `}`), good},
			{"ada", letter(`enclosures: {` + ids("delete", enclosure) + `, create: [{what: "u"}]}`), good},
			{"bob clerk", letter(`enclosures: {` + one("update", enclosure, `what: "v"`) + `}`), "this enclosure is not yours: input.enclosures.update.0.id"},
			{"bob clerk", letter(`enclosures: {` + ids("delete", enclosure) + `}`), "this enclosure is not yours: input.enclosures.delete.0"},
			{"bob clerk", letter(`enclosures: {` + ids("connect", enclosure) + `}`), "this enclosure is not yours: input.enclosures.connect.0"},
			{"bob clerk", letter(`enclosures: {create: [{what: "u"}]}`), "this enclosure would not be yours"},
			{"eve", letter(`enclosures: {` + one("update", enclosure, `what: "v"`) + `}`), unseen + `update","0","id"]}]`},
			{"eve", letter(`enclosures: {` + ids("delete", enclosure) + `}`), unseen + `delete","0"]}]`},
			{"eve", letter(`enclosures: {` + ids("connect", enclosure) + `}`), unseen + `connect","0"]}]`},
			{"eve", letter(`enclosures: {create: [{what: "u"}]}`), "this enclosure would not be yours"},
			{"eve", post(one("update", c.letter, `enclosures: {`+ids("delete", enclosure)+`}`)), `["input","letters","update","0","enclosures","delete","0"]`},
			{"eve", post(one("update", c.letter, `subject: "t"`)), good},
			{"bob", user("bob", `received: {`+one("update", c.letter, `subject: "t"`)+`}`), "this letter is not yours"},
			{"bob", user("bob", `received: {`+ids("disconnect", c.letter)+`}`), "this letter is not yours"},
			{"bob clerk", user("bob", `received: {`+ids("disconnect", c.letter)+`}`), good},
			{"fay", user("fay", `received: {`+ids("connect", c.letter)+`}`), `"NOT_FOUND"`},
			{"fay clerk", user("fay", `received: {`+ids("connect", c.letter)+`}`), good},
			// Columns: what the row's own mutation refuses, and a key that others may not write.
			{"ada", user("ada", `sent: {`+one("update", c.letter, `body: "b", weight: 7`)+`}`), good},
			{"ada", user("ada", `sent: {`+one("update", c.letter, `sealed: true`)+`}`), "`input.sent.update.0.sealed` is not yours to write"},
			{"eve", post(one("update", c.letter, `body: "b"`)), "`input.letters.update.0.body` is not yours to write"},
			{"eve", post(one("update", c.letter, `remark: "r"`)), "`input.letters.update.0.remark` is not yours to write"},
			{"eve", post(`create: [{subject: "s", body: "b", sealed: true}]`), "`input.letters.create.0.sealed` is not yours to write"},
			{"eve", post(`create: [{subject: "s", body: "b"}]`), good},
			{"fay clerk", user("fay", `sent: {`+ids("connect", c.letter)+`}`), "`input.sent.connect.0` is not yours to write"},
			// Links are a matter of the letters; a stamp is made by clerks.
			{"ada", letter(`stamps: {` + ids("connect", stamp) + `}`), good},
			{"ada", letter(`stamps: {create: [{name: "m", code: "d"}]}`), `"FORBIDDEN"`},
			{"fay clerk", letter(`stamps: {create: [{name: "m", code: "d"}]}`), good},
			{"fay clerk", update("Stamp", stamp, `letters: {`+ids("connect", c.letter)+`}`), good},
			{"fay clerk", update("Stamp", stamp, `letters: {`+ids("set", c.letter)+`}`), `"FORBIDDEN"`},
		} {
			c.want(c.as(w.who, w.query), w.want)
		}
	})
}

// Admins grant and revoke the roles that the page names; they hold from the next request on.
func TestForkRoles(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		c := correspond(t, f)
		fay := orm.GlobalID(db.Users.Table, c.keys["fay"])
		access, _ := logIn(t, f.Planned, "fay")
		ofFay := asker(t, f, access)
		role := func(verb, user, role string) string {
			return `mutation { ` + verb + `Role(input: {userId: "` + user + `", role: "` + role + `"}) { user { username roles } userErrors { code field } } }`
		}
		want(t, ofFay(role("grant", fay, "clerk")), `"FORBIDDEN"`)
		c.want(c.as("nobody", role("grant", fay, "clerk")), `"UNAUTHENTICATED"`)
		want(t, ofFay(`{ viewer { roles } letters { totalCount } }`), `{"viewer":{"roles":[]},"letters":{"totalCount":0}}`)
		for range 2 {
			c.want(c.as("admin", role("grant", fay, "clerk")), `{"user":{"username":"fay","roles":["clerk"]},"userErrors":[]}`)
		}
		want(t, ofFay(`{ viewer { roles } users { nodes { roles } } letters { totalCount } }`),
			`{"viewer":{"roles":["clerk"]},"users":{"nodes":[{"roles":null},{"roles":null},{"roles":null},{"roles":null},{"roles":["clerk"]}]},"letters":{"totalCount":1}}`)
		f.Statements()
		c.want(c.as("admin", `{ users(last: 2) { nodes { roles } } }`), `[{"roles":[]},{"roles":["clerk"]}]`)
		if ran := f.Statements(); len(ran) != 4 { // by plan and by resolvers: the users, and all their roles
			t.Errorf("%d statements", len(ran))
		}
		c.want(c.as("admin", role("grant", fay, "king")), `{"user":null,"userErrors":[{"code":"INVALID","field":["input","role"]}]}`)
		c.want(c.as("admin", role("grant", orm.GlobalID(db.Users.Table, 99), "king")),
			`[{"code":"NOT_FOUND","field":["input","userId"]},{"code":"INVALID","field":["input","role"]}]`)
		c.want(c.as("admin", role("grant", c.post, "clerk")), `[{"code":"INVALID","field":["input","userId"]}]`)
		c.want(c.as("admin", strings.Replace(role("revoke", fay, "clerk"), "{", "@dryRun {", 1)), `"roles":[]`)
		want(t, ofFay(`{ viewer { roles } }`), `["clerk"]`)
		c.want(c.as("admin", role("revoke", fay, "clerk")), `"roles":[]`)
		want(t, ofFay(`{ viewer { roles } letters { totalCount } }`), `{"viewer":{"roles":[]},"letters":{"totalCount":0}}`)
	})
}

// Whom a path leads to a letter is told of it, when it comes, changes and goes, whatever on the way was written; what that takes is read once,
// however many follow.
func TestForkChangesByPaths(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		c := correspond(t, f)
		url := listen(t, f.Planned)
		const each = 20
		var all []*socketClient
		for _, name := range []string{"bob", "dan", "eve", "fay"} {
			for range each {
				s := dial(t, url, http.Header{"X-Viewer": {fmt.Sprint(c.keys[name])}}).init()
				s.subscribe(name, `subscription { changes(of: [LETTER]) { changes { verb node { ... on Letter { subject } } } } }`)
				all = append(all, s)
			}
		}
		begun(t, f, 4*each)
		for _, step := range []struct {
			text string
			told map[string]string // by whom
		}{
			{"UPDATE letters SET subject = 'new'", map[string]string{"bob": "UPDATED new", "dan": "UPDATED new", "eve": "UPDATED new"}},
			{"DELETE FROM knows", map[string]string{"dan": "DELETED"}},
			{"UPDATE posts SET author_id = 5 WHERE id = 3", map[string]string{"eve": "DELETED", "fay": "CREATED new"}},
			{"INSERT INTO knows (one_id, other_id) VALUES (5, 1)", nil}, // fay sees it anyway
			{"UPDATE letters SET recipient_id = NULL", map[string]string{"bob": "DELETED", "fay": "UPDATED new"}},
			{"UPDATE posts SET author_id = 3 WHERE id = 3", map[string]string{"eve": "CREATED new"}},
			{"DELETE FROM letters", map[string]string{"eve": "DELETED", "fay": "DELETED"}},
		} {
			f.Statements()
			exec(t, f, step.text)
			for i, s := range all {
				name := []string{"bob", "dan", "eve", "fay"}[i/each]
				if step.told[name] == "" {
					continue
				}
				verb, subject, _ := strings.Cut(step.told[name], " ")
				node := "null"
				if subject != "" {
					node = `{"subject":"` + subject + `"}`
				}
				s.expect(`{"type":"next","id":"` + name + `","payload":{"data":{"changes":{"changes":[{"verb":"` + verb + `","node":` + node + `}]}}}}`)
			}
			n := 0
			for _, s := range f.Statements() {
				if s.Path == "changes" {
					n++
				}
			}
			if n > 20 || n == 0 && step.told != nil { // of eighty who follow
				t.Errorf("%s: %d statements", step.text, n)
			}
		}
	})
}

// What other rows decide of a transaction is read for those alone who cannot know it otherwise, once for all of them, a statement for each step;
// where it cannot be known any more, they alone are to begin anew.
func TestForkSight(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		c := correspond(t, f)
		did := c.follow()
		anything := func(*orm.Table) bool { return true }
		enclosures := func(table *orm.Table) bool { return table == db.Enclosures.Table }
		takes := func(sets []*orm.Committed, who string, matters func(*orm.Table) bool, statements int, code orm.Code) {
			t.Helper()
			f.Statements()
			if err := f.DB.Sight(orm.WithViewer(t.Context(), c.viewer(who)), sets, matters); orm.CodeOf(err) != code {
				t.Errorf("%s: %v, want %q", who, err, code)
			}
			n := 0
			for _, s := range f.Statements() {
				if s.Path == "changes" {
					n++
				}
			}
			if statements >= 0 && n != statements {
				t.Errorf("%s: %d statements, want %d", who, n, statements)
			}
		}
		// One reads what has been done since, the post, and who knows the sender: what the letter holds is recorded.
		set := did("UPDATE letters SET subject = 'new'")
		for _, who := range []string{"nobody", "admin", "fay clerk", "ada", "bob"} {
			takes(set, who, anything, 0, "")
		}
		takes(set, "dan", enclosures, 0, "")
		takes(set, "dan", anything, 3, "")
		takes(set, "eve", anything, 0, "")
		takes(did("UPDATE posts SET title = 'new'"), "dan", anything, 0, "")
		set = did("UPDATE letters SET recipient_id = NULL")
		takes(set, "nobody", anything, 0, "")
		takes(set, "admin", anything, 0, "")
		takes(set, "dan", anything, 4, "") // and whether something is enclosed
		takes(did("INSERT INTO posts (author_id, title, content, created_at, updated_at) SELECT 1, 'T', 'x', created_at, updated_at FROM posts WHERE id = 1"), "dan", anything, 1, "")

		// Who has come to see by a path what their role shows them is told nothing.
		set = did("UPDATE posts SET author_id = 5 WHERE id = 3")
		takes(set, "fay clerk", anything, -1, "")
		for who, verb := range map[string]orm.ChangeVerb{"eve": orm.RowDeleted, "fay": orm.RowCreated, "fay clerk": "", "admin": "", "nobody": "", "dan": ""} {
			if got := c.told(set[0], who, db.Letters.Table); got != verb {
				t.Errorf("%s is told %q, want %q", who, got, verb)
			}
		}
		did("UPDATE posts SET author_id = 3 WHERE id = 3")

		// Behind a part of a transaction are the others: what they do on the paths is not done yet.
		before := did("UPDATE letters SET subject = 'newer'")
		many := did(`INSERT INTO letters (sender_id, post_id, subject, body, weight, sealed, created_at, updated_at)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20001) SELECT 1, 4, 's', 'b', 1, FALSE, '2026-01-01 00:00:00', '2026-01-01 00:00:00' FROM n`)
		if len(many) != 3 {
			t.Fatalf("%d parts", len(many))
		}
		for _, who := range []string{"nobody", "admin", "fay clerk", "ada"} {
			takes(before, who, anything, 0, "")
		}
		takes(before, "dan", anything, 1, orm.Resync) // of too much that has been done since
		takes(before, "eve", anything, 0, orm.Resync)
		parts := did("UPDATE letters SET post_id = 5 WHERE id = 1", "UPDATE letters SET subject = 'other' WHERE id > 2 AND id <= 10001", "UPDATE posts SET author_id = 3 WHERE id = 5")
		if len(parts) != 2 || len(parts[0].Changes) != 10_000 {
			t.Fatalf("%d parts", len(parts))
		}
		did("UPDATE posts SET author_id = 1 WHERE id = 5")
		exec(t, f, "UPDATE posts SET author_id = 2 WHERE id = 5") // which has no position yet
		for i, want := range []map[string]orm.ChangeVerb{{"eve": orm.RowDeleted, "fay": orm.RowCreated, "dan": orm.RowUpdated, "bob": ""}, {"eve": orm.RowCreated, "fay": orm.RowDeleted, "dan": "", "bob": ""}} {
			for who, verb := range want {
				takes(parts[i:i+1], who, anything, -1, "")
				if got := c.told(parts[i], who, db.Letters.Table); got != verb {
					t.Errorf("part %d is %q to %s, want %q", i, got, who, verb)
				}
			}
		}
		did() // what has one now

		// Three who know the sender of ten thousand letters are too much, and so are all the letters of who has founded a team.
		few := did("INSERT INTO knows (one_id, other_id) VALUES (3, 1), (5, 1)")
		takes(few, "dan", anything, -1, orm.Resync)
		much := did("UPDATE letters SET subject = 'another' WHERE id > 2 AND id <= 10001")
		takes(much, "fay", anything, -1, orm.Resync)
		takes(append(did("UPDATE letters SET subject = 'newest' WHERE id = 1"), much...), "fay", anything, -1, orm.Resync)
		takes(did("INSERT INTO teams (founder_id, name, created_at, updated_at) SELECT 1, 'T', created_at, updated_at FROM posts WHERE id = 1",
			"INSERT INTO memberships (user_id, team_id, role, since, created_at, updated_at) SELECT 5, 1, 'LEAD', '2026-01-01', created_at, updated_at FROM posts WHERE id = 1"), "fay", enclosures, -1, orm.Resync)
		late := dial(t, listen(t, f.Planned), http.Header{"X-Viewer": {"4"}}).init()
		late.subscribe("late", `subscription { changes(of: [LETTER]) { changes { verb } } }`)
		begun(t, f, 2)
		exec(t, f, "UPDATE posts SET author_id = 5 WHERE id = 4")
		if got := late.hear(); !strings.Contains(got, `"code":"RESYNC"`) {
			t.Errorf("%.300s", got)
		}
	})
}

// A path of many steps leads to whom it does after each of them was written: keys on either side, links, and links that are rows.
func TestForkSightFar(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		c := correspond(t, f)
		c.want(c.as("ada", `mutation { createEnclosure(input: {letterId: "`+c.letter+`", what: "w"}) { enclosure { id } userErrors { code } } }`), `"userErrors":[]`)
		did := c.follow()
		const now = ", created_at, updated_at) SELECT %s, created_at, updated_at FROM posts WHERE id = 1"
		team, member, stamp := "INSERT INTO teams (founder_id, name"+now, "INSERT INTO memberships (user_id, team_id, role, since"+now, "INSERT INTO stamps (name, code"+now
		for _, step := range []struct {
			text string
			told map[string]orm.ChangeVerb // of what is enclosed
		}{
			{fmt.Sprintf(team, "2, 'bobs'"), nil},
			{fmt.Sprintf(team, "1, 'adas'"), nil},
			{fmt.Sprintf(member, "3, 1, 'LEAD', '2026-01-01'"), nil},
			{"UPDATE teams SET founder_id = 1 WHERE id = 1", map[string]orm.ChangeVerb{"eve": orm.RowCreated}},
			{"UPDATE teams SET name = 'hers' WHERE id = 1", nil},
			{"UPDATE memberships SET user_id = 4", map[string]orm.ChangeVerb{"eve": orm.RowDeleted, "dan": orm.RowCreated}},
			{"UPDATE memberships SET team_id = 2", nil}, // which is hers as well
			{"UPDATE teams SET founder_id = 2 WHERE id = 2", map[string]orm.ChangeVerb{"dan": orm.RowDeleted}},
			{"UPDATE letters SET sender_id = 2", map[string]orm.ChangeVerb{"ada": orm.RowDeleted, "dan": orm.RowCreated}},
			{"DELETE FROM memberships", map[string]orm.ChangeVerb{"dan": orm.RowDeleted}},
			{fmt.Sprintf(member, "4, 2, 'LEAD', '2026-01-01'"), map[string]orm.ChangeVerb{"dan": orm.RowCreated}},
			{"INSERT INTO letters (sender_id, post_id, subject, body, weight, sealed" + fmt.Sprintf(now, "3, 1, 's', 'b', 1, FALSE"), nil},
			{"INSERT INTO knows (one_id, other_id) VALUES (3, 5)", nil},
			{fmt.Sprintf(stamp, "'n', 'c'"), nil},
			{"INSERT INTO letter_stamps (letter_id, stamp_id) VALUES (2, 1)", nil},
			{"INSERT INTO letter_stamps (letter_id, stamp_id) VALUES (1, 1)", map[string]orm.ChangeVerb{"fay": orm.RowCreated}},
			{"UPDATE letters SET sender_id = 4 WHERE id = 2", map[string]orm.ChangeVerb{"fay": orm.RowDeleted, "ada": orm.RowCreated}}, // whom dan knows
			{"DELETE FROM knows WHERE one_id = 4", map[string]orm.ChangeVerb{"ada": orm.RowDeleted}},
			{"UPDATE enclosures SET what = 'v'", map[string]orm.ChangeVerb{"bob": orm.RowUpdated, "dan": orm.RowUpdated, "admin": orm.RowUpdated}},
			{"DELETE FROM enclosures", map[string]orm.ChangeVerb{"bob": orm.RowDeleted, "dan": orm.RowDeleted, "admin": orm.RowDeleted}},
		} {
			set := did(step.text)
			for _, who := range []string{"ada", "bob", "eve", "dan", "fay", "admin", "nobody", "fay clerk"} {
				if err := f.DB.Sight(orm.WithViewer(t.Context(), c.viewer(who)), set, func(*orm.Table) bool { return true }); err != nil {
					t.Fatal(err)
				}
				name, _, _ := strings.Cut(who, " ")
				if got := c.told(set[0], who, db.Enclosures.Table); got != step.told[name] {
					t.Errorf("%s: %s is told %q, want %q", step.text, who, got, step.told[name])
				}
			}
		}
	})
}

// A live query is another when what decides who sees a row, or a column of it, is: far from the row, and for who has read nothing of it.
func TestForkLiveByRights(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		c := correspond(t, f)
		url := listen(t, f.Planned)
		for _, step := range []struct{ who, query, text, before, after string }{
			{"dan", `letters { totalCount }`, "DELETE FROM knows", `"totalCount":1`, `"totalCount":0`},
			{"dan", `letters { nodes { subject } }`, "INSERT INTO knows (one_id, other_id) VALUES (4, 1)", `"nodes":[]`, `"subject":"s"`},
			{"bob", `letters { nodes { weight viewerCan { update } } }`, "UPDATE posts SET author_id = 2 WHERE id = 3", `"weight":null,"viewerCan":{"update":false}`, `"weight":20,"viewerCan":{"update":true}`},
			{"fay", `letters(where: {weight: {gt: 1}}) { totalCount }`, "INSERT INTO knows (one_id, other_id) VALUES (5, 4), (5, 1)", `"totalCount":0`, `"totalCount":1`},
		} {
			s := dial(t, url, http.Header{"X-Viewer": {fmt.Sprint(c.keys[step.who])}}).init()
			s.subscribe("1", `subscription { `+step.query+` }`)
			c.want(s.hear(), step.before)
			exec(t, f, step.text)
			c.want(s.hear(), step.after)
		}
	})
}
