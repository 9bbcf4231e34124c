package database

import "context"

const requestLeave = `select public.request_leave(
		kind => $1::text,
		reason => $2::text,
		starts_on => $3::date,
		expected_return_date => $4::date,
		request_id => $5::uuid)::text,
	current_setting('response.headers', true)`

// RequestLeave asks for the caller's own leave and answers {"leave_request": …}, with
// the pause_record or planned_pause when it took effect at once. The caller must be a
// mentor.
//
// Its refusals: invalid_request, not_a_mentor, already_paused, not_paused,
// already_exists (details: planned_pause or leave_request), request_in_progress,
// request_expired, idempotency_key_reused.
func (db *DB) RequestLeave(ctx context.Context, claims []byte, in RequestLeaveArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "request_leave", query: requestLeave, args: [][]byte{
		text(in.Kind),
		optionalText(in.Reason),
		optionalText(in.StartsOn),
		optionalText(in.ExpectedReturnDate),
		text(in.RequestID),
	}})
}

const answerLeaveRequest = `select public.answer_leave_request(
		leave_request_id => $1::uuid,
		answer => $2::text,
		message => $3::text,
		expected_version => $4::int,
		request_id => $5::uuid)::text,
	current_setting('response.headers', true)`

// AnswerLeaveRequest accepts or declines a request of a mentor whom the caller manages,
// or withdraws the caller's own, and answers {"leave_request": …}, with the
// pause_record or planned_pause that accepting made.
//
// Its refusals: invalid_request, not_a_coordinator, not_found, already_answered,
// version_conflict (details: the current version), certification_expired,
// request_in_progress, request_expired, idempotency_key_reused.
func (db *DB) AnswerLeaveRequest(ctx context.Context, claims []byte, in AnswerLeaveRequestArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "answer_leave_request", query: answerLeaveRequest, args: [][]byte{
		text(in.LeaveRequestID),
		text(in.Answer),
		optionalText(in.Message),
		optionalInt(in.ExpectedVersion),
		text(in.RequestID),
	}})
}

const leaveRequestsPage = `select public.leave_requests_page(
		state => $1::text[],
		page_limit => $2::int,
		page_cursor => $3::text)::text,
	current_setting('response.headers', true)`

// LeaveRequestsPage answers one page of leave requests, the caller's own and those of
// their mentors, newest first. Its refusal: invalid_request (including a cursor that was
// altered).
func (db *DB) LeaveRequestsPage(ctx context.Context, claims []byte, in LeaveRequestsPageArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "leave_requests_page", query: leaveRequestsPage, args: [][]byte{
		optionalTextArray(in.State),
		optionalInt(in.PageLimit),
		optionalText(in.PageCursor),
	}})
}
