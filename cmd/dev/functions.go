package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"mentorpause/local/lambda"
)

const (
	functionTimeout  = 10 * time.Second // as in template.yaml
	scheduledTimeout = time.Minute      // there the nightly run has more, which nobody waits for here
	maxInstances     = 4                // of one function
)

// build compiles every function for this machine, with the flags of `make
// build`, into dir/<name>, and returns their names.
func build(ctx context.Context, root, dir string) ([]string, error) {
	folders, err := filepath.Glob(filepath.Join(root, "functions", "*", "main.go"))
	if err != nil {
		return nil, err
	}
	if len(folders) == 0 {
		return nil, errors.New("there is no function: functions/*/main.go")
	}
	var names []string
	for _, folder := range folders {
		names = append(names, filepath.Base(filepath.Dir(folder)))
	}
	if err := lambda.Build(ctx, root, dir, names...); err != nil {
		return nil, err
	}
	return names, nil
}

// startFunctions starts the built functions. With an error too, those that run
// are returned and must be closed.
func startFunctions(ctx context.Context, names []string, dir string, db *database, auth *localAuth, mail *mailCatcher, out io.Writer) (map[string]*lambda.Function, error) {
	var (
		mu      sync.Mutex
		started = map[string]*lambda.Function{}
		errs    []error
		all     sync.WaitGroup
	)
	for _, name := range names {
		timeout := functionTimeout
		if isScheduled(name) {
			timeout = scheduledTimeout
		}
		environment := functionEnvironment(name, db, auth, mail)
		all.Go(func() {
			f, err := lambda.Start(ctx, lambda.Config{
				Name:         name,
				Binary:       filepath.Join(dir, name),
				Env:          environment,
				MaxInstances: maxInstances,
				Timeout:      timeout,
				Output:       out,
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, fmt.Errorf("start %s: %w", name, err))
				return
			}
			started[name] = f
		})
	}
	all.Wait()
	return started, errors.Join(errs...)
}

// functionEnvironment is what an operator sets in the template; a function
// that is started by a schedule has no callers to verify.
//
// E-mails are caught, unless the developer's environment names a server.
func functionEnvironment(name string, db *database, auth *localAuth, mail *mailCatcher) []string {
	var environment []string
	if os.Getenv("SMTP_URL") == "" && isScheduled(name) {
		environment = mail.environment()
	}
	for _, variable := range []string{"LOG_LEVEL", "ORGANISATION_TIME_ZONE", "SMTP_URL", "MAIL_FROM"} {
		if value, ok := os.LookupEnv(variable); ok {
			environment = append(environment, variable+"="+value)
		}
	}
	if isScheduled(name) {
		return append(environment, "SUPABASE_DB_URL="+db.url(schedulerRole))
	}
	environment = append(environment, auth.environment...)
	return append(environment, "SUPABASE_DB_URL="+db.url(apiRole))
}

// routes serves every function under the path that Supabase's clients use, and
// our own keys.
func routes(functions map[string]*lambda.Function, auth *localAuth) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/auth/v1/", auth.project.Handler())
	for name, f := range functions {
		handler := lambda.URL(f)
		if isScheduled(name) {
			handler = invocation(f)
		}
		mux.Handle("/functions/v1/"+name, handler)
		mux.Handle("/functions/v1/"+name+"/", handler)
	}
	names := strings.Join(slices.Sorted(maps.Keys(functions)), ", ")
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusNotFound, map[string]any{
			"code": "function_not_found", "message": "There is nothing at " + r.URL.Path + ".",
			"details": nil, "hint": "The functions are at /functions/v1/, followed by one of: " + names,
		})
	})
	return mux
}

// invocation lets a developer start a function that has a schedule and no URL:
// the body is the event, or, when empty, what the schedule would send.
func invocation(f *lambda.Function) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			writeJSON(w, http.StatusMethodNotAllowed, map[string]any{
				"code": "method_not_allowed", "message": "A scheduled function is started with POST.", "details": nil, "hint": nil})
			return
		}
		event, err := io.ReadAll(http.MaxBytesReader(w, r.Body, lambda.MaxPayload))
		if err != nil {
			writeJSON(w, http.StatusBadRequest, map[string]any{
				"code": "invalid_request", "message": "The event could not be read.", "details": err.Error(), "hint": nil})
			return
		}
		if len(event) == 0 {
			event = scheduledEvent(f.Name(), time.Now())
		}
		answer, err := f.Invoke(r.Context(), event)
		if err != nil {
			writeJSON(w, http.StatusBadGateway, map[string]any{
				"code": "invocation_failed", "message": "The function failed.", "details": err.Error(), "hint": nil})
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(answer)
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
