package postgres

import (
	"os"
	"path/filepath"
	"testing"
)

// A throwaway cluster is in memory where that has room, but where TMPDIR says if it does.
func TestThrowawayClusterIsInMemoryOrWhereToldTo(t *testing.T) {
	told := t.TempDir()
	for name, test := range map[string]struct{ told, want string }{
		"not told": {"", memoryFolder()},
		"told":     {told, told},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", test.told)
			if test.want == "" {
				test.want = os.TempDir() // no room
			}
			dir, err := clusterFolder(Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer os.Remove(dir)
			if got := filepath.Dir(dir); got != test.want {
				t.Errorf("in %s, want %s", got, test.want)
			}
		})
	}
}
