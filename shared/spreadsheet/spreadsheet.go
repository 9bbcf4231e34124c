// Package spreadsheet reads the cells of a table that somebody sends: CSV as
// Norwegian programs and Excel write it, or XLSX. It knows nothing of what the
// cells mean.
//
// The bytes come from strangers. Every file gets an answer within memory and time
// that its size bounds: rows, or one [Error] that says why the whole file is
// refused. No cell's content appears in an error.
package spreadsheet

import (
	"bytes"
	"fmt"
	"iter"
	"strings"
	"unicode"
)

// Limits of a file. MaxColumns counts up to the last column that has a value.
const (
	MaxBytes    = 4 << 20  // of the file
	MaxUnpacked = 64 << 20 // of the parts of an XLSX file that are read, all together
	MaxColumns  = 200
)

// Code says why a file is refused.
type Code string

// The codes. Everything but Empty and UnclosedQuote says that another file is needed.
const (
	TooLarge        Code = "file_too_large"    // more than MaxBytes
	UnpacksTooLarge Code = "unpacks_too_large" // more than MaxUnpacked, or than Excel itself allows
	TooManyColumns  Code = "too_many_columns"  // more than MaxColumns
	Encrypted       Code = "encrypted"         // protected by a password
	OldExcel        Code = "old_excel"         // .xls or .xlsb
	NotASpreadsheet Code = "not_a_spreadsheet" // a PDF, an image, a web page, an archive …
	Damaged         Code = "damaged"           // begins as XLSX and can't be read to its end
	NULCharacter    Code = "nul_character"     // text with U+0000 in it
	UnclosedQuote   Code = "unclosed_quote"    // CSV: a quoted cell that nothing ends; Row says where
	Empty           Code = "empty"             // no value anywhere
)

// Codes lists every code.
func Codes() []Code {
	return []Code{TooLarge, UnpacksTooLarge, TooManyColumns, Encrypted, OldExcel, NotASpreadsheet, Damaged, NULCharacter,
		UnclosedQuote, Empty}
}

// Error refuses a whole file.
type Error struct {
	Code   Code
	Row    int    // where the reason lies, as a spreadsheet shows it; 0: nowhere in particular
	Detail string // for a log, in English; holds nothing of any cell
}

func (e *Error) Error() string {
	text := "spreadsheet: " + string(e.Code)
	if e.Row > 0 {
		text += fmt.Sprintf(" in row %d", e.Row)
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Kind says how a cell was stored. In CSV all cells are Text or Fault.
type Kind uint8

// The kinds.
const (
	Blank   Kind = iota
	Text         // as stored, trimmed of space
	Number       // in plain decimal digits with a point: no exponent, no ".0"
	Date         // as 2006-01-02; the time of day is dropped
	Boolean      // TRUE or FALSE
	Fault        // an error of the spreadsheet's, such as #REF!
)

// Cell is one value. Its text has no space at either end and is not empty unless the
// cell is Blank.
type Cell struct {
	Text string
	Kind Kind
}

// Row is a row with at least one value. The cells are only valid until the next row;
// their texts stay valid. Trailing blank cells are left out.
type Row struct {
	Number int // as a spreadsheet shows it: 1 is the first
	Cells  []Cell
}

// Area is a block of merged cells. Rows are numbered as in Row, columns from 0; both
// ends belong to it. The value is in the first row's first column.
type Area struct {
	FirstRow, LastRow       int
	FirstColumn, LastColumn int
}

// Sheet is one table.
type Sheet struct {
	Name     string // empty for CSV
	Date1904 bool   // from which year numbers that are no Date would count, see FromSerial
	rows     func(yield func(Row) bool) error
	merged   func() []Area
}

// Rows yields the rows that have a value, from the top. An *Error ends them.
func (s Sheet) Rows() iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		stopped := false
		err := s.rows(func(row Row) bool {
			stopped = !yield(row, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(Row{}, err)
		}
	}
}

// Merged lists the merged cells of the sheet; it may only be called while or after
// rows are read.
func (s Sheet) Merged() []Area {
	if s.merged == nil {
		return nil
	}
	return s.merged()
}

// Open finds out what a file is, by its content alone, and returns its visible sheets
// in their order; a CSV file is one. known reports whether a text is a header that
// the caller knows: among the characters that could separate the cells of a CSV file,
// the one that yields the most known headers in a row is taken. The error is an *Error.
func Open(file []byte, known func(header string) bool) ([]Sheet, error) {
	if len(file) > MaxBytes {
		return nil, &Error{Code: TooLarge}
	}
	for _, m := range magics {
		if bytes.HasPrefix(file, []byte(m.prefix)) {
			switch {
			case m.code == OldExcel && bytes.Contains(file, encryptedPackage):
				return nil, &Error{Code: Encrypted}
			case m.code != "":
				return nil, &Error{Code: m.code, Detail: m.kind}
			}
			return openXLSX(file)
		}
	}
	return openCSV(file, known)
}

// encryptedPackage is the name of the stream in which Excel puts an encrypted file.
var encryptedPackage = []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")

// magics are the beginnings of files that are no CSV; without a code, of XLSX.
var magics = []struct {
	prefix string
	code   Code
	kind   string
}{
	{"PK\x03\x04", "", "zip"},
	{"PK\x05\x06", NotASpreadsheet, "an empty archive"},
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OldExcel, "a compound file"},
	{"\x09\x08\x10\x00\x00\x06\x05\x00", OldExcel, "BIFF8 without a container"},
	{"%PDF", NotASpreadsheet, "PDF"},
	{"\x89PNG", NotASpreadsheet, "PNG"},
	{"\xff\xd8\xff", NotASpreadsheet, "JPEG"},
	{"GIF8", NotASpreadsheet, "GIF"},
	{"RIFF", NotASpreadsheet, "RIFF"},
	{"II*\x00", NotASpreadsheet, "TIFF"},
	{"MM\x00*", NotASpreadsheet, "TIFF"},
	{"{\\rtf", NotASpreadsheet, "RTF"},
	{"\x1f\x8b", NotASpreadsheet, "gzip"},
	{"7z\xbc\xaf\x27\x1c", NotASpreadsheet, "7z"},
	{"Rar!", NotASpreadsheet, "RAR"},
	{"SQLite format 3", NotASpreadsheet, "SQLite"},
	{"\x7fELF", NotASpreadsheet, "ELF"},
	{"MZ\x90", NotASpreadsheet, "a program"},
}

// space reports what is trimmed from a cell's ends: space of any kind, and the marks
// that can't be seen and that programs leave there.
func space(r rune) bool {
	switch r {
	case '\u200b', '\u200e', '\u200f', '\u2060', '\ufeff':
		return true
	}
	return unicode.IsSpace(r)
}

// trimmed makes a cell of a text. An error that was saved as text is one still.
func trimmed(text string, kind Kind) Cell {
	if text = strings.TrimFunc(text, space); text == "" {
		return Cell{}
	}
	if kind == Text && faults[text] {
		kind = Fault
	}
	return Cell{text, kind}
}

// faults are the errors of a spreadsheet's, in English and Norwegian.
var faults = map[string]bool{
	"#REF!": true, "#DIV/0!": true, "#NUM!": true, "#NULL!": true, "#N/A": true, "#VALUE!": true, "#NAME?": true, "#SPILL!": true,
	"#I/T": true, "#VERDI!": true, "#NAVN?": true,
}

// withoutTrailingBlanks shortens cells to the last one with a value.
func withoutTrailingBlanks(cells []Cell) []Cell {
	for len(cells) > 0 && cells[len(cells)-1].Kind == Blank {
		cells = cells[:len(cells)-1]
	}
	return cells
}
