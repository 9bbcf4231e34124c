package database

import (
	"context"
	"strconv"
)

// The function behind the RPC: the RPC turns its text into jsonb, for
// supabase.rpc, and a page's bytes are passed on as they are here.
const coordinatorRoster = `select private.coordinator_roster(
		chapter_id => $1::uuid,
		status => $2::text[],
		search => $3::text,
		page_limit => $4::int,
		page_cursor => $5::text,
		mine => $6::boolean,
		attention => $7::text[]),
	current_setting('response.headers', true)`

// CoordinatorRoster answers one page of the mentors in the chapters that the
// caller coordinates or administers, with the dashboard's counts.
//
// Its refusals: invalid_request (including a cursor that was altered, or belongs to
// other filters), not_a_coordinator, chapter_not_found.
func (db *DB) CoordinatorRoster(ctx context.Context, claims []byte, in CoordinatorRosterArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "coordinator_roster", query: coordinatorRoster, args: [][]byte{
		optionalText(in.ChapterID),
		optionalTextArray(in.Status),
		optionalText(in.Search),
		optionalInt(in.PageLimit),
		optionalText(in.PageCursor),
		strconv.AppendBool(nil, in.Mine),
		optionalTextArray(in.Attention),
	}})
}
