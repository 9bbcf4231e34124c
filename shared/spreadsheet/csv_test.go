package spreadsheet_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mentorpause/shared/spreadsheet"
)

// known are the headers of these tests.
func known(header string) bool {
	switch strings.ToLower(header) {
	case "navn", "e-post", "lokallag":
		return true
	}
	return false
}

// table reads the first sheet as one text per row: "2: Kari|kari@eksempel.no".
func table(file []byte) (rows []string, err error) {
	sheets, err := spreadsheet.Open(file, known)
	if err != nil {
		return nil, err
	}
	for row, err := range sheets[0].Rows() {
		if err != nil {
			return rows, err
		}
		rows = append(rows, line(row))
	}
	return rows, nil
}

func line(row spreadsheet.Row) string {
	texts := make([]string, len(row.Cells))
	for i, cell := range row.Cells {
		texts[i] = cell.Text
	}
	return fmt.Sprintf("%d: %s", row.Number, strings.Join(texts, "|"))
}

func TestCSV(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		file string
		want []string
	}{
		"semicolons with commas in them":     {"Navn;Sted\r\nHansen, Kari;Ås, Norge\r\n", []string{"1: Navn|Sted", "2: Hansen, Kari|Ås, Norge"}},
		"commas with quoted semicolons":      {"Navn,Merknad\n\"Kari; Ola\",a\nPer,\"b;c;d\"\n", []string{"1: Navn|Merknad", "2: Kari; Ola|a", "3: Per|b;c;d"}},
		"tabs":                               {"Navn\tE-post\nKari\ta,b;c\n", []string{"1: Navn|E-post", "2: Kari|a,b;c"}},
		"a header settles it":                {"Navn,E-post\nA;B,c;d\nE;F,g;h\nI;J,k;l\n", []string{"1: Navn|E-post", "2: A;B|c;d", "3: E;F|g;h", "4: I;J|k;l"}},
		"without a known header the width":   {"x,y\n1,2\n3,4;5\n", []string{"1: x|y", "2: 1|2", "3: 3|4;5"}},
		"one column":                         {"Navn\nKari\nOla", []string{"1: Navn", "2: Kari", "3: Ola"}},
		"byte order mark":                    {"\xef\xbb\xbfNavn;Sted\nØyvind;Ås\n", []string{"1: Navn|Sted", "2: Øyvind|Ås"}},
		"Windows-1252":                       {"Navn;Sted\n\xd8yvind \x96 kj\xe6r;\xc5s\n", []string{"1: Navn|Sted", "2: Øyvind – kjær|Ås"}},
		"UTF-16, little end first":           {"\xff\xfeN\x00a\x00v\x00n\x00\t\x00\xd8\x00\n\x00\xc5\x00", []string{"1: Navn|Ø", "2: Å"}},
		"UTF-16, big end first":              {"\xfe\xff\x00N\x00a\x00v\x00n\x00;\x00\xd8", []string{"1: Navn|Ø"}},
		"sep= is no row":                     {"sep=,\r\nNavn,B\r\n1;2,3\r\n", []string{"1: Navn|B", "2: 1;2|3"}},
		"sep= in quotes, after a mark":       {"\xef\xbb\xbf\"sep=;\"\nNavn;B\n", []string{"1: Navn|B"}},
		"sep= by any character":              {"sep=|\nNavn|B\nc|d", []string{"1: Navn|B", "2: c|d"}},
		"blank lines are rows":               {"\n\nNavn;B\n\n;;\nc;d\n", []string{"3: Navn|B", "6: c|d"}},
		"a quoted line break is none":        {"Navn;B\n\"Kari\nHansen\r\nBerg\";1\nOla;2\n", []string{"1: Navn|B", "2: Kari\nHansen\r\nBerg|1", "3: Ola|2"}},
		"lone carriage returns":              {"Navn;B\rKari;1\r\rOla;2", []string{"1: Navn|B", "2: Kari|1", "4: Ola|2"}},
		"trailing empty columns":             {"Navn;B;;;\nKari;1;;;\nOla;;;;\n", []string{"1: Navn|B", "2: Kari|1", "3: Ola"}},
		"doubled quotes":                     {"Navn;B\n\"Kari \"\"Kaja\"\" Berg\";1\n", []string{"1: Navn|B", `2: Kari "Kaja" Berg|1`}},
		"quotes inside a cell":               {"Navn;B\nKari \"Kaja\" Berg;1\n\"Kaja\" Berg;2\n", []string{"1: Navn|B", `2: Kari "Kaja" Berg|1`, "3: Kaja Berg|2"}},
		"space before a quote":               {"Navn, B\n\"a,b\", \"c,d\"\n", []string{"1: Navn|B", "2: a,b|c,d"}},
		"a formula that keeps zeroes":        {"Navn;B\n=\"0012\";1\n", []string{"1: Navn|B", "2: 0012|1"}},
		"space of every kind around a value": {"Navn;B\n\u00a0 Kari\u200b ;\u20071\n", []string{"1: Navn|B", "2: Kari|1"}},
		"the end of a file of DOS":           {"Navn;B\r\nKari;1\r\n\x1a", []string{"1: Navn|B", "2: Kari|1"}},
		"a separator at the very end":        {"Navn;B\nKari;", []string{"1: Navn|B", "2: Kari"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := table([]byte(test.file))
			if err != nil {
				t.Fatal(err)
			}
			if difference := cmp.Diff(test.want, got); difference != "" {
				t.Errorf("(-want +got)\n%s", difference)
			}
		})
	}
}

func TestFaultsSavedAsText(t *testing.T) {
	t.Parallel()
	sheets, err := spreadsheet.Open([]byte("Navn;#REF!;#VERDI!;#hashtag;#I/T"), known)
	if err != nil {
		t.Fatal(err)
	}
	for row := range sheets[0].Rows() {
		var got []spreadsheet.Kind
		for _, cell := range row.Cells {
			got = append(got, cell.Kind)
		}
		want := []spreadsheet.Kind{spreadsheet.Text, spreadsheet.Fault, spreadsheet.Fault, spreadsheet.Text, spreadsheet.Fault}
		if difference := cmp.Diff(want, got); difference != "" {
			t.Error(difference)
		}
	}
}

// Each kind of file that can't be read has one answer, whose text has nothing of it.
func TestRefusals(t *testing.T) {
	t.Parallel()
	ole := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600)
	for name, test := range map[string]struct {
		file string
		want spreadsheet.Error
	}{
		"nothing":              {"", spreadsheet.Error{Code: spreadsheet.Empty}},
		"only a mark":          {"\xef\xbb\xbf", spreadsheet.Error{Code: spreadsheet.Empty}},
		"only space":           {" \r\n\t\n\u00a0", spreadsheet.Error{Code: spreadsheet.Empty}},
		"too large":            {strings.Repeat("a;b\n", spreadsheet.MaxBytes/4+1), spreadsheet.Error{Code: spreadsheet.TooLarge}},
		"too wide":             {"Navn\nhemmelig" + strings.Repeat(";x", 200), spreadsheet.Error{Code: spreadsheet.TooManyColumns, Row: 2}},
		"wide, far out":        {"Navn\nhemmelig" + strings.Repeat(";", 100_000) + "x", spreadsheet.Error{Code: spreadsheet.TooManyColumns, Row: 2}},
		"NUL":                  {"Navn;B\nKari\x00;hemmelig\n", spreadsheet.Error{Code: spreadsheet.NULCharacter}},
		"UTF-16 without mark":  {"N\x00a\x00v\x00n\x00", spreadsheet.Error{Code: spreadsheet.NULCharacter}},
		"a quote without end":  {"Navn;B\nKari;1\n\"hemmelig;2\nOla;3\n", spreadsheet.Error{Code: spreadsheet.UnclosedQuote, Row: 3}},
		"old Excel":            {ole, spreadsheet.Error{Code: spreadsheet.OldExcel, Detail: "a compound file"}},
		"encrypted":            {ole + "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00", spreadsheet.Error{Code: spreadsheet.Encrypted}},
		"PDF":                  {"%PDF-1.7 hemmelig", spreadsheet.Error{Code: spreadsheet.NotASpreadsheet, Detail: "PDF"}},
		"PNG":                  {"\x89PNG\r\n\x1a\n", spreadsheet.Error{Code: spreadsheet.NotASpreadsheet, Detail: "PNG"}},
		"JPEG":                 {"\xff\xd8\xff\xe0", spreadsheet.Error{Code: spreadsheet.NotASpreadsheet, Detail: "JPEG"}},
		"gzip":                 {"\x1f\x8b\x08", spreadsheet.Error{Code: spreadsheet.NotASpreadsheet, Detail: "gzip"}},
		"a web page":           {"\n<html><table><tr><td>Navn</table>", spreadsheet.Error{Code: spreadsheet.NotASpreadsheet, Detail: "markup"}},
		"an empty archive":     {"PK\x05\x06" + strings.Repeat("\x00", 18), spreadsheet.Error{Code: spreadsheet.NotASpreadsheet, Detail: "an empty archive"}},
		"an archive cut short": {"PK\x03\x04hemmelig", spreadsheet.Error{Code: spreadsheet.Damaged, Detail: "the archive's directory can't be read"}},
		"a false mark":         {"\xef\xbb\xbfNavn;\xd8yvind", spreadsheet.Error{Code: spreadsheet.Damaged, Detail: "a byte order mark of UTF-8 before something else"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := table([]byte(test.file))
			wantRefusal(t, err, test.want)
		})
	}
}

func wantRefusal(t *testing.T, err error, want spreadsheet.Error) {
	t.Helper()
	refused, ok := errors.AsType[*spreadsheet.Error](err)
	if !ok {
		t.Fatalf("error is %v", err)
	}
	if *refused != want {
		t.Errorf("refused as %+v, want %+v", *refused, want)
	}
	if strings.Contains(err.Error(), "hemmelig") {
		t.Errorf("%v tells of a cell", err)
	}
}

// FuzzReadCSV: any bytes are read or refused; rows come in order, within bounds.
func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{
		"Navn;E-post\r\nKari;kari@eksempel.no\r\n", "sep=,\nNavn,B\n\"a\nb\",\"c\"\"d\"\n", "\xef\xbb\xbfNavn\tB\rc\td",
		"\xff\xfeN\x00;\x00", "Navn;\xd8\n\"", "=\"00\";\"a\"b;c\n,,;;\t\t\n", "sep=\xff\n", "a\x00b", " \"x\" ;=\"y\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		wantRows(t, file)
	})
}

// wantRows reads all sheets of any file.
func wantRows(t *testing.T, file []byte) {
	t.Helper()
	sheets, err := spreadsheet.Open(file, known)
	if err != nil {
		if _, ok := errors.AsType[*spreadsheet.Error](err); !ok {
			t.Fatalf("error is %T: %v", err, err)
		}
		return
	}
	for _, sheet := range sheets {
		last := 0
		for row, err := range sheet.Rows() {
			if err != nil {
				if _, ok := errors.AsType[*spreadsheet.Error](err); !ok {
					t.Fatalf("error is %T: %v", err, err)
				}
				break
			}
			if row.Number <= last || len(row.Cells) == 0 || len(row.Cells) > spreadsheet.MaxColumns {
				t.Fatalf("row %d after %d has %d cells", row.Number, last, len(row.Cells))
			}
			last = row.Number
			for i, cell := range row.Cells {
				if (cell.Kind == spreadsheet.Blank) != (cell.Text == "") {
					t.Fatalf("cell %d of row %d is %+v", i, row.Number, cell)
				}
			}
			if row.Cells[len(row.Cells)-1].Kind == spreadsheet.Blank {
				t.Fatalf("row %d ends blank", row.Number)
			}
		}
		sheet.Merged()
	}
}
