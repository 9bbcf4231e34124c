package main

import (
	"context"
	"log/slog"
	"net/http"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// newEndpoint is GET follow-up, what the administrators of chapters have to see to, and
// POST follow-up, which does one thing about it. The RPCs refuse a caller who administers
// no chapter.
func newEndpoint(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name:     "follow-up",
		Methods:  []string{http.MethodGet, http.MethodPost},
		Verifier: verifier,
		Log:      log,
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			if r.Method() == http.MethodGet {
				return list(ctx, db, r)
			}
			return settle(ctx, db, r)
		},
	}
}

func list(ctx context.Context, db *database.DB, r *functionurl.Request) (functionurl.Answer, error) {
	// A body has no fields here: one that is sent is refused, not overlooked.
	if err := r.Decode(&struct{}{}); err != nil {
		return functionurl.Answer{}, err
	}
	query, err := r.Single("chapter_id", "limit", "cursor")
	if err != nil {
		return functionurl.Answer{}, err
	}
	in := database.FollowUpPageArguments{ChapterID: query["chapter_id"], PageCursor: query["cursor"]}
	if in.ChapterID != nil {
		if _, err := functionurl.RequireUUID("chapter_id", in.ChapterID); err != nil {
			return functionurl.Answer{}, err
		}
	}
	if in.PageLimit, err = functionurl.ParseLimit(query["limit"]); err != nil {
		return functionurl.Answer{}, err
	}
	reply, err := db.FollowUpPage(ctx, r.Caller.Claims, in)
	return functionurl.Answer{Body: reply.Body, Revalidate: true}, err
}

// settlement is a body: one thing to do, about one object.
type settlement struct {
	Acknowledge *struct {
		NotificationID *string         `json:"notification_id"`
		DiscrepancyID  *functionurl.ID `json:"discrepancy_id"`
	} `json:"acknowledge"`
	AllowAddress *struct {
		PersonID *string `json:"person_id"`
	} `json:"allow_address"`
}

func settle(ctx context.Context, db *database.DB, r *functionurl.Request) (functionurl.Answer, error) {
	var body settlement
	if err := r.Decode(&body); err != nil {
		return functionurl.Answer{}, err
	}
	key, err := r.IdempotencyKey()
	if err != nil {
		return functionurl.Answer{}, err
	}
	call, err := body.call(db, key)
	if err != nil {
		return functionurl.Answer{}, err
	}
	reply, err := call(ctx, r.Caller.Claims)
	return functionurl.Answer{Body: reply.Body, Replayed: reply.Replayed}, err
}

// call is the RPC that the body asks for.
func (s settlement) call(db *database.DB, key string) (func(context.Context, []byte) (database.Reply, error), error) {
	switch {
	case s.Acknowledge != nil && s.AllowAddress != nil:
		return nil, functionurl.Invalid("allow_address", "can't be given together with acknowledge")
	case s.AllowAddress != nil:
		id, err := functionurl.RequireUUID("allow_address/person_id", s.AllowAddress.PersonID)
		return func(ctx context.Context, claims []byte) (database.Reply, error) {
			return db.AllowAddress(ctx, claims, database.AllowAddressArguments{PersonID: id, RequestID: key})
		}, err
	case s.Acknowledge == nil:
		return nil, functionurl.Invalid("acknowledge", "or allow_address is required")
	case s.Acknowledge.NotificationID != nil && s.Acknowledge.DiscrepancyID != nil:
		return nil, functionurl.Invalid("acknowledge/discrepancy_id", "can't be given together with notification_id")
	case s.Acknowledge.DiscrepancyID != nil:
		id := int64(*s.Acknowledge.DiscrepancyID)
		return func(ctx context.Context, claims []byte) (database.Reply, error) {
			return db.AcknowledgeDiscrepancy(ctx, claims, database.AcknowledgeDiscrepancyArguments{DiscrepancyID: id, RequestID: key})
		}, nil
	default:
		id, err := functionurl.RequireUUID("acknowledge/notification_id", s.Acknowledge.NotificationID)
		return func(ctx context.Context, claims []byte) (database.Reply, error) {
			return db.AcknowledgeUndelivered(ctx, claims, database.AcknowledgeUndeliveredArguments{NotificationID: id, RequestID: key})
		}, err
	}
}
