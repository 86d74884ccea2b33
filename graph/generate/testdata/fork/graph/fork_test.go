package graph_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"kith/db"
	"kith/db/orm"
)

// A table that the page declares answers everything as the others do: nobody wrote a line of its API.
func TestForkReplies(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		access, _ := logIn(t, f.Planned, "ada")
		bob := signUp(t, f.Planned, "bob")
		ask := asker(t, f, access)
		post := ask(`{ posts(first: 1) { nodes { id } } }`)
		id := between(post, `"id":"`, `"`)
		made := ask(`mutation { createReply(input: {postId: "` + id + `", body: "Well said."}) { reply { id body author { username } post { id } } userErrors { code field } } }`)
		want(t, made, `"body":"Well said.","author":{"username":"ada"},"post":{"id":"`+id+`"}},"userErrors":[]`)
		reply := between(made, `"reply":{"id":"`, `"`)
		want(t, ask(`mutation { createReply(input: {postId: "`+id+`", body: ""}) { userErrors { code field } } }`), `{"code":"BLANK","field":["input","body"]}`)
		want(t, ask(`mutation { createReply(input: {postId: "`+id+`", authorId: "`+bob+`", body: "x"}) { userErrors { code } } }`), `"FORBIDDEN"`)
		want(t, ask(`{ posts(where: {replies: {some: {body: {contains: "said"}, author: {username: {eq: "ada"}}}}}) { nodes { replies(orderBy: [{field: CREATED_AT}]) { totalCount nodes { body } } } } }`),
			`{"posts":{"nodes":[{"replies":{"totalCount":1,"nodes":[{"body":"Well said."}]}}]}}`)
		want(t, ask(`{ reply(id: "`+reply+`") { body } replies { totalCount } node(id: "`+reply+`") { ... on Reply { author { replies { totalCount } } } } }`),
			`{"reply":{"body":"Well said."},"replies":{"totalCount":1},"node":{"author":{"replies":{"totalCount":1}}}}`)
		want(t, ask(`mutation { updateReply(input: {id: "`+reply+`", body: "Better."}) { reply { body version } } }`), `{"body":"Better.","version":2}`)
		want(t, ask(`mutation { deletePost(input: {id: "`+id+`"}) { cascade { type action count } } }`), `{"type":"Reply","action":"DELETED","count":1}`)
	})
}

// Columns show as their tags say, to every way of asking.
func TestForkOptions(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		signUp(t, f.Planned, "ada")
		access, _ := logIn(t, f.Planned, "ada")
		ask := asker(t, f, access)
		made := ask(`mutation { createEmptyShelf(input: {code: "x1"}) { emptyShelf { id place code state paint dust owner { username } } userErrors { code field } } }`)
		want(t, made, `"place":"a, b","code":"x1","state":"new","paint":"red","dust":null,"owner":{"username":"ada"}},"userErrors":[]`)
		id := between(made, `"emptyShelf":{"id":"`, `"`)
		want(t, ask(`mutation { createEmptyShelf(input: {place: "hall", paint: null, code: "x2"}) { emptyShelf { place paint } } }`), `{"place":"hall","paint":null}`)
		want(t, ask(`mutation { updateEmptyShelf(input: {id: "`+id+`", place: "attic"}) { emptyShelf { place version } } }`), `{"place":"attic","version":2}`)
		want(t, ask(`{ emptyShelves(orderBy: [{field: PLACE, direction: DESC}], where: {place: {ne: "x"}, state: {eq: "new"}}) { nodes { place } edges { cursor } } }`), `[{"place":"hall"},{"place":"attic"}]`)
		want(t, ask(`{ emptyShelf(by: {code: "x1"}) { place } viewer { shelves { totalCount } } }`), `{"emptyShelf":{"place":"attic"},"viewer":{"shelves":{"totalCount":2}}}`)
		for _, refused := range []string{
			`{ emptyShelves { nodes { notes } } }`, `{ emptyShelves { nodes { room } } }`,
			`{ emptyShelves(where: {notes: {eq: "secret"}}) { totalCount } }`,
			`{ emptyShelves(orderBy: [{field: NOTES}]) { totalCount } }`,
			`mutation { createEmptyShelf(input: {code: "x", notes: "n"}) { userErrors { code } } }`,
			`mutation { createEmptyShelf(input: {code: "x", state: "n"}) { userErrors { code } } }`,
			`mutation { updateEmptyShelf(input: {id: "x", state: "n"}) { userErrors { code } } }`,
			`mutation { updateEmptyShelf(input: {id: "x", code: "n"}) { userErrors { code } } }`,
			`mutation { updateNotice(input: {id: "x"}) { userErrors { code } } }`, `mutation { deleteNotice(input: {id: "x"}) { userErrors { code } } }`,
		} {
			want(t, ask(refused), "GRAPHQL_VALIDATION_FAILED")
		}
		// What the schema does not let through the engine refuses itself.
		for _, c := range []struct {
			field string
			isNew bool
		}{{"notes", true}, {"notes", false}, {"state", true}, {"state", false}, {"code", false}, {"id", true}, {"version", false}, {"createdAt", true}} {
			_, faults := orm.NewDraft(db.EmptyShelves.Table, orm.Input{{Name: c.field, Value: "x"}}, nil, c.isNew)
			if len(faults) != 1 || faults[0].Code != orm.Invalid {
				t.Errorf("a draft takes %s, new %v: %v", c.field, c.isNew, faults)
			}
		}
		if _, err := orm.ParseWhere(db.EmptyShelves.Table, map[string]any{"notes": map[string]any{"eq": "secret"}}); err == nil {
			t.Error("a filter takes what is hidden")
		}
		if db.EmptyShelves.OrderColumn("notes") != nil || db.EmptyShelves.OrderColumn("room") != nil {
			t.Error("an order takes what is hidden, or the name in SQL")
		}
	})
}

// What is written beside the page is found there, and makes its root field go to the resolvers: the plan neither fails on
// it nor takes it for a field of the page.
func TestForkExtra(t *testing.T) {
	eachDatabase(t, func(t *testing.T, f *fixture) {
		var log bytes.Buffer
		defer slog.SetDefault(slog.Default())
		slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
		signUp(t, f.Planned, "ada")
		signUp(t, f.Planned, "bob")
		access, _ := logIn(t, f.Planned, "bob")
		ask := asker(t, f, access)
		want(t, ask(`{ users(last: 1) { nodes { name initials shout posts { nodes { title author { initials } } } } } }`),
			`{"users":{"nodes":[{"name":"bob","initials":"B","shout":"bob!","posts":{"nodes":[{"title":"T","author":{"initials":"B"}}]}}]}}`)
		want(t, ask(`{ first { author { name } } }`), `{"first":{"author":{"name":"ada"}}}`)
		if strings.Contains(log.String(), "ERROR") || strings.Contains(log.String(), "panic") {
			t.Error(log.String())
		}
	})
}

// asker answers a query's text by the plan and by resolvers; both are to be the same.
func asker(t *testing.T, f *fixture, access string) func(string) string {
	return func(query string) string {
		t.Helper()
		r := request{Query: query, Header: http.Header{"Authorization": {"Bearer " + access}}}
		_, body := send(t, f.Planned, r)
		if !strings.HasPrefix(query, "mutation") {
			if _, other := send(t, f.Resolved, r); string(other) != string(body) {
				t.Errorf("%s\nthe plan answers %s, resolvers %s", query, body, other)
			}
		}
		return string(body)
	}
}

func want(t *testing.T, answer, part string) {
	t.Helper()
	if !strings.Contains(answer, part) {
		t.Errorf("%s\nis not in %s", part, answer)
	}
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}
