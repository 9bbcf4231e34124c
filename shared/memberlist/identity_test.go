package memberlist_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"mentorpause/shared/memberlist"
)

// withCheckDigits completes nine digits; "" if there are no check digits for them.
func withCheckDigits(nine string) string {
	for _, weights := range [][]int{{3, 7, 6, 1, 8, 9, 4, 5, 2}, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2}} {
		sum := 0
		for i, w := range weights {
			sum += w * int(nine[i]-'0')
		}
		check := (11 - sum%11) % 11
		if check == 10 {
			return ""
		}
		nine += fmt.Sprint(check)
	}
	return nine
}

// born returns a number with these first six digits.
func born(t *testing.T, ddmmyy string) string {
	t.Helper()
	for individual := 500; individual < 999; individual++ {
		if n := withCheckDigits(fmt.Sprintf("%s%03d", ddmmyy, individual)); n != "" {
			return n
		}
	}
	t.Fatalf("no number for %s", ddmmyy)
	return ""
}

// The examples are the database's, too: tests/schema runs it on them.
func TestHasIdentityNumber(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("testdata/identity_numbers.json")
	if err != nil {
		t.Fatal(err)
	}
	var examples []struct {
		Text, Why string
		Contains  bool
	}
	if err := json.Unmarshal(file, &examples); err != nil {
		t.Fatal(err)
	}
	if len(examples) < 100 {
		t.Fatalf("%d examples", len(examples))
	}
	for _, e := range examples {
		if got := memberlist.HasIdentityNumber(e.Text); got != e.Contains {
			t.Errorf("%q (%s): %t", e.Text, e.Why, got)
		}
	}
	for _, long := range []string{strings.Repeat("1 ", 100_000), strings.Repeat("0", 100_000), strings.Repeat("1\u200b", 100_000)} {
		if memberlist.HasIdentityNumber(long) {
			t.Errorf("%.20q…", long)
		}
	}
}

// What Excel has saved as CSV has lost the zero with which a number began.
func TestLostZero(t *testing.T) {
	t.Parallel()
	n := born(t, "018190")[1:]
	for name, test := range map[string]struct {
		file    string
		refused bool
	}{
		"in an unknown column":     {"Navn;Merknad\nKari;" + n + "\n", true},
		"in a column of names":     {"Navn;Koordinator\nKari;" + n + "\n", true},
		"as the member number":     {"Navn;Medlemsnr\nKari;" + n + "\n", true},
		"with two decimals":        {"Navn;Medlemsnr\nKari;" + n + ",00\n", true},
		"grouped":                  {"Navn;Koordinator\nKari;" + n[:1] + " " + n[1:4] + " " + n[4:7] + " " + n[7:] + "\n", true},
		"of a telephone":           {"Navn;Telefon\nKari;" + n + "\n", false},
		"with something beside it": {"Navn;Merknad\nKari;nr. " + n + "\n", false},
		"one digit less":           {"Navn;Merknad\nKari;" + n[:9] + "\n", false},
	} {
		list := read(t, []byte(test.file), memberlist.Options{})
		answer, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		if refused := list.Columns[1].Problem != nil && list.Columns[1].Problem.Code == memberlist.IdentityNumber; refused != test.refused {
			t.Errorf("%s: %+v", name, list.Columns[1])
		}
		if test.refused && (strings.Contains(string(answer), n) || strings.Contains(string(answer), n[2:8])) {
			t.Errorf("%s: the answer tells of it:\n%s", name, answer)
		}
	}
}

// A column in which a value is a number is not read and not shown, whatever it was to
// be; the others are.
func TestIdentityColumns(t *testing.T) {
	t.Parallel()
	n := born(t, "158190")
	// rows has twenty or more people with a member number each, the last one's is n.
	rows := func(header string, count int) string {
		file := "Navn;E-post;" + header + "\n"
		for i := range count - 1 {
			file += fmt.Sprintf("Kari %d;k%d@eksempel.no;%d\n", i, i, 1000+i)
		}
		return file + "Ola;ola@eksempel.no;" + n[:6] + " " + n[6:] + "\n"
	}
	for name, test := range map[string]struct {
		file    string
		refused bool   // the third column
		field   string // of it
		lost    int    // rows
	}{
		"unknown column":                      {rows("Merknad", 100), true, "", 0},
		"known column":                        {rows("Lokallag", 100), true, "chapter", 0},
		"half of the member numbers":          {rows("Medlemsnr", 2), true, "external_id", 0},
		"one of twenty member numbers":        {rows("Medlemsnr", 20), true, "external_id", 0},
		"one of twenty-one":                   {rows("Medlemsnr", 21), false, "external_id", 1},
		"a header":                            {"Navn;E-post;" + n + "\nKari;kari@eksempel.no;hemmelig\n", true, "", 0},
		"a column by its name":                {"Navn;E-post;Fødselsnr.\nKari;kari@eksempel.no;12345\n", true, "", 0},
		"a column by its name, with a remark": {"Navn;E-post;Fødselsnummer (11 siffer)\nKari;kari@eksempel.no;12345\n", true, "", 0},
	} {
		for _, language := range []string{"nb", "nn", "en"} {
			list := read(t, []byte(test.file), memberlist.Options{Language: language})
			answer, err := json.Marshal(list)
			if err != nil {
				t.Fatal(err)
			}
			if text := string(answer); memberlist.HasIdentityNumber(text) || strings.Contains(text, n[6:]) ||
				strings.Contains(text, n[:6]) || strings.Contains(text, "hemmelig") || strings.Contains(text, "12345") {
				t.Errorf("%s: the answer tells of it:\n%s", name, answer)
			}
			column := list.Columns[2]
			if refused := column.Problem != nil; refused != test.refused {
				t.Errorf("%s: column is %+v", name, column)
			}
			if test.refused && (column.Problem.Code != memberlist.IdentityNumber || len(column.Samples) != 0 || column.Problem.Message == "") {
				t.Errorf("%s: column is %+v", name, column)
			}
			if field := ""; column.Field != nil {
				if field = string(*column.Field); field != test.field {
					t.Errorf("%s: field is %s", name, field)
				}
			}
			lost := 0
			for _, row := range list.Rows {
				if row.Email == "" || row.DisplayName == "" {
					t.Errorf("%s: other columns are lost: %+v", name, row)
				}
				if test.refused && (row.ExternalID != "" || row.Chapter != "") {
					t.Errorf("%s: the column is read: %+v", name, row)
				}
				if codes(row) == string(memberlist.IdentityNumber) {
					lost++
				}
			}
			if lost != test.lost {
				t.Errorf("%s: %d rows are refused, want %d", name, lost, test.lost)
			}
		}
	}
}

// A problem that was found later names the column as the file does, also one that was
// refused, and without one as the template does.
func TestExplainNamesTheColumn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, language, want string }{
		"a column":         {"Navn;Lag\nKari;Oslo\n", "nb", "Lag"},
		"a refused column": {"Navn;Lag\nKari;" + born(t, "158190") + "\n", "nb", "Lag"},
		"the one read":     {"Navn;Lag;Lokallag\nKari;" + born(t, "158190") + ";Oslo\n", "nb", "Lokallag"},
		"none":             {"Navn\nKari\n", "nb", "Lokallag"},
		"none, in English": {"Navn\nKari\n", "en", "Chapter"},
	} {
		list := read(t, []byte(test.file), memberlist.Options{Language: test.language})
		problem := list.Explain(test.language, 2, memberlist.Chapter, memberlist.ChapterUnknown, 0)
		if problem.Column != test.want || !strings.Contains(problem.Message, test.want) {
			t.Errorf("%s: %+v", name, problem)
		}
	}
}
