package bootstrap_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"mentorpause/shared/auth"
	"mentorpause/shared/bootstrap"
	"mentorpause/shared/bootstrap/web"
	"mentorpause/shared/config"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// asFunction makes the test binary run as a function of that kind instead.
const asFunction = "BOOTSTRAP_TEST_AS_FUNCTION"

func TestMain(m *testing.M) {
	switch os.Getenv(asFunction) {
	case "http":
		web.Start(func(*database.DB, *auth.Verifier, *slog.Logger) functionurl.Endpoint { return functionurl.Endpoint{} })
	case "scheduled":
		bootstrap.Scheduled(config.ReadScheduled, func(*database.DB, config.Common, *slog.Logger) any { return nil })
	case "dispatch":
		bootstrap.Scheduled(config.ReadDispatch, func(*database.DB, config.Dispatch, *slog.Logger) any { return nil })
	default:
		os.Exit(m.Run())
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

// The pooler's limit is calculated with one connection per instance.
func TestDatabaseHasOneConnection(t *testing.T) {
	t.Parallel()
	server, err := net.Listen("tcp", "127.0.0.1:0") // never answers
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
	db, err := bootstrap.Open(config.Common{DatabaseURL: "postgres://u@" + server.Addr().String() + "/d?sslmode=disable", TimeZone: time.UTC})
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
