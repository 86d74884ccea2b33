package graph_test

import (
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	process "os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/dbtest/lint"
	"kith/db/orm"
)

// distributed tells whether the tests run with posts that are distributed by their authors.
func distributed() bool { return db.Posts.Shard() != nil }

// inParts tells whether the fixture's posts are in parts: links that are written by hand are refused there unless they say of which.
func (f *fixture) inParts() bool {
	return distributed() && f.DB.Name() == "postgres" && dbtest.OnCitus()
}

// onPlain is a value of KITH_TEST_DISTRIBUTED: on PostgreSQL without the engine, with statements as they are sent to a cluster.
const onPlain = "statements"

// With tables that are distributed, the statements that are sent to a cluster answer the same on one server, keep the engine's rules, and rows are found by
// the ids that they had elsewhere. That is declared for a process: for one of its own.
func TestStatementsOfCluster(t *testing.T) {
	if distributed() || dbtest.OnCitus() {
		t.Skip("the tests run so themselves")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := process.CommandContext(t.Context(), self, "-test.run=^(TestRandomQueries|TestIDsTellTheShard|TestIDsOfWhatIsWritten|TestFiltersOfNoRow)$", "-queries=50")
	c.Env = append(os.Environ(), dbtest.DistributedVariable+"="+onPlain)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// asOnCluster makes a fixture send what it would send to a cluster from now on, where the tests run so on one server. Nothing can be written then.
func asOnCluster(t *testing.T, f *fixture) {
	t.Helper()
	if os.Getenv(dbtest.DistributedVariable) != onPlain || strings.HasPrefix(f.Address, "sqlite:") || dbtest.OnCitus() {
		return
	}
	pool, err := sql.Open("postgres", f.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for _, text := range []string{
		"ALTER TABLE post_tags ADD COLUMN posts_author_id bigint",
		"UPDATE post_tags SET posts_author_id = p.author_id FROM posts AS p WHERE p.id = post_id",
		"SET allow_system_table_mods TO on; INSERT INTO pg_extension SELECT (oid::bigint + 1)::oid, 'citus', extowner, extnamespace, extrelocatable, extversion, extconfig, extcondition FROM pg_extension ORDER BY oid DESC LIMIT 1",
	} {
		if _, err := pool.Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	f.DB.Close()
	if f.DB, err = db.Open(t.Context(), f.Address, f.options()); err != nil {
		t.Fatal(err)
	}
	f.serve()
}

// inParts finds the tables.
var inParts = regexp.MustCompile(`\bposts\b|\bpost_tags\b`)

// fromLinks finds where a statement leads from links to posts, and whether it stays in the part.
var fromLinks = regexp.MustCompile(` JOIN posts AS \w+ ON \w+\.id = l\w+\.post_id( AND \w+\.author_id = l\w+\.posts_author_id)?`)

// keepRules holds statements about tables that are distributed to the rules of the engine that mere text tells.
func keepRules(t *testing.T, statements []*orm.Statement) {
	t.Helper()
	if os.Getenv(dbtest.DistributedVariable) == "" {
		return
	}
	for _, s := range statements {
		if inParts.MatchString(s.Text) {
			if broken := lint.Breaks(s.Text, "lateral", "correlated"); len(broken) > 0 {
				t.Errorf("%s breaks %q: %s", s.Path, broken, s.Text)
			}
			for _, found := range fromLinks.FindAllStringSubmatch(s.Text, -1) {
				if found[1] == "" {
					t.Errorf("%s leads from links to the posts of other parts: %s", s.Path, s.Text)
				}
			}
		}
	}
}

// idTexts are texts that may be global ids.
var idTexts = regexp.MustCompile(`"[A-Za-z0-9_-]{8,}"`)

// plainIDs takes from the ids in an answer where the rows are, if the tests run so.
func plainIDs(body []byte) []byte {
	if !distributed() {
		return body
	}
	return idTexts.ReplaceAllFunc(body, func(text []byte) []byte {
		table, key, ok := db.Model.ParseGlobalID(string(text[1 : len(text)-1]))
		if !ok {
			return text
		}
		return []byte(`"` + orm.GlobalID(table, key) + `"`)
	})
}

// A row is found by its id as it is now, as it was before the row belonged to somebody else, and as it was before ids told where rows are. What is found
// has the id of now. Only those three are ids.
func TestIDsTellTheShard(t *testing.T) {
	if !distributed() {
		t.Skip("ids do not tell it")
	}
	encoded := func(plain string) string { return base64.RawURLEncoding.EncodeToString([]byte(plain)) }
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			fillAtRandom(t, f, 1)
			post := readWorld(t, f.DB).rows[db.Posts.Table][0]
			asOnCluster(t, f)
			is := post.id()
			if plain, err := base64.RawURLEncoding.DecodeString(is); err != nil || strings.Count(string(plain), ":") != 2 {
				t.Fatalf("the id is %q", plain)
			}
			for way, h := range f.ways() {
				answer := func(text string) string {
					_, body := ask(t, h, orm.Viewer{Admin: true}, request{Query: text})
					return string(body)
				}
				for was, id := range map[string]string{"now": is, "before it was moved": encoded("Post:" + strconv.FormatInt(post.key(), 10) + ":999999"), "before the declaration": orm.GlobalID(db.Posts.Table, post.key())} {
					f.Statements()
					got := answer(`{ node(id: "` + id + `") { id } nodes(ids: ["` + id + `"]) { id } post(id: "` + id + `") { id } posts(where: {id: {eq: "` + id + `"}}) { nodes { id } } }`)
					if want := `{"data":{"node":{"id":"` + is + `"},"nodes":[{"id":"` + is + `"}],"post":{"id":"` + is + `"},"posts":{"nodes":[{"id":"` + is + `"}]}}}`; got != want {
						t.Errorf("%s, as it was %s: %s\ninstead of %s", way, was, got, want)
					}
					if n := len(f.Statements()); was != "before it was moved" && n > 5 { // one looks where the row is that the filter names
						t.Errorf("%s, as it was %s: it takes %d statements", way, was, n)
					}
				}
				for _, none := range []string{"Post:1:0", "Post:1:-1", "Post:1:", "Post:1:01", "Post:1:1:1", "User:1:1"} {
					if got := answer(`{ node(id: "` + encoded(none) + `") { id } }`); !strings.Contains(got, "is not an id") {
						t.Errorf("%s: %s is an id: %s", way, none, got)
					}
				}
			}
		})
	}
}

// Who asks a cluster for one user's posts, or for a post by its id, with its tags and author, asks one part of it: of its plans each has one task.
func TestOneTask(t *testing.T) {
	if !distributed() || !dbtest.OnCitus() {
		t.Skip("there is no cluster")
	}
	f := open(t, "postgres")
	fillAtRandom(t, f, 1)
	post := readWorld(t, f.DB).rows[db.Posts.Table][0]
	author, _ := post.values["author_id"].(int64)
	pool, err := sql.Open("postgres", f.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for name, query := range map[string]string{
		"a user's posts":               `{ user(by: {id: "` + orm.GlobalID(db.Users.Table, author) + `"}) { posts(first: 5, orderBy: [{field: CREATED_AT, direction: DESC}]) { nodes { title } pageInfo { hasNextPage } totalCount } } }`,
		"those that match":             `{ user(by: {id: "` + orm.GlobalID(db.Users.Table, author) + `"}) { posts(where: {or: [{title: {contains: "a"}}, {tags: {some: {name: {contains: "e"}}}}]}, orderBy: [{field: TAGS_COUNT}]) { nodes { title } aggregate { count min { createdAt } } } } }`,
		"a post, its tags, its author": `{ post(id: "` + post.id() + `") { title author { username } tags { nodes { name } totalCount } } }`,
		"a post that a filter names":   `{ posts(where: {id: {eq: "` + post.id() + `"}}, orderBy: [{field: TAGS_COUNT}]) { nodes { title author { username } tags { totalCount } } totalCount aggregate { min { title } } } }`,
		"one that it lists":            `{ posts(where: {and: [{id: {in: ["` + post.id() + `"]}}, {tags: {none: {name: {eq: "?"}}}}]}, distinct: [TITLE]) { nodes { title } groups(by: [TITLE]) { aggregate { count } } } }`,
		"a node":                       `{ node(id: "` + post.id() + `") { id ... on Post { title } } }`,
	} {
		for way, h := range f.ways() {
			f.Statements()
			status, body := ask(t, h, orm.Viewer{Admin: true}, request{Query: query})
			if status != http.StatusOK || strings.Contains(string(body), `"errors"`) {
				t.Fatalf("%s, %s: %s", name, way, body)
			}
			for _, s := range f.Statements() {
				if lines := explain(t, pool, s); strings.Count(lines, "Task Count: ") > 1 || !strings.Contains(lines, "Task Count: 1\n") {
					t.Errorf("%s, %s: %s\n%s", name, way, s.Text, lines)
				}
			}
		}
	}
}

// A filter that lets no row pass, whatever the rows are, is asked of the rows on a cluster: the engine refuses what PostgreSQL knows without them beside an
// outer join.
func TestFiltersOfNoRow(t *testing.T) {
	if !distributed() {
		t.Skip("random filters have them")
	}
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			fillAtRandom(t, f, 1)
			asOnCluster(t, f)
			pool, err := sql.Open("postgres", f.Address)
			if err != nil {
				t.Fatal(err)
			}
			defer pool.Close()
			two := func(table *orm.Table, field string) string {
				return field + `: {eq: "` + orm.GlobalID(table, 1) + `"}, and: [{` + field + `: {eq: "` + orm.GlobalID(table, 2) + `"}}]`
			}
			users, posts, tags := two(db.Users.Table, "id"), two(db.Posts.Table, "id"), two(db.Tags.Table, "id")
			const byTags, byPosts, byName = `orderBy: [{field: TAGS_COUNT}]`, `orderBy: [{field: POSTS_COUNT}]`, `orderBy: [{profile: {field: FULL_NAME}}]`
			for _, page := range []string{
				`posts(` + byTags + `, where: {id: {ne: "` + orm.GlobalID(db.Posts.Table, 1) + `"}, matches: ""})`,
				`posts(` + byTags + `, where: {title: {in: []}})`,
				`posts(` + byTags + `, where: {not: {title: {contains: ""}}})`,
				`posts(` + byTags + `, where: {not: {author: {}}})`,
				`posts(` + byTags + `, where: {tags: {every: {}, none: {}, some: {not: {and: []}}}})`,
				`posts(` + byTags + `, where: {title: {eq: "\u0000"}})`,
				`posts(` + byTags + `, where: {` + posts + `})`,
				`posts(` + byTags + `, where: {title: {eq: "a"}, and: [{title: {eq: "b"}}]})`,
				`posts(` + byTags + `, where: {createdAt: {eq: "2026-01-01T00:00:00Z"}, and: [{createdAt: {eq: "2026-01-02T00:00:00Z"}}]})`,
				`posts(` + byTags + `, where: {author: {username: {eq: "nobody at all"}}})`,
				`posts(` + byTags + `, where: {author: {` + users + `}})`,
				`posts(` + byTags + `, where: {tags: {some: {` + tags + `}}})`,
				`posts(orderBy: [{author: {profile: {field: FULL_NAME}}}], where: {author: {profile: {id: {in: []}}}})`,
				`tags(` + byPosts + `, where: {` + tags + `})`,
				`tags(` + byPosts + `, where: {name: {in: []}})`,
				`tags(` + byPosts + `, where: {posts: {some: {matches: ""}}})`,
				`tags(` + byPosts + `, where: {posts: {some: {` + posts + `}}})`,
				`users(` + byPosts + `, where: {` + users + `})`,
				`users(` + byName + `, where: {` + users + `, posts: {none: {title: {eq: "a"}}}})`,
				`users(` + byPosts + `, where: {id: {eq: "` + orm.GlobalID(db.Users.Table, 1) + `"}, profile: {user: {id: {eq: "` + orm.GlobalID(db.Users.Table, 2) + `"}}}})`,
				`users(` + byName + `, where: {username: {in: []}, posts: {count: {gt: 0}}})`,
			} {
				f.Statements()
				var answer struct {
					Page struct {
						TotalCount int
						Nodes      []any
					}
				}
				askBoth(t, f, orm.Viewer{Admin: true}, request{Query: `{ page: ` + page + ` { totalCount nodes { id } } }`}, &answer)
				if answer.Page.TotalCount != 0 || len(answer.Page.Nodes) > 0 {
					t.Errorf("%s: %+v", page, answer)
				}
				for _, s := range f.Statements() {
					if database != "sqlite" && !dbtest.OnCitus() && strings.Contains(s.Text, "LEFT JOIN") && strings.Contains(explain(t, pool, s), "One-Time Filter") {
						t.Errorf("%s is told without a row: %s\n%s", page, s.Text, explain(t, pool, s))
					}
				}
			}
		})
	}
}

// explain is the plan of a statement.
func explain(t *testing.T, pool *sql.DB, s *orm.Statement) string {
	t.Helper()
	rows, err := pool.Query(sqlx.Rebind(sqlx.DOLLAR, "EXPLAIN "+s.Text), s.Args...)
	if err != nil {
		t.Fatalf("%v: %s", err, s.Text)
	}
	defer rows.Close()
	var out strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		out.WriteString(line + "\n")
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return out.String()
}

// What is told of a write has the id of now: of a row that was made, whose links changed, that went to another part, and that is gone. Ids from before do as
// input.
func TestIDsOfWhatIsWritten(t *testing.T) {
	if !distributed() {
		t.Skip("ids do not tell it")
	}
	for _, database := range databases {
		for _, way := range []string{"planned", "resolved"} {
			t.Run(database+"/"+way, func(t *testing.T) {
				f := open(t, database)
				h := f.ways()[way]
				c := dial(t, listen(t, h), nil).init()
				c.subscribe("a", `subscription { changes(of: [POST]) { changes { verb id node { id } } } }`)
				begun(t, f, 1)
				write := func(text string, into any) {
					t.Helper()
					status, body := ask(t, h, orm.Viewer{Admin: true}, request{Query: "mutation { m: " + text + " }"})
					answer := struct{ Data struct{ M any } }{struct{ M any }{into}}
					if err := json.Unmarshal(body, &answer); err != nil || status != http.StatusOK || strings.Contains(string(body), `"code"`) {
						t.Fatalf("%s: %v, %s", text, err, body)
					}
				}
				told := func(verb, id string) {
					t.Helper()
					want := `{"type":"next","id":"a","payload":{"data":{"changes":{"changes":[{"verb":"` + verb + `","id":"` + id + `","node":{"id":"` + id + `"}}]}}}}`
					if verb == "DELETED" {
						want = strings.Replace(want, `{"id":"`+id+`"}`, "null", 1)
					}
					c.expect(want)
				}
				user := func(name, posts string) (user, post string) {
					var made struct {
						User struct {
							ID    string
							Posts struct{ Nodes []struct{ ID string } }
						}
					}
					write(`createUser(input: {username: "`+name+way+`", password: "a long password", posts: [`+posts+`]}) { user { id posts { nodes { id } } } userErrors { code } }`, &made)
					if len(made.User.Posts.Nodes) > 0 {
						post = made.User.Posts.Nodes[0].ID
					}
					return made.User.ID, post
				}
				_, made := user("one", `{title: "T", content: "C", tags: ["a"]}`)
				told("CREATED", made)
				other, _ := user("two", "")
				var changed struct{ Post struct{ ID string } }
				write(`updatePost(input: {id: "`+made+`", tags: {add: ["b"]}}) { post { id } userErrors { code } }`, &changed)
				told("UPDATED", made)
				write(`updatePost(input: {id: "`+made+`", authorId: "`+other+`"}) { post { id } userErrors { code } }`, &changed)
				moved := changed.Post.ID
				if table, key, ok := db.Model.ParseGlobalID(moved); !ok || moved == made || orm.GlobalID(table, key) != plainID(made) {
					t.Fatalf("the post is %s now, and was %s", moved, made)
				}
				told("UPDATED", moved)
				var gone struct{ DeletedID string }
				write(`deletePost(input: {id: "`+made+`"}) { deletedId userErrors { code } }`, &gone)
				if gone.DeletedID != moved {
					t.Errorf("%s is gone, and it was %s", gone.DeletedID, moved)
				}
				told("DELETED", moved)
			})
		}
	}
}

// plainID is an id without where its row is.
func plainID(id string) string { return strings.Trim(string(plainIDs([]byte(`"`+id+`"`))), `"`) }
