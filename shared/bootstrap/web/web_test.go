package web

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"mentorpause/local/authserver"
	"mentorpause/shared/auth"
	"mentorpause/shared/config"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// build makes a function that asks the database for a roster.
func build(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name: "test", Methods: []string{http.MethodGet}, Verifier: verifier, Log: log,
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			reply, err := db.CoordinatorRoster(ctx, r.Caller.Claims, database.CoordinatorRosterArguments{})
			return functionurl.Answer{Body: reply.Body}, err
		},
	}
}

func withoutSettings(config.HTTP) Build { return build }

// The template's check assumes that a function with a URL reads what config.ReadHTTP
// reads.
func TestEndpointReadsItsSettingsOnly(t *testing.T) {
	t.Parallel()
	read := func(by func(getenv func(string) string)) []string {
		names := map[string]bool{}
		by(func(name string) string {
			names[name] = true
			return map[string]string{"SUPABASE_DB_URL": "postgres://u@h/d", "SUPABASE_URL": "https://h"}[name]
		})
		return slices.Sorted(maps.Keys(names))
	}
	got := read(func(getenv func(string) string) {
		if _, _, err := newEndpoint(config.ReadHTTP, withoutSettings, getenv, &strings.Builder{}); err != nil {
			t.Error(err)
		}
	})
	want := read(func(getenv func(string) string) { _, _ = config.ReadHTTP(getenv) })
	if !slices.Equal(got, want) {
		t.Errorf("reads %v, want %v", got, want)
	}
}

// An instance starts while neither the database nor the keys can be reached,
// and says so to the request.
func TestEndpointIsMadeFromTheEnvironment(t *testing.T) {
	t.Parallel()
	project := authserver.New("http://127.0.0.1:1")
	environment := map[string]string{
		"SUPABASE_DB_URL": "postgres://pause_api@127.0.0.1:1/postgres?sslmode=disable",
		"SUPABASE_URL":    project.URL,
		"LOG_LEVEL":       "error",
	}
	answer := func() (string, string) {
		t.Helper()
		logged := &strings.Builder{}
		endpoint, _, err := newEndpoint(config.ReadHTTP, withoutSettings, func(name string) string { return environment[name] }, logged)
		if err != nil {
			t.Fatal(err)
		}
		event := events.LambdaFunctionURLRequest{Headers: map[string]string{"authorization": "Bearer " + project.Token("8c4f2f0e-3f0b-4d1e-9a51-0f6f2f7f6b11")}}
		event.RequestContext.HTTP.Method = http.MethodGet
		response, err := endpoint.Invoke(t.Context(), event)
		if err != nil {
			t.Fatal(err)
		}
		return response.Headers["sb-error-code"], logged.String()
	}

	if code, logged := answer(); code != "auth_unavailable" || !strings.Contains(logged, `"level":"ERROR"`) {
		t.Errorf("%s, logged %s", code, logged)
	}
	environment["SUPABASE_JWKS"] = string(project.JWKS())
	if code, _ := answer(); code != "database_unavailable" {
		t.Error(code)
	}
	environment["SUPABASE_JWKS"] = string(authserver.New(project.URL).JWKS())
	if code, logged := answer(); code != "unauthenticated" || logged != "" {
		t.Errorf("%s, logged %s at level error", code, logged)
	}
}
