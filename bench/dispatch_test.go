package bench_test

import (
	"fmt"
	"testing"

	"mentorpause/local/lambda"
)

// crowd makes a chapter of mentors, each with two of the coordinators; all have e-mail
// addresses.
const crowd = `
	insert into public.chapters (id, name) values (md5('chapter')::uuid, 'Lag');
	create temporary table crowd as
	select v.role, md5(v.role || n)::uuid as id, v.role || n as name
	from (values ('mentor', %[1]d), ('coordinator', %[2]d)) v (role, most) cross join lateral generate_series(1, v.most) n;
	insert into auth.users (id, instance_id, aud, role, email, email_confirmed_at)
	select c.id, '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', c.name || '@people.test', now() from crowd c;
	insert into public.profiles (id, display_name) select c.id, c.name from crowd c;
	insert into public.chapter_memberships (chapter_id, user_id, role) select md5('chapter')::uuid, c.id, c.role from crowd c;
	insert into public.coordinator_assignments (mentor_id, coordinator_id)
	select md5('mentor' || m)::uuid, md5('coordinator' || (1 + (m + k) %% %[2]d))::uuid from generate_series(1, %[1]d) m cross join generate_series(0, 1) k`

// old makes notifications that were delivered long ago, to one recipient each.
const old = `
	insert into public.notifications (id, mentor_id, audience, kind, state, created_at, due_at)
	select md5('old' || n)::uuid, md5('mentor' || (1 + n %% %[2]d))::uuid, 'mentor', 'mentor_reactivated', 'delivered',
		now() - interval '1 year', now() - interval '1 year' from generate_series(1, %[1]d) n;
	insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body)
	select n.id, n.mentor_id, n.mentor_id, n.kind, 'Aktiv igjen', 'Du er aktiv som likeperson igjen.' from public.notifications n;
	insert into public.notification_attempts
		(notification_id, mentor_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because)
	select n.id, n.mentor_id, n.kind, n.mentor_id, 'mentor', 'inbox', 'delivered', 'the mentor', 'the mentor' from public.notifications n`

// dispatch measures a notification with two recipients all the way to their inboxes,
// by the function as it is deployed, and the same with very many delivered ones in the
// tables.
func dispatch(t *testing.T, _ *system, s scale, r *report) {
	type side struct {
		*system
		function *lambda.Function
		rates    []float64
	}
	var sides []*side
	for _, delivered := range []int{0, s.delivered} {
		o := newSystem(t)
		o.exec(t, fmt.Sprintf(crowd, s.crowd, s.crowd/20))
		if delivered > 0 {
			o.exec(t, fmt.Sprintf(old, delivered, s.crowd))
		}
		o.exec(t, "vacuum analyze")
		sides = append(sides, &side{system: o, function: o.start(t, "dispatch-notifications", 1, "")})
	}
	for run := range s.runs {
		for at := range sides {
			side := sides[(at+run)%len(sides)] // neither always follows the other
			side.exec(t, `insert into public.notifications (mentor_id, audience, kind)
				select md5('mentor' || (1 + n % $2::int))::uuid, 'coordinator', 'mentor_reactivated' from generate_series(1, $1::int) n`, s.pending, s.crowd)
			took := deliver(t, side.function, s.pending)
			side.rates = append(side.rates, float64(s.pending)/took.Seconds())
		}
	}
	r.add(t, fmt.Sprintf("notifications/s, two recipients each: with %s delivered ones ÷ without", number(float64(s.delivered))), bar{}, "",
		quotients(sides[1].rates, sides[0].rates), "%s and %s/s", number(median(sides[1].rates)), number(median(sides[0].rates)))
}
