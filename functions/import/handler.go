package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
	"mentorpause/shared/memberlist"
	"mentorpause/shared/peopleimport"
)

const (
	csvType  = "text/csv"
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// newEndpoint is POST import: it says what a file with people would change, and with the
// preview of such a dry run it is carried out. The caller must be an administrator of the
// chapters; the RPC checks that. GET import is an empty file to fill in, for anybody who
// is signed in.
func newEndpoint(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name:       "import",
		Methods:    []string{http.MethodGet, http.MethodPost},
		Verifier:   verifier,
		Log:        log,
		MaxBody:    4 << 20,
		MediaTypes: []string{csvType, xlsxType},
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			if r.Method() == http.MethodGet {
				return template(r)
			}
			in, options, err := arguments(r)
			if err != nil {
				return functionurl.Answer{}, err
			}
			file, _ := r.Body()
			replayed := false
			answer, err := peopleimport.Run(ctx, file, options, func(ctx context.Context, list []byte) ([]byte, error) {
				in.List = list
				reply, err := db.ImportPeople(ctx, r.Caller.Claims, in)
				replayed = reply.Replayed
				return reply.Body, err
			})
			if err != nil {
				return functionurl.Answer{}, err
			}
			if options.Excerpt {
				file := &functionurl.File{MediaType: csvType + "; charset=utf-8", Name: "refused.csv"}
				return functionurl.Answer{Body: answer.Refused, File: file}, nil
			}
			body, err := json.Marshal(answer)
			return functionurl.Answer{Body: body, Replayed: replayed}, err
		},
	}
}

// arguments reads the query.
func arguments(r *functionurl.Request) (in database.ImportPeopleArguments, o peopleimport.Options, err error) {
	query, err := r.Query("chapter_id", "source", "mapping", "preview", "format")
	if err != nil {
		return in, o, err
	}
	if in.ChapterID, err = functionurl.OptionalUUID("chapter_id", query["chapter_id"]); err != nil {
		return in, o, err
	}
	for name, into := range map[string]**string{"source": &in.Source, "preview": &in.Preview} {
		switch values := query[name]; len(values) {
		case 0:
		case 1:
			*into = &values[0]
		default:
			return in, o, functionurl.Invalid(name, "is given more than once")
		}
	}
	o.Language = r.Language()
	if values := query["mapping"]; len(values) > 0 {
		if len(values) > 1 || json.Unmarshal([]byte(values[0]), &o.Mapping) != nil || o.Mapping == nil {
			return in, o, functionurl.Invalid("mapping", "must be a JSON object of headers and fields")
		}
	}
	if values := query["format"]; len(values) > 0 && values[0] != "json" {
		switch {
		case len(values) > 1 || values[0] != "csv":
			return in, o, functionurl.Invalid("format", "must be json or csv")
		case in.Preview != nil:
			return in, o, functionurl.Invalid("format", "must be json where the file is entered")
		}
		o.Excerpt = true
	}
	in.RequestID, err = r.IdempotencyKey()
	return in, o, err
}

// template is an empty list.
func template(r *functionurl.Request) (functionurl.Answer, error) {
	query, err := r.Query("format")
	if err != nil {
		return functionurl.Answer{}, err
	}
	if len(query["format"]) == 1 {
		switch query["format"][0] {
		case "csv":
			file := &functionurl.File{MediaType: csvType + "; charset=utf-8", Name: "import.csv"}
			return functionurl.Answer{Body: memberlist.TemplateCSV(r.Language()), File: file}, nil
		case "xlsx":
			body, err := memberlist.TemplateXLSX(r.Language())
			return functionurl.Answer{Body: body, File: &functionurl.File{MediaType: xlsxType, Name: "import.xlsx"}}, err
		}
	}
	return functionurl.Answer{}, functionurl.Invalid("format", "must be csv or xlsx")
}
