package memberlist

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"mentorpause/shared/spreadsheet"
)

// HasIdentityNumber reports whether a text contains a national identity number: eleven
// digits, together or in groups with spaces, dots or hyphens between them, that are a
// possible birth date (D-numbers and the numbers of test persons too) with two valid
// check digits. Whatever answers, logs or stores a text asks here first.
func HasIdentityNumber(text string) bool {
	if !isASCII(text) {
		text = norm.NFKC.String(text) // digits of other widths
	}
	var (
		digits [11]byte
		starts []int // where groups of digits begin
	)
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		starts = append(starts, i)
		for i < len(text) && isDigit(text[i]) {
			i++
		}
	}
	for _, start := range starts {
		n, i := 0, start
		for {
			group := i
			for i < len(text) && isDigit(text[i]) {
				if i-group >= len(digits) || n >= len(digits) {
					n = len(digits) + 1
					break
				}
				digits[n] = text[i]
				n++
				i++
			}
			if n > len(digits) {
				break
			}
			if n == len(digits) {
				if (i >= len(text) || !isDigit(text[i])) && isIdentityNumber(digits) {
					return true
				}
				break
			}
			next := skipSeparators(text, i)
			if next < 0 {
				break
			}
			i = next
		}
	}
	return false
}

// mostSeparators is how many characters may stand between two groups: " - ".
const mostSeparators = 3

// skipSeparators returns where the next digit is behind separators, or -1.
func skipSeparators(text string, from int) int {
	count := 0
	for i, r := range text[from:] {
		switch {
		case r < unicode.MaxASCII && isDigit(byte(r)):
			return from + i
		case count >= mostSeparators, r != '.' && !unicode.IsSpace(r) && !unicode.In(r, unicode.Dash, unicode.Cf, unicode.Mn):
			return -1
		}
		count++
	}
	return -1
}

// isIdentity is HasIdentityNumber of a cell: a number has lost the zero with which
// those born on the first nine days of a month begin.
func isIdentity(cell spreadsheet.Cell) bool {
	if cell.Kind == spreadsheet.Number && len(cell.Text) == 10 && HasIdentityNumber("0"+cell.Text) {
		return true
	}
	if cell.Kind == spreadsheet.Date {
		return false
	}
	if HasIdentityNumber(cell.Text) {
		return true
	}
	cleaned := clean(cell.Text) // what that brings together counts, too
	return cleaned != cell.Text && HasIdentityNumber(cleaned)
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
