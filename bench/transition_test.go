package bench_test

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"mentorpause/local/people"
)

var (
	//go:embed sql/prepare_transitions.sql
	prepareTransitions string
	//go:embed sql/bare_writes.sql
	bareWrites string
	//go:embed sql/bare_writes_of_all.sql
	bareWritesOfAll string
)

// nextMentor begins a pgbench script: every tenth time a client goes on to another
// mentor of the same chapter, whom no other client uses.
const nextMentor = `\if :step % 10 = 0
\set n (:client_id + :clients * (:step / 10)) % (:mentors - :mentors % :clients)
select m.id as mentor from bench.mentors m where m.n = :n \gset
\endif
\set step :step + 1
`

// transitions compares pausing and reactivating mentors of one chapter: the
// functions, pgbench with what they send, and two kinds of bare writes: of what any
// design writes, and of all that ours does.
func transitions(t *testing.T, o *system, s scale, r *report) {
	chapter := o.chapter(t, s.largest())
	token := o.token(chapter.Coordinator)
	mentors := o.mentors(t, chapter)
	both := o.pausing(t, token, mentors)
	url, ownersURL := o.database.URL("pause_api"), o.database.URL("postgres")
	bare := pgbenchScript{text: bareWrites, variables: map[string]string{"coordinator": chapter.Coordinator.String()}}
	all := pgbenchScript{text: bareWritesOfAll, variables: bare.variables}
	bench := func(url string, script pgbenchScript, clients int) pgbenchRun {
		return runPgbench(t, url, script.of(mentors, clients), clients, s.length)
	}

	most := last(s.barred)
	pause, reactivate := o.served(t, "pause", url).clients(t, most), o.served(t, "reactivate", url).clients(t, most)
	functions := func(clients int) sample {
		return loadBySockets(t, clients, s.length, func(client, n int) error { // the same steps as in the script
			mentor := mentors[(client+clients*(n/10))%(len(mentors)-len(mentors)%clients)]
			if err := pause[client].call(plain("POST", "/", token, pauseBody(mentor), newKey()...)); err != nil {
				return err
			}
			return reactivate[client].call(plain("POST", "/", token, reactivateBody(mentor), newKey()...))
		})
	}

	for _, clients := range s.barred {
		var written, writtenAll, sent, answered, bytes []float64 // transitions a second, of which a step is two
		subjects := []func(){
			func() { written = append(written, 2*bench(ownersURL, bare, clients).rate) },
			func() { writtenAll = append(writtenAll, 2*bench(ownersURL, all, clients).rate) },
			func() {
				before := o.wal(t)
				run := bench(url, both, clients)
				bytes = append(bytes, (o.wal(t)-before)/run.transactions/2)
				sent = append(sent, 2*run.rate)
			},
			func() { answered = append(answered, 2*functions(clients).rate) },
		}
		for run := range s.runs {
			if run > 0 {
				slices.Reverse(subjects) // nobody always follows the same
			}
			for _, measure := range subjects {
				measure()
			}
		}
		r.add(t, fmt.Sprintf("pause and reactivate in one chapter, %d at once ÷ the bare writes of record, log and outbox", clients), bar{}, "",
			quotients(sent, written), "%s and %s transitions/s, both by pgbench; %s bytes of WAL each", number(median(sent)), number(median(written)), number(median(bytes)))
		r.add(t, fmt.Sprintf("pause and reactivate in one chapter, %d at once ÷ the bare writes of all rows", clients), atLeast(0.70), "",
			quotients(sent, writtenAll), "%s and %s transitions/s: stored answer, counts, place in the order of the screen and what was known too", number(median(sent)), number(median(writtenAll)))
		r.add(t, fmt.Sprintf("pause and reactivate in one chapter, %d at once: the functions ÷ pgbench", clients), atLeast(0.65), "",
			quotients(answered, sent), "%s and %s transitions/s", number(median(answered)), number(median(sent)))
	}
}

// pausing is the script that pauses and reactivates these mentors as the functions do, and
// makes what such scripts need.
func (o *system) pausing(t *testing.T, token string, mentors []uuid.UUID) pgbenchScript {
	t.Helper()
	o.exec(t, prepareTransitions)
	o.exec(t, "insert into bench.mentors (n, id) select m.ordinality - 1, m.id from unnest($1::uuid[]) with ordinality m (id, ordinality)", mentors)
	o.exec(t, "vacuum analyze bench.mentors, bench.pause_records, bench.pause_status_log, bench.notifications, bench.roster_places, bench.recorded_pauses")
	pauses := o.transition(t, "pause", token, mentors[0], pauseBody(mentors[0]))
	reactivations := o.transition(t, "reactivate", token, mentors[0], reactivateBody(mentors[0]))
	both := pgbenchScript{text: nextMentor + pauses.text + reactivations.text, variables: map[string]string{}}
	maps.Copy(both.variables, pauses.variables)
	maps.Copy(both.variables, reactivations.variables)
	return both
}

// of is the script for so many clients, who share the mentors.
func (script pgbenchScript) of(mentors []uuid.UUID, clients int) pgbenchScript {
	script.variables = maps.Clone(script.variables)
	script.variables["mentors"], script.variables["clients"], script.variables["step"] = strconv.Itoa(len(mentors)), strconv.Itoa(clients), "0"
	return script
}

// transition is the script that sends what a function sends for one mentor. The mentor
// becomes a variable of pgbench, and the server generates the key, because pgbench
// can't.
func (o *system) transition(t *testing.T, function, token string, mentor uuid.UUID, body map[string]any) pgbenchScript {
	t.Helper()
	key := newKey()
	statements := recorded(t, o.database.URL("pause_api"), func(url string) {
		f := o.start(t, function, 1, url)
		defer f.Close()
		if _, err := invoke(t.Context(), f, request(t, token, "POST", "", body, key...)); err != nil {
			t.Error(err)
		}
	})
	return pipeline(function, statements, map[string]string{mentor.String(): ":mentor", key[1]: "gen_random_uuid()"})
}

// mentors returns those of the chapter who are neither paused nor expired, nor about to
// be.
func (o *system) mentors(t *testing.T, chapter people.Chapter) []uuid.UUID {
	t.Helper()
	rows, err := o.owner.Query(t.Context(), `select e.mentor_id from private.roster_entries e
		where e.chapter_id = $1 and e.certified_until > private.today() + 60
			and not exists (select from public.pause_records r where r.mentor_id = e.mentor_id and r.status in ('paused', 'expired_cert'))
		order by e.mentor_id`, chapter.ID)
	if err != nil {
		t.Fatal(err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil || len(found) == 0 {
		t.Fatalf("%d mentors: %v", len(found), err)
	}
	return found
}

// wal returns how many bytes of WAL have been written so far.
func (o *system) wal(t *testing.T) (bytes float64) {
	t.Helper()
	if err := o.owner.QueryRow(t.Context(), "select (pg_current_wal_insert_lsn() - '0/0')::float8").Scan(&bytes); err != nil {
		t.Fatal(err)
	}
	return bytes
}

// pauseBody and reactivateBody are what an app sends, in addition to the key's header.
func pauseBody(mentor uuid.UUID) map[string]any {
	return map[string]any{"mentor_id": mentor, "pause_reason": "Permisjon i forbindelse med eksamen og flytting"}
}

func reactivateBody(mentor uuid.UUID) map[string]any { return map[string]any{"mentor_id": mentor} }

// newKey returns the header of a request that repeats no other.
func newKey() []string { return []string{"idempotency-key", uuid.NewString()} }
