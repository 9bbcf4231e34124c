package memberlist

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"mentorpause/shared/spreadsheet"
)

// Never is the value of ExpiresOn and LastDay for what has no end.
const Never = "never"

// order says which of the numbers in 05/06/2026 is the day.
type order uint8

const (
	unsettled order = iota // nothing in the column tells, or it tells both
	dayFirst
	monthFirst
	yearFirst // 26-06-05
)

// day reads a cell as a day: 2006-01-02, or Never where the field allows it. The
// code is empty if that succeeds.
//
// Read whatever the column holds: a spreadsheet's dates; ISO dates, also without
// hyphens; days with dots (24.11.2026, 24.11.26), which are always day first;
// 24/11-2026; names of months; eight digits; five digits, which are a date that a
// spreadsheet wrote as its serial number. A time behind it is dropped.
//
// What is left are three numbers between slashes or hyphens, the year last. Their
// order is that of the column.
func day(cell spreadsheet.Cell, field Field, o order, date1904 bool) (value string, code Code) {
	switch cell.Kind {
	case spreadsheet.Date:
		date, err := time.Parse(time.DateOnly, cell.Text)
		if err != nil {
			return "", DateInvalid
		}
		return finish(date.Year(), date.Month(), date.Day(), field)
	case spreadsheet.Boolean:
		return "", DateInvalid
	}
	if len(cell.Text) > 60 {
		return "", DateInvalid
	}
	text := strings.ToLower(cell.Text)
	if field.mayBeNever() && neverWords[text] {
		return Never, ""
	}
	if digitsOnly(text) {
		return fromDigits(text, field, date1904)
	}
	if serial := fraction.FindStringSubmatch(text); serial != nil {
		return fromDigits(serial[1], field, date1904)
	}
	text, ok := withoutTime(text)
	if !ok {
		return "", DateInvalid
	}
	if m := isoDate.FindStringSubmatch(text); m != nil {
		return finish(number(m[1]), time.Month(number(m[2])), number(m[3]), field)
	}
	if m := dottedDate.FindStringSubmatch(text); m != nil {
		return finishShort(m[3], m[2], m[1], field)
	}
	if m := norwegianDate.FindStringSubmatch(text); m != nil {
		return finishShort(m[3], m[2], m[1], field)
	}
	if m := namedDate.FindStringSubmatch(text); m != nil {
		for i, names := range monthNames {
			for name := range strings.FieldsSeq(names) {
				if name == m[2] {
					return finishShort(m[3], strconv.Itoa(i+1), m[1], field)
				}
			}
		}
		return "", DateInvalid
	}
	m := ambiguousDate.FindStringSubmatch(text)
	if m == nil || m[2] != m[4] {
		return "", DateInvalid
	}
	switch o {
	case dayFirst:
		return finishShort(m[5], m[3], m[1], field)
	case monthFirst:
		return finishShort(m[5], m[1], m[3], field)
	case yearFirst:
		return finishShort(m[1], m[3], m[5], field)
	}
	for _, o := range []order{dayFirst, monthFirst, yearFirst} {
		if possible(m, o) {
			return "", DateAmbiguous
		}
	}
	return "", DateInvalid
}

var (
	fraction      = regexp.MustCompile(`^(\d{5})[.,]\d+$`)
	isoDate       = regexp.MustCompile(`^(\d{4})[-./](\d{1,2})[-./](\d{1,2})$`)
	dottedDate    = regexp.MustCompile(`^(\d{1,2})\. ?(\d{1,2})\. ?(\d{4}|\d{2})\.?$`)
	norwegianDate = regexp.MustCompile(`^(\d{1,2})/ ?(\d{1,2})[- ]+(\d{4}|\d{2})$`)
	namedDate     = regexp.MustCompile(`^(\d{1,2})(?:\. ?|[ -])(\pL+)\.?(?: ?|-)(\d{4}|\d{2})$`)
	ambiguousDate = regexp.MustCompile(`^(\d{1,2})([-/])(\d{1,2})([-/])(\d{4}|\d{2})$`)
	timeOfDay     = regexp.MustCompile(`(?:t|[ ,]+)(?:kl\.? ?)?(\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?)( ?[ap]\.?m\.?)?(?: ?(?:z|[+-]\d{2}:?\d{2}))?$`)
	midnight      = regexp.MustCompile(`^0{1,2}[:.]00(?:[:.]00(?:[.,]0+)?)?$`)
	zone          = regexp.MustCompile(`:\d\d(?:\.\d+)? ?(?:z|[+-]\d{2}:?\d{2})$`)
)

// monthNames has the names of each month, as Norwegians and English write them.
var monthNames = [12]string{
	"januar jan january", "februar feb february", "mars mar march", "april apr", "mai may", "juni jun june", "juli jul july",
	"august aug", "september sep sept", "oktober okt october oct", "november nov", "desember des december dec",
}

var neverWords = map[string]bool{
	"aldri": true, "never": true, "evig": true, "livsvarig": true, "ingen utløp": true, "ingen utløpsdato": true,
	"utløper ikke": true, "utløper aldri": true, "går ikkje ut": true, "går aldri ut": true, "no expiry": true,
	"does not expire": true,
}

// mayBeNever reports whether the field is an end, which need not come.
func (f Field) mayBeNever() bool { return f == ExpiresOn || f == LastDay }

// withoutTime cuts a time of day. With an offset from UTC only midnight can be cut:
// another time may be on another day here.
func withoutTime(text string) (string, bool) {
	if !strings.Contains(text, ":") && !strings.Contains(text, "kl") {
		return text, true
	}
	m := timeOfDay.FindStringSubmatchIndex(text)
	if m == nil {
		return "", false
	}
	if zone.MatchString(text) && !midnight.MatchString(text[m[2]:m[3]]) {
		return "", false
	}
	return text[:m[0]], true
}

// Serial numbers from 1950-01-01 to 2099-12-31: below are years, above are other numbers.
const (
	firstSerial = 18_264
	lastSerial  = 73_050
)

// fromDigits reads digits alone.
func fromDigits(text string, field Field, date1904 bool) (string, Code) {
	switch len(text) {
	case 4:
		if field.mayBeNever() && (text == "9999" || text == "2099") {
			return Never, ""
		}
	case 5:
		serial := number(text)
		if date1904 {
			serial += 1462
		}
		if serial < firstSerial || serial > lastSerial {
			break
		}
		if date, ok := spreadsheet.FromSerial(float64(serial), false); ok {
			return finish(date.Year(), date.Month(), date.Day(), field)
		}
	case 6:
		return "", DateAmbiguous // 251126 may begin with the day or the year
	case 8:
		// One of the two has a month of 19 or 20, except for never.
		if value, code := finish(number(text[:4]), time.Month(number(text[4:6])), number(text[6:]), field); code == "" {
			return value, code
		}
		return finish(number(text[4:]), time.Month(number(text[2:4])), number(text[:2]), field)
	}
	return "", DateInvalid
}

// finishShort is finish for a year of two or four digits.
func finishShort(year, month, day string, field Field) (string, Code) {
	y := number(year)
	if len(year) == 2 {
		switch {
		case field.mayBeNever() && y == 99:
			return "", DateAmbiguous // 1999, or never
		case field.mayBeNever() && y < 80, y < 50:
			y += 2000
		default:
			y += 1900
		}
	}
	return finish(y, time.Month(number(month)), number(day), field)
}

// finish checks a day.
func finish(year int, month time.Month, day int, field Field) (string, Code) {
	if !exists(year, month, day) {
		return "", DateInvalid
	}
	switch {
	case field.mayBeNever() && (year == 9999 || year == 2099):
		return Never, ""
	case year < 1900 || year > 9999:
		return "", DateOutOfRange
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), ""
}

func exists(year int, month time.Month, day int) bool {
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Day() == day
}

// possible reports whether the numbers of an ambiguous date are a day in that order.
func possible(m []string, o order) bool {
	day, month, year := m[1], m[3], m[5]
	switch o {
	case monthFirst:
		day, month = month, day
	case yearFirst:
		if m[2] == "/" || len(year) != 2 || len(m[1]) != 2 {
			return false
		}
		day, year = year, day
	}
	y := number(year)
	if len(year) == 2 {
		y += 2000 // where years with 29 February are the same
	}
	return exists(y, time.Month(number(month)), number(day))
}

// settle finds the order of a column's ambiguous dates. An order is settled if some
// value is only possible in it, and no value only in another: 24/11/2026 says that
// 05/06/2026 is in June.
func settle(column func(yield func(spreadsheet.Cell) bool)) order {
	found := unsettled
	for cell := range column {
		if cell.Kind != spreadsheet.Text || len(cell.Text) > 60 || !strings.ContainsAny(cell.Text, "/-") {
			continue
		}
		text, ok := withoutTime(strings.ToLower(cell.Text))
		m := ambiguousDate.FindStringSubmatch(text)
		if !ok || m == nil || m[2] != m[4] {
			continue
		}
		only, ways := unsettled, 0
		for _, o := range []order{dayFirst, monthFirst, yearFirst} {
			if possible(m, o) {
				only = o
				ways++
			}
		}
		// The same day in both orders says nothing, and neither does one that is impossible.
		if ways != 1 {
			continue
		}
		if found != unsettled && found != only {
			return unsettled
		}
		found = only
	}
	return found
}

func digitsOnly(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// number reads digits of which there are few.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
