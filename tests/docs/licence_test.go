package docs_test

import (
	"os"
	"testing"

	"github.com/google/licensecheck"
)

// The text is the licence's own, to the letter, so that every tool recognises it.
func TestLicenceIsRecognised(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	scan := licensecheck.Scan(text)
	if scan.Percent != 100 || len(scan.Match) != 1 || scan.Match[0].ID != "Apache-2.0" {
		t.Errorf("LICENSE is %.0f %% %v, want 100 %% Apache-2.0", scan.Percent, scan.Match)
	}
}
