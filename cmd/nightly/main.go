// Command nightly starts the nightly run from a shell, with the same code as the
// deployed function, and shows its progress.
//
//	SUPABASE_DB_URL=postgresql://pause_scheduler:…@…/postgres nightly -as-of 2026-11-24 -dry-run
//
// Without SUPABASE_DB_URL it uses the database of `make dev`. The report is
// one JSON object on standard output; progress and errors go to standard error.
// The exit status is 0 for completed and skipped, 3 for partial, 1 for an error
// and 2 for a wrong call.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
	_ "time/tzdata" // dates are the organisation's, and the machine may have no zones

	"golang.org/x/term"

	"mentorpause/shared/database"
	"mentorpause/shared/nightly"
)

// localURL is the scheduler's in a local system, whose passwords are public.
const localURL = "postgresql://pause_scheduler:postgres@127.0.0.1:54322/postgres?sslmode=disable"

const (
	exitError   = 1
	exitUsage   = 2
	exitPartial = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal does not wait
	os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) int {
	var request nightly.Request
	flags := flag.NewFlagSet("nightly", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&request.AsOf, "as-of", "", "the date that facts are judged on, YYYY-MM-DD (default: today, in ORGANISATION_TIME_ZONE)")
	flags.BoolVar(&request.DryRun, "dry-run", false, "say what would happen and write nothing")
	flags.BoolVar(&request.Full, "full", false, "look at every mentor and compare the whole log, as after a restore")
	flags.IntVar(&request.Chunk, "chunk", 2000, "mentors a transaction")
	flags.DurationVar(&request.Reconcile, "reconcile", time.Minute, "how long reconciling may take, beyond which it reaches a sixth of all mentors; 0: none")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	fail := func(code int, err error) int {
		fmt.Fprintln(stderr, "nightly:", err)
		return code
	}

	zoneName := getenv("ORGANISATION_TIME_ZONE")
	if zoneName == "" {
		zoneName = "Europe/Oslo"
	}
	zone, err := time.LoadLocation(zoneName)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("ORGANISATION_TIME_ZONE: %w", err))
	}
	today := time.Now().In(zone).Format(time.DateOnly)
	if request.AsOf == "" {
		request.AsOf = today
	}
	switch _, err := time.Parse(time.DateOnly, request.AsOf); {
	case err != nil:
		return fail(exitUsage, fmt.Errorf("-as-of %s: not a calendar date, YYYY-MM-DD", request.AsOf))
	case request.Chunk < 1:
		return fail(exitUsage, errors.New("-chunk: at least 1"))
	case request.Reconcile < 0:
		return fail(exitUsage, errors.New("-reconcile: not less than 0"))
	case request.AsOf > today && !request.DryRun:
		return fail(exitUsage, fmt.Errorf("-as-of %s is in the future; only a dry run may look ahead", request.AsOf))
	}
	if request.Reconcile == 0 {
		request.Reconcile = -1
	}
	url := getenv("SUPABASE_DB_URL")
	if url == "" {
		url = localURL
	}
	db, err := database.Open(database.Settings{URL: url, TimeZone: zoneName, MaxConnections: 1})
	if err != nil {
		return fail(exitUsage, err)
	}
	defer db.Close()

	progress, finish := line(stderr)
	report, err := nightly.Run(ctx, db, request, progress)
	finish()
	if err != nil {
		return fail(exitError, err)
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(report); err != nil {
		return fail(exitError, err)
	}
	if report.Outcome == nightly.Partial {
		return exitPartial
	}
	return 0
}

// line shows the progress in a line of a terminal, and nothing elsewhere.
func line(out io.Writer) (progress nightly.Progress, finish func()) {
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil, func() {}
	}
	return func(phase string, fraction float64) {
			_, _ = fmt.Fprintf(out, "\r\x1b[K%s %3.0f %%", phase, 100*fraction) // a terminal that went away is no reason to stop
		}, func() {
			_, _ = fmt.Fprint(out, "\r\x1b[K")
		}
}
