package graph_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"

	"kith/db"
	"kith/db/orm"
	"kith/graph"
)

// A thousand rows take as many statements as ten, and none of them stays out.
func TestStatementsOfMany(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		author := signUp(t, f.Planned, "ada")
		for way, h := range map[string]http.Handler{"planned": asAdmin(f.Planned), "resolved": asAdmin(f.Resolved)} {
			counts := map[int]map[string]int{}
			for _, n := range []int{10, 1000} {
				counts[n] = map[string]int{}
				write := func(field, input, answer, selection string, variables map[string]any) {
					t.Helper()
					f.Statements()
					a := answerOf(t, h, request{Query: "mutation($i: " + strings.ToUpper(field[:1]) + field[1:] + "Input!) { m: " + field + "(input: $i) { " + selection + " userErrors { code message field } } }",
						Variables: map[string]any{"i": variables}})
					list, _ := a.at("m", answer).([]any)
					if a.code() != "" || len(list) != n {
						t.Fatalf("%s of %d %s: %.300s", field, n, input, a.Body)
					}
					counts[n][field+" "+input] = len(f.Statements())
				}
				posts := make([]map[string]any, n)
				for i := range posts {
					posts[i] = map[string]any{"authorId": author, "title": fmt.Sprintf("%s %d", way, n), "content": fmt.Sprint(i), "tags": []string{fmt.Sprintf("%s %d", way, i%100), way}}
				}
				where := map[string]any{"title": map[string]any{"eq": fmt.Sprintf("%s %d", way, n)}}
				all := map[string]any{"where": where, "atMost": n}
				write("createPosts", "with tags", "posts", "posts { id author { name } tags(first: 2) { nodes { name } } }", map[string]any{"posts": posts})
				write("updatePosts", "alone", "posts", "count posts { id version }", map[string]any{"where": where, "atMost": n, "set": map[string]any{"content": "c"}})
				write("updatePosts", "with their author", "posts", "count posts { id version }", map[string]any{"where": where, "atMost": n, "set": map[string]any{"authorId": author}})
				write("deletePosts", "with their links", "deletedIds", "deletedIds cascade { count }", all)
				tags := make([]map[string]any, n)
				for i := range tags {
					tags[i] = map[string]any{"name": fmt.Sprintf("%s of %d, %d", way, n, i)}
				}
				write("createTags", "that are unique", "tags", "tags { id name }", map[string]any{"tags": tags})
			}
			if !reflect.DeepEqual(counts[10], counts[1000]) {
				t.Errorf("%s: 10 rows take %v, 1,000 rows %v", way, counts[10], counts[1000])
			}
			t.Log(way, counts[1000])
		}
	}, func(o *graph.Options) { o.Limits.Timeout = time.Minute })
}

// Many at once are written once under an Idempotency-Key, and answered again with the same bytes.
func TestIdempotentMany(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		h := asAdmin(f.Planned)
		send := func(key, query string) string {
			return string(answerOf(t, h, request{Query: query, Header: http.Header{"Idempotency-Key": {key}}}).Body)
		}
		for _, query := range []string{
			`mutation { createTags(input: {tags: [{name: "a"}, {name: "b"}]}) { tags { id name } userErrors { code } } }`,
			`mutation { upsertTag(input: {by: {name: "c"}, create: {name: "c"}}) { created tag { id name } userErrors { code } } }`,
			`mutation { updateTags(input: {where: {name: {eq: "a"}}, set: {name: "d"}, atMost: 1}) { count tags { name version } userErrors { code } } }`,
			`mutation { deleteTags(input: {where: {}, atMost: 3}) { deletedIds userErrors { code } } }`,
		} {
			first := send(query, query)
			if again := send(query, query); again != first || !strings.Contains(first, `"userErrors":[]`) || strings.Contains(first, "[],\"userErrors") {
				t.Errorf("%s\n%s", first, again)
			}
			if other := send("other of "+query, query); other == first {
				t.Errorf("without its key it is done again: %s", other)
			}
		}
	})
}

// However many upsert one name at once, one makes it and the others find it; and the same names in opposite order are made
// without waiting in a circle.
func TestRaceOfUpserts(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		const clients, rounds = 12, 15
		h := asAdmin(f.Planned)
		for round := range rounds {
			var wg sync.WaitGroup
			answers := make([]answer, clients)
			many := make([]answer, clients)
			for i := range clients {
				wg.Go(func() {
					answers[i] = answerOf(t, h, request{Query: `mutation($n: String!) { m: upsertTag(input: {by: {name: $n}, create: {name: $n}, update: {name: $n}}) { created tag { id version } userErrors { code } } }`,
						Variables: map[string]any{"n": fmt.Sprint("hot ", round)}})
				})
				wg.Go(func() {
					names := make([]map[string]any, 20)
					for j := range names {
						names[j] = map[string]any{"name": fmt.Sprintf("%d of %d", j, round)}
					}
					if i%2 == 0 {
						slices.Reverse(names)
					}
					many[i] = answerOf(t, h, request{Query: `mutation($i: CreateTagsInput!) { m: createTags(input: $i) { tags { id } userErrors { code } } }`, Variables: map[string]any{"i": map[string]any{"tags": names}}})
				})
			}
			wg.Wait()
			made, ids, took := 0, map[string]bool{}, 0
			for i, a := range answers {
				made += btoi(a.at("m", "created") == true)
				ids[a.text("m", "tag", "id")] = true
				if a.code() != "" || a.at("m", "tag", "version") != 1.0 {
					t.Errorf("%s", a.Body)
				}
				list, _ := many[i].at("m", "tags").([]any)
				took += btoi(len(list) == 20)
				if faults, _ := many[i].at("m", "userErrors").([]any); many[i].code() != "" || len(list)+len(faults) != 20 {
					t.Errorf("%s", many[i].Body)
				}
			}
			if made != 1 || len(ids) != 1 || took != 1 {
				t.Fatalf("%d made the tag, of which there are %d; %d made the twenty", made, len(ids), took)
			}
		}
		if n := f.circles(); n > 0 {
			t.Errorf("%d times somebody waited in a circle", n)
		}
	}, func(o *graph.Options) { o.Limits.Timeout = time.Minute })
}

// circles are how many statements since the last call a database ended because they waited for each other.
func (f *fixture) circles() (n int) {
	for _, s := range f.Statements() {
		var e *pq.Error
		n += btoi(errors.As(s.Err, &e) && e.Code == "40P01") // deadlock_detected
	}
	return n
}

// What many rows and their answer cost is known before any is written.
func TestCostOfMany(t *testing.T) {
	f := open(t, "sqlite")
	h := asAdmin(f.Planned)
	cost := func(query string, variables map[string]any) answer {
		t.Helper()
		return answerOf(t, h, request{Query: query, Variables: variables})
	}
	posts := make([]map[string]any, 500)
	for i := range posts {
		posts[i] = map[string]any{"authorId": orm.GlobalID(db.Users.Table, 1), "title": "t", "content": "c"}
	}
	const shown = `mutation($p: [CreatePostInput!]!) { createPosts(input: {posts: $p}) { posts { id %s } userErrors { code } } }`
	const changed = `mutation($n: Int!) { %s updatePosts(input: {where: {}, set: {}, atMost: $n}) { ...P } } fragment P on UpdatePostsPayload { posts { ...Q } } fragment Q on Post { tags(first: 49) { nodes { id } } }`
	for name, c := range map[string]struct {
		a       answer
		refused bool
	}{
		"500 posts and 97 tags of each":       {cost(fmt.Sprintf(shown, "tags(first: 97) { nodes { id } }"), map[string]any{"p": posts}), false},
		"500 posts and 99 tags of each":       {cost(fmt.Sprintf(shown, "tags(first: 99) { nodes { id } }"), map[string]any{"p": posts}), true},
		"980 changes and 49 tags of each":     {cost(fmt.Sprintf(changed, ""), map[string]any{"n": 980}), false},
		"990 changes and 49 tags of each":     {cost(fmt.Sprintf(changed, ""), map[string]any{"n": 990}), true},
		"one and 970 by the same fragments":   {cost(fmt.Sprintf(changed, `a: updatePosts(input: {where: {}, set: {}, atMost: 1}) { ...P }`), map[string]any{"n": 970}), false},
		"as many rows as one may write":       {cost(`mutation { deletePosts(input: {where: {}, atMost: 10000}) { deletedIds } }`, nil), false},
		"one more":                            {cost(`mutation { deletePosts(input: {where: {}, atMost: 10001}) { deletedIds } }`, nil), true},
		"as many changes as one may make":     {cost(`mutation { updatePosts(input: {where: {}, set: {title: "t"}, atMost: 10000}) { count } }`, nil), false},
		"a filter of ten relations in a row":  {cost(`mutation { deletePosts(input: {where: `+hops(10)+`, atMost: 1}) { deletedIds } }`, nil), true},
		"the same of users":                   {cost(`mutation { deleteUsers(input: {where: `+hops(10)+`, atMost: 1}) { deletedIds } }`, nil), false},
		"a filter of eleven":                  {cost(`mutation { deleteUsers(input: {where: `+hops(11)+`, atMost: 1}) { deletedIds } }`, nil), true},
		"no more rows than the filter allows": {cost(`mutation { deleteUsers(input: {where: {}, atMost: 0}) { deletedIds } }`, nil), false},
	} {
		if refused(c.a) != c.refused {
			t.Errorf("%s: %.300s", name, c.a.Body)
		}
	}
}
