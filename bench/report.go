package main

import (
	"fmt"
	"html"
	"os"
	"slices"
	"strings"
	"time"
)

// A report is what a whole run writes to docs: sections of Markdown, and a bar of the picture for each measured cell.
type report struct {
	sections []string
	bars     []bar
}

// A bar is a ratio to the limit, and the least and greatest of the rounds.
type bar struct {
	label              string
	ratio, least, most float64
}

// add adds a section.
func (r *report) add(title, text string) {
	r.sections = append(r.sections, "## "+title+"\n\n"+text)
}

// match adds what was measured over one database.
func (r *report) match(database string, m *measurement) {
	name, _, _ := strings.Cut(database, ",")
	if m.cells[0].query.writes {
		database = "Writes, " + name
	}
	r.add(database, m.table())
	for _, cell := range m.cells {
		ratios := m.ratios(cell, m.kith())
		label := fmt.Sprintf("%s, %s, %d", name, cell.query.name, cell.connections)
		r.bars = append(r.bars, bar{label, median(ratios), slices.Min(ratios), slices.Max(ratios)})
	}
}

// write writes the report and its picture.
func (r *report) write(head string) error {
	_, sections, err := document()
	if err != nil {
		return err
	}
	for _, s := range sections { // those of other runs stay
		if strings.HasPrefix(s, "## "+growthTitle) || strings.HasPrefix(s, "## "+peersTitle) {
			r.sections = append(r.sections, s)
		}
	}
	text := "# Benchmark\n\nWritten by `make bench`. " + head + "\n\n![kith, of the limit](benchmark.svg)\n\n" + strings.Join(r.sections, "\n")
	if err := os.WriteFile(benchmark, []byte(text), 0o644); err != nil { //nolint:gosec // it is to be read
		return err
	}
	return os.WriteFile("docs/benchmark.svg", []byte(picture(r.bars)), 0o644) //nolint:gosec // it is to be read
}

const benchmark = "docs/benchmark.md"

// document is the document as it is: its head and its sections.
func document() (head string, sections []string, err error) {
	text, err := os.ReadFile(benchmark)
	if err != nil {
		return "", nil, err
	}
	parts := strings.Split(string(text), "\n## ")
	for _, part := range parts[1:] {
		sections = append(sections, "## "+strings.TrimRight(part, "\n")+"\n")
	}
	return strings.TrimRight(parts[0], "\n") + "\n\n", sections, nil
}

// replace puts a section in the place of the one with its title, or at the end.
func replace(title, text string) error {
	head, sections, err := document()
	if err != nil {
		return err
	}
	section, is := "## "+title+"\n\n"+text, func(s string) bool { return strings.HasPrefix(s, "## "+title+"\n") }
	if i := slices.IndexFunc(sections, is); i >= 0 {
		sections[i] = section
	} else {
		sections = append(sections, section)
	}
	return os.WriteFile(benchmark, []byte(head+strings.Join(sections, "\n")), 0o644) //nolint:gosec // it is to be read
}

// kith is what is held against the limit.
func (m *measurement) kith() int {
	return slices.IndexFunc(m.contestants, func(c *contestant) bool { return c.kith })
}

// table is what matters of a measurement, as Markdown.
func (m *measurement) table() string {
	var b strings.Builder
	b.WriteString("| query | connections | limit, requests/s | kith, requests/s | of the limit | p99 to the limit's | CPU, limit's and kith's, µs |\n|---|---:|---:|---:|---:|---:|---:|\n")
	for _, cell := range m.cells {
		limit, kith := m.limit(cell), m.kith()
		ratios, p99, cpu := m.ratios(cell, kith), func(s sample) time.Duration { return s.p99 }, func(s sample) time.Duration { return s.cpu }
		fmt.Fprintf(&b, "| %s: %s | %d | %.0f | %.0f | **%.2f** (%.2f–%.2f) | %.2f | %.0f, %.0f |\n", cell.query.name, cell.query.says, cell.connections,
			median(cell.rates(limit)), median(cell.rates(kith)), median(ratios), slices.Min(ratios), slices.Max(ratios),
			cell.middle(kith, p99).Seconds()/cell.middle(limit, p99).Seconds(), cell.middle(limit, cpu).Seconds()*1e6, cell.middle(kith, cpu).Seconds()*1e6)
	}
	return b.String()
}

// picture draws bars, each with the spread of its rounds, and a line where the limit is.
func picture(bars []bar) string {
	const line, left, width, scale = 22, 190, 640, 320.0 // scale is how long the limit is
	var b strings.Builder
	height := line*len(bars) + 34
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", width, height)
	at := func(ratio float64) float64 { return left + scale*min(ratio, 1.35) }
	for i, bar := range bars {
		y := 8 + line*i
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text>`, left-8, y+14, html.EscapeString(bar.label))
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%.1f" height="14" fill="#4878a8"/>`, left, y+3, at(bar.ratio)-left)
		fmt.Fprintf(&b, `<path d="M%.1f %d H%.1f" stroke="#222"/>`, at(bar.least), y+10, at(bar.most))
		fmt.Fprintf(&b, `<text x="%.1f" y="%d">%.2f</text>`+"\n", at(bar.most)+6, y+14, bar.ratio)
	}
	fmt.Fprintf(&b, `<path d="M%.1f 4 V%d" stroke="#c33"/><text x="%.1f" y="%d" text-anchor="middle" fill="#c33">the limit</text>`+"\n</svg>\n", at(1), height-22, at(1), height-8)
	return b.String()
}
