package testdb_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"mentorpause/shared/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

func TestSmoke(t *testing.T) {
	for range 3 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			d := testdb.New(t)
			var path, zone string
			if err := d.Connect(t, "postgres").QueryRow(t.Context(), "select current_setting('search_path'), current_setting('timezone')").Scan(&path, &zone); err != nil || path != "" || zone != testdb.TimeZone {
				t.Fatal(path, zone, err)
			}
			err := d.As(t, testdb.User("00000000-0000-4000-8000-000000000001"), func(tx pgx.Tx) error {
				var role, uid string
				err := tx.QueryRow(t.Context(), "select current_user::text, auth.uid()::text").Scan(&role, &uid)
				if role != "authenticated" || uid != "00000000-0000-4000-8000-000000000001" {
					t.Error(role, uid)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
