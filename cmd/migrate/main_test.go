package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mentorpause/local/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

// call runs the command and returns its output.
func call(t *testing.T, url string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), args, func(name string) string {
		if name == "SUPABASE_DB_URL" {
			return url
		}
		return ""
	}, &out)
	return out.String(), err
}

func TestUpDownStatus(t *testing.T) {
	t.Parallel()
	// Roles are shared by the databases of a server, and the migrations make some.
	d := testdb.New(t, testdb.Unmigrated(), testdb.OwnCluster())
	url := d.URL("postgres")
	must := func(args ...string) string {
		t.Helper()
		out, err := call(t, url, args...)
		if err != nil {
			t.Fatalf("migrate %s: %v", strings.Join(args, " "), err)
		}
		return out
	}
	paths, err := filepath.Glob("../../supabase/migrations/*.sql")
	if err != nil || len(paths) < 2 {
		t.Fatalf("migrations: %v, %v; want at least two", paths, err)
	}
	// done is the output of a command that went through all files, in this order.
	done := func(word string, paths []string) string {
		var b strings.Builder
		for _, path := range paths {
			b.WriteString(word + " " + filepath.Base(path) + "\n")
		}
		return b.String()
	}
	newest := paths[len(paths)-1:]
	var reversed []string
	for _, path := range paths {
		reversed = append([]string{path}, reversed...)
	}

	for _, step := range []struct {
		args []string
		want string
	}{
		{[]string{"up"}, done("applied", paths)},
		{[]string{"up"}, "nothing to apply\n"},
		{[]string{"down"}, done("undone", newest)},
		{[]string{"up"}, done("applied", newest)},
		{[]string{"down", "-all"}, done("undone", reversed)},
		{[]string{"down"}, "nothing to undo\n"},
		{[]string{"down", "-all"}, "nothing to undo\n"},
		{[]string{"up"}, done("applied", paths)},
		{[]string{"down"}, done("undone", newest)},
	} {
		if got := must(step.args...); got != step.want {
			t.Errorf("migrate %s printed %q, want %q", strings.Join(step.args, " "), got, step.want)
		}
	}

	const foreign = "insert into supabase_migrations.schema_migrations (version, name) values ('99990101000000', 'create_elsewhere')"
	if _, err := d.Connect(t, "postgres").Exec(t.Context(), foreign); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(must("status"), "\n"), "\n")
	if len(lines) != len(paths)+2 {
		t.Fatalf("status has %d lines, want %d:\n%s", len(lines), len(paths)+2, strings.Join(lines, "\n"))
	}
	for i, want := range []struct{ file, applied string }{
		{filepath.Base(paths[0]), "yes"},
		{filepath.Base(newest[0]), "no"},
		{"99990101000000_create_elsewhere.sql", "yes, but there is no file"},
	} {
		line := lines[1]
		if i > 0 {
			line = lines[len(paths)+i-1]
		}
		version, name, _ := strings.Cut(strings.TrimSuffix(want.file, ".sql"), "_")
		got := strings.Fields(line)
		if len(got) < 3 || got[0] != version || got[1] != name || strings.Join(got[2:], " ") != want.applied {
			t.Errorf("status line %q, want %s, %s, %s", line, version, name, want.applied)
		}
	}
	if _, err := call(t, url, "up"); err == nil || !strings.Contains(err.Error(), "99990101000000_create_elsewhere") {
		t.Errorf("up with a foreign version: %v, want an error with its name", err)
	}
}

// As after a restore of a dump, which has nothing that lies in Supabase's own schemas.
func TestMissingLoginTriggersAreNamed(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	admin := d.Connect(t, "supabase_admin")
	exec := func(sql string) {
		t.Helper()
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	missing := func(names ...string) {
		t.Helper()
		for _, command := range []string{"up", "status"} {
			_, err := call(t, d.URL("postgres"), command)
			for _, name := range names {
				if err == nil || !strings.Contains(err.Error(), name+" (in supabase/migrations/") {
					t.Errorf("%s without %s: %v", command, name, err)
				}
			}
			if len(names) == 0 && err != nil {
				t.Errorf("%s: %v", command, err)
			}
		}
	}
	names := []string{"mentorpause_erase_deleted_user", "mentorpause_erase_soft_deleted_user"}
	for _, name := range names {
		exec("alter table auth.users disable trigger " + name)
		missing(name)
		exec("alter table auth.users enable trigger " + name)
		missing()
	}
	for _, name := range names {
		exec("drop trigger " + name + " on auth.users")
	}
	missing(names...)
	// Without the column there is nothing that its trigger could be for.
	exec("create trigger mentorpause_erase_deleted_user after delete on auth.users referencing old table as old_rows for each statement execute function private.erase_deleted_user()")
	exec("alter table auth.users drop column deleted_at")
	missing()
}

func TestDatabaseOfARewrittenHistoryIsToldWhatToDo(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	const old = `
		delete from supabase_migrations.schema_migrations;
		insert into supabase_migrations.schema_migrations (version, name) values
			('20261123000100', 'create_private_schema'), ('20261128000300', 'claim_by_notification')`
	if _, err := d.Connect(t, "postgres").Exec(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"up"}, {"down"}, {"down", "-all"}} {
		_, err := call(t, d.URL("postgres"), args...)
		if err == nil || !strings.Contains(err.Error(), "rewritten") || !strings.Contains(err.Error(), "supabase db reset") {
			t.Errorf("migrate %s: %v, want what to do", strings.Join(args, " "), err)
		}
	}
}

func TestWrongCallsAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"sideways"}, {"up", "-all"}, {"up", "now"}, {"down", "-every"}, {"status", "-all"}, {"-all"}, {"new"}} {
		if _, err := call(t, "postgresql://postgres@127.0.0.1:1/postgres", args...); !errors.Is(err, errUsage) {
			t.Errorf("migrate %s: %v, want the usage", strings.Join(args, " "), err)
		}
	}
}

func TestURLErrorsNameTheVariableAndHideThePassword(t *testing.T) {
	t.Parallel()
	const password = "s3cr3t%pw"
	for name, url := range map[string]string{
		"missing":            "",
		"bad escape":         "postgresql://postgres:" + password + "@db.example.org/postgres",
		"bad port":           "postgresql://postgres:s3cr3t@db.example.org:port/postgres",
		"not a URL":          "s3cr3t",
		"transaction pooler": "postgresql://postgres:s3cr3t@pooler.example.org:6543/postgres",
	} {
		_, err := call(t, url, "up")
		if err == nil || !strings.Contains(err.Error(), "SUPABASE_DB_URL") {
			t.Errorf("%s: error %v, want one that names SUPABASE_DB_URL", name, err)
			continue
		}
		if strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: the password is in: %v", name, err)
		}
	}

	t.Run("also when the connection fails", func(t *testing.T) {
		t.Parallel()
		url := testdb.New(t, testdb.Unmigrated()).URL("postgres")
		before, after, found := strings.Cut(url, "postgres:postgres@")
		if !found {
			t.Fatalf("no password in %q", url)
		}
		for _, url := range []string{before + "postgres:s3cr3t@" + after, "postgresql://postgres:s3cr3t@127.0.0.1:1/postgres"} {
			for _, command := range []string{"up", "down", "status"} {
				_, err := call(t, url, command)
				if err == nil || strings.Contains(err.Error(), "s3cr3t") {
					t.Errorf("%s: error %v, want one without the password", command, err)
				}
			}
		}
	})
}

// The command itself, stopped by Ctrl-C while it waits for the database.
func TestInterruptEndsTheCommand(t *testing.T) {
	t.Parallel()
	d := testdb.New(t, testdb.Unmigrated())
	conn := d.Connect(t, "postgres")
	for _, statement := range []string{
		"create schema supabase_migrations",
		"create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text)",
		"begin",
		"lock table supabase_migrations.schema_migrations in access exclusive mode",
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	binary := filepath.Join(t.TempDir(), "migrate")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	var stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), binary, "up")
	command.Env = append(os.Environ(), "SUPABASE_DB_URL="+d.URL("postgres"))
	command.Stderr = &stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	waiting := func() (n int) {
		t.Helper()
		const blocked = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
		if err := conn.QueryRow(t.Context(), blocked).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for deadline := time.Now().Add(20 * time.Second); waiting() == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the command did not get to the ledger within 20 s")
		}
		// Within a transaction the view is frozen at its first use.
		if _, err := conn.Exec(t.Context(), "select pg_stat_clear_snapshot()"); err != nil {
			t.Fatal(err)
		}
	}
	if err := command.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err := command.Wait()
	if code := command.ProcessState.ExitCode(); code != 1 || !strings.Contains(stderr.String(), "interrupt") {
		t.Errorf("exit code %d (%v), stderr %q; want 1 and a word on the interruption", code, err, stderr.String())
	}
}
