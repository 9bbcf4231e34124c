package pooler_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/pooler"
	"mentorpause/local/postgres"
	"mentorpause/local/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

func TestPooler(t *testing.T) {
	t.Parallel()
	d := testdb.New(t, testdb.Unmigrated())
	direct := d.URL("postgres")
	server, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pooler.Start(t.Context(), pooler.Config{Server: server.Host, Users: map[string]string{"postgres": postgres.Password}, Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	through, err := p.Through(direct)
	if err != nil {
		t.Fatal(err)
	}
	query := func() error {
		conn, err := pgx.Connect(t.Context(), through)
		if err != nil {
			return err
		}
		defer conn.Close(t.Context())
		var name string
		if err := conn.QueryRow(t.Context(), "select current_database()").Scan(&name); err != nil {
			return err
		}
		if name != d.Name {
			t.Errorf("the database %s, want %s", name, d.Name)
		}
		return nil
	}
	if err := query(); err != nil {
		t.Error(err)
	}
	err = p.Restart(t.Context(), func() {
		if query() == nil {
			t.Error("it answers while it is down")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := query(); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	if err := p.Stop(); err != nil {
		t.Error(err)
	}
	if query() == nil {
		t.Error("it answers after its end")
	}
}

// A pooler that can't start says why, at once and without showing a secret.
func TestPoolerThatEnds(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pgbouncer"), []byte("#!/bin/sh\necho FATAL: no reason; exit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	_, err := pooler.Start(t.Context(), pooler.Config{Server: "127.0.0.1:1", Users: map[string]string{"pause_api": "geheim"}})
	if err == nil || !strings.Contains(err.Error(), "FATAL: no reason") || strings.Contains(err.Error(), "geheim") {
		t.Errorf("error %v", err)
	}
}
