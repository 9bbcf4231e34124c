// Package progress_test runs .ci/quietly, through which every command of the
// Makefile shows how far it is.
package progress_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mentorpause/local/checkout"
)

func TestMain(m *testing.M) { checkout.Main(m) }

// quietly runs a shell's script; said is both outputs together.
func quietly(t *testing.T, script string, options ...string) (said, log string, status int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	arguments := append(options, "-o", path, "a test", "sh", "-c", script)
	output, err := exec.Command(".ci/quietly", arguments...).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		status = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(output), path, "LOG"), string(text), status
}

func TestQuietly(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, script string
		options      []string
		said         string
		status       int
	}{
		{"says nothing of what is quick", "echo a; echo b >&2", nil, "", 0},
		{"says how long the rest takes", "sleep 1.5; echo a", nil, "a test …\na test: 0:0", 0},
		{"shows the end of what fails, and where the whole is", "seq 100 150; exit 7", nil,
			"a test failed with exit status 7; its output ends with\n\n  131\n  132\n", 7},
		{"shows some of its lines", "echo one; echo; echo two; printf three", []string{"-l", "^t"}, "two\nthree\n", 0},
		{"shows each line once, also of what fails", "printf t; sleep 0.5; echo wo; exit 3", []string{"-l", "."},
			"two\na test failed with exit status 3\nEverything that it said is in LOG\n", 3},
		{"tells of a command that isn't there", "exec no-such-command", nil, "no-such-command", 127},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			said, log, status := quietly(t, test.script, test.options...)
			if status != test.status || !strings.Contains(said, test.said) || test.said == "" && said != "" {
				t.Errorf("exit status %d, said %q; want %d, %q", status, said, test.status, test.said)
			}
			if test.status != 0 && !strings.Contains(said, "LOG") {
				t.Errorf("doesn't name the file: %q", said)
			}
			if test.name == "says nothing of what is quick" && log != "a\nb\n" {
				t.Errorf("the file has %q", log)
			}
		})
	}
}

// Many at once are slow to begin, so that some of the commands have ended before they are
// watched.
func TestQuietlyShowsWhatIsQuick(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var together sync.WaitGroup
	for n := range 64 {
		together.Go(func() {
			said, err := exec.Command(".ci/quietly", "-l", ".", "-o", filepath.Join(folder, strconv.Itoa(n)), "a test", "printf", `one\ntwo`).CombinedOutput()
			if err != nil || !strings.Contains(string(said), "one\n") || !strings.Contains(string(said), "two\n") {
				t.Errorf("%v, said %q", err, said)
			}
		})
	}
	together.Wait()
}

// Ctrl-C at a terminal is a SIGINT for everybody in the foreground.
func TestQuietlyIsInterrupted(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "log")
	cmd := exec.Command(".ci/quietly", "-o", path, "a test", "sh", "-c", "echo begun; exec sleep 60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if text, err := os.ReadFile(path); err == nil && len(text) > 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it doesn't begin")
		}
	}
	if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	err := cmd.Wait() // until everybody who may write has ended
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
		t.Errorf("ended with %v: %s", err, &said)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("ended after %v", took)
	}
	if strings.Contains(said.String(), "failed") {
		t.Errorf("an interruption is no failure: %q", &said)
	}
}
