// Package instance runs a handler as one instance of a Lambda function, from
// its first event until Lambda ends it.
//
// Lambda kills an instance without a word, unless it asks for SIGTERM. Ours do,
// to leave the database in order: else a pooler keeps the connection of each
// instance that is gone until it finds out by itself, and those count.
package instance

import (
	"os"
	"runtime"

	"github.com/aws/aws-lambda-go/lambda"

	"mentorpause/shared/database"
)

// Serve hands the events to the handler, of a form that lambda.Start takes. It
// does not return: on SIGTERM it closes the database's idle connections and ends
// the process with exit code 0, well within the half second that Lambda gives.
func Serve(handler any, db *database.DB) {
	OneProcessor()
	lambda.StartWithOptions(handler, lambda.WithEnableSIGTERM(func() {
		db.Close()
		os.Exit(0)
	}))
}

// OneProcessor has Go use one processor at a time. An instance answers one event
// at a time and, below 1,769 MB of memory, is given less than one processor, but
// sees two: to hand work to the other one, and to wake it, takes almost a quarter
// of a request's CPU and wins nothing. With more memory there is nothing to win
// either.
func OneProcessor() { runtime.GOMAXPROCS(1) }
