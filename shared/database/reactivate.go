package database

import "context"

const reactivateMentor = `select public.reactivate_mentor(
		mentor_id => $1::uuid,
		expected_version => $2::int,
		request_id => $3::uuid)::text,
	current_setting('response.headers', true)`

// ReactivateMentor ends a mentor's pause and answers {"pause_record": …}. The
// caller must be a coordinator or administrator of a chapter where the mentor
// is active.
//
// Its refusals: invalid_request, not_a_coordinator, mentor_not_found,
// not_paused, version_conflict (details: the current version),
// certification_expired, request_in_progress, request_expired,
// idempotency_key_reused.
func (db *DB) ReactivateMentor(ctx context.Context, claims []byte, in ReactivateMentorArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "reactivate_mentor", query: reactivateMentor, args: [][]byte{
		text(in.MentorID),
		optionalInt(in.ExpectedVersion),
		text(in.RequestID),
	}})
}
