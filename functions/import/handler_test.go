package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"mentorpause/local/endpoint"
	"mentorpause/shared/memberlist"
	"mentorpause/shared/peopleimport"
)

// The document can't say what is in a file, and when a mapping is one.
func TestMain(m *testing.M) {
	endpoint.Main(m, "import", endpoint.Unsaid{
		"TestTwentyThousandRows":                        "OpenAPI doesn't know how large an answer is",
		"TestFilesAreRefusedWhole":                      "OpenAPI doesn't look into a file",
		"TestImportIsRefused/mapping that isn't JSON":   "OpenAPI doesn't look into a parameter",
		"TestImportIsRefused/mapping of no field":       "the same",
		"TestImportIsRefused/a file of what is entered": "OpenAPI can't say that two parameters exclude each other",
		"TestImportIsRefused/source with a number":      "OpenAPI knows no identity numbers",
	})
}

const (
	key           = "8e03978e-40d5-43e8-bc93-6894a57f9324"
	administrator = "00000000-0000-4000-8000-0000000000ad" // of Oslo
	office        = "00000000-0000-4000-8000-0000000000af" // of the organisation
)

// setup is the function with administrators and two kinds.
func setup(t testing.TB) *endpoint.Bundle {
	t.Helper()
	b := endpoint.New(t, newEndpoint)
	exec(t, b, staff)
	return b
}

const staff = `
insert into public.profiles (id, display_name, locale) values
	('00000000-0000-4000-8000-0000000000ad', 'Anne Administrator', 'en'), ('00000000-0000-4000-8000-0000000000af', 'Oda Office', 'nb');
insert into public.chapter_memberships (chapter_id, user_id, role) values
	('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000ad', 'administrator');
insert into public.organisation_administrators (user_id) values ('00000000-0000-4000-8000-0000000000af');
insert into public.contacts (person_id, email) values ('00000000-0000-4000-8000-0000000000c1', 'kari@lag.example');
insert into public.certification_kinds (code, name_nb, months_valid) values ('basic', 'Grunnkurs', 24), ('first-aid', 'Førstehjelp', null);`

func exec(t testing.TB, b *endpoint.Bundle, sql string) {
	t.Helper()
	if _, err := b.Database.Connect(t, "postgres").Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func scan(t testing.TB, b *endpoint.Bundle, sql string, into ...any) {
	t.Helper()
	if err := b.Database.Connect(t, "postgres").QueryRow(t.Context(), sql).Scan(into...); err != nil {
		t.Fatal(err)
	}
}

// post sends a file.
func post(b *endpoint.Bundle, user, query string, file []byte) events.LambdaFunctionURLRequest {
	event := b.Post(user, nil)
	event.RawQueryString = query
	event.Headers["content-type"] = "text/csv; charset=utf-8"
	if bytes.HasPrefix(file, []byte("PK")) {
		event.Headers["content-type"] = xlsxType
	}
	event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(file), true
	return event
}

// want reads a success.
func want(t testing.TB, response events.LambdaFunctionURLResponse) peopleimport.Answer {
	t.Helper()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("status %d: %.600s", response.StatusCode, response.Body)
	}
	body := []byte(response.Body)
	if response.IsBase64Encoded {
		body, _ = base64.StdEncoding.DecodeString(response.Body)
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
	var answer peopleimport.Answer
	if err := json.Unmarshal(body, &answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// patient invokes the function with more time than it has, as this machine may do much
// else: how fast it is, the benchmark says.
func patient(t testing.TB, b *endpoint.Bundle, event events.LambdaFunctionURLRequest) events.LambdaFunctionURLResponse {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	return b.InvokeContext(t, ctx, event)
}

// both makes the dry run, and carries it out.
func both(t testing.TB, b *endpoint.Bundle, user, query string, file []byte) (dry, done peopleimport.Answer) {
	t.Helper()
	dry = want(t, patient(t, b, post(b, user, query, file)))
	done = want(t, patient(t, b, post(b, user, query+"&preview="+dry.Preview, file)))
	if done.Counts != dry.Counts || done.DryRun || !dry.DryRun {
		t.Errorf("the dry run said %+v, the real one %+v", dry.Counts, done.Counts)
	}
	return dry, done
}

const list = "Navn;E-post;Medlemsnr;Koordinator;Startdato;Kurs;Kursdato;Merknad\n" +
	"Anne Ny;anne@ny.example;17;kari@lag.example;24.11.2024;grunnkurs;01.11.2024;ring henne\n" +
	"Ola Ny;ola@ny.example;18;Ukjent Person;24.11.2024;;;\n" +
	"Åse Ødegård;;19;;24.11.2024;;;\n" +
	"Feil Adresse;feil;20;;24.11.2024;;;\n"

func TestImportSaysWhatEachRowDoes(t *testing.T) {
	t.Parallel()
	b := setup(t)

	dry, done := both(t, b, administrator, "source=system", []byte(list))

	if diff := cmp.Diff(peopleimport.Counts{New: 1, Refused: 2, PossibleDuplicate: 1}, done.Counts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	var said []string
	for _, row := range dry.Rows {
		line := fmt.Sprint(row.Row, " ", row.Outcome)
		for _, p := range row.Problems {
			line += fmt.Sprint(" ", p.Column, " ", p.Code, " ", p.Message)
		}
		said = append(said, line)
	}
	// The administrator reads English.
	if diff := cmp.Diff([]string{
		"2 new",
		"3 refused Koordinator coordinator_unknown Row 3, column “Koordinator”: No coordinator of the chapter is called so. Write the e-mail address, the member number or the full name of one of them.",
		"4 possible_duplicate",
		"5 refused E-post email_invalid Row 5, column “E-post”: This is not one e-mail address. Write it like this: kari@example.com, or leave the cell empty.",
	}, said); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if dry.Rows[2].PersonID == nil || *dry.Rows[2].PersonID != endpoint.Mentor {
		t.Errorf("perhaps the same as %v", dry.Rows[2].PersonID)
	}
	if name := dry.Rows[2].Name; name == nil || *name != "Åse Ødegård" || dry.Rows[0].Name != nil {
		t.Errorf("perhaps the same as %v", name)
	}
	// A refused row has the name that stands in it.
	if name := dry.Rows[1].Name; name == nil || *name != "Ola Ny" {
		t.Errorf("the refused row is about %v", name)
	}
	if last := dry.Columns[len(dry.Columns)-1]; last.Header != "Merknad" || last.Field != nil || last.Filled != 1 {
		t.Errorf("the unknown column is %+v", last)
	}
	var people, certified int
	scan(t, b, `select count(*), count(c.id) from public.external_ids x left join public.certifications c on c.mentor_id = x.person_id
		where x.source = 'system'`, &people, &certified)
	if people != 1 || certified != 1 {
		t.Errorf("%d people, %d certifications", people, certified)
	}

	_, again := both(t, b, administrator, "source=system", []byte(list))
	if again.Counts.New+again.Counts.Changed != 0 || again.Counts.Unchanged != 1 {
		t.Errorf("the same file again: %+v", again.Counts)
	}
	newer := strings.Replace(list, "Anne Ny", "Anne Nyere", 1)
	_, changed := both(t, b, administrator, "source=system", []byte(newer))
	if changed.Counts.Changed != 1 || !strings.Contains(string(changed.Rows[0].Changes), `"to": "Anne Nyere"`) && !strings.Contains(string(changed.Rows[0].Changes), `"to":"Anne Nyere"`) {
		t.Errorf("a newer file: %+v %s", changed.Counts, changed.Rows[0].Changes)
	}
	if strings.Contains(b.Log.String(), "Anne") || strings.Contains(b.Log.String(), "example") {
		t.Errorf("logged %s", b.Log)
	}
}

// What was refused comes back as a file that says why, and can be sent once it is right.
func TestRefusedRowsAsAFile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	file := "Navn;E-post;Medlemsnr;Mobil;Personnr;Merknad\n" +
		"Anne Ny;anne@ny.example;17;;;\n" +
		"=HYPERLINK(1);feil;20;+47 912 34 567;01019010046;ringes\n" +
		"\"Ola; Ny\";også feil;21;91234568;;\n" +
		"Åse Ødegård;;19;;;\n"

	response := b.Invoke(t, post(b, administrator, "source=system&format=csv", []byte(file)))

	body, err := base64.StdEncoding.DecodeString(response.Body)
	if err != nil || response.StatusCode != 200 || !strings.HasPrefix(response.Headers["content-type"], "text/csv") {
		t.Fatalf("%d %v: %s %s", response.StatusCode, err, response.Body, b.Log)
	}
	why := "column “E-post”: This is not one e-mail address. Write it like this: kari@example.com, or leave the cell empty."
	want := "\ufeffNavn;E-post;Medlemsnr;Mobil;Why\r\n" +
		"'=HYPERLINK(1);feil;20;+47 912 34 567;Row 3, " + why + "\r\n" +
		"\"Ola; Ny\";også feil;21;91234568;Row 4, " + why + "\r\n" +
		"Åse Ødegård;;19;;The same name as somebody in the chapter. If it is the same person, write the e-mail address or member number " +
		"that is registered. If it is somebody else, register the person separately.\r\n"
	if diff := cmp.Diff(want, string(body)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	right := strings.NewReplacer(";feil;", ";kari@ny.example;", ";også feil;", ";ola@ny.example;", "'=HYPERLINK(1)", "Kari Ny").Replace(string(body))
	if _, done := both(t, b, administrator, "source=system", []byte(right)); done.Counts.New != 2 {
		t.Errorf("put right: %+v", done.Counts)
	}
	var people int
	if scan(t, b, "select count(*) from public.external_ids", &people); people != 2 {
		t.Errorf("%d people are entered", people)
	}
}

func TestMappingIsRememberedForTheHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	file := []byte("Kallenavn;Nummer;Navn\nAnne Ny;1;Feil Kolonne\n")
	mapping := "source=s&mapping=" + url.QueryEscape(`{"Kallenavn":"display_name","Nummer":"external_id","Navn":""}`)
	_, done := both(t, b, administrator, mapping, file)
	if done.Counts.New != 1 {
		t.Fatalf("%+v", done.Counts)
	}

	dry, _ := both(t, b, administrator, "source=s", bytes.Replace(file, []byte("Anne Ny"), []byte("Anne Nyere"), 1))

	if dry.Counts.Changed != 1 || dry.Columns[0].Field == nil || *dry.Columns[0].Field != memberlist.DisplayName || dry.Columns[2].Field != nil {
		t.Errorf("%+v %+v", dry.Counts, dry.Columns)
	}
}

func TestImportIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, test := range map[string]struct {
		user, query string
		file        string
		status      int
		code        string
		details     string
	}{
		"mentor":                    {endpoint.Mentor, "", list, 403, "not_an_administrator", ""},
		"coordinator":               {endpoint.Coordinator, "", list, 403, "not_an_administrator", ""},
		"another chapter":           {administrator, "chapter_id=" + endpoint.Bergen, list, 404, "chapter_not_found", ""},
		"chapter that isn't a UUID": {administrator, "chapter_id=1", list, 400, "invalid_request", "chapter_id"},
		"no file":                   {administrator, "", "", 400, "invalid_request", "empty"},
		"mapping that isn't JSON":   {administrator, "mapping=x", list, 400, "invalid_request", "mapping"},
		"mapping of no field":       {administrator, "mapping=" + url.QueryEscape(`{"Navn":"boss"}`), list, 400, "invalid_request", "unknown_field"},
		"source with a number":      {administrator, "source=01019010046", list, 400, "invalid_request", "source"},
		"another format":            {administrator, "format=pdf", list, 400, "invalid_request", "format"},
		"a file of what is entered": {administrator, "format=csv&preview=" + strings.Repeat("0", 64), list, 400, "invalid_request", "format"},
		"preview of another file":   {administrator, "preview=" + strings.Repeat("0", 64), list, 409, "preview_outdated", ""},
		"file of more than 4 MiB":   {administrator, "", list + strings.Repeat("x", 4<<20), 413, "payload_too_large", ""},
	} {
		t.Run(name, func(t *testing.T) {
			event := post(b, test.user, test.query, []byte(test.file))
			refused := endpoint.WantRefusal(t, b.Invoke(t, event), test.status, test.code)
			if test.details != "" && (refused.Details == nil || *refused.Details != test.details) {
				t.Errorf("details %v, want %s", refused.Details, test.details)
			}
		})
	}
	event := post(b, administrator, "", []byte(list))
	event.Headers["content-type"] = "application/json"
	endpoint.WantRefusal(t, b.Invoke(t, event), 415, "unsupported_media_type")
	event = post(b, administrator, "", []byte(list))
	event.RequestContext.HTTP.Method = http.MethodPut
	endpoint.WantRefusal(t, b.Invoke(t, event), 405, "method_not_allowed")
	event = post(b, administrator, "", []byte(list))
	delete(event.Headers, "authorization")
	endpoint.WantRefusal(t, b.Invoke(t, event), 401, "unauthenticated")
	var entered int
	scan(t, b, "select count(*) from public.external_ids", &entered)
	if entered != 0 {
		t.Errorf("%d people are entered", entered)
	}
}

// A file of another kind is one clear refusal, in the language of the client.
func TestFilesAreRefusedWhole(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, test := range map[string]struct{ file, details string }{
		"no header":  {"a;b\n1;2\n", "no_header"},
		"no rows":    {"Navn;E-post\n", "no_rows"},
		"no zip":     {"PK\x03\x04kaputt", "damaged"},
		"old Excel":  {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600), ""},
		"a picture":  {"\x89PNG\r\n\x1a\n\x00\x00", ""},
		"open quote": {"Navn;E-post\n\"Anne;x\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			event := post(b, administrator, "", []byte(test.file))
			event.Headers["accept-language"] = "nn-NO,nn;q=0.9"
			refused := endpoint.WantRefusal(t, b.Invoke(t, event), 400, "invalid_request")
			if refused.Details == nil || test.details != "" && *refused.Details != test.details || !strings.HasSuffix(refused.Message, ".") {
				t.Errorf("%+v", refused)
			}
		})
	}
}

func TestImportRepeatedWithItsKeyGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	dry := want(t, b.Invoke(t, post(b, administrator, "", []byte(list))))
	event := post(b, administrator, "preview="+dry.Preview, []byte(list))
	event.Headers["idempotency-key"] = key
	first := b.Invoke(t, event)
	want(t, first)

	again := b.Invoke(t, event)

	if again.Body != first.Body || again.Headers["idempotent-replayed"] != "true" {
		t.Errorf("%s, want %s", again.Body, first.Body)
	}
	other := post(b, administrator, "preview="+dry.Preview+"&source=other", []byte(list))
	other.Headers["idempotency-key"] = key
	endpoint.WantRefusal(t, b.Invoke(t, other), 422, "idempotency_key_reused")
	old := post(b, administrator, "preview="+dry.Preview, []byte(list))
	old.Headers["idempotency-key"] = endpoint.KeyMade(time.Now().Add(-73 * time.Hour))
	endpoint.WantRefusal(t, b.Invoke(t, old), 409, "request_expired")
	used := post(b, administrator, "preview="+dry.Preview, []byte(list))
	endpoint.WantRefusal(t, b.Invoke(t, used), 409, "preview_outdated")
}

func TestImportWhoseKeyIsInUseIsInProgress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	dry := want(t, b.Invoke(t, post(b, administrator, "", []byte(list))))
	release := b.Hold(t, "select pg_advisory_xact_lock(hashtextextended('mentorpause.contacts', 0))")
	event := post(b, administrator, "preview="+dry.Preview, []byte(list))
	event.Headers["idempotency-key"] = key
	first := make(chan events.LambdaFunctionURLResponse, 1)
	go func() { first <- b.InvokeContext(t, context.WithoutCancel(t.Context()), event) }()
	b.AwaitLock(t)

	endpoint.WantRefusal(t, b.Invoke(t, event), 409, "request_in_progress")

	release()
	want(t, <-first)
}

func TestImportThatMustWaitTooLongIsStopped(t *testing.T) {
	t.Parallel()
	b := setup(t)
	dry := want(t, b.Invoke(t, post(b, administrator, "", []byte(list))))
	release := b.Hold(t, "select pg_advisory_xact_lock(hashtextextended('mentorpause.contacts', 0))")
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	response := b.InvokeContext(t, ctx, post(b, administrator, "preview="+dry.Preview, []byte(list)))
	endpoint.WantRefusal(t, response, 504, "deadline_exceeded")
}

func TestFaultOfTheDatabaseIsNotTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.Break(t)
	got := endpoint.WantRefusal(t, b.Invoke(t, post(b, administrator, "", []byte(list))), 500, "internal_error")
	if got.Message != "Something went wrong on our side." {
		t.Errorf("said %q", got.Message)
	}
}

func TestImportWithoutDatabaseOrKeysIsUnavailable(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	endpoint.WantRefusal(t, b.Invoke(t, post(b, administrator, "", []byte(list))), 503, "database_unavailable")
	b = endpoint.NewWithoutKeys(t, newEndpoint)
	endpoint.WantRefusal(t, b.Invoke(t, post(b, administrator, "", []byte(list))), 503, "auth_unavailable")
	endpoint.WantRefusal(t, b.Invoke(t, b.Get(administrator, "format=csv")), 503, "auth_unavailable")
}

func TestImportAnswersPreflights(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	endpoint.WantPreflight(t, b.Invoke(t, b.Preflight()), "GET, POST, OPTIONS")
}

// The empty file can be filled in and imported.
func TestTemplate(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	for _, format := range []string{"csv", "xlsx"} {
		event := b.Get(endpoint.Mentor, "format="+format)
		event.Headers["accept-language"] = "nn"
		response := b.Invoke(t, event)
		body, err := base64.StdEncoding.DecodeString(response.Body)
		if err != nil || response.StatusCode != 200 || !response.IsBase64Encoded {
			t.Fatalf("%d %v", response.StatusCode, err)
		}
		if format == "csv" {
			if body = append(body, "Anne Ny\n"...); !strings.Contains(string(body), "Namn;") {
				t.Errorf("%q", body)
			}
			if list, err := memberlist.Read(body, memberlist.Options{}); err != nil || len(list.Rows) != 1 {
				t.Errorf("%v %v", list, err)
			}
		}
	}
	endpoint.WantRefusal(t, b.Invoke(t, b.Get(endpoint.Mentor, "format=pdf")), 400, "invalid_request")
	anonymous := b.Get(endpoint.Mentor, "format=csv")
	delete(anonymous.Headers, "authorization")
	endpoint.WantRefusal(t, b.Invoke(t, anonymous), 401, "unauthenticated")
}
