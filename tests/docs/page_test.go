//go:build supabasecli

package docs_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mentorpause/shared/refusal"
)

// This test needs the renderer that package.json pins, as others need the
// Supabase CLI, so it has their build tag.

var (
	script = regexp.MustCompile(`(?s)<script\b.*?</script>`)
	policy = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`)

	// What a browser fetches by itself: a link on which somebody clicks is none.
	fetched = regexp.MustCompile(`<(?:link|script|img|iframe|object|embed|source|video|audio|use)\b[^>]*\b(?:src|srcset|href|data)="([^"]*)"|url\(([^)]*)\)|@import ([^;]*)`)
)

func TestPageNeedsNothingElse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command := exec.Command("make", "docs", "DOCS="+dir)
	command.Env = append(os.Environ(), "MAKEFLAGS=")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("make docs: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "api.html"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)

	t.Run("the browser may load and send nothing", func(t *testing.T) {
		found := policy.FindStringSubmatchIndex(page)
		if found == nil {
			t.Fatal("no content security policy")
		}
		// A policy holds for what comes after it.
		if before := page[:found[0]]; strings.Contains(before, "<script") || strings.Contains(before, "<link") || strings.Contains(before, "<style") {
			t.Errorf("something comes before the policy: %s", before)
		}
		directives := strings.Split(page[found[2]:found[3]], "; ")
		if directives[0] != "default-src 'none'" {
			t.Errorf("the policy begins with %s", directives[0])
		}
		for _, directive := range directives {
			for _, source := range strings.Fields(directive)[1:] {
				if source != "'none'" && source != "'unsafe-inline'" && source != "data:" {
					t.Errorf("the policy allows %s by %s", source, directive)
				}
			}
		}
	})

	markup := script.ReplaceAllString(page, "")

	t.Run("and nothing asks it to", func(t *testing.T) {
		for _, reference := range fetched.FindAllStringSubmatch(markup, -1) {
			if address := strings.Trim(strings.Join(reference[1:], ""), `"'`); !strings.HasPrefix(address, "data:") && !strings.HasPrefix(address, "#") {
				t.Errorf("%s", reference[0])
			}
		}
		if !strings.Contains(page, `"disableTelemetry":true`) {
			t.Error("the page would tell its makers who reads it")
		}
	})

	t.Run("it names every error code before any script has run", func(t *testing.T) {
		for _, code := range refusal.Codes() {
			if !regexp.MustCompile(`<code[^>]*>` + string(code) + `</code>`).MatchString(markup) {
				t.Errorf("no %s", code)
			}
		}
	})
}
