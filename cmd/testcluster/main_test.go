package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/testdb"
)

// The tests run this test program as the command under test.
func TestMain(m *testing.M) {
	if os.Getenv("TESTCLUSTER_TEST_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

// testcluster returns the command with arguments and a new temporary folder, so
// that the test sees what is left behind.
func testcluster(t *testing.T, args ...string) (cmd *exec.Cmd, temporary string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	temporary = t.TempDir()
	cmd = exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "TESTCLUSTER_TEST_MAIN=1", "TMPDIR="+temporary)
	return cmd, temporary
}

func wantNothingLeft(t *testing.T, temporary string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(temporary, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func wantExit(t *testing.T, err error, want int) {
	t.Helper()
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("exit status %d, want %d", got, want)
	}
}

func TestExitCodeIsTheShells(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		script string
		want   int
	}{
		{"exit 0", 0},
		{"exit 7", 7},
		{"kill -TERM $$", 128 + 15},
		{"kill -KILL $$", 128 + 9},
	} {
		got, err := exitCode(exec.Command("sh", "-c", test.script).Run())
		if err != nil || got != test.want {
			t.Errorf("%s: got %d (%v), want %d", test.script, got, err, test.want)
		}
	}
}

func TestWrongCallsFail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		command []string
		want    int
		says    string
	}{
		{"without a command", nil, 2, "usage"},
		{"with a clock that shows no instant", []string{"-clock", "2027-02-29 12:00:00", "true"}, 2, "2027-06-23 23:59:50"},
		{"with one that does not exist", []string{"--", "no-such-command"}, 1, "no-such-command"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			cmd, temporary := testcluster(t, test.command...)
			var said bytes.Buffer
			cmd.Stderr = &said
			wantExit(t, cmd.Run(), test.want)
			if !strings.Contains(said.String(), test.says) {
				t.Errorf("it said %q, want %q in it", said.String(), test.says)
			}
			wantNothingLeft(t, temporary)
		})
	}
}

func TestEnvironment(t *testing.T) {
	t.Parallel()
	cmd, temporary := testcluster(t, "sh", "-c",
		`echo "$MENTORPAUSE_TEST_CLUSTER $MENTORPAUSE_PGTAP_EXPOSE $MENTORPAUSE_PGTAP_NO_EXPOSE"; read -r word; echo "$word"; command -v initdb && exit 7`)
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(output)
	lines.Scan()
	urls := strings.Fields(lines.Text())
	if len(urls) != 3 {
		t.Fatalf("got %q, want three URLs", lines.Text())
	}
	for n, want := range []string{
		"supabase_admin in postgres, migrated false, seeded false, exposed true",
		"postgres in pgtap_expose, migrated true, seeded true, exposed true",
		"postgres in pgtap_no_expose, migrated true, seeded false, exposed false",
	} {
		if got := describe(t, urls[n]); got != want {
			t.Errorf("URL %d: %s, want %s", n+1, got, want)
		}
	}

	// The standard input is the command's, and its own psql comes first.
	fmt.Fprintln(input, "hello")
	lines.Scan()
	if lines.Text() != "hello" {
		t.Errorf("the command read %q", lines.Text())
	}
	if !lines.Scan() {
		t.Error("initdb is not on PATH")
	}
	wantExit(t, cmd.Wait(), 7)
	wantNothingLeft(t, temporary)
}

func describe(t *testing.T, url string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var text string
	err = conn.QueryRow(t.Context(), `
		select format('%s in %s, migrated %s, seeded %s, exposed %s', current_user, current_database(),
		  (to_regclass('public.pause_records') is not null)::text,
		  (exists (select from auth.users))::text,
		  (exists (
		    select from pg_default_acl d, aclexplode(d.defaclacl) a
		    where d.defaclrole = 'postgres'::regrole and d.defaclobjtype = 'r' and a.grantee = 'anon'::regrole and a.privilege_type = 'SELECT'
		  ))::text)`).Scan(&text)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestSignalsAreForwarded(t *testing.T) {
	t.Parallel()
	t.Run("and the command may clean up", func(t *testing.T) {
		t.Parallel()
		// The sleep is a process of its own, which a signal to the shell alone would
		// not end; and the server still answers. The sleeping process itself says that
		// it is ready: if the shell did, the signal could come before the sleep
		// exists, and then nobody would end it.
		cmd, temporary := testcluster(t, "sh", "-c", `
			trap 'psql -qX "$'"$1"'" -c "select 1" >/dev/null && exit 5' TERM
			sh -c 'echo ready; exec sleep 60'`, "sh", testdb.ClusterVariable)
		cmd.Stderr = os.Stderr
		output, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
			t.Fatalf("got %q (%v)", line, err)
		}
		sent := time.Now()
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		wantExit(t, cmd.Wait(), 5)
		if took := time.Since(sent); took > 30*time.Second {
			t.Errorf("it took %v: the sleep was waited for", took)
		}
		wantNothingLeft(t, temporary)
	})
	t.Run("before the command runs, they end it all", func(t *testing.T) {
		t.Parallel()
		cmd, temporary := testcluster(t, "echo", "the command ran")
		var output bytes.Buffer
		cmd.Stdout = &output
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// The cluster's folder comes first, and starting it takes a while.
		for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if entries, err := os.ReadDir(temporary); err == nil && len(entries) > 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatal("no cluster is made")
			}
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		wantExit(t, cmd.Wait(), 128+15)
		if output.Len() != 0 {
			t.Error(output.String())
		}
		wantNothingLeft(t, temporary)
	})
}

func TestDeadServerIsAFailure(t *testing.T) {
	t.Parallel()
	cmd, temporary := testcluster(t, "sh", "-c", `kill -KILL "$(head -n 1 "$TMPDIR"/mentorpause-postgres-*/data/postmaster.pid)"; sleep 0.5`)
	var said bytes.Buffer
	cmd.Stderr = &said
	wantExit(t, cmd.Run(), 1)
	if !strings.Contains(said.String(), "PostgreSQL had ended by itself") {
		t.Errorf("it said %q", said.String())
	}
	wantNothingLeft(t, temporary)
}
