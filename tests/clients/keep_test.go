package clients_test

import (
	"net/http"
	"testing"

	"mentorpause/local/deployment"
)

const (
	chapterAdministrator = "00000000-0000-4000-8000-0000000000d5"
	officeAdministrator  = "00000000-0000-4000-8000-0000000000d6"
)

// keptPeople are an administrator of the chapter that is looked at, one of the national
// office, and what they have to see to: a message that reached nobody, two discrepancies, an
// address that was refused, an e-mail for somebody without a login, one message that is
// stuck, nights of which one was missed, and somebody who was registered twice.
const keptPeople = `
insert into public.profiles (id, display_name, locale) values
	('00000000-0000-4000-8000-0000000000d5', 'Astrid Nygård', 'nb'),
	('00000000-0000-4000-8000-0000000000d6', 'Olav Kontorvik', 'nb'),
	('00000000-0000-4000-8000-0000000f0099', 'INGRID  Fossmark', 'nb');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values
	('00000000-0000-4000-8000-0000000000a5', '00000000-0000-4000-8000-0000000000d5', 'administrator', '2020-01-01'),
	('00000000-0000-4000-8000-0000000000a5', '00000000-0000-4000-8000-0000000f0099', 'mentor', '2019-01-01');
insert into public.organisation_administrators (user_id) values ('00000000-0000-4000-8000-0000000000d6');
insert into public.leave_requests (id, mentor_id, kind, starts_on) values
	('00000000-0000-4000-8000-0000000d0004', '00000000-0000-4000-8000-0000000f0004', 'pause', private.today() + 60);
insert into public.notifications (id, mentor_id, audience, kind, state, created_at, leave_request_id) values
	('00000000-0000-4000-8000-0000000e0001', '00000000-0000-4000-8000-0000000f0004', 'coordinator', 'leave_requested', 'undeliverable', now() - interval '2 days',
		'00000000-0000-4000-8000-0000000d0004');
insert into public.notifications (id, mentor_id, audience, kind, state, created_at) values
	('00000000-0000-4000-8000-0000000e0002', '00000000-0000-4000-8000-0000000f0008', 'coordinator', 'mentor_paused', 'undeliverable', now() - interval '3 days'),
	('00000000-0000-4000-8000-0000000e0003', '00000000-0000-4000-8000-0000000f0003', 'mentor', 'certification_expiring', 'delivered', now() - interval '4 days');
insert into public.notifications (mentor_id, audience, kind, created_at, due_at) values
	('00000000-0000-4000-8000-0000000f0002', 'mentor', 'certification_expiring', now() - interval '1 day', now() - interval '1 day');
insert into public.notification_attempts (notification_id, mentor_id, kind, channel, outcome, reason) values
	('00000000-0000-4000-8000-0000000e0001', '00000000-0000-4000-8000-0000000f0004', 'leave_requested', 'inbox', 'no_recipient',
		'no active coordinator is assigned, and neither the chapter nor the organisation has an active administrator'),
	('00000000-0000-4000-8000-0000000e0002', '00000000-0000-4000-8000-0000000f0008', 'mentor_paused', 'inbox', 'failed', 'it could not be written');
insert into public.notification_attempts (notification_id, mentor_id, kind, channel, recipient_id, recipient_role, chosen_because, outcome, reason) values
	('00000000-0000-4000-8000-0000000e0003', '00000000-0000-4000-8000-0000000f0003', 'certification_expiring', 'email', '00000000-0000-4000-8000-0000000f0003',
		'mentor', 'the mentor', 'failed', 'no e-mail address');
insert into public.status_discrepancies (mentor_id, kind) values
	('00000000-0000-4000-8000-0000000f0006', 'status_differs'), ('00000000-0000-4000-8000-0000000f0010', 'version_repeated');
insert into public.nightly_runs (as_of, is_full, outcome, started_at, finished_at, lease_until, holder, fencing_token, phase, expired, reminders, begun, missed_nights)
select private.today() - n, false, 'completed', now() - n * interval '1 day', now() - n * interval '1 day', now(), gen_random_uuid(), 100 - n, 'done',
	n % 3, n, case when n = 4 then 1 else 0 end, case when n = 1 then 1 else 0 end
from generate_series(6, 0, -1) n where n <> 2;
`

// TestConsoleForAdministrators uses the pages of administrators, as they do.
func TestConsoleForAdministrators(t *testing.T) {
	t.Parallel()
	browser := builtConsole(t)
	s := deployment.Start(t, deployment.WithUsers(), deployment.WithConsole())
	g := prepareConsole(t, s)
	g.Browser = browser
	owner := s.Database.Connect(t, "postgres")
	if _, err := owner.Exec(t.Context(), keptPeople); err != nil {
		t.Fatal(err)
	}
	o := organisation{s}
	for email, id := range map[string]string{"astrid@example.org": chapterAdministrator, "olav@example.org": officeAdministrator} {
		o.post(t, s.URL+"/auth/v1/admin/users", map[string]any{"id": id, "email": email, "email_confirm": true}, "apikey", s.Project.SecretKey)
	}
	// Once the login is there, which has the address.
	if _, err := owner.Exec(t.Context(), `insert into private.refused_addresses (person_id, address_hash, refused_at)
		select u.id, private.hash_address(u.email), now() - interval '3 days' from auth.users u where u.email = 'jonas@example.org'`); err != nil {
		t.Fatal(err)
	}
	serveRows(s, owner)
	// Several with one problem, once the page was looked at without them.
	s.Handle("/test/many", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := owner.Exec(r.Context(), `insert into public.status_discrepancies (mentor_id, kind)
			select ('00000000-0000-4000-8000-0000000f000' || n)::uuid, 'status_differs' from generate_series(2, 5) n`); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}))
	// A second address is refused, and is then another one, as the operator makes it.
	for path, statement := range map[string]string{
		"/test/refused": `insert into private.refused_addresses (person_id, address_hash, refused_at)
			select u.id, private.hash_address(u.email), now() from auth.users u where u.email = 'marit@example.org'`,
		"/test/corrected": `update auth.users set email = 'marit.elvestad@example.org' where email = 'marit@example.org'`,
		"/test/as-it-was": `update auth.users set email = 'marit@example.org' where email = 'marit.elvestad@example.org'`,
	} {
		s.Handle(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := owner.Exec(r.Context(), statement); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		}))
	}
	runNode(t, "keep.test.mjs", g)
	logErrors(t, s)
}
