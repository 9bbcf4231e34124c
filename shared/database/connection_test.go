package database_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/postgres"
	"mentorpause/shared/database"
	"mentorpause/shared/refusal"
)

// firstTimeOnly runs the SQL at the first call on the database only. Sequences are
// not rolled back, so failed attempts count too.
func firstTimeOnly(sql string) string {
	return `do $do$ begin if nextval('public.tries') = 1 then ` + sql + `; end if; end $do$`
}

func TestADeadConnectionIsReplacedAndTheRequestRepeated(t *testing.T) {
	t.Parallel()
	for name, kill := range map[string]func(t *testing.T, b *bundle){
		"cut by the network":    func(t *testing.T, b *bundle) { b.proxy.cut() },
		"ended by the server":   func(t *testing.T, b *bundle) { b.terminate(t) },
		"forgotten by a router": func(t *testing.T, b *bundle) { b.proxy.freeze(false) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 3)
			fill(t, b, 3)
			time.Sleep(1100 * time.Millisecond)
			kill(t, b)
			b.proxy.passed()
			begun := time.Now()
			mustDo(t, b.db, ``)
			t.Logf("answered after %v", time.Since(begun))
			// A connection that only falls silent costs two seconds.
			if took := time.Since(begun); took >= 4*time.Second {
				t.Errorf("the answer took %v", took)
			}
			if connections, _, cancels := b.proxy.passed(); connections != 1 || cancels != 0 {
				t.Errorf("%d new connections and %d cancel requests, want 1 and none", connections, cancels)
			}
			begun = time.Now()
			fill(t, b, 3) // the other dead ones are out of the way too
			if took := time.Since(begun); took >= 2*time.Second {
				t.Errorf("the calls after it took %v", took)
			}
			if n := b.count(t, `select count(*) from public.calls`); n != 7 {
				t.Errorf("%d calls took effect, want 7", n)
			}
		})
	}
}

func TestARepeatedRequestDoesNotGetAnIdleConnection(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	idle := mustDo(t, b.db, ``).Backend
	if again := database.BackendOfNewConnection(t, b.db); again == idle {
		t.Error("got the idle connection")
	}
	if after := mustDo(t, b.db, ``).Backend; after != idle {
		t.Error("the idle connection was lost")
	}
}

// fill makes n calls at once, so that n connections are open and idle.
func fill(t *testing.T, b *bundle, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if _, err := do(t.Context(), b.db, `select pg_sleep(0.2)`); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestAConnectionThatDiesUnderTheRequestIsReplacedOnce(t *testing.T) {
	t.Parallel()
	t.Run("dead once: answered", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 1)
		mustDo(t, b.db, firstTimeOnly(`perform public.die()`))
		if connections, _, _ := b.proxy.passed(); connections != 2 {
			t.Errorf("%d connections, want 2", connections)
		}
		if n := b.count(t, `select count(*) from public.calls`); n != 1 {
			t.Errorf("%d calls took effect, want 1", n)
		}
	})
	t.Run("dead twice: unavailable, then recovers", func(t *testing.T) {
		t.Parallel()
		b := setup(t, 1)
		mustDo(t, b.db, ``)
		b.proxy.passed()
		_, err := do(t.Context(), b.db, `do $$ begin perform nextval('public.tries'); perform public.die(); end $$`)
		wantCode(t, err, refusal.DatabaseUnavailable)
		if n := b.count(t, `select last_value from public.tries`); n != 2 {
			t.Errorf("%d attempts, want 2", n)
		}
		mustDo(t, b.db, ``)
	})
}

func TestTheDatabaseCannotBeReached(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	good := b.URL("pause_api")
	silent := newProxy(t, b.proxy.target)
	silent.freeze(true)
	// Roles belong to the server, which other tests use as well.
	notWelcome, noMember := "not_welcome_"+b.Name, "no_member_"+b.Name
	if _, err := b.admin.Exec(t.Context(), `create role `+notWelcome+` login noinherit connection limit 0 password '`+postgres.Password+`';
		create role `+noMember+` login noinherit password '`+postgres.Password+`'`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := b.admin.Exec(context.Background(), `drop role `+notWelcome+`, `+noMember); err != nil {
			t.Error(err)
		}
	})
	for _, c := range []struct {
		name, url string
		want      refusal.Code
		most      time.Duration
		log       string
	}{
		{"refused port", through(t, "127.0.0.1:1", good), refusal.DatabaseUnavailable, 3 * time.Second, "connection refused"},
		{"unknown host", through(t, "nowhere.invalid:5432", good), refusal.DatabaseUnavailable, 6 * time.Second, "nowhere.invalid"},
		{"unreachable host", through(t, silent.address(), good), refusal.DatabaseUnavailable, 6 * time.Second, "timeout"},
		{"wrong password", replace(t, good, ":"+postgres.Password+"@", ":geheim@"), refusal.DatabaseUnavailable, 3 * time.Second, "28P01"},
		{"unknown database", replace(t, good, "/"+b.Name, "/no_such_database"), refusal.DatabaseUnavailable, 3 * time.Second, "3D000"},
		{"too many connections", replace(t, good, "pause_api:", notWelcome+":"), refusal.DatabaseUnavailable, 3 * time.Second, "53300"},
		{"a role that may not become authenticated", replace(t, good, "pause_api:", noMember+":"), refusal.InternalError, 3 * time.Second, "42501"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := open(t, c.url, 1)
			begun := time.Now()
			_, err := do(t.Context(), db, ``)
			refused := wantCode(t, err, c.want)
			if took := time.Since(begun); took > c.most {
				t.Errorf("the answer took %v", took)
			}
			if text := refused.Error(); !contains(text, c.log) || contains(text, "geheim") {
				t.Errorf("the log says %s", text)
			}
		})
	}
}

func TestADatabaseThatComesBackIsUsedAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, 2)
	fill(t, b, 2)
	b.proxy.refuse(true)
	b.proxy.cut()
	for range 3 {
		_, err := do(t.Context(), b.db, ``)
		wantCode(t, err, refusal.DatabaseUnavailable)
	}
	b.proxy.refuse(false)
	fill(t, b, 2)
}

func TestAfterARestartEveryConnectionIsReplaced(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "restart-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	options := postgres.Options{Dir: dir, Durable: true}
	installation, err := postgres.Find()
	if err != nil {
		t.Fatal(err)
	}
	server, err := installation.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	options.Port = server.Port()
	admin, err := pgx.Connect(t.Context(), server.URL(postgres.Superuser, postgres.Maintenance))
	if err != nil {
		t.Fatal(err)
	}
	_, err = admin.Exec(t.Context(), `create role pause_api login noinherit password '`+postgres.Password+`';
		grant authenticated to pause_api;`+standIns)
	if err := errors.Join(err, admin.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	good := server.URL("pause_api", postgres.Maintenance)
	p := newProxy(t, address(t, good))
	db := open(t, through(t, p.address(), good), 4)
	b := &bundle{db: db, proxy: p}
	fill(t, b, 4)

	t.Run("with all connections idle, the next call is answered", func(t *testing.T) {
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
		if server, err = installation.Start(t.Context(), options); err != nil {
			t.Fatal(err)
		}
		p.passed()
		mustDo(t, db, ``)
		fill(t, b, 4)
		if connections, _, cancels := p.passed(); connections > 4 || cancels != 0 {
			t.Errorf("%d connections and %d cancel requests, want at most 4 and none", connections, cancels)
		}
	})
	t.Run("while it is down: unavailable", func(t *testing.T) {
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			_, err := do(t.Context(), db, ``)
			wantCode(t, err, refusal.DatabaseUnavailable)
		}
	})
	t.Run("after it, calls from all sides are answered", func(t *testing.T) {
		if server, err = installation.Start(t.Context(), options); err != nil {
			t.Fatal(err)
		}
		hammer(t, db, 8, 5)
	})
}

func TestAReadOnlyServerIsLeftForTheNewPrimary(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	first := mustDo(t, b.db, ``).Backend
	second := mustDo(t, b.db, firstTimeOnly(`raise sqlstate '25006'`)).Backend
	if first == second {
		t.Error("the request was repeated on the connection to the old primary")
	}
	_, err := do(t.Context(), b.db, `set transaction read only; insert into public.calls values (gen_random_uuid())`)
	wantCode(t, err, refusal.DatabaseUnavailable)
}

// Whether probes are sent can't be seen from outside, so this checks what the
// server has set for its socket.
func TestWithinATransactionTheServerSoonNoticesThatTheClientIsGone(t *testing.T) {
	t.Parallel()
	b := setup(t, 1)
	const probes = `concat_ws(' ', current_setting('tcp_keepalives_idle'), current_setting('tcp_keepalives_interval'), current_setting('tcp_keepalives_count'))`
	var system string
	if err := b.admin.QueryRow(t.Context(), `select `+probes).Scan(&system); err != nil {
		t.Fatal(err)
	}
	mustDo(t, b.db, `do $do$ begin if `+probes+` <> '10 5 3' then raise '%', `+probes+`; end if; end $do$`)
	if left := database.LeftOnIdleConnection(t, b.db, `select `+probes); left != system || left == "10 5 3" {
		t.Errorf("after the call it is %s, want the system's own, %s", left, system)
	}
}

func TestDeadlocksAndSerializationFailuresAreRepeatedOnce(t *testing.T) {
	t.Parallel()
	for _, state := range []string{"40001", "40P01"} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			b := setup(t, 1)
			first := mustDo(t, b.db, ``).Backend
			second := mustDo(t, b.db, firstTimeOnly(`raise sqlstate '`+state+`'`)).Backend
			if first != second {
				t.Error("a sound connection was given up")
			}
			_, err := do(t.Context(), b.db, `do $$ begin perform nextval('public.tries'); raise sqlstate '`+state+`'; end $$`)
			wantCode(t, err, refusal.DatabaseUnavailable)
			if n := b.count(t, `select last_value from public.tries`); n != 4 {
				t.Errorf("%d attempts in all, want 4", n)
			}
		})
	}
}
