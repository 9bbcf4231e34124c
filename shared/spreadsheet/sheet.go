package spreadsheet

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// sheet is a sheet of an XLSX file.
type sheet struct {
	workbook *workbook
	part     string
	text     []byte // unpacked once
	areas    []Area
}

func (s *sheet) load() error {
	if s.text != nil {
		return nil
	}
	text, err := s.workbook.read(s.part)
	if err != nil {
		return err
	}
	if s.areas, err = readMerged(text); err != nil {
		return err
	}
	s.text = text
	return nil
}

func (s *sheet) merged() []Area { return s.areas }

// readMerged reads the merged cells, which are listed behind all rows.
func readMerged(text []byte) (areas []Area, err error) {
	rest := text[max(bytes.LastIndex(text, []byte("sheetData")), 0):]
	for {
		at := bytes.Index(rest, []byte("mergeCell "))
		if at < 0 || len(areas) >= maxMergedAreas {
			return areas, nil
		}
		rest = rest[at:]
		tag := rest[:max(bytes.IndexByte(rest, '>'), 0)]
		_, reference, _ := bytes.Cut(tag, []byte(`ref="`))
		reference, _, _ = bytes.Cut(reference, []byte(`"`))
		first, last, _ := strings.Cut(string(reference), ":")
		var a Area
		var ok, okToo bool
		a.FirstColumn, a.FirstRow, ok = parseReference(first)
		a.LastColumn, a.LastRow, okToo = parseReference(last)
		if ok && okToo {
			areas = append(areas, a)
		}
		rest = rest[len("mergeCell "):]
	}
}

// parseReference reads B7: column 1 in row 7.
func parseReference(reference string) (column, row int, ok bool) {
	letters := 0
	for letters < len(reference) && letters < 4 && (reference[letters]|0x20) >= 'a' && (reference[letters]|0x20) <= 'z' {
		column = column*26 + int(reference[letters]|0x20-'a') + 1
		letters++
	}
	row, err := strconv.Atoi(reference[letters:])
	return column - 1, row, err == nil && letters > 0 && column <= lastExcelColumn && row >= 1 && row <= lastExcelRow
}

// rows reads the sheet to its end, so that one that breaks off is noticed.
func (s *sheet) rows(yield func(Row) bool) error {
	if err := s.load(); err != nil {
		return err
	}
	e := newElements(s.text)
	number, ended := 0, false
	var cells []Cell
	for {
		token, err := e.next()
		if errors.Is(err, io.EOF) {
			if !ended {
				return damaged("a sheet without rows")
			}
			return nil
		}
		if err != nil {
			return err
		}
		switch element := token.(type) {
		case xml.EndElement:
			ended = ended || element.Name.Local == "sheetData"
		case xml.StartElement:
			if element.Name.Local != "row" || ended {
				continue
			}
			next := number + 1
			if r := attribute(element, "r"); r != "" {
				if next, err = strconv.Atoi(r); err != nil || next <= number || next > lastExcelRow {
					return damaged("rows out of order")
				}
			}
			number = next
			if cells, err = s.row(e, number, cells[:0]); err != nil {
				return err
			}
			if cells = withoutTrailingBlanks(cells); len(cells) > MaxColumns {
				return &Error{Code: TooManyColumns, Row: number}
			}
			if len(cells) > 0 && !yield(Row{number, cells}) {
				return nil
			}
		}
	}
}

// row reads the cells up to the end of the row. Of those beyond MaxColumns one is
// kept, if it has a value.
func (s *sheet) row(e *elements, number int, cells []Cell) ([]Cell, error) {
	outer, column := e.depth, -1
	for {
		token, err := e.next()
		if err != nil {
			return nil, damaged("a row without end")
		}
		switch element := token.(type) {
		case xml.EndElement:
			if e.depth < outer {
				return cells, nil
			}
		case xml.StartElement:
			if element.Name.Local != "c" {
				continue
			}
			next := column + 1
			if reference := attribute(element, "r"); reference != "" {
				var row int
				var ok bool
				if next, row, ok = parseReference(reference); !ok || next <= column || row != number {
					return nil, damaged("cells out of order")
				}
			}
			column = next
			cell, err := s.cell(e, element)
			if err != nil {
				return nil, err
			}
			if cell.Kind == Blank {
				continue
			}
			for len(cells) < min(column, MaxColumns) {
				cells = append(cells, Cell{})
			}
			if len(cells) <= MaxColumns {
				cells = append(cells, cell)
			}
		}
	}
}

// cell reads a cell: the value that was last computed, not the formula.
func (s *sheet) cell(e *elements, element xml.StartElement) (Cell, error) {
	kind, styleNumber := "", 0
	for _, a := range element.Attr {
		switch a.Name.Local {
		case "t":
			kind = a.Value
		case "s":
			styleNumber, _ = strconv.Atoi(a.Value)
		}
	}
	outer, value := e.depth, ""
	for e.depth >= outer {
		token, err := e.next()
		if err != nil {
			return Cell{}, damaged("a cell without end")
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "v":
			value, err = e.text("")
		case "is":
			value, err = e.text("t")
		}
		if err != nil {
			return Cell{}, err
		}
	}
	switch kind {
	case "s":
		if strings.TrimFunc(value, space) == "" {
			return Cell{}, nil
		}
		index, err := strconv.Atoi(strings.TrimFunc(value, space))
		if err != nil || index < 0 || index >= len(s.workbook.strings) {
			return Cell{}, damaged("a text that is not in the table of texts")
		}
		return trimmed(s.workbook.strings[index], Text), nil
	case "str", "inlineStr":
		return trimmed(value, Text), nil
	case "b":
		if isTrue(strings.TrimSpace(value)) {
			return Cell{"TRUE", Boolean}, nil
		}
		return Cell{"FALSE", Boolean}, nil
	case "e":
		return trimmed(value, Fault), nil
	case "d":
		return trimmed(value, Text), nil // in ISO 8601
	}
	format := style{}
	if styleNumber >= 0 && styleNumber < len(s.workbook.styles) {
		format = s.workbook.styles[styleNumber]
	}
	return number(strings.TrimFunc(value, space), format, s.workbook.date1904), nil
}

// style is what matters of a number's format.
type style struct {
	date   bool
	zeroes int // how many digits are shown at least: 5 for 00000
}

// builtIn are the formats that every XLSX file has without saying so.
func builtIn(id int) style {
	switch {
	case id >= 14 && id <= 17, id == 22, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id == 57, id == 58:
		return style{date: true}
	}
	return style{}
}

// styleOf reads a format such as dd/mm/yyyy or 00000.
func styleOf(code string) style {
	if len(code) > 255 { // Excel allows no longer one
		return style{}
	}
	code, _, _ = strings.Cut(code, ";") // for positive numbers
	if code != "" && strings.Trim(code, "0") == "" {
		return style{zeroes: len(code)}
	}
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '\\', '_', '*': // and the character that is meant
			i++
		case '"':
			i += 1 + strings.IndexByte(code[i+1:]+`"`, '"')
		case '[':
			i += strings.IndexByte(code[i:]+"]", ']')
		case 'd', 'D', 'y', 'Y':
			return style{date: true}
		}
	}
	return style{}
}

// number makes a cell of a number as XML has it, perhaps with an exponent.
func number(value string, format style, date1904 bool) Cell {
	if value == "" {
		return Cell{}
	}
	float, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsInf(float, 0) || math.IsNaN(float) {
		return Cell{value, Text}
	}
	if format.date {
		if day, ok := FromSerial(float, date1904); ok {
			return Cell{day.Format(time.DateOnly), Date}
		}
	}
	text := value
	if len(value) > 17 || strings.ContainsAny(value, ".eE+_xXpP") {
		// Excel computes with 15 digits; what it stores beyond them is rounding.
		text = strconv.FormatFloat(float, 'g', 15, 64)
		exact, ok := new(big.Float).SetPrec(256).SetString(text)
		if !ok || math.Abs(float) >= 1e21 {
			return Cell{text, Number}
		}
		text = exact.Text('f', 20)
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	if missing := format.zeroes - len(text); missing > 0 && strings.Trim(text, "0123456789") == "" {
		text = strings.Repeat("0", missing) + text
	}
	return Cell{text, Number}
}

// FromSerial returns the day that a number means in Excel: 1 is 1 January 1900, or 0 is
// 1 January 1904. There is none before these, none after 9999-12-31, and not the
// 29 February 1900 in which Excel believes.
func FromSerial(serial float64, date1904 bool) (time.Time, bool) {
	days := math.Floor(serial + 1e-6) // a rounded midnight
	first := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case days < 0 || days > 2_958_465:
		return time.Time{}, false
	case date1904:
		first = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days < 1 || days == 60:
		return time.Time{}, false
	case days < 60:
		days++
	}
	day := first.AddDate(0, 0, int(days))
	return day, day.Year() <= 9999
}
