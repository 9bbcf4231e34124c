package memberlist

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"mentorpause/shared/spreadsheet"
)

// HasIdentityNumber reports whether a text contains a national identity number: eleven
// digits that are a possible birth date (D-numbers and the numbers of test persons too)
// with two valid check digits. Between two of them may stand any number of spaces, dots and
// hyphens, and of whatever isn't printable ASCII: marks and characters that nobody sees come
// along when a number is pasted. private.contains_identity_number, which every text that a
// command stores is asked by, is the same rule; a test runs both on the same texts.
func HasIdentityNumber(text string) bool {
	if !isASCII(text) {
		text = norm.NFKC.String(text) // digits of other widths
	}
	if countDigits(text) < len(weights[0]) { // nearly every text
		return false
	}
	for start := range len(text) {
		if isDigit(text[start]) && (start == 0 || !isDigit(text[start-1])) && beginsIdentityNumber(text[start:]) {
			return true
		}
	}
	return false
}

// beginsIdentityNumber judges the digits from the first character on.
func beginsIdentityNumber(text string) bool {
	var digits [11]byte
	n := 0
	for i := range len(text) {
		switch b := text[i]; {
		case isDigit(b):
			digits[n] = b
			if n++; n == len(digits) {
				return (i+1 == len(text) || !isDigit(text[i+1])) && isIdentityNumber(digits)
			}
		case b > ' ' && b <= '~' && b != '.' && b != '-':
			return false
		}
	}
	return false
}

// isIdentity is HasIdentityNumber of a cell. What Excel has kept as a number, or saved as
// CSV, has lost the zero with which those born on the first nine days of a month begin: ten
// digits and nothing else count too, but in a column of telephone numbers.
func (r *reader) isIdentity(cell spreadsheet.Cell, field Field) bool {
	if cell.Kind == spreadsheet.Date {
		return false
	}
	digits := countDigits(cell.Text)
	if (cell.Kind == spreadsheet.Number || r.isCSV) && field != Phone && digits >= 10 && digits <= 12 { // or with two decimals
		text := clean(cell.Text)
		if m := grouped.FindStringSubmatch(text); m != nil {
			text = strings.ReplaceAll(m[1], " ", "")
		}
		if len(text) == 10 && digitsOnly(text) && HasIdentityNumber("0"+text) {
			return true
		}
	}
	return HasIdentityNumber(cell.Text)
}

var weights = [2][11]int{{3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0}, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}}

// isIdentityNumber judges eleven digits.
func isIdentityNumber(digits [11]byte) bool {
	for _, w := range weights {
		sum := 0
		for i, digit := range digits {
			sum += w[i] * int(digit-'0')
		}
		if sum%11 != 0 {
			return false
		}
	}
	day, month := int(digits[0]-'0')*10+int(digits[1]-'0'), int(digits[2]-'0')*10+int(digits[3]-'0')
	if day > 40 {
		day -= 40 // a D-number
	}
	switch {
	case month > 80:
		month -= 80 // a test person of the Tax Administration's
	case month > 60:
		month -= 65 // a test person of the health service's
	case month > 40:
		month -= 40 // a test person, or an emergency number
	}
	// Whether 29 February is possible depends on the century, which is not known yet.
	longest := [13]int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	return month >= 1 && month <= 12 && day >= 1 && day <= longest[month]
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func countDigits(text string) (n int) {
	for i := range len(text) {
		if isDigit(text[i]) {
			n++
		}
	}
	return n
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

// confessing are headers of columns that are refused whatever they hold: half of a
// number is one, too.
var confessing = func() map[string]bool {
	all := map[string]bool{}
	for _, header := range []string{
		"Fødselsnummer", "Fødselsnr", "Fødselsnummer (11 siffer)", "Fødsels- og personnummer", "Fnr", "Personnummer", "Personnr",
		"D-nummer", "D-nr", "Fødselsnummer/D-nummer", "Fnr/Dnr", "National identity number", "National ID", "National ID number",
		"Personal identity number", "Norwegian ID number", "SSN", "Social security number",
	} {
		all[headerKey(header)] = true
	}
	return all
}()

func confesses(header string) bool {
	return len(header) <= longestHeader && (confessing[headerKey(header)] || confessing[headerKey(withoutBrackets(header))])
}
