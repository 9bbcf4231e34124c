// Package bootstrap starts a function: it reads the environment, makes what the
// function works with, and gives its handler to Lambda. Every main is one call of
// this package or, for a function with a URL, of package web, which adds the HTTP
// part, so that scheduled functions don't link it.
//
// Nothing here touches the network. The database and the tokens' keys are fetched
// when the first request needs them, so that an instance starts fast, and starts
// even while they are unavailable. A missing or malformed variable stops the
// start: all of them are logged by name, and the process ends with exit code 1.
package bootstrap

import (
	"log/slog"
	"os"

	"mentorpause/shared/config"
	"mentorpause/shared/database"
	"mentorpause/shared/version"
)

// Scheduled runs a function that a schedule starts, until Lambda ends the
// process. read is the function of package config that reads its settings;
// handler makes what lambda.Start takes.
func Scheduled[S interface{ Base() config.Common }](
	read func(getenv func(name string) string) (S, error),
	handler func(*database.DB, S, *slog.Logger) any,
) {
	settings, err := read(os.Getenv)
	StopOn(err)
	db, err := Open(settings.Base())
	StopOn(err)
	log := settings.Base().Logger(os.Stdout)
	version.Log(log)
	Serve(handler(db, settings, log), db)
}

// Open makes a function's database. One connection is enough: an instance
// handles one event at a time.
func Open(c config.Common) (*database.DB, error) {
	return database.Open(database.Settings{URL: c.DatabaseURL, TimeZone: c.TimeZone.String(), MaxConnections: 1})
}

// StopOn logs an error, if there is one, and ends the process.
func StopOn(err error) {
	if err != nil {
		config.Common{}.Logger(os.Stdout).Error("the function can't start", "cause", err.Error())
		os.Exit(1)
	}
}
