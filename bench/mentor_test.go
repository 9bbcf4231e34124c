package bench_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// remember gives a mentor so many pauses, a year apart, of which the last is open, each
// amended once, with what was sent of them by inbox and e-mail; and two certifications
// that were renewed every second year. Written without the triggers, as they would have
// written it.
func (o *system) remember(t *testing.T, mentor uuid.UUID, coordinator uuid.UUID, pauses int) {
	t.Helper()
	tables := []string{"pause_records", "pause_status_log", "notifications", "notification_attempts", "certifications", "chapter_memberships"}
	for _, table := range tables {
		o.exec(t, "alter table public."+table+" disable trigger user")
	}
	o.exec(t, "delete from public.certifications where mentor_id = $1", mentor)
	o.exec(t, `insert into public.certifications (mentor_id, kind, issued_on, expires_on)
		select $1, k, private.today() - 400 - 730 * n, private.today() - 400 - 730 * n + 760 from generate_series(0, $2::int / 2) n
		cross join unnest(array['kurs', 'politiattest']) k`, mentor, pauses)
	o.exec(t, "update public.chapter_memberships set started_at = now() - interval '11 years' where user_id = $1", mentor)
	o.exec(t, `insert into public.pause_records
		(id, mentor_id, status, pause_reason, paused_at, reactivated_at, coordinator_id, version, first_version, effective_on, created_at, updated_at)
		select gen_random_uuid(), $1, case n when $3 then 'paused' else 'active' end, 'Permisjon i forbindelse med eksamen og flytting', w.at,
			case when n < $3 then w.at + interval '30 days' end, $2, case when n < $3 then 3 * n else 3 * n - 2 end, 3 * n - 2, private.date_of(w.at), w.at, w.at
		from generate_series(1, $3::int) n
		cross join lateral (select now() - ($3 - n) * interval '365 days' - interval '5 days' as at) w`, mentor, coordinator, pauses)
	o.exec(t, `insert into public.pause_status_log
		(pause_record_id, mentor_id, from_status, to_status, actor_id, actor_kind, record_version, effective_on, occurred_at)
		select r.id, r.mentor_id, case v when r.first_version then 'active' else 'paused' end, case when v = r.first_version + 2 then 'active' else 'paused' end,
			$2, 'coordinator', v, private.date_of(w.at), w.at
		from public.pause_records r
		cross join lateral generate_series(r.first_version, r.version) v
		cross join lateral (select r.paused_at + (v - r.first_version) * interval '15 days' as at) w
		where r.mentor_id = $1 order by v`, mentor, coordinator)
	o.exec(t, `with told as (
			insert into public.notifications (mentor_id, audience, kind, state, pause_record_id, record_version, created_at)
			select l.mentor_id, a, case l.to_status when 'active' then 'mentor_reactivated' else 'mentor_paused' end, 'delivered',
				l.pause_record_id, l.record_version, l.occurred_at
			from public.pause_status_log l cross join unnest(array['coordinator', 'mentor']) a
			where l.mentor_id = $1 and l.from_status <> l.to_status
			order by l.id
			returning id, mentor_id, audience, kind, created_at
		)
		insert into public.notification_attempts
			(notification_id, mentor_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because, attempted_at)
		select n.id, n.mentor_id, n.kind, case n.audience when 'mentor' then $1 else $2 end, n.audience, c, 'delivered', 'sent', 'because', n.created_at + interval '1 minute'
		from told n cross join unnest(array['inbox', 'email']) c`, mentor, coordinator)
	for _, table := range tables {
		o.exec(t, "alter table public."+table+" enable trigger user")
	}
	o.exec(t, "select private.refresh_roster(array[$1::uuid])", mentor)
	o.exec(t, "vacuum analyze")
}

// mentorPages compares the first page of a mentor with ten years of history with that
// of one who was paused once, in SQL and of the function.
func mentorPages(t *testing.T, o *system, s scale, r *report) {
	chapter := o.chapter(t, s.sizes()[0])
	mentors := o.mentors(t, chapter)
	o.remember(t, mentors[len(mentors)-1], chapter.Coordinator, 1)
	o.remember(t, mentors[len(mentors)-2], chapter.Coordinator, 10)
	url := o.signedIn(t, chapter)
	token := o.token(chapter.Coordinator)
	client := o.served(t, "mentor", o.database.URL("pause_api")).clients(t, 1)[0]
	var inSQL, ofFunction [2][]float64
	// In many short turns, because the machine's speed changes from second to second.
	for range s.runs {
		var sqlNow, functionNow [2][]float64
		for range s.turns {
			for n := range 2 {
				mentor := mentors[len(mentors)-1-n].String()
				script := pgbenchScript{"select private.mentor_page('" + mentor + "', null, null);", nil}
				sqlNow[n] = append(sqlNow[n], pgbenchLatencies(t, url, script, s.calls/s.turns)...)
				request := plain("GET", "/?mentor_id="+mentor, token, nil)
				functionNow[n] = append(functionNow[n], load(t, 1, s.length/time.Duration(2*s.turns), func(int, int) error { return client.call(request) }).p50)
			}
		}
		for n := range 2 {
			inSQL[n] = append(inSQL[n], median(sqlNow[n]))
			ofFunction[n] = append(ofFunction[n], median(functionNow[n]))
		}
	}
	r.add(t, "mentor: 10 years of history ÷ one pause", atMost(1.3), "", quotients(ofFunction[1], ofFunction[0]),
		"%s and %s ms, one client, the first page", number(median(ofFunction[1])), number(median(ofFunction[0])))
	r.add(t, "mentor in SQL: 10 years of history ÷ one pause", bar{}, "", quotients(inSQL[1], inSQL[0]),
		"%s and %s µs", number(median(inSQL[1])), number(median(inSQL[0])))
}
