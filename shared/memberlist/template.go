package memberlist

import (
	"mentorpause/shared/spreadsheet"
)

// templateHeaders are the columns of an empty list, in each language.
var templateHeaders = []struct {
	field Field
	texts texts
}{
	{DisplayName, texts{"Navn", "Namn", "Name"}},
	{Email, texts{"E-post", "E-post", "E-mail"}},
	{Phone, texts{"Mobil", "Mobil", "Mobile"}},
	{ExternalID, texts{"Medlemsnr", "Medlemsnr", "Member number"}},
	{Chapter, texts{"Lokallag", "Lokallag", "Chapter"}},
	{Role, texts{"Rolle", "Rolle", "Role"}},
	{Coordinator, texts{"Koordinator", "Koordinator", "Coordinator"}},
	{StartedOn, texts{"Startdato", "Startdato", "Start date"}},
	{LastDay, texts{"Sluttdato", "Sluttdato", "Last day"}},
	{Locale, texts{"Språk", "Språk", "Language"}},
	{CertificationKind, texts{"Kurs", "Kurs", "Course"}},
	{IssuedOn, texts{"Kursdato", "Kursdato", "Course date"}},
	{ExpiresOn, texts{"Utløper", "Går ut", "Expires"}},
}

// template is the empty list for a locale.
func template(locale string) []spreadsheet.Heading {
	l := languageOf(locale)
	headings := make([]spreadsheet.Heading, len(templateHeaders))
	for i, h := range templateHeaders {
		headings[i] = spreadsheet.Heading{Text: h.texts[l], Date: h.field.isDate()}
	}
	return headings
}

// TemplateCSV is an empty list as Norwegian Excel opens it: UTF-8 with a byte order
// mark, semicolons, one line of headers in the language of the locale.
func TemplateCSV(locale string) []byte { return spreadsheet.EmptyCSV(template(locale)) }

// TemplateXLSX is an empty list as an Excel workbook of one sheet, whose columns of
// dates show them as dd.mm.yyyy and whose other columns keep what is typed.
func TemplateXLSX(locale string) ([]byte, error) {
	sheet := texts{"Personer", "Personar", "People"}[languageOf(locale)]
	return spreadsheet.EmptyXLSX(sheet, template(locale))
}
