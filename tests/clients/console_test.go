package clients_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mentorpause/local/deployment"
	"mentorpause/local/endpoint"
)

// console is what the console's tests know about the system, as JSON in CLIENT_TEST.
type console struct {
	given
	All    bool   `json:"all"`    // every language, width and theme
	Update bool   `json:"update"` // write the pictures of docs/console
	Axe    string `json:"axe"`    // path

	Now time.Time `json:"now"` // in the pictures
}

// consolePeople are those of the chapter that is looked at: people with long names and names
// that mean something to a browser, one in each state.
const consolePeople = `
update public.profiles set display_name = 'Kari Solbakken' where id = '00000000-0000-4000-8000-0000000000c1';
insert into public.profiles (id, display_name, locale) values
	('00000000-0000-4000-8000-0000000000c5', 'Marit Elvestad', 'nb'),
	('00000000-0000-4000-8000-0000000000c6', 'Jonas Vikhammer', 'nb'),
	('00000000-0000-4000-8000-0000000000c7', 'Nina Ukjent', 'nb');
insert into public.chapters (id, name) values ('00000000-0000-4000-8000-0000000000a5', 'Nedre Glomma');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values
	('00000000-0000-4000-8000-0000000000a5', '00000000-0000-4000-8000-0000000000c5', 'coordinator', '2021-04-01'),
	('00000000-0000-4000-8000-0000000000a5', '00000000-0000-4000-8000-0000000000c6', 'coordinator', '2021-04-01'),
	('00000000-0000-4000-8000-0000000000a5', '00000000-0000-4000-8000-0000000000c1', 'coordinator', '2024-01-01');
insert into public.certification_kinds (code, name_nb, name_nn, name_en, months_valid) values
	('grunnkurs', 'Grunnkurs for likepersoner', 'Grunnkurs for likepersonar', 'Basic course for peer mentors', 36),
	('taushetserklæring', 'Taushetserklæring', 'Teieplikterklæring', 'Declaration of confidentiality', 24);
with mentors (n, name, expires) as (values
	(1, 'Anders Lillevold', 480), (2, 'Ánne-Máret Čáhppesvárri Guhttor-Jåhkkåsjávrrie', 23), (3, 'Berit Haugstuen', 205),
	(4, 'Hans Petter Østmoen', 280), (5, 'Ingrid Fossmark', 24), (6, 'Liv Åsgårdsrud', 300), (7, 'Solveig Myrvang', 150),
	(8, 'Øyvind Brattåsen', -10), (9, '<img src=x onerror=alert(1)> Nordli', 90), (10, 'Per-Erik Tangestad', 400)
), people as (
	insert into public.profiles (id, display_name, locale)
	select ('00000000-0000-4000-8000-0000000f0' || lpad(n::text, 3, '0'))::uuid, name, 'nb' from mentors
), members as (
	insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
	select '00000000-0000-4000-8000-0000000000a5', ('00000000-0000-4000-8000-0000000f0' || lpad(n::text, 3, '0'))::uuid, 'mentor', '2021-04-01' from mentors
), numbers as (
	insert into public.contacts (person_id, email, phone)
	select ('00000000-0000-4000-8000-0000000f0' || lpad(n::text, 3, '0'))::uuid, 'mentor' || n || '@example.org', '+479123456' || (n - 1) from mentors
), responsible as (
	insert into public.coordinator_assignments (mentor_id, coordinator_id, started_at)
	select ('00000000-0000-4000-8000-0000000f0' || lpad(n::text, 3, '0'))::uuid,
		('00000000-0000-4000-8000-0000000000c' || (array[5, 6, 1])[1 + n % 3])::uuid, '2022-01-01' from mentors where n <> 4
)
insert into public.certifications (mentor_id, kind, issued_on, expires_on)
select ('00000000-0000-4000-8000-0000000f0' || lpad(n::text, 3, '0'))::uuid, 'grunnkurs', private.today() - 600, private.today() + expires from mentors;
insert into public.certifications (mentor_id, kind, issued_on, expires_on)
select '00000000-0000-4000-8000-0000000f0005', 'taushetserklæring', private.today() - 300, private.today() + 400;
-- Solveig should have been back; Ingrid will be soon.
do $$
begin
	perform private.act_as('coordinator', '00000000-0000-4000-8000-0000000000c1');
	insert into public.pause_records (mentor_id, status, pause_reason, expected_return_date, paused_at, coordinator_id, effective_on) values
		('00000000-0000-4000-8000-0000000f0007', 'paused', 'Ferie', private.today() - 9, now() - interval '60 days', '00000000-0000-4000-8000-0000000000c1', private.today() - 60),
		('00000000-0000-4000-8000-0000000f0005', 'paused', 'Studier', private.today() + 5, now() - interval '40 days', '00000000-0000-4000-8000-0000000000c1', private.today() - 40);
	perform private.act_as(null);
end
$$;
`

// consoleMessages are in Marit's inbox: one about a mentor and one about several, which are
// new, and an older one that she has read.
const consoleMessages = `
insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body, created_at, read_at)
select gen_random_uuid(), '00000000-0000-4000-8000-0000000000c5', m.*
from (values
	('00000000-0000-4000-8000-0000000f0003'::uuid, 'return_changed', 'Berit Haugstuen har ny returdato', 'Berit er ventet tilbake en annen dag.',
		now() - interval '1 hour', null::timestamptz),
	(null, 'weekly_digest', 'Uka som kommer', 'To likepersoner er ventet tilbake.', now() - interval '2 hours', null),
	('00000000-0000-4000-8000-0000000f0008', 'certification_expired', 'Grunnkurset til Øyvind Brattåsen gikk ut',
		'Øyvind blir aktiv igjen når kurset er fornyet.', now() - interval '3 days', now() - interval '2 days')
) m`

// TestConsole uses the built console in Chromium, as people do. With CONSOLE=all in the
// environment (make test-console) in every language, width and theme.
func TestConsole(t *testing.T) {
	t.Parallel()
	browser := builtConsole(t)
	var deployed nextVersion
	var moved otherAddresses
	s := deployment.Start(t, deployment.WithUsers(), deployment.WithConsole(), deployment.Wrap(func(next http.Handler) http.Handler {
		return deployed.wrap(moved.wrap(next))
	}))
	s.Handle("/test/moved", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		moved.are.Store(r.Method == http.MethodPost)
		writeJSON(w, true)
	}))
	s.Handle("/test/version", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		deployed.isThere.Store(true)
		writeJSON(w, true)
	}))
	g := prepareConsole(t, s)
	g.Browser = browser
	owner := s.Database.Connect(t, "postgres")
	serveRows(s, owner)
	// Messages come when the test asks for them: until then the inbox is empty.
	s.Handle("/test/messages", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := owner.Exec(r.Context(), consoleMessages); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	runNode(t, "console.test.mjs", g)
	logErrors(t, s)
}

// builtConsole returns the browser that looks at the console, which must be built.
func builtConsole(t *testing.T) (browser string) {
	t.Helper()
	if browser = os.Getenv("CHROMIUM"); browser == "" {
		browser = "chromium"
	}
	browser, err := exec.LookPath(browser)
	if err != nil {
		t.Fatalf("a browser is missing: make test installs Debian's chromium, or says what to install: %v", err)
	}
	if _, err := os.Stat(filepath.Join("..", "..", "functions", "console", "dist", "index.html")); err != nil {
		t.Fatal("the console is not built: run make build/console, as make test does")
	}
	return browser
}

// nextVersion stands for another version of the console, from some moment on: a service
// worker with other bytes.
type nextVersion struct{ isThere atomic.Bool }

func (v *nextVersion) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/sw.js" || !v.isThere.Load() {
			next.ServeHTTP(w, r)
			return
		}
		answer := answerToChange(next, w, r)
		w.Header().Del("etag")
		w.WriteHeader(answer.Code)
		_, _ = w.Write(append(answer.Body.Bytes(), "\n// another version"...))
	})
}

// otherAddresses stands for functions that were deployed anew, at some moment: the console's
// configuration and policy name localhost, which is another origin of the same server. At the
// old address no function answers.
type otherAddresses struct{ are atomic.Bool }

func (o *otherAddresses) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isFunction := strings.HasPrefix(r.URL.Path, "/functions/")
		switch {
		case !o.are.Load() || isFunction && strings.HasPrefix(r.Host, "localhost:"):
			next.ServeHTTP(w, r)
			return
		case isFunction:
			http.Error(w, "nobody is here any more", http.StatusBadGateway)
			return
		}
		answer := answerToChange(next, w, r)
		elsewhere := strings.Replace(r.Host, "127.0.0.1", "localhost", 1)
		policy := w.Header().Get("content-security-policy")
		w.Header().Set("content-security-policy", strings.Replace(policy, "connect-src 'self'", "connect-src 'self' http://"+elsewhere, 1))
		body := answer.Body.String()
		if r.URL.Path == "/config.json" {
			body = strings.ReplaceAll(body, r.Host+"/functions", elsewhere+"/functions")
			w.Header().Set("content-length", strconv.Itoa(len(body)))
		}
		if etag := w.Header().Get("etag"); etag != "" {
			w.Header().Set("etag", strings.TrimSuffix(etag, `"`)+`-moved"`)
		}
		w.WriteHeader(answer.Code)
		_, _ = io.WriteString(w, body)
	})
}

// answerToChange returns the whole answer, uncompressed whatever the browser has of it already,
// and sets its headers: what is sent in its place is up to the caller.
func answerToChange(next http.Handler, w http.ResponseWriter, r *http.Request) *httptest.ResponseRecorder {
	for _, name := range []string{"Accept-Encoding", "If-None-Match"} {
		r.Header.Del(name)
	}
	answer := httptest.NewRecorder()
	next.ServeHTTP(answer, r)
	maps.Copy(w.Header(), answer.Header())
	return answer
}

// prepareConsole enters the people, lets some of them sign in, and serves what only a mailbox
// and the database know.
func prepareConsole(t *testing.T, s *deployment.Deployment) console {
	t.Helper()
	owner := s.Database.Connect(t, "postgres")
	if _, err := owner.Exec(t.Context(), consolePeople); err != nil {
		t.Fatal(err)
	}
	o := organisation{s}
	for email, id := range map[string]string{
		"marit@example.org": "00000000-0000-4000-8000-0000000000c5", "jonas@example.org": "00000000-0000-4000-8000-0000000000c6",
		"nina@example.org": "00000000-0000-4000-8000-0000000000c7", "kari@example.org": endpoint.Coordinator,
		"mentor1@example.org": "00000000-0000-4000-8000-0000000f0001", "mentor5@example.org": "00000000-0000-4000-8000-0000000f0005",
	} {
		o.post(t, s.URL+"/auth/v1/admin/users", map[string]any{"id": id, "email": email, "email_confirm": true}, "apikey", s.Project.SecretKey)
	}

	// She was invited and has not come yet.
	o.post(t, s.URL+"/auth/v1/admin/users", map[string]any{"email": "unconfirmed@example.org"}, "apikey", s.Project.SecretKey)

	var asking sync.Mutex // a connection answers one at a time
	s.Handle("/test/log", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asking.Lock()
		defer asking.Unlock()
		var log json.RawMessage
		err := owner.QueryRow(r.Context(), `
			select coalesce(jsonb_agg(to_jsonb(l) order by l.id), '[]') from public.pause_status_log l
			join public.profiles p on p.id = l.mentor_id where p.display_name like $1`, r.URL.Query().Get("name")+"%").Scan(&log)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		writeJSON(w, log)
	}))

	return describeConsole(t, s)
}

// describeConsole is what a browser test is given, and serves the codes that are sent.
func describeConsole(t *testing.T, s *deployment.Deployment) console {
	t.Helper()
	axe, err := filepath.Abs(filepath.Join("..", "..", "console", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	s.Handle("/test/code", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, s.Users.Code(r.URL.Query().Get("email")))
	}))
	return console{given: people(s, func(user string) string { return s.Project.Token(user) }, nil), Axe: axe,
		All: os.Getenv("CONSOLE") == "all", Update: os.Getenv("UPDATE") != ""}
}
