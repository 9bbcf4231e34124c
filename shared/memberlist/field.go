package memberlist

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Field is what a column means.
type Field string

// The fields. Their names are always known as headers.
const (
	DisplayName       Field = "display_name"
	FirstName         Field = "first_name"
	LastName          Field = "last_name"
	Email             Field = "email"
	Phone             Field = "phone"
	ExternalID        Field = "external_id"
	Chapter           Field = "chapter"
	Role              Field = "role"
	Coordinator       Field = "coordinator"
	StartedOn         Field = "started_on"
	LastDay           Field = "last_day"
	CertificationKind Field = "certification_kind"
	IssuedOn          Field = "issued_on"
	ExpiresOn         Field = "expires_on"
	Locale            Field = "locale"
)

// Fields lists all, in the order of a template's columns.
func Fields() []Field {
	return []Field{DisplayName, FirstName, LastName, Email, Phone, ExternalID, Chapter, Role, Coordinator, StartedOn, LastDay,
		CertificationKind, IssuedOn, ExpiresOn, Locale}
}

// isDate reports whether the field's values are days.
func (f Field) isDate() bool {
	return f == StartedOn || f == LastDay || f == IssuedOn || f == ExpiresOn
}

// ofCertification reports whether the field may come several times in a row.
func (f Field) ofCertification() bool {
	return f == CertificationKind || f == IssuedOn || f == ExpiresOn
}

// headers are the usual names of the fields' columns, the better ones first: where
// two columns of a row mean the same field, the better one that is filled counts.
// Case, space, punctuation and accents don't matter.
var headers = map[Field][]string{
	DisplayName: {
		"Navn", "Namn", "Name", "Fullt navn", "Fullt namn", "Full name", "Medlemsnavn", "Medlemsnamn", "Personnavn", "Personnamn",
		"Visningsnavn", "Visningsnamn", "Navn på likeperson", "Namn på likeperson", "Member name",
	},
	FirstName: {
		"Fornavn", "Førenamn", "Fornamn", "First name", "Given name", "Fornavn og mellomnavn", "Førenamn og mellomnamn",
		"For- og mellomnavn", "Fornavn (mellomnavn)",
	},
	LastName: {"Etternavn", "Etternamn", "Last name", "Surname", "Family name", "Slektsnavn", "Slektsnamn"},
	Email: {
		"E-post", "E-postadresse", "E-mail", "E-mail address", "Mail", "Mailadresse", "E-post privat", "Privat e-post",
		"Personlig e-post", "Epostadr",
	},
	Phone: {
		"Mobil", "Mobiltelefon", "Mobilnummer", "Mobilnr", "Mobiltlf", "Mobile", "Mobile phone", "Mobile number", "Cell phone",
		"Telefon mobil", "Tlf mobil", "Telefon", "Telefonnummer", "Telefonnr", "Tlf", "Tlfnr", "Tlf nummer", "Phone",
		"Phone number", "Telephone", "Telephone number", "Telefon privat", "Tlf privat",
		"Mob", "Mob nr", "Mob tlf",
	},
	ExternalID: {
		"Medlemsnr", "Medlemsnummer", "Medlem nr", "Medlemnummer", "Medlemsid", "Medlem id", "Member number", "Member no",
		"Member ID", "Membership number", "Membership no", "Membership ID",
		"Medl nr",
	},
	Chapter: {
		"Lokallag", "Lokalforening", "Lokalforeining", "Lokalavdeling", "Lokallagsnavn", "Lokallagsnamn", "Navn på lokallag",
		"Namn på lokallag", "Lag", "Avdeling", "Chapter", "Local chapter", "Branch", "Local branch", "Fylkeslag",
		"Fylkesforening", "Fylkesavdeling", "Distriktslag", "Regionlag", "County chapter",
	},
	Role: {"Rolle", "Rolle i laget", "Role", "Verv", "Funksjon"},
	Coordinator: {
		"Koordinator", "Ansvarlig koordinator", "Ansvarleg koordinator", "Likepersonskoordinator", "Likepersonkoordinator",
		"Responsible coordinator", "Koordinator e-post", "Ansvarlig", "Ansvarleg",
	},
	StartedOn: {
		"Startdato", "Start", "Start date", "Oppstart", "Oppstartsdato", "Dato for oppstart", "Startet", "Starta", "Started",
		"Fra dato", "Frå dato", "Fra og med", "Frå og med", "F.o.m.", "Fra", "Frå", "From", "From date", "Likeperson fra",
		"Likeperson frå", "Likeperson siden", "Likeperson sidan", "Mentor since",
	},
	LastDay: {
		"Sluttdato", "Siste dag", "Last day", "End date", "Slutt", "Sluttet", "Slutta", "Ended", "Til dato", "Til og med", "T.o.m.",
		"Til", "To", "To date", "Likeperson til",
	},
	CertificationKind: {
		"Kurs", "Kursnavn", "Kursnamn", "Kurstype", "Type kurs", "Course", "Course name", "Sertifisering", "Sertifikat",
		"Certification", "Certificate", "Godkjenning", "Kursbevis", "Training", "Opplæring",
	},
	IssuedOn: {
		"Kursdato", "Dato for kurs", "Dato kurs", "Course date", "Date of course", "Gjennomført", "Gjennomført dato",
		"Dato gjennomført", "Kurs gjennomført", "Fullført", "Fullført dato", "Dato fullført", "Kurs fullført", "Bestått",
		"Utstedt", "Utstedt dato", "Utstedelsesdato", "Utferda", "Utferdingsdato", "Godkjent", "Godkjent dato", "Sertifisert",
		"Sertifiseringsdato", "Issued", "Date issued", "Issue date", "Completed", "Completed on", "Completion date",
		"Certification date", "Course completed", "Kurs tatt", "Kurs teke",
	},
	ExpiresOn: {
		"Utløper", "Utløpsdato", "Utløp", "Går ut", "Gyldig til", "Gyldig til og med", "Gyldig t.o.m.", "Gjeld til",
		"Gjeld til og med", "Utgår", "Utgår dato", "Utgår den", "Expires", "Expiry", "Expiry date", "Expiration",
		"Expiration date", "Valid until", "Valid to", "Valid through", "Kurs utløper", "Kurs utløpsdato", "Kurs utløp",
		"Kurs gyldig til", "Kurs går ut", "Course expires", "Fornyes innen", "Fornyast innan", "Renew by",
	},
	Locale: {"Språk", "Målform", "Language", "Språkform", "Preferred language"},
}

// meaning is what a header says.
type meaning struct {
	field  Field
	rank   int // 0 is the best header of the field
	number int // of "Kurs 2"; 0: none
}

var meanings = func() map[string]meaning {
	all := map[string]meaning{}
	for _, field := range Fields() {
		all[headerKey(string(field))] = meaning{field: field}
		for i, header := range headers[field] {
			if key := headerKey(header); all[key].field == "" {
				all[key] = meaning{field: field, rank: i}
			}
		}
	}
	return all
}()

// headerKey is what matters of a header: its letters and digits, in lower case and
// without accents.
func headerKey(header string) string {
	var key strings.Builder
	for _, r := range norm.NFD.String(header) {
		switch r = unicode.ToLower(r); {
		case r == 'ø':
			key.WriteByte('o')
		case r == 'æ':
			key.WriteString("ae")
		case unicode.IsLetter(r), unicode.IsDigit(r):
			key.WriteRune(r)
		}
	}
	return key.String()
}

// longestHeader is how many bytes of a cell are looked at as a header.
const longestHeader = 200

// understand finds out what a header means: as it is, without what stands in brackets
// ("Startdato (dd.mm.åååå)"), or without its number ("Kurs 2", "Kurs 2 dato").
func understand(header string) (meaning, bool) {
	if len(header) > longestHeader {
		return meaning{}, false
	}
	for _, text := range []string{header, withoutBrackets(header)} {
		key := headerKey(text)
		if m, ok := meanings[key]; ok {
			return m, true
		}
		first := strings.IndexFunc(key, unicode.IsDigit)
		if first < 0 {
			continue
		}
		digits := key[first:]
		if end := strings.IndexFunc(digits, func(r rune) bool { return !unicode.IsDigit(r) }); end >= 0 {
			digits = digits[:end]
		}
		number, err := strconv.Atoi(digits)
		if m, ok := meanings[strings.Replace(key, digits, "", 1)]; ok && err == nil && number > 0 && number < 100 {
			m.number = number
			return m, true
		}
	}
	return meaning{}, false
}

func withoutBrackets(header string) string {
	for {
		open := strings.IndexAny(header, "([")
		if open < 0 {
			return header
		}
		end := strings.IndexAny(header[open:], ")]")
		if end < 0 {
			return header[:open]
		}
		header = header[:open] + header[open+end+1:]
	}
}

// known makes a function that tells which headers mean something, with a mapping. The
// number of a certification is the header's in either case: "Kurs 2" that was left out and
// is chosen again goes with "Kursdato 2" as before.
func known(mapping map[string]Field) func(header string) (meaning, bool) {
	byKey := byHeader(mapping)
	return func(header string) (meaning, bool) {
		field, ok := byKey[mappingKey(header)]
		if !ok {
			return understand(header)
		}
		m := meaning{field: field}
		if own, _ := understand(header); own.field.ofCertification() && field.ofCertification() {
			m.number = own.number
		}
		return m, field != ""
	}
}

// leftOut makes a function that tells which headers a mapping has ignored.
func leftOut(mapping map[string]Field) func(header string) bool {
	byKey := byHeader(mapping)
	return func(header string) bool {
		field, ok := byKey[mappingKey(header)]
		return ok && field == ""
	}
}

func byHeader(mapping map[string]Field) map[string]Field {
	byKey := make(map[string]Field, len(mapping))
	for header, field := range mapping {
		byKey[mappingKey(header)] = field
	}
	return byKey
}

// mappingKey is how a header is compared with one that was sent along: as it is shown,
// which may be cut, without case and repeated space.
func mappingKey(header string) string {
	header = shorten(clean(header), shownHeader)
	return strings.ToLower(norm.NFC.String(strings.Join(strings.Fields(header), " ")))
}

// ParseField returns the field of that name.
func ParseField(name string) (Field, bool) {
	return Field(name), slices.Contains(Fields(), Field(name))
}
