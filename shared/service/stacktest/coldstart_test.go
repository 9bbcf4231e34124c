package stacktest_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mentorpause/shared/lambdaruntime"
	"mentorpause/shared/service/stacktest"
)

const (
	coldStarts    = 100 // of each at least, for a median that holds
	mostColdStart = 1.5 // of hello world's, without a database
)

// BenchmarkColdStart takes the time from the start of the process to its first
// answer, of roster refusing a request without a token and of a function that
// does nothing, in turns. It fails when the ratio of the medians is over the bar.
func BenchmarkColdStart(b *testing.B) {
	dir := stacktest.Binaries(b)
	hello := b.TempDir()
	if err := lambdaruntime.BuildPackages(b.Context(), ".", hello, "./testdata/hello"); err != nil {
		b.Fatal(err)
	}
	event := []byte(`{"version":"2.0","rawPath":"/","headers":{},"requestContext":{"http":{"method":"GET"}}}`)
	subjects := []lambdaruntime.Config{
		{Name: "hello", Binary: filepath.Join(hello, "hello")},
		{Name: "roster", Binary: filepath.Join(dir, "roster"), Env: []string{
			"SUPABASE_URL=https://example.supabase.co",
			"SUPABASE_DB_URL=postgres://pause_api.example:secret@aws-0-eu-north-1.pooler.supabase.com:6543/postgres",
		}},
	}
	took := map[string][]time.Duration{}
	measure := func(config lambdaruntime.Config) {
		began := time.Now()
		f, err := lambdaruntime.Start(b.Context(), config)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Invoke(b.Context(), event); err != nil {
			b.Fatal(err)
		}
		took[config.Name] = append(took[config.Name], time.Since(began))
	}
	for _, config := range subjects { // from the disk
		measure(config)
	}
	clear(took)
	for b.Loop() {
		for range coldStarts {
			for _, config := range subjects {
				measure(config)
			}
			slices.Reverse(subjects)
		}
	}
	median := func(name string) float64 {
		slices.Sort(took[name])
		return took[name][len(took[name])/2].Seconds() * 1000
	}
	ratio := median("roster") / median("hello")
	b.ReportMetric(median("hello"), "hello-ms")
	b.ReportMetric(median("roster"), "roster-ms")
	b.ReportMetric(ratio, "roster/hello")
	if ratio > mostColdStart {
		b.Errorf("roster starts in %.2f of hello world's time, more than %.1f", ratio, mostColdStart)
	}
}
