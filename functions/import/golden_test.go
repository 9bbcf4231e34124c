package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mentorpause/local/endpoint"
	"mentorpause/local/memberfile"
	"mentorpause/shared/memberlist"
	"mentorpause/shared/peopleimport"
)

var update = flag.Bool("update", false, "rewrite the golden answers")

// organisation is the function with everything that the generated files name.
func organisation(t testing.TB) *endpoint.Bundle {
	t.Helper()
	b := setup(t)
	owner := b.Database.Connect(t, "postgres")
	for _, statement := range []struct {
		sql  string
		args []any
	}{
		{"insert into public.chapters (name) select n from unnest($1::text[]) n", []any{memberfile.Chapters}},
		{"insert into public.certification_kinds (code, months_valid) select k, 24 from unnest($1::text[]) k where k not in ('Grunnkurs', 'Førstehjelp')", []any{memberfile.Kinds}},
		{"insert into public.profiles (id, display_name) values ('00000000-0000-4000-8000-00000000000b', 'Koordinator Kari')", nil},
		{"insert into public.contacts (person_id, email) values ('00000000-0000-4000-8000-00000000000b', $1)", []any{memberfile.Coordinator}},
		{`insert into public.chapter_memberships (chapter_id, user_id, role)
			select c.id, '00000000-0000-4000-8000-00000000000b', 'coordinator' from public.chapters c`, nil},
	} {
		if _, err := owner.Exec(t.Context(), statement.sql, statement.args...); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func generated(t testing.TB, c memberfile.Config) memberfile.File {
	t.Helper()
	file, err := memberfile.Write(c)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestDialects compares what is answered about ten rows with testdata/<dialect>.json.
func TestDialects(t *testing.T) {
	t.Parallel()
	b := organisation(t)
	for _, dialect := range memberfile.Dialects() {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			file := generated(t, memberfile.Config{Rows: 10, Seed: 7, Dialect: dialect, MistakesPercent: 1})
			answer := want(t, b.Invoke(t, post(b, office, "source=system", file.Content)))
			answer.Preview = "" // has ids in it
			for i, row := range answer.Rows {
				// Sorted, one name a line.
				var changes map[string]struct{ From, To *string }
				if err := json.Unmarshal(row.Changes, &changes); err != nil {
					t.Fatal(err)
				}
				answer.Rows[i].Changes, _ = json.Marshal(changes)
			}
			got, err := json.MarshalIndent(answer, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", string(dialect)+".json")
			if *update {
				if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// stored is what an import has entered, counted.
type stored struct{ People, Emails, Phones, Memberships, Ended, Certifications, Assignments, Logged int }

// expected counts the same in the rows of a list that have no problem.
func expected(rows []memberlist.Row) (e stored) {
	people, emails, phones := map[int]bool{}, map[int]bool{}, map[int]bool{}
	for _, row := range rows {
		if len(row.Problems) > 0 {
			continue
		}
		e.Logged++
		people[row.Person] = true
		emails[row.Person] = emails[row.Person] || row.Email != ""
		phones[row.Person] = phones[row.Person] || row.Phone != ""
		e.Memberships++
		if row.LastDay != "" && row.LastDay != memberlist.Never {
			e.Ended++
		}
		e.Certifications += len(row.Certifications)
		if row.Coordinator != "" && row.Role == "mentor" {
			e.Assignments++
		}
	}
	e.People = len(people)
	for person := range people {
		if emails[person] {
			e.Emails++
		}
		if phones[person] {
			e.Phones++
		}
	}
	return e
}

// Of a thousand rows with every kind of mistake, exactly those without one are entered, in
// each dialect; no national identity number comes out or in; and once more changes nothing.
func TestThousandRows(t *testing.T) {
	t.Parallel()
	for _, dialect := range memberfile.Dialects() {
		t.Run(string(dialect), func(t *testing.T) {
			t.Parallel()
			b := organisation(t)
			file := generated(t, memberfile.Config{Rows: 1000, Seed: 11, Dialect: dialect, MistakesPercent: 1, IdentityColumns: true})
			read, err := memberlist.Read(file.Content, memberlist.Options{})
			if err != nil {
				t.Fatal(err)
			}
			dry, done := both(t, b, office, "source=system", file.Content)

			var got stored
			scan(t, b, `select (select count(*) from public.external_ids where source = 'system'),
				(select count(c.email) from public.contacts c join public.external_ids x using (person_id) where x.source = 'system'),
				(select count(c.phone) from public.contacts c join public.external_ids x using (person_id) where x.source = 'system'),
				(select count(*) from public.chapter_memberships m join public.external_ids x on x.person_id = m.user_id where x.source = 'system'),
				(select count(m.ended_at) from public.chapter_memberships m join public.external_ids x on x.person_id = m.user_id where x.source = 'system'),
				(select count(*) from public.certifications c join public.external_ids x on x.person_id = c.mentor_id where x.source = 'system'),
				(select count(*) from public.coordinator_assignments a join public.external_ids x on x.person_id = a.mentor_id where x.source = 'system'),
				(select count(*) from public.people_log where command = 'import')`,
				&got.People, &got.Emails, &got.Phones, &got.Memberships, &got.Ended, &got.Certifications, &got.Assignments, &got.Logged)
			if diff := cmp.Diff(expected(read.Rows), got); diff != "" {
				t.Errorf("(-what the file says +stored)\n%s", diff)
			}
			var mistakes []memberfile.Mistake
			for _, row := range dry.Rows {
				for _, p := range row.Problems {
					mistakes = append(mistakes, memberfile.Mistake{Row: row.Row, Code: p.Code})
				}
			}
			byRow := func(a, b memberfile.Mistake) int {
				return strings.Compare(fmt.Sprintf("%6d %s", a.Row, a.Code), fmt.Sprintf("%6d %s", b.Row, b.Code))
			}
			slices.SortFunc(mistakes, byRow)
			if diff := cmp.Diff(slices.SortedFunc(slices.Values(file.Mistakes), byRow), mistakes); diff != "" {
				t.Errorf("(-made +found)\n%s", diff)
			}
			if done.Counts.New != got.Logged || done.Counts.Refused != 1000-got.Logged {
				t.Errorf("%+v", done.Counts)
			}
			wantNoIdentityNumbers(t, b, file, dry, done)

			_, again := both(t, b, office, "source=system", file.Content)
			if diff := cmp.Diff(peopleimport.Counts{Unchanged: got.Logged, Refused: 1000 - got.Logged}, again.Counts); diff != "" {
				t.Errorf("the same file again (-want +got)\n%s", diff)
			}
			var wrong int
			scan(t, b, `select (select count(*) from private.find_roster_differences((select array_agg(id) from public.profiles)))
				+ (select count(*) from private.find_log_discrepancies((select array_agg(id) from public.profiles)))`, &wrong)
			if wrong != 0 {
				t.Errorf("%d things are wrong in the roster or the log", wrong)
			}
		})
	}
}

// wantNoIdentityNumbers looks for the file's numbers in the answers, the log and the database.
func wantNoIdentityNumbers(t *testing.T, b *endpoint.Bundle, file memberfile.File, answers ...peopleimport.Answer) {
	t.Helper()
	if len(file.IdentityNumbers) == 0 {
		t.Fatal("the file has none")
	}
	said, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	var kept string
	scan(t, b, `select concat((select jsonb_agg(l) from public.people_log l), (select jsonb_agg(p) from public.profiles p), (select jsonb_agg(c) from public.contacts c),
		(select jsonb_agg(x) from public.external_ids x), (select jsonb_agg(i) from private.idempotent_requests i), (select jsonb_agg(i) from private.imports i))`, &kept)
	digits := strings.Map(func(r rune) rune {
		if r == ' ' || r == '.' || r == '-' {
			return -1
		}
		return r
	}, string(said)+kept+b.Log.String())
	numbers := map[string]bool{}
	for _, n := range file.IdentityNumbers {
		numbers[n] = true
	}
	for i := range len(digits) - 10 {
		if numbers[digits[i:i+11]] {
			t.Fatal("an identity number of the file is in an answer, the log or the database")
		}
	}
}

// The largest list; its answer is sent only compressed.
func TestTwentyThousandRows(t *testing.T) {
	t.Parallel()
	b := organisation(t)
	file := generated(t, memberfile.Config{Rows: memberlist.MaxRows, Seed: 5, Dialect: memberfile.ExcelCSV, MistakesPercent: 1})
	endpoint.WantRefusal(t, patient(t, b, post(b, office, "source=system", file.Content)), 413, "payload_too_large")
	event := post(b, office, "source=system", file.Content)
	event.Headers["accept-encoding"] = "gzip"
	answer := want(t, patient(t, b, event))
	refused := map[int]bool{}
	for _, m := range file.Mistakes {
		refused[m.Row] = true
	}
	if answer.Counts.Refused != len(refused) || answer.Counts.New != memberlist.MaxRows-len(refused) {
		t.Errorf("%+v, %d rows have mistakes", answer.Counts, len(refused))
	}
}
