package main

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// maxLimit is the largest page that a caller may request, in people.
const maxLimit = 200

// newEndpoint is POST people, which carries out one command, and GET people, which reads
// a page of the people of the caller's chapters. The RPCs say who may.
func newEndpoint(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name:     "people",
		Methods:  []string{http.MethodGet, http.MethodPost},
		Verifier: verifier,
		Log:      log,
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			if r.Method() == http.MethodGet {
				in, err := filters(r)
				if err != nil {
					return functionurl.Answer{}, err
				}
				reply, err := db.PeoplePage(ctx, r.Caller.Claims, in)
				return functionurl.Answer{Body: reply.Body}, err
			}
			name, arguments, err := readCommand(r)
			if err != nil {
				return functionurl.Answer{}, err
			}
			key, err := r.IdempotencyKey()
			if err != nil {
				return functionurl.Answer{}, err
			}
			reply, err := db.KeepPeople(ctx, r.Caller.Claims, name, arguments, key)
			return functionurl.Answer{Body: reply.Body, Replayed: reply.Replayed}, err
		},
	}
}

// filters reads the query, and checks its form. No parameter may be repeated.
func filters(r *functionurl.Request) (in database.PeoplePageArguments, err error) {
	query, err := r.Query("search", "role", "chapter_id", "limit", "cursor")
	if err != nil {
		return in, err
	}
	for name, values := range query {
		if len(values) > 1 {
			return in, functionurl.Invalid(name, "is given more than once")
		}
		value := values[0]
		switch name {
		case "search":
			in.Search = &value
		case "role":
			switch value {
			case "mentor", "coordinator", "administrator":
			default:
				return in, functionurl.Invalid(name, "must be mentor, coordinator or administrator")
			}
			in.Role = &value
		case "chapter_id":
			if _, err := functionurl.RequireUUID(name, &value); err != nil {
				return in, err
			}
			in.ChapterID = &value
		case "limit":
			limit, err := strconv.ParseInt(value, 10, 32)
			if err != nil || limit < 1 || limit > maxLimit {
				return in, functionurl.Invalid(name, "must be a whole number from 1 to %d", maxLimit)
			}
			in.PageLimit = new(int32(limit))
		case "cursor":
			in.PageCursor = &value
		}
	}
	return in, nil
}
