package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"mentorpause/shared/database"
)

// mentorStory is what happens to one mentor before the dispatcher comes. The days count from
// the day of the test's clock, in Oslo.
type mentorStory struct {
	*bundle
	mentor, coordinator string
}

func (s mentorStory) day(t testing.TB, days int) string {
	t.Helper()
	return value[string](t, s.bundle, "select (($1::timestamptz at time zone 'Europe/Oslo')::date + $2::int)::text", s.clock(), days)
}

func (s mentorStory) certify(t testing.TB, kind string, issued, expires int) string {
	t.Helper()
	return value[string](t, s.bundle, `insert into public.certifications (mentor_id, kind, issued_on, expires_on)
		values ($1, $2, $3::date, $4::date) returning id::text`, s.mentor, kind, s.day(t, issued), s.day(t, expires))
}

// kind saves this of a kind, which is made when there is none.
func (s mentorStory) kind(t testing.TB, code, set string) {
	t.Helper()
	s.exec(t, "insert into public.certification_kinds (code) values ($1) on conflict do nothing", code)
	s.exec(t, "update public.certification_kinds set "+set+" where code = $1", code)
}

func (s mentorStory) uncertify(t testing.TB, id string) {
	t.Helper()
	s.exec(t, "delete from public.certifications where id = $1", id)
}

// night is the nightly run of the clock's day.
func (s mentorStory) night(t testing.TB) {
	t.Helper()
	s.exec(t, `do $$
		declare
			run jsonb := public.nightly_begin(('`+s.day(t, 0)+`')::date, true, gen_random_uuid());
		begin
			while run ->> 'outcome' is null loop
				run := public.nightly_step((run ->> 'run_id')::bigint, (run ->> 'fencing_token')::bigint, 1000);
			end loop;
		end $$`)
}

func (s mentorStory) pauseUntil(t testing.TB, back int, version *int32) {
	t.Helper()
	returns := s.day(t, back)
	_, err := s.api.PauseMentor(t.Context(), claims(t, s.coordinator), database.PauseMentorArguments{
		MentorID: s.mentor, PauseReason: "Hemmelig", ExpectedReturnDate: &returns, ExpectedVersion: version, RequestID: uuid.NewString()})
	if err != nil {
		t.Fatal(err)
	}
}

// ask is a request for a pause from the 30th to the 60th day, whose id it returns.
func (s mentorStory) ask(t testing.TB) string {
	t.Helper()
	first, back := s.day(t, 30), s.day(t, 60)
	reply, err := s.api.RequestLeave(t.Context(), claims(t, s.mentor), database.RequestLeaveArguments{
		Kind: "pause", Reason: new("Hemmelig"), StartsOn: &first, ExpectedReturnDate: &back, RequestID: uuid.NewString()})
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		LeaveRequest struct{ ID string } `json:"leave_request"`
	}
	if err := json.Unmarshal(reply.Body, &answer); err != nil {
		t.Fatal(err)
	}
	return answer.LeaveRequest.ID
}

func (s mentorStory) answer(t testing.TB, user, id, answer string, message *string) {
	t.Helper()
	_, err := s.api.AnswerLeaveRequest(t.Context(), claims(t, user), database.AnswerLeaveRequestArguments{
		LeaveRequestID: id, Answer: answer, Message: message, RequestID: uuid.NewString()})
	if err != nil {
		t.Fatal(err)
	}
}

func (s mentorStory) reactivate(t testing.TB) {
	t.Helper()
	_, err := s.api.ReactivateMentor(t.Context(), claims(t, s.coordinator), database.ReactivateMentorArguments{MentorID: s.mentor, RequestID: uuid.NewString()})
	if err != nil {
		t.Fatal(err)
	}
}

func (s mentorStory) deliver(t testing.TB) {
	t.Helper()
	if _, err := s.dispatcher(t, nil).run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// returnsOn makes the return of the pause due on that day.
func (s mentorStory) returnsOn(t testing.TB, days int) {
	t.Helper()
	s.exec(t, "update public.pause_records set expected_return_date = $2::date where mentor_id = $1 and status <> 'active'", s.mentor, s.day(t, days))
}

// pausedSince enters a pause without a return date that began at noon of that day.
func (s mentorStory) pausedSince(t testing.TB, days int) {
	t.Helper()
	s.exec(t, `insert into public.pause_records (mentor_id, status, paused_at, coordinator_id)
		values ($1, 'paused', ($2 || ' 12:00 Europe/Oslo')::timestamptz, $3)`, s.mentor, s.day(t, days), s.coordinator)
}

func (s mentorStory) plan(t *testing.T, days int) {
	t.Helper()
	s.exec(t, "insert into public.planned_pauses (mentor_id, starts_on, expected_return_date) values ($1, $2::date, $3::date)",
		s.mentor, s.day(t, days), s.day(t, days+20))
	s.exec(t, "select private.tell_of_plan('pause_planned', q) from public.planned_pauses q where q.mentor_id = $1", s.mentor)
}

func (s mentorStory) cancelPlan(t *testing.T) {
	t.Helper()
	s.exec(t, `with gone as (delete from public.planned_pauses where mentor_id = $1 returning *)
		select private.tell_of_plan('pause_cancelled', row(g.*)::public.planned_pauses) from gone g`, s.mentor)
}

// What is told is true when it is told, whatever has happened since it was queued; what is not
// true any more is settled. Each case says how the notifications end, and what the texts to
// mentor and coordinator say and don't say.
func TestOnlyWhatIsTrueIsSent(t *testing.T) {
	t.Parallel()
	const renewFirst = "must be renewed before"
	for name, c := range map[string]struct {
		story    func(*testing.T, mentorStory)
		ends     []string // kind state audience
		says     []string // in some text, to each of them
		saysNone []string // in no text
	}{
		"paused": {
			func(t *testing.T, s mentorStory) { s.pauseUntil(t, 60, nil) },
			[]string{"mentor_paused delivered coordinator", "mentor_paused delivered mentor"},
			[]string{"paused"}, []string{"renewed", "active again"},
		},
		"planned": {
			func(t *testing.T, s mentorStory) { s.plan(t, 30) },
			[]string{"pause_planned delivered coordinator", "pause_planned delivered mentor"},
			[]string{"in 30 days", "xpect"}, []string{"is paused"},
		},
		"planned, and taken back": {
			func(t *testing.T, s mentorStory) { s.plan(t, 30); s.deliver(t); s.cancelPlan(t) },
			[]string{"pause_cancelled delivered coordinator", "pause_cancelled delivered mentor",
				"pause_planned delivered coordinator", "pause_planned delivered mentor"},
			[]string{"has been cancelled"}, nil,
		},
		"planned, and taken back before it was told": {
			func(t *testing.T, s mentorStory) { s.plan(t, 30); s.cancelPlan(t) },
			[]string{"pause_cancelled settled coordinator", "pause_cancelled settled mentor",
				"pause_planned settled coordinator", "pause_planned settled mentor"},
			nil, nil,
		},
		"asked for": {
			func(t *testing.T, s mentorStory) { s.ask(t) },
			[]string{"leave_requested delivered coordinator"},
			[]string{"asks for a pause from|AS MENTOR ", "to be back on DAY60|AS MENTOR "}, []string{"Hemmelig"},
		},
		"asked for, and withdrawn before it was told": {
			func(t *testing.T, s mentorStory) { s.answer(t, s.mentor, s.ask(t), "withdraw", nil) },
			[]string{"leave_requested settled coordinator"}, nil, []string{"asks"},
		},
		"asked for, and paused since": {
			func(t *testing.T, s mentorStory) { s.ask(t); s.pauseUntil(t, 61, nil) },
			[]string{"leave_requested settled coordinator", "mentor_paused delivered coordinator", "mentor_paused delivered mentor"},
			[]string{"paused"}, []string{"asks", "asked"},
		},
		"asked for, told, and declined with a message": {
			func(t *testing.T, s mentorStory) {
				id := s.ask(t)
				s.deliver(t)
				s.answer(t, s.coordinator, id, "decline", new("Fortrolig"))
			},
			[]string{"leave_answered delivered mentor", "leave_requested delivered coordinator"},
			[]string{"AS MENTOR You asked for a pause from", "AS MENTOR Your request was declined", "AS MENTOR There is a message to you"},
			[]string{"Hemmelig", "Fortrolig", "accepted"},
		},
		"asked for, and accepted": {
			func(t *testing.T, s mentorStory) { s.answer(t, s.coordinator, s.ask(t), "accept", nil) },
			[]string{"leave_answered delivered mentor", "leave_requested settled coordinator",
				"pause_planned delivered coordinator", "pause_planned delivered mentor"},
			[]string{"in 30 days", "AS MENTOR Your request was accepted"}, []string{"Hemmelig", "There is a message", "asks"},
		},
		"accepted, and withdrawn before it was told": {
			func(t *testing.T, s mentorStory) {
				id := s.ask(t)
				s.answer(t, s.coordinator, id, "accept", nil)
				s.answer(t, s.mentor, id, "withdraw", nil)
			},
			[]string{"leave_answered settled mentor", "leave_requested settled coordinator", "pause_cancelled settled coordinator",
				"pause_cancelled settled mentor", "pause_planned settled coordinator", "pause_planned settled mentor"},
			nil, []string{"accepted", "asks"},
		},
		"accepted, told, and withdrawn": {
			func(t *testing.T, s mentorStory) {
				id := s.ask(t)
				s.answer(t, s.coordinator, id, "accept", nil)
				s.deliver(t)
				s.answer(t, s.mentor, id, "withdraw", nil)
			},
			[]string{"leave_answered delivered mentor", "leave_requested settled coordinator", "pause_cancelled delivered coordinator",
				"pause_cancelled delivered mentor", "pause_planned delivered coordinator", "pause_planned delivered mentor"},
			[]string{"has been cancelled"}, nil,
		},
		"paused, and returned since": {
			func(t *testing.T, s mentorStory) { s.pauseUntil(t, 60, nil); s.reactivate(t) },
			[]string{"mentor_paused settled coordinator", "mentor_paused settled mentor",
				"mentor_reactivated delivered coordinator", "mentor_reactivated delivered mentor"},
			[]string{"active as a peer mentor again"}, []string{"paused"},
		},
		"paused, returned, and paused again": {
			func(t *testing.T, s mentorStory) {
				s.pauseUntil(t, 60, nil)
				s.reactivate(t)
				s.pauseUntil(t, 90, nil)
			},
			[]string{"mentor_paused delivered coordinator", "mentor_paused delivered mentor", "mentor_paused settled coordinator",
				"mentor_paused settled mentor", "mentor_reactivated settled coordinator", "mentor_reactivated settled mentor"},
			[]string{"paused"}, []string{"active"},
		},
		"paused, and another return date since": {
			func(t *testing.T, s mentorStory) { s.pauseUntil(t, 60, nil); s.returnsOn(t, 61) },
			[]string{"mentor_paused delivered coordinator", "mentor_paused delivered mentor", "return_changed delivered mentor"},
			[]string{"DAY61"}, []string{"DAY60"},
		},
		"paused, and the return has passed since": {
			func(t *testing.T, s mentorStory) { s.pauseUntil(t, 60, nil); s.returnsOn(t, -3) },
			[]string{"mentor_paused delivered coordinator", "mentor_paused delivered mentor", "return_changed delivered mentor"},
			[]string{"xpected"}, []string{"Expected back", "We expect you"},
		},
		"paused, and expired since": {
			func(t *testing.T, s mentorStory) { s.pauseUntil(t, 60, nil); s.certify(t, "førstehjelp", -400, -2) },
			[]string{"mentor_paused delivered coordinator", "mentor_paused delivered mentor"},
			[]string{renewFirst}, nil,
		},
		"expired": {
			func(t *testing.T, s mentorStory) { s.certify(t, "førstehjelp", -400, -2); s.night(t) },
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor"},
			[]string{"will not count as active until it is renewed"}, []string{"paused", "reactivated"},
		},
		"expired under a pause": {
			func(t *testing.T, s mentorStory) {
				s.pauseUntil(t, 60, nil)
				s.deliver(t)
				s.certify(t, "førstehjelp", -400, -2)
				s.night(t)
			},
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor",
				"mentor_paused delivered coordinator", "mentor_paused delivered mentor"},
			[]string{renewFirst}, []string{"will not count as active"},
		},
		"expired, and renewed since": {
			func(t *testing.T, s mentorStory) {
				s.certify(t, "førstehjelp", -400, -2)
				s.night(t)
				s.certify(t, "førstehjelp", -1, 400)
			},
			[]string{"certification_expired settled coordinator", "certification_expired settled mentor"}, nil, nil,
		},
		"renewed": {
			func(t *testing.T, s mentorStory) {
				s.certify(t, "førstehjelp", -400, -2)
				s.night(t)
				s.deliver(t)
				s.certify(t, "førstehjelp", -1, 400)
				s.night(t)
			},
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor",
				"certification_restored delivered coordinator", "certification_restored delivered mentor"},
			[]string{"valid again", "AS MENTOR Thank you for renewing it"}, []string{"still paused", "record"},
		},
		"renewed under a pause": {
			func(t *testing.T, s mentorStory) {
				s.pauseUntil(t, 60, nil)
				s.certify(t, "førstehjelp", -400, -2)
				s.night(t)
				s.certify(t, "førstehjelp", -1, 400)
				s.night(t)
			},
			[]string{"certification_expired settled coordinator", "certification_expired settled mentor",
				"certification_restored delivered coordinator", "certification_restored delivered mentor",
				"mentor_paused delivered coordinator", "mentor_paused delivered mentor"},
			[]string{"valid again", "still paused"}, []string{renewFirst},
		},
		"a mistaken certification was deleted": {
			func(t *testing.T, s mentorStory) {
				mistake := s.certify(t, "førstehjelp", -400, -2)
				s.night(t)
				s.deliver(t)
				s.uncertify(t, mistake)
				s.night(t)
			},
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor",
				"certification_restored delivered coordinator", "certification_restored delivered mentor"},
			[]string{"because the record or the requirements have been changed"}, []string{"Thank you", "valid again"},
		},
		"a mistaken certification was deleted, and another kind was renewed long ago": {
			func(t *testing.T, s mentorStory) {
				s.certify(t, "kurs", -1000, -400)
				mistake := s.certify(t, "førstehjelp", -400, -2)
				s.night(t)
				s.deliver(t)
				s.uncertify(t, mistake)
				s.night(t)
			},
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor",
				"certification_restored delivered coordinator", "certification_restored delivered mentor"},
			[]string{"because the record or the requirements have been changed"}, []string{"Thank you", "valid again"},
		},
		"a mistaken kind was corrected": {
			func(t *testing.T, s mentorStory) {
				mistake := s.certify(t, "førstehjelp", -40, -2)
				s.night(t)
				s.deliver(t)
				s.exec(t, "update public.certifications set kind = 'kurs' where id = $1", mistake)
				s.night(t)
			},
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor",
				"certification_restored delivered coordinator", "certification_restored delivered mentor"},
			[]string{"because the record or the requirements have been changed"}, []string{"Thank you", "valid again"},
		},
		"renewed, and that was a mistake": {
			func(t *testing.T, s mentorStory) {
				s.certify(t, "førstehjelp", -400, -2)
				s.night(t)
				s.deliver(t)
				mistake := s.certify(t, "førstehjelp", -1, 400)
				s.night(t)
				s.uncertify(t, mistake)
			},
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor",
				"certification_restored settled coordinator", "certification_restored settled mentor"},
			nil, []string{"valid again", "Thank you"},
		},
		"expiring": {
			func(t *testing.T, s mentorStory) { s.certify(t, "førstehjelp", -400, 7); s.night(t) },
			[]string{"certification_expiring delivered coordinator", "certification_expiring delivered mentor"},
			[]string{"in 7 days"}, []string{"already expired", "reactivated"},
		},
		"expiring, and renewed since": {
			func(t *testing.T, s mentorStory) {
				s.certify(t, "førstehjelp", -400, 7)
				s.night(t)
				s.certify(t, "førstehjelp", 8, 400)
			},
			[]string{"certification_expiring settled coordinator", "certification_expiring settled mentor"}, nil, nil,
		},
		"expiring, and over since": {
			func(t *testing.T, s mentorStory) {
				s.certify(t, "førstehjelp", -400, 2)
				s.night(t)
				s.wait(4 * 24 * time.Hour)
			},
			[]string{"certification_expiring settled coordinator", "certification_expiring settled mentor"}, nil, nil,
		},
		"a kind with a name expires": {
			func(t *testing.T, s mentorStory) {
				s.kind(t, "førstehjelp", "name_en = 'First aid'")
				s.certify(t, "førstehjelp", -400, -2)
				s.night(t)
			},
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor"},
			[]string{"valid certification (First aid) since"}, []string{"kurs", "førstehjelp"},
		},
		"two kinds expire on one day": {
			func(t *testing.T, s mentorStory) {
				s.certify(t, "førstehjelp", -400, 5)
				s.certify(t, "attest", -400, 5)
				s.night(t)
			},
			[]string{"certification_expiring delivered coordinator", "certification_expiring delivered coordinator",
				"certification_expiring delivered mentor", "certification_expiring delivered mentor"},
			[]string{"(førstehjelp)", "(attest)"}, nil,
		},
		"another kind expired, and the first was renewed since": {
			func(t *testing.T, s mentorStory) {
				s.certify(t, "førstehjelp", -400, -3)
				s.night(t)
				s.certify(t, "attest", -400, -2)
				s.certify(t, "førstehjelp", -1, 400)
			},
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor"},
			[]string{"lacked a valid certification since"}, []string{"førstehjelp", "attest"},
		},
		"a required kind is missing": {
			func(t *testing.T, s mentorStory) { s.kind(t, "attest", "is_required = true"); s.night(t) },
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor"},
			[]string{"lacked a required certification (attest) since"}, []string{"expired", "renew"},
		},
		"a required kind is missing under a pause": {
			func(t *testing.T, s mentorStory) { s.kind(t, "attest", "is_required = true"); s.pauseUntil(t, 60, nil) },
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor",
				"mentor_paused delivered coordinator", "mentor_paused delivered mentor"},
			[]string{"required certification (attest)", "must be registered before"}, []string{"expired", "renewed"},
		},
		"what was missing is registered": {
			func(t *testing.T, s mentorStory) {
				s.kind(t, "attest", "is_required = true")
				s.night(t)
				s.deliver(t)
				s.wait(2 * 24 * time.Hour)
				s.certify(t, "attest", -1, 400)
				s.night(t)
			},
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor", "certification_restored delivered coordinator", "certification_restored delivered mentor"},
			[]string{"no longer lacks the certification (attest)|AS MENTOR no longer lack the certification (attest)"},
			[]string{"Thank you", "valid again", "requirements"},
		},
		"what was missing is not required any more": {
			func(t *testing.T, s mentorStory) {
				s.kind(t, "attest", "is_required = true")
				s.night(t)
				s.deliver(t)
				s.kind(t, "attest", "is_required = false")
				s.night(t)
			},
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor", "certification_restored delivered coordinator", "certification_restored delivered mentor"},
			[]string{"because the record or the requirements have been changed"}, []string{"Thank you", "valid again", "no longer lack"},
		},
		"a successor renews what had expired": {
			func(t *testing.T, s mentorStory) {
				s.kind(t, "nytt kurs", "is_required = false")
				s.kind(t, "førstehjelp", "replaced_by = 'nytt kurs'")
				s.certify(t, "førstehjelp", -400, -2)
				s.wait(24 * time.Hour)
				s.night(t)
				s.deliver(t)
				s.certify(t, "nytt kurs", 0, 400)
				s.night(t)
			},
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor", "certification_restored delivered coordinator", "certification_restored delivered mentor"},
			[]string{"ertification (førstehjelp)", "valid again"}, []string{"requirements"},
		},
		"it is decided that another kind counts for what had expired": {
			func(t *testing.T, s mentorStory) {
				s.certify(t, "førstehjelp", -400, -2)
				s.certify(t, "nytt kurs", -300, 400)
				s.night(t)
				s.deliver(t)
				s.kind(t, "førstehjelp", "replaced_by = 'nytt kurs'")
				s.night(t)
			},
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor", "certification_restored delivered coordinator", "certification_restored delivered mentor"},
			[]string{"because the record or the requirements have been changed"}, []string{"Thank you", "valid again"},
		},
		"a successor ends last": {
			func(t *testing.T, s mentorStory) {
				s.kind(t, "nytt kurs", "is_required = false")
				s.kind(t, "førstehjelp", "replaced_by = 'nytt kurs'")
				s.certify(t, "førstehjelp", -400, 3)
				s.certify(t, "nytt kurs", -300, 5)
				s.wait(24 * time.Hour)
				s.night(t)
			},
			[]string{"certification_expiring delivered coordinator", "certification_expiring delivered mentor"},
			[]string{"(nytt kurs)"}, []string{"førstehjelp"},
		},
		"the return is due": {
			func(t *testing.T, s mentorStory) {
				s.pauseUntil(t, 60, nil)
				s.deliver(t)
				s.returnsOn(t, 7)
				s.night(t)
			},
			[]string{"mentor_paused delivered coordinator", "mentor_paused delivered mentor", "return_changed delivered mentor",
				"return_due delivered coordinator", "return_due delivered mentor"},
			[]string{"in 7 days"}, []string{"ago", renewFirst},
		},
		"the return is due, and it is told late": {
			func(t *testing.T, s mentorStory) {
				s.pauseUntil(t, 60, nil)
				s.deliver(t)
				s.returnsOn(t, 0)
				s.night(t)
				s.wait(3 * 24 * time.Hour)
			},
			[]string{"mentor_paused delivered coordinator", "mentor_paused delivered mentor", "return_changed delivered mentor",
				"return_due delivered coordinator", "return_due delivered mentor"},
			[]string{"expected back 3 days ago|AS MENTOR expected you back 3 days ago"}, []string{"is expected back", "we expect you back"},
		},
		"the return is due, and has another date since": {
			func(t *testing.T, s mentorStory) {
				s.pauseUntil(t, 60, nil)
				s.deliver(t)
				s.returnsOn(t, 7)
				s.night(t)
				s.returnsOn(t, 20)
			},
			[]string{"mentor_paused delivered coordinator", "mentor_paused delivered mentor", "return_changed delivered mentor",
				"return_changed settled mentor", "return_due settled coordinator", "return_due settled mentor"},
			nil, []string{"in 7 days"},
		},
		"the return is overdue under an expired certification": {
			func(t *testing.T, s mentorStory) {
				s.pauseUntil(t, 60, nil)
				s.deliver(t)
				s.certify(t, "førstehjelp", -400, -2)
				s.returnsOn(t, -7)
				s.night(t)
			},
			[]string{"certification_expired delivered coordinator", "certification_expired delivered mentor",
				"mentor_paused delivered coordinator", "mentor_paused delivered mentor", "return_changed delivered mentor",
				"return_overdue delivered coordinator", "return_overdue delivered mentor"},
			[]string{renewFirst, "still paused"}, []string{"Reactivate the mentor"},
		},
		"the return is overdue, and they are back since": {
			func(t *testing.T, s mentorStory) {
				s.pauseUntil(t, 60, nil)
				s.deliver(t)
				s.returnsOn(t, -7)
				s.night(t)
				s.reactivate(t)
			},
			[]string{"mentor_paused delivered coordinator", "mentor_paused delivered mentor", "mentor_reactivated delivered coordinator",
				"mentor_reactivated delivered mentor", "return_changed settled mentor", "return_overdue settled coordinator",
				"return_overdue settled mentor"},
			nil, []string{"still paused"},
		},
		"no return date for long": {
			func(t *testing.T, s mentorStory) { s.pausedSince(t, -90); s.deliver(t); s.night(t) },
			[]string{"mentor_paused delivered coordinator", "mentor_paused delivered mentor",
				"pause_open_ended delivered coordinator", "pause_open_ended delivered mentor"},
			[]string{"no return date since"}, nil,
		},
		"no return date for long, and one since": {
			func(t *testing.T, s mentorStory) {
				s.pausedSince(t, -90)
				s.deliver(t)
				s.night(t)
				s.returnsOn(t, 20)
			},
			[]string{"mentor_paused delivered coordinator", "mentor_paused delivered mentor", "pause_open_ended settled coordinator",
				"pause_open_ended settled mentor", "return_changed delivered mentor"},
			nil, []string{"no return date since"},
		},
		"no return date for long, and back since": {
			func(t *testing.T, s mentorStory) {
				s.pausedSince(t, -90)
				s.deliver(t)
				s.night(t)
				s.reactivate(t)
			},
			[]string{"mentor_paused delivered coordinator", "mentor_paused delivered mentor", "mentor_reactivated delivered coordinator",
				"mentor_reactivated delivered mentor", "pause_open_ended settled coordinator", "pause_open_ended settled mentor"},
			nil, []string{"no return date since"},
		},
		"the mentor has left": {
			func(t *testing.T, s mentorStory) { s.pauseUntil(t, 60, nil); s.leave(t, s.mentor) },
			[]string{"mentor_paused settled mentor", "mentor_paused undeliverable coordinator"}, nil, []string{"paused"},
		},
		"the mentor was erased": {
			func(t *testing.T, s mentorStory) {
				s.pauseUntil(t, 60, nil)
				s.exec(t, "delete from auth.users where id = $1", s.mentor)
			},
			[]string{"mentor_paused settled coordinator", "mentor_paused settled mentor"}, nil, []string{"paused"},
		},
		"an erased mentor has memberships again": {
			func(t *testing.T, s mentorStory) {
				s.pauseUntil(t, 60, nil)
				s.exec(t, "insert into public.erasures (person_id) values ($1)", s.mentor)
			},
			[]string{"mentor_paused settled coordinator", "mentor_paused settled mentor"}, nil, []string{"paused"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			mentor, coordinator := b.pair(t)
			b.exec(t, "update public.profiles set locale = 'en'")
			s := mentorStory{b, mentor, coordinator}
			s.certify(t, "kurs", -700, 700)
			c.story(t, s)
			b.deliverAll(t)

			ends := value[[]string](t, b, `select coalesce(array_agg(concat_ws(' ', kind, state, audience) order by kind, state, audience), '{}')
				from public.notifications`)
			slices.Sort(ends)
			want(t, "how they end", ends, c.ends)
			texts := func(person string) string {
				return value[string](t, b, "select coalesce(string_agg(title || E'\n' || body, E'\n' order by id), '') from public.notification_inbox where recipient_id = $1", person)
			}
			date := func(text string) string {
				for _, days := range []int{60, 61} {
					text = strings.ReplaceAll(text, fmt.Sprintf("DAY%d", days), value[string](t, b, "select to_char($1::date, 'FMDD FMMonth YYYY')", s.day(t, days)))
				}
				return text
			}
			toMentor, toCoordinator := texts(mentor), texts(coordinator)
			for _, says := range c.says {
				forCoordinator, forMentor, differ := strings.Cut(date(says), "|AS MENTOR ")
				if only, ok := strings.CutPrefix(date(says), "AS MENTOR "); ok {
					forCoordinator, forMentor = "", only
				} else if !differ {
					forMentor = forCoordinator
				}
				if !strings.Contains(toCoordinator, forCoordinator) || !strings.Contains(toMentor, forMentor) {
					t.Errorf("nothing says %q:\n%s\n%s", says, toCoordinator, toMentor)
				}
			}
			for _, says := range c.saysNone {
				if strings.Contains(toCoordinator+toMentor, date(says)) {
					t.Errorf("it says %q:\n%s\n%s", says, toCoordinator, toMentor)
				}
			}
		})
	}
}

// deliverAll dispatches until nothing is pending.
func (b *bundle) deliverAll(t testing.TB) {
	t.Helper()
	mentorStory{bundle: b}.deliver(t)
	if left := value[int](t, b, "select count(*) from public.notifications where state = 'pending'"); left > 0 {
		t.Fatalf("%d are pending\n%s", left, b.log)
	}
}

// A correction is announced where one was made.
func TestDiscrepancyIsToldAsItIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kinds        []string
		acknowledged bool
		says         string // empty: it is settled
	}{
		"corrected":             {kinds: []string{"status_differs"}, says: "The log has been corrected."},
		"not correctable":       {kinds: []string{"version_ahead"}, says: "It could not be corrected automatically."},
		"overlapping stretches": {kinds: []string{"stretches_overlap"}, says: "It could not be corrected automatically."},
		"both":                  {kinds: []string{"log_missing", "version_repeated"}, says: "Part of it could not be corrected automatically."},
		"acknowledged since":    {kinds: []string{"status_differs"}, acknowledged: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			mentor, _ := b.pair(t)
			anne := b.person(t, "Anne", "administrator")
			b.exec(t, "update public.profiles set locale = 'en'")
			record := uuid.NewString()
			for n, kind := range c.kinds {
				b.exec(t, `insert into public.status_discrepancies (mentor_id, kind, pause_record_id, log_id, acknowledged_at)
					values ($1, $2, $3, $4, case when $5 then now() end)`, mentor, kind, record, n+1, c.acknowledged)
			}
			b.exec(t, "insert into public.notifications (mentor_id, audience, kind, pause_record_id) values ($1, 'administrator', 'discrepancy_found', $2)",
				mentor, record)
			b.deliverAll(t)
			body := value[string](t, b, "select coalesce(max(body), '') from public.notification_inbox where recipient_id = $1", anne)
			if c.says == "" {
				want(t, "how it ends", value[string](t, b, "select state from public.notifications"), "settled")
				want(t, "the inbox", body, "")
			} else if !strings.Contains(body, c.says) || strings.Contains(body, "corrected") != (c.says != "") {
				t.Errorf("it says %q, want %q", body, c.says)
			}
		})
	}
}

// An undeliverable one is given to the dispatcher again when there is somebody, and as long as
// it is true; one that was given to it before is judged again when it comes to it.
func TestRequeuedOnlyWhileTrue(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mentor, coordinator := b.person(t, "Åse", "mentor"), b.person(t, "Kari", "coordinator")
	b.exec(t, "update public.profiles set locale = 'en'")
	s := mentorStory{b, mentor, coordinator}
	s.certify(t, "kurs", -700, 700)
	s.pauseUntil(t, 60, nil)
	s.returnsOn(t, -7)
	s.night(t)
	b.deliverAll(t)
	state := func(kind string) string {
		t.Helper()
		return value[string](t, b, "select state from public.notifications where audience = 'coordinator' and kind = $1", kind)
	}
	want(t, "with nobody assigned", []string{state("mentor_paused"), state("return_overdue")}, []string{"undeliverable", "undeliverable"})

	b.assign(t, mentor, coordinator)
	s.night(t)
	want(t, "with a coordinator", []string{state("mentor_paused"), state("return_overdue")}, []string{"pending", "pending"})
	s.reactivate(t)
	b.deliverAll(t)
	want(t, "the mentor came back before it was sent", []string{state("mentor_paused"), state("return_overdue")}, []string{"settled", "settled"})
	want(t, "the inbox", b.inbox(t, coordinator), []string{"Åse is active again"})

	b.exec(t, "update public.notifications set state = 'undeliverable' where audience = 'coordinator'")
	s.night(t)
	want(t, "untrue ones are not queued again", []string{state("mentor_paused"), state("return_overdue"), state("mentor_reactivated")},
		[]string{"undeliverable", "undeliverable", "pending"})
}
