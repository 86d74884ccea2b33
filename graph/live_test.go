package graph_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"kith/db"
	"kith/db/orm"
	"kith/graph"
)

var (
	liveQueries = flag.Int("live", 25, "how many live queries TestLiveIsFresh asks at once, of each graph")
	liveChanges = flag.Int("livechanges", 25, "how many changes TestLiveIsFresh makes under them")
	liveGraphs  = flag.Int("livegraphs", 1, "how many graphs TestLiveIsFresh makes on each database, each way")
)

// A liveClient is one live query, and what it was answered.
type liveClient struct {
	request request
	viewer  orm.Viewer

	mu      sync.Mutex
	answers []string
	truths  map[string]bool
}

func (c *liveClient) last() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.answers) == 0 {
		return ""
	}
	return c.answers[len(c.answers)-1]
}

// hears waits for an answer behind the first.
func (c *liveClient) hears(t *testing.T) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		n := len(c.answers)
		c.mu.Unlock()
		if n > 1 {
			return
		}
		if time.Now().After(end) {
			t.Fatal("there is no other answer")
		}
	}
}

// Whatever is asked and whatever is changed, by whatever way: the last answer of a live query is the bytes that the query is answered
// now, and each one before was true when a transaction was committed.
func TestLiveIsFresh(t *testing.T) {
	schema := loadSchema(t)
	for i := range uint64(*liveGraphs) {
		for _, database := range databases {
			for _, way := range []string{"planned", "resolved"} {
				t.Run(fmt.Sprintf("%s/%s/graph=%d", database, way, *firstOne+i), func(t *testing.T) {
					t.Parallel()
					seed := *firstOne + i
					f := open(t, database)
					w := fillAtRandom(t, f, seed)
					handler := f.Planned
					if way == "resolved" {
						handler = f.Resolved
					}
					clients := goLive(t, listen(t, handler), *liveQueries, func(j uint64) (request, orm.Viewer) {
						g := &generator{schema: schema, world: w, r: rand.New(rand.NewPCG(seed, j/2))}
						if g.chance(1, 10) {
							g.query() // says who asks
							return g.search(), g.viewer
						}
						for {
							q, selections := g.query()
							if len(selections) != 1 || selections[0].name == "__typename" || selections[0].text != "" {
								continue
							}
							if all := users(w); j%2 == 1 && len(all) > 0 { // somebody else asks the same
								g.viewer = someViewer(rand.New(rand.NewPCG(seed, j)), all)
							}
							return q, g.viewer
						}
					})
					quiet(t, handler, clients, "at first")
					r := rand.New(rand.NewPCG(seed, 99))
					fill := newFiller(f, r, func(*orm.Column) string { return words[r.IntN(len(words))] + "." })
					fill.made = 10_000
					for range *liveChanges {
						said := changeAtRandom(t, f, fill)
						if r.IntN(3) == 0 { // others follow at once
							truths(t, handler, clients)
							continue
						}
						if quiet(t, handler, clients, said); t.Failed() {
							return
						}
					}
					quiet(t, handler, clients, "at last")
				})
			}
		}
	}
}

// search makes one of search.
func (g *generator) search() request {
	text := words[g.r.IntN(len(words))]
	return request{
		Query:     `query($text: String!, $first: Int) { search(text: $text, prefix: true, first: $first) { totalCount pageInfo { hasNextPage } edges { rank snippet node { ... on Node { id } } } } }`,
		Variables: map[string]any{"text": text, "first": g.r.IntN(4)},
	}
}

// goLive asks live queries over one connection for each viewer.
func goLive(t *testing.T, url string, n int, one func(uint64) (request, orm.Viewer)) (clients []*liveClient) {
	t.Helper()
	sockets := map[string]*socketClient{}
	byID := map[string]*liveClient{}
	for j := range uint64(n) { //nolint:gosec // it is not negative
		c := &liveClient{truths: map[string]bool{}}
		c.request, c.viewer = one(j)
		clients = append(clients, c)
		byID[fmt.Sprint(j)] = c
	}
	for j, c := range clients {
		socket := sockets[fmt.Sprint(c.viewer)]
		if socket == nil {
			header := http.Header{}
			if c.viewer.Admin {
				header.Set("X-Viewer", "admin")
			} else if c.viewer.Key != 0 {
				header.Set("X-Viewer", fmt.Sprint(c.viewer.Key, " ", strings.Join(c.viewer.Roles, " ")))
			}
			socket = dial(t, url, header).init()
			sockets[fmt.Sprint(c.viewer)] = socket
			go func() {
				for {
					_, data, err := socket.Read(context.WithoutCancel(t.Context()))
					if err != nil {
						return
					}
					var message struct {
						ID, Type string
						Payload  json.RawMessage
					}
					if json.Unmarshal(data, &message) != nil {
						return
					}
					if c := byID[message.ID]; c != nil {
						c.mu.Lock()
						c.answers = append(c.answers, string(message.Payload))
						c.mu.Unlock()
					}
				}
			}()
		}
		payload, err := json.Marshal(request{Query: strings.Replace(c.request.Query, "query", "subscription", 1), Variables: c.request.Variables})
		if err != nil {
			t.Fatal(err)
		}
		socket.say(fmt.Sprintf(`{"type":"subscribe","id":"%d","payload":%s}`, j, payload))
	}
	return clients
}

// truths notes what queries are answered now.
func truths(t *testing.T, handler http.Handler, clients []*liveClient) {
	t.Helper()
	for _, c := range clients {
		_, body := ask(t, handler, c.viewer, c.request)
		c.truths[string(body)] = true
	}
}

// quiet waits until every last answer is what the query is answered now.
func quiet(t *testing.T, handler http.Handler, clients []*liveClient, said string) {
	t.Helper()
	end := time.Now().Add(20 * time.Second)
	for _, c := range clients {
		_, body := ask(t, handler, c.viewer, c.request)
		fresh := string(body)
		c.truths[fresh] = true
		for c.last() != fresh {
			if time.Now().After(end) {
				variables, _ := json.Marshal(c.request.Variables)
				t.Errorf("%s, viewer %+v:\n%s\nvariables: %s\n is: %s\nnow: %s", said, c.viewer, c.request.Query, variables, c.last(), fresh)
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
	for _, c := range clients {
		c.mu.Lock()
		for _, answer := range c.answers {
			if !c.truths[answer] {
				t.Errorf("%s: %s\nwas never true: %s", said, c.request.Query, answer)
			}
		}
		c.answers = c.answers[len(c.answers)-1:]
		c.mu.Unlock()
	}
}

// changeAtRandom makes, changes, moves, links or deletes something, and says what.
func changeAtRandom(t *testing.T, f *fixture, fill *filler) (said string) {
	t.Helper()
	tables := db.Model.Tables()
	table := tables[fill.IntN(len(tables))]
	w := readWorld(t, f.DB)
	fill.keys, fill.used = map[*orm.Table][]int64{}, map[*orm.Column]map[any]bool{}
	for _, table := range tables {
		for _, r := range w.rows[table] {
			fill.keys[table] = append(fill.keys[table], r.key())
			for _, c := range table.Columns {
				if c.Unique && r.values[c.Name] != nil {
					fill.use(c, r.values[c.Name])
				}
			}
		}
	}
	keys := fill.keys[table]
	err := f.DB.Write(admin(t.Context()), func(ctx context.Context) error {
		switch fate := fill.IntN(10); {
		case fate < 2 || len(keys) == 0:
			input, ok := fill.input(table)
			if !ok {
				return nil
			}
			draft, faults := orm.NewDraft(table, input, nil, true)
			if len(faults) > 0 {
				return nil
			}
			key, _, err := f.DB.Create(ctx, draft)
			said = fmt.Sprintf("create %s %d %v", table.Type, key, input)
			return err
		case fate < 3:
			key := keys[fill.IntN(len(keys))]
			said = fmt.Sprintf("delete %s %d", table.Type, key)
			_, _, _, err := f.DB.Delete(ctx, table, key, nil, true)
			return err
		case fate < 5:
			for _, r := range table.Relations {
				if r.Link == nil || r.Link.Rows != nil || len(fill.keys[r.To]) == 0 {
					continue
				}
				from, to := keys[fill.IntN(len(keys))], fill.keys[r.To][fill.IntN(len(fill.keys[r.To]))]
				said = fmt.Sprintf("link or unlink %s %d %d", r.Coordinate(), from, to)
				gone, err := f.DB.Exec(ctx, "test", "DELETE FROM "+r.Link.Table+" WHERE "+r.Link.From+" = ? AND "+r.Link.To+" = ?", from, to)
				if err == nil && gone == 0 && distributed() { // a link says on which node it is
					draft, faults := orm.NewDraft(table, orm.Input{{Name: r.Field, Value: orm.Input{{Name: "connect", Value: []any{orm.GlobalID(r.To, to)}}}}}, nil, false)
					if len(faults) > 0 {
						t.Fatal(faults)
					}
					_, _, err = f.DB.Update(ctx, draft, from, nil)
				} else if err == nil && gone == 0 {
					_, err = f.DB.Exec(ctx, "test", "INSERT INTO "+r.Link.Table+" ("+r.Link.From+", "+r.Link.To+") VALUES (?, ?)", from, to)
				}
				return err
			}
		}
		key := keys[fill.IntN(len(keys))]
		for range 10 {
			c := table.Columns[fill.IntN(len(table.Columns))]
			v, _, ok := fill.value(c)
			if !ok || !c.Writable(false) {
				continue
			}
			draft, faults := orm.NewDraft(table, orm.Input{{Name: c.Field, Value: v}}, nil, false)
			if len(faults) > 0 {
				continue
			}
			said = fmt.Sprintf("set %s %d %s to %v", table.Type, key, c.Name, v)
			_, _, err := f.DB.Update(ctx, draft, key, nil)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return said
}

// A thousand of one document take two statements for each path after a change that concerns all, and who asks what no change concerns
// takes none.
func TestLiveStatements(t *testing.T) {
	const connections, each = 10, 100
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			url := listen(t, f.Planned)
			someUsers(t, f, 800)
			var clients []*socketClient
			for i := range connections {
				c := dial(t, url, http.Header{"X-Viewer": {fmt.Sprint(i % 3)}}).init()
				for j := range each {
					name := fmt.Sprint("u", (i*each+j)%700) // some ask the same
					c.say(`{"type":"subscribe","id":"` + fmt.Sprint(j) + `","payload":{"query":"subscription ($name: String!) { user(by: {username: $name}) { username name posts { totalCount } } }","variables":{"name":"` + name + `"}}}`)
				}
				clients = append(clients, c)
			}
			hear := func(name string) {
				t.Helper()
				for i, c := range clients {
					for range each {
						var got struct {
							ID      string
							Payload json.RawMessage
						}
						if err := json.Unmarshal([]byte(c.hear()), &got); err != nil {
							t.Fatal(err)
						}
						var j int
						fmt.Sscan(got.ID, &j) //nolint:errcheck // it is a number
						if want := fmt.Sprintf(`{"data":{"user":{"username":"u%d","name":%q,"posts":{"totalCount":0}}}}`, (i*each+j)%700, name); string(got.Payload) != want {
							t.Fatalf("%s, want %s", got.Payload, want)
						}
					}
				}
			}
			hear("Somebody")
			time.Sleep(100 * time.Millisecond)
			f.Statements()
			exec(t, f, "UPDATE users SET name = 'Nobody' WHERE id > 700") // which concerns nobody
			time.Sleep(300 * time.Millisecond)
			for _, s := range f.Statements() {
				if s.Path == "user" || strings.HasPrefix(s.Path, "user.") {
					t.Errorf("%s: %s", s.Path, s.Text)
				}
			}
			exec(t, f, "UPDATE users SET name = 'Ada'")
			hear("Ada")
			paths := map[string]int{}
			for _, s := range f.Statements() {
				paths[s.Path]++
			}
			for _, path := range []string{"user", "user.posts.totalCount"} {
				if n := paths[path]; n < 1 || n > 2 {
					t.Errorf("%d live queries take %d statements for %s", connections*each, n, path)
				}
			}
		})
	}
}

// Those who ask one document with different variables run together: rows by key, and what is related to them, take one statement for
// each path; pages that differ take one each, and what is related to all of them one. Viewers share what they see alike.
func TestLiveTogether(t *testing.T) {
	const each = 40
	for _, database := range databases {
		for way, planned := range map[string]bool{"planned": true, "resolved": false} {
			t.Run(database+"/"+way, func(t *testing.T) {
				f := open(t, database)
				handler := f.Resolved
				if planned {
					handler = f.Planned
				}
				err := f.DB.Write(admin(t.Context()), func(ctx context.Context) error {
					for i := range each {
						draft, faults := orm.NewDraft(db.Users.Table, orm.Input{
							{Name: "username", Value: fmt.Sprintf("user%d", i)}, {Name: "password", Value: "a long password"},
							{Name: "posts", Value: []any{orm.Input{{Name: "title", Value: "One"}, {Name: "content", Value: "x"}}, orm.Input{{Name: "title", Value: "Two"}, {Name: "content", Value: "x"}}}},
						}, nil, true)
						if len(faults) > 0 {
							return fmt.Errorf("%v", faults)
						}
						if _, _, err := f.DB.Create(ctx, draft); err != nil {
							return err
						}
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				const inner = `name posts(first: 1) { totalCount nodes { title tags { nodes { name } } } aggregate { max { createdAt } } }`
				for name, c := range map[string]struct {
					query    string
					variable func(i int) any
					most     map[string]int // statements for a path, if not 1
				}{
					"ids":   {`query($v: ID!) { node(id: $v) { ... on User { ` + inner + ` } } }`, func(i int) any { return orm.GlobalID(db.Users.Table, int64(i+1)) }, nil},
					"names": {`query($v: String!) { user(by: {username: $v}) { ` + inner + ` } }`, func(i int) any { return fmt.Sprintf("user%d", i) }, nil},
					"lists": {`query($v: [ID!]!) { nodes(ids: $v) { ... on User { ` + inner + ` } } }`, func(i int) any {
						return []any{orm.GlobalID(db.Users.Table, int64(i+1)), orm.GlobalID(db.Users.Table, int64((i+7)%each+1))}
					}, nil},
					"filters":   {`query($v: String!) { users(where: {username: {eq: $v}}) { nodes { ` + inner + ` } } }`, func(i int) any { return fmt.Sprintf("user%d", i) }, map[string]int{"users": each}},
					"arguments": {`query($v: Int!) { users(first: 3) { nodes { name posts(first: $v) { nodes { title } } } } }`, func(i int) any { return 1 + i%2 }, map[string]int{"users.nodes.posts": 2}},
				} {
					t.Run(name, func(t *testing.T) {
						clients := goLive(t, listen(t, handler), each, func(j uint64) (request, orm.Viewer) {
							return request{Query: c.query, Variables: map[string]any{"v": c.variable(int(j))}}, orm.Viewer{Key: int64(j % 2)} //nolint:gosec // few
						})
						quiet(t, handler, clients, "at first")
						time.Sleep(200 * time.Millisecond)
						f.Statements()
						exec(t, f, "UPDATE users SET name = name || '!'")
						for _, c := range clients {
							c.hears(t)
						}
						paths := map[string]int{}
						for _, s := range f.Statements() {
							paths[s.Path]++
						}
						if quiet(t, handler, clients, "then"); len(paths) < 3 {
							t.Errorf("only %v ran", paths)
						}
						for path, n := range paths {
							if n > max(1, c.most[path]) {
								t.Errorf("%d live queries take %d statements for %s", each, n, path)
							}
						}
					})
				}
			})
		}
	}
}

// What an aggregate, groups, a search, an order and a filter look at is known: what does not concern it does not run it, and what does makes
// another answer, wherever it is.
func TestLiveReads(t *testing.T) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			t.Parallel() // it waits most of the time
			f := open(t, database)
			url := listen(t, f.Planned)
			err := f.DB.Write(admin(t.Context()), func(ctx context.Context) error {
				for _, name := range []string{"ada", "bob"} {
					draft, faults := orm.NewDraft(db.Users.Table, orm.Input{
						{Name: "username", Value: name}, {Name: "password", Value: "a long password"},
						{Name: "profile", Value: orm.Input{{Name: "fullName", Value: name}}},
						{Name: "posts", Value: []any{orm.Input{{Name: "title", Value: name + " writes"}, {Name: "content", Value: "x"}}}},
					}, nil, true)
					if len(faults) > 0 {
						return fmt.Errorf("%v", faults)
					}
					if _, _, err := f.DB.Create(ctx, draft); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			const later = "updated_at = '2030-01-01 00:00:00'"
			const profile = "UPDATE profiles SET full_name = full_name || '!'"
			const post = "INSERT INTO posts (author_id, title, content, title_words, content_words, created_at, updated_at)" +
				" SELECT 2, 'New', 'y', ' new ', ' y ', created_at, updated_at FROM posts WHERE id = 1"
			link := "INSERT INTO post_tags (post_id, tag_id) VALUES (1, 1)"
			if f.inParts() {
				link = "INSERT INTO post_tags (post_id, tag_id, posts_author_id) SELECT id, 1, author_id FROM posts WHERE id = 1"
			}
			exec(t, f, "INSERT INTO tags (name, created_at, updated_at) SELECT 'go', created_at, updated_at FROM posts WHERE id = 1")
			give := func(post, author int64) string {
				return fmt.Sprintf(`mutation { updatePost(input: {id: %q, authorId: %q}) { userErrors { code } } }`, orm.GlobalID(db.Posts.Table, post), orm.GlobalID(db.Users.Table, author))
			}
			write := func(text string) {
				t.Helper()
				if !strings.HasPrefix(text, "mutation") {
					exec(t, f, text)
				} else if _, body := ask(t, f.Planned, orm.Viewer{Admin: true}, request{Query: text}); !strings.Contains(string(body), `"userErrors":[]`) {
					t.Fatalf("%s", body)
				}
			}
			for query, pair := range map[string][2]string{ // what does not concern it, and what does
				`posts { nodes { tags { nodes { name } } } }`:                                        {profile, link},
				`tags { nodes { posts { nodes { title } } } }`:                                       {profile, link},
				`posts(where: {tags: {some: {name: {eq: "go"}}}}) { totalCount }`:                    {profile, link},
				`posts(where: {author: {name: {eq: "ada"}}}) { totalCount }`:                         {profile, give(1, 2)},
				`users(where: {posts: {some: {title: {ne: "x"}}}}) { totalCount }`:                   {profile, give(2, 1)},
				`user(by: {username: "ada"}) { posts { totalCount } }`:                               {post, give(1, 2)},
				`user(by: {username: "bob"}) { posts { totalCount } }`:                               {profile, give(1, 2)},
				`users { aggregate { max { updatedAt } } }`:                                          {"UPDATE users SET name = name || '!'", "UPDATE users SET " + later},
				`users { groups(by: [NAME]) { key { name } aggregate { count } } }`:                  {"UPDATE users SET " + later, "UPDATE users SET name = name || '!'"},
				`users { nodes { posts { aggregate { count max { title } } } } }`:                    {profile, post},
				`posts { groups(by: [AUTHOR]) { key { author { username } } aggregate { count } } }`: {"UPDATE users SET name = name || '!'", post},
				`search(text: "writes") { totalCount edges { rank } }`:                               {profile, "UPDATE posts SET title = 'writes', title_words = ' writes ' WHERE id = 1"},
				`users(distinct: [NAME]) { nodes { username } }`:                                     {post, "UPDATE users SET name = 'one'"},
				`users(orderBy: [{field: POSTS_COUNT, direction: DESC}]) { nodes { username } }`:     {profile, post},
				`posts(orderBy: [{author: {profile: {field: FULL_NAME}}}]) { nodes { title } }`:      {"UPDATE users SET name = name || '!'", "UPDATE profiles SET full_name = 'zoe' WHERE user_id = 1"},
				`users(where: {posts: {count: {gt: 1}}}) { totalCount }`:                             {"UPDATE posts SET " + later, post},
				`users(where: {matches: "ada", matchOptions: {prefix: true}}) { totalCount }`:        {profile, "UPDATE users SET name = 'ada', name_words = ' ada '"},
			} {
				t.Run(query, func(t *testing.T) {
					exec(t, f, "DELETE FROM posts WHERE id > 2")
					write(give(1, 1))
					write(give(2, 2))
					exec(t, f, "UPDATE tags SET name = 'go'")
					exec(t, f, "DELETE FROM post_tags")
					exec(t, f, "UPDATE users SET name = username, updated_at = created_at")
					exec(t, f, "UPDATE posts SET updated_at = created_at")
					time.Sleep(100 * time.Millisecond)
					c := dial(t, url, nil).init()
					c.subscribe("1", `subscription { `+query+` }`)
					first := c.hear()
					time.Sleep(200 * time.Millisecond)
					f.Statements()
					write(pair[0])
					time.Sleep(300 * time.Millisecond)
					for _, s := range f.Statements() {
						if s.Path != "test" {
							t.Errorf("%s ran: %s", s.Path, s.Text)
						}
					}
					write(pair[1])
					if then := c.hear(); then == first || !strings.Contains(then, `"data"`) {
						t.Errorf("first %s, then %s", first, then)
					}
				})
			}
		})
	}
}

// What is committed while a query runs, behind what it has read, makes it run again: at first, when nobody knew what it would read, and later,
// when it reads what it has not read before.
func TestLiveHearsWhileItRuns(t *testing.T) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			f := open(t, database)
			someUsers(t, f, 2)
			c := dial(t, listen(t, f.Planned), nil).init()
			meanwhile := func(text string) {
				f.Then(func(s *orm.Statement) {
					if s.Path == "users" {
						f.Then(nil)
						exec(t, f, text)
						time.Sleep(300 * time.Millisecond) // it is known
					}
				})
			}
			// What ran beside a change may be told, or only what comes after it.
			comes := func(name string) {
				t.Helper()
				want := `{"type":"next","id":"1","payload":{"data":{"users":{"nodes":[{"name":"` + name + `"}]}}}}`
				if got := c.hear(); got == want {
					return
				} else if !strings.Contains(got, `"Somebody"`) {
					t.Fatalf("\n got: %s\nwant: %s", got, want)
				}
				c.expect(want)
			}
			meanwhile("UPDATE users SET name = 'Ada' WHERE id = 1")
			c.subscribe("1", `subscription { users(where: {username: {startsWith: "u"}}, first: 1) { nodes { name } } }`)
			comes("Ada")
			time.Sleep(300 * time.Millisecond)                      // it may have run once more
			meanwhile("UPDATE users SET name = 'Bob' WHERE id = 2") // whom it has not read yet
			exec(t, f, "UPDATE users SET username = 'ada' WHERE id = 1")
			comes("Bob")
		})
	}
}

// exec writes by a statement.
func exec(t *testing.T, f *fixture, text string, args ...any) {
	t.Helper()
	err := f.DB.Write(admin(t.Context()), func(ctx context.Context) error {
		_, err := f.DB.Exec(ctx, "test", text, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// loadSome loads three of all there is, which is not recorded.
func loadSome(t *testing.T, f *fixture) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	newFiller(f, r, func(*orm.Column) string { return words[r.IntN(len(words))] + "." }).fill(t, f, func(*orm.Table) int { return 3 })
}

// What is loaded without being recorded makes every live query run again, also one that is running.
func TestLiveBeginsAnew(t *testing.T) {
	for _, database := range databases {
		for _, when := range []string{"behind it", "while it runs"} {
			t.Run(database+"/"+when, func(t *testing.T) {
				f := open(t, database)
				if when == "while it runs" {
					f.Then(func(s *orm.Statement) {
						if s.Path == "tags.totalCount" {
							f.Then(nil)
							loadSome(t, f)
							time.Sleep(300 * time.Millisecond) // it is known
						}
					})
				}
				c := dial(t, listen(t, f.Planned), nil).init()
				c.subscribe("1", `subscription { tags { totalCount } }`)
				first, then := c.hear(), `{"type":"next","id":"1","payload":{"data":{"tags":{"totalCount":3}}}}`
				if when == "behind it" {
					loadSome(t, f)
				}
				if first != then { // it may have read it
					c.expect(then)
				}
			})
		}
	}
}

// What a viewer may do is asked for each, also where the schema names no type that says so.
func TestLiveAnswersAreTheirViewers(t *testing.T) {
	f := open(t, "sqlite", withSecret)
	url := listen(t, f.Planned)
	signUp(t, f.Planned, "ada")
	access, _ := logIn(t, f.Planned, "ada")
	someUsers(t, f, 1)
	exec(t, f, "INSERT INTO posts (author_id, title, content, created_at, updated_at) SELECT 1, 'T', 'x', created_at, updated_at FROM users WHERE id = 1")
	for _, query := range []string{
		`posts { nodes { viewerCan { update } } }`, `posts { nodes { ... on Node { viewerCan { update } } } }`, `users { nodes { posts { nodes { ...F } } } } } fragment F on Node { viewerCan { update }`,
	} {
		for viewer, may := range map[string]string{"ada": `"update":true`, "": `"update":false`} {
			header := http.Header{}
			if viewer != "" {
				header = bearer(access)
			}
			c := dial(t, url, header).init()
			c.subscribe("1", `subscription { `+query+` }`)
			if said := c.hear(); !strings.Contains(said, may) {
				t.Errorf("%s, asked by %q: %s", query, viewer, said)
			}
			defer c.CloseNow() //nolint:errcheck // it is over; the others ask meanwhile
			if viewer != "" {  // and no longer so when it is somebody else's
				exec(t, f, "UPDATE posts SET author_id = 2")
				if said := c.hear(); !strings.Contains(said, `"update":false`) {
					t.Errorf("%s, of what is another's now: %s", query, said)
				}
				exec(t, f, "UPDATE posts SET author_id = 1")
			}
		}
	}
}

// Those who ask one document with other Booleans have selected something else.
func TestLiveBooleans(t *testing.T) {
	f := open(t, "sqlite")
	someUsers(t, f, 1)
	url := listen(t, f.Planned)
	want := map[string]string{"true": `{"name":"%s","username":"u0"}`, "false": `{"name":"%s"}`}
	clients := map[string]*socketClient{}
	for more := range want {
		clients[more] = dial(t, url, nil).init()
		clients[more].say(`{"type":"subscribe","id":"1","payload":{"query":"subscription ($more: Boolean!) { users { nodes { name username @include(if: $more) } } }","variables":{"more":` + more + `}}}`)
	}
	for _, name := range []string{"Somebody", "Ada"} {
		for more, c := range clients {
			c.expect(`{"type":"next","id":"1","payload":{"data":{"users":{"nodes":[` + fmt.Sprintf(want[more], name) + `]}}}}`)
		}
		exec(t, f, "UPDATE users SET name = 'Ada'")
	}
}

// What is too much for all who ask one document is asked by each alone.
func TestLiveAloneWhereTogetherIsTooMuch(t *testing.T) {
	const each = 28
	f := open(t, "sqlite", func(o *graph.Options) { o.Limits.Response = 40 << 10 })
	someUsers(t, f, each)
	exec(t, f, "INSERT INTO posts (author_id, title, content, created_at, updated_at) SELECT id, 'T', ?, created_at, updated_at FROM users", strings.Repeat("x", 10<<10))
	url := listen(t, f.Planned)
	var clients []*socketClient
	hear := func(i int, title string) {
		t.Helper()
		if told := clients[i].hear(); !strings.Contains(told, `"title":"`+title+`","content":"xxx`) {
			t.Fatalf("%.300s", told)
		}
	}
	for i := range each {
		clients = append(clients, dial(t, url, nil).init())
		clients[i].say(fmt.Sprintf(`{"type":"subscribe","id":"1","payload":{"query":"subscription ($name: String!) { user(by: {username: $name}) { posts { nodes { title content } } } }","variables":{"name":"u%d"}}}`, i))
		hear(i, "T")
	}
	exec(t, f, "UPDATE posts SET title = 'U'")
	for i := range each {
		hear(i, "U")
	}
}

// A row that is linked, and in no answer because of a filter, may come into one.
func TestLiveReadsWhatIsLinked(t *testing.T) {
	for _, database := range databases {
		f := open(t, database)
		c := dial(t, listen(t, f.Planned), http.Header{"X-Viewer": {"admin"}}).init()
		c.subscribe("1", `mutation { createUser(input: {username: "ada", password: "a long password", posts: [{title: "One", content: "x", tags: ["go"]}]}) { userErrors { code } } }`)
		c.expect(`{"type":"next","id":"1","payload":{"data":{"createUser":{"userErrors":[]}}}}`)
		c.expect(`{"type":"complete","id":"1"}`)
		c.subscribe("2", `subscription { posts { nodes { tags(where: {name: {eq: "no"}}) { totalCount } } } }`)
		c.expect(`{"type":"next","id":"2","payload":{"data":{"posts":{"nodes":[{"tags":{"totalCount":0}}]}}}}`)
		exec(t, f, "UPDATE tags SET name = 'no'")
		c.expect(`{"type":"next","id":"2","payload":{"data":{"posts":{"nodes":[{"tags":{"totalCount":1}}]}}}}`)
	}
}

// Of more rows than are told apart, each makes the answer another.
func TestLiveReadsManyRows(t *testing.T) {
	const n = 70
	f := open(t, "sqlite")
	someUsers(t, f, n)
	exec(t, f, `INSERT INTO posts (author_id, title, content, created_at, updated_at)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT u.id, 'T', 'x', u.created_at, u.updated_at FROM users AS u CROSS JOIN n`, n)
	c := dial(t, listen(t, f.Planned), nil).init()
	c.subscribe("1", fmt.Sprintf(`subscription { users(first: %d) { nodes { posts(first: %d) { nodes { title } } } } }`, n, n))
	if told := c.hear(); strings.Count(told, `"T"`) != n*n {
		t.Fatalf("%.300s", told)
	}
	for _, id := range []int{1, n * n} {
		exec(t, f, "UPDATE posts SET title = 'U' WHERE id = ?", id)
		if told := c.hear(); !strings.Contains(told, `"U"`) {
			t.Errorf("%.300s", told)
		}
	}
}
