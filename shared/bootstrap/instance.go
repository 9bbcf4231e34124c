package bootstrap

import (
	"os"
	"runtime"

	"github.com/aws/aws-lambda-go/lambda"

	"mentorpause/shared/database"
)

// Serve passes events to the handler, in a form that lambda.Start takes. It does
// not return: on SIGTERM it closes the database's idle connections and ends the
// process with exit code 0, well within the half second that Lambda allows.
//
// Lambda kills an instance without warning unless it registers for SIGTERM. Ours
// do, because otherwise a pooler would keep the connections of dead instances
// until it notices, and they count towards its limit.
func Serve(handler any, db *database.DB) {
	OneProcessor()
	lambda.StartWithOptions(handler, lambda.WithEnableSIGTERM(func() {
		db.Close()
		os.Exit(0)
	}))
}

// OneProcessor limits Go to one processor. An instance answers one event at a
// time and, below 1,769 MB of memory, gets less than one processor but sees two.
// Waking the other one and passing work to it takes almost a quarter of a
// request's CPU and gains nothing, even with more memory.
func OneProcessor() { runtime.GOMAXPROCS(1) }
