package clients_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"mentorpause/local/authserver"
	"mentorpause/local/deployment"
)

// faultPeople are coordinators of the chapter of consolePeople, one for each test that signs
// somebody in twice: two codes for one address are a minute apart.
var faultPeople = map[string]string{
	"ella@example.org": "00000000-0000-4000-8000-0000000ea001", "frida@example.org": "00000000-0000-4000-8000-0000000ea002",
	"gro@example.org": "00000000-0000-4000-8000-0000000ea003", "heidi@example.org": "00000000-0000-4000-8000-0000000ea004",
	"ida@example.org": "00000000-0000-4000-8000-0000000ea005", "julie@example.org": "00000000-0000-4000-8000-0000000ea006",
	"kaja@example.org": "00000000-0000-4000-8000-0000000ea007", "lise@example.org": "00000000-0000-4000-8000-0000000ea008",
	"mia@example.org": "00000000-0000-4000-8000-0000000ea009", "nora@example.org": "00000000-0000-4000-8000-0000000ea010",
	"oda@example.org": "00000000-0000-4000-8000-0000000ea011", "pia@example.org": "00000000-0000-4000-8000-0000000ea012",
}

// TestConsoleFaults uses the built console in Chromium on lines that break, with sessions that
// end, in several tabs, and with several people on one device.
func TestConsoleFaults(t *testing.T) {
	t.Parallel()
	browser := builtConsole(t)
	s := deployment.Start(t, deployment.WithUsers(), deployment.WithConsole())
	g := prepareConsole(t, s)
	g.Browser = browser
	owner := s.Database.Connect(t, "postgres")
	for email, id := range faultPeople {
		if _, err := owner.Exec(t.Context(), `
			with named as (insert into public.profiles (id, display_name, locale) values ($1::uuid, initcap(split_part($2, '@', 1)) || ' Feilsøker', 'nb') returning id)
			insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
			select '00000000-0000-4000-8000-0000000000a5', id, 'coordinator', '2021-04-01' from named`, id, email); err != nil {
			t.Fatal(err)
		}
		// The first code is that of an invitation, so that another one can be asked for at once.
		o := organisation{s}
		o.post(t, s.URL+"/auth/v1/admin/users", map[string]any{"id": id, "email": email}, "apikey", s.Project.SecretKey)
		o.post(t, s.URL+"/auth/v1/invite", map[string]any{"email": email}, "apikey", s.Project.SecretKey)
	}
	s.Handle("/test/expired", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, s.Project.Token(faultPeople[r.URL.Query().Get("email")], authserver.Expires(time.Now().Add(-time.Minute))))
	}))
	s.Handle("/test/totp", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code, err := authserver.TOTP(r.URL.Query().Get("secret"), time.Now())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		writeJSON(w, code)
	}))
	runNode(t, "console_faults.test.mjs", g)
	// What people typed, who they are and what they signed in with stands in no log.
	for _, secret := range []string{"eyJ", "example.org", "grunn", "onerror", "Feilsøker", "Haugstuen"} {
		if strings.Contains(s.Log.String(), secret) {
			t.Errorf("the functions' log has %q", secret)
		}
	}
	if !strings.Contains(s.Log.String(), `"level":"INFO"`) {
		t.Error("the functions' log says nothing")
	}
	logErrors(t, s)
}
