package bench_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// sample is the result of a run under load.
type sample struct {
	rate     float64 // per second
	p50, p99 float64 // milliseconds
	calls    int
}

// load lets that many clients call do for that long, each again as soon as it has an
// answer. A failure ends the test.
func load(t *testing.T, clients int, length time.Duration, do func(client, n int) error) sample {
	t.Helper()
	took := make([][]float64, clients)
	var failure atomic.Pointer[error]
	var working sync.WaitGroup
	began := time.Now()
	for client := range clients {
		working.Go(func() {
			for n := 0; n == 0 || time.Since(began) < length; n++ {
				before := time.Now()
				if err := do(client, n); err != nil {
					failure.CompareAndSwap(nil, &err)
					return
				}
				took[client] = append(took[client], milliseconds(time.Since(before)))
			}
		})
	}
	working.Wait()
	if err := failure.Load(); err != nil {
		t.Fatal(*err)
	}
	elapsed := time.Since(began)
	var all []float64
	for _, t := range took {
		all = append(all, t...)
	}
	return sample{float64(len(all)) / elapsed.Seconds(), percentile(all, 0.5), percentile(all, 0.99), len(all)}
}

// loadBySockets is [load] for clients that do little but write and read. One processor
// is enough for them: with two they would wake each other, at the expense of what is
// measured.
func loadBySockets(t *testing.T, clients int, length time.Duration, do func(client, n int) error) sample {
	t.Helper()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	return load(t, clients, length, do)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
