package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What 1.0.0 does to the migrations, on a copy of them.
func TestFreeze(t *testing.T) {
	t.Parallel()
	dir := copyProject(t)
	list := filepath.Join(dir, frozenFile)

	for _, release := range []string{"0.9.0", "0.10.2"} {
		if err := freeze(dir, release, os.Stdout); err == nil || !strings.Contains(err.Error(), "1.0.0") {
			t.Errorf("%s was frozen: %v", release, err)
		}
		if err := checkFrozen(dir, release); err != nil {
			t.Errorf("%s: %v", release, err)
		}
	}
	if err := checkFrozen(dir, "1.0.0"); err == nil || !strings.Contains(err.Error(), "make freeze") {
		t.Errorf("1.0.0 is released with nothing frozen: %v", err)
	}
	var out strings.Builder
	if err := freeze(dir, "1.0.0", &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != list+"\n" {
		t.Errorf("it printed %q", out.String())
	}
	// Anybody can check the list without this program.
	check := exec.Command("sha256sum", "--check", "--strict", "--quiet", frozenFile)
	check.Dir = dir
	if got, err := check.CombinedOutput(); err != nil {
		t.Errorf("sha256sum: %v\n%s", err, got)
	}

	migrations, err := filepath.Glob(filepath.Join(dir, "migrations", "*.sql"))
	if err != nil || len(migrations) < 2 {
		t.Fatal(migrations, err)
	}
	some := filepath.Base(migrations[len(migrations)/2])
	broken := func(what, wanted string, change, back func() error) {
		t.Helper()
		if err := change(); err != nil {
			t.Fatal(err)
		}
		err := checkFrozen(dir, "1.0.0")
		if err == nil || !strings.Contains(err.Error(), wanted) {
			t.Errorf("%s: %v", what, err)
		}
		if err := freeze(dir, "1.0.1", os.Stdout); err == nil {
			t.Errorf("%s: was frozen anew", what)
		}
		if err := back(); err != nil {
			t.Fatal(err)
		}
		if err := checkFrozen(dir, "1.0.0"); err != nil {
			t.Fatalf("%s, and back: %v", what, err)
		}
	}
	for _, folder := range []string{"migrations", "rollbacks"} {
		name := filepath.Join(dir, folder, some)
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		whole := func() error { return os.WriteFile(name, content, 0o644) }
		broken("a space in "+folder, folder+"/"+some+": changed", func() error { return os.WriteFile(name, append(content, ' '), 0o644) }, whole)
		broken("one of "+folder+" removed", folder+"/"+some+": gone", func() error { return os.Remove(name) }, whole)
		early := filepath.Join(dir, folder, "20260101000000_come_early.sql")
		broken("one before in "+folder, folder+"/20260101000000_come_early.sql: comes before",
			func() error { return os.WriteFile(early, []byte("select 1;\n"), 0o644) }, func() error { return os.Remove(early) })
	}
	frozen, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	broken("a list with a line of something else", "not one of sha256sum",
		func() error { return os.WriteFile(list, append(frozen, "# 1.0.0\n"...), 0o644) }, func() error { return os.WriteFile(list, frozen, 0o644) })

	// A later release adds to the list, and takes nothing from it.
	if err := newMigration(dir, "change_today", []string{"private.today"}, time.Now(), &out); err != nil {
		t.Fatal(err)
	}
	if err := checkFrozen(dir, "1.0.0"); err != nil {
		t.Errorf("a new one is refused: %v", err)
	}
	if err := freeze(dir, "1.1.0", &out); err != nil {
		t.Fatal(err)
	}
	again, err := os.ReadFile(list)
	if err != nil || !strings.HasPrefix(string(again), string(frozen)) || strings.Count(string(again), "_change_today.sql\n") != 2 {
		t.Errorf("the second list is not the first one and two lines: %v", err)
	}
}
