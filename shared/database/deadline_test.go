package database_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mentorpause/local/network"
	"mentorpause/shared/refusal"
)

func TestASilentDatabaseIsAnsweredForBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	for _, limit := range []time.Duration{300 * time.Millisecond, time.Second, 5 * time.Second} {
		t.Run(limit.String(), func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			mustDo(t, b.db, ``)
			time.Sleep(1100 * time.Millisecond)
			b.proxy.freeze(true)
			inTime(t, limit, refusal.DatabaseUnavailable, func(ctx context.Context) error {
				_, err := do(ctx, b.db, ``)
				return err
			})
			b.proxy.freeze(false)
			mustDo(t, b.db, ``)
		})
	}
}

func TestASilenceRightAfterACallIsAnsweredForBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	inTime(t, time.Second, refusal.DeadlineExceeded, func(ctx context.Context) error {
		mustDo(t, b.db, ``)
		b.proxy.freeze(false)
		_, err := do(ctx, b.db, ``)
		return err
	})
	mustDo(t, b.db, ``)
}

func TestASilenceWithinTheStatementIsAnsweredForBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	inTime(t, 3*time.Second, refusal.DeadlineExceeded, func(ctx context.Context) error {
		mustDo(t, b.db, ``)
		time.AfterFunc(500*time.Millisecond, func() { b.proxy.freeze(false) })
		_, err := do(ctx, b.db, `select pg_sleep(1)`)
		return err
	})
	if _, _, cancels := b.proxy.passed(); cancels != 0 {
		t.Errorf("%d cancel requests", cancels)
	}
}

func TestTheServerEndsAStatementBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	before := mustDo(t, b.db, ``).Backend
	b.proxy.passed()

	t.Run("a slow one", func(t *testing.T) {
		refused := inTime(t, 2*time.Second, refusal.DeadlineExceeded, func(ctx context.Context) error {
			_, err := do(ctx, b.db, `select pg_sleep(30)`)
			return err
		})
		if got := refused.Error(); !contains(got, "57014") {
			t.Errorf("it was not the server that ended it: %s", got)
		}
	})
	t.Run("one that waits for a lock", func(t *testing.T) {
		tx, err := b.admin.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback(context.Background())
		if _, err := tx.Exec(t.Context(), `lock table public.calls`); err != nil {
			t.Fatal(err)
		}
		refused := inTime(t, 2*time.Second, refusal.DeadlineExceeded, func(ctx context.Context) error {
			_, err := do(ctx, b.db, ``)
			return err
		})
		if got := refused.Error(); !contains(got, "55P03") {
			t.Errorf("the log can't tell that it waited for a lock: %s", got)
		}
	})
	if after := mustDo(t, b.db, ``).Backend; after != before {
		t.Error("the connection was given up")
	}
	if connections, trips, cancels := b.proxy.passed(); connections != 0 || trips < 3 || cancels != 0 {
		t.Errorf("%d connections, %d round trips, %d cancel requests, want 0, at least 3, 0", connections, trips, cancels)
	}
}

func TestTimeLimitsFollowTheDeadline(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	mustDo(t, b.db, ``)
	for _, c := range []struct {
		limit    time.Duration // 0: none, so 8 s
		from, to time.Duration
	}{
		{0, 7000 * time.Millisecond, 7600 * time.Millisecond},
		{20 * time.Second, 18900 * time.Millisecond, 19500 * time.Millisecond},
		{2 * time.Second, 900 * time.Millisecond, 1500 * time.Millisecond},
		{800 * time.Millisecond, 50 * time.Millisecond, 360 * time.Millisecond},
	} {
		t.Run(c.limit.String(), func(t *testing.T) {
			ctx := t.Context()
			if c.limit > 0 {
				ctx = within(t, c.limit)
			}
			reply, err := do(ctx, b.db, `select nextval('public.tries')`)
			a := read(t, reply, err)
			statement, lock := duration(t, a.StatementTimeout), duration(t, a.LockTimeout)
			if statement < c.from || statement > c.to || lock >= statement || lock < statement/2 {
				t.Errorf("statement_timeout %v, lock_timeout %v", statement, lock)
			}
		})
	}
}

func duration(t *testing.T, setting string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(setting)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWithoutTimeTheDatabaseIsNotTouched(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, ctx := range map[string]context.Context{
		"cancelled":   cancelled,
		"over":        within(t, -time.Second),
		"nearly over": within(t, 50*time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := do(ctx, b.db, ``)
			wantCode(t, err, refusal.DeadlineExceeded)
			if connections, trips, _ := b.proxy.passed(); connections+trips != 0 {
				t.Errorf("%d connections and %d round trips, want none", connections, trips)
			}
		})
	}
}

func TestWaitingForAConnectionEndsWithTheDeadline(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	var wg sync.WaitGroup
	wg.Go(func() { mustDo(t, b.db, `select pg_sleep(2)`) })
	for b.count(t, `select count(*) from pg_stat_activity where datname = $1 and wait_event = 'PgSleep'`, b.Name) == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	inTime(t, 400*time.Millisecond, refusal.DeadlineExceeded, func(ctx context.Context) error {
		_, err := do(ctx, b.db, ``)
		return err
	})
	wg.Wait()
	mustDo(t, b.db, ``)
}

func TestAClientThatGoesAwayDoesNotStopItsTransition(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	backend := mustDo(t, b.db, ``).Backend
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(200*time.Millisecond, cancel)
	reply, err := do(ctx, b.db, `select pg_sleep(0.6)`)
	if a := read(t, reply, err); a.Backend != backend {
		t.Error("the connection was given up")
	}
	if n := b.count(t, `select count(*) from public.calls`); n != 2 {
		t.Errorf("%d calls took effect, want 2", n)
	}
}

func TestAnUnreachableDatabaseIsAnsweredForBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	b.proxy.freeze(true)
	inTime(t, 500*time.Millisecond, refusal.DatabaseUnavailable, func(ctx context.Context) error {
		_, err := do(ctx, b.db, ``)
		return err
	})
}

func TestAConnectionThatComesTooLateIsNotUsed(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	const limit = time.Second
	var stall atomic.Int64 // a time.Duration; a connection that was given up may still ask for it
	stall.Store(int64(limit - 195*time.Millisecond))
	between, url := network.Before(t, b.URL("pause_api"))
	between.Disturb(func(m network.Message) network.Fault {
		if m.Direction == network.Connect {
			return network.Fault{Kind: network.Stall, Stall: time.Duration(stall.Load())}
		}
		return network.Fault{}
	})
	// For a tenth of a second a connection is neither in time nor late. Each try
	// tells the next how long it takes besides the stall.
	for range 40 {
		_, err := do(within(t, limit), open(t, url, 1), ``)
		if err == nil {
			stall.Add(int64(15 * time.Millisecond))
			continue
		}
		refused, ok := errors.AsType[*refusal.Error](err)
		switch {
		case ok && refused.Code == refusal.DeadlineExceeded && contains(refused.Error(), "after connecting"):
			return
		case ok && (refused.Code == refusal.DatabaseUnavailable || refused.Code == refusal.DeadlineExceeded):
			stall.Add(-int64(20 * time.Millisecond))
		default:
			t.Fatalf("got %v", err)
		}
	}
	t.Error("no connection came too late")
}
