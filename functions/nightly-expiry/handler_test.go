package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mentorpause/local/testdb"
	"mentorpause/shared/config"
	"mentorpause/shared/database"
	"mentorpause/shared/nightly"
)

func TestMain(m *testing.M) { testdb.Main(m) }

// bundle is the function on a real database, with the test's clock and log.
type bundle struct {
	handler
	db  *testdb.Database
	log *bytes.Buffer
}

func setup(t *testing.T) *bundle {
	t.Helper()
	db := testdb.New(t)
	rpcs, err := database.Open(database.Settings{URL: db.URL("pause_scheduler"), TimeZone: "Europe/Oslo", MaxConnections: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(rpcs.Close)
	log := new(bytes.Buffer)
	return &bundle{handler{
		db:   rpcs,
		zone: oslo(t),
		log:  config.Common{}.Logger(log),
		now:  time.Now,
	}, db, log}
}

func oslo(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// lapsed adds a mentor whose certification ended that many days ago.
func (b *bundle) lapsed(t *testing.T, daysAgo int) string {
	t.Helper()
	id := uuid.NewString()
	owner := b.db.Connect(t, "postgres")
	for _, statement := range []string{
		"insert into public.profiles (id, display_name) values ($1, 'Åse Mentor')",
		`with c as (insert into public.chapters (name) values ('Oslo') returning id)
			insert into public.chapter_memberships (chapter_id, user_id, role) select c.id, $1, 'mentor' from c`,
	} {
		if _, err := owner.Exec(t.Context(), statement, id); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := owner.Exec(t.Context(), `insert into public.certifications (mentor_id, kind, issued_on, expires_on)
		values ($1, 'kurs', private.today() - 900, private.today() - $2::int)`, id, daysAgo); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.now = func() time.Time { return time.Date(2027, 6, 15, 22, 30, 0, 0, time.UTC) } // 16 June in Oslo
	scheduled := func(at string) string {
		return `{"version":"0","id":"1","detail-type":"Scheduled Event","source":"aws.events","account":"0","time":"` + at +
			`","region":"eu-north-1","resources":[],"detail":{}}`
	}
	for name, test := range map[string]struct {
		event string
		want  nightly.Request
		says  string // of the refusal
	}{
		"EventBridge, in summer":               {scheduled("2027-06-14T22:30:00Z"), nightly.Request{AsOf: "2027-06-15"}, ""},
		"EventBridge, in winter":               {scheduled("2027-01-14T23:30:00Z"), nightly.Request{AsOf: "2027-01-15"}, ""},
		"before midnight in Oslo":              {scheduled("2027-01-14T22:59:59Z"), nightly.Request{AsOf: "2027-01-14"}, ""},
		"midnight in Oslo":                     {scheduled("2027-01-14T23:00:00Z"), nightly.Request{AsOf: "2027-01-15"}, ""},
		"the night when summer time begins":    {scheduled("2027-03-27T23:30:00Z"), nightly.Request{AsOf: "2027-03-28"}, ""},
		"the night after":                      {scheduled("2027-03-28T22:30:00Z"), nightly.Request{AsOf: "2027-03-29"}, ""},
		"the night when summer time ends":      {scheduled("2026-10-24T22:30:00Z"), nightly.Request{AsOf: "2026-10-25"}, ""},
		"the night after that":                 {scheduled("2026-10-25T23:30:00Z"), nightly.Request{AsOf: "2026-10-26"}, ""},
		"EventBridge Scheduler, time alone":    {`{"time":"2027-06-14T22:30:00Z"}`, nightly.Request{AsOf: "2027-06-15"}, ""},
		"nothing: today":                       {`{}`, nightly.Request{AsOf: "2027-06-16"}, ""},
		"a date":                               {`{"as_of":"2027-06-16"}`, nightly.Request{AsOf: "2027-06-16"}, ""},
		"an earlier date, full":                {`{"as_of":"2024-02-29","full":true}`, nightly.Request{AsOf: "2024-02-29", Full: true}, ""},
		"a dry run ahead":                      {`{"as_of":"2028-02-29","dry_run":true}`, nightly.Request{AsOf: "2028-02-29", DryRun: true}, ""},
		"a date ahead":                         {`{"as_of":"2027-06-17"}`, nightly.Request{}, "in the future"},
		"a date ahead from EventBridge":        {scheduled("2027-06-16T22:30:00Z"), nightly.Request{}, "in the future"},
		"no day of the calendar":               {`{"as_of":"2027-02-29"}`, nightly.Request{}, "as_of"},
		"year 0":                               {`{"as_of":"0000-01-01"}`, nightly.Request{}, "as_of"},
		"a date with a time":                   {`{"as_of":"2027-06-16T00:00:00Z"}`, nightly.Request{}, "as_of"},
		"a time that is none":                  {`{"time":"tonight"}`, nightly.Request{}, "time"},
		"another type":                         {`{"as_of":20270616}`, nightly.Request{}, "as_of"},
		"an unknown field (a typo of dry_run)": {`{"as_of":"2027-06-16","dryrun":true}`, nightly.Request{}, "dryrun"},
		"no object":                            {`"2027-06-16"`, nightly.Request{}, "JSON object"},
		"no JSON":                              {`as_of`, nightly.Request{}, "JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := b.read(json.RawMessage(test.event))
			if test.says != "" {
				if err == nil || !strings.Contains(err.Error(), test.says) {
					t.Errorf("%+v, %v; want an error about %q", got, err, test.says)
				}
				return
			}
			if err != nil || got != test.want {
				t.Errorf("%+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}

// TestAnswer checks the shape of the answer, and the log line with its metrics.
func TestAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.lapsed(t, 3)
	b.lapsed(t, 0)
	fields := func(t *testing.T, event string) map[string]any {
		t.Helper()
		b.log.Reset()
		report, err := b.invoke(t.Context(), json.RawMessage(event))
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(encoded, &got); err != nil {
			t.Fatal(err)
		}
		if ms, ok := got["duration_ms"].(float64); !ok || ms < 0 {
			t.Errorf("duration_ms %v", got["duration_ms"])
		}
		delete(got, "duration_ms")
		return got
	}
	today := time.Now().In(b.zone)
	day := func(n int) string { return today.AddDate(0, 0, n).Format(time.DateOnly) }
	want := func(runID any, asOf, outcome string, dryRun bool, expired int, last any, missed int) map[string]any {
		return map[string]any{
			"run_id": runID, "as_of": asOf, "outcome": outcome, "dry_run": dryRun, "expired": float64(expired), "restored": 0.0, "begun": 0.0,
			"reminders": float64(expired), "discrepancies": 0.0, "ended": 0.0, "requeued": 0.0, "held": 0.0,
			"roster_repaired": 0.0, "counts_repaired": 0.0, "reconciled": 2.0, "last_completed": last, "missed_nights": float64(missed),
		}
	}
	check := func(got, want map[string]any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("answer differs (-want +got):\n%s", diff)
		}
	}

	check(fields(t, `{"dry_run":true}`), want(nil, day(0), "completed", true, 1, nil, 0))
	if strings.Contains(b.log.String(), "_aws") {
		t.Error("a dry run counts in the metrics: " + b.log.String())
	}
	first := want(1.0, day(-3), "completed", false, 0, nil, 0)
	first["reminders"] = 2.0
	check(fields(t, `{"as_of":"`+day(-3)+`"}`), first)
	late := want(2.0, day(0), "completed", false, 1, day(-3), 2)
	late["reminders"] = 0.0
	check(fields(t, `{"time":"`+today.UTC().Format(time.RFC3339)+`"}`), late)

	var line struct {
		Level   string  `json:"level"`
		Expired float64 `json:"expired"`
		Missed  float64 `json:"missed_nights"`
		Done    float64 `json:"completed"`
		AWS     struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
		Function      string  `json:"function"`
		LastCompleted *string `json:"last_completed"`
	}
	if err := json.Unmarshal(b.log.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, b.log)
	}
	if line.Level != "WARN" || line.Expired != 1 || line.Missed != 2 || line.Done != 1 || line.LastCompleted == nil || *line.LastCompleted != day(-3) {
		t.Errorf("log line %s", b.log)
	}
	if len(line.AWS.CloudWatchMetrics) != 1 || line.AWS.CloudWatchMetrics[0].Namespace != "mentorpause" ||
		time.Since(time.UnixMilli(line.AWS.Timestamp)) > time.Minute || line.Function != "nightly-expiry" {
		t.Fatalf("no metrics in %s", b.log)
	}
	var names []string
	for _, m := range line.AWS.CloudWatchMetrics[0].Metrics {
		names = append(names, m.Name+" "+m.Unit)
	}
	if diff := cmp.Diff([]string{"expired Count", "restored Count", "begun Count", "reminders Count", "discrepancies Count", "roster_repaired Count", "counts_repaired Count", "missed_nights Count",
		"duration_ms Milliseconds", "completed Count"}, names); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}

	skipped := want(2.0, day(-1), "skipped", false, 0, day(0), 0)
	skipped["reconciled"] = 0.0
	check(fields(t, `{"as_of":"`+day(-1)+`"}`), skipped)
}

// TestErrorsAreErrorsOfTheInvocation so that the schedule retries.
func TestErrorsAreErrorsOfTheInvocation(t *testing.T) {
	t.Parallel()
	b := setup(t)
	if _, err := b.invoke(t.Context(), json.RawMessage(`{"as_of":"2999-01-01"}`)); err == nil {
		t.Error("a date in the future is not refused")
	}
	down, err := database.Open(database.Settings{URL: "postgresql://pause_scheduler:secret-word@127.0.0.1:1/postgres", MaxConnections: 1})
	if err != nil {
		t.Fatal(err)
	}
	b.handler.db = down
	if _, err := b.invoke(t.Context(), json.RawMessage(`{}`)); err == nil || !strings.Contains(err.Error(), "database_unavailable") {
		t.Errorf("without a database: %v", err)
	}
	if strings.Contains(b.log.String(), "secret-word") {
		t.Error("the log has the password")
	}
}
