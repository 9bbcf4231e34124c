package main

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// newEndpoint is the function requests. GET lists leave requests, one's own and those of
// the mentors whom one manages. POST with a kind asks for the caller's own leave; with an
// answer it accepts or declines a mentor's request, or withdraws one's own. The RPCs check
// who may, and whether it can be done.
func newEndpoint(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name:     "requests",
		Methods:  []string{http.MethodGet, http.MethodPost},
		Verifier: verifier,
		Log:      log,
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			if r.Method() == http.MethodGet {
				return list(ctx, db, r)
			}
			return write(ctx, db, r)
		},
	}
}

var states = []string{"open", "accepted", "declined", "withdrawn", "settled"}

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
	chosen, err := r.Query("state")
	if err != nil {
		return functionurl.Answer{}, err
	}
	in := database.LeaveRequestsPageArguments{PageLimit: limit, PageCursor: query["cursor"]}
	if len(chosen["state"]) > 0 {
		for state := range strings.SplitSeq(strings.Join(chosen["state"], ","), ",") {
			if state = strings.TrimSpace(state); !slices.Contains(states, state) {
				return functionurl.Answer{}, functionurl.Invalid("state", "must be one or several of %s", strings.Join(states, ", "))
			}
			in.State = append(in.State, state)
		}
	}
	reply, err := db.LeaveRequestsPage(ctx, r.Caller.Claims, in)
	return functionurl.Answer{Body: reply.Body, Revalidate: true}, err
}

// request is the body of either: who asks names a kind, who answers the request.
type request struct {
	Kind               *string                   `json:"kind"`
	Reason             *string                   `json:"reason"`
	StartsOn           *string                   `json:"starts_on"`
	ExpectedReturnDate functionurl.Field[string] `json:"expected_return_date"`

	RequestID       *string `json:"request_id"`
	Answer          *string `json:"answer"`
	Message         *string `json:"message"`
	ExpectedVersion *int32  `json:"expected_version"`
}

func write(ctx context.Context, db *database.DB, r *functionurl.Request) (functionurl.Answer, error) {
	key, err := r.IdempotencyKey()
	if err != nil {
		return functionurl.Answer{}, err
	}
	var body request
	if err := r.Decode(&body); err != nil {
		return functionurl.Answer{}, err
	}
	var reply database.Reply
	if body.RequestID != nil || body.Answer != nil {
		in, problem := body.answering(key)
		if problem != nil {
			return functionurl.Answer{}, problem
		}
		reply, err = db.AnswerLeaveRequest(ctx, r.Caller.Claims, in)
	} else {
		in, problem := body.asking(key)
		if problem != nil {
			return functionurl.Answer{}, problem
		}
		reply, err = db.RequestLeave(ctx, r.Caller.Claims, in)
	}
	return functionurl.Answer{Body: reply.Body, Replayed: reply.Replayed}, err
}

func (b request) asking(key string) (in database.RequestLeaveArguments, err error) {
	switch {
	case b.Kind == nil:
		return in, functionurl.Invalid("kind", "is required; to answer a request, request_id and answer are")
	case !slices.Contains([]string{"pause", "change_return", "return"}, *b.Kind):
		return in, functionurl.Invalid("kind", "must be pause, change_return or return")
	case b.Message != nil:
		return in, functionurl.Invalid("message", "belongs to an answer")
	case b.ExpectedVersion != nil:
		return in, functionurl.Invalid("expected_version", "belongs to an answer")
	case *b.Kind == "change_return" && !b.ExpectedReturnDate.Given:
		return in, functionurl.Invalid("expected_return_date", "is required; null asks for none")
	case b.StartsOn != nil && !functionurl.IsDate(*b.StartsOn):
		return in, functionurl.Invalid("starts_on", "must be a calendar date, YYYY-MM-DD")
	case b.ExpectedReturnDate.Value != nil && !functionurl.IsDate(*b.ExpectedReturnDate.Value):
		return in, functionurl.Invalid("expected_return_date", "must be a calendar date, YYYY-MM-DD")
	}
	return database.RequestLeaveArguments{Kind: *b.Kind, Reason: b.Reason, StartsOn: b.StartsOn,
		ExpectedReturnDate: b.ExpectedReturnDate.Value, RequestID: key}, nil
}

func (b request) answering(key string) (in database.AnswerLeaveRequestArguments, err error) {
	id, err := functionurl.RequireUUID("request_id", b.RequestID)
	if err != nil {
		return in, err
	}
	if b.Answer == nil || !slices.Contains([]string{"accept", "decline", "withdraw"}, *b.Answer) {
		return in, functionurl.Invalid("answer", "must be accept, decline or withdraw")
	}
	for name, given := range map[string]bool{"kind": b.Kind != nil, "reason": b.Reason != nil, "starts_on": b.StartsOn != nil,
		"expected_return_date": b.ExpectedReturnDate.Given} {
		if given {
			return in, functionurl.Invalid(name, "belongs to a request, not to its answer")
		}
	}
	return database.AnswerLeaveRequestArguments{LeaveRequestID: id, Answer: *b.Answer, Message: b.Message,
		ExpectedVersion: b.ExpectedVersion, RequestID: key}, nil
}
