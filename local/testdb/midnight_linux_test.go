package testdb_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/postgres"
	"mentorpause/local/testdb"
)

func TestNewWaitsForMidnightInOslo(t *testing.T) {
	t.Parallel()
	installation, err := postgres.Find()
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := installation.Start(t.Context(), postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	midnight := time.Date(2027, 6, 23, 22, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name  string
		clock time.Time
		waits bool
	}{
		{"in the last seconds", midnight.Add(-3 * time.Second), true},
		{"earlier", midnight.Add(-10 * time.Minute), false},
		{"after it", midnight.Add(time.Second), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := cluster.SetClock(t.Context(), test.clock); err != nil {
				t.Fatal(err)
			}
			conn, err := pgx.Connect(t.Context(), cluster.URL(postgres.Superuser, postgres.Maintenance))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.WithoutCancel(t.Context()))
			before := value[time.Time](t, conn, "select clock_timestamp()")
			if err := testdb.AwaitMidnight(t.Context(), cluster); err != nil {
				t.Fatal(err)
			}
			after := value[time.Time](t, conn, "select clock_timestamp()")
			if waited := before.Before(midnight) && !after.Before(midnight); waited != test.waits {
				t.Errorf("from %v to %v", before, after)
			}
		})
	}
}
