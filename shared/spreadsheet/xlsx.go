package spreadsheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// Bounds within which Excel itself stays. What goes beyond was made to harm.
const (
	maxParts         = 10_000    // in the archive
	maxSharedStrings = 1_000_000 // 20,000 rows have fewer
	maxStyles        = 70_000    // Excel: 65,490
	maxDepth         = 64        // of elements in one another
	maxBetweenTags   = 512 << 10 // bytes; Excel: 32,767 characters in a cell
	maxSheets        = 1_000
	maxMergedAreas   = 10_000
	lastExcelRow     = 1 << 20
	lastExcelColumn  = 1 << 14
)

func damaged(format string, args ...any) error {
	return &Error{Code: Damaged, Detail: fmt.Sprintf(format, args...)}
}

// workbook is an opened XLSX file.
type workbook struct {
	parts    map[string]*zip.File // by lower-case path
	left     int64                // of MaxUnpacked
	strings  []string
	styles   []style // of cells, by their number
	date1904 bool
}

// openXLSX reads what all sheets share.
func openXLSX(file []byte) ([]Sheet, error) {
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, damaged("the archive's directory can't be read")
	}
	if len(archive.File) > maxParts {
		return nil, &Error{Code: UnpacksTooLarge, Detail: "too many parts"}
	}
	w := &workbook{parts: map[string]*zip.File{}, left: MaxUnpacked}
	for _, part := range archive.File {
		if part.Flags&1 != 0 {
			return nil, &Error{Code: Encrypted}
		}
		w.parts[strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(part.Name, `\`, "/"), "/"))] = part
	}

	root, err := w.relations("")
	if err != nil {
		return nil, err
	}
	main := "xl/workbook.xml"
	for _, r := range root {
		if strings.HasSuffix(r.kind, "/officeDocument") {
			main = r.target
		}
	}
	switch {
	case strings.HasSuffix(main, ".bin"):
		return nil, &Error{Code: OldExcel, Detail: "xlsb"}
	case w.parts[main] == nil, strings.HasPrefix(main, "word/"), strings.HasPrefix(main, "ppt/"):
		return nil, &Error{Code: NotASpreadsheet, Detail: "an archive without a workbook"}
	}
	relations, err := w.relations(main)
	if err != nil {
		return nil, err
	}
	for _, r := range relations {
		switch {
		case strings.HasSuffix(r.kind, "/sharedStrings"):
			err = w.readStrings(r.target)
		case strings.HasSuffix(r.kind, "/styles"):
			err = w.readStyles(r.target)
		}
		if err != nil {
			return nil, err
		}
	}
	return w.readSheets(main, relations)
}

// read unpacks a part, whose checksum is compared. A part that is not there is nil.
func (w *workbook) read(name string) ([]byte, error) {
	part := w.parts[name]
	if part == nil {
		return nil, nil
	}
	packed, err := part.Open()
	if err != nil {
		return nil, damaged("a part is packed in an unknown way")
	}
	defer packed.Close()
	var unpacked bytes.Buffer
	if size := part.UncompressedSize64; size <= uint64(w.left) {
		unpacked.Grow(int(size) + bytes.MinRead)
	}
	n, err := io.Copy(&unpacked, io.LimitReader(packed, w.left+1))
	if n > w.left {
		return nil, &Error{Code: UnpacksTooLarge}
	}
	w.left -= n
	if err != nil {
		return nil, damaged("a part can't be unpacked")
	}
	text := unpacked.Bytes()
	switch {
	case bytes.HasPrefix(text, []byte("\xff\xfe")):
		text = []byte(decodeUTF16(text[2:], 1))
	case bytes.HasPrefix(text, []byte("\xfe\xff")):
		text = []byte(decodeUTF16(text[2:], 0))
	}
	for rest := text; len(rest) > maxBetweenTags; {
		next := bytes.LastIndexByte(rest[:maxBetweenTags], '<')
		if next <= 0 {
			return nil, &Error{Code: UnpacksTooLarge, Detail: "a cell or tag without end"}
		}
		rest = rest[next:]
	}
	return text, nil
}

// elements goes through XML. Namespaces are not looked at: Excel's two dialects differ
// in them alone.
type elements struct {
	decoder *xml.Decoder
	depth   int
}

func newElements(text []byte) *elements {
	decoder := xml.NewDecoder(bytes.NewReader(text))
	decoder.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil } // UTF-16, decoded
	return &elements{decoder: decoder}
}

// next returns the next token, io.EOF at the end of a well-formed document.
func (e *elements) next() (xml.Token, error) {
	token, err := e.decoder.Token()
	switch token.(type) {
	case xml.StartElement:
		e.depth++
		if e.depth > maxDepth {
			return nil, damaged("elements deeper than %d", maxDepth)
		}
	case xml.EndElement:
		e.depth--
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, damaged("malformed XML")
	}
	return token, err
}

// each calls start for every element until the end of the document, or until it
// returns an error.
func (e *elements) each(start func(xml.StartElement) error) error {
	for {
		token, err := e.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if element, ok := token.(xml.StartElement); ok {
			if err := start(element); err != nil {
				return err
			}
		}
	}
}

// text returns the text of an element that has just begun, up to its end. Of rich
// text that is the parts' text; how it is pronounced (rPh) is left out. Only elements
// named within count, all of them if it is empty.
func (e *elements) text(within string) (string, error) {
	var parts []string
	outer, inside, skipped := e.depth, within == "", 0
	for {
		token, err := e.next()
		if err != nil {
			return "", damaged("malformed XML") // the end of the document, too
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "rPh" && skipped == 0 {
				skipped = e.depth
			}
			inside = within == "" || token.Name.Local == within
		case xml.EndElement:
			if e.depth < outer {
				return unescape(strings.Join(parts, "")), nil
			}
			if e.depth < skipped {
				skipped = 0
			}
			inside = within == ""
		case xml.CharData:
			if inside && skipped == 0 {
				parts = append(parts, string(token))
			}
		}
	}
}

// unescape replaces _x000D_, which is how XLSX writes characters that XML can't.
func unescape(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "_x")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		if len(rest) > 4 && rest[4] == '_' {
			if value, err := strconv.ParseUint(rest[:4], 16, 16); err == nil {
				b.WriteRune(rune(value))
				text = rest[5:]
				continue
			}
		}
		b.WriteString("_x")
		text = rest
	}
}

func attribute(element xml.StartElement, name string) string {
	for _, a := range element.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// relation is a reference of one part to another.
type relation struct{ id, kind, target string }

// relations reads those of a part; "" is the whole file's.
func (w *workbook) relations(of string) (all []relation, err error) {
	folder, name := path.Split(of)
	text, err := w.read(folder + "_rels/" + name + ".rels")
	if err != nil || text == nil {
		return nil, err
	}
	err = newElements(text).each(func(element xml.StartElement) error {
		if element.Name.Local != "Relationship" || attribute(element, "TargetMode") == "External" {
			return nil
		}
		if len(all) >= maxParts {
			return damaged("more than %d relations", maxParts)
		}
		target := strings.ToLower(strings.ReplaceAll(attribute(element, "Target"), `\`, "/"))
		if rooted, ok := strings.CutPrefix(target, "/"); ok {
			target = path.Clean(rooted)
		} else {
			target = path.Join(folder, target)
		}
		all = append(all, relation{attribute(element, "Id"), attribute(element, "Type"), target})
		return nil
	})
	return all, err
}

func (w *workbook) readStrings(name string) error {
	text, err := w.read(name)
	if err != nil {
		return err
	}
	e := newElements(text)
	return e.each(func(element xml.StartElement) error {
		if element.Name.Local != "si" {
			return nil
		}
		if len(w.strings) >= maxSharedStrings {
			return &Error{Code: UnpacksTooLarge, Detail: "too many shared strings"}
		}
		text, err := e.text("t")
		w.strings = append(w.strings, text)
		return err
	})
}

func (w *workbook) readStyles(name string) error {
	text, err := w.read(name)
	if err != nil {
		return err
	}
	formats := map[int]style{}
	inCells := false
	e := newElements(text)
	return e.each(func(element xml.StartElement) error {
		switch element.Name.Local {
		case "numFmt":
			if id, err := strconv.Atoi(attribute(element, "numFmtId")); err == nil && len(formats) < maxStyles {
				formats[id] = styleOf(attribute(element, "formatCode"))
			}
		case "cellXfs", "cellStyleXfs", "cellStyles", "dxfs":
			inCells = element.Name.Local == "cellXfs"
		case "xf":
			if !inCells {
				return nil
			}
			if len(w.styles) >= maxStyles {
				return &Error{Code: UnpacksTooLarge, Detail: "too many styles"}
			}
			id, _ := strconv.Atoi(attribute(element, "numFmtId"))
			format, ok := formats[id]
			if !ok {
				format = builtIn(id)
			}
			w.styles = append(w.styles, format)
		}
		return nil
	})
}

// readSheets lists the visible sheets. What they hold is read when it is asked for.
func (w *workbook) readSheets(main string, relations []relation) (sheets []Sheet, err error) {
	text, err := w.read(main)
	if err != nil {
		return nil, err
	}
	err = newElements(text).each(func(element xml.StartElement) error {
		switch element.Name.Local {
		case "workbookPr":
			w.date1904 = isTrue(attribute(element, "date1904"))
		case "sheet":
			if state := attribute(element, "state"); state == "hidden" || state == "veryHidden" {
				return nil
			}
			if len(sheets) >= maxSheets {
				return damaged("more than %d sheets", maxSheets)
			}
			id := attribute(element, "id")
			for _, r := range relations {
				// A chart can be a sheet, too.
				if r.id == id && strings.HasSuffix(r.kind, "/worksheet") && w.parts[r.target] != nil {
					s := &sheet{workbook: w, part: r.target}
					sheets = append(sheets, Sheet{Name: attribute(element, "name"), Date1904: w.date1904, rows: s.rows, merged: s.merged})
				}
			}
		}
		return nil
	})
	if err == nil && len(sheets) == 0 {
		err = &Error{Code: Empty, Detail: "no visible sheet"}
	}
	return sheets, err
}

func isTrue(value string) bool { return value == "1" || value == "true" }
