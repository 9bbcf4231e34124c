// Package bench_test measures the whole system beside its peers: the same SQL by
// pgbench, functions as they are often written in TypeScript, the plain normalised
// query, bare inserts. A subject and its peers take turns, and the result is the ratio
// of the two in the same round, because absolute times say nothing about another day or
// another machine.
//
// `make bench` measures with a million mentors and writes docs/performance.md, in which
// each measurement has a section of its own: one that is taken alone replaces its section.
// Without -full it only shows that every measurement runs.
package bench_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mentorpause/local/deployment"
)

var (
	full    = flag.Bool("full", false, "measure with a million mentors, for some hours")
	mentors = flag.Int("mentors", 1_000_000, "how many mentors to measure with; with fewer than 50,000 performance.md stays as it is")
	only    = flag.String("only", "", "the measurements to take, by parts of their names, with commas between them")
	docs    = flag.String("docs", "", "the folder to write performance.md to")
)

const enough = 50_000 // mentors, for figures that are kept

// scale is how much is measured.
type scale struct {
	mentors       int           // of the organisation; with very many, one chapter has a tenth and ten have a hundredth each
	runs          int           // of each measurement, in turns
	length        time.Duration // of a run under load
	clients       []int         // concurrent clients, in the table of the throughput
	barred        []int         // those of them that have bars
	calls         int           // of each page in a run, for its median
	turns         int           // in which the calls are made
	perNight      int           // mentors whose certification ends in a night
	few           int           // mentors of the small organisation, for nights with nothing to do
	idle          int           // nights with nothing to do in a run
	starts        int           // cold starts in a run
	crowd         int           // mentors whom notifications are about
	delivered     int           // notifications that were delivered long ago
	pending       int           // notifications that a run delivers
	imported      int           // people in a file
	largestImport int           // people in the largest file
	handedOver    int           // mentors of a coordinator
	together      int           // mentors who are paused in one request
	digests       int           // coordinators who get one, and mentors
	listed        int           // mentors whom the console has in a list
	writes        int           // of the console, on a line that is cut
}

var (
	whole = scale{
		mentors: 1_000_000, runs: 5, length: 2 * time.Second, clients: []int{1, 4, 8, 32}, barred: []int{8, 32}, calls: 800, turns: 10,
		perNight: 100_000, few: 10_000, idle: 6, starts: 40, crowd: 1000, delivered: 1_000_000, pending: 5_000,
		imported: 10_000, largestImport: 20_000, handedOver: 1000, together: 500, digests: 10_000,
		listed: 10_000, writes: 1000,
	}
	short = scale{
		mentors: 300, runs: 1, length: 50 * time.Millisecond, clients: []int{1, 2}, barred: []int{2}, calls: 20, turns: 1,
		perNight: 50, few: 20, idle: 1, starts: 1, crowd: 40, delivered: 100, pending: 50,
		imported: 50, largestImport: 100, handedOver: 10, together: 20, digests: 20,
		listed: 100, writes: 4,
	}
)

// sizes are those of the chapters that are compared, the smallest first.
func (s scale) sizes() []int {
	if s.mentors < 50_000 { // all of its chapters are small
		return []int{100}
	}
	return []int{100, s.mentors / 100, s.mentors / 10}
}

func (s scale) largest() int { return s.sizes()[len(s.sizes())-1] }

func TestMain(m *testing.M) {
	flag.Parse()
	deployment.Main(m)
}

// TestBench measures everything, one thing at a time.
func TestBench(t *testing.T) {
	s := short
	if *full {
		s = whole
		s.mentors = *mentors
		s.perNight = min(s.perNight, s.mentors/(2*s.runs))
	}
	organisation := newSystem(t)
	filled := false
	about := machine(t, organisation)
	type measurement struct {
		name    string
		run     func(*testing.T, *system, scale, *report)
		outside bool // needs no organisation: it makes its own data
		title   string
	}
	measurements := []measurement{
		{"pages", rosterPages, false, "Pages of the roster"},
		{"throughput", rosterThroughput, false, "Pages a second"},
		{"far", far, false, "Far from the database"},
		{"round trips", roundTrips, false, "Round trips"},
		{"size", size, false, "Bytes"},
		{"mentor", mentorPages, false, "A mentor's page"},
		{"transitions", transitions, false, "Pause and reactivate"},
		{"batches", batches, false, "Many at once"},
		{"filters", rosterFilters, false, "Filters of the roster"}, // which adds chapters
		{"requests", requestPages, true, "Requests"},
		{"nights", nights, true, "The nightly run"},
		{"plans", plans, true, "Planned pauses"},
		{"dispatch", dispatch, true, "Notifications"},
		{"digests", digests, true, "Digests"},
		{"imports", importing, true, "Import and hand-over"},
		{"periods", periods, true, "The period report"},
		{"recording", recording, true, "The second time"},
		{"console", console, true, "The console"},
		{"cold starts", coldStarts, true, "Cold starts"},
	}
	var titles []string
	for _, m := range measurements {
		titles = append(titles, m.title)
	}
	var text strings.Builder
	for _, measure := range measurements {
		// A browser takes a minute and a half in the short form too, and tests/clients does the
		// same things with it.
		if measure.name == "console" && !*full && *only == "" {
			continue
		}
		if !slices.ContainsFunc(strings.Split(*only, ","), func(part string) bool { return strings.Contains(measure.name, part) }) {
			continue
		}
		if !filled && !measure.outside {
			organisation.fill(t, s.mentors)
			filled = true
		}
		r := &report{title: measure.title, scale: s, about: about}
		if !t.Run(measure.name, func(t *testing.T) { measure.run(t, organisation, s, r) }) {
			t.FailNow()
		}
		fmt.Fprintf(&text, "\n%s\n", r.text())
		if *docs != "" && s.mentors >= enough {
			if err := r.write(*docs, titles); err != nil {
				t.Fatal(err)
			}
		}
	}
	fmt.Print(text.String())
}
