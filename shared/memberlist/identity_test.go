package memberlist_test

import (
	"encoding/json"
	"fmt"
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

func TestHasIdentityNumber(t *testing.T) {
	t.Parallel()
	n := born(t, "158190")
	other := byte('0')
	if n[10] == other {
		other = '1'
	}
	for text, want := range map[string]bool{
		n: true, "": false,
		n[:6] + " " + n[6:]:                               true,
		n[:6] + "-" + n[6:]:                               true,
		n[:6] + " - " + n[6:]:                             true,
		n[:6] + "\u2013" + n[6:]:                          true,
		n[:6] + "\u00a0" + n[6:]:                          true,
		n[:6] + "\u200b" + n[6:]:                          true,
		n[:2] + "." + n[2:4] + "." + n[4:6] + " " + n[6:]: true,
		n[:2] + " " + n[2:4] + " " + n[4:6] + " " + n[6:9] + " " + n[9:]: true,
		"Fnr. " + n + ", ring etter 17":                                  true,
		"fnr" + n + "x":                                                  true,
		"tlf 91234567 " + n:                                              true,
		n + " 91234567":                                                  true,
		"91234567-" + n:                                                  true,
		strings.Map(func(r rune) rune { return r - '0' + '０' }, n): true, // full width
		n[:10] + string(other):        false, // check digit
		n + "1":                       false, // twelve digits
		"1" + n:                       false,
		n[:6] + "/" + n[6:]:           false,
		n[:6] + " tlf " + n[6:]:       false,
		n[:6] + "    " + n[6:]:        false,
		n[:10]:                        false,
		"00000000000":                 false, // valid check digits, no date
		born(t, "550190"):             true,  // a D-number
		born(t, "014190"):             true,  // month + 40
		born(t, "016690"):             true,  // month + 65
		born(t, "410190"):             true,  // a D-number of the first
		born(t, "320190"):             false, // 32 January
		born(t, "300290"):             false,
		born(t, "290201"):             true, // in 1904 …
		born(t, "011390"):             false,
		born(t, "720190"):             false,
		"kari@eksempel.no 912 34 567": false,
		strings.Repeat("1 ", 100_000): false,
		strings.Repeat("0", 100_000):  false,
	} {
		if got := memberlist.HasIdentityNumber(text); got != want {
			t.Errorf("%.40q: %t", text, got)
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
