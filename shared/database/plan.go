package database

import (
	"context"
	"encoding/json"
)

const planPause = `select public.plan_pause(
		mentor_id => $1::uuid,
		pause_reason => $2::text,
		starts_on => $3::date,
		expected_return_date => $4::date,
		request_id => $5::uuid)::text,
	current_setting('response.headers', true)`

// PlanPause plans a pause of a mentor and answers {"planned_pause": …}. The caller
// must be a coordinator or administrator of a chapter where the mentor is active.
//
// Its refusals: invalid_request, not_a_coordinator, mentor_not_found, already_paused,
// already_exists, request_in_progress, request_expired, idempotency_key_reused.
func (db *DB) PlanPause(ctx context.Context, claims []byte, in PlanPauseArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "plan_pause", query: planPause, args: [][]byte{
		text(in.MentorID),
		text(in.PauseReason),
		text(in.StartsOn),
		optionalText(in.ExpectedReturnDate),
		text(in.RequestID),
	}})
}

const amendPlannedPause = `select public.amend_planned_pause(
		planned_pause_id => $1::uuid,
		changes => $2::jsonb,
		expected_version => $3::int,
		request_id => $4::uuid)::text,
	current_setting('response.headers', true)`

// AmendPlannedPause changes some fields of a plan and answers {"planned_pause": …}.
//
// Its refusals: invalid_request, not_a_coordinator, not_found, already_paused (the
// pause has begun), version_conflict (details: the current version),
// request_in_progress, request_expired, idempotency_key_reused.
func (db *DB) AmendPlannedPause(ctx context.Context, claims []byte, in AmendPlannedPauseArguments) (Reply, error) {
	changes, err := json.Marshal(in.Changes)
	if err != nil {
		return Reply{}, err
	}
	return db.call(ctx, claims, rpc{name: "amend_planned_pause", query: amendPlannedPause, args: [][]byte{
		text(in.PlannedPauseID),
		changes,
		optionalInt(in.ExpectedVersion),
		text(in.RequestID),
	}})
}

const cancelPlannedPause = `select public.cancel_planned_pause(planned_pause_id => $1::uuid, request_id => $2::uuid)::text,
	current_setting('response.headers', true)`

// CancelPlannedPause takes a plan back and answers {"planned_pause": …} as it was.
//
// Its refusals: invalid_request, not_a_coordinator, not_found, already_paused (the
// pause has begun), request_in_progress, request_expired, idempotency_key_reused.
func (db *DB) CancelPlannedPause(ctx context.Context, claims []byte, plannedPauseID, requestID string) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "cancel_planned_pause", query: cancelPlannedPause, args: [][]byte{
		text(plannedPauseID),
		text(requestID),
	}})
}
