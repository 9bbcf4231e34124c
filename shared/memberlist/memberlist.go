// Package memberlist reads a list of people, as the member systems of Norwegian
// organisations and Excel write it, into typed rows and problems. It knows no
// database: whether a chapter, a coordinator or a kind exists is for others to say.
//
// Rights: none; whoever calls has settled who may send a file. A national identity
// number ([HasIdentityNumber]) leaves the package in no field, sample, header, message
// or error. A file is refused whole with an [Error], or read whole.
//
// The rules for dates, several columns of one field and several rows of one person
// are in docs/import.md.
package memberlist

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"mentorpause/shared/spreadsheet"
)

// MaxRows is how many rows below the header a file may have.
const MaxRows = 20_000

// Options say how to read.
type Options struct {
	// Language of the messages: a locale such as nb, nn or en. Others are read as nb.
	Language string
	// Mapping says what columns mean, by their headers, before anything else does. The
	// empty field has a column ignored. Headers that the file lacks don't matter.
	Mapping map[string]Field
	// Keep holds on to the cells, for Excerpt.
	Keep bool
}

// List is what a file says.
type List struct {
	Columns []Column `json:"columns"`
	// Rows are those below the header with a value in a known column, from the top.
	Rows []Row `json:"rows"`
	// HeaderSet names the set of headers, whatever their order: a mapping can be kept
	// under it. 64 hexadecimal digits.
	HeaderSet string `json:"header_set"`

	kept *reader // with Options.Keep
}

// Column is one column of the file. Columns without header and values are left out.
type Column struct {
	Header  string   `json:"header"` // as in the file, at most 80 characters; empty if it holds an identity number
	Field   *Field   `json:"field"`  // nil: not known, and ignored
	Filled  int      `json:"filled"` // rows
	Samples []string `json:"samples"`
	// Problem is why nothing of the column is read.
	Problem *Problem `json:"problem"`
}

// Row is a row of the file. Empty values were blank in it, except Role, which is
// mentor then.
type Row struct {
	Number int `json:"row"` // as a spreadsheet shows it
	// Person is the number of the first row about the same person: the same member
	// number, else the same e-mail address. It is Number for the first and only one.
	Person         int             `json:"person"`
	DisplayName    string          `json:"display_name,omitempty"`
	Email          string          `json:"email,omitempty"` // lower case
	Phone          string          `json:"phone,omitempty"` // E.164
	ExternalID     string          `json:"external_id,omitempty"`
	Chapter        string          `json:"chapter,omitempty"`
	Role           string          `json:"role,omitempty"`        // mentor, coordinator or administrator
	Coordinator    string          `json:"coordinator,omitempty"` // as written; an e-mail address in lower case
	StartedOn      string          `json:"started_on,omitempty"`  // 2006-01-02
	LastDay        string          `json:"last_day,omitempty"`    // 2006-01-02, or Never
	Locale         string          `json:"locale,omitempty"`      // nb, nn or en
	Certifications []Certification `json:"certifications,omitempty"`
	// Problems refuse the row. What they are about is empty above.
	Problems []Problem `json:"problems,omitempty"`
}

// Certification is a course or a certificate. Kind and IssuedOn are never empty.
type Certification struct {
	Kind      string `json:"kind"`                 // as written
	IssuedOn  string `json:"issued_on"`            // 2006-01-02
	ExpiresOn string `json:"expires_on,omitempty"` // 2006-01-02, or Never
}

// Read reads a CSV or XLSX file of at most spreadsheet.MaxBytes. The error is an *Error.
func Read(file []byte, o Options) (*List, error) {
	l := languageOf(o.Language)
	for _, field := range o.Mapping {
		if _, ok := ParseField(string(field)); !ok && field != "" {
			return nil, l.refuse(BadMapping, 0, nil)
		}
	}
	r := &reader{language: l, understand: known(o.Mapping), leftOut: leftOut(o.Mapping), keeps: o.Keep}
	if err := r.read(file); err != nil {
		if refused, ok := errors.AsType[*spreadsheet.Error](err); ok {
			return nil, l.refuse(Code(refused.Code), refused.Row, err)
		}
		return nil, err
	}
	list := &List{HeaderSet: r.headerSet()}
	r.assign()
	list.Rows = r.rows()
	list.Columns = r.describe()
	if o.Keep {
		list.kept = r
	}
	return list, nil
}

// reader holds a file while it is read.
type reader struct {
	language   language
	understand func(header string) (meaning, bool)
	leftOut    func(header string) bool
	date1904   bool
	isCSV      bool
	keeps      bool // the cells, after they were read

	columns []*column
	known   []*column // those with a field
	numbers []int     // of the rows
	cells   [][]spreadsheet.Cell
	// identities are the rows of a member number column that hold an identity number.
	identities map[*column]map[int]bool

	single map[Field][]*column // the best first
	groups [][3]*column        // kind, issue, expiry; nil: the group has no such column
}

// column is one column of the sheet.
type column struct {
	index  int    // in the sheet
	stored int    // in reader.cells; -1: not known
	header string // as it may be shown
	label  string // in messages
	meaning
	filled        int
	samples       []spreadsheet.Cell
	identities    int // values that hold an identity number
	firstIdentity int // row
	problem       *Problem
	order         order // of a date column
}

const (
	headerWithin   = 50 // rows with a value
	headerDepth    = 3  // rows of a header with merged cells, and above it
	shownHeader    = 80 // characters
	shownSample    = 60
	samplesAtMost  = 3
	identityShare  = 20 // a member number column is refused from one in so many on
	letterAtoZ     = 26
	columnsNoField = -1
)

// read finds the sheet and the header, and keeps what stands in known columns.
func (r *reader) read(file []byte) error {
	sheets, err := spreadsheet.Open(file, func(header string) bool {
		_, ok := r.understand(header)
		return ok
	})
	if err != nil {
		return err
	}
	sheet, header, err := r.findHeader(sheets)
	if err != nil {
		return err
	}
	if header == 0 {
		return r.language.refuse(NoHeader, 0, nil)
	}
	r.date1904, r.isCSV = sheet.Date1904, sheet.Name == ""
	r.identities = map[*column]map[int]bool{}

	var block []spreadsheet.Row // the header, and what is above it
	last := header
	for row, err := range sheet.Rows() {
		if err != nil {
			return err
		}
		if row.Number == header {
			for _, area := range sheet.Merged() {
				if area.FirstRow <= header && area.LastRow > last && area.LastRow < header+headerDepth {
					last = area.LastRow
				}
			}
		}
		if row.Number <= last {
			if row.Number > header-headerDepth {
				block = append(block, spreadsheet.Row{Number: row.Number, Cells: slices.Clone(row.Cells)})
			}
			if row.Number == last {
				r.readHeader(block, sheet.Merged(), header)
			}
			continue
		}
		if r.columns == nil {
			r.readHeader(block, sheet.Merged(), header)
		}
		if r.repeatsHeader(block, row) {
			continue
		}
		if err := r.keep(row); err != nil {
			return err
		}
	}
	if len(r.numbers) == 0 {
		return r.language.refuse(NoRows, 0, nil)
	}
	return nil
}

// findHeader returns the number of the row with the most fields among the first rows
// of a sheet; the sheet is the first that has one of at least two fields, else of one.
// A sheet that is too wide is refused only if no other has a header.
func (r *reader) findHeader(sheets []spreadsheet.Sheet) (found spreadsheet.Sheet, header int, err error) {
	var tooWide error
	for _, sheet := range sheets {
		best, most, seen := 0, 0, 0
		for row, err := range sheet.Rows() {
			if refused, ok := errors.AsType[*spreadsheet.Error](err); ok && refused.Code == spreadsheet.TooManyColumns {
				tooWide, most = err, 0
				break
			}
			if err != nil {
				return found, 0, err
			}
			fields := map[Field]bool{}
			for _, cell := range row.Cells {
				if m, ok := r.understand(cell.Text); ok && cell.Kind == spreadsheet.Text {
					fields[m.field] = true
				}
			}
			if len(fields) > most {
				best, most = row.Number, len(fields)
			}
			if seen++; seen >= headerWithin {
				break
			}
		}
		if most > 1 {
			return sheet, best, nil
		}
		if most == 1 && header == 0 {
			found, header = sheet, best
		}
	}
	if header == 0 && tooWide != nil {
		return found, 0, tooWide
	}
	return found, header, nil
}

// readHeader makes the columns from the header's rows. Where cells are merged, the
// header of a column may consist of two: "Kurs 1" above "Dato".
func (r *reader) readHeader(block []spreadsheet.Row, areas []spreadsheet.Area, header int) {
	width := 0
	at := func(row, column int) string {
		for _, candidate := range block {
			if candidate.Number == row && column < len(candidate.Cells) {
				return candidate.Cells[column].Text
			}
		}
		return ""
	}
	for _, row := range block {
		if row.Number >= header {
			width = max(width, len(row.Cells))
		}
	}
	// over returns the text of the merged cells, wider than a column, that cover one.
	over := func(row, column int) (string, spreadsheet.Area) {
		for _, a := range areas {
			if a.FirstRow <= row && row <= a.LastRow && a.FirstColumn <= column && column <= a.LastColumn && a.FirstColumn < a.LastColumn {
				return at(a.FirstRow, a.FirstColumn), a
			}
		}
		return "", spreadsheet.Area{}
	}
	for i := range width {
		own, ownRow := "", header
		for row := header + headerDepth - 1; row >= header && own == ""; row-- {
			own, ownRow = at(row, i), row
		}
		// The header may be the lower of two rows; what is merged down to it stands above.
		for _, a := range areas {
			if own == "" && a.FirstColumn == i && a.LastColumn == i && a.FirstRow < header && header <= a.LastRow {
				own, ownRow = at(a.FirstRow, i), a.FirstRow
			}
		}
		c := &column{index: i, stored: columnsNoField}
		text := own
		var ok bool
		parent, _ := over(max(ownRow-1, 1), i)
		joined := parent + " " + own
		isJoined := parent != "" && own != "" && parent != own
		switch {
		case isJoined && r.leftOut(joined):
			text = joined
		default:
			if isJoined {
				if c.meaning, ok = r.understand(joined); ok {
					text = joined
				}
			}
			if !ok && own != "" {
				c.meaning, ok = r.understand(own)
			}
			// All columns below "Kurs 1" belong together, also where a joined header says nothing.
			if ok && c.field.ofCertification() && c.number == 0 {
				if above, _ := r.understand(parent); above.field.ofCertification() && above.number > 0 {
					c.number, text = above.number, joined
				}
			}
		}
		// A name above two columns is a first and a last name.
		if parent, a := over(header, i); parent != "" && a.LastRow == header && a.LastColumn == a.FirstColumn+1 {
			if m, _ := r.understand(parent); m.field == DisplayName {
				text, ok = parent, true
				c.meaning = meaning{field: []Field{FirstName, LastName}[i-a.FirstColumn]}
			}
		}
		if !ok {
			c.meaning = meaning{}
		}
		c.name(r.language, text, header)
		r.columns = append(r.columns, c)
		if c.field != "" {
			c.stored = len(r.known)
			r.known = append(r.known, c)
		}
	}
}

// name sets how the column is shown, unless its header must not be.
func (c *column) name(l language, text string, row int) {
	letter := ""
	for i := c.index + 1; i > 0; i = (i - 1) / letterAtoZ {
		letter = string(rune('A'+(i-1)%letterAtoZ)) + letter
	}
	c.label = strings.Replace(columnLetter[l], "%s", letter, 1)
	if HasIdentityNumber(text) {
		c.identities, c.firstIdentity = 1, row
		c.problem = &Problem{Column: c.label, Code: IdentityNumber, Message: l.refusedColumn(c.label, row, 0)}
		return
	}
	if c.header = shorten(clean(text), shownHeader); c.header != "" {
		c.label = c.header
	}
	if c.field == "" && confesses(text) {
		c.problem = &Problem{Column: c.label, Code: IdentityNumber, Message: strings.Replace(refusedByName[l], "%s", c.label, 1)}
	}
}

// repeatsHeader reports whether a row is the header again, as on each printed page.
func (r *reader) repeatsHeader(block []spreadsheet.Row, row spreadsheet.Row) bool {
	last := block[len(block)-1].Cells
	return len(last) > 1 && slices.EqualFunc(last, row.Cells, func(a, b spreadsheet.Cell) bool { return a.Text == b.Text })
}

// keep stores what is needed of a row.
func (r *reader) keep(row spreadsheet.Row) error {
	for len(r.columns) < len(row.Cells) { // wider than the header
		c := &column{index: len(r.columns), stored: columnsNoField}
		c.name(r.language, "", 0)
		r.columns = append(r.columns, c)
	}
	filled := false
	kept := make([]spreadsheet.Cell, len(r.known))
	for i, cell := range row.Cells {
		if cell.Kind == spreadsheet.Blank || isDash(cell.Text) {
			continue
		}
		c := r.columns[i]
		c.filled++
		if r.isIdentity(cell, c.field) {
			if c.identities++; c.identities == 1 {
				c.firstIdentity = row.Number
			}
			if c.field == ExternalID {
				if r.identities[c] == nil {
					r.identities[c] = map[int]bool{}
				}
				r.identities[c][row.Number] = true
			}
			cell = spreadsheet.Cell{Kind: cell.Kind} // kept nowhere
		} else if len(c.samples) < samplesAtMost && c.problem == nil && !slices.Contains(c.samples, cell) {
			c.samples = append(c.samples, cell)
		}
		if c.stored >= 0 {
			kept[c.stored] = cell
			filled = true
		}
	}
	if !filled {
		return nil
	}
	if len(r.numbers) == MaxRows {
		return r.language.refuse(TooManyRows, 0, nil)
	}
	r.numbers = append(r.numbers, row.Number)
	r.cells = append(r.cells, kept)
	return nil
}

// isDash reports whether a text is what people write where there is nothing.
func isDash(text string) bool { return text == "-" || text == "–" || text == "—" }

// assign settles which columns are read, and as what.
func (r *reader) assign() {
	r.single = map[Field][]*column{}
	for _, c := range r.columns {
		if c.problem == nil && c.identities > 0 &&
			!(c.field == ExternalID && c.identities*identityShare < c.filled) {
			c.problem = &Problem{Column: c.label, Code: IdentityNumber,
				Message: r.language.refusedColumn(c.label, c.firstIdentity, c.identities-1)}
		}
		if c.problem != nil {
			c.samples = nil
			continue
		}
		if c.field.isDate() {
			c.order = settle(func(yield func(spreadsheet.Cell) bool) {
				for _, row := range r.cells {
					if !yield(row[c.stored]) {
						return
					}
				}
			})
		}
		if c.field != "" && !c.field.ofCertification() {
			r.single[c.field] = append(r.single[c.field], c)
		}
	}
	for _, columns := range r.single {
		slices.SortStableFunc(columns, func(a, b *column) int { return (a.rank + 100*a.number) - (b.rank + 100*b.number) })
	}
	r.group()
}

// member is where a field has its place in a group.
func member(field Field) int {
	return map[Field]int{CertificationKind: 0, IssuedOn: 1, ExpiresOn: 2}[field]
}

// group puts the columns of certifications together. Columns with the same number in
// their headers are one group. Those without a number are counted if each field comes
// equally often; else a group begins at a field that the one before has already.
func (r *reader) group() {
	var plain []*column
	numbered := map[int][3]*column{}
	var count [3]int
	for _, c := range r.known {
		switch place := member(c.field); {
		case !c.field.ofCertification():
		case c.number > 0 && numbered[c.number][place] == nil:
			group := numbered[c.number]
			group[place] = c
			numbered[c.number] = group
		default:
			plain = append(plain, c)
			count[place]++
		}
	}
	even := true
	for _, n := range count {
		even = even && (n == 0 || n == max(count[0], count[1], count[2]))
	}
	var groups [][3]*column
	var seen [3]int
	for _, c := range plain {
		place, at := member(c.field), len(groups)-1
		if even {
			at = seen[place]
		} else if at >= 0 && groups[at][place] != nil {
			at++
		}
		seen[place]++
		for at = max(at, 0); len(groups) <= at; {
			groups = append(groups, [3]*column{})
		}
		groups[at][place] = c
	}
	// "Kurs" beside "Kursdato 1" is the first of the numbered ones, if that lacks it.
	if len(groups) == 1 {
		if first, ok := numbered[1]; ok && fits(groups[0], first) {
			for place, c := range groups[0] {
				if c != nil {
					first[place] = c
				}
			}
			numbered[1], groups = first, nil
		}
	}
	for number := range 100 {
		if group, ok := numbered[number]; ok {
			groups = append(groups, group)
		}
	}
	for i := range groups {
		for place, c := range groups[i] {
			if c != nil && c.problem != nil {
				groups[i][place] = nil
			}
		}
	}
	r.groups = groups
}

// fits reports whether no field is in both groups.
func fits(a, b [3]*column) bool {
	for i := range a {
		if a[i] != nil && b[i] != nil {
			return false
		}
	}
	return true
}

// describe makes the columns of the list.
func (r *reader) describe() []Column {
	described := []Column{}
	for _, c := range r.columns {
		if c.header == "" && c.filled == 0 && c.problem == nil {
			continue
		}
		d := Column{Header: c.header, Filled: c.filled, Samples: []string{}, Problem: c.problem}
		if c.field != "" {
			d.Field = &c.field
		}
		for _, cell := range c.samples {
			text := cell.Text
			if c.field.isDate() {
				if value, code := day(cell, c.field, c.order, r.date1904); code == "" && value != Never {
					text = value
				}
			}
			d.Samples = append(d.Samples, shorten(clean(text), shownSample))
		}
		described = append(described, d)
	}
	return described
}

// headerSet is the hash of the headers that can be shown.
func (r *reader) headerSet() string {
	var keys []string
	for _, c := range r.columns {
		if c.header != "" {
			keys = append(keys, mappingKey(c.header))
		}
	}
	slices.Sort(keys)
	sum := sha256.Sum256([]byte(strings.Join(keys, "\n")))
	return hex.EncodeToString(sum[:])
}

// shorten cuts a text to so many characters.
func shorten(text string, longest int) string {
	if utf8.RuneCountInString(text) <= longest {
		return text
	}
	return string([]rune(text)[:longest-1]) + "…"
}
