package docs_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"mentorpause/shared/refusal"
)

// Whoever writes the app goes by this page: each code with the status that it
// has, and no code that isn't one.
func TestMobilePageNamesEveryErrorCode(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/mobile.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n## Errors\n")
	section, _, ended := strings.Cut(section, "\n## ")
	if !found || !ended {
		t.Fatal("docs/mobile.md has no section Errors")
	}
	rows := map[string]bool{}
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) == 6 && strings.Contains(cells[2], "`") && !strings.Contains(cells[2], "`code`") {
			rows[strings.TrimSpace(cells[1])+" "+strings.Trim(cells[2], " `")] = true
			for _, cell := range cells[3:5] {
				if strings.TrimSpace(cell) == "" {
					t.Errorf("an empty cell in %q", line)
				}
			}
		}
	}
	for _, code := range refusal.Codes() {
		row := fmt.Sprintf("%d %s", code.Status(), code)
		if !rows[row] {
			t.Errorf("no row for %s", row)
		}
		delete(rows, row)
	}
	for row := range rows {
		t.Errorf("a row for %s, which is no code", row)
	}
}
