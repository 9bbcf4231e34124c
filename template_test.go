package mentorpause_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// scheduled functions are started by EventBridge and have no URL.
var scheduled = []string{"nightly-expiry", "dispatch-notifications"}

// logicalID is the function's name in the template: PauseFunction for pause.
func logicalID(name string) string {
	var id strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		id.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return id.String() + "Function"
}

// at walks down nested maps; nil when there is no such key.
func at(value any, keys ...string) any {
	for _, key := range keys {
		fields, _ := value.(map[string]any)
		value = fields[key]
	}
	return value
}

func readTemplate(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile("template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template map[string]any // intrinsic functions (!Ref x) read as their argument
	if err := yaml.Unmarshal(text, &template); err != nil {
		t.Fatalf("template.yaml: %v", err)
	}
	return template
}

func functionFolders(t *testing.T) []string {
	t.Helper()
	mains, err := filepath.Glob("functions/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range mains {
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	if len(names) == 0 {
		t.Fatal("no functions/*/main.go")
	}
	return names
}

func TestTemplateDeploysEveryFunction(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	if at(template, "AWSTemplateFormatVersion") != "2010-09-09" || at(template, "Transform") != "AWS::Serverless-2016-10-31" {
		t.Errorf("version %v, transform %v: not a SAM template", at(template, "AWSTemplateFormatVersion"), at(template, "Transform"))
	}

	var deployed []string
	resources, _ := at(template, "Resources").(map[string]any)
	for id, resource := range resources {
		if at(resource, "Type") == "AWS::Serverless::Function" {
			deployed = append(deployed, id)
		}
	}
	var built []string
	for _, name := range functionFolders(t) {
		built = append(built, logicalID(name))
	}
	slices.Sort(deployed)
	slices.Sort(built)
	if !slices.Equal(deployed, built) {
		t.Errorf("template.yaml has the functions %v, the folder functions has %v", deployed, built)
	}
}

func TestTemplateFunctions(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	for _, name := range functionFolders(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			function := at(template, "Resources", logicalID(name))
			property := func(keys ...string) any {
				if value := at(function, append([]string{"Properties"}, keys...)...); value != nil {
					return value
				}
				return at(template, append([]string{"Globals", "Function"}, keys...)...)
			}
			if got := property("Runtime"); got != "provided.al2023" {
				t.Errorf("runtime %v", got)
			}
			if method := at(function, "Metadata", "BuildMethod"); method != "makefile" {
				t.Errorf("build method %v, want makefile", method)
			}
			if slices.Contains(scheduled, name) {
				if property("FunctionUrlConfig") != nil {
					t.Error("a scheduled function has a URL")
				}
				events, _ := property("Events").(map[string]any)
				for _, event := range events {
					if at(event, "Type") != "Schedule" && at(event, "Type") != "ScheduleV2" {
						t.Errorf("it is started by %v", at(event, "Type"))
					}
				}
				// The nightly run comes again until morning, for what an outage or a partial run left.
				if want := map[string]int{"nightly-expiry": 2, "dispatch-notifications": 1}[name]; len(events) != want {
					t.Errorf("%d events start it, want %d", len(events), want)
				}
				if url, _ := property("Environment", "Variables", "SUPABASE_DB_URL").(string); !strings.Contains(url, "SchedulerDatabaseUrlSecret") {
					t.Errorf("it connects by %q, not as the scheduler", url)
				}
				return
			}
			// The function checks the token and sets CORS itself; browsers refuse headers that come twice.
			if auth := property("FunctionUrlConfig", "AuthType"); auth != "NONE" {
				t.Errorf("AuthType %v, want NONE", auth)
			}
			if mode := property("FunctionUrlConfig", "InvokeMode"); mode != nil && mode != "BUFFERED" {
				t.Errorf("InvokeMode %v, want BUFFERED", mode)
			}
			if cors := property("FunctionUrlConfig", "Cors"); cors != nil {
				t.Errorf("Cors is set in the template: %v", cors)
			}
		})
	}
}

// sam build calls these targets.
func TestTemplateBuildTargets(t *testing.T) {
	t.Parallel()
	for _, name := range functionFolders(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd := exec.Command("make", "build-"+logicalID(name), "ARTIFACTS_DIR="+dir)
			cmd.Env = append(os.Environ(), "MAKEFLAGS=", "GOARCH="+runtime.GOARCH)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			info, err := os.Stat(filepath.Join(dir, "bootstrap"))
			if err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("no executable bootstrap: %v", err)
			}
		})
	}
}
