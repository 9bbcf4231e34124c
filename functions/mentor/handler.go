package main

import (
	"context"
	"log/slog"
	"net/http"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// newEndpoint is GET mentor: the page of a mentor whom the caller manages, or the
// caller's own. The RPC decides which it is, and what of it the caller may see.
func newEndpoint(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name:     "mentor",
		Methods:  []string{http.MethodGet},
		Verifier: verifier,
		Log:      log,
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			in, err := arguments(r)
			if err != nil {
				return functionurl.Answer{}, err
			}
			reply, err := db.MentorPage(ctx, r.Caller.Claims, in)
			return functionurl.Answer{Body: reply.Body, Revalidate: true}, err
		},
	}
}

// arguments reads the RPC's arguments from the query. A body has no fields here: one
// that is sent is refused, not overlooked.
func arguments(r *functionurl.Request) (in database.MentorPageArguments, err error) {
	if err := r.Decode(&struct{}{}); err != nil {
		return in, err
	}
	query, err := r.Single("mentor_id", "limit", "cursor")
	if err != nil {
		return in, err
	}
	if in.MentorID, err = functionurl.RequireUUID("mentor_id", query["mentor_id"]); err != nil {
		return in, err
	}
	in.PageLimit, err = functionurl.ParseLimit(query["limit"])
	in.PageCursor = query["cursor"]
	return in, err
}
