package memberfile

import (
	"encoding/csv"
	"fmt"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
)

// headersOf are the headers in each language, in the order of fields.
var headersOf = map[string][]string{
	"nb": {"Medlemsnr.", "Fornavn", "Etternavn", "E-post", "Mobil", "Lokallag", "Rolle", "Koordinator", "Startdato", "Sluttdato", "Språk",
		"Kurs 1", "Kursdato 1", "Utløper 1", "Kurs 2", "Kursdato 2", "Utløper 2", "Merknad", "Fødselsnr"},
	"nn": {"Medlemsnummer", "Førenamn", "Etternamn", "E-postadresse", "Mobiltelefon", "LOKALLAG", "Rolle", "Koordinator", "Frå dato", "Siste dag",
		"Målform", "Kurs", "Dato for kurs", "Går ut", "Kurs", "Dato for kurs", "Går ut", "Merknad", "Fødselsnummer"},
	"en": {"Member number", "First name", "Last name", "Email", "Phone number", "Chapter", "Role", "Coordinator", "Start date", "End date", "Language",
		"Course 1", "Course date 1", "Expires 1", "Course 2", "Course date 2", "Expires 2", "Comment", "National ID"},
}

func (g *generator) headers() []string {
	language := map[Dialect]string{Comma: "en", Tab: "nn"}[g.Dialect]
	if language == "" {
		language = "nb"
	}
	return headersOf[language]
}

// columns leaves the identity column out of files that have none.
func (g *generator) columns() int {
	if g.IdentityColumns {
		return len(fields)
	}
	return len(fields) - 1
}

// text is a date as the dialect writes it.
func (g *generator) text(date time.Time) string {
	layout := map[Dialect]string{Comma: time.DateOnly, Tab: "02.01.06", Titled: "02/01/2006", XLSXText: "2.1.2006"}[g.Dialect]
	if layout == "" {
		layout = "02.01.2006"
	}
	return date.Format(layout)
}

// csv writes the records as text.
func (g *generator) csv() ([]byte, error) {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.UseCRLF = g.Dialect != Comma
	w.Comma = map[Dialect]rune{Comma: ',', Tab: '\t', UnicodeText: '\t'}[g.Dialect]
	if w.Comma == 0 {
		w.Comma = ';'
	}
	var trailing []string
	if g.Dialect == Titled {
		b.WriteString("sep=;\r\n") // no row
		trailing = []string{"", "", ""}
		for _, line := range [][]string{{"Medlemsliste, likepersoner"}, {"Lokallag:", "alle"}, {" "}} {
			if err := w.Write(append(line, "", "", "")); err != nil {
				return nil, fmt.Errorf("title: %w", err)
			}
		}
	}
	rows := [][]string{g.headers()[:g.columns()]}
	for _, r := range g.records {
		row := make([]string, g.columns())
		for i, field := range fields[:g.columns()] {
			row[i] = r.values[field]
			if date, ok := r.dates[field]; ok {
				row[i] = g.text(date)
			}
		}
		rows = append(rows, row)
	}
	for i, row := range rows {
		if err := w.Write(append(row, trailing...)); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
	}
	w.Flush()
	switch g.Dialect {
	case ExcelCSV:
		encoded, err := charmap.Windows1252.NewEncoder().String(b.String())
		if err != nil {
			return nil, fmt.Errorf("Windows-1252: %w", err)
		}
		return []byte(encoded), nil
	case ExcelUTF8:
		return []byte("\ufeff" + b.String()), nil
	case UnicodeText:
		var encoded []byte
		for _, unit := range utf16.Encode([]rune("\ufeff" + b.String())) {
			encoded = append(encoded, byte(unit), byte(unit>>8))
		}
		return encoded, nil
	}
	return []byte(b.String()), nil
}

// xlsx writes the records as a workbook.
func (g *generator) xlsx() ([]byte, error) {
	book := excelize.NewFile()
	defer book.Close()
	const sheet = "Ark1"
	if err := book.SetSheetName("Sheet1", sheet); err != nil {
		return nil, fmt.Errorf("sheet: %w", err)
	}
	format := "dd\\.mm\\.yyyy"
	date, err := book.NewStyle(&excelize.Style{CustomNumFmt: &format})
	if err != nil {
		return nil, fmt.Errorf("style: %w", err)
	}
	w, err := book.NewStreamWriter(sheet)
	if err != nil {
		return nil, fmt.Errorf("sheet: %w", err)
	}
	headers := g.headers()[:g.columns()]
	if err := g.xlsxHeader(book, w, headers); err != nil {
		return nil, err
	}
	for n, r := range g.records {
		row := make([]any, g.columns())
		for i, field := range fields[:g.columns()] {
			value := r.values[field]
			row[i] = value
			d, isDate := r.dates[field]
			switch {
			case value == "" && !isDate:
				row[i] = nil
			case isDate && g.Dialect == XLSXText:
				row[i] = g.text(d)
			case isDate:
				row[i] = excelize.Cell{StyleID: date, Value: serial(d)}
			case g.Dialect != XLSXText && isNumber(value):
				row[i] = excelize.Cell{Value: toInt(value)}
			}
		}
		cell := fmt.Sprintf("A%d", g.file.FirstRow+n)
		if err := w.SetRow(cell, row); err != nil {
			return nil, fmt.Errorf("row %s: %w", cell, err)
		}
	}
	if err := w.Flush(); err != nil {
		return nil, fmt.Errorf("sheet: %w", err)
	}
	content, err := book.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("workbook: %w", err)
	}
	return content.Bytes(), nil
}

// xlsxHeader writes what is above the first row. In XLSXMerged that is a cover sheet
// before the sheet, a title, and two rows in which what belongs to a course has its
// header below that of the course.
func (g *generator) xlsxHeader(book *excelize.File, w *excelize.StreamWriter, headers []string) error {
	row := make([]any, len(headers))
	for i, header := range headers {
		row[i] = header
	}
	if g.Dialect != XLSXMerged {
		return w.SetRow("A1", row)
	}
	if _, err := book.NewSheet("Forside"); err != nil {
		return fmt.Errorf("cover: %w", err)
	}
	if err := book.MoveSheet("Forside", "Ark1"); err != nil {
		return fmt.Errorf("cover: %w", err)
	}
	if err := book.SetCellValue("Forside", "B2", "Likepersoner, eksport fra medlemssystemet"); err != nil {
		return fmt.Errorf("cover: %w", err)
	}
	if err := w.SetRow("A1", []any{"Likepersoner per 30.06.2026"}); err != nil {
		return fmt.Errorf("title: %w", err)
	}
	below := make([]any, len(headers))
	for i, field := range fields[:len(headers)] {
		from, to := i+1, i+1
		switch field {
		case "kind 1", "kind 2":
			below[i], to = "Type", i+3
		case "issued 1", "issued 2":
			below[i], row[i] = "Dato", nil
			continue
		case "expires 1", "expires 2":
			below[i], row[i] = "Utløper", nil
			continue
		}
		first, _ := excelize.CoordinatesToCellName(from, 3)
		last, _ := excelize.CoordinatesToCellName(to, 4)
		if to > from {
			last, _ = excelize.CoordinatesToCellName(to, 3)
		}
		if err := w.MergeCell(first, last); err != nil {
			return fmt.Errorf("header: %w", err)
		}
	}
	if err := w.SetRow("A3", row); err != nil {
		return fmt.Errorf("header: %w", err)
	}
	return w.SetRow("A4", below)
}

// serial is how Excel counts days, from March 1900 on.
func serial(day time.Time) int {
	return int(day.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24)
}

func isNumber(text string) bool {
	return len(text) < 16 && text[0] != '0' && strings.Trim(text, "0123456789") == ""
}

func toInt(text string) (n int) {
	for _, digit := range text {
		n = n*10 + int(digit-'0')
	}
	return n
}
