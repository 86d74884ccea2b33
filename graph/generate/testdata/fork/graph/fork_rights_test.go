package graph_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

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

// as asks as a user, with the roles behind their name.
func (c *correspondence) as(who, query string) string {
	c.Helper()
	name, roles, _ := strings.Cut(who, " ")
	v := orm.Viewer{Key: c.keys[name], Roles: strings.Fields(roles), Admin: name == "admin"}
	_, body := ask(c.T, c.f.Planned, v, request{Query: query})
	if !strings.HasPrefix(query, "mutation") {
		if _, other := ask(c.T, c.f.Resolved, v, request{Query: query}); string(other) != string(body) {
			c.Errorf("%s\nthe plan answers %s, resolvers %s", query, body, other)
		}
	}
	return string(body)
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
				name, roles, _ := strings.Cut(who, " ")
				handler := f.Planned
				if h == "resolved" {
					handler = f.Resolved
				}
				ask(t, handler, orm.Viewer{Key: c.keys[name], Roles: strings.Fields(roles), Admin: name == "admin"}, request{Query: query})
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
// however many follow. Where a path leads to more than is looked at, they are to begin anew.
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
		exec(t, f, `INSERT INTO letters (sender_id, post_id, subject, body, weight, sealed, created_at, updated_at)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20001) SELECT 1, 4, 's', 'b', 1, FALSE, '2026-01-01 00:00:00', '2026-01-01 00:00:00' FROM n`)
		late := dial(t, url, http.Header{"X-Viewer": {"4"}}).init()
		late.subscribe("late", `subscription { changes(of: [LETTER]) { changes { verb } } }`)
		time.Sleep(300 * time.Millisecond)
		exec(t, f, "UPDATE posts SET author_id = 5 WHERE id = 4")
		if got := late.hear(); !strings.Contains(got, `"code":"RESYNC"`) {
			t.Errorf("%.300s", got)
		}
	})
}
