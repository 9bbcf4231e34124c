package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

func newEndpoint(db *database.DB, verifier *auth.Verifier, log *slog.Logger) functionurl.Endpoint {
	return functionurl.Endpoint{
		Name:     "probe",
		Methods:  []string{http.MethodPost},
		Verifier: verifier,
		Log:      log,
		Handle: func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
			if err := r.Decode(&struct{}{}); err != nil {
				return functionurl.Answer{}, err
			}
			_, err := db.CoordinatorRoster(ctx, r.Caller.Claims, database.CoordinatorRosterArguments{})
			return functionurl.Answer{Body: json.RawMessage(`{"coordinates": true}`)}, err
		},
	}
}
