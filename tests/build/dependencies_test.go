//go:build lint

package build_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/licensecheck"
)

// licences that require only their text or (MPL-2.0, in tests only) publishing
// changes to the library itself.
var licences = []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PostgreSQL", "MPL-2.0"}

// unlicensed modules have no licence file; docs/dependencies.md explains them.
var unlicensed = []string{"github.com/supabase-community/storage-go"}

// Whoever adds a dependency says why, and whoever removes one removes its line.
func TestDependenciesHaveAReason(t *testing.T) {
	t.Parallel()
	linked, others := dependencies(t, "Linked into a function"), dependencies(t, "In the local tools and the tests")
	for _, rows := range []map[string][]string{linked, others} {
		for name, row := range rows {
			if reason := row[len(row)-1]; len(strings.Fields(reason)) < 3 {
				t.Errorf("docs/dependencies.md: %s has no reason but %q", name, reason)
			}
		}
	}
	direct, _ := requirements(t, "go.mod")
	ofBench, _ := requirements(t, "bench/go.mod")
	direct = append(direct, ofBench...)
	for _, module := range direct {
		if linked[module] == nil && others[module] == nil {
			t.Errorf("docs/dependencies.md has no line for %s", module)
		}
	}
	for module := range others {
		if linked[module] != nil {
			t.Errorf("docs/dependencies.md has %s twice", module)
		}
		if !slices.Contains(direct, module) {
			t.Errorf("docs/dependencies.md: no go.mod requires %s itself", module)
		}
	}

	// What is fetched and run, but not part of a program.
	run := dependencies(t, "Run, and part of nothing")
	var wanted []string
	_, tools := requirements(t, ".ci/tools/go.mod")
	wanted = append(wanted, tools...)
	for _, file := range []string{"package.json", "bench/package.json", "console/package.json", "local/postgres/npm/package.json"} {
		var npm struct{ DevDependencies, OptionalDependencies, Dependencies map[string]string }
		if err := json.Unmarshal(readFile(t, file), &npm); err != nil {
			t.Fatal(err)
		}
		if file == "console/package.json" { // a browser is sent these
			sent := dependencies(t, "In the console")
			for name := range npm.Dependencies {
				if sent[name] == nil {
					t.Errorf("docs/dependencies.md has no line for %s, which the console contains", name)
				}
			}
			for name, row := range sent {
				if npm.Dependencies[name] == "" || len(strings.Fields(row[len(row)-1])) < 3 {
					t.Errorf("docs/dependencies.md: the console has no %s, or it has no reason", name)
				}
			}
			npm.Dependencies = nil
		}
		for _, packages := range []map[string]string{npm.DevDependencies, npm.OptionalDependencies, npm.Dependencies} {
			for name := range packages {
				wanted = append(wanted, name)
			}
		}
	}
	for _, step := range workflowSteps(t) {
		if name, _, ok := strings.Cut(step.Uses, "@"); ok {
			wanted = append(wanted, name)
		}
	}
	for _, name := range wanted {
		if run[name] == nil {
			t.Errorf("docs/dependencies.md has no line for %s", name)
		}
	}
	for name := range run {
		if !slices.Contains(wanted, name) {
			t.Errorf("docs/dependencies.md: nobody runs %s", name)
		}
	}
}

// The licences of all modules in functions, tools and tests, and those of the
// programs that are only run, are read from their files, and are ones that we can
// live with; the lists say the same.
func TestDependenciesHaveALicence(t *testing.T) {
	t.Parallel()
	type module struct {
		Path, Dir string
		Main      bool
	}
	type pkg struct{ Module *module }
	modules := map[string]string{} // folders
	for _, folder := range []string{".", "bench"} {
		for _, p := range goJSON[pkg](t, "list", "-C", folder, "-json", "-deps", "-test", "-tags", "supabasecli,long,lint", "./...") {
			if p.Module != nil && p.Module.Path != "mentorpause" && !p.Module.Main {
				modules[p.Module.Path] = p.Module.Dir
			}
		}
	}
	if len(modules) < 20 {
		t.Fatalf("go list names %d modules", len(modules))
	}
	_, tools := requirements(t, ".ci/tools/go.mod")
	for _, m := range goJSON[module](t, append([]string{"mod", "download", "-json", "-modfile=.ci/tools/go.mod"}, tools...)...) {
		modules[m.Path] = m.Dir
	}
	said := map[string][]string{}
	for _, section := range []string{"Linked into a function", "In the local tools and the tests", "Run, and part of nothing"} {
		maps.Copy(said, dependencies(t, section))
	}
	for path, dir := range modules {
		found := licencesIn(t, dir)
		for _, licence := range found {
			if !slices.Contains(licences, licence) {
				t.Errorf("%s is under %s", path, licence)
			}
		}
		if len(found) == 0 && !slices.Contains(unlicensed, path) {
			t.Errorf("%s has no licence that can be read", path)
		}
		if len(found) > 0 && slices.Contains(unlicensed, path) {
			t.Errorf("%s has a licence by now: %v", path, found)
		}
		want := strings.Join(found, ", ")
		if len(found) == 0 {
			want = "none"
		}
		if row, ok := said[path]; ok && row[len(row)-2] != want {
			t.Errorf("docs/dependencies.md says that %s is under %q; its files say %q", path, row[len(row)-2], want)
		}
	}
}

var licenceFile = regexp.MustCompile(`^(?i)(LICEN[CS]E|COPYING)(\.(md|txt))?$`)

// licencesIn returns the SPDX names of the licences, sorted, each once.
func licencesIn(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		if entry.IsDir() || !licenceFile.MatchString(entry.Name()) {
			continue
		}
		scan := licensecheck.Scan(readFile(t, filepath.Join(folder, entry.Name())))
		if scan.Percent < 80 {
			t.Errorf("%s/%s: only %.0f %% of it is a known licence", folder, entry.Name(), scan.Percent)
		}
		for _, match := range scan.Match {
			found = append(found, match.ID)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// requirements returns the modules that a go.mod requires directly, and those of
// its tools.
func requirements(t *testing.T, path string) (direct, tools []string) {
	t.Helper()
	require := regexp.MustCompile(`(?m)^\t(\S+\.\S+/\S+) v\S+$`) // without "// indirect"
	for _, match := range require.FindAllSubmatch(readFile(t, path), -1) {
		direct = append(direct, string(match[1]))
	}
	all := regexp.MustCompile(`(?m)^\t(\S+\.\S+/\S+) v`).FindAllSubmatch(readFile(t, path), -1)
	for _, match := range regexp.MustCompile(`(?m)^\t(\S+)$`).FindAllSubmatch(readFile(t, path), -1) {
		program := string(match[1])
		for _, module := range all {
			if name := string(module[1]); program == name || strings.HasPrefix(program, name+"/") {
				tools = append(tools, name)
			}
		}
	}
	if len(direct)+len(tools) == 0 {
		t.Fatalf("%s: nothing is required", path)
	}
	return direct, tools
}

// dependencies reads a table of docs/dependencies.md: the other columns by the
// first one, without quotes.
func dependencies(t *testing.T, section string) map[string][]string {
	t.Helper()
	_, text, ok := strings.Cut(string(readFile(t, "docs/dependencies.md")), "\n## "+section+"\n")
	if !ok {
		t.Fatalf("docs/dependencies.md has no section %q", section)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	rows := map[string][]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if len(cells) < 3 {
			t.Fatalf("docs/dependencies.md: %s", line)
		}
		rows[strings.Trim(cells[0], "`")] = cells[1:]
	}
	if len(rows) == 0 {
		t.Fatalf("docs/dependencies.md: nothing under %q", section)
	}
	return rows
}
