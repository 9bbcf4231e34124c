// Package stack runs the functions as they are deployed: the built
// bootstraps as processes of their own, behind their URLs, on a real database
// with package endpoint's people, beside a project's Supabase Auth that publishes
// its keys. A test speaks HTTP to them, as a phone does; each answer must be one
// of docs/openapi.yaml.
package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mentorpause/local/authserver"
	"mentorpause/local/checkout"
	"mentorpause/local/endpoint"
	"mentorpause/local/lambda"
	"mentorpause/local/testdb"
)

// HTTP names the functions that have a URL.
var HTTP = []string{"pause", "reactivate", "roster"}

// Scheduled names those that a schedule starts.
var Scheduled = []string{"nightly-expiry", "dispatch-notifications"}

// Stack is a running system.
type Stack struct {
	Database *testdb.Database
	Project  *authserver.Project

	// URL is the base, as of a Supabase project: a function is at
	// <URL>/functions/v1/<name>, the keys are below <URL>/auth/v1.
	URL string

	// Functions are by name, to be invoked without their URL.
	Functions map[string]*lambda.Function

	Log *Log // what the functions wrote

	mux *http.ServeMux
}

// Option changes what [Start] makes.
type Option func(*options)

type options struct {
	databaseURL  func(string) string
	environment  []string
	projectEnv   func(*authserver.Project) []string
	timeout      time.Duration
	maxInstances int
	scheduled    bool
	wrap         func(http.Handler) http.Handler
	database     []testdb.Option
}

// DatabaseURL changes the connection string that the functions get, to lead
// them through a proxy, say.
func DatabaseURL(change func(string) string) Option {
	return func(o *options) { o.databaseURL = change }
}

// Env adds variables, "KEY=value", to the functions' own; a later one of the
// same name holds.
func Env(variables ...string) Option {
	return func(o *options) { o.environment = append(o.environment, variables...) }
}

// ProjectEnv adds the variables that follow from the project, such as its secret;
// they come after those of [Env].
func ProjectEnv(variables func(*authserver.Project) []string) Option {
	return func(o *options) { o.projectEnv = variables }
}

// Timeout is how long an invocation may take; without it 10 s, as in
// template.yaml.
func Timeout(d time.Duration) Option { return func(o *options) { o.timeout = d } }

// MaxInstances is how many processes of a function may run at once; without it
// 4.
func MaxInstances(n int) Option { return func(o *options) { o.maxInstances = n } }

// WithScheduled brings up the functions of [Scheduled] too, each with one
// instance; they are in Stack.Functions.
func WithScheduled() Option { return func(o *options) { o.scheduled = true } }

// Wrap puts something in front of the whole server.
func Wrap(wrap func(http.Handler) http.Handler) Option { return func(o *options) { o.wrap = wrap } }

// OwnCluster gives the database a server of its own, which a test may stop.
func OwnCluster() Option {
	return func(o *options) { o.database = append(o.database, testdb.OwnCluster()) }
}

// Start brings up the functions that have a URL. All of it ends with the test.
func Start(t testing.TB, opts ...Option) *Stack {
	t.Helper()
	o := options{timeout: 10 * time.Second, maxInstances: 4}
	for _, opt := range opts {
		opt(&o)
	}
	dir := Binaries(t)

	s := &Stack{Database: testdb.New(t, o.database...), Functions: map[string]*lambda.Function{}, Log: &Log{}, mux: http.NewServeMux()}
	if _, err := s.Database.Connect(t, "postgres").Exec(t.Context(), endpoint.People); err != nil {
		t.Fatalf("people: %v", err)
	}

	// The server's address is part of the tokens, so it comes before what it serves.
	var handler http.Handler = s.mux
	if o.wrap != nil {
		handler = o.wrap(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s.URL = server.URL
	s.Project = authserver.New(s.URL)
	s.Handle("/auth/v1/", s.Project.Handler())

	start := func(name, role string, maxInstances int, environment ...string) *lambda.Function {
		databaseURL := s.Database.URL(role)
		if o.databaseURL != nil {
			databaseURL = o.databaseURL(databaseURL)
		}
		f, err := lambda.Start(t.Context(), lambda.Config{
			Name:         name,
			Binary:       filepath.Join(dir, name),
			Env:          slices.Concat(environment, []string{"SUPABASE_DB_URL=" + databaseURL}, o.environment),
			MaxInstances: maxInstances,
			Timeout:      o.timeout,
			Output:       s.Log,
		})
		if err != nil {
			t.Fatalf("start %s: %v\n%s", name, err, s.Log)
		}
		t.Cleanup(f.Close)
		s.Functions[name] = f
		return f
	}
	httpEnvironment := []string{"SUPABASE_URL=" + s.URL}
	if o.projectEnv != nil {
		httpEnvironment = append(httpEnvironment, o.projectEnv(s.Project)...)
	}
	for _, name := range HTTP {
		f := start(name, "pause_api", o.maxInstances, httpEnvironment...)
		s.Handle("/functions/v1/"+name, documented(t, name, lambda.URL(f)))
	}
	if o.scheduled {
		for _, name := range Scheduled {
			start(name, "pause_scheduler", 1)
		}
	}
	return s
}

// Handle serves something else of the project below its URL. The pattern is
// that of an [http.ServeMux].
func (s *Stack) Handle(pattern string, handler http.Handler) { s.mux.Handle(pattern, handler) }

// FunctionURL is where a function is called.
func (s *Stack) FunctionURL(name string) string { return s.URL + "/functions/v1/" + name }

// Log collects what the functions write, a line per Write.
type Log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write is for the functions.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String is all so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var built struct {
	sync.Mutex
	dir string
}

// Binaries returns the folder with every built function of functions/, a file
// each, compiled once in a test process. [Main] removes it.
func Binaries(t testing.TB) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if built.dir != "" {
		return built.dir
	}
	root, err := checkout.Root()
	if err == nil {
		err = build(t.Context(), root)
	}
	if err != nil {
		t.Fatal(err)
	}
	return built.dir
}

func build(ctx context.Context, root string) error {
	mains, err := filepath.Glob(filepath.Join(root, "functions", "*", "main.go"))
	if err != nil || len(mains) == 0 {
		return errors.Join(err, fmt.Errorf("no functions below %s", root))
	}
	var names []string
	for _, path := range mains {
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	dir, err := os.MkdirTemp("", "mentorpause-functions-")
	if err != nil {
		return err
	}
	if err := lambda.Build(ctx, root, dir, names...); err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	built.dir = dir
	return nil
}

// Main is for TestMain of a package that uses this one: it removes the built
// functions and ends as testdb.Main does.
func Main(m *testing.M) {
	testdb.MainAfter(m, func() error {
		built.Lock()
		defer built.Unlock()
		if built.dir == "" {
			return nil
		}
		return os.RemoveAll(built.dir)
	})
}
