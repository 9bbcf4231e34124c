package database

import "context"

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
// request_in_progress, idempotency_key_reused.
func (db *DB) PauseMentor(ctx context.Context, claims []byte, in PauseMentorArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "pause_mentor", query: pauseMentor, args: [][]byte{
		text(in.MentorID),
		text(in.PauseReason),
		optionalText(in.ExpectedReturnDate),
		optionalInt(in.ExpectedVersion),
		text(in.RequestID),
	}})
}
