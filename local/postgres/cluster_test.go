package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	conn := connectAs(t, shared, Superuser, Maintenance)
	got := value[string](t, conn, "select current_setting('listen_addresses') || ' ' || current_setting('unix_socket_directories')")
	if got != "127.0.0.1 " {
		t.Errorf("listens on %q", got)
	}
	if got := value[string](t, conn, "select string_agg(distinct auth_method, ' ') from pg_hba_file_rules"); got != "scram-sha-256" {
		t.Errorf("login by %q, want scram-sha-256 only", got)
	}
	if got := value[string](t, conn, "select current_setting('max_connections') || ' ' || current_setting('log_statement')"); got != "200 none" {
		t.Errorf("max_connections and log_statement are %s", got)
	}
}

func TestThrowawayClusterDoesNotSync(t *testing.T) {
	t.Parallel()
	conn := connectAs(t, shared, Superuser, Maintenance)
	got := value[string](t, conn, "select current_setting('fsync') || ' ' || current_setting('synchronous_commit') || ' ' || current_setting('full_page_writes')")
	if got != "off off off" {
		t.Errorf("fsync, synchronous_commit, full_page_writes: %s", got)
	}
}

func TestDatabases(t *testing.T) {
	t.Parallel()
	template := newDatabase(t, AutoExpose)
	session := connectAs(t, shared, "postgres", template)
	mustExec(t, session, "create table public.things (id int); insert into public.things values (1)")

	t.Run("a clone waits for the last session on its template", func(t *testing.T) {
		time.AfterFunc(200*time.Millisecond, func() { _ = session.Close(context.Background()) })
		if err := shared.CloneDatabase(t.Context(), template, "clone_1"); err != nil {
			t.Fatal(err)
		}
		conn := connectAs(t, shared, "postgres", "clone_1")
		if n := value[int](t, conn, "select count(*) from public.things"); n != 1 {
			t.Errorf("the clone has %d rows, want 1", n)
		}
		if owner := value[string](t, conn, "select datdba::regrole::text from pg_database where datname = current_database()"); owner != "postgres" {
			t.Errorf("the clone belongs to %s", owner)
		}
	})
	t.Run("a name is taken once", func(t *testing.T) {
		err := shared.CreateDatabase(t.Context(), template, AutoExpose)
		if err == nil || !strings.Contains(err.Error(), "already exists") {
			t.Errorf("got %v", err)
		}
		conn := connectAs(t, shared, "postgres", template)
		if n := value[int](t, conn, "select count(*) from public.things"); n != 1 {
			t.Errorf("the database that was there has %d rows, want 1", n)
		}
	})
	t.Run("dropping ends the sessions, and dropping again is no error", func(t *testing.T) {
		conn := connectAs(t, shared, "postgres", template)
		for range 2 {
			if err := shared.DropDatabase(t.Context(), template); err != nil {
				t.Fatal(err)
			}
		}
		if err := conn.Ping(t.Context()); err == nil {
			t.Error("the session goes on")
		}
	})
	t.Run("the database postgres is there from the start", func(t *testing.T) {
		conn := connectAs(t, shared, "postgres", Maintenance)
		if n := value[int](t, conn, "select count(*) from auth.users"); n != 0 {
			t.Errorf("%d users", n)
		}
	})
}

func TestAttach(t *testing.T) {
	t.Parallel()
	attached, err := Attach(shared.URL(Superuser, Maintenance))
	if err != nil {
		t.Fatal(err)
	}
	if attached.Port() != shared.Port() {
		t.Errorf("port %d, want %d", attached.Port(), shared.Port())
	}
	if err := attached.Stop(); err != nil {
		t.Error(err)
	}
	connectAs(t, attached, "postgres", Maintenance) // it still runs
	for _, url := range []string{"", "postgresql://", "postgresql://supabase_admin:x@example.org:5432/postgres", "postgresql://postgres:x@127.0.0.1:5432/postgres", "postgresql://supabase_admin@127.0.0.1/postgres", "\x00"} {
		if _, err := Attach(url); err == nil {
			t.Errorf("%q: no error", url)
		}
	}
}

func TestStopRemovesAThrowawayCluster(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cluster")
	cluster := startOne(t, Options{Dir: dir})
	connectAs(t, cluster, "postgres", Maintenance) // a session that is open at the end
	if err := cluster.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
	wantNoServer(t, cluster.Port())
	select {
	case <-cluster.Done():
	default:
		t.Error("Done is not closed")
	}
}

// lockedFolder is a folder that only its owner may enter, like root's home.
func lockedFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "locked")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDurableClusterKeepsItsData(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(lockedFolder(t), "checkout", ".dev", "postgres")
	cluster := startOne(t, Options{Dir: dir, Durable: true, Settings: []string{"shared_buffers=32MB", "work_mem=7MB"}})
	conn := connectAs(t, cluster, "postgres", Maintenance)
	if got := value[string](t, conn, "select current_setting('shared_buffers') || ' ' || current_setting('work_mem')"); got != "32MB 7MB" {
		t.Errorf("shared_buffers and work_mem are %s, want those asked for", got)
	}
	mustExec(t, conn, "create table public.things (id int); insert into public.things values (1)")
	if got := value[string](t, conn, "select current_setting('fsync') || ' ' || current_setting('synchronous_commit')"); got != "on on" {
		t.Errorf("fsync and synchronous_commit are %s", got)
	}

	_, err := findOne(t).Start(t.Context(), Options{Dir: dir, Durable: true})
	if err == nil || !strings.Contains(err.Error(), "already running") {
		t.Errorf("a second start: got %v, want that it is already running", err)
	}
	if err := conn.Ping(t.Context()); err != nil {
		t.Errorf("after the second start: %v", err)
	}
	if err := cluster.Stop(); err != nil {
		t.Fatal(err)
	}

	cluster, err = findOne(t).Start(t.Context(), Options{Dir: dir, Durable: true, Port: cluster.Port()})
	if err != nil {
		t.Fatal(err)
	}
	if n := value[int](t, connectAs(t, cluster, "postgres", Maintenance), "select count(*) from public.things"); n != 1 {
		t.Errorf("%d rows after a restart, want 1", n)
	}

	// A crash of the server, and its process number now somebody else's.
	if err := cluster.process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-cluster.Done()
	if err := cluster.Stop(); err == nil || !strings.Contains(err.Error(), "ended by itself") {
		t.Errorf("Stop after a crash: got %v", err)
	}
	content, err := os.ReadFile(cluster.pidFile())
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(content), "\n")
	account, err := serverAccount()
	if err != nil {
		t.Fatal(err)
	}
	other := account.command(t.Context(), "/", "/bin/sleep", "60")
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = other.Process.Kill(), other.Wait() }()
	if err := os.WriteFile(cluster.pidFile(), []byte(strconv.Itoa(other.Process.Pid)+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	cluster = startOne(t, Options{Dir: dir, Durable: true})
	if n := value[int](t, connectAs(t, cluster, "postgres", Maintenance), "select count(*) from public.things"); n != 1 {
		t.Errorf("%d rows after a crash, want 1", n)
	}
	if err := other.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the other process: %v", err)
	}
}

func TestRestartKeepsPortAndData(t *testing.T) {
	t.Parallel()
	cluster := startOne(t, Options{})
	port := cluster.Port()
	for n, crash := range []bool{false, true} {
		conn := connectAs(t, cluster, "postgres", Maintenance)
		mustExec(t, conn, "set synchronous_commit = on; create table public.things_"+strconv.Itoa(n)+" ()")
		before, down := cluster.Done(), false
		err := cluster.Restart(t.Context(), crash, func() {
			select {
			case <-before:
				down = true
			default:
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if !down || cluster.Port() != port {
			t.Errorf("crash %t: it was down in between: %t, and is on port %d after %d", crash, down, cluster.Port(), port)
		}
		tables := value[int](t, connectAs(t, cluster, "postgres", Maintenance), "select count(*) from pg_tables where tablename like 'things_%'")
		if tables != n+1 {
			t.Errorf("crash %t: %d tables, want %d", crash, tables, n+1)
		}
	}
	if err := cluster.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(cluster.dir); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
	other, err := Attach(cluster.URL(Superuser, Maintenance))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Restart(t.Context(), false, nil); err == nil {
		t.Error("somebody else's server was restarted")
	}
}

func TestFailedStartTellsTheLog(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dir := filepath.Join(t.TempDir(), "cluster")
	_, err = findOne(t).Start(t.Context(), Options{Dir: dir, Port: listener.Addr().(*net.TCPAddr).Port})
	if !errors.Is(err, errPortTaken) || !strings.Contains(err.Error(), "could not bind IPv4 address") {
		t.Errorf("got %v, want the port and the log's end", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
}

func TestStartRefusesAFolder(t *testing.T) {
	t.Parallel()
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "thesis.txt"), []byte("irreplaceable"), 0o600); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	if err := os.Mkdir(filepath.Join(other, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, "data", "PG_VERSION"), []byte("14\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		opts Options
		want string
	}{
		{"with files in it for a throwaway cluster", Options{Dir: full}, "not empty"},
		{"of another major version", Options{Dir: other, Durable: true}, "PostgreSQL 14"},
		{"that is not named for a durable cluster", Options{Durable: true}, "needs a folder"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := findOne(t).Start(t.Context(), test.opts)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
	t.Cleanup(func() {
		if _, err := os.Stat(filepath.Join(full, "thesis.txt")); err != nil {
			t.Error(err)
		}
	})
}

// Programs that only root can reach are useless to the server's user. Run as any
// other user they are not, so the test gets one step further.
func TestStartTellsWhenTheProgramsAreOutOfReach(t *testing.T) {
	t.Parallel()
	bin := filepath.Join(lockedFolder(t), "bin")
	fakeServer(t, bin, t.TempDir(), "17.1")
	_, err := Installation{Major: 17, Bin: bin}.Start(t.Context(), Options{})
	want := "cannot reach " + filepath.Join(bin, "initdb")
	if os.Geteuid() != 0 {
		want = "draft" // the fake initdb makes nothing
	}
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q in it", err, want)
	}
}

func TestInterruptedStartLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{0, 500 * time.Millisecond} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "cluster")
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			cluster, err := findOne(t).Start(ctx, Options{Dir: dir})
			if err == nil {
				t.Fatal("it started", cluster.Stop())
			}
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the folder: %v", err)
			}
		})
	}
}

// TestKilledProcessLeavesNoServer runs this test program again, as the process to
// kill.
func TestKilledProcessLeavesNoServer(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(lockedFolder(t), "cluster")
			process := startPlayDead(t, dir, false)
			port := portOf(t, dir)
			wantServer(t, port)
			kill(t, process, signal)
			eventually(t, "the folder is gone", func() bool {
				_, err := os.Stat(dir)
				return errors.Is(err, os.ErrNotExist)
			})
			wantNoServer(t, port)
		})
	}
	t.Run("while a new one already starts", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(lockedFolder(t), "cluster")
		process := startPlayDead(t, dir, true)
		kill(t, process, syscall.SIGKILL)
		cluster := startOne(t, Options{Dir: dir, Durable: true})
		connectAs(t, cluster, "postgres", Maintenance)
		// The watchdog of the killed process must not mistake this server for its own.
		time.Sleep(1500 * time.Millisecond)
		connectAs(t, cluster, "postgres", Maintenance)
	})
}

func startPlayDead(t *testing.T, dir string, durable bool) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), "LOCALPG_TEST_PLAY_DEAD="+dir)
	if durable {
		cmd.Env = append(cmd.Env, "LOCALPG_TEST_DURABLE=1")
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if line != "ready\n" {
		_, _ = cmd.Process.Kill(), cmd.Wait()
		t.Fatalf("it said %q (%v), want ready", line, err)
	}
	return cmd
}

func kill(t *testing.T, cmd *exec.Cmd, signal syscall.Signal) {
	t.Helper()
	if err := cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("it ended well")
	}
}

// portOf reads the port from the server's pid file.
func portOf(t *testing.T, dir string) int {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(strings.Split(string(content), "\n")[3])
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func canConnect(ctx context.Context, port int) bool {
	conn, err := pgx.Connect(ctx, (&Cluster{port: port}).URL(Superuser, Maintenance))
	if err != nil {
		return false
	}
	_ = conn.Close(ctx)
	return true
}

func wantServer(t *testing.T, port int) {
	t.Helper()
	if !canConnect(t.Context(), port) {
		t.Fatalf("no server on port %d", port)
	}
}

func wantNoServer(t *testing.T, port int) {
	t.Helper()
	if canConnect(t.Context(), port) {
		t.Errorf("a server on port %d", port)
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not yet: %s", what)
		}
	}
}

// BenchmarkClone measures what its own database costs a test.
func BenchmarkClone(b *testing.B) {
	if err := shared.CreateDatabase(b.Context(), "benchmark_template", AutoExpose); err != nil {
		b.Fatal(err)
	}
	n := 0
	for b.Loop() {
		n++
		name := fmt.Sprintf("benchmark_%d", n)
		if err := shared.CloneDatabase(b.Context(), "benchmark_template", name); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := shared.DropDatabase(b.Context(), name); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// BenchmarkStart measures from nothing to a cluster that accepts connections.
func BenchmarkStart(b *testing.B) {
	installation, err := Find()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		cluster, err := installation.Start(b.Context(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := cluster.Stop(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
