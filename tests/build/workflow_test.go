//go:build lint

package build_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

type workflow struct {
	Permissions map[string]string
	Concurrency struct{ Group string }
	Jobs        map[string]job
}

type job struct {
	Permissions map[string]string
	Timeout     int    `yaml:"timeout-minutes"`
	RunsOn      string `yaml:"runs-on"`
	Strategy    struct {
		Matrix map[string][]string
	}
	Steps []step
}

type step struct {
	Uses, Run string
	With      map[string]string
}

func workflows(t *testing.T) map[string]workflow {
	t.Helper()
	paths, err := filepath.Glob(".github/workflows/*.y*ml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no workflows (%v)", err)
	}
	all := map[string]workflow{}
	for _, path := range paths {
		var w workflow
		if err := yaml.Unmarshal(readFile(t, path), &w); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all[path] = w
	}
	return all
}

func workflowSteps(t *testing.T) []step {
	t.Helper()
	var steps []step
	for _, w := range workflows(t) {
		for _, j := range w.Jobs {
			steps = append(steps, j.Steps...)
		}
	}
	return steps
}

// An action is somebody else's code: it is pinned to what was reviewed, reads only
// the sources, and does not keep the token.
func TestWorkflowsAreSafe(t *testing.T) {
	t.Parallel()
	pinned := regexp.MustCompile(`^\s*-?\s*uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	for path, w := range workflows(t) {
		for number, line := range strings.Split(string(readFile(t, path)), "\n") {
			if strings.Contains(line, "uses:") && !pinned.MatchString(line) {
				t.Errorf("%s:%d: not pinned to a commit, with its version: %s", path, number+1, strings.TrimSpace(line))
			}
			if strings.Contains(line, "pull_request_target") || strings.Contains(line, "secrets.") {
				t.Errorf("%s:%d: a stranger's pull request would run with our secrets", path, number+1)
			}
		}
		if w.Permissions == nil || len(w.Permissions) != 0 {
			t.Errorf("%s: permissions %v, want none", path, w.Permissions)
		}
		if w.Concurrency.Group == "" {
			t.Errorf("%s: no concurrency group", path)
		}
		for name, j := range w.Jobs {
			if len(j.Permissions) != 1 || j.Permissions["contents"] != "read" {
				t.Errorf("%s, %s: permissions %v, want contents: read", path, name, j.Permissions)
			}
			if j.Timeout == 0 || j.Timeout > 60 {
				t.Errorf("%s, %s: a timeout of %d minutes", path, name, j.Timeout)
			}
			if strings.HasSuffix(j.RunsOn, "-latest") {
				t.Errorf("%s, %s runs on %s, which changes", path, name, j.RunsOn)
			}
			for _, s := range j.Steps {
				if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != "false" {
					t.Errorf("%s, %s: the checkout keeps the token", path, name)
				}
				// An expression in a script is text that a stranger may control.
				for _, expression := range regexp.MustCompile(`\$\{\{\s*([^}]*?)\s*\}\}`).FindAllStringSubmatch(s.Run, -1) {
					if !strings.HasPrefix(expression[1], "matrix.") {
						t.Errorf("%s, %s: %s in a script", path, name, expression[0])
					}
				}
			}
		}
	}
}

// The workflow runs what the project promises.
func TestWorkflowRunsEverything(t *testing.T) {
	t.Parallel()
	ci, ok := workflows(t)[".github/workflows/ci.yml"]
	if !ok {
		t.Fatal("no .github/workflows/ci.yml")
	}
	for name, want := range map[string][]string{
		"test":     {"make lint test PG=${{ matrix.postgresql }}"},
		"supabase": {"npx --no -- supabase start", "npx --no -- supabase db reset", "npx --no -- supabase test db"},
		"console":  {"make test-console"},
		"supply":   {"make vulnerabilities", "make reproduce"},
	} {
		var commands []string
		for _, s := range ci.Jobs[name].Steps {
			commands = append(commands, strings.TrimSpace(s.Run))
		}
		at := 0
		for _, command := range want {
			next := slices.Index(commands[at:], command)
			if next < 0 {
				t.Errorf("the job %s runs %q, want %q in that order", name, commands, want)
				break
			}
			at += next + 1
		}
		if name != "supply" && name != "console" && !slices.Equal(ci.Jobs[name].Strategy.Matrix["postgresql"], []string{"15", "17"}) {
			t.Errorf("the job %s runs on PostgreSQL %v, want 15 and 17", name, ci.Jobs[name].Strategy.Matrix["postgresql"])
		}
	}
}
