package postgres

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestSetClock(t *testing.T) {
	t.Parallel()
	cluster := startOne(t, Options{})
	wantShown := func(t *testing.T, since time.Time) {
		t.Helper()
		conn := connectAs(t, cluster, "postgres", Maintenance)
		for _, clock := range []string{"now()", "clock_timestamp()"} {
			if shown := value[time.Time](t, conn, "select "+clock); shown.Before(since) || shown.After(since.Add(time.Minute)) {
				t.Errorf("%s is %v, want %v or soon after", clock, shown, since)
			}
		}
	}
	// Behind the machine's clock, and ahead of it.
	for _, at := range []time.Time{
		time.Date(2024, 2, 29, 23, 59, 59, 0, time.UTC),
		time.Now().AddDate(3, 0, 0),
	} {
		if err := cluster.SetClock(t.Context(), at); err != nil {
			t.Fatal(err)
		}
		t.Run("shows the instant, and runs", func(t *testing.T) {
			wantShown(t, at)
			conn := connectAs(t, cluster, "postgres", Maintenance)
			before := value[time.Time](t, conn, "select clock_timestamp()")
			if passed := value[time.Time](t, conn, "select clock_timestamp() from pg_sleep(0.2)").Sub(before); passed < 200*time.Millisecond {
				t.Errorf("%v passed in a sleep of 200 ms", passed)
			}
		})
		t.Run("leaves timeouts alone", func(t *testing.T) {
			conn := connectAs(t, cluster, "postgres", Maintenance)
			mustExec(t, conn, "set statement_timeout = 100")
			const queryCanceled = "57014"
			err := execute(t.Context(), conn, "select pg_sleep(20)")
			if pgErr, ok := errors.AsType[*pgconn.PgError](err); !ok || pgErr.Code != queryCanceled {
				t.Errorf("a statement of 20 s under a timeout of 100 ms: %v", err)
			}
		})
		t.Run("moves ahead, and not back", func(t *testing.T) {
			conn := connectAs(t, cluster, "postgres", Maintenance)
			before := value[time.Time](t, conn, "select clock_timestamp()")
			if err := cluster.MoveClock(at.AddDate(0, 6, 0)); err != nil {
				t.Fatal(err)
			}
			if shown := value[time.Time](t, conn, "select clock_timestamp()"); shown.Before(at.AddDate(0, 6, 0)) || shown.Before(before) {
				t.Errorf("a session that was open is shown %v", shown)
			}
			if err := cluster.MoveClock(at); err == nil {
				t.Error("it was moved back")
			}
			at = at.AddDate(0, 6, 0)
		})
		t.Run("outlives a restart", func(t *testing.T) {
			if err := cluster.Restart(t.Context(), true, nil); err != nil {
				t.Fatal(err)
			}
			wantShown(t, at)
		})
	}
	other, err := Attach(cluster.URL(Superuser, Maintenance))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.SetClock(t.Context(), time.Now()); err == nil {
		t.Error("somebody else's clock was set")
	}
	if err := other.MoveClock(time.Now().AddDate(10, 0, 0)); err == nil {
		t.Error("somebody else's clock was moved")
	}
}
