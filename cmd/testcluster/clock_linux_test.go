package main

import (
	"os"
	"strings"
	"testing"
)

func TestClock(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ clock, want string }{
		{"2027-06-23 23:59:30", "2027-06-23 21:59:30+00, seeded 2027-06-23"},
		{"2028-02-29T00:00:10Z", "2028-02-29 00:00:10+00, seeded 2028-02-28"}, // in the minute before
	} {
		t.Run(test.clock, func(t *testing.T) {
			t.Parallel()
			cmd, temporary := testcluster(t, "-clock", test.clock, "--", "sh", "-c", `psql -qAtX "$MENTORPAUSE_PGTAP_EXPOSE" -c "
				select format('%s, seeded %s', date_bin('10 s', now(), date_trunc('day', now())), max(created_at)::date) from auth.users"`)
			cmd.Stderr = os.Stderr
			output, err := cmd.Output()
			wantExit(t, err, 0)
			if got := strings.TrimSpace(string(output)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			wantNothingLeft(t, temporary)
		})
	}
}
