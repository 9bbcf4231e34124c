// Package deployment runs the functions for a test as they are deployed: a
// [stack.Stack] on the test's own database with package endpoint's people, and a
// stand-in for the project's Supabase Auth. A test calls it over HTTP, like a phone;
// each answer must be one of docs/openapi.yaml.
package deployment

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mentorpause/local/authserver"
	"mentorpause/local/checkout"
	"mentorpause/local/endpoint"
	"mentorpause/local/lambda"
	"mentorpause/local/sam"
	"mentorpause/local/stack"
	"mentorpause/local/testdb"
)

// Deployment is a running system.
type Deployment struct {
	*stack.Stack // with the functions, which can be invoked without their URL

	Template *sam.Template
	Database *testdb.Database
	Project  *authserver.Project
	Users    *authserver.Users // those of the database, with [WithUsers]; else nil

	// URL is the base, as for a Supabase project: a function is at
	// <URL>/functions/v1/<name>, the keys are below <URL>/auth/v1.
	URL string

	Log *Log // what the functions wrote
}

// Option changes what [Start] makes.
type Option func(*options)

type options struct {
	stack       stack.Config
	databaseURL func(string) string
	projectEnv  func(*authserver.Project) []string
	scheduled   bool
	users       bool
	console     bool
	empty       bool
	wrap        func(http.Handler) http.Handler
	database    []testdb.Option
	at          time.Time
}

// DatabaseURL changes the functions' connection string, to use a proxy for example.
func DatabaseURL(change func(string) string) Option {
	return func(o *options) { o.databaseURL = change }
}

// Env adds variables, "KEY=value", to those of template.yaml; a later one of the
// same name wins.
func Env(variables ...string) Option {
	return func(o *options) { o.stack.Environment = append(o.stack.Environment, variables...) }
}

// ProjectEnv adds the variables that depend on the project, such as its secret; they
// come after those of [Env].
func ProjectEnv(variables func(*authserver.Project) []string) Option {
	return func(o *options) { o.projectEnv = variables }
}

// Timeout is how long an invocation may take, instead of the time in template.yaml.
func Timeout(d time.Duration) Option { return func(o *options) { o.stack.Timeout = d } }

// MaxInstances is how many processes of a function may run at once, 4 by default.
func MaxInstances(n int) Option { return func(o *options) { o.stack.MaxInstances = n } }

// WithScheduled also starts the functions without a URL.
func WithScheduled() Option { return func(o *options) { o.scheduled = true } }

// WithUsers lets the project's Auth also keep the users of the database, so that people are
// invited and sign in. Then a token is good for asking only if its user is there.
func WithUsers() Option { return func(o *options) { o.users = true } }

// WithConsole also serves the console, at the root.
func WithConsole() Option { return func(o *options) { o.console = true } }

// WithoutPeople leaves package endpoint's people out: the database is as the migrations make it.
func WithoutPeople() Option { return func(o *options) { o.empty = true } }

// Wrap puts something in front of the whole server.
func Wrap(wrap func(http.Handler) http.Handler) Option { return func(o *options) { o.wrap = wrap } }

// OwnCluster gives the database a server of its own, which a test may stop.
func OwnCluster() Option {
	return func(o *options) { o.database = append(o.database, testdb.OwnCluster()) }
}

// At gives the database a server of its own whose clock shows a little less than the instant
// before anybody is entered; its MoveClock then sets it to the second.
func At(instant time.Time) Option {
	return func(o *options) {
		OwnCluster()(o)
		o.at = instant
	}
}

// Start starts the functions that have a URL, except for the console. Everything ends with
// the test.
func Start(t testing.TB, opts ...Option) *Deployment {
	t.Helper()
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	template := Template(t)
	dir := Binaries(t)
	d := &Deployment{Template: template, Database: testdb.New(t, o.database...), Log: &Log{}}
	if !o.at.IsZero() {
		d.Database.SetClock(t, o.at.Add(-30*time.Minute))
	}
	if !o.empty {
		if _, err := d.Database.Connect(t, "postgres").Exec(t.Context(), endpoint.People); err != nil {
			t.Fatalf("people: %v", err)
		}
	}

	// The server's address is part of the tokens, so it is needed first.
	server := httptest.NewUnstartedServer(nil)
	t.Cleanup(server.Close)
	d.URL = "http://" + server.Listener.Addr().String()
	d.Project = authserver.New(d.URL)

	c := o.stack
	c.Template, c.Project, c.Output = template, d.Project, d.Log
	c.Binary = func(name string) string { return filepath.Join(dir, name) }
	c.Wanted = func(f sam.Function) bool {
		return sam.HasURL(f) || sam.IsPage(f) && o.console || sam.HasNoURL(f) && o.scheduled
	}
	c.DatabaseURL = func(role string) string {
		if o.databaseURL != nil {
			return o.databaseURL(d.Database.URL(role))
		}
		return d.Database.URL(role)
	}
	if o.projectEnv != nil {
		c.Environment = append(c.Environment, o.projectEnv(d.Project)...)
	}
	c.Wrap = func(name string, url http.Handler) http.Handler { return documented(t, name, url) }
	var err error
	if o.users {
		if d.Users, err = authserver.NewUsers(t.Context(), d.Project, d.Database.URL("supabase_auth_admin"), nil); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Users.Close)
		c.Auth = d.Users.Handler()
	}
	if d.Stack, err = stack.Start(t.Context(), c); err != nil {
		t.Fatalf("%v\n%s", err, d.Log)
	}
	t.Cleanup(d.Close)
	server.Config.Handler = d.Stack
	if o.wrap != nil {
		server.Config.Handler = o.wrap(d.Stack)
	}
	server.Start()
	return d
}

// Template is the checkout's template.yaml.
func Template(t testing.TB) *sam.Template {
	t.Helper()
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	template, err := sam.Read(root)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

// FunctionURL is where a function is called.
func (d *Deployment) FunctionURL(name string) string { return d.URL + stack.Path(name) }

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

// String returns everything written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var built struct {
	sync.Mutex
	dir string
}

// Binaries returns the folder with every built function of template.yaml, one file
// each, compiled once per test process. [Main] removes it.
func Binaries(t testing.TB) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if built.dir == "" {
		root, err := checkout.Root()
		if err != nil {
			t.Fatal(err)
		}
		if built.dir, err = build(t.Context(), root, Template(t).Names(nil)); err != nil {
			t.Fatal(err)
		}
	}
	return built.dir
}

func build(ctx context.Context, root string, names []string) (dir string, err error) {
	if dir, err = os.MkdirTemp("", "mentorpause-functions-"); err != nil {
		return "", err
	}
	if err := lambda.Build(ctx, root, dir, names...); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return dir, nil
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
