package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// A cell is one query at one number of connections.
type cell struct {
	query       *query
	connections int
	rates       [][]float64 // requests a second, by contestant and round
}

type measurement struct {
	contestants []*contestant
	cells       []*cell
}

// warming is how long each query runs with many connections before anything is measured: pools get their connections,
// and every statement on each of them its plan.
const warming = 1500 * time.Millisecond

func measure(ctx context.Context, contestants []*contestant, queries []*query, rounds int, each time.Duration) (*measurement, error) {
	m := &measurement{contestants: contestants}
	for _, q := range queries {
		for _, n := range connections {
			m.cells = append(m.cells, &cell{query: q, connections: n, rates: make([][]float64, len(contestants))})
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
					if _, err := c.rate(ctx, c.requests(cell.query), cell.connections, warming); err != nil {
						return nil, err
					}
					continue
				}
				fmt.Fprintf(os.Stderr, "\r\x1b[Kround %d of %d: %s, %d connections, %s", round, rounds, cell.query.name, cell.connections, c.name)
				rate, err := c.rate(ctx, c.requests(cell.query), cell.connections, each)
				if err != nil {
					return nil, err
				}
				cell.rates[i] = append(cell.rates[i], rate)
			}
		}
	}
	fmt.Fprint(os.Stderr, "\r\x1b[K")
	return m, nil
}

// limit is the better of the two ways of the limit: what the others are held against, round by round.
func (c *cell) limit() []float64 {
	return slices.MaxFunc([][]float64{c.rates[limitJSON], c.rates[limitLevels]}, func(a, b []float64) int {
		return int(median(a) - median(b))
	})
}

func (c *cell) ratios(contestant int) []float64 {
	var ratios []float64
	limit := c.limit()
	for round, rate := range c.rates[contestant] {
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
	fmt.Fprintf(w, "\nRequests per second, and their ratio to the limit: median (least–most of the rounds)\n")
	for _, cell := range m.cells {
		fmt.Fprintf(w, "\n%s, %s, %d connection%s\n", cell.query.name, cell.query.says, cell.connections, plural(cell.connections))
		for i, c := range m.contestants {
			rates, ratios := cell.rates[i], cell.ratios(i)
			fmt.Fprintf(w, "  %-26s %9.1f (%.1f–%.1f) %6.2f (%.2f–%.2f)\n", c.name,
				median(rates), slices.Min(rates), slices.Max(rates), median(ratios), slices.Min(ratios), slices.Max(ratios))
		}
	}
	fmt.Fprintf(w, "\n| query | connections | limit, requests/s | kith, requests/s | of the limit | plan off |\n|---|---:|---:|---:|---:|---:|\n")
	for _, cell := range m.cells {
		ratios := cell.ratios(kithPlanned)
		fmt.Fprintf(w, "| %s: %s | %d | %.0f | %.0f | **%.2f** (%.2f–%.2f) | %.2f |\n", cell.query.name, cell.query.says, cell.connections,
			median(cell.limit()), median(cell.rates[kithPlanned]), median(ratios), slices.Min(ratios), slices.Max(ratios), median(cell.ratios(kithResolved)))
	}
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
