package network_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mentorpause/local/network"
)

// soak is many phones at once on networks where anything may happen at any byte.
type soak struct {
	*system
	seed   uint64 // of the faults and of what people do; how they meet also depends on the clock
	faults int    // it ends after that many hits
	every  int    // on average, one message in that many has a fault

	left atomic.Int64

	mu       sync.Mutex
	outcomes []outcome
	attempts int
	replayed int
	hangUps  int
	mentors  int // who have been paused so far
}

const soakPhones = 8

// TestEveryWriteIsDoneExactlyOnceOnAHostileNetwork is the short test; the long one
// is run by make test-long.
func TestEveryWriteIsDoneExactlyOnceOnAHostileNetwork(t *testing.T) {
	t.Parallel()
	s := &soak{system: start(t, setup{mentors: 500, processes: soakPhones}), seed: 1, faults: 80, every: 12}
	s.run(t, nil)
}

// run lets the phones work until there were enough faults, and audits. Meanwhile it
// calls meanwhile repeatedly.
func (s *soak) run(t *testing.T, meanwhile func(*rand.Rand)) {
	t.Helper()
	s.left.Store(int64(s.faults))
	s.phones.Disturb(s.schedule(rand.New(rand.NewPCG(s.seed, 1))))
	s.database.Disturb(s.schedule(rand.New(rand.NewPCG(s.seed, 2))))
	ended := make(chan struct{})
	var phones sync.WaitGroup
	for n := range soakPhones {
		phones.Go(func() { s.use(t, rand.New(rand.NewPCG(s.seed, uint64(n)+3))) })
	}
	go func() { phones.Wait(); close(ended) }()
	random := rand.New(rand.NewPCG(s.seed, 0))
	for running := true; running; {
		if meanwhile == nil {
			<-ended
		}
		select {
		case <-ended:
			running = false
		default:
			meanwhile(random)
		}
	}

	b := s.wantExactlyOnce(t, s.outcomes...)
	toPhones, n := s.phones.Faults()
	toDatabase, m := s.database.Faults()
	if n+m < s.faults || n == 0 || m == 0 {
		t.Errorf("%d and %d faults hit, want %d", n, m, s.faults)
	}
	t.Logf("seed %d: %d faults hit, and %d phones hung up; %d writes in %d attempts, %d answered again, %d given up; lost %d, doubled %d",
		s.seed, n+m, s.hangUps, len(s.outcomes), s.attempts, s.replayed, b.unknown, b.lost, b.doubled)
	t.Logf("between phones and functions: %s", counts(toPhones))
	t.Logf("between functions and database: %s", counts(toDatabase))
	t.Logf("the functions answered: %s; the machine stood still for %v at most", counts(b.given), s.stalled().Round(time.Millisecond))
}

func counts(byName map[string]int) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		all = append(all, fmt.Sprintf("%s: %d", name, byName[name]))
	}
	return strings.Join(all, ", ")
}

// schedule decides about the faults of a network.
func (s *soak) schedule(random *rand.Rand) func(network.Message) network.Fault {
	return func(m network.Message) network.Fault {
		if random.IntN(s.every) != 0 || s.left.Add(-1) < 0 {
			return network.Fault{}
		}
		fault := network.Fault{Kind: network.Reset, After: random.IntN(m.Bytes + 1)}
		switch kind := random.IntN(20); {
		case kind < 1: // it costs a phone seconds
			fault.Kind, fault.Notice = network.Vanish, time.Second
		case kind < 5:
			fault.Kind, fault.Stall = network.Stall, upTo(random, 600*time.Millisecond)
		}
		return fault
	}
}

// use is what one person does: pause, amend, reactivate, mentor after mentor. Some
// writes are given up after one attempt, as when the app is closed; their result is
// unknown, so that mentor is left alone.
func (s *soak) use(t *testing.T, random *rand.Rand) {
	p := s.phone()
	var id string
	for s.left.Load() > 0 {
		if id == "" || random.IntN(2) == 0 {
			s.mu.Lock()
			s.mentors++
			id = mentor(s.mentors)
			s.mu.Unlock()
		}
		version, known := s.write(t, p, random, pause(id))
		if known {
			version, known = s.write(t, p, random, amend(id, version))
		}
		if known {
			_, known = s.write(t, p, random, reactivate(id, version))
		}
		if !known {
			id = ""
		}
	}
}

// write returns the version of the record after it, if known.
func (s *soak) write(t *testing.T, p *phone, random *rand.Rand, w write) (version int, known bool) {
	a, attempts, hangUps, err := s.attempt(t.Context(), p, random, w)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts += attempts
	s.hangUps += hangUps
	if errors.Is(err, errGivenUp) {
		s.outcomes = append(s.outcomes, givenUp(w))
		return 0, false
	}
	if err != nil || a.status != http.StatusOK {
		// A refusal would also be an error: nobody else changes this mentor.
		t.Errorf("%s %s: %d %s, %v", w.function, w.body, a.status, a.body, err)
		s.outcomes = append(s.outcomes, givenUp(w))
		return 0, false
	}
	if a.replayed {
		s.replayed++
	}
	s.outcomes = append(s.outcomes, done(w, a))
	return a.record(t).Version, true
}

var errGivenUp = errors.New("given up")

// attempt sends until there is an answer. Sometimes it hangs up on the first
// attempt before that, and sometimes it leaves it at that.
func (s *soak) attempt(ctx context.Context, p *phone, random *rand.Rand, w write) (a answer, attempts, hangUps int, err error) {
	if fate := random.IntN(20); fate < 3 {
		brief, cancel := context.WithTimeout(ctx, upTo(random, 50*time.Millisecond))
		a, err = p.send(brief, w)
		cancel()
		attempts++
		switch {
		case err == nil && a.status == http.StatusOK, errors.Is(err, errUndocumented):
			return a, attempts, 0, err
		case err != nil:
			hangUps++
		}
		if fate == 0 {
			return a, attempts, hangUps, errGivenUp
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	a, n, err := p.settle(ctx, w)
	return a, attempts + n, hangUps, err
}

func upTo(random *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(most)))
}
