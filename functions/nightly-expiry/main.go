// Nightly-expiry is the nightly run as a Lambda function, started by a schedule or
// by an operator.
package main

import (
	"mentorpause/shared/bootstrap"
	"mentorpause/shared/config"
)

func main() { bootstrap.Scheduled(config.ReadScheduled, newHandler) }
