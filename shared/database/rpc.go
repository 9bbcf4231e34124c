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
}
