package bench_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"mentorpause/local/people"
)

// requestPages compares the first page of the requests that a coordinator sees without and
// with very many of other chapters, which are newer.
func requestPages(t *testing.T, _ *system, s scale, r *report) {
	mentors, foreign := 6_000, 100_000
	if s.mentors < 50_000 {
		mentors, foreign = 60, 100
	}
	o := newSystem(t)
	mine, others := uuid.New(), uuid.New()
	chapter := people.Chapter{ID: mine, Coordinator: uuid.New(), Mentors: mentors}
	o.exec(t, "insert into public.chapters (id, name) values ($1, 'Lag A'), ($2, 'Lag B')", mine, others)
	o.exec(t, "insert into public.profiles (id, display_name) values ($1, 'Kari')", chapter.Coordinator)
	o.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) values ($1, $2, 'coordinator')", mine, chapter.Coordinator)
	join := func(chapter uuid.UUID, mentors int) {
		t.Helper()
		o.exec(t, "insert into public.profiles (id, display_name) select md5($1 || ' ' || n)::uuid, 'Likeperson ' || n from generate_series(1, $2::int) n", chapter.String(), mentors)
		o.exec(t, `insert into public.chapter_memberships (chapter_id, user_id, role, started_at)
			select $1::uuid, md5($1::text || ' ' || n)::uuid, 'mentor', now() - interval '2 years' from generate_series(1, $2::int) n`, chapter.String(), mentors)
	}
	ask := func(chapter uuid.UUID, mentors, times int) {
		t.Helper()
		o.exec(t, `insert into public.leave_requests (mentor_id, kind, state, created_at, answered_at)
			select md5($1 || ' ' || n)::uuid, 'pause', 'declined', clock_timestamp(), clock_timestamp() from generate_series(1, $2::int) n, generate_series(1, $3::int)`,
			chapter.String(), mentors, times)
		o.exec(t, "vacuum analyze")
	}
	join(mine, mentors)
	join(others, foreign/20)
	ask(mine, mentors/5, 1)
	url := o.signedIn(t, chapter)
	page := pgbenchScript{"select private.leave_requests_page(null, null, null);", nil}
	took := func() float64 {
		t.Helper()
		return median(pgbenchLatencies(t, url, page, max(s.calls/s.turns, 2)))
	}
	var without, with []float64
	for range s.runs {
		without = append(without, took())
	}
	ask(others, foreign/20, 20)
	for range s.runs {
		with = append(with, took())
	}
	r.add(t, fmt.Sprintf("leave requests in SQL, chapter of %s: with %s of others ÷ without", number(float64(mentors)), number(float64(foreign))), atMost(1.5), "",
		quotients(with, without), "%s and %s µs, the first page", number(median(with)), number(median(without)))
}
