package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mentorpause/local/checkout"
	"mentorpause/local/lambda"
	"mentorpause/local/sam"
	"mentorpause/local/stack"
)

// TestMain runs the command itself when a test starts its own binary, so that
// signals and the end of the process are real.
func TestMain(m *testing.M) {
	if os.Getenv("DEV_TEST_RUN") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// process is a running command.
type process struct {
	*exec.Cmd
	output *output
	ended  chan error
}

type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func startProcess(t *testing.T, dir string, databasePort int, environment ...string) *process {
	t.Helper()
	p := &process{output: &output{}, ended: make(chan error, 1)}
	p.Cmd = exec.Command(os.Args[0], "-port", "0", "-database-port", fmt.Sprint(databasePort), "-dir", dir)
	p.Env = append(os.Environ(), "DEV_TEST_RUN=1", "PORT=")
	p.Env = append(p.Env, environment...)
	p.Stdout, p.Stderr = p.output, p.output
	p.WaitDelay = time.Second
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.Wait(); close(p.ended) }()
	t.Cleanup(func() { // does nothing to a process that has ended
		p.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.ended:
		case <-time.After(30 * time.Second):
			p.Process.Kill()
		}
	})
	return p
}

// awaitServing waits for the banner, long enough for compiling the functions for
// the first time.
func (p *process) awaitServing(t *testing.T) {
	t.Helper()
	deadline := time.After(3 * time.Minute)
	for !strings.Contains(p.output.String(), "Ready to paste") {
		select {
		case err := <-p.ended:
			t.Fatalf("ended before it served: %v\n%s", err, p.output)
		case <-deadline:
			t.Fatalf("does not serve:\n%s", p.output)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *process) stop(t *testing.T, signal syscall.Signal) error {
	t.Helper()
	if err := p.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		return err
	case <-time.After(time.Minute):
		t.Fatalf("does not end after %v:\n%s", signal, p.output)
		return nil
	}
}

// curls are the printed commands.
func (p *process) curls() []string {
	return regexp.MustCompile(`(?m)^curl .*`).FindAllString(p.output.String(), -1)
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

func listening(port int) bool {
	conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

func TestDev(t *testing.T) {
	t.Parallel()
	dir, port := t.TempDir(), freePort(t)
	first := startProcess(t, dir, port)
	first.awaitServing(t)

	t.Run("every printed line works when pasted", func(t *testing.T) {
		curls := first.curls()
		wants := []string{"200", "200", "200", "200", "200", "200", "403", "200"}
		if len(curls) != len(wants) {
			t.Fatalf("%d lines, want %d:\n%s", len(curls), len(wants), first.output)
		}
		for n, line := range curls {
			out, err := exec.Command("bash", "-c", line+` -w '\n%{http_code}'`).Output()
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			body, status, _ := strings.Cut(string(out), "\n")
			if status != wants[n] || !json.Valid([]byte(body)) {
				t.Errorf("%s\nanswered %s %s, want %s and JSON", line, status, body, wants[n])
			}
		}
	})

	t.Run("the seed's notifications are dispatched, and their e-mails caught", func(t *testing.T) {
		caught := func() []string {
			files, err := filepath.Glob(filepath.Join(dir, "mail", "*.eml"))
			if err != nil {
				t.Fatal(err)
			}
			return files
		}
		for range 300 {
			if len(caught()) > 0 && strings.Contains(first.output.String(), "mail      to ") {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		files := caught()
		if len(files) == 0 || !strings.Contains(first.output.String(), "mail      to ") {
			t.Fatalf("no e-mail:\n%s", first.output)
		}
		content, err := os.ReadFile(files[0])
		if err != nil || !bytes.Contains(bytes.ToLower(content), []byte("message-id: <")) {
			t.Errorf("%s, %v", content, err)
		}
	})

	t.Run("the output is plain when it is no terminal", func(t *testing.T) {
		if strings.Contains(first.output.String(), "\x1b") {
			t.Errorf("escape codes in:\n%s", first.output)
		}
	})

	for _, second := range []struct{ name, dir string }{
		{"a second one uses the database that runs, and leaves it running", t.TempDir()},
		{"so does a second one on the same folder", dir},
	} {
		t.Run(second.name, func(t *testing.T) {
			p := startProcess(t, second.dir, port)
			p.awaitServing(t)
			if !strings.Contains(p.output.String(), "was running already and stays") {
				t.Errorf("output:\n%s", p.output)
			}
			if err := p.stop(t, syscall.SIGINT); err != nil {
				t.Errorf("SIGINT: %v\n%s", err, p.output)
			}
			if !listening(port) {
				t.Error("the database is gone")
			}
		})
	}

	t.Run("SIGTERM stops all of it", func(t *testing.T) {
		if err := first.stop(t, syscall.SIGTERM); err != nil {
			t.Errorf("exit: %v\n%s", err, first.output)
		}
		if listening(port) {
			t.Error("the database still runs")
		}
		wantNoneOf(t, dir)
	})

	t.Run("after kill -9 the next one starts on the same data", func(t *testing.T) {
		killed := startProcess(t, dir, port)
		killed.awaitServing(t)
		killed.stop(t, syscall.SIGKILL) // ends with that signal

		next := startProcess(t, dir, port)
		next.awaitServing(t)
		if strings.Contains(next.output.String(), "seed ") {
			t.Errorf("the database was seeded again:\n%s", next.output)
		}
		if err := next.stop(t, syscall.SIGINT); err != nil {
			t.Errorf("exit: %v\n%s", err, next.output)
		}
		wantNoneOf(t, dir)
	})
}

// A database made by the migrations before they were rewritten, and one made by a
// file that was edited since.
func TestDatabaseOfOtherMigrations(t *testing.T) {
	t.Parallel()
	s := settings{databasePort: freePort(t), dir: t.TempDir()}
	said := &output{}
	start := func() (*database, error) {
		t.Helper()
		db, err := startDatabase(t.Context(), s, []string{"pause_api", "pause_scheduler"}, newTerminal(said))
		t.Cleanup(func() { db.stop() }) // does nothing to one that was stopped
		return db, err
	}
	stop := func(db *database) {
		t.Helper()
		if err := db.stop(); err != nil {
			t.Fatal(err)
		}
	}
	change := func(db *database, statement string) {
		t.Helper()
		conn, err := db.connect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(t.Context())
		if _, err := conn.PgConn().Exec(t.Context(), statement).ReadAll(); err != nil {
			t.Fatal(err)
		}
	}

	db, err := start()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(said.String(), "another text") {
		t.Errorf("a new database is said to be of another text:\n%s", said)
	}
	change(db, `update supabase_migrations.schema_migrations set statements = statements || array['select 1'] where name = 'create_roster'`)
	stop(db)

	db, err = start()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "create_roster") || !strings.Contains(said.String(), "remove "+s.dir) {
		t.Errorf("it said nothing of the edited file:\n%s", said)
	}
	change(db, `
		delete from supabase_migrations.schema_migrations;
		insert into supabase_migrations.schema_migrations (version, name) values
			('20261123000100', 'create_private_schema'), ('20261128000300', 'claim_by_notification')`)
	stop(db)

	db, err = start()
	if err == nil {
		t.Fatal("a database of the old migrations is taken")
	}
	for _, want := range []string{"rewritten", "20261123000100_create_private_schema", "remove " + s.dir} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want %q in it", err, want)
		}
	}
	stop(db)
}

// wantNoneOf fails if a process of that folder is left.
func wantNoneOf(t *testing.T, dir string) {
	t.Helper()
	var left []byte
	for range 100 { // children of a killed process may take a moment to end
		out, err := exec.Command("ps", "-A", "-ww", "-o", "pid=,args=").Output()
		if err != nil {
			t.Fatalf("ps: %v", err)
		}
		left = nil
		for line := range bytes.Lines(out) {
			if bytes.Contains(line, []byte(dir)) {
				left = append(left, line...)
			}
		}
		if len(left) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("left behind:\n%s", left)
}

func TestDevRefuses(t *testing.T) {
	t.Parallel()

	t.Run("a port of the functions that is taken", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		taken := listener.Addr().(*net.TCPAddr).Port
		err = run(t.Context(), settings{port: taken, databasePort: freePort(t), dir: t.TempDir()}, &output{})
		if want := fmt.Sprintf("port %d is in use", taken); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	})

	t.Run("a server on the database's port that is not PostgreSQL", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.NotFoundHandler())
		defer server.Close()
		d := &database{port: server.Listener.Addr().(*net.TCPAddr).Port}
		found, err := d.probe(t.Context())
		if found || err == nil || !strings.Contains(err.Error(), "not PostgreSQL") {
			t.Errorf("found %t, %v", found, err)
		}
	})

	t.Run("a port of the database that is taken, before there is a cluster", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		d, dir := &database{port: listener.Addr().(*net.TCPAddr).Port}, filepath.Join(t.TempDir(), "postgres")
		err = d.awaitPort(t.Context(), newTerminal(&output{}), false)
		if err == nil || !strings.Contains(err.Error(), "make dev DATABASE_PORT=") {
			t.Errorf("nobody says how to choose another one: %v", err)
		}
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				conn.Close()
			}
		}()
		err = d.findOrStart(t.Context(), dir, newTerminal(&output{}))
		if err == nil || !strings.Contains(err.Error(), "make dev DATABASE_PORT=") {
			t.Errorf("nor of somebody who answers: %v", err)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("there is a cluster: %v", err)
		}
	})

	t.Run("but not a port where nobody is", func(t *testing.T) {
		t.Parallel()
		d := &database{port: freePort(t)}
		if found, err := d.probe(t.Context()); found || err != nil {
			t.Errorf("found %t, %v", found, err)
		}
	})

	t.Run("an interruption at the start is no failure", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := run(ctx, settings{databasePort: freePort(t), dir: t.TempDir()}, &output{}); err != nil {
			t.Errorf("error %v", err)
		}
	})
}

// The system hands out the database's port to outgoing connections too.
func TestAwaitPort(t *testing.T) {
	t.Parallel()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	// The other end closes first, so that nothing lingers.
	client, err := net.Dial("tcp", server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := server.Accept()
	if err != nil {
		t.Fatal(err)
	}
	d := &database{port: client.LocalAddr().(*net.TCPAddr).Port}
	out := &output{}
	waited := make(chan error, 1)
	go func() { waited <- d.awaitPort(t.Context(), newTerminal(out), false) }()
	for range 1000 {
		if strings.Contains(out.String(), "waiting for port") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	select {
	case err := <-waited:
		t.Fatalf("did not wait: %v\n%s", err, out)
	default:
	}
	accepted.Close()
	if _, err := io.ReadAll(client); err != nil {
		t.Fatal(err)
	}
	client.Close()
	if err := <-waited; err != nil {
		t.Errorf("error %v after the connection's end", err)
	}
}

// startScheduled starts a function in place of nightly-expiry, which reports its
// scheduled time, or does what its event says.
func startScheduled(t *testing.T) (*lambda.Function, *output) {
	t.Helper()
	binary, out := filepath.Join(t.TempDir(), "bootstrap"), &output{}
	build := exec.Command("go", "build", "-o", binary, "../../local/lambda/testdata/bootstrap")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	f, err := lambda.Start(t.Context(), lambda.Config{
		Name: "nightly-expiry", Binary: binary, Timeout: patience, Output: out})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f, out
}

func TestSchedule(t *testing.T) {
	t.Parallel()
	f, out := startScheduled(t)

	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	mail, err := startMailCatcher(t.TempDir(), newTerminal(out))
	if err != nil {
		t.Fatal(err)
	}
	defer mail.close()
	functions, err := readFunctions(root, mail)
	if err != nil {
		t.Fatal(err)
	}

	t.Run("starts the function again and again, until it is told to stop", func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		defer stop()
		ended := make(chan struct{})
		go func() {
			schedule{sam.Schedule{Function: "nightly-expiry", Every: 20 * time.Millisecond}}.run(ctx, f, newTerminal(out))
			close(ended)
		}()
		for strings.Count(out.String(), "nightly-expiry | scheduled for 20") < 3 && ctx.Err() == nil {
			time.Sleep(5 * time.Millisecond)
		}
		if ctx.Err() != nil {
			t.Fatalf("output:\n%s", out)
		}
		stop()
		<-ended
	})

	served := &stack.Stack{Functions: map[string]*lambda.Function{"nightly-expiry": f}}
	functions.serve(served)
	server := httptest.NewServer(served)
	defer server.Close()
	requests := []struct {
		name, method, path, body string
		wantStatus               int
		want                     string
	}{
		{"a POST with an event starts it", "POST", "/functions/v1/nightly-expiry", `{"do":"echo"}`, 200, `{"do":"echo"}`},
		{"a POST without one does what the schedule does", "POST", "/functions/v1/nightly-expiry", "", 200, `{"time":"20`},
		{"a failure is told", "POST", "/functions/v1/nightly-expiry", `{"do":"error"}`, 502, "the handler said no"},
		{"a GET does not start it", "GET", "/functions/v1/nightly-expiry", "", 405, "method_not_allowed"},
		{"an unknown function is 404", "POST", "/functions/v1/nightly", "", 404, "nightly-expiry"},
		{"there is no PostgREST", "GET", "/rest/v1/pause_records", "", 404, "supabase start"},
		{"nor its RPCs", "POST", "/rest/v1/rpc/pause_mentor", "{}", 404, "no_postgrest"},
	}
	for _, test := range requests {
		t.Run(test.name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), test.method, server.URL+test.path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != test.wantStatus || !strings.Contains(string(body), test.want) || !json.Valid(body) {
				t.Errorf("%d %s, want %d and JSON with %q", response.StatusCode, body, test.wantStatus, test.want)
			}
		})
	}
}

// A developer should not have to wait a minute; rarer schedules run as deployed.
func TestWhenASchedulesNextStartIs(t *testing.T) {
	t.Parallel()
	now := time.Now()
	minutely, hourly := schedule{sam.Schedule{Every: time.Minute}}, schedule{sam.Schedule{Every: time.Hour}}
	if got := minutely.next(now).Sub(now); got != impatience {
		t.Errorf("every minute: after %v", got)
	}
	if got := hourly.next(now).Sub(now); got != time.Hour {
		t.Errorf("every hour: after %v", got)
	}
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	terminal := &terminal{out: &out, colour: true}
	e := example{method: http.MethodGet, url: "http://127.0.0.1/x", token: "secret"}
	if got, want := e.curl(terminal), "curl -sS 'http://127.0.0.1/x' -H 'authorization: Bearer \x1b[2msecret\x1b[0m'"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	fmt.Fprint(terminal, "one\ntwo\n")
	if got, want := out.String(), "\x1b[2mdatabase \x1b[0m one\n\x1b[2mdatabase \x1b[0m two\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
