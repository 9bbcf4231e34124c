package build_test

import (
	"os/exec"
	"strings"
	"testing"

	"mentorpause/local/checkout"
)

// What somebody types after make is one argument of the program, whatever is in it: the
// recipes take it from the environment, and the shell reads none of it as its own.
func TestMakePassesOnWhatIsTyped(t *testing.T) {
	t.Parallel()
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	const typed = `Siobhán O'Brien"; echo injected; '`
	for _, test := range []struct{ target, variable string }{
		{"appoint", "NAME"}, {"appoint", "EMAIL"}, {"import", "FILE"}, {"import", "CHAPTER"}, {"import", "SOURCE"},
		{"backup", "FILE"}, {"restore", "FILE"}, {"nightly", "AS_OF"}, {"migration", "NAME"}, {"test-clock", "AT"},
	} {
		values := map[string]string{"FILE": "people.csv", "EMAIL": "anne@example.org", test.variable: typed}
		args := []string{"--no-print-directory", "--dry-run", test.target}
		for variable, value := range values {
			args = append(args, variable+"="+value)
		}
		cmd := exec.Command("make", args...)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("make %s: %v\n%s", test.target, err, out)
		}
		// The recipe as the shell gets it names the variable, quoted, and nothing of the value.
		if strings.Contains(string(out), "Brien") || !strings.Contains(string(out), `"$`+test.variable+`"`) {
			t.Errorf("make %s %s=…:\n%s", test.target, test.variable, out)
		}
	}
}
