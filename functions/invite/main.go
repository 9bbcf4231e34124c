// Invite is the function URL POST invite: an administrator invites a person to sign in.
// It alone has the project's secret key.
package main

import (
	"mentorpause/shared/bootstrap/web"
	"mentorpause/shared/config"
)

func main() { web.StartWith(config.ReadInvite, newFunction) }
