package bench_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// batches compares pausing mentors of one chapter in one request with pausing as many of
// them one by one, both by the function and by one client.
func batches(t *testing.T, o *system, s scale, r *report) {
	chapter := o.chapter(t, s.largest())
	token := o.token(chapter.Coordinator)
	mentors := o.mentors(t, chapter)
	if len(mentors) < 2*s.together {
		t.Fatalf("only %d mentors can be paused", len(mentors))
	}
	// Each half is paused together in one run and one by one in the next.
	halves := [][]uuid.UUID{mentors[:s.together], mentors[s.together : 2*s.together]}
	url := o.database.URL("pause_api")
	pause, reactivate := o.served(t, "pause", url).clients(t, 1)[0], o.served(t, "reactivate", url).clients(t, 1)[0]
	call := func(c *client, body map[string]any) {
		t.Helper()
		if err := c.call(plain("POST", "/", token, body, newKey()...)); err != nil {
			t.Fatal(err)
		}
	}
	ways := []func(mentors []uuid.UUID){
		func(mentors []uuid.UUID) {
			body := pauseBody(uuid.Nil)
			delete(body, "mentor_id")
			body["mentor_ids"] = mentors
			call(pause, body)
		},
		func(mentors []uuid.UUID) {
			for _, mentor := range mentors {
				call(pause, pauseBody(mentor))
			}
		},
	}
	var rates [2][]float64
	for run := range s.runs + 1 {
		for at := range ways {
			way := (at + run) % len(ways) // neither always follows the other
			began := time.Now()
			ways[way](halves[at])
			took := time.Since(began)
			var paused int
			if err := o.owner.QueryRow(t.Context(), "select count(*) from public.pause_records r where r.mentor_id = any ($1) and r.status = 'paused'",
				halves[at]).Scan(&paused); err != nil || paused != s.together {
				t.Fatalf("%d of %d are paused: %v", paused, s.together, err)
			}
			if run > 0 { // in the first one the sessions plan
				rates[way] = append(rates[way], float64(s.together)/took.Seconds())
			}
		}
		for _, half := range halves {
			for _, mentor := range half {
				call(reactivate, reactivateBody(mentor))
			}
		}
	}
	r.add(t, number(float64(s.together))+" pauses at once ÷ one by one", atLeast(8), "", quotients(rates[0], rates[1]),
		"%s and %s pauses/s, by the function, one client", number(median(rates[0])), number(median(rates[1])))
}
