package schema_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestDigestsFollowTheChoice lets a coordinator turn the weekly digest off or on while the
// night makes it or dispatch claims it, and the other way round: nobody waits for another's
// choice, what is handed out was wanted when that was read, and nobody has two in a week.
func TestDigestsFollowTheChoice(t *testing.T) {
	t.Parallel()
	m := newCell(t)
	fill := func(statement string) func(*scene) string {
		return func(s *scene) string { return s.fill(strings.ReplaceAll(statement, "{day}", m.day)) }
	}
	acts := map[string]act{
		"off":   {name: "off", login: "authenticator", user: (*scene).asOther, statement: fill("select public.set_weekly_digest(false, '{request}')")},
		"on":    {name: "on", login: "authenticator", user: (*scene).asOther, statement: fill("select public.set_weekly_digest(true, '{request}')")},
		"night": {name: "night", login: "postgres", statement: fill("select private.make_digests(array['{other}']::uuid[], '{day}')")},
		"dispatch": {name: "dispatch", login: "postgres", statement: fill(`
			select n from pg_catalog.jsonb_array_elements(public.claim_notifications(1000, 60, true, '{day} 12:00+00') -> 'notifications') n
			where n ->> 'kind' = 'weekly_digest' and n #>> '{recipients,0,id}' = '{other}'`)},
	}
	// do returns the digests that dispatch was handed, else 0.
	do := func(tx pgx.Tx, a act, s *scene) (handed int, err error) {
		tag, err := tx.Exec(t.Context(), a.statement(s), pgx.QueryExecModeSimpleProtocol)
		if a.name == "dispatch" {
			handed = int(tag.RowsAffected())
		}
		return handed, err
	}
	alone := func(t *testing.T, name string, s *scene) int {
		t.Helper()
		tx := m.begin(t, 0, acts[name], s)
		handed, err := do(tx, acts[name], s)
		if err == nil {
			err = tx.Commit(t.Context())
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return handed
	}

	for _, tt := range []struct {
		before, first, second string
		waits                 bool
		ifCommitted, ifNot    int // digests handed out, once the night and dispatch have come again
	}{
		{before: "", first: "off", second: "night", ifCommitted: 0, ifNot: 1},
		{before: "", first: "night", second: "off", ifCommitted: 0, ifNot: 0},
		{before: "night", first: "off", second: "dispatch", ifCommitted: 1, ifNot: 1},
		{before: "night", first: "dispatch", second: "off", ifCommitted: 1, ifNot: 0},
		{before: "off", first: "on", second: "night", ifCommitted: 1, ifNot: 0},
		{before: "off", first: "night", second: "on", ifCommitted: 1, ifNot: 1},
		{before: "night, off", first: "on", second: "dispatch", ifCommitted: 0, ifNot: 0},
		{before: "night, off", first: "dispatch", second: "on", ifCommitted: 0, ifNot: 1},
		{before: "", first: "night", second: "night", waits: true, ifCommitted: 1, ifNot: 1},
		{before: "night", first: "dispatch", second: "dispatch", ifCommitted: 1, ifNot: 1},
		{before: "", first: "off", second: "off", waits: true, ifCommitted: 0, ifNot: 0},
		{before: "", first: "off", second: "on", ifCommitted: 0, ifNot: 1},
	} {
		for _, commits := range []bool{true, false} {
			want, end := tt.ifNot, "taken back"
			if commits {
				want, end = tt.ifCommitted, "committed"
			}
			t.Run(strings.Join([]string{tt.before, tt.first, tt.second, end}, " "), func(t *testing.T) {
				s := m.scene(t, false, false)
				m.exec(t, "insert into public.leave_requests (mentor_id, kind) values ($1, 'pause')", s.mentor)
				for name := range strings.SplitSeq(tt.before, ", ") {
					if name != "" {
						alone(t, name, s)
					}
				}
				opening := m.begin(t, 0, acts[tt.first], s)
				defer opening.Rollback(context.WithoutCancel(t.Context())) // without effect when it has ended
				handed, err := do(opening, acts[tt.first], s)
				if err != nil {
					t.Fatal(err)
				}
				if !commits {
					handed = 0
				}

				closing := m.begin(t, 1, acts[tt.second], s)
				ended, handedToSecond := make(chan string, 1), 0
				go func() {
					n, err := do(closing, acts[tt.second], s)
					if err == nil {
						err = closing.Commit(t.Context())
					} else {
						_ = closing.Rollback(context.WithoutCancel(t.Context()))
					}
					handedToSecond = n
					ended <- codeOf(err)
				}()
				code, waited := m.awaitEndOrWait(t, closing.Conn(), ended)
				if waited != tt.waits {
					t.Errorf("it waits: %v", waited)
				}
				if commits {
					err = opening.Commit(t.Context())
				} else {
					err = opening.Rollback(t.Context())
				}
				if err != nil {
					t.Fatal(err)
				}
				if waited {
					select {
					case code = <-ended:
					case <-time.After(20 * time.Second):
						t.Fatal("the second never ends")
					}
				}
				if code != "" {
					t.Errorf("the second is refused with %s", code)
				}
				alone(t, "night", s)
				if handed += handedToSecond + alone(t, "dispatch", s); handed != want {
					t.Errorf("%d digests are handed out, want %d", handed, want)
				}
			})
		}
	}
}
