package graph_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/db"
	"kith/db/orm"
	"kith/graph"
)

// dump is everything that is stored, sequences aside.
func dump(t testing.TB, f *fixture) string {
	t.Helper()
	var b strings.Builder
	for _, table := range db.Model.Tables() {
		rows, err := f.DB.Read(orm.WithViewer(context.Background(), orm.Viewer{Admin: true}), &orm.Read{
			Path: "dump", From: table, Select: orm.Select{Columns: table.Columns},
			Page: &orm.Page{Size: 1 << 30, Order: []orm.Order{{Column: table.KeyColumn()}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows.Len() {
			fmt.Fprintln(&b, table.Name, rows.Row(i))
		}
	}
	// Links are no entities: a connection of each post's tags tells them.
	a := answerOf(t, asAdmin(f.Resolved), request{Query: `{ posts(first: 100) { nodes { id tags(first: 100) { nodes { name } } } } }`})
	b.Write(a.Body)
	f.Statements()
	return b.String()
}

func TestIdempotencyKey(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := f.Planned
		signUp(t, h, "ada")
		signUp(t, h, "bob")
		access, _ := logIn(t, h, "ada")
		other, _ := logIn(t, h, "bob")
		post := func(token, key, title string) answer {
			header := http.Header{"Idempotency-Key": {key}}
			if token != "" {
				header.Set("Authorization", "Bearer "+token)
			}
			return answerOf(t, h, request{Query: `mutation($t: String!) { createPost(input: {title: $t, content: "C"}) { post { id title author { username } } userErrors { code } } }`,
				Variables: map[string]any{"t": title}, Header: header})
		}

		// Sixteen at once: one runs, all get its bytes.
		var wg sync.WaitGroup
		bodies := make([]string, 16)
		for i := range bodies {
			wg.Go(func() { bodies[i] = string(post(access, "once", "Once").Body) })
		}
		wg.Wait()
		for _, b := range bodies {
			if b != bodies[0] || !strings.Contains(b, `"title":"Once"`) {
				t.Fatalf("%s\n%s", bodies[0], b)
			}
		}
		count := func() string {
			return string(answerOf(t, h, request{Query: `{ posts { totalCount } }`}).Body)
		}
		if got := count(); got != `{"data":{"posts":{"totalCount":3}}}` {
			t.Fatalf("it ran more than once: %s", got)
		}

		if a := post(access, "once", "Another"); a.code() != "CONFLICT" {
			t.Errorf("another request under the key: %s", a.Body)
		}
		if a := post(other, "once", "Once"); a.text("createPost", "post", "author", "username") != "bob" {
			t.Errorf("another caller's key: %s", a.Body)
		}
		if a := post("", "once", "Once"); a.code() != "UNAUTHENTICATED" {
			t.Errorf("anonymous: %s", a.Body)
		}
		if a := post(access, strings.Repeat("k", 255), "Long"); a.code() != "" {
			t.Errorf("255 bytes: %s", a.Body)
		}
		for _, n := range []int{256, 10_000} {
			if a := post(access, strings.Repeat("k", n), "Longer"); a.code() != "BAD_REQUEST" {
				t.Errorf("%d bytes: %s", n, a.Body)
			}
		}
		// What failed is not stored.
		if a := post(access, "fails", " "); !strings.Contains(string(a.Body), "BLANK") {
			t.Errorf("%s", a.Body)
		}
		if a := post(access, "fails", "Now right"); a.code() != "" || a.text("createPost", "post", "title") != "Now right" {
			t.Errorf("a failed request holds its key: %s", a.Body)
		}
		// After a day it is forgotten. (The access token has ended long before.)
		f.Clock.Add(db.KeepAnswers)
		access, _ = logIn(t, h, "ada")
		if a := post(access, "once", "Another"); a.code() != "" {
			t.Errorf("after a day: %s", a.Body)
		}
		if err := f.DB.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if a := post(access, "once", "Another"); a.code() != "" {
			t.Errorf("swept too early: %s", a.Body)
		}
	})
}

// After a dry run, and after an operation that failed in any way, the database is what it was.
func TestNothingIsLeftBehind(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := asAdmin(f.Planned)
		ada := signUp(t, f.Planned, "ada")
		signUp(t, f.Planned, "bob")
		before := dump(t, f)
		ids := answerOf(t, h, request{Query: `{ users { nodes { id profile { id } address { id } posts { nodes { id } } } } tags { nodes { id } } }`})
		first := ids.at("users", "nodes").([]any)[0].(map[string]any)
		idOf := func(v any, path ...string) string {
			for _, p := range path {
				v = v.(map[string]any)[p]
			}
			return v.(string)
		}
		post := idOf(first["posts"].(map[string]any)["nodes"].([]any)[0], "id")
		tag := idOf(ids.at("tags", "nodes").([]any)[0], "id")
		replace := strings.NewReplacer("$ADA", ada, "$PROFILE", idOf(first, "profile", "id"), "$ADDRESS", idOf(first, "address", "id"), "$POST", post, "$TAG", tag)
		run := func(head, body string) answer {
			return answerOf(t, h, request{Query: replace.Replace(head + " { " + body + " }")})
		}
		for _, m := range []string{
			`createUser(input: {username: "new", password: "long enough", profile: {bio: "B"}, address: {emailAddress: "x@example.com"}, posts: [{title: "T", content: "C", tags: ["a", "b"]}]}) { user { id posts { nodes { tags { nodes { name } } } } } userErrors { code } }`,
			`updateUser(input: {id: "$ADA", name: "N", profile: null, address: {emailAddress: "y@example.com"}}) { user { name profile { id } address { emailAddress } } userErrors { code } }`,
			`deleteUser(input: {id: "$ADA"}) { deletedId cascade { type action count } userErrors { code } }`,
			`createTag(input: {name: "fresh"}) { tag { id } userErrors { code } }`,
			`updateTag(input: {id: "$TAG", name: "renamed"}) { tag { name posts { totalCount } } userErrors { code } }`,
			`deleteTag(input: {id: "$TAG", force: true}) { deletedId cascade { type action count } userErrors { code } }`,
			`updateProfile(input: {id: "$PROFILE", bio: "B", fullName: null}) { profile { bio fullName } userErrors { code } }`,
			`deleteProfile(input: {id: "$PROFILE"}) { deletedId userErrors { code } }`,
			`updateAddress(input: {id: "$ADDRESS", userId: null}) { address { user { id } } userErrors { code } }`,
			`deleteAddress(input: {id: "$ADDRESS"}) { deletedId userErrors { code } }`,
			`createPost(input: {authorId: "$ADA", title: "T", content: "C", tags: ["x"]}) { post { author { username } } userErrors { code } }`,
			`updatePost(input: {id: "$POST", title: "N", tags: {set: ["z"]}}) { post { title tags { nodes { name } } } userErrors { code } }`,
			`deletePost(input: {id: "$POST"}) { deletedId cascade { type action count } userErrors { code } }`,
		} {
			a := run("mutation @dryRun", m)
			if a.code() != "" || strings.Contains(string(a.Body), `"code"`) {
				t.Errorf("the dry run failed: %s", a.Body)
			}
			if after := dump(t, f); after != before {
				t.Fatalf("a dry run left something behind: %s\n%s\n%s", m, before, after)
			}
			// In one operation with something that is refused before it runs, while it runs, and in its answer.
			for bad, want := range map[string]string{
				`bad: createTag(input: {name: " "}) { tag { id } userErrors { code } }`:                                          `"BLANK"`,
				`bad: createUser(input: {username: "bob", password: "long enough"}) { user { id } userErrors { code } }`:         `"TAKEN"`,
				`bad: createTag(input: {name: "unheard"}) { tag { posts(first: -1) { totalCount } } userErrors { code } }`:       `"data":null`,
				`bad: deleteTag(input: {id: "$TAG", ifVersion: 99}) { tag { name } userErrors { code } }`:                        `"userErrors"`,
				`bad: updateProfile(input: {id: "$PROFILE", bio: "1"}) { profile { user { posts(last: 101) { totalCount } } } }`: `"`,
			} {
				a = run("mutation", m+" "+bad)
				failed := strings.Contains(string(a.Body), `"ROLLED_BACK"`) || a.code() != ""
				if !failed || !strings.Contains(string(a.Body), want) {
					t.Errorf("not rolled back: %s %s: %s", m, bad, a.Body)
				}
				if after := dump(t, f); after != before {
					t.Fatalf("a failed operation left something behind: %s %s\n%s\n%s", m, bad, before, after)
				}
			}
		}
	})
}

// An error in the payload of any field rolls everything back.
func TestErrorRollsBack(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		before := dump(t, f)
		a := answerOf(t, asAdmin(f.Planned), request{Query: `mutation {
			a: createTag(input: {name: "a"}) { tag { name } userErrors { code } }
			b: createTag(input: {name: "b"}) { tag { posts(first: -1) { totalCount } } userErrors { code } }
			c: createTag(input: {name: "c"}) { tag { name } userErrors { code } } }`})
		if a.code() != "BAD_REQUEST" || a.Data != nil || !strings.Contains(string(a.Body), `"data":null`) {
			t.Errorf("%s", a.Body)
		}
		if after := dump(t, f); after != before {
			t.Fatalf("left behind: %s", after)
		}
	})
}

// Eight writers over the same few rows: nothing is lost, nobody sees an error of the server, counters are exact.
func TestRace(t *testing.T) {
	const writers, operations = 8, 200
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := asAdmin(f.Planned)
		var users []string
		for _, name := range []string{"a", "b", "c"} {
			users = append(users, answerOf(t, h, request{Query: `mutation($u: String!) { createUser(input: {username: $u, password: "long enough"}) { user { id } } }`, Variables: map[string]any{"u": name}}).text("createUser", "user", "id"))
		}
		profile := answerOf(t, h, request{Query: `mutation($u: ID!) { createProfile(input: {userId: $u, bio: "0"}) { profile { id } } }`, Variables: map[string]any{"u": users[0]}}).text("createProfile", "profile", "id")
		post := answerOf(t, h, request{Query: `mutation($u: ID!) { createPost(input: {authorId: $u, title: "0", content: "C"}) { post { id } } }`, Variables: map[string]any{"u": users[0]}}).text("createPost", "post", "id")
		var mu sync.Mutex
		tally := map[string]int{}
		note := func(what string) {
			mu.Lock()
			tally[what]++
			mu.Unlock()
		}
		versions := map[any]bool{1.0: true} // of the profile, as they were answered
		seen := func(a answer) {
			mu.Lock()
			versions[a.at("m", "profile", "version")] = true
			mu.Unlock()
		}
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				random := rand.New(rand.NewPCG(uint64(w), 7)) //nolint:gosec // the same every time
				send := func(what, query string, variables map[string]any) answer {
					a := answerOf(t, h, request{Query: query, Variables: variables})
					if len(a.Errors) > 0 {
						t.Errorf("%s: %s", what, a.Body)
						return a
					}
					list, _ := a.at("m", "userErrors").([]any)
					if len(list) == 0 {
						note(what)
						return a
					}
					code, _ := list[0].(map[string]any)["code"].(string)
					note(what + " " + code)
					if !slices.Contains([]string{"TAKEN", "CONFLICT"}, code) {
						t.Errorf("%s: %s", what, a.Body)
					}
					return a
				}
				for i := range operations {
					switch random.IntN(5) {
					case 0: // the same names from everybody; a user now and then, for their passwords are hashed
						if i%20 == 0 {
							send("sign up", `mutation($u: String!) { m: createUser(input: {username: $u, password: "long enough", posts: [{title: "T", content: "C"}]}) { user { id } userErrors { code } } }`, map[string]any{"u": fmt.Sprintf("user-%d", i)})
							continue
						}
						send("create", `mutation($u: String!) { m: createTag(input: {name: $u}) { tag { id } userErrors { code } } }`, map[string]any{"u": fmt.Sprintf("tag-%d", i%40)})
					case 1:
						seen(send("move", `mutation($p: ID!, $u: ID!) { m: updateProfile(input: {id: $p, userId: $u}) { profile { version user { id } } userErrors { code } } }`, map[string]any{"p": profile, "u": users[random.IntN(3)]}))
					case 2:
						send("tag", `mutation($p: ID!, $a: [String!], $r: [String!]) { m: updatePost(input: {id: $p, tags: {add: $a, remove: $r}}) { post { tags { nodes { name } } } userErrors { code } } }`,
							map[string]any{"p": post, "a": []string{fmt.Sprintf("t%d", random.IntN(5))}, "r": []string{fmt.Sprintf("t%d", 5+random.IntN(5))}})
					case 3: // every other time nothing changes
						seen(send("change", `mutation($p: ID!, $n: String) { m: updateProfile(input: {id: $p, fullName: $n}) { profile { version } userErrors { code } } }`, map[string]any{"p": profile, "n": fmt.Sprint(w, i/2)}))
					case 4: // read, add one, write if nobody else has
						a := answerOf(t, h, request{Query: `query($p: ID!) { post(id: $p) { title version } }`, Variables: map[string]any{"p": post}})
						var n int
						fmt.Sscan(a.text("post", "title"), &n) //nolint:errcheck // its own number
						send("count", `mutation($p: ID!, $t: String!, $v: Int) { m: updatePost(input: {id: $p, title: $t, ifVersion: $v}) { post { title version } userErrors { code } } }`,
							map[string]any{"p": post, "t": fmt.Sprint(n + 1), "v": a.at("post", "version")})
					}
				}
			})
		}
		wg.Wait()
		a := answerOf(t, h, request{Query: `query($p: ID!, $q: ID!) { post(id: $p) { title version } profile(id: $q) { version user { profile { id } } } tags(first: 100) { totalCount nodes { name } } }`, Variables: map[string]any{"p": post, "q": profile}})
		if got, want := a.text("post", "title"), fmt.Sprint(tally["count"]); got != want {
			t.Errorf("counted to %s, but %s counts were acknowledged: an update was lost", got, want)
		}
		if got, want := a.at("post", "version"), float64(tally["count"]+1); got != want {
			t.Errorf("the post's version is %v, want %v", got, want)
		}
		if last, _ := a.at("profile", "version").(float64); len(versions) != int(last) || !versions[last] {
			t.Errorf("the profile's version is %v, and %d were answered: each change is one", last, len(versions))
		}
		if a.text("profile", "user", "profile", "id") != profile {
			t.Errorf("%s", a.Body)
		}
		signed := answerOf(t, h, request{Query: `{ users(where: {username: {startsWith: "user-"}}) { totalCount nodes { posts { totalCount } } } }`})
		if got, want := signed.at("users", "totalCount"), float64(tally["sign up"]); got != want {
			t.Errorf("%v users, but %v were acknowledged", got, want)
		}
		made := 0
		for _, n := range a.at("tags", "nodes").([]any) {
			if strings.HasPrefix(n.(map[string]any)["name"].(string), "tag-") {
				made++
			}
		}
		if made != tally["create"] {
			t.Errorf("%d tags, but %d were acknowledged", made, tally["create"])
		}
		t.Log(tally)
	}, func(o *graph.Options) { o.Limits.Timeout = 10 * time.Minute }) // how long eight writers wait for a busy machine is no race
}

// The number of statements depends on the shape of an input, not on its size.
func TestStatementsOfCreate(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		create := func(name string, posts, tags int) int {
			var list []map[string]any
			for i := range posts {
				var names []string
				for j := range tags {
					names = append(names, fmt.Sprintf("%s-%d-%d", name, i, j))
				}
				list = append(list, map[string]any{"title": "T", "content": "C", "tags": names})
			}
			f.Statements()
			a := answerOf(t, f.Planned, request{Query: `mutation($i: CreateUserInput!) { createUser(input: $i) { user { id posts(first: 100) { totalCount nodes { tags { totalCount } } } } userErrors { code } } }`,
				Variables: map[string]any{"i": map[string]any{"username": name, "password": "long enough", "posts": list}}})
			if got := a.at("createUser", "user", "posts", "totalCount"); got != float64(posts) {
				t.Fatalf("%s", a.Body)
			}
			return len(f.Statements())
		}
		few, many := create("few", 2, 1), create("many", 20, 3) // one alone is linked on the chance that its tags are there
		if few != many {
			t.Errorf("2 posts with 2 tags take %d statements, 20 posts with 60 tags take %d", few, many)
		}
		t.Log(many, "statements")
	})
}

// The same holds for what hangs on a row that is there, at every level.
func TestStatementsOfNestedUpdate(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		statements := func(name string, n int) int {
			var made []map[string]any
			for i := range 3 * n {
				made = append(made, map[string]any{"title": fmt.Sprint("T", i), "content": "C", "tags": []string{"all"}})
			}
			a := answerOf(t, f.Planned, request{Query: `mutation($i: CreateUserInput!) { createUser(input: $i) { user { id posts(first: 100) { nodes { id } } } } }`,
				Variables: map[string]any{"i": map[string]any{"username": name, "password": "long enough", "posts": made}}})
			var ids []any
			for _, node := range a.at("createUser", "user", "posts", "nodes").([]any) {
				ids = append(ids, node.(map[string]any)["id"])
			}
			var update []map[string]any
			for i, id := range ids[n : 2*n] {
				u := map[string]any{"id": id, "ifVersion": 1, "tags": map[string]any{"add": []string{fmt.Sprint(name, i)}, "remove": []string{"all"}}}
				u[[]string{"title", "content"}[i%2]] = "N"
				update = append(update, u)
			}
			other := answerOf(t, f.Planned, request{Query: `mutation($i: CreateUserInput!) { createUser(input: $i) { user { id } } }`,
				Variables: map[string]any{"i": map[string]any{"username": name + "2", "password": "long enough"}}}).text("createUser", "user", "id")
			f.Statements()
			input := map[string]any{"id": other, "posts": map[string]any{"connect": ids[2*n:], "create": made[:n]}}
			query := `mutation($i: UpdateUserInput!) { updateUser(input: $i) { user { posts { totalCount } } cascade { type count } userErrors { code field } } }`
			if a := answerOf(t, asAdmin(f.Planned), request{Query: query, Variables: map[string]any{"i": input}}); a.at("updateUser", "user", "posts", "totalCount") != float64(2*n) {
				t.Fatalf("%s", a.Body)
			}
			input = map[string]any{"id": a.text("createUser", "user", "id"), "posts": map[string]any{"delete": ids[:n], "update": update}}
			if a := answerOf(t, asAdmin(f.Planned), request{Query: query, Variables: map[string]any{"i": input}}); a.at("updateUser", "user", "posts", "totalCount") != float64(n) {
				t.Fatalf("%s", a.Body)
			}
			return len(f.Statements())
		}
		few, many := statements("few", 2), statements("many", 30)
		if few != many {
			t.Errorf("2 rows in each part take %d statements, 30 take %d", few, many)
		}
		t.Log(many, "statements")
	})
}

// A user with 100,000 posts goes in seconds, and what went is counted.
func TestDeleteMany(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		id := signUp(t, f.Planned, "ada")
		_, key, _ := db.Model.ParseGlobalID(id)
		bulk(t, f, key, 70_000) // more than a statement has parameters
		start := time.Now()
		a := answerOf(t, asAdmin(f.Planned), request{Query: `mutation($id: ID!) { deleteUser(input: {id: $id}) { deletedId cascade { type action count } userErrors { code } } }`, Variables: map[string]any{"id": id}})
		t.Log(time.Since(start))
		want := `"cascade":[{"type":"Profile","action":"DELETED","count":1},{"type":"Address","action":"DETACHED","count":1},{"type":"Post.tags","action":"UNLINKED","count":70001},{"type":"Post","action":"DELETED","count":70001}]`
		if !strings.Contains(string(a.Body), want) {
			t.Fatalf("%s", a.Body)
		}
		left := answerOf(t, asAdmin(f.Planned), request{Query: `{ users { totalCount } profiles { totalCount } addresses { totalCount nodes { version user { id } } } posts { totalCount } tags { totalCount } }`})
		if got := string(left.Body); got != `{"data":{"users":{"totalCount":0},"profiles":{"totalCount":0},"addresses":{"totalCount":1,"nodes":[{"version":2,"user":null}]},"posts":{"totalCount":0},"tags":{"totalCount":1}}}` {
			t.Error(got)
		}
	}, func(o *graph.Options) { o.Limits.Timeout = 5 * time.Minute }) // the race detector makes SQLite ten times slower
}

// bulk gives an author n more posts, each with the first tag, past the front door.
func bulk(t testing.TB, f *fixture, author int64, n int) {
	t.Helper()
	raw, err := sql.Open(f.DB.Name(), strings.TrimPrefix(f.Address, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	numbers := fmt.Sprintf("WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < %d)", n)
	links := "INSERT INTO post_tags (post_id, tag_id) SELECT p.id, (SELECT min(id) FROM tags) FROM posts AS p WHERE NOT EXISTS (SELECT 1 FROM post_tags AS l WHERE l.post_id = p.id)"
	if f.inParts() {
		links = "INSERT INTO post_tags (post_id, posts_author_id, tag_id) SELECT p.id, p.author_id, (SELECT min(id) FROM tags) FROM posts AS p" +
			" WHERE NOT EXISTS (SELECT 1 FROM post_tags AS l WHERE l.post_id = p.id AND l.posts_author_id = p.author_id)"
	}
	for _, text := range []string{
		numbers + fmt.Sprintf(" INSERT INTO posts (author_id, title, content, created_at, updated_at) SELECT %d, 'title ' || n, 'content', '2026-01-01 00:00:00.000000', '2026-01-01 00:00:00.000000' FROM s", author),
		links,
		"ANALYZE",
	} {
		if _, err := raw.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
}
