package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"mentorpause/local/testdb"
	"mentorpause/supabase"
)

// The tests run this test program as the command under test.
func TestMain(m *testing.M) {
	if os.Getenv("NIGHTLY_TEST_MAIN") != "" {
		main()
	}
	testdb.Main(m)
}

// seeded is a database with the people of seed.sql, and a session as its owner.
func seeded(t *testing.T) (*testdb.Database, *pgx.Conn) {
	t.Helper()
	db := testdb.New(t)
	owner := db.Connect(t, "postgres")
	seed, err := fs.ReadFile(supabase.Files, "seed.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := owner.PgConn().Exec(t.Context(), string(seed)).ReadAll(); err != nil {
		t.Fatalf("seed.sql: %v", err)
	}
	return db, owner
}

func command(ctx context.Context, db *testdb.Database, args ...string) (*exec.Cmd, *bytes.Buffer, *bytes.Buffer) {
	program, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), "NIGHTLY_TEST_MAIN=1", "SUPABASE_DB_URL="+db.URL("pause_scheduler"))
	stdout, stderr := new(bytes.Buffer), new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// state is everything that a run leaves, except ids and times.
func state(t *testing.T, owner *pgx.Conn) []string {
	t.Helper()
	rows, err := owner.Query(t.Context(), `
		select format('%s record %s v%s from %s', mentor_id, status, version, effective_on) from public.pause_records
		union all
		select format('%s log %s→%s v%s %s from %s', mentor_id, from_status, to_status, record_version, actor_kind, effective_on)
		from public.pause_status_log
		union all
		select format('%s tell %s %s %s %s', mentor_id, kind, audience, reminder, reference_on) from public.notifications
		order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestKilledAndStartedAgain kills the process at random moments until a start
// completes: the result is that of one undisturbed run.
func TestKilledAndStartedAgain(t *testing.T) {
	t.Parallel()
	whole, wholeOwner := seeded(t)
	cmd, stdout, stderr := command(t.Context(), whole)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	var report struct {
		Outcome          string
		Expired          int
		Reminders, RunID int `json:",omitempty"`
	}
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil || report.Outcome != "completed" || report.Expired == 0 {
		t.Fatalf("%s: %v", stdout, err)
	}

	db, owner := seeded(t)
	random := rand.New(rand.NewPCG(7, 7))
	kills, interrupted := 0, 0
	for finished := false; !finished; {
		cmd, stdout, stderr := command(t.Context(), db, "-chunk", "1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		kill := time.AfterFunc(time.Duration(30+70*kills+random.IntN(90))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		kill.Stop()
		switch {
		case err == nil:
			// Skipped while the last victim's chunk was still being committed.
			finished = strings.Contains(stdout.String(), `"completed"`)
		case cmd.ProcessState.ExitCode() == -1:
			kills++
		default:
			t.Fatalf("%v\n%s", err, stderr)
		}
		// The dead run's lease has to end, and its backend may still be working.
		tag, err := owner.Exec(t.Context(), "update public.nightly_runs set lease_until = now() - interval '1 second' where outcome is null")
		if err != nil {
			t.Fatal(err)
		}
		interrupted += int(tag.RowsAffected())
	}
	t.Logf("%d kills, %d of them of a run under way", kills, interrupted)
	if interrupted == 0 {
		t.Errorf("none of %d kills hit a run", kills)
	}
	if diff := cmp.Diff(state(t, wholeOwner), state(t, owner)); diff != "" {
		t.Errorf("after %d kills it differs (-one run):\n%s", kills, diff)
	}
}

func TestWrongCalls(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		env  map[string]string
		says string
	}{
		"a date that is none":    {[]string{"-as-of", "2026-02-30"}, nil, "not a calendar date"},
		"a date in the future":   {[]string{"-as-of", "2999-01-01"}, nil, "in the future"},
		"an unknown flag":        {[]string{"-dryrun"}, nil, "not defined"},
		"a chunk of nobody":      {[]string{"-chunk", "0"}, nil, "-chunk"},
		"an unknown time zone":   {nil, map[string]string{"ORGANISATION_TIME_ZONE": "Europe/Atlantis"}, "ORGANISATION_TIME_ZONE"},
		"a database that is not": {nil, map[string]string{"SUPABASE_DB_URL": "mysql://x"}, "SUPABASE_DB_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), test.args, func(key string) string { return test.env[key] }, &stdout, &stderr)
			if code != exitUsage || !strings.Contains(stderr.String(), test.says) || stdout.Len() != 0 {
				t.Errorf("exit status %d, it said %q and %q; want %d and %q", code, &stderr, &stdout, exitUsage, test.says)
			}
		})
	}
}
