package main

import (
	"bytes"
	"strconv"
	"strings"
)

// writeCSV writes the mentors, or the summary of a report without names, as Norwegian
// Excel opens it by a double-click: a byte order mark, semicolons, CRLF, days as ISO
// writes them.
func writeCSV(r *report, l locale) []byte {
	var file bytes.Buffer
	file.WriteString("\ufeff")
	row := func(cells []string) {
		for i, cell := range cells {
			if i > 0 {
				file.WriteByte(';')
			}
			if strings.ContainsAny(cell, ";\"\r\n") {
				cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
			}
			file.WriteString(cell)
		}
		file.WriteString("\r\n")
	}
	if r.hasNames() {
		row(mentorHeadings[l])
		chapters := r.chapterNames()
		for _, m := range r.listed() {
			for _, s := range m.Stretches {
				row([]string{
					m.ID, harmless(m.Name), harmless(chapters(s)), s.From, s.To, strconv.FormatInt(s.days(), 10),
					s.Status, strconv.FormatBool(s.Certified),
				})
			}
		}
		return file.Bytes()
	}
	row(append([]string{"chapter_id", nameHeadings[l]}, numberHeadings[l]...))
	for _, c := range r.Chapters {
		row(append([]string{c.ID, harmless(c.Name)}, texts(c.numbers)...))
	}
	row(append([]string{"total", totalNames[l]}, texts(r.Total)...))
	return file.Bytes()
}

func texts(n numbers) []string {
	shown := make([]string, 0, 15)
	for _, number := range n.inOrder() {
		shown = append(shown, strconv.FormatInt(number, 10))
	}
	return shown
}

// harmless keeps a spreadsheet from taking a text for a formula.
func harmless(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
