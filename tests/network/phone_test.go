package network_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"mentorpause/local/deployment"
	"mentorpause/local/network"
)

func TestARequestThatBreaksOffOnItsWayIsNotDone(t *testing.T) {
	t.Parallel()
	s := start(t, setup{mentors: 2})
	p := s.phone()
	var outcomes []outcome
	for n, fault := range []network.Fault{{Kind: network.Reset}, {Kind: network.Vanish}} {
		w := pause(mentor(n + 1))
		s.phones.Disturb(once(network.Request, fault, half))
		if a, err := p.send(soonAfterHit(t, s.phones, n+1), w); err == nil {
			t.Errorf("there was an answer: %d %s", a.status, a.body)
		}
		wantHit(t, s.phones, n+1)
		// The only process does not wait for the rest.
		a := p.mustSend(t, w, http.StatusOK)
		if a.replayed {
			t.Error("half a request was done")
		}
		outcomes = append(outcomes, done(w, a))
	}
	s.wantExactlyOnce(t, outcomes...)
}

func TestAnAnswerThatBreaksOffIsGivenAgain(t *testing.T) {
	t.Parallel()
	s := start(t, setup{mentors: 8})
	p := s.phone()
	var outcomes []outcome
	n := 0
	for _, fault := range []network.Fault{{Kind: network.Reset}, {Kind: network.Vanish}} {
		for _, after := range []func(int) int{nothing, firstByte, half, allButOne} {
			n++
			w := pause(mentor(n))
			s.phones.Disturb(once(network.Answer, fault, after))
			if a, err := p.send(soonAfterHit(t, s.phones, n), w); err == nil {
				t.Errorf("%v %d: there was an answer: %d %s", fault.Kind, n, a.status, a.body)
			}
			wantHit(t, s.phones, n)
			a := p.mustSend(t, w, http.StatusOK)
			if !a.replayed {
				t.Errorf("%v %d: it was done again", fault.Kind, n)
			}
			outcomes = append(outcomes, done(w, a))
		}
	}
	s.wantExactlyOnce(t, outcomes...)
}

// soonAfterHit ends when a person would have waited long enough: a moment after the
// nth fault.
func soonAfterHit(t *testing.T, p *network.Proxy, n int) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil {
			if _, all := p.Faults(); all >= n {
				time.Sleep(300 * time.Millisecond)
				cancel()
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return ctx
}

func TestAPhoneThatComesBackTooEarlyIsToldToWait(t *testing.T) {
	t.Parallel()
	s := start(t, setup{mentors: 1, processes: 2})
	p := s.phone()
	admin := s.Database.Connect(t, "postgres")
	w := pause(mentor(1))

	// The first request waits for a locked mentor. Its phone gives up first; a busy machine may
	// be too slow for that, so there are a few tries.
	tx, err := s.Database.Connect(t, "postgres").Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `select pg_advisory_xact_lock(private.mentor_lock($1))`, w.mentor); err != nil {
		t.Fatal(err)
	}
	var a answer
	for range 4 {
		ctx, cancel := context.WithCancel(t.Context())
		hungUp := make(chan struct{})
		go func() {
			defer close(hungUp)
			defer cancel()
			_, _ = p.send(ctx, w) // nobody waits for its answer
		}()
		for waiting := false; !waiting && ctx.Err() == nil; {
			err := admin.QueryRow(t.Context(), `select exists (select from pg_locks l
				where l.locktype = 'advisory' and not l.granted
					and l.database = (select d.oid from pg_database d where d.datname = current_database()))`).Scan(&waiting)
			if err != nil {
				t.Fatal(err)
			}
		}
		cancel()
		<-hungUp
		if a, err = p.send(t.Context(), w); err != nil {
			t.Fatal(err)
		}
		if a.code == "request_in_progress" {
			break
		}
	}
	if a.code != "request_in_progress" {
		t.Errorf("got %d %s", a.status, a.body)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.wantExactlyOnce(t, done(w, p.mustSettle(t, w)))
}

func TestASlowPhoneIsServed(t *testing.T) {
	t.Parallel()
	s := start(t, setup{mentors: 1})
	p := s.phone()
	s.phones.Shape(300*time.Millisecond, 64_000)
	w := pause(mentor(1))
	begun := time.Now()
	a := p.mustSend(t, w, http.StatusOK)
	if took := time.Since(begun); took < 600*time.Millisecond {
		t.Errorf("handshake and request took %v, less than two round trips", took)
	}
	back := reactivate(mentor(1), a.record(t).Version)
	s.wantExactlyOnce(t, done(w, a), done(back, p.mustSend(t, back, http.StatusOK)))
}

func TestKeysThatCannotBeFetched(t *testing.T) {
	t.Parallel()
	const jwks = "/auth/v1/.well-known/jwks.json"
	var state atomic.Value // of the keys' endpoint: "there", "broken", "silent"
	state.Store("broken")
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	s := start(t, setup{mentors: 1, opts: []deployment.Option{deployment.Wrap(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == jwks {
				switch state.Load() {
				case "broken":
					http.Error(w, "upstream connect error", http.StatusServiceUnavailable)
					return
				case "silent":
					select {
					case <-r.Context().Done():
					case <-stop:
					}
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	})}})
	p := s.phone()
	w := pause(mentor(1))

	// Nothing cached: refused in time, repeatedly, without a fetch each time.
	if a := p.mustSend(t, w, http.StatusServiceUnavailable); a.code != "auth_unavailable" {
		t.Errorf("got %s", a.body)
	}
	state.Store("silent")
	if a := p.mustSend(t, write{function: "roster"}, http.StatusServiceUnavailable); a.code != "auth_unavailable" {
		t.Errorf("got %s", a.body)
	}
	state.Store("there")
	a := p.mustSettle(t, w)

	// With cached keys, nobody notices that the endpoint is gone.
	state.Store("broken")
	back := reactivate(mentor(1), a.record(t).Version)
	again := p.mustSend(t, w, http.StatusOK)
	if !again.replayed {
		t.Error("it was done again")
	}
	state.Store("there")
	s.wantExactlyOnce(t, done(w, a), done(back, p.mustSettle(t, back)))
}
