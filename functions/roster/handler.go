package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// newEndpoint is GET or POST roster: one page of the mentors of the chapters that
// the caller coordinates, and the counts of these chapters. The RPC refuses a
// caller who coordinates none.
func newEndpoint(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name:     "roster",
		Methods:  []string{http.MethodGet, http.MethodPost},
		Verifier: verifier,
		Log:      log,
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			in, err := arguments(r)
			if err != nil {
				return functionurl.Answer{}, err
			}
			reply, err := db.CoordinatorRoster(ctx, r.Caller.Claims, in)
			return functionurl.Answer{Body: reply.Body, Revalidate: true}, err
		},
	}
}

// filters are the fields of the body; the query parameters have the same names.
type filters struct {
	ChapterID *string               `json:"chapter_id"`
	Status    functionurl.OneOrMore `json:"status"`
	Search    *string               `json:"search"`
	Limit     *int32                `json:"limit"`
	Cursor    *string               `json:"cursor"`
	Mine      *bool                 `json:"mine"`
	Attention functionurl.OneOrMore `json:"attention"`
}

// arguments reads the RPC's arguments from a request, and checks their form. The
// method doesn't matter: a client that always sends POST may use the query. A field
// in both is refused, because either could be the one that was meant.
func arguments(r *functionurl.Request) (in database.CoordinatorRosterArguments, err error) {
	var body filters
	if err := r.Decode(&body); err != nil {
		return in, err
	}
	if err := body.addQuery(r); err != nil {
		return in, err
	}
	if body.ChapterID != nil {
		if _, err := functionurl.RequireUUID("chapter_id", body.ChapterID); err != nil {
			return in, err
		}
	}
	for _, status := range body.Status {
		switch status {
		case "active", "paused", "expired_cert":
		default:
			return in, functionurl.Invalid("status", "must be one or several of active, paused, expired_cert")
		}
	}
	for _, kind := range body.Attention {
		switch kind {
		case "overdue", "open_ended", "returning", "expiring", "expired", "requests":
		default:
			return in, functionurl.Invalid("attention", "must be one or several of overdue, open_ended, returning, expiring, expired, requests")
		}
	}
	if err := functionurl.CheckLimit(body.Limit); err != nil {
		return in, err
	}
	in = database.CoordinatorRosterArguments{
		ChapterID:  body.ChapterID,
		Search:     body.Search,
		PageLimit:  body.Limit,
		PageCursor: body.Cursor,
		Mine:       body.Mine != nil && *body.Mine,
	}
	if len(body.Status) > 0 { // an empty list filters nothing
		in.Status = body.Status
	}
	if len(body.Attention) > 0 {
		in.Attention = body.Attention
	}
	return in, nil
}

// addQuery adds the fields of the query. Only status and attention may be repeated there.
func (f *filters) addQuery(r *functionurl.Request) error {
	names := []string{"chapter_id", "status", "search", "limit", "cursor", "mine", "attention"}
	query, err := r.Query(names...)
	if err != nil {
		return err
	}
	for _, name := range names {
		values := query[name]
		if len(values) == 0 {
			continue
		}
		if name != "status" && name != "attention" && len(values) > 1 {
			return functionurl.Invalid(name, "is given more than once")
		}
		var inBody bool
		switch name {
		case "chapter_id":
			inBody, f.ChapterID = f.ChapterID != nil, &values[0]
		case "status":
			inBody, f.Status = f.Status != nil, list(values)
		case "attention":
			inBody, f.Attention = f.Attention != nil, list(values)
		case "mine":
			mine, err := parseMine(values[0])
			if err != nil {
				return err
			}
			inBody, f.Mine = f.Mine != nil, mine
		case "search":
			inBody, f.Search = f.Search != nil, &values[0]
		case "limit":
			limit, err := functionurl.ParseLimit(&values[0])
			if err != nil {
				return err
			}
			inBody, f.Limit = f.Limit != nil, limit
		case "cursor":
			inBody, f.Cursor = f.Cursor != nil, &values[0]
		}
		if inBody {
			return functionurl.Invalid(name, "is given in the query and in the body")
		}
	}
	return nil
}

// list reads a field that may be repeated, and may have several values separated by commas.
func list(values []string) (listed functionurl.OneOrMore) {
	for value := range strings.SplitSeq(strings.Join(values, ","), ",") {
		listed = append(listed, strings.TrimSpace(value))
	}
	return listed
}

func parseMine(value string) (*bool, error) {
	switch value {
	case "true":
		return new(true), nil
	case "false":
		return new(false), nil
	}
	return nil, functionurl.Invalid("mine", "must be true or false")
}
