// Dispatch-notifications is started by a schedule, every minute: it delivers the
// notifications that are due to the inboxes and by e-mail. It takes as many as
// it can before the function's deadline; the next start goes on from there, and
// several may run at once.
package main

import (
	"os"

	"mentorpause/shared/database"
	"mentorpause/shared/instance"
	"mentorpause/shared/mail"
	"mentorpause/shared/setting"
)

func main() {
	d, err := fromEnvironment(os.Getenv)
	if err != nil {
		setting.Common{}.Logger(os.Stdout).Error("the function can't start", "cause", err.Error())
		os.Exit(1)
	}
	instance.Serve(d.handle, d.db)
}

// fromEnvironment makes the dispatcher; no network.
func fromEnvironment(getenv func(name string) string) (*dispatcher, error) {
	settings, err := setting.ReadDispatch(getenv)
	if err != nil {
		return nil, err
	}
	db, err := database.Open(database.Settings{
		URL:            settings.DatabaseURL,
		TimeZone:       settings.TimeZone,
		MaxConnections: 1, // one call at a time
	})
	if err != nil {
		return nil, err
	}
	d := &dispatcher{db: db, log: settings.Logger(os.Stdout), batch: defaultBatch}
	if settings.SMTPURL != nil {
		d.mailer = mail.New(mail.Settings{Server: settings.SMTPURL, From: settings.MailFrom})
	}
	return d, nil
}
