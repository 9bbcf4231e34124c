// Package bootstrap starts a function: it reads the environment, makes what the
// function works with, and gives its handler to Lambda. Every main is one call
// of this package.
//
// Nothing here touches the network. The database and the token's keys are
// reached for when the first request needs them, so that an instance starts
// even while they are away, and starts fast. A variable that is missing or
// malformed stops the start: all such are logged by name, and the process ends
// with exit code 1.
package bootstrap

import (
	"errors"
	"io"
	"log/slog"
	"os"

	"mentorpause/shared/auth"
	"mentorpause/shared/config"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
)

// Build makes the endpoint of a function URL on its dependencies.
type Build func(*database.DB, *auth.Verifier, *slog.Logger) functionurl.Endpoint

// HTTP runs a function that has a URL, until Lambda ends the process.
func HTTP(build Build) {
	endpoint, db, err := newEndpoint(build, os.Getenv, os.Stdout)
	stopOn(err)
	serve(endpoint.Invoke, db)
}

// newEndpoint makes the endpoint, and the database that it calls, from the
// environment; it logs to w.
func newEndpoint(build Build, getenv func(name string) string, w io.Writer) (functionurl.Endpoint, *database.DB, error) {
	settings, err := config.ReadHTTP(getenv)
	if err != nil {
		return functionurl.Endpoint{}, nil, err
	}
	db, databaseErr := open(settings.Common)
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

// Scheduled runs a function that a schedule starts, until Lambda ends the
// process. read is the one of package config that fits the function; handler
// makes what lambda.Start takes.
func Scheduled[S interface{ Base() config.Common }](
	read func(getenv func(name string) string) (S, error),
	handler func(*database.DB, S, *slog.Logger) any,
) {
	settings, err := read(os.Getenv)
	stopOn(err)
	db, err := open(settings.Base())
	stopOn(err)
	serve(handler(db, settings, settings.Base().Logger(os.Stdout)), db)
}

// open makes a function's database. One connection is enough: an instance
// handles one event at a time.
func open(c config.Common) (*database.DB, error) {
	return database.Open(database.Settings{URL: c.DatabaseURL, TimeZone: c.TimeZone.String(), MaxConnections: 1})
}

func stopOn(err error) {
	if err != nil {
		config.Common{}.Logger(os.Stdout).Error("the function can't start", "cause", err.Error())
		os.Exit(1)
	}
}
