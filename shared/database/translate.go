package database

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"

	"mentorpause/shared/refusal"
)

// refused is the SQLSTATE of an RPC's own refusal, as PostgREST defines it.
const refused = "PGRST"

// lostError is the failure of a connection, not of a statement: it could not be
// opened, or it died during a request.
type lostError struct {
	connecting bool
	cause      error
}

func (e *lostError) Error() string {
	if e.connecting {
		return "connecting: " + e.cause.Error()
	}
	return "connection lost: " + e.cause.Error()
}

// Unwrap returns what the driver or the server said.
func (e *lostError) Unwrap() error { return e.cause }

// connectionLost reports whether a connection died during a request.
func connectionLost(err error) bool {
	lost, ok := errors.AsType[*lostError](err)
	return ok && !lost.connecting
}

// repeatable reports whether the request may succeed when it is sent again.
func repeatable(err error) bool {
	switch sqlState(err) {
	case pgerrcode.SerializationFailure, pgerrcode.DeadlockDetected:
		return true
	}
	return connectionLost(err)
}

// sqlState returns the code of the error that Postgres or the pooler raised, or an
// empty string.
func sqlState(err error) string {
	if raised, ok := errors.AsType[*pgconn.PgError](err); ok {
		return raised.Code
	}
	return ""
}

// translate turns an error of the named RPC into a refusal. It decides by SQLSTATE
// and severity, never by message.
func translate(rpc string, err error) *refusal.Error {
	raised, ok := errors.AsType[*pgconn.PgError](err)
	if ok && raised.Code == refused {
		return readRefusal(rpc, raised)
	}
	return refusal.New(code(err)).Because(cause(rpc, err))
}

// code returns the refusal's code for an error that is not an RPC's own refusal.
func code(err error) refusal.Code {
	if lost, ok := errors.AsType[*lostError](err); ok {
		if !lost.connecting && errors.Is(err, context.DeadlineExceeded) {
			return refusal.DeadlineExceeded // it was alive, but did not answer in time
		}
		return refusal.DatabaseUnavailable
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return refusal.DeadlineExceeded // before anything was sent
	}
	switch state := sqlState(err); state {
	case pgerrcode.QueryCanceled, pgerrcode.LockNotAvailable:
		return refusal.DeadlineExceeded
	case pgerrcode.SerializationFailure, pgerrcode.DeadlockDetected:
		return refusal.DatabaseUnavailable // even at the second try
	case pgerrcode.InvalidTextRepresentation, pgerrcode.InvalidDatetimeFormat, pgerrcode.DatetimeFieldOverflow,
		pgerrcode.CharacterNotInRepertoire, pgerrcode.UntranslatableCharacter:
		return refusal.InvalidRequest
	default:
		if pgerrcode.IsConnectionException(state) || pgerrcode.IsInsufficientResources(state) {
			return refusal.DatabaseUnavailable
		}
		return refusal.InternalError
	}
}

// readRefusal reads the refusal that an RPC raised: the message is the body in
// JSON. The status in the detail is for PostgREST; here it follows from the code.
func readRefusal(rpc string, raised *pgconn.PgError) *refusal.Error {
	var body struct {
		Code    refusal.Code `json:"code"`
		Message string       `json:"message"`
		Details *string      `json:"details"`
		Hint    *string      `json:"hint"`
	}
	if err := json.Unmarshal([]byte(raised.Message), &body); err != nil {
		return refusal.New(refusal.InternalError).Because(fmt.Errorf("%s: refused with something other than JSON", rpc))
	}
	if !body.Code.Known() {
		return refusal.New(refusal.InternalError).Because(fmt.Errorf("%s: refused with the unknown code %q", rpc, body.Code))
	}
	if body.Message == "" {
		body.Message = body.Code.Message()
	}
	return &refusal.Error{Code: body.Code, Message: body.Message, Details: body.Details, Hint: body.Hint}
}

// cause returns what the log may contain: the place and the SQLSTATE, but no
// values. It is text only, so that the driver's errors, which contain the password
// and rows, can't be reached through it.
func cause(rpc string, err error) error {
	raised, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return fmt.Errorf("%s: %v", rpc, err)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: SQLSTATE %s", rpc, raised.Code)
	if lost, ok := errors.AsType[*lostError](err); ok && lost.connecting {
		text.WriteString(" on connecting")
	}
	if namesObjectsOnly(raised.Code) {
		text.WriteString(": " + raised.Message)
	}
	if raised.ConstraintName != "" {
		fmt.Fprintf(&text, ", constraint %s", raised.ConstraintName)
	}
	for line := range strings.Lines(raised.Where) {
		// Other lines of the context may contain data.
		if strings.HasPrefix(line, "PL/pgSQL function ") {
			text.WriteString(", in " + strings.TrimSpace(line))
		}
	}
	return errors.New(text.String())
}

// namesObjectsOnly reports whether messages of the SQLSTATE's class name only
// roles, relations and resources. Messages of other classes quote values.
func namesObjectsOnly(state string) bool {
	return pgerrcode.IsConnectionException(state) ||
		pgerrcode.IsInvalidAuthorizationSpecification(state) ||
		pgerrcode.IsInvalidCatalogName(state) ||
		pgerrcode.IsSyntaxErrororAccessRuleViolation(state) ||
		pgerrcode.IsInsufficientResources(state) ||
		pgerrcode.IsObjectNotInPrerequisiteState(state) ||
		pgerrcode.IsOperatorIntervention(state) ||
		pgerrcode.IsInvalidTransactionState(state) ||
		pgerrcode.IsInternalError(state)
}
