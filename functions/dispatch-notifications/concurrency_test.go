package main

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

// crowd makes mentors, each with two of the coordinators, and notifications
// about them for the coordinators.
func (b *bundle) crowd(t testing.TB, mentors, coordinators, notifications int) {
	t.Helper()
	for role, count := range map[string]int{"mentor": mentors, "coordinator": coordinators} {
		b.exec(t, `insert into auth.users (id, instance_id, aud, role, email, email_confirmed_at)
			select md5($1 || n)::uuid, '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', md5($1 || n)::uuid || '@people.test', now()
			from generate_series(1, $2::int) n`, role, count)
		b.exec(t, "insert into public.profiles (id, display_name) select md5($1 || n)::uuid, 'Person ' || n from generate_series(1, $2::int) n", role, count)
		b.exec(t, `insert into public.chapter_memberships (chapter_id, user_id, role)
			select $3, md5($1 || n)::uuid, $1 from generate_series(1, $2::int) n`, role, count, b.chapter)
	}
	b.exec(t, `insert into public.coordinator_assignments (mentor_id, coordinator_id)
		select md5('mentor' || m)::uuid, md5('coordinator' || (1 + (m + k) % $2::int))::uuid
		from generate_series(1, $1::int) m cross join generate_series(0, 1) k`, mentors, coordinators)
	b.exec(t, "analyze public.profiles, public.chapter_memberships, public.coordinator_assignments")
	b.notifyCrowd(t, mentors, notifications)
}

func (b *bundle) notifyCrowd(t testing.TB, mentors, notifications int) {
	t.Helper()
	b.exec(t, `insert into public.notifications (mentor_id, audience, kind)
		select md5('mentor' || (1 + n % $1::int))::uuid, 'coordinator', 'mentor_reactivated' from generate_series(1, $2::int) n`,
		mentors, notifications)
}

// together runs the dispatchers at once, each until nothing is due, however slow the machine.
func together(t testing.TB, dispatchers []*dispatcher) (total summary) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	var all sync.WaitGroup
	var mu sync.Mutex
	for _, d := range dispatchers {
		all.Go(func() {
			got, err := d.run(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			total.Claimed += got.Claimed
			total.Delivered += got.Delivered
			total.Retrying += got.Retrying
			total.Undeliverable += got.Undeliverable
		})
	}
	all.Wait()
	return total
}

// wantEachOnce checks that both coordinators have each notification once, and that
// the ledger says so once.
func (b *bundle) wantEachOnce(t testing.TB, notifications int) {
	t.Helper()
	for what, sql := range map[string]string{
		"inbox rows":          "select count(*) from public.notification_inbox",
		"different of them":   "select count(*) from (select distinct notification_id, recipient_id from public.notification_inbox) x",
		"attempts by inbox":   "select count(*) from public.notification_attempts where channel = 'inbox' and outcome = 'delivered'",
		"delivered, times 2":  "select 2 * count(*) from public.notifications where state = 'delivered'",
		"with two recipients": "select 2 * count(*) from (select from public.notification_inbox group by notification_id having count(*) = 2) x",
	} {
		if got := value[int](t, b, sql); got != 2*notifications {
			t.Errorf("%s: %d, want %d", what, got, 2*notifications)
		}
	}
}

func TestDispatchersAtOnce(t *testing.T) {
	t.Parallel()
	for _, count := range []int{2, 8} {
		t.Run(fmt.Sprintf("%d of them, 10,000 notifications", count), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.crowd(t, 200, 20, 10_000)
			var dispatchers []*dispatcher
			for range count {
				dispatchers = append(dispatchers, b.dispatcher(t, nil))
			}
			want(t, "together", together(t, dispatchers), summary{Claimed: 10_000, Delivered: 10_000})
			b.wantEachOnce(t, 10_000)
		})
	}
	t.Run("8 of them, with e-mail", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		server := startServer(t)
		b.crowd(t, 50, 10, 400)
		var dispatchers []*dispatcher
		for range 8 {
			d := b.dispatcher(t, server)
			d.batch = 10
			dispatchers = append(dispatchers, d)
		}
		want(t, "together", together(t, dispatchers), summary{Claimed: 400, Delivered: 400})
		b.wantEachOnce(t, 400)
		ids := map[string]bool{}
		for _, m := range server.Messages() {
			ids[m.ID+" "+m.To] = true
		}
		want(t, "e-mails", len(server.Messages()), 800)
		want(t, "different of them", len(ids), 800)
	})
}

// People are erased while their notifications are being dispatched: nothing about
// them remains in an inbox, whoever was first.
func TestErasingAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.crowd(t, 100, 20, 3000)
	b.exec(t, "update public.profiles set display_name = 'Hemmelig ' || display_name where id in (select md5('mentor' || n)::uuid from generate_series(1, 100, 3) n)")
	var erasing sync.WaitGroup
	for _, role := range []string{"mentor", "coordinator"} {
		conn := b.Connect(t, "postgres")
		erasing.Go(func() {
			for n := 1; n <= 100; n += 3 {
				if _, err := conn.Exec(t.Context(), "delete from auth.users where id = md5($1 || $2::int)::uuid", role, n); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var dispatchers []*dispatcher
	for range 4 {
		d := b.dispatcher(t, nil)
		d.batch = 50
		dispatchers = append(dispatchers, d)
	}
	together(t, dispatchers)
	erasing.Wait()
	b.wait(time.Minute)
	together(t, dispatchers) // what came between claim and record
	for what, sql := range map[string]string{
		"rows in inboxes of the erased": `select count(*) from public.notification_inbox i
			where exists (select from public.erasures e where e.person_id = i.recipient_id)`,
		"names of the erased in inboxes": `select count(*) from public.notification_inbox where title || body ~ 'Hemmelig'`,
		"notifications left":             `select count(*) from public.notifications where state = 'pending'`,
	} {
		if n := value[int](t, b, sql); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	if n := value[int](t, b, "select count(*) from public.notification_inbox where title = 'Slettet person'"); n == 0 {
		t.Error("nobody was erased after their notification arrived: it proves little")
	}
}
