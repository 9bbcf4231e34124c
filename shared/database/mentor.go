package database

import "context"

// The function behind the RPC, for the reason given at coordinatorRoster.
const mentorPage = `select private.mentor_page(
		mentor_id => $1::uuid,
		page_limit => $2::int,
		page_cursor => $3::text),
	current_setting('response.headers', true)`

// MentorPage answers one mentor's page: that of a mentor whom the caller manages, or
// the caller's own.
//
// Its refusals: invalid_request (including a cursor that was altered, or belongs to
// another page), not_a_coordinator, mentor_not_found.
func (db *DB) MentorPage(ctx context.Context, claims []byte, in MentorPageArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "mentor_page", query: mentorPage, args: [][]byte{
		text(in.MentorID),
		optionalInt(in.PageLimit),
		optionalText(in.PageCursor),
	}})
}
