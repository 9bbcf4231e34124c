package memberlist_test

import (
	"fmt"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"mentorpause/shared/memberlist"
)

// one reads a CSV file of one person and returns the row.
func one(t *testing.T, headers, values string) memberlist.Row {
	t.Helper()
	list := read(t, []byte(headers+"\n"+values+"\n"), memberlist.Options{})
	if len(list.Rows) != 1 {
		t.Fatalf("%d rows", len(list.Rows))
	}
	return list.Rows[0]
}

// codes are those of the problems.
func codes(row memberlist.Row) string {
	var all []string
	for _, p := range row.Problems {
		all = append(all, string(p.Code))
	}
	return strings.Join(all, " ")
}

func TestValues(t *testing.T) {
	t.Parallel()
	get := map[string]func(memberlist.Row) string{
		"Navn":        func(r memberlist.Row) string { return r.DisplayName },
		"E-post":      func(r memberlist.Row) string { return r.Email },
		"Mobil":       func(r memberlist.Row) string { return r.Phone },
		"Medlemsnr":   func(r memberlist.Row) string { return r.ExternalID },
		"Lokallag":    func(r memberlist.Row) string { return r.Chapter },
		"Rolle":       func(r memberlist.Row) string { return r.Role },
		"Koordinator": func(r memberlist.Row) string { return r.Coordinator },
		"Språk":       func(r memberlist.Row) string { return r.Locale },
	}
	for _, test := range []struct{ header, value, want, problem string }{
		{"Navn", "Åse Ødegård", "Åse Ødegård", ""},
		{"Navn", "  A\u030ase \u00a0 Ødega\u030ard ", "Åse Ødegård", ""}, // composed
		{"Navn", "Ola\u200b Nordmann", "Ola Nordmann", ""},
		{"Navn", "\"Ola\nNordmann\"", "Ola Nordmann", ""},
		{"Navn", "\u2066Ola\u2069 \u202eNordmann\u202c\u200e\u200f\u061c", "Ola Nordmann", ""},
		{"Lokallag", "Oslo \u202dog omland\u202c", "Oslo og omland", ""},
		{"Navn", "\u202e\u202c", "", "name_invalid"},
		{"Navn", "\u2800\u3164", "", "name_invalid"},
		{"Navn", strings.Repeat("ø", 200), strings.Repeat("ø", 200), ""},
		{"Navn", strings.Repeat("ø", 201), "", "name_invalid"},
		{"Navn", "–", "", ""},
		{"Navn", "José ?uovga", "", "name_invalid"}, // its letter was lost
		{"Navn", "Bjørn ?u?i", "", "name_invalid"},
		{"Navn", "Antall medlemmer:", "", "name_invalid"},
		{"Navn", "Sum", "", "name_invalid"},
		{"Navn", "TOTALT: 300", "", "name_invalid"},
		{"Navn", "Sum Ling Wong", "Sum Ling Wong", ""},
		{"Navn", "Likeperson nummer 300", "Likeperson nummer 300", ""},

		{"E-post", "Kari.Nordmann@Eksempel.NO", "kari.nordmann@eksempel.no", ""},
		{"E-post", " mailto:kari@eksempel.no ", "kari@eksempel.no", ""},
		{"E-post", "Kari Nordmann <kari@eksempel.no>", "kari@eksempel.no", ""},
		{"E-post", "kari+lag@post.eksempel.no", "kari+lag@post.eksempel.no", ""},
		{"E-post", "Bjørn@Blåbær.no", "bjørn@blåbær.no", ""},
		{"E-post", "kari@xn--blbr-roah.example", "kari@xn--blbr-roah.example", ""},
		{"E-post", "kari", "", "email_invalid"},
		{"E-post", "kari@eksempel", "", "email_invalid"},
		{"E-post", "kari@@eksempel.no", "", "email_invalid"},
		{"E-post", "kari nordmann@eksempel.no", "", "email_invalid"},
		{"E-post", "kari@eksempel..no", "", "email_invalid"},
		{"E-post", ".kari@eksempel.no", "", "email_invalid"},
		{"E-post", "kari@eksempel.no.", "", "email_invalid"},
		{"E-post", "kari@192.168.0.1", "", "email_invalid"},
		{"E-post", "kari@eksempel.no, ola@eksempel.no", "", "email_invalid"},
		{"E-post", "kari@-eksempel.no", "", "email_invalid"},
		{"E-post", strings.Repeat("k", 65) + "@eksempel.no", "", "email_invalid"},

		{"Mobil", "91234567", "+4791234567", ""},
		{"Mobil", "912 34 567", "+4791234567", ""},
		{"Mobil", "912.34.567", "+4791234567", ""},
		{"Mobil", "(+47) 912 34 567", "+4791234567", ""},
		{"Mobil", "0047 91 23 45 67", "+4791234567", ""},
		{"Mobil", "47 912 34 567", "+4791234567", ""},
		{"Mobil", "Tlf. 22 34 56 78", "+4722345678", ""},
		{"Mobil", "+46 70-123 45 67", "+46701234567", ""},
		{"Mobil", "+44 (0)20 7946 0018", "+442079460018", ""},
		{"Mobil", "12345", "", "phone_invalid"},
		{"Mobil", "02345678", "", "phone_invalid"},
		{"Mobil", "+47 1234567", "", "phone_invalid"},
		{"Mobil", "+0123456789", "", "phone_invalid"},
		{"Mobil", "91234567/22345678", "", "phone_invalid"},
		{"Mobil", "912345678", "", "phone_invalid"},
		{"Mobil", "ring Kari", "", "phone_invalid"},
		{"Mobil", "91 23 45 67 +", "", "phone_invalid"},

		{"Medlemsnr", "00123", "00123", ""},
		{"Medlemsnr", "12 345", "12345", ""},
		{"Medlemsnr", "12\u00a0345,00", "12345", ""},
		{"Medlemsnr", "1234,0", "1234", ""},
		{"Medlemsnr", "1.000", "1.000", ""},
		{"Medlemsnr", "A-17 b", "A-17 b", ""},
		{"Medlemsnr", strings.Repeat("1", 100), strings.Repeat("1", 100), ""},
		{"Medlemsnr", strings.Repeat("1", 101), "", "external_id_invalid"},

		{"Lokallag", " Sør-Østerdal  lokallag", "Sør-Østerdal lokallag", ""},
		{"Lokallag", strings.Repeat("a", 201), "", "text_invalid"},
		{"Lokallag", "#I/T", "", "cell_error"},

		{"Rolle", "", "mentor", ""},
		{"Rolle", "LIKEPERSON", "mentor", ""},
		{"Rolle", "Mentor", "mentor", ""},
		{"Rolle", "koordinator", "coordinator", ""},
		{"Rolle", "Coordinator", "coordinator", ""},
		{"Rolle", "Samordnar", "coordinator", ""},
		{"Rolle", "Administrator", "administrator", ""},
		{"Rolle", "Kasserer", "", "role_unknown"},

		{"Koordinator", "Kari@Eksempel.no", "kari@eksempel.no", ""},
		{"Koordinator", "10 234", "10234", ""},
		{"Koordinator", "Kari  Nordmann", "Kari Nordmann", ""},
		{"Koordinator", "Nordmann,  Kari Anne", "Kari Anne Nordmann", ""},
		{"Koordinator", "Kari Nordmann, ", "Kari Nordmann,", ""},
		{"Koordinator", "Nordmann, Kari, Oslo", "Nordmann, Kari, Oslo", ""},

		{"Språk", "Bokmål", "nb", ""},
		{"Språk", "nb_NO.UTF-8", "nb", ""},
		{"Språk", "nno", "nn", ""},
		{"Språk", "Nynorsk", "nn", ""},
		{"Språk", "en-GB", "en", ""},
		{"Språk", "Engelsk", "en", ""},
		{"Språk", "svensk", "", "locale_unknown"},
	} {
		// Somebody else's columns say who it is.
		headers, values := "Fornavn;Etternavn;"+test.header, "Ola;Hansen;"+test.value
		if test.header == "Navn" {
			headers, values = "Medlemsnr;Navn", "7;"+test.value
		}
		row := one(t, headers, values)
		if got := get[test.header](row); got != test.want || codes(row) != test.problem {
			t.Errorf("%s %q is %q (%s), want %q (%s)", test.header, test.value, got, codes(row), test.want, test.problem)
		}
	}
}

// Each language says what happened to a name, and what to do.
func TestWhyANameIsRefused(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][3]string{
		"José ?uovga":       {"gått tapt da fila ble lagret", "gjekk tapt då fila blei lagra", "were lost when the file was saved"},
		"Antall medlemmer:": {"Dette er en sum, ikke en person.", "Dette er ein sum, ikkje ein person.", "This is a total, not a person."},
	} {
		for i, language := range []string{"nb", "nn", "en"} {
			list := read(t, []byte("Navn;Medlemsnr\n"+name+";7"), memberlist.Options{Language: language})
			if problems := list.Rows[0].Problems; len(problems) != 1 || !strings.Contains(problems[0].Message, want[i]) {
				t.Errorf("%s in %s: %+v", name, language, problems)
			}
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ headers, values, want string }{
		{"Fornavn;Etternavn;Medlemsnr", "Kari Anne;Hansen;7", "Kari Anne Hansen"},
		{"Navn;Fornavn;Etternavn", "Kari H;Kari;Hansen", "Kari H"},
		{"Navn;Fornavn;Etternavn", ";Kari;Hansen", "Kari Hansen"},
		{"Fornavn;Etternavn;Medlemsnr", ";Hansen;7", ""}, // half a name replaces no whole one
		{"Fornavn;Medlemsnr", "Kari;7", "Kari"},
	} {
		if row := one(t, test.headers, test.values); row.DisplayName != test.want || len(row.Problems) > 0 {
			t.Errorf("%s of %s is %q (%s)", test.values, test.headers, row.DisplayName, codes(row))
		}
	}
}

// Each column of dates is one test: what its values are, or the code.
func TestDates(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		header string
		column []string
		want   []string
	}{
		"with dots":                  {"Startdato", []string{"24.11.2026", "4.1.2026", "04.01.26", "24. 11. 2026", "24.11.2026.", "01.02.2003"}, []string{"2026-11-24", "2026-01-04", "2026-01-04", "2026-11-24", "2026-11-24", "2003-02-01"}},
		"ISO":                        {"Startdato", []string{"2026-11-24", "2026-1-4", "2026/11/24", "20261124", "2026-11-24T00:00:00Z", "2026-11-24 13:45"}, []string{"2026-11-24", "2026-01-04", "2026-11-24", "2026-11-24", "2026-11-24", "2026-11-24"}},
		"by name":                    {"Startdato", []string{"24. november 2026", "1. mai 26", "3 Oct 2026", "24-Des-2026", "24. foo 2026"}, []string{"2026-11-24", "2026-05-01", "2026-10-03", "2026-12-24", "date_invalid"}},
		"with a time":                {"Startdato", []string{"24.11.2026 00:00:00", "24.11.2026 kl. 12.30", "24.11.2026 13:45", "2026-11-23T23:00:00Z"}, []string{"2026-11-24", "2026-11-24", "2026-11-24", "date_invalid"}},
		"as Norwegians write":        {"Startdato", []string{"24/11-2026", "5/6 2026", "5/6-26"}, []string{"2026-11-24", "2026-06-05", "2026-06-05"}},
		"serial numbers":             {"Startdato", []string{"46350", "46350,75", "18264", "18263", "73051", "123"}, []string{"2026-11-24", "2026-11-24", "1950-01-01", "date_invalid", "date_invalid", "date_invalid"}},
		"digits":                     {"Startdato", []string{"24112026", "241126", "2026", "9999"}, []string{"2026-11-24", "date_ambiguous", "date_invalid", "date_invalid"}},
		"slashes, day first":         {"Startdato", []string{"05/06/2026", "24/11/2026", "1/2/26"}, []string{"2026-06-05", "2026-11-24", "2026-02-01"}},
		"slashes, month first":       {"Startdato", []string{"05/06/2026", "11/24/2026", "1/2/26"}, []string{"2026-05-06", "2026-11-24", "2026-01-02"}},
		"slashes, nothing tells":     {"Startdato", []string{"05/06/2026", "01/02/2026", "24.11.2026"}, []string{"date_ambiguous", "date_ambiguous", "2026-11-24"}},
		"slashes, both are told":     {"Startdato", []string{"24/11/2026", "11/24/2026"}, []string{"date_ambiguous", "date_ambiguous"}},
		"an impossible one is alone": {"Startdato", []string{"24/11/2026", "31/02/2026", "05/06/2026"}, []string{"2026-11-24", "date_invalid", "2026-06-05"}},
		"hyphens, day first":         {"Startdato", []string{"24-11-2026", "05-06-2026"}, []string{"2026-11-24", "2026-06-05"}},
		"hyphens, year first":        {"Startdato", []string{"05-12-31", "05-06-07", "98-03-01"}, []string{"2005-12-31", "2005-06-07", "1998-03-01"}},
		"hyphens, nothing tells":     {"Startdato", []string{"05-06-07", "08-09-10"}, []string{"date_ambiguous", "date_ambiguous"}},
		"two digits of a past year":  {"Startdato", []string{"01.01.75", "01.01.49", "01.01.50"}, []string{"1975-01-01", "2049-01-01", "1950-01-01"}},
		"two digits of an end":       {"Sluttdato", []string{"01.01.75", "01.01.85", "31.12.99"}, []string{"2075-01-01", "1985-01-01", "date_ambiguous"}},
		"never":                      {"Sluttdato", []string{"9999", "2099", "31.12.9999", "31.12.2099", "2099-12-31", "9999-12-31", "99991231", "Aldri", "2958465"}, []string{"never", "never", "never", "never", "never", "never", "never", "never", "date_invalid"}},
		"never is no beginning":      {"Startdato", []string{"31.12.9999", "31.12.2099"}, []string{"9999-12-31", "2099-12-31"}},
		"out of range":               {"Startdato", []string{"31.12.1899", "01.01.1900", "1066-10-14"}, []string{"date_out_of_range", "1900-01-01", "date_out_of_range"}},
		"what there is not":          {"Startdato", []string{"30.02.2026", "29.02.2023", "29.02.2024", "00.01.2026", "01.13.2026", "våren", "24.11", "0", "-1"}, []string{"date_invalid", "date_invalid", "2024-02-29", "date_invalid", "date_invalid", "date_invalid", "date_invalid", "date_invalid", "date_invalid"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := "Navn;" + test.header + "\n"
			for i, value := range test.column {
				file += fmt.Sprintf("Kari %d;%s\n", i, value)
			}
			var got []string
			for _, row := range read(t, []byte(file), memberlist.Options{}).Rows {
				got = append(got, row.StartedOn+row.LastDay+codes(row))
			}
			if difference := gocmp.Diff(test.want, got); difference != "" {
				t.Errorf("(-want +got)\n%s", difference)
			}
		})
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ headers, values, want string }{
		{"Navn;Startdato;Sluttdato", "Kari;01.02.2026;01.02.2026", ""},
		{"Navn;Startdato;Sluttdato", "Kari;01.02.2026;31.01.2026", "ends_before_start"},
		{"Navn;Startdato;Sluttdato", "Kari;01.02.2026;9999", ""},
		{"Navn;Kurs;Kursdato;Utløper", "Kari;Grunnkurs;01.02.2026;01.02.2026", ""},
		{"Navn;Kurs;Kursdato;Utløper", "Kari;Grunnkurs;01.02.2026;31.01.2026", "expires_before_issued"},
		{"Navn;Kurs;Kursdato;Utløper", "Kari;Grunnkurs;;31.01.2026", "certification_incomplete"},
		{"Navn;Kurs;Kursdato;Utløper", "Kari;;01.02.2026;", "certification_incomplete"},
		{"Navn;Kurs;Kursdato;Utløper", "Kari;Grunnkurs;tja;", "date_invalid"},
		{"Navn;Lokallag", ";Bergen", "person_missing"},
	} {
		if row := one(t, test.headers, test.values); codes(row) != test.want {
			t.Errorf("%s: %q, want %q", test.values, codes(row), test.want)
		}
	}
}
