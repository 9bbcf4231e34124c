//go:build lint

package template_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"mentorpause/shared/config"
)

// source is what the code says a function needs, by its folder's name.
type source map[string]functionSource

type functionSource struct {
	hasURL    bool            // the others are started by a schedule
	variables map[string]bool // environment variables that it reads
	metrics   map[string]bool // metrics that it writes
}

// starts are the bodies that a function's main may have, with what their readers
// read from the environment; checkReads makes sure that nothing else reads it.
var starts = map[string]functionSource{
	"web.Start(newEndpoint)":                                {hasURL: true, variables: recorded(config.ReadHTTP)},
	"web.StartWith(config.ReadInvite, newFunction)":         {hasURL: true, variables: recorded(config.ReadInvite)},
	"page.Start(newHandler)":                                {hasURL: true, variables: recorded(config.ReadConsole)},
	"bootstrap.Scheduled(config.ReadScheduled, newHandler)": {variables: recorded(config.ReadScheduled)},
	"bootstrap.Scheduled(config.ReadDispatch, newHandler)":  {variables: recorded(config.ReadDispatch)},
}

// recorded returns the variables that are read when none is set, and when all of
// them are.
func recorded[S any](read func(getenv func(string) string) (S, error)) map[string]bool {
	names := map[string]bool{}
	for _, value := range []string{"", "x"} {
		_, _ = read(func(name string) string { // no value here is a good one
			names[name] = true
			return value
		})
	}
	return names
}

var (
	mainBody = regexp.MustCompile(`(?m)^func main\(\) \{ (.+) \}$`)
	written  = regexp.MustCompile(`(?m)^[^/\n]*\bmetric\.(?:Count|Milliseconds|Seconds)\("(\w+)"`)

	// What only package config does, and package bootstrap for all functions.
	readsEnvironment = regexp.MustCompile(`\b(?:os|syscall)\.(?:Getenv|LookupEnv|Environ|ExpandEnv)\b|\bgetenv\(`)
	opensDatabase    = regexp.MustCompile(`\bdatabase\.Open\(`)
)

// readSource reads the code of a checkout. A main that is not in starts is a
// complaint.
func readSource(checkout fs.FS) (source, complaints) {
	var found complaints
	s := source{}
	mains, _ := fs.Glob(checkout, "functions/*/main.go") // the pattern is well-formed
	for _, main := range mains {
		folder := path.Dir(main)
		var body string
		if match := mainBody.FindStringSubmatch(code(checkout, main)); match != nil {
			body = match[1]
		}
		function, known := starts[body]
		if !known {
			found.add("%s: main is %q, want one of %q", folder, body, slices.Sorted(maps.Keys(starts)))
			continue
		}
		function.metrics = map[string]bool{}
		files, _ := fs.Glob(checkout, folder+"/*.go")
		for _, file := range files {
			for _, match := range written.FindAllStringSubmatch(code(checkout, file), -1) {
				function.metrics[match[1]] = true
			}
		}
		s[path.Base(folder)] = function
	}
	return s, append(found, checkReads(checkout)...)
}

// checkReads looks for code that reads the environment, or opens the database,
// outside of the packages whose task that is.
func checkReads(checkout fs.FS) (found complaints) {
	for _, root := range []string{"functions", "shared"} {
		err := fs.WalkDir(checkout, root, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text := code(checkout, file)
			switch file {
			case "shared/bootstrap/bootstrap.go":
				text = strings.Replace(text, "database.Open(", "", 1)
				text = strings.Replace(text, "read(os.Getenv)", "", 1)
			case "shared/bootstrap/page/page.go":
				text = strings.Replace(text, "newFunction(build, os.Getenv,", "", 1)
				text = strings.Replace(text, "config.ReadConsole(getenv)", "", 1)
			case "shared/bootstrap/web/web.go":
				text = strings.Replace(text, "newEndpoint(read, build, os.Getenv,", "", 1)
			}
			if path.Dir(file) != "shared/config" {
				if match := readsEnvironment.FindString(text); match != "" {
					found.add("%s: %s: only shared/config reads the environment", file, match)
				}
			}
			if opensDatabase.MatchString(text) {
				found.add("%s: only shared/bootstrap opens the database, with one connection an instance", file)
			}
			return nil
		})
		if err != nil {
			found.add("%s: %v", root, err)
		}
	}
	return found
}

// code returns the text of a file that is part of a program; for a test, nothing.
func code(checkout fs.FS, file string) string {
	if path.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
		return ""
	}
	text, err := fs.ReadFile(checkout, file)
	if err != nil {
		return err.Error() // which is no code of ours
	}
	return string(text)
}

func mustReadSource(t testing.TB) source {
	t.Helper()
	s, found := readSource(os.DirFS("."))
	if len(found) > 0 {
		t.Fatal(strings.Join(found, "\n"))
	}
	return s
}

// What is read from the code is checked with two known functions, so that a rule
// can't pass because nothing was found.
func TestTemplateSource(t *testing.T) {
	t.Parallel()
	s := mustReadSource(t)
	if got, want := slices.Sorted(maps.Keys(s)), functionFolders(t); !slices.Equal(got, want) {
		t.Fatalf("functions %v, want %v", got, want)
	}
	for name, want := range map[string][]string{
		"pause": {"LOG_LEVEL", "ORGANISATION_TIME_ZONE", "SUPABASE_ANON_KEY", "SUPABASE_DB_URL", "SUPABASE_JWKS", "SUPABASE_JWT_SECRET",
			"SUPABASE_PUBLISHABLE_KEY", "SUPABASE_URL"},
		"invite": {"LOG_LEVEL", "ORGANISATION_TIME_ZONE", "SUPABASE_ANON_KEY", "SUPABASE_DB_URL", "SUPABASE_JWKS", "SUPABASE_JWT_SECRET",
			"SUPABASE_PUBLISHABLE_KEY", "SUPABASE_SECRET_KEY", "SUPABASE_URL"},
		"dispatch-notifications": {"LOG_LEVEL", "MAIL_FROM", "ORGANISATION_TIME_ZONE", "SMTP_URL", "SUPABASE_DB_URL"},
	} {
		if got := slices.Sorted(maps.Keys(s[name].variables)); !slices.Equal(got, want) {
			t.Errorf("%s reads %v, want %v", name, got, want)
		}
	}
	if !s["pause"].hasURL || s["dispatch-notifications"].hasURL {
		t.Error("pause has a URL, dispatch-notifications has none")
	}
	if len(s["pause"].metrics) != 0 || !s["nightly-expiry"].metrics["missed_nights"] {
		t.Errorf("metrics: pause %v, nightly-expiry %v", s["pause"].metrics, s["nightly-expiry"].metrics)
	}
}

func TestTemplateSourceCanFail(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, text, complaint string }{
		"a main of its own":        {"functions/probe/main.go", "func main() { lambda.Start(handle) }\n", `functions/probe: main is "lambda.Start(handle)"`},
		"a main of two lines":      {"functions/probe/main.go", "func main() {\n\tweb.Start(newEndpoint)\n}\n", `functions/probe: main is ""`},
		"a function that reads":    {"functions/probe/x.go", `var x = os.Getenv("X")`, "functions/probe/x.go: os.Getenv"},
		"a package that reads":     {"shared/mail/x.go", `x, _ := os.LookupEnv("X")`, "shared/mail/x.go: os.LookupEnv"},
		"bootstrap reads":          {"shared/bootstrap/bootstrap.go", `read(os.Getenv); read(os.Getenv)`, "shared/bootstrap/bootstrap.go: os.Getenv"},
		"bootstrap asks, too":      {"shared/bootstrap/bootstrap.go", `x := getenv("X")`, "shared/bootstrap/bootstrap.go: getenv("},
		"a database of its own":    {"functions/probe/x.go", "db, err := database.Open(s)", "functions/probe/x.go: only shared/bootstrap opens"},
		"a second database":        {"shared/bootstrap/bootstrap.go", "database.Open(a)\ndatabase.Open(b)", "shared/bootstrap/bootstrap.go: only shared/bootstrap opens"},
		"no function, as it seems": {"function/probe/main.go", "", "functions: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkout := fstest.MapFS{c.file: {Data: []byte(c.text)}}
			if _, found := readSource(checkout); !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, c.complaint) }) {
				t.Errorf("nobody complains %q: %q", c.complaint, found)
			}
		})
	}
	t.Run("a metric in a comment is none", func(t *testing.T) {
		t.Parallel()
		const text = "// metric.Count(\"gone\", 1)\n\tmetric.Count(\"here\", 1), // metric.Count(\"idle\", 1)\n"
		s, _ := readSource(fstest.MapFS{
			"functions/probe/main.go":   {Data: []byte("func main() { web.Start(newEndpoint) }\n")},
			"functions/probe/x.go":      {Data: []byte(text)},
			"functions/probe/x_test.go": {Data: []byte("metric.Count(\"test\", 1)")},
		})
		if got := fmt.Sprint(s["probe"].metrics); got != "map[here:true]" {
			t.Error(got)
		}
	})
}
