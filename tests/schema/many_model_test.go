package schema_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"mentorpause/shared/database"
	"mentorpause/shared/refusal"
)

// batch is what was asked for several mentors under one key, and whom it has changed so far.
type batch struct {
	key, reason     string
	starts, returns day            // never: at once, none expected
	done            map[string]int // by mentor, the version of the pause that was answered; 0: planned
}

// ofMany is what is answered of one mentor.
type ofMany struct {
	MentorID string `json:"mentor_id"`
	Outcome  string
	Code     *refusal.Code
	Version  int // of the pause record; 0: none
}

func (o *ofMany) UnmarshalJSON(text []byte) error {
	type plain ofMany
	answer := struct {
		*plain
		PauseRecord *struct{ Version int } `json:"pause_record"`
	}{plain: (*plain)(o)}
	if err := json.Unmarshal(text, &answer); err != nil {
		return err
	}
	if answer.PauseRecord != nil {
		o.Version = answer.PauseRecord.Version
	}
	return nil
}

// actOnMany pauses some of the mentors at once or plans it, together with a stranger now and
// then; or repeats what was sent last, with some taken out and others put in, or under the
// same key for another reason. A dry run may come first: it says the same and does nothing.
func (n *nights) actOnMany(t *testing.T, rt *rapid.T, mentors []*nightMentor) {
	today := n.clock
	b := n.sent
	if b == nil || rapid.IntRange(0, 2).Draw(rt, "again") > 0 {
		b = &batch{key: uuid.NewString(), starts: never, returns: never, done: map[string]int{}}
		from := today
		if rapid.Bool().Draw(rt, "many from a day") {
			b.starts = today + day(rapid.IntRange(1, 9).Draw(rt, "many start"))
			from = b.starts
		}
		if back := rapid.SampledFrom([]day{never, 1, 3, 8, 12}).Draw(rt, "many back"); back != never {
			b.returns = from + back
		}
		n.sent = b
	}
	reason := b.reason
	if reason == "" || rapid.IntRange(0, 5).Draw(rt, "another reason") == 0 {
		reason += "Eksamen"
	}
	var of []*nightMentor
	for _, m := range mentors {
		if rapid.IntRange(0, 3).Draw(rt, "among them") > 0 {
			of = append(of, m)
		}
	}
	if len(of) == 0 || rapid.IntRange(0, 3).Draw(rt, "stranger") == 0 {
		of = append(of, &nightMentor{id: uuid.NewString()}) // a mentor nowhere
	}
	of = rapid.Permutation(of).Draw(rt, "order")

	arguments := database.PauseMentorsArguments{PauseReason: reason, RequestID: b.key}
	for _, m := range of {
		arguments.MentorIDs = append(arguments.MentorIDs, m.id)
	}
	if b.starts != never {
		arguments.StartsOn = new(b.starts.date(n.first))
	}
	if b.returns != never {
		arguments.ExpectedReturnDate = new(b.returns.date(n.first))
	}
	before := make([]nightMentor, len(of))
	for i, m := range of {
		m.today = today
		before[i] = *m
	}
	takeBack := func() {
		for i, m := range of {
			*m = before[i]
		}
	}
	send := func(name string, dry bool, want []ofMany, refused refusal.Code) {
		n.happened[name]++
		arguments.DryRun = dry
		reply, err := n.api.PauseMentors(t.Context(), claims(n.coordinators[0]), arguments)
		if code := refusalOf(err); code != refused {
			rt.Fatalf("%s on day %d of %+v: %q, want %q: %v", name, today, *b, code, refused, err)
		}
		if refused != "" {
			return
		}
		var answer struct{ Results []ofMany }
		if err := json.Unmarshal(reply.Body, &answer); err != nil {
			rt.Fatal(err)
		}
		want = slices.Clone(want)
		for i := range want {
			if dry {
				want[i].Version = 0
			}
		}
		if diff := cmp.Diff(want, answer.Results); diff != "" {
			rt.Fatalf("%s on day %d of %+v (-model +answer):\n%s%v", name, today, *b, diff, before)
		}
	}
	name := "pause many"
	if b.starts != never {
		name = "plan many"
	}
	isDry := rapid.IntRange(0, 2).Draw(rt, "dry run") == 0

	if len(b.done) > 0 && reason != b.reason {
		send(name, isDry, nil, refusal.IdempotencyKeyReused)
		return
	}
	results, accepted, ok := n.judgeMany(b, of)
	if !ok {
		takeBack()
		send(name, isDry, nil, refusal.InvalidRequest)
		return
	}
	if isDry {
		send("dry run", true, results, "")
	}
	send(name, false, results, "")
	b.reason = reason
	for _, m := range accepted {
		b.done[m.id] = 0
		if b.starts == never {
			b.done[m.id] = m.version
		}
	}
}

// judgeMany does to the mentors what the batch asks for; not ok: it is refused as a whole.
func (n *nights) judgeMany(b *batch, of []*nightMentor) (results []ofMany, accepted []*nightMentor, ok bool) {
	today := n.clock
	isPossible := b.starts > today && b.returns > today // neither of them may be past
	answered := slices.ContainsFunc(of, func(m *nightMentor) bool {
		now, _ := m.time(today)
		_, isDone := b.done[m.id]
		return now != nil && isDone
	})
	did := "paused"
	if b.starts != never {
		did = "planned"
	}
	isJudged := !answered
	for _, m := range of {
		one := ofMany{MentorID: m.id, Outcome: "refused"}
		now, _ := m.time(today)
		version, isDone := b.done[m.id]
		switch {
		case now == nil:
			one.Code = new(refusal.MentorNotFound)
		case isDone: // whatever has become of it
			one.Outcome, one.Version = did, version
		case !isPossible:
			isJudged = true
			one.Code = new(refusal.InvalidRequest)
		default:
			m.bringUpToDate(n.completed, today, "system") // and stays so when it is refused
			switch {
			case m.paused:
				one.Code = new(refusal.AlreadyPaused)
			case b.starts != never && m.plan != nil:
				one.Code = new(refusal.AlreadyExists)
			case b.starts != never:
				one.Outcome = did
				m.planAhead(planned{starts: b.starts, returns: b.returns, made: today, by: "coordinator"})
				accepted = append(accepted, m)
			default:
				one.Outcome = did
				m.pause(b.returns, "coordinator")
				one.Version = m.version
				accepted = append(accepted, m)
			}
		}
		results = append(results, one)
	}
	if isJudged && !isPossible && !answered {
		return nil, nil, false
	}
	for _, m := range accepted {
		line := "planned"
		if b.starts == never {
			line = fmt.Sprintf("paused v%d", m.version)
		}
		m.batches = append(m.batches, fmt.Sprintf("%s of %d", line, len(accepted)))
	}
	return results, accepted, true
}
