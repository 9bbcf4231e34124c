//go:build lint

// Package function_test adds a function to a copy of the checkout and shows that
// nothing else is needed: a folder in functions/, its entries in template.yaml, its
// path in docs/openapi.yaml.
package function_test

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mentorpause/local/checkout"
)

func TestMain(m *testing.M) { checkout.Main(m) }

func TestANewFunctionNeedsItsFolderAndTwoEntries(t *testing.T) {
	t.Parallel()
	c := newCopy(t)
	c.add(t, "functions/reactivate/main.go", "functions/probe/main.go") // every function's is the same
	c.add(t, "tests/function/testdata/probe/handler.go", "functions/probe/handler.go")
	c.add(t, "tests/function/testdata/probe/handler_test.go", "functions/probe/handler_test.go")
	c.edit(t, "template.yaml", likeReactivate)
	c.edit(t, "docs/openapi.yaml", func(text string) string {
		return strings.Replace(text, "\ncomponents:\n", "\n"+string(read(t, "tests/function/testdata/probe/openapi.yaml"))+"\ncomponents:\n", 1)
	})

	t.Run("it is built", func(t *testing.T) {
		c.run(t, "make", "--no-print-directory", "-j2", "build")
		if info, err := os.Stat(c.path("build/probe/bootstrap")); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("no executable build/probe/bootstrap: %v", err)
		}
	})
	t.Run("it is tested", func(t *testing.T) {
		c.run(t, "go", "test", "-count=1", "./functions/probe", "./local/sam", "./local/openapi")
	})
	t.Run("it is linted", func(t *testing.T) {
		if unformatted := c.run(t, "gofmt", "-l", "functions"); unformatted != "" {
			t.Errorf("not formatted: %s", unformatted)
		}
		c.run(t, "go", "vet", "./functions/probe")
		c.run(t, ".ci/lint-imports")
		c.run(t, ".ci/redocly", "lint", "docs/openapi.yaml")
		// The targets that they build are the Makefile's, as above.
		c.run(t, "go", "test", "-tags", "lint", "-count=1", "-skip", "BuildTargets", "./tests/template")
	})
	t.Run("it is served by make dev, and looked at by make smoke", func(t *testing.T) {
		c.run(t, "go", "build", "-trimpath", "-tags", "lambda.norpc", "-o", "build/", "./cmd/dev", "./cmd/smoke")
		dev := c.start(t)
		token := dev.await(t, regexp.MustCompile(`(?m)/roster\?limit=5' -H 'authorization: Bearer ([^']+)'`))
		url := dev.await(t, regexp.MustCompile(`(http://\S+/functions/v1/)probe\n`))
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"probe", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if body, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK || string(body) != `{"coordinates": true}` {
			t.Errorf("%s %s, %v", response.Status, body, err)
		}
		report := c.run(t, "env", "URL="+url, "TOKEN="+token, "build/smoke")
		if n := len(regexp.MustCompile(`(?m)^ok +probe `).FindAllString(report, -1)); n != 6 {
			t.Errorf("%d looks at it, want 6:\n%s", n, report)
		}
	})
}

// Where a domain leads: an origin and a path for each function.
var frontOfReactivate = regexp.MustCompile(`(?m)^ +- (?:Id: reactivate|PathPattern: /functions/reactivate)\n(?: {12}.*\n)+`)

// likeReactivate gives the template everything that it has for reactivate once
// more, for probe.
func likeReactivate(template string) string {
	like := strings.NewReplacer("Reactivate", "Probe", "reactivate", "probe", "Default: 20", "Default: 1")
	template = frontOfReactivate.ReplaceAllStringFunc(template, func(item string) string { return item + like.Replace(item) })
	var out, block strings.Builder
	end := func() {
		out.WriteString(block.String())
		if strings.HasPrefix(block.String(), "  Reactivate") {
			out.WriteString(like.Replace(block.String()))
		}
		block.Reset()
	}
	for line := range strings.Lines(template) {
		if !strings.HasPrefix(line, "   ") && line != "\n" {
			end()
		}
		block.WriteString(line)
	}
	end()
	return out.String()
}

// copied is a copy of the checkout, always in the same place: so most of what is
// compiled in it is known already.
type copied struct{ root string }

// untracked is what the checkout has beside its sources.
var untracked = []string{".git", ".cache", ".dev", ".aws-sam", "node_modules"}

func newCopy(t *testing.T) copied {
	t.Helper()
	root, err := filepath.Abs(".cache/function")
	if err != nil {
		t.Fatal(err)
	}
	c := copied{root}
	if err := os.RemoveAll(c.root); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			os.RemoveAll(c.root)
		}
	})
	err = filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == "build" || slices.Contains(untracked, entry.Name()) {
			if entry.IsDir() {
				return filepath.SkipDir
			}
			return nil
		}
		if entry.IsDir() {
			return os.MkdirAll(c.path(path), 0o755)
		}
		c.add(t, path, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	modules, err := filepath.Abs("node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, c.path("node_modules")); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c copied) path(name string) string { return filepath.Join(c.root, name) }

// add puts a file of the checkout into the copy.
func (c copied) add(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(c.path(to)), 0o755)
	}
	if err == nil {
		err = os.WriteFile(c.path(to), read(t, from), info.Mode())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (c copied) edit(t *testing.T, name string, change func(string) string) {
	t.Helper()
	text := string(read(t, c.path(name)))
	changed := change(text)
	if changed == text {
		t.Fatalf("%s is as it was", name)
	}
	if err := os.WriteFile(c.path(name), []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (c copied) command(t *testing.T, name string, arguments ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, arguments...)
	cmd.Dir = c.root
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "MAKEFLAGS=", "MAKEOVERRIDES=")
	return cmd
}

// run runs a command in the copy, and returns what it says.
func (c copied) run(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	began := time.Now()
	output, err := c.command(t, name, arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(arguments, " "), err, output)
	}
	t.Logf("%5.1f s  %s %s", time.Since(began).Seconds(), name, strings.Join(arguments, " "))
	return string(output)
}

// dev is a running make dev.
type dev struct {
	mu     sync.Mutex
	output bytes.Buffer
	ended  chan error
}

func (d *dev) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.output.Write(p)
}

func (d *dev) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.output.String()
}

func (c copied) start(t *testing.T) *dev {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	d := &dev{ended: make(chan error, 1)}
	cmd := exec.Command(c.path("build/dev"), "-port", "0", "-database-port", fmt.Sprint(port))
	cmd.Dir, cmd.Env = c.root, append(os.Environ(), "PORT=", "SMTP_URL=")
	cmd.Stdout, cmd.Stderr = d, d
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { d.ended <- cmd.Wait(); close(d.ended) }()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := <-d.ended; err != nil {
			t.Errorf("make dev ended with %v:\n%s", err, d.text())
		}
	})
	return d
}

// await waits until the output has something, and returns its first group.
func (d *dev) await(t *testing.T, pattern *regexp.Regexp) string {
	t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		if match := pattern.FindStringSubmatch(d.text()); match != nil {
			return match[1]
		}
		select {
		case err := <-d.ended:
			t.Fatalf("make dev ended with %v:\n%s", err, d.text())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("make dev doesn't say %s:\n%s", pattern, d.text())
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
