package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"mentorpause/local/endpoint"
)

func TestMain(m *testing.M) {
	endpoint.Main(m, "period-report", endpoint.Unsaid{
		"TestReportIsRefused/no beginning":                 "OpenAPI can't say that a parameter depends on another",
		"TestReportIsRefused/no end":                       "the same",
		"TestReportIsRefused/an end before the first day":  "OpenAPI doesn't compare two dates",
		"TestReportIsRefused/an end that has not come":     "OpenAPI doesn't know the date",
		"TestReportIsRefused/more than five years":         "OpenAPI doesn't compare two dates",
		"TestReportIsRefused/a moment of the year 0":       "a moment of RFC 3339 has a year 0, PostgreSQL has none",
		"TestReportIsRefused/a moment in the future":       "OpenAPI doesn't know the time",
		"TestReportIsRefused/part without a report":        "OpenAPI can't say that a parameter depends on another",
		"TestReportIsRefused/a mentor without a beginning": "OpenAPI can't say that a parameter depends on another",
		"TestReportIsRefused/a mentor until tomorrow":      "OpenAPI doesn't know the date",
		"TestReportIsRefused/a mentor in another form":     "OpenAPI can't say that a parameter depends on another",
		"TestReportIsRefused/a list from nowhere":          "OpenAPI doesn't know which cursors there are",
		"TestReportIsRefused/from twice":                   "OpenAPI can't forbid a parameter to be repeated",
		"TestReportIsRefused/field in a body":              "OpenAPI can't forbid a body where it describes none",
		"TestReportIsRefused/a form":                       "the same",
		"TestIssueIsRefused/an end that has not come":      "OpenAPI doesn't know the date",
	})
}

const (
	key           = "8e03978e-40d5-43e8-bc93-6894a57f9324"
	administrator = "00000000-0000-4000-8000-0000000000ad" // of Oslo
	oslo          = "00000000-0000-4000-8000-0000000000a1"
	bergen        = "00000000-0000-4000-8000-0000000000a2"
)

const staff = `
insert into public.profiles (id, display_name, locale) values
	('00000000-0000-4000-8000-0000000000ad', 'Anne Administrator', '%s'),
	('00000000-0000-4000-8000-0000000000e9', '=HYPERLINK("http://evil.example")', 'nb');
insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values
	('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000ad', 'administrator', '2020-01-01'),
	('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-0000000000e9', 'mentor', '2025-03-01 00:00+01');
insert into public.certifications (mentor_id, kind, issued_on, expires_on) values
	('00000000-0000-4000-8000-0000000000e9', 'course', '2025-01-01', '2025-10-31');
update public.chapter_memberships set started_at = '2025-01-01 00:00+01' where user_id = '00000000-0000-4000-8000-0000000000e1';
update public.chapter_memberships set started_at = '2025-01-01 00:00+01' where user_id = '00000000-0000-4000-8000-0000000000c1';`

func setup(t testing.TB, locale string) *endpoint.Bundle {
	t.Helper()
	b := endpoint.New(t, newEndpoint)
	exec(t, b, fmt.Sprintf(staff, locale))
	return b
}

func exec(t testing.TB, b *endpoint.Bundle, sql string) {
	t.Helper()
	if _, err := b.Database.Connect(t, "postgres").Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

const year = "from=2025-01-01&to=2025-12-31"

func read(t testing.TB, response events.LambdaFunctionURLResponse) (answer map[string]any) {
	t.Helper()
	if response.StatusCode != 200 || response.Headers["content-type"] != "application/json" {
		t.Fatalf("status %d, content-type %q: %s", response.StatusCode, response.Headers["content-type"], response.Body)
	}
	if err := json.Unmarshal(endpoint.Body(t, response), &answer); err != nil {
		t.Fatalf("body %s: %v", response.Body, err)
	}
	return answer
}

func issue(t testing.TB, b *endpoint.Bundle) (id, sum string) {
	t.Helper()
	answer := read(t, b.Invoke(t, b.Post(administrator, map[string]any{"from": "2025-01-01", "to": "2025-12-31"})))
	issued := answer["period_report"].(map[string]any)
	return issued["id"].(string), issued["sha256"].(string)
}

func TestReportAnswersNumbers(t *testing.T) {
	t.Parallel()
	b := setup(t, "nb")
	answer := read(t, b.Invoke(t, b.Get(endpoint.Coordinator, year+"&detail=summary&x=y")))
	total := answer["total"].(map[string]any)
	if total["registered_any"] != 2.0 || total["certified_end"] != 0.0 || answer["mentors"] != nil || answer["behind_writer"] != false {
		t.Errorf("%v", answer)
	}
	if one := read(t, b.Invoke(t, b.Get(endpoint.Coordinator, year+"&chapter_id="+oslo))); !cmp.Equal(one["total"], answer["total"]) {
		t.Errorf("one chapter %v", one)
	}
	if strings.Contains(b.Log.String(), "HYPERLINK") {
		t.Errorf("logged a name: %s", b.Log)
	}
}

func TestReportNamesMentors(t *testing.T) {
	t.Parallel()
	b := setup(t, "nb")
	b.Pause(t, endpoint.Coordinator, endpoint.Mentor)
	answer := read(t, b.Invoke(t, b.Get(administrator, year+"&detail=mentors")))
	if mentors := answer["mentors"].([]any); len(mentors) != 2 {
		t.Errorf("%v", answer)
	}
	sample := read(t, b.Invoke(t, b.Get(administrator, year+"&sample=1&seed=2027")))["sample"].([]any)
	if len(sample) != 1 || sample[0].(map[string]any)["evidence"] == nil {
		t.Errorf("%v", sample)
	}
	// As known before anybody was registered, however the moment is written.
	for _, moment := range []string{"2026-01-01T00%3A00%3A00Z", "2026-01-01T18:00:00.123456789%2B18:00"} {
		if before := read(t, b.Invoke(t, b.Get(administrator, year+"&detail=mentors&as_known_at="+moment))); len(before["mentors"].([]any)) != 0 {
			t.Errorf("%s: %v", moment, before)
		}
	}
}

func TestReportByMonth(t *testing.T) {
	t.Parallel()
	b := setup(t, "nb")
	months := read(t, b.Invoke(t, b.Get(endpoint.Coordinator, year+"&detail=months")))["months"].([]any)
	if len(months) != 12 {
		t.Fatalf("%d months: %v", len(months), months)
	}
	// One mentor all of the year; another from March on, whose certification ends in October.
	want := map[string]any{"from": "2025-11-01", "to": "2025-11-30", "days_active": 30.0, "days_paused": 0.0, "days_expired_cert": 30.0}
	if diff := cmp.Diff(want, months[10]); diff != "" {
		t.Errorf("November (-want +got):\n%s", diff)
	}
	id, _ := issue(t, b)
	if again := read(t, b.Invoke(t, b.Get(administrator, "id="+id+"&detail=months")))["months"]; !cmp.Equal(again, any(months)) {
		t.Errorf("of the issued report: %v", again)
	}
}

func TestReportShowsEvidence(t *testing.T) {
	t.Parallel()
	b := setup(t, "nb")
	answer := read(t, b.Invoke(t, b.Get(administrator, year+"&mentor_id=00000000-0000-4000-8000-0000000000e9")))
	mentor := answer["mentor"].(map[string]any)
	evidence := mentor["evidence"].(map[string]any)
	if len(mentor["stretches"].([]any)) != 2 || len(evidence["certifications"].([]any)) != 1 || len(answer["chapters"].([]any)) != 1 {
		t.Errorf("%v", answer)
	}
	before := read(t, b.Invoke(t, b.Get(administrator, year+"&chapter_id="+oslo+"&as_known_at="+url.QueryEscape(answer["as_known_at"].(string))+"&mentor_id=00000000-0000-4000-8000-0000000000e9")))
	if !cmp.Equal(before["mentor"], answer["mentor"]) {
		t.Errorf("as known then %v", before)
	}
}

func TestIssuedReportsAreListed(t *testing.T) {
	t.Parallel()
	b := setup(t, "nb")
	first, _ := issue(t, b)
	second, sum := issue(t, b)
	page := read(t, b.Invoke(t, b.Get(administrator, "issued=true&limit=1")))
	listed := page["period_reports"].([]any)[0].(map[string]any)
	if listed["id"] != second || listed["sha256"] != sum || listed["issued_by_name"] != "Anne Administrator" || listed["to"] != "2025-12-31" {
		t.Errorf("%v", page)
	}
	page = read(t, b.Invoke(t, b.Get(administrator, "issued=true&limit=1&cursor="+page["next_cursor"].(string))))
	if listed := page["period_reports"].([]any)[0].(map[string]any); listed["id"] != first || page["next_cursor"] != nil {
		t.Errorf("%v", page)
	}
}

// What somebody is recording is not known yet, and an issue waits for it.
func TestReportDuringAWrite(t *testing.T) {
	t.Parallel()
	b := setup(t, "nb")
	release := b.Hold(t, "update public.chapter_memberships set ended_at = '2025-06-01 00:00+02' where user_id = '"+endpoint.Mentor+"'")
	answer := read(t, b.Invoke(t, b.Get(administrator, year)))
	if total := answer["total"].(map[string]any); answer["behind_writer"] != true || total["left"] != 0.0 {
		t.Errorf("%v", answer)
	}

	event := b.Post(administrator, map[string]any{"from": "2025-01-01", "to": "2025-12-31"})
	event.Headers["idempotency-key"] = key
	first := make(chan events.LambdaFunctionURLResponse, 1)
	go func() { first <- b.InvokeContext(t, context.WithoutCancel(t.Context()), event) }()
	b.AwaitLock(t)
	endpoint.WantRefusal(t, b.Invoke(t, event), 409, "request_in_progress")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	endpoint.WantRefusal(t, b.InvokeContext(t, ctx, b.Post(administrator, map[string]any{"from": "2025-01-01", "to": "2025-12-31"})), 504, "deadline_exceeded")
	release()
	read(t, <-first)
}

func TestReportIsIssued(t *testing.T) {
	t.Parallel()
	b := setup(t, "nb")
	event := b.Post(administrator, map[string]any{"from": "2025-01-01", "to": "2025-12-31", "chapter_id": oslo})
	event.Headers["idempotency-key"] = key
	first := b.Invoke(t, event)
	issued := read(t, first)["period_report"].(map[string]any)
	if again := b.Invoke(t, event); again.Body != first.Body || again.Headers["idempotent-replayed"] != "true" {
		t.Errorf("repeated: %d %s", again.StatusCode, again.Body)
	}
	other := b.Post(administrator, map[string]any{"from": "2025-01-02", "to": "2025-12-31"})
	other.Headers["idempotency-key"] = key
	endpoint.WantRefusal(t, b.Invoke(t, other), 422, "idempotency_key_reused")
	other.Headers["idempotency-key"] = endpoint.KeyMade(time.Now().Add(-73 * time.Hour))
	endpoint.WantRefusal(t, b.Invoke(t, other), 409, "request_expired")

	report := "id=" + issued["id"].(string)
	manifest := b.Invoke(t, b.Get(administrator, report+"&part=manifest"))
	sum := sha256.Sum256(endpoint.Body(t, manifest))
	if hex.EncodeToString(sum[:]) != issued["sha256"] {
		t.Errorf("the checksum is not that of %s", manifest.Body)
	}
	part := b.Invoke(t, b.Get(administrator, report+"&part="+oslo))
	sum = sha256.Sum256(endpoint.Body(t, part))
	if chapters := read(t, manifest)["chapters"].([]any); chapters[0].(map[string]any)["sha256"] != hex.EncodeToString(sum[:]) {
		t.Errorf("the checksum is not that of %s", part.Body)
	}
	if comparison := read(t, b.Invoke(t, b.Get(administrator, report+"&compare=now"))); len(comparison["mentors"].([]any)) != 0 {
		t.Errorf("%v", comparison)
	}
	exec(t, b, "update public.chapter_memberships set ended_at = '2025-06-01 00:00+02' where user_id = '"+endpoint.Mentor+"'")
	comparison := read(t, b.Invoke(t, b.Get(administrator, report+"&compare=now")))
	if mentors := comparison["mentors"].([]any); len(mentors) != 1 || len(mentors[0].(map[string]any)["facts"].([]any)) != 1 {
		t.Errorf("%v", comparison)
	}
	if again := b.Invoke(t, b.Get(administrator, report+"&part=manifest")); again.Body != manifest.Body {
		t.Errorf("another manifest after a correction: %s", again.Body)
	}
	if mentors := read(t, b.Invoke(t, b.Get(administrator, report)))["mentors"].([]any); len(mentors) != 2 {
		t.Errorf("%v", mentors)
	}
}

func TestReportAsCSV(t *testing.T) {
	t.Parallel()
	b := setup(t, "nn")
	response := b.Invoke(t, b.Get(administrator, year+"&detail=mentors&format=csv"))
	want := "\ufeffId;Namn;Lokallag;Frå;Til;Dagar;Status;Godkjend\r\n" +
		`00000000-0000-4000-8000-0000000000e1;Åse Ødegård;Oslo;2025-01-01;` // until the certification began
	got := string(endpoint.Body(t, response))
	if response.Headers["content-type"] != "text/csv; charset=utf-8" || response.Headers["content-disposition"] != `attachment; filename="periodrapport-2025-01-01-2025-12-31.csv"` {
		t.Errorf("headers %v", response.Headers)
	}
	formula := `00000000-0000-4000-8000-0000000000e9;"'=HYPERLINK(""http://evil.example"")";Oslo;2025-03-01;2025-10-31;245;active;true` + "\r\n" +
		`00000000-0000-4000-8000-0000000000e9;"'=HYPERLINK(""http://evil.example"")";Oslo;2025-11-01;2025-12-31;61;expired_cert;false` + "\r\n"
	if !strings.HasPrefix(got, "\ufeffId;Namn;Lokallag;Frå;Til;Dagar;Status;Godkjend\r\n") || !strings.Contains(got, formula) || !strings.Contains(got, want[len("\ufeffId;Namn;Lokallag;Frå;Til;Dagar;Status;Godkjend\r\n"):]) {
		t.Errorf("%q", got)
	}

	summary := strings.Split(string(endpoint.Body(t, b.Invoke(t, b.Get(endpoint.Coordinator, year+"&format=csv")))), "\r\n")
	if len(summary) != 4 || !strings.HasPrefix(summary[0], "\ufeffchapter_id;Lokallag;Registrert første dag;") || !strings.HasPrefix(summary[1], oslo+";Oslo;1;2;2;") ||
		!strings.HasPrefix(summary[2], "total;Totalt;1;2;2;") || summary[3] != "" {
		t.Errorf("%q", summary)
	}
}

func TestReportAsXLSX(t *testing.T) {
	t.Parallel()
	for locale, sheets := range map[string][]string{
		"nb": {"Forside", "Innhold", "Merknader", "Sammendrag", "Likepersoner"},
		"nn": {"Framside", "Innhald", "Merknader", "Samandrag", "Likepersonar"},
		"en": {"Cover", "Contents", "Notes", "Summary", "Peer mentors"},
	} {
		t.Run(locale, func(t *testing.T) {
			t.Parallel()
			b := setup(t, locale)
			id, sum := issue(t, b)
			event := b.Get(administrator, "id="+id+"&format=xlsx")
			file := endpoint.Body(t, b.Invoke(t, event))
			if again := endpoint.Body(t, b.Invoke(t, event)); !bytes.Equal(file, again) {
				t.Error("the same report has other bytes")
			}
			if kept := os.Getenv("KEEP_XLSX"); kept != "" { // to look at it
				if err := os.WriteFile(filepath.Join(kept, locale+".xlsx"), file, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.IsSortedFunc(archive.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) }) {
				t.Error("the entries are not sorted")
			}
			book, err := excelize.OpenReader(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sheets, book.GetSheetList()); diff != "" {
				t.Errorf("sheets (-want +got):\n%s", diff)
			}
			for _, name := range book.GetSheetList() {
				wantAccessible(t, book, name)
			}
			var issued report
			if err := json.Unmarshal(endpoint.Body(t, b.Invoke(t, b.Get(administrator, "id="+id+"&detail=summary"))), &issued); err != nil {
				t.Fatal(err)
			}
			cover, err := book.GetRows(sheets[0])
			if err != nil {
				t.Fatal(err)
			}
			values := make([]string, 0, len(cover))
			for _, row := range cover[5:] { // after the title, a sentence, the headings, and two days
				values = append(values, row[1])
			}
			want := []string{
				"Oslo", spoken(t, issued.KnownAt, locale), "Anne Administrator", issued.RuleVersion,
				id, issued.KnownAt, administrator, sum,
			}
			if diff := cmp.Diff(want, values); diff != "" {
				t.Errorf("cover (-want +got):\n%s", diff)
			}
			// LibreOffice shows as much of a cell as its row is high.
			for name, row := range map[string]int{sheets[2]: 13, sheets[3]: 3} {
				if height, err := book.GetRowHeight(name, row); err != nil || height < 30 {
					t.Errorf("%s: row %d is %v points high, and hides its second line, %v", name, row, height, err)
				}
			}
			last := sheets[4]
			if kind, err := book.GetCellType(last, "D4"); err != nil || kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber {
				t.Errorf("a day is of type %v, %v", kind, err)
			}
			if value, err := book.GetCellValue(last, "D4"); err != nil || value != "2025-03-01" {
				t.Errorf("a day is shown as %q, %v", value, err)
			}
			if value, err := book.GetCellValue(last, "D4", excelize.Options{RawCellValue: true}); err != nil || value != "45717" {
				t.Errorf("a day is stored as %q, %v", value, err)
			}
			if formula, err := book.GetCellFormula(last, "B6"); err != nil || formula != "" {
				t.Errorf("formula %q, %v", formula, err)
			}
		})
	}
}

// spoken is a moment of now, by the clocks of Oslo, as people of that language say it.
func spoken(t *testing.T, moment, locale string) string {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339Nano, moment)
	if err != nil {
		t.Fatal(err)
	}
	if at = at.In(zone); locale == "en" {
		return at.Format("2 January 2006 at 15:04")
	}
	month := strings.Fields("januar februar mars april mai juni juli august september oktober november desember")[at.Month()-1]
	return at.Format("2. ") + month + at.Format(" 2006 kl. 15.04")
}

func TestMomentsAreSaidByTheClocksOfTheOrganisation(t *testing.T) {
	t.Parallel()
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		locale       locale
		moment, want string
	}{
		{bokmaal, "2027-03-03T13:20:59.123456+00:00", "3. mars 2027 kl. 14.20"},
		{nynorsk, "2027-07-31T22:05:00+00:00", "1. august 2027 kl. 00.05"},
		{english, "2027-12-31T23:00:00Z", "1 January 2028 at 00:00"},
		{bokmaal, "yesterday", "yesterday"},
	} {
		if got := (&workbook{l: c.locale, zone: oslo}).moment(c.moment); got != c.want {
			t.Errorf("%s: got %q, want %q", c.moment, got, c.want)
		}
	}
}

// Without the zone of the organisation there is no workbook, rather than one by the clocks of
// UTC or of the machine.
func TestAWorkbookNeedsTheZoneOfTheOrganisation(t *testing.T) {
	t.Parallel()
	for zone, isRefused := range map[string]bool{`"Europe/Oslo"`: false, `""`: true, `null`: true, `"Local"`: true, `"Europe/Nowhere"`: true} {
		body := fmt.Appendf(nil, `{"locale": "nb", "time_zone": %s, "report": {"from": "2025-01-01", "to": "2025-12-31",
			"as_known_at": "2026-01-01T00:00:00Z", "chapters": [], "total": {}}}`, zone)
		if _, err := written(body, "xlsx", false); (err != nil) != isRefused || err != nil && !strings.Contains(err.Error(), "zone of the organisation") {
			t.Errorf("zone %s: %v", zone, err)
		}
	}
}

// wantAccessible checks a sheet by the checklist of the UK's Analysis Function: one marked
// table from column A on, no merged cells, no blank ones in the table.
func wantAccessible(t *testing.T, book *excelize.File, sheet string) {
	t.Helper()
	tables, err := book.GetTables(sheet)
	if err != nil || len(tables) != 1 || !strings.HasPrefix(tables[0].Range, "A3:") {
		t.Fatalf("%s: tables %+v, %v", sheet, tables, err)
	}
	// On paper: as wide as the page, and each page begins with the headings.
	if !slices.ContainsFunc(book.GetDefinedName(), func(n excelize.DefinedName) bool {
		return n.Name == "_xlnm.Print_Titles" && n.Scope == sheet && n.RefersTo == "'"+sheet+"'!$3:$3"
	}) {
		t.Errorf("%s: the headings are on the first printed page only: %+v", sheet, book.GetDefinedName())
	}
	if footer, err := book.GetHeaderFooter(sheet); err != nil || footer == nil || !strings.Contains(footer.OddFooter, "&P / &N") {
		t.Errorf("%s: printed pages have no numbers: %+v, %v", sheet, footer, err)
	}
	if layout, err := book.GetPageLayout(sheet); err != nil || layout.FitToWidth == nil || *layout.FitToWidth != 1 {
		t.Errorf("%s: printed as wide as %+v, %v", sheet, layout, err)
	}
	if merged, err := book.GetMergeCells(sheet); err != nil || len(merged) != 0 {
		t.Errorf("%s: merged cells %v, %v", sheet, merged, err)
	}
	rows, err := book.GetRows(sheet)
	if err != nil || len(rows) < 4 {
		t.Fatalf("%s: rows %v, %v", sheet, rows, err)
	}
	for i, row := range rows[2:] {
		if len(row) != len(rows[2]) || slices.Contains(row, "") {
			t.Errorf("%s: row %d has a blank cell: %q", sheet, i+3, row)
		}
	}
}

func TestReportIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, "nb")
	id, _ := issue(t, b)
	for name, test := range map[string]struct {
		user, query string
		status      int
		code, names string
	}{
		"no beginning":                 {administrator, "to=2025-12-31", 400, "invalid_request", "from"},
		"no end":                       {administrator, "from=2025-12-31", 400, "invalid_request", "to"},
		"a beginning that is no day":   {administrator, "from=2025-02-29&to=2025-12-31", 400, "invalid_request", "from"},
		"an end before the first day":  {administrator, "from=2025-02-02&to=2025-02-01", 400, "invalid_request", "to"},
		"an end that has not come":     {administrator, "from=2025-02-02&to=9999-01-01", 400, "invalid_request", "to"},
		"more than five years":         {administrator, "from=2020-01-01&to=2025-01-01", 400, "invalid_request", "five"},
		"chapter no UUID":              {administrator, year + "&chapter_id=oslo", 400, "invalid_request", "chapter_id"},
		"a moment that is none":        {administrator, year + "&as_known_at=yesterday", 400, "invalid_request", "as_known_at"},
		"a moment of the year 0":       {administrator, year + "&as_known_at=0000-01-01T00:00:00Z", 400, "invalid_request", "as_known_at"},
		"a moment in the future":       {administrator, year + "&as_known_at=9999-01-01T00:00:00Z", 400, "invalid_request", "as_known_at"},
		"another detail":               {administrator, year + "&detail=all", 400, "invalid_request", "detail"},
		"another format":               {administrator, year + "&format=pdf", 400, "invalid_request", "format"},
		"a sample of 201":              {administrator, year + "&sample=201", 400, "invalid_request", "sample"},
		"a seed in words":              {administrator, year + "&seed=once", 400, "invalid_request", "seed"},
		"from twice":                   {administrator, year + "&from=2025-01-01", 400, "invalid_request", "from"},
		"part without a report":        {administrator, year + "&part=manifest", 400, "invalid_request", "part"},
		"part that is none":            {administrator, "id=" + id + "&part=all", 400, "invalid_request", "part"},
		"compared with another moment": {administrator, "id=" + id + "&compare=then", 400, "invalid_request", "compare"},
		"report no UUID":               {administrator, "id=1", 400, "invalid_request", "id"},
		"a mentor":                     {endpoint.Mentor, year, 403, "not_a_coordinator", ""},
		"names for a coordinator":      {endpoint.Coordinator, year + "&detail=mentors", 403, "not_an_administrator", ""},
		"a report for a coordinator":   {endpoint.Coordinator, "id=" + id, 403, "not_an_administrator", ""},
		"another chapter":              {administrator, year + "&chapter_id=" + bergen, 404, "chapter_not_found", ""},
		"a mentor that is none":        {administrator, year + "&mentor_id=1", 400, "invalid_request", "mentor_id"},
		"a mentor without a beginning": {administrator, "to=2025-12-31&mentor_id=" + endpoint.Mentor, 400, "invalid_request", "from"},
		"a mentor until tomorrow":      {administrator, "from=2025-12-31&to=9999-01-01&mentor_id=" + endpoint.Mentor, 400, "invalid_request", "to"},
		"a mentor in another form":     {administrator, year + "&format=csv&mentor_id=" + endpoint.Mentor, 400, "invalid_request", "format"},
		"a mentor for a coordinator":   {endpoint.Coordinator, year + "&mentor_id=" + endpoint.Mentor, 403, "not_an_administrator", ""},
		"a mentor of nobody":           {administrator, year + "&mentor_id=" + key, 404, "mentor_not_found", ""},
		"a list that is none":          {administrator, "issued=yes", 400, "invalid_request", "issued"},
		"a list without end":           {administrator, "issued=true&limit=1000", 400, "invalid_request", "limit"},
		"a list from nowhere":          {administrator, "issued=true&cursor=eA.eA", 400, "invalid_request", "cursor"},
		"a list for a coordinator":     {endpoint.Coordinator, "issued=true", 403, "not_an_administrator", ""},
		"no such report":               {administrator, "id=" + key, 404, "not_found", ""},
		"no such part":                 {administrator, "id=" + id + "&part=" + bergen, 404, "not_found", ""},
		"compared without a report":    {administrator, "id=" + key + "&compare=now", 404, "not_found", ""},
	} {
		t.Run(name, func(t *testing.T) {
			refused := endpoint.WantRefusal(t, b.Invoke(t, b.Get(test.user, test.query)), test.status, test.code)
			if !strings.Contains(refused.Message, test.names) || strings.Contains(refused.Message, "_date") {
				t.Errorf("message %q doesn't name %s", refused.Message, test.names)
			}
		})
	}
	for name, test := range map[string]struct {
		body, mediaType string
		status          int
		code            string
	}{
		"field in a body": {`{"from":"2025-01-01"}`, "application/json", 400, "invalid_request"},
		"a form":          {"{}", "text/plain", 415, "unsupported_media_type"},
		"a large body":    {`{"a":"` + strings.Repeat("a", 17<<10) + `"}`, "application/json", 413, "payload_too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			event := b.Get(administrator, year)
			event.Body, event.Headers["content-type"] = test.body, test.mediaType
			endpoint.WantRefusal(t, b.Invoke(t, event), test.status, test.code)
		})
	}
}

func TestIssueIsRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, "nb")
	for name, test := range map[string]struct {
		user   string
		body   map[string]any
		status int
		code   string
	}{
		"no beginning":             {administrator, map[string]any{"to": "2025-12-31"}, 400, "invalid_request"},
		"an end that has not come": {administrator, map[string]any{"from": "2025-01-01", "to": "9999-12-31"}, 400, "invalid_request"},
		"another field":            {administrator, map[string]any{"from": "2025-01-01", "to": "2025-12-31", "total": 7}, 400, "invalid_request"},
		"chapter no UUID":          {administrator, map[string]any{"from": "2025-01-01", "to": "2025-12-31", "chapter_id": "oslo"}, 400, "invalid_request"},
		"a coordinator":            {endpoint.Coordinator, map[string]any{"from": "2025-01-01", "to": "2025-12-31"}, 403, "not_an_administrator"},
		"another chapter":          {administrator, map[string]any{"from": "2025-01-01", "to": "2025-12-31", "chapter_id": bergen}, 404, "chapter_not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint.WantRefusal(t, b.Invoke(t, b.Post(test.user, test.body)), test.status, test.code)
		})
	}
	for name, test := range map[string]struct {
		change func(*events.LambdaFunctionURLRequest)
		status int
		code   string
	}{
		"no token": {func(event *events.LambdaFunctionURLRequest) { delete(event.Headers, "authorization") }, 401, "unauthenticated"},
		"a form":   {func(event *events.LambdaFunctionURLRequest) { event.Headers["content-type"] = "text/plain" }, 415, "unsupported_media_type"},
		"a large body": {func(event *events.LambdaFunctionURLRequest) {
			event.Body = `{"from":"` + strings.Repeat("a", 17<<10) + `"}`
		}, 413, "payload_too_large"},
		"a put": {func(event *events.LambdaFunctionURLRequest) { event.RequestContext.HTTP.Method = "PUT" }, 405, "method_not_allowed"},
	} {
		t.Run(name, func(t *testing.T) {
			event := b.Post(administrator, map[string]any{"from": "2025-01-01", "to": "2025-12-31"})
			test.change(&event)
			endpoint.WantRefusal(t, b.Invoke(t, event), test.status, test.code)
		})
	}
	event := b.Get(administrator, year)
	delete(event.Headers, "authorization")
	endpoint.WantRefusal(t, b.Invoke(t, event), 401, "unauthenticated")
	event = b.Get(administrator, year)
	event.RequestContext.HTTP.Method = "PUT"
	endpoint.WantRefusal(t, b.Invoke(t, event), 405, "method_not_allowed")
}

func TestReportAnswersPreflights(t *testing.T) {
	t.Parallel()
	b := endpoint.NewWithoutDatabase(t, newEndpoint)
	endpoint.WantPreflight(t, b.Invoke(t, b.Preflight()), "GET, POST, OPTIONS")
}

// A fault that is not the caller's has its code.
func TestReportDuringAnOutage(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		setup  func(*testing.T) *endpoint.Bundle
		status int
		code   string
	}{
		"no database": {func(t *testing.T) *endpoint.Bundle {
			return endpoint.NewWithoutDatabase(t, newEndpoint)
		}, 503, "database_unavailable"},
		"no keys to check the token": {func(t *testing.T) *endpoint.Bundle {
			return endpoint.NewWithoutKeys(t, newEndpoint)
		}, 503, "auth_unavailable"},
		"a fault of the database": {func(t *testing.T) *endpoint.Bundle {
			b := setup(t, "nb")
			b.Break(t)
			return b
		}, 500, "internal_error"},
		"a database that lets nobody read": {func(t *testing.T) *endpoint.Bundle {
			b := setup(t, "nb")
			b.Hold(t, "lock table public.chapter_memberships in access exclusive mode")
			return b
		}, 504, "deadline_exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := test.setup(t)
			for _, event := range []events.LambdaFunctionURLRequest{
				b.Get(administrator, year), b.Post(administrator, map[string]any{"from": "2025-01-01", "to": "2025-12-31"}),
			} {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				endpoint.WantRefusal(t, b.InvokeContext(t, ctx, event), test.status, test.code)
				cancel()
			}
		})
	}
}
