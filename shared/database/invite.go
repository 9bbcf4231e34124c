package database

import "context"

// InvitationArguments are those of begin_invitation and finish_invitation, the same for
// both.
type InvitationArguments struct {
	PersonID  string  // UUID
	Email     *string // nil: the one that is known
	RequestID string  // UUID; the idempotency key
}

const beginInvitation = `select public.begin_invitation(
		person_id => $1::uuid,
		email => $2::text,
		request_id => $3::uuid)::text,
	current_setting('response.headers', true)`

// BeginInvitation says what Supabase Auth has to do to invite a person, {"to_do": …}; or it
// is the answer that this request got before, {"invitation": …}; or {"withdrawn": true},
// when the person is gone. The caller must administer a chapter of the person's.
//
// Its refusals: invalid_request, not_an_administrator, not_found, already_exists (the
// person has a login), in_use (the address), request_in_progress, request_expired,
// idempotency_key_reused.
func (db *DB) BeginInvitation(ctx context.Context, claims []byte, in InvitationArguments) (Reply, error) {
	return db.invitation(ctx, claims, "begin_invitation", beginInvitation, in)
}

const finishInvitation = `select public.finish_invitation(
		person_id => $1::uuid,
		email => $2::text,
		request_id => $3::uuid)::text,
	current_setting('response.headers', true)`

// FinishInvitation records the invitation that Supabase Auth has sent, and answers
// {"invitation": …}, or {"withdrawn": true}. It refuses as BeginInvitation does, and with
// request_in_progress when what was sent is not what was asked for.
func (db *DB) FinishInvitation(ctx context.Context, claims []byte, in InvitationArguments) (Reply, error) {
	return db.invitation(ctx, claims, "finish_invitation", finishInvitation, in)
}

func (db *DB) invitation(ctx context.Context, claims []byte, name, query string, in InvitationArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: name, query: query, args: [][]byte{text(in.PersonID), optionalText(in.Email), text(in.RequestID)}})
}
