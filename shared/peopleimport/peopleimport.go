// Package peopleimport takes a file with people from its bytes to the answer about each of
// its rows: shared/memberlist reads it, the RPC import_people judges and enters it, and
// here the two are put together in the caller's language.
//
// It has no rights of its own: the RPC decides who may. An error is a [refusal.Error], or a
// fault of ours. Nothing of a file is in an error or a log.
package peopleimport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"mentorpause/shared/memberlist"
	"mentorpause/shared/refusal"
)

// Options say how a file is meant.
type Options struct {
	Language string // of messages until the RPC has said the caller's: a locale
	// Mapping says what columns mean; nil: what is remembered for the file's headers.
	Mapping map[string]string
	// Excerpt has the refused rows written as a table of their own.
	Excerpt bool
}

// Judge is the RPC: it takes a list and answers what happens to it.
type Judge func(ctx context.Context, list []byte) (answer []byte, err error)

// Answer is what an import answers.
type Answer struct {
	DryRun   bool                `json:"dry_run"`
	Preview  string              `json:"preview"`
	Columns  []memberlist.Column `json:"columns"`
	Counts   Counts              `json:"counts"`
	Warnings []Warning           `json:"warnings"`
	Rows     []Row               `json:"rows"`
	Missing  []Person            `json:"missing"`

	Refused []byte `json:"-"` // with Options.Excerpt: a CSV file that says of each row why
}

// Counts are the numbers of rows.
type Counts struct {
	New               int `json:"new"`
	Changed           int `json:"changed"`
	Unchanged         int `json:"unchanged"`
	Refused           int `json:"refused"`
	PossibleDuplicate int `json:"possible_duplicate"`
}

// Warning is about a field of many rows.
type Warning struct {
	Code  string           `json:"code"`
	Field memberlist.Field `json:"field"`
	Share json.Number      `json:"share"` // of the rows, 0–1
}

// Row is what happens to a row. Unchanged ones are not listed.
type Row struct {
	Row      int                  `json:"row"`
	Outcome  string               `json:"outcome"`
	PersonID *string              `json:"person_id"`
	Name     *string              `json:"display_name"` // of that person, before the import; the file's of nobody known
	Problems []memberlist.Problem `json:"problems"`
	Changes  json.RawMessage      `json:"changes"`
}

// Person is somebody whom a file lacks.
type Person struct {
	PersonID    string `json:"person_id"`
	DisplayName string `json:"display_name"`
}

// judgement is the RPC's answer.
type judgement struct {
	Remembered map[string]string `json:"remembered"`

	DryRun   bool      `json:"dry_run"`
	Preview  string    `json:"preview"`
	Counts   Counts    `json:"counts"`
	Warnings []Warning `json:"warnings"`
	Rows     []struct {
		Row
		Problems []struct {
			Column memberlist.Field `json:"column"`
			Code   memberlist.Code  `json:"code"`
			Other  int              `json:"other"`
		} `json:"problems"`
	} `json:"rows"`
	Missing []Person `json:"missing"`
	Locale  *string  `json:"locale"` // the caller's
}

// Run reads a file, has it judged, and says the result. The judge is asked a second time
// only when a mapping is remembered for the file's headers.
func Run(ctx context.Context, file []byte, o Options, judge Judge) (Answer, error) {
	list, err := read(file, o)
	if err != nil {
		return Answer{}, err
	}
	j, err := ask(ctx, list, o, judge)
	if err == nil && j.Remembered != nil {
		o.Mapping = j.Remembered
		if list, err = read(file, o); err == nil {
			j, err = ask(ctx, list, o, judge)
		}
	}
	if err != nil {
		return Answer{}, err
	}
	language := o.Language
	if j.Locale != nil {
		language = *j.Locale
	}
	if memberlist.Language(language) != memberlist.Language(o.Language) {
		// What the reader has said is in another language.
		list, o.Language = nil, language
		if list, err = read(file, o); err != nil {
			return Answer{}, err
		}
	}
	answer := put(list, j, language)
	if o.Excerpt {
		answer.Refused, err = list.Excerpt(language, refusals(answer.Rows, language))
	}
	return answer, err
}

// perhapsSame is why a possible duplicate is not entered, in Bokmål, Nynorsk and English.
var perhapsSame = map[string]string{
	"nb": "Samme navn som en som alt er i lokallaget. Er det samme person, skriv e-postadressen eller medlemsnummeret " +
		"som er registrert. Er det en annen, registrer personen for seg.",
	"nn": "Same namn som ein som alt er i lokallaget. Er det same person, skriv e-postadressa eller medlemsnummeret " +
		"som er registrert. Er det ein annan, registrer personen for seg.",
	"en": "The same name as somebody in the chapter. If it is the same person, write the e-mail address or member number " +
		"that is registered. If it is somebody else, register the person separately.",
}

// refusals say of each row that is left out why, by its number.
func refusals(rows []Row, language string) map[int]string {
	why := map[int]string{}
	for _, row := range rows {
		switch row.Outcome {
		case "possible_duplicate":
			why[row.Row] = perhapsSame[memberlist.Language(language)]
		case "refused":
			sentences := make([]string, len(row.Problems))
			for i, p := range row.Problems {
				sentences[i] = p.Message
			}
			why[row.Row] = strings.Join(sentences, " ")
		}
	}
	return why
}

// read refuses a file as a whole with invalid_request, whose details are the reader's code.
func read(file []byte, o Options) (*memberlist.List, error) {
	var mapping map[string]memberlist.Field
	if o.Mapping != nil {
		mapping = make(map[string]memberlist.Field, len(o.Mapping))
		for header, field := range o.Mapping {
			mapping[header] = memberlist.Field(field)
		}
	}
	list, err := memberlist.Read(file, memberlist.Options{Language: o.Language, Mapping: mapping, Keep: o.Excerpt})
	if refused, ok := errors.AsType[*memberlist.Error](err); ok {
		return nil, refusal.Newf(refusal.InvalidRequest, "%s", refused.Message).WithDetails(string(refused.Code)).Because(err)
	}
	return list, err
}

// wireRow is a row as the RPC takes it: what is wrong with one that could not be read is
// said here, not there.
type wireRow struct {
	memberlist.Row
	Refused bool `json:"refused,omitempty"`
}

func ask(ctx context.Context, list *memberlist.List, o Options, judge Judge) (judgement, error) {
	sent := struct {
		HeaderSet string            `json:"header_set"`
		Mapping   map[string]string `json:"mapping"`
		Rows      []wireRow         `json:"rows"`
	}{list.HeaderSet, o.Mapping, make([]wireRow, len(list.Rows))}
	for i, row := range list.Rows {
		refused := len(row.Problems) > 0
		row.Problems = nil
		sent.Rows[i] = wireRow{row, refused}
	}
	encoded, err := json.Marshal(sent)
	if err != nil {
		return judgement{}, fmt.Errorf("write the list: %w", err)
	}
	sent.Rows = nil
	answer, err := judge(ctx, encoded)
	if err != nil {
		return judgement{}, err
	}
	var j judgement
	if err := json.Unmarshal(answer, &j); err != nil {
		return judgement{}, fmt.Errorf("read the answer of import_people: %w", err)
	}
	return j, nil
}

// put joins what was read and what was judged.
func put(list *memberlist.List, j judgement, language string) Answer {
	a := Answer{
		DryRun: j.DryRun, Preview: j.Preview, Columns: list.Columns, Counts: j.Counts, Warnings: j.Warnings,
		Rows: make([]Row, len(j.Rows)), Missing: j.Missing,
	}
	said := map[int][]memberlist.Problem{}
	names := map[int]string{}
	for _, row := range list.Rows {
		names[row.Number] = row.DisplayName
		if len(row.Problems) > 0 {
			said[row.Number] = row.Problems
		}
	}
	for i, judged := range j.Rows {
		row := judged.Row
		row.Problems = append([]memberlist.Problem{}, said[row.Row]...)
		for _, p := range judged.Problems {
			row.Problems = append(row.Problems, list.Explain(language, row.Row, p.Column, p.Code, p.Other))
		}
		// Whoever reads the answer finds the row by its name; a new one has it in its changes.
		if name := names[row.Row]; row.Name == nil && name != "" && row.Outcome == "refused" {
			row.Name = &name
		}
		a.Rows[i] = row
	}
	return a
}
