package spreadsheet_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"mentorpause/local/memberfile"
	"mentorpause/shared/spreadsheet"
)

// parts are those of an XLSX file.
type parts map[string]string

const main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

// workbook is a file of one sheet; sheetData is what is between its tags.
func workbook(sheetData string) parts {
	const relation = `http://schemas.openxmlformats.org/officeDocument/2006/relationships/`
	return parts{
		"_rels/.rels":     `<Relationships><Relationship Id="rId1" Type="` + relation + `officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook ` + main + `><sheets><sheet name="Ark1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="` + relation + `worksheet" Target="worksheets/sheet1.xml"/>
			<Relationship Id="rId2" Type="` + relation + `styles" Target="/xl/styles.xml"/>
			<Relationship Id="rId3" Type="` + relation + `sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="164" formatCode="dd\.mm\.yyyy"/><numFmt numFmtId="165" formatCode="00000"/>
			<numFmt numFmtId="166" formatCode="[$-414]d\. mmmm yyyy;@"/><numFmt numFmtId="167" formatCode="#,##0.00&quot; dyr&quot;"/></numFmts>
			<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
			<cellXfs><xf numFmtId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="14"/><xf numFmtId="166"/><xf numFmtId="167"/></cellXfs></styleSheet>`,
		"xl/sharedStrings.xml": `<sst><si><t>Kari</t></si><si><r><t>Åse </t></r><r><rPr><b/></rPr><t>Ødegård</t></r></si>
			<si><t>東京</t><rPh sb="0" eb="1"><t>とうきょう</t></rPh></si><si><t xml:space="preserve"> a_x000D_b_x005F_c </t></si></sst>`,
		"xl/worksheets/sheet1.xml": `<worksheet ` + main + `><sheetData>` + sheetData + `</sheetData></worksheet>`,
	}
}

// file packs the parts.
func (p parts) file(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(p)) {
		part, err := w.Create(name)
		if err == nil {
			_, err = part.Write([]byte(p[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestXLSXCells(t *testing.T) {
	t.Parallel()
	cell := func(text string, kind spreadsheet.Kind) spreadsheet.Cell {
		return spreadsheet.Cell{Text: text, Kind: kind}
	}
	for name, test := range map[string]struct {
		xml  string
		want spreadsheet.Cell
	}{
		"shared text":                   {`<c r="A1" t="s"><v>0</v></c>`, cell("Kari", spreadsheet.Text)},
		"rich text":                     {`<c r="A1" t="s"><v>1</v></c>`, cell("Åse Ødegård", spreadsheet.Text)},
		"how it is pronounced":          {`<c r="A1" t="s"><v>2</v></c>`, cell("東京", spreadsheet.Text)},
		"escaped characters":            {`<c r="A1" t="s"><v>3</v></c>`, cell("a\rb_c", spreadsheet.Text)},
		"text in the cell":              {`<c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>`, cell("ab", spreadsheet.Text)},
		"digits as text":                {`<c r="A1" t="inlineStr"><is><t>00123</t></is></c>`, cell("00123", spreadsheet.Text)},
		"a formula's text":              {`<c r="A1" t="str"><f>A2&amp;A3</f><v>Kari</v></c>`, cell("Kari", spreadsheet.Text)},
		"a formula's number":            {`<c r="A1"><f>1+1</f><v>2</v></c>`, cell("2", spreadsheet.Number)},
		"a number":                      {`<c r="A1"><v>91234567</v></c>`, cell("91234567", spreadsheet.Number)},
		"a number with .0":              {`<c r="A1" t="n"><v>91234567.0</v></c>`, cell("91234567", spreadsheet.Number)},
		"a number as Java writes it":    {`<c r="A1"><v>9.1234567E7</v></c>`, cell("91234567", spreadsheet.Number)},
		"a large one":                   {`<c r="A1"><v>1.2345678901E+10</v></c>`, cell("12345678901", spreadsheet.Number)},
		"what computing leaves":         {`<c r="A1"><v>0.30000000000000004</v></c>`, cell("0.3", spreadsheet.Number)},
		"zeroes that are shown":         {`<c r="A1" s="2"><v>123</v></c>`, cell("00123", spreadsheet.Number)},
		"a date":                        {`<c r="A1" s="1"><v>46350</v></c>`, cell("2026-11-24", spreadsheet.Date)},
		"a date with a time":            {`<c r="A1" s="3"><v>46350.75</v></c>`, cell("2026-11-24", spreadsheet.Date)},
		"a date by name":                {`<c r="A1" s="4"><v>46350</v></c>`, cell("2026-11-24", spreadsheet.Date)},
		"a formula's date":              {`<c r="A1" s="1"><f>TODAY()</f><v>46350</v></c>`, cell("2026-11-24", spreadsheet.Date)},
		"the first date":                {`<c r="A1" s="1"><v>1</v></c>`, cell("1900-01-01", spreadsheet.Date)},
		"before March 1900":             {`<c r="A1" s="1"><v>59</v></c>`, cell("1900-02-28", spreadsheet.Date)},
		"the day that was none":         {`<c r="A1" s="1"><v>60</v></c>`, cell("60", spreadsheet.Number)},
		"from March 1900":               {`<c r="A1" s="1"><v>61</v></c>`, cell("1900-03-01", spreadsheet.Date)},
		"the last date":                 {`<c r="A1" s="1"><v>2958465</v></c>`, cell("9999-12-31", spreadsheet.Date)},
		"no date any more":              {`<c r="A1" s="1"><v>2958466</v></c>`, cell("2958466", spreadsheet.Number)},
		"an amount, with letters in it": {`<c r="A1" s="5"><v>12</v></c>`, cell("12", spreadsheet.Number)},
		"an ISO date":                   {`<c r="A1" t="d"><v>2026-11-24T00:00:00</v></c>`, cell("2026-11-24T00:00:00", spreadsheet.Text)},
		"true":                          {`<c r="A1" t="b"><v>1</v></c>`, cell("TRUE", spreadsheet.Boolean)},
		"false":                         {`<c r="A1" t="b"><v>0</v></c>`, cell("FALSE", spreadsheet.Boolean)},
		"an error":                      {`<c r="A1" t="e"><v>#REF!</v></c>`, cell("#REF!", spreadsheet.Fault)},
		"a style that there is not":     {`<c r="A1" s="99"><v>7</v></c>`, cell("7", spreadsheet.Number)},
		"no reference":                  {`<c><v>7</v></c>`, cell("7", spreadsheet.Number)},
		"a prefix and a comment":        {`<x:c xmlns:x="y" r="A1"><!-- hm --><x:v>7</x:v></x:c>`, cell("7", spreadsheet.Number)},
		"text in several pieces":        {`<c r="A1" t="str"><v>a<![CDATA[<b>]]>c</v></c>`, cell("a<b>c", spreadsheet.Text)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sheets, err := spreadsheet.Open(workbook(`<row r="1">`+test.xml+`</row>`).file(t), known)
			if err != nil {
				t.Fatal(err)
			}
			for row, err := range sheets[0].Rows() {
				if err != nil {
					t.Fatal(err)
				}
				if difference := cmp.Diff([]spreadsheet.Cell{test.want}, row.Cells); difference != "" {
					t.Errorf("(-want +got)\n%s", difference)
				}
				return
			}
			t.Error("no row")
		})
	}
}

func TestXLSXRows(t *testing.T) {
	t.Parallel()
	got, err := table(workbook(`<row r="2"><c r="B2"><v>1</v></c><c r="D2"><v>2</v></c><c r="ZZ2"/></row><row r="3"><c r="A3" s="1"/></row>
		<row><c><v>3</v></c></row><row r="1000000"><c r="C1000000"><v>4</v></c></row>`).file(t))
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff([]string{"2: |1||2", "4: 3", "1000000: ||4"}, got); difference != "" {
		t.Errorf("(-want +got)\n%s", difference)
	}
}

// Dates count from 1904 where the workbook says so.
func TestXLSX1904(t *testing.T) {
	t.Parallel()
	p := workbook(`<row r="1"><c r="A1" s="1"><v>0</v></c><c r="B1" s="1"><v>44888</v></c></row>`)
	p["xl/workbook.xml"] = strings.Replace(p["xl/workbook.xml"], "<sheets>", `<workbookPr date1904="1"/><sheets>`, 1)
	got, err := table(p.file(t))
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff([]string{"1: 1904-01-01|2026-11-24"}, got); difference != "" {
		t.Error(difference)
	}
}

func TestXLSXSheets(t *testing.T) {
	t.Parallel()
	p := workbook(`<row r="1"><c r="A1"><v>1</v></c></row>`)
	p["xl/workbook.xml"] = `<workbook ` + main + `><sheets><sheet name="Skjult" state="hidden" r:id="rId1"/><sheet name="Diagram" r:id="rId9"/>
		<sheet name="Personer" r:id="rId1"/><sheet name="To" r:id="rId1"/></sheets></workbook>`
	sheets, err := spreadsheet.Open(p.file(t), known)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, sheet := range sheets {
		names = append(names, sheet.Name)
	}
	if difference := cmp.Diff([]string{"Personer", "To"}, names); difference != "" {
		t.Error(difference)
	}
}

func TestXLSXMerged(t *testing.T) {
	t.Parallel()
	p := workbook(`<row r="1"><c r="A1"><v>1</v></c></row>`)
	p["xl/worksheets/sheet1.xml"] = strings.Replace(p["xl/worksheets/sheet1.xml"], "</sheetData>",
		`</sheetData><mergeCells count="3"><mergeCell ref="A1:A2"/><mergeCell ref="D1:F1"/><mergeCell ref="x"/></mergeCells>`, 1)
	sheets, err := spreadsheet.Open(p.file(t), known)
	if err != nil {
		t.Fatal(err)
	}
	for range sheets[0].Rows() {
	}
	want := []spreadsheet.Area{{FirstRow: 1, LastRow: 2}, {FirstRow: 1, LastRow: 1, FirstColumn: 3, LastColumn: 5}}
	if difference := cmp.Diff(want, sheets[0].Merged()); difference != "" {
		t.Error(difference)
	}
}

// Whatever is wrong with a workbook, there is one refusal, and soon.
func TestXLSXRefusals(t *testing.T) {
	t.Parallel()
	with := func(name, content string) parts {
		p := workbook(`<row r="1"><c r="A1"><v>1</v></c></row>`)
		if content == "" {
			delete(p, name)
		} else {
			p[name] = content
		}
		return p
	}
	sheet := "xl/worksheets/sheet1.xml"
	for name, test := range map[string]struct {
		parts parts
		want  spreadsheet.Code
	}{
		"no workbook":                 {with("xl/workbook.xml", ""), spreadsheet.NotASpreadsheet},
		"a text document":             {parts{"_rels/.rels": `<R><Relationship Type="x/officeDocument" Target="word/document.xml"/></R>`, "word/document.xml": "<w/>"}, spreadsheet.NotASpreadsheet},
		"an OpenDocument":             {parts{"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}, spreadsheet.NotASpreadsheet},
		"a binary workbook":           {parts{"_rels/.rels": `<R><Relationship Type="x/officeDocument" Target="xl/workbook.bin"/></R>`, "xl/workbook.bin": "x"}, spreadsheet.OldExcel},
		"no sheet":                    {with(sheet, ""), spreadsheet.Empty},
		"a sheet that breaks off":     {with(sheet, `<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v>`), spreadsheet.Damaged},
		"a sheet without rows' part":  {with(sheet, `<worksheet></worksheet>`), spreadsheet.Damaged},
		"tags that do not match":      {with(sheet, `<worksheet><sheetData><row></sheetData></worksheet>`), spreadsheet.Damaged},
		"rows out of order":           {workbook(`<row r="2"><c><v>1</v></c></row><row r="1"><c><v>1</v></c></row>`), spreadsheet.Damaged},
		"a row beyond all rows":       {workbook(`<row r="99999999999999999999"><c><v>1</v></c></row>`), spreadsheet.Damaged},
		"cells out of order":          {workbook(`<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>`), spreadsheet.Damaged},
		"a cell of another row":       {workbook(`<row r="1"><c r="B2"><v>1</v></c></row>`), spreadsheet.Damaged},
		"a column beyond all columns": {workbook(`<row r="1"><c r="ZZZZ1"><v>1</v></c></row>`), spreadsheet.Damaged},
		"too wide":                    {workbook(`<row r="1"><c r="XFD1"><v>1</v></c></row>`), spreadsheet.TooManyColumns},
		"a text that is not there":    {workbook(`<row r="1"><c t="s"><v>4</v></c></row>`), spreadsheet.Damaged},
		"a negative text":             {workbook(`<row r="1"><c t="s"><v>-1</v></c></row>`), spreadsheet.Damaged},
		"a sheet of 70 MB":            {with(sheet, `<worksheet><sheetData>`+strings.Repeat(`<row><c><v>1</v></c></row>`, 2_700_000)+`</sheetData></worksheet>`), spreadsheet.UnpacksTooLarge},
		"a part of 65 MB":             {with("xl/styles.xml", `<styleSheet>`+strings.Repeat(" ", 65<<20)+`</styleSheet>`), spreadsheet.UnpacksTooLarge},
		"a cell of 1 MB":              {workbook(`<row><c t="str"><v>` + strings.Repeat("a", 1<<20) + `</v></c></row>`), spreadsheet.UnpacksTooLarge},
		"a million empty texts":       {with("xl/sharedStrings.xml", `<sst>`+strings.Repeat(`<si/>`, 1_000_001)+`</sst>`), spreadsheet.UnpacksTooLarge},
		"80,000 styles":               {with("xl/styles.xml", `<s><cellXfs>`+strings.Repeat(`<xf/>`, 80_000)+`</cellXfs></s>`), spreadsheet.UnpacksTooLarge},
		"elements a hundred deep":     {with(sheet, strings.Repeat(`<a>`, 100)), spreadsheet.Damaged},
		"a tag of 200,000 attributes": {with(sheet, `<worksheet `+strings.Repeat(`a="" `, 200_000)+`><sheetData/></worksheet>`), spreadsheet.UnpacksTooLarge},
		"an entity that grows":        {with(sheet, `<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><worksheet><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>`), spreadsheet.Damaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := table(test.parts.file(t))
			got, ok := err.(*spreadsheet.Error)
			if !ok || got.Code != test.want {
				t.Errorf("error is %v, want %s", err, test.want)
			}
		})
	}
}

// A checksum that is wrong, a length that lies and a password are noticed.
func TestXLSXArchive(t *testing.T) {
	t.Parallel()
	content := []byte(`<worksheet><sheetData/></worksheet>`)
	for name, test := range map[string]struct {
		header zip.FileHeader
		want   spreadsheet.Code
	}{
		"a wrong checksum": {zip.FileHeader{CRC32: 1, UncompressedSize64: uint64(len(content))}, spreadsheet.Damaged},
		"a wrong length":   {zip.FileHeader{CRC32: crc32.ChecksumIEEE(content), UncompressedSize64: 1 << 40}, spreadsheet.Damaged},
		"unknown packing":  {zip.FileHeader{Method: 99, UncompressedSize64: uint64(len(content))}, spreadsheet.Damaged},
		"a password":       {zip.FileHeader{Flags: 1, UncompressedSize64: uint64(len(content))}, spreadsheet.Encrypted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b bytes.Buffer
			w := zip.NewWriter(&b)
			for part, text := range workbook("") {
				header := zip.FileHeader{Name: part, UncompressedSize64: uint64(len(text)), CRC32: crc32.ChecksumIEEE([]byte(text))}
				if strings.HasSuffix(part, "sheet1.xml") {
					header, text = test.header, string(content)
					header.Name = part
				}
				header.CompressedSize64 = uint64(len(text))
				out, err := w.CreateRaw(&header)
				if err == nil {
					_, err = out.Write([]byte(text))
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			_, err := table(b.Bytes())
			if got, ok := err.(*spreadsheet.Error); !ok || got.Code != test.want {
				t.Errorf("error is %v, want %s", err, test.want)
			}
		})
	}
}

// excelize, which everybody's workbooks have been tried on, reads the same cells.
func TestXLSXAsExcelizeReadsIt(t *testing.T) {
	t.Parallel()
	for _, dialect := range []memberfile.Dialect{memberfile.XLSX, memberfile.XLSXText, memberfile.XLSXMerged} {
		file, err := memberfile.Write(memberfile.Config{Rows: 500, Seed: 9, Dialect: dialect, MistakesPercent: 1, IdentityColumns: true})
		if err != nil {
			t.Fatal(err)
		}
		book, err := excelize.OpenReader(bytes.NewReader(file.Content), excelize.Options{ShortDatePattern: "yyyy-mm-dd"})
		if err != nil {
			t.Fatal(err)
		}
		defer book.Close()
		sheets, err := spreadsheet.Open(file.Content, known)
		if err != nil {
			t.Fatal(err)
		}
		for _, sheet := range sheets {
			theirs, err := book.GetRows(sheet.Name)
			if err != nil {
				t.Fatal(err)
			}
			var want, got []string
			for i, texts := range theirs {
				for j := range texts {
					texts[j] = strings.TrimSpace(texts[j])
					if date, err := time.Parse("02.01.2006", texts[j]); err == nil {
						texts[j] = date.Format(time.DateOnly)
					}
				}
				if text := strings.TrimRight(strings.Join(texts, "|"), "|"); text != "" {
					want = append(want, fmt.Sprintf("%d: %s", i+1, text))
				}
			}
			for row, err := range sheet.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				for j, cell := range row.Cells {
					if date, err := time.Parse("2.1.2006", cell.Text); err == nil && len(cell.Text) == 10 {
						row.Cells[j].Text = date.Format(time.DateOnly)
					}
				}
				got = append(got, line(row))
			}
			if difference := cmp.Diff(want, got); difference != "" {
				t.Errorf("%s, %s (-excelize +ours)\n%s", dialect, sheet.Name, difference)
			}
		}
	}
}

// FuzzReadXLSX: whatever is in the parts of a workbook, it is read or refused; rows
// come in order, within bounds. The parts are packed here, so that the inputs get past
// the archive; FuzzReadArchive tries that.
func FuzzReadXLSX(f *testing.F) {
	p := workbook(`<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" s="1"><v>46350</v></c><c t="b"><v>1</v></c></row>`)
	seed := func(sheet string) {
		f.Add(sheet, p["xl/sharedStrings.xml"], p["xl/styles.xml"], p["xl/workbook.xml"])
	}
	seed(p["xl/worksheets/sheet1.xml"])
	seed(`<worksheet><sheetData><row r="3"><c r="C3" t="inlineStr"><is><t>a</t></is></c></row></sheetData><mergeCells><mergeCell ref="A1:B2"/></mergeCells></worksheet>`)
	seed(`<worksheet><sheetData><row><c t="e"><v>#REF!</v></c><c t="d"><v>2026-11-24</v></c><c><f>1</f><v>1E5</v></c></row></sheetData></worksheet>`)
	f.Fuzz(func(t *testing.T, sheet, texts, styles, book string) {
		p := workbook("")
		p["xl/worksheets/sheet1.xml"], p["xl/sharedStrings.xml"], p["xl/styles.xml"], p["xl/workbook.xml"] = sheet, texts, styles, book
		wantRows(t, p.file(t))
	})
}

// FuzzReadArchive: any bytes that begin as an archive are read or refused.
func FuzzReadArchive(f *testing.F) {
	f.Add(workbook(`<row r="1"><c r="A1"><v>1</v></c></row>`).file(f))
	file, err := memberfile.Write(memberfile.Config{Rows: 3, Dialect: memberfile.XLSXMerged})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file.Content)
	f.Fuzz(func(t *testing.T, file []byte) {
		if !strings.HasPrefix(string(file), "PK") {
			file = append([]byte("PK\x03\x04"), file...)
		}
		wantRows(t, file)
	})
}

// The empty workbook is one that excelize reads without complaint.
func TestEmptyXLSX(t *testing.T) {
	t.Parallel()
	file, err := spreadsheet.EmptyXLSX("Personar & lag", []spreadsheet.Heading{{Text: "Namn"}, {Text: "Går ut <", Date: true}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := table(file)
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff([]string{"1: Namn|Går ut <"}, got); difference != "" {
		t.Error(difference)
	}
	book, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	rows, err := book.GetRows("Personar & lag")
	if err != nil {
		t.Fatal(err)
	}
	if difference := cmp.Diff([][]string{{"Namn", "Går ut <"}}, rows); difference != "" {
		t.Error(difference)
	}
	style, err := book.GetColStyle("Personar & lag", "B")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := book.GetStyle(style); err != nil || s.CustomNumFmt == nil || *s.CustomNumFmt != `dd\.mm\.yyyy` {
		t.Errorf("the style of the dates is %+v (%v)", s, err)
	}
}
