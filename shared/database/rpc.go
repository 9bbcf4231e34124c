package database

import "encoding/json"

// Reply is what an RPC answered.
type Reply struct {
	Body     json.RawMessage // the RPC's JSON, byte for byte
	Replayed bool            // the stored answer to an earlier request with the same key
}

// PauseMentorArguments are the arguments of the RPC pause_mentor.
type PauseMentorArguments struct {
	MentorID           string  // UUID
	PauseReason        string  // checked by the RPC: 1–500 characters after trimming
	ExpectedReturnDate *string // YYYY-MM-DD, or nil
	ExpectedVersion    *int32
	RequestID          string // UUID; the idempotency key
}

// AmendPauseArguments are the arguments of the RPC amend_pause.
type AmendPauseArguments struct {
	MentorID        string             // UUID
	Changes         map[string]*string // pause_reason, expected_return_date; nil is null
	ExpectedVersion *int32
	RequestID       string // UUID; the idempotency key

	// MayBegin records a pause where only an expired certification holds the record open,
	// as pause_mentor does.
	MayBegin bool
}

// PlanPauseArguments are the arguments of the RPC plan_pause.
type PlanPauseArguments struct {
	MentorID           string  // UUID
	PauseReason        string  // checked by the RPC: 1–500 characters after trimming
	StartsOn           string  // YYYY-MM-DD
	ExpectedReturnDate *string // YYYY-MM-DD, or nil
	RequestID          string  // UUID; the idempotency key
}

// PauseMentorsArguments are the arguments of the RPC pause_mentors.
type PauseMentorsArguments struct {
	MentorIDs          []string // UUIDs; checked by the RPC: 1–500 different ones
	PauseReason        string   // checked by the RPC: 1–500 characters after trimming
	StartsOn           *string  // YYYY-MM-DD; nil: at once
	ExpectedReturnDate *string  // YYYY-MM-DD, or nil
	DryRun             bool
	RequestID          string // UUID; the idempotency key
}

// AmendPlannedPauseArguments are the arguments of the RPC amend_planned_pause.
type AmendPlannedPauseArguments struct {
	PlannedPauseID  string             // UUID
	Changes         map[string]*string // starts_on, pause_reason, expected_return_date; nil is null
	ExpectedVersion *int32
	RequestID       string // UUID; the idempotency key
}

// ReactivateMentorArguments are the arguments of the RPC reactivate_mentor.
type ReactivateMentorArguments struct {
	MentorID        string // UUID
	ExpectedVersion *int32
	RequestID       string // UUID; the idempotency key
}

// CoordinatorRosterArguments are the arguments of the RPC coordinator_roster. Nil
// means the RPC's default.
type CoordinatorRosterArguments struct {
	ChapterID  *string // UUID
	Status     []string
	Search     *string
	PageLimit  *int32 // 1–200
	PageCursor *string
	Mine       bool
	Attention  []string
}

// ImportPeopleArguments are the arguments of the RPC import_people. Nil means the RPC's
// default.
type ImportPeopleArguments struct {
	List      []byte  // JSON, as shared/peopleimport writes it
	ChapterID *string // UUID
	Source    *string
	Preview   *string // of the dry run that is to be carried out; nil: a dry run
	RequestID string  // UUID; the idempotency key
}

// MentorPageArguments are the arguments of the RPC mentor_page. Nil means the RPC's
// default.
type MentorPageArguments struct {
	MentorID   string // UUID
	PageLimit  *int32 // 1–200
	PageCursor *string
}

// InboxPageArguments are the arguments of the RPC inbox_page. Nil means the RPC's
// default.
type InboxPageArguments struct {
	PageLimit  *int32 // 1–200
	PageCursor *string
}

// MarkReadArguments are the arguments of the RPC mark_read: ids, or everything.
type MarkReadArguments struct {
	MessageIDs []int64 // 1–500; nil with Everything
	Everything bool
	RequestID  string // UUID; the idempotency key
}

// SetWeeklyDigestArguments are the arguments of the RPC set_weekly_digest.
type SetWeeklyDigestArguments struct {
	WeeklyDigest bool
	RequestID    string // UUID; the idempotency key
}

// RequestLeaveArguments are the arguments of the RPC request_leave.
type RequestLeaveArguments struct {
	Kind               string  // pause, change_return or return
	Reason             *string // checked by the RPC: 1–500 characters after trimming, or nil
	StartsOn           *string // YYYY-MM-DD, or nil
	ExpectedReturnDate *string // YYYY-MM-DD, or nil
	RequestID          string  // UUID; the idempotency key
}

// AnswerLeaveRequestArguments are the arguments of the RPC answer_leave_request.
type AnswerLeaveRequestArguments struct {
	LeaveRequestID  string  // UUID
	Answer          string  // accept, decline or withdraw
	Message         *string // checked by the RPC: 1–500 characters after trimming, or nil
	ExpectedVersion *int32
	RequestID       string // UUID; the idempotency key
}

// LeaveRequestsPageArguments are the arguments of the RPC leave_requests_page. Nil means
// the RPC's default.
type LeaveRequestsPageArguments struct {
	State      []string // open, accepted, declined, withdrawn, settled
	PageLimit  *int32   // 1–200
	PageCursor *string
}

// FollowUpPageArguments are the arguments of the RPC follow_up_page. Nil means the RPC's
// default.
type FollowUpPageArguments struct {
	ChapterID  *string // UUID
	PageLimit  *int32  // 1–200
	PageCursor *string
}

// AcknowledgeUndeliveredArguments are the arguments of the RPC acknowledge_undelivered.
type AcknowledgeUndeliveredArguments struct {
	NotificationID string // UUID
	RequestID      string // UUID; the idempotency key
}

// AcknowledgeDiscrepancyArguments are the arguments of the RPC acknowledge_discrepancy.
type AcknowledgeDiscrepancyArguments struct {
	DiscrepancyID int64  // from 1 on
	RequestID     string // UUID; the idempotency key
}

// AllowAddressArguments are the arguments of the RPC allow_address.
type AllowAddressArguments struct {
	PersonID  string // UUID
	RequestID string // UUID; the idempotency key
}
