package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mentorpause/local/testdb"
	"mentorpause/shared/database"
)

func claims(t testing.TB, user string) []byte {
	t.Helper()
	encoded, err := json.Marshal(testdb.User(user))
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func (b *bundle) pause(t testing.TB, coordinator, mentor string) {
	t.Helper()
	returns := time.Now().AddDate(0, 2, 0).Format(time.DateOnly)
	_, err := b.api.PauseMentor(t.Context(), claims(t, coordinator), database.PauseMentorArguments{
		MentorID: mentor, PauseReason: "Hemmelig sykdom", ExpectedReturnDate: &returns, RequestID: uuid.NewString()})
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestEachIsTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mentor := b.person(t, "Åse Ødegård", "mentor")
	kari, per := b.person(t, "Kari", "coordinator"), b.person(t, "Per", "coordinator")
	b.exec(t, "update public.profiles set locale = 'nn' where id = $1", per)
	b.assign(t, mentor, kari)
	b.assign(t, mentor, per)
	b.pause(t, kari, mentor) // the one who acted is told too

	b.dispatch(t, nil, summary{Claimed: 2, Delivered: 2})
	b.dispatch(t, nil, summary{})
	want(t, "inbox of one coordinator", b.inbox(t, kari), []string{"Åse Ødegård er satt på pause"})
	want(t, "inbox of the other, in nynorsk", b.inbox(t, per), []string{"Åse Ødegård er sett på pause"})
	want(t, "inbox of the mentor", b.inbox(t, mentor), []string{"Åse Ødegård, du er satt på pause som likeperson"})
	notification := value[string](t, b, "select id::text from public.notifications where audience = 'coordinator'")
	ledger := b.ledger(t, notification)
	if len(ledger) != 2 || !strings.HasPrefix(ledger[0], "inbox delivered coordinator ") ||
		!strings.HasSuffix(ledger[0], ": assigned to the mentor; e-mail is not configured") {
		t.Errorf("ledger %q", ledger)
	}

	t.Run("the reason is nowhere", func(t *testing.T) {
		everything := b.log.String() + value[string](t, b, `select coalesce(string_agg(t, ' '), '') from (
			select i::text t from public.notification_inbox i union all select a::text from public.notification_attempts a) x`)
		for _, secret := range []string{"sykdom", "Hemmelig"} {
			if strings.Contains(everything, secret) {
				t.Errorf("%q is told: %s", secret, everything)
			}
		}
	})
	t.Run("the log has ids and no names", func(t *testing.T) {
		if log := b.log.String(); strings.Contains(log, "Åse") || strings.Contains(log, "Kari") {
			t.Errorf("log %s", log)
		}
	})
}

func TestRecipientsAreThoseOfTheMoment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mentor := b.person(t, "Åse", "mentor")
	kari, per := b.person(t, "Kari", "coordinator"), b.person(t, "Per", "coordinator")
	anne := b.person(t, "Anne", "administrator")
	b.assign(t, mentor, kari)

	first := b.notify(t, mentor)
	b.unassign(t, mentor, kari)
	b.assign(t, mentor, per)
	b.dispatch(t, nil, summary{Claimed: 1, Delivered: 1})
	want(t, "reassigned", b.ledger(t, first), []string{"inbox delivered coordinator Per: assigned to the mentor; e-mail is not configured"})
	want(t, "the one before", b.inbox(t, kari), []string{})

	second := b.notify(t, mentor)
	b.leave(t, per)
	b.dispatch(t, nil, summary{Claimed: 1, Delivered: 1})
	want(t, "membership ended", b.ledger(t, second),
		[]string{"inbox delivered administrator Anne: no active coordinator is assigned; e-mail is not configured"})
	want(t, "the administrator", b.inbox(t, anne), []string{"Åse er aktiv igjen"})

	third := b.notify(t, mentor)
	b.leave(t, anne)
	b.dispatch(t, nil, summary{Claimed: 1, Undeliverable: 1})
	want(t, "state", b.state(t, third), "undeliverable")
	want(t, "administrator gone", b.ledger(t, third),
		[]string{"inbox no_recipient: no active coordinator is assigned, and neither the chapter nor the organisation has an active administrator"})
	want(t, "logged with the mentor", value[string](t, b,
		"select mentor_id::text from public.notification_attempts where notification_id = $1", third), mentor)

	olav := b.person(t, "Olav", "administrator")
	count := func() (n int) {
		t.Helper()
		reply, err := b.api.CoordinatorRoster(t.Context(), claims(t, olav), database.CoordinatorRosterArguments{})
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
	want(t, "counted in the roster", count(), 1)

	// The nightly run does this once there is a recipient.
	fourth := b.notify(t, mentor)
	b.leave(t, olav)
	b.dispatch(t, nil, summary{Claimed: 1, Undeliverable: 1})
	siri := b.person(t, "Siri", "coordinator")
	b.assign(t, mentor, siri)
	b.exec(t, "update public.notifications set state = 'pending' where id = $1", fourth)
	b.dispatch(t, nil, summary{Claimed: 1, Delivered: 1})
	want(t, "queued again", b.ledger(t, fourth), []string{
		"inbox no_recipient: no active coordinator is assigned, and neither the chapter nor the organisation has an active administrator",
		"inbox delivered coordinator Siri: assigned to the mentor; e-mail is not configured"})

	eva := b.person(t, "Eva", "administrator")
	err := b.As(t, testdb.User(eva), func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "select public.acknowledge_undelivered($1)", third)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	olav = eva
	want(t, "counted, once acknowledged", count(), 0)
}

func TestNothingIsSentForWhatRolledBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t)
	mentor, kari := b.person(t, "Åse", "mentor"), b.person(t, "Kari", "coordinator")
	b.assign(t, mentor, kari)

	for _, commits := range []bool{false, true} {
		conn := b.Connect(t, "authenticator")
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = tx.Exec(t.Context(), "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)", string(claims(t, kari)))
		if err == nil {
			_, err = tx.Exec(t.Context(), "select public.pause_mentor($1, 'Ferie')", mentor)
		}
		if err != nil {
			t.Fatal(err)
		}
		b.dispatch(t, server, summary{}) // invisible before the commit
		if !commits {
			if err := tx.Rollback(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.dispatch(t, server, summary{})
			want(t, "e-mails", len(server.Messages()), 0)
			continue
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.dispatch(t, server, summary{Claimed: 2, Delivered: 2})
		want(t, "e-mails", len(server.Messages()), 2)
	}
}

func TestErasedMeanwhile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mentor, kari, per := b.person(t, "Åse Hemmelig", "mentor"), b.person(t, "Kari", "coordinator"), b.person(t, "Per", "coordinator")
	b.assign(t, mentor, kari)
	notification := b.notify(t, mentor)
	d := b.dispatcher(t, nil)
	r := newRun(d, time.Now(), time.Now().Add(time.Minute))
	c, err := r.claim(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	prepared, _ := r.prepare(c.Today, c.Notifications[0])

	t.Run("the recipient: whoever is there instead gets it", func(t *testing.T) {
		b.assign(t, mentor, per)
		b.exec(t, "delete from auth.users where id = $1", kari)
		if _, err := r.record(t.Context(), c.Claim, prepared); err != nil {
			t.Fatal(err)
		}
		want(t, "inbox of the erased", b.inbox(t, kari), []string{})
		want(t, "state", b.state(t, notification), "pending")
		b.wait(time.Minute)
		b.dispatch(t, nil, summary{Claimed: 1, Delivered: 1})
		want(t, "inbox of the other", len(b.inbox(t, per)), 1)
	})
	t.Run("the mentor: the name is not told any more", func(t *testing.T) {
		second := b.notify(t, mentor)
		c, err := r.claim(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		prepared, _ := r.prepare(c.Today, c.Notifications[0])
		b.exec(t, "delete from auth.users where id = $1", mentor)
		if _, err := r.record(t.Context(), c.Claim, prepared); err != nil {
			t.Fatal(err)
		}
		want(t, "state", b.state(t, second), "settled")
		want(t, "ledger", b.ledger(t, second), []string{})
		want(t, "inbox", b.inbox(t, per), []string{"Slettet person"})
	})
}
