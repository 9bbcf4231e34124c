// Package memberfile writes files as member systems and Excel export them, with a
// known number of each kind of mistake. The same settings make the same file. It is
// for tests and tools.
//
// Nobody in these files exists. The national identity numbers have valid check digits
// and are those of test persons: 80 is added to the month.
package memberfile

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"mentorpause/shared/memberlist"
)

// Dialect is a way in which a program writes a list.
type Dialect string

// The dialects.
const (
	ExcelCSV    Dialect = "excel-csv"    // Windows-1252, semicolons, d.m.Y
	ExcelUTF8   Dialect = "excel-utf8"   // UTF-8 with a byte order mark, semicolons, d.m.Y
	Comma       Dialect = "comma"        // UTF-8, commas, line feeds, ISO dates, English headers
	Tab         Dialect = "tab"          // UTF-8, tabs, d.m.y, headers in Nynorsk
	UnicodeText Dialect = "unicode-text" // UTF-16 with a byte order mark, tabs: Excel's "Unicode text"
	Titled      Dialect = "titled"       // title lines above the header, sep=;, d/m/Y, empty columns at the end
	XLSX        Dialect = "xlsx"         // serial dates, numbers as numbers
	XLSXText    Dialect = "xlsx-text"    // everything is text
	XLSXMerged  Dialect = "xlsx-merged"  // a cover sheet, a title, a header of two rows with merged cells
)

// Dialects lists them.
func Dialects() []Dialect {
	return []Dialect{ExcelCSV, ExcelUTF8, Comma, Tab, UnicodeText, Titled, XLSX, XLSXText, XLSXMerged}
}

// Config says what to write.
type Config struct {
	Rows    int // of people
	Seed    uint64
	Dialect Dialect
	// MistakesPercent is how many of the rows have each kind of mistake; 0 is none. In
	// less than 100 rows a kind has one row or none. With 1 there are mistakes in about
	// a fifth of all rows.
	MistakesPercent int
	// IdentityColumns adds two columns with national identity numbers: one that is named
	// so, and remarks of which every tenth has one.
	IdentityColumns bool
}

// Mistake is one that a reader should find.
type Mistake struct {
	Row  int             `json:"row"` // as a spreadsheet shows it
	Code memberlist.Code `json:"code"`
}

// File is what was written.
type File struct {
	Content  []byte
	Mistakes []Mistake // by row
	// IdentityNumbers are all that the file has, as eleven digits.
	IdentityNumbers []string
	// FirstRow is the number of the first row below the header.
	FirstRow int
}

// Chapters, Kinds and Coordinator are the names that the files use.
var (
	Chapters    = []string{"Bærum", "Ålesund", "Tromsø", "Sør-Østerdal", "Bergen og omland", "Indre Østfold"}
	Kinds       = []string{"Grunnkurs", "Førstehjelp", "Oppfølgingskurs"}
	Coordinator = "kari.vik@lag.example"
)

var (
	firstNames = []string{"Anne", "Kari", "Ola", "Per", "Øyvind", "Åse", "Ingrid", "Bjørn", "Siri", "Lars", "Nina", "Geir", "Tone", "Knut",
		"Ellen", "Hanne", "Ægir", "Marit", "Jan Erik", "Liv", "Rune", "Solveig", "Anne-Grete", "Unni", "Iñaki", "Zoë"}
	lastNames = []string{"Hansen", "Johansen", "Olsen", "Larsen", "Andersen", "Pedersen", "Nilsen", "Kristiansen", "Ødegård", "Berg",
		"Haugen", "Hagen", "Eriksen", "Bakke", "Åsen", "Lie", "Moen", "Strand", "Aasland", "Vik", "O'Brien", "Bø Sæther"}
	roles   = []string{"", "Likeperson", "likeperson", "Mentor", "Koordinator", "ADMINISTRATOR"}
	locales = []string{"", "nb", "Bokmål", "nynorsk", "nn", "Engelsk"}
	remarks = []string{"", "", "", "", "", "Vil helst ringes etter kl. 17", "Bor på hytta; ikke ring før påske", "Kommer fra \"gamle\" lokallaget,\nflyttet hit", ""}
)

// fields are the columns, in the order of every file.
var fields = []string{"external_id", "first_name", "last_name", "email", "phone", "chapter", "role", "coordinator", "started_on", "last_day",
	"locale", "kind 1", "issued 1", "expires 1", "kind 2", "issued 2", "expires 2", "remark", "identity"}

// record is a row before it is written.
type record struct {
	values map[string]string
	dates  map[string]time.Time
	fault  string // the field that shows an error
}

// Write makes a file.
func Write(c Config) (File, error) {
	g := &generator{Config: c, random: rand.New(rand.NewPCG(c.Seed, uint64(c.Rows)))}
	g.file.FirstRow = map[Dialect]int{Titled: 5, XLSXMerged: 5}[c.Dialect]
	if g.file.FirstRow == 0 {
		g.file.FirstRow = 2
	}
	g.plan()
	for i := range c.Rows {
		g.records = append(g.records, g.record(i))
	}
	slices.SortFunc(g.file.Mistakes, func(a, b Mistake) int { return a.Row - b.Row })
	var err error
	if strings.HasPrefix(string(c.Dialect), "xlsx") {
		g.file.Content, err = g.xlsx()
	} else {
		g.file.Content, err = g.csv()
	}
	return g.file, err
}

type generator struct {
	Config
	random  *rand.Rand
	planned map[int]memberlist.Code // by index of the row
	records []record
	file    File
}

// kinds of mistakes, in the order in which a small file gets them.
var mistakes = []memberlist.Code{
	memberlist.EmailInvalid, memberlist.DateInvalid, memberlist.PhoneInvalid, memberlist.CertificationIncomplete,
	memberlist.RoleUnknown, memberlist.EndsBeforeStart, memberlist.ExpiresBeforeIssued, memberlist.NameInvalid,
	memberlist.LocaleUnknown, memberlist.DateAmbiguous, memberlist.DateOutOfRange, memberlist.CellFault, memberlist.PersonMissing,
	memberlist.ExternalIDInvalid, memberlist.TextInvalid, memberlist.EmailRepeated, memberlist.ContradictsRow,
	memberlist.IdentityNumber,
}

// plan chooses the rows with mistakes; never the first one, to which others refer.
func (g *generator) plan() {
	g.planned = map[int]memberlist.Code{}
	each, kinds := g.Rows*g.MistakesPercent/100, len(mistakes)
	if each == 0 && g.MistakesPercent > 0 {
		each, kinds = 1, g.Rows/2
	}
	if g.MistakesPercent == 0 {
		return
	}
	rows := g.random.Perm(g.Rows - 1)
	for i := range min(each*kinds, len(rows)) {
		g.planned[rows[i]+1] = mistakes[i/each]
	}
}

// from and to are days between which dates lie.
var from, to = time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)

func (g *generator) date() time.Time {
	return from.AddDate(0, 0, g.random.IntN(int(to.Sub(from).Hours()/24)))
}

func pick[T any](g *generator, values []T) T { return values[g.random.IntN(len(values))] }

// record makes the row at an index, with its mistake if it is to have one.
func (g *generator) record(i int) record {
	id := fmt.Sprint(100_001 + i)
	started := g.date()
	r := record{
		values: map[string]string{
			"external_id": id, "first_name": pick(g, firstNames), "last_name": pick(g, lastNames),
			"email": "p" + id + "@Eksempel.no",
			"phone": fmt.Sprintf("9%02d %02d %03d", g.random.IntN(100), g.random.IntN(100), g.random.IntN(1000)),
			"role":  pick(g, roles), "chapter": pick(g, Chapters), "coordinator": pick(g, []string{"", "", Coordinator}), "locale": pick(g, locales),
			"kind 1": Kinds[0], "remark": pick(g, remarks),
		},
		dates: map[string]time.Time{"started_on": started, "issued 1": started.AddDate(0, 0, -g.random.IntN(60))},
	}
	r.dates["expires 1"] = r.dates["issued 1"].AddDate(2, 0, 0)
	if g.random.IntN(4) == 0 {
		r.dates["last_day"] = started.AddDate(1, g.random.IntN(40), 0)
	}
	if g.random.IntN(2) == 0 {
		r.values["kind 2"], r.dates["issued 2"] = Kinds[1], g.date()
		if g.random.IntN(3) == 0 {
			r.values["expires 2"] = pick(g, []string{"9999", "2099", "31.12.9999", "aldri"})
		}
	}
	if i > 0 && g.random.IntN(10) == 0 { // blank is no mistake; others refer to the first
		delete(r.values, pick(g, []string{"phone", "email", "coordinator"}))
	}
	if g.IdentityColumns {
		r.values["identity"] = g.identityNumber()
		if i%10 == 0 {
			n := g.identityNumber()
			r.values["remark"] = "Fnr. " + n[:6] + " " + n[6:] + " oppgitt på telefon"
		}
	}
	if code := g.planned[i]; code != "" {
		g.spoil(&r, i, code)
		g.file.Mistakes = append(g.file.Mistakes, Mistake{g.file.FirstRow + i, code})
	}
	return r
}

// spoil puts a mistake into a record.
func (g *generator) spoil(r *record, i int, code memberlist.Code) {
	first := g.records[0]
	// as makes a row about the person of the first one, who says nothing else.
	as := func(field string) {
		r.values["external_id"] = first.values["external_id"]
		for _, same := range []string{"first_name", "last_name", "email", "phone", "locale"} {
			delete(r.values, same)
		}
		r.values[field] = "Ane Annerledes"
	}
	switch code {
	case memberlist.NameInvalid:
		r.values["first_name"] = strings.Repeat("Anne-Grete ", 20)
	case memberlist.EmailInvalid:
		r.values["email"] = pick(g, []string{"kari.nordmann@eksempel", "kari nordmann@eksempel.no", "ola@eksempel.no; kari@eksempel.no", "ukjent"})
	case memberlist.EmailRepeated:
		r.values["email"] = "p100001@eksempel.no"
	case memberlist.PhoneInvalid:
		r.values["phone"] = pick(g, []string{"12345", "912 34 567 / 223 45 678", "ring kona", "0123 45 678"})
	case memberlist.ExternalIDInvalid:
		r.values["external_id"] = strings.Repeat("N", 101)
	case memberlist.TextInvalid:
		r.values["chapter"] = strings.Repeat("Midt-Gudbrandsdalen ", 11)
	case memberlist.RoleUnknown:
		r.values["role"] = pick(g, []string{"Kasserer", "Styreleder", "varamedlem"})
	case memberlist.LocaleUnknown:
		r.values["locale"] = pick(g, []string{"svensk", "fransk"})
	case memberlist.DateInvalid:
		delete(r.dates, "started_on")
		r.values["started_on"] = pick(g, []string{"31.02.2024", "våren 2024", "2024", "24.13.2023"})
	case memberlist.DateAmbiguous:
		delete(r.dates, "started_on")
		r.values["started_on"] = "051126"
	case memberlist.DateOutOfRange:
		delete(r.dates, "started_on")
		r.values["started_on"] = "01.01.1850"
	case memberlist.EndsBeforeStart:
		r.dates["last_day"] = r.dates["started_on"].AddDate(0, 0, -1)
	case memberlist.ExpiresBeforeIssued:
		r.dates["expires 1"] = r.dates["issued 1"].AddDate(0, 0, -1)
	case memberlist.CertificationIncomplete:
		if i%2 == 0 {
			delete(r.dates, "issued 1")
		} else {
			delete(r.values, "kind 1")
		}
	case memberlist.CellFault:
		r.fault = pick(g, []string{"phone", "chapter", "locale"})
		r.values[r.fault] = "#REF!"
	case memberlist.PersonMissing:
		for _, who := range []string{"external_id", "first_name", "last_name", "email"} {
			delete(r.values, who)
		}
	case memberlist.ContradictsRow:
		as("first_name")
		r.values["last_name"] = "Ulik"
	case memberlist.IdentityNumber:
		n := g.identityNumber()
		r.values["external_id"] = pick(g, []string{n, n[:6] + " " + n[6:], n[:6] + "-" + n[6:], n[:2] + "." + n[2:4] + "." + n[4:6] + " " + n[6:]})
	default:
		panic("no mistake " + string(code))
	}
}

// identityNumber makes one of a test person, with valid check digits.
func (g *generator) identityNumber() string {
	for {
		n := fmt.Sprintf("%02d%02d%02d%03d", 1+g.random.IntN(28), 81+g.random.IntN(12), g.random.IntN(100), g.random.IntN(1000))
		for _, weights := range [][]int{{3, 7, 6, 1, 8, 9, 4, 5, 2}, {5, 4, 3, 2, 7, 6, 5, 4, 3, 2}} {
			sum := 0
			for i, w := range weights {
				sum += w * int(n[i]-'0')
			}
			n += fmt.Sprint((11 - sum%11) % 11) // 10 makes it too long
		}
		if len(n) == 11 {
			g.file.IdentityNumbers = append(g.file.IdentityNumbers, n)
			return n
		}
	}
}
