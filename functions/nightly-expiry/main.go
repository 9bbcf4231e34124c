// Nightly-expiry is the nightly run as a Lambda function: a schedule starts it,
// and an operator may.
package main

import (
	"mentorpause/shared/bootstrap"
	"mentorpause/shared/config"
)

func main() { bootstrap.Scheduled(config.ReadScheduled, newHandler) }
