// Dispatch-notifications is started every minute by a schedule. It delivers due
// notifications to the inboxes and by e-mail, as many as it can before the
// function's deadline; the next start goes on from there. Several may run at once.
package main

import (
	"mentorpause/shared/bootstrap"
	"mentorpause/shared/config"
)

func main() { bootstrap.Scheduled(config.ReadDispatch, newHandler) }
