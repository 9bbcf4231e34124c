package bench_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/jackc/pgx/v5"
	"github.com/valyala/fasthttp"

	"mentorpause/local/authserver"
	"mentorpause/local/deployment"
	"mentorpause/local/lambda"
	"mentorpause/local/people"
	"mentorpause/local/testdb"
)

var (
	serversOnce sync.Once
	serversDir  string
	serversErr  error
)

// system is an organisation in a database, and the project where its people sign
// in.
type system struct {
	database *testdb.Database
	owner    *pgx.Conn
	project  *authserver.Project
	url      string // the project's
	people   people.Population
}

// newSystem makes a system without people.
func newSystem(t *testing.T, options ...testdb.Option) *system {
	t.Helper()
	s := &system{database: testdb.New(t, options...)}
	s.owner = s.database.Connect(t, "postgres")
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	s.url = server.URL
	s.project = authserver.New(s.url)
	mux.Handle("/auth/v1/", s.project.Handler())
	return s
}

// fill adds an organisation of that many mentors, as of today.
func (s *system) fill(t *testing.T, mentors int) {
	t.Helper()
	var today time.Time
	if err := s.owner.QueryRow(t.Context(), "select private.today()").Scan(&today); err != nil {
		t.Fatal(err)
	}
	var err error
	began := time.Now()
	s.people, err = people.Fill(t.Context(), s.owner, people.Config{Mentors: mentors, Seed: 1, Today: today})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s mentors in %s", number(float64(mentors)), time.Since(began).Round(time.Second))
}

func (s *system) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := s.owner.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%.80s: %v", sql, err)
	}
}

// chapter returns the organisation's chapter with that many mentors.
func (s *system) chapter(t *testing.T, mentors int) people.Chapter {
	t.Helper()
	chapter, err := s.people.OfSize(mentors)
	if err != nil {
		t.Fatal(err)
	}
	return chapter
}

// start starts a function as it is deployed, on this database or, if given, on the
// one at another URL.
func (s *system) start(t *testing.T, name string, instances int, databaseURL string) *lambda.Function {
	t.Helper()
	if databaseURL == "" {
		databaseURL = s.database.URL(roleOf(t, name))
	}
	var log deployment.Log
	f, err := lambda.Start(t.Context(), lambda.Config{
		Name: name, Binary: filepath.Join(binaries(t), name), MaxInstances: instances,
		Env:     []string{"SUPABASE_URL=" + s.url, "SUPABASE_DB_URL=" + databaseURL, "LOG_LEVEL=error"},
		Timeout: time.Minute, Output: &log,
	})
	if err != nil {
		t.Fatalf("start %s: %v\n%s", name, err, &log)
	}
	t.Cleanup(f.Close)
	return f
}

func roleOf(t *testing.T, function string) string {
	t.Helper()
	f, _ := deployment.Template(t).Function(function)
	return f.Role
}

// token signs somebody in for as long as the benchmark takes.
func (s *system) token(user fmt.Stringer) string {
	return s.project.Token(user.String(), authserver.Expires(time.Now().Add(6*time.Hour)))
}

// request is the event of a function URL for what an app sends.
func request(t *testing.T, token, method, query string, body any, headers ...string) []byte {
	t.Helper()
	event := events.LambdaFunctionURLRequest{
		Version: "2.0", RawPath: "/", RawQueryString: query,
		Headers: map[string]string{
			"authorization": "Bearer " + token, "host": "functions.example", "user-agent": "Dart/3.9 (dart:io)",
			"x-client-info": "supabase-flutter/2.10.3", "x-forwarded-proto": "https",
		},
	}
	event.RequestContext.HTTP.Method = method
	for n := 0; n < len(headers); n += 2 {
		event.Headers[headers[n]] = headers[n+1]
	}
	if body != nil {
		event.Headers["content-type"] = "application/json"
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		event.Body = string(encoded)
	}
	encoded, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// invoke sends an event; any status but 200 is an error.
func invoke(ctx context.Context, f *lambda.Function, event []byte) (events.LambdaFunctionURLResponse, error) {
	var response events.LambdaFunctionURLResponse
	payload, err := f.Invoke(ctx, event)
	if err != nil {
		return response, err
	}
	if !strings.HasPrefix(string(payload), `{"statusCode":200,`) {
		return response, fmt.Errorf("%s answered %.300s", f.Name(), payload)
	}
	return response, json.Unmarshal(payload, &response)
}

// server is a program that answers HTTP on a port that it prints at its start.
type server struct{ address string }

// serve starts it, until the test ends.
func serve(t *testing.T, s *system, databaseURL, program string, arguments ...string) *server {
	t.Helper()
	command := exec.Command(program, arguments...)
	command.Env = append(os.Environ(), "SUPABASE_URL="+s.url, "SUPABASE_DB_URL="+databaseURL, "NO_COLOR=1", "DENO_NO_UPDATE_CHECK=1")
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		_ = command.Wait() // it was killed
	})
	port, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("%s says no port: %v", program, err)
	}
	return &server{net.JoinHostPort("127.0.0.1", strings.TrimSpace(port))}
}

// served starts a function behind an HTTP server; see testdata/serve.go.
func (s *system) served(t *testing.T, name, databaseURL string) *server {
	t.Helper()
	return serve(t, s, databaseURL, filepath.Join(servers(t), name))
}

// typeScript starts peer.ts in Deno.
func (s *system) typeScript(t *testing.T, databaseURL string) *server {
	t.Helper()
	denos, err := filepath.Glob("node_modules/@deno/*/deno")
	if err != nil || len(denos) == 0 {
		t.Fatalf("Deno is missing; npm ci in bench brings it: %v", err)
	}
	return serve(t, s, databaseURL, denos[0], "run", "--no-prompt", "--allow-net", "--allow-env", "--allow-read", "--allow-sys",
		"--node-modules-dir=manual", "--cached-only", "peer/peer.ts")
}

// binaries returns the folder with the functions as they are deployed.
func binaries(t *testing.T) string { return deployment.Binaries(t) }

// servers returns the folder with the functions as [system.served] needs them.
func servers(t *testing.T) string {
	t.Helper()
	serversOnce.Do(func() {
		serversDir = filepath.Join(binaries(t), "servers") // removed at the end
		if serversErr = os.Mkdir(serversDir, 0o755); serversErr != nil {
			return
		}
		main, err := filepath.Abs("testdata/serve.go")
		if err != nil {
			serversErr = err
			return
		}
		replace := map[string]string{}
		arguments := []string{"build", "-buildvcs=false", "-trimpath"}
		var packages []string
		for _, name := range []string{"mentor", "pause", "reactivate", "roster"} {
			replaced, err := filepath.Abs("../functions/" + name + "/main.go")
			if err != nil {
				serversErr = err
				return
			}
			replace[replaced] = main
			packages = append(packages, "mentorpause/functions/"+name)
		}
		overlay, err := json.Marshal(map[string]any{"Replace": replace})
		if err != nil {
			serversErr = err
			return
		}
		path := filepath.Join(serversDir, "overlay.json")
		if serversErr = os.WriteFile(path, overlay, 0o644); serversErr != nil {
			return
		}
		arguments = append(arguments, "-overlay", path, "-o", serversDir+string(filepath.Separator))
		if output, err := exec.Command("go", append(arguments, packages...)...).CombinedOutput(); err != nil {
			serversErr = fmt.Errorf("build: %w\n%s", err, output)
		}
	})
	if serversErr != nil {
		t.Fatal(serversErr)
	}
	return serversDir
}

// clients have a connection each to the server, from their first call on, for
// [load]. They don't use net/http, whose goroutines would cost this machine more than
// what is measured.
func (s *server) clients(t *testing.T, n int) []*client {
	t.Helper()
	connections := make([]*client, n)
	for i := range connections {
		connections[i] = &client{host: fasthttp.HostClient{Addr: s.address, MaxConns: 1, MaxIdemponentCallAttempts: 1, MaxIdleConnDuration: time.Hour}}
		t.Cleanup(connections[i].host.CloseIdleConnections)
	}
	return connections
}

type client struct {
	host     fasthttp.HostClient
	response fasthttp.Response
}

// call sends a request and reads the answer; any status but 200 is an error.
func (c *client) call(request *fasthttp.Request) error {
	if err := c.host.Do(request, &c.response); err != nil {
		return err
	}
	if status := c.response.StatusCode(); status != fasthttp.StatusOK {
		return fmt.Errorf("answered %d %.300s", status, c.response.Body())
	}
	return nil
}

// plain is a request without an event around it; a body is sent as JSON. headers are
// names and values in turn.
func plain(method, pathAndQuery, token string, body any, headers ...string) *fasthttp.Request {
	request := &fasthttp.Request{}
	request.Header.SetMethod(method)
	request.SetRequestURI(pathAndQuery)
	request.SetHost("functions.example")
	request.Header.Set("Authorization", "Bearer "+token)
	for n := 0; n < len(headers); n += 2 {
		request.Header.Set(headers[n], headers[n+1])
	}
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			panic(err) // of strings and ids: does not happen
		}
		request.Header.SetContentType("application/json")
		request.SetBody(encoded)
	}
	return request
}
