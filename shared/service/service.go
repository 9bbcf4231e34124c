// Package service is what the mains of the HTTP functions have in common: it
// makes a function's endpoint from the environment and gives it to Lambda.
//
// Nothing here touches the network. The database and the token's keys are
// reached for when the first request needs them, so that an instance starts
// even while they are away, and starts fast.
package service

import (
	"errors"
	"io"
	"log/slog"
	"os"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
	"mentorpause/shared/instance"
	"mentorpause/shared/setting"
)

// Build makes a function's endpoint on its dependencies.
type Build func(*database.DB, *auth.Verifier, *slog.Logger) functionurl.Endpoint

// Serve runs a function until Lambda ends the process. With a variable missing
// or malformed it logs the names of all such and ends with exit code 1.
func Serve(build Build) {
	endpoint, db, err := newEndpoint(build, os.Getenv, os.Stdout)
	if err != nil {
		setting.Common{}.Logger(os.Stdout).Error("the function can't start", "cause", err.Error())
		os.Exit(1)
	}
	instance.Serve(endpoint.Invoke, db)
}

// newEndpoint makes the endpoint, and the database that it calls, from the
// environment; it logs to w.
func newEndpoint(build Build, getenv func(name string) string, w io.Writer) (functionurl.Endpoint, *database.DB, error) {
	settings, err := setting.ReadHTTP(getenv)
	if err != nil {
		return functionurl.Endpoint{}, nil, err
	}
	db, databaseErr := database.Open(database.Settings{
		URL:            settings.DatabaseURL,
		TimeZone:       settings.TimeZone,
		MaxConnections: 1, // an instance answers one request at a time
	})
	verifier, authErr := auth.New(auth.Settings{
		SupabaseURL: settings.SupabaseURL,
		JWKS:        settings.JWKS,
		JWTSecret:   settings.JWTSecret,
		APIKey:      settings.APIKey,
	})
	if err := errors.Join(databaseErr, authErr); err != nil {
		return functionurl.Endpoint{}, nil, err
	}
	return build(db, verifier, settings.Logger(w)), db, nil
}
