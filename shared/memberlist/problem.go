package memberlist

import (
	"fmt"
	"strings"

	"mentorpause/shared/spreadsheet"
)

// Code says what is wrong with a value, a column or a file.
type Code string

// The codes of problems. A row's problems have any of them, a column's
// IdentityNumber alone.
const (
	IdentityNumber          Code = "national_identity_number" // the value appears nowhere
	NameInvalid             Code = "name_invalid"             // nothing visible, or more than 200 characters
	EmailInvalid            Code = "email_invalid"
	EmailRepeated           Code = "email_repeated" // on a row of somebody with another member number
	PhoneInvalid            Code = "phone_invalid"
	ExternalIDInvalid       Code = "external_id_invalid" // nothing visible, or more than 100 characters
	TextInvalid             Code = "text_invalid"        // chapter, coordinator or kind: the same, 200
	RoleUnknown             Code = "role_unknown"
	LocaleUnknown           Code = "locale_unknown"
	DateInvalid             Code = "date_invalid"
	DateAmbiguous           Code = "date_ambiguous"    // day or month first: nothing in the column tells
	DateOutOfRange          Code = "date_out_of_range" // before 1900-01-01 or after 9999-12-31
	EndsBeforeStart         Code = "ends_before_start"
	ExpiresBeforeIssued     Code = "expires_before_issued"
	CertificationIncomplete Code = "certification_incomplete" // no kind, or no day of issue
	CellFault               Code = "cell_error"               // #REF! and the like
	PersonMissing           Code = "person_missing"           // no name, e-mail or member number
	ContradictsRow          Code = "contradicts_row"          // an earlier row of the same person says otherwise
)

// The codes of a file that is refused, besides those of package spreadsheet.
const (
	TooManyRows Code = "too_many_rows" // more than MaxRows
	NoHeader    Code = "no_header"     // no sheet has a row with a known header
	NoRows      Code = "no_rows"       // nothing below the header
	BadMapping  Code = "unknown_field" // the mapping names a field that there is not
)

// Codes lists the codes of problems.
func Codes() []Code {
	return []Code{IdentityNumber, NameInvalid, EmailInvalid, EmailRepeated, PhoneInvalid,
		ExternalIDInvalid, TextInvalid, RoleUnknown, LocaleUnknown, DateInvalid, DateAmbiguous, DateOutOfRange, EndsBeforeStart, ExpiresBeforeIssued, CertificationIncomplete,
		CellFault, PersonMissing, ContradictsRow}
}

// FileCodes lists the codes with which a whole file is refused.
func FileCodes() []Code {
	codes := []Code{TooManyRows, NoHeader, NoRows, BadMapping}
	for _, code := range spreadsheet.Codes() {
		codes = append(codes, Code(code))
	}
	return codes
}

// Problem is something that is wrong with one value of a row, or with a column. The
// message says where, what kind of value it is and what to write instead, in the
// language of the list. It never says the value.
type Problem struct {
	Column  string `json:"column"`
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

// Error refuses a whole file. Its message is for the person who sent the file.
type Error struct {
	Code    Code
	Row     int // 0: nowhere in particular
	Message string
	err     error
}

// Error is for a log; it holds nothing of any cell.
func (e *Error) Error() string {
	if e.err != nil {
		return "member list: " + e.err.Error()
	}
	return "member list: " + string(e.Code)
}

// Unwrap returns what package spreadsheet said, if it was that.
func (e *Error) Unwrap() error { return e.err }

// language is a set of texts: Bokmål, Nynorsk, English.
type language uint8

const (
	bokmaal language = iota
	nynorsk
	english
)

// languageOf returns the language for a locale; Bokmål for one that is not known.
func languageOf(text string) language {
	switch value, _ := locale(text); value {
	case "nn":
		return nynorsk
	case "en":
		return english
	}
	return bokmaal
}

// texts are in the order of the languages.
type texts [3]string

// where begins a problem's message: the row and the column.
var where = texts{"Rad %d, kolonnen «%s»: ", "Rad %d, kolonnen «%s»: ", "Row %d, column “%s”: "}

// columnLetter names a column whose header is empty or can't be shown.
var columnLetter = texts{"kolonne %s", "kolonne %s", "column %s"}

// problems are what follows where. %d is the other row that a problem is about.
var problems = map[Code]texts{
	IdentityNumber: {
		"Dette er et fødselsnummer. Slett det. Skal raden ha et medlemsnummer, skriv det.",
		"Dette er eit fødselsnummer. Slett det. Skal rada ha eit medlemsnummer, skriv det.",
		"This is a national identity number. Delete it. If the row should have a member number, write that.",
	},
	NameInvalid: {
		"Navnet er lengre enn 200 tegn eller har ingen synlige tegn. Skriv fornavn og etternavn.",
		"Namnet er lengre enn 200 teikn eller har ingen synlege teikn. Skriv førenamn og etternamn.",
		"The name is longer than 200 characters or has none that can be seen. Write first and last name.",
	},
	EmailInvalid: {
		"Dette er ikke én e-postadresse. Skriv den slik: kari@eksempel.no, eller la cellen stå tom.",
		"Dette er ikkje éi e-postadresse. Skriv ho slik: kari@eksempel.no, eller lat cella stå tom.",
		"This is not one e-mail address. Write it like this: kari@example.com, or leave the cell empty.",
	},
	EmailRepeated: {
		"E-postadressen står også på rad %d, som gjelder en annen person. Skriv personens egen adresse, eller la cellen stå tom.",
		"E-postadressa står òg på rad %d, som gjeld ein annan person. Skriv adressa til personen sjølv, eller lat cella stå tom.",
		"Row %d has the same e-mail address and is about another person. Write the person's own address, or leave the cell empty.",
	},
	PhoneInvalid: {
		"Dette er ikke ett telefonnummer. Skriv åtte siffer, som 912 34 567, eller + og landkode først, som +46 70 123 45 67.",
		"Dette er ikkje eitt telefonnummer. Skriv åtte siffer, som 912 34 567, eller + og landkode først, som +46 70 123 45 67.",
		"This is not one telephone number. Write eight digits, as 912 34 567, or + and the country's code first, as +46 70 123 45 67.",
	},
	ExternalIDInvalid: {
		"Medlemsnummeret er lengre enn 100 tegn eller har ingen synlige tegn. Skriv nummeret slik det står i medlemssystemet.",
		"Medlemsnummeret er lengre enn 100 teikn eller har ingen synlege teikn. Skriv nummeret slik det står i medlemssystemet.",
		"The member number is longer than 100 characters or has none that can be seen. Write it as the member system has it.",
	},
	TextInvalid: {
		"Teksten er lengre enn 200 tegn eller har ingen synlige tegn. Skriv bare navnet.",
		"Teksten er lengre enn 200 teikn eller har ingen synlege teikn. Skriv berre namnet.",
		"The text is longer than 200 characters or has none that can be seen. Write the name alone.",
	},
	RoleUnknown: {
		"Dette er ingen rolle. Skriv likeperson, koordinator eller administrator, eller la cellen stå tom for en likeperson.",
		"Dette er inga rolle. Skriv likeperson, koordinator eller administrator, eller lat cella stå tom for ein likeperson.",
		"This is not a role. Write mentor, coordinator or administrator, or leave the cell empty for a mentor.",
	},
	LocaleUnknown: {
		"Dette er ikke et språk som brukes her. Skriv bokmål, nynorsk eller engelsk, eller la cellen stå tom.",
		"Dette er ikkje eit språk som blir brukt her. Skriv bokmål, nynorsk eller engelsk, eller lat cella stå tom.",
		"This is not a language that is used here. Write Bokmål, Nynorsk or English, or leave the cell empty.",
	},
	DateInvalid: {
		"Dette er ikke en dato. Skriv dag, måned og år, som 24.11.2026, eller la cellen stå tom.",
		"Dette er ikkje ein dato. Skriv dag, månad og år, som 24.11.2026, eller lat cella stå tom.",
		"This is not a date. Write day, month and year, as 24.11.2026, or leave the cell empty.",
	},
	DateAmbiguous: {
		"Datoen kan leses på flere måter, og resten av kolonnen avgjør det ikke. Skriv den som 24.11.2026 eller 2026-11-24.",
		"Datoen kan lesast på fleire måtar, og resten av kolonnen avgjer det ikkje. Skriv han som 24.11.2026 eller 2026-11-24.",
		"The date can be read in several ways, and the rest of the column does not settle it. Write it as 24.11.2026 or 2026-11-24.",
	},
	DateOutOfRange: {
		"Datoen er før 1900. Skriv en dato fra og med 01.01.1900, med fire siffer i årstallet.",
		"Datoen er før 1900. Skriv ein dato frå og med 01.01.1900, med fire siffer i årstalet.",
		"The date is before 1900. Write a date from 01.01.1900 on, with four digits for the year.",
	},
	EndsBeforeStart: {
		"Den siste dagen er før den første. Skriv en sluttdato som ikke er før startdatoen.",
		"Den siste dagen er før den første. Skriv ein sluttdato som ikkje er før startdatoen.",
		"The last day is before the first one. Write an end that is not before the start.",
	},
	ExpiresBeforeIssued: {
		"Kurset utløper før kursdatoen. Skriv en utløpsdato som ikke er før kursdatoen.",
		"Kurset går ut før kursdatoen. Skriv ein utløpsdato som ikkje er før kursdatoen.",
		"The certification expires before its date of issue. Write an expiry date that is not before it.",
	},
	CertificationIncomplete: {
		"Et kurs må ha både navn og kursdato. Skriv det som mangler, eller tøm cellene for dette kurset.",
		"Eit kurs må ha både namn og kursdato. Skriv det som manglar, eller tøm cellene for dette kurset.",
		"A certification needs its kind and its date of issue. Write what is missing, or empty the cells of this certification.",
	},
	CellFault: {
		"Cellen viser en feilmelding fra regnearket, som #REF!. Skriv verdien, eller tøm cellen.",
		"Cella viser ei feilmelding frå reknearket, som #REF!. Skriv verdien, eller tøm cella.",
		"The cell shows an error of the spreadsheet, such as #REF!. Write the value, or empty the cell.",
	},
	PersonMissing: {
		"Raden sier ikke hvem den gjelder. Skriv navn, e-postadresse eller medlemsnummer.",
		"Rada seier ikkje kven ho gjeld. Skriv namn, e-postadresse eller medlemsnummer.",
		"The row does not say whom it is about. Write a name, an e-mail address or a member number.",
	},
	ContradictsRow: {
		"Verdien er en annen enn på rad %d, som gjelder samme person. Skriv det samme på begge radene.",
		"Verdien er ein annan enn på rad %d, som gjeld same person. Skriv det same på begge radene.",
		"The value differs from that of row %d, which is about the same person. Write the same in both rows.",
	},
}

// refusedColumn is the message about a column with national identity numbers: its
// name, and the first of the rows; and how many more there are, if any.
var (
	refusedColumn = texts{
		"Kolonnen «%s» blir ikke lest, for det står et fødselsnummer på rad %d%s. Slett fødselsnumrene, og send filen på nytt.",
		"Kolonnen «%s» blir ikkje lesen, for det står eit fødselsnummer på rad %d%s. Slett fødselsnummera, og send fila på nytt.",
		"The column “%s” is not read, because row %d%s has a national identity number. Delete these numbers, and send the file again.",
	}
	andMore = texts{" og %d andre", " og %d andre", " and %d more"}
	// refusedByName is about a column whose header says that it holds them.
	refusedByName = texts{
		"Kolonnen «%s» blir ikke lest, for den er laget for fødselsnumre. Slett den, og send filen på nytt.",
		"Kolonnen «%s» blir ikkje lesen, for han er laga for fødselsnummer. Slett han, og send fila på nytt.",
		"The column “%s” is not read, because it is made for national identity numbers. Delete it, and send the file again.",
	}
)

// refusals are the messages about a whole file. %d is the row.
var refusals = map[Code]texts{
	TooManyRows: {
		"Filen har mer enn 20 000 rader. Del den i flere filer.",
		"Fila har meir enn 20 000 rader. Del ho i fleire filer.",
		"The file has more than 20,000 rows. Divide it into several files.",
	},
	NoHeader: {
		"Filen har ingen rad med kolonnenavn som er kjent. Skriv for eksempel Navn, E-post og Lokallag over kolonnene, eller bruk malen.",
		"Fila har inga rad med kolonnenamn som er kjende. Skriv til dømes Namn, E-post og Lokallag over kolonnane, eller bruk malen.",
		"The file has no row of known column names. Write Name, E-mail and Chapter above the columns, for example, or use the template.",
	},
	NoRows: {
		"Det står ingenting under kolonnenavnene. Fyll ut én rad for hver person.",
		"Det står ingenting under kolonnenamna. Fyll ut éi rad for kvar person.",
		"There is nothing below the column names. Fill in a row for each person.",
	},
	BadMapping: {
		"En kolonne er knyttet til et felt som ikke finnes. Velg et av feltene: " + fieldNames() + ".",
		"Ein kolonne er knytt til eit felt som ikkje finst. Vel eitt av felta: " + fieldNames() + ".",
		"A column is mapped to a field that does not exist. Choose one of the fields: " + fieldNames() + ".",
	},
	Code(spreadsheet.TooLarge): {
		"Filen er større enn 4 MiB. Slett bilder og ark som ikke trengs, eller del den i flere filer.",
		"Fila er større enn 4 MiB. Slett bilete og ark som ikkje trengst, eller del ho i fleire filer.",
		"The file is larger than 4 MiB. Delete pictures and sheets that are not needed, or divide it into several files.",
	},
	Code(spreadsheet.UnpacksTooLarge): {
		"Filen blir for stor når den pakkes ut. Kopier radene til en ny, tom arbeidsbok, og lagre den.",
		"Fila blir for stor når ho blir pakka ut. Kopier radene til ei ny, tom arbeidsbok, og lagre ho.",
		"The file becomes too large when it is unpacked. Copy the rows to a new, empty workbook, and save that.",
	},
	Code(spreadsheet.TooManyColumns): {
		"Rad %d har mer enn 200 kolonner. Slett dem som ikke trengs.",
		"Rad %d har meir enn 200 kolonnar. Slett dei som ikkje trengst.",
		"Row %d has more than 200 columns. Delete those that are not needed.",
	},
	Code(spreadsheet.Encrypted): {
		"Filen er beskyttet med passord. Fjern passordet, og lagre den på nytt.",
		"Fila er verna med passord. Fjern passordet, og lagre ho på nytt.",
		"The file is protected by a password. Remove the password, and save it again.",
	},
	Code(spreadsheet.OldExcel): {
		"Filen er i et Excel-format som ikke kan leses. Åpne den i Excel, og lagre den som .xlsx.",
		"Fila er i eit Excel-format som ikkje kan lesast. Opne ho i Excel, og lagre ho som .xlsx.",
		"The file is in a format of Excel's that can't be read. Open it in Excel, and save it as .xlsx.",
	},
	Code(spreadsheet.NotASpreadsheet): {
		"Filen er ikke et regneark. Lagre listen som Excel-arbeidsbok (.xlsx) eller CSV.",
		"Fila er ikkje eit rekneark. Lagre lista som Excel-arbeidsbok (.xlsx) eller CSV.",
		"The file is not a spreadsheet. Save the list as an Excel workbook (.xlsx) or as CSV.",
	},
	Code(spreadsheet.Damaged): {
		"Filen er skadet og kan ikke leses til slutten. Åpne den i Excel, og lagre den på nytt.",
		"Fila er skadd og kan ikkje lesast til slutten. Opne ho i Excel, og lagre ho på nytt.",
		"The file is damaged and can't be read to its end. Open it in Excel, and save it again.",
	},
	Code(spreadsheet.NULCharacter): {
		"Filen har tegn som ikke hører hjemme i tekst. Lagre listen på nytt som CSV UTF-8 eller .xlsx.",
		"Fila har teikn som ikkje høyrer heime i tekst. Lagre lista på nytt som CSV UTF-8 eller .xlsx.",
		"The file has characters that no text has. Save the list again as CSV UTF-8 or .xlsx.",
	},
	Code(spreadsheet.UnclosedQuote): {
		"På rad %d begynner en celle med anførselstegn som ikke blir lukket. Slett anførselstegnet, eller sett inn det som mangler.",
		"På rad %d byrjar ei celle med hermeteikn som ikkje blir lukka. Slett hermeteiknet, eller lukk det.",
		"In row %d a cell begins with a quotation mark that is never closed. Delete the mark, or close it.",
	},
	Code(spreadsheet.Empty): {
		"Filen er tom. Fyll ut malen, eller velg en annen fil.",
		"Fila er tom. Fyll ut malen, eller vel ei anna fil.",
		"The file is empty. Fill in the template, or choose another file.",
	},
}

func fieldNames() string {
	var names []string
	for _, field := range Fields() {
		names = append(names, string(field))
	}
	return strings.Join(names, ", ")
}

// refuse makes the error of a file. err may be nil.
func (l language) refuse(code Code, row int, err error) *Error {
	message := refusals[code][l]
	if strings.Contains(message, "%d") {
		message = fmt.Sprintf(message, row)
	}
	return &Error{Code: code, Row: row, Message: message, err: err}
}

// problem makes a row's problem; other is the row that it is about, too.
func (l language) problem(row int, column string, code Code, other int) Problem {
	written, ok := problems[code]
	if !ok {
		written = judged[code]
	}
	text := written[l]
	if strings.Contains(text, "%d") {
		text = fmt.Sprintf(text, other)
	}
	return Problem{column, code, l.say(row, column, text)}
}

// say puts where it is in front of what is wrong.
func (l language) say(row int, column, text string) string {
	return fmt.Sprintf(where[l], row, column) + text
}

// refusedColumn says why a column is not read: a row, and so many more.
func (l language) refusedColumn(column string, row, others int) string {
	more := ""
	if others > 0 {
		more = fmt.Sprintf(andMore[l], others)
	}
	return fmt.Sprintf(refusedColumn[l], column, row, more)
}

// What a NameInvalid says instead when more is known.
var (
	nameDamaged = texts{
		"Bokstaver i navnet er gått tapt da fila ble lagret. Lagre den som Excel eller CSV UTF-8, eller skriv navnet på nytt.",
		"Bokstavar i namnet gjekk tapt då fila blei lagra. Lagre henne som Excel eller CSV UTF-8, eller skriv namnet på nytt.",
		"Letters of the name were lost when the file was saved. Save it as Excel or CSV UTF-8, or write the name again.",
	}
	rowIsTotal = texts{
		"Dette er en sum, ikke en person. Slett raden.",
		"Dette er ein sum, ikkje ein person. Slett rada.",
		"This is a total, not a person. Delete the row.",
	}
)
