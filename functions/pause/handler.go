package main

import (
	"context"
	"log/slog"
	"net/http"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// newEndpoint is the function pause. POST pauses a mentor, or with mentor_ids many at
// once, amends the pause that the caller saw as expected_version, or with starts_on plans
// a pause; PATCH amends a pause or a plan; DELETE takes a plan back. An amendment leaves
// the fields that it doesn't name. The caller must coordinate the mentor. The RPCs check
// that, and whether it can be done.
func newEndpoint(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name:     "pause",
		Methods:  []string{http.MethodPost, http.MethodPatch, http.MethodDelete},
		Verifier: verifier,
		Log:      log,
		MaxBody:  32 << 10,
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			read := readPost
			switch r.Method() {
			case http.MethodPatch:
				read = readPatch
			case http.MethodDelete:
				read = readDelete
			}
			requestID, err := r.IdempotencyKey()
			if err != nil {
				return functionurl.Answer{}, err
			}
			call, err := read(db, r, requestID)
			if err != nil {
				return functionurl.Answer{}, err
			}
			reply, err := call(ctx, r.Caller.Claims)
			return functionurl.Answer{Body: reply.Body, Replayed: reply.Replayed}, err
		},
	}
}

// rpc calls the RPC that a request asks for. The reading functions below check the
// form; the RPCs check the reason's length and the dates' ranges.
type rpc func(ctx context.Context, claims []byte) (database.Reply, error)

type (
	field  = functionurl.Field[string]
	fields map[string]field
)

func readPost(db *database.DB, r *functionurl.Request, requestID string) (rpc, error) {
	var body struct {
		MentorID           *string   `json:"mentor_id"`
		MentorIDs          *[]string `json:"mentor_ids"`
		PauseReason        field     `json:"pause_reason"`
		StartsOn           *string   `json:"starts_on"`
		ExpectedReturnDate field     `json:"expected_return_date"`
		ExpectedVersion    *int32    `json:"expected_version"`
		DryRun             *bool     `json:"dry_run"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if body.MentorIDs != nil {
		switch {
		case body.MentorID != nil:
			return nil, functionurl.Invalid("mentor_id", "can't be given together with mentor_ids")
		case body.ExpectedVersion != nil:
			return nil, functionurl.Invalid("expected_version", "is about one mentor, not about mentor_ids")
		}
		return readMany(db, database.PauseMentorsArguments{
			MentorIDs: *body.MentorIDs, StartsOn: body.StartsOn, ExpectedReturnDate: body.ExpectedReturnDate.Value,
			DryRun: body.DryRun != nil && *body.DryRun, RequestID: requestID}, body.PauseReason.Value)
	}
	if body.DryRun != nil {
		return nil, functionurl.Invalid("dry_run", "belongs to mentor_ids")
	}
	mentorID, err := functionurl.RequireUUID("mentor_id", body.MentorID)
	if err != nil {
		return nil, err
	}
	given := fields{"pause_reason": body.PauseReason, "expected_return_date": body.ExpectedReturnDate}
	if body.ExpectedVersion != nil && body.StartsOn == nil {
		changes, err := given.changes()
		if err != nil {
			return nil, err
		}
		if len(changes) < len(given) {
			return func(ctx context.Context, claims []byte) (database.Reply, error) {
				return db.AmendPause(ctx, claims, database.AmendPauseArguments{
					MentorID: mentorID, Changes: changes, ExpectedVersion: body.ExpectedVersion, RequestID: requestID, MayBegin: true})
			}, nil
		}
	}
	if body.PauseReason.Value == nil {
		return nil, functionurl.Invalid("pause_reason", "is required")
	}
	if err := areDates(map[string]*string{"starts_on": body.StartsOn, "expected_return_date": body.ExpectedReturnDate.Value}); err != nil {
		return nil, err
	}
	if body.StartsOn != nil {
		if body.ExpectedVersion != nil {
			return nil, functionurl.Invalid("expected_version", "belongs to a pause; a plan is changed by PATCH")
		}
		return func(ctx context.Context, claims []byte) (database.Reply, error) {
			return db.PlanPause(ctx, claims, database.PlanPauseArguments{
				MentorID: mentorID, PauseReason: *body.PauseReason.Value, StartsOn: *body.StartsOn,
				ExpectedReturnDate: body.ExpectedReturnDate.Value, RequestID: requestID})
		}, nil
	}
	return func(ctx context.Context, claims []byte) (database.Reply, error) {
		return db.PauseMentor(ctx, claims, database.PauseMentorArguments{
			MentorID: mentorID, PauseReason: *body.PauseReason.Value, ExpectedReturnDate: body.ExpectedReturnDate.Value,
			ExpectedVersion: body.ExpectedVersion, RequestID: requestID})
	}, nil
}

const mostAtOnce = 500 // mentors in a batch

func readMany(db *database.DB, in database.PauseMentorsArguments, reason *string) (rpc, error) {
	if len(in.MentorIDs) == 0 || len(in.MentorIDs) > mostAtOnce {
		return nil, functionurl.Invalid("mentor_ids", "must be 1 to %d ids", mostAtOnce)
	}
	for _, id := range in.MentorIDs {
		if _, err := functionurl.RequireUUID("mentor_ids", &id); err != nil {
			return nil, err
		}
	}
	if reason == nil {
		return nil, functionurl.Invalid("pause_reason", "is required")
	}
	if err := areDates(map[string]*string{"starts_on": in.StartsOn, "expected_return_date": in.ExpectedReturnDate}); err != nil {
		return nil, err
	}
	in.PauseReason = *reason
	return func(ctx context.Context, claims []byte) (database.Reply, error) {
		return db.PauseMentors(ctx, claims, in)
	}, nil
}

func readPatch(db *database.DB, r *functionurl.Request, requestID string) (rpc, error) {
	var body struct {
		MentorID           *string `json:"mentor_id"`
		PlannedPauseID     *string `json:"planned_pause_id"`
		PauseReason        field   `json:"pause_reason"`
		StartsOn           field   `json:"starts_on"`
		ExpectedReturnDate field   `json:"expected_return_date"`
		ExpectedVersion    *int32  `json:"expected_version"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	given := fields{"pause_reason": body.PauseReason, "expected_return_date": body.ExpectedReturnDate}
	if body.PlannedPauseID == nil {
		mentorID, err := functionurl.RequireUUID("mentor_id", body.MentorID)
		if err != nil {
			return nil, err
		}
		if body.StartsOn.Given {
			return nil, functionurl.Invalid("starts_on", "can be changed in a plan only, by planned_pause_id")
		}
		changes, err := given.changes()
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context, claims []byte) (database.Reply, error) {
			return db.AmendPause(ctx, claims, database.AmendPauseArguments{
				MentorID: mentorID, Changes: changes, ExpectedVersion: body.ExpectedVersion, RequestID: requestID})
		}, nil
	}

	planID, err := functionurl.RequireUUID("planned_pause_id", body.PlannedPauseID)
	if err != nil {
		return nil, err
	}
	if body.MentorID != nil {
		return nil, functionurl.Invalid("mentor_id", "can't be given together with planned_pause_id")
	}
	given["starts_on"] = body.StartsOn
	changes, err := given.changes()
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, claims []byte) (database.Reply, error) {
		return db.AmendPlannedPause(ctx, claims, database.AmendPlannedPauseArguments{
			PlannedPauseID: planID, Changes: changes, ExpectedVersion: body.ExpectedVersion, RequestID: requestID})
	}, nil
}

func readDelete(db *database.DB, r *functionurl.Request, requestID string) (rpc, error) {
	var body struct {
		PlannedPauseID *string `json:"planned_pause_id"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	planID, err := functionurl.RequireUUID("planned_pause_id", body.PlannedPauseID)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, claims []byte) (database.Reply, error) {
		return db.CancelPlannedPause(ctx, claims, planID, requestID)
	}, nil
}

// changes are those of the fields that were given. Only the return date may be null.
func (f fields) changes() (map[string]*string, error) {
	changes, dates := map[string]*string{}, map[string]*string{}
	for name, field := range f {
		if !field.Given {
			continue
		}
		if field.Value == nil && name != "expected_return_date" {
			return nil, functionurl.Invalid(name, "can't be null")
		}
		changes[name] = field.Value
		if name != "pause_reason" {
			dates[name] = field.Value
		}
	}
	if len(changes) == 0 {
		return nil, functionurl.Invalid("pause_reason", "or another field that is to be changed is required")
	}
	return changes, areDates(dates)
}

func areDates(dates map[string]*string) error {
	for name, date := range dates {
		if date != nil && !functionurl.IsDate(*date) {
			return functionurl.Invalid(name, "must be a calendar date, YYYY-MM-DD")
		}
	}
	return nil
}
