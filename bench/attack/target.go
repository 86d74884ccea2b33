package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// patience is how long a client waits: longer than the server may take.
const patience = 15 * time.Second

// A target is a filled database with the program that serves it, and while an attack lasts, the server.
type target struct {
	*scale
	kith, database string
	environment    []string
	backends       *sql.DB // nil on SQLite

	address   string // host:port
	process   *os.Process
	ended     chan struct{}
	users     []string // names, whose password is demo-password
	eve, post string   // ids of a user who signed up and wrote ten posts of 100,000 characters, and of the last of these
	token     string   // Eve's, good for a quarter of an hour
}

// newTarget fills an empty database with made-up users and posts, and with what Eve wrote.
func newTarget(ctx context.Context, s *scale, kith, database, address string) (*target, error) {
	t := &target{scale: s, kith: kith, database: database}
	t.environment = append(os.Environ(), "GOGC=", "GOMEMLIMIT=", "KITH_DATABASE_URL="+address, "KITH_SECRET="+strings.Repeat("attack", 6))
	seed := exec.CommandContext(ctx, kith, "seed", "--users", strconv.Itoa(s.users), "--posts", strconv.Itoa(s.posts))
	seed.Env = t.environment
	if said, err := seed.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("seeding: %w\n%s", err, said)
	}
	t.environment = append(t.environment, "KITH_ENV=production")
	if database == "postgres" {
		var err error
		if t.backends, err = sql.Open("postgres", address); err != nil {
			return nil, err
		}
		t.backends.SetMaxOpenConns(1)
	}
	stop, err := t.serve(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer stop()
	var got struct {
		Users      struct{ Nodes []struct{ Username string } }
		CreateUser struct{ User struct{ ID string } }
		CreatePost struct{ Post struct{ ID string } }
		LogIn      struct{ Session struct{ AccessToken string } }
	}
	err = errors.Join(t.ask(message{body: question(`{users(first:100){nodes{username}}}`, nil)}, &got),
		t.ask(message{body: question(`mutation{createUser(input:{username:"eve",password:"correct horse"}){user{id}}}`, nil)}, &got),
		t.ask(message{body: question(`mutation{logIn(input:{username:"eve",password:"correct horse"}){session{accessToken}}}`, nil)}, &got))
	for _, u := range got.Users.Nodes {
		t.users = append(t.users, u.Username)
	}
	t.eve, t.token = got.CreateUser.User.ID, got.LogIn.Session.AccessToken
	create := question(`mutation($c:String!){createPost(input:{title:"T",content:$c}){post{id}}}`, map[string]any{"c": strings.Repeat("0123456789", 10_000)})
	for range 10 {
		err = errors.Join(err, t.ask(message{body: create, token: t.token}, &got))
	}
	t.post = got.CreatePost.Post.ID
	return t, err
}

// serve starts the server with further settings and returns when it is ready.
func (t *target) serve(ctx context.Context, settings []string) (stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	t.address = listener.Addr().String()
	listener.Close()
	var log bytes.Buffer
	server := exec.CommandContext(ctx, t.kith, "serve")
	server.Env, server.Stderr = slices.Concat(t.environment, []string{"KITH_ADDR=" + t.address}, settings), &log
	if err := server.Start(); err != nil {
		return nil, err
	}
	ended := make(chan struct{})
	t.process, t.ended = server.Process, ended
	go func() {
		server.Wait() //nolint:errcheck // that it ended is all
		close(ended)
	}()
	stop = func() {
		server.Process.Kill() //nolint:errcheck // it may have ended
		<-ended
		t.terminate()
	}
	for deadline := time.Now().Add(2 * patience); !t.ready(); time.Sleep(10 * time.Millisecond) {
		if t.over() || time.Now().After(deadline) {
			stop()
			return nil, fmt.Errorf("it did not start: %.300s", bytes.TrimSpace(log.Bytes()))
		}
	}
	return stop, nil
}

// over tells whether the server has ended.
func (t *target) over() bool {
	select {
	case <-t.ended:
		return true
	default:
		return false
	}
}

func (t *target) ready() bool {
	response, err := (&http.Client{Timeout: patience}).Get("http://" + t.address + "/readyz")
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// pids are the backends that work for the server, by a column of theirs.
func (t *target) pids(column string) (pids []int) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	rows, err := t.backends.QueryContext(ctx, "SELECT pid, "+column+" FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	if err != nil {
		return nil
	}
	defer rows.Close()
	for rows.Next() {
		var pid int
		if rows.Scan(&pid, new(any)) == nil {
			pids = append(pids, pid)
		}
	}
	if rows.Err() != nil {
		return nil
	}
	return pids
}

// terminate ends the backends that still work for a server that is gone.
func (t *target) terminate() {
	for deadline := time.Now().Add(patience); t.backends != nil && time.Now().Before(deadline) && len(t.pids("pg_terminate_backend(pid)")) > 0; {
		time.Sleep(20 * time.Millisecond)
	}
}

// memory reads a line of a process's status, in bytes: 0 if it has ended, or is another machine's.
func memory(pid int, line string) int64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, after, _ := strings.Cut(string(status), "\n"+line+":")
	text, _, _ := strings.Cut(after, " kB")
	kilobytes, _ := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return kilobytes << 10
}

// watch keeps in r the most memory there was until ctx ends, and ends a server that takes too much for this machine.
func (t *target) watch(ctx context.Context, r *row) {
	for n := 0; ctx.Err() == nil; n++ {
		r.server = max(r.server, memory(t.process.Pid, "VmHWM"))
		if t.backends != nil && n%10 == 0 { // this is work for the database
			sum := int64(0)
			for _, pid := range t.pids("pid") {
				sum += memory(pid, "RssAnon") // the buffers that they share count for nobody
			}
			r.backends = max(r.backends, sum)
		}
		if r.end == "" && max(r.server, r.backends) > t.kill {
			r.end = "killed by this suite for its memory"
			t.process.Kill() //nolint:errcheck // it may have ended
			t.terminate()
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// A message is the body of a request, with who sends it and from where.
type message struct {
	body        []byte
	token, from string
}

func question(query string, variables map[string]any) []byte {
	body, _ := json.Marshal(map[string]any{"query": query, "variables": variables}) // texts and numbers always marshal
	return body
}

func (t *target) send(c *http.Client, m message) (*http.Response, error) {
	r, err := http.NewRequest(http.MethodPost, "http://"+t.address+"/graphql", bytes.NewReader(m.body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if m.token != "" {
		r.Header.Set("Authorization", "Bearer "+m.token)
	}
	if m.from != "" {
		r.Header.Set("X-Forwarded-For", m.from)
	}
	return c.Do(r)
}

// ask sends a message that must be answered with data.
func (t *target) ask(m message, into any) error {
	response, err := t.send(http.DefaultClient, m)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && codeOf(response.StatusCode, text) != "ok" {
		err = fmt.Errorf("preparing: %.300s", text)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &struct{ Data any }{into})
}

// An answer is what was got: the code of an error, or "ok", or what became of the connection.
type answer struct {
	code  string
	bytes int64
}

var codes = regexp.MustCompile(`"code":"([A-Z_]+)"`)

// codeOf is the first code in the beginning of a body, where errors stand.
func codeOf(status int, head []byte) string {
	if found := codes.FindSubmatch(head); found != nil {
		return string(found[1])
	}
	if status == http.StatusOK {
		return "ok"
	}
	return strconv.Itoa(status)
}

// answered reads an answer to its end without keeping it.
func answered(response *http.Response, err error) answer {
	if err != nil {
		return answer{code: "no answer"}
	}
	defer response.Body.Close()
	var head bytes.Buffer
	n, err := io.CopyN(&head, response.Body, 4<<10)
	if err == nil {
		var rest int64
		rest, err = io.Copy(io.Discard, response.Body)
		n += rest
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return answer{"cut off", n}
	}
	return answer{codeOf(response.StatusCode, head.Bytes()), n}
}

// browser is a client with connections of its own. It lets go of a connection before the server, which gives a header
// five seconds to come, can close one that was opened and not needed.
func browser() *http.Client {
	return &http.Client{Timeout: patience, Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 100, IdleConnTimeout: 2 * time.Second}}
}

// bystand asks at a steady rate, answered or not, until ctx ends. Times count from when it was to ask.
func (t *target) bystand(ctx context.Context, every time.Duration, asks func(t *target, n int) message) sample {
	s := sample{failed: map[string]int{}}
	c := browser()
	defer c.CloseIdleConnections()
	var mu sync.Mutex
	var asked sync.WaitGroup
	begun := time.Now()
	for n := 0; ctx.Err() == nil && !t.over(); n++ {
		at := begun.Add(time.Duration(n) * every)
		asked.Go(func() {
			got := answered(t.send(c, asks(t, n)))
			took := time.Since(at)
			mu.Lock()
			defer mu.Unlock()
			if got.code == "ok" {
				s.took = append(s.took, took)
			} else {
				s.failed[got.code]++
			}
		})
		time.Sleep(time.Until(at.Add(every)))
	}
	asked.Wait()
	return s
}

// suffer starts the server, attacks it, and answers what became of it.
func (t *target) suffer(ctx context.Context, a *attack) (*row, error) {
	r := &row{attack: a, database: t.database, answers: map[string]int{}}
	stop, err := t.serve(ctx, a.settings)
	if err != nil {
		r.end = err.Error()
		return r, ctx.Err()
	}
	defer stop()
	asks, every := aUser, t.every
	if a.bystander != nil {
		asks, every = a.bystander, 12*t.every // it is more work
	}
	for range 2 { // once to warm up
		quiet, cancel := context.WithTimeout(ctx, t.quiet)
		r.quiet = t.bystand(quiet, every, asks)
		cancel()
	}

	var around, attackers sync.WaitGroup
	watched, unwatch := context.WithCancel(ctx)
	around.Go(func() { t.watch(watched, r) })
	busy, calm := context.WithCancel(ctx)
	around.Go(func() { r.under = t.bystand(busy, every, asks) })
	during, cancel := context.WithTimeout(ctx, t.attack)
	defer cancel()
	var mu sync.Mutex
	clients, times := a.small, max(1, a.times)
	if t.full {
		clients = a.full
	}
	for client := range clients {
		attackers.Go(func() {
			c := browser()
			defer c.CloseIdleConnections()
			for n := 0; (n < times || t.full && during.Err() == nil) && !t.over(); n++ {
				var got answer
				if a.hold != nil {
					got = a.hold(during, t)
				} else {
					got = answered(t.send(c, a.sends(t, client, n)))
				}
				mu.Lock()
				r.answers[got.code]++
				r.largest = max(r.largest, got.bytes)
				mu.Unlock()
			}
		})
	}
	attackers.Wait()
	calm()
	for after := time.Now(); r.recovered == 0 && !t.over() && time.Since(after) < patience && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		if t.ready() && answered(t.send(http.DefaultClient, asks(t, 0))).code == "ok" {
			r.recovered = time.Since(after)
		}
	}
	unwatch()
	around.Wait()
	if t.over() && r.end == "" {
		r.end = "it died"
	}
	return r, ctx.Err()
}
