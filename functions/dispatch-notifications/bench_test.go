package main

import (
	"testing"
	"time"
)

// BenchmarkInboxOnly measures the whole way of a notification with two
// recipients: claimed, written, recorded. The second has a million delivered
// ones in its tables, which must not make a difference.
func BenchmarkInboxOnly(b *testing.B) {
	for _, c := range []struct {
		name string
		old  int
	}{{"empty tables", 0}, {"1,000,000 old rows", 1_000_000}} {
		b.Run(c.name, func(b *testing.B) {
			const mentors, coordinators, each = 1000, 50, 10_000
			w := setup(b)
			w.crowd(b, mentors, coordinators, 0)
			w.age(b, mentors, c.old)
			d := w.dispatcher(b, nil)
			var spent time.Duration
			done := 0
			for b.Loop() {
				b.StopTimer()
				w.notifyCrowd(b, mentors, each)
				b.StartTimer()
				began := time.Now()
				got, err := d.run(b.Context())
				spent += time.Since(began)
				if err != nil || got.Delivered != each {
					b.Fatalf("%+v, %v", got, err)
				}
				done += each
			}
			b.ReportMetric(float64(done)/spent.Seconds(), "notifications/s")
			b.ReportMetric(0, "ns/op") // of 10,000 at once
		})
	}
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
	b.exec(t, "analyze public.notifications, public.notification_inbox, public.notification_attempts")
}
