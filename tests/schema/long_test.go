//go:build long

package schema_test

import (
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
)

// TestLongHistoriesFollowTheModel plays histories of four months each, with missed nights:
// pauses without an end are reminded of, certifications of years ago are still judged.
// $MENTORPAUSE_SEED repeats a run's; without it they are new ones.
func TestLongHistoriesFollowTheModel(t *testing.T) {
	seed := strconv.FormatUint(max(rand.Uint64(), 1), 10) // 0 is any, to rapid
	if text := os.Getenv("MENTORPAUSE_SEED"); text != "" {
		seed = text
	}
	t.Logf("SEED=%s repeats these histories", seed)
	for name, value := range map[string]string{"rapid.seed": seed, "rapid.checks": "40", "rapid.shrinktime": "10m"} {
		if err := flag.Set(name, value); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	var worlds *[2]*nights
	if !t.Run("months", func(t *testing.T) { worlds = historiesFollowTheModel(t, 120, 120) }) {
		return
	}

	happened, operations := map[string]int{}, 0
	for _, n := range worlds {
		if n == nil {
			continue // only the other one was asked for
		}
		for name, times := range n.happened {
			happened[name] += times
			operations += times
		}
	}
	for _, name := range slices.Sorted(maps.Keys(happened)) {
		t.Logf("%6d %s", happened[name], name)
	}
	if operations < 20_000 {
		t.Errorf("%d operations are too few", operations)
	}
	t.Logf("%6d operations", operations)
}
