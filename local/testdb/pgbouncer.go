package testdb

import (
	"bytes"
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

	"github.com/jackc/pgx/v5"

	"mentorpause/local/postgres"
)

// PgBouncer is a running pooler in transaction mode.
type PgBouncer struct {
	URL     string // as that of the server, by way of the pooler
	Address string // host:port

	program, config string
	credential      *syscall.Credential
	process         *exec.Cmd
	ended           chan struct{}
	log             bytes.Buffer // written by the process until it has ended
}

// StartPgBouncer runs a pooler in front of the URL's server, for the URL's role,
// with at most poolSize sessions there. It ends with the test.
func StartPgBouncer(t testing.TB, rawURL string, poolSize int) *PgBouncer {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	b := &PgBouncer{credential: notRoot(t)}
	if b.program, err = exec.LookPath("pgbouncer"); err != nil {
		b.program = "/usr/sbin/pgbouncer" // where Debian puts it, outside some users' PATH
	}
	if _, err := os.Stat(b.program); err != nil {
		t.Fatal("pgbouncer is not installed; on Debian: apt-get install pgbouncer")
	}
	dir, err := os.MkdirTemp("", "pgbouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	b.Address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	users := write("users.txt", fmt.Sprintf("%q %q\n", u.User.Username(), scramVerifier(t, *u)))
	b.config = write("pgbouncer.ini", fmt.Sprintf(`[databases]
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

	u.Host = b.Address
	b.URL = u.String()
	b.start(t)
	t.Cleanup(func() {
		b.kill()
		if t.Failed() {
			said := b.log.String()
			t.Logf("pgbouncer said at the end:\n%s", said[max(0, len(said)-8<<10):])
		}
	})
	return b
}

// scramVerifier is what the server keeps instead of the password of the URL's
// role. A deployed pooler has that too, by its auth_query; one that is given the
// password derives a verifier anew for each login, which takes longer than all of
// the client's own part.
func scramVerifier(t testing.TB, u url.URL) string {
	t.Helper()
	role := u.User.Username()
	u.User = url.UserPassword(postgres.Superuser, postgres.Password)
	conn, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var verifier string
	if err := conn.QueryRow(t.Context(), "select rolpassword from pg_catalog.pg_authid where rolname = $1", role).Scan(&verifier); err != nil {
		t.Fatalf("the verifier of %s: %v", role, err)
	}
	return verifier
}

// Restart kills the pooler and starts it again on the same port; whileDown,
// when not nil, runs in between.
func (b *PgBouncer) Restart(t testing.TB, whileDown func()) {
	t.Helper()
	b.kill()
	if whileDown != nil {
		whileDown()
	}
	b.start(t)
}

func (b *PgBouncer) kill() {
	b.process.Process.Kill()
	<-b.ended
}

func (b *PgBouncer) start(t testing.TB) {
	t.Helper()
	b.process = exec.Command(b.program, b.config)
	b.process.Stdout, b.process.Stderr = &b.log, &b.log
	b.process.SysProcAttr = &syscall.SysProcAttr{Credential: b.credential}
	if err := b.process.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	b.ended = ended
	process := b.process
	go func() {
		_ = process.Wait() // it is always killed
		close(ended)
	}()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", b.Address)
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("pgbouncer does not listen: %v", err)
		}
	}
}

// notRoot is whom a program that refuses root runs as; nil when we are not root.
func notRoot(t testing.TB) *syscall.Credential {
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

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
