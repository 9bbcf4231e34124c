package bench_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPercentile(t *testing.T) {
	t.Parallel()
	values := []float64{40, 10, 30, 20}
	for share, want := range map[float64]float64{0: 10, 0.5: 25, 0.99: 39.7, 1: 40} {
		if got := percentile(values, share); got < want-1e-9 || got > want+1e-9 {
			t.Errorf("percentile %v: %v, want %v", share, got, want)
		}
	}
	if got := median([]float64{7}); got != 7 {
		t.Errorf("median of one: %v", got)
	}
	if values[0] != 40 {
		t.Error("the values were moved")
	}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bar   bar
		value float64
		want  string
	}{
		{atLeast(0.65), 0.65, "ok"}, {atLeast(0.65), 0.649, "missed"},
		{atMost(1.1), 1.1, "ok"}, {atMost(1.1), 1.11, "missed"},
		{bar{}, 7, ""},
	} {
		if got := c.bar.verdict(c.value); got != c.want {
			t.Errorf("%v of %v: %q, want %q", c.bar, c.value, got, c.want)
		}
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := &report{title: "Pages", scale: short, about: []string{"a machine", "a version"}}
	r.add(t, "page", atMost(1.1), "", []float64{1.2, 1, 1.3}, "%d and %d", 12, 10)
	r.add(t, "rate", bar{}, "/s", []float64{1234567.8}, "alone")
	pages := table{title: "A page in µs", across: "mentors", columns: []int{1, 32, 100_000}}
	pages.add("ours", []float64{0.4, 2, 512.3})
	r.tables = []table{pages}
	dir, titles := t.TempDir(), []string{"Nights", "Pages", "Renamed", "Transitions"}
	r.title = "Renamed"
	for _, title := range []string{"Pages", "Transitions", "Nights", "Pages"} {
		if err := r.write(dir, titles); err != nil {
			t.Fatal(err)
		}
		r.title = title
	}
	r.rows[0].bar = atMost(1.2)
	if err := r.write(dir, append(titles[:2:2], titles[3])); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, page))
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(text), "\n## ")
	if len(sections) != 4 {
		t.Fatalf("not three sections, one of each:\n%s", text)
	}
	for n, verdict := range []string{"≤ 1.10 | 1.20 | 1.00 – 1.30 | missed", "≤ 1.20 | 1.20 | 1.00 – 1.30 | ok", "≤ 1.10 | 1.20 | 1.00 – 1.30 | missed"} {
		section := sections[n+1]
		for _, want := range []string{
			[]string{"Nights", "Pages", "Transitions"}[n] + "\n\nOn ",
			"| page | " + verdict + " | 12 and 10 |",
			"| rate |  | 1,234,568 /s | 1,234,568 – 1,234,568 |  | alone |",
			"runs.\n\n| measured on |\n| --- |\n| a machine |\n| a version |\n\n| measure |",
			"\n\nA page in µs:\n\n| mentors | 1 | 32 | 100,000 |\n| --- | ---: | ---: | ---: |\n| ours | 0.40 | 2.00 | 512 |\n",
		} {
			if !strings.Contains(section, want) {
				t.Errorf("no %q in\n%s", want, section)
			}
		}
	}
}
