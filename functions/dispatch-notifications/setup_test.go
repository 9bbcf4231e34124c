package main

import (
	"bytes"
	"log/slog"
	netmail "net/mail"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mentorpause/local/mailserver"
	"mentorpause/local/testdb"
	"mentorpause/shared/database"
	"mentorpause/shared/mail"
)

// bundle is a database with one chapter, reached in the ways that production uses.
type bundle struct {
	*testdb.Database
	owner   *pgx.Conn
	api     *database.DB
	chapter string
	log     *logBuffer

	mu  sync.Mutex
	now time.Time
}

// logBuffer collects the log lines of several dispatchers.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func setup(t testing.TB) *bundle {
	t.Helper()
	b := &bundle{Database: testdb.New(t), chapter: uuid.NewString(), log: &logBuffer{}, now: time.Now().Add(time.Minute).Truncate(time.Second)}
	b.owner = b.Connect(t, "postgres")
	b.api = openDB(t, b, "pause_api")
	b.exec(t, "insert into public.chapters (id, name) values ($1, 'Oslo')", b.chapter)
	return b
}

func openDB(t testing.TB, b *bundle, role string) *database.DB {
	t.Helper()
	db, err := database.Open(database.Settings{URL: b.URL(role), TimeZone: "Europe/Oslo", MaxConnections: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// clock is the test's time; it stands still unless moved.
func (b *bundle) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bundle) wait(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// dispatcher is one instance of the function; server nil: inbox only.
func (b *bundle) dispatcher(t testing.TB, server *mailserver.Server) *dispatcher {
	t.Helper()
	d := &dispatcher{db: openDB(t, b, "pause_scheduler"), log: b.logger(), batch: defaultBatch, clock: b.clock}
	if server != nil {
		d.mailer = mail.New(mail.Settings{Server: server.URL(), RootCAs: server.RootCAs,
			From: &netmail.Address{Name: "Likeperson", Address: "no-reply@mentorpause.test"}})
	}
	return d
}

// dispatch runs an instance once and checks what it answered.
func (b *bundle) dispatch(t testing.TB, server *mailserver.Server, want summary) {
	t.Helper()
	got, err := b.dispatcher(t, server).run(t.Context())
	if err != nil {
		t.Fatalf("%v\n%s", err, b.log)
	}
	got.DurationMS = 0
	if got != want {
		t.Fatalf("answered %+v, want %+v\n%s", got, want, b.log)
	}
}

func (b *bundle) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := b.owner.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func value[T any](t testing.TB, b *bundle, sql string, args ...any) (v T) {
	t.Helper()
	if err := b.owner.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// person creates somebody with a login, and with a role in the chapter unless empty.
func (b *bundle) person(t testing.TB, name, role string) string {
	t.Helper()
	id := uuid.NewString()
	b.exec(t, `insert into auth.users (id, instance_id, aud, role, email, email_confirmed_at)
		values ($1, '00000000-0000-0000-0000-000000000000', 'authenticated', 'authenticated', $2, now())`, id, address(id))
	b.exec(t, "insert into public.profiles (id, display_name) values ($1, $2)", id, name)
	if role != "" {
		b.join(t, id, role)
	}
	return id
}

// address is a person's.
func address(id string) string { return id + "@people.test" }

func (b *bundle) join(t testing.TB, person, role string) {
	t.Helper()
	b.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) values ($1, $2, $3)", b.chapter, person, role)
}

func (b *bundle) leave(t testing.TB, person string) {
	t.Helper()
	b.exec(t, "update public.chapter_memberships set ended_at = now() where user_id = $1", person)
}

func (b *bundle) assign(t testing.TB, mentor, coordinator string) {
	t.Helper()
	b.exec(t, "insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($1, $2)", mentor, coordinator)
}

func (b *bundle) unassign(t testing.TB, mentor, coordinator string) {
	t.Helper()
	b.exec(t, "update public.coordinator_assignments set ended_at = now() where mentor_id = $1 and coordinator_id = $2", mentor, coordinator)
}

// notify puts one notification for the coordinators into the outbox.
func (b *bundle) notify(t testing.TB, mentor string) string {
	t.Helper()
	return value[string](t, b, `insert into public.notifications (mentor_id, audience, kind)
		values ($1, 'coordinator', 'mentor_reactivated') returning id::text`, mentor)
}

// inbox returns the titles of a person's inbox, in order.
func (b *bundle) inbox(t testing.TB, person string) []string {
	t.Helper()
	return value[[]string](t, b, "select coalesce(array_agg(title order by id), '{}') from public.notification_inbox where recipient_id = $1", person)
}

// ledger returns a notification's attempts as "channel outcome role who: reason".
func (b *bundle) ledger(t testing.TB, notification string) []string {
	t.Helper()
	return value[[]string](t, b, `
		select coalesce(array_agg(concat_ws(' ', a.channel, a.outcome, a.recipient_role, p.display_name) || ': ' || a.reason order by a.id), '{}')
		from public.notification_attempts a left join public.profiles p on p.id = a.recipient_id
		where a.notification_id = $1`, notification)
}

func (b *bundle) state(t testing.TB, notification string) string {
	t.Helper()
	return value[string](t, b, "select state from public.notifications where id = $1", notification)
}

func TestMain(m *testing.M) {
	if runAsVictim() {
		return
	}
	testdb.Main(m)
}

func (b *bundle) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(b.log, nil)) }
