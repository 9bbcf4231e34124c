package main

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mentorpause/local/lambda"
	"mentorpause/local/sam"
	"mentorpause/local/stack"
)

// functions is the template with a developer's parameters.
type functions struct {
	*sam.Template
	parameters sam.Parameters
	schedules  []sam.Schedule
}

// readFunctions reads the template of the checkout at root. E-mails are caught,
// unless the developer's environment names a server.
func readFunctions(root string, mail *mailCatcher) (*functions, error) {
	template, err := sam.Read(root)
	if err != nil {
		return nil, err
	}
	f := &functions{Template: template, parameters: sam.Parameters{}}
	if os.Getenv("SMTP_URL") == "" {
		maps.Copy(f.parameters, mail.parameters())
	}
	for variable, parameter := range map[string]string{
		"LOG_LEVEL": "LogLevel", "ORGANISATION_TIME_ZONE": "OrganisationTimeZone", "SMTP_URL": "SmtpUrlSecret", "MAIL_FROM": "MailFrom",
	} {
		if value := os.Getenv(variable); value != "" {
			f.parameters[parameter] = value
		}
	}
	for _, function := range template.Functions {
		schedules, err := template.Schedules(function, f.parameters)
		if err != nil {
			return nil, err
		}
		f.schedules = append(f.schedules, schedules...)
	}
	return f, nil
}

// start starts the functions that were built into dir.
func (f *functions) start(ctx context.Context, dir string, db *database, auth *localAuth, out io.Writer) (*stack.Stack, error) {
	parameters := maps.Clone(f.parameters)
	maps.Copy(parameters, auth.parameters)
	s, err := stack.Start(ctx, stack.Config{
		Template:    f.Template,
		Binary:      func(name string) string { return filepath.Join(dir, name) },
		Project:     auth.project,
		Auth:        auth.handler(),
		URL:         auth.base,
		DatabaseURL: db.url,
		Parameters:  parameters,
		Output:      out,
	})
	if err != nil {
		return nil, err
	}
	f.serve(s)
	return s, nil
}

// serve adds what only a developer needs: the functions without a URL, and answers to
// the paths of a function and of an API that aren't there.
func (f *functions) serve(s *stack.Stack) {
	byFunction := map[string]sam.Schedule{}
	for _, schedule := range f.schedules {
		if _, known := byFunction[schedule.Function]; !known {
			byFunction[schedule.Function] = schedule
		}
	}
	for name, schedule := range byFunction {
		s.HandleFunction(name, invocation(s.Functions[name], schedule))
	}
	names := strings.Join(f.Names(nil), ", ")
	s.Handle(stack.Path(""), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, http.StatusNotFound, map[string]any{
			"code": "function_not_found", "message": "There is nothing at " + r.URL.Path + ".",
			"details": nil, "hint": "The functions are at " + stack.Path("") + ", followed by one of: " + names,
		})
	}))
	s.Handle("/rest/v1/", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusNotFound, map[string]any{
			"code": "no_postgrest", "message": "make dev has no PostgREST, which answers supabase.rpc and supabase.from.",
			"details": nil, "hint": "Run `supabase start` before make dev, and call that; or call the functions, at " + stack.Path("") + ".",
		})
	}))
}

// invocation lets a developer start a function with a schedule and no URL: the body
// is the event or, if empty, what the schedule would send.
func invocation(f *lambda.Function, schedule sam.Schedule) http.Handler {
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
			event = schedule.Event(time.Now())
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
