package main

import (
	"context"
	"log/slog"
	"net/http"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// newEndpoint is GET inbox, the messages of whoever asks, and POST inbox, which marks
// them as read, or turns the weekly digest off and on. Everybody who is signed in has an inbox.
func newEndpoint(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name:     "inbox",
		Methods:  []string{http.MethodGet, http.MethodPost},
		Verifier: verifier,
		Log:      log,
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			if r.Method() == http.MethodGet {
				return list(ctx, db, r)
			}
			return change(ctx, db, r)
		},
	}
}

func list(ctx context.Context, db *database.DB, r *functionurl.Request) (functionurl.Answer, error) {
	// A body has no fields here: one that is sent is refused, not overlooked.
	if err := r.Decode(&struct{}{}); err != nil {
		return functionurl.Answer{}, err
	}
	query, err := r.Single("limit", "cursor")
	if err != nil {
		return functionurl.Answer{}, err
	}
	limit, err := functionurl.ParseLimit(query["limit"])
	if err != nil {
		return functionurl.Answer{}, err
	}
	reply, err := db.InboxPage(ctx, r.Caller.Claims, database.InboxPageArguments{PageLimit: limit, PageCursor: query["cursor"]})
	return functionurl.Answer{Body: reply.Body, Revalidate: true}, err
}

// mostIDs is how many messages one request may name.
const mostIDs = 500

func change(ctx context.Context, db *database.DB, r *functionurl.Request) (functionurl.Answer, error) {
	var body struct {
		Read         *functionurl.AllOrIDs `json:"read"`
		WeeklyDigest *bool                 `json:"weekly_digest"`
	}
	if err := r.Decode(&body); err != nil {
		return functionurl.Answer{}, err
	}
	if body.WeeklyDigest != nil {
		if body.Read != nil {
			return functionurl.Answer{}, functionurl.Invalid("weekly_digest", "can't be given together with read")
		}
		key, err := r.IdempotencyKey()
		if err != nil {
			return functionurl.Answer{}, err
		}
		reply, err := db.SetWeeklyDigest(ctx, r.Caller.Claims, database.SetWeeklyDigestArguments{WeeklyDigest: *body.WeeklyDigest, RequestID: key})
		return functionurl.Answer{Body: reply.Body, Replayed: reply.Replayed}, err
	}
	if body.Read == nil {
		return functionurl.Answer{}, functionurl.Invalid("read", "is required")
	}
	if !body.Read.All && (len(body.Read.IDs) == 0 || len(body.Read.IDs) > mostIDs) {
		return functionurl.Answer{}, functionurl.Invalid("read", "must name 1 to %d messages, or be all", mostIDs)
	}
	key, err := r.IdempotencyKey()
	if err != nil {
		return functionurl.Answer{}, err
	}
	reply, err := db.MarkRead(ctx, r.Caller.Claims, database.MarkReadArguments{
		MessageIDs: body.Read.IDs, Everything: body.Read.All, RequestID: key,
	})
	return functionurl.Answer{Body: reply.Body, Replayed: reply.Replayed}, err
}
