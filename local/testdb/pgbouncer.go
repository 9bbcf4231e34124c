package testdb

import (
	"context"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/pooler"
	"mentorpause/local/postgres"
)

// PgBouncer is a test's own pooler in transaction mode.
type PgBouncer struct {
	*pooler.Pooler
	URL string // the server's, through the pooler
}

// StartPgBouncer runs a pooler in front of the URL's server, for the URL's role,
// with at most size sessions there. It ends with the test; a failed test shows the
// end of the pooler's log.
func StartPgBouncer(t testing.TB, server string, size int) *PgBouncer {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	role := u.User.Username()
	p, err := pooler.Start(t.Context(), pooler.Config{
		Server: u.Host, Users: map[string]string{role: verifier(t, *u)}, Size: size,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			said := p.Log()
			t.Logf("PgBouncer said at the end:\n%s", said[max(0, len(said)-8<<10):])
		}
	})
	through, err := p.Through(server)
	if err != nil {
		t.Fatal(err)
	}
	return &PgBouncer{p, through}
}

// Restart kills the pooler and starts it again on the same port; whileDown, if not
// nil, runs in between.
func (b *PgBouncer) Restart(t testing.TB, whileDown func()) {
	t.Helper()
	if err := b.Pooler.Restart(t.Context(), whileDown); err != nil {
		t.Fatal(err)
	}
}

// verifier is what the server stores instead of the password of the URL's role.
func verifier(t testing.TB, u url.URL) (scram string) {
	t.Helper()
	role := u.User.Username()
	u.User = url.UserPassword(postgres.Superuser, postgres.Password)
	conn, err := pgx.Connect(t.Context(), u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if err := conn.QueryRow(t.Context(), "select rolpassword from pg_catalog.pg_authid where rolname = $1", role).Scan(&scram); err != nil {
		t.Fatalf("the verifier of %s: %v", role, err)
	}
	return scram
}
