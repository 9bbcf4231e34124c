package stacktest_test

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"mentorpause/shared/lambdaruntime"
	"mentorpause/shared/service/stacktest"
)

const (
	coldStarts    = 100     // of each at least, for a median that holds
	mostColdStart = 1.5     // of hello world's, without a database
	mostZipped    = 8 << 20 // bytes
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

// What Lambda has to load is small.
func TestZippedFunctionsAreSmall(t *testing.T) {
	t.Parallel()
	dir := stacktest.Binaries(t)
	for _, name := range everyFunction() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bootstrap, err := os.Open(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			defer bootstrap.Close()
			var size counter
			zipped := zip.NewWriter(&size)
			entry, err := zipped.Create("bootstrap")
			if err == nil {
				_, err = io.Copy(entry, bootstrap)
			}
			if err == nil {
				err = zipped.Close()
			}
			if err != nil {
				t.Fatal(err)
			}
			if size < 1<<20 || size > mostZipped {
				t.Errorf("%d bytes zipped, want at most %d", size, mostZipped)
			}
			t.Logf("%.2f MiB zipped", float64(size)/(1<<20))
		})
	}
}

// counter counts what is written.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
