package clients_test

import (
	"bytes"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"mentorpause/local/deployment"
)

// pictured is when the pictures in golden are taken: a Wednesday in March. It has to be past,
// so that what the server's clock has shown before is ahead of it on every day.
var pictured = time.Date(2026, 3, 11, 9, 30, 0, 0, time.UTC)

// pastOfIngrid is a request that was declined, whom the pause was told to, and an e-mail that
// did not arrive.
const pastOfIngrid = `
insert into public.leave_requests (mentor_id, kind, state, reason, expected_return_date, answered_by, answered_at, message, created_at) values
	('00000000-0000-4000-8000-0000000f0005', 'change_return', 'declined', 'Eksamen er utsatt', private.today() + 60,
		'00000000-0000-4000-8000-0000000000c5', now() - interval '20 days', 'Kan vi snakke først?', now() - interval '22 days');
insert into public.notification_attempts (notification_id, mentor_id, kind, channel, recipient_id, recipient_role, chosen_because, outcome, reason)
select n.id, n.mentor_id, n.kind, c.channel, w.id, w.role, 'assigned to the mentor',
	case when w.role = 'coordinator' and c.channel = 'email' then 'failed' else 'delivered' end, 'the mailbox is full'
from public.notifications n
join (values ('00000000-0000-4000-8000-0000000000c1'::uuid, 'coordinator'), ('00000000-0000-4000-8000-0000000f0005', 'mentor')) w (id, role)
	on n.audience = w.role
cross join (values ('inbox'), ('email')) c (channel)
where n.mentor_id = '00000000-0000-4000-8000-0000000f0005' and n.kind = 'mentor_paused';
`

// TestConsolePictures compares pages of the built console with their pictures, in each language
// and width. A picture is that of one version of Chromium: under another one the test says what
// to do. UPDATE=1 takes the pictures that have become others.
func TestConsolePictures(t *testing.T) {
	t.Parallel()
	if os.Getenv("CONSOLE") != "all" {
		return // as the other tests of make test-console, which are none without it
	}
	browser := builtConsole(t)
	output, err := exec.CommandContext(t.Context(), browser, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`\d+(\.\d+)+`).Find(output)
	note := filepath.Join("golden", "chromium")
	noted, err := os.ReadFile(note)
	switch {
	case os.Getenv("UPDATE") != "":
		if err := errors.Join(os.MkdirAll("golden", 0o755), os.WriteFile(note, append(version, '\n'), 0o644)); err != nil {
			t.Fatal(err)
		}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		t.Fatal(err)
	case !bytes.Equal(bytes.TrimSpace(noted), version):
		t.Logf("the pictures are those of Chromium %s, and this is %s: run with UPDATE=1 and look", bytes.TrimSpace(noted), version)
		return
	}

	s := deployment.Start(t, deployment.WithUsers(), deployment.WithConsole(), deployment.At(pictured), deployment.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", pictured.Format(http.TimeFormat)) // which the console believes
			next.ServeHTTP(w, r)
		})
	}))
	s.Database.MoveClock(t, pictured.Add(-time.Minute))
	g := prepareConsole(t, s)
	g.Browser, g.Now = browser, pictured
	owner := s.Database.Connect(t, "postgres")
	if _, err := owner.Exec(t.Context(), keptPeople+pastOfIngrid); err != nil {
		t.Fatal(err)
	}
	organisation{s}.post(t, s.URL+"/auth/v1/admin/users",
		map[string]any{"id": officeAdministrator, "email": "olav@example.org", "email_confirm": true}, "apikey", s.Project.SecretKey)
	runNode(t, "console_pictures.test.mjs", g)
	logErrors(t, s)
}
