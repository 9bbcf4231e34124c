package bench_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"mentorpause/local/postgres"
)

// pgbench finds the program, next to the server or in any installation.
func pgbench(t *testing.T) string {
	t.Helper()
	var candidates []string
	if found, err := postgres.Find(); err == nil {
		candidates = append(candidates, filepath.Join(found.Bin, "pgbench"))
	}
	if path, err := exec.LookPath("pgbench"); err == nil {
		candidates = append(candidates, path)
	}
	others, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	for _, path := range append(candidates, others...) {
		if exec.Command(path, "--version").Run() == nil {
			return path
		}
	}
	t.Fatal("pgbench is missing: Debian has it in the package of the server, postgresql-15, Homebrew in postgresql@17")
	return ""
}

// pgbenchScript is a script with the values of its variables.
type pgbenchScript struct {
	text      string
	variables map[string]string
}

// pgbenchRun is the result of a run of a script.
type pgbenchRun struct {
	rate         float64 // per second
	transactions float64 // runs of the script
}

var (
	progress  = regexp.MustCompile(`(?m)^progress: ([0-9.]+) s, ([0-9.]+) tps`)
	tps       = regexp.MustCompile(`(?m)^tps = ([0-9.]+) \(without initial`)
	processed = regexp.MustCompile(`(?m)^number of transactions actually processed: ([0-9]+)`)
)

// settling is how long the rate of pgbench is ignored at first: its sessions are new and
// have to plan. A function's sessions stay open.
const settling = 4 * time.Second

// runPgbench lets that many clients run the script. It sends no named statements, as
// behind a pooler.
func runPgbench(t *testing.T, url string, script pgbenchScript, clients int, length time.Duration) pgbenchRun {
	t.Helper()
	arguments := []string{"--client=" + strconv.Itoa(clients), "--jobs=" + strconv.Itoa(min(clients, 2))}
	short := length < time.Second
	if short {
		arguments = append(arguments, "--transactions=5") // only to see that it runs
	} else {
		arguments = append(arguments, "--progress=1", "--time="+strconv.Itoa(int((settling+length).Seconds())))
	}
	output := pgbenchOutput(t, t.TempDir(), url, script, arguments...)
	value := func(text []byte) float64 {
		v, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	found := processed.FindSubmatch(output)
	if found == nil {
		t.Fatalf("pgbench did not say how much it did:\n%s", output)
	}
	run := pgbenchRun{transactions: value(found[1])}
	if short {
		if found := tps.FindSubmatch(output); found != nil {
			run.rate = value(found[1])
		}
		return run
	}
	var rates []float64
	for _, second := range progress.FindAllSubmatch(output, -1) {
		if value(second[1]) > settling.Seconds()+0.5 {
			rates = append(rates, value(second[2]))
		}
	}
	if len(rates) == 0 {
		t.Fatalf("pgbench did not say its rate:\n%s", output)
	}
	run.rate = mean(rates)
	return run
}

// pgbenchLatencies returns how long consecutive runs of the script took, in
// microseconds. The first ones, which fill the session's caches, are left out.
//
// If an answer is there at once, pgbench reports 0, because it reads its clock only
// once. The time until the beginning of the next run is used instead, which includes a
// few microseconds of pgbench's own.
func pgbenchLatencies(t *testing.T, url string, script pgbenchScript, calls int) []float64 {
	t.Helper()
	dir := t.TempDir()
	warm := min(calls/2, 20)
	pgbenchOutput(t, dir, url, script, "--client=1", "--transactions="+strconv.Itoa(warm+calls+1), "--log", "--log-prefix="+filepath.Join(dir, "log"))
	logs, err := filepath.Glob(filepath.Join(dir, "log.*"))
	if err != nil || len(logs) != 1 {
		t.Fatalf("pgbench wrote %d logs: %v", len(logs), err)
	}
	text, err := os.ReadFile(logs[0])
	if err != nil {
		t.Fatal(err)
	}
	var took, began []float64
	for line := range strings.Lines(string(text)) {
		var client, transaction, script int
		var µs, second, fraction float64 // the last two, when it ended
		if _, err := fmt.Sscan(line, &client, &transaction, &µs, &script, &second, &fraction); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		took = append(took, µs)
		began = append(began, second*1e6+fraction-µs)
	}
	took = took[warm : warm+calls]
	for n, µs := range took {
		if µs == 0 {
			took[n] = began[warm+n+1] - began[warm+n]
		}
	}
	return took
}

func pgbenchOutput(t *testing.T, dir, url string, script pgbenchScript, arguments ...string) []byte {
	t.Helper()
	path := filepath.Join(dir, "script.sql")
	if err := os.WriteFile(path, []byte(script.text), 0o644); err != nil {
		t.Fatal(err)
	}
	arguments = append(arguments, "--no-vacuum", "--protocol=extended", "--file="+path)
	for name, value := range script.variables {
		arguments = append(arguments, "--define="+name+"="+value)
	}
	output, err := exec.Command(pgbench(t), append(arguments, url)...).CombinedOutput()
	if err != nil {
		t.Fatalf("pgbench: %v\n%s", err, output)
	}
	return output
}

// statement is what a client sent to the server.
type statement struct {
	sql        string
	parameters [][]byte // in text format; nil is null
}

// recorded returns the statements that call sends to the server of the URL; call gets
// another URL to use. The statements are read off the wire, so that pgbench sends
// exactly what a function sends.
func recorded(t *testing.T, rawURL string, call func(url string)) []statement {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := u.Host
	u.Host = listener.Addr().String()
	var listening sync.WaitGroup
	var statements []statement
	listening.Go(func() {
		client, err := listener.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		defer client.Close()
		server, err := net.Dial("tcp", target)
		if err != nil {
			t.Error(err)
			return
		}
		defer server.Close()
		go io.Copy(client, server) // ends with either side
		if statements, err = record(io.TeeReader(client, server)); err != nil {
			t.Error(err)
		}
	})
	call(u.String())
	listener.Close()
	listening.Wait()
	if len(statements) == 0 {
		t.Fatal("no statement was sent")
	}
	return statements
}

// record reads a client's side of a session to its end.
func record(client io.Reader) (statements []statement, err error) {
	reader := pgproto3.NewBackend(client, io.Discard)
	if _, err := reader.ReceiveStartupMessage(); err != nil {
		return nil, err
	}
	if err := reader.SetAuthType(pgproto3.AuthTypeSASL); err != nil {
		return nil, err
	}
	for {
		message, err := reader.Receive()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) {
			return statements, nil
		}
		if err != nil {
			return nil, err
		}
		switch message := message.(type) {
		case *pgproto3.SASLInitialResponse:
			if err := reader.SetAuthType(pgproto3.AuthTypeSASLContinue); err != nil {
				return nil, err
			}
		case *pgproto3.Parse:
			statements = append(statements, statement{sql: message.Query})
		case *pgproto3.Bind:
			last := &statements[len(statements)-1]
			for _, parameter := range message.Parameters {
				if parameter != nil {
					parameter = []byte(string(parameter)) // the reader reuses its memory
				}
				last.parameters = append(last.parameters, parameter)
			}
		case *pgproto3.Terminate:
			return statements, nil
		}
	}
}

var placeholder = regexp.MustCompile(`\$[0-9]+`)

// pipeline makes a script that sends the statements in one pipeline. Parameters whose
// value is in replaced are replaced; the others become variables with the prefix.
func pipeline(prefix string, statements []statement, replaced map[string]string) pgbenchScript {
	var s strings.Builder
	variables := map[string]string{}
	s.WriteString("\\startpipeline\n")
	for n, statement := range statements {
		s.WriteString(placeholder.ReplaceAllStringFunc(statement.sql, func(match string) string {
			at, _ := strconv.Atoi(match[1:])
			value := statement.parameters[at-1]
			if value == nil {
				return "null" // pgbench has no variable without a value
			}
			if by, ok := replaced[string(value)]; ok {
				return by
			}
			name := fmt.Sprintf("%s%d_%d", prefix, n+1, at)
			variables[name] = string(value)
			return ":" + name
		}))
		s.WriteString(";\n")
	}
	s.WriteString("\\endpipeline\n")
	return pgbenchScript{s.String(), variables}
}
