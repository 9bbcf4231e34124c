// Dispatch-notifications is started by a schedule, every minute: it delivers the
// notifications that are due to the inboxes and by e-mail. It takes as many as
// it can before the function's deadline; the next start goes on from there, and
// several may run at once.
package main

import (
	"mentorpause/shared/bootstrap"
	"mentorpause/shared/config"
)

func main() { bootstrap.Scheduled(config.ReadDispatch, newHandler) }
