// Command attack attacks kith as anyone could: it starts the server as in production, with the limits it has by default,
// sends what is meant to stop it, and looks at what a bystander notices, who asks a small question at a steady rate all
// the while. `make attack` runs it on SQLite and on a throw-away PostgreSQL; `make test` with small bounds.
//
// Every attack meets a server of its own, so that the memory it has at most is that attack's doing. The program fails if
// the server ends, if the bystander is refused or waits too long, if memory, an answer's bytes or the codes of answers
// are not within what kith promises.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"kith/db/dbtest"
)

// What kith promises under attack.
const (
	maxServer   = 700 << 20             // bytes of memory of the server: a multiple of KITH_MAX_RESPONSE
	maxBackends = 512 << 20             // bytes of memory of all of PostgreSQL's backends together, shared buffers left out
	maxAnswer   = 16<<20 + 64<<10       // bytes of an answer: KITH_MAX_RESPONSE and what is around the data
	slower      = 5                     // how many times longer a bystander may wait, at the 99th percentile
	unnoticed   = 15 * time.Millisecond // what a bystander may wait in any case: the clients share the machine
)

// A scale is how much is attacked, and for how long.
type scale struct {
	full          bool // clients go on for as long as the attack lasts, and times are judged
	users, posts  int
	quiet, attack time.Duration
	every         time.Duration // when the bystander asks
	kill          int64         // bytes of memory, of the server or of the backends, at which the suite ends the server itself
}

var (
	fullScale  = scale{full: true, users: 2000, posts: 20_000, quiet: 3 * time.Second, attack: 6 * time.Second, every: 10 * time.Millisecond, kill: 4 << 30}
	smallScale = scale{users: 200, posts: 2000, quiet: 100 * time.Millisecond, attack: 500 * time.Millisecond, every: 20 * time.Millisecond, kill: 3 << 29}
)

func main() {
	only := flag.String("only", "", "run only the attacks with this in their name")
	on := flag.String("on", "sqlite,postgres", "attack the server on these databases")
	seconds := flag.Float64("seconds", fullScale.attack.Seconds(), "how long an attack lasts")
	flag.Parse()
	fullScale.attack = time.Duration(*seconds * float64(time.Second))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	rows, err := run(ctx, strings.Split(*on, ","), *only)
	stop()
	broken := report(os.Stdout, rows)
	if err != nil {
		fmt.Fprintln(os.Stderr, "attack:", err)
	}
	if err != nil || broken {
		os.Exit(1)
	}
}

func run(ctx context.Context, databases []string, only string) (rows []*row, err error) {
	dir, err := os.MkdirTemp("", "kith-attack-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	kith := filepath.Join(dir, "kith")
	if err := build(kith); err != nil {
		return nil, err
	}
	for _, name := range databases {
		var address string
		switch name {
		case "sqlite":
			address = "sqlite:" + filepath.Join(dir, "kith.db")
		case "postgres":
			var drop func() error
			if address, drop, err = dbtest.Database(); err != nil {
				return rows, err
			}
			defer func() { err = errors.Join(err, drop()) }()
		default:
			return rows, fmt.Errorf("no database is called %q", name)
		}
		t, err := newTarget(ctx, &fullScale, kith, name, address)
		if err != nil {
			return rows, err
		}
		for _, a := range attacks {
			if !strings.Contains(a.name, only) {
				continue
			}
			fmt.Fprintf(os.Stderr, "\r\x1b[K%s: %s", name, a.name)
			r, err := t.suffer(ctx, a)
			if err != nil {
				return rows, fmt.Errorf("%s on %s: %w", a.name, name, err)
			}
			rows = append(rows, r)
		}
	}
	fmt.Fprint(os.Stderr, "\r\x1b[K")
	if len(rows) == 0 {
		return nil, fmt.Errorf("no attack has %q in its name", only)
	}
	return rows, nil
}

// build makes the program, without the race detector, which takes memory.
func build(path string) error {
	if said, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, "kith").CombinedOutput(); err != nil {
		return fmt.Errorf("building kith: %w\n%s", err, said)
	}
	return nil
}

// A row is what became of one attack.
type row struct {
	attack   *attack
	database string

	answers   map[string]int // by code
	largest   int64          // bytes of an answer
	server    int64          // bytes of memory at most
	backends  int64
	quiet     sample
	under     sample
	end       string        // how the server ended; "" if it lives
	recovered time.Duration // until the bystander was answered after the attack; 0 if never
}

// A sample is what a bystander noticed.
type sample struct {
	took   []time.Duration // of what was answered as it should
	failed map[string]int  // what else was answered, by code
}

// at answers a percentile of the times, 0 without any.
func (s *sample) at(percent int) time.Duration {
	if len(s.took) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(s.took))[(len(s.took)*percent+99)/100-1]
}

// faults are the promises that were broken, a sentence each. Times are left out unless they are to be judged.
func (r *row) faults(times bool) (faults []string) {
	fault := func(broken bool, format string, args ...any) {
		if broken {
			faults = append(faults, fmt.Sprintf(format, args...))
		}
	}
	fault(r.end != "", "the server is gone: %s", r.end)
	fault(r.end == "" && r.recovered == 0, "the server did not recover")
	fault(len(r.quiet.failed) > 0, "the bystander was answered %s before the attack", counts(r.quiet.failed))
	fault(len(r.under.failed) > 0, "the bystander was answered %s", counts(r.under.failed))
	for _, code := range slices.Sorted(maps.Keys(r.answers)) {
		fault(!slices.Contains(r.attack.want, code), "%d were answered %s, not %s", r.answers[code], code, strings.Join(r.attack.want, " or "))
	}
	fault(r.largest > maxAnswer, "an answer had %s MB, more than %s", megabytes(r.largest), megabytes(maxAnswer))
	fault(r.server > maxServer, "the server took %s MB, more than %s", megabytes(r.server), megabytes(maxServer))
	fault(r.backends > maxBackends, "the backends took %s MB, more than %s", megabytes(r.backends), megabytes(maxBackends))
	bound := max(slower*r.quiet.at(99), unnoticed)
	fault(times && r.attack.fair && r.under.at(99) > bound, "the bystander waited %s ms, more than %s", milliseconds(r.under.at(99)), milliseconds(bound))
	return faults
}

// report writes a table of all and then the faults, and tells whether there are any.
func report(to io.Writer, rows []*row) (broken bool) {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "attack\tdatabase\tanswered\tlargest, MB\tserver, MB\tbackends, MB\tbystander quiet, ms\tunder attack, p50/p99\trefused\tafterwards")
	for _, r := range rows {
		after := "recovered in " + r.recovered.Round(time.Millisecond).String()
		switch {
		case r.end != "":
			after = r.end
		case r.recovered == 0:
			after = "not recovered"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s/%s\t%s/%s\t%s\t%s\n", r.attack.name, r.database, counts(r.answers), megabytes(r.largest),
			megabytes(r.server), megabytes(r.backends), milliseconds(r.quiet.at(50)), milliseconds(r.quiet.at(99)),
			milliseconds(r.under.at(50)), milliseconds(r.under.at(99)), counts(r.under.failed), after)
	}
	w.Flush()
	for _, r := range rows {
		for _, fault := range r.faults(true) {
			if !broken {
				fmt.Fprintln(to, "\nBroken:")
			}
			broken = true
			fmt.Fprintf(to, "%s, %s: %s\n", r.attack.name, r.database, fault)
		}
	}
	return broken
}

func counts(of map[string]int) string {
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(of)) {
		parts = append(parts, fmt.Sprintf("%d %s", of[code], code))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f", float64(n)/(1<<20)) }

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f", d.Seconds()*1000) }
