package bench_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// machine describes where the figures come from.
func machine(t *testing.T, s *system) []string {
	t.Helper()
	var about []string
	processor := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if found := regexp.MustCompile(`(?m)^model name\s*: (.+)$`).FindSubmatch(text); found != nil {
			processor = string(found[1])
		}
	}
	about = append(about, fmt.Sprintf("%d processors (%s), %s, everything on one machine", runtime.NumCPU(), strings.TrimSpace(processor), runtime.GOOS))
	var version, settings string
	if err := s.owner.QueryRow(t.Context(), `select current_setting('server_version'), string_agg(g.name || ' ' || current_setting(g.name), ', ' order by g.name)
		from pg_settings g where g.name in ('shared_buffers', 'fsync', 'synchronous_commit', 'wal_level')`).Scan(&version, &settings); err != nil {
		t.Fatal(err)
	}
	about = append(about, "PostgreSQL "+version+": "+settings, runtime.Version())
	if denos, _ := filepath.Glob("node_modules/@deno/*/deno"); len(denos) > 0 {
		if output, err := exec.Command(denos[0], "--version").Output(); err == nil {
			first, _, _ := strings.Cut(string(output), "\n")
			about = append(about, strings.TrimSpace(first))
		}
	}
	return about
}

var residentPeak = regexp.MustCompile(`(?m)^VmHWM:\s+([0-9]+) kB`)

// residentMemory returns the peak of the largest of our processes of a function, in
// MiB, or nil without /proc.
func residentMemory(t *testing.T, function string) []float64 {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	folder, err := filepath.EvalSymlinks(binaries(t))
	if err != nil {
		t.Fatal(err)
	}
	var most float64
	for _, link := range links {
		binary, err := os.Readlink(link)
		if err != nil || binary != filepath.Join(folder, function) {
			continue // somebody else's, or just gone
		}
		status, err := os.ReadFile(filepath.Join(filepath.Dir(link), "status"))
		if err != nil {
			continue
		}
		if found := residentPeak.FindSubmatch(status); found != nil {
			kibibytes, _ := strconv.ParseFloat(string(found[1]), 64)
			most = max(most, kibibytes/1024)
		}
	}
	if most == 0 && runtime.GOOS != "linux" {
		return nil
	}
	return []float64{most}
}
