package graph_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lib/pq"

	"kith/db"
	"kith/db/dbtest"
	"kith/db/orm"
)

var storm = flag.Duration("storm", 0, "how long TestLedger writes on each database; 0: a number of writes")

// Sixteen clients make, change, move, link and delete rows around a few hot users and tags, and write down what kith has
// acknowledged. Requests are broken off and connections killed; whoever gets no answer asks again under the same
// Idempotency-Key. In the end every row, link, version and count is what the answers said.
//
// A post and an address are changed by the client that made them and by nobody else, but their users and tags go whenever
// any client says so. Clients call a post as it was called when it was made, also where it has another id since, which tells whose it is.
func TestLedger(t *testing.T) {
	for _, database := range databases {
		t.Run(database, func(t *testing.T) {
			clients, writes, killing := 16, 60, 50*time.Millisecond
			cluster := database == "postgres" && dbtest.OnCitus() // where writers take turns, each of many times as long
			if cluster {
				clients, writes, killing = 4, 25, 2*time.Second
			}
			f := open(t, database)
			stopKilling := killConnections(t, f, killing)
			l := keepLedger(t, f, clients, writes)
			t.Logf("%d connections killed, %d waited in a circle", stopKilling(), f.circles())
			l.audit(t)
			if l.acknowledged.Load() < int64(clients*writes/4) || !cluster && (l.usersGone == 0 || l.tagsGone == 0 || l.wentWithUser == 0 || l.detached == 0 || l.upserted < 2 || l.upsertsGone == 0) {
				t.Error("the clients have hardly met")
			}
		})
	}
}

// Where transactions are serializable, in which any statement and any commit may be refused, the ledger is right as well.
func TestLedgerIsSerializable(t *testing.T) {
	if dbtest.OnCitus() {
		t.Skip("writers take turns there, and are not refused")
	}
	f := open(t, "serializable")
	var level string
	if _, err := f.DB.QueryRow(t.Context(), "test", "SHOW transaction_isolation", nil, &level); err != nil || level != "serializable" {
		t.Fatal(level, err)
	}
	f.Statements()
	l := keepLedger(t, f, 6, 25)
	l.audit(t)
	if l.acknowledged.Load() < 50 || answeredWith(f.Statements(), "40001") == 0 {
		t.Error("the clients have hardly met")
	}
}

// keepLedger has clients write so many times, or as long as is said.
func keepLedger(t *testing.T, f *fixture, clients, writes int) *ledger {
	l := &ledger{fixture: f, users: map[string]bool{}, tags: map[string]bool{}, posts: map[string]*ledgerPost{}, addresses: map[string]*ledgerAddress{}}
	for range 12 {
		l.signUp(t)
	}
	var end time.Time
	if *storm > 0 {
		end = time.Now().Add(*storm)
	}
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			c := &ledgerClient{ledger: l, id: i, r: rand.New(rand.NewPCG(uint64(i), 5)), handler: asAdmin([]http.Handler{f.Planned, f.Resolved}[i%2])}
			for n := 0; !t.Failed() && (n < writes && end.IsZero() || time.Now().Before(end)); n++ {
				c.step(t)
			}
		})
	}
	wg.Wait()
	t.Logf("%d writes acknowledged, %d asked again; %d posts made, %d went with their users, %d users and %d tags deleted, %d addresses detached, %d tags upserted",
		l.acknowledged.Load(), l.again.Load(), l.made, l.wentWithUser, l.usersGone, l.tagsGone, l.detached, l.upserted)
	return l
}

// A ledger is what has been acknowledged.
type ledger struct {
	*fixture
	acknowledged, again, number atomic.Int64

	mu        sync.Mutex
	users     map[string]bool        // by id: whether they are there
	tags      map[string]bool        // by name: whether it has ever been deleted
	posts     map[string]*ledgerPost // by the id without where they are
	addresses map[string]*ledgerAddress

	made, deleted, wentWithUser   int // posts
	linked, unlinked              int
	detached, usersGone, tagsGone int

	upserted, upsertsGone int // tags that are made by upserts alone
}

type ledgerPost struct {
	author, title string
	version       int
	tags          []string
	gone          bool // its client has seen it deleted
}

type ledgerAddress struct {
	user       string
	version    int
	detachment int // seen by its client
}

// signUp makes a user, past the hashing of a password.
func (l *ledger) signUp(t *testing.T) {
	username := fmt.Sprintf("u%d", l.number.Add(1))
	draft, _ := orm.NewDraft(db.Users.Table, orm.Input{{Name: "username", Value: username}}, nil, true)
	var key int64
	for key == 0 {
		err := l.DB.Write(context.Background(), func(ctx context.Context) error {
			_, _, err := l.DB.Create(ctx, draft) // it may be there: connections are killed
			return err
		})
		if err == nil {
			var account db.Account
			account, err = l.DB.Credentials(context.Background(), username, "")
			key = account.Key
		}
		if err != nil && orm.CodeOf(err) != orm.Unavailable {
			t.Errorf("making a user: %v", err)
			return
		}
	}
	l.mu.Lock()
	l.users[orm.GlobalID(db.Users.Table, key)] = true
	l.mu.Unlock()
}

// user is one of those who are there, as far as is known.
func (l *ledger) user(r *rand.Rand) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var there []string
	for _, id := range slices.Sorted(maps.Keys(l.users)) {
		if l.users[id] {
			there = append(there, id)
		}
	}
	return there[r.IntN(len(there))]
}

type ledgerClient struct {
	*ledger
	id      int
	r       *rand.Rand
	handler http.Handler
	posts   []string
	address string
}

// write sends a mutation until there is an answer, and answers its root fields and the codes of its faults.
func (c *ledgerClient) write(t *testing.T, query string, variables map[string]any) (answer, []string) {
	body, err := json.Marshal(request{Query: query, Variables: variables})
	if err != nil {
		t.Fatal(err)
	}
	key := fmt.Sprintf("%d-%d", c.id, c.number.Add(1))
	for attempt := 0; ; attempt++ {
		ctx, cancel := context.WithCancel(context.Background())
		if attempt == 0 && c.r.IntN(6) == 0 { // the client goes away
			time.AfterFunc(time.Duration(c.r.IntN(8000))*time.Microsecond, cancel)
		}
		q := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body)).WithContext(ctx)
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("Idempotency-Key", key)
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, q)
		cancel()
		a := answer{Status: w.Code, Body: w.Body.Bytes()}
		if err := json.Unmarshal(a.Body, &a); err != nil {
			t.Errorf("%v: %s", err, a.Body)
		}
		switch code := a.code(); {
		case code == "":
			c.acknowledged.Add(1)
			var faults []string
			for _, field := range a.Data {
				list, _ := field.(map[string]any)["userErrors"].([]any)
				for _, fault := range list {
					faults = append(faults, fault.(map[string]any)["code"].(string))
				}
			}
			return a, faults
		case code != "UNAVAILABLE" && code != "TIMEOUT" || attempt > 500:
			t.Errorf("%s %v: %s", query, variables, a.Body)
			return a, []string{"FAILED"}
		}
		c.again.Add(1)
	}
}

func (c *ledgerClient) step(t *testing.T) {
	dry := ""
	if c.r.IntN(12) == 0 {
		dry = "@dryRun"
	}
	switch n := c.r.IntN(28); {
	case n >= 27:
		c.touchAll(t, dry)
	case n >= 26:
		c.deletePosts(t, dry)
	case n >= 24:
		c.updatePosts(t, dry)
	case n >= 22:
		c.createPosts(t, dry)
	case n >= 20:
		c.upsertTag(t, dry)
	case n < 7:
		c.create(t, dry)
	case n < 11:
		c.update(t, dry)
	case n < 12:
		c.deletePost(t, dry)
	case n < 14:
		c.deleteUser(t, dry)
	case n < 16:
		c.deleteTag(t, dry)
	case n < 18:
		c.nest(t, dry)
	default:
		c.move(t, dry)
	}
}

// names are up to four of the hot tags, in any order.
func (c *ledgerClient) names() []string {
	names := []string{}
	for _, i := range c.r.Perm(8)[:c.r.IntN(4)] {
		names = append(names, fmt.Sprintf("t%d", i))
	}
	return names
}

func namesOf(v any) []string {
	nodes, _ := v.([]any)
	names := make([]string, len(nodes))
	for i, n := range nodes {
		names[i], _ = n.(map[string]any)["name"].(string)
	}
	slices.Sort(names)
	return names
}

func (c *ledgerClient) create(t *testing.T, dry string) {
	author, title, names := c.user(c.r), fmt.Sprintf("p%d", c.number.Add(1)), c.names()
	a, faults := c.write(t, `mutation(`+`$u: ID!, $t: String!, $n: [String!]) `+dry+` { m: createPost(input: {authorId: $u, title: $t, content: "c", tags: $n}) {
		post { id version author { id } tags { nodes { name } } } userErrors { code } } }`, map[string]any{"u": author, "t": title, "n": names})
	if len(faults) > 0 {
		if !slices.Equal(faults, []string{"NOT_FOUND"}) {
			t.Errorf("create: %v", faults)
		}
		return
	}
	slices.Sort(names)
	if got := namesOf(a.at("m", "post", "tags", "nodes")); !slices.Equal(got, names) || a.text("m", "post", "author", "id") != author {
		t.Errorf("created with %v by %s, answered: %s", names, author, a.Body)
	}
	if dry != "" {
		return
	}
	id := a.text("m", "post", "id")
	c.posts = append(c.posts, id)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(t, id, &ledgerPost{author: author, title: title, version: 1, tags: names})
	c.made++
	c.linked += len(names)
}

// keep writes down a post that was made; its id tells whose it is, where ids tell that.
func (l *ledger) keep(t *testing.T, id string, p *ledgerPost) {
	l.posts[plainID(id)] = p
	l.called(t, id, p)
}

// post is what is written down of one.
func (l *ledger) post(id string) *ledgerPost { return l.posts[plainID(id)] }

// called holds the id of a post that was answered to what is written down.
func (l *ledger) called(t *testing.T, id string, p *ledgerPost) {
	if !distributed() {
		return
	}
	table, key, _ := db.Model.ParseGlobalID(id)
	_, author, _ := db.Model.ParseGlobalID(p.author)
	if is := string(orm.AppendGlobalID(nil, table, key, author)); is != id {
		t.Errorf("a post of %s is called %s and not %s", p.author, id, is)
	}
}

// update changes one or two of the client's posts, in any order.
func (c *ledgerClient) update(t *testing.T, dry string) {
	if len(c.posts) == 0 {
		return
	}
	type change struct{ id, author, title, tag string }
	changes := make([]change, 0, 2)
	for _, i := range c.r.Perm(len(c.posts))[:min(len(c.posts), 1+c.r.IntN(2))] {
		changes = append(changes, change{c.posts[i], c.user(c.r), fmt.Sprintf("p%d", c.number.Add(1)), fmt.Sprintf("own%d", c.number.Add(1))})
	}
	query, variables := "", map[string]any{}
	declared := ""
	for i, u := range changes {
		declared += fmt.Sprintf("$i%d: ID!, $u%d: ID!, $t%d: String!, $n%d: String!, ", i, i, i, i)
		query += fmt.Sprintf(` m%d: updatePost(input: {id: $i%d, authorId: $u%d, title: $t%d, tags: {add: [$n%d]}}) { post { id version author { id } } userErrors { code } }`, i, i, i, i, i)
		for name, v := range map[string]string{"i": u.id, "u": u.author, "t": u.title, "n": u.tag} {
			variables[name+fmt.Sprint(i)] = v
		}
	}
	a, faults := c.write(t, "mutation("+declared+") "+dry+" {"+query+" }", variables)
	for _, code := range faults {
		if code != "NOT_FOUND" && code != "ROLLED_BACK" {
			t.Errorf("update: %v", faults)
		}
	}
	if dry != "" || len(faults) > 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, u := range changes {
		p := c.post(u.id)
		p.author, p.title, p.tags = u.author, u.title, append(p.tags, u.tag)
		c.called(t, a.text(fmt.Sprintf("m%d", i), "post", "id"), p)
		p.version++
		c.linked++
		if got := a.at(fmt.Sprintf("m%d", i), "post", "version"); got != float64(p.version) {
			t.Errorf("version %v of a post, want %d", got, p.version)
		}
	}
}

// nest gives a user some of the client's posts, changes and deletes some that they have, and makes one, all in one input.
func (c *ledgerClient) nest(t *testing.T, dry string) {
	user, title, tag := c.user(c.r), fmt.Sprintf("p%d", c.number.Add(1)), fmt.Sprintf("t%d", c.r.IntN(8))
	var connect, remove []string
	var update []map[string]any
	c.mu.Lock()
	for _, i := range c.r.Perm(len(c.posts))[:min(len(c.posts), c.r.IntN(4))] {
		id := c.posts[i]
		switch there := c.post(id).author == user; {
		case !there:
			connect = append(connect, id)
		case c.r.IntN(3) == 0:
			remove = append(remove, id)
		default:
			update = append(update, map[string]any{"id": id, "title": fmt.Sprintf("p%d", c.number.Add(1)), "ifVersion": c.post(id).version,
				"tags": map[string]any{"add": []string{fmt.Sprintf("own%d", c.number.Add(1))}}})
		}
	}
	c.mu.Unlock()
	a, faults := c.write(t, `mutation($i: UpdateUserInput!, $t: String!) `+dry+` { m: updateUser(input: $i) {
		user { posts(where: {title: {eq: $t}}) { nodes { id tags { nodes { name } } } } } cascade { type action count } userErrors { code } } }`, map[string]any{"t": title, "i": map[string]any{
		"id": user, "posts": map[string]any{"delete": remove, "update": update, "connect": connect, "create": []any{map[string]any{"title": title, "content": "c", "tags": []string{tag}}}}}})
	for _, code := range faults {
		if code != "NOT_FOUND" { // of the user, or of posts that have gone with theirs
			t.Errorf("nest: %v", faults)
		}
	}
	if dry != "" || len(faults) > 0 {
		return
	}
	made, _ := a.at("m", "user", "posts", "nodes").([]any)
	if len(made) != 1 {
		t.Errorf("made along: %s", a.Body)
		return
	}
	node := made[0].(map[string]any)
	if got := namesOf(node["tags"].(map[string]any)["nodes"]); !slices.Equal(got, []string{tag}) {
		t.Errorf("made along with %s, answered: %s", tag, a.Body)
	}
	id := node["id"].(string)
	c.posts = append(slices.DeleteFunc(c.posts, func(id string) bool { return slices.Contains(remove, id) }), id)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keep(t, id, &ledgerPost{author: user, title: title, version: 1, tags: []string{tag}})
	c.made++
	c.linked += 1 + len(update)
	for _, id := range remove {
		c.post(id).gone = true
	}
	for _, id := range connect {
		c.post(id).author = user
		c.post(id).version++
	}
	for _, u := range update {
		p := c.post(u["id"].(string))
		p.title = u["title"].(string)
		p.tags = append(p.tags, u["tags"].(map[string]any)["add"].([]string)...)
		p.version++
	}
	counts := cascadeOf(a)
	if counts["Post DELETED"] != len(remove) {
		t.Errorf("%d posts deleted along, answered: %s", len(remove), a.Body)
	}
	c.deleted += len(remove)
	c.unlinked += counts["Post.tags UNLINKED"]
}

// cascade is what went with a deleted row, by type and action.
func cascadeOf(a answer) map[string]int {
	counts := map[string]int{}
	list, _ := a.at("m", "cascade").([]any)
	for _, v := range list {
		row := v.(map[string]any)
		counts[row["type"].(string)+" "+row["action"].(string)] = int(row["count"].(float64))
	}
	return counts
}

func (c *ledgerClient) deletePost(t *testing.T, dry string) {
	if len(c.posts) == 0 {
		return
	}
	i := c.r.IntN(len(c.posts))
	id := c.posts[i]
	a, faults := c.write(t, `mutation($i: ID!) `+dry+` { m: deletePost(input: {id: $i}) { cascade { type action count } userErrors { code } } }`, map[string]any{"i": id})
	switch {
	case len(faults) > 0 && !slices.Equal(faults, []string{"NOT_FOUND"}):
		t.Errorf("delete: %v", faults)
	case dry != "" || len(faults) > 0:
		return
	}
	c.posts = slices.Delete(c.posts, i, i+1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.post(id).gone = true
	c.deleted++
	c.unlinked += cascadeOf(a)["Post.tags UNLINKED"]
}

func (c *ledgerClient) deleteUser(t *testing.T, dry string) {
	gone := []string{c.user(c.r)}
	query, variables := `mutation($i: ID!) `+dry+` { m: deleteUser(input: {id: $i}) { deletedId cascade { type action count } userErrors { code } } }`, map[string]any{"i": gone[0]}
	several := c.r.IntN(3) == 0
	if several {
		query = `mutation($i: [ID!]!) ` + dry + ` { m: deleteUsers(input: {where: {id: {in: $i}}, atMost: 2}) { deletedIds cascade { type action count } userErrors { code } } }`
		variables["i"] = []string{gone[0], c.user(c.r)}
	}
	a, faults := c.write(t, query, variables)
	switch {
	case len(faults) > 0 && (several || !slices.Equal(faults, []string{"NOT_FOUND"})):
		t.Errorf("delete: %v", faults)
	case dry != "" || len(faults) > 0:
		return
	}
	if several {
		gone = textsAt(a, "m", "deletedIds")
	}
	counts := cascadeOf(a)
	c.mu.Lock()
	for _, id := range gone {
		c.users[id] = false
		c.usersGone++
	}
	c.wentWithUser += counts["Post DELETED"]
	c.unlinked += counts["Post.tags UNLINKED"]
	c.detached += counts["Address DETACHED"]
	c.mu.Unlock()
	for range gone {
		c.signUp(t)
	}
}

func textsAt(a answer, path ...string) []string { return textsOf(a.at(path...)) }

// textsOf are the texts of a list in an answer.
func textsOf(v any) []string {
	list, _ := v.([]any)
	texts := make([]string, len(list))
	for i, v := range list {
		texts[i], _ = v.(string)
	}
	return texts
}

// createPosts makes several posts at once, all or none.
func (c *ledgerClient) createPosts(t *testing.T, dry string) {
	inputs := make([]map[string]any, 2+c.r.IntN(4))
	for i := range inputs {
		inputs[i] = map[string]any{"authorId": c.user(c.r), "title": fmt.Sprintf("p%d", c.number.Add(1)), "content": "c", "tags": c.names()}
	}
	a, faults := c.write(t, `mutation($p: [CreatePostInput!]!) `+dry+` { m: createPosts(input: {posts: $p}) { posts { id title author { id } tags { nodes { name } } } userErrors { code } } }`, map[string]any{"p": inputs})
	posts, _ := a.at("m", "posts").([]any)
	switch {
	case slices.ContainsFunc(faults, func(code string) bool { return code != "NOT_FOUND" }):
		t.Errorf("create many: %v", faults)
	case len(faults) > 0 && len(posts) > 0, len(faults) == 0 && len(posts) != len(inputs):
		t.Errorf("%d made: %s", len(inputs), a.Body)
	case dry != "" || len(faults) > 0:
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, in := range inputs {
		author, title, names := in["authorId"].(string), in["title"].(string), in["tags"].([]string)
		slices.Sort(names)
		if got := namesOf(a.at("m", "posts", strconv.Itoa(i), "tags", "nodes")); !slices.Equal(got, names) || a.text("m", "posts", strconv.Itoa(i), "author", "id") != author || a.text("m", "posts", strconv.Itoa(i), "title") != title {
			t.Errorf("created with %v, answered: %s", in, a.Body)
		}
		id := a.text("m", "posts", strconv.Itoa(i), "id")
		c.posts = append(c.posts, id)
		c.keep(t, id, &ledgerPost{author: author, title: title, version: 1, tags: names})
		c.made++
		c.linked += len(names)
	}
}

// some are up to eight of the client's posts.
func (c *ledgerClient) some() []string {
	ids := []string{}
	for _, i := range c.r.Perm(len(c.posts))[:min(len(c.posts), 8)] {
		ids = append(ids, c.posts[i])
	}
	return ids
}

// updatePosts gives several of the client's posts one author and one title. Those that it does not answer went with theirs.
func (c *ledgerClient) updatePosts(t *testing.T, dry string) {
	ids, author, title := c.some(), c.user(c.r), fmt.Sprintf("p%d", c.number.Add(1))
	a, faults := c.write(t, `mutation($i: [ID!]!, $n: Int!, $u: ID!, $t: String!) `+dry+` { m: updatePosts(input: {where: {id: {in: $i}}, set: {authorId: $u, title: $t}, atMost: $n}) {
		count posts { id version title author { id } } userErrors { code } } }`, map[string]any{"i": ids, "n": len(ids), "u": author, "t": title})
	switch {
	case len(faults) > 0 && !slices.Equal(faults, []string{"NOT_FOUND"}):
		t.Errorf("update many: %v", faults)
	case dry != "" || len(faults) > 0:
		return
	}
	posts, _ := a.at("m", "posts").([]any)
	if got := a.at("m", "count"); got != float64(len(posts)) {
		t.Errorf("%v matched: %s", got, a.Body)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range posts {
		id := a.text("m", "posts", strconv.Itoa(i), "id")
		p := c.post(id)
		p.author, p.title = author, title
		c.called(t, id, p)
		p.version++
		if got := a.at("m", "posts", strconv.Itoa(i), "version"); got != float64(p.version) || a.text("m", "posts", strconv.Itoa(i), "author", "id") != author || a.text("m", "posts", strconv.Itoa(i), "title") != title {
			t.Errorf("version %v of a post, want %d: %s", got, p.version, a.Body)
		}
	}
}

// touchAll locks every post and changes none.
func (c *ledgerClient) touchAll(t *testing.T, dry string) {
	_, faults := c.write(t, `mutation `+dry+` { m: updatePosts(input: {where: {}, set: {}, atMost: 10000}) { count userErrors { code } } }`, nil)
	if len(faults) > 0 && !slices.Equal(faults, []string{"TOO_MANY"}) {
		t.Errorf("touch: %v", faults)
	}
}

// deletePosts deletes several of the client's posts. Those that it does not answer went with their authors.
func (c *ledgerClient) deletePosts(t *testing.T, dry string) {
	ids := c.some()
	a, faults := c.write(t, `mutation($i: [ID!]!, $n: Int!) `+dry+` { m: deletePosts(input: {where: {id: {in: $i}}, atMost: $n}) { deletedIds cascade { type action count } userErrors { code } } }`,
		map[string]any{"i": ids, "n": len(ids)})
	switch {
	case len(faults) > 0:
		t.Errorf("delete many: %v", faults)
		return
	case dry != "":
		return
	}
	c.posts = slices.DeleteFunc(c.posts, func(id string) bool { return slices.Contains(ids, id) })
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range textsAt(a, "m", "deletedIds") {
		c.post(id).gone = true
		c.deleted++
	}
	c.unlinked += cascadeOf(a)["Post.tags UNLINKED"]
}

// upsertTag makes one of few tags that nothing else makes, or changes it, or deletes it.
func (c *ledgerClient) upsertTag(t *testing.T, dry string) {
	name := fmt.Sprintf("up%d", c.r.IntN(3))
	if c.r.IntN(3) == 0 {
		a, faults := c.write(t, `mutation($n: String!) `+dry+` { m: deleteTags(input: {where: {name: {eq: $n}}, atMost: 1, force: true}) { deletedIds userErrors { code } } }`, map[string]any{"n": name})
		if len(faults) > 0 {
			t.Errorf("delete tags: %v", faults)
		}
		if dry == "" {
			c.mu.Lock()
			c.upsertsGone += len(textsAt(a, "m", "deletedIds"))
			c.mu.Unlock()
		}
		return
	}
	update := []string{"null", "{}", "{name: $n}"}[c.r.IntN(3)]
	a, faults := c.write(t, `mutation($n: String!) `+dry+` { m: upsertTag(input: {by: {name: $n}, create: {name: $n}, update: `+update+`}) { created tag { name version } userErrors { code } } }`, map[string]any{"n": name})
	if len(faults) > 0 || a.text("m", "tag", "name") != name || a.at("m", "tag", "version") != 1.0 {
		t.Errorf("upsert: %v %s", faults, a.Body)
	}
	if dry == "" && a.at("m", "created") == true {
		c.mu.Lock()
		c.upserted++
		c.mu.Unlock()
	}
}

func (c *ledgerClient) deleteTag(t *testing.T, dry string) {
	name, force := fmt.Sprintf("t%d", c.r.IntN(8)), c.r.IntN(2) == 0
	found := answerOf(t, c.handler, request{Query: `query($n: String!) { tag(by: {name: $n}) { id } }`, Variables: map[string]any{"n": name}})
	id := found.text("tag", "id")
	if id == "" {
		return
	}
	a, faults := c.write(t, `mutation($i: ID!, $f: Boolean!) `+dry+` { m: deleteTag(input: {id: $i, force: $f}) { cascade { type action count } userErrors { code } } }`, map[string]any{"i": id, "f": force})
	switch {
	case len(faults) > 0 && !slices.Equal(faults, []string{"NOT_FOUND"}) && (force || !slices.Equal(faults, []string{"IN_USE"})):
		t.Errorf("delete: %v", faults)
	case len(faults) == 0 && !force && len(cascadeOf(a)) > 0:
		t.Errorf("a tag in use went without force: %s", a.Body)
	case dry != "" || len(faults) > 0:
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tags[name] = true
	c.tagsGone++
	c.unlinked += cascadeOf(a)["Post.tags UNLINKED"]
}

// move gives the client's address another user, or makes it.
func (c *ledgerClient) move(t *testing.T, dry string) {
	user := c.user(c.r)
	const selection = ` { address { id version user { id } } userErrors { code } } }`
	query, variables := `mutation($u: ID!) `+dry+` { m: createAddress(input: {userId: $u, emailAddress: "a@example.com"})`+selection, map[string]any{"u": user}
	if c.address != "" {
		query, variables["i"] = `mutation($u: ID!, $i: ID!) `+dry+` { m: updateAddress(input: {id: $i, userId: $u})`+selection, c.address
	}
	a, faults := c.write(t, query, variables)
	switch {
	case len(faults) > 0 && !slices.Equal(faults, []string{"NOT_FOUND"}) && !slices.Equal(faults, []string{"TAKEN"}):
		t.Errorf("move: %v", faults)
	case dry != "" || len(faults) > 0:
		return
	}
	if got := a.text("m", "address", "user", "id"); got != user {
		t.Errorf("moved to %s, answered: %s", user, a.Body)
	}
	version, _ := a.at("m", "address", "version").(float64)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.address == "" {
		c.address = a.text("m", "address", "id")
		c.addresses[c.address] = &ledgerAddress{user: user, version: 1}
		return
	}
	address := c.addresses[c.address]
	more := int(version) - address.version // 1 for this change, if it is one, and 1 for having been detached before
	if moved := btoi(address.user != user); more > moved {
		if more != 2 {
			t.Errorf("an address's version went up by %d", more)
		}
		address.detachment++
	} else if more < moved {
		t.Errorf("an address was changed and kept version %v", version)
	}
	address.user, address.version = user, int(version)
}

// audit holds what is stored against the ledger.
func (l *ledger) audit(t *testing.T) {
	world := readWorld(t, l.DB)
	links, there := 0, map[string]bool{}
	for _, row := range world.rows[db.Posts.Table] {
		id := orm.GlobalID(db.Posts.Table, row.key())
		there[id] = true
		p := l.posts[id]
		if p == nil || p.gone {
			t.Errorf("post %s is there and was never acknowledged, or was deleted", id)
			continue
		}
		author, _ := row.values["author_id"].(int64)
		if got := orm.GlobalID(db.Users.Table, author); got != p.author || row.values["title"] != p.title || row.values["version"] != int64(p.version) {
			t.Errorf("post %s is %v; acknowledged: %+v", id, row.values, *p)
		}
		var names []string
		for _, tag := range world.related(db.PostTags.Relation, row) {
			name, _ := tag.values["name"].(string)
			names = append(names, name)
			links++
		}
		for _, name := range p.tags {
			if !slices.Contains(names, name) && !l.tags[name] {
				t.Errorf("post %s has lost tag %s, which was never deleted", id, name)
			}
		}
		for _, name := range names {
			if !slices.Contains(p.tags, name) {
				t.Errorf("post %s has tag %s, which nobody gave it", id, name)
			}
		}
	}
	for id, p := range l.posts {
		if !there[id] && !p.gone && l.users[p.author] {
			t.Errorf("post %s was acknowledged and is gone, and its author is there", id)
		}
	}
	if got, want := len(there), l.made-l.deleted-l.wentWithUser; got != want {
		t.Errorf("%d posts; %d made, %d deleted and %d reported to go with their users leave %d", got, l.made, l.deleted, l.wentWithUser, want)
	}
	if got, want := links, l.linked-l.unlinked; got != want {
		t.Errorf("%d links; %d made and %d reported to go leave %d", got, l.linked, l.unlinked, want)
	}
	upserted := 0
	for _, row := range world.rows[db.Tags.Table] {
		if name, _ := row.values["name"].(string); strings.HasPrefix(name, "up") {
			upserted++
		}
	}
	if want := l.upserted - l.upsertsGone; upserted != want {
		t.Errorf("%d tags that are upserted; %d made and %d deleted leave %d", upserted, l.upserted, l.upsertsGone, want)
	}
	detached := 0
	for _, row := range world.rows[db.Addresses.Table] {
		id := orm.GlobalID(db.Addresses.Table, row.key())
		a := l.addresses[id]
		if a == nil {
			t.Errorf("address %s is there and was never acknowledged", id)
			continue
		}
		version, user := a.version, any(nil)
		if l.users[a.user] {
			user = a.user
		} else {
			version++
			a.detachment++
		}
		detached += a.detachment
		if key, ok := row.values["user_id"].(int64); row.values["version"] != int64(version) || ok != (user != nil) || ok && orm.GlobalID(db.Users.Table, key) != user {
			t.Errorf("address %s is %v; acknowledged: %+v", id, row.values, *a)
		}
	}
	if len(world.rows[db.Addresses.Table]) != len(l.addresses) {
		t.Errorf("%d addresses, %d acknowledged", len(world.rows[db.Addresses.Table]), len(l.addresses))
	}
	if detached != l.detached {
		t.Errorf("%d times an address was detached, %d reported", detached, l.detached)
	}
	for _, table := range []*orm.Table{db.Users.Table} {
		for _, row := range world.rows[table] {
			id := orm.GlobalID(table, row.key())
			if !l.users[id] {
				t.Errorf("user %s is there and was deleted, or never made", id)
			}
			delete(l.users, id)
		}
	}
	for id, there := range l.users {
		if there {
			t.Errorf("user %s was acknowledged and is gone", id)
		}
	}
}

// killConnections ends one of the database's connections now and then; stop answers how many.
func killConnections(t *testing.T, f *fixture, every time.Duration) (stop func() int) {
	if f.DB.Name() != "postgres" {
		return func() int { return 0 }
	}
	raw, err := sql.Open("postgres", f.Address)
	if err != nil {
		t.Fatal(err)
	}
	done, killed := make(chan struct{}), 0
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(every):
			}
			var n int
			err := raw.QueryRow(`SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' ORDER BY random() LIMIT 1) AS a`).Scan(&n)
			if err != nil {
				t.Error(err)
				return
			}
			killed += n
		}
	})
	return func() int {
		close(done)
		wg.Wait()
		raw.Close()
		return killed
	}
}

// deadlocks counts the statements that PostgreSQL ended because their transactions waited in a circle.
func deadlocks(statements []*orm.Statement) int { return answeredWith(statements, "40P01") }

// answeredWith counts the statements that PostgreSQL answered with a code.
func answeredWith(statements []*orm.Statement, code string) (n int) {
	for _, s := range statements {
		var e *pq.Error
		if errors.As(s.Err, &e) && string(e.Code) == code {
			n++
		}
	}
	return n
}

// Mutations that touch the same rows in another order wait for each other and never in a circle: whatever their kind,
// and also where the rows are found only on the way.
func TestOrderOfLocks(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := asAdmin(f.Planned)
		ids := []string{signUp(t, h, "ada"), signUp(t, h, "bob"), signUp(t, h, "cas"), signUp(t, h, "dot")}
		a := answerOf(t, h, request{Query: `{ users { nodes { profile { id } address { id } posts { nodes { id } } } } }`})
		replacements := []string{}
		for i, n := range a.at("users", "nodes").([]any) {
			of := func(path ...string) string { return answer{Data: n.(map[string]any)}.text(path...) }
			posts := answer{Data: n.(map[string]any)}.at("posts", "nodes").([]any)
			replacements = append(replacements, fmt.Sprintf("$USER%d", i), ids[i], fmt.Sprintf("$PROFILE%d", i), of("profile", "id"),
				fmt.Sprintf("$ADDRESS%d", i), of("address", "id"), fmt.Sprintf("$POST%d", i), answer{Data: posts[0].(map[string]any)}.text("id"))
		}
		replace := strings.NewReplacer(replacements...)
		f.Statements()
		for name, fields := range map[string][]string{
			"posts":   {`updatePost(input: {id: "$POST0", title: "?"}) { post { id } userErrors { code } }`, `updatePost(input: {id: "$POST1", title: "?"}) { post { id } userErrors { code } }`},
			"moves":   {`updatePost(input: {id: "$POST0", authorId: "$USER1"}) { post { id } userErrors { code } }`, `updatePost(input: {id: "$POST1", authorId: "$USER0"}) { post { id } userErrors { code } }`, `updateUser(input: {id: "$USER0", username: "ada"}) { user { id } userErrors { code } }`, `updateUser(input: {id: "$USER1", name: "?"}) { user { id } userErrors { code } }`},
			"nested":  {`updateUser(input: {id: "$USER0", profile: {bio: "?"}}) { user { id } userErrors { code } }`, `updateProfile(input: {id: "$PROFILE0", bio: "?"}) { profile { id } userErrors { code } }`, `updateUser(input: {id: "$USER1", profile: {bio: "?"}, address: {emailAddress: "?@example.com"}}) { user { id } userErrors { code } }`, `updateAddress(input: {id: "$ADDRESS1", emailAddress: "?@example.com"}) { address { id } userErrors { code } }`},
			"deletes": {`deleteUser(input: {id: "$USER2"}) { deletedId userErrors { code } }`, `deleteUser(input: {id: "$USER3"}) { deletedId userErrors { code } }`, `updatePost(input: {id: "$POST1", title: "?", tags: {add: ["shared"]}}) { post { id } userErrors { code } }`},
			"names":   {`createPost(input: {authorId: "$USER0", title: "?", content: "C", tags: ["n1", "n2", "n3"]}) { post { id } userErrors { code } }`, `createPost(input: {authorId: "$USER1", title: "?", content: "C", tags: ["n4", "n3", "n1", "n2", "n0"]}) { post { id } userErrors { code } }`},
		} {
			var wg sync.WaitGroup
			for i := range 40 {
				wg.Go(func() {
					text := ""
					for j := range fields {
						field := fields[j]
						if i%2 == 1 {
							field = fields[len(fields)-1-j]
						}
						text += fmt.Sprintf(" m%d: %s", j, strings.ReplaceAll(replace.Replace(field), "?", fmt.Sprint(i)))
					}
					head := "mutation"
					if name == "deletes" {
						head = "mutation @dryRun" // so that there is something to delete for all
					}
					a := answerOf(t, h, request{Query: head + " {" + text + " }"})
					if len(a.Errors) > 0 || strings.Contains(string(a.Body), `"code"`) {
						t.Errorf("%s: %s", name, a.Body)
					}
				})
			}
			wg.Wait()
			if n := deadlocks(f.Statements()); n > 0 {
				t.Errorf("%s: %d deadlocks", name, n)
			}
		}
	})
}

// Many make posts with the same new tags at once, each in an order of its own.
func TestNewTagsInAnyOrder(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := asAdmin(f.Planned)
		author := signUp(t, h, "ada")
		f.Statements()
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(uint64(i), 3))
				for round := range 20 {
					var names []string
					for _, n := range r.Perm(20) {
						names = append(names, fmt.Sprintf("%d-%d", round, n))
					}
					a := answerOf(t, h, request{Query: `mutation($u: ID!, $n: [String!]) { createPost(input: {authorId: $u, title: "T", content: "C", tags: $n}) { post { tags { nodes { name } } } userErrors { code } } }`,
						Variables: map[string]any{"u": author, "n": names}})
					if slices.Sort(names); !slices.Equal(namesOf(a.at("createPost", "post", "tags", "nodes")), names) {
						t.Errorf("%s", a.Body)
					}
				}
			})
		}
		wg.Wait()
		if n := deadlocks(f.Statements()); n > 0 {
			t.Errorf("%d deadlocks", n)
		}
	})
}

// New tags have keys in the order in which they are named, on both databases, also where several fields make them.
func TestKeysOfNewTags(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := asAdmin(f.Planned)
		signUp(t, h, "ada")
		answerOf(t, h, request{Query: `mutation { a: createPost(input: {authorId: "VXNlcjox", title: "T", content: "C", tags: ["q", "b", "z"]}) { post { id } } b: createPost(input: {authorId: "VXNlcjox", title: "T", content: "C", tags: ["a", "b"]}) { post { id } } }`})
		a := answerOf(t, h, request{Query: `mutation { createPost(input: {authorId: "VXNlcjox", title: "T", content: "C", tags: ["y", "c"]}) { post { tags { nodes { name } } } } }`})
		if got := fmt.Sprint(a.at("createPost", "post", "tags", "nodes")); got != "[map[name:y] map[name:c]]" {
			t.Error(got)
		}
		a = answerOf(t, h, request{Query: `{ tags { nodes { name } } }`})
		if got := fmt.Sprint(a.at("tags", "nodes")); got != "[map[name:shared] map[name:q] map[name:b] map[name:z] map[name:a] map[name:y] map[name:c]]" {
			t.Error(got)
		}
	})
}

// Names that one field makes are not made for another beforehand: in the order of the fields nothing stands against them.
func TestNamesThatAnotherFieldMakes(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := asAdmin(f.Planned)
		author := signUp(t, h, "ada")
		const posts = ` b: createPost(input: {authorId: $u, title: "T", content: "C", tags: ["new", "renamed", "other"]}) { post { tags { nodes { name } } } userErrors { code } }
			c: createPost(input: {authorId: $u, title: "T", content: "C", tags: ["renamed", "new"]}) { post { id } userErrors { code } }`
		a := answerOf(t, h, request{Query: `mutation($u: ID!) { a: createTag(input: {name: "new"}) { tag { id } userErrors { code } } r: updateTag(input: {id: "` + orm.GlobalID(db.Tags.Table, 1) + `", name: "renamed"}) { tag { name } userErrors { code } }` + posts + ` }`,
			Variables: map[string]any{"u": author}})
		if a.text("a", "tag", "id") == "" || a.text("r", "tag", "name") != "renamed" || !slices.Equal(slices.Sorted(slices.Values(namesOf(a.at("b", "post", "tags", "nodes")))), []string{"new", "other", "renamed"}) || strings.Contains(string(a.Body), `"code"`) {
			t.Errorf("%s", a.Body)
		}
	})
}

// An update that changes nothing leaves version and time alone, nested or not; a null is a value like any other.
func TestUpdateThatChangesNothing(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := asAdmin(f.Planned)
		id := signUp(t, h, "ada")
		const read = `{ user(by: {username: "ada"}) { version updatedAt profile { version updatedAt fullName bio } address { version updatedAt } posts { nodes { version updatedAt title } } } }`
		before := answerOf(t, h, request{Query: read})
		f.Clock.Add(time.Hour)
		update := func(input string) {
			a := answerOf(t, h, request{Query: `mutation { updateUser(input: {id: "` + id + `", ` + input + `}) { user { id } userErrors { code } } }`})
			if len(a.Errors) > 0 || strings.Contains(string(a.Body), `"code"`) {
				t.Errorf("%s", a.Body)
			}
		}
		update(`username: "ada", name: "ada", profile: {fullName: "F", bio: null}, address: {emailAddress: "ada@example.com"}`)
		answerOf(t, h, request{Query: `mutation { updatePost(input: {id: "UG9zdDox", title: "T", authorId: "` + id + `", tags: {add: ["shared"]}}) { post { id } } }`})
		if after := answerOf(t, h, request{Query: read}); string(after.Body) != string(before.Body) {
			t.Errorf("%s\n%s", before.Body, after.Body)
		}
		update(`profile: {bio: "B"}`)
		update(`profile: {fullName: null, bio: "B"}`)
		after := answerOf(t, h, request{Query: read})
		if after.at("user", "profile", "version") != 3.0 || after.at("user", "profile", "fullName") != nil || after.at("user", "version") != 1.0 {
			t.Errorf("%s", after.Body)
		}
	})
}
