package checkout

import (
	"os"
	"path/filepath"
	"testing"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestRoot(t *testing.T) {
	// The working directory is the process's, so nothing here is parallel.
	outside, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	checkout := filepath.Join(outside, "checkout")
	write(t, filepath.Join(checkout, "go.mod"), "module mentorpause\n\ngo 1.26\n")
	write(t, filepath.Join(checkout, "bench/go.mod"), "module mentorpause/bench\n")
	write(t, filepath.Join(checkout, "bench/deep/down/file"), "")

	for _, dir := range []string{"", "bench", "bench/deep/down"} {
		t.Chdir(filepath.Join(checkout, dir))
		if root, err := Root(); err != nil || root != checkout {
			t.Errorf("from %q: %q, %v", dir, root, err)
		}
	}
	t.Chdir(outside)
	if root, err := Root(); err == nil {
		t.Errorf("outside of a checkout: %q", root)
	}
	write(t, filepath.Join(outside, "unreadable/go.mod/file"), "")
	t.Chdir(filepath.Join(outside, "unreadable"))
	if _, err := os.ReadFile("go.mod"); err == nil {
		t.Fatal("a folder was read as a file")
	}
	if root, err := Root(); err == nil {
		t.Errorf("where go.mod can't be read: %q", root)
	}
}
