package graph_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"kith/db"
	"kith/db/orm"
)

// logged is what is written to the log from now on.
func logged(t *testing.T) *bytes.Buffer {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return &log
}

// What is computed from a row is answered by the plan, in lists, in joined rows and in look-ups, as by resolvers.
func TestForkComputed(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		access, _ := logIn(t, f.Planned, "ada")
		ask := asker(t, f, access)
		log := logged(t)
		made := ask(`mutation { createPost(input: {title: "T", content: "C", reviews: [{summary: "s", body: "one \"line\" <b>\ntwo"}]}) { post { id reviews { nodes { excerpt } } } userErrors { code field } } }`)
		want(t, made, `"nodes":[{"excerpt":"one \"line\" <b>"}]`)
		want(t, ask(`{ posts(last: 1) { nodes { reviews { edges { node { excerpt } } } } } reviews { nodes { e: excerpt wordsOfAuthor author { reviews { nodes { excerpt } } } } } }`),
			`{"posts":{"nodes":[{"reviews":{"edges":[{"node":{"excerpt":"one \"line\" <b>"}}]}}]},"reviews":{"nodes":[{"e":"one \"line\" <b>","wordsOfAuthor":4,"author":{"reviews":{"nodes":[{"excerpt":"one \"line\" <b>"}]}}}]}}`)
		f.Statements()
		want(t, ask(`{ reviews { nodes { excerpt } } }`), `"excerpt"`)
		var read []string
		for _, s := range f.Statements() {
			if s.Path == "reviews" {
				read = append(read, s.Text)
			}
		}
		if len(read) != 2 || !strings.Contains(read[0], "summary") { // by the plan, and by resolvers
			t.Errorf("%q", read)
		}
		for _, shelf := range []string{`code: "a"`, `code: "b", paint: null`} {
			want(t, ask(`mutation { createEmptyShelf(input: {`+shelf+`}) { emptyShelf { label load worth steps } } }`), `{"label":"a, b <2026>","load":-25,"worth":"0.50","steps":"1152921504606846976"}`)
		}
		want(t, ask(`{ viewer { shelves { nodes { paintedAt label load worth steps code notices { nodes { shelf { label } } } } } } }`),
			`[{"paintedAt":"2026-01-02T03:04:05.678901Z","label":"a, b <2026>","load":-25,"worth":"0.50","steps":"1152921504606846976","code":"a","notices":{"nodes":[]}},{"paintedAt":null,`)
		id := between(ask(`mutation { createEmptyShelf(input: {code: "c", place: "falldown"}) { emptyShelf { id } } }`), `"id":"`, `"`)
		want(t, ask(`mutation { createNotice(input: {text: "n", shelfId: "`+id+`"}) { notice { shelf { label } } } }`), `"falldown <2026>"`)
		want(t, ask(`{ notices { nodes { shelf { label paintedAt } } } node(id: "`+id+`") { ... on EmptyShelf { label } } emptyShelf(by: {code: "c"}) { label } }`),
			`{"notices":{"nodes":[{"shelf":{"label":"falldown <2026>","paintedAt":"2026-01-02T03:04:05.678901Z"}}]},"node":{"label":"falldown <2026>"},"emptyShelf":{"label":"falldown <2026>"}}`)
		if strings.Contains(log.String(), "ERROR") {
			t.Error(log)
		}
		// One that fails takes its own field with it, and nothing else.
		for _, h := range []http.Handler{f.Planned, f.Resolved} {
			_, body := send(t, h, request{Query: `{ emptyShelves { nodes { code load } } tags { totalCount } }`})
			want(t, string(body), `"code":"INTERNAL"`)
			want(t, string(body), `"path":["emptyShelves","nodes",2,"load"]`)
		}
		want(t, ask(`{ emptyShelves { totalCount nodes { label } } }`), `"totalCount":3`)
		for _, refused := range []string{`{ reviews(where: {excerpt: {eq: "x"}}) { totalCount } }`, `{ reviews(orderBy: [{field: EXCERPT}]) { totalCount } }`} {
			want(t, ask(refused), "GRAPHQL_VALIDATION_FAILED")
		}
	})
}

// A root field of one's own that fails is null, whatever its type says, and answers what its type says if it does not.
func TestForkRootFieldFailsAlone(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		for _, h := range []http.Handler{f.Planned, f.Resolved} {
			_, body := send(t, h, request{Query: `{ lost { id } names number(fails: false) failed: number(fails: true) tags { totalCount } }`})
			want(t, string(body), `"data":{"lost":null,"names":[],"number":0,"failed":null,"tags":{"totalCount":0}}`)
			want(t, string(body), `"code":"INTERNAL"`)
			want(t, string(body), `"message":"it is to fail"`)
			if n := strings.Count(string(body), `"code"`); n != 2 {
				t.Errorf("%d errors: %s", n, body)
			}
		}
	})
}

// A rule over a row is asked before every write of it: alone, nested, beside other faults, in the order of the input.
func TestForkCheck(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		access, _ := logIn(t, f.Planned, "ada")
		ask := asker(t, f, access)
		want(t, ask(`mutation { createPost(input: {title: "T", content: "C", reviews: [{summary: "long", body: "b"}, {summary: "s", body: "body"}, {summary: "long", body: "b"}]}) { userErrors { code field message } } }`),
			`"userErrors":[{"code":"TOO_LONG","field":["input","reviews","0","summary"],"message":"Summary must not be longer than the body."},{"code":"TOO_LONG","field":["input","reviews","2","summary"]`)
		want(t, ask(`{ posts { totalCount } reviews { totalCount } }`), `{"posts":{"totalCount":1},"reviews":{"totalCount":0}}`)
		post := between(ask(`{ posts { nodes { id } } }`), `"id":"`, `"`)
		missing := orm.GlobalID(db.Posts.Table, 999)
		want(t, ask(`mutation { createReview(input: {postId: "`+missing+`", summary: "long", body: "b"}) { userErrors { code field } } }`),
			`[{"code":"NOT_FOUND","field":["input","postId"]},{"code":"TOO_LONG","field":["input","summary"]}]`)
		made := ask(`mutation { createReview(input: {postId: "` + post + `", summary: "s", body: "body"}) { review { id } userErrors { code } } }`)
		id := between(made, `"id":"`, `"`)
		// On an update it sees the whole row, of which the input gives a part.
		want(t, ask(`mutation { updateReview(input: {id: "`+id+`", summary: "longer"}) { userErrors { code field } } }`), `[{"code":"TOO_LONG","field":["input","summary"]}]`)
		want(t, ask(`mutation { updateReview(input: {id: "`+id+`", body: ""}) { userErrors { code field } } }`), `[{"code":"BLANK","field":["input","body"]}]`)
		want(t, ask(`mutation { updateReview(input: {id: "`+id+`", summary: "longer", body: "longest"}) { review { version } userErrors { code } } }`), `{"review":{"version":2},"userErrors":[]}`)
		want(t, ask(`mutation { replyToReview(input: {id: "`+id+`", reply: "Thanks."}) { review { reply version } query { review(id: "`+id+`") { reply } } } }`),
			`{"review":{"reply":"Thanks.","version":3},"query":{"review":{"reply":"Thanks."}}}`)
		want(t, ask(`mutation { updateReview(input: {id: "`+id+`", body: "something else"}) { userErrors { code field message } } }`),
			`[{"code":"INVALID","field":["input","body"],"message":"Body has been replied to."}]`)
		want(t, ask(`mutation { updateReview(input: {id: "`+id+`", summary: "less"}) { review { summary } } }`), `"less"`)
	})
}

// A mutation of one's own has what the others have: one transaction, @dryRun, Idempotency-Key, ROLLED_BACK, another try.
func TestForkOwnMutation(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		signUp(t, f.Planned, "bob")
		ofAda, _ := logIn(t, f.Planned, "ada")
		ofBob, _ := logIn(t, f.Planned, "bob")
		ada, bob := asker(t, f, ofAda), asker(t, f, ofBob)
		post := between(ada(`{ posts(first: 1) { nodes { id } } }`), `"id":"`, `"`) // ada's
		review := between(bob(`mutation { createReview(input: {postId: "`+post+`", summary: "s", body: "body"}) { review { id } } }`), `"id":"`, `"`)
		reply := func(text string) string {
			return `replyToReview(input: {id: "` + review + `", reply: "` + text + `"}) { review { reply author { username } } userErrors { code field } }`
		}
		stored := func(want string) {
			t.Helper()
			if got := between(ada(`{ reviews { nodes { reply } } }`), `"reply":`, `}`); got != want {
				t.Errorf("the reply is %s, not %s", got, want)
			}
		}
		// Who may.
		want(t, bob(`mutation {`+reply("r")+`}`), `"FORBIDDEN"`)
		_, body := send(t, f.Planned, request{Query: `mutation {` + reply("r") + `}`})
		want(t, string(body), `"UNAUTHENTICATED"`)
		want(t, bob(`mutation { updateReview(input: {id: "`+review+`", reply: "x"}) { userErrors { code } } }`), "GRAPHQL_VALIDATION_FAILED")
		stored("null")
		// Faults, and nothing of the others.
		want(t, ada(`mutation {`+reply(" ")+`}`), `{"review":null,"userErrors":[{"code":"BLANK","field":["input","reply"]}]}`)
		want(t, ada(`mutation { createTag(input: {name: "one"}) { userErrors { code } }`+reply("")+`}`),
			`{"createTag":{"userErrors":[{"code":"ROLLED_BACK"}]},"replyToReview":{"review":null,"userErrors":[{"code":"BLANK","field":["input","reply"]}]}}`)
		want(t, ada(`mutation {`+reply("r")+` createTag(input: {name: "shared"}) { userErrors { code } } }`),
			`{"replyToReview":{"review":null,"userErrors":[{"code":"ROLLED_BACK","field":null}]},"createTag":{"userErrors":[{"code":"TAKEN"}]}}`)
		want(t, ada(`mutation {`+reply("r")+` createTag(input: {name: ""}) { userErrors { code } } }`), `{"code":"ROLLED_BACK","field":null}`)
		want(t, ada(`mutation {`+reply("r")+` updatePost(input: {id: "`+orm.GlobalID(db.Posts.Table, 2)+`", title: "mine"}) { userErrors { code } } }`), `"FORBIDDEN"`)
		stored("null")
		want(t, ada(`mutation @dryRun {`+reply("dry")+`}`), `{"review":{"reply":"dry","author":{"username":"bob"}},"userErrors":[]}`)
		stored("null")
		// Once.
		header := http.Header{"Authorization": {"Bearer " + ofAda}, "Idempotency-Key": {"k"}}
		var first []byte
		for range 2 {
			_, body := send(t, f.Planned, request{Query: `mutation {` + reply("kept") + `}`, Header: header})
			want(t, string(body), `"reply":"kept"`)
			if first == nil {
				first = body
				ada(`mutation {` + reply("another") + `}`)
			}
		}
		stored(`"another"`)
		// Whatever its name begins with, and again if it lost a race.
		want(t, ada(`mutation { createAllTags(names: ["crowded", "more"]) { userErrors { code } } createTag(input: {name: "last"}) { tag { name } } }`),
			`{"createAllTags":{"userErrors":[]},"createTag":{"tag":{"name":"last"}}}`)
		want(t, ada(`{ tags { nodes { name } } }`), `[{"name":"shared"},{"name":"crowded"},{"name":"more"},{"name":"last"}]`)
		// It counts as what it is given.
		names := strings.Repeat(`"n",`, 200)
		if body := ada(`mutation { ` + manyTimes(60, `createAllTags(names: [`+names+`]) { userErrors { code } }`) + `}`); !strings.Contains(body, "LIMIT_EXCEEDED") {
			t.Errorf("%.300s", body)
		}
		want(t, ada(`mutation { createAllTags(names: ["x"]) { userErrors { code } } logOut(input: {refreshToken: "r"}) { userErrors { code } } }`), `"BAD_REQUEST"`)
	})
}

func manyTimes(n int, field string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "f%d: %s ", i, field)
	}
	return b.String()
}

// A mutation that nobody has asked a permission for is refused, whoever sends it, and leaves nothing behind.
func TestForkForgetsToAsk(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		access, _ := logIn(t, f.Planned, "ada")
		log := logged(t)
		before := dump(t, f)
		for _, header := range []http.Header{{}, {"Authorization": {"Bearer " + access}}} {
			for _, text := range []string{`mutation { spreadTag(input: {name: "t"}) { userErrors { code } } }`,
				`mutation @dryRun { spreadTag(input: {name: "t"}) { userErrors { code } } }`,
				`mutation { createAllTags(names: ["a"]) { userErrors { code } } spreadTag(input: {name: "t"}) { userErrors { code } } b: createAllTags(names: ["b"]) { userErrors { code } } }`,
				`mutation { createAllTags(names: [""]) { userErrors { code } } spreadTag(input: {name: "t"}) { userErrors { code } } }`,
				`mutation { spreadTag(input: {name: "t"}) { userErrors { code } } createAllTags(names: [""]) { userErrors { code } } }`,
			} {
				_, body := send(t, f.Planned, request{Query: text, Header: header})
				if s := string(body); !strings.Contains(s, `"INTERNAL"`) && !strings.Contains(s, `"UNAUTHENTICATED"`) && !strings.Contains(s, `"BLANK"`) {
					t.Errorf("%s\n%s", text, s)
				}
				if after := dump(t, f); after != before {
					t.Fatalf("%s leaves %s", text, after)
				}
			}
		}
		want(t, log.String(), "Mutation.spreadTag has not asked")
	})
}

// Nested writes are checked like outer ones.
func TestForkNested(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		idOfAda := signUp(t, f.Planned, "ada")
		idOfBob := signUp(t, f.Planned, "bob")
		ofAda, _ := logIn(t, f.Planned, "ada")
		ofBob, _ := logIn(t, f.Planned, "bob")
		ada, bob := asker(t, f, ofAda), asker(t, f, ofBob)
		admin := func(text string) string {
			_, body := send(t, asAdmin(f.Planned), request{Query: text})
			return string(body)
		}
		create := func(replies string) string {
			return `mutation { createPost(input: {title: "T", content: "C", replies: [` + replies + `]}) { post { id author { username } replies { nodes { body author { username } } } } userErrors { code field } } }`
		}
		// The second owner is the viewer, who may say so, and nobody else.
		want(t, ada(create(`{body: "mine"}, {body: "too", authorId: "`+idOfAda+`"}`)),
			`"replies":{"nodes":[{"body":"mine","author":{"username":"ada"}},{"body":"too","author":{"username":"ada"}}]}},"userErrors":[]`)
		before := dump(t, f)
		want(t, ada(create(`{body: "mine"}, {body: "bob's", authorId: "`+idOfBob+`"}`)), `"FORBIDDEN"`)
		// Nothing is looked up before that is decided: a user who is not there is no news.
		want(t, ada(create(`{body: "x", authorId: "`+orm.GlobalID(db.Users.Table, 999)+`"}`)), `"FORBIDDEN"`)
		want(t, ada(create(`{body: "x", authorId: null}`)), `{"code":"BLANK","field":["input","replies","0","authorId"]}`)
		want(t, ada(create(`{body: "x", authorId: "what"}`)), `{"code":"INVALID","field":["input","replies","0","authorId"]}`)
		want(t, admin(create(`{body: "x"}`)), `{"code":"BLANK","field":["input","authorId"]},{"code":"BLANK","field":["input","replies","0","authorId"]}`)
		for _, nested := range []string{`posts: [{title: "T", content: "C", replies: [{body: "x"}]}]`, `replies: [{postId: "` + orm.GlobalID(db.Posts.Table, 1) + `", body: "x", authorId: "` + idOfBob + `"}]`} {
			// A new user has no key yet: what is not theirs by hanging on them is for somebody who is logged in.
			_, body := send(t, f.Planned, request{Query: `mutation { createUser(input: {username: "eve", password: "correct horse", ` + nested + `}) { userErrors { code field } } }`})
			if s := string(body); !strings.Contains(s, `"UNAUTHENTICATED"`) && !strings.Contains(s, `"GRAPHQL_VALIDATION_FAILED"`) {
				t.Error(s)
			}
		}
		if after := dump(t, f); after != before {
			t.Fatalf("what was refused has left\n%s", after)
		}
		want(t, admin(`mutation { createPost(input: {title: "T", content: "C", authorId: "`+idOfAda+`", replies: [{body: "b", authorId: "`+idOfBob+`"}]}) { post { replies { nodes { author { username } } } } } }`), `"bob"`)

		// What the child needs besides is a field of its input.
		post := orm.GlobalID(db.Posts.Table, 1)
		_, body := send(t, f.Planned, request{Query: `mutation { createUser(input: {username: "eve", password: "correct horse", replies: [{postId: "` + post + `", body: "hello"}]}) { user { replies { nodes { body post { id } } } } userErrors { code field } } }`})
		want(t, string(body), `{"replies":{"nodes":[{"body":"hello","post":{"id":"`+post+`"}}]}},"userErrors":[]`)
		_, body = send(t, f.Planned, request{Query: `mutation { createUser(input: {username: "eva", password: "correct horse", replies: [{postId: "` + orm.GlobalID(db.Posts.Table, 999) + `", body: "hello"}]}) { userErrors { code field } } }`})
		want(t, string(body), `[{"code":"NOT_FOUND","field":["input","replies","0","postId"]}]`)
		want(t, ada(`mutation { createUser(input: {username: "u", password: "correct horse", replies: [{body: "b"}]}) { userErrors { code } } }`), "GRAPHQL_VALIDATION_FAILED")

		// The row at the end of a to-one relation may be somebody else's.
		note := func(note string) string {
			return `mutation { updatePost(input: {id: "` + post + `", note: ` + note + `}) { post { note { text author { username } } } userErrors { code field } } }`
		}
		want(t, bob(`mutation { createNote(input: {postId: "`+post+`", text: "bob was here"}) { note { id } userErrors { code } } }`), `"userErrors":[]`)
		before = dump(t, f)
		for _, refused := range []string{`{text: "ada was"}`, `null`, `{text: "ada was", authorId: "` + idOfAda + `"}`, `{text: "x", authorId: "` + idOfBob + `"}`} {
			want(t, ada(note(refused)), `"FORBIDDEN"`)
		}
		if after := dump(t, f); after != before {
			t.Fatalf("what was refused has left\n%s", after)
		}
		want(t, admin(note(`{text: "mended"}`)), `{"text":"mended","author":{"username":"bob"}}`)
		want(t, admin(note(`null`)), `"note":null`)
		want(t, ada(note(`{text: "ada is"}`)), `{"text":"ada is","author":{"username":"ada"}}`)
		want(t, ada(note(`{text: "ada was"}`)), `{"text":"ada was","author":{"username":"ada"}}`)
		want(t, ada(note(`{text: "x", authorId: "`+idOfBob+`"}`)), `"FORBIDDEN"`)
		want(t, ada(note(`null`)), `"note":null`)
		want(t, admin(note(`{text: "nobody's"}`)), `{"code":"BLANK","field":["input","note","authorId"]}`)

		// What the schema does not have, no draft takes.
		for table, input := range map[*orm.Table]orm.Input{
			db.Users.Table:        {is("knows", orm.Input{is("add", []any{"bob"})})}, // no mutation of users makes users
			db.Posts.Table:        {is("replies", []any{orm.Input{is("body", "b")}})},
			db.EmptyShelves.Table: {is("notices", []any{orm.Input{is("text", "t")}})},
		} {
			if _, faults := orm.NewDraft(table, input, nil, false); len(faults) != 1 || faults[0].Code != orm.Invalid {
				t.Errorf("an update of %s takes %v: %v", table.Name, input, faults)
			}
		}
		for _, input := range []orm.Input{{is("replies", []any{orm.Input{is("body", "b"), is("postId", post)}})}, {is("note", orm.Input{is("text", "t"), is("postId", post)})}, {is("author", orm.Input{})}} {
			if _, faults := orm.NewDraft(db.Posts.Table, append(input, is("title", "t"), is("content", "c")), nil, true); len(faults) != 1 || faults[0].Code != orm.Invalid {
				t.Errorf("a post takes %v: %v", input, faults)
			}
		}
	})
}

func is(name string, v any) orm.InputField { return orm.InputField{Name: name, Value: v} }

// Nobody writes a row of somebody else's, however it is nested: random inputs after the page, most of which name owners.
func TestForkNobodyWritesForOthers(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		for _, name := range []string{"ada", "bob"} {
			signUp(t, f.Planned, name)
			access, _ := logIn(t, f.Planned, name)
			ask := asker(t, f, access)
			want(t, ask(`mutation { createPost(input: {title: "T", content: "C", replies: [{body: "b"}], note: {text: "n"}, reviews: [{summary: "s", body: "b"}]}) { userErrors { code } } }`), `"userErrors":[]`)
			want(t, ask(`mutation { createEmptyShelf(input: {code: "`+name+`", notices: [{text: "t"}]}) { userErrors { code } } }`), `"userErrors":[]`)
		}
		r := rand.New(rand.NewPCG(1, 2))
		admin := orm.WithViewer(t.Context(), orm.Viewer{Admin: true})
		others := func(viewer int64) string {
			var b strings.Builder
			for _, table := range db.Model.Tables() {
				owner := table.Owner()
				if owner == nil {
					continue
				}
				rows, err := f.DB.Read(admin, &orm.Read{Path: "others", From: table, Select: orm.Select{Columns: table.Columns}, Page: &orm.Page{Size: 1 << 20, Order: []orm.Order{{Column: table.KeyColumn()}}}})
				if err != nil {
					t.Fatal(err)
				}
				for i := range rows.Len() {
					for j, c := range table.Columns {
						if v := rows.Row(i)[j]; c == owner && v != viewer && v != nil { // what is detached is nobody's
							fmt.Fprintln(&b, table.Name, rows.Row(i))
						}
					}
				}
			}
			return b.String()
		}
		written, forbidden := 0, 0
		for range 600 {
			viewer := 1 + r.Int64N(2)
			table := db.Model.Tables()[r.IntN(len(db.Model.Tables()))]
			isNew := r.IntN(2) == 0 && !table.Signup()
			input := randomInput(r, table, nil, isNew, 3)
			draft, faults := orm.NewDraft(table, input, []string{"input"}, isNew)
			if slices.ContainsFunc(faults, func(f orm.Fault) bool { return !strings.Contains(f.Message, "twice") }) {
				t.Fatalf("%s: %v: %v", table.Type, input, faults)
			} else if len(faults) > 0 {
				continue
			}
			before := others(viewer)
			err := f.DB.Write(orm.WithViewer(t.Context(), orm.Viewer{Key: viewer}), func(ctx context.Context) (err error) {
				var faults []orm.Fault
				if isNew {
					_, faults, err = f.DB.Create(ctx, draft)
				} else {
					faults, _, err = f.DB.Update(ctx, draft, 1+r.Int64N(4), nil)
				}
				if err == nil && len(faults) > 0 {
					err = orm.Errorf(orm.BadRequest, "%v", faults)
				}
				return err
			})
			switch orm.CodeOf(err) {
			case "":
				written++
			case orm.Forbidden:
				forbidden++
			case orm.BadRequest:
			default:
				t.Fatalf("%s: %v: %v", table.Type, input, err)
			}
			if after := others(viewer); after != before {
				t.Fatalf("%d has written %s as %v:\n%s\nwas\n%s", viewer, table.Type, input, after, before)
			}
		}
		if written < 60 || forbidden < 60 {
			t.Errorf("%d written, %d refused: that shows little", written, forbidden)
		}
	})
}

// randomInput is an input of a table, or of a row of it that hangs on another, as the schema would let through.
func randomInput(r *rand.Rand, table *orm.Table, under *orm.Relation, isNew bool, depth int) (input orm.Input) {
	for _, c := range table.Columns {
		needed := c.Needed() && c != table.Owner() && (isNew || under != nil)
		if !c.Writable(isNew) || under != nil && c == under.Theirs || !needed && r.IntN(3) > 0 {
			continue
		}
		v := any(fmt.Sprint("w", r.IntN(1_000_000)))
		switch {
		case c.References != nil && c.References.Signup():
			v = orm.GlobalID(c.References, 1+r.Int64N(2))
		case c.References != nil:
			v = orm.GlobalID(c.References, 1+r.Int64N(3))
		case c.Field == "emailAddress":
			v = "w@example.com"
		case c.Kind != orm.Text:
			v = map[orm.Kind]any{
				orm.Bool: true, orm.Int: int64(1), orm.Long: fmt.Sprint(r.IntN(1_000_000)), orm.Float: 0.5, orm.Numeric: "1.25", orm.Day: "2026-11-21",
				orm.Guid: fmt.Sprintf("123e4567-e89b-12d3-a456-%012d", r.IntN(1_000_000)), orm.Document: true, orm.Time: "2026-11-21T00:00:00Z",
			}[c.Kind]
			if c.Kind == orm.Enum {
				v = c.Values()[0]
			}
		}
		input = append(input, is(c.Field, v))
	}
	for _, relation := range table.Relations {
		if depth > 0 && r.IntN(3) == 0 && relation.Own == nil && (relation.Link == nil || relation.Links()) && (under == nil || relation != under.Back) {
			if in := randomParts(r, relation, isNew, depth-1); in != nil {
				input = append(input, *in)
				continue
			}
		}
		if depth == 0 || relation.Link != nil || !relation.Nested(isNew) || under != nil && !isNew || r.IntN(2) == 0 {
			continue
		}
		below := depth - 1
		if !isNew {
			below = 0 // what is changed or made writes nothing besides itself
		}
		child := func() orm.Input { return randomInput(r, relation.To, relation, isNew, below) }
		switch {
		case relation.Many:
			input = append(input, is(relation.Field, []any{child(), child()}))
		case !isNew && r.IntN(4) == 0:
			input = append(input, is(relation.Field, nil))
		default:
			input = append(input, is(relation.Field, child()))
		}
	}
	return input
}

// randomParts are changes of what hangs on a row, or rows that are to hang on a new one; nil if there are none.
func randomParts(r *rand.Rand, relation *orm.Relation, isNew bool, depth int) *orm.InputField {
	id := func() any { return orm.GlobalID(relation.To, 1+r.Int64N(4)) }
	ids := func() []any { return []any{id()} }
	parts := relation.Parts()
	field := is(relation.ChangesField(), nil)
	switch {
	case isNew && relation.Link == nil && !parts.Connect:
		return nil
	case isNew && relation.Many:
		field = is(relation.KeysField(), ids())
	case isNew:
		field = is(relation.KeysField(), id())
	case relation.Link != nil:
		name := []string{"connect", "disconnect", "set"}[r.IntN(3)]
		if name == "set" && relation.Nested(false) {
			name = "setIds"
		}
		field.Value = orm.Input{is(name, ids())}
	default:
		in := orm.Input{}
		many := func(v any) any {
			if relation.Many {
				return []any{v}
			}
			return v
		}
		which := r.IntN(5)
		switch {
		case which == 0 && parts.Delete && relation.Many, which == 1 && parts.Disconnect && relation.Many:
			in = append(in, is([]string{"delete", "disconnect"}[which], ids()))
		case which == 0 && parts.Delete, which == 1 && parts.Disconnect:
			in = append(in, is([]string{"delete", "disconnect"}[which], true))
		case which == 2 && parts.Update:
			changed := randomInput(r, relation.To, relation, false, depth)
			if relation.Many {
				changed = append(changed, is("id", id()))
			}
			in = append(in, is("update", many(changed)))
		case which == 3 && parts.Connect:
			in = append(in, is("connect", many(id())))
		case parts.Create:
			in = append(in, is("create", many(randomInput(r, relation.To, relation, true, depth))))
		}
		field.Value = in
	}
	return &field
}
