package memberlist

import (
	"regexp"
	"strings"

	"mentorpause/shared/spreadsheet"
)

// rows reads all rows, and finds those of the same person.
func (r *reader) rows() []Row {
	all := make([]Row, len(r.numbers))
	for i := range all {
		all[i] = r.row(i)
		if !r.keeps {
			r.cells[i] = nil // read, and not needed again
		}
	}
	r.join(all)
	return all
}

// rowReader reads one row.
type rowReader struct {
	*reader
	cells []spreadsheet.Cell
	row   *Row
}

// row reads a row by itself.
func (r *reader) row(i int) Row {
	row := Row{Number: r.numbers[i], Person: r.numbers[i]}
	rr := rowReader{r, r.cells[i], &row}

	row.DisplayName = rr.checked(rr.name())
	row.Email = text(rr, Email, EmailInvalid, email)
	row.Phone = text(rr, Phone, PhoneInvalid, phone)
	row.ExternalID = rr.externalID()
	row.Chapter = text(rr, Chapter, TextInvalid, name)
	row.Role = text(rr, Role, RoleUnknown, role)
	row.Coordinator = rr.coordinator()
	row.Locale = text(rr, Locale, LocaleUnknown, locale)
	row.StartedOn, _ = rr.day(rr.first(StartedOn))
	var end *column
	end, cell := rr.first(LastDay)
	row.LastDay, _ = rr.day(end, cell)
	if row.StartedOn != "" && row.LastDay != "" && row.LastDay != Never && row.LastDay < row.StartedOn {
		rr.complain(end, EndsBeforeStart)
		row.LastDay = ""
	}
	for _, group := range r.groups {
		rr.certification(group)
	}
	if row.Role == "" && !rr.complained(RoleUnknown) {
		row.Role = "mentor"
	}
	if row.DisplayName == "" && row.Email == "" && row.ExternalID == "" && len(row.Problems) == 0 {
		rr.complain(rr.columnOf(DisplayName, FirstName, LastName, Email, ExternalID), PersonMissing)
	}
	return row
}

func (r rowReader) complain(c *column, code Code) {
	r.row.Problems = append(r.row.Problems, r.language.problem(r.row.Number, c.label, code, 0))
}

func (r rowReader) complained(code Code) bool {
	for _, p := range r.row.Problems {
		if p.Code == code {
			return true
		}
	}
	return false
}

// columnOf returns a column of the first of the fields that has one, else the first
// that is known: there is always one.
func (r *reader) columnOf(fields ...Field) *column {
	for _, field := range fields {
		if len(r.single[field]) > 0 {
			return r.single[field][0]
		}
	}
	return r.known[0]
}

// first returns the best filled column of a field; the column is nil if none is filled.
func (r rowReader) first(field Field) (*column, spreadsheet.Cell) {
	for _, c := range r.single[field] {
		if cell := r.cells[c.stored]; cell.Kind != spreadsheet.Blank {
			return c, cell
		}
	}
	return nil, spreadsheet.Cell{}
}

// faulty complains about a cell that shows an error.
func (r rowReader) faulty(c *column, cell spreadsheet.Cell) bool {
	if cell.Kind == spreadsheet.Fault {
		r.complain(c, CellFault)
	}
	return cell.Kind == spreadsheet.Fault
}

// text reads a field's value.
func text(r rowReader, field Field, code Code, read func(string) (string, bool)) string {
	c, cell := r.first(field)
	if c == nil || r.faulty(c, cell) {
		return ""
	}
	value, ok := read(cell.Text)
	if !ok {
		r.complain(c, code)
		return ""
	}
	return value
}

func name(text string) (string, bool) { return line(text, longestName) }

// name reads the whole name, or puts it together. With a column for first and one for
// last names both must be filled, for half a name would replace a whole one.
func (r rowReader) name() string {
	if whole := text(r, DisplayName, NameInvalid, name); whole != "" || r.complained(NameInvalid) || r.complained(CellFault) {
		return whole
	}
	first, last := text(r, FirstName, NameInvalid, name), text(r, LastName, NameInvalid, name)
	switch {
	case len(r.single[FirstName]) == 0:
		return last
	case len(r.single[LastName]) == 0:
		return first
	case first == "" || last == "":
		return ""
	}
	whole, ok := name(first + " " + last)
	switch {
	case !ok:
		r.complain(r.columnOf(LastName), NameInvalid)
		return ""
	case HasIdentityNumber(whole): // its halves were in two columns
		r.complain(r.columnOf(LastName), IdentityNumber)
		return ""
	}
	return whole
}

// totals are what a row begins with that counts the others.
var totals = regexp.MustCompile(`^(?i:(?:sum|total|totalt|til sammen|til saman|i alt|antall?|antall? \pL+) ?:? ?\d*)$`)

// checked refuses what stands in a name's place and is none. A program that saves letters in
// an encoding that lacks them writes question marks, and says nothing.
func (r rowReader) checked(whole string) string {
	var why texts
	switch {
	case strings.ContainsRune(whole, '?'):
		why = nameDamaged
	case strings.HasSuffix(whole, ":"), totals.MatchString(whole):
		why = rowIsTotal
	default:
		return whole
	}
	label := r.columnOf(DisplayName, LastName, FirstName).label
	r.row.Problems = append(r.row.Problems, Problem{label, NameInvalid, r.language.say(r.row.Number, label, why[r.language])})
	return ""
}

func (r rowReader) externalID() string {
	c, cell := r.first(ExternalID)
	if c == nil || r.faulty(c, cell) {
		return ""
	}
	if r.identities[c][r.row.Number] {
		r.complain(c, IdentityNumber)
		return ""
	}
	value, ok := identifier(cell)
	if !ok {
		r.complain(c, ExternalIDInvalid)
		return ""
	}
	return value
}

// coordinator reads an e-mail address, a member number or a name.
func (r rowReader) coordinator() string {
	c, cell := r.first(Coordinator)
	if c == nil || r.faulty(c, cell) {
		return ""
	}
	if address, ok := email(cell.Text); ok {
		return address
	}
	value, ok := name(cell.Text)
	if !ok {
		r.complain(c, TextInvalid)
		return ""
	}
	if id, ok := identifier(spreadsheet.Cell{Text: value, Kind: cell.Kind}); ok && digitsOnly(id) {
		return id
	}
	// Member systems write "Fjeld, José".
	if last, first, ok := strings.Cut(value, ", "); ok && !strings.Contains(first, ",") {
		return first + " " + last
	}
	return value
}

// day reads a cell of a date column, which may be nil; ok is false after a problem.
func (r rowReader) day(c *column, cell spreadsheet.Cell) (value string, ok bool) {
	if c == nil {
		return "", true
	}
	if r.faulty(c, cell) {
		return "", false
	}
	value, code := day(cell, c.field, c.order, r.date1904)
	if code != "" {
		r.complain(c, code)
	}
	return value, code == ""
}

// certification reads a group of columns.
func (r rowReader) certification(group [3]*column) {
	var cells [3]spreadsheet.Cell
	var present *column
	for i, c := range group {
		if c == nil {
			continue
		}
		if cells[i] = r.cells[c.stored]; cells[i].Kind != spreadsheet.Blank {
			present = c
		}
	}
	if present == nil {
		return
	}
	for i := range 2 {
		if cells[i].Kind == spreadsheet.Blank {
			missing := group[i]
			if missing == nil {
				missing = present
			}
			r.complain(missing, CertificationIncomplete)
			return
		}
	}
	if r.faulty(group[0], cells[0]) {
		return
	}
	kind, ok := name(cells[0].Text)
	if !ok {
		r.complain(group[0], TextInvalid)
		return
	}
	issued, ok := r.day(group[1], cells[1])
	if !ok {
		return
	}
	expires := ""
	if cells[2].Kind != spreadsheet.Blank {
		if expires, ok = r.day(group[2], cells[2]); !ok {
			return
		}
		if expires != Never && expires < issued {
			r.complain(group[2], ExpiresBeforeIssued)
			return
		}
	}
	r.row.Certifications = append(r.row.Certifications, Certification{kind, issued, expires})
}

// person is what rows have said of one so far.
type person struct {
	first                      int // row
	id                         string
	name, email, phone, locale said
}

// said is a value, and the row that said it first.
type said struct {
	value string
	row   int
}

// join finds the rows of the same person: those with the same member number, and
// those with the same e-mail address unless two member numbers say otherwise. What
// an earlier row said must not be contradicted, except in upper and lower case.
func (r *reader) join(rows []Row) {
	byID, byEmail := map[string]*person{}, map[string]*person{}
	for i := range rows {
		row := &rows[i]
		if row.ExternalID == "" && row.Email == "" {
			continue
		}
		p, other := byID[row.ExternalID], byEmail[row.Email]
		if other != nil && other != p {
			if p == nil && (row.ExternalID == "" || other.id == "") {
				p = other
			} else {
				row.Problems = append(row.Problems,
					r.language.problem(row.Number, r.columnOf(Email).label, EmailRepeated, other.email.row))
				row.Email = ""
			}
		}
		if p == nil {
			p = &person{first: row.Number}
		}
		row.Person = p.first
		if row.ExternalID != "" {
			p.id = row.ExternalID
			byID[p.id] = p
		}
		r.agree(row, &p.name, &row.DisplayName, DisplayName, FirstName, LastName)
		r.agree(row, &p.email, &row.Email, Email)
		r.agree(row, &p.phone, &row.Phone, Phone)
		r.agree(row, &p.locale, &row.Locale, Locale)
		if row.Email != "" {
			byEmail[row.Email] = p
		}
	}
}

// agree compares a value with what was said, or remembers it.
func (r *reader) agree(row *Row, before *said, value *string, fields ...Field) {
	switch {
	case *value == "" || strings.EqualFold(before.value, *value):
	case before.value == "":
		*before = said{*value, row.Number}
	default:
		row.Problems = append(row.Problems,
			r.language.problem(row.Number, r.columnOf(fields...).label, ContradictsRow, before.row))
		*value = ""
	}
}
