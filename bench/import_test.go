package bench_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"mentorpause/local/lambda"
)

// importing measures an import beside bare inserts of the same rows into the same tables
// with their triggers, and the dry run beside the real one; the memory of the largest
// import; and a hand-over beside single assignments.
func importing(t *testing.T, _ *system, s scale, r *report) {
	o := newSystem(t)
	enter := o.importer(t)
	o.exec(t, `create schema bench; create table bench.people (id uuid, n int); create table bench.chapters as select id, substr(name, 5)::int as n from public.chapters`)

	var entered, shown, bare []float64 // seconds
	for run := range s.runs {
		dry, done := enter(s.imported, run)
		shown, entered = append(shown, dry.Seconds()), append(entered, done.Seconds())
		bare = append(bare, o.bareImport(t, s.imported, run).Seconds())
	}
	people := number(float64(s.imported))
	r.add(t, fmt.Sprintf("import of %s people with two certifications ÷ inserts of the same rows", people), atLeast(0.5), "", quotients(bare, entered),
		"%.1f and %.1f s", median(entered), median(bare))
	r.add(t, "import: dry run ÷ real run", atMost(1), "", quotients(shown, entered), "%.1f and %.1f s", median(shown), median(entered))

	enter(s.largestImport, s.runs)
	r.add(t, fmt.Sprintf("memory of import at %s rows", number(float64(s.largestImport))), atMost(200), "MiB",
		[]float64{peakMemory(t)}, "resident at most, of its whole life")

	o.handOver(t, s, r)
}

// importedChapters is how many chapters the imported people are spread over.
const importedChapters = 20

// importer makes the chapters, the kinds and the national office, and returns what enters so
// many people, whom no other run has: how long the dry run took, and the real one.
func (o *system) importer(t *testing.T) (enter func(people, run int) (dry, real time.Duration)) {
	t.Helper()
	o.exec(t, "insert into public.chapters (id, name) select md5('chapter ' || n)::uuid, 'Lag ' || n from generate_series(1, $1::int) n", importedChapters)
	o.exec(t, "insert into public.certification_kinds (code, months_valid) values ('kurs', 24), ('attest', null)")
	o.exec(t, "insert into public.profiles (id, display_name) values ($1, 'Nasjonalt kontor')", office)
	o.exec(t, "insert into public.organisation_administrators (user_id) values ($1)", office)
	function := o.start(t, "import", 1, "")
	token := o.token(office)
	return func(people, run int) (time.Duration, time.Duration) {
		t.Helper()
		file := peopleFile(people, run)
		dry := importFile(t, function, token, fmt.Sprint("source=run", run), file)
		done := importFile(t, function, token, fmt.Sprint("source=run", run, "&preview=", url.QueryEscape(dry.preview)), file)
		if dry.news != people || done.news != people {
			t.Fatalf("%d and %d new", dry.news, done.news)
		}
		return dry.took, done.took
	}
}

// office is the national office of an organisation that imports.
var office = uuid.New()

// peopleFile is a file of so many people, whom no other run has.
func peopleFile(people, run int) []byte {
	var file bytes.Buffer
	file.WriteString("Medlemsnr;Navn;E-post;Mobil;Lokallag;Startdato;Kurs 1;Kursdato 1;Kurs 2;Kursdato 2\n")
	for n := range people {
		fmt.Fprintf(&file, "%d;Person %d av %d;p%dr%d@import.example;9%07d;Lag %d;01.02.2020;kurs;01.03.2026;attest;01.03.2020\n",
			n, n, run, n, run, n, 1+n%importedChapters)
	}
	return file.Bytes()
}

// bareImport inserts what such a file has.
func (o *system) bareImport(t *testing.T, people, run int) time.Duration {
	t.Helper()
	o.exec(t, "truncate bench.people")
	o.exec(t, "insert into bench.people select gen_random_uuid(), n from generate_series(0, $1::int - 1) n", people)
	o.exec(t, "analyze bench.people")
	tx, err := o.owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	values := strings.NewReplacer("{run}", strconv.Itoa(run), "{chapters}", strconv.Itoa(importedChapters))
	began := time.Now()
	for _, statement := range []string{
		"insert into public.profiles (id, display_name) select id, 'Bare ' || n || ' av {run}' from bench.people",
		"insert into public.contacts (person_id, email, phone) select id, 'b' || n || 'r{run}@import.example', '+479' || lpad(n::text, 7, '0') from bench.people",
		"insert into public.external_ids (source, external_id, person_id) select 'bare{run}', n::text, id from bench.people",
		"insert into public.certifications (mentor_id, kind, issued_on, expires_on) select id, c.* from bench.people cross join (values ('kurs', date '2026-03-01', date '2028-03-01'), ('attest', '2020-03-01', null)) c",
		"insert into public.chapter_memberships (chapter_id, user_id, role, started_at) select c.id, p.id, 'mentor', '2020-02-01 00:00+01' from bench.people p join bench.chapters c on c.n = 1 + p.n % {chapters}",
	} {
		if _, err := tx.Exec(t.Context(), values.Replace(statement)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return time.Since(began)
}

type importRun struct {
	preview string
	news    int
	took    time.Duration
}

// fileRequest is a request of import with a file of CSV.
func fileRequest(t *testing.T, token, query string, file []byte) []byte {
	t.Helper()
	event := request(t, token, "POST", query, nil, "content-type", "text/csv", "accept-encoding", "gzip")
	var fields map[string]any
	if err := json.Unmarshal(event, &fields); err != nil {
		t.Fatal(err)
	}
	fields["body"], fields["isBase64Encoded"] = base64.StdEncoding.EncodeToString(file), true
	event, err := json.Marshal(fields)
	if err != nil {
		t.Fatal(err)
	}
	return event
}

func importFile(t *testing.T, function *lambda.Function, token, query string, file []byte) importRun {
	t.Helper()
	event := fileRequest(t, token, query, file)
	began := time.Now()
	response, err := invoke(t.Context(), function, event)
	took := time.Since(began)
	if err != nil {
		t.Fatal(err)
	}
	body := plainBytes(t, response)
	var answer struct {
		Preview string
		Counts  struct{ New int }
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	return importRun{answer.Preview, answer.Counts.New, took}
}

// peakMemory is the most that the function's process ever had in memory, in MiB.
func peakMemory(t *testing.T) float64 {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	most := 0.0
	for _, exe := range processes {
		if program, err := os.Readlink(exe); err != nil || program != filepath.Join(binaries(t), "import") {
			continue // somebody else's, or gone
		}
		status, err := os.ReadFile(filepath.Join(filepath.Dir(exe), "status"))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(status)) {
			if fields := strings.Fields(line); len(fields) > 1 && fields[0] == "VmHWM:" {
				kib, _ := strconv.ParseFloat(fields[1], 64)
				most = max(most, kib/1024)
			}
		}
	}
	if most == 0 {
		t.Fatal("no process of the function")
	}
	return most
}

// plainBytes is a response's body as the client reads it.
func plainBytes(t *testing.T, response events.LambdaFunctionURLResponse) []byte {
	t.Helper()
	body := []byte(response.Body)
	var err error
	if response.IsBase64Encoded {
		if body, err = base64.StdEncoding.DecodeString(response.Body); err != nil {
			t.Fatal(err)
		}
	}
	if response.Headers["content-encoding"] == "gzip" {
		unzip, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if body, err = io.ReadAll(unzip); err != nil {
			t.Fatal(err)
		}
	}
	return body
}

// handOver compares handing all mentors of a coordinator over with assigning them one by
// one.
func (o *system) handOver(t *testing.T, s scale, r *report) {
	t.Helper()
	coordinators := [3]uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
	for i, id := range coordinators {
		o.exec(t, "insert into public.profiles (id, display_name) values ($1, $2)", id, fmt.Sprint("Koordinator ", i))
		o.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) values (md5('chapter 1')::uuid, $1, 'coordinator')", id)
	}
	o.exec(t, "create table bench.mentors as select gen_random_uuid() as id, n from generate_series(1, $1::int) n", s.handedOver)
	o.exec(t, "insert into public.profiles (id, display_name) select id, 'Likeperson ' || n from bench.mentors")
	o.exec(t, "insert into public.coordinator_assignments (mentor_id, coordinator_id) select id, $1 from bench.mentors", coordinators[0])
	o.exec(t, "insert into public.chapter_memberships (chapter_id, user_id, role) select md5('chapter 1')::uuid, id, 'mentor' from bench.mentors")
	o.exec(t, "vacuum analyze")
	rows, err := o.owner.Query(t.Context(), "select id::text from bench.mentors")
	if err != nil {
		t.Fatal(err)
	}
	var mentors []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		mentors = append(mentors, id)
	}
	conn := o.database.Connect(t, "postgres")
	for _, setting := range []string{
		fmt.Sprintf(`select set_config('request.jwt.claims', '{"sub": "%s", "role": "authenticated"}', false)`, office), "set role authenticated",
	} {
		if _, err := conn.Exec(t.Context(), setting); err != nil {
			t.Fatal(err)
		}
	}
	do := func(sql string, args ...any) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	var ratios, together, single []float64
	for run := range s.runs {
		from, to := coordinators[run%2], coordinators[1-run%2]
		began := time.Now()
		do("select public.hand_over($1, $2)", from, to)
		together = append(together, time.Since(began).Seconds())
		began = time.Now()
		for _, mentor := range mentors {
			do("select public.assign_coordinator($1, $2)", mentor, coordinators[2])
		}
		single = append(single, time.Since(began).Seconds())
		o.exec(t, "update public.coordinator_assignments set ended_at = clock_timestamp() where coordinator_id = $1 and ended_at is null", coordinators[2])
	}
	ratios = quotients(single, together)
	r.add(t, fmt.Sprintf("hand-over of %s mentors ÷ as many single assignments", number(float64(s.handedOver))), atLeast(10), "", ratios,
		"%.2f and %.2f s", median(together), median(single))
}
