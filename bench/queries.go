package main

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strconv"

	"kith/db"
	"kith/db/orm"
)

// A query is one question, as a client asks kith.
type query struct {
	name, says string
	text       string
	byUser     bool                                                                 // has the variable `id`, of a random user
	viewer     bool                                                                 // somebody who is logged in asks it
	writes     bool                                                                 // it is measured only where it is named, since others would find what it has made
	variables  func(i int) map[string]any                                           // of one of the requests of what writes
	requests   int                                                                  // how many of them there are
	serve      func(*writer) func(ctx context.Context, body []byte) ([]byte, error) // how the limit writes
	leaves     int                                                                  // how many values there are at least in an answer

	// how the limit answers it
	json   string
	levels []string
	write  func(ctx context.Context, l *limit, out []byte, key int64) ([]byte, error)
}

var queries = []*query{
	{
		name: "Q1", says: "a user by id with profile", byUser: true, leaves: 6,
		text: `query User($id: ID!) { user(by: {id: $id}) { id username name profile { id fullName bio } } }`,
		json: jsonQ1, levels: []string{userByKey}, write: writeUser,
	},
	{
		name: "V1", says: "Q1, asked by somebody who is logged in", byUser: true, viewer: true, leaves: 6,
		text: `query User($id: ID!) { user(by: {id: $id}) { id username name profile { id fullName bio } } }`,
		json: jsonQ1, levels: []string{userByKey}, write: writeUser,
	},
	{
		name: "Q2", says: "50 users with profile and 10 posts each with tags", leaves: 50*6 + 500*3 + 1500*2,
		text: `query Users { users(first: 50) { nodes { id username name profile { id fullName bio }
			posts(first: 10) { nodes { id title content tags { nodes { id name } } } } } } }`,
		json: jsonQ2, levels: []string{firstUsers, postsOfUsers, tagsOfPosts}, write: writeUsers,
	},
	{
		name: "Q3", says: "100 posts with author and profile", leaves: 100 * 9,
		text: `query Posts { posts(first: 100) { nodes { id title content author { id username name profile { id fullName bio } } } } }`,
		json: jsonQ3, levels: []string{firstPosts}, write: writePosts,
	},
	{
		name: "Q4", says: "20 users → 5 posts → author → profile and tags", leaves: 20*2 + 100*7 + 300*2,
		text: `query Feed { users(first: 20) { nodes { id username posts(first: 5) { nodes { id title
			author { id username profile { id fullName bio } } tags { nodes { id name } } } } } } }`,
		json: jsonQ4, levels: []string{firstNames, feedOfUsers, tagsOfPosts}, write: writeFeed,
	},
	{
		name: "A2", says: "Q2 with number and newest of each user's posts", leaves: 50*8 + 500*3 + 1500*2,
		text: `query Users { users(first: 50) { nodes { id username name profile { id fullName bio }
			posts(first: 10) { nodes { id title content tags { nodes { id name } } } aggregate { count max { createdAt } } } } } }`,
		json: jsonA2, levels: []string{firstUsers, postsOfUsers, tagsOfPosts, sumsOfUsers}, write: writeUsersAndSums,
	},
	{
		name: "W1", says: "1,000 posts made in one transaction", writes: true, leaves: made,
		text:      `mutation Make($posts: [CreatePostInput!]!) { createPosts(input: {posts: $posts}) { posts { title } userErrors { code } } }`,
		variables: func(int) map[string]any { return writes() }, requests: 1, serve: makePosts,
	},
	{
		name: "M1", says: "a post made with three tags", writes: true, leaves: 2 + 3,
		text:      `mutation Create($post: CreatePostInput!) { createPost(input: $post) { post { title content tags { nodes { name } } } userErrors { code } } }`,
		variables: newPost, requests: asked, serve: makePost,
	},
	{
		name: "M2", says: "a post changed", writes: true, leaves: 2,
		text:      `mutation Update($post: UpdatePostInput!) { updatePost(input: $post) { post { title content } userErrors { code } } }`,
		variables: changedPost, requests: 10 * owned, serve: changePost,
	},
}

// loggedIn tells whether whoever asks is to be logged in.
func (q *query) loggedIn() bool { return q.viewer || q.writes }

// asked is how many different users Q1 asks for.
const asked = 500

// bodies are the bodies of the query's requests. They are the same for every contestant and every run.
func (q *query) bodies() [][]byte {
	return q.written(q.text, func(key int64) any { return orm.GlobalID(db.Users.Table, key) }, nil)
}

// bodiesOf are those in the words of another, where ids are keys.
func (q *query) bodiesOf(w wording) [][]byte {
	return q.written(w.text, func(key int64) any { return strconv.FormatInt(key, 10) }, w.variables)
}

func (q *query) written(text string, user func(key int64) any, variables func(map[string]any) map[string]any) [][]byte {
	request := map[string]any{"query": text}
	n := 1
	if q.byUser {
		n = asked
	}
	if q.writes {
		n = q.requests
	}
	random := rand.New(rand.NewPCG(1, 2))
	bodies := make([][]byte, n)
	for i := range bodies {
		if q.writes {
			ours := q.variables(i)
			if variables != nil {
				ours = variables(ours)
			}
			request["variables"] = ours
		}
		if q.byUser {
			request["variables"] = map[string]any{"id": user(random.Int64N(users) + 1)}
		}
		bodies[i], _ = json.Marshal(request) // maps and texts always marshal
	}
	return bodies
}

func itoa(n int) string { return strconv.Itoa(n) }
