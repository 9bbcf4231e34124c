//go:build lint

package build_test

import (
	"archive/zip"
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// The same sources build the same bytes in any folder and at any time, and the
// binaries contain what they need and nothing else.
//
// With COLD=1 the second build compiles everything from nothing, for the deployed
// processor, and the lists of make sbom are compared too: this takes minutes, and is
// for continuous integration (make reproduce).
func TestBuild(t *testing.T) {
	t.Parallel()
	target, arch, cache := "build", runtime.GOARCH, ""
	if os.Getenv("COLD") != "" {
		target, arch, cache = "sbom", "arm64", t.TempDir()
	}
	root := t.TempDir()
	first, second := filepath.Join(root, "here"), filepath.Join(root, "some/other", "place")
	for _, folder := range []string{first, second} {
		copySources(t, folder)
		cmd := exec.Command("make", "-j", "2", target, "GOARCH="+arch)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), "MAKEFLAGS=", "MAKEOVERRIDES=")
		if folder == second {
			cmd.Env = append(cmd.Env, "TZ=Pacific/Kiritimati", "USER=somebody", "LC_ALL=C")
			if cache != "" {
				cmd.Env = append(cmd.Env, "GOCACHE="+cache)
			}
		}
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("make %s: %v\n%s", target, err, output)
		}
	}

	t.Run("is the same from another folder", func(t *testing.T) {
		built := builtFiles(t, first)
		if again := builtFiles(t, second); !slices.Equal(built, again) {
			t.Fatalf("built %v, then %v", built, again)
		}
		for _, name := range built {
			if !bytes.Equal(readFile(t, filepath.Join(first, name)), readFile(t, filepath.Join(second, name))) {
				t.Errorf("%s differs", name)
			}
		}
	})

	names := folders(t, "functions/*/main.go")
	pages := pagesOf(t, names)
	t.Run("links the modules of docs/dependencies.md", func(t *testing.T) {
		linked := map[string][]string{} // functions by module
		for _, name := range names {
			info, err := buildinfo.ReadFile(filepath.Join(first, "build", name, "bootstrap"))
			if err != nil {
				t.Fatal(err)
			}
			for _, module := range info.Deps {
				linked[module.Path] = append(linked[module.Path], name)
			}
		}
		var scheduled, http []string
		for _, name := range names {
			if slices.Contains(pages, name) {
				continue
			} else if slices.Contains(packagesOf(t, name), "mentorpause/shared/functionurl") {
				http = append(http, name)
			} else {
				scheduled = append(scheduled, name)
			}
		}
		rows := dependencies(t, "Linked into a function")
		for module, in := range linked {
			// A page's are among those of the others.
			in = slices.DeleteFunc(in, func(name string) bool { return slices.Contains(pages, name) })
			want := whose(in, http, scheduled)
			if row, ok := rows[module]; !ok || row[0] != want {
				t.Errorf("%s is linked into %s; docs/dependencies.md says %q", module, want, row)
			}
		}
		for module := range rows {
			if linked[module] == nil {
				t.Errorf("docs/dependencies.md: %s is linked into no function", module)
			}
		}
	})

	t.Run("has nothing of tests, tools and cloud kits", func(t *testing.T) {
		for _, name := range names {
			packages := packagesOf(t, name)
			if hasDatabase := slices.Contains(packages, "mentorpause/shared/database"); hasDatabase == slices.Contains(pages, name) {
				t.Fatalf("%s: %d packages, the database among them: %t", name, len(packages), hasDatabase)
			}
			for _, path := range packages {
				if why := misplaced(name, path); why != "" {
					t.Errorf("%s has %s: %s", name, path, why)
				}
			}
		}
	})

	t.Run("is static, stripped, and small", func(t *testing.T) {
		const limit = 8 << 20
		for _, name := range names {
			path := filepath.Join(first, "build", name, "bootstrap")
			info, err := buildinfo.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			settings := map[string]string{}
			for _, setting := range info.Settings {
				settings[setting.Key] = setting.Value
			}
			for key, want := range map[string]string{"CGO_ENABLED": "0", "GOOS": "linux", "GOARCH": arch, "-tags": "lambda.norpc", "-trimpath": "true", "vcs.revision": ""} {
				if settings[key] != want {
					t.Errorf("%s: %s is %q, want %q", name, key, settings[key], want)
				}
			}
			content := readFile(t, path)
			// Of a binary that is not stripped.
			if bytes.Contains(content, []byte(".debug_info")) || bytes.Contains(content, []byte(".symtab")) {
				t.Errorf("%s is not stripped", name)
			}
			zipped := zipSize(t, content)
			t.Logf("%-24s %5.1f MB, zipped %4.1f MB", name, float64(len(content))/1e6, float64(zipped)/1e6)
			if zipped > limit {
				t.Errorf("%s: %d bytes zipped, at most %d are meant", name, zipped, limit)
			}
		}
	})
}

// whose says which functions have a module as docs/dependencies.md does: "all";
// "HTTP" for those that have a URL; the others by their names.
func whose(in, http, scheduled []string) string {
	if len(in) == len(http)+len(scheduled) {
		return "all"
	}
	has := func(name string) bool { return slices.Contains(in, name) }
	if slices.ContainsFunc(http, func(name string) bool { return !has(name) }) {
		return strings.Join(in, ", ")
	}
	return strings.Join(append([]string{"HTTP"}, slices.DeleteFunc(slices.Clone(scheduled), func(name string) bool { return !has(name) })...), ", ")
}

// pagesOf returns the functions that serve files, and have neither tokens nor a database.
func pagesOf(t *testing.T, names []string) (pages []string) {
	t.Helper()
	for _, name := range names {
		if slices.Contains(packagesOf(t, name), "mentorpause/shared/bootstrap/page") {
			pages = append(pages, name)
		}
	}
	return pages
}

// copySources copies the files from which the functions are built.
func copySources(t *testing.T, folder string) {
	t.Helper()
	for _, name := range []string{"functions", "shared", "supabase"} {
		if err := os.CopyFS(filepath.Join(folder, name), os.DirFS(name)); err != nil {
			t.Fatal(err)
		}
	}
	// The console is built anew, with the packages that are installed.
	if err := os.CopyFS(filepath.Join(folder, ".ci"), os.DirFS(".ci")); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	copyConsole(t, filepath.Join(folder, "console"))
	for _, name := range []string{"go.mod", "go.sum", "Makefile"} {
		if err := os.WriteFile(filepath.Join(folder, name), readFile(t, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// copyConsole copies the console's sources, and lends the copy its packages.
func copyConsole(t *testing.T, folder string) {
	t.Helper()
	err := filepath.WalkDir("console", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(folder, strings.TrimPrefix(path, "console"))
		if entry.IsDir() {
			if slices.Contains([]string{"node_modules", "dist", ".cache"}, entry.Name()) {
				return filepath.SkipDir
			}
			return os.MkdirAll(target, 0o755)
		}
		return os.WriteFile(target, readFile(t, path), 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	packages, err := filepath.Abs("console/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(packages, filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	// Older than what is installed, or make would install it again, through the link.
	if err := os.Chtimes(filepath.Join(folder, "package-lock.json"), time.Unix(0, 0), time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	built, err := filepath.Glob(filepath.Join(filepath.Dir(folder), "functions/console/dist/[^.]*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range built {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}

func builtFiles(t *testing.T, folder string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(os.DirFS(folder), "build", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil || len(names) < len(folders(t, "functions/*/main.go")) {
		t.Fatalf("built %v (%v)", names, err)
	}
	return names
}

// packagesOf lists all packages in a function.
func packagesOf(t *testing.T, function string) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-tags", "lambda.norpc", "./functions/"+function)
	cmd.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0")
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr(err))
	}
	return strings.Fields(string(output))
}

// misplaced returns why a package does not belong in a function, or "".
func misplaced(function, path string) string {
	for prefix, why := range map[string]string{
		"testing":                        "for tests",
		"net/http/httptest":              "for tests",
		"net/http/pprof":                 "opens a debugging port",
		"expvar":                         "opens a debugging port",
		"mentorpause/cmd":                "a tool",
		"mentorpause/local/postgres":     "the local platform",
		"mentorpause/local/testdb":       "the local platform",
		"mentorpause/supabase/migrate":   "a tool's",
		"mentorpause/supabase":           "a tool's",
		"github.com/pressly/goose":       "a tool's",
		"github.com/aws/aws-sdk-go":      "a function calls nothing of the cloud",
		"github.com/aws/aws-sdk-go-v2":   "a function calls nothing of the cloud",
		"cloud.google.com":               "a function calls nothing of the cloud",
		"github.com/Azure":               "a function calls nothing of the cloud",
		"github.com/google/go-cmp":       "for tests",
		"github.com/google/licensecheck": "for tests",
		"github.com/emersion":            "for tests",
		"pgregory.net":                   "for tests",
		"gotest.tools":                   "for tests",
		"net/rpc":                        "of Lambda's retired runtime",
		"encoding/gob":                   "heavy, and nothing speaks it",
	} {
		if path == prefix || strings.HasPrefix(path, prefix+"/") {
			return why
		}
	}
	for _, mail := range []string{"github.com/wneessen/go-mail", "mentorpause/shared/mail", "mentorpause/shared/notification", "html/template"} {
		if (path == mail || strings.HasPrefix(path, mail+"/")) && function != "dispatch-notifications" {
			return "only the dispatcher writes and sends messages"
		}
	}
	return ""
}

func zipSize(t *testing.T, content []byte) int {
	t.Helper()
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	file, err := writer.Create("bootstrap")
	if err == nil {
		_, err = file.Write(content)
	}
	if err := errors.Join(err, writer.Close()); err != nil {
		t.Fatal(err)
	}
	return archive.Len()
}

// folders returns the names of the folders that contain the file.
func folders(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s (%v)", pattern, err)
	}
	var names []string
	for _, path := range paths {
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	return names
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func stderr(err error) []byte {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.Stderr
	}
	return nil
}

// goJSON runs a command of go's that prints JSON, and returns the objects.
func goJSON[T any](t *testing.T, args ...string) []T {
	t.Helper()
	output, err := exec.Command("go", args...).Output()
	if err != nil {
		t.Fatalf("go %v: %v\n%s", args, err, stderr(err))
	}
	var objects []T
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var object T
		if err := decoder.Decode(&object); err != nil {
			if len(objects) == 0 || decoder.More() {
				t.Fatalf("go %v: %v", args, err)
			}
			return objects
		}
		objects = append(objects, object)
	}
}
