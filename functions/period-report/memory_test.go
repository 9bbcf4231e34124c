package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// mostMemory is how much a workbook of 20,000 named mentors may take, with the answer that
// it is made from.
const mostMemory = 200 << 20

func TestTwentyThousandMentorsFitIntoMemory(t *testing.T) {
	mentors := make([]map[string]any, 20_000)
	for i := range mentors {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		stretches := make([]map[string]any, 3)
		for n := range stretches {
			stretches[n] = map[string]any{
				"from": "2025-01-01", "to": "2025-06-30", "status": "active", "certified": true, "chapter_ids": []string{id},
				"rests_on": map[string]any{"memberships": []string{id}, "certifications": []string{id, id}, "pause_record_id": nil},
			}
		}
		mentors[i] = map[string]any{"mentor_id": id, "display_name": fmt.Sprintf("Kari Nordmann %d", i), "stretches": stretches}
	}
	body, err := json.Marshal(map[string]any{"locale": "nb", "time_zone": "Europe/Oslo", "report": map[string]any{
		"from": "2025-01-01", "to": "2025-12-31", "as_known_at": "2026-01-01T00:00:00Z", "rule_version": "1", "chapters": []any{}, "total": map[string]any{}, "mentors": mentors,
	}})
	if err != nil {
		t.Fatal(err)
	}
	mentors = nil
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	used := func() uint64 {
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	runtime.GC()
	most := uint64(0)
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
	answer, err := written(body, "xlsx", false)
	close(done)
	<-stopped
	if err != nil || len(answer.Body) == 0 {
		t.Fatal(err)
	}
	t.Logf("%d MiB at most, for %d KiB of JSON and %d KiB of workbook", most>>20, len(body)>>10, len(answer.Body)>>10)
	if most > mostMemory {
		t.Errorf("%d MiB", most>>20)
	}
}
