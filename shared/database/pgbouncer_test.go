package database_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"mentorpause/shared/refusal"
)

func TestThroughPgBouncerInTransactionMode(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	address := startPgBouncer(t, b.URL("pause_api"), 2)
	p := newProxy(t, address)
	db := open(t, through(t, p.address(), b.URL("pause_api")), 8)

	hammer(t, db, 8, 25)
	if connections, _, cancels := p.passed(); connections > 8 || cancels != 0 {
		t.Errorf("%d connections and %d cancel requests, want at most 8 and none", connections, cancels)
	}
	if n := b.count(t, `select count(*) from pg_stat_activity where datname = $1 and usename = 'pause_api'`, b.Name); n > 2 {
		t.Errorf("%d sessions on the server, want at most 2", n)
	}

	t.Run("a call is one round trip", func(t *testing.T) {
		db := open(t, through(t, p.address(), b.URL("pause_api")), 1)
		mustDo(t, db, ``)
		for _, idle := range []time.Duration{0, 1500 * time.Millisecond} {
			time.Sleep(idle)
			p.passed()
			mustDo(t, db, ``)
			if connections, trips, _ := p.passed(); connections != 0 || trips != 1 {
				t.Errorf("after %v: %d connections and %d round trips, want 0 and 1", idle, connections, trips)
			}
		}
	})
	t.Run("the server's time limit holds and leaves the session clean", func(t *testing.T) {
		_, err := do(within(t, time.Second), db, `select pg_sleep(30)`)
		wantCode(t, err, refusal.DeadlineExceeded)
		mustDo(t, db, ``)
	})
	t.Run("sessions that the server ended are replaced", func(t *testing.T) {
		if n := b.terminate(t); n == 0 {
			t.Fatal("there was no session to end")
		}
		hammer(t, db, 8, 5)
	})
	t.Run("the pooler without a server is unavailable", func(t *testing.T) {
		db := open(t, through(t, address, replace(t, b.URL("pause_api"), "/"+b.Name, "/no_such_database")), 1)
		_, err := do(within(t, 5*time.Second), db, ``)
		wantCode(t, err, refusal.DatabaseUnavailable)
	})
	if _, _, cancels := p.passed(); cancels != 0 {
		t.Errorf("%d cancel requests", cancels)
	}
}

// startPgBouncer runs a pooler in transaction mode in front of the URL's server,
// for the URL's role, and gives its address.
func startPgBouncer(t *testing.T, rawURL string, poolSize int) string {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer" // where Debian puts it, outside some users' PATH
	}
	if _, err := os.Stat(program); err != nil {
		t.Fatal("pgbouncer is not installed; on Debian: apt-get install pgbouncer")
	}
	dir, err := os.MkdirTemp("", "pgbouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	port := freePort(t)
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	users := write("users.txt", fmt.Sprintf("%q %q\n", u.User.Username(), password))
	config := write("pgbouncer.ini", fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = scram-sha-256
auth_file = %s
pool_mode = transaction
default_pool_size = %d
`, u.Hostname(), u.Port(), port, users, poolSize))

	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command(program, config)
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: notRoot(t)}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("pgbouncer said:\n%s", log.String())
		}
	})
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", address)
		if err == nil {
			conn.Close()
			return address
		}
		if time.Now().After(deadline) {
			t.Fatalf("pgbouncer does not listen: %v", err)
		}
	}
}

// notRoot is whom a program that refuses root runs as; nil when we are not root.
func notRoot(t *testing.T) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
