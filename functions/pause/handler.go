package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// newEndpoint is POST pause: it pauses a mentor, or amends the pause that the
// caller saw as expected_version. The caller must coordinate the mentor. The RPC
// checks that, and whether the mentor can be paused.
func newEndpoint(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name:     "pause",
		Methods:  []string{http.MethodPost},
		Verifier: verifier,
		Log:      log,
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			in, err := arguments(r)
			if err != nil {
				return functionurl.Answer{}, err
			}
			reply, err := db.PauseMentor(ctx, r.Caller.Claims, in)
			return functionurl.Answer{Body: reply.Body, Replayed: reply.Replayed}, err
		},
	}
}

// arguments reads the RPC's arguments from a request. It checks their form; the RPC
// checks the reason's length and the date's range.
func arguments(r *functionurl.Request) (in database.PauseMentorArguments, err error) {
	var body struct {
		MentorID           *string `json:"mentor_id"`
		PauseReason        *string `json:"pause_reason"`
		ExpectedReturnDate *string `json:"expected_return_date"`
		ExpectedVersion    *int32  `json:"expected_version"`
	}
	if err := r.Decode(&body); err != nil {
		return in, err
	}
	if in.MentorID, err = functionurl.RequireUUID("mentor_id", body.MentorID); err != nil {
		return in, err
	}
	if body.PauseReason == nil {
		return in, functionurl.Invalid("pause_reason", "is required")
	}
	in.PauseReason = *body.PauseReason
	if date := body.ExpectedReturnDate; date != nil && !isDate(*date) {
		return in, functionurl.Invalid("expected_return_date", "must be a calendar date, YYYY-MM-DD")
	}
	in.ExpectedReturnDate = body.ExpectedReturnDate
	in.ExpectedVersion = body.ExpectedVersion
	in.RequestID, err = r.IdempotencyKey()
	return in, err
}

// isDate reports whether text is a calendar date, YYYY-MM-DD. The year 0 is not
// valid: Postgres doesn't know it.
func isDate(text string) bool {
	day, err := time.Parse(time.DateOnly, text)
	return err == nil && day.Year() > 0
}
