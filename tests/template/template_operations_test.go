//go:build lint

package template_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/operations.md explains each alarm, names no unknown parameter or output, and
// uses the template's figures.
func TestTemplateIsExplained(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	text := readTemplate(t)
	for _, complaint := range checkOperations(parseTemplate(t, text), string(page)) {
		t.Error(complaint)
	}
	for _, change := range []struct{ old, new, complaint string }{
		{"### NightMissedAlarm\n", "### TheAlarm\n", "NightMissedAlarm"},
		{"### NightMissedAlarm\n", "### NightMissedAlarm, MoonMissedAlarm\n", "MoonMissedAlarm"},
		{"### DispatchErrorsAlarm\n", "### DispatchErrorsAlarm\n\n### DeadLettersAlarm\n", "DeadLettersAlarm: explained 2 times"},
		{"  DatabaseUrlSecret=", "  DatabaseSecret=", "DatabaseSecret"},
		{`MailFrom="Likeperson <no-reply@example.org>"`, "MailFrom=Likeperson <no-reply@example.org>", "drops"},
		{"<NightlyFunction of the outputs>", "<Nightly of the outputs>", "Nightly"},
		{"### `<Function>DurationAlarm`\n", "### `<Function>DelayAlarm`\n", "RosterDurationAlarm: explained 0 times"},
		{"### `<Function>DurationAlarm`\n", "### `<Function>DurationAlarm`, RosterDurationAlarm\n", "RosterDurationAlarm: explained 2 times"},
		{"the 200 clients", "the 100 clients", "the 200 clients"},
		{"at most 100 instances", "at most 200 instances", "at most 100"},
		{"reserves up to 100", "reserves up to 90", "reserves"},
		{"less than 200", "less than 180", "less than"},
	} {
		changed := strings.Replace(string(page), change.old, change.new, 1)
		found := checkOperations(parseTemplate(t, text), changed)
		if !slices.ContainsFunc(found, func(c string) bool { return strings.Contains(c, change.complaint) }) {
			t.Errorf("with %q nobody complains about %s: %q", change.new, change.complaint, found)
		}
	}
}

var (
	alarmHeading = regexp.MustCompile("(?m)^### ([\\w<>`]+Alarm`?(?:, [\\w<>`]+Alarm`?)*)$")
	override     = regexp.MustCompile(`\b([A-Z][a-z][A-Za-z]+)=`)
	// The SAM CLI accepts a value with spaces only in double quotes.
	unquotedOverride = regexp.MustCompile(`'[A-Z][A-Za-z]+=[^"'\n]* [^'\n]*'`)
	outputName       = regexp.MustCompile(`<(\w+) of the outputs>`)
)

func checkOperations(t template, page string) (found complaints) {
	explained := map[string]int{}
	for _, heading := range alarmHeading.FindAllStringSubmatch(page, -1) {
		for name := range strings.SplitSeq(heading[1], ", ") {
			// In code, since Markdown takes the brackets for HTML.
			suffix, ofAll := strings.CutPrefix(strings.Trim(name, "`"), "<Function>") // stands for each that has a URL
			if !ofAll {
				explained[name]++
				continue
			}
			for _, id := range t.ofType(samFunction) {
				if t.property(id, "FunctionUrlConfig") != nil {
					explained[strings.TrimSuffix(id, "Function")+suffix]++
				}
			}
		}
	}
	alarms := t.ofType("AWS::CloudWatch::Alarm")
	for _, id := range alarms {
		if explained[id] != 1 {
			found.add("%s: explained %d times", id, explained[id])
		}
	}
	for name := range explained {
		if !slices.Contains(alarms, name) {
			found.add("%s: explained, and isn't there", name)
		}
	}
	for _, match := range override.FindAllStringSubmatch(page, -1) {
		if t.section("Parameters")[match[1]] == nil {
			found.add("there is no parameter %s", match[1])
		}
	}
	for _, match := range unquotedOverride.FindAllString(page, -1) {
		found.add("the SAM CLI drops what follows the space: %s", match)
	}
	for _, match := range outputName.FindAllStringSubmatch(page, -1) {
		if t.section("Outputs")[match[1]] == nil {
			found.add("there is no output %s", match[1])
		}
	}
	// checkConnections checks the functions against that.
	clients, _ := at(t, "Metadata", "Pooler", "ClientConnections").(float64)
	for _, text := range []string{
		fmt.Sprintf("the %v clients", clients),
		fmt.Sprintf("at most %v instances", clients/2),
		fmt.Sprintf("The template reserves up to %v ", clients/2),
		fmt.Sprintf("with less than %v,", clients/2+100),
	} {
		if !strings.Contains(page, text) {
			found.add("the page doesn't say %q", text)
		}
	}
	return found
}
