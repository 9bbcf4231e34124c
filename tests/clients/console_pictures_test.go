package clients_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"mentorpause/local/deployment"
)

// pictured is when the pictures in golden are taken: a Wednesday in March. It has to be past,
// so that what the server's clock has shown before is ahead of it on every day.
var pictured = time.Date(2026, 3, 11, 9, 30, 0, 0, time.UTC)

// TestConsolePictures compares pages of the built console with their pictures, in each width.
// A picture is that of one version of Chromium: under another one the test says what to do.
// UPDATE=1 takes the pictures that have become others.
func TestConsolePictures(t *testing.T) {
	t.Parallel()
	if os.Getenv("CONSOLE") != "all" {
		return // as the other tests of make test-console, which are none without it
	}
	browser := builtConsole(t)
	output, err := exec.CommandContext(t.Context(), browser, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`\d+(\.\d+)+`).Find(output)
	note := filepath.Join("golden", "chromium")
	noted, err := os.ReadFile(note)
	switch {
	case os.Getenv("UPDATE") != "":
		if err := errors.Join(os.MkdirAll("golden", 0o755), os.WriteFile(note, append(version, '\n'), 0o644)); err != nil {
			t.Fatal(err)
		}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		t.Fatal(err)
	case !bytes.Equal(bytes.TrimSpace(noted), version):
		t.Logf("the pictures are those of Chromium %s, and this is %s: run with UPDATE=1 and look", bytes.TrimSpace(noted), version)
		return
	}

	s := deployment.Start(t, deployment.WithUsers(), deployment.WithConsole(), deployment.At(pictured), deployment.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", pictured.Format(http.TimeFormat)) // which the console believes
			next.ServeHTTP(w, r)
		})
	}))
	s.Database.MoveClock(t, pictured.Add(-time.Minute))
	g := prepareConsole(t, s)
	g.Browser, g.Now = browser, pictured
	owner := s.Database.Connect(t, "postgres")
	if _, err := owner.Exec(t.Context(), keptPeople); err != nil {
		t.Fatal(err)
	}
	runNode(t, "console_pictures.test.mjs", g)
	logErrors(t, s)
}
