package clients_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/deployment"
)

// reportPeople are whoever administers the chapter that is looked at, and somebody of the
// national office; and a second chapter with a mentor who came and went.
const reportPeople = `
insert into public.profiles (id, display_name, locale) values
	('00000000-0000-4000-8000-0000000000d5', 'Astrid Nygård', 'nb'),
	('00000000-0000-4000-8000-0000000000d6', 'Olav Kontorvik', 'nb'),
	('00000000-0000-4000-8000-0000000f0011', 'Tor Hjemreist', 'nb');
insert into public.chapters (id, name) values ('00000000-0000-4000-8000-0000000000a6', 'Øvre Glomma');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values
	('00000000-0000-4000-8000-0000000000a5', '00000000-0000-4000-8000-0000000000d5', 'administrator', '2020-01-01');
insert into public.organisation_administrators (user_id) values ('00000000-0000-4000-8000-0000000000d6');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at) values
	('00000000-0000-4000-8000-0000000000a6', '00000000-0000-4000-8000-0000000f0011', 'mentor',
		date_trunc('year', now()) - interval '10 months', date_trunc('year', now()) - interval '3 months');
`

// TestConsoleReport uses the pages of the period report, as coordinators, administrators and
// auditors do.
func TestConsoleReport(t *testing.T) {
	t.Parallel()
	useConsole(t, "report.test.mjs", `
insert into public.profiles (id, display_name, locale) values ('00000000-0000-4000-8000-0000000f0012', 'Berit Atterkomst', 'nb');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at, ended_at) values
	('00000000-0000-4000-8000-0000000000a6', '00000000-0000-4000-8000-0000000f0012', 'mentor', '2015-02-01', '2015-04-01'),
	('00000000-0000-4000-8000-0000000000a6', '00000000-0000-4000-8000-0000000f0012', 'mentor', '2015-06-01', '2016-06-01');`)
}

// TestConsoleImport brings in people from files, as administrators do.
func TestConsoleImport(t *testing.T) {
	t.Parallel()
	useConsole(t, "import.test.mjs")
}

// useConsole runs a file of browser tests on a deployment with reportPeople, and with whom
// the further statements enter.
func useConsole(t *testing.T, file string, further ...string) {
	t.Helper()
	browser := builtConsole(t)
	s := deployment.Start(t, deployment.WithUsers(), deployment.WithConsole())
	g := prepareConsole(t, s)
	g.Browser = browser
	owner := s.Database.Connect(t, "postgres")
	for _, statements := range append([]string{reportPeople}, further...) {
		if _, err := owner.Exec(t.Context(), statements); err != nil {
			t.Fatal(err)
		}
	}
	o := organisation{s}
	for email, id := range map[string]string{"astrid@example.org": chapterAdministrator, "olav@example.org": officeAdministrator} {
		o.post(t, s.URL+"/auth/v1/admin/users", map[string]any{"id": id, "email": email, "email_confirm": true}, "apikey", s.Project.SecretKey)
	}
	serveRows(s, owner)
	runNode(t, file, g)
	logErrors(t, s)
}

// serveRows serves what only the database knows: the rows of a query, as JSON.
func serveRows(s *deployment.Deployment, owner *pgx.Conn) {
	s.Handle("/test/rows", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var rows json.RawMessage
		err = owner.QueryRow(r.Context(), "select coalesce(jsonb_agg(to_jsonb(q)), '[]') from ("+string(query)+") q").Scan(&rows)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		writeJSON(w, rows)
	}))
}
