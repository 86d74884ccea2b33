package graph_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"kith/db"
	"kith/db/orm"
	"kith/graph"
)

// `make fuzz` runs each of these for a minute. What they have found is in testdata/fuzz, and is tried in every test.

// small is a fixture with a small random graph.
func small(f *testing.F) (*fixture, *world) {
	fixed := open(f, "sqlite")
	return fixed, fillAtRandom(f, fixed, 1)
}

// same sends a body both ways: neither may fail inside, and both answer the same, which is JSON.
func same(t *testing.T, f *fixture, body []byte) (status int, answer []byte) {
	t.Helper()
	planned := raw(f.Planned, http.MethodPost, "/graphql", string(body), "Content-Type", "application/json", "Accept", "application/graphql-response+json")
	resolved := raw(f.Resolved, http.MethodPost, "/graphql", string(body), "Content-Type", "application/json", "Accept", "application/graphql-response+json")
	answer = planned.Body.Bytes()
	switch {
	case planned.Code != resolved.Code || !bytes.Equal(answer, resolved.Body.Bytes()):
		t.Errorf("%s\n planned: %d %s\nresolved: %d %s", body, planned.Code, answer, resolved.Code, resolved.Body)
	case planned.Code >= 500 || bytes.Contains(answer, []byte(`"code":"INTERNAL"`)):
		t.Errorf("%s\n%d %s", body, planned.Code, answer)
	case !json.Valid(answer):
		t.Errorf("%s\nis answered by what is not JSON: %s", body, answer)
	case planned.Code == http.StatusOK != bytes.Contains(answer, []byte(`"data":`)):
		t.Errorf("%s\n%d %s", body, planned.Code, answer)
	}
	return planned.Code, answer
}

func bodyOf(query string, variables map[string]any) []byte {
	body, _ := json.Marshal(map[string]any{"query": query, "variables": variables})
	return body
}

func FuzzID(f *testing.F) {
	fixed, _ := small(f)
	for _, id := range []string{"", "x", orm.GlobalID(db.Users.Table, 1), orm.GlobalID(db.Tags.Table, 3), orm.GlobalID(db.Posts.Table, 1<<62), "VXNlcjotMQ", "VXNlcjowMQ", "VXNlcjox=", "\x00", "\ufeff"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		if table, key, ok := db.Model.ParseGlobalID(id); ok && orm.GlobalID(table, key) != id {
			t.Errorf("%q is taken for %s", id, orm.GlobalID(table, key))
		}
		same(t, fixed, bodyOf("query($id: ID!) { node(id: $id) { id } user(by: {id: $id}) { id } nodes(ids: [$id]) { id } users(where: {id: {eq: $id}}) { totalCount } }", map[string]any{"id": id}))
	})
}

func FuzzCursor(f *testing.F) {
	fixed, _ := small(f)
	const query = "query($c: String) { users(first: 2, after: $c, orderBy: [{field: NAME, direction: DESC}]) { edges { cursor node { id } } pageInfo { hasPreviousPage hasNextPage } } profiles(last: 2, before: $c, orderBy: [{field: FULL_NAME}]) { edges { cursor } } }"
	for _, c := range []string{"", "x", "WyJRdWVyeS51c2VycyBuYW1lLSxpZCIsImEiLDFd", "WyJRdWVyeS5wcm9maWxlcyBmdWxsX25hbWUsaWQiLG51bGwsMV0", "W10", "bnVsbA"} {
		f.Add(c)
	}
	_, answer := same(&testing.T{}, fixed, bodyOf("{ users(first: 20, orderBy: [{field: NAME, direction: DESC}]) { edges { cursor } } profiles(orderBy: [{field: FULL_NAME}]) { edges { cursor } } }", nil))
	for part := range strings.SplitSeq(string(answer), `"cursor":"`) {
		if cursor, _, ok := strings.Cut(part, `"`); ok {
			f.Add(cursor)
		}
	}
	f.Fuzz(func(t *testing.T, cursor string) { same(t, fixed, bodyOf(query, map[string]any{"c": cursor})) })
}

func FuzzFilter(f *testing.F) {
	fixed, _ := small(f)
	for _, where := range []string{
		`{}`, `null`, `{"and":[]}`, `{"or":[{}]}`, `{"not":{"title":{"isNull":false}}}`, `{"title":{"contains":"%_\\"}}`, `{"title":{"eq":"a","ignoreCase":true}}`,
		`{"tags":{"some":{"name":{"in":["a","b"]}}}}`, `{"tags":{"every":{"name":{"startsWith":"a"}}}}`, `{"author":{"hasAddress":true,"posts":{"none":{"title":{"gt":"m"}}}}}`,
		`{"createdAt":{"lt":"2026-01-02T03:04:05.678901Z"}}`, `{"createdAt":{"eq":"rubbish"}}`, `{"id":{"notIn":["VXNlcjox"]}}`, `{"matches":"a \"b c\" d*"}`, `{"matches":null}`,
	} {
		f.Add(where)
	}
	f.Fuzz(func(t *testing.T, where string) {
		var v any
		if json.Unmarshal([]byte(where), &v) != nil {
			t.Skip()
		}
		same(t, fixed, bodyOf("query($where: PostWhere) { posts(first: 5, where: $where) { totalCount nodes { id } } users(first: 2) { nodes { posts(where: $where) { totalCount nodes { id } } } } }", map[string]any{"where": v}))
	})
}

func FuzzBody(f *testing.F) {
	fixed, _ := small(f)
	for _, body := range []string{
		`{"query":"{ __typename }"}`, `[]`, `null`, `{"query":"query a { viewer { id } } query b($n: Int = 3) { users(first: $n) { nodes { ...F } } } fragment F on User { id posts { totalCount } }","operationName":"b","variables":{"n":1}}`,
		`{"query":"query($i: Boolean!) { a: tags(last: 2) @include(if: $i) { edges { cursor node { name posts @skip(if: $i) { nodes { title } } } } } }","variables":{"i":true}}`,
		`{"query":"{ node(id: \"VXNlcjox\") { __typename ... on User { username profile { bio } } } }","extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}`,
		`{"query":"{ posts(where: {and: [{title: {contains: \"a\"}}, {tags: {some: {}}}]}, orderBy: {field: TITLE}) { pageInfo { endCursor } } }"}`, `{"documentId":"x"}`, `{"query":"{ __schema { types { name } } }"}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if bytes.Contains(body, []byte("mutation")) || bytes.Contains(body, []byte(`\u`)) {
			t.Skip() // the second way would find what the first has changed
		}
		same(t, fixed, body)
	})
}

// bits is a source of what looks random: first what the fuzzer says, then as it goes on from there.
type bits struct {
	given []byte
	rest  *rand.PCG
}

func (b *bits) Uint64() (n uint64) {
	if len(b.given) == 0 {
		return b.rest.Uint64()
	}
	n, b.given = uint64(b.given[0])<<56|uint64(b.given[0]), b.given[1:]
	return n
}

// FuzzPlan asks the queries of TestRandomQueries, made of what the fuzzer says.
func FuzzPlan(f *testing.F) {
	fixed, w := small(f)
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: graph.SDL()})
	for i := range 8 {
		f.Add([]byte(strings.Repeat(string(rune('a'+i*3)), i*7)), uint64(i))
	}
	f.Fuzz(func(t *testing.T, given []byte, seed uint64) {
		g := &generator{schema: schema, world: w, r: rand.New(&bits{given, rand.NewPCG(seed, 1)})}
		r, _ := g.query()
		planned, resolved := [2]any{}, [2]any{}
		status, body := ask(t, fixed.Planned, g.viewer, r)
		planned[0], planned[1] = status, string(body)
		status, body = ask(t, fixed.Resolved, g.viewer, r)
		resolved[0], resolved[1] = status, string(body)
		if planned != resolved || status != http.StatusOK {
			t.Errorf("%s\n%v\n planned: %v\nresolved: %v", r.Query, r.Variables, planned, resolved)
		}
	})
}
