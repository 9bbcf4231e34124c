package main

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// maxLimit is the largest page that a caller may request, in mentors.
const maxLimit = 200

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
	if limit := body.Limit; limit != nil && (*limit < 1 || *limit > maxLimit) {
		return in, functionurl.Invalid("limit", "must be a whole number from 1 to %d", maxLimit)
	}
	in = database.CoordinatorRosterArguments{
		ChapterID:  body.ChapterID,
		Search:     body.Search,
		PageLimit:  body.Limit,
		PageCursor: body.Cursor,
	}
	if len(body.Status) > 0 { // an empty list filters nothing
		in.Status = body.Status
	}
	return in, nil
}

// addQuery adds the fields of the query. Only status may be repeated there.
func (f *filters) addQuery(r *functionurl.Request) error {
	names := []string{"chapter_id", "status", "search", "limit", "cursor"}
	query, err := r.Query(names...)
	if err != nil {
		return err
	}
	for _, name := range names {
		values := query[name]
		if len(values) == 0 {
			continue
		}
		if name != "status" && len(values) > 1 {
			return functionurl.Invalid(name, "is given more than once")
		}
		var inBody bool
		switch name {
		case "chapter_id":
			inBody, f.ChapterID = f.ChapterID != nil, &values[0]
		case "status":
			inBody = f.Status != nil
			f.Status = nil
			for status := range strings.SplitSeq(strings.Join(values, ","), ",") {
				f.Status = append(f.Status, strings.TrimSpace(status))
			}
		case "search":
			inBody, f.Search = f.Search != nil, &values[0]
		case "limit":
			limit, err := strconv.ParseInt(values[0], 10, 32)
			if err != nil {
				return functionurl.Invalid(name, "must be a whole number from 1 to %d", maxLimit)
			}
			inBody, f.Limit = f.Limit != nil, new(int32(limit))
		case "cursor":
			inBody, f.Cursor = f.Cursor != nil, &values[0]
		}
		if inBody {
			return functionurl.Invalid(name, "is given in the query and in the body")
		}
	}
	return nil
}
