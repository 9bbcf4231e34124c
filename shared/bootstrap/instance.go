package bootstrap

import (
	"os"
	"runtime"

	"github.com/aws/aws-lambda-go/lambda"

	"mentorpause/shared/database"
)

// Serve hands the events to the handler, of a form that lambda.Start takes. It
// does not return: on SIGTERM it closes the database's idle connections and ends
// the process with exit code 0, well within the half second that Lambda gives.
//
// Lambda kills an instance without warning unless it asks for SIGTERM. Ours do:
// otherwise a pooler keeps the connection of each instance that is gone until it
// finds out by itself, and those count.
func Serve(handler any, db *database.DB) {
	OneProcessor()
	lambda.StartWithOptions(handler, lambda.WithEnableSIGTERM(func() {
		db.Close()
		os.Exit(0)
	}))
}

// OneProcessor limits Go to one processor. An instance answers one event at a
// time and, below 1,769 MB of memory, is given less than one processor, but sees
// two: handing work to the other one, and waking it, takes almost a quarter of a
// request's CPU and gains nothing. With more memory there is nothing to gain
// either.
func OneProcessor() { runtime.GOMAXPROCS(1) }
