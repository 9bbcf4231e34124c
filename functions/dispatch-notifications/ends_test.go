package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"mentorpause/local/mailserver"
	"mentorpause/shared/database"
)

// untilItEnds dispatches, and lets the time pass, until the notification has ended.
func (b *bundle) untilItEnds(t testing.TB, server *mailserver.Server, notification string) (runs int) {
	t.Helper()
	began := b.clock()
	d := b.dispatcher(t, server)
	for b.state(t, notification) == "pending" {
		if b.clock().Sub(began) > 48*time.Hour {
			t.Fatal("it is pending after two days")
		}
		runs++
		_, _ = d.run(t.Context()) // an error is in the log
		b.wait(10 * time.Minute)
	}
	return runs
}

// One notification that can't be written, recorded or read never keeps the others from
// arriving, and ends.
func TestOneBadRow(t *testing.T) {
	t.Parallel()
	t.Run("a date that can't be parsed", func(t *testing.T) {
		t.Parallel()
		for name, date := range map[string]string{"infinity": "infinity", "a year of five digits": "20206-01-01", "before Christ": "0044-03-15 BC"} {
			b := setup(t)
			mentor, kari := b.pair(t)
			anne := b.person(t, "Anne", "administrator")
			before := b.notify(t, mentor)
			bad := b.notify(t, mentor)
			after := b.notify(t, mentor)
			b.exec(t, "alter table public.notifications drop constraint notifications_reference_on_possible") // as if it had come in before
			b.exec(t, "update public.notifications set reference_on = $2::date where id = $1", bad, date)
			b.dispatch(t, nil, summary{Claimed: 3, Delivered: 2, Undeliverable: 1})
			b.wait(time.Hour)
			b.dispatch(t, nil, summary{})
			want(t, name, []string{b.state(t, before), b.state(t, bad), b.state(t, after)}, []string{"delivered", "undeliverable", "delivered"})
			want(t, name+": inbox", len(b.inbox(t, kari)), 2)
			if ledger := b.ledger(t, bad); len(ledger) != 1 || !strings.HasPrefix(ledger[0], "inbox failed: it could not be written: ") {
				t.Errorf("%s: ledger %q", name, ledger)
			}
			want(t, name+": the dashboard", undelivered(t, b, anne), 1)
			mentorStory{bundle: b}.night(t)
			want(t, name+": after the night", b.state(t, bad), "undeliverable")
		}
	})
	t.Run("a kind that is newer than the function is waited for, a day", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		mentor, kari := b.pair(t)
		bad, good := b.notify(t, mentor), b.notify(t, mentor)
		b.exec(t, "alter table public.notifications drop constraint notifications_kind_known")
		b.exec(t, "update public.notifications set kind = 'moon_landing' where id = $1", bad)
		b.dispatch(t, nil, summary{Claimed: 2, Delivered: 1})
		want(t, "the other", b.state(t, good), "delivered")
		if runs := b.untilItEnds(t, nil, bad); runs < 20 {
			t.Errorf("it ended after %d runs", runs)
		}
		want(t, "state", b.state(t, bad), "undeliverable")
		want(t, "ledger", b.ledger(t, bad), []string{"inbox failed: given up: it was claimed too often without an outcome being recorded"})
		want(t, "inbox", len(b.inbox(t, kari)), 1)
	})
	t.Run("a text that the database refuses", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		mentor, kari := b.pair(t)
		other := b.person(t, "Ola", "mentor")
		b.assign(t, other, kari)
		bad, good := b.notify(t, mentor), b.notify(t, other)
		b.exec(t, "alter table public.notification_inbox add constraint notification_inbox_no_aase check (title !~ 'Åse')")
		b.dispatch(t, nil, summary{Claimed: 2, Delivered: 1})
		want(t, "the other", b.state(t, good), "delivered")
		b.untilItEnds(t, nil, bad)
		want(t, "state", b.state(t, bad), "undeliverable")
		want(t, "inbox", b.inbox(t, kari), []string{"Ola er aktiv igjen"})
	})
	t.Run("an e-mail whose outcome the database refuses is repeated for a day, and the others go out", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		server := startServer(t)
		mentor, kari := b.pair(t)
		other, per := b.person(t, "Ola", "mentor"), b.person(t, "Per", "coordinator")
		b.assign(t, other, per)
		bad, good := b.notify(t, mentor), b.notify(t, other)
		b.exec(t, fmt.Sprintf("alter table public.notification_attempts add constraint not_kari check (channel <> 'email' or recipient_id <> '%s')", kari))
		b.dispatch(t, server, summary{Claimed: 2, Delivered: 1})
		want(t, "the other", b.state(t, good), "delivered")
		b.exec(t, "alter table public.notification_attempts drop constraint not_kari")
		b.exec(t, "alter table public.notification_attempts add constraint no_email check (channel <> 'email') not valid")
		b.untilItEnds(t, server, bad)
		want(t, "state", b.state(t, bad), "delivered") // it lies in the inbox
		if n := len(server.Messages()); n > 25 {
			t.Errorf("%d e-mails", n)
		}
	})
}

// When nothing can be recorded at all, the run fails, and nothing is given up within the day
// that it takes somebody to notice.
func TestNothingCanBeRecorded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mentor, kari := b.pair(t)
	notification := b.notify(t, mentor)
	b.exec(t, "alter table public.notification_inbox add constraint broken check (false)")
	began := b.clock()
	d := b.dispatcher(t, nil)
	for b.clock().Sub(began) < 24*time.Hour {
		if _, err := d.run(t.Context()); err == nil && b.clock() == began {
			t.Error("the run ended well")
		}
		b.wait(20 * time.Minute)
	}
	want(t, "after a day", b.state(t, notification), "pending")
	b.exec(t, "alter table public.notification_inbox drop constraint broken")
	b.wait(4 * time.Hour)
	b.dispatch(t, nil, summary{Claimed: 1, Delivered: 1})
	want(t, "the inbox", len(b.inbox(t, kari)), 1)
}

// A recipient whom the claim names and the record refuses, as of old an erased coordinator with a
// membership, comes to an end.
func TestErasedWithAMembership(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mentor, kari := b.pair(t)
	b.exec(t, "insert into public.erasures (person_id) values ($1)", kari)
	first := b.notify(t, mentor)
	b.dispatch(t, nil, summary{Claimed: 1, Undeliverable: 1})
	want(t, "nobody else is there", b.ledger(t, first), []string{
		"inbox no_recipient: no active coordinator is assigned, and neither the chapter nor the organisation has an active administrator"})
	anne := b.person(t, "Anne", "administrator")
	b.notify(t, mentor)
	b.dispatch(t, nil, summary{Claimed: 1, Delivered: 1})
	want(t, "the administrator", len(b.inbox(t, anne)), 1)
	want(t, "the erased", len(b.inbox(t, kari)), 0)
}

// Whatever else two functions may judge differently, it does not go on for ever: the record
// puts off a notification with a recipient and without an inbox so many times.
func TestPutOffNotForEver(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mentor, _ := b.pair(t)
	notification := b.notify(t, mentor)
	d := b.dispatcher(t, nil)
	rounds := 0
	for ; b.state(t, notification) == "pending" && rounds < 100; rounds++ {
		r := newRun(d, time.Now(), time.Now().Add(time.Minute))
		c, err := r.claim(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Notifications) == 1 {
			if _, err := r.record(t.Context(), c.Claim, record{Finished: []string{notification}}); err != nil {
				t.Fatal(err)
			}
		}
		b.wait(5 * time.Hour)
	}
	want(t, "rounds", rounds, 23)
	want(t, "state", b.state(t, notification), "undeliverable")
}

func undelivered(t testing.TB, b *bundle, administrator string) int {
	t.Helper()
	reply, err := b.api.CoordinatorRoster(t.Context(), claims(t, administrator), database.CoordinatorRosterArguments{})
	if err != nil {
		t.Fatal(err)
	}
	var roster struct {
		Summary struct {
			Undelivered int `json:"undelivered_notifications"`
		}
	}
	if err := json.Unmarshal(reply.Body, &roster); err != nil {
		t.Fatal(err)
	}
	return roster.Summary.Undelivered
}

// The age of the oldest pending one is a metric, in the minutes without anything to do too.
func TestBacklogIsMeasured(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t)
	server.Down()
	mentor, _ := b.pair(t)
	b.dispatch(t, server, summary{})
	if log := b.log.String(); log != "" {
		t.Errorf("with nothing to do: %s", log)
	}
	last := func() (pending, oldest, unreceived int) {
		t.Helper()
		lines := strings.Split(strings.TrimSpace(b.log.String()), "\n")
		var line struct {
			Pending    *int
			Oldest     *int `json:"oldest_pending_seconds"`
			Unreceived *int `json:"oldest_unreceived_seconds"`
		}
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil || line.Pending == nil || line.Oldest == nil || line.Unreceived == nil {
			t.Fatalf("%v: %s", err, lines[len(lines)-1])
		}
		return *line.Pending, *line.Oldest, *line.Unreceived
	}
	notification := b.notify(t, mentor)
	b.exec(t, "update public.notifications set created_at = $2 where id = $1", notification, b.clock())
	b.dispatch(t, server, summary{Claimed: 1, Retrying: 1}) // in the inbox, and the e-mail is tried again
	b.wait(10 * time.Second)
	b.dispatch(t, server, summary{})
	pending, oldest, unreceived := last()
	want(t, "waiting for its e-mail", []int{pending, oldest, unreceived}, []int{1, 10, 0})
	b.exec(t, "update public.notifications set claims = 5, due_at = 'infinity'")
	stuck := b.notify(t, mentor)
	b.exec(t, "update public.notifications set created_at = $2, due_at = 'infinity' where id = $1", stuck, b.clock().Add(-time.Hour))
	b.dispatch(t, server, summary{})
	pending, oldest, unreceived = last()
	want(t, "stuck", []int{pending, oldest, unreceived}, []int{2, 3600, 3600})
}

func TestEmailGoesToConfirmedAddressesOfUsersWhoAreNotBanned(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ change, reason, fix string }{
		"unconfirmed":     {"email_confirmed_at = null", "the address is not confirmed", "This person confirms"},
		"banned":          {"banned_until = now() + interval '1 year'", "the user is banned", "Lift the ban"},
		"banned for good": {"banned_until = 'infinity'", "the user is banned", "Lift the ban"},
		"ban is over":     {"banned_until = now() - interval '1 hour'", "", ""},
		"no address":      {"email = null", "the user has no e-mail address", "Give this person"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			server := startServer(t)
			mentor, kari := b.pair(t)
			b.exec(t, "update auth.users set "+c.change+" where id = $1", kari)
			notification := b.notify(t, mentor)
			b.dispatch(t, server, summary{Claimed: 1, Delivered: 1})
			want(t, "inbox", len(b.inbox(t, kari)), 1)
			if c.reason == "" {
				want(t, "e-mails", len(server.Messages()), 1)
				return
			}
			want(t, "e-mails", len(server.Messages()), 0)
			want(t, "ledger", b.ledger(t, notification)[1], "email failed coordinator Kari: "+c.reason)
			if fix := value[string](t, b, "select to_fix from public.undelivered_notifications"); !strings.HasPrefix(fix, c.fix) {
				t.Errorf("to fix: %s", fix)
			}
			want(t, "remembered", value[int](t, b, "select count(*) from private.refused_addresses"), 0)
		})
	}
}

// several are a mentor each with a coordinator of their own, so that the e-mails go to different
// addresses in the order of the notifications.
func (b *bundle) several(t testing.TB, count int) (coordinators, notifications []string) {
	t.Helper()
	for range count {
		mentor, coordinator := b.pair(t)
		coordinators = append(coordinators, coordinator)
		notifications = append(notifications, b.notify(t, mentor))
	}
	return coordinators, notifications
}

func remembered(t testing.TB, b *bundle) []string {
	t.Helper()
	return value[[]string](t, b, "select coalesce(array_agg(person_id::text order by person_id), '{}') from private.refused_addresses")
}

func TestServerThatRefusesEverybody(t *testing.T) {
	t.Parallel()
	unknown := mailserver.Refuse(550, 5, 1, 1, "User unknown")
	t.Run("several in a row are the server's trouble, and tried again", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		server := startServer(t)
		server.OnRcpt(func(string) error { return unknown })
		_, notifications := b.several(t, 5)
		b.dispatch(t, server, summary{Claimed: 5, Retrying: 5})
		want(t, "remembered", remembered(t, b), []string{})
		for _, n := range notifications {
			if ledger := b.ledger(t, n); strings.Contains(ledger[1], "the address was refused") {
				t.Errorf("ledger %q", ledger)
			}
		}
		server.OnRcpt(nil)
		b.wait(5 * time.Minute)
		b.dispatch(t, server, summary{Claimed: 5, Delivered: 5})
		want(t, "e-mails", len(server.Messages()), 5)
	})
	t.Run("two are two addresses", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		server := startServer(t)
		server.OnRcpt(func(string) error { return unknown })
		coordinators, _ := b.several(t, 2)
		b.dispatch(t, server, summary{Claimed: 2, Delivered: 2})
		slices.Sort(coordinators)
		want(t, "remembered", remembered(t, b), coordinators)
	})
	t.Run("those between others that are accepted are addresses", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		server := startServer(t)
		coordinators, notifications := b.several(t, 9)
		var wrong []string
		for n, coordinator := range coordinators {
			if n%3 != 2 { // two, one that is accepted, two …
				wrong = append(wrong, coordinator)
			}
		}
		server.OnRcpt(func(to string) error {
			if slices.Contains(wrong, strings.TrimSuffix(to, "@people.test")) {
				return unknown
			}
			return nil
		})
		b.dispatch(t, server, summary{Claimed: 9, Delivered: 9})
		slices.Sort(wrong)
		want(t, "remembered", remembered(t, b), wrong)
		want(t, "ledger", b.ledger(t, notifications[0])[1],
			`email failed coordinator Kari: sending SMTP RCPT TO command: 550 "5.1.1 User unknown"; the address was refused`)
	})
	t.Run("the same address, refused again and again, is one", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		server := startServer(t)
		asked := 0
		server.OnRcpt(func(string) error { asked++; return unknown })
		mentor, kari := b.pair(t)
		for range 5 {
			b.notify(t, mentor)
		}
		b.dispatch(t, server, summary{Claimed: 5, Delivered: 5})
		want(t, "remembered", remembered(t, b), []string{kari})
		want(t, "asked", asked, 1)
	})
	t.Run("what it says of us is tried again", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		server := startServer(t)
		server.OnRcpt(func(string) error { return mailserver.Refuse(550, -1, -1, -1, "relay not permitted") })
		b.several(t, 1)
		b.dispatch(t, server, summary{Claimed: 1, Retrying: 1})
		want(t, "remembered", remembered(t, b), []string{})
	})
	t.Run("over several batches", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		server := startServer(t)
		server.OnRcpt(func(string) error { return unknown })
		b.several(t, 4)
		d := b.dispatcher(t, server)
		d.batch = 1
		if _, err := d.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		want(t, "remembered", remembered(t, b), []string{})
		want(t, "pending", value[int](t, b, "select count(*) from public.notifications where state = 'pending' and claim is null"), 4)
	})
	t.Run("an e-mail with two recipients, one refused", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		server := startServer(t)
		mentor, kari := b.pair(t)
		per := b.person(t, "Per", "coordinator")
		b.assign(t, mentor, per)
		server.OnRcpt(func(to string) error {
			if to == address(kari) {
				return unknown
			}
			return nil
		})
		notification := b.notify(t, mentor)
		b.dispatch(t, server, summary{Claimed: 1, Delivered: 1})
		want(t, "remembered", remembered(t, b), []string{kari})
		want(t, "attempts", len(b.ledger(t, notification)), 4)
	})
}
