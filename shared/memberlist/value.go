package memberlist

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"mentorpause/shared/spreadsheet"
)

// Longest texts, in characters: those that the database takes.
const (
	longestName = 200
	longestID   = 100
)

// clean makes one line of a text: composed characters (NFC), no control characters,
// single spaces.
func clean(text string) string {
	plain := true
	for i := range len(text) {
		if b := text[i]; b < ' ' || b >= 0x7f || b == ' ' && i > 0 && text[i-1] == ' ' {
			plain = false
			break
		}
	}
	if plain {
		return strings.Trim(text, " ")
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return ' '
		case r == '\u200c', r == '\u200d': // joiners, part of how some names are written
			return r
		case r == utf8.RuneError, unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs):
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(norm.NFC.String(text)), " ")
}

// isVisible is private.is_visible of the database.
func isVisible(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return !unicode.Is(invisible, r)
	})
}

var invisible = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x0001, 0x0020, 1}, {0x007f, 0x00a0, 1}, {0x00ad, 0x00ad, 1}, {0x034f, 0x034f, 1}, {0x061c, 0x061c, 1}, {0x115f, 0x1160, 1},
		{0x1680, 0x1680, 1}, {0x17b4, 0x17b5, 1}, {0x180b, 0x180f, 1}, {0x2000, 0x200f, 1}, {0x2028, 0x202f, 1}, {0x205f, 0x206f, 1},
		{0x2800, 0x2800, 1}, {0x3000, 0x3000, 1}, {0x3164, 0x3164, 1}, {0xfe00, 0xfe0f, 1}, {0xfeff, 0xfeff, 1}, {0xffa0, 0xffa0, 1},
		{0xfff0, 0xfffb, 1},
	},
	R32:         []unicode.Range32{{0xe0000, 0xe0fff, 1}},
	LatinOffset: 3,
}

// line reads a text of at most so many characters.
func line(text string, longest int) (string, bool) {
	text = clean(text)
	return text, isVisible(text) && utf8.RuneCountInString(text) <= longest
}

// domains is how domains are looked up; shared/mail sends to what passes here.
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.VerifyDNSLength(true))

// email reads one address, in lower case. Its domain stays as it is written.
func email(text string) (string, bool) {
	text = strings.ToLower(clean(text))
	text = strings.TrimPrefix(text, "mailto:")
	// Kari Nordmann <kari@eksempel.no>
	if open := strings.LastIndexByte(text, '<'); open >= 0 && strings.HasSuffix(text, ">") {
		text = text[open+1 : len(text)-1]
	}
	local, domain, ok := strings.Cut(text, "@")
	if !ok || len(local) < 1 || len(local) > 64 || len(text) > 254 || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") ||
		strings.Contains(local, "..") || !strings.Contains(domain, ".") {
		return "", false
	}
	for _, r := range local {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`"(),:;<>@[\]`, r) || unicode.IsSpace(r) || !unicode.IsGraphic(r) {
			return "", false
		}
	}
	if strings.ContainsFunc(domain, func(r rune) bool {
		return r != '.' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	}) {
		return "", false
	}
	ascii, err := domains.ToASCII(domain)
	if err != nil || strings.HasSuffix(ascii, ".") || digitsOnly(ascii[strings.LastIndexByte(ascii, '.')+1:]) {
		return "", false
	}
	return text, true
}

// phone reads a telephone number as E.164. Eight digits are Norwegian.
func phone(text string) (string, bool) {
	text = strings.ToLower(clean(text))
	for _, prefix := range []string{"tlf", "tel", "mob"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			text = strings.TrimLeft(rest, ".: ")
		}
	}
	text = strings.Replace(text, "(0)", "", 1) // +44 (0)20 …
	var digits strings.Builder
	for i, r := range text {
		switch {
		case r >= '0' && r <= '9':
			digits.WriteRune(r)
		case r == '+' && i == strings.IndexAny(text, "+0123456789"):
			digits.WriteRune(r)
		case r == ' ' || r == '.' || r == '(' || r == ')' || unicode.Is(unicode.Dash, r):
		default:
			return "", false
		}
	}
	number := digits.String()
	if rest, ok := strings.CutPrefix(number, "00"); ok {
		number = "+" + rest
	}
	if len(number) == 10 && strings.HasPrefix(number, "47") {
		number = "+" + number
	}
	switch {
	case norwegian.MatchString(number):
		return "+47" + number, true
	case strings.HasPrefix(number, "+47"):
		return number, norwegian.MatchString(number[3:])
	}
	return number, international.MatchString(number)
}

var (
	norwegian     = regexp.MustCompile(`^[2-9]\d{7}$`)
	international = regexp.MustCompile(`^\+[1-9]\d{6,14}$`)
)

// identifier reads a member number. Of a number the separators of its thousands and a
// decimal part of zeroes are left out, so that 12 345,00 is 12345.
func identifier(cell spreadsheet.Cell) (string, bool) {
	text, ok := line(cell.Text, longestID)
	if m := grouped.FindStringSubmatch(text); m != nil {
		text = strings.ReplaceAll(m[1], " ", "")
	}
	return text, ok
}

var grouped = regexp.MustCompile(`^(\d{1,3}(?: \d{3})+|\d+)(?:[.,]0{1,2})?$`)

var roles = map[string]string{
	"mentor": "mentor", "mentorar": "mentor", "mentorer": "mentor", "likeperson": "mentor", "likepersonar": "mentor",
	"likepersoner": "mentor", "likemann": "mentor", "likeperson (mentor)": "mentor", "peer mentor": "mentor",
	"koordinator": "coordinator", "coordinator": "coordinator", "likepersonskoordinator": "coordinator",
	"likepersonkoordinator": "coordinator", "samordnar": "coordinator",
	"administrator": "administrator", "admin": "administrator",
}

// role reads a role's word.
func role(text string) (string, bool) {
	value, ok := roles[strings.ToLower(clean(text))]
	return value, ok
}

var locales = map[string]string{
	"nb": "nb", "nob": "nb", "no": "nb", "nor": "nb", "bokmål": "nb", "bokmal": "nb", "bokmaal": "nb", "norsk": "nb", "norwegian": "nb",
	"norsk bokmål": "nb", "norsk (bokmål)": "nb", "norwegian bokmål": "nb", "bm": "nb",
	"nn": "nn", "nno": "nn", "nynorsk": "nn", "norsk nynorsk": "nn", "norsk (nynorsk)": "nn", "norwegian nynorsk": "nn", "ny": "nn",
	"en": "en", "eng": "en", "english": "en", "engelsk": "en",
}

// locale reads a language's name or code, such as nynorsk, nn_NO or nb-NO.UTF-8.
func locale(text string) (string, bool) {
	text = strings.ToLower(clean(text))
	if value, ok := locales[text]; ok {
		return value, true
	}
	value, ok := locales[text[:max(strings.IndexAny(text, "-_.@"), 0)]]
	return value, ok
}
