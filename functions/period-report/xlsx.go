package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// writeXLSX writes the report as a workbook that screen readers can follow: a cover, the
// contents, notes, and then the tables, each alone on its sheet from column A on, without
// merged or blank cells. The same report gives the same bytes, as long as those who are named in
// it keep their names.
func writeXLSX(r *report, l locale, zone *time.Location) ([]byte, error) {
	book := excelize.NewFile()
	defer func() { _ = book.Close() }() // it has no file of its own
	w := workbook{File: book, l: l, zone: zone}
	for _, style := range []struct {
		into *int
		of   excelize.Style
	}{
		{&w.title, excelize.Style{Font: &excelize.Font{Bold: true, Size: 15, Family: font}}},
		{&w.heading, excelize.Style{
			Font:      &excelize.Font{Bold: true, Size: 11, Family: font},
			Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F0ECE6"}},
			Border:    []excelize.Border{{Type: "bottom", Color: "5E5751", Style: 1}},
			Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"},
		}},
		{&w.label, excelize.Style{Font: &excelize.Font{Bold: true, Size: 11, Family: font}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
		{&w.date, excelize.Style{CustomNumFmt: new("yyyy-mm-dd"), Alignment: &excelize.Alignment{Horizontal: "left", Vertical: "top"}}},
		{&w.longDate, excelize.Style{CustomNumFmt: &longDates[l], Alignment: &excelize.Alignment{Horizontal: "left", Vertical: "top"}}},
		{&w.number, excelize.Style{Alignment: &excelize.Alignment{Vertical: "top"}}},
		{&w.text, excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
	} {
		id, err := book.NewStyle(&style.of)
		if err != nil {
			return nil, fmt.Errorf("style of the workbook: %w", err)
		}
		*style.into = id
	}
	names := sheetNames[l][:4]
	if r.hasNames() {
		names = sheetNames[l][:]
	}
	if err := w.fill(r, names); err != nil {
		return nil, fmt.Errorf("workbook: %w", err)
	}
	properties := &excelize.DocProperties{Title: titles[l], Language: tags[l], Created: "2000-01-01T00:00:00Z", Modified: "2000-01-01T00:00:00Z"}
	if err := book.SetDocProps(properties); err != nil {
		return nil, fmt.Errorf("properties of the workbook: %w", err)
	}
	var file bytes.Buffer
	if err := book.Write(&file); err != nil {
		return nil, fmt.Errorf("writing the workbook: %w", err)
	}
	return sorted(file.Bytes())
}

// font is that of cells without a style. A style that names none is shown in another one by
// LibreOffice.
const font = "Calibri"

type workbook struct {
	*excelize.File
	l    locale
	zone *time.Location // of the organisation's clocks

	title, heading, label, date, longDate, number, text int // styles
}

func (w *workbook) fill(r *report, names []string) error {
	l := w.l
	from, to := w.day(r.From), w.day(r.To)
	from.StyleID, to.StyleID = w.longDate, w.longDate
	cover := [][]any{{coverItems[l][0], from}, {coverItems[l][1], to}}
	chapters := make([]string, len(r.Chapters))
	for i, c := range r.Chapters {
		chapters[i] = c.Name
	}
	issuer := r.Issuer
	if issuer == "" {
		issuer = r.IssuedBy
	}
	// What people read comes first, and then what an auditor compares, to the last digit.
	for i, value := range []string{
		shortened(strings.Join(chapters, ", ")), w.moment(r.KnownAt), issuer, r.RuleVersion,
		r.ID, r.KnownAt, r.IssuedBy, r.SHA256,
	} {
		if value == "" {
			value = notIssued[l]
		}
		cover = append(cover, []any{coverItems[l][2+i], value})
	}
	listed := make([][]any, len(names))
	for i, name := range names {
		listed[i] = []any{name, contents[l][i]}
	}
	noted := make([][]any, len(notes[l]))
	for i, note := range notes[l] {
		noted[i] = []any{note[0], note[1]}
	}
	sheets := []sheet{
		{titles[l], coverHeadings[l], []float64{30, 80}, slices.Values(cover), true},
		{contents[l][1], contentHeadings[l], []float64{18, 70}, slices.Values(listed), true},
		{contents[l][2], noteHeadings[l], []float64{24, 90}, slices.Values(noted), true},
		{contents[l][3], append([]string{"Id", nameHeadings[l]}, numberHeadings[l]...),
			append([]float64{40, 28}, slices.Repeat([]float64{11}, 15)...), w.summary(r), false},
	}
	if len(names) > len(sheets) {
		sheets = append(sheets, sheet{contents[l][4], mentorHeadings[l], []float64{40, 28, 28, 12, 12, 9, 11, 11}, w.mentors(r), false})
	}
	for i, name := range names {
		if i == 0 {
			if err := w.SetSheetName("Sheet1", name); err != nil {
				return err
			}
		} else if _, err := w.NewSheet(name); err != nil {
			return err
		}
		if err := w.write(name, i+1, sheets[i]); err != nil {
			return fmt.Errorf("sheet %d: %w", i+1, err)
		}
	}
	return nil
}

// shortened is what a cell has room for.
func shortened(text string) string {
	letters := []rune(text)
	if len(letters) > 2000 {
		return string(letters[:2000]) + " …"
	}
	return text
}

func (w *workbook) day(date string) excelize.Cell {
	return excelize.Cell{StyleID: w.date, Value: day(date)}
}

// moment is a moment as people say it, by the clocks of the organisation.
func (w *workbook) moment(text string) string {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return text
	}
	at = at.In(w.zone)
	return fmt.Sprintf(momentFormats[w.l], at.Day(), months[w.l][at.Month()-1], at.Year(), at.Hour(), at.Minute())
}

func (w *workbook) summary(r *report) func(func([]any) bool) {
	return func(yield func([]any) bool) {
		row := func(id, name string, n numbers) bool {
			cells := []any{id, name}
			for _, number := range n.inOrder() {
				cells = append(cells, number)
			}
			return yield(cells)
		}
		for _, c := range r.Chapters {
			if !row(c.ID, c.Name, c.numbers) {
				return
			}
		}
		row("total", totalNames[w.l], r.Total)
	}
}

func (w *workbook) mentors(r *report) func(func([]any) bool) {
	chapters := r.chapterNames()
	return func(yield func([]any) bool) {
		for _, m := range r.listed() {
			for _, s := range m.Stretches {
				certified := no[w.l]
				if s.Certified {
					certified = yes[w.l]
				}
				cells := []any{m.ID, m.Name, chapters(s), w.day(s.From), w.day(s.To), s.days(), statuses[s.Status][w.l], certified}
				if !yield(cells) {
					return
				}
			}
		}
	}
}

// sheet is a title, a sentence, and one table.
type sheet struct {
	title    string
	headings []string
	widths   []float64
	rows     func(func([]any) bool)

	isLabelled bool // its first column says what the second one is
}

const (
	headingRow = 3
	lineHeight = 15 // points
)

// lines is how many lines the cells of a row take: a row that says nothing about its height
// has one in LibreOffice, and the next row hides the others.
func (s sheet) lines(cells []any) int {
	most := 1
	for i, value := range cells {
		cell, ok := value.(excelize.Cell)
		if !ok || len(cells) != len(s.widths) {
			continue
		}
		if text, ok := cell.Value.(string); ok {
			// Words don't fill a line to its end.
			across := max(int(s.widths[i]*0.9), 1)
			most = max(most, (utf8.RuneCountInString(text)+across-1)/across)
		}
	}
	return min(most, 27) // 409 points are the most that a row can have
}

func (w *workbook) write(name string, number int, s sheet) error {
	// On paper each table is as wide as the page.
	if err := w.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: new(true)}); err != nil {
		return err
	}
	if err := w.SetPageLayout(name, &excelize.PageLayoutOptions{
		Orientation: new("landscape"), Size: new(9), FitToWidth: new(1), FitToHeight: new(0), // A4
	}); err != nil {
		return err
	}
	if err := w.SetHeaderFooter(name, &excelize.HeaderFooterOptions{OddFooter: "&L&A&R&P / &N"}); err != nil {
		return err
	}
	// Each sheet of paper begins with the headings.
	if err := w.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: fmt.Sprintf("'%s'!$%d:$%d", name, headingRow, headingRow), Scope: name,
	}); err != nil {
		return err
	}
	stream, err := w.NewStreamWriter(name)
	if err != nil {
		return err
	}
	for i, width := range s.widths {
		if err := stream.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	if err := stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: headingRow, TopLeftCell: fmt.Sprintf("A%d", headingRow+1), ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	headings := make([]any, len(s.headings))
	for i, heading := range s.headings {
		headings[i] = excelize.Cell{StyleID: w.heading, Value: heading}
	}
	row := 0
	add := func(cells []any) error {
		row++
		return stream.SetRow(fmt.Sprintf("A%d", row), cells, excelize.RowOpts{Height: lineHeight * float64(s.lines(cells))})
	}
	if err := stream.SetRow("A1", []any{excelize.Cell{StyleID: w.title, Value: s.title}}, excelize.RowOpts{Height: 24}); err != nil {
		return err
	}
	row++
	for _, cells := range [][]any{{oneTable[w.l]}, headings} {
		if err := add(cells); err != nil {
			return err
		}
	}
	for cells := range s.rows {
		for i, cell := range cells {
			switch cell.(type) {
			case excelize.Cell:
			case string:
				style := w.text
				if i == 0 && s.isLabelled {
					style = w.label
				}
				cells[i] = excelize.Cell{StyleID: style, Value: cell}
			default:
				cells[i] = excelize.Cell{StyleID: w.number, Value: cell}
			}
		}
		if err := add(cells); err != nil {
			return err
		}
	}
	last, err := excelize.ColumnNumberToName(len(s.headings))
	if err != nil {
		return err
	}
	// A table needs a row below its headings.
	area := fmt.Sprintf("A%d:%s%d", headingRow, last, max(row, headingRow+1))
	if err := stream.AddTable(&excelize.Table{Range: area, Name: fmt.Sprintf("table%d", number), StyleName: "TableStyleLight1"}); err != nil {
		return err
	}
	return stream.Flush()
}

// sorted writes an archive again, its entries by name and without times: excelize writes
// them in random order.
func sorted(archive []byte) ([]byte, error) {
	read, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		return nil, fmt.Errorf("reading the workbook: %w", err)
	}
	slices.SortFunc(read.File, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
	var file bytes.Buffer
	out := zip.NewWriter(&file)
	for _, entry := range read.File {
		if err := copyEntry(out, entry); err != nil {
			return nil, fmt.Errorf("%s of the workbook: %w", entry.Name, err)
		}
	}
	if err := out.Close(); err != nil {
		return nil, fmt.Errorf("closing the workbook: %w", err)
	}
	return file.Bytes(), nil
}

func copyEntry(out *zip.Writer, entry *zip.File) error {
	content, err := entry.Open()
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }() // only read
	w, err := out.CreateHeader(&zip.FileHeader{Name: entry.Name, Method: zip.Deflate})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, content)
	return err
}
