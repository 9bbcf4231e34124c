// Command nightly-expiry is the nightly run as a Lambda function: a schedule
// starts it, and an operator may.
package main

import (
	"io"
	"log/slog"
	"os"
	"time"

	"mentorpause/shared/database"
	"mentorpause/shared/instance"
	"mentorpause/shared/setting"
)

func main() {
	handler, err := newHandler(os.Getenv, os.Stdout)
	if err != nil {
		setting.Common{}.Logger(os.Stdout).Error("the function can't start", slog.String("cause", err.Error()))
		os.Exit(1)
	}
	instance.Serve(handler.invoke, handler.db)
}

func newHandler(getenv func(string) string, stdout io.Writer) (*handler, error) {
	settings, err := setting.ReadScheduled(getenv)
	if err != nil {
		return nil, err
	}
	db, err := database.Open(database.Settings{URL: settings.DatabaseURL, TimeZone: settings.TimeZone, MaxConnections: 1})
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(settings.TimeZone)
	if err != nil {
		return nil, err
	}
	return &handler{db: db, zone: zone, log: settings.Logger(stdout), now: time.Now}, nil
}
