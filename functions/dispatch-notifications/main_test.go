package main

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"mentorpause/shared/config"
	"mentorpause/shared/database"
)

// fromEnvironment makes the dispatcher of a function with these variables.
func fromEnvironment(t *testing.T, variables map[string]string) *dispatcher {
	t.Helper()
	settings, err := config.ReadDispatch(func(name string) string { return variables[name] })
	if err != nil {
		t.Fatal(err)
	}
	db, err := database.Open(database.Settings{URL: settings.DatabaseURL, TimeZone: settings.TimeZone.String(), MaxConnections: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return newDispatcher(db, settings, settings.Logger(io.Discard))
}

func TestFromEnvironment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mentor, kari := b.pair(t)
	b.notify(t, mentor)
	variables := map[string]string{"SUPABASE_DB_URL": b.URL("pause_scheduler"), "LOG_LEVEL": "error"}
	d := fromEnvironment(t, variables)

	// As EventBridge sends it; any other event works too.
	for n, event := range []string{
		`{"version": "0", "id": "x", "detail-type": "Scheduled Event", "source": "aws.events", "time": "2026-11-24T08:00:00Z", "detail": {}}`, `{}`, `null`,
	} {
		answer, err := d.handle(t.Context(), json.RawMessage(event))
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]int
		if err := json.Unmarshal(encoded, &fields); err != nil {
			t.Fatal(err)
		}
		want(t, "fields", slices.Sorted(maps.Keys(fields)), []string{"claimed", "delivered", "duration_ms", "retrying", "undeliverable"})
		if claimed := fields["claimed"]; claimed != 1 && n == 0 || claimed != 0 && n > 0 {
			t.Errorf("event %d: %s", n, encoded)
		}
	}
	want(t, "inbox", len(b.inbox(t, kari)), 1)

	variables["SMTP_URL"], variables["MAIL_FROM"] = "smtps://mail.test", "no-reply@mentorpause.test"
	if d := fromEnvironment(t, variables); d.mailer == nil {
		t.Errorf("with e-mail: %+v", d)
	}
}

func TestTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	d := fromEnvironment(t, map[string]string{"SUPABASE_DB_URL": "postgresql://pause_scheduler:sesame@127.0.0.1:1/postgres"})
	log := &logBuffer{}
	d.log = (&bundle{log: log}).logger()
	// An error of the invocation, so that it counts as one.
	if _, err := d.run(t.Context()); err == nil || strings.Contains(err.Error()+log.String(), "sesame") {
		t.Errorf("got %v, log %s", err, log)
	}
}

// The run stops by itself before its deadline, and its claims outlast one that
// doesn't.
func TestStopsInTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := startServer(t)
	b.crowd(t, 20, 4, 5000)
	d := b.dispatcher(t, server)
	d.batch = 20
	// On a busy machine the first times may be too short for a second batch.
	inboxes, delivered, claimed := 0, 0, 0
	for limit := 3 * time.Second; inboxes <= delivered+claimed && limit < 2*time.Minute; limit *= 2 {
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		got, err := d.run(ctx)
		if err != nil || ctx.Err() != nil {
			t.Fatalf("%+v, %v, %v", got, err, ctx.Err())
		}
		delivered += got.Delivered
		claimed += d.batch
		inboxes = value[int](t, b, "select count(distinct notification_id) from public.notification_inbox")
	}
	if delivered == 0 || delivered == 5000 {
		t.Errorf("%d delivered: it proves little", delivered)
	}
	if inboxes <= delivered+claimed {
		t.Errorf("%d notifications lie in inboxes, %d are delivered: inboxes waited for e-mails", inboxes, delivered)
	}
	if n := value[int](t, b, "select count(*) from public.notifications where claim is not null"); n != 0 {
		t.Errorf("%d are still claimed", n)
	}
	left := value[int](t, b, "select count(*) from public.notifications where state = 'pending' and due_at <= $1", b.clock())
	want(t, "due at once", left, 5000-delivered)
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mentor, _ := b.pair(t)
	b.notify(t, mentor)
	b.dispatch(t, nil, summary{Claimed: 1, Delivered: 1})
	lines := strings.Split(strings.TrimSpace(b.log.String()), "\n")
	var line struct {
		Claimed, Delivered *int
		AWS                struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatal(err)
	}
	if line.Claimed == nil || *line.Claimed != 1 || line.AWS.Timestamp == 0 || len(line.AWS.CloudWatchMetrics[0].Metrics) != 9 {
		t.Errorf("line %s", lines[len(lines)-1])
	}
}
