// Package pooler runs PgBouncer in transaction mode in front of a local PostgreSQL,
// like Supabase's pooler in front of a project's database.
//
// It listens on a free port of 127.0.0.1. Whoever starts a pooler has to stop it.
package pooler

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sync"
	"time"
)

// ErrNotInstalled says that this machine has no PgBouncer, and how to get it.
var ErrNotInstalled = errors.New("PgBouncer is not installed; Debian and Homebrew call it pgbouncer")

// DefaultSize is the pool of Supabase's smallest project.
const DefaultSize = 15

const patience = 10 * time.Second // for a start

// Config describes the server behind the pooler.
type Config struct {
	Server string // host:port of PostgreSQL

	// Users are the roles that may log in, each with its password or with the SCRAM
	// verifier that the server stores. A deployed pooler has verifiers; with a
	// password it derives a verifier for each login, which takes longer than the
	// client's whole part.
	Users map[string]string

	Size int // sessions per database and role; 0: [DefaultSize]
}

// Pooler is a running PgBouncer. Its methods are for one goroutine at a time.
type Pooler struct {
	Address string // host:port

	program, dir string
	process      *exec.Cmd
	ended        chan struct{} // closed when the process is gone
	log          log
}

// Find returns PgBouncer's path, or [ErrNotInstalled].
func Find() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} { // on Debian outside some users' PATH
		if program, err := exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	return "", ErrNotInstalled
}

// Start returns when the pooler listens.
func Start(ctx context.Context, config Config) (_ *Pooler, err error) {
	program, err := Find()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(config.Server)
	if err != nil {
		return nil, fmt.Errorf("the pooler's server: %w", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := listener.Addr().(*net.TCPAddr)
	if err := listener.Close(); err != nil {
		return nil, err
	}

	dir, err := os.MkdirTemp("", "mentorpause-pooler-")
	if err != nil {
		return nil, err
	}
	p := &Pooler{Address: address.String(), program: program, dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	var users bytes.Buffer
	for role, secret := range config.Users {
		fmt.Fprintf(&users, "%q %q\n", role, secret)
	}
	text := fmt.Sprintf(`[databases]
* = host=%s port=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = scram-sha-256
auth_file = %s
pool_mode = transaction
default_pool_size = %d
`, host, port, address.Port, filepath.Join(dir, "users.txt"), cmp.Or(config.Size, DefaultSize))
	if os.Geteuid() == 0 {
		account, err := notRoot()
		if err != nil {
			return nil, err
		}
		text += "user = " + account + "\n"
	}
	err = errors.Join(os.Chmod(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "users.txt"), users.Bytes(), 0o644),
		os.WriteFile(p.config(), []byte(text), 0o644))
	if err != nil {
		return nil, err
	}
	if err := p.start(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

// notRoot is the user for the pooler when root starts it, because it refuses to run
// as root.
func notRoot() (string, error) {
	for _, name := range []string{"postgres", "nobody"} {
		if _, err := user.Lookup(name); err == nil {
			return name, nil
		}
	}
	return "", errors.New("PgBouncer does not run as root, and there is no user to run it as")
}

func (p *Pooler) config() string { return filepath.Join(p.dir, "pgbouncer.ini") }

// Through turns a connection string of the server into one through the pooler.
func (p *Pooler) Through(server string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", errors.New("the server's connection string is not a URL") // err shows the password
	}
	u.Host = p.Address
	return u.String(), nil
}

// Restart kills the pooler and starts it again on the same port; whileDown, if not
// nil, runs in between.
func (p *Pooler) Restart(ctx context.Context, whileDown func()) error {
	p.kill()
	if whileDown != nil {
		whileDown()
	}
	return p.start(ctx)
}

// Stop ends the pooler and the sessions that it holds.
func (p *Pooler) Stop() error {
	p.kill()
	return os.RemoveAll(p.dir)
}

// Log returns what PgBouncer has written so far.
func (p *Pooler) Log() string { return p.log.String() }

func (p *Pooler) kill() {
	_ = p.process.Process.Kill() // it may have ended
	<-p.ended
}

func (p *Pooler) start(ctx context.Context) error {
	p.process = exec.Command(p.program, p.config())
	p.process.Stdout, p.process.Stderr = &p.log, &p.log
	if err := p.process.Start(); err != nil {
		return err
	}
	ended, process := make(chan struct{}), p.process
	p.ended = ended
	go func() {
		_ = process.Wait() // killed, or it says why in its log
		close(ended)
	}()

	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", p.Address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ended:
			return fmt.Errorf("PgBouncer has ended:\n%s", p.Log())
		case <-ctx.Done():
			p.kill()
			return fmt.Errorf("PgBouncer does not listen on %s: %w\n%s", p.Address, err, p.Log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// log may be read while the process writes it.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
