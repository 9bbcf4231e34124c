package memberlist_test

import (
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"mentorpause/local/memberfile"
	"mentorpause/shared/memberlist"
)

// mostMemory is how much the largest list may take while it is read, besides the
// file: what is left of the 200 MiB of an import belongs to the rest of it.
const mostMemory = 128 << 20

// peak returns how much more memory the heap took at most while something ran.
func peak(do func()) uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	used := func() uint64 {
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	runtime.GC()
	before, most := used(), uint64(0)
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			most = max(most, used())
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	do()
	close(done)
	<-stopped
	return most - min(before, most)
}

func BenchmarkRead(b *testing.B) {
	for _, dialect := range []memberfile.Dialect{memberfile.ExcelCSV, memberfile.XLSX, memberfile.XLSXText} {
		b.Run(string(dialect), func(b *testing.B) {
			file := write(b, memberfile.Config{Rows: memberlist.MaxRows, Seed: 5, Dialect: dialect, MistakesPercent: 1})
			b.ReportAllocs()
			for b.Loop() {
				read(b, file.Content, memberlist.Options{})
			}
		})
	}
}
