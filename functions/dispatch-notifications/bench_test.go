package main

import (
	"testing"
	"time"
)

// BenchmarkInboxOnly measures the whole way of a notification with two
// recipients: claimed, written, recorded; beside the same with a million
// delivered ones in the tables, in turns, since only what ran together can be
// compared. The ratio of the two has to stay near 1.
func BenchmarkInboxOnly(b *testing.B) {
	const mentors, coordinators, each = 1000, 50, 5_000
	type side struct {
		bundle     *bundle
		dispatcher *dispatcher
		spent      time.Duration
	}
	sides := [2]*side{}
	for n, old := range []int{0, 1_000_000} {
		w := setup(b)
		w.crowd(b, mentors, coordinators, 0)
		w.age(b, mentors, old)
		sides[n] = &side{bundle: w, dispatcher: w.dispatcher(b, nil)}
		sides[n].dispatcher.clock = nil // filling the tables took a while
	}
	runs := 0
	for b.Loop() {
		runs++
		for n := range sides {
			s := sides[(n+runs)%2] // neither is always the first
			s.bundle.notifyCrowd(b, mentors, each)
			began := time.Now()
			got, err := s.dispatcher.run(b.Context())
			s.spent += time.Since(began)
			if err != nil || got.Delivered != each {
				b.Fatalf("%+v, %v", got, err)
			}
		}
	}
	rate := func(s *side) float64 { return float64(runs*each) / s.spent.Seconds() }
	b.ReportMetric(rate(sides[0]), "notifications/s")
	b.ReportMetric(rate(sides[1]), "with-1M-old/s")
	b.ReportMetric(rate(sides[1])/rate(sides[0]), "ratio")
	b.ReportMetric(0, "ns/op") // of both together
}

// age fills the tables with what was delivered long ago, one recipient each.
func (b *bundle) age(t testing.TB, mentors, rows int) {
	t.Helper()
	if rows == 0 {
		return
	}
	b.exec(t, `insert into public.notifications (id, mentor_id, audience, kind, state, created_at, due_at)
		select md5('old' || n)::uuid, md5('mentor' || (1 + n % $1::int))::uuid, 'mentor', 'mentor_reactivated', 'delivered',
			now() - interval '1 year', now() - interval '1 year' from generate_series(1, $2::int) n`, mentors, rows)
	b.exec(t, `insert into public.notification_inbox (notification_id, recipient_id, mentor_id, kind, title, body)
		select n.id, n.mentor_id, n.mentor_id, n.kind, 'Aktiv igjen', 'Du er aktiv som likeperson igjen.' from public.notifications n`)
	b.exec(t, `insert into public.notification_attempts
			(notification_id, mentor_id, kind, recipient_id, recipient_role, channel, outcome, reason, chosen_because)
		select n.id, n.mentor_id, n.kind, n.mentor_id, 'mentor', 'inbox', 'delivered', 'the mentor', 'the mentor' from public.notifications n`)
	// As tables of that age are, so that the server doesn't see to it meanwhile.
	b.exec(t, "vacuum analyze public.notifications, public.notification_inbox, public.notification_attempts")
}
