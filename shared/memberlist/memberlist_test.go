package memberlist_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"mentorpause/shared/memberlist"
	"mentorpause/shared/spreadsheet"
)

// fieldsOf reads one header for each column, and returns the fields, "-" for none.
func fieldsOf(t *testing.T, mapping map[string]memberlist.Field, headers ...string) string {
	t.Helper()
	list := read(t, []byte(strings.Join(headers, "\t")+"\n"+strings.Repeat("x\t", len(headers))+"\n"), memberlist.Options{Mapping: mapping})
	var fields []string
	for i, column := range list.Columns {
		if column.Header != headers[i] {
			t.Errorf("header %q is shown as %q", headers[i], column.Header)
		}
		field := "-"
		if column.Field != nil {
			field = string(*column.Field)
		}
		fields = append(fields, field)
	}
	return strings.Join(fields, " ")
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		headers []string
		want    string
	}{
		{[]string{"Fornavn", "Etternavn", "E-post", "Mobil", "Medlemsnr", "Lokallag", "Rolle", "Koordinator", "Startdato", "Sluttdato", "Kurs", "Kursdato", "Utløper", "Språk"},
			"first_name last_name email phone external_id chapter role coordinator started_on last_day certification_kind issued_on expires_on locale"},
		{[]string{"Førenamn", "Etternamn", "Epostadresse", "Mobiltelefon", "Medlemsnummer", "Fylkeslag", "Målform", "Frå dato", "Siste dag", "Gjennomført", "Går ut"},
			"first_name last_name email phone external_id chapter locale started_on last_day issued_on expires_on"},
		{[]string{"First name", "Surname", "E-mail", "Phone", "Member no.", "Chapter", "Role", "Start date", "Last day", "Course", "Course date", "Valid until", "Language"},
			"first_name last_name email phone external_id chapter role started_on last_day certification_kind issued_on expires_on locale"},
		{[]string{"NAVN", "epost", "TLF.", "medlems-ID", "LOKALLAG *", "Startdato (dd.mm.åååå)", "Utl\u00f8ps-dato:"},
			"display_name email phone external_id chapter started_on expires_on"},
		{[]string{"Navn", "Kurs 2", "Kursdato2", "Kurs 2 utløper", "Kurs 2 dato"}, "display_name certification_kind issued_on expires_on issued_on"},
		{[]string{"Navn", "Medl.nr", "Mob.", "Ansvarlig", "Kurs tatt", "Fornyes innen"},
			"display_name external_id phone coordinator issued_on expires_on"},
		{[]string{"Medl. nr.", "Kjønn", "Fødselsdato", "Merknad", "Kontingent 2026"}, "external_id - - - -"},
		{[]string{"Navn", "Utl\u00f6per"}, "display_name expires_on"}, // the accent does not matter
		{[]string{"display_name", "first_name", "last_name", "email", "phone", "external_id", "chapter", "role", "coordinator", "started_on", "last_day", "certification_kind", "issued_on", "expires_on", "locale"},
			"display_name first_name last_name email phone external_id chapter role coordinator started_on last_day certification_kind issued_on expires_on locale"},
	} {
		if got := fieldsOf(t, nil, test.headers...); got != test.want {
			t.Errorf("%v are\n%s, want\n%s", test.headers, got, test.want)
		}
	}
}

func TestMapping(t *testing.T) {
	t.Parallel()
	mapping := map[string]memberlist.Field{"foretrukket  KANAL": memberlist.Email, "Navn": "", "Hvem": memberlist.DisplayName, "Borte": memberlist.Role}
	if got := fieldsOf(t, mapping, "Navn", "Hvem", "Foretrukket kanal", "Mobil"); got != "- display_name email phone" {
		t.Error(got)
	}
	// A header that only the mapping knows is one: the file begins with it.
	list := read(t, []byte("Utdrag\nHva\nKari\n"), memberlist.Options{Mapping: map[string]memberlist.Field{"hva": memberlist.DisplayName}})
	if len(list.Rows) != 1 || list.Rows[0].DisplayName != "Kari" || list.Rows[0].Number != 3 {
		t.Errorf("%+v", list.Rows)
	}
	_, err := memberlist.Read([]byte("Navn\nKari\n"), memberlist.Options{Mapping: map[string]memberlist.Field{"Navn": "fornavn"}})
	if refused, ok := errors.AsType[*memberlist.Error](err); !ok || refused.Code != memberlist.BadMapping {
		t.Errorf("error is %v", err)
	}
}

// What was left out is chosen again under the header that is shown, and means what it did.
func TestColumnsAreChosenAgain(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for name, file := range map[string][]byte{
		"numbers in headers": []byte("Navn;Kurs 2;Kurs 1;Kursdato 2;Kursdato 1;Utløper 1\nKari;B;A;02.02.2026;01.01.2026;01.01.2028\n"),
		"courses over their columns": book(t, map[string]any{
			"A1:A2": "Navn", "B1:D1": "Kurs 1", "B2": "Type", "C2": "Dato", "D2": "Gyldig til", "E1:F1": "Kurs 2", "E2": "Navn", "F2": "Dato",
			"A3": "Kari Berg", "B3": "A", "C3": day, "D3": 9999, "E3": "B", "F3": "24.11.2026",
		}),
		"courses over columns of which one is known only without the title": book(t, map[string]any{
			"A1:A2": "Navn", "B1:D1": "Kurs 1", "B2": "Kurs", "C2": "Kursdato", "D2": "Fornyes innen",
			"E1:G1": "Kurs 2", "E2": "Kurs", "F2": "Kursdato", "G2": "Utløper",
			"A3": "Kari Berg", "B3": "A", "C3": day, "E3": "B", "F3": "24.11.2026", "G3": 9999,
		}),
	} {
		first := read(t, file, memberlist.Options{})
		out, again := map[string]memberlist.Field{}, map[string]memberlist.Field{}
		var headers []string
		for _, column := range first.Columns {
			headers = append(headers, column.Header)
			if column.Field == nil {
				t.Fatalf("%s: %q is not known", name, column.Header)
			}
			out[column.Header], again[column.Header] = "", *column.Field
		}
		out["Navn"] = memberlist.DisplayName
		without := read(t, file, memberlist.Options{Mapping: out})
		for i, column := range without.Columns {
			if column.Header != headers[i] || column.Field != nil && column.Header != "Navn" {
				t.Errorf("%s: %q is left out, and is %q, %v", name, headers[i], column.Header, column.Field)
			}
		}
		if len(without.Rows) != 1 || len(without.Rows[0].Certifications) > 0 {
			t.Errorf("%s: without its columns %+v", name, without.Rows)
		}
		if difference := gocmp.Diff(first.Rows, read(t, file, memberlist.Options{Mapping: again}).Rows); difference != "" || len(first.Rows[0].Certifications) != 2 {
			t.Errorf("%s (-first +again)\n%s", name, difference)
		}
	}
	// A header that is cut where it is shown.
	long := "Hvilken adresse på nettet vil du helst at laget skal bruke når det skriver til deg om kurs"
	shown := read(t, []byte("Navn;"+long+"\nKari;kari@eksempel.no\n"), memberlist.Options{}).Columns[1].Header
	list := read(t, []byte("Navn;"+long+"\nKari;kari@eksempel.no\n"), memberlist.Options{Mapping: map[string]memberlist.Field{shown: memberlist.Email}})
	if shown == long || list.Rows[0].Email != "kari@eksempel.no" {
		t.Errorf("%q is chosen, and the row is %+v", shown, list.Rows[0])
	}
}

func TestHeaderSet(t *testing.T) {
	t.Parallel()
	set := func(file string) string { return read(t, []byte(file), memberlist.Options{}).HeaderSet }
	first := set("Navn;Kanal\nKari;x\n")
	if other := set("KANAL,navn\nx,Ola\n"); other != first || len(first) != 64 {
		t.Errorf("%s and %s", first, other)
	}
	if other := set("Navn;Kanal 2\nKari;x\n"); other == first {
		t.Error("other headers are the same set")
	}
}

// Of several columns of one field the better one that is filled counts.
func TestColumnsOfOneField(t *testing.T) {
	t.Parallel()
	list := read(t, []byte("Navn;Telefon;Mobil;Fylkeslag;Lokallag\nKari;22345678;91234567;Viken;Bærum\nOla;22345678;;Viken;\n"), memberlist.Options{})
	if r := list.Rows[0]; r.Phone != "+4791234567" || r.Chapter != "Bærum" {
		t.Errorf("%+v", r)
	}
	if r := list.Rows[1]; r.Phone != "+4722345678" || r.Chapter != "Viken" {
		t.Errorf("%+v", r)
	}
}

func TestCertificationGroups(t *testing.T) {
	t.Parallel()
	a, b := memberlist.Certification{Kind: "A", IssuedOn: "2026-01-01", ExpiresOn: "2028-01-01"}, memberlist.Certification{Kind: "B", IssuedOn: "2026-02-02"}
	for name, test := range map[string]struct{ headers, values string }{
		"numbers":                        {"Kurs 1;Kursdato 1;Utløper 1;Kurs 2;Kursdato 2;Utløper 2", "A;01.01.2026;01.01.2028;B;02.02.2026;"},
		"numbers in another order":       {"Kurs 2;Kurs 1;Kursdato 2;Kursdato 1;Utløper 1", "B;A;02.02.2026;01.01.2026;01.01.2028"},
		"the first without a number":     {"Kurs;Kursdato;Utløper;Kurs 2;Kursdato 2", "A;01.01.2026;01.01.2028;B;02.02.2026"},
		"one of the first without":       {"Kurs;Kursdato 1;Utløper 1;Kurs 2;Kursdato 2", "A;01.01.2026;01.01.2028;B;02.02.2026"},
		"repeated":                       {"Kurs;Kursdato;Utløper;Kurs;Kursdato;Utløper", "A;01.01.2026;01.01.2028;B;02.02.2026;"},
		"repeated by field":              {"Kurs;Kurs;Kursdato;Kursdato;Utløper;Utløper", "A;B;01.01.2026;02.02.2026;01.01.2028;"},
		"repeated, the last end missing": {"Kurs;Kursdato;Utløper;Kurs;Kursdato", "A;01.01.2026;01.01.2028;B;02.02.2026"},
		"repeated, the second is empty":  {"Kurs;Kursdato;Utløper;Kurs;Kursdato;Kurs;Kursdato", "A;01.01.2026;01.01.2028;;;B;02.02.2026"},
	} {
		row := one(t, "Navn;"+test.headers, "Kari;"+test.values)
		slices.SortFunc(row.Certifications, func(a, b memberlist.Certification) int { return strings.Compare(a.Kind, b.Kind) })
		if difference := gocmp.Diff([]memberlist.Certification{a, b}, row.Certifications); difference != "" || len(row.Problems) > 0 {
			t.Errorf("%s: %s (-want +got)\n%s", name, codes(row), difference)
		}
	}
}

func TestRowsOfOnePerson(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rows []string // member number, name, e-mail, mobile
		want []string // the person, and the codes
	}{
		"the same number":                {[]string{"1;Kari;k@eksempel.no;", "1;;;", "1;Kari;;91234567"}, []string{"2", "2", "2"}},
		"the same e-mail":                {[]string{";Kari;K@eksempel.no;", ";Kari;k@Eksempel.no;"}, []string{"2", "2"}},
		"first by number, then by mail":  {[]string{"1;Kari;k@eksempel.no;", ";Kari;k@eksempel.no;", "1;;;"}, []string{"2", "2", "2"}},
		"first by mail, then by number":  {[]string{";Kari;k@eksempel.no;", "1;Kari;k@eksempel.no;", "1;Kari;;"}, []string{"2", "2", "2"}},
		"never by name":                  {[]string{";Kari;;", ";Kari;;"}, []string{"2", "3"}},
		"two who share an e-mail":        {[]string{"1;Kari;k@eksempel.no;", "2;Ola;k@eksempel.no;", "2;Ola;;"}, []string{"2", "3 email_repeated", "3"}},
		"another name":                   {[]string{"1;Kari;;", "1;Karin;;"}, []string{"2", "2 contradicts_row"}},
		"another case":                   {[]string{"1;Kari;;", "1;KARI;;"}, []string{"2", "2"}},
		"another number to call":         {[]string{"1;Kari;;91234567", "1;Kari;;91234568"}, []string{"2", "2 contradicts_row"}},
		"another e-mail":                 {[]string{"1;Kari;a@eksempel.no;", "1;Kari;b@eksempel.no;", ";Kari;b@eksempel.no;"}, []string{"2", "2 contradicts_row", "4"}},
		"another name by e-mail":         {[]string{";Kari;k@eksempel.no;", ";Ola;k@eksempel.no;"}, []string{"2", "2 contradicts_row"}},
		"who has the number and no mail": {[]string{"1;Kari;;", "2;Ola;o@eksempel.no;", "1;Kari;o@eksempel.no;"}, []string{"2", "3", "2 email_repeated"}},
	} {
		list := read(t, []byte("Medlemsnr;Navn;E-post;Mobil\n"+strings.Join(test.rows, "\n")), memberlist.Options{})
		var got []string
		for _, row := range list.Rows {
			got = append(got, strings.TrimSpace(fmt.Sprint(row.Person, " ", codes(row))))
		}
		if difference := gocmp.Diff(test.want, got); difference != "" {
			t.Errorf("%s (-want +got)\n%s", name, difference)
		}
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	list := read(t, []byte("Liste over likepersoner;;;;;\nNavn;Merknad;;Startdato;Annet;\nKari;a;x;45000;;\nKari;b;;5.6.2024;;\nOla;c;;tja;;y\n-;a;;;;\nPer;d;;;;\n"), memberlist.Options{Language: "en"})
	got, err := json.Marshal(list.Columns)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"header":"Navn","field":"display_name","filled":4,"samples":["Kari","Ola","Per"],"problem":null},` +
		`{"header":"Merknad","field":null,"filled":5,"samples":["a","b","c"],"problem":null},` +
		`{"header":"","field":null,"filled":1,"samples":["x"],"problem":null},` +
		`{"header":"Startdato","field":"started_on","filled":3,"samples":["2023-03-15","2024-06-05","tja"],"problem":null},` +
		`{"header":"Annet","field":null,"filled":0,"samples":[],"problem":null},` +
		`{"header":"","field":null,"filled":1,"samples":["y"],"problem":null}]`
	if difference := gocmp.Diff(want, string(got)); difference != "" {
		t.Error(difference)
	}
	// The row that says nothing that is known is no row.
	if len(list.Rows) != 4 || list.Rows[3].Number != 7 {
		t.Errorf("%+v", list.Rows)
	}
	long := read(t, []byte("Navn;"+strings.Repeat("h", 300)+"\nKari;"+strings.Repeat("v", 300)+"\n"), memberlist.Options{}).Columns[1]
	if len([]rune(long.Header)) != 80 || len([]rune(long.Samples[0])) != 60 {
		t.Errorf("%+v", long)
	}
}

// The header is the row that knows most, not a title that has a word in common.
func TestHeaderRow(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		rows []int
	}{
		"title lines":           {"Likepersoner\n\nLokallag:;Bergen;Koordinator:;Kari\n\nNavn;E-post;Rolle\nOla;o@eksempel.no;Mentor\n", []int{6}},
		"one known header":      {"Utdrag\nNavn;x\nOla;1\n", []int{3}},
		"values that are words": {"Navn;Rolle;Kurs\nKoordinator;Koordinator;Kurs\n", []int{2}},
		"the header again":      {"Navn;E-post\nOla;o@eksempel.no\nNavn;E-post\nKari;k@eksempel.no\n", []int{2, 4}},
	} {
		var got []int
		for _, row := range read(t, []byte(test.file), memberlist.Options{}).Rows {
			got = append(got, row.Number)
		}
		if difference := gocmp.Diff(test.rows, got); difference != "" {
			t.Errorf("%s: %s", name, difference)
		}
	}
}

// book makes a workbook; a cell that begins with "=" merges: "=A1:B1".
func book(t *testing.T, sheets ...map[string]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	for i, cells := range sheets {
		name := fmt.Sprint("Sheet", i+1)
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for cell, value := range cells {
			from, to, merged := strings.Cut(cell, ":")
			if merged {
				if err := f.MergeCell(name, from, to); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.SetCellValue(name, from, value); err != nil {
				t.Fatal(err)
			}
		}
	}
	content, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

func TestWorkbooks(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	kari := memberlist.Row{Number: 2, Person: 2, DisplayName: "Kari Berg", Role: "mentor"}
	with := func(change func(*memberlist.Row)) []memberlist.Row {
		row := kari
		change(&row)
		return []memberlist.Row{row}
	}
	for name, test := range map[string]struct {
		sheets []map[string]any
		want   []memberlist.Row
	}{
		"numbers and dates": {
			[]map[string]any{{"A1": "Navn", "B1": "Medlemsnr", "C1": "Mobil", "D1": "Startdato", "A2": "Kari Berg", "B2": 1234.0, "C2": 91234567, "D2": day}},
			with(func(r *memberlist.Row) { r.ExternalID, r.Phone, r.StartedOn = "1234", "+4791234567", "2026-11-24" }),
		},
		"the sheet with the header": {
			[]map[string]any{{"A1": "Forklaring", "A2": "Navn"}, {"A1": "Navn", "B1": "E-post", "A2": "Kari Berg"}, {"A1": "Navn", "B1": "E-post", "A2": "Ola"}},
			[]memberlist.Row{kari},
		},
		"a sheet that is too wide before it": {
			[]map[string]any{{"A1": "Navn", "B1": "E-post", "ZZ2": "x"}, {"A1": "Navn", "B1": "E-post", "A2": "Kari Berg"}},
			[]memberlist.Row{kari},
		},
		"a name over two columns": {
			[]map[string]any{{"A1:B1": "Navn", "C1": "E-post", "A2": "Kari", "B2": "Berg"}},
			[]memberlist.Row{kari},
		},
		"courses over their columns": {
			[]map[string]any{{
				"A1:A2": "Navn", "B1:D1": "Kurs 1", "B2": "Type", "C2": "Dato", "D2": "Gyldig til", "E1:F1": "Kurs 2", "E2": "Navn", "F2": "Dato",
				"A3": "Kari Berg", "B3": "A", "C3": day, "D3": 9999, "E3": "B", "F3": "24.11.2026",
			}},
			with(func(r *memberlist.Row) {
				r.Number, r.Person = 3, 3
				r.Certifications = []memberlist.Certification{
					{Kind: "A", IssuedOn: "2026-11-24", ExpiresOn: "never"}, {Kind: "B", IssuedOn: "2026-11-24"},
				}
			}),
		},
		"courses over columns of which some are known only with the title": {
			[]map[string]any{{
				"A1:A2": "Navn", "B1:D1": "Kurs 1", "B2": "Kurs", "C2": "Kursdato", "D2": "Utløper",
				"E1:G1": "Kurs 2", "E2": "Kurs", "F2": "Kursdato", "G2": "Utløper",
				"A3": "Kari Berg", "B3": "A", "C3": day, "D3": "24.11.2028", "E3": "B", "F3": "24.11.2026", "G3": 9999,
			}},
			with(func(r *memberlist.Row) {
				r.Number, r.Person = 3, 3
				r.Certifications = []memberlist.Certification{
					{Kind: "A", IssuedOn: "2026-11-24", ExpiresOn: "2028-11-24"}, {Kind: "B", IssuedOn: "2026-11-24", ExpiresOn: "never"},
				}
			}),
		},
		"titles over groups of columns": {
			[]map[string]any{{
				"A1:B1": "Person", "C1:D1": "Opplæring i laget", "A2": "Navn", "B2": "E-post", "C2": "Kurs", "D2": "Kursdato",
				"A3": "Kari Berg", "C3": "A", "D3": day,
			}},
			with(func(r *memberlist.Row) {
				r.Number, r.Person = 3, 3
				r.Certifications = []memberlist.Certification{{Kind: "A", IssuedOn: "2026-11-24"}}
			}),
		},
		"a year is no date": {
			[]map[string]any{{"A1": "Navn", "B1": "Kurs", "C1": "Kursdato", "A2": "Kari Berg", "B2": "A", "C2": 2024}},
			with(func(r *memberlist.Row) {
				r.Problems = []memberlist.Problem{{Column: "Kursdato", Code: memberlist.DateInvalid, Message: "Rad 2, kolonnen «Kursdato»: " +
					"Dette er ikke en dato. Skriv dag, måned og år, som 24.11.2026, eller la cellen stå tom."}}
			}),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := read(t, book(t, test.sheets...), memberlist.Options{})
			if difference := gocmp.Diff(test.want, list.Rows); difference != "" {
				t.Errorf("(-want +got)\n%s", difference)
			}
		})
	}
}

// In Excel a number has lost the zero that it began with.
func TestIdentityNumberAsANumber(t *testing.T) {
	t.Parallel()
	n := born(t, "058190")
	var whole int
	if _, err := fmt.Sscan(strings.TrimLeft(n, "0"), &whole); err != nil {
		t.Fatal(err)
	}
	list := read(t, book(t, map[string]any{"A1": "Navn", "B1": "Medlemsnr", "A2": "Kari", "B2": whole}), memberlist.Options{})
	if c := list.Columns[1]; c.Problem == nil || c.Problem.Code != memberlist.IdentityNumber || len(c.Samples) > 0 || list.Rows[0].ExternalID != "" {
		t.Errorf("%+v", c)
	}
	// As the text of a cell ten digits are ten digits.
	list = read(t, book(t, map[string]any{"A1": "Navn", "B1": "Medlemsnr", "A2": "Kari", "B2": n[1:]}), memberlist.Options{})
	if list.Columns[1].Problem != nil {
		t.Errorf("%+v", list.Columns[1])
	}
}

// Every refusal of a file has a text in each language, and says its row.
func TestFilesRefused(t *testing.T) {
	t.Parallel()
	for code, test := range map[memberlist.Code]struct {
		file string
		row  int
	}{
		memberlist.TooManyRows:                       {"Navn\n" + strings.Repeat("K\n", memberlist.MaxRows+1), 0},
		memberlist.NoHeader:                          {"a;b\nhemmelig;d\n", 0},
		memberlist.NoRows:                            {"Navn;E-post\n;\n", 0},
		memberlist.Code(spreadsheet.TooLarge):        {strings.Repeat("Navn", 2<<20), 0},
		memberlist.Code(spreadsheet.UnclosedQuote):   {"Navn\n\"hemmelig\n", 2},
		memberlist.Code(spreadsheet.TooManyColumns):  {"Navn\nhemmelig" + strings.Repeat(";x", 300), 2},
		memberlist.Code(spreadsheet.NotASpreadsheet): {"%PDF-1.4", 0},
		memberlist.Code(spreadsheet.Empty):           {"", 0},
		memberlist.Code(spreadsheet.NULCharacter):    {"Navn\nhemmelig\x00", 0},
		memberlist.Code(spreadsheet.Damaged):         {"PK\x03\x04hemmelig", 0},
	} {
		messages := map[string]bool{}
		for _, language := range []string{"nb", "nn", "en"} {
			_, err := memberlist.Read([]byte(test.file), memberlist.Options{Language: language})
			refused, ok := errors.AsType[*memberlist.Error](err)
			if !ok || refused.Code != code || refused.Row != test.row {
				t.Errorf("%s: %+v", code, err)
				continue
			}
			messages[refused.Message] = true
			if strings.Contains(refused.Message+err.Error(), "hemmelig") || strings.Contains(refused.Message, "%") {
				t.Errorf("%s: %s", err, refused.Message)
			}
		}
		if len(messages) != 3 {
			t.Errorf("%s: %v", code, messages)
		}
	}
	// Twenty thousand are not too many.
	if list := read(t, []byte("Navn\n"+strings.Repeat("K\n", memberlist.MaxRows)), memberlist.Options{}); len(list.Rows) != memberlist.MaxRows {
		t.Errorf("%d rows", len(list.Rows))
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"nb", "nn_NO", "en"} {
		xlsx, err := memberlist.TemplateXLSX(language)
		if err != nil {
			t.Fatal(err)
		}
		csv := memberlist.TemplateCSV(language)
		if !bytes.HasPrefix(csv, []byte("\ufeff")) || !bytes.Contains(csv, []byte(";")) {
			t.Errorf("%s: %q", language, csv)
		}
		if _, err := memberlist.Read(xlsx, memberlist.Options{}); err == nil || err.(*memberlist.Error).Code != memberlist.NoRows {
			t.Errorf("%s: the empty template is refused as %v", language, err)
		}
		list := read(t, append(csv, "Kari;k@eksempel.no;91234567;7;Bergen;koordinator;;1.1.2026;;nynorsk;A;1.1.2026;9999\r\n"...), memberlist.Options{})
		for _, column := range list.Columns {
			if column.Field == nil {
				t.Errorf("%s: %s is not known", language, column.Header)
			}
		}
		want := memberlist.Row{Number: 2, Person: 2, DisplayName: "Kari", Email: "k@eksempel.no", Phone: "+4791234567", ExternalID: "7", Chapter: "Bergen",
			Role: "coordinator", StartedOn: "2026-01-01", Locale: "nn",
			Certifications: []memberlist.Certification{{Kind: "A", IssuedOn: "2026-01-01", ExpiresOn: memberlist.Never}}}
		if difference := gocmp.Diff([]memberlist.Row{want}, list.Rows); difference != "" {
			t.Errorf("%s: %s", language, difference)
		}
	}
}

var (
	phonePattern = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)
	emailPattern = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[^@\s]+$`)
)

// FuzzRead: any file is read or refused; what comes out is well-formed, and holds no
// national identity number.
func FuzzRead(f *testing.F) {
	n := withCheckDigits("158190503")
	for i := 504; n == ""; i++ {
		n = withCheckDigits(fmt.Sprint("158190", i))
	}
	for _, seed := range []string{
		"Navn;E-post;Medlemsnr;Startdato\nKari;k@eksempel.no;12 345;24/11/2026\nOla;;7;05.06.26\n",
		"Fornavn;Etternavn;Mobil;Kurs;Kursdato;Utløper;Kurs;Kursdato\n158190;" + n[6:] + ";+47 912 34 567;A;46350;9999;B;1. mai 2026\n",
		"Medlemsnr;Navn\n" + n + ";Kari\n" + strings.Repeat("1;Ola\n", 21),
		"Medlemsnr;Navn;" + n + "\n1;Kari;x\n", "Navn\tRolle\n" + n[:6] + "\x01" + n[6:] + "\tMentor\n",
		"Navn;Merknad\nKari;" + n[:6] + "      " + n[6:] + "\n",
	} {
		f.Add([]byte(seed), "nn")
	}
	f.Fuzz(func(t *testing.T, file []byte, language string) {
		list, err := memberlist.Read(file, memberlist.Options{Language: language})
		if err != nil {
			refused, ok := errors.AsType[*memberlist.Error](err)
			if !ok || refused.Message == "" || memberlist.HasIdentityNumber(refused.Message) || memberlist.HasIdentityNumber(err.Error()) {
				t.Fatalf("%v", err)
			}
			return
		}
		for _, column := range list.Columns {
			for _, text := range append(column.Samples, column.Header) {
				if memberlist.HasIdentityNumber(text) {
					t.Fatalf("column %+v tells an identity number", column)
				}
			}
			if p := column.Problem; p != nil && (memberlist.HasIdentityNumber(p.Message+"|"+p.Column) || len(column.Samples) > 0) {
				t.Fatalf("column %+v tells an identity number", column)
			}
		}
		last := 0
		for _, row := range list.Rows {
			texts := []string{row.DisplayName, row.Email, row.Phone, row.ExternalID, row.Chapter, row.Coordinator}
			for _, c := range row.Certifications {
				texts = append(texts, c.Kind)
				if c.Kind == "" || c.IssuedOn == "" {
					t.Fatalf("%+v", c)
				}
			}
			for _, p := range row.Problems {
				texts = append(texts, p.Message)
				if p.Message == "" || !slices.Contains(memberlist.Codes(), p.Code) {
					t.Fatalf("%+v", p)
				}
			}
			for _, text := range texts {
				if memberlist.HasIdentityNumber(text) {
					t.Fatalf("row %+v tells an identity number", row)
				}
			}
			if row.Number <= last || row.Person > row.Number ||
				row.Phone != "" && !phonePattern.MatchString(row.Phone) || row.Email != "" && !emailPattern.MatchString(row.Email) {
				t.Fatalf("%+v", row)
			}
			last = row.Number
		}
	})
}
