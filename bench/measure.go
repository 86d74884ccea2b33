package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A cell is one query at one number of connections.
type cell struct {
	query       *query
	connections int
	samples     [][]sample // by contestant and round
}

type measurement struct {
	contestants []*contestant
	cells       []*cell
}

// warming is how long each query runs with many connections before anything is measured: pools get their connections,
// and every statement on each of them its plan.
const warming = 1500 * time.Millisecond

func measure(ctx context.Context, contestants []*contestant, queries []*query, rounds int, each time.Duration, profiles string) (*measurement, error) {
	m := &measurement{contestants: contestants}
	for _, q := range queries {
		for _, n := range connections {
			m.cells = append(m.cells, &cell{query: q, connections: n, samples: make([][]sample, len(contestants))})
		}
	}
	for round := range rounds + 1 {
		for _, cell := range m.cells {
			for i, c := range contestants {
				if round == 0 {
					if cell.connections == 1 {
						continue
					}
					fmt.Fprintf(os.Stderr, "\r\x1b[Kwarming up: %s, %s", cell.query.name, c.name)
					if _, err := c.ask(ctx, c.requests(cell.query), cell.connections, warming); err != nil {
						return nil, err
					}
					continue
				}
				fmt.Fprintf(os.Stderr, "\r\x1b[Kround %d of %d: %s, %d connections, %s", round, rounds, cell.query.name, cell.connections, c.name)
				profiled := func() error { return nil }
				if profiles != "" && c.admin != "" {
					profiled = c.profile(ctx, each, filepath.Join(profiles, fmt.Sprintf("%s-%d-%d.pprof", cell.query.name, cell.connections, i)))
				}
				s, err := c.ask(ctx, c.requests(cell.query), cell.connections, each)
				if err = errors.Join(err, profiled()); err != nil {
					return nil, err
				}
				cell.samples[i] = append(cell.samples[i], s)
			}
		}
	}
	fmt.Fprint(os.Stderr, "\r\x1b[K")
	return m, nil
}

// profile writes a profile of a contestant's CPU to a file, from now on; done waits for it.
func (c *contestant) profile(ctx context.Context, lasting time.Duration, file string) (done func() error) {
	ended := make(chan error, 1)
	go func() {
		ended <- func() error {
			q, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", c.admin, max(1, int(lasting.Seconds()))), nil)
			if err != nil {
				return err
			}
			answer, err := http.DefaultClient.Do(q)
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			content, err := io.ReadAll(answer.Body)
			if err != nil {
				return err
			}
			return os.WriteFile(file, content, 0o600)
		}()
	}()
	return func() error { return <-ended }
}

// rates are the requests a second that a contestant served, by round.
func (c *cell) rates(contestant int) (rates []float64) {
	for _, s := range c.samples[contestant] {
		rates = append(rates, s.rate)
	}
	return rates
}

// middle is the median of what of says of a contestant's rounds.
func (c *cell) middle(contestant int, of func(sample) time.Duration) time.Duration {
	var all []float64
	for _, s := range c.samples[contestant] {
		all = append(all, float64(of(s)))
	}
	return time.Duration(median(all))
}

// limit is the better of the ways of the limit: what the others are held against, round by round.
func (m *measurement) limit(c *cell) int {
	best := 0
	for i, contestant := range m.contestants {
		if contestant.limit && median(c.rates(i)) > median(c.rates(best)) {
			best = i
		}
	}
	return best
}

func (m *measurement) ratios(c *cell, contestant int) []float64 {
	var ratios []float64
	limit := c.rates(m.limit(c))
	for round, rate := range c.rates(contestant) {
		ratios = append(ratios, rate/limit[round])
	}
	return ratios
}

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// print writes everything that was measured and then, for the README, what matters of it.
func (m *measurement) print(w io.Writer) {
	fmt.Fprintf(w, "\nRequests per second, their ratio to the limit: median (least–most of the rounds); medians of p50, p99 and of the server's CPU a request\n")
	for _, cell := range m.cells {
		fmt.Fprintf(w, "\n%s, %s, %d connection%s\n", cell.query.name, cell.query.says, cell.connections, plural(cell.connections))
		for i, c := range m.contestants {
			rates, ratios := cell.rates(i), m.ratios(cell, i)
			fmt.Fprintf(w, "  %-26s %9.1f (%.1f–%.1f) %6.2f (%.2f–%.2f) %8.3f %8.3f ms %8.1f µs\n", c.name,
				median(rates), slices.Min(rates), slices.Max(rates), median(ratios), slices.Min(ratios), slices.Max(ratios),
				cell.middle(i, func(s sample) time.Duration { return s.p50 }).Seconds()*1e3, cell.middle(i, func(s sample) time.Duration { return s.p99 }).Seconds()*1e3,
				cell.middle(i, func(s sample) time.Duration { return s.cpu }).Seconds()*1e6)
		}
	}
	fmt.Fprint(w, "\n"+m.table())
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
