package schema_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// manyStates are the states in which a mentor may be when many are paused at once, each the
// statements that bring one there.
var manyStates = []string{
	"", // active
	"update public.chapter_memberships set ended_at = now() - interval '1 hour' where user_id = '{m}'",
	"update public.chapter_memberships set chapter_id = '{other}' where user_id = '{m}'",
	"insert into public.chapter_memberships (chapter_id, user_id, role) values ('{other}', '{m}', 'mentor')",
	"delete from public.profiles where false", // unknown: another id is asked for
	"select private.pseudonymise('{m}', null)",
	"insert into public.pause_records (mentor_id, status, pause_reason) values ('{m}', 'paused', 'Ferie')",
	"insert into public.pause_records (mentor_id, status, pause_reason) values ('{m}', 'paused', 'Ferie'); update public.pause_records set status = 'active' where mentor_id = '{m}'",
	"insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ('{m}', 'kurs', current_date - 400, current_date - 3)",
	"insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ('{m}', 'kurs', current_date - 400, current_date - 3); " +
		"insert into public.pause_records (mentor_id, status) values ('{m}', 'expired_cert')",
	"insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ('{m}', 'kurs', current_date - 400, current_date + 300); " +
		"insert into public.pause_records (mentor_id, status) values ('{m}', 'expired_cert')", // renewed since
	"insert into public.certifications (mentor_id, kind, issued_on, expires_on) values ('{m}', 'kurs', current_date - 400, current_date - 3); " +
		"insert into public.pause_records (mentor_id, status, pause_reason) values ('{m}', 'paused', 'Ferie')",
	"insert into public.planned_pauses (mentor_id, starts_on, pause_reason) values ('{m}', current_date + 20, 'Reise')",
	"insert into public.planned_pauses (mentor_id, starts_on, pause_reason, created_at) values ('{m}', current_date + 20, 'Reise', now() - interval '9 days'); " +
		"alter table public.planned_pauses disable trigger planned_pauses_guard; " +
		"update public.planned_pauses set starts_on = current_date - 2 where mentor_id = '{m}'; " +
		"alter table public.planned_pauses enable trigger planned_pauses_guard", // has begun
	"insert into public.pause_records (mentor_id, status, pause_reason) values ('{m}', 'paused', 'Ferie'); " +
		"insert into public.planned_pauses (mentor_id, starts_on, pause_reason) values ('{m}', current_date + 20, 'Reise')",
}

// manyMentors are as many mentors in every state, one after the other; of the unknown ones
// there is nobody.
func (w *world) manyMentors(t *testing.T, other string, states []int) (ids []string) {
	t.Helper()
	for _, state := range states {
		m := uuid.NewString()
		ids = append(ids, m)
		if strings.Contains(manyStates[state], "where false") {
			continue
		}
		w.exec(t, "insert into public.profiles (id, display_name) values ($1, 'Likeperson')", m)
		w.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values ($1, $2, 'mentor', now() - interval '20 days')", w.chapter, m)
		if manyStates[state] == "" {
			continue
		}
		if _, err := w.owner.Exec(t.Context(), strings.NewReplacer("{m}", m, "{other}", other).Replace(manyStates[state]), pgx.QueryExecModeSimpleProtocol); err != nil {
			t.Fatalf("%s: %v", manyStates[state], err)
		}
	}
	return ids
}

// ofOne is what became of one mentor, without what no two mentors share.
type ofOne struct {
	Outcome, Code, Record, Plan string
	Log, Told, Roster           string
}

func (w *world) manyOutcome(t *testing.T, mentor, outcome_, code string) ofOne {
	t.Helper()
	o := ofOne{Outcome: outcome_, Code: code}
	err := w.owner.QueryRow(t.Context(), `select
		(select coalesce(string_agg(concat_ws(' ', r.status, r.pause_reason, r.expected_return_date, r.open_since, r.paused_at is not null, r.coordinator_id,
			r.version, r.first_version, r.effective_on, r.planned_pause_id is not null, r.created_at <= r.updated_at), '; ' order by r.version), '')
			from public.pause_records r where r.mentor_id = $1),
		(select coalesce(string_agg(concat_ws(' ', q.starts_on, q.pause_reason, q.expected_return_date, q.coordinator_id, q.version), '; '), '')
			from public.planned_pauses q where q.mentor_id = $1),
		(select coalesce(string_agg(concat_ws(' ', l.from_status, l.to_status, l.actor_kind, case l.actor_id when l.mentor_id then 'self' else l.actor_id::text end, l.record_version, l.effective_on), '; ' order by l.id), '')
			from public.pause_status_log l where l.mentor_id = $1),
		(select coalesce(string_agg(concat_ws(' ', n.audience, n.kind, n.version, n.reference_on), '; ' order by 1), '') from (
			select n.audience, n.kind, n.record_version as version, n.reference_on, n.created_at from public.notifications n where n.mentor_id = $1
			union all
			select 'coordinator', case when g.planned_pause_id is null then 'mentor_paused' else 'pause_planned' end, g.record_version,
				(select q.starts_on from public.planned_pauses q where q.id = g.planned_pause_id), now()
			from private.notification_mentors g where g.mentor_id = $1
			order by 1, 2, 3) n),
		(select coalesce(string_agg(d.kind, '; '), '') from private.find_roster_differences(array[$1::uuid]) d)
			|| (select coalesce(string_agg(d.kind, '; '), '') from private.find_log_discrepancies(array[$1::uuid]) d)`, mentor).
		Scan(&o.Record, &o.Plan, &o.Log, &o.Told, &o.Roster)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// pauseMany calls the RPC and returns each outcome and code in order.
func (w *world) pauseMany(ctx context.Context, conn *pgx.Conn, as string, ids []string, arguments string) (outcomes, codes []string, body string, err error) {
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)", string(claims(as))); err != nil {
			return err
		}
		return tx.QueryRow(ctx, "select public.pause_mentors($1::uuid[], 'Eksamen', "+arguments+")::text", ids).Scan(&body)
	})
	if err != nil {
		return nil, nil, "", err
	}
	var answer struct {
		Results []struct {
			MentorID string `json:"mentor_id"`
			Outcome  string
			Code     string
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		return nil, nil, "", err
	}
	for n, r := range answer.Results {
		if r.MentorID != ids[n] {
			return nil, nil, "", fmt.Errorf("%s stands for %s", r.MentorID, ids[n])
		}
		outcomes, codes = append(outcomes, r.Outcome), append(codes, r.Code)
	}
	return outcomes, codes, body, nil
}

// TestManyAreAsOneByOne: whatever state the mentors are in, each has the same outcome, records,
// log and messages as by a call of its own; and a dry run says the same before.
func TestManyAreAsOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := uuid.NewString()
	w.exec(t, "insert into public.chapters (id, name) values ($1, 'Et annet lag')", other)
	coordinator := uuid.NewString()
	w.exec(t, "insert into public.profiles (id, display_name) values ($1, 'Koordinator')", coordinator)
	w.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) values ($1, $2, 'coordinator')", w.chapter, coordinator)
	conn := w.db.Connect(t, "authenticator")

	for round, planned := range []bool{false, true, false, true} {
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 0))
		var states []int
		for state := range manyStates {
			states = append(states, state)
		}
		for range 25 {
			states = append(states, random.IntN(len(manyStates)))
		}
		random.Shuffle(len(states), func(i, j int) { states[i], states[j] = states[j], states[i] })
		single, many := w.manyMentors(t, other, states), w.manyMentors(t, other, states)
		arguments, call := "null, null", "select public.pause_mentor($1, 'Eksamen', null)"
		if planned {
			arguments, call = "current_date + 9, current_date + 30", "select public.plan_pause($1, 'Eksamen', current_date + 9, current_date + 30)"
		}
		if round > 1 {
			w.exec(t, "insert into public.certification_kinds (code, name_nb, name_nn, name_en, is_required, replaced_by) values ($1, 'A', 'A', 'A', $2, null)",
				fmt.Sprintf("kind %d", round), round == 3)
		}

		dryOutcomes, dryCodes, _, err := w.pauseMany(t.Context(), conn, coordinator, many, arguments+", true")
		if err != nil {
			t.Fatal(err)
		}
		outcomes, codes, body, err := w.pauseMany(t.Context(), conn, coordinator, many, arguments+", false, '"+uuid.NewString()+"'")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(outcomes, dryOutcomes) || !slices.Equal(codes, dryCodes) {
			t.Errorf("seed %d: the dry run says something else: %v, %s", seed, dryCodes, body)
		}
		for n, m := range single {
			err := pgx.BeginFunc(t.Context(), conn, func(tx pgx.Tx) error {
				if _, err := tx.Exec(t.Context(), "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', $1, true)", string(claims(coordinator))); err != nil {
					return err
				}
				_, err := tx.Exec(t.Context(), call, m)
				return err
			})
			outcome, code := "paused", codeOf(err)
			switch {
			case code != "":
				outcome = "refused"
				if code != "mentor_not_found" {
					// A refusal takes everything back; of many, what has come true stays for the others' sake.
					w.exec(t, "select private.apply_changes(array[$1::uuid], private.last_judged(), private.today(), 'system')", m)
				}
			case planned:
				outcome = "planned"
			}
			want, got := w.manyOutcome(t, m, outcome, code), w.manyOutcome(t, many[n], outcomes[n], codes[n])
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("seed %d, planned %v, in state %q (-single +many):\n%s", seed, planned, manyStates[states[n]], diff)
			}
			if got.Roster != "" {
				t.Errorf("seed %d, state %q: %s", seed, manyStates[states[n]], got.Roster)
			}
		}
	}
}

// TestManyAndManyOverlap: batches that overlap, in any order of their ids, beside calls for one,
// never deadlock, and each mentor is paused once.
func TestManyAndManyOverlap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	coordinator := uuid.NewString()
	w.exec(t, "insert into public.profiles (id, display_name) values ($1, 'Koordinator')", coordinator)
	w.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) values ($1, $2, 'coordinator')", w.chapter, coordinator)
	for range 5 {
		ids := w.manyMentors(t, w.chapter, make([]int, 120))
		var mu sync.Mutex
		var wg sync.WaitGroup
		paused := map[string]int{}
		for n := range 4 {
			mine := slices.Clone(ids)
			if n%2 == 0 {
				slices.Reverse(mine)
			} else {
				rand.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
			}
			if n > 1 {
				mine = mine[:60]
			}
			conn := w.db.Connect(t, "authenticator")
			wg.Go(func() {
				outcomes, codes, _, err := w.pauseMany(t.Context(), conn, coordinator, mine, "null")
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				for i, o := range outcomes {
					switch {
					case o == "paused":
						paused[mine[i]]++
					case codes[i] != "already_paused":
						t.Errorf("%s %s", o, codes[i])
					}
				}
			})
		}
		wg.Wait()
		for _, id := range ids {
			if paused[id] != 1 {
				t.Fatalf("paused %d times", paused[id])
			}
		}
	}
}
