package bench_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"mentorpause/local/network"
	"mentorpause/local/people"
)

// rosterPages compares the time of a page in SQL between chapters of different sizes,
// with the least that 50 rows of the index take, and with the query without a read
// model.
func rosterPages(t *testing.T, o *system, s scale, r *report) {
	sizes, large := s.sizes(), s.largest()
	type subject struct {
		calls  int // in a run
		url    string
		script pgbenchScript
		took   []float64 // µs, the median of each run
		now    []float64 // µs, of the calls of the current run
	}
	var subjects []*subject
	add := func(calls int, url, sql string, variables map[string]string) *subject {
		subjects = append(subjects, &subject{max(calls, 1), url, pgbenchScript{sql, variables}, nil, nil})
		return subjects[len(subjects)-1]
	}
	var first, middle, normalised, floor []*subject
	for n, size := range sizes {
		chapter := o.chapter(t, size)
		url := o.signedIn(t, chapter)
		first = append(first, add(s.calls, url, "select private.coordinator_roster(null, null, null, null, null);", nil))
		// Around the middle, so that every chapter has a page before and one after.
		middle = append(middle, add(s.calls, url, "select private.coordinator_roster(null, null, null, null, :after::text);",
			map[string]string{"after": o.cursor(t, chapter, (size-50)/2)}))
		floor = append(floor, add(s.calls, o.database.URL("postgres"), rosterFloor, map[string]string{"chapter": chapter.ID.String()}))
		// The query for the largest chapter takes seconds.
		normalised = append(normalised, add([]int{s.calls / 10, 2, 1}[n], url, normalisedRoster, map[string]string{"chapter": chapter.ID.String()}))
	}
	// In many short turns, because the machine's speed changes from second to second.
	for range s.runs {
		for turn := range s.turns {
			for _, subject := range subjects {
				if calls := subject.calls / s.turns; calls > 0 {
					subject.now = append(subject.now, pgbenchLatencies(t, subject.url, subject.script, calls)...)
				} else if turn == 0 {
					subject.now = append(subject.now, pgbenchLatencies(t, subject.url, subject.script, subject.calls)...)
				}
			}
			slices.Reverse(subjects) // so that the order changes
		}
		for _, subject := range subjects {
			subject.took = append(subject.took, median(subject.now))
			subject.now = nil
		}
	}
	us := func(s *subject) string { return number(median(s.took)) + " µs" }
	for _, page := range []struct {
		name     string
		subjects []*subject
	}{{"first page", first}, {"page in the middle", middle}} {
		r.add(t, fmt.Sprintf("roster in SQL, %s: chapter of %s ÷ chapter of 100", page.name, number(float64(large))), atMost(1.10), "",
			quotients(last(page.subjects).took, page.subjects[0].took), "%s and %s", us(last(page.subjects)), us(page.subjects[0]))
	}
	r.add(t, "roster in SQL ÷ the floor: 50 rows through the index, no JSON", atMost(3.5), "",
		quotients(last(first).took, last(floor).took), "%s and %s, both unprepared", us(last(first)), us(last(floor)))
	r.add(t, fmt.Sprintf("the normalised query under RLS ÷ roster in SQL, chapter of %s", number(float64(large))), bar{}, "",
		quotients(last(normalised).took, last(first).took), "%s and %s", us(last(normalised)), us(last(first)))

	latency := table{title: "A page of the roster in SQL, median in µs", across: "mentors in the chapter", columns: sizes}
	for _, line := range []struct {
		name     string
		subjects []*subject
	}{{"normalised query", normalised}, {"roster, first page", first}, {"roster, page in the middle", middle}, {"floor: 50 rows, no JSON", floor}} {
		var took []float64
		for _, subject := range line.subjects {
			took = append(took, median(subject.took))
		}
		latency.add(line.name, took)
	}
	r.tables = append(r.tables, latency)
}

func last[T any](values []T) T { return values[len(values)-1] }

// rosterFloor reads the page's part of the read model, in its order.
const rosterFloor = `select n.mentor_id, n.display_name, n.chapter_set_id, n.certified_until, n.coordinators
	from private.roster_entries n where n.chapter_id = :chapter::uuid order by n.display_name, n.mentor_id limit 50;`

// normalisedRoster is the page and the counts without a read model.
const normalisedRoster = `with roster as (
		select m.user_id as mentor_id, p.display_name, c.certified_until, r.id as pause_record_id, r.version,
			r.pause_reason, r.paused_at, r.expected_return_date,
			case when c.certified_until < current_date then 'expired_cert' when r.paused_at is not null then 'paused' else 'active' end as status
		from public.chapter_memberships m
		join public.profiles p on p.id = m.user_id
		left join public.pause_records r on r.mentor_id = m.user_id and r.status in ('paused', 'expired_cert')
		left join lateral (
			select max(coalesce(k.expires_on, 'infinity')) as certified_until
			from public.certifications k where k.mentor_id = m.user_id and k.kind = 'kurs'
		) c on true
		where m.chapter_id = :chapter::uuid and m.role = 'mentor' and m.ended_at is null
	)
	select json_build_object(
		'summary', (select json_build_object('total', count(*), 'active', count(*) filter (where status = 'active'),
			'paused', count(*) filter (where status = 'paused'), 'expired_cert', count(*) filter (where status = 'expired_cert'),
			'expiring_soon', count(*) filter (where certified_until between current_date and current_date + 30),
			'return_overdue', count(*) filter (where status = 'paused' and expected_return_date < current_date)) from roster),
		'mentors', (select json_agg(page) from (
			select q.*, (select json_agg(json_build_object('id', a.coordinator_id, 'name', o.display_name))
				from public.coordinator_assignments a join public.profiles o on o.id = a.coordinator_id
				where a.mentor_id = q.mentor_id) as coordinators
			from (select * from roster order by display_name, mentor_id limit 50) q) page));`

// signedIn is a URL with sessions of the chapter's coordinator, for measurements
// without a request's settings.
func (o *system) signedIn(t *testing.T, chapter people.Chapter) string {
	t.Helper()
	claims, err := json.Marshal(map[string]any{"sub": chapter.Coordinator, "role": "authenticated", "aud": "authenticated", "is_anonymous": false})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(o.database.URL("pause_api"))
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Set("options", "-c role=authenticated -c request.jwt.claims="+string(claims))
	// libpq gives a plus sign another meaning.
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20")
	return u.String()
}

// cursor returns that of the page after that many mentors of the chapter.
func (o *system) cursor(t *testing.T, chapter people.Chapter, after int) string {
	t.Helper()
	var name string
	var id uuid.UUID
	if err := o.owner.QueryRow(t.Context(), `select n.display_name, n.mentor_id from private.roster_entries n
		where n.chapter_id = $1 order by n.display_name, n.mentor_id limit 1 offset $2 - 1`, chapter.ID, after).Scan(&name, &id); err != nil {
		t.Fatal(err)
	}
	var plain, seal string
	if err := o.owner.QueryRow(t.Context(), "select jsonb_build_array($1::text, $2::uuid)::text", name, id).Scan(&plain); err != nil {
		t.Fatal(err)
	}
	payload := base64.RawURLEncoding.EncodeToString([]byte(plain))
	if err := o.owner.QueryRow(t.Context(), `select private.seal_cursor($1, jsonb_build_array($2::uuid, null, null, null)::text, s.cursor_key)
		from private.settings s`, payload, chapter.Coordinator).Scan(&seal); err != nil {
		t.Fatal(err)
	}
	return payload + "." + seal
}

// rosterThroughput compares requests per second: the function in one process for all
// clients, and in one for each as it is deployed; pgbench with the SQL that the
// function sends; and the functions in TypeScript.
func rosterThroughput(t *testing.T, o *system, s scale, r *report) {
	token := o.token(o.chapter(t, s.sizes()[0]).Coordinator)
	url := o.database.URL("pause_api")
	event := request(t, token, "GET", "", nil)
	sql := pipeline("roster", recorded(t, url, func(url string) {
		f := o.start(t, "roster", 1, url)
		defer f.Close()
		if _, err := invoke(t.Context(), f, event); err != nil {
			t.Error(err)
		}
	}), nil)

	most := slices.Max(s.clients)
	ours, theirs := o.served(t, "roster", url), o.typeScript(t, url)
	deployed := o.start(t, "roster", most, "")
	httpLoad := func(server *server, path string) func(clients int) sample {
		connections := server.clients(t, most)
		return func(clients int) sample {
			requests := make([]*fasthttp.Request, clients)
			for n := range requests {
				requests[n] = plain("GET", path, token, nil)
			}
			return loadBySockets(t, clients, s.length, func(client, _ int) error { return connections[client].call(requests[client]) })
		}
	}
	subjects := []struct {
		name string
		run  func(clients int) sample
	}{
		{"pgbench, the same SQL", func(clients int) sample {
			return sample{rate: runPgbench(t, url, sql, clients, s.length).rate}
		}},
		{"the function, one process", httpLoad(ours, "/")},
		{"TypeScript, naive", httpLoad(theirs, "/naive")},
		{"TypeScript, naive, unprepared", httpLoad(theirs, "/pooled")},
		{"TypeScript, tuned", httpLoad(theirs, "/tuned")},
		{"the function, a process per client", func(clients int) sample {
			return load(t, clients, s.length, func(int, int) error {
				_, err := deployed.Invoke(t.Context(), event)
				return err
			})
		}},
	}
	rates := make([]map[int][]float64, len(subjects))
	for n := range subjects {
		rates[n] = map[int][]float64{}
		subjects[n].run(most) // opens connections, starts processes
	}
	for run := range s.runs {
		for _, clients := range s.clients {
			for at := range subjects {
				n := at
				if run%2 == 1 { // so that the order changes
					n = len(subjects) - 1 - at
				}
				rates[n][clients] = append(rates[n][clients], subjects[n].run(clients).rate)
			}
		}
	}
	rate := func(n, clients int) string { return number(median(rates[n][clients])) + "/s" }
	for _, clients := range s.barred {
		for _, ratio := range []struct {
			name          string
			subject, peer int
			bar           bar
		}{
			{"the function ÷ pgbench", 1, 0, atLeast(0.65)},
			{"the function ÷ naive TypeScript", 1, 2, atLeast(2.5)},
			{"the function ÷ naive TypeScript without prepared statements", 1, 3, bar{}},
			{"the function ÷ tuned TypeScript", 1, 4, bar{}},
			{"as on Lambda, a process per client, ÷ pgbench", 5, 0, bar{}},
		} {
			r.add(t, fmt.Sprintf("roster, %d clients: %s", clients, ratio.name), ratio.bar, "",
				quotients(rates[ratio.subject][clients], rates[ratio.peer][clients]), "%s and %s", rate(ratio.subject, clients), rate(ratio.peer, clients))
		}
	}
	if memory := residentMemory(t, "roster"); memory != nil {
		r.add(t, "resident memory of a function under load", atMost(24), "MiB", memory, "the largest of %d processes; of roster", most)
	}

	throughput := table{title: "Pages of the roster a second, median", across: "clients at once", columns: s.clients}
	for n, subject := range subjects {
		var pages []float64
		for _, clients := range s.clients {
			pages = append(pages, median(rates[n][clients]))
		}
		throughput.add(subject.name, pages)
	}
	r.tables = append(r.tables, throughput)
}

// far compares how long one client waits if the database is 2 ms away.
func far(t *testing.T, o *system, s scale, r *report) {
	token := o.token(o.chapter(t, s.sizes()[0]).Coordinator)
	between, url := network.Before(t, o.database.URL("pause_api"))
	between.Shape(2*time.Millisecond, 0)
	ours := o.served(t, "roster", url).clients(t, 1)[0]
	theirs := o.typeScript(t, url).clients(t, 1)[0]
	subjects := []struct {
		name    string
		client  *client
		request *fasthttp.Request
		bar     bar
		p50     []float64 // ms
		trips   float64
	}{
		{"the function", ours, plain("GET", "/", token, nil), bar{}, nil, 0},
		{"naive TypeScript", theirs, plain("GET", "/naive", token, nil), atLeast(4), nil, 0},
		{"naive TypeScript without prepared statements", theirs, plain("GET", "/pooled", token, nil), bar{}, nil, 0},
		{"tuned TypeScript", theirs, plain("GET", "/tuned", token, nil), bar{}, nil, 0},
	}
	var spoken atomic.Int64
	between.Disturb(func(m network.Message) network.Fault {
		if m.Direction == network.Request {
			spoken.Add(1)
		}
		return network.Fault{}
	})
	for run := range s.runs + 1 {
		for n := range subjects {
			subject := &subjects[n]
			before := spoken.Load()
			took := load(t, 1, s.length/3, func(int, int) error { return subject.client.call(subject.request) })
			subject.trips = math.Round(float64(spoken.Load()-before) / float64(took.calls))
			if run > 0 { // the first one connects
				subject.p50 = append(subject.p50, took.p50)
			}
		}
	}
	us := subjects[0]
	for _, peer := range subjects[1:] {
		r.add(t, fmt.Sprintf("2 ms to the database, one client, p50: %s ÷ the function", peer.name), peer.bar, "",
			quotients(peer.p50, us.p50), "%s and %s ms, in %v and %v round trips", number(median(peer.p50)), number(median(us.p50)), peer.trips, us.trips)
	}
}

// roundTrips counts how often the functions send to the database and wait.
func roundTrips(t *testing.T, o *system, s scale, r *report) {
	chapter := o.chapter(t, s.sizes()[0])
	token := o.token(chapter.Coordinator)
	between, url := network.Before(t, o.database.URL("pause_api"))
	var spoken atomic.Int32
	between.Disturb(func(m network.Message) network.Fault {
		if m.Direction == network.Request {
			spoken.Add(1)
		}
		return network.Fault{}
	})
	mentors := o.mentors(t, chapter)
	office := uuid.New()
	o.exec(t, "insert into public.profiles (id, display_name) values ($1, 'Nasjonalt kontor')", office)
	o.exec(t, "insert into public.organisation_administrators (user_id) values ($1)", office)
	for _, function := range []struct {
		name  string
		event func(n int) []byte // the nth request
	}{
		{"roster", func(int) []byte { return request(t, token, "GET", "", nil) }},
		{"mentor", func(n int) []byte { return request(t, token, "GET", "mentor_id="+mentors[n].String(), nil) }},
		{"inbox", func(int) []byte { return request(t, token, "GET", "", nil) }},
		{"requests", func(int) []byte { return request(t, token, "GET", "state=open", nil) }},
		{"follow-up", func(int) []byte { return request(t, o.token(office), "GET", "", nil) }},
		{"people", func(int) []byte { return request(t, o.token(office), "GET", "", nil) }},
		{"period-report", func(int) []byte { return request(t, token, "GET", "from=2026-01-01&to=2026-01-31", nil) }},
		{"import", func(n int) []byte { return fileRequest(t, o.token(office), "", fmt.Appendf(nil, "Navn\nNy %d\n", n)) }},
		{"pause", func(n int) []byte { return request(t, token, "POST", "", pauseBody(mentors[n]), newKey()...) }},
		{"reactivate", func(n int) []byte { return request(t, token, "POST", "", reactivateBody(mentors[n]), newKey()...) }},
	} {
		f := o.start(t, function.name, 1, url)
		trips := func(n int) []float64 {
			event := function.event(n)
			before := spoken.Load()
			if _, err := invoke(t.Context(), f, event); err != nil {
				t.Fatal(err)
			}
			return []float64{float64(spoken.Load() - before)}
		}
		trips(0) // connects
		r.add(t, "round trips of "+function.name+", warm", atMost(1), "", trips(1), "counted by a proxy in front of the database")
		time.Sleep(1500 * time.Millisecond) // another pool would ping the connection first
		r.add(t, "round trips of "+function.name+", after idling", atMost(1), "", trips(2), "1.5 s later")
	}
}

// size compares the bytes of a page with and without gzip.
func size(t *testing.T, o *system, s scale, r *report) {
	token := o.token(o.chapter(t, s.sizes()[0]).Coordinator)
	f := o.start(t, "roster", 1, "")
	var bytes [2]float64
	for n, headers := range [][]string{nil, {"accept-encoding", "gzip"}} {
		response, err := invoke(t.Context(), f, request(t, token, "GET", "", nil, headers...))
		if err != nil {
			t.Fatal(err)
		}
		body := []byte(response.Body)
		if response.IsBase64Encoded {
			if body, err = base64.StdEncoding.DecodeString(response.Body); err != nil {
				t.Fatal(err)
			}
		}
		bytes[n] = float64(len(body))
	}
	r.add(t, "bytes of a page of 50: with gzip ÷ without", atMost(0.25), "", []float64{bytes[1] / bytes[0]}, "%s and %s bytes", number(bytes[1]), number(bytes[0]))
}
