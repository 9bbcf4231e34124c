package database

import (
	"context"
	"encoding/json"
	"strconv"
)

const pauseMentor = `select public.pause_mentor(
		mentor_id => $1::uuid,
		pause_reason => $2::text,
		expected_return_date => $3::date,
		expected_version => $4::int,
		request_id => $5::uuid)::text,
	current_setting('response.headers', true)`

// PauseMentor pauses a mentor, or with an expected version amends the live
// pause, and answers {"pause_record": …}. The caller must be a coordinator or
// administrator of a chapter where the mentor is active.
//
// Its refusals: invalid_request, not_a_coordinator, mentor_not_found,
// already_paused, version_conflict (details: the current version),
// request_in_progress, request_expired, idempotency_key_reused.
func (db *DB) PauseMentor(ctx context.Context, claims []byte, in PauseMentorArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "pause_mentor", query: pauseMentor, args: [][]byte{
		text(in.MentorID),
		text(in.PauseReason),
		optionalText(in.ExpectedReturnDate),
		optionalInt(in.ExpectedVersion),
		text(in.RequestID),
	}})
}

const pauseMentors = `select public.pause_mentors(
		mentor_ids => $1::uuid[],
		pause_reason => $2::text,
		starts_on => $3::date,
		expected_return_date => $4::date,
		dry_run => $5::boolean,
		request_id => $6::uuid)::text,
	current_setting('response.headers', true)`

// PauseMentors pauses many mentors at once, or with a first day plans it, and answers
// {"results": […]} in the order of the ids: each was paused, planned or refused with the
// code of a call for one.
//
// Its refusals as a whole: invalid_request, not_a_coordinator, request_in_progress,
// request_expired, idempotency_key_reused.
func (db *DB) PauseMentors(ctx context.Context, claims []byte, in PauseMentorsArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "pause_mentors", query: pauseMentors, args: [][]byte{
		optionalTextArray(in.MentorIDs),
		text(in.PauseReason),
		optionalText(in.StartsOn),
		optionalText(in.ExpectedReturnDate),
		strconv.AppendBool(nil, in.DryRun),
		text(in.RequestID),
	}})
}

const amendPause = `select private.amend_pause(
		mentor_id => $1::uuid,
		changes => $2::jsonb,
		expected_version => $3::int,
		request_id => $4::uuid,
		may_begin => $5::boolean)::text,
	current_setting('response.headers', true)`

// AmendPause changes some fields of a mentor's live pause and answers
// {"pause_record": …}. The caller must be a coordinator or administrator of a
// chapter where the mentor is active.
//
// Its refusals: invalid_request, not_a_coordinator, mentor_not_found, not_paused,
// version_conflict (details: the current version), request_in_progress,
// request_expired, idempotency_key_reused.
func (db *DB) AmendPause(ctx context.Context, claims []byte, in AmendPauseArguments) (Reply, error) {
	changes, err := json.Marshal(in.Changes)
	if err != nil {
		return Reply{}, err
	}
	return db.call(ctx, claims, rpc{name: "amend_pause", query: amendPause, args: [][]byte{
		text(in.MentorID),
		changes,
		optionalInt(in.ExpectedVersion),
		text(in.RequestID),
		text(strconv.FormatBool(in.MayBegin)),
	}})
}
