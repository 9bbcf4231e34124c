package bench_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// bar is what a measure has to reach; zero: none.
type bar struct{ least, most float64 }

func atLeast(v float64) bar { return bar{least: v} }
func atMost(v float64) bar  { return bar{most: v} }

func (b bar) String() string {
	switch {
	case b.least != 0:
		return "≥ " + number(b.least)
	case b.most != 0:
		return "≤ " + number(b.most)
	}
	return ""
}

func (b bar) verdict(v float64) string {
	switch {
	case b == bar{}:
		return ""
	case b.least != 0 && v < b.least, b.most != 0 && v > b.most:
		return "missed"
	}
	return "ok"
}

// row is one measure, with a value for each run.
type row struct {
	name   string
	bar    bar
	unit   string // of the values; none: a ratio
	values []float64
	detail string // what the ratio is made of
}

func (r row) median() float64 { return median(r.values) }

// report collects the rows of one measurement in order.
type report struct {
	title  string
	scale  scale
	about  []string // the machine and the versions
	rows   []row
	tables []table
}

// table has a measure of several subjects by what grows.
type table struct {
	title, across string // across is what the columns count
	columns       []int
	lines         []line
}

type line struct {
	name   string
	values []float64
}

func (t *table) add(name string, values []float64) { t.lines = append(t.lines, line{name, values}) }

// text is the table, in Markdown.
func (t table) text() string {
	var s strings.Builder
	fmt.Fprintf(&s, "| %s |", t.across)
	for _, column := range t.columns {
		fmt.Fprintf(&s, " %s |", strings.TrimSuffix(strings.TrimSuffix(number(float64(column)), ".00"), ".0"))
	}
	fmt.Fprintf(&s, "\n| --- |%s\n", strings.Repeat(" ---: |", len(t.columns)))
	for _, l := range t.lines {
		fmt.Fprintf(&s, "| %s |", l.name)
		for _, v := range l.values {
			fmt.Fprintf(&s, " %s |", number(v))
		}
		s.WriteByte('\n')
	}
	return s.String()
}

func (r *report) add(t *testing.T, name string, b bar, unit string, values []float64, detail string, args ...any) {
	t.Helper()
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) || v <= 0 {
			t.Fatalf("%s: %v is no measurement", name, values)
		}
	}
	if len(values) == 0 {
		t.Fatalf("%s: no measurement", name)
	}
	added := row{name, b, unit, values, fmt.Sprintf(detail, args...)}
	r.rows = append(r.rows, added)
	t.Logf("%s: %s %s (%s to %s) %s %s; %s", name, number(added.median()), unit,
		number(slices.Min(values)), number(slices.Max(values)), b, b.verdict(added.median()), added.detail)
}

// text is the table, in Markdown.
func (r *report) text() string {
	var s strings.Builder
	fmt.Fprintln(&s, "| measure | bar | median | min – max | | of which |")
	fmt.Fprintln(&s, "| --- | --- | --- | --- | --- | --- |")
	for _, row := range r.rows {
		value := number(row.median())
		if row.unit != "" {
			value += " " + row.unit
		}
		fmt.Fprintf(&s, "| %s | %s | %s | %s – %s | %s | %s |\n", row.name, row.bar, value,
			number(slices.Min(row.values)), number(slices.Max(row.values)), row.bar.verdict(row.median()), row.detail)
	}
	return s.String()
}

// number formats a value for readers: with three significant digits, or all those
// before the point, and without decimals for a whole number.
func number(v float64) string {
	switch {
	case v >= 1000:
		text := fmt.Sprintf("%.0f", v)
		for i := len(text) - 3; i > 0; i -= 3 {
			text = text[:i] + "," + text[i:]
		}
		return text
	case v >= 100, v >= 4 && v == math.Trunc(v):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func median(values []float64) float64 { return percentile(values, 0.5) }

// percentile returns the value below which that share of the values lies,
// interpolated between neighbours.
func percentile(values []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	at := share * float64(len(sorted)-1)
	low := int(at)
	if low == len(sorted)-1 {
		return sorted[low]
	}
	return sorted[low] + (at-float64(low))*(sorted[low+1]-sorted[low])
}

func mean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// quotients divides run by run.
func quotients(a, b []float64) []float64 {
	q := make([]float64, len(a))
	for i := range a {
		q[i] = a[i] / b[i]
	}
	return q
}

const (
	page    = "performance.md"
	heading = "\n## " // of a measurement's section of the page
)

// section is what the page has of the measurement.
func (r *report) section() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s\n\nOn %s, with %s mentors, in %d runs.\n\n| measured on |\n| --- |\n", r.title,
		time.Now().Format(time.DateOnly), number(float64(r.scale.mentors)), r.scale.runs)
	for _, line := range r.about {
		fmt.Fprintf(&s, "| %s |\n", line)
	}
	fmt.Fprintf(&s, "\n%s", r.text())
	for _, t := range r.tables {
		fmt.Fprintf(&s, "\n%s:\n\n%s", t.title, t.text())
	}
	return s.String()
}

// write gives the measurement its section of the page and leaves the others as they were, in
// the order of the titles.
func (r *report) write(dir string, titles []string) error {
	path := filepath.Join(dir, page)
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	sections := map[string]string{}
	for _, section := range strings.Split(string(old), heading)[1:] {
		title, _, _ := strings.Cut(section, "\n")
		sections[title] = strings.TrimRight(section, "\n") + "\n"
	}
	sections[r.title] = r.section()
	var s strings.Builder
	s.WriteString("<!-- Written by make bench; don't edit. -->\n# Performance\n\n" +
		"The latest figures of `make bench`, which measures one thing at a time. Each row has the median,\n" +
		"the least and the most of some runs in which a subject and its peers took turns. Only the ratios\n" +
		"apply to other machines; [performance-notes.md](performance-notes.md) says what they mean.\n")
	for _, title := range titles {
		if section, ok := sections[title]; ok {
			s.WriteString(heading + section)
		}
	}
	return os.WriteFile(path, []byte(s.String()), 0o644)
}
