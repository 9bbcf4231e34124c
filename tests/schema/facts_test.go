package schema_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"mentorpause/shared/refusal"
)

// event is something that happens to a mentor.
type event string

const (
	pausing      event = "pause"
	amending     event = "amend"      // a pause with the stored version
	reactivating event = "reactivate" // without a version
	expiring     event = "expire"     // the certification lapsed before today
	renewing     event = "renew"
)

var events = []event{pausing, amending, reactivating, expiring, renewing}

// model is the two facts and what is stored of them, by the rules of
// docs/glossary.md: an oracle that knows nothing about the SQL.
type model struct {
	paused  bool // the pause fact
	expired bool // the certification fact

	stored  string // status of the live record; empty: there is none
	version int32
	history []string // of all records: "from→to actor version"
	told    []string // notifications for the coordinator
}

// shown is the status that follows from the facts.
func (m *model) shown() string {
	switch {
	case m.expired:
		return "expired_cert"
	case m.paused:
		return "paused"
	default:
		return "active"
	}
}

func (m *model) change(to, actor, kind string) {
	from := m.stored
	if from == "" {
		from = "active"
	}
	m.version++
	m.history = append(m.history, fmt.Sprintf("%s→%s %s %d", from, to, actor, m.version))
	if kind != "" {
		m.told = append(m.told, kind)
	}
	m.stored = to
	if to == "active" {
		m.stored = ""
	}
}

// bringUpToDate stores what follows from the facts.
func (m *model) bringUpToDate() {
	switch {
	case m.expired && m.stored != "expired_cert":
		m.change("expired_cert", "system", "certification_expired")
	case !m.expired && m.stored == "expired_cert" && m.paused:
		m.change("paused", "system", "certification_restored")
	case !m.expired && m.stored == "expired_cert":
		m.change("active", "system", "certification_restored")
	}
}

// apply carries out the event and returns the code if it is refused. A refusal
// changes nothing, and brings nothing up to date.
func (m *model) apply(e event) refusal.Code {
	before := *m
	before.history, before.told = slices.Clone(m.history), slices.Clone(m.told)
	code := m.attempt(e)
	if code != "" {
		*m = before
	}
	return code
}

func (m *model) attempt(e event) refusal.Code {
	switch e {
	case expiring:
		m.expired = true
	case renewing:
		m.expired = false
	case pausing, amending:
		if e == amending && m.stored == "" {
			return refusal.VersionConflict
		}
		m.bringUpToDate()
		if m.paused && e == pausing {
			return refusal.AlreadyPaused
		}
		status, kind := "paused", "mentor_paused"
		if m.expired {
			status = "expired_cert"
		}
		if m.paused {
			kind = "" // an amendment
		}
		m.paused = true
		m.change(status, "coordinator", kind)
	case reactivating:
		m.bringUpToDate()
		if m.expired {
			return refusal.CertificationExpired
		}
		if !m.paused {
			return refusal.NotPaused
		}
		m.paused = false
		m.change("active", "coordinator", "mentor_reactivated")
	}
	return ""
}

// drama plays events on a real mentor and on the model, and compares.
type drama struct {
	w      *world
	mentor string
	model  model
	kinds  int // kinds of certification that have lapsed
	script []event
}

func (d *drama) play(t testing.TB, e event) error {
	d.script = append(d.script, e)
	version := d.model.version
	wasExpired := d.model.expired
	want := d.model.apply(e)

	var got refusal.Code
	switch e {
	case pausing:
		_, got = d.w.pause(t.Context(), d.w.coordinators[0], d.mentor, "Trenger en pause", nil)
	case amending:
		// Without a live record the caller can't have seen any version.
		_, got = d.w.pause(t.Context(), d.w.coordinators[1], d.mentor, "Trenger en lengre pause", new(max(version, 1)))
	case reactivating:
		_, got = d.w.reactivate(t.Context(), d.w.coordinators[0], d.mentor, nil)
	case expiring:
		if !wasExpired {
			d.kinds++
			d.w.certify(t, d.mentor, fmt.Sprintf("kurs %d", d.kinds), -90, -3)
		}
	case renewing:
		if wasExpired {
			d.w.certify(t, d.mentor, fmt.Sprintf("kurs %d", d.kinds), -1, 700)
		}
	}
	if got != want {
		return fmt.Errorf("after %v: refused with %q, want %q", d.script, got, want)
	}
	return d.compare(t)
}

// compare checks what is stored, logged, announced and shown against the model.
func (d *drama) compare(t testing.TB) error {
	ctx := t.Context()
	stored := "active"
	row := d.w.owner.QueryRow(ctx, `
		select status from public.pause_records
		where mentor_id = $1 and status <> 'active'`, d.mentor)
	if err := row.Scan(&stored); err != nil && err != pgx.ErrNoRows {
		return err
	}
	want := d.model.stored
	if want == "" {
		want = "active"
	}
	if stored != want {
		return fmt.Errorf("after %v: stored %s, want %s", d.script, stored, want)
	}

	var shown, onDate, page, own string
	var sameRecord bool
	var logged []string
	// As PostgREST does, but on one session, because there are many comparisons.
	as := func(user string, query func(pgx.Tx) error) error {
		return pgx.BeginFunc(ctx, d.w.authenticator, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)",
				string(claims(user))); err != nil {
				return err
			}
			return query(tx)
		})
	}
	err := as(d.w.coordinators[0], func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
			with page as materialized (select public.mentor_page($1, 200) as p), line as materialized (
				select m from jsonb_array_elements(public.coordinator_roster(page_limit => 200) -> 'mentors') m
				where m ->> 'mentor_id' = $1::text)
			select public.mentor_status_on($1, (now() at time zone 'Europe/Oslo')::date), m ->> 'status', p ->> 'status',
				-- The live record is the roster's, whole; its status is the one that is shown.
				(p #>> '{pause_record,id}', p #>> '{pause_record,version}', p #>> '{pause_record,pause_reason}',
					p #>> '{pause_record,paused_at}', p #>> '{pause_record,expected_return_date}')
				is not distinct from (m ->> 'pause_record_id', m ->> 'version', m ->> 'pause_reason', m ->> 'paused_at', m ->> 'expected_return_date')
				and coalesce(p #>> '{pause_record,status}', p ->> 'status') = p ->> 'status',
				array(select format('%s→%s %s %s', l ->> 'from_status', l ->> 'to_status', l ->> 'actor_kind', l ->> 'record_version')
					from jsonb_array_elements(p -> 'timeline') with ordinality e (l, place) order by place desc)
			from page cross join line`, d.mentor).Scan(&onDate, &shown, &page, &sameRecord, &logged)
	})
	if err != nil {
		return err
	}
	err = as(d.mentor, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, "select public.mentor_page($1) ->> 'status'", d.mentor).Scan(&own)
	})
	if err != nil {
		return err
	}
	if want := d.model.shown(); shown != want || onDate != want || page != want || own != want {
		return fmt.Errorf("after %v: roster shows %s, mentor_status_on %s, the page %s, the mentor's own %s, want %s", d.script, shown, onDate, page, own, want)
	}
	if !sameRecord {
		return fmt.Errorf("after %v: the page's live record is not the roster's", d.script)
	}
	if diff := cmp.Diff(d.model.history, logged); strings.Join(d.model.history, ";") != strings.Join(logged, ";") {
		return fmt.Errorf("after %v: timeline differs (-model +page):\n%s", d.script, diff)
	}

	rows, err := d.w.owner.Query(ctx, `
		select from_status || '→' || to_status || ' ' || actor_kind || ' ' || record_version
		from public.pause_status_log where mentor_id = $1 order by id`, d.mentor)
	if err != nil {
		return err
	}
	history, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	if diff := cmp.Diff(d.model.history, history); strings.Join(d.model.history, ";") != strings.Join(history, ";") {
		return fmt.Errorf("after %v: log differs (-model +log):\n%s", d.script, diff)
	}

	for _, audience := range []string{"coordinator", "mentor"} {
		rows, err := d.w.owner.Query(ctx, `
			select kind from public.notifications
			where mentor_id = $1 and audience = $2 order by created_at, record_version`, d.mentor, audience)
		if err != nil {
			return err
		}
		told, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		if strings.Join(d.model.told, ";") != strings.Join(told, ";") {
			return fmt.Errorf("after %v: the %s is told %v, want %v", d.script, audience, told, d.model.told)
		}
	}
	return nil
}

// TestTwoFactsInEveryOrder plays all 120 orders of the five events, each on a
// mentor of its own.
func TestTwoFactsInEveryOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, order := range permutations(events) {
		d := drama{w: w, mentor: w.mentor(t)}
		for _, e := range order {
			if err := d.play(t, e); err != nil {
				t.Error(err)
				break
			}
		}
		// Keeps the roster to one page.
		w.exec(t, "update public.chapter_memberships set ended_at = now() where user_id = $1", d.mentor)
	}
}

// TestTwoFactsAtLength plays long random scripts, in which each event may occur
// many times.
func TestTwoFactsAtLength(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		d := drama{w: w, mentor: w.mentor(t)}
		for _, e := range rapid.SliceOfN(rapid.SampledFrom(events), 6, 14).Draw(rt, "script") {
			if err := d.play(t, e); err != nil {
				rt.Fatal(err)
			}
		}
		w.exec(t, "update public.chapter_memberships set ended_at = now() where user_id = $1", d.mentor)
	})
}

func permutations[T any](items []T) [][]T {
	if len(items) == 0 {
		return [][]T{nil}
	}
	var all [][]T
	for i, first := range items {
		rest := slices.Delete(slices.Clone(items), i, i+1)
		for _, tail := range permutations(rest) {
			all = append(all, append([]T{first}, tail...))
		}
	}
	return all
}
