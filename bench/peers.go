package main

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Peers are servers of others over the same tables, each as its documents advise, in two processes: one for each core.

const peersTitle = "Beside others"

// inPostGraphile are the queries in the words of the schema that PostGraphile makes of the tables.
var inPostGraphile = map[string]string{
	"Q1": `query User($id: BigInt!) { user: userByRowId(rowId: $id) { ` + pgUser + ` } }`,
	"Q2": `query Users { users: allUsers(first: 50) { nodes { ` + pgUser + `
		posts: postsByAuthorId(first: 10) { nodes { id: rowId title content ` + pgTags + ` } } } } }`,
	"Q3": `query Posts { posts: allPosts(first: 100) { nodes { id: rowId title content author: userByAuthorId { ` + pgUser + ` } } } }`,
	"Q4": `query Feed { users: allUsers(first: 20) { nodes { id: rowId username posts: postsByAuthorId(first: 5) { nodes { id: rowId title
		author: userByAuthorId { id: rowId username ` + pgProfile + ` } ` + pgTags + ` } } } } }`,
}

const (
	pgProfile = `profile: profileByUserId { id: rowId fullName bio }`
	pgUser    = `id: rowId username name ` + pgProfile
	pgTags    = `tags: postTagsByPostId { nodes { tag: tagByTagId { id: rowId name } } }`
)

// peers measures kith beside others, once all have given the same data, and puts it into the document.
func (r *runner) peers(version, database string, contestants []*contestant, queries []*query) error {
	const dir = "bench/peers"
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		if err := command(r.ctx, nil, "npm", "--prefix", dir, "ci", "--no-audit", "--no-fund"); err != nil {
			return err
		}
	}
	plain := func(key int64) any { return strconv.FormatInt(key, 10) }
	for _, peer := range []struct {
		name, file string
		text       func(*query) string
	}{
		{"PostGraphile", "postgraphile.js", func(q *query) string { return inPostGraphile[q.name] }},
		{"Mercurius", "mercurius.js", func(q *query) string { return q.text }}, // its schema is like kith's,
	} {
		c, err := r.startPeer(database, filepath.Join(dir, "node_modules/node/bin/node"), filepath.Join(dir, peer.file))
		if err != nil {
			return fmt.Errorf("%s: %w", peer.name, err)
		}
		c.name = peer.name
		c.bodies = func(q *query) [][]byte { return q.bodiesOf(peer.text(q), plain) }
		contestants = append(contestants, c)
	}
	for _, c := range contestants {
		c.normal = plainly
	}
	for _, c := range contestants[:kithResolved] {
		if err := c.await(r.ctx); err != nil {
			return err
		}
	}
	for _, q := range queries {
		if err := agree(contestants, q); err != nil {
			return err
		}
	}
	m, err := measure(r.ctx, contestants, queries, r.rounds, r.each, r.profiles)
	if err != nil {
		return err
	}
	m.print(os.Stdout)
	table := m.peersTable(kithPlanned)
	fmt.Print("\n", table)
	var bars []bar
	for _, cell := range m.cells {
		for i, c := range m.contestants[kithPlanned:] {
			ratios := m.ratios(cell, kithPlanned+i)
			bars = append(bars, bar{fmt.Sprintf("%s, %d, %s", cell.query.name, cell.connections, c.name), median(ratios), slices.Min(ratios), slices.Max(ratios)})
		}
	}
	if err := os.WriteFile("docs/benchmark-peers.svg", []byte(picture(bars)), 0o644); err != nil { //nolint:gosec // it is to be read
		return err
	}
	return replace(peersTitle, fmt.Sprintf("%s, medians of %d rounds of %v. PostGraphile 5 with its Amber preset, and Mercurius with jit, loaders and prepared statements, "+
		"each in two processes of Node.js; versions stand in `bench/peers/package-lock.json`. Before, all gave the same data, ids aside, which are keys there. "+
		"Requests a second, and in brackets how many times as many kith serves.\n\n![Beside others, of the limit](benchmark-peers.svg)\n\n%s", version, r.rounds, r.each, table))
}

// startPeer starts a program of Node.js, which says when it is ready and which processes it consists of.
func (r *runner) startPeer(database, node, file string) (*contestant, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(r.ctx, node, file, address, database)
	c.Env = append(os.Environ(), "NODE_ENV=production", "GRAPHILE_ENV=production")
	c.Stderr = os.Stderr
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
	return nil, errors.New("it ended before it was ready")
}

// plainly is data with keys as ids, and links without what they lead through.
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
