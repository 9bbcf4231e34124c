package database

import (
	"context"
	"strconv"
	"time"
)

// ClaimNotificationsArguments are the arguments of the RPC claim_notifications.
type ClaimNotificationsArguments struct {
	Batch int           // the most to claim
	Lease time.Duration // how long nobody else gets them
	Email bool          // whether e-mail is configured; if so, the answer has addresses
	AsOf  *time.Time    // the moment to use; nil: now
}

// RecordNotificationsArguments are the arguments of the RPC record_notifications.
type RecordNotificationsArguments struct {
	Claim    string     // UUID, as claimed
	Inbox    []byte     // JSON array; nil: nothing
	Emails   []byte     // JSON array; nil: nothing
	Finished []string   // UUIDs: nothing of this claim is left to do
	Released []string   // UUIDs: given back untouched
	Failed   []byte     // JSON array; nil: nothing
	AsOf     *time.Time // the moment that it is judged on; nil: now
}

const claimNotifications = `select public.claim_notifications(
		batch => $1::int,
		lease_seconds => $2::int,
		email => $3::boolean,
		as_of => $4::timestamptz)::text,
	null::text`

// ClaimNotifications claims notifications that are due, and answers {"claim",
// "today", "notifications": […], "ended": {…}} with the recipients and the facts
// as of this moment; the RPC ends by itself what no longer holds. Only the role
// pause_scheduler may.
//
// If it is repeated after a lost connection, it claims others; the first ones are
// due again when their lease ends.
func (db *DB) ClaimNotifications(ctx context.Context, in ClaimNotificationsArguments) (Reply, error) {
	return db.call(ctx, nil, rpc{name: "claim_notifications", query: claimNotifications, scheduler: true, args: [][]byte{
		strconv.AppendInt(nil, int64(in.Batch), 10),
		strconv.AppendInt(nil, int64(in.Lease/time.Second), 10),
		strconv.AppendBool(nil, in.Email),
		optionalTime(in.AsOf),
	}})
}

const recordNotifications = `select public.record_notifications(
		claim => $1::uuid,
		inbox => $2::jsonb,
		emails => $3::jsonb,
		finished => $4::uuid[],
		released => $5::uuid[],
		failed => $6::jsonb,
		as_of => $7::timestamptz)::text,
	null::text`

// RecordNotifications records what became of claimed notifications, as far as
// the claim still holds them, and answers {"delivered", "retrying",
// "undeliverable", "settled", "lost": […]}. Only the role pause_scheduler may. Repeating
// it writes nothing twice.
func (db *DB) RecordNotifications(ctx context.Context, in RecordNotificationsArguments) (Reply, error) {
	return db.call(ctx, nil, rpc{name: "record_notifications", query: recordNotifications, scheduler: true, args: [][]byte{
		text(in.Claim),
		in.Inbox,
		in.Emails,
		optionalTextArray(in.Finished),
		optionalTextArray(in.Released),
		in.Failed,
		optionalTime(in.AsOf),
	}})
}

const dispatchBacklog = `select public.dispatch_backlog(
		as_of => $1::timestamptz)::text,
	null::text`

// DispatchBacklog answers {"pending", "oldest_pending_seconds",
// "oldest_unreceived_seconds"}. Only the role pause_scheduler may.
func (db *DB) DispatchBacklog(ctx context.Context, asOf *time.Time) (Reply, error) {
	return db.call(ctx, nil, rpc{name: "dispatch_backlog", query: dispatchBacklog, scheduler: true, args: [][]byte{optionalTime(asOf)}})
}

func optionalTime(value *time.Time) []byte {
	if value == nil {
		return nil
	}
	return value.UTC().AppendFormat(nil, time.RFC3339Nano)
}
