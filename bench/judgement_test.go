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
	r := &report{scale: short, about: []string{"a machine"}}
	r.add(t, "page", atMost(1.1), "", []float64{1.2, 1, 1.3}, "%d and %d", 12, 10)
	r.add(t, "rate", bar{}, "/s", []float64{1234567.8}, "alone")
	pages := table{title: "Pages", across: "mentors", columns: []int{1, 32, 100_000}}
	pages.add("ours", []float64{0.4, 2, 512.3})
	r.tables = []table{pages}
	dir := t.TempDir()
	if err := r.write(dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, page))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| page | ≤ 1.10 | 1.20 | 1.00 – 1.30 | missed | 12 and 10 |",
		"| rate |  | 1,234,568 /s | 1,234,568 – 1,234,568 |  | alone |",
		"| a machine |",
		"\n\n## Pages\n\n| mentors | 1 | 32 | 100,000 |\n| --- | ---: | ---: | ---: |\n| ours | 0.40 | 2.00 | 512 |\n",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
