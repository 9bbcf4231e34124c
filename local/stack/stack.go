// Package stack runs the functions of template.yaml on this machine: the built
// bootstraps as processes of their own, as on Lambda, with the environment that the
// template gives them, behind one handler with the paths of a Supabase project. The
// caller provides the database, the keys and the server.
package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"mentorpause/local/authserver"
	"mentorpause/local/lambda"
	"mentorpause/local/sam"
)

// Config says what to run and on what.
type Config struct {
	Template *sam.Template
	Wanted   func(sam.Function) bool  // nil: every function
	Binary   func(name string) string // path of a function's built bootstrap

	// Project signs the tokens; its keys are served below /auth/v1. The functions get
	// its URL, which is that of this stack unless another server runs the project's
	// Auth.
	Project *authserver.Project
	Auth    http.Handler // the project's Auth, below /auth/v1; nil: its keys alone
	URL     string       // of this stack; empty: the project's

	DatabaseURL func(role string) string // connection string of a role
	Parameters  sam.Parameters           // of the template, except for those above
	Environment []string                 // "KEY=value", added to every function's; the last one of a name wins

	MaxInstances int           // of each function; 0: 4
	Timeout      time.Duration // of an invocation; 0: the template's
	Output       io.Writer     // of the functions, see [lambda.Config]

	Wrap func(name string, url http.Handler) http.Handler // puts something in front of each function's URL; nil: nothing
}

// Stack is running functions.
type Stack struct {
	Functions map[string]*lambda.Function // by name, to be invoked without their URL

	mux http.ServeMux
}

// Start starts all functions at once, and returns when each is ready for an event.
// After an error none is running.
func Start(ctx context.Context, c Config) (*Stack, error) {
	databaseURL := map[string]string{} // by role
	s := &Stack{Functions: map[string]*lambda.Function{}}
	if c.Auth == nil {
		c.Auth = c.Project.Handler()
	}
	s.Handle("/auth/v1/", c.Auth)
	var (
		mu       sync.Mutex // of Functions and errs
		errs     []error
		starting sync.WaitGroup
	)
	for _, f := range c.Template.Functions {
		if c.Wanted != nil && !c.Wanted(f) {
			continue
		}
		if _, known := databaseURL[f.Role]; !known && f.Role != "" {
			databaseURL[f.Role] = c.DatabaseURL(f.Role)
		}
		parameters := f.Connection(databaseURL[f.Role])
		parameters["SupabaseUrl"] = c.Project.URL
		parameters["SupabaseKeySecret"] = c.Project.SecretKey
		if f.IsPage() {
			parameters["SupabasePublishableKey"] = PublishableKey
			for _, name := range c.Template.Names(sam.HasURL) {
				parameters[sam.URL(name)] = cmp.Or(c.URL, c.Project.URL) + Path(name)
			}
		}
		maps.Copy(parameters, c.Parameters)
		environment, err := c.Template.Environment(f, parameters)
		if err != nil {
			errs = append(errs, err)
			break
		}
		starting.Go(func() {
			running, err := lambda.Start(ctx, lambda.Config{
				Name:         f.Name,
				Binary:       c.Binary(f.Name),
				Env:          slices.Concat(environment, c.Environment),
				MaxInstances: cmp.Or(c.MaxInstances, 4),
				Timeout:      cmp.Or(c.Timeout, f.Timeout),
				Output:       c.Output,
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, fmt.Errorf("start %s: %w", f.Name, err))
				return
			}
			s.Functions[f.Name] = running
			switch {
			case f.IsPage():
				s.Handle("/", lambda.URL(running))
			case f.HasURL:
				s.HandleFunction(f.Name, c.wrap(f.Name, lambda.URL(running)))
			}
		})
	}
	starting.Wait()
	if err := errors.Join(errs...); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (c Config) wrap(name string, url http.Handler) http.Handler {
	if c.Wrap == nil {
		return url
	}
	return c.Wrap(name, url)
}

// PublishableKey is what a page sends in the header apikey. It grants nothing.
const PublishableKey = "sb_publishable_4tHxJ9mQpLr2vWc8NdYs0A_7kZbXe3F"

// ServeHTTP serves the functions with a URL at /functions/v1/<name>, the console at the
// root, the keys below /auth/v1, and what [Stack.Handle] has added.
func (s *Stack) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Handle serves something else of the project. The pattern is that of
// [http.ServeMux].
func (s *Stack) Handle(pattern string, handler http.Handler) { s.mux.Handle(pattern, handler) }

// HandleFunction serves something at a function's path and below.
func (s *Stack) HandleFunction(name string, handler http.Handler) {
	s.Handle(Path(name), handler)
	s.Handle(Path(name)+"/", handler)
}

// Path is where a function is, as Supabase's clients look for it.
func Path(name string) string { return "/functions/v1/" + name }

// Close ends the functions: SIGTERM first, as from Lambda.
func (s *Stack) Close() {
	var ending sync.WaitGroup
	for _, f := range s.Functions {
		ending.Go(f.Close)
	}
	ending.Wait()
}
