package spreadsheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// Heading is the header of a column in an empty table.
type Heading struct {
	Text string
	Date bool // the column is for days
}

// EmptyCSV writes a table without rows as Norwegian Excel opens it: UTF-8 with a byte
// order mark, semicolons. The headings have no semicolon, quote or line break.
func EmptyCSV(headings []Heading) []byte {
	texts := make([]string, len(headings))
	for i, h := range headings {
		texts[i] = h.Text
	}
	return []byte("\ufeff" + strings.Join(texts, ";") + "\r\n")
}

// EmptyXLSX writes a table without rows as a workbook of one sheet. The header stays in
// view; columns of days show them as dd.mm.yyyy, the others keep what is typed as text.
func EmptyXLSX(sheet string, headings []Heading) ([]byte, error) {
	const (
		text   = 1 // the styles below
		date   = 2
		header = 3
	)
	var columns, cells strings.Builder
	for i, h := range headings {
		style := text
		if h.Date {
			style = date
		}
		fmt.Fprintf(&columns, `<col min="%d" max="%d" width="18" style="%d" customWidth="1"/>`, i+1, i+1, style)
		fmt.Fprintf(&cells, `<c s="%d" t="inlineStr"><is><t>%s</t></is></c>`, header, escape(h.Text))
	}
	parts := []struct{ name, content string }{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="` + workbookType + `.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + workbookType + `.worksheet+xml"/>
<Override PartName="/xl/styles.xml" ContentType="` + workbookType + `.styles+xml"/>
</Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="` + relationType + `/officeDocument" Target="xl/workbook.xml"/>
</Relationships>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="rId1" Type="` + relationType + `/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="` + relationType + `/styles" Target="styles.xml"/>
</Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + mainSpace + `" xmlns:r="` + relationType + `">
<sheets><sheet name="` + escape(sheet) + `" sheetId="1" r:id="rId1"/></sheets>
</workbook>`},
		{"xl/styles.xml", `<styleSheet xmlns="` + mainSpace + `">
<numFmts count="1"><numFmt numFmtId="164" formatCode="dd\.mm\.yyyy"/></numFmts>
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="4">
<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/>
</cellXfs>
</styleSheet>`},
		{"xl/worksheets/sheet1.xml", `<worksheet xmlns="` + mainSpace + `">
<sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>
<cols>` + columns.String() + `</cols>
<sheetData><row r="1">` + cells.String() + `</row></sheetData>
</worksheet>`},
	}
	var file bytes.Buffer
	archive := zip.NewWriter(&file)
	for _, part := range parts {
		w, err := archive.Create(part.name)
		if err == nil {
			_, err = w.Write([]byte(xml.Header + part.content))
		}
		if err != nil {
			return nil, fmt.Errorf("workbook of %s: %w", sheet, err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("workbook of %s: %w", sheet, err)
	}
	return file.Bytes(), nil
}

const (
	workbookType = "application/vnd.openxmlformats-officedocument.spreadsheetml"
	relationType = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	mainSpace    = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
)

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}
