package network_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"mentorpause/local/deployment"
	"mentorpause/local/endpoint"
	"mentorpause/local/lambda"
	"mentorpause/local/network"
	"mentorpause/shared/refusal"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// The tests wait more than they compute.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	deployment.Main(m)
}

// timeout of an invocation, shorter than in template.yaml only to make a silent
// network end sooner.
const timeout = 3 * time.Second

// system is the built functions between two bad networks: one to the phones,
// one to the database.
type system struct {
	*deployment.Deployment
	phones, database *network.Proxy
	phonesURL        string // what the phones call
	databaseURL      string // where the functions connect
	processes        int    // of each function, at most
	stalled          func() time.Duration
}

// setup describes the system to start.
type setup struct {
	mentors    int
	processes  int                     // of each function, at most; 0 means 1
	ownCluster bool                    // a PostgreSQL of its own, which may be restarted
	pooler     func(url string) string // starts something in front of the database, and returns its URL
	opts       []deployment.Option
}

// start starts a system.
func start(t *testing.T, with setup) *system {
	t.Helper()
	s := &system{processes: cmp.Or(with.processes, 1), stalled: watchMachine(t)}
	opts := append(with.opts,
		deployment.Timeout(timeout),
		deployment.MaxInstances(s.processes),
		deployment.DatabaseURL(func(url string) string {
			if s.database == nil { // the functions share it
				if with.pooler != nil {
					url = with.pooler(url)
				}
				s.database, s.databaseURL = network.Before(t, url)
			}
			return s.databaseURL
		}),
	)
	if with.ownCluster {
		opts = append(opts, deployment.OwnCluster())
	}
	s.Deployment = deployment.Start(t, opts...)
	s.phones, s.phonesURL = network.Before(t, s.URL)
	_, err := s.Database.Connect(t, "postgres").Exec(t.Context(), fmt.Sprintf(`
		insert into public.profiles (id, display_name)
			select ('%[2]s' || lpad(n::text, 12, '0'))::uuid, 'Likeperson ' || n from generate_series(1, %[1]d) n;
		insert into public.chapter_memberships (chapter_id, user_id, role)
			select '%[3]s', ('%[2]s' || lpad(n::text, 12, '0'))::uuid, 'mentor' from generate_series(1, %[1]d) n`,
		with.mentors, mentorPrefix, endpoint.Oslo))
	if err != nil {
		t.Fatalf("mentors: %v", err)
	}
	return s
}

const mentorPrefix = "00000000-0000-4000-8001-"

// mentor returns the id of the nth mentor, from 1.
func mentor(n int) string { return mentorPrefix + fmt.Sprintf("%012d", n) }

// mostStall is how long the machine may stand still before a function can't be
// blamed for being late: a little less than its margin.
const mostStall = 200 * time.Millisecond

// watchMachine returns the longest time so far during which the machine let nothing
// of ours run.
func watchMachine(t *testing.T) func() time.Duration {
	var longest atomic.Int64
	go func() {
		const nap = 5 * time.Millisecond
		for t.Context().Err() == nil {
			begun := time.Now()
			time.Sleep(nap)
			longest.Store(max(longest.Load(), int64(time.Since(begun)-nap)))
		}
	}()
	return func() time.Duration { return time.Duration(longest.Load()) }
}

// phone is an app that calls as docs/mobile.md says.
type phone struct {
	base, token string
	http        *http.Client
}

// phone returns the coordinator's phone. It waits a little longer than a function
// may take.
func (s *system) phone() *phone {
	return &phone{
		base:  s.phonesURL + "/functions/v1/",
		token: s.Project.Token(endpoint.Coordinator),
		// A connection for each request: a fault hits one, and Go's client repeats none by itself.
		http: &http.Client{Timeout: timeout + time.Second, Transport: &http.Transport{DisableKeepAlives: true}},
	}
}

// write is one tap: a request with a key of its own.
type write struct {
	function, mentor, key string
	body                  []byte
}

func newWrite(function string, body map[string]any) write {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return write{function, body["mentor_id"].(string), uuid.NewString(), text}
}

func pause(mentor string) write {
	return newWrite("pause", map[string]any{"mentor_id": mentor, "pause_reason": "Eksamen, og så sommerferie på Sørlandet"})
}

func amend(mentor string, version int) write {
	return newWrite("pause", map[string]any{"mentor_id": mentor, "pause_reason": "Blir borte litt lenger", "expected_version": version})
}

func reactivate(mentor string, version int) write {
	return newWrite("reactivate", map[string]any{"mentor_id": mentor, "expected_version": version})
}

// answer is what came back.
type answer struct {
	status   int
	code     string // of a refusal
	replayed bool
	header   http.Header
	body     []byte
}

func (a answer) record(t testing.TB) endpoint.PauseRecord {
	t.Helper()
	var body struct {
		PauseRecord endpoint.PauseRecord `json:"pause_record"`
	}
	if err := json.Unmarshal(a.body, &body); err != nil || a.status != http.StatusOK {
		t.Errorf("%d %s: %v", a.status, a.body, err)
	}
	return body.PauseRecord
}

// send calls once. An error means that no complete answer came.
func (p *phone) send(ctx context.Context, w write) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+w.function, bytes.NewReader(w.body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+p.token)
	request.Header.Set("Content-Type", "application/json")
	if w.key != "" {
		request.Header.Set("Idempotency-Key", w.key)
	}
	response, err := p.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{
		status: response.StatusCode, header: response.Header, body: body,
		code: response.Header.Get("sb-error-code"), replayed: response.Header.Get("idempotent-replayed") == "true",
	}
	return a, a.documented()
}

// errUndocumented is an answer that no app developer could expect.
var errUndocumented = errors.New("undocumented answer")

// documented checks an answer against the codes and shapes of docs/openapi.yaml.
func (a answer) documented() error {
	refuse := func(why string) error {
		return fmt.Errorf("%w: %s: %d %v %s", errUndocumented, why, a.status, a.header, a.body)
	}
	if a.header.Get("content-type") != "application/json" || !json.Valid(a.body) {
		return refuse("no JSON")
	}
	if a.status == http.StatusOK {
		return nil
	}
	if a.status == http.StatusBadGateway && a.code == "" {
		return nil // Lambda's own, which clients repeat; wantAnswersInTime knows why
	}
	var refused endpoint.Refusal
	if err := json.Unmarshal(a.body, &refused); err != nil {
		return refuse(err.Error())
	}
	code := refusal.Code(refused.Code)
	if !code.Known() || code.Status() != a.status || refused.Code != a.code || refused.Message == "" {
		return refuse("not a documented refusal")
	}
	seconds, err := strconv.Atoi(a.header.Get("retry-after"))
	if a.status == http.StatusServiceUnavailable && (err != nil || seconds < 1) {
		return refuse("no retry-after")
	}
	return nil
}

// settle repeats a write until it is answered, by the rules of docs/mobile.md but
// with a tenth of the waiting: after no answer, after 5xx but not before
// retry-after, and while it is in progress.
func (p *phone) settle(ctx context.Context, w write) (a answer, attempts int, err error) {
	wait := 50 * time.Millisecond
	for attempts = 1; ; attempts++ {
		a, err = p.send(ctx, w)
		if errors.Is(err, errUndocumented) {
			return a, attempts, err
		}
		if err == nil && a.status < 500 && a.code != "request_in_progress" {
			return a, attempts, nil
		}
		pause := wait
		if seconds, err := strconv.Atoi(a.header.Get("retry-after")); err == nil {
			pause = time.Duration(seconds) * time.Second
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return a, attempts, fmt.Errorf("not settled after %d attempts: %w", attempts, errors.Join(ctx.Err(), err))
		}
		wait = min(2*wait, time.Second)
	}
}

// mustSettle is settle for a write that has to succeed in the end.
func (p *phone) mustSettle(t *testing.T, w write) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	a, attempts, err := p.settle(ctx, w)
	if err != nil || a.status != http.StatusOK {
		t.Fatalf("%s %s: %d %s after %d attempts: %v", w.function, w.body, a.status, a.body, attempts, err)
	}
	return a
}

// mustSend is send for a write that is answered at once, with the status.
func (p *phone) mustSend(t *testing.T, w write, status int) answer {
	t.Helper()
	a, err := p.send(t.Context(), w)
	if err != nil || a.status != status {
		t.Fatalf("%s %s: %d %s, %v, want %d", w.function, w.body, a.status, a.body, err, status)
	}
	return a
}

// once makes the next message in the direction, and only that one, fail after that
// many of its bytes.
func once(direction network.Direction, fault network.Fault, after func(bytes int) int) func(network.Message) network.Fault {
	return times(1, direction, fault, after)
}

func times(n int, direction network.Direction, fault network.Fault, after func(bytes int) int) func(network.Message) network.Fault {
	return func(m network.Message) network.Fault {
		if m.Direction != direction || n == 0 {
			return network.Fault{}
		}
		n--
		fault.After = after(m.Bytes)
		return fault
	}
}

func always(direction network.Direction, fault network.Fault) func(network.Message) network.Fault {
	return times(-1, direction, fault, nothing)
}

// places in a message, for once.
func nothing(int) int          { return 0 }
func firstByte(int) int        { return 1 }
func half(bytes int) int       { return bytes / 2 }
func allButOne(bytes int) int  { return bytes - 1 }
func everything(bytes int) int { return bytes }

// wantHit checks how many faults hit something.
func wantHit(t *testing.T, p *network.Proxy, want int) {
	t.Helper()
	if byKind, all := p.Faults(); all != want {
		t.Errorf("%d faults hit: %v, want %d", all, byKind, want)
	}
}

// outcome is a write and what its phone knows about it at the end.
type outcome struct {
	write
	answer *answer // nil: given up, result unknown
}

func done(w write, a answer) outcome { return outcome{w, &a} }
func givenUp(w write) outcome        { return outcome{w, nil} }

// books are the results of the writes in the tables, compared with what the phones
// know.
type books struct {
	settled, unknown int
	lost, doubled    int
	wrong            []string
	given            map[string]int // answers of the functions, by status and code
}

// audit compares the tables with the outcomes, which must be everything that was
// written. Each write that a phone saw succeed is one transition: one version of a
// record in the log and, except for an amendment, one notification for each
// audience. One that was given up is at most one. It works over a good network, and
// repeats each success: the answer must be the same, byte for byte.
func (s *system) audit(t *testing.T, outcomes []outcome) books {
	t.Helper()
	s.phones.Disturb(nil)
	s.database.Disturb(nil)
	b := books{}
	wrong := func(format string, args ...any) { b.wrong = append(b.wrong, fmt.Sprintf(format, args...)) }
	p := s.phone()

	// By mentor and kind of transition: known to have succeeded, and given up.
	type tally struct{ seen, unknown int }
	expected := map[string]map[string]*tally{}
	for _, o := range outcomes {
		kind := o.kind()
		if expected[o.mentor] == nil {
			expected[o.mentor] = map[string]*tally{"pause": {}, "amend": {}, "reactivate": {}}
		}
		if o.answer == nil {
			b.unknown++
			expected[o.mentor][kind].unknown++
			continue
		}
		b.settled++
		expected[o.mentor][kind].seen++
		again, _, err := p.settle(t.Context(), o.write)
		if err != nil || !again.replayed || !bytes.Equal(again.body, o.answer.body) {
			wrong("%s was answered %s, and repeated %s (replayed: %t, %v)", o.function, o.answer.body, again.body, again.replayed, err)
		}
	}

	admin := s.Database.Connect(t, "postgres")
	for _, o := range outcomes {
		if o.answer == nil {
			continue
		}
		record := o.answer.record(t)
		var n int
		err := admin.QueryRow(t.Context(), `select count(*) from public.pause_status_log l
			where l.pause_record_id = $1 and l.record_version = $2 and l.to_status = $3 and l.mentor_id = $4 and l.actor_id = $5`,
			record.ID, record.Version, record.Status, o.mentor, endpoint.Coordinator).Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		if n != 1 {
			wrong("%s of %s, version %d of %s, stands in the log %d times", o.function, o.mentor, record.Version, record.ID, n)
		}
	}

	rows, err := admin.Query(t.Context(), `
		select m.user_id::text,
			(select count(*) from public.pause_status_log l where l.mentor_id = m.user_id and l.from_status = 'active'),
			(select count(*) from public.pause_status_log l where l.mentor_id = m.user_id and l.from_status = 'paused' and l.to_status = 'paused'),
			(select count(*) from public.pause_status_log l where l.mentor_id = m.user_id and l.to_status = 'active'),
			(select count(*) from public.pause_records r where r.mentor_id = m.user_id),
			(select count(*) from public.pause_records r where r.mentor_id = m.user_id and r.status = 'active'),
			(select count(*) from public.notifications n where n.mentor_id = m.user_id and n.kind = 'mentor_paused' and n.audience = 'coordinator'),
			(select count(*) from public.notifications n where n.mentor_id = m.user_id and n.kind = 'mentor_paused' and n.audience = 'mentor'),
			(select count(*) from public.notifications n where n.mentor_id = m.user_id and n.kind = 'mentor_reactivated' and n.audience = 'coordinator'),
			(select count(*) from public.notifications n where n.mentor_id = m.user_id and n.kind = 'mentor_reactivated' and n.audience = 'mentor'),
			(select count(*) from public.notifications n where n.mentor_id = m.user_id)
		from public.chapter_memberships m where m.role = 'mentor'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var paused, amended, reactivated, records, closed, toldPaused, toldPausedMentor, toldBack, toldBackMentor, told int
		if err := rows.Scan(&id, &paused, &amended, &reactivated, &records, &closed,
			&toldPaused, &toldPausedMentor, &toldBack, &toldBackMentor, &told); err != nil {
			t.Fatal(err)
		}
		for kind, got := range map[string]int{"pause": paused, "amend": amended, "reactivate": reactivated} {
			want := tally{}
			if e := expected[id]; e != nil {
				want = *e[kind]
			}
			b.lost += max(0, want.seen-got)
			b.doubled += max(0, got-want.seen-want.unknown)
		}
		if records != paused || closed != reactivated || toldPaused != paused || toldPausedMentor != paused ||
			toldBack != reactivated || toldBackMentor != reactivated || told != 2*(paused+reactivated) {
			wrong("%s: log: %d paused, %d back; records: %d, %d closed; notifications: %d and %d of pauses, %d and %d of returns, %d in all",
				id, paused, reactivated, records, closed, toldPaused, toldPausedMentor, toldBack, toldBackMentor, told)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b
}

func (w write) kind() string {
	if w.function == "pause" && bytes.Contains(w.body, []byte(`"expected_version"`)) {
		return "amend"
	}
	return w.function
}

// wantExactlyOnce audits, and checks that the functions answered everything in
// time, as documented, and without a new process.
func (s *system) wantExactlyOnce(t *testing.T, outcomes ...outcome) books {
	t.Helper()
	b := s.audit(t, outcomes)
	if b.lost != 0 || b.doubled != 0 || len(b.wrong) > 0 {
		t.Errorf("of %d writes, %d lost, %d doubled\n%s", len(outcomes), b.lost, b.doubled, strings.Join(b.wrong, "\n"))
	}
	b.given = s.wantAnswersInTime(t)
	return b
}

// wantAnswersInTime reads the functions' own log, which includes answers that no
// phone got. It returns how often each was given.
func (s *system) wantAnswersInTime(t *testing.T) map[string]int {
	t.Helper()
	given := map[string]int{}
	killed := 0
	for line := range strings.Lines(s.Log.String()) {
		function, text, _ := strings.Cut(strings.TrimSpace(line), " | ")
		var entry struct {
			Message  string  `json:"msg"`
			Status   int     `json:"status"`
			Code     string  `json:"code"`
			Duration float64 `json:"duration_ms"`
		}
		if err := json.Unmarshal([]byte(text), &entry); err != nil {
			// Lambda's own line: killed, or died.
			if stalled := s.stalled(); stalled > mostStall && strings.Contains(text, lambda.TypeTimedOut) {
				t.Logf("%s had no chance to answer, the machine stood still for %v: %s", function, stalled, text)
				killed++
				continue
			}
			t.Errorf("%s did not answer: %s", function, text)
			continue
		}
		if entry.Message != "request" {
			continue
		}
		given[strings.TrimSpace(fmt.Sprint(entry.Status, " ", entry.Code))]++
		if entry.Duration >= float64(timeout.Milliseconds()) {
			t.Errorf("%s answered after the deadline: %s", function, text)
		}
		if entry.Status >= 500 && !slices.Contains([]string{"database_unavailable", "auth_unavailable", "deadline_exceeded"}, entry.Code) {
			t.Errorf("%s: %s", function, text)
		}
	}
	for name := range s.Functions {
		if n := s.Functions[name].Started(); n > s.processes+killed {
			t.Errorf("%d processes of %s were started", n, name)
		}
	}
	return given
}
