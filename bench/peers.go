package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kith/db"
)

// Peers are servers of others over the same tables, each as its documents advise, in two processes: one for each core.

const peersTitle = "Beside others"

// A wording is a query as a peer is asked it.
type wording struct {
	text      string
	variables func(ours map[string]any) map[string]any // of what is sent to kith; nil: the same
}

// inPostGraphile are the queries in the words of the schema that PostGraphile makes of the tables and of a function: its documents advise one for a
// mutation that writes to several tables.
var inPostGraphile = map[string]wording{
	"Q1": {text: `query User($id: BigInt!) { user: userByRowId(rowId: $id) { ` + pgUser + ` } }`},
	"Q2": {text: `query Users { users: allUsers(first: 50) { nodes { ` + pgUser + `
		posts: postsByAuthorId(first: 10) { nodes { id: rowId title content ` + pgTags + ` } } } } }`},
	"Q3": {text: `query Posts { posts: allPosts(first: 100) { nodes { id: rowId title content author: userByAuthorId { ` + pgUser + ` } } } }`},
	"Q4": {text: `query Feed { users: allUsers(first: 20) { nodes { id: rowId username posts: postsByAuthorId(first: 5) { nodes { id: rowId title
		author: userByAuthorId { id: rowId username ` + pgProfile + ` } ` + pgTags + ` } } } } }`},
	"M1": {text: `mutation Create($post: MakePostInput!) { createPost: makePost(input: $post) { post: result { title content tags: postTagsByPostId { nodes { tag: tagByTagId { name } } } } } }`},
	"M2": {
		text: `mutation Update($id: BigInt!, $title: String!) { updatePost: updatePostByRowId(input: {rowId: $id, postPatch: {title: $title}}) { post { title content } } }`,
		variables: func(ours map[string]any) map[string]any {
			post, _ := ours["post"].(map[string]any)
			id, _ := post["id"].(string)
			key, _ := db.Posts.ParseGlobalID(id)
			return map[string]any{"id": strconv.FormatInt(key, 10), "title": post["title"]}
		},
	},
}

const (
	pgProfile = `profile: profileByUserId { id: rowId fullName bio }`
	pgUser    = `id: rowId username name ` + pgProfile
	pgTags    = `tags: postTagsByPostId { nodes { tag: tagByTagId { id: rowId name } } }`

	// What M1 needs in PostGraphile: it makes no words to search by, which kith does.
	makePostFunction = `CREATE FUNCTION make_post(title text, content text, tags text[]) RETURNS posts LANGUAGE sql VOLATILE AS $$
		WITH made AS (INSERT INTO posts (author_id, title, content, created_at, updated_at)
			SELECT id, make_post.title, make_post.content, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC' FROM users WHERE username = 'writer' RETURNING *),
		linked AS (INSERT INTO post_tags (post_id, tag_id) SELECT made.id, t.id FROM made, tags AS t WHERE t.name = ANY (make_post.tags))
		SELECT * FROM made
	$$`
)

// inEnt are the queries in the words of the schema that ent makes of its own.
var inEnt = map[string]wording{
	"Q1": {text: `query User($id: ID!) { user(id: $id) { id username name profile { id fullName bio } } }`},
	"Q2": {text: `query Users { users(first: 50) { edges { node { id username name profile { id fullName bio }
		posts(first: 10) { edges { node { id title content tags { edges { node { id name } } } } } } } } } }`},
	"Q3": {text: `query Posts { posts(first: 100) { edges { node { id title content author { id username name profile { id fullName bio } } } } } }`},
	"Q4": {text: `query Feed { users(first: 20) { edges { node { id username posts(first: 5) { edges { node { id title
		author { id username profile { id fullName bio } } tags { edges { node { id name } } } } } } } } } }`},
}

// A peer is a server of others. What is not worded for it is not asked of it.
type peer struct {
	name  string
	words func(q *query) wording
	start func() (*contestant, error)
}

// peers measures kith beside others, once all have given the same data, and puts it into the document.
func (r *runner) peers(version, database string, contestants []*contestant, queries []*query) error {
	const dir = "bench/peers"
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		if err := command(r.ctx, nil, "npm", "--prefix", dir, "ci", "--no-audit", "--no-fund"); err != nil {
			return err
		}
	}
	inNode := func(file string) func() (*contestant, error) {
		return func() (*contestant, error) {
			return r.startPeer(database, filepath.Join(dir, "node_modules/node/bin/node"), filepath.Join(dir, file))
		}
	}
	all := []peer{
		{"PostGraphile", func(q *query) wording { return inPostGraphile[q.name] }, inNode("postgraphile.js")},
		{"Mercurius", func(q *query) wording { // its schema is like kith's
			if q.writes {
				return wording{}
			}
			return wording{text: q.text}
		}, inNode("mercurius.js")},
		{"ent", func(q *query) wording { return inEnt[q.name] }, func() (*contestant, error) { return r.startEnt(database, dir) }},
	}
	if err := r.logIn(contestants, queries, "writer"); err != nil {
		return err
	}
	if slices.ContainsFunc(queries, func(q *query) bool { return q.writes }) {
		if err := execute(r.ctx, database, makePostFunction); err != nil {
			return err
		}
	}
	ours := len(contestants)
	for _, p := range all {
		c, err := p.start()
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		c.name = p.name
		c.bodies = func(q *query) [][]byte { return q.bodiesOf(p.words(q)) }
		contestants = append(contestants, c)
	}
	for _, c := range contestants {
		c.normal = plainly
	}
	for _, c := range contestants[:ours] {
		if err := c.await(r.ctx); err != nil {
			return err
		}
	}
	var tables []string
	var bars []bar
	for _, writes := range []bool{false, true} {
		asked := slices.DeleteFunc(slices.Clone(queries), func(q *query) bool { return q.writes != writes })
		if len(asked) == 0 {
			continue
		}
		able := slices.Clone(contestants[:ours])
		for i, p := range all {
			if !slices.ContainsFunc(asked, func(q *query) bool { return p.words(q).text == "" }) {
				able = append(able, contestants[ours+i])
			}
		}
		if writes {
			if err := own(r.ctx, database); err != nil {
				return err
			}
		}
		for _, q := range asked {
			if err := agree(able, q); err != nil {
				return err
			}
		}
		m, err := measure(r.ctx, able, asked, r.rounds, r.each, r.profiles)
		if err != nil {
			return err
		}
		m.print(os.Stdout)
		tables = append(tables, m.peersTable(kithPlanned))
		for _, cell := range m.cells {
			for i, c := range m.contestants[kithPlanned:] {
				ratios := m.ratios(cell, kithPlanned+i)
				bars = append(bars, bar{fmt.Sprintf("%s, %d, %s", cell.query.name, cell.connections, c.name), median(ratios), slices.Min(ratios), slices.Max(ratios)})
			}
		}
	}
	table := strings.Join(tables, "\n")
	fmt.Print("\n", table)
	if err := os.WriteFile("docs/benchmark-peers.svg", []byte(picture(bars)), 0o644); err != nil { //nolint:gosec // it is to be read
		return err
	}
	return replace(peersTitle, fmt.Sprintf("%s, medians of %d rounds of %v. PostGraphile 5 with its Amber preset, and Mercurius with jit, loaders and prepared statements, "+
		"each in two processes of Node.js; ent with entgql, which collects fields, over pgx. Versions stand in `bench/peers`. Before, all gave the same data, ids aside, which are keys there. "+
		"What PostGraphile writes it writes without the words that are searched, by a function for M1. "+
		"Requests a second, and in brackets how many times as many kith serves.\n\n![Beside others, of the limit](benchmark-peers.svg)\n\n%s", version, r.rounds, r.each, table))
}

// startEnt makes and starts the program of ent, whose code is generated anew.
func (r *runner) startEnt(database, dir string) (*contestant, error) {
	source := filepath.Join(r.dir, "ent")
	if err := os.CopyFS(source, os.DirFS(filepath.Join(dir, "ent"))); err != nil {
		return nil, err
	}
	for _, arguments := range []string{"run entc.go", "tool gqlgen generate", "build -buildvcs=false -o peer ."} {
		if err := command(r.ctx, nil, "go", append([]string{"-C", source}, strings.Fields(arguments)...)...); err != nil {
			return nil, err
		}
	}
	return r.startPeer(database, filepath.Join(source, "peer"))
}

// startPeer starts a program with an address and a database. It says when it is ready and which processes it consists of.
func (r *runner) startPeer(database, program string, arguments ...string) (*contestant, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(r.ctx, program, append(arguments, address, database)...)
	c.Env = append(os.Environ(), "NODE_ENV=production", "GRAPHILE_ENV=production")
	var said bytes.Buffer
	c.Stderr = &said
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 5 * time.Second
	out, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	r.running = append(r.running, c)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		rest, ready := strings.CutPrefix(lines.Text(), "ready ")
		if !ready {
			continue
		}
		peer := &contestant{address: address, path: func(*query) string { return "/graphql" }, data: dataOf}
		for _, field := range strings.Fields(rest) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				return nil, err
			}
			peer.pids = append(peer.pids, pid)
		}
		return peer, nil
	}
	c.Wait() //nolint:errcheck // it has ended, and said why
	return nil, fmt.Errorf("it ended before it was ready: %s", &said)
}

// plainly is data with keys as ids, nodes without their edges, and links without what they lead through.
func plainly(data any) any {
	switch data := data.(type) {
	case []any:
		for i, v := range data {
			data[i] = plainly(v)
		}
	case map[string]any:
		if tag, is := data["tag"]; is && len(data) == 1 {
			return plainly(tag)
		}
		if node, is := data["node"]; is && len(data) == 1 {
			return plainly(node)
		}
		if edges, is := data["edges"]; is && len(data) == 1 {
			return map[string]any{"nodes": plainly(edges)}
		}
		delete(data, "userErrors") // there are none
		for name, v := range data {
			data[name] = plainly(v)
		}
		id, _ := data["id"].(string)
		if _, err := strconv.Atoi(id); err != nil { // no key yet
			text, _ := base64.RawURLEncoding.DecodeString(id)
			if _, key, found := strings.Cut(string(text), ":"); found {
				data["id"] = key
			}
		}
	}
	return data
}

// peersTable is what contestants from one on serve, as Markdown: that one, and others with how many times as much it serves.
func (m *measurement) peersTable(ours int) string {
	var b strings.Builder
	b.WriteString("| query | connections |")
	for _, c := range m.contestants[ours:] {
		b.WriteString(" " + c.name + " |")
	}
	b.WriteString("\n|---|---:|" + strings.Repeat("---:|", len(m.contestants)-ours) + "\n")
	for _, cell := range m.cells {
		fmt.Fprintf(&b, "| %s: %s | %d |", cell.query.name, cell.query.says, cell.connections)
		mine := cell.rates(ours)
		for i := ours; i < len(m.contestants); i++ {
			rates := cell.rates(i)
			fmt.Fprintf(&b, " %.0f", median(rates))
			if i > ours {
				times := make([]float64, len(rates))
				for round, rate := range rates {
					times[round] = mine[round] / rate
				}
				fmt.Fprintf(&b, " (**%.1f**)", median(times))
			}
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
	return b.String()
}
