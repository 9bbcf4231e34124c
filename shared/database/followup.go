package database

import (
	"context"
	"strconv"
)

const followUpPage = `select public.follow_up_page(
		chapter_id => $1::uuid,
		page_limit => $2::int,
		page_cursor => $3::text)::text,
	current_setting('response.headers', true)`

// FollowUpPage answers what the caller has to see to in the chapters that they administer,
// or in one of them.
//
// Its refusals: invalid_request (including a cursor that was altered, or belongs to another
// chapter), not_an_administrator, chapter_not_found.
func (db *DB) FollowUpPage(ctx context.Context, claims []byte, in FollowUpPageArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "follow_up_page", query: followUpPage, args: [][]byte{
		optionalText(in.ChapterID),
		optionalInt(in.PageLimit),
		optionalText(in.PageCursor),
	}})
}

// The function behind the RPC, which answers nothing to supabase.rpc.
const acknowledgeUndelivered = `select private.acknowledge_undelivered(
		notification_id => $1::uuid,
		request_id => $2::uuid)::text,
	current_setting('response.headers', true)`

// AcknowledgeUndelivered takes an undeliverable notification off the list and its count.
//
// Its refusals: not_an_administrator, not_found, request_in_progress, request_expired,
// idempotency_key_reused.
func (db *DB) AcknowledgeUndelivered(ctx context.Context, claims []byte, in AcknowledgeUndeliveredArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "acknowledge_undelivered", query: acknowledgeUndelivered, args: [][]byte{
		text(in.NotificationID),
		text(in.RequestID),
	}})
}

// The function behind the RPC, for the same reason.
const acknowledgeDiscrepancy = `select private.acknowledge_discrepancy(
		discrepancy_id => $1::bigint,
		request_id => $2::uuid)::text,
	current_setting('response.headers', true)`

// AcknowledgeDiscrepancy takes a discrepancy off the list and its count.
//
// Its refusals: not_an_administrator, not_found, request_in_progress, request_expired,
// idempotency_key_reused.
func (db *DB) AcknowledgeDiscrepancy(ctx context.Context, claims []byte, in AcknowledgeDiscrepancyArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "acknowledge_discrepancy", query: acknowledgeDiscrepancy, args: [][]byte{
		strconv.AppendInt(nil, in.DiscrepancyID, 10),
		text(in.RequestID),
	}})
}

const allowAddress = `select public.allow_address(
		person_id => $1::uuid,
		request_id => $2::uuid)::text,
	current_setting('response.headers', true)`

// AllowAddress takes a person's e-mail address off the list of refused ones.
//
// Its refusals: not_an_administrator, not_found, request_in_progress, request_expired,
// idempotency_key_reused.
func (db *DB) AllowAddress(ctx context.Context, claims []byte, in AllowAddressArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "allow_address", query: allowAddress, args: [][]byte{
		text(in.PersonID),
		text(in.RequestID),
	}})
}
