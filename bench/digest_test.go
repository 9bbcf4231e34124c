package bench_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"mentorpause/local/lambda"
)

// overdue pauses every mentor of [crowd], who should have been back yesterday.
const overdue = `
	insert into public.pause_records (mentor_id, status, pause_reason, paused_at, effective_on, expected_return_date)
	select m.user_id, 'paused', 'Ferie', now() - interval '30 days', private.today() - 30, private.today() - 1
	from public.chapter_memberships m where m.role = 'mentor'`

// makeDigests is what the first night of a week does, for the next coordinators after an
// id; it returns the last of them.
const makeDigests = `
	with these as materialized (select private.digest_recipients($1, $2) as ids)
	select t.ids[cardinality(t.ids)], case when t.ids <> '{}' then private.make_digests(t.ids, private.today()) else 0 end from these t`

// digests measures the week's digests, each of two mentors, from being made by the night
// until they are in the inboxes; and the same of as many notifications to one mentor each,
// which are inserted.
func digests(t *testing.T, _ *system, s scale, r *report) {
	type side struct {
		make func(o *system)
		took []float64 // seconds
	}
	sides := []*side{
		{make: func(o *system) {
			after, made := "00000000-0000-0000-0000-000000000000", 0
			for {
				var next *string
				var more int
				if err := o.owner.QueryRow(t.Context(), makeDigests, after, bigChunk).Scan(&next, &more); err != nil {
					t.Fatal(err)
				}
				if next == nil {
					break
				}
				after, made = *next, made+more
			}
			if made != s.digests {
				t.Fatalf("%d digests, not %d", made, s.digests)
			}
		}},
		{make: func(o *system) {
			o.exec(t, `insert into public.notifications (mentor_id, audience, kind)
				select m.user_id, 'mentor', 'mentor_paused' from public.chapter_memberships m where m.role = 'mentor'`)
		}},
	}
	// There is one digest a week: each run has an organisation of its own.
	for run := range s.runs {
		o := newSystem(t)
		o.exec(t, fmt.Sprintf(crowd, s.digests, s.digests))
		o.exec(t, "alter table public.pause_records disable trigger user")
		o.exec(t, overdue)
		o.exec(t, "alter table public.pause_records enable trigger user")
		o.exec(t, "select private.rebuild_roster()")
		o.exec(t, "vacuum analyze")
		function := o.start(t, "dispatch-notifications", 1, "")
		deliver(t, function, 0) // connects
		for at := range sides {
			side := sides[(at+run)%len(sides)] // neither always follows the other
			began := time.Now()
			side.make(o)
			made := time.Since(began)
			o.exec(t, "update public.notifications set due_at = now() where due_at > now()") // whatever the hour
			o.exec(t, "vacuum analyze public.notifications")
			side.took = append(side.took, (made + deliver(t, function, s.digests)).Seconds())
		}
		function.Close()
	}
	rate := func(side *side) string { return number(float64(s.digests) / median(side.took)) }
	r.add(t, fmt.Sprintf("digests/s, %s of two mentors each ÷ as many single notifications", number(float64(s.digests))), atLeast(0.8), "",
		quotients(sides[1].took, sides[0].took), "%s and %s/s, made and delivered to the inbox", rate(sides[0]), rate(sides[1]))
}

// deliver lets the function deliver what is pending, which must be so many, and returns how
// long that took.
func deliver(t *testing.T, function *lambda.Function, pending int) time.Duration {
	t.Helper()
	began := time.Now()
	answer, err := function.Invoke(t.Context(), []byte(`{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}`))
	took := time.Since(began)
	if err != nil {
		t.Fatal(err)
	}
	var got struct{ Delivered int }
	if err := json.Unmarshal(answer, &got); err != nil || got.Delivered != pending {
		t.Fatalf("%s, %v", answer, err)
	}
	return took
}
