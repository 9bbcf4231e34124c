package memberlist

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"strings"
)

var excerptHeaders = texts{"Hvorfor", "Kvifor", "Why"}

// plainNumber is what begins with a sign and is no formula: a telephone number, say.
var plainNumber = regexp.MustCompile(`^[+-][0-9 .,]+$`)

// Excerpt writes some rows of the file as a table that Norwegian Excel opens and that can
// be read again: what stands in the known columns, and a last column with a text about the
// row. about has the texts by the rows' numbers. National identity numbers are not in it.
// The list was read with Options.Keep.
func (l *List) Excerpt(locale string, about map[int]string) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("\ufeff")
	w := csv.NewWriter(&out)
	w.Comma, w.UseCRLF = ';', true
	header := make([]string, 0, len(l.kept.known)+1)
	for _, c := range l.kept.known {
		text := c.header
		if text == "" {
			text = string(c.field)
		}
		header = append(header, harmless(text))
	}
	if err := w.Write(append(header, excerptHeaders[languageOf(locale)])); err != nil {
		return nil, err
	}
	for i, number := range l.kept.numbers {
		why, ok := about[number]
		if !ok {
			continue
		}
		row := make([]string, 0, len(l.kept.known)+1)
		for _, c := range l.kept.known {
			row = append(row, harmless(l.kept.cells[i][c.stored].Text))
		}
		if err := w.Write(append(row, why)); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// harmless keeps a text from being a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) && !plainNumber.MatchString(text) {
		return "'" + text
	}
	return text
}
