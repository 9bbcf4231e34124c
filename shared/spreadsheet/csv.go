package spreadsheet

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// openCSV reads text in any of the encodings and with any of the separators.
func openCSV(file []byte, known func(string) bool) ([]Sheet, error) {
	text, err := decode(file)
	if err != nil {
		return nil, err
	}
	if strings.IndexByte(text, 0) >= 0 {
		return nil, &Error{Code: NULCharacter}
	}
	text = strings.TrimSuffix(text, "\x1a") // how DOS ended a text
	if strings.TrimFunc(text, space) == "" {
		return nil, &Error{Code: Empty}
	}
	if looksLikeMarkup(text) {
		return nil, &Error{Code: NotASpreadsheet, Detail: "markup"}
	}
	text, separator := cutSeparatorLine(text)
	if separator == 0 {
		separator = detectSeparator(text, known)
	}
	return []Sheet{{rows: func(yield func(Row) bool) error {
		r := csvReader{text: text, separator: separator}
		for {
			more, err := r.next()
			if !more || err != nil {
				return err
			}
			cells := withoutTrailingBlanks(r.cells)
			if len(cells) > MaxColumns {
				return &Error{Code: TooManyColumns, Row: r.row}
			}
			if len(cells) > 0 && !yield(Row{r.row, cells}) {
				return nil
			}
		}
	}}}, nil
}

// decode turns a file into text: by its byte order mark, else as UTF-8 if all of it
// is, else as Windows-1252, in which every byte means something.
func decode(file []byte) (string, error) {
	switch {
	case bytes.HasPrefix(file, []byte("\xef\xbb\xbf")):
		if !utf8.Valid(file) {
			return "", &Error{Code: Damaged, Detail: "a byte order mark of UTF-8 before something else"}
		}
		return string(file[3:]), nil
	case bytes.HasPrefix(file, []byte("\xff\xfe")):
		return decodeUTF16(file[2:], 1), nil
	case bytes.HasPrefix(file, []byte("\xfe\xff")):
		return decodeUTF16(file[2:], 0), nil
	case utf8.Valid(file):
		return string(file), nil
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(file)
	if err != nil {
		return "", &Error{Code: Damaged, Detail: "not Windows-1252"}
	}
	return string(text), nil
}

// decodeUTF16 decodes pairs of bytes of which the one at high is the higher.
func decodeUTF16(file []byte, high int) string {
	units := make([]uint16, len(file)/2)
	for i := range units {
		units[i] = uint16(file[2*i+high])<<8 | uint16(file[2*i+1-high])
	}
	return string(utf16.Decode(units))
}

// looksLikeMarkup recognises web pages, which some programs call .xls or .csv.
func looksLikeMarkup(text string) bool {
	text = strings.ToLower(strings.TrimLeftFunc(text[:min(len(text), 1024)], space))
	for _, beginning := range []string{"<!doctype", "<html", "<?xml", "<table", "<meta", "<head", "<style"} {
		if strings.HasPrefix(text, beginning) {
			return true
		}
	}
	return false
}

// cutSeparatorLine reads a first line such as "sep=;", with which Excel is told the
// separator. Excel does not show it, so that it is no row.
func cutSeparatorLine(text string) (rest string, separator byte) {
	line := text
	if end := strings.IndexAny(text[:min(len(text), 16)], "\r\n"); end >= 0 {
		line, rest = text[:end], text[end:]
	} else if len(text) > 16 {
		return text, 0
	}
	line = strings.Trim(line, `" `)
	if len(line) != 5 || !strings.EqualFold(line[:4], "sep=") || line[4] == '"' || line[4] >= utf8.RuneSelf {
		return text, 0
	}
	rest = strings.TrimPrefix(rest, "\r")
	return strings.TrimPrefix(rest, "\n"), line[4]
}

const (
	separators = ";\t," // the likeliest first
	// How far detectSeparator looks.
	detectedRows  = 60
	detectedBytes = 64 << 10
)

// detectSeparator returns the separator by which a row has the most known headers;
// failing that, the one by which the most rows have the same number of cells.
func detectSeparator(text string, known func(string) bool) byte {
	if len(text) > detectedBytes {
		text = strings.ToValidUTF8(text[:detectedBytes], "")
	}
	best, bestKnown, bestAlike := separators[0], 0, 0
	for i := range len(separators) {
		r := csvReader{text: text, separator: separators[i]}
		mostKnown, widths := 0, map[int]int{}
		for range detectedRows {
			if more, err := r.next(); !more || err != nil {
				break // at the end, or at a cell that was cut
			}
			cells := withoutTrailingBlanks(r.cells)
			headers := 0
			for _, cell := range cells {
				if cell.Kind != Blank && known(cell.Text) {
					headers++
				}
			}
			mostKnown = max(mostKnown, headers)
			if len(cells) > 1 {
				widths[len(r.cells)]++
			}
		}
		alike := 0
		for _, rows := range widths {
			alike = max(alike, rows)
		}
		if mostKnown > bestKnown || mostKnown == bestKnown && alike > bestAlike {
			best, bestKnown, bestAlike = separators[i], mostKnown, alike
		}
	}
	return best
}

// csvReader reads the rows of a text. As spreadsheets do, and unlike encoding/csv, it
// counts blank lines, takes a lone carriage return as the end of a line, and accepts
// quotes inside a cell.
type csvReader struct {
	text      string
	separator byte
	at        int
	row       int
	cells     []Cell // of the row
}

// next reads a row; false is the end. The first MaxColumns cells and one more with a
// value are kept.
func (r *csvReader) next() (bool, error) {
	r.cells = r.cells[:0]
	if r.at >= len(r.text) {
		return false, nil
	}
	r.row++
	for {
		cell, err := r.cell()
		if err != nil {
			return false, err
		}
		if len(r.cells) < MaxColumns || cell.Kind != Blank && len(r.cells) == MaxColumns {
			r.cells = append(r.cells, cell)
		}
		if r.at >= len(r.text) {
			return true, nil
		}
		switch end := r.text[r.at]; {
		case end == r.separator:
			r.at++
			if r.at >= len(r.text) { // an empty cell at the very end
				return true, nil
			}
		case end == '\r' && strings.HasPrefix(r.text[r.at:], "\r\n"):
			r.at += 2
			return true, nil
		default:
			r.at++
			return true, nil
		}
	}
}

// cell reads up to the separator, the end of the line or that of the text.
func (r *csvReader) cell() (Cell, error) {
	start := r.at
	for start < len(r.text) && r.text[start] == ' ' {
		start++
	}
	// ="0123" is how programs keep Excel from dropping a zero.
	quote := start
	if strings.HasPrefix(r.text[start:], `="`) {
		quote++
	}
	if quote >= len(r.text) || r.text[quote] != '"' {
		rest := r.rest(r.at)
		r.at += len(rest)
		return trimmed(rest, Text), nil
	}
	r.at = quote + 1
	var parts strings.Builder
	for {
		end := strings.IndexByte(r.text[r.at:], '"')
		if end < 0 {
			return Cell{}, &Error{Code: UnclosedQuote, Row: r.row}
		}
		part := r.text[r.at : r.at+end]
		r.at += end + 1
		if r.at < len(r.text) && r.text[r.at] == '"' {
			parts.WriteString(part)
			parts.WriteByte('"')
			r.at++
			continue
		}
		rest := r.rest(r.at) // usually nothing
		r.at += len(rest)
		if parts.Len() == 0 && rest == "" {
			return trimmed(part, Text), nil
		}
		parts.WriteString(part)
		parts.WriteString(rest)
		return trimmed(parts.String(), Text), nil
	}
}

// rest returns what comes before the next separator or end of line.
func (r *csvReader) rest(from int) string {
	to := from
	for to < len(r.text) && r.text[to] != r.separator && r.text[to] != '\n' && r.text[to] != '\r' {
		to++
	}
	return r.text[from:to]
}
