package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"mentorpause/shared/config"
	"mentorpause/shared/database"
	"mentorpause/shared/metric"
	"mentorpause/shared/nightly"
)

// handler answers one invocation with a [nightly.Report]. Its error is an error
// of the invocation, so that the schedule retries.
type handler struct {
	db   *database.DB
	zone *time.Location // the organisation's: as-of dates are its dates
	log  *slog.Logger
	now  func() time.Time
}

func newHandler(db *database.DB, settings config.Common, log *slog.Logger) any {
	return (&handler{db: db, zone: settings.TimeZone, log: log, now: time.Now}).invoke
}

func (h *handler) invoke(ctx context.Context, event json.RawMessage) (nightly.Report, error) {
	request, err := h.read(event)
	if err != nil {
		h.log.ErrorContext(ctx, "the event is refused", "cause", err.Error())
		return nightly.Report{}, err
	}
	report, err := nightly.Run(ctx, h.db, request, nil)
	if err != nil {
		h.log.ErrorContext(ctx, "the nightly run failed; the next start goes on", "as_of", request.AsOf, "cause", err.Error())
		return nightly.Report{}, err
	}
	h.tell(ctx, report)
	return report, nil
}

// read takes the as-of date from an EventBridge event's time, or directly from
// {"as_of", "dry_run", "full"}; for an empty object it is today.
func (h *handler) read(event json.RawMessage) (nightly.Request, error) {
	today := h.now().In(h.zone).Format(time.DateOnly)
	var scheduled struct {
		Source     string  `json:"source"`
		DetailType string  `json:"detail-type"`
		Time       *string `json:"time"`
	}
	if err := json.Unmarshal(event, &scheduled); err != nil {
		return nightly.Request{}, errors.New("the event is not a JSON object")
	}
	request := nightly.Request{AsOf: today}
	if scheduled.Time != nil {
		at, err := time.Parse(time.RFC3339, *scheduled.Time)
		if err != nil {
			return nightly.Request{}, errors.New("time: not a date and time of RFC 3339")
		}
		request.AsOf = at.In(h.zone).Format(time.DateOnly)
	} else {
		var asked struct {
			AsOf   *string `json:"as_of"`
			DryRun bool    `json:"dry_run"`
			Full   bool    `json:"full"`
		}
		decoder := json.NewDecoder(bytes.NewReader(event))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&asked); err != nil {
			return nightly.Request{}, fmt.Errorf(`the event is neither one of EventBridge nor {"as_of", "dry_run", "full"}: %w`, err)
		}
		if asked.AsOf != nil {
			day, err := time.Parse(time.DateOnly, *asked.AsOf)
			if err != nil || day.Year() < 1 {
				return nightly.Request{}, errors.New("as_of: not a calendar date, YYYY-MM-DD")
			}
			request.AsOf = *asked.AsOf
		}
		request.DryRun, request.Full = asked.DryRun, asked.Full
	}
	// Dates in this form sort as text. Expiring people too early can't be undone.
	if request.AsOf > today && !request.DryRun {
		return nightly.Request{}, fmt.Errorf("as_of: %s is in the future; only a dry run may look ahead", request.AsOf)
	}
	return request, nil
}

// tell logs the report; the same line carries CloudWatch's metrics, unless nothing
// was really done.
func (h *handler) tell(ctx context.Context, r nightly.Report) {
	attributes := []slog.Attr{
		slog.Any("run_id", r.RunID),
		slog.String("as_of", r.AsOf),
		slog.String("outcome", r.Outcome),
		slog.Bool("dry_run", r.DryRun),
		slog.Any("last_completed", r.LastCompleted),
		slog.Int("ended", r.Ended),
		slog.Int("requeued", r.Requeued),
		slog.Int("held", r.Held),
		slog.Int("reconciled", r.Reconciled),
		slog.Int64("reconcile_ms", r.ReconcileMS),
	}
	counts := []metric.Value{
		metric.Count("expired", r.Expired),
		metric.Count("restored", r.Restored),
		metric.Count("begun", r.Begun),
		metric.Count("reminders", r.Reminders),
		metric.Count("discrepancies", r.Discrepancies),
		metric.Count("roster_repaired", r.RosterRepaired), // raises an alarm
		metric.Count("counts_repaired", r.CountsRepaired), // and so does this
		metric.Count("missed_nights", r.MissedNights),
		metric.Milliseconds("duration_ms", r.DurationMS),
	}
	level := slog.LevelInfo
	if r.Outcome == nightly.Partial || r.MissedNights > 0 || r.Discrepancies+r.RosterRepaired+r.CountsRepaired > 0 {
		level = slog.LevelWarn
	}
	if r.DryRun || r.Outcome == nightly.Skipped {
		for _, c := range counts {
			attributes = append(attributes, slog.Int64(c.Name, c.Value))
		}
		h.log.LogAttrs(ctx, level, "nightly run", attributes...)
		return
	}
	completed := 0
	if r.Outcome == nightly.Completed {
		completed = 1
	}
	counts = append(counts, metric.Count("completed", completed)) // a day without one raises an alarm
	metric.Log(ctx, h.log, h.now(), level, "nightly run", "nightly-expiry", counts, attributes...)
}
