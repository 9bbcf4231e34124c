package bootstrap

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"mentorpause/local/authserver"
	"mentorpause/shared/auth"
	"mentorpause/shared/config"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// asFunction makes the test binary run as a function of that kind instead.
const asFunction = "BOOTSTRAP_TEST_AS_FUNCTION"

func TestMain(m *testing.M) {
	switch os.Getenv(asFunction) {
	case "http":
		HTTP(build)
	case "scheduled":
		Scheduled(config.ReadScheduled, func(*database.DB, config.Common, *slog.Logger) any { return nil })
	case "dispatch":
		Scheduled(config.ReadDispatch, func(*database.DB, config.Dispatch, *slog.Logger) any { return nil })
	default:
		os.Exit(m.Run())
	}
}

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

func TestMalformedVariablesStopTheStartByName(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind        string
		environment []string
		named       []string
	}{
		"nothing set": {"http", nil, []string{"SUPABASE_DB_URL", "SUPABASE_URL"}},
		"everything malformed": {
			"http",
			[]string{"SUPABASE_DB_URL=mysql://secret", "SUPABASE_URL=ftp://secret", "SUPABASE_JWKS=secret", "SUPABASE_JWT_SECRET=secret",
				"ORGANISATION_TIME_ZONE=secret", "LOG_LEVEL=secret"},
			[]string{"SUPABASE_DB_URL", "SUPABASE_URL", "SUPABASE_JWKS", "SUPABASE_JWT_SECRET", "ORGANISATION_TIME_ZONE", "LOG_LEVEL"},
		},
		"malformed as only their users see": {
			"http",
			[]string{"SUPABASE_DB_URL=postgres://u:secret@h/d?sslmode=secret", `SUPABASE_JWKS={"keys":[{"kty":"secret"}]}`},
			[]string{"SUPABASE_DB_URL", "SUPABASE_JWKS"},
		},
		"scheduled, nothing set": {"scheduled", nil, []string{"SUPABASE_DB_URL"}},
		"scheduled, everything malformed": {
			"scheduled",
			[]string{"SUPABASE_DB_URL=mysql://secret", "ORGANISATION_TIME_ZONE=Europe/secret", "LOG_LEVEL=secret"},
			[]string{"SUPABASE_DB_URL", "ORGANISATION_TIME_ZONE", "LOG_LEVEL"},
		},
		"scheduled, malformed as only the database sees": {
			"scheduled",
			[]string{"SUPABASE_DB_URL=postgres://u:secret@h/d?sslmode=secret"},
			[]string{"SUPABASE_DB_URL"},
		},
		"dispatch, everything malformed": {
			"dispatch",
			[]string{"SUPABASE_DB_URL=mysql://secret", "SMTP_URL=secret", "MAIL_FROM=secret"},
			[]string{"SUPABASE_DB_URL", "SMTP_URL", "MAIL_FROM"},
		},
		"dispatch, no sender": {
			"dispatch",
			[]string{"SUPABASE_DB_URL=postgres://u:secret@h/d", "SMTP_URL=smtps://secret@mail.test"},
			[]string{"MAIL_FROM"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			command := exec.CommandContext(t.Context(), os.Args[0])
			command.Env = append(test.environment, asFunction+"="+test.kind)
			output, err := command.Output()
			if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
				t.Fatalf("ended with %v, want exit code 1", err)
			}
			var line struct{ Level, Cause string }
			if err := json.Unmarshal(output, &line); err != nil {
				t.Fatalf("logged %q: %v", output, err)
			}
			for _, variable := range test.named {
				if !strings.Contains(line.Cause, variable+":") {
					t.Errorf("%q doesn't name %s", line.Cause, variable)
				}
			}
			if line.Level != "ERROR" || strings.Contains(string(output), "secret") {
				t.Errorf("logged %s", output)
			}
		})
	}
}

// The check of the template reckons that a function with a URL reads what
// config.ReadHTTP reads.
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
		if _, _, err := newEndpoint(build, getenv, &strings.Builder{}); err != nil {
			t.Error(err)
		}
	})
	want := read(func(getenv func(string) string) { _, _ = config.ReadHTTP(getenv) })
	if !slices.Equal(got, want) {
		t.Errorf("reads %v, want %v", got, want)
	}
}

// The pooler's clients are reckoned with one connection an instance.
func TestDatabaseHasOneConnection(t *testing.T) {
	t.Parallel()
	server, err := net.Listen("tcp", "127.0.0.1:0") // which answers nobody
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	accepted := make(chan net.Conn, 2)
	go func() {
		for {
			connection, err := server.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- connection
		}
	}()
	db, err := open(config.Common{DatabaseURL: "postgres://u@" + server.Addr().String() + "/d?sslmode=disable", TimeZone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	done := make(chan error)
	call := func() {
		_, err := db.CoordinatorRoster(ctx, nil, database.CoordinatorRosterArguments{})
		done <- err
	}
	go call()
	defer (<-accepted).Close()
	go call()
	for range 2 {
		if err := <-done; err == nil {
			t.Error("answered by nobody")
		}
	}
	select {
	case connection := <-accepted:
		connection.Close()
		t.Error("a second connection")
	default:
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
		endpoint, _, err := newEndpoint(build, func(name string) string { return environment[name] }, logged)
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
