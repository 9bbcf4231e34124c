package schema_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mentorpause/shared/refusal"
)

// office is a session of a signed-in person that carries out commands, one after the other.
type office struct {
	person string // who it is, if an organisation administrator
	conn   *pgx.Conn
}

// administrators opens sessions of as many people who administer the world's chapter.
func administrators(t *testing.T, w *world, number int) []office {
	t.Helper()
	offices := make([]office, number)
	for i := range offices {
		person := w.person(t, fmt.Sprintf("Anne Administrator %d", i))
		w.exec(t, "insert into public.organisation_administrators (user_id) values ($1)", person)
		offices[i] = office{person, w.db.Connect(t, "authenticator")}
		for _, setting := range []string{"set role authenticated", "select set_config('request.jwt.claims', '" + string(claims(person)) + "', false)"} {
			if _, err := offices[i].conn.Exec(t.Context(), setting); err != nil {
				t.Fatal(err)
			}
		}
	}
	return offices
}

// do carries out a command and returns the code or SQLSTATE with which it was refused.
func (o office) do(ctx context.Context, call string) (answer json.RawMessage, code string) {
	err := o.conn.QueryRow(ctx, "select public."+call).Scan(&answer)
	return answer, codeOf(err)
}

// Whoever is first, and however often: two administrators on the same person end in one of
// the states that one after the other would give, and each learns so by a code of the
// contract. No circle forms, and nothing that is derived is left behind.
func TestTwoAdministratorsAtOnce(t *testing.T) {
	t.Parallel()
	const rounds = 6 // in an order that chance decides; TestTwoAtOnce has every order once
	w := newWorld(t)
	offices := administrators(t, w, 2)
	other := uuid.NewString()
	w.exec(t, "insert into public.chapters (id, name) values ($1, 'Oslo')", other)

	for name, pair := range map[string]struct {
		// The commands, with %[1]s and %[2]s for two people of the chapter, %[3]s and %[4]s for
		// its coordinators, %[5]s for the first one's membership, %[6]s for the other chapter,
		// %[7]s for a word that is new in each round, and %[8]s for the chapter.
		calls   [2]string
		allowed []string
	}{
		"renamed and erased":                {[2]string{"update_person('%[1]s', 'Ny %[7]s')", "erase_person('%[1]s')"}, []string{"not_found"}},
		"erased twice":                      {[2]string{"erase_person('%[1]s')", "erase_person('%[1]s')"}, []string{"not_found"}},
		"renamed twice":                     {[2]string{"update_person('%[1]s', 'Ny')", "update_person('%[1]s', 'Nyere')"}, nil},
		"joined and assigned":               {[2]string{"merge_people('%[1]s', '%[2]s')", "assign_coordinator('%[2]s', '%[4]s')"}, []string{"not_found"}},
		"joined and certified":              {[2]string{"merge_people('%[1]s', '%[2]s')", "register_certification('%[2]s', 'kurs', current_date)"}, []string{"not_found"}},
		"joined both ways":                  {[2]string{"merge_people('%[1]s', '%[2]s')", "merge_people('%[2]s', '%[1]s')"}, []string{"not_found"}},
		"joined and erased":                 {[2]string{"merge_people('%[1]s', '%[2]s')", "erase_person('%[1]s')"}, []string{"not_found"}},
		"handed over and ended":             {[2]string{"hand_over('%[3]s', '%[4]s', null)", "end_membership('%[5]s', '2020-01-01'::date + 4000)"}, nil},
		"handed over both ways":             {[2]string{"hand_over('%[3]s', '%[4]s', null)", "hand_over('%[4]s', '%[3]s', null)"}, nil},
		"handed over and erased":            {[2]string{"hand_over('%[3]s', '%[4]s', null)", "erase_person('%[1]s')"}, nil},
		"handed over and renamed":           {[2]string{"hand_over('%[3]s', '%[4]s', null)", "update_person('%[3]s', 'Kari %[7]s')"}, nil},
		"certified and ended":               {[2]string{"register_certification('%[1]s', 'kurs', current_date)", "end_membership('%[5]s', '2020-01-01'::date + 4000)"}, nil},
		"registered twice by address":       {[2]string{"register_person('En', '%[8]s', email => '%[7]s@example.org')", "register_person('To', '%[8]s', email => '%[7]s@example.org')"}, []string{"already_exists"}},
		"registered twice by number":        {[2]string{"register_person('En', '%[8]s', source => 'x', external_id => '%[7]s')", "register_person('To', '%[6]s', source => 'x', external_id => '%[7]s')"}, nil},
		"registered and given an address":   {[2]string{"register_person('En', '%[8]s', email => '%[7]s@example.org')", "update_person('%[1]s', email => '%[7]s@example.org')"}, []string{"already_exists", "in_use"}},
		"joined the other chapter twice":    {[2]string{"start_membership('%[1]s', '%[6]s', 'mentor')", "start_membership('%[1]s', '%[6]s', 'mentor', '2020-01-01')"}, []string{"already_exists"}},
		"assigned twice":                    {[2]string{"assign_coordinator('%[2]s', '%[4]s')", "assign_coordinator('%[2]s', '%[4]s')"}, []string{"already_exists"}},
		"a kind replaced in a circle":       {[2]string{"save_certification_kind('a', replaced_by => 'b')", "save_certification_kind('b', replaced_by => 'a')"}, []string{"invalid_request"}},
		"a new kind saved twice":            {[2]string{"save_certification_kind('%[7]s')", "save_certification_kind(' %[7]s', name_nb => 'Ny')"}, nil},
		"a chapter closed and entered":      {[2]string{"close_chapter('%[6]s', current_date + 9)", "start_membership('%[1]s', '%[6]s', 'mentor')"}, []string{"invalid_request"}},
		"an administrator appointed twice":  {[2]string{"appoint_administrator('%[1]s')", "appoint_administrator('%[1]s')"}, []string{"already_exists"}},
		"two chapters of a name":            {[2]string{"save_chapter(null, 'Lag %[7]s')", "save_chapter(null, 'lag %[7]s')"}, []string{"already_exists"}},
		"a new person and a new assignment": {[2]string{"register_person('En', '%[8]s', coordinator_id => '%[3]s')", "update_person('%[3]s', 'Kari %[7]s')"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w.exec(t, "insert into public.certification_kinds (code) values ('a'), ('b') on conflict (code) do update set replaced_by = null")
			for round := range rounds {
				one, two := w.mentor(t), w.mentor(t)
				w.exec(t, "insert into public.coordinator_assignments (mentor_id, coordinator_id) values ($1, $3), ($2, $3)", one, two, w.coordinators[0])
				membership := queryOne(t, w, "select id::text from public.chapter_memberships where user_id = $1", one)
				var all sync.WaitGroup
				var refused [2]string
				for i, o := range offices {
					// The last argument is used by every call, so that Sprintf names none as superfluous.
					call := fmt.Sprintf(pair.calls[i]+"%[9]s", one, two, w.coordinators[0], w.coordinators[1], membership, other,
						fmt.Sprintf("w%d%s", round, one[:8]), w.chapter, "")
					all.Go(func() { _, refused[i] = o.do(t.Context(), call) })
				}
				all.Wait()
				for i, code := range refused {
					if code != "" && !slices.Contains(pair.allowed, code) {
						t.Fatalf("%s: %s", pair.calls[i], code)
					}
				}
				if refused[0] != "" && refused[1] != "" {
					t.Fatalf("neither was carried out: %v", refused)
				}
				var wrong int
				err := w.owner.QueryRow(t.Context(), `select
					(select count(*) from private.find_roster_differences($1::uuid[]))
					+ (select count(*) from private.find_log_discrepancies($1::uuid[]))
					+ (select count(*) from private.final_people f join public.coordinator_assignments a on f.person_id in (a.mentor_id, a.coordinator_id) where a.ended_at is null)
					+ (select count(*) from private.final_people f join public.chapter_memberships m on m.user_id = f.person_id where m.ended_at is null or m.ended_at > clock_timestamp())
					+ (select count(*) from private.final_people f join public.contacts c using (person_id))
					+ (select count(*) from public.people_log l join public.erasures e using (person_id) where num_nonnulls(l.before, l.after) > 0)`,
					[]string{one, two}).Scan(&wrong)
				if err != nil {
					t.Fatal(err)
				}
				if wrong != 0 {
					t.Fatalf("%d things are wrong after a round", wrong)
				}
			}
		})
	}
}

// However two administrators go at each other, one of them is left.
func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, command := range []string{"dismiss_administrator", "erase_person"} {
		for round := range 5 {
			w.exec(t, "update public.organisation_administrators set ended_at = clock_timestamp() where ended_at is null")
			offices := administrators(t, w, 2)
			var all sync.WaitGroup
			var refused [2]string
			for i, o := range offices {
				all.Go(func() { _, refused[i] = o.do(t.Context(), fmt.Sprintf("%s('%s')", command, offices[1-i].person)) })
			}
			all.Wait()
			slices.Sort(refused[:])
			if refused[0] != "" || !slices.Contains([]string{"not_an_administrator", "in_use"}, refused[1]) {
				t.Errorf("%s, round %d: %q", command, round, refused)
			}
			if left := queryOne(t, w, "select count(*)::text from public.organisation_administrators where ended_at is null"); left != "1" {
				t.Fatalf("%s, round %d: %s administrators are left", command, round, left)
			}
		}
	}
}

// A command whose request is repeated at once is carried out once: the other one is told
// that it is in progress, or gets the same answer.
func TestTheSameKeyTwiceAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	administrator := w.person(t, "Anne Administrator")
	w.join(t, administrator, w.chapter, "administrator")
	sessions := [2]office{}
	for i := range sessions {
		sessions[i] = office{conn: w.db.Connect(t, "authenticator")}
		if _, err := sessions[i].conn.Exec(t.Context(), "set role authenticated; select set_config('request.jwt.claims', '"+string(claims(administrator))+"', false)"); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		key := uuid.NewString()
		call := fmt.Sprintf("register_person('Kari %s', '%s', request_id => '%s')", key, w.chapter, key)
		var answers [2]json.RawMessage
		outcomes := race(2, func(i int) refusal.Code {
			answer, code := sessions[i].do(t.Context(), call)
			answers[i] = answer
			return refusal.Code(code)
		})
		if outcomes[""]+outcomes[refusal.RequestInProgress] != 2 || outcomes[""] == 0 {
			t.Fatalf("%v", outcomes)
		}
		if outcomes[""] == 2 && string(answers[0]) != string(answers[1]) {
			t.Errorf("two answers: %s and %s", answers[0], answers[1])
		}
		if n := queryOne(t, w, "select count(*)::text from public.profiles where display_name = 'Kari ' || $1", key); n != "1" {
			t.Fatalf("%s people were registered", n)
		}
	}
}

// Handing over all mentors of a coordinator is one change: each entry of the roster is
// written once, though an assignment ends and another one begins. `make bench` compares it
// with as many single assignments.
func TestHandingOverWritesEachEntryOnce(t *testing.T) {
	t.Parallel()
	const mentors = 1000
	w := newWorld(t)
	office := administrators(t, w, 1)[0]
	w.exec(t, `with people as (
			insert into public.profiles (id, display_name) select gen_random_uuid(), 'Mentor ' || n from generate_series(1, $1) n returning id
		), joined as (
			insert into public.chapter_memberships (chapter_id, user_id, role) select $2::uuid, id, 'mentor' from people
		)
		insert into public.coordinator_assignments (mentor_id, coordinator_id) select id, $3::uuid from people`, mentors, w.chapter, w.coordinators[0])
	w.exec(t, "analyze")

	tx, err := office.conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "select public.hand_over($1, $2)", w.coordinators[0], w.coordinators[1]); err != nil {
		t.Fatal(err)
	}
	for table, want := range map[string]int{"roster_entries": mentors, "roster_places": mentors, "coordinator_assignments": 2 * mentors} {
		var written int
		if err := tx.QueryRow(t.Context(),
			"select n_tup_ins + n_tup_upd + n_tup_del from pg_stat_xact_user_tables where relname = $1", table).Scan(&written); err != nil {
			t.Fatal(err)
		}
		if written != want {
			t.Errorf("%d rows of %s were written, want %d", written, table, want)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, now := len(mentorsOf(t, w, w.coordinators[0])), len(mentorsOf(t, w, w.coordinators[1])); left != 0 || now != mentors {
		t.Fatalf("%d mentors are left, %d were handed over", left, now)
	}
}

func mentorsOf(t *testing.T, w *world, coordinator string) []string {
	t.Helper()
	rows, err := w.owner.Query(t.Context(), "select mentor_id::text from public.coordinator_assignments where coordinator_id = $1 and ended_at is null order by 1", coordinator)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func queryOne(t *testing.T, w *world, sql string, args ...any) (value string) {
	t.Helper()
	if err := w.owner.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}
