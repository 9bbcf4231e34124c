//go:build long

package network_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"mentorpause/local/postgres"
	"mentorpause/local/testdb"
)

// TestLongEveryWriteIsDoneExactlyOnceWhileServersComeAndGo adds server faults to
// those of the networks: every few seconds PostgreSQL restarts, crashes or becomes
// a standby, the pooler is killed, or all connections break. $MENTORPAUSE_SEED
// repeats a run's faults; without it they are new ones.
func TestLongEveryWriteIsDoneExactlyOnceWhileServersComeAndGo(t *testing.T) {
	seed := rand.Uint64()
	if text := os.Getenv("MENTORPAUSE_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("MENTORPAUSE_SEED: %v", err)
		}
	}
	for _, name := range []string{"directly", "through PgBouncer"} {
		t.Run(name, func(t *testing.T) {
			with := setup{mentors: 10_000, processes: soakPhones, ownCluster: true}
			var pooler *testdb.PgBouncer
			if name == "through PgBouncer" {
				with.pooler = func(url string) string {
					pooler = testdb.StartPgBouncer(t, url, soakPhones)
					return pooler.URL
				}
			}
			s := &soak{system: start(t, with), seed: seed, faults: 1500, every: 12}
			s.commitsSurviveACrash(t)
			happened := map[string]int{}
			s.run(t, func(random *rand.Rand) {
				time.Sleep(time.Second + upTo(random, 5*time.Second))
				down := func() { time.Sleep(upTo(random, 2*time.Second)) }
				switch event := random.IntN(5); {
				case event == 0:
					happened["restart"]++
					s.Database.Restart(t, false, down)
				case event == 1:
					happened["crash"]++
					s.Database.Restart(t, true, down)
				case event == 2:
					happened["standby"]++
					s.standby(t, "on")
					down()
					s.standby(t, "off")
				case event == 3 && pooler != nil:
					happened["pooler killed"]++
					pooler.Restart(t, down)
				default:
					happened["all connections cut"]++
					s.phones.Cut()
					s.database.Cut()
				}
			})
			t.Logf("meanwhile: %s", counts(happened))
		})
	}
}

// standby makes the server and its open sessions read-only, or writable again.
func (s *system) standby(t *testing.T, on string) {
	t.Helper()
	admin := s.Database.Connect(t, postgres.Superuser)
	defer admin.Close(t.Context())
	for _, sql := range []string{`alter system set default_transaction_read_only = ` + on, `select pg_reload_conf()`} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}
