package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"kith/db/dbtest"
)

// recordingTable measures what it costs a write that changes are recorded: kith over two databases that were filled alike, of
// which the first has lost its triggers, so that nobody is given positions. They are asked in turn, and it is the ratio of one round that
// counts. The processor's time is that of kith and of the database's processes together.
func recordingTable(ctx context.Context, w io.Writer, rounds int, each time.Duration, sqlite bool) error {
	dir, kith, err := build(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	r := &runner{dir: dir, kith: kith}
	r.ctx, r.cancel = context.WithCancel(ctx)
	var drops []func() error
	defer func() {
		r.stop()
		for _, drop := range drops {
			if err := drop(); err != nil {
				fmt.Fprintln(os.Stderr, "bench: dropping the database:", err)
			}
		}
	}()
	var sides []*contestant
	var where string
	for _, recorded := range []bool{false, true} {
		c, version, drop, err := r.writes(recorded, sqlite)
		if drop != nil {
			drops = append(drops, drop)
		}
		if err != nil {
			return err
		}
		sides, where = append(sides, c), version
	}
	chosen := slices.DeleteFunc(slices.Clone(queries), func(q *query) bool { return q.name != "M1" && q.name != "M2" })
	m, err := measure(ctx, sides, chosen, rounds, each, "")
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nWhat it costs a write that changes are recorded, on %s, %d rounds of %v. Requests a second, and µs of the processors for one, those of the database among them:\n"+
		"without, with, and the ratio of a round: median (least–most)\n\n", where, rounds, each)
	for _, cell := range m.cells {
		var rates, times []float64
		for i, off := range cell.samples[0] {
			on := cell.samples[1][i]
			rates, times = append(rates, on.rate/off.rate), append(times, float64(on.cpu)/float64(off.cpu))
		}
		took := func(i int) float64 {
			return cell.middle(i, func(s sample) time.Duration { return s.cpu }).Seconds() * 1e6
		}
		fmt.Fprintf(w, "%s %2d  %8.1f %8.1f/s %5.2f (%.2f–%.2f) %8.0f %8.0f µs %5.2f (%.2f–%.2f)\n", cell.query.name, cell.connections,
			median(cell.rates(0)), median(cell.rates(1)), median(rates), slices.Min(rates), slices.Max(rates), took(0), took(1), median(times), slices.Min(times), slices.Max(times))
	}
	return nil
}

// writes starts kith over a new database, and logs in there; drop removes what it has made of one.
func (r *runner) writes(recorded, sqlite bool) (c *contestant, version string, drop func() error, err error) {
	name := map[bool]string{false: "not recorded", true: "recorded"}[recorded]
	address := "sqlite:" + filepath.Join(r.dir, name+".db")
	if !sqlite {
		if address, drop, err = dbtest.Database(); err != nil {
			return nil, "", nil, err
		}
	}
	environment, version, err := filled(r.ctx, r.kith, address, sqlite)
	if err != nil {
		return nil, "", drop, err
	}
	if !recorded {
		if err := forget(r.ctx, address, sqlite); err != nil {
			return nil, "", drop, err
		}
	}
	if c, err = r.startKith(environment, "on"); err != nil {
		return nil, "", drop, err
	}
	c.name = name
	if err := c.await(r.ctx); err != nil {
		return nil, "", drop, err
	}
	token, err := c.logIn(r.ctx, "writer")
	if err != nil {
		return nil, "", drop, err
	}
	c.header = "Authorization: Bearer " + token + "\r\n"
	if err := own(r.ctx, address); err != nil {
		return nil, "", drop, err
	}
	if !sqlite {
		c.postmaster, err = postmaster(r.ctx, address)
	}
	return c, version, drop, err
}

// forget takes the triggers away that record.
func forget(ctx context.Context, address string, sqlite bool) error {
	server, err := openLimit(address, true)
	if err != nil {
		return err
	}
	defer server.Close()
	list := "SELECT 'DROP TRIGGER ' || tgname || ' ON ' || tgrelid::regclass FROM pg_trigger WHERE starts_with(tgname, 'kith_record_')"
	if sqlite {
		list = "SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'kith\\_record\\_%' ESCAPE '\\'"
	}
	rows, err := server.QueryContext(ctx, list)
	if err != nil {
		return err
	}
	defer rows.Close()
	var drops []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		drops = append(drops, text)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(drops) == 0 {
		return errors.New("nothing is recorded")
	}
	_, err = server.ExecContext(ctx, strings.Join(drops, "; "))
	return err
}

// postmaster is the process whose children are a server's, which runs on this machine.
func postmaster(ctx context.Context, address string) (pid int, err error) {
	server, err := openLimit(address, false)
	if err != nil {
		return 0, err
	}
	defer server.Close()
	err = server.QueryRowContext(ctx, `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)`).Scan(&pid)
	return pid, err
}

// family is the processor's time that a process and its children have taken, those that have ended among them.
func family(parent int) (sum time.Duration, err error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			continue // it has ended
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')'):]))
		if above, _ := strconv.Atoi(fields[2]); pid != parent && above != parent {
			continue
		}
		own, children, err := taken(stat)
		if err != nil {
			return 0, err
		}
		if sum += own; pid == parent {
			sum += children
		}
	}
	return sum, nil
}
