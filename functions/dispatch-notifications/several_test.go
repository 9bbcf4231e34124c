package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mentorpause/local/mailserver"
	"mentorpause/shared/database"
)

// together puts one notification about paused mentors into the outbox, as pausing them at
// once does.
func (b *bundle) together(t testing.TB, mentors ...string) string {
	t.Helper()
	return value[string](t, b, `
		with paused as (
			insert into public.pause_records (mentor_id, status, pause_reason, paused_at)
			select m, 'paused', 'Hemmelig sykdom', clock_timestamp() from unnest($1::uuid[]) m returning id, mentor_id, version
		), made as (
			insert into public.notifications (audience, kind) values ('coordinator', 'several_paused') returning id
		), members as (
			insert into private.notification_mentors (notification_id, mentor_id, pause_record_id, record_version)
			select made.id, p.mentor_id, p.id, p.version from made cross join paused p
		)
		select id::text from made`, mentors)
}

// only leaves the notification alone in the outbox.
func (b *bundle) only(t testing.TB, notification string) {
	t.Helper()
	b.exec(t, "update public.notifications set state = 'settled' where id <> $1 and state = 'pending'", notification)
}

func (b *bundle) body(t testing.TB, person string) string {
	t.Helper()
	return value[string](t, b, "select coalesce(string_agg(body, E'\n---\n' order by id), '') from public.notification_inbox where recipient_id = $1", person)
}

func TestSeveralAreToldInOneMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t)
	kari, per, anne := b.person(t, "Kari", "coordinator"), b.person(t, "Per", "coordinator"), b.person(t, "Anne", "administrator")
	var mentors []string
	for n := range 20 {
		mentors = append(mentors, b.person(t, fmt.Sprintf("Likeperson %02d", n), "mentor"))
		switch {
		case n < 3:
			b.assign(t, mentors[n], kari)
		case n < 19:
			b.assign(t, mentors[n], per)
		}
	}
	notification := b.together(t, mentors...)
	b.only(t, notification)

	b.dispatch(t, server, summary{Claimed: 1, Delivered: 1})
	b.dispatch(t, server, summary{})
	want(t, "Kari", b.inbox(t, kari), []string{"3 likepersoner er satt på pause"})
	want(t, "Kari's names", strings.Count(b.body(t, kari), "– Likeperson 0"), 3)
	want(t, "Per", b.inbox(t, per), []string{"16 likepersoner er satt på pause"})
	want(t, "Per's names", strings.Contains(b.body(t, per), "– Likeperson 14\n– og 4 andre"), true)
	want(t, "the administrator, of the one without a coordinator", b.inbox(t, anne), []string{"Likeperson 19 er satt på pause"})
	want(t, "e-mails", len(server.Messages()), 3)
	want(t, "attempts", slices.Sorted(slices.Values(b.ledger(t, notification))), []string{
		"email delivered administrator Anne: no active coordinator is assigned",
		"email delivered coordinator Kari: assigned to the mentor",
		"email delivered coordinator Per: assigned to the mentor",
		"inbox delivered administrator Anne: no active coordinator is assigned",
		"inbox delivered coordinator Kari: assigned to the mentor",
		"inbox delivered coordinator Per: assigned to the mentor"})
	want(t, "mentors by attempt", value[int](t, b, "select count(*)::int from private.attempt_mentors"), 2*20)
	if everything := b.log.String() + b.body(t, kari) + fmt.Sprint(server.Messages()); strings.Contains(everything, "sykdom") {
		t.Errorf("the reason is told: %s", everything)
	}

	t.Run("the mentor's page has it", func(t *testing.T) {
		reply, err := b.api.MentorPage(t.Context(), claims(t, kari), database.MentorPageArguments{MentorID: mentors[0]})
		if err != nil {
			t.Fatal(err)
		}
		page := string(reply.Body)
		if strings.Count(page, `"kind":"several_paused"`) != 2 || strings.Count(page, `"recipient_name":"Kari"`) != 2 {
			t.Errorf("page %s", page)
		}
	})
	t.Run("an erasure takes out one line", func(t *testing.T) {
		before := strings.Split(b.body(t, per), "\n")
		b.exec(t, "delete from auth.users where id = $1", mentors[4])
		after := strings.Split(b.body(t, per), "\n")
		at := slices.Index(before, "– Likeperson 04")
		before[at] = "– Slettet person"
		want(t, "the body", after, before)
		want(t, "the other's", strings.Contains(b.body(t, kari), "Slettet"), false)
		// One of those who are only counted.
		b.exec(t, "delete from auth.users where id = $1", mentors[18])
		want(t, "the body", strings.Split(b.body(t, per), "\n"), before)
	})
	t.Run("an erasure takes out a text that is about one alone", func(t *testing.T) {
		b.exec(t, "delete from auth.users where id = $1", mentors[19])
		want(t, "title", b.inbox(t, anne), []string{"Slettet person"})
		want(t, "body", b.body(t, anne), "")
	})
}

func TestSeveralSayWhatIsTrue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	kari := b.person(t, "Kari", "coordinator")
	var mentors []string
	for n := range 4 {
		mentors = append(mentors, b.person(t, fmt.Sprintf("Likeperson %d", n), "mentor"))
		b.assign(t, mentors[n], kari)
	}
	b.only(t, b.together(t, mentors...))
	b.exec(t, "update public.pause_records set status = 'active' where mentor_id = $1", mentors[0])
	b.exec(t, "update public.pause_records set expected_return_date = current_date + 60 where mentor_id = $1", mentors[1])
	b.exec(t, "delete from auth.users where id = $1", mentors[2])
	b.exec(t, "update public.notifications set state = 'settled' where mentor_id is not null")
	b.dispatch(t, nil, summary{Claimed: 1, Delivered: 1})
	want(t, "title", b.inbox(t, kari), []string{"2 likepersoner er satt på pause"})
	if body := b.body(t, kari); strings.Contains(body, "Likeperson 0") || strings.Contains(body, "Likeperson 2") ||
		!strings.Contains(body, "– Likeperson 1 (ventes tilbake ") || !strings.Contains(body, "– Likeperson 3 (ingen returdato)") {
		t.Error(body)
	}

	returned := b.together(t, b.person(t, "Siri", "mentor"))
	b.exec(t, "update public.pause_records set status = 'active' where status = 'paused'")
	b.only(t, returned)
	b.dispatch(t, nil, summary{Claimed: 1})
	want(t, "all are back", b.state(t, returned), "settled")
}

func TestWhoeverHasNobodyIsCountedAlone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	kari, per := b.person(t, "Kari", "coordinator"), b.person(t, "Per", "coordinator")
	one, other, lone := b.person(t, "En", "mentor"), b.person(t, "To", "mentor"), b.person(t, "Alene", "mentor")
	b.assign(t, one, kari)
	b.assign(t, other, per)
	notification := b.together(t, one, other, lone)
	b.only(t, notification)
	b.dispatch(t, nil, summary{Claimed: 1, Delivered: 1})
	want(t, "state", b.state(t, notification), "delivered")
	b.dispatch(t, nil, summary{Claimed: 1, Undeliverable: 1})
	want(t, "undeliverable", value[[]string](t, b,
		"select array_agg(kind || ' ' || mentor_id) from public.notifications where state = 'undeliverable'"),
		[]string{"mentor_paused " + lone})
	want(t, "counted", value[int](t, b, "select private.undelivered_count(array[$1::uuid])::int", b.chapter), 1)

	// Nobody at all: nothing is left of the notification itself.
	all := b.together(t, b.person(t, "Anne", "mentor"), b.person(t, "Eva", "mentor"))
	b.only(t, all)
	b.dispatch(t, nil, summary{Claimed: 1})
	want(t, "state", b.state(t, all), "settled")
	b.dispatch(t, nil, summary{Claimed: 2, Undeliverable: 2})
	want(t, "counted", value[int](t, b, "select private.undelivered_count(array[$1::uuid])::int", b.chapter), 3)
}

func TestSeveralCrossAnErasureAndAHandOver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	kari, per := b.person(t, "Kari", "coordinator"), b.person(t, "Per", "coordinator")
	one, other := b.person(t, "Hemmelig", "mentor"), b.person(t, "To", "mentor")
	b.assign(t, one, kari)
	b.assign(t, other, per)
	notification := b.together(t, one, other)
	b.only(t, notification)
	r := newRun(b.dispatcher(t, nil), time.Now(), time.Now().Add(time.Minute))
	c, err := r.claim(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	prepared, _ := r.prepare(c.Today, c.Notifications[0])
	b.exec(t, "delete from auth.users where id = $1", one)
	b.exec(t, "delete from auth.users where id = $1", per)
	b.assign(t, other, kari)
	if _, err := r.record(t.Context(), c.Claim, prepared); err != nil {
		t.Fatal(err)
	}
	want(t, "the name of the erased", b.inbox(t, kari), []string{})
	want(t, "state", b.state(t, notification), "pending")
	b.wait(time.Minute)
	b.dispatch(t, nil, summary{Claimed: 1, Delivered: 1})
	want(t, "who is there instead", b.inbox(t, kari), []string{"To er satt på pause"})
}

func TestSeveralMailedAgainAreNoOthers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t)
	kari := b.person(t, "Kari", "coordinator")
	one, other := b.person(t, "En", "mentor"), b.person(t, "To", "mentor")
	b.assign(t, one, kari)
	b.assign(t, other, kari)
	notification := b.together(t, one, other)
	b.only(t, notification)
	server.OnRcpt(func(string) error { return mailserver.Refuse(450, 4, 2, 0, "Busy") })
	b.dispatch(t, server, summary{Claimed: 1, Retrying: 1})
	// Nobody looks after one of them any more; but they have been told.
	b.unassign(t, one, kari)
	server.OnRcpt(nil)
	b.wait(5 * time.Minute)
	b.dispatch(t, server, summary{Claimed: 1, Delivered: 1})
	want(t, "state", b.state(t, notification), "delivered")
	want(t, "inbox", b.inbox(t, kari), []string{"2 likepersoner er satt på pause"})
	want(t, "others", value[int](t, b, "select count(*)::int from public.notifications where state = 'pending'"), 0)
}
