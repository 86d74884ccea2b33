package graph_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"kith/db"
	"kith/db/orm"
)

// made is the id of the row that a mutation has made.
func made(t *testing.T, answer string) string {
	t.Helper()
	if !strings.Contains(answer, `"userErrors":[]`) {
		t.Fatalf("it answers %s", answer)
	}
	return between(answer, `"id":"`, `"`)
}

// A row that refers to its own table is written, found and deleted with all that is below it, however deep.
func TestForkTree(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		signUp(t, f.Planned, "bob")
		ofAda, _ := logIn(t, f.Planned, "ada")
		ofBob, _ := logIn(t, f.Planned, "bob")
		ada, bob := asker(t, f, ofAda), asker(t, f, ofBob)
		root := made(t, ada(`mutation { createFolder(input: {name: "root", folders: [
			{name: "a", folders: [{name: "aa", articles: [{title: "in aa"}]}, {name: "ab", folders: [{name: "aba"}]}]},
			{name: "b", articles: [{title: "in b"}, {title: "also in b"}]}]}) { folder { id } userErrors { code field } } }`))
		want(t, ada(`{ folder(id: "`+root+`") { parent { name } owner { username } folders(orderBy: [{field: NAME, direction: DESC}]) { totalCount nodes {
			name parent { name } articles { nodes { title } } folders { nodes { name owner { username } parent { parent { name } } folders { nodes { name } } } } } } } }`),
			`{"folder":{"parent":null,"owner":{"username":"ada"},"folders":{"totalCount":2,"nodes":[{"name":"b","parent":{"name":"root"},"articles":{"nodes":[{"title":"in b"},{"title":"also in b"}]},"folders":{"nodes":[]}},`+
				`{"name":"a","parent":{"name":"root"},"articles":{"nodes":[]},"folders":{"nodes":[{"name":"aa","owner":{"username":"ada"},"parent":{"parent":{"name":"root"}},"folders":{"nodes":[]}},`+
				`{"name":"ab","owner":{"username":"ada"},"parent":{"parent":{"name":"root"}},"folders":{"nodes":[{"name":"aba"}]}}]}}]}}}`)
		for where, names := range map[string]string{
			`{folders: {some: {name: {eq: "aba"}}}}`:                          `{"name":"ab"}`,
			`{folders: {some: {folders: {some: {name: {eq: "aba"}}}}}}`:       `{"name":"a"}`,
			`{folders: {every: {name: {startsWith: "ab"}}}, hasParent: true}`: `{"name":"b"},{"name":"aa"},{"name":"ab"},{"name":"aba"}`,
			`{folders: {none: {}}, parent: {parent: {name: {eq: "a"}}}}`:      `{"name":"aba"}`,
			`{hasParent: false}`:                                                        `{"name":"root"}`,
			`{not: {parent: {name: {in: ["root", "a"]}}}}`:                              `{"name":"root"},{"name":"aba"}`,
			`{or: [{parent: {name: {eq: "ab"}}}, {articles: {some: {}}}]}`:              `{"name":"b"},{"name":"aa"},{"name":"aba"}`,
			`{articles: {every: {title: {contains: "b"}}}, name: {gt: "aba"}}`:          `{"name":"root"},{"name":"b"}`,
			`{parent: {folders: {some: {articles: {none: {}}}}}, ends: {isNull: true}}`: `{"name":"a"},{"name":"b"},{"name":"aa"},{"name":"ab"},{"name":"aba"}`,
		} {
			want(t, ada(`{ folders(where: `+where+`) { nodes { name } } }`), `{"nodes":[`+names+`]}`)
		}
		// A page of a row's own kind, walked by its cursors.
		cursor := between(ada(`{ folder(id: "`+root+`") { folders(first: 1, orderBy: [{field: NAME}]) { edges { cursor } pageInfo { hasNextPage } } } }`), `"cursor":"`, `"`)
		want(t, ada(`{ folder(id: "`+root+`") { folders(after: "`+cursor+`", orderBy: [{field: NAME}]) { nodes { name } pageInfo { hasNextPage hasPreviousPage } } } }`),
			`{"nodes":[{"name":"b"}],"pageInfo":{"hasNextPage":false,"hasPreviousPage":true}}`)

		id := func(name string) string {
			return between(ada(`{ folders(where: {name: {eq: "`+name+`"}}) { nodes { id } } }`), `"id":"`, `"`)
		}
		// A row does not come to hang on itself.
		for _, below := range []string{"a", "aa", "aba"} {
			want(t, ada(`mutation { updateFolder(input: {id: "`+id("a")+`", parentId: "`+id(below)+`"}) { userErrors { code field message } } }`),
				`[{"code":"INVALID","field":["input","parentId"],"message":"Parent id is below this folder itself."}]`)
		}
		want(t, ada(`mutation { updateFolder(input: {id: "`+id("ab")+`", parentId: "`+id("b")+`"}) { folder { parent { name } } userErrors { code } } }`), `{"folder":{"parent":{"name":"b"}},"userErrors":[]}`)
		want(t, ada(`mutation { updateFolder(input: {id: "`+id("ab")+`", parentId: "`+orm.GlobalID(db.Folders.Table, 999)+`"}) { userErrors { code field } } }`), `[{"code":"NOT_FOUND","field":["input","parentId"]}]`)

		// What is below goes with it, somebody else's too, and is counted to the end; nothing of it by a dry run.
		made(t, bob(`mutation { createFolder(input: {name: "bob's", parentId: "`+id("aba")+`", articles: [{title: "bob's"}]}) { folder { id } userErrors { code } } }`))
		before := dump(t, f)
		const gone = `"cascade":[{"type":"Article","action":"DELETED","count":3},{"type":"Folder","action":"DELETED","count":3}]`
		want(t, ada(`mutation @dryRun { deleteFolder(input: {id: "`+id("b")+`"}) { deletedId cascade { type action count } userErrors { code } } }`), gone)
		if after := dump(t, f); after != before {
			t.Fatalf("a dry run has left\n%s", after)
		}
		want(t, ada(`mutation { deleteFolder(input: {id: "`+id("b")+`"}) { cascade { type action count } userErrors { code } } }`), gone)
		want(t, ada(`{ folders { nodes { name } } articles { nodes { title } } }`), `{"folders":{"nodes":[{"name":"root"},{"name":"a"},{"name":"aa"}]},"articles":{"nodes":[{"title":"in aa"}]}}`)
		want(t, ada(`mutation { deleteFolder(input: {id: "`+id("aa")+`"}) { cascade { type action count } } }`), `[{"type":"Article","action":"DELETED","count":1}]`)
		want(t, bob(`mutation { deleteFolder(input: {id: "`+root+`"}) { cascade { count } userErrors { code } } }`), `"FORBIDDEN"`)

		// With its owner goes a tree of any depth, in as many statements as a flat one.
		deletes := func() (n int, answer string) {
			f.Statements()
			answer = ada(`mutation @dryRun { deleteFolder(input: {id: "` + root + `"}) { cascade { type action count } } }`)
			for _, s := range f.Statements() {
				if s.Path != "session" { // which is looked at once a second
					n++
				}
			}
			return n, answer
		}
		flat, _ := deletes()
		parent := root
		for range 60 { // in all more than SQLite lets triggers call each other
			answer := ada(`mutation { createFolder(input: {name: "d", parentId: "` + parent + `", ` + strings.Repeat(`folders: [{name: "d", `, 19) + `ends: null` + strings.Repeat(`}]`, 19) + `}) { folder { id } userErrors { code } } }`)
			made(t, answer)
			parent = orm.GlobalID(db.Folders.Table, lastKey(t, f))
		}
		deep, answer := deletes()
		if deep != flat {
			t.Errorf("%d statements for what is deep, %d for what is flat", deep, flat)
		}
		want(t, answer, `{"type":"Folder","action":"DELETED","count":1201}`)
		want(t, ada(`mutation { deleteUser(input: {id: "`+between(ada(`{ viewer { id } }`), `"id":"`, `"`)+`"}) { cascade { type action count } userErrors { code } } }`), `{"type":"Folder","action":"DELETED","count":1202}`)
		want(t, bob(`{ folders { totalCount } articles { totalCount } }`), `{"folders":{"totalCount":0},"articles":{"totalCount":0}}`)
	})
}

// lastKey is the key of the folder that was made last.
func lastKey(t *testing.T, f *fixture) int64 {
	t.Helper()
	page := &orm.Page{Size: 1, Backward: true, Order: []orm.Order{{Column: db.Folders.KeyColumn()}}}
	rows, err := f.DB.Read(t.Context(), &orm.Read{Path: "last", From: db.Folders.Table, Select: orm.Select{Columns: db.Folders.Columns[:1]}, Page: page})
	if err != nil || rows.Len() != 1 {
		t.Fatal(rows, err)
	}
	return rows.Row(0)[0].(int64)
}

// Rows in a circle, which only another program can make, go together, and once.
func TestForkCircle(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		access, _ := logIn(t, f.Planned, "ada")
		ask := asker(t, f, access)
		top := made(t, ask(`mutation { createFolder(input: {name: "top", folders: [{name: "middle", folders: [{name: "low"}]}]}) { folder { id } userErrors { code } } }`))
		execute(t, f, `UPDATE folders SET parent_id = 3 WHERE id = 1`)
		want(t, ask(`{ folder(id: "`+top+`") { parent { parent { parent { parent { name } } } } } }`), `"name":"low"`)
		want(t, ask(`mutation { updateFolder(input: {id: "`+top+`", name: "first"}) { folder { name } userErrors { code } } }`), `"userErrors":[]`)
		want(t, ask(`mutation { deleteFolder(input: {id: "`+top+`"}) { cascade { type action count } userErrors { code } } }`), `{"cascade":[{"type":"Folder","action":"DELETED","count":2}],"userErrors":[]}`)
		want(t, ask(`{ folders { totalCount } }`), `{"folders":{"totalCount":0}}`)
	})
}

// Two relations between the same two tables, and those of a table with itself that lose the key, are written from both ends.
func TestForkPairs(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		idOfAda := signUp(t, f.Planned, "ada")
		idOfBob := signUp(t, f.Planned, "bob")
		ofAda, _ := logIn(t, f.Planned, "ada")
		ofBob, _ := logIn(t, f.Planned, "bob")
		ada, bob := asker(t, f, ofAda), asker(t, f, ofBob)
		one := made(t, ada(`mutation { createArticle(input: {title: "one", editorId: "`+idOfBob+`", copies: [{title: "copy", copies: [{title: "copy of copy"}]}, {title: "other copy", editorId: "`+idOfAda+`"}], sequel: {title: "two"}}) {
			article { id } userErrors { code field } } }`))
		want(t, ada(`{ article(id: "`+one+`") { author { username } editor { username } source { title } prequel { title } sequel { title author { username } editor { username } prequel { title } }
			copies { nodes { title source { title } editor { username edited { nodes { title } } } copies { nodes { title source { source { title } } } } } } } }`),
			`{"article":{"author":{"username":"ada"},"editor":{"username":"bob"},"source":null,"prequel":null,"sequel":{"title":"two","author":{"username":"ada"},"editor":null,"prequel":{"title":"one"}},`+
				`"copies":{"nodes":[{"title":"copy","source":{"title":"one"},"editor":null,"copies":{"nodes":[{"title":"copy of copy","source":{"source":{"title":"one"}}}]}},`+
				`{"title":"other copy","source":{"title":"one"},"editor":{"username":"ada","edited":{"nodes":[{"title":"other copy"}]}},"copies":{"nodes":[]}}]}}}`)
		want(t, ada(`{ users(where: {edited: {some: {author: {username: {eq: "ada"}}}}}, orderBy: [{field: USERNAME}]) { nodes { username edited { totalCount } articles { totalCount } } } }`),
			`[{"username":"ada","edited":{"totalCount":1},"articles":{"totalCount":5}},{"username":"bob","edited":{"totalCount":1},"articles":{"totalCount":0}}]`)
		want(t, ada(`{ articles(where: {editor: {username: {eq: "bob"}}, copies: {some: {hasEditor: true}}, sequel: {hasEditor: false}}) { nodes { title } } }`), `{"nodes":[{"title":"one"}]}`)
		want(t, ada(`{ articles(where: {or: [{source: {source: {title: {eq: "one"}}}}, {hasPrequel: true}]}) { nodes { title } } }`), `{"nodes":[{"title":"copy of copy"},{"title":"two"}]}`)
		// From the other ends.
		_, body := send(t, f.Planned, request{Query: `mutation { createUser(input: {username: "eve", password: "correct horse", articles: [{title: "eve's", editorId: "` + idOfBob + `"}]}) { user { articles { nodes { editor { username } author { username } } } edited { totalCount } } userErrors { code field } } }`})
		want(t, string(body), `{"user":{"articles":{"nodes":[{"editor":{"username":"bob"},"author":{"username":"eve"}}]},"edited":{"totalCount":0}},"userErrors":[]}`)
		_, body = send(t, asAdmin(f.Planned), request{Query: `mutation { createUser(input: {username: "max", password: "correct horse", edited: [{title: "for max", authorId: "` + idOfAda + `"}]}) { user { edited { nodes { author { username } } } } userErrors { code field } } }`})
		want(t, string(body), `{"user":{"edited":{"nodes":[{"author":{"username":"ada"}}]}},"userErrors":[]}`)
		// Moves: to another editor, another source, another prequel.
		copied := between(ada(`{ articles(where: {title: {eq: "other copy"}}) { nodes { id } } }`), `"id":"`, `"`)
		want(t, ada(`mutation { updateArticle(input: {id: "`+copied+`", editorId: null, sourceId: "`+copied+`", prequelId: "`+copied+`"}) { article { editor { id } source { title } prequel { title } sequel { title } } userErrors { code } } }`),
			`{"article":{"editor":null,"source":{"title":"other copy"},"prequel":{"title":"other copy"},"sequel":{"title":"other copy"}},"userErrors":[]}`)
		want(t, ada(`mutation { updateArticle(input: {id: "`+copied+`", prequelId: "`+one+`"}) { userErrors { code field } } }`), `[{"code":"TAKEN","field":["input","prequelId"]}]`)
		want(t, ada(`mutation { updateArticle(input: {id: "`+one+`", sequel: {title: "two, again"}}) { article { sequel { title version } } userErrors { code } } }`), `{"article":{"sequel":{"title":"two, again","version":2}},"userErrors":[]}`)
		want(t, ada(`mutation { updateArticle(input: {id: "`+one+`", sequel: null}) { article { sequel { title } } userErrors { code } } }`), `{"article":{"sequel":null},"userErrors":[]}`)
		want(t, ada(`mutation { updateArticle(input: {id: "`+one+`", sequel: {title: "three"}}) { article { sequel { title prequel { title } } } userErrors { code } } }`), `{"article":{"sequel":{"title":"three","prequel":{"title":"one"}}},"userErrors":[]}`)
		want(t, bob(`mutation { updateArticle(input: {id: "`+one+`", editorId: null}) { userErrors { code } } }`), `"FORBIDDEN"`)
		// What loses a key is kept, and counts once, whichever keys it loses; what goes has not been kept.
		want(t, ada(`mutation @dryRun { deleteArticle(input: {id: "`+copied+`"}) { cascade { type action count } userErrors { code } } }`), `{"cascade":[],"userErrors":[]}`)
		want(t, ada(`mutation @dryRun { deleteArticle(input: {id: "`+one+`"}) { cascade { type action count } } }`), `[{"type":"Article","action":"DETACHED","count":2}]`)
		made(t, bob(`mutation { createArticle(input: {title: "after", sourceId: "`+one+`", editorId: "`+idOfAda+`"}) { article { id } userErrors { code } } }`))
		want(t, ada(`mutation @dryRun { deleteUser(input: {id: "`+idOfAda+`"}) { cascade { type action count } userErrors { code } } }`), `{"type":"Article","action":"DETACHED","count":1}`)
		want(t, ada(`mutation { deleteUser(input: {id: "`+idOfAda+`"}) { cascade { type action count } userErrors { code } } }`), `{"type":"Article","action":"DELETED","count":7}`)
		want(t, bob(`{ articles { nodes { title source { title } editor { username } } } }`), `[{"title":"eve's","source":null,"editor":{"username":"bob"}},{"title":"after","source":null,"editor":null}]`)
		// Two relations by links, written by the same names.
		post := made(t, bob(`mutation { createPost(input: {title: "T", content: "C", tags: ["a", "b"], topics: ["b", "c"]}) { post { id } userErrors { code } } }`))
		want(t, bob(`mutation { updatePost(input: {id: "`+post+`", tags: {remove: ["b"]}, topics: {add: ["a"]}}) { post { tags { nodes { name } } topics(orderBy: [{field: NAME}]) { nodes { name topicOf { totalCount } posts { totalCount } } } } userErrors { code } } }`),
			`{"tags":{"nodes":[{"name":"a"}]},"topics":{"nodes":[{"name":"a","topicOf":{"totalCount":1},"posts":{"totalCount":1}},{"name":"b","topicOf":{"totalCount":1},"posts":{"totalCount":0}},{"name":"c","topicOf":{"totalCount":1},"posts":{"totalCount":0}}]}}`)
		want(t, bob(`{ posts(where: {topics: {some: {name: {eq: "b"}}}, tags: {none: {name: {eq: "b"}}}}) { totalCount } }`), `{"posts":{"totalCount":1}}`)
		want(t, bob(`mutation { deletePost(input: {id: "`+post+`"}) { cascade { type action count } } }`), `[{"type":"Post.tags","action":"UNLINKED","count":1},{"type":"Post.topics","action":"UNLINKED","count":3}]`)
	})
}

// A link with columns of its own is a table, and what it says stands on the edges between those that it links.
func TestForkLinks(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		idOfAda := signUp(t, f.Planned, "ada")
		idOfBob := signUp(t, f.Planned, "bob")
		ofAda, _ := logIn(t, f.Planned, "ada")
		ofBob, _ := logIn(t, f.Planned, "bob")
		ada, bob := asker(t, f, ofAda), asker(t, f, ofBob)
		// From both ends, and by itself.
		red := made(t, ada(`mutation { createTeam(input: {name: "red", memberships: [{role: LEAD, since: "2020-02-02", remark: "it is \"hers\""}]}) { team { id } userErrors { code field } } }`))
		blue := made(t, ada(`mutation { createTeam(input: {name: "blue"}) { team { id } userErrors { code field } } }`))
		join := func(team, more string) string {
			return `mutation { createMembership(input: {teamId: "` + team + `"` + more + `}) { membership { id } userErrors { code field message } } }`
		}
		ofBobInRed := made(t, bob(join(red, ``)))
		made(t, ada(join(blue, `, since: "2021-01-01"`)))
		_, body := send(t, f.Planned, request{Query: `mutation { createUser(input: {username: "eve", password: "correct horse", memberships: [{teamId: "` + blue + `", role: LEAD}, {teamId: "` + red + `"}]}) {
			user { teams { edges { role remark node { name } } } } userErrors { code field } } }`})
		want(t, string(body), `{"user":{"teams":{"edges":[{"role":"MEMBER","remark":null,"node":{"name":"red"}},{"role":"LEAD","remark":null,"node":{"name":"blue"}}]}},"userErrors":[]}`)
		// Edges, pages in any order, cursors, counts.
		want(t, ada(`{ teams { nodes { name members { totalCount edges { role since remark node { username } } nodes { username } } } } }`),
			`{"teams":{"nodes":[{"name":"red","members":{"totalCount":3,"edges":[{"role":"LEAD","since":"2020-02-02","remark":"it is \"hers\"","node":{"username":"ada"}},`+
				`{"role":"MEMBER","since":"2026-01-01","remark":null,"node":{"username":"bob"}},{"role":"MEMBER","since":"2026-01-01","remark":null,"node":{"username":"eve"}}],"nodes":[{"username":"ada"},{"username":"bob"},{"username":"eve"}]}},`+
				`{"name":"blue","members":{"totalCount":2,"edges":[{"role":"MEMBER","since":"2021-01-01","remark":null,"node":{"username":"ada"}},{"role":"LEAD","since":"2026-01-01","remark":null,"node":{"username":"eve"}}],"nodes":[{"username":"ada"},{"username":"eve"}]}}]}}`)
		for _, order := range []string{``, `, orderBy: [{field: USERNAME}]`, `, orderBy: [{field: NAME, direction: DESC}]`} {
			var walked []string
			for _, way := range []struct{ size, beyond, more string }{{"first: 1", "after", "hasNextPage"}, {"last: 1", "before", "hasPreviousPage"}} {
				for at, more := "", true; more && len(walked) < 12; {
					answer := ada(`{ team(id: "` + red + `") { members(` + way.size + at + order + `) { edges { __typename role cursor node { username teams(first: 1, orderBy: [{field: NAME}]) { edges { role node { name } } } } } pageInfo { ` + way.more + ` } } } }`)
					walked = append(walked, between(answer, `"role":"`, `"`)+" "+between(answer, `"username":"`, `"`))
					at = ", " + way.beyond + `: "` + between(answer, `"cursor":"`, `"`) + `"`
					more = strings.Contains(answer, `"`+way.more+`":true`)
				}
			}
			there, back := "LEAD ada,MEMBER bob,MEMBER eve", "MEMBER eve,MEMBER bob,LEAD ada"
			if strings.Contains(order, "DESC") {
				there, back = back, there
			}
			if got := strings.Join(walked, ","); got != there+","+back {
				t.Errorf("in the order %q there are %s", order, got)
			}
		}
		want(t, ada(`{ team(id: "`+red+`") { members(first: 0) { edges { role } pageInfo { hasNextPage } } } users(where: {hasProfile: true}) { nodes { teams { edges { role } } } } }`),
			`{"team":{"members":{"edges":[],"pageInfo":{"hasNextPage":true}}}`)
		cursor := between(ada(`{ team(id: "`+red+`") { members(last: 1) { edges { cursor } } } }`), `"cursor":"`, `"`)
		want(t, ada(`{ teams { nodes { members(after: "`+cursor+`") { edges { role } pageInfo { hasNextPage hasPreviousPage startCursor } } } } }`),
			`[{"members":{"edges":[],"pageInfo":{"hasNextPage":false,"hasPreviousPage":true,"startCursor":null}}},{"members":{"edges":[],`)
		want(t, ada(`{ team(id: "`+red+`") { members(first: 1) { edges { r: role since @include(if: false) role node { username } } } } }`), `{"edges":[{"r":"LEAD","role":"LEAD","node":{"username":"ada"}}]}`)
		// Filters go through the link, and over what it says.
		for where, names := range map[string]string{
			`{members: {some: {username: {eq: "bob"}}}}`:                                                    `{"name":"red"}`,
			`{members: {every: {username: {in: ["ada", "eve"]}}}}`:                                          `{"name":"blue"}`,
			`{members: {none: {username: {eq: "bob"}}}}`:                                                    `{"name":"blue"}`,
			`{memberships: {some: {role: {eq: LEAD}, since: {lt: "2021-01-01"}}}}`:                          `{"name":"red"}`,
			`{memberships: {every: {since: {gte: "2021-01-01"}}}}`:                                          `{"name":"blue"}`,
			`{memberships: {none: {role: {eq: LEAD}, user: {username: {eq: "eve"}}}}}`:                      `{"name":"red"}`,
			`{or: [{members: {some: {username: {eq: "bob"}}}}, {name: {eq: "blue"}}]}`:                      `{"name":"red"},{"name":"blue"}`,
			`{members: {some: {teams: {every: {name: {eq: "red"}}}}}}`:                                      `{"name":"red"}`,
			`{memberships: {some: {user: {teams: {some: {name: {eq: "blue"}}}}, remark: {isNull: false}}}}`: `{"name":"red"}`,
		} {
			want(t, ada(`{ teams(where: `+where+`) { nodes { name } } }`), `{"nodes":[`+names+`]}`)
		}
		want(t, ada(`{ memberships(where: {role: {eq: LEAD}}, orderBy: [{field: SINCE, direction: DESC}]) { nodes { remark user { username } team { name members(where: {name: {ne: "ada"}}, first: 1) { totalCount edges { role node { username } } } } } } }`),
			`[{"remark":null,"user":{"username":"eve"},"team":{"name":"blue","members":{"totalCount":1,"edges":[{"role":"LEAD","node":{"username":"eve"}}]}}},`+
				`{"remark":"it is \"hers\"","user":{"username":"ada"},"team":{"name":"red","members":{"totalCount":2,"edges":[{"role":"MEMBER","node":{"username":"bob"}}]}}}]`)
		// The pair is unique.
		want(t, bob(join(red, ``)), `[{"code":"TAKEN","field":["input","teamId"],"message":"Team id is taken, together with `+"`userId`"+`."}]`)
		want(t, bob(join(red, `, userId: "`+idOfBob+`"`)), `{"code":"TAKEN","field":["input","userId"],`)
		want(t, bob(join(red, `, userId: "`+idOfAda+`"`)), `"FORBIDDEN"`)
		want(t, bob(join(orm.GlobalID(db.Teams.Table, 99), ``)), `[{"code":"NOT_FOUND","field":["input","teamId"],`)
		want(t, ada(`mutation { createTeam(input: {name: "green", memberships: [{role: LEAD}, {role: MEMBER}]}) { userErrors { code field } } }`), `[{"code":"TAKEN","field":["input","memberships","1","userId"]}]`)
		_, body = send(t, f.Planned, request{Query: `mutation { createUser(input: {username: "max", password: "correct horse", memberships: [{teamId: "` + blue + `"}, {teamId: "` + red + `"}, {teamId: "` + blue + `"}]}) { userErrors { code field } } }`})
		want(t, string(body), `[{"code":"TAKEN","field":["input","memberships","2","teamId"]}]`)
		// It is changed and moved as a row of its own.
		want(t, bob(`mutation { updateMembership(input: {id: "`+ofBobInRed+`", role: LEAD, remark: "soon"}) { membership { role version user { teams { edges { role remark } } } } userErrors { code } } }`),
			`{"membership":{"role":"LEAD","version":2,"user":{"teams":{"edges":[{"role":"LEAD","remark":"soon"}]}}},"userErrors":[]}`)
		want(t, bob(`mutation { updateMembership(input: {id: "`+ofBobInRed+`", teamId: "`+red+`", role: LEAD}) { membership { version } userErrors { code } } }`), `{"membership":{"version":2},"userErrors":[]}`)
		want(t, bob(`mutation { updateMembership(input: {id: "`+ofBobInRed+`", teamId: "`+blue+`"}) { membership { team { name } } userErrors { code } } }`), `{"membership":{"team":{"name":"blue"}},"userErrors":[]}`)
		second := made(t, bob(join(red, ``)))
		want(t, bob(`mutation { updateMembership(input: {id: "`+second+`", role: LEAD, teamId: "`+blue+`"}) { membership { id } userErrors { code field } } }`), `{"membership":null,"userErrors":[{"code":"TAKEN","field":["input","teamId"]}]}`)
		for _, refused := range []string{`mutation { updateTeam(input: {id: "` + red + `", members: {add: ["bob"]}}) { userErrors { code } } }`, `mutation { createTeam(input: {name: "x", members: ["bob"]}) { userErrors { code } } }`,
			`{ teams { edges { role } } }`, `{ teams { nodes { members { nodes { role } } } } }`, `{ teams { nodes { members { edges { id } } } } }`} {
			want(t, ada(refused), "GRAPHQL_VALIDATION_FAILED")
		}
		for _, isNew := range []bool{true, false} {
			_, faults := orm.NewDraft(db.Teams.Table, orm.Input{is("name", "x"), is("members", []any{"bob"})}, nil, isNew)
			if len(faults) != 1 || faults[0].Code != orm.Invalid {
				t.Errorf("a draft takes members: %v", faults)
			}
		}
		// It goes with either end, and the other end stays.
		want(t, bob(`mutation { deleteMembership(input: {id: "`+second+`"}) { cascade { count } userErrors { code } } }`), `{"cascade":[],"userErrors":[]}`)
		want(t, ada(`mutation @dryRun { deleteTeam(input: {id: "`+blue+`"}) { cascade { type action count } } }`), `[{"type":"Membership","action":"DELETED","count":3}]`)
		want(t, bob(`mutation { deleteUser(input: {id: "`+idOfBob+`"}) { cascade { type action count } } }`), `{"type":"Membership","action":"DELETED","count":1}`)
		want(t, ada(`{ teams { nodes { name members { totalCount } memberships { totalCount } } } }`), `[{"name":"red","members":{"totalCount":2},"memberships":{"totalCount":2}},{"name":"blue","members":{"totalCount":2},"memberships":{"totalCount":2}}]`)
	})
}

// A link between a table and itself has two directions, and one that the viewer may not see links nothing for them.
func TestForkLinksThatAreHidden(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		idOfBob := signUp(t, f.Planned, "bob")
		idOfEve := signUp(t, f.Planned, "eve")
		ofAda, _ := logIn(t, f.Planned, "ada")
		ofBob, _ := logIn(t, f.Planned, "bob")
		ada, bob := asker(t, f, ofAda), asker(t, f, ofBob)
		for _, id := range []string{idOfEve, idOfBob} {
			made(t, ada(`mutation { createFollow(input: {followedId: "`+id+`", muted: `+fmt.Sprint(id == idOfBob)+`}) { follow { id } userErrors { code } } }`))
		}
		made(t, bob(`mutation { createFollow(input: {followedId: "`+idOfEve+`"}) { follow { id } userErrors { code } } }`))
		const query = `{ users(orderBy: [{field: USERNAME}]) { nodes { username following { totalCount edges { muted node { username } } pageInfo { hasNextPage } } followers(orderBy: [{field: NAME, direction: DESC}]) { totalCount edges { muted node { username } } } } } }`
		const nobody = `{"totalCount":0,"edges":[]`
		want(t, ada(query), `{"users":{"nodes":[{"username":"ada","following":{"totalCount":2,"edges":[{"muted":true,"node":{"username":"bob"}},{"muted":false,"node":{"username":"eve"}}],"pageInfo":{"hasNextPage":false}},"followers":`+nobody+`}},`+
			`{"username":"bob","following":`+nobody+`,"pageInfo":{"hasNextPage":false}},"followers":{"totalCount":1,"edges":[{"muted":true,"node":{"username":"ada"}}]}},`+
			`{"username":"eve","following":`+nobody+`,"pageInfo":{"hasNextPage":false}},"followers":{"totalCount":1,"edges":[{"muted":false,"node":{"username":"ada"}}]}}]}}`)
		want(t, bob(query), `{"username":"ada","following":`+nobody)
		want(t, bob(query), `{"username":"eve","following":`+nobody+`,"pageInfo":{"hasNextPage":false}},"followers":{"totalCount":1,"edges":[{"muted":false,"node":{"username":"bob"}}]}}`)
		for _, c := range []struct{ where, ofAda, ofBob, ofAdmin string }{
			{`{followers: {some: {}}}`, `bob eve`, `eve`, `bob eve`},
			{`{followers: {none: {username: {eq: "ada"}}}}`, `ada`, `ada bob eve`, `ada`},
			{`{following: {every: {username: {eq: "bob"}}}}`, `bob eve`, `ada eve`, `eve`},
			{`{or: [{following: {some: {username: {eq: "eve"}}}}, {username: {eq: "x"}}]}`, `ada`, `bob`, `ada bob`},
			{`{follows: {some: {muted: {eq: true}}}}`, `ada`, ``, `ada`},
		} {
			text := `{ users(where: ` + c.where + `, orderBy: [{field: USERNAME}]) { nodes { username } } }`
			asked := map[string]string{c.ofAda: "", c.ofBob: "", c.ofAdmin: ""}
			for wanted := range asked {
				var nodes []string
				for _, name := range strings.Fields(wanted) {
					nodes = append(nodes, `{"username":"`+name+`"}`)
				}
				asked[wanted] = `{"nodes":[` + strings.Join(nodes, ",") + `]}`
			}
			want(t, ada(text), asked[c.ofAda])
			want(t, bob(text), asked[c.ofBob])
			for _, h := range []http.Handler{asAdmin(f.Planned), asAdmin(f.Resolved)} {
				_, body := send(t, h, request{Query: text})
				want(t, string(body), asked[c.ofAdmin])
			}
		}
		_, body := send(t, f.Planned, request{Query: query})
		if strings.Contains(string(body), "muted") {
			t.Errorf("somebody sees %s", body)
		}
		for _, h := range []http.Handler{asAdmin(f.Planned), asAdmin(f.Resolved)} {
			_, body = send(t, h, request{Query: query})
			want(t, string(body), `"followers":{"totalCount":2,"edges":[{"muted":false,"node":{"username":"bob"}},{"muted":false,"node":{"username":"ada"}}]}`)
		}
	})
}

// What is unique together is told where it is given: in a new row, a nested one and a changed one, by whichever field.
func TestForkTogether(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		access, _ := logIn(t, f.Planned, "ada")
		ask := asker(t, f, access)
		// A null is like no other.
		root := made(t, ask(`mutation { createFolder(input: {name: "root"}) { folder { id } userErrors { code } } }`))
		other := made(t, ask(`mutation { createFolder(input: {name: "root", folders: [{name: "a"}, {name: "b"}]}) { folder { id } userErrors { code } } }`))
		want(t, ask(`mutation { createFolder(input: {name: "x", folders: [{name: "a"}, {name: "b", folders: [{name: "a"}, {name: "c"}]}, {name: " "}, {name: "a"}]}) { userErrors { code field } } }`),
			`[{"code":"BLANK","field":["input","folders","2","name"]}]`)
		want(t, ask(`mutation { createFolder(input: {name: "x", folders: [{name: "a"}, {name: "b", folders: [{name: "a"}, {name: "c"}, {name: "c"}]}, {name: "a"}]}) { userErrors { code field } } }`),
			`[{"code":"TAKEN","field":["input","folders","1","folders","2","name"]},{"code":"TAKEN","field":["input","folders","2","name"]}]`)
		want(t, ask(`mutation { createFolder(input: {name: "a", parentId: "`+other+`", folders: [{name: "a"}, {name: "a"}]}) { userErrors { code field message } } }`),
			`[{"code":"TAKEN","field":["input","parentId"],"message":"Parent id is taken, together with `+"`name`"+`."},{"code":"TAKEN","field":["input","folders","1","name"],"message":"Name is taken, together with `+"`parentId`"+`."}]`)
		a := made(t, ask(`mutation { createFolder(input: {name: "a", parentId: "`+root+`"}) { folder { id } userErrors { code } } }`))
		want(t, ask(`mutation { updateFolder(input: {id: "`+a+`", parentId: "`+other+`"}) { folder { id } userErrors { code field } } }`), `{"folder":null,"userErrors":[{"code":"TAKEN","field":["input","parentId"]}]}`)
		want(t, ask(`mutation { updateFolder(input: {id: "`+a+`", parentId: "`+other+`", name: "c"}) { folder { parent { id } } userErrors { code field } } }`), `"userErrors":[]`)
		want(t, ask(`mutation { updateFolder(input: {id: "`+a+`", name: "b"}) { userErrors { code field } } }`), `[{"code":"TAKEN","field":["input","name"]}]`)
		want(t, ask(`mutation { updateFolder(input: {id: "`+a+`", name: "c", ends: "2030-01-01"}) { folder { version } userErrors { code field } } }`), `{"folder":{"version":3},"userErrors":[]}`)
		want(t, ask(`mutation { updateFolder(input: {id: "`+a+`", name: "b", parentId: null}) { folder { version } userErrors { code field } } }`), `{"folder":{"version":4},"userErrors":[]}`)
		// Three of them, one of which the viewer is.
		article := func(more string) string {
			return ask(`mutation { createArticle(input: {title: "t"` + more + `}) { article { id } userErrors { code field } } }`)
		}
		made(t, article(``))
		made(t, article(``))
		made(t, article(`, folderId: "`+a+`"`))
		want(t, article(`, folderId: "`+a+`"`), `[{"code":"TAKEN","field":["input","folderId"]}]`)
		moved := made(t, article(`, folderId: "`+root+`"`))
		want(t, ask(`mutation { updateArticle(input: {id: "`+moved+`", folderId: "`+a+`"}) { userErrors { code field } } }`), `[{"code":"TAKEN","field":["input","folderId"]}]`)
		want(t, ask(`mutation { updateArticle(input: {id: "`+moved+`", title: "u", folderId: "`+a+`"}) { userErrors { code field } } }`), `"userErrors":[]`)
		want(t, ask(`mutation { updateArticle(input: {id: "`+moved+`", title: "t"}) { userErrors { code field } } }`), `[{"code":"TAKEN","field":["input","title"]}]`)
		want(t, ask(`mutation { one: updateArticle(input: {id: "`+moved+`", title: "v"}) { userErrors { code } } two: createArticle(input: {title: "v", folderId: "`+a+`"}) { userErrors { code field } } }`),
			`{"one":{"userErrors":[{"code":"ROLLED_BACK"}]},"two":{"userErrors":[{"code":"TAKEN","field":["input","folderId"]}]}}`)
		// However many rows, two statements find it; whoever comes at the same time is told as well.
		var many []string
		for i := range 50 {
			many = append(many, fmt.Sprintf(`{name: "n%d"}`, i))
		}
		looked := func(rows []string) (n int) {
			f.Statements()
			made(t, ask(`mutation @dryRun { createFolder(input: {name: "m", parentId: "`+root+`", folders: [`+strings.Join(rows, ", ")+`]}) { folder { id } userErrors { code } } }`))
			return len(f.Statements())
		}
		if few, more := looked(many[:2]), looked(many); few != more {
			t.Errorf("%d statements for 2 rows, %d for 50", few, more)
		}
		answers := make(chan string)
		for range 8 {
			go func() {
				_, body := send(t, f.Planned, request{Query: `mutation { createFolder(input: {name: "raced", parentId: "` + root + `"}) { userErrors { code } } }`, Header: http.Header{"Authorization": {"Bearer " + access}}})
				answers <- string(body)
			}()
		}
		said := map[string]int{}
		for range 8 {
			said[between(<-answers, `"userErrors":`, `}}`)]++
		}
		if said["[]"] != 1 || said[`[{"code":"TAKEN"}]`] != 7 {
			t.Errorf("of eight who want the same they answer %v", said)
		}
	})
}

// All of it goes along to another database, also rows that refer to rows with higher keys.
func TestForkShapesArePromoted(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		access, _ := logIn(t, f.Planned, "ada")
		ask := asker(t, f, access)
		late := made(t, ask(`mutation { createFolder(input: {name: "first", folders: [{name: "second"}], articles: [{title: "a", copies: [{title: "b"}], sequel: {title: "c"}}]}) { folder { id } userErrors { code } } }`))
		top := made(t, ask(`mutation { createFolder(input: {name: "top"}) { folder { id } userErrors { code } } }`))
		made(t, ask(`mutation { updateFolder(input: {id: "`+late+`", parentId: "`+top+`"}) { folder { id } userErrors { code } } }`))
		made(t, ask(`mutation { createTeam(input: {name: "red", memberships: [{role: LEAD}]}) { team { id } userErrors { code } } }`))
		// More rows than are written at once lie between the first and the one that it refers to.
		execute(t, f, `UPDATE articles SET prequel_id = NULL`)
		for i := range 30 {
			var copies []string
			for j := range 80 {
				copies = append(copies, fmt.Sprintf(`{title: "c %d %d"}`, i, j))
			}
			made(t, ask(`mutation { createArticle(input: {title: "m", copies: [`+strings.Join(copies, ", ")+`]}) { article { id } userErrors { code } } }`))
		}
		execute(t, f, `UPDATE articles SET source_id = (SELECT max(id) FROM articles) WHERE id = 1`)
		execute(t, f, `UPDATE articles SET prequel_id = 2400 WHERE id = 1`)
		before := dump(t, f)
		for _, database := range databases {
			other := open(t, database)
			if _, err := f.DB.Promote(t.Context(), other.DB); err != nil {
				t.Fatalf("to %s: %v", database, err)
			}
			if after := dump(t, other); after != before {
				t.Errorf("in %s there is\n%.2000s\nand not\n%.2000s", database, after, before)
			}
		}
	})
}

// Trees that many grow, move and fell at once lose nothing that was acknowledged, and never close to a circle: what was made is
// there, or was reported by the delete that it went with.
func TestForkTreesUnderLoad(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		access, _ := logIn(t, f.Planned, "ada")
		ask := asker(t, f, access)
		for i := range 6 {
			made(t, ask(fmt.Sprintf(`mutation { createFolder(input: {name: "root %d"}) { folder { id } userErrors { code } } }`, i)))
		}
		var mu sync.Mutex
		grown, felled := 6, 0
		var wg sync.WaitGroup
		for worker := range 6 {
			r := rand.New(rand.NewPCG(uint64(worker), 7))
			wg.Go(func() {
				for n := range 40 {
					mu.Lock()
					folder := func() string { return orm.GlobalID(db.Folders.Table, 1+r.Int64N(int64(grown+felled))) }
					text := fmt.Sprintf(`mutation { createFolder(input: {name: "f %d %d", parentId: "%s", folders: [{name: "below"}]}) { folder { id } userErrors { code } } }`, worker, n, folder())
					switch r.IntN(8) {
					case 0:
						text = `mutation { deleteFolder(input: {id: "` + folder() + `"}) { deletedId cascade { count } userErrors { code } } }`
					case 1, 2, 3:
						text = `mutation { updateFolder(input: {id: "` + folder() + `", parentId: "` + folder() + `"}) { folder { id } userErrors { code } } }`
					}
					mu.Unlock()
					_, body := send(t, f.Planned, request{Query: text, Header: http.Header{"Authorization": {"Bearer " + access}}})
					answer := string(body)
					mu.Lock()
					switch {
					case strings.Contains(answer, `"errors":`):
						t.Errorf("%s\nanswers %s", text, answer)
					case strings.Contains(answer, `"deletedId":"`):
						count, _ := strconv.Atoi(between(answer, `"count":`, "}"))
						felled += 1 + count
					case strings.Contains(text, "createFolder") && strings.Contains(answer, `"userErrors":[]`):
						grown += 2
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		there, _ := strconv.Atoi(between(ask(`{ folders { totalCount } }`), `"totalCount":`, "}"))
		if there != grown-felled || felled < 6 {
			t.Errorf("%d folders are there, of %d that were made and %d that went", there, grown, felled)
		}
		for { // from the roots one comes to all
			roots := ask(`{ folders(where: {hasParent: false}, first: 1) { nodes { id } } }`)
			if !strings.Contains(roots, `"id"`) {
				break
			}
			want(t, ask(`mutation { deleteFolder(input: {id: "`+between(roots, `"id":"`, `"`)+`"}) { userErrors { code } } }`), `"userErrors":[]`)
		}
		want(t, ask(`{ folders { totalCount } }`), `{"folders":{"totalCount":0}}`)
	})
}
