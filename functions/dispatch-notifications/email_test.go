package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mentorpause/local/mailserver"
)

func startServer(t testing.TB) *mailserver.Server {
	t.Helper()
	return mailserver.Start(t, mailserver.Options{Security: mailserver.STARTTLS})
}

// pair is a mentor with one coordinator, who wants no digest: any night may be the first of
// its week, and make one.
func (b *bundle) pair(t testing.TB) (mentor, coordinator string) {
	t.Helper()
	mentor, coordinator = b.person(t, "Åse", "mentor"), b.person(t, "Kari", "coordinator")
	b.assign(t, mentor, coordinator)
	b.exec(t, "insert into private.digest_refusals (person_id) values ($1)", coordinator)
	return mentor, coordinator
}

func TestEmailAccepted(t *testing.T) {
	t.Parallel()
	for name, security := range map[string]mailserver.Security{"STARTTLS": mailserver.STARTTLS, "TLS only": mailserver.TLS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			server := mailserver.Start(t, mailserver.Options{Security: security})
			mentor, kari := b.pair(t)
			first, second := b.notify(t, mentor), b.notify(t, mentor)
			b.dispatch(t, server, summary{Claimed: 2, Delivered: 2})
			b.dispatch(t, server, summary{})
			want(t, "connections", server.Connections(), 1)
			messages := server.Messages()
			want(t, "e-mails", len(messages), 2)
			want(t, "to", messages[0].To, address(kari))
			want(t, "message id", messages[0].ID, "<"+emailID(first, kari)+"@mentorpause.test>")
			want(t, "ledger", b.ledger(t, second), []string{
				"inbox delivered coordinator Kari: assigned to the mentor", "email delivered coordinator Kari: assigned to the mentor"})
		})
	}
}

func TestEmailRefusedForNow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t)
	mentor, kari := b.pair(t)
	per := b.person(t, "Per", "coordinator")
	b.assign(t, mentor, per)
	server.OnRcpt(func(to string) error {
		if to == address(kari) {
			return mailserver.Refuse(451, 4, 7, 1, "Greylisted <"+to+">, try again later")
		}
		return nil
	})
	notification := b.notify(t, mentor)
	b.dispatch(t, server, summary{Claimed: 1, Retrying: 1})
	want(t, "state", b.state(t, notification), "pending")
	want(t, "inbox", len(b.inbox(t, kari)), 1) // does not wait for the e-mail
	if ledger := strings.Join(b.ledger(t, notification), "\n"); !strings.Contains(ledger, "451") || strings.Contains(ledger, "@") {
		t.Errorf("ledger %s", ledger)
	}
	b.dispatch(t, server, summary{}) // not before its time
	server.OnRcpt(nil)
	b.wait(2 * time.Minute)
	b.dispatch(t, server, summary{Claimed: 1, Delivered: 1})
	b.wait(24 * time.Hour)
	b.dispatch(t, server, summary{})
	var to []string
	for _, m := range server.Messages() {
		to = append(to, m.To)
	}
	if diff := cmp.Diff([]string{address(per), address(kari)}, to); diff != "" {
		t.Errorf("e-mails, each once:\n%s", diff)
	}
	want(t, "inboxes", len(b.inbox(t, kari))+len(b.inbox(t, per)), 2)
}

func TestEmailRefusedForGood(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t)
	mentor, kari := b.pair(t)
	tries := 0
	server.OnRcpt(func(to string) error {
		if to == address(kari) {
			tries++
			return mailserver.Refuse(550, 5, 1, 1, "No such user")
		}
		return nil
	})
	first := b.notify(t, mentor)
	b.dispatch(t, server, summary{Claimed: 1, Delivered: 1}) // by the inbox
	want(t, "ledger", b.ledger(t, first), []string{
		"inbox delivered coordinator Kari: assigned to the mentor",
		`email failed coordinator Kari: sending SMTP RCPT TO command: 550 "5.1.1 No such user"; the address was refused`})

	second := b.notify(t, mentor)
	b.wait(time.Minute)
	b.dispatch(t, server, summary{Claimed: 1, Delivered: 1})
	want(t, "ledger of the next", b.ledger(t, second)[1],
		"email failed coordinator Kari: the address was refused before, and nothing is sent there until it changes")
	want(t, "tries", tries, 1)
	shown := func() []string {
		t.Helper()
		return value[[]string](t, b, `select coalesce(array_agg(mentor_name || ', ' || kind || ', ' || recipient_name || ': ' || to_fix), '{}')
			from public.undelivered_notifications`)
	}
	want(t, "the administrators' view, one line a person", shown(), []string{
		"Åse, mentor_reactivated, Kari: Correct this person's e-mail address in Supabase Auth: the next e-mail goes to the new one. If it is right, take it off the list by allow_address. Meanwhile it is in the inbox."})

	b.exec(t, "update auth.users set email = 'kari.new@people.test' where id = $1", kari)
	b.notify(t, mentor)
	b.wait(time.Minute)
	b.dispatch(t, server, summary{Claimed: 1, Delivered: 1})
	want(t, "e-mails to the new address", server.Messages()[0].To, "kari.new@people.test")
	want(t, "the view", shown(), []string{})
	want(t, "remembered addresses", value[int](t, b, "select count(*) from private.refused_addresses"), 0)

	b.exec(t, "update auth.users set email = null where id = $1", kari)
	last := b.notify(t, mentor)
	b.wait(time.Minute)
	b.dispatch(t, server, summary{Claimed: 1, Delivered: 1})
	want(t, "without an address", b.ledger(t, last)[1], "email failed coordinator Kari: the user has no e-mail address")
}

func TestEmailServerDownForAnHour(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t)
	server.Down()
	mentor, kari := b.pair(t)
	notifications := make([]string, 20)
	for n := range notifications {
		notifications[n] = b.notify(t, mentor)
	}
	b.dispatch(t, server, summary{Claimed: 20, Retrying: 20})
	want(t, "inbox", len(b.inbox(t, kari)), 20)
	until := b.clock().Add(time.Hour)
	d := b.dispatcher(t, server)
	for b.clock().Before(until) {
		b.wait(time.Minute)
		if _, err := d.run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	most := value[int](t, b, "select max(number) from public.notification_attempts where channel = 'email'")
	if most < 5 || most > 8 {
		t.Errorf("%d tries in an hour, want about 6", most)
	}
	server.Up()
	b.wait(90 * time.Minute) // beyond the longest wait that can be under way
	b.dispatch(t, server, summary{Claimed: 20, Delivered: 20})
	ids := map[string]int{}
	for _, m := range server.Messages() {
		ids[m.ID]++
	}
	want(t, "e-mails", len(server.Messages()), 20)
	want(t, "of them different", len(ids), 20)
	want(t, "inbox", len(b.inbox(t, kari)), 20)
}

func TestEmailGivenUp(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t)
	server.OnRcpt(func(string) error { return mailserver.Refuse(450, 4, 2, 0, "Busy") })
	mentor, _ := b.pair(t)
	notification := b.notify(t, mentor)
	began := b.clock()
	d := b.dispatcher(t, server)
	for b.state(t, notification) == "pending" {
		if b.clock().Sub(began) > 48*time.Hour {
			t.Fatal("it is never given up")
		}
		if _, err := d.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.wait(30 * time.Minute)
	}
	if took := b.clock().Sub(began); took < 20*time.Hour {
		t.Errorf("given up after %v", took)
	}
	want(t, "state", b.state(t, notification), "delivered") // it is in the inbox
	ledger := b.ledger(t, notification)
	want(t, "attempts", len(ledger), 1+15)
	if last := ledger[len(ledger)-1]; !strings.HasSuffix(last, "; given up after 15 tries") {
		t.Errorf("the last says %q", last)
	}
}

func TestEmailDroppedInTheMiddle(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t)
	mentor, _ := b.pair(t)
	notification := b.notify(t, mentor)
	server.OnData(func(m mailserver.Message, hangUp func()) error {
		hangUp()
		return mailserver.ErrHungUp
	})
	b.dispatch(t, server, summary{Claimed: 1, Retrying: 1})
	server.OnData(nil)
	b.wait(2 * time.Minute)
	b.dispatch(t, server, summary{Claimed: 1, Delivered: 1})
	want(t, "e-mails", len(server.Messages()), 1)
	want(t, "attempts", len(b.ledger(t, notification)), 3)
}

func TestEmailNotTheirsAnyMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t)
	server.Down()
	mentor, kari := b.pair(t)
	notification := b.notify(t, mentor)
	b.dispatch(t, server, summary{Claimed: 1, Retrying: 1})
	b.unassign(t, mentor, kari)
	per := b.person(t, "Per", "coordinator")
	b.assign(t, mentor, per)
	server.Up()
	b.wait(2 * time.Minute)
	b.dispatch(t, server, summary{Claimed: 1, Delivered: 1})
	want(t, "e-mails", len(server.Messages()), 1)
	want(t, "to", server.Messages()[0].To, address(per))
	ledger := b.ledger(t, notification)
	want(t, "attempts", len(ledger), 5)
	want(t, "the last", ledger[4], "email failed coordinator Kari: no longer a recipient when it was to be tried again")
}

func TestEmailSwitchedOff(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t)
	server.Down()
	mentor, _ := b.pair(t)
	notification := b.notify(t, mentor)
	b.dispatch(t, server, summary{Claimed: 1, Retrying: 1})
	b.wait(2 * time.Minute)
	b.dispatch(t, nil, summary{Claimed: 1, Delivered: 1})
	want(t, "the last attempt", b.ledger(t, notification)[2], "email failed coordinator Kari: e-mail is not configured any more")
}

// A slow server costs the function time and nothing else: whatever it has no time
// for is released at once.
func TestEmailSlow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t)
	server.OnData(func(mailserver.Message, func()) error { time.Sleep(400 * time.Millisecond); return nil })
	mentor, kari := b.pair(t)
	const all = 12
	for range all {
		b.notify(t, mentor)
	}
	d := b.dispatcher(t, server)
	began := time.Now()
	r := newRun(d, began, began.Add(8*time.Second))
	mailings, more, err := r.dispatchBatch(t.Context())
	if err != nil || more {
		t.Fatalf("more %t, %v", more, err)
	}
	r.stopSending = time.Now().Add(1500 * time.Millisecond)
	if inTime, err := r.send(t.Context(), mailings); err != nil || inTime {
		t.Fatalf("in time %t, %v", inTime, err)
	}
	r.session.Close()
	sent := len(server.Messages())
	if sent == 0 || sent >= all || r.total.Delivered != sent {
		t.Errorf("%d e-mails in time, %d delivered", sent, r.total.Delivered)
	}
	want(t, "inbox, at once", len(b.inbox(t, kari)), all)
	server.OnData(nil)
	b.dispatch(t, server, summary{Claimed: all - sent, Delivered: all - sent}) // without waiting for the lease
	want(t, "e-mails", len(server.Messages()), all)
}
