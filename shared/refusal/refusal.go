// Package refusal holds the error codes of docs/openapi.yaml and the error that
// carries them.
//
// Every refusal that a caller may see is an [Error]: the database package makes
// them from what Postgres raised, the auth package from what is wrong with a
// token, the handlers from what is wrong with a request. Only this package
// knows which status a code has. An error that is not an [Error] is a fault of
// ours and is answered as [InternalError], which reveals nothing internal.
package refusal

import (
	"errors"
	"fmt"
)

// Code is the stable, machine-readable name of a refusal, in snake_case. It is
// sent in the body's "code" and in the header sb-error-code.
type Code string

// The codes, with the same names in docs/openapi.yaml.
const (
	InvalidRequest       Code = "invalid_request"
	Unauthenticated      Code = "unauthenticated"
	NotACoordinator      Code = "not_a_coordinator"
	NotAnAdministrator   Code = "not_an_administrator"
	NotAMentor           Code = "not_a_mentor"
	MentorNotFound       Code = "mentor_not_found"
	ChapterNotFound      Code = "chapter_not_found"
	NotFound             Code = "not_found"
	MethodNotAllowed     Code = "method_not_allowed"
	AlreadyPaused        Code = "already_paused"
	NotPaused            Code = "not_paused"
	VersionConflict      Code = "version_conflict"
	CertificationExpired Code = "certification_expired"
	RequestInProgress    Code = "request_in_progress"
	RequestExpired       Code = "request_expired"
	AlreadyAnswered      Code = "already_answered"
	AlreadyExists        Code = "already_exists"
	InUse                Code = "in_use"
	PreviewOutdated      Code = "preview_outdated"
	PayloadTooLarge      Code = "payload_too_large"
	UnsupportedMediaType Code = "unsupported_media_type"
	IdempotencyKeyReused Code = "idempotency_key_reused"
	InternalError        Code = "internal_error"
	DatabaseUnavailable  Code = "database_unavailable"
	AuthUnavailable      Code = "auth_unavailable"
	DeadlineExceeded     Code = "deadline_exceeded"
)

// codes is the one table from code to HTTP status and default sentence. The
// RPCs refuse with the same codes and statuses; a test compares the two tables.
var codes = map[Code]struct {
	status  int
	message string
}{
	InvalidRequest:       {400, "The request is not valid."},
	Unauthenticated:      {401, "A valid access token of a signed-in user is required."},
	NotACoordinator:      {403, "You coordinate no chapter."},
	NotAnAdministrator:   {403, "You administer no chapter."},
	NotAMentor:           {403, "You are not a mentor."},
	MentorNotFound:       {404, "No such mentor in your chapters."},
	ChapterNotFound:      {404, "No such chapter among yours."},
	NotFound:             {404, "No such object, or it is not yours."},
	MethodNotAllowed:     {405, "This method is not allowed here."},
	AlreadyPaused:        {409, "The mentor is already paused."},
	NotPaused:            {409, "The mentor is not paused."},
	VersionConflict:      {409, "The pause record has changed since you read it."},
	CertificationExpired: {409, "The mentor's certification has expired; renew it first."},
	RequestInProgress:    {409, "A request with this idempotency key is being carried out."},
	RequestExpired:       {409, "This request was made more than 72 hours ago, and is no longer carried out."},
	AlreadyAnswered:      {409, "The request is no longer open."},
	AlreadyExists:        {409, "It is there already."},
	InUse:                {409, "It is in use."},
	PreviewOutdated:      {409, "What the preview showed no longer holds; make a new one."},
	PayloadTooLarge:      {413, "The body is too large."},
	UnsupportedMediaType: {415, "The body must have content type application/json."},
	IdempotencyKeyReused: {422, "This idempotency key was used for another request."},
	InternalError:        {500, "Something went wrong on our side."},
	DatabaseUnavailable:  {503, "The database can't be reached at the moment."},
	AuthUnavailable:      {503, "The keys to check the access token are unavailable at the moment."},
	DeadlineExceeded:     {504, "The request took too long."},
}

// Codes lists every code, in no particular order.
func Codes() []Code {
	all := make([]Code, 0, len(codes))
	for code := range codes {
		all = append(all, code)
	}
	return all
}

// Known reports whether c is one of the codes above.
func (c Code) Known() bool { _, known := codes[c]; return known }

// Status is the HTTP status of the code; 500 for an unknown one.
func (c Code) Status() int {
	if entry, known := codes[c]; known {
		return entry.status
	}
	return codes[InternalError].status
}

// Message is the code's default sentence.
func (c Code) Message() string { return codes[c].message }

// Error is a refusal. Its exported text fields are shown to the caller as they
// are; the wrapped cause goes to the log only.
type Error struct {
	Code    Code
	Message string  // a sentence in English
	Details *string // shown as null when nil
	Hint    *string // shown as null when nil

	cause error
}

// New makes a refusal with the code's default sentence.
func New(code Code) *Error { return &Error{Code: code, Message: code.Message()} }

// Newf makes a refusal with a sentence of its own.
func Newf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Because gives the refusal the cause that the log will show.
func (e *Error) Because(cause error) *Error { e.cause = cause; return e }

// WithDetails sets the details that the caller sees.
func (e *Error) WithDetails(details string) *Error { e.Details = &details; return e }

// WithHint sets the hint that the caller sees.
func (e *Error) WithHint(hint string) *Error { e.Hint = &hint; return e }

// Error is the text for the log.
func (e *Error) Error() string {
	text := string(e.Code) + ": " + e.Message
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// From finds the refusal in err's chain. Any other error becomes an
// [InternalError] that wraps it; nil stays nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	if refused, ok := errors.AsType[*Error](err); ok {
		return refused
	}
	return New(InternalError).Because(err)
}
