//go:build lint

package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// widest is how many characters a line of prose or a comment of its own may have.
const widest = 100

// odd are words and phrases that a British technical writer would not use, with
// what to write instead.
var odd = []struct {
	phrase  *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?i)\bmend(s|ed|ing)?\b`), "repair, fix, correct"},
	{regexp.MustCompile(`(?i)\bma(de|ke|kes|king) (\w+ ){0,3}anew\b`), "rebuild"},
	{regexp.MustCompile(`(?i)\bcan(no|')t be had\b`), "is unavailable, can't be fetched"},
	{regexp.MustCompile(`(?i)\b(is|are|was|be) (not )?to be had\b|\bto be had\b`), "available"},
	{regexp.MustCompile(`(?i)\bboth roads\b`), "through both APIs"},
	{regexp.MustCompile(`(?i)\bquicken`), "speed up"},
	{regexp.MustCompile(`(?i)\bfor who asks\b`), "on request"},
}

// notProse are lines that can't be broken: tables, links, and what stands between
// fences.
var (
	fence    = regexp.MustCompile("^\\s*(```|~~~)")
	table    = regexp.MustCompile(`^\s*\|`)
	address  = regexp.MustCompile(`https?://\S+|\]\([^)]*\)`)
	goRemark = regexp.MustCompile(`^\s*// `)
)

// checkProse names what is wrong with a text, by its line.
func checkProse(path, text string) (complaints []string) {
	inCode := false
	for i, line := range strings.Split(text, "\n") {
		complain := func(format string, args ...any) {
			complaints = append(complaints, fmt.Sprintf("%s:%d: ", path, i+1)+fmt.Sprintf(format, args...))
		}
		for _, o := range odd {
			if found := o.phrase.FindString(line); found != "" {
				complain("%q: write %s", found, o.instead)
			}
		}
		switch filepath.Ext(path) {
		case ".md":
			if fence.MatchString(line) {
				inCode = !inCode
				continue
			}
			if inCode || table.MatchString(line) {
				continue
			}
		case ".go":
			if !goRemark.MatchString(line) {
				continue
			}
			line = strings.TrimLeft(line, "\t")
		default:
			continue
		}
		if length := utf8.RuneCountInString(line); length > widest && !address.MatchString(line) {
			complain("%d characters, at most %d", length, widest)
		}
	}
	return complaints
}

func TestProse(t *testing.T) {
	t.Parallel()
	kinds := []string{".md", ".go", ".sql", ".psql", ".yaml", ".yml", ".ts", ".mjs", ".txt", ".html"}
	leftOut := []string{".git", ".cache", ".dev", ".aws-sam", "build", "node_modules"}
	read := map[string]int{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(leftOut, entry.Name()) && path != "tests/build":
			return filepath.SkipDir
		case entry.IsDir(), path == "tests/docs/prose_test.go":
			return nil
		}
		if !slices.Contains(kinds, filepath.Ext(path)) && path != "Makefile" && filepath.Dir(path) != ".ci" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read[filepath.Ext(path)]++
		for _, complaint := range checkProse(path, string(text)) {
			t.Error(complaint)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{".md", ".go", ".sql", ".yaml"} {
		if read[kind] == 0 {
			t.Errorf("no file %s was read", kind)
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unsaid  = regexp.MustCompile("[^a-z0-9_ -]")
)

// Every relative link leads to a file and, with an anchor, to a heading of it.
func TestLinks(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	others, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	followed := 0
	for _, page := range append(pages, others...) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			followed++
			target := page
			if found[1] != "" {
				target = filepath.Join(filepath.Dir(page), found[1])
			}
			linked, err := os.ReadFile(target)
			if stat, statErr := os.Stat(target); statErr == nil && stat.IsDir() {
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", page, err)
				continue
			}
			anchors := []string{""}
			for _, h := range heading.FindAllStringSubmatch(string(linked), -1) {
				anchors = append(anchors, strings.ReplaceAll(unsaid.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
			}
			if !slices.Contains(anchors, found[2]) {
				t.Errorf("%s: %s has no heading %q", page, target, found[2])
			}
		}
	}
	if followed == 0 {
		t.Error("no link was found")
	}
}

// The check can fail, and only where it should.
func TestProseIsChecked(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("å", widest+1)
	for name, c := range map[string]struct {
		path, text string
		want       []string
	}{
		"an odd word":             {"a.sql", "fine\n-- It mended the log.", []string{`a.sql:2: "mended": write repair, fix, correct`}},
		"a word that has it":      {"a.md", "the amended commandment", nil},
		"an odd phrase":           {"a.go", "x // made the index anew", []string{`a.go:1: "made the index anew": write rebuild`}},
		"a long line":             {"a.md", "short\n" + long, []string{"a.md:2: 101 characters, at most 100"}},
		"as long as it may be":    {"a.md", long[len("å"):], nil},
		"a long line of a table":  {"a.md", "| " + long, nil},
		"a long line of code":     {"a.md", "```sh\n" + long + "\n```", nil},
		"a long line after code":  {"a.md", "```sh\n```\n" + long, []string{"a.md:3: 101 characters, at most 100"}},
		"a long address":          {"a.md", "see https://" + long, nil},
		"a long comment":          {"a.go", "\t// " + long, []string{"a.go:1: 104 characters, at most 100"}},
		"a long statement":        {"a.go", "x = `" + long + "`", nil},
		"a long statement of SQL": {"a.sql", long, nil},
	} {
		if got := checkProse(c.path, c.text); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
