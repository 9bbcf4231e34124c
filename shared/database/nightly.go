package database

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"mentorpause/shared/refusal"
)

// NightlyRun is a row of the nightly ledger, as its RPCs answer it.
type NightlyRun struct {
	RunID         int64   `json:"run_id"`         // 0 in a dry run
	AsOf          string  `json:"as_of"`          // YYYY-MM-DD
	Outcome       *string `json:"outcome"`        // completed, partial or skipped; nil: under way
	IsFull        bool    `json:"is_full"`        // looks at every mentor and the whole log
	LastCompleted *string `json:"last_completed"` // the latest date completed before, YYYY-MM-DD
	MissedNights  int     `json:"missed_nights"`  // dates in between, without a completed run
	FencingToken  int64   `json:"fencing_token"`
	Phase         string  `json:"phase"`
	AfterID       *string `json:"after_id"`   // the last mentor that the phase has done
	Held          int     `json:"held"`       // mentors to come back to, whom others hold
	IsWaiting     bool    `json:"is_waiting"` // only those are left

	// What the run did so far, in all its starts; of a dry run's chunk, what
	// that chunk would do.
	Expired        int `json:"expired"`
	Restored       int `json:"restored"`
	Begun          int `json:"begun"`
	Reminders      int `json:"reminders"`
	Discrepancies  int `json:"discrepancies"`
	Ended          int `json:"ended"`
	Requeued       int `json:"requeued"`
	Reconciled     int `json:"reconciled"`
	RosterRepaired int `json:"roster_repaired"`
	CountsRepaired int `json:"counts_repaired"`

	// How much of the time so far went into reconciling.
	ReconcileMS int64 `json:"reconcile_ms"`
}

const nightlyBegin = `select public.nightly_begin(as_of => $1::date, is_full => $2::boolean, holder => $3::uuid, reconcile_seconds => $4::int)::text, null::text`

// NightlyBegin takes the lease for the run of a date (YYYY-MM-DD), and continues
// where an unfinished run of that date stopped. The outcome is skipped when
// another run is alive or a later date has been done. The holder is a UUID that
// the caller chooses, one for each start. reconcile is the time that the run may
// take to reconcile; 0 leaves that out. Only the role pause_scheduler may call it.
func (db *DB) NightlyBegin(ctx context.Context, asOf string, full bool, holder string, reconcile time.Duration) (NightlyRun, error) {
	return db.nightly(ctx, rpc{name: "nightly_begin", query: nightlyBegin, scheduler: true, args: [][]byte{
		text(asOf), text(strconv.FormatBool(full)), text(holder), integer(int64(math.Ceil(reconcile.Seconds())))}})
}

const nightlyStep = `select public.nightly_step(run_id => $1::bigint, fencing_token => $2::bigint, batch => $3::int)::text, null::text`

// NightlyStep does the next chunk of a run, of at most batch mentors, in one
// transaction. It fails with internal_error when the lease was lost.
func (db *DB) NightlyStep(ctx context.Context, run NightlyRun, batch int) (NightlyRun, error) {
	return db.nightly(ctx, rpc{name: "nightly_step", query: nightlyStep, scheduler: true, args: [][]byte{
		integer(run.RunID), integer(run.FencingToken), integer(int64(batch))}})
}

const nightlyStop = `select public.nightly_stop(run_id => $1::bigint, fencing_token => $2::bigint)::text, null::text`

// NightlyStop ends an unfinished run as partial and releases the lease.
func (db *DB) NightlyStop(ctx context.Context, run NightlyRun) (NightlyRun, error) {
	return db.nightly(ctx, rpc{name: "nightly_stop", query: nightlyStop, scheduler: true, args: [][]byte{integer(run.RunID), integer(run.FencingToken)}})
}

const nightlyPreview = `select public.nightly_preview(as_of => $1::date, is_full => $2::boolean, phase => $3::text, after_id => $4::uuid, batch => $5::int)::text, null::text`

// NightlyPreview says what the next chunk of a run of that date would do. It
// writes nothing: its transaction is read-only. The first chunk's phase is nil,
// which is where a start would begin now.
func (db *DB) NightlyPreview(ctx context.Context, asOf string, full bool, phase, afterID *string, batch int) (NightlyRun, error) {
	return db.nightly(ctx, rpc{name: "nightly_preview", query: nightlyPreview, scheduler: true, readOnly: true, args: [][]byte{
		text(asOf), text(strconv.FormatBool(full)), optionalText(phase), optionalText(afterID), integer(int64(batch))}})
}

func (db *DB) nightly(ctx context.Context, call rpc) (NightlyRun, error) {
	reply, err := db.call(ctx, nil, call)
	if err != nil {
		return NightlyRun{}, err
	}
	var run NightlyRun
	if err := json.Unmarshal(reply.Body, &run); err != nil {
		return NightlyRun{}, refusal.New(refusal.InternalError).Because(fmt.Errorf("%s: %w", call.name, err))
	}
	return run, nil
}

func integer(value int64) []byte { return strconv.AppendInt(nil, value, 10) }
