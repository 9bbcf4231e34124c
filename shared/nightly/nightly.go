// Package nightly drives the nightly run: it begins a run, does chunk after chunk,
// and stops in time. The RPCs do all of the work; this package only decides when
// to go on, to wait and to stop.
//
// It has the rights of the role pause_scheduler and no others. The ledger records
// what the committed chunks did, and the next start goes on from there: an error
// or a kill loses nothing.
package nightly

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"mentorpause/shared/database"
)

const (
	defaultChunk     = 2000 // mentors a transaction: each is an advisory lock, of which a small server has some 4000
	defaultReconcile = time.Minute
	chunkTimeout     = 45 * time.Second // below the lease of a minute, which each chunk prolongs
	stopTimeout      = 5 * time.Second
	stopMargin       = 5 * time.Second        // kept back from the deadline for the answer
	patience         = time.Minute            // for mentors whom others hold
	firstPause       = 100 * time.Millisecond // between two looks at them, doubled each time
	longestPause     = 5 * time.Second
)

// Request says which run to do.
type Request struct {
	AsOf   string // YYYY-MM-DD
	DryRun bool   // report what would happen and write nothing
	Full   bool   // look at every mentor and the whole log, not only at what may be due
	Chunk  int    // mentors a transaction; 0 means 2000

	// Reconcile is how long the reconciliation of status, log and read model may
	// take; 0 means a minute, which a hundred thousand mentors don't need, and
	// less than 0 none. A sixth of all mentors is reconciled in any case, so that
	// it goes round within a week.
	Reconcile time.Duration
}

// Outcomes of a run.
const (
	Completed = "completed"
	Partial   = "partial" // the next start of the same date goes on
	Skipped   = "skipped" // another run is alive, or a later date has been done
)

// Report is the answer to a start. The counts cover all starts of the run, and are
// 0 if it was skipped.
type Report struct {
	RunID          *int64  `json:"run_id"` // null in a dry run; of a skipped start, the run in its way
	AsOf           string  `json:"as_of"`
	Outcome        string  `json:"outcome"`
	DryRun         bool    `json:"dry_run"`
	Expired        int     `json:"expired"`         // changes to expired_cert
	Restored       int     `json:"restored"`        // changes from expired_cert to active or paused
	Begun          int     `json:"begun"`           // planned pauses that began
	Reminders      int     `json:"reminders"`       // each counts once, whoever gets it
	Discrepancies  int     `json:"discrepancies"`   // new ones between status and log
	RosterRepaired int     `json:"roster_repaired"` // mentors whose entries in the read model were wrong
	CountsRepaired int     `json:"counts_repaired"` // sets of chapters whose counts were wrong
	Reconciled     int     `json:"reconciled"`      // mentors for whom all of this was compared
	Ended          int     `json:"ended"`           // memberships whose last day is over
	Requeued       int     `json:"requeued"`        // undeliverable notifications that have a recipient now
	Held           int     `json:"held"`            // mentors left, whom another transaction held all the while
	LastCompleted  *string `json:"last_completed"`  // the newest date completed before, YYYY-MM-DD
	MissedNights   int     `json:"missed_nights"`   // dates in between
	DurationMS     int64   `json:"duration_ms"`     // of this start
	ReconcileMS    int64   `json:"-"`               // what reconciling took of it
}

// Progress is called after each chunk with how far the run is, 0 to 1, estimated
// from the phase and, within it, from the mentors' ids, which are spread evenly.
type Progress func(phase string, fraction float64)

// Run works until the run is complete, the context's deadline is near, or only
// mentors are left whom others hold: then it is partial. Errors come from the
// database; the run can be started again.
func Run(ctx context.Context, db *database.DB, request Request, progress Progress) (Report, error) {
	began := time.Now()
	if progress == nil {
		progress = func(string, float64) {}
	}
	request.Chunk = cmp.Or(request.Chunk, defaultChunk)
	request.Reconcile = max(cmp.Or(request.Reconcile, defaultReconcile), 0)
	drive := really
	if request.DryRun {
		drive = preview
	}
	run, err := drive(ctx, db, request, progress)
	if err != nil {
		return Report{}, fmt.Errorf("nightly run of %s: %w", request.AsOf, err)
	}
	report := Report{
		AsOf:           request.AsOf,
		Outcome:        Partial,
		DryRun:         request.DryRun,
		Expired:        run.Expired,
		Restored:       run.Restored,
		Begun:          run.Begun,
		Reminders:      run.Reminders,
		Discrepancies:  run.Discrepancies,
		Ended:          run.Ended,
		Requeued:       run.Requeued,
		RosterRepaired: run.RosterRepaired,
		CountsRepaired: run.CountsRepaired,
		Reconciled:     run.Reconciled,
		ReconcileMS:    run.ReconcileMS,
		Held:           run.Held,
		LastCompleted:  run.LastCompleted,
		MissedNights:   run.MissedNights,
	}
	if run.Outcome != nil {
		report.Outcome = *run.Outcome
	}
	if report.Outcome == Skipped {
		report = Report{AsOf: request.AsOf, Outcome: Skipped, DryRun: request.DryRun, LastCompleted: run.LastCompleted}
	}
	if run.RunID != 0 && !request.DryRun {
		report.RunID = &run.RunID
	}
	report.DurationMS = time.Since(began).Milliseconds()
	return report, nil
}

// really does the run and records it in the ledger.
func really(ctx context.Context, db *database.DB, request Request, progress Progress) (database.NightlyRun, error) {
	run, err := db.NightlyBegin(ctx, request.AsOf, request.Full, uuid.NewString(), request.Reconcile)
	if err != nil || run.Outcome != nil {
		return run, err
	}
	var waited, slowest time.Duration
	pause := firstPause
	for run.Outcome == nil {
		if timeLeft(ctx) < stopMargin+2*slowest || waited > patience {
			return stop(ctx, db, run)
		}
		began := time.Now()
		next, err := step(ctx, db, run, request.Chunk)
		if err != nil && timeLeft(ctx) > stopMargin+2*slowest {
			// Somebody changed the same record at that moment, in the SQL editor for example.
			next, err = step(ctx, db, run, request.Chunk)
		}
		if err != nil {
			// If the lease is still ours, it should not block the next start.
			_, _ = stop(ctx, db, run)
			return run, err
		}
		run = next
		slowest = max(slowest, time.Since(began))
		progress(run.Phase, fraction(run))
		if !run.IsWaiting {
			pause = firstPause
			continue
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return stop(ctx, db, run)
		}
		waited += pause
		pause = min(2*pause, longestPause)
	}
	return run, nil
}

func step(ctx context.Context, db *database.DB, run database.NightlyRun, chunk int) (database.NightlyRun, error) {
	ctx, cancel := context.WithTimeout(ctx, chunkTimeout)
	defer cancel()
	return db.NightlyStep(ctx, run, chunk)
}

// stop releases the lease, even if the context has ended.
func stop(ctx context.Context, db *database.DB, run database.NightlyRun) (database.NightlyRun, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return db.NightlyStop(ctx, run)
}

// preview adds up what each chunk would do.
func preview(ctx context.Context, db *database.DB, request Request, progress Progress) (database.NightlyRun, error) {
	var sum database.NightlyRun
	var phase *string // where a start would begin
	if request.Reconcile == 0 {
		phase = new("mentors")
	}
	began := time.Now()
	for sum.Outcome == nil && timeLeft(ctx) >= stopMargin {
		callCtx, cancel := context.WithTimeout(ctx, chunkTimeout)
		next, err := db.NightlyPreview(callCtx, request.AsOf, request.Full, phase, sum.AfterID, request.Chunk)
		cancel()
		if err != nil {
			return sum, err
		}
		if next.Phase == "reconcile" && !next.IsFull && time.Since(began) >= request.Reconcile {
			next.Phase, next.AfterID = "mentors", nil
		}
		next.Expired += sum.Expired
		next.Restored += sum.Restored
		next.Begun += sum.Begun
		next.Reminders += sum.Reminders
		next.Discrepancies += sum.Discrepancies
		next.Requeued += sum.Requeued
		next.RosterRepaired += sum.RosterRepaired
		next.CountsRepaired += sum.CountsRepaired
		next.Reconciled += sum.Reconciled
		sum = next
		phase = &sum.Phase
		progress(sum.Phase, fraction(sum))
	}
	return sum, nil
}

func timeLeft(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Hour
	}
	return time.Until(deadline)
}

// phases maps each phase to the share of the run's time that precedes it.
var phases = map[string]struct{ from, to float64 }{
	"reconcile": {0, 0.15}, "mentors": {0.15, 0.95}, "requeue": {0.95, 0.98}, "tidy": {0.98, 0.99}, "held": {0.99, 1}, "done": {1, 1},
}

func fraction(run database.NightlyRun) float64 {
	phase := phases[run.Phase]
	if run.AfterID == nil || len(*run.AfterID) < 8 {
		return phase.from
	}
	first, err := strconv.ParseUint((*run.AfterID)[:8], 16, 32)
	if err != nil {
		return phase.from
	}
	return phase.from + (phase.to-phase.from)*float64(first)/(1<<32)
}
