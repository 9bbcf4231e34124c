package schema_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// scene is one cell of the matrix: people of its own, in a chapter of its own.
type scene struct {
	chapter, mentor, coordinator, other, administrator string

	version     int    // of the mentor's live pause, where there is one
	discrepancy int64  // about the mentor
	undelivered string // a notification about the mentor
}

// act is what a session does: as whom, and which statement.
type act struct {
	name      string
	login     string                // of the session; authenticator takes the role that the claims name
	user      func(s *scene) string // whose claims; nil: service_role's
	statement func(s *scene) string
	paused    bool // the mentor is paused when it begins
	waits     bool // for whoever holds the mentor
}

func (s *scene) asAdministrator() string { return s.administrator }
func (s *scene) asCoordinator() string   { return s.coordinator }
func (s *scene) asOther() string         { return s.other }

// actors are the columns and rows of the matrix, by name.
func actors() map[string]act {
	service := func(name, statement string) act {
		return act{name: name, login: "authenticator", statement: func(s *scene) string { return s.fill(statement) }}
	}
	call := func(name string, user func(*scene) string, paused bool, statement string) act {
		return act{name: name, login: "authenticator", user: user, paused: paused,
			statement: func(s *scene) string { return s.fill(statement) }}
	}
	acts := map[string]act{}
	for _, a := range []act{
		call("pause", (*scene).asCoordinator, false, "select public.pause_mentor('{mentor}', 'Eksamen', null, null, '{request}')"),
		call("amend", (*scene).asCoordinator, true, "select public.pause_mentor('{mentor}', 'Eksamen', null, {version}, '{request}')"),
		call("reactivate", (*scene).asCoordinator, true, "select public.reactivate_mentor('{mentor}', null, '{request}')"),
		call("erase_person", (*scene).asAdministrator, true, "select public.erase_person('{mentor}')"),
		call("acknowledge", (*scene).asAdministrator, false, "select public.acknowledge_discrepancy({discrepancy})"),
		call("acknowledge undelivered", (*scene).asAdministrator, false, "select public.acknowledge_undelivered('{undelivered}')"),
		call("allow address", (*scene).asAdministrator, false, "select public.allow_address('{mentor}', '{request}')"),
		call("another pauses", (*scene).asOther, false, "select public.pause_mentor('{mentor}', 'Reise', null, null, '{request}')"),
		call("another reactivates", (*scene).asOther, true, "select public.reactivate_mentor('{mentor}', null, '{request}')"),
		{name: "user deleted", login: "supabase_auth_admin", paused: true,
			statement: func(s *scene) string { return s.fill("delete from auth.users where id = '{mentor}'") }},
		service("coordinator leaves", "update public.chapter_memberships set ended_at = pg_catalog.now() where user_id = '{coordinator}'"),
		service("administrator leaves", "update public.chapter_memberships set ended_at = pg_catalog.now() where user_id = '{administrator}'"),
		service("mentor leaves", "update public.chapter_memberships set ended_at = pg_catalog.now() where user_id = '{mentor}'"),
		service("mentor returns", "insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values ('{chapter}', '{mentor}', 'administrator', pg_catalog.now())"),
		service("assigned", "insert into public.coordinator_assignments (mentor_id, coordinator_id) values ('{mentor}', '{coordinator}')"),
		service("certified", "insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ('{mentor}', 'førstehjelp', '2026-01-01', '2030-01-01')"),
		service("assignment ends", "update public.coordinator_assignments set ended_at = pg_catalog.now() where mentor_id = '{mentor}'"),
		service("membership deleted", "delete from public.chapter_memberships where user_id = '{mentor}'"),
		service("certification revoked", "update public.certifications set expires_on = issued_on where mentor_id = '{mentor}'"),
		service("renamed", "update public.profiles set display_name = 'Ny Navnesen' where id = '{mentor}'"),
		service("coordinator renamed", "update public.profiles set display_name = 'Ny Koordinator' where id = '{coordinator}'"),
		{name: "night", login: "postgres", statement: func(s *scene) string {
			return s.fill("select r, j from private.reconcile(array['{mentor}']::uuid[], private.today()) r," +
				" private.judge_mentors(array['{mentor}']::uuid[], private.today() - 1, private.today()) j")
		}},
	} {
		a.waits = slices.Contains([]string{"pause", "amend", "reactivate", "erase_person", "user deleted"}, a.name)
		acts[a.name] = a
	}
	return acts
}

func (s *scene) fill(statement string) string {
	return strings.NewReplacer("{chapter}", s.chapter, "{mentor}", s.mentor, "{coordinator}", s.coordinator, "{administrator}", s.administrator,
		"{version}", fmt.Sprint(s.version), "{discrepancy}", fmt.Sprint(s.discrepancy), "{undelivered}", s.undelivered, "{request}", uuid.NewString()).Replace(statement)
}

// matrix says of everything that may happen while something else is under way what
// becomes of it: "" is success, else a refusal's code or a SQLSTATE. The first is
// under way, with the mentor's lock, and commits while the second waits or has ended.
// What is not listed succeeds.
var matrix = map[string]map[string]string{ // first: second: outcome
	"erase_person": {
		"pause": "mentor_not_found", "amend": "mentor_not_found", "reactivate": "mentor_not_found", "acknowledge": "mentor_not_found",
		"allow address": "not_found", "membership deleted": "23001", "certification revoked": "23001", "assignment ends": "23001",
		"assigned": "23001", "certified": "23001", "renamed": "23001", "mentor leaves": "23001", "mentor returns": "23001",
	},
	"user deleted": {
		"pause": "mentor_not_found", "amend": "mentor_not_found", "reactivate": "mentor_not_found", "acknowledge": "mentor_not_found",
		"allow address": "not_found", "membership deleted": "23001", "certification revoked": "23001", "assignment ends": "23001",
		"assigned": "23001", "certified": "23001", "renamed": "23001", "mentor leaves": "23001", "mentor returns": "23001",
	},
	"coordinator leaves": {"pause": "not_a_coordinator", "amend": "not_a_coordinator", "reactivate": "not_a_coordinator"},
	"administrator leaves": {
		"erase_person": "mentor_not_found", "acknowledge": "not_a_coordinator", "acknowledge undelivered": "not_found", "allow address": "not_found",
	},
	"mentor leaves":       {"pause": "mentor_not_found", "amend": "mentor_not_found", "reactivate": "mentor_not_found", "acknowledge": "mentor_not_found"},
	"assigned":            {"assigned": "23505"},
	"night":               {},
	"another pauses":      {"pause": "already_paused"},
	"another reactivates": {"amend": "version_conflict", "reactivate": "not_paused"},
	"renamed":             {},
	"coordinator renamed": {},
	"certified":           {},
	"assignment ends":     {},
	"membership deleted": {
		"pause": "mentor_not_found", "amend": "mentor_not_found", "reactivate": "mentor_not_found", "acknowledge": "mentor_not_found",
		"erase_person": "mentor_not_found", "acknowledge undelivered": "not_found", "allow address": "not_found",
	},
	"certification revoked":   {"reactivate": "certification_expired"},
	"acknowledge":             {},
	"acknowledge undelivered": {},
	"allow address":           {},
}

// TestTwoAtOnce goes through the matrix: whatever the first does is under way, and what
// the second is refused or allowed is judged by what the first has left, never by what
// was there before; and afterwards log, roster and privacy hold.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	seconds := []string{"pause", "amend", "reactivate", "erase_person", "user deleted", "acknowledge", "acknowledge undelivered", "allow address",
		"coordinator leaves", "mentor leaves", "mentor returns", "membership deleted", "assigned", "assignment ends", "certified",
		"certification revoked", "renamed", "coordinator renamed", "night"}
	acts := actors()
	for first, outcomes := range matrix {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			for second := range outcomes {
				if !slices.Contains(seconds, second) {
					t.Fatalf("%s is no row", second)
				}
			}
			m := newCell(t)
			for _, second := range seconds {
				if acts[first].paused != acts[second].paused && strings.HasPrefix(first, "another") {
					continue // needs another beginning
				}
				for _, commits := range []bool{true, false} {
					if !commits && outcomes[second] == "" && !acts[second].waits {
						continue // whatever becomes of the first is the same to it
					}
					want := ""
					switch {
					case commits:
						want = outcomes[second]
					case acts[first].paused && second == "pause":
						want = "already_paused"
					}
					m.play(t, acts[first], acts[second], commits, want)
				}
			}
		})
	}
}

// cell has what the cells of a column share: a database and two sessions for each login.
type cell struct {
	*world
	sessions [2]map[string]*pgx.Conn
}

func newCell(t *testing.T) *cell {
	t.Helper()
	m := &cell{world: newWorld(t)}
	for i := range m.sessions {
		m.sessions[i] = map[string]*pgx.Conn{}
		for _, login := range []string{"authenticator", "supabase_auth_admin", "postgres"} {
			m.sessions[i][login] = m.db.Connect(t, login)
		}
	}
	return m
}

func (m *cell) scene(t *testing.T, paused bool) *scene {
	t.Helper()
	s := &scene{chapter: uuid.NewString(), mentor: uuid.NewString(), coordinator: uuid.NewString(), other: uuid.NewString(), administrator: uuid.NewString()}
	err := m.owner.QueryRow(t.Context(), `
		with chapter as (
			insert into public.chapters (id, name) values ($1, 'Tromsø')
		), people as (
			insert into public.profiles (id, display_name) select u, 'Person ' || u from unnest(array[$2, $3, $4, $5]::uuid[]) u
		), memberships as (
			insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
			select $1, m.person, m.role, now() - interval '9 days'
			from (values ($2::uuid, 'mentor'), ($3, 'coordinator'), ($4, 'coordinator'), ($5, 'administrator')) m (person, role)
		), certification as (
			insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ($2, 'kurs', private.today() - 100, private.today() + 1000)
		), assignment as (
			insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($2, $4)
		), login as (
			insert into auth.users (id, email) values ($2, $2 || '@example.org')
		), discrepancy as (
			insert into public.status_discrepancies (mentor_id, kind) values ($2, 'log_missing') returning id
		), notification as (
			insert into public.notifications (mentor_id, audience, kind, state)
			values ($2, 'administrator', 'discrepancy_found', 'undeliverable') returning id
		)
		select discrepancy.id, notification.id::text from discrepancy, notification`,
		s.chapter, s.mentor, s.coordinator, s.other, s.administrator).Scan(&s.discrepancy, &s.undelivered)
	if err != nil {
		t.Fatal(err)
	}
	if paused {
		record, code := m.pause(t.Context(), s.other, s.mentor, "Ferie", nil)
		if code != "" {
			t.Fatal(code)
		}
		s.version = int(record.Version)
	}
	return s
}

// begin opens a transaction of an act's role in one of its two sessions.
func (m *cell) begin(t *testing.T, session int, a act, s *scene) pgx.Tx {
	t.Helper()
	tx, err := m.sessions[session][a.login].Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if a.login == "authenticator" {
		role, as := "service_role", []byte(`{"role":"service_role"}`)
		if a.user != nil {
			role, as = "authenticated", claims(a.user(s))
		}
		if _, err := tx.Exec(t.Context(), "select pg_catalog.set_config('role', $1, true), pg_catalog.set_config('request.jwt.claims', $2, true)", role, string(as)); err != nil {
			t.Fatal(err)
		}
	}
	return tx
}

func (m *cell) play(t *testing.T, first, second act, commits bool, want string) {
	t.Helper()
	name := fmt.Sprintf("%s while %s is under way (commits: %v)", second.name, first.name, commits)
	s := m.scene(t, second.paused || first.paused)
	opening := m.begin(t, 0, first, s)
	defer opening.Rollback(context.WithoutCancel(t.Context())) // without effect when it has ended
	// The second waits for something else of the first's, so that all that it has read
	// before the wait is outdated.
	if _, err := opening.Exec(t.Context(), "select pg_catalog.pg_advisory_xact_lock(pg_catalog.uuid_hash_extended('"+s.mentor+"', 20261123))"); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if _, err := opening.Exec(t.Context(), first.statement(s)); err != nil {
		t.Fatalf("%s: the first: %v", name, err)
	}

	closing := m.begin(t, 1, second, s)
	ended := make(chan string, 1)
	go func() {
		_, err := closing.Exec(t.Context(), second.statement(s))
		if err == nil {
			err = closing.Commit(t.Context())
		} else {
			_ = closing.Rollback(context.WithoutCancel(t.Context()))
		}
		ended <- codeOf(err)
	}()
	got, waited := m.awaitEndOrWait(t, closing.Conn(), ended)
	if second.waits && !waited {
		t.Errorf("%s: it does not wait for whoever holds the mentor", name)
	}
	if second.name == "night" && waited {
		t.Errorf("%s: the nightly run waits", name)
	}
	var err error
	if commits {
		err = opening.Commit(t.Context())
	} else {
		err = opening.Rollback(t.Context())
	}
	if err != nil {
		t.Errorf("%s: the first ends: %v", name, err)
	}
	if waited {
		select {
		case got = <-ended:
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: the second never ends", name)
		}
	} else {
		want = "" // it was first
	}
	if got != want {
		t.Errorf("%s: %q, want %q (waited: %v)", name, got, want, waited)
	}
	m.wantSound(t, name, s)
}

// awaitEndOrWait returns when the session has ended its statement, or waits for another.
func (m *cell) awaitEndOrWait(t *testing.T, conn *pgx.Conn, ended chan string) (code string, waits bool) {
	t.Helper()
	pid := int32(conn.PgConn().PID())
	for {
		select {
		case code := <-ended:
			return code, false
		case <-time.After(2 * time.Millisecond):
		}
		// An erasure waits by trying again.
		err := m.owner.QueryRow(t.Context(), `select cardinality(pg_blocking_pids($1)) > 0
			or exists (select from pg_stat_activity where pid = $1 and wait_event = 'PgSleep')`, pid).Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
		if waits {
			return "", true
		}
	}
}

// wantSound checks what holds of a mentor whoever came first.
func (m *cell) wantSound(t *testing.T, name string, s *scene) {
	t.Helper()
	rows, err := m.owner.Query(t.Context(), `
		with erased as (select person_id from public.erasures where person_id = $1)
		select what from (
			select 'a live pause or a reason of an erased person' from public.pause_records r join erased e on e.person_id = r.mentor_id
			where r.status <> 'active' or r.pause_reason is not null
			union all
			select 'a stored answer about an erased person' from private.idempotent_requests i join erased e on e.person_id = i.mentor_id
			union all
			select 'an open membership of an erased person' from public.chapter_memberships m join erased e on e.person_id = m.user_id
			where m.ended_at is null
			union all
			select 'an open assignment of an erased person' from public.coordinator_assignments a join erased e on e.person_id = a.mentor_id
			where a.ended_at is null
			union all
			select 'a login of a person erased by an administrator' from auth.users u join public.erasures e on e.person_id = u.id
			where u.id = $1 and e.actor_id is not null
			union all
			select 'two live pauses' from public.pause_records where mentor_id = $1 and status <> 'active' having count(*) > 1
			union all
			select 'log: ' || d.kind from private.find_log_discrepancies(array[$1::uuid]) d
			union all
			select 'roster: ' || d.kind from private.find_roster_differences(array[$1::uuid]) d
		) wrong (what)`, s.mentor)
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if len(wrong) > 0 {
		t.Errorf("%s: %v", name, wrong)
	}
}

// codeOf is a refusal's code, else a SQLSTATE; "" is success.
func codeOf(err error) string {
	pgErr, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil:
		return ""
	case !ok:
		return err.Error()
	case pgErr.Code != "PGRST":
		return pgErr.Code
	}
	var refused struct{ Code string }
	if json.Unmarshal([]byte(pgErr.Message), &refused) != nil {
		return pgErr.Message
	}
	return refused.Code
}
