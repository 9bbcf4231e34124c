package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
	"mentorpause/shared/refusal"
)

// statementTime is how long the database may work on a report: twice the margins of a
// call below the function's own time.
const statementTime = 61 * time.Second

const (
	csvType  = "text/csv; charset=utf-8"
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// newEndpoint is GET and POST period-report. The caller must coordinate the chapters, or
// administer them where there are names; the RPCs check that.
func newEndpoint(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name:     "period-report",
		Methods:  []string{http.MethodGet, http.MethodPost},
		Verifier: verifier,
		Log:      log,
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			ctx, cancel := context.WithTimeout(ctx, statementTime)
			defer cancel()
			answer, err := handle(ctx, db, r)
			return answer, named(err)
		},
	}
}

func handle(ctx context.Context, db *database.DB, r *functionurl.Request) (none functionurl.Answer, err error) {
	if r.Method() == http.MethodPost {
		in, err := newReport(r)
		if err != nil {
			return none, err
		}
		reply, err := db.IssueReport(ctx, r.Caller.Claims, in)
		return functionurl.Answer{Body: reply.Body, Replayed: reply.Replayed}, err
	}
	if err := r.Decode(&struct{}{}); err != nil {
		return none, err
	}
	query, err := r.Single("from", "to", "chapter_id", "as_known_at", "detail", "sample", "seed", "format", "id", "part", "compare", "mentor_id", "issued", "limit", "cursor")
	if err != nil {
		return none, err
	}
	if query["issued"] != nil {
		return list(ctx, db, r, query)
	}
	if query["mentor_id"] != nil {
		return evidence(ctx, db, r, query)
	}
	form, err := formatOf(query["format"])
	if err != nil {
		return none, err
	}
	var reply database.Reply
	if query["id"] != nil {
		if query["compare"] != nil {
			if *query["compare"] != "now" {
				return none, functionurl.Invalid("compare", "must be now")
			}
			id, err := functionurl.RequireUUID("id", query["id"])
			if err != nil {
				return none, err
			}
			reply, err := db.CompareReport(ctx, r.Caller.Claims, id)
			return functionurl.Answer{Body: reply.Body}, err
		}
		in, err := issued(query)
		if err != nil {
			return none, err
		}
		if reply, err = db.IssuedReport(ctx, r.Caller.Claims, in); err != nil {
			return none, err
		}
	} else {
		in, err := period(query)
		if err != nil {
			return none, err
		}
		if reply, err = db.PeriodReport(ctx, r.Caller.Claims, in); err != nil {
			return none, err
		}
	}
	return written(reply.Body, form, query["part"] != nil)
}

// list answers a page of the reports that were issued.
func list(ctx context.Context, db *database.DB, r *functionurl.Request, query map[string]*string) (none functionurl.Answer, err error) {
	if *query["issued"] != "true" {
		return none, functionurl.Invalid("issued", "must be true")
	}
	limit, err := functionurl.ParseLimit(query["limit"])
	if err != nil {
		return none, err
	}
	reply, err := db.IssuedReports(ctx, r.Caller.Claims, limit, query["cursor"])
	return functionurl.Answer{Body: reply.Body}, err
}

// evidence answers one mentor's days in a period that is judged now.
func evidence(ctx context.Context, db *database.DB, r *functionurl.Request, query map[string]*string) (none functionurl.Answer, err error) {
	for _, name := range []string{"id", "detail", "sample", "seed", "format"} {
		if query[name] != nil {
			return none, functionurl.Invalid(name, "can't be given together with mentor_id")
		}
	}
	in, err := period(query)
	if err != nil {
		return none, err
	}
	mentor, err := functionurl.RequireUUID("mentor_id", query["mentor_id"])
	if err != nil {
		return none, err
	}
	reply, err := db.ReportEvidence(ctx, r.Caller.Claims, database.EvidenceArguments{
		MentorID: mentor, From: in.From, To: in.To, ChapterID: in.ChapterID, KnownAt: in.KnownAt,
	})
	return functionurl.Answer{Body: reply.Body}, err
}

// written is the answer in the form that was asked for.
func written(body []byte, form string, isPart bool) (none functionurl.Answer, err error) {
	var answer struct {
		Locale   *string         `json:"locale"`
		TimeZone string          `json:"time_zone"`
		Report   json.RawMessage `json:"report"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return none, fmt.Errorf("what the RPC answered: %w", err)
	}
	if isPart {
		var part struct {
			Content *string `json:"content"`
		}
		if err := json.Unmarshal(answer.Report, &part); err != nil || part.Content == nil {
			return none, fmt.Errorf("a part without content: %w", err)
		}
		return functionurl.Answer{Body: []byte(*part.Content)}, nil
	}
	if form == "json" {
		return functionurl.Answer{Body: answer.Report}, nil
	}
	var read report
	if err := json.Unmarshal(answer.Report, &read); err != nil {
		return none, fmt.Errorf("the report: %w", err)
	}
	l := languageOf(answer.Locale)
	file := &functionurl.File{MediaType: csvType, Name: fmt.Sprintf("%s-%s-%s.%s", fileNames[l], read.From, read.To, form)}
	if form == "csv" {
		return functionurl.Answer{Body: writeCSV(&read, l), File: file}, nil
	}
	zone, err := zoneOf(answer.TimeZone)
	if err != nil {
		return none, err
	}
	file.MediaType = xlsxType
	content, err := writeXLSX(&read, l, zone)
	return functionurl.Answer{Body: content, File: file}, err
}

// zoneOf is the zone by which moments are said. No name would be UTC to Go, and Local the
// machine's: a wrong hour, or day, on what is kept for years.
func zoneOf(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("the zone of the organisation: %q names none", name)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("the zone of the organisation: %w", err)
	}
	return zone, nil
}

func formatOf(value *string) (string, error) {
	switch {
	case value == nil:
		return "json", nil
	case *value == "json" || *value == "csv" || *value == "xlsx":
		return *value, nil
	}
	return "", functionurl.Invalid("format", "must be json, csv or xlsx")
}

// period reads the arguments of a report that is made now.
func period(query map[string]*string) (in database.PeriodReportArguments, err error) {
	for _, name := range []string{"part", "compare"} {
		if query[name] != nil {
			return in, functionurl.Invalid(name, "needs the id of an issued report")
		}
	}
	if in.From, in.To, err = days(query["from"], query["to"]); err != nil {
		return in, err
	}
	if in.ChapterID, err = optionalUUID("chapter_id", query["chapter_id"]); err != nil {
		return in, err
	}
	if in.KnownAt = query["as_known_at"]; in.KnownAt != nil {
		at, err := time.Parse(time.RFC3339Nano, *in.KnownAt)
		if at = at.UTC(); err != nil || at.Year() < 1 || at.Year() > 9999 {
			return in, functionurl.Invalid("as_known_at", "must be a moment of RFC 3339, such as 2027-01-31T12:00:00Z")
		}
		// PostgreSQL has no year 0, and reads neither a comma before the fraction nor every offset.
		known := at.Format("2006-01-02T15:04:05.000000Z")
		in.KnownAt = &known
	}
	in.Detail, in.Sample, in.Seed, err = extent(query)
	return in, err
}

// issued reads the arguments of a report that was issued.
func issued(query map[string]*string) (in database.IssuedReportArguments, err error) {
	if in.ReportID, err = functionurl.RequireUUID("id", query["id"]); err != nil {
		return in, err
	}
	if in.Part = query["part"]; in.Part != nil && *in.Part != "manifest" {
		if _, err := functionurl.RequireUUID("part", in.Part); err != nil {
			return in, functionurl.Invalid("part", "must be manifest or the id of a chapter")
		}
	}
	in.Detail, in.Sample, in.Seed, err = extent(query)
	return in, err
}

func extent(query map[string]*string) (detail *string, sample *int32, seed *int64, err error) {
	if detail = query["detail"]; detail != nil && *detail != "summary" && *detail != "months" && *detail != "mentors" && *detail != "sample" {
		return nil, nil, nil, functionurl.Invalid("detail", "must be summary, months, mentors or sample")
	}
	if value := query["sample"]; value != nil {
		number, err := strconv.ParseInt(*value, 10, 32)
		if err != nil || number < 1 || number > 200 {
			return nil, nil, nil, functionurl.Invalid("sample", "must be a whole number from 1 to 200")
		}
		sample = new(int32(number))
	}
	if value := query["seed"]; value != nil {
		number, err := strconv.ParseInt(*value, 10, 64)
		if err != nil {
			return nil, nil, nil, functionurl.Invalid("seed", "must be a whole number")
		}
		seed = &number
	}
	return detail, sample, seed, nil
}

// newReport reads what is to be issued.
func newReport(r *functionurl.Request) (in database.IssueReportArguments, err error) {
	var body struct {
		From      *string `json:"from"`
		To        *string `json:"to"`
		ChapterID *string `json:"chapter_id"`
	}
	if err := r.Decode(&body); err != nil {
		return in, err
	}
	if in.From, in.To, err = days(body.From, body.To); err != nil {
		return in, err
	}
	if in.ChapterID, err = optionalUUID("chapter_id", body.ChapterID); err != nil {
		return in, err
	}
	in.RequestID, err = r.IdempotencyKey()
	return in, err
}

func days(from, to *string) (string, string, error) {
	for _, day := range []struct {
		name  string
		value *string
	}{{"from", from}, {"to", to}} {
		if day.value == nil {
			return "", "", functionurl.Invalid(day.name, "is required")
		}
		if !functionurl.IsDate(*day.value) {
			return "", "", functionurl.Invalid(day.name, "must be a date, YYYY-MM-DD")
		}
	}
	return *from, *to, nil
}

func optionalUUID(name string, value *string) (*string, error) {
	if value == nil {
		return nil, nil
	}
	return functionurl.OptionalUUID(name, []string{*value})
}

// named says the RPCs' arguments by the names that they have here.
func named(err error) error {
	refused := refusal.From(err)
	if err == nil || refused.Code != refusal.InvalidRequest || refused.Details == nil {
		return err
	}
	name, ok := map[string]string{"from_date": "from", "to_date": "to", "report_id": "id"}[*refused.Details]
	if !ok {
		return err
	}
	message := strings.NewReplacer("from_date", "from", "to_date", "to", "report_id", "id").Replace(refused.Message)
	return refusal.Newf(refused.Code, "%s", message).WithDetails(name)
}
