// Command bench measures kith against the limit: what a handler written by hand for one query, with nothing but net/http
// and lib/pq, reaches on the same machine and database. `make bench` runs it on a throw-away PostgreSQL.
//
// Every contestant is a process of its own behind HTTP on the loopback. They are asked in turn, A B C A B C …, so that
// whatever else the machine does falls on all of them, and it is the ratio of one round that counts. Before anything is
// measured all of them have to give the same data.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kith/db/dbtest"
)

// connections are the numbers of clients, each of which asks again as soon as it is answered.
var connections = []int{1, 32}

func main() {
	if len(os.Args) == 4 && os.Args[1] == "limit" { // this program again, as a contestant
		fail(serveLimit(os.Args[2], os.Args[3]))
		return
	}
	rounds := flag.Int("rounds", 5, "rounds to measure")
	seconds := flag.Float64("seconds", 1.5, "how long one measurement lasts")
	only := flag.String("only", "", "measure only these queries: Q1,Q3; M1, M2 and W1 are measured only so")
	sqlite := flag.Bool("sqlite", false, "measure M1 and M2 on SQLite")
	profiles := flag.String("profile", "", "a directory for profiles of CPU, one for each contestant, query and number of connections")
	peers := flag.Bool("peers", false, "measure nothing but Q1 to Q4 beside PostGraphile, Mercurius and ent, and M1 and M2 beside PostGraphile; npm and go install them")
	growth := flag.String("growth", "", "measure nothing but how what ordinary questions take grows with the posts: 20000,200000,2000000; -sqlite: there")
	recording := flag.Bool("recording", false, "measure nothing but what it costs M1 and M2 that changes are recorded; -sqlite: there")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if *growth != "" {
		fail(grow(ctx, *growth, *sqlite))
		return
	}
	each := time.Duration(*seconds * float64(time.Second))
	if *recording {
		fail(recordingTable(ctx, os.Stdout, *rounds, each, *sqlite))
		return
	}
	if *peers {
		fail(run(ctx, *rounds, each, cmp.Or(*only, "Q1,Q2,Q3,Q4,M1,M2"), false, true, *profiles, &report{}))
		return
	}
	if *only != "" || *sqlite {
		fail(run(ctx, *rounds, each, *only, *sqlite, false, *profiles, &report{}))
		return
	}
	fail(whole(ctx, *rounds, each, *profiles))
}

// whole measures everything but growth and peers, writes on databases of their own, and writes the report.
func whole(ctx context.Context, rounds int, each time.Duration, profiles string) error {
	var all report
	for _, part := range []struct {
		only   string
		sqlite bool
	}{{"", false}, {"M1,M2", false}, {"M1,M2", true}} {
		if err := run(ctx, rounds, each, part.only, part.sqlite, false, profiles, &all); err != nil {
			return err
		}
	}
	return all.write(fmt.Sprintf("%s, %d cores that the databases and the clients share, medians of %d rounds of %v (least–most). "+
		"The limit is a handler written by hand for one query over the same driver, the better of its ways; bars are requests a second of what it serves, with 1 and 32 connections.",
		runtime.Version(), runtime.NumCPU(), rounds, each))
}

// grow measures the growth table, prints it and puts it into the document.
func grow(ctx context.Context, list string, sqlite bool) error {
	var sizes []int
	for _, text := range strings.Split(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1000 {
			return fmt.Errorf("%q is no number of posts from 1000 on", text)
		}
		sizes = append(sizes, n)
	}
	dir, kith, err := build(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	table, err := growthTable(ctx, kith, sqlite, sizes)
	if err != nil {
		return err
	}
	fmt.Print("\n", table)
	title := growthTitle + ", PostgreSQL"
	if sqlite {
		title = growthTitle + ", SQLite"
	}
	return replace(title, table)
}

// build makes a directory for what is measured, with the program in it.
func build(ctx context.Context) (dir, kith string, err error) {
	if dir, err = os.MkdirTemp("", "kith-bench-"); err != nil {
		return "", "", err
	}
	kith = filepath.Join(dir, "kith")
	if err := command(ctx, nil, "go", "build", "-buildvcs=false", "-o", kith, "kith"); err != nil {
		return "", "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, kith, nil
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, each time.Duration, only string, sqlite, peers bool, profiles string, all *report) error {
	if sqlite {
		only = cmp.Or(only, "M1,M2")
	}
	chosen := slices.DeleteFunc(slices.Clone(queries), func(q *query) bool {
		return sqlite && !q.writes || only == "" && q.writes && !sqlite || only != "" && !slices.Contains(strings.Split(only, ","), q.name)
	})
	if rounds < 1 || len(chosen) == 0 {
		return errors.New("nothing to measure")
	}
	dir, kith, err := build(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	address := "sqlite:" + filepath.Join(dir, "bench.db")
	if !sqlite {
		var drop func() error
		if address, drop, err = dbtest.Database(); err != nil {
			return err
		}
		defer func() {
			if err := drop(); err != nil {
				fmt.Fprintln(os.Stderr, "bench: dropping the database:", err)
			}
		}()
	}
	environment, version, err := filled(ctx, kith, address, sqlite)
	if err != nil {
		return err
	}

	r := &runner{ctx: ctx, dir: dir, kith: kith, rounds: rounds, each: each, profiles: profiles, report: all}
	r.ctx, r.cancel = context.WithCancel(ctx)
	defer r.stop()
	contestants, err := r.onPostgreSQL(address, environment)
	if err != nil {
		return err
	}
	if peers {
		return r.peers(version, address, contestants[:kithResolved], chosen)
	}
	if err := r.logIn(contestants, chosen, "writer"); err != nil {
		return err
	}
	if slices.ContainsFunc(chosen, func(q *query) bool { return q.writes }) {
		if err := own(ctx, address); err != nil {
			return err
		}
	}
	if err := r.match(version, contestants, chosen); err != nil || sqlite {
		return err
	}
	r.stop()
	chosen = slices.DeleteFunc(chosen, func(q *query) bool { return q.writes })
	if len(chosen) == 0 {
		return nil
	}
	r.ctx, r.cancel = context.WithCancel(ctx)
	lite := "sqlite:" + filepath.Join(dir, "kith.db")
	if err := copyTo(ctx, address, lite); err != nil {
		return fmt.Errorf("copying the data: %w", err)
	}
	if contestants, err = r.onSQLite(lite, append(environment, "KITH_DATABASE_URL="+lite)); err != nil {
		return err
	}
	if err := r.logIn(contestants, chosen, "reader"); err != nil {
		return err
	}
	return r.match("SQLite, in the process of who answers", contestants, chosen)
}

// filled makes the tables and rows of what is measured, and answers kith's environment there and the database's version.
func filled(ctx context.Context, kith, address string, sqlite bool) (environment []string, version string, err error) {
	environment = []string{"KITH_ENV=production", "KITH_SECRET=" + strings.Repeat("bench", 8), "KITH_DATABASE_URL=" + address}
	if err := command(ctx, environment, kith, "migrate", "up"); err != nil {
		return nil, "", err
	}
	if version = "SQLite"; sqlite {
		err = command(ctx, append(environment, "KITH_ENV=development"), kith, "seed", "--users", itoa(users), "--posts", itoa(posts), "--seed", "1")
	} else {
		version, err = load(ctx, address)
	}
	if err != nil {
		return nil, "", fmt.Errorf("loading the data: %w", err)
	}
	return environment, version, nil
}

// A runner runs the contestants of one match after the other.
type runner struct {
	ctx       context.Context
	cancel    context.CancelFunc
	dir, kith string
	rounds    int
	each      time.Duration
	profiles  string
	running   []*exec.Cmd
	report    *report
}

// logIn logs somebody in for the queries that want it.
func (r *runner) logIn(contestants []*contestant, queries []*query, username string) error {
	if !slices.ContainsFunc(queries, (*query).loggedIn) {
		return nil
	}
	token := ""
	for _, c := range contestants {
		if c.limit { // which asks nobody who they are
			continue
		}
		if token == "" {
			if err := c.await(r.ctx); err != nil {
				return err
			}
			var err error
			if token, err = c.logIn(r.ctx, username); err != nil {
				return err
			}
		}
		c.header = "Authorization: Bearer " + token + "\r\n"
	}
	return nil
}

// match measures contestants over one database, once they have given the same data.
func (r *runner) match(database string, contestants []*contestant, queries []*query) error {
	for _, c := range contestants {
		if err := c.await(r.ctx); err != nil {
			return err
		}
	}
	for _, q := range queries {
		if err := agree(contestants, q); err != nil {
			return err
		}
	}
	fmt.Printf("\n%s, %s, %d cores, %d rounds of %v. All contestants gave the same data.\n", runtime.Version(), database, runtime.NumCPU(), r.rounds, r.each)
	m, err := measure(r.ctx, contestants, queries, r.rounds, r.each, r.profiles)
	if err != nil {
		return err
	}
	m.print(os.Stdout)
	r.report.match(database, m)
	return nil
}

// command runs a program to its end; its output is part of the error.
func command(ctx context.Context, environment []string, name string, arguments ...string) error {
	c := exec.CommandContext(ctx, name, arguments...)
	c.Env = append(os.Environ(), environment...)
	if said, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(arguments, " "), err, said)
	}
	return nil
}

// A contestant is a running server.
type contestant struct {
	name        string
	limit, kith bool                  // what it is: the limit, or what is held against it
	address     string                // host:port
	path        func(*query) string   // where it answers a query
	data        func([]byte) []byte   // the data in its answer
	header      string                // more fields of the header of a request of somebody who is logged in
	bodies      func(*query) [][]byte // of its requests; nil: as kith is asked
	normal      func(data any) any    // what its data is compared as; nil: as it is
	pids        []int
	postmaster  int    // of the database whose processor's time counts as well; 0: none
	admin       string // host:port of its profiles; "" if it has none
}

// The order on PostgreSQL.
const (
	limitJSON = iota
	limitLevels
	kithPlanned
	kithResolved
)

// process starts a program, which ends with the match.
func (r *runner) process(environment []string, name string, arguments ...string) (pid int, err error) {
	c := exec.CommandContext(r.ctx, name, arguments...)
	c.Env = append(os.Environ(), environment...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 5 * time.Second
	if err := c.Start(); err != nil {
		return 0, err
	}
	r.running = append(r.running, c)
	return c.Process.Pid, nil
}

func (r *runner) stop() {
	r.cancel()
	for _, c := range r.running {
		c.Wait() //nolint:errcheck // it was told to end
	}
	r.running = nil
}

// startLimit starts the limit over a database. It answers in the ways that are named.
func (r *runner) startLimit(database string, ways ...string) ([]*contestant, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	pid, err := r.process(nil, self, "limit", address, database)
	if err != nil {
		return nil, err
	}
	names := map[string]string{"json": "limit: one JSON statement", "levels": "limit: a statement a level"}
	var out []*contestant
	for _, way := range ways {
		out = append(out, &contestant{name: names[way], limit: true, address: address, admin: address, pids: []int{pid},
			path: func(q *query) string { return "/" + way + "/" + q.name }, data: func(body []byte) []byte { return body }})
	}
	return out, nil
}

// startKith starts kith as in production. Its log is written to nowhere.
func (r *runner) startKith(environment []string, plan string) (*contestant, error) {
	c := &contestant{name: "kith, plan " + plan, kith: plan == "on", path: func(*query) string { return "/graphql" }, data: dataOf}
	var err error
	if c.address, err = freeAddress(); err != nil {
		return nil, err
	}
	environment = append(slices.Clone(environment), "KITH_ADDR="+c.address, "KITH_PLAN="+plan, "KITH_DEMO=false", "KITH_REQUEST_TIMEOUT=1m")
	if r.profiles != "" && c.kith {
		if c.admin, err = freeAddress(); err != nil {
			return nil, err
		}
		environment = append(environment, "KITH_ADMIN_ADDR="+c.admin)
	}
	pid, err := r.process(environment, r.kith, "serve")
	c.pids = []int{pid}
	return c, err
}

func (r *runner) onPostgreSQL(database string, environment []string) ([]*contestant, error) {
	contestants, err := r.startLimit(database, "json", "levels")
	for _, plan := range []string{"on", "off"} {
		if err == nil {
			var c *contestant
			c, err = r.startKith(environment, plan)
			contestants = append(contestants, c)
		}
	}
	return contestants, err
}

func (r *runner) onSQLite(database string, environment []string) ([]*contestant, error) {
	c, err := r.startKith(environment, "on")
	if err != nil {
		return nil, err
	}
	if err := c.await(r.ctx); err != nil { // which makes the file what it is to be
		return nil, err
	}
	contestants, err := r.startLimit(database, "levels")
	return append(contestants, c), err
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// await returns when the contestant is ready.
func (c *contestant) await(ctx context.Context) error {
	deadline := time.After(30 * time.Second)
	for {
		response, err := http.Get("http://" + c.address + "/readyz")
		if err == nil {
			io.Copy(io.Discard, response.Body) //nolint:errcheck // only the status counts
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = errors.New(response.Status)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline:
			return fmt.Errorf("%s is not ready after 30 s: %w", c.name, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
