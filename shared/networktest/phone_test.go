package networktest_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"mentorpause/shared/networktest"
	"mentorpause/shared/service/stacktest"
)

func TestARequestThatBreaksOffOnItsWayIsNotDone(t *testing.T) {
	t.Parallel()
	s := start(t, setup{mentors: 3})
	p := s.phone()
	p.http.Timeout = time.Second
	var outcomes []outcome
	for n, fault := range []networktest.Fault{{Kind: networktest.Reset}, {Kind: networktest.Vanish}} {
		w := pause(mentor(n + 1))
		s.phones.Disturb(once(networktest.Request, fault, half))
		if a, err := p.send(t.Context(), w); err == nil {
			t.Errorf("there was an answer: %d %s", a.status, a.body)
		}
		wantHit(t, s.phones, n+1)
		// The one process that there is does not wait for the rest.
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
	s := start(t, setup{mentors: 10})
	p := s.phone()
	p.http.Timeout = time.Second
	var outcomes []outcome
	n := 0
	for _, fault := range []networktest.Fault{{Kind: networktest.Reset}, {Kind: networktest.Vanish}} {
		for _, after := range []func(int) int{nothing, firstByte, half, allButOne} {
			n++
			w := pause(mentor(n))
			s.phones.Disturb(once(networktest.Answer, fault, after))
			if a, err := p.send(t.Context(), w); err == nil {
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

func TestAPhoneThatComesBackTooEarlyIsToldToWait(t *testing.T) {
	t.Parallel()
	s := start(t, setup{mentors: 2, processes: 2})
	p := s.phone()
	warm, w := pause(mentor(1)), pause(mentor(2))
	outcomes := []outcome{done(warm, p.mustSend(t, warm, http.StatusOK))}

	// The first request waits for a mentor whom somebody holds; its phone has given up.
	tx, err := s.Database.Connect(t, "postgres").Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `select pg_advisory_xact_lock(private.mentor_lock($1))`, w.mentor); err != nil {
		t.Fatal(err)
	}
	p.http.Timeout = 500 * time.Millisecond
	if a, err := p.send(t.Context(), w); err == nil {
		t.Errorf("there was an answer: %d %s", a.status, a.body)
	}
	p.http.Timeout = timeout + time.Second
	if a := p.mustSend(t, w, http.StatusConflict); a.code != "request_in_progress" {
		t.Errorf("got %s", a.body)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.wantExactlyOnce(t, append(outcomes, done(w, p.mustSettle(t, w)))...)
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
	s := start(t, setup{mentors: 1, opts: []stacktest.Option{stacktest.Wrap(func(next http.Handler) http.Handler {
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

	// Nothing cached: refused, in time, and again and again without asking each time.
	if a := p.mustSend(t, w, http.StatusServiceUnavailable); a.code != "auth_unavailable" {
		t.Errorf("got %s", a.body)
	}
	state.Store("silent")
	if a := p.mustSend(t, write{function: "roster"}, http.StatusServiceUnavailable); a.code != "auth_unavailable" {
		t.Errorf("got %s", a.body)
	}
	state.Store("there")
	a := p.mustSettle(t, w)

	// With the keys at hand, their absence is not noticed.
	state.Store("broken")
	back := reactivate(mentor(1), a.record(t).Version)
	again := p.mustSend(t, w, http.StatusOK)
	if !again.replayed {
		t.Error("it was done again")
	}
	state.Store("there")
	s.wantExactlyOnce(t, done(w, a), done(back, p.mustSettle(t, back)))
}
