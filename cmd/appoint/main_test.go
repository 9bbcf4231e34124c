package main

import (
	"errors"
	"io"
	"strings"
	"testing"

	"mentorpause/local/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

func TestAppoint(t *testing.T) {
	t.Parallel()
	db := testdb.New(t)
	owner := db.Connect(t, "postgres")
	if _, err := owner.Exec(t.Context(), "insert into auth.users (id, email) values ('00000000-0000-4000-8000-0000000000e1', 'anne@example.org')"); err != nil {
		t.Fatal(err)
	}
	appoint := func(args ...string) (string, error) {
		var out strings.Builder
		err := run(t.Context(), args, func(string) string { return db.URL("postgres") }, &out)
		return out.String(), err
	}
	for _, verb := range []string{"is", "was already"} { // repeated, it changes nothing
		out, err := appoint("-email", "Anne@Example.org", "-name", "Anne O'Berg")
		if err != nil || out != "Anne O'Berg (00000000-0000-4000-8000-0000000000e1) "+verb+" an organisation administrator\n" {
			t.Errorf("with a login: %q, %v", out, err)
		}
	}
	if out, err := appoint("-email", "ola@example.org"); err == nil || out != "" || !strings.Contains(err.Error(), "NAME=") {
		t.Errorf("an unknown address without a name: %q, %v", out, err)
	}
	if out, err := appoint("-email", "ola@example.org", "-name", "ola"); err != nil || !strings.HasPrefix(out, "ola (") || !strings.Contains(out, "without a login") {
		t.Errorf("without a login: %q, %v", out, err)
	}
	var appointed int
	if err := owner.QueryRow(t.Context(), "select count(*) from public.organisation_administrators").Scan(&appointed); err != nil || appointed != 2 {
		t.Errorf("%d appointments, %v", appointed, err)
	}
	if _, err := appoint("-email", "nobody"); err == nil || errors.Is(err, errUsage) {
		t.Errorf("no address: %v", err)
	}
	for _, args := range [][]string{nil, {"-name", "x"}, {"-email", "a@b", "c"}} {
		if _, err := appoint(args...); !errors.Is(err, errUsage) {
			t.Errorf("%q: %v", args, err)
		}
	}
	if err := run(t.Context(), []string{"-email", "a@b"}, func(string) string { return "postgresql://u:secret@h:x/" }, io.Discard); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a malformed URL: %v", err)
	}
}
