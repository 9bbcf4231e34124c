// Package functionurl is the HTTP side of a Lambda function URL: payload format
// 2.0, buffered, without an authorizer in front.
//
// An [Endpoint] turns one event into one response. It answers preflights, checks
// the method, the access token and the body, and writes headers, errors and the
// log line, so that a handler contains only its own arguments and one call. The
// order is fixed: preflight, method, token, body, handler; without a valid token
// nothing after it is reached.
//
// No response reveals anything internal: a failure that is not a [refusal.Error]
// is internal_error, and its cause is only in the log, under the request id that
// the response contains.
package functionurl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/uuid"

	"mentorpause/shared/auth"
	"mentorpause/shared/refusal"
)

// deadlineMargin is how much earlier than the invocation's deadline a handler has
// to end, so that the caller gets deadline_exceeded. Otherwise Lambda would kill
// the function, and the caller would get a bare 502.
const deadlineMargin = 250 * time.Millisecond

// Endpoint is one function behind its URL.
type Endpoint struct {
	Name     string   // in the log as "function"
	Methods  []string // allowed besides OPTIONS
	Verifier *auth.Verifier
	Log      *slog.Logger

	// The body that it takes: by default JSON of at most 16 KiB.
	MaxBody    int      // bytes
	MediaTypes []string // in lower case, without parameters; [Request.Body] has what was sent

	// Handle answers a request with a known caller. Its context ends before the
	// invocation's deadline. Errors that the caller may see are [refusal.Error]s.
	Handle func(context.Context, *Request) (Answer, error)
}

// Request is what a handler sees of a request.
type Request struct {
	Caller auth.Identity

	event events.LambdaFunctionURLRequest
	body  []byte // base64 decoded; empty or of one of the endpoint's media types
}

// Method is the request's method, one of the endpoint's.
func (r *Request) Method() string { return r.event.RequestContext.HTTP.Method }

// Answer is a success: status 200 with a body, JSON unless it says otherwise.
type Answer struct {
	Body     json.RawMessage // sent as it is
	File     *File           // what the body is when it is not JSON
	Replayed bool            // the stored answer to an earlier request with the same idempotency key

	// Revalidate lets the caller keep the answer and check it later: it is sent
	// with an etag, compressed where accepted, and not sent at all if the caller
	// has it already.
	Revalidate bool
}

// File is a body that is to be saved.
type File struct {
	MediaType string
	Name      string // in ASCII
}

// Invoke is the Lambda handler. The error is always nil: whatever happens, the
// caller gets a response that docs/openapi.yaml describes.
func (e Endpoint) Invoke(ctx context.Context, event events.LambdaFunctionURLRequest) (events.LambdaFunctionURLResponse, error) {
	started := time.Now()
	requestID := requestID(ctx, event)
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, deadline.Add(-deadlineMargin))
		defer cancel()
	}

	var (
		request  = &Request{event: event}
		response events.LambdaFunctionURLResponse
		failure  error
	)
	if event.RequestContext.HTTP.Method == http.MethodOptions {
		response = e.preflight()
	} else {
		var answer Answer
		if answer, failure = e.answer(ctx, request); failure == nil {
			response, failure = request.respond(answer)
		}
		if failure != nil {
			response = e.refuse(failure)
		}
	}
	response.Headers["access-control-allow-origin"] = "*"
	response.Headers["access-control-expose-headers"] = exposedHeaders
	response.Headers["x-request-id"] = requestID

	e.log(ctx, request, requestID, response, failure, time.Since(started))
	return response, nil
}

// answer does everything before the handler, then calls it. A panic becomes an
// error with its stack.
func (e Endpoint) answer(ctx context.Context, r *Request) (_ Answer, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicked{value, debug.Stack()}
		}
	}()
	if !slices.Contains(e.Methods, r.Method()) {
		return Answer{}, refusal.New(refusal.MethodNotAllowed)
	}
	if r.Caller, err = e.Verifier.Verify(ctx, r.header("authorization")); err != nil {
		return Answer{}, err
	}
	if r.body, err = e.readBody(r); err != nil {
		return Answer{}, err
	}
	return e.Handle(ctx, r)
}

// panicked is the error that a panic becomes.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// refusalFrom returns the refusal that the caller gets for err.
func refusalFrom(err error) *refusal.Error {
	refused := refusal.From(err)
	if refused.Code == refusal.InternalError && errors.Is(err, context.DeadlineExceeded) {
		return refusal.New(refusal.DeadlineExceeded).Because(err)
	}
	if !refused.Code.Known() {
		return refusal.New(refusal.InternalError).Because(err)
	}
	return refused
}

// log writes a request's one line. The line contains nothing that the caller sent,
// and the cause of a refusal only where it can't quote the body: for the token's
// checks and for faults of ours.
func (e Endpoint) log(ctx context.Context, r *Request, requestID string, response events.LambdaFunctionURLResponse, failure error, took time.Duration) {
	attributes := []slog.Attr{
		slog.String("request_id", requestID),
		slog.String("function", e.Name),
		slog.String("method", loggedMethod(r.event.RequestContext.HTTP.Method)),
		slog.Int("status", response.StatusCode),
		slog.Float64("duration_ms", float64(took.Microseconds())/1000),
	}
	if r.Caller.UserID != "" {
		attributes = append(attributes, slog.String("user_id", r.Caller.UserID))
	}
	level := slog.LevelInfo
	if failure != nil {
		attributes = append(attributes, slog.String("code", response.Headers["sb-error-code"]))
		if response.StatusCode >= 500 {
			level = slog.LevelError
		}
		if response.StatusCode >= 500 || response.StatusCode == http.StatusUnauthorized {
			attributes = append(attributes, slog.String("cause", failure.Error()))
		}
		if p, ok := errors.AsType[*panicked](failure); ok {
			attributes = append(attributes, slog.String("stack", string(p.stack)))
		}
	}
	e.Log.LogAttrs(ctx, level, "request", attributes...)
}

// loggedMethod keeps text chosen by the caller out of the log.
func loggedMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}

// requestID is the id in Lambda's own log lines, or else the function URL's, or
// else a new one.
func requestID(ctx context.Context, event events.LambdaFunctionURLRequest) string {
	if invocation, ok := lambdacontext.FromContext(ctx); ok && invocation.AwsRequestID != "" {
		return invocation.AwsRequestID
	}
	if id := event.RequestContext.RequestID; id != "" && !strings.ContainsFunc(id, unfitForHeader) {
		return id
	}
	return uuid.NewString()
}

func unfitForHeader(r rune) bool { return r <= ' ' || r > '~' }

// header returns a request header; several values are joined by commas. name is
// in lower case, as Lambda delivers it; a stand-in for Lambda that keeps the
// client's spelling is understood too.
func (r *Request) header(name string) string {
	value, _ := r.lookupHeader(name)
	return value
}

func (r *Request) lookupHeader(name string) (value string, present bool) {
	if value, present = r.event.Headers[name]; present {
		return value, true
	}
	for other, value := range r.event.Headers {
		if strings.EqualFold(other, name) {
			return value, true
		}
	}
	return "", false
}
