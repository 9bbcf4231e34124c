package version_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"regexp"
	"testing"

	"mentorpause/shared/version"
)

// By https://semver.org, without build metadata.
var number = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$`)

func TestTheNewestReleaseInTheChangelogIsThisOne(t *testing.T) {
	if !number.MatchString(version.Number()) {
		t.Fatalf("%q is no number of a release", version.Number())
	}
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	newest := regexp.MustCompile(`(?m)^## \[(\d[^\]]*)\]`).FindSubmatch(changelog)
	if newest == nil || string(newest[1]) != version.Number() {
		t.Errorf("the changelog's newest release is %q, VERSION says %q", newest, version.Number())
	}
}

func TestLog(t *testing.T) {
	var written bytes.Buffer
	version.Log(slog.New(slog.NewJSONHandler(&written, nil)))
	var line struct{ Msg, Version string }
	if err := json.Unmarshal(written.Bytes(), &line); err != nil || line.Msg != "the function starts" || line.Version != version.Number() {
		t.Errorf("%s, %v", &written, err)
	}
}
