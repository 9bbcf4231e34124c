package database_test

import (
	"testing"
	"time"

	"mentorpause/local/testdb"
	"mentorpause/shared/refusal"
)

func TestThroughPgBouncerInTransactionMode(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	address := testdb.StartPgBouncer(t, b.URL("pause_api"), 2).Address
	p := newProxy(t, address)
	db := open(t, through(t, p.address(), b.URL("pause_api")), 8)

	hammer(t, db, 8, 25)
	if connections, _, cancels := p.passed(); connections > 8 || cancels != 0 {
		t.Errorf("%d connections and %d cancel requests, want at most 8 and none", connections, cancels)
	}
	if n := b.count(t, `select count(*) from pg_stat_activity where datname = $1 and usename = 'pause_api'`, b.Name); n > 2 {
		t.Errorf("%d sessions on the server, want at most 2", n)
	}

	t.Run("a call is one round trip", func(t *testing.T) {
		db := open(t, through(t, p.address(), b.URL("pause_api")), 1)
		mustDo(t, db, ``)
		for _, idle := range []time.Duration{0, 1500 * time.Millisecond} {
			time.Sleep(idle)
			p.passed()
			mustDo(t, db, ``)
			if connections, trips, _ := p.passed(); connections != 0 || trips != 1 {
				t.Errorf("after %v: %d connections and %d round trips, want 0 and 1", idle, connections, trips)
			}
		}
	})
	t.Run("the server's time limit holds and leaves the session clean", func(t *testing.T) {
		_, err := do(within(t, time.Second), db, `select pg_sleep(30)`)
		wantCode(t, err, refusal.DeadlineExceeded)
		mustDo(t, db, ``)
	})
	t.Run("sessions that the server ended are replaced", func(t *testing.T) {
		if n := b.terminate(t); n == 0 {
			t.Fatal("there was no session to end")
		}
		hammer(t, db, 8, 5)
	})
	t.Run("the pooler without a server is unavailable", func(t *testing.T) {
		db := open(t, through(t, address, replace(t, b.URL("pause_api"), "/"+b.Name, "/no_such_database")), 1)
		_, err := do(within(t, 5*time.Second), db, ``)
		wantCode(t, err, refusal.DatabaseUnavailable)
	})
	if _, _, cancels := p.passed(); cancels != 0 {
		t.Errorf("%d cancel requests", cancels)
	}
}
