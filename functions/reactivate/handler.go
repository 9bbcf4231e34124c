package main

import (
	"context"
	"log/slog"
	"net/http"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// newEndpoint is POST reactivate: it ends a mentor's pause. The caller must
// coordinate the mentor. The RPC checks that, and whether the mentor can be active
// again.
func newEndpoint(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name:     "reactivate",
		Methods:  []string{http.MethodPost},
		Verifier: verifier,
		Log:      log,
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			in, err := arguments(r)
			if err != nil {
				return functionurl.Answer{}, err
			}
			reply, err := db.ReactivateMentor(ctx, r.Caller.Claims, in)
			return functionurl.Answer{Body: reply.Body, Replayed: reply.Replayed}, err
		},
	}
}

// arguments reads the RPC's arguments from a request, and checks their form.
func arguments(r *functionurl.Request) (in database.ReactivateMentorArguments, err error) {
	var body struct {
		MentorID        *string `json:"mentor_id"`
		ExpectedVersion *int32  `json:"expected_version"`
	}
	if err := r.Decode(&body); err != nil {
		return in, err
	}
	if in.MentorID, err = functionurl.RequireUUID("mentor_id", body.MentorID); err != nil {
		return in, err
	}
	in.ExpectedVersion = body.ExpectedVersion
	in.RequestID, err = r.IdempotencyKey()
	return in, err
}
