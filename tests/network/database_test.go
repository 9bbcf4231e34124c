package network_test

import (
	"cmp"
	"net/http"
	"testing"
	"time"

	"mentorpause/local/endpoint"
	"mentorpause/local/network"
	"mentorpause/local/postgres"
	"mentorpause/local/testdb"
)

// doubt is how long a connection must have been idle to be in doubt, and a little
// longer.
const doubt = 1100 * time.Millisecond

func TestAConnectionToTheDatabaseThatIsResetUnderARequestIsNotNoticed(t *testing.T) {
	t.Parallel()
	s := start(t, setup{mentors: 10})
	p := s.phone()
	warm := pause(mentor(10))
	outcomes := []outcome{done(warm, p.mustSend(t, warm, http.StatusOK))}
	unnoticed := map[network.Direction]int{}
	for n, c := range []struct {
		direction network.Direction
		after     func(int) int
	}{
		{network.Request, nothing}, {network.Request, firstByte}, {network.Request, half},
		{network.Request, allButOne}, {network.Request, everything},
		{network.Answer, nothing}, {network.Answer, firstByte}, {network.Answer, half}, {network.Answer, allButOne},
	} {
		w := pause(mentor(n + 1))
		s.database.Disturb(once(c.direction, network.Fault{Kind: network.Reset}, c.after))
		a, attempts, err := p.settle(t.Context(), w)
		if err != nil || a.status != http.StatusOK {
			t.Errorf("reset in the %v %d: %d %s, %v, after %d attempts", c.direction, n, a.status, a.body, err, attempts)
		}
		// The function repeats it by itself. The phone has to only if the first attempt is
		// still running, or if on a slow machine the fault hit a connection being opened.
		if attempts == 1 {
			unnoticed[c.direction]++
			if c.direction == network.Answer && !a.replayed {
				t.Errorf("reset in the answer %d: it was done, and yet was done again", n)
			}
		}
		outcomes = append(outcomes, done(w, a))
		wantHit(t, s.database, n+1)
	}
	if unnoticed[network.Request] == 0 || unnoticed[network.Answer] == 0 {
		t.Errorf("the function repeated %v by itself", unnoticed)
	}
	s.wantExactlyOnce(t, outcomes...)
}

func TestAWriteWhoseAnswerIsLostIsKnownToTheNextRequest(t *testing.T) {
	t.Parallel()
	s := start(t, setup{mentors: 2})
	p := s.phone()
	warm, w := pause(mentor(1)), pause(mentor(2))
	outcomes := []outcome{done(warm, p.mustSend(t, warm, http.StatusOK))}

	// The answer of a committed transaction is lost, and no other connection can be opened.
	answers := once(network.Answer, network.Fault{Kind: network.Reset}, nothing)
	connections := always(network.Connect, network.Fault{Kind: network.Reset})
	s.database.Disturb(func(m network.Message) network.Fault {
		return cmp.Or(answers(m), connections(m))
	})
	if a := p.mustSend(t, w, http.StatusServiceUnavailable); a.code != "database_unavailable" {
		t.Errorf("got %s", a.body)
	}
	s.database.Disturb(nil)
	a := p.mustSend(t, w, http.StatusOK)
	if !a.replayed {
		t.Error("it was done again")
	}
	s.wantExactlyOnce(t, append(outcomes, done(w, a))...)
}

func TestASilentDatabaseIsAnsweredForBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	vanish := network.Fault{Kind: network.Vanish, Notice: time.Second}
	for name, c := range map[string]struct {
		direction network.Direction
		after     func(int) int
	}{
		"gone in the middle of the request": {network.Request, half},
		"gone after the request":            {network.Request, everything},
		"gone in the middle of the answer":  {network.Answer, half},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, setup{mentors: 5})
			p := s.phone()
			warm := pause(mentor(5))
			outcomes := []outcome{done(warm, p.mustSend(t, warm, http.StatusOK))}
			// A connection idle for a second is in doubt, and silence on it is noticed early. A
			// busy machine may reach that by itself, so there are a few tries.
			silent := false
			for n := 1; n <= 4 && !silent; n++ {
				w := pause(mentor(n))
				s.database.Disturb(once(c.direction, vanish, c.after))
				a, err := p.send(t.Context(), w)
				if err != nil {
					t.Fatal(err)
				}
				wantHit(t, s.database, n)
				if silent = a.status == http.StatusGatewayTimeout; silent {
					a = p.mustSettle(t, w)
				}
				outcomes = append(outcomes, done(w, a))
			}
			if !silent {
				t.Error("nobody was told deadline_exceeded")
			}
			s.wantExactlyOnce(t, outcomes...)
		})
	}
	t.Run("gone while idle: not noticed by the phone", func(t *testing.T) {
		t.Parallel()
		s := start(t, setup{mentors: 2})
		p := s.phone()
		first, w := pause(mentor(1)), pause(mentor(2))
		outcomes := []outcome{done(first, p.mustSend(t, first, http.StatusOK))}
		time.Sleep(doubt)
		s.database.Vanish()
		wantHit(t, s.database, 1)
		outcomes = append(outcomes, done(w, p.mustSend(t, w, http.StatusOK)))
		s.wantExactlyOnce(t, outcomes...)
	})
	t.Run("unreachable from the start, then there", func(t *testing.T) {
		t.Parallel()
		s := start(t, setup{mentors: 1})
		p := s.phone()
		w := pause(mentor(1))
		for _, kind := range []network.Kind{network.Reset, network.Vanish} {
			s.database.Disturb(always(network.Connect, network.Fault{Kind: kind}))
			if a := p.mustSend(t, w, http.StatusServiceUnavailable); a.code != "database_unavailable" {
				t.Errorf("got %s", a.body)
			}
		}
		s.database.Disturb(nil)
		s.wantExactlyOnce(t, done(w, p.mustSend(t, w, http.StatusOK)))
	})
}

func TestACallIsOneRoundTripToAFarDatabase(t *testing.T) {
	t.Parallel()
	const roundTrip = 500 * time.Millisecond
	s := start(t, setup{mentors: 6})
	p := s.phone()
	first := pause(mentor(6))
	outcomes := []outcome{done(first, p.mustSettle(t, first))} // it connects, which takes several
	s.database.Shape(roundTrip, 64_000)
	quickest := timeout
	for n := range 5 {
		w := pause(mentor(n + 1))
		begun := time.Now()
		a := p.mustSend(t, w, http.StatusOK)
		quickest = min(quickest, time.Since(begun))
		outcomes = append(outcomes, done(w, a))
	}
	// The bytes take a quarter of a second, plus what a busy machine needs.
	if quickest < roundTrip || quickest >= 2*roundTrip+250*time.Millisecond {
		t.Errorf("the quickest took %v with a round trip of %v and 64 kbit/s", quickest, roundTrip)
	}
	s.wantExactlyOnce(t, outcomes...)
}

func TestARestartOfTheDatabaseNeedsNoneOfTheFunctions(t *testing.T) {
	t.Parallel()
	s := start(t, setup{mentors: 3, ownCluster: true})
	p := s.phone()
	s.commitsSurviveACrash(t)
	warm := pause(mentor(1))
	outcomes := []outcome{done(warm, p.mustSend(t, warm, http.StatusOK))}
	for n, crash := range []bool{false, true} {
		w := pause(mentor(n + 2))
		s.Database.Restart(t, crash, func() {
			// Not at its deadline: at once.
			if a := p.mustSend(t, w, http.StatusServiceUnavailable); a.code != "database_unavailable" {
				t.Errorf("got %s", a.body)
			}
		})
		a := p.mustSend(t, w, http.StatusOK)
		back := reactivate(mentor(n+2), a.record(t).Version)
		s.Database.Restart(t, crash, nil)
		// On a connection from before the restart, without knowing.
		outcomes = append(outcomes, done(w, a), done(back, p.mustSend(t, back, http.StatusOK)))
	}
	s.wantExactlyOnce(t, outcomes...)
}

// commitsSurviveACrash makes the throwaway server flush what it commits.
func (s *system) commitsSurviveACrash(t *testing.T) {
	t.Helper()
	_, err := s.Database.Connect(t, postgres.Superuser).Exec(t.Context(), `alter database `+s.Database.Name+` set synchronous_commit = on`)
	if err != nil {
		t.Fatal(err)
	}
}

func TestARestartOfThePoolerNeedsNoneOfTheFunctions(t *testing.T) {
	t.Parallel()
	var pooler *testdb.PgBouncer
	s := start(t, setup{mentors: 2, pooler: func(url string) string {
		pooler = testdb.StartPgBouncer(t, url, 2)
		return pooler.URL
	}})
	p := s.phone()
	warm, w := pause(mentor(1)), pause(mentor(2))
	outcomes := []outcome{done(warm, p.mustSend(t, warm, http.StatusOK))}
	pooler.Restart(t, func() {
		if a := p.mustSend(t, w, http.StatusServiceUnavailable); a.code != "database_unavailable" {
			t.Errorf("got %s", a.body)
		}
	})
	a := p.mustSend(t, w, http.StatusOK)
	pooler.Restart(t, nil)
	back := reactivate(mentor(2), a.record(t).Version)
	outcomes = append(outcomes, done(w, a), done(back, p.mustSend(t, back, http.StatusOK)))
	s.wantExactlyOnce(t, outcomes...)
}

func TestAfterAFailoverTheConnectionToTheOldPrimaryIsLeft(t *testing.T) {
	t.Parallel()
	s := start(t, setup{mentors: 1})
	p := s.phone()
	admin := s.Database.Connect(t, "postgres")
	readOnly := func(on string) { // for sessions that begin from now on
		if _, err := admin.Exec(t.Context(), `alter database `+s.Database.Name+` set default_transaction_read_only = `+on); err != nil {
			t.Fatal(err)
		}
	}
	read := write{function: "roster"}

	readOnly("on")
	w := pause(mentor(1))
	for range 2 {
		if a := p.mustSend(t, w, http.StatusServiceUnavailable); a.code != "database_unavailable" {
			t.Errorf("got %s", a.body)
		}
		p.mustSend(t, read, http.StatusOK) // a standby can answer reads
	}
	// Even a refusal comes after a lock, which a standby can't give.
	p.mustSend(t, pause(endpoint.Nobody), http.StatusServiceUnavailable)
	readOnly("off")
	connections := 0
	s.database.Disturb(func(m network.Message) network.Fault {
		if m.Direction == network.Connect {
			connections++
		}
		return network.Fault{}
	})
	outcomes := []outcome{done(w, p.mustSend(t, w, http.StatusOK))}
	s.database.Disturb(nil)
	if connections != 1 {
		t.Errorf("%d new connections, want the one to the new primary", connections)
	}
	s.wantExactlyOnce(t, outcomes...)
}
