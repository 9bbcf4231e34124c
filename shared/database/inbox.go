package database

import (
	"context"
	"strconv"
)

// The function behind the RPC, for the reason given at coordinatorRoster.
const inboxPage = `select private.inbox_page(
		page_limit => $1::int,
		page_cursor => $2::text),
	current_setting('response.headers', true)`

// InboxPage answers one page of the caller's own messages, with the number of unread
// ones. Its refusal: invalid_request (including a cursor that was altered).
func (db *DB) InboxPage(ctx context.Context, claims []byte, in InboxPageArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "inbox_page", query: inboxPage, args: [][]byte{
		optionalInt(in.PageLimit),
		optionalText(in.PageCursor),
	}})
}

const markRead = `select public.mark_read(
		message_ids => $1::bigint[],
		everything => $2::boolean,
		request_id => $3::uuid)::text,
	current_setting('response.headers', true)`

// MarkRead marks messages of the caller as read, and answers how many were unread and
// how many are.
//
// Its refusals: invalid_request, not_found (none are marked), request_in_progress,
// request_expired, idempotency_key_reused.
func (db *DB) MarkRead(ctx context.Context, claims []byte, in MarkReadArguments) (Reply, error) {
	var ids []string
	for _, id := range in.MessageIDs {
		ids = append(ids, strconv.FormatInt(id, 10))
	}
	return db.call(ctx, claims, rpc{name: "mark_read", query: markRead, args: [][]byte{
		optionalTextArray(ids),
		strconv.AppendBool(nil, in.Everything),
		text(in.RequestID),
	}})
}

const setWeeklyDigest = `select public.set_weekly_digest(
		weekly_digest => $1::boolean,
		request_id => $2::uuid)::text,
	current_setting('response.headers', true)`

// SetWeeklyDigest turns the caller's weekly digest on or off, and answers which.
//
// Its refusals: invalid_request, request_in_progress, request_expired,
// idempotency_key_reused.
func (db *DB) SetWeeklyDigest(ctx context.Context, claims []byte, in SetWeeklyDigestArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "set_weekly_digest", query: setWeeklyDigest, args: [][]byte{
		strconv.AppendBool(nil, in.WeeklyDigest),
		text(in.RequestID),
	}})
}
