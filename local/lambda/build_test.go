package lambda_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"mentorpause/local/checkout"
	"mentorpause/local/lambda"
)

// Two who build at once get the same program, which is linked once; one that was there before
// is replaced, and whoever runs it not disturbed.
func TestAFunctionIsLinkedOnce(t *testing.T) {
	t.Parallel()
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	const name = "nightly-expiry"
	kept := filepath.Join(root, ".cache", "functions", name)
	build := func(dir string) []byte {
		if err := lambda.Build(t.Context(), root, dir, name); err != nil {
			t.Error(err)
		}
		program, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		}
		return program
	}
	first := build(t.TempDir())
	before, err := os.Stat(kept)
	if err != nil {
		t.Fatal(err)
	}

	used := t.TempDir()
	if err := os.WriteFile(filepath.Join(used, name), []byte("older"), 0o755); err != nil {
		t.Fatal(err)
	}
	running, err := os.Open(filepath.Join(used, name))
	if err != nil {
		t.Fatal(err)
	}
	defer running.Close()
	var both sync.WaitGroup
	for _, dir := range []string{t.TempDir(), used} {
		both.Go(func() {
			if !bytes.Equal(build(dir), first) {
				t.Error("another program")
			}
		})
	}
	both.Wait()

	after, err := os.Stat(kept)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) {
		t.Error("it was linked again")
	}
	if old := make([]byte, 5); len(first) < 1<<20 {
		t.Errorf("a program of %d bytes", len(first))
	} else if _, err := running.Read(old); err != nil || string(old) != "older" {
		t.Errorf("whoever has the older one reads %q, %v", old, err)
	}
}
