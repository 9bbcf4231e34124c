// Package web starts a function that has a URL, with package bootstrap.
package web

import (
	"errors"
	"io"
	"log/slog"
	"os"

	"mentorpause/shared/auth"
	"mentorpause/shared/bootstrap"
	"mentorpause/shared/config"
	"mentorpause/shared/database"
	"mentorpause/shared/functionurl"
	"mentorpause/shared/version"
)

// Build makes the endpoint of a function URL from its dependencies.
type Build func(*database.DB, *auth.Verifier, *slog.Logger) functionurl.Endpoint

// Start runs the function until Lambda ends the process.
func Start(build Build) {
	StartWith(config.ReadHTTP, func(config.HTTP) Build { return build })
}

// StartWith does the same for a function with more settings than the others: read is the
// function of package config that reads them.
func StartWith[S interface{ Web() config.HTTP }](read func(getenv func(name string) string) (S, error), build func(S) Build) {
	endpoint, db, err := newEndpoint(read, build, os.Getenv, os.Stdout)
	bootstrap.StopOn(err)
	bootstrap.Serve(endpoint.Invoke, db)
}

// newEndpoint makes the endpoint and its database from the environment; it logs to
// w.
func newEndpoint[S interface{ Web() config.HTTP }](
	read func(getenv func(name string) string) (S, error), build func(S) Build, getenv func(name string) string, w io.Writer,
) (functionurl.Endpoint, *database.DB, error) {
	all, err := read(getenv)
	if err != nil {
		return functionurl.Endpoint{}, nil, err
	}
	settings := all.Web()
	db, databaseErr := bootstrap.Open(settings.Common)
	verifier, authErr := auth.New(auth.Settings{
		SupabaseURL: settings.SupabaseURL,
		JWKS:        settings.JWKS,
		JWTSecret:   settings.JWTSecret,
		APIKey:      settings.APIKey,
	})
	if err := errors.Join(databaseErr, authErr); err != nil {
		return functionurl.Endpoint{}, nil, err
	}
	log := settings.Logger(w)
	version.Log(log)
	return build(all)(db, verifier, log), db, nil
}
