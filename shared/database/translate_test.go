package database_test

import (
	"strings"
	"testing"

	"mentorpause/shared/database"
	"mentorpause/shared/refusal"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func replace(t *testing.T, s, old, new string) string {
	t.Helper()
	if !strings.Contains(s, old) {
		t.Fatalf("%q has no %q", s, old)
	}
	return strings.Replace(s, old, new, 1)
}

func TestRefusalsOfTheRPCsArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	raise := func(message string) string {
		return `do $$ begin raise sqlstate 'PGRST' using message = $m$` + message + `$m$, detail = '{"status": 409, "headers": {"x": "y"}}'; end $$`
	}
	t.Run("with details and hint", func(t *testing.T) {
		_, err := do(t.Context(), b.db, raise(`{"code": "version_conflict", "message": "Changed – «æ».", "details": "4", "hint": "Read again."}`))
		refused := wantCode(t, err, refusal.VersionConflict)
		if refused.Message != "Changed – «æ»." || refused.Details == nil || *refused.Details != "4" || refused.Hint == nil || *refused.Hint != "Read again." {
			t.Errorf("got %+v", refused)
		}
	})
	t.Run("with nulls", func(t *testing.T) {
		_, err := do(t.Context(), b.db, raise(`{"code": "mentor_not_found", "message": "m", "details": null, "hint": null}`))
		refused := wantCode(t, err, refusal.MentorNotFound)
		if refused.Message != "m" || refused.Details != nil || refused.Hint != nil {
			t.Errorf("got %+v", refused)
		}
	})
	t.Run("without a message, the code's own", func(t *testing.T) {
		_, err := do(t.Context(), b.db, raise(`{"code": "not_paused"}`))
		if refused := wantCode(t, err, refusal.NotPaused); refused.Message != refusal.NotPaused.Message() {
			t.Errorf("got %q", refused.Message)
		}
	})
	for _, code := range refusal.Codes() {
		t.Run(string(code), func(t *testing.T) {
			_, err := do(t.Context(), b.db, raise(`{"code": "`+string(code)+`"}`))
			wantCode(t, err, code)
		})
	}
	for name, message := range map[string]string{
		"an unknown code": `{"code": "made_up", "message": "insert into"}`,
		"no code":         `{"message": "insert into"}`,
		"no JSON":         `insert into`,
		"a wrong type":    `{"code": "not_paused", "details": {}}`,
	} {
		t.Run(name+" is a fault", func(t *testing.T) {
			_, err := do(t.Context(), b.db, raise(message))
			if refused := wantCode(t, err, refusal.InternalError); refused.Message != refusal.InternalError.Message() {
				t.Errorf("got %q", refused.Message)
			}
		})
	}
}

func TestWhatPostgresRaisesIsTranslatedBySQLSTATE(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	sql := func(sql string) database.PauseMentorArguments { return doing(sql) }
	with := func(change func(in *database.PauseMentorArguments)) database.PauseMentorArguments {
		in := doing(``)
		change(&in)
		return in
	}
	raise := func(state, message string) database.PauseMentorArguments {
		return doing(`do $$ begin raise sqlstate '` + state + `' using message = '` + message + `'; end $$`)
	}
	for _, c := range []struct {
		name  string
		in    database.PauseMentorArguments
		state string
		want  refusal.Code
	}{
		{"malformed UUID", with(func(in *database.PauseMentorArguments) { in.MentorID = "5f0c3a1e" }), "22P02", refusal.InvalidRequest},
		{"malformed date", with(func(in *database.PauseMentorArguments) { in.ExpectedReturnDate = new("5f0c3a1e") }), "22007", refusal.InvalidRequest},
		{"impossible date", with(func(in *database.PauseMentorArguments) { in.ExpectedReturnDate = new("2027-02-30") }), "22008", refusal.InvalidRequest},
		{"NUL", with(func(in *database.PauseMentorArguments) { in.PauseReason = "a\x00b" }), "22021", refusal.InvalidRequest},
		{"invalid UTF-8", with(func(in *database.PauseMentorArguments) { in.PauseReason = "a\xffb" }), "22021", refusal.InvalidRequest},
		{"NUL in JSON", sql(`select '"\u0000"'::jsonb`), "22P05", refusal.InvalidRequest},
		{"operator's cancel", sql(`select public.be_cancelled()`), "57014", refusal.DeadlineExceeded},
		{"lock not available", raise("55P03", ""), "55P03", refusal.DeadlineExceeded},
		{"connection failure below", raise("08006", ""), "08006", refusal.DatabaseUnavailable},
		{"disk full", raise("53100", ""), "53100", refusal.DatabaseUnavailable},
		{"out of memory", raise("53200", ""), "53200", refusal.DatabaseUnavailable},
		{"broken constraint", sql(`insert into public.calls values (gen_random_uuid(), repeat('very private', 50))`), "23514", refusal.InternalError},
		{"division by zero", sql(`select 1 / 0`), "22012", refusal.InternalError},
		{"forbidden table", sql(`select * from auth.users`), "42501", refusal.InternalError},
		{"unknown table", sql(`select * from public.nowhere`), "42P01", refusal.InternalError},
		{"plain raise", raise("P0001", "very private"), "P0001", refusal.InternalError},
		{"SQLSTATE of nobody", raise("ZZ999", "very private"), "ZZ999", refusal.InternalError},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := b.db.PauseMentor(t.Context(), []byte(anyClaims), c.in)
			refused := wantCode(t, err, c.want)
			if refused.Message != c.want.Message() || refused.Details != nil || refused.Hint != nil {
				t.Errorf("the caller sees %+v", refused)
			}
			text := refused.Error()
			if !contains(text, c.state) || !contains(text, "pause_mentor") {
				t.Errorf("the log misses the SQLSTATE %s or the RPC: %s", c.state, text)
			}
			if contains(text, "very private") {
				t.Errorf("the log tells values: %s", text)
			}
		})
	}
	t.Run("the log names the constraint and the place", func(t *testing.T) {
		_, err := do(t.Context(), b.db, `insert into public.calls values (gen_random_uuid(), repeat('very private', 50))`)
		text := refusal.From(err).Error()
		if !contains(text, "calls_reason_is_short") || !contains(text, "PL/pgSQL function public.pause_mentor") {
			t.Errorf("got %s", text)
		}
	})
}
