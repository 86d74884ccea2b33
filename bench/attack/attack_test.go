package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kith/db/dbtest"
)

// Every attack, small: the server lives, refuses what it should, keeps its memory and its answers within bounds, and goes
// on answering everybody else. How long they wait is for `make attack` to judge.
func TestAttacks(t *testing.T) {
	kith := filepath.Join(t.TempDir(), "kith")
	if err := build(kith); err != nil {
		t.Fatal(err)
	}
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			address := "sqlite:" + filepath.Join(t.TempDir(), "kith.db")
			if database == "postgres" {
				address = dbtest.Postgres(t)
			}
			target, err := newTarget(t.Context(), &smallScale, kith, database, address)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range attacks {
				t.Run(a.name, func(t *testing.T) {
					r, err := target.suffer(t.Context(), a)
					if err != nil {
						t.Fatal(err)
					}
					for _, fault := range r.faults(false) {
						t.Error(fault)
					}
				})
			}
		})
	}
}

// Each promise is broken once, so that a run without faults says something.
func TestFaults(t *testing.T) {
	good := func() *row {
		return &row{
			attack: &attack{name: "A", fair: true, want: refused}, answers: map[string]int{"LIMIT_EXCEEDED": 3}, largest: 100, server: 100 << 20,
			quiet: sample{took: []time.Duration{8 * time.Millisecond}}, under: sample{took: []time.Duration{30 * time.Millisecond}}, recovered: time.Millisecond,
		}
	}
	if faults := good().faults(true); len(faults) > 0 {
		t.Errorf("faults without a fault: %q", faults)
	}
	for want, spoil := range map[string]func(r *row){
		"the server is gone: it died":  func(r *row) { r.end = "it died" },
		"did not recover":              func(r *row) { r.recovered = 0 },
		"2 TIMEOUT before the attack":  func(r *row) { r.quiet.failed = map[string]int{"TIMEOUT": 2} },
		"answered 1 500, 2 TIMEOUT":    func(r *row) { r.under.failed = map[string]int{"TIMEOUT": 2, "500": 1} },
		"1 were answered ok":           func(r *row) { r.answers["ok"] = 1 },
		"an answer had 200.0 MB":       func(r *row) { r.largest = 200 << 20 },
		"the server took 800.0 MB":     func(r *row) { r.server = 800 << 20 },
		"the backends took 2048.0 MB":  func(r *row) { r.backends = 2 << 30 },
		"waited 41.0 ms, more than 40": func(r *row) { r.under.took = []time.Duration{41 * time.Millisecond} },
	} {
		r := good()
		spoil(r)
		if faults := r.faults(true); len(faults) != 1 || !strings.Contains(faults[0], want) {
			t.Errorf("%q, want one fault with %q", faults, want)
		}
		if broken := report(new(strings.Builder), []*row{good(), r}); !broken {
			t.Errorf("the report does not tell that %s", want)
		}
	}
}
