package functionurl

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"mentorpause/shared/refusal"
)

const (
	exposedHeaders = "etag, retry-after, sb-error-code, x-request-id, idempotent-replayed"
	allowedHeaders = "authorization, apikey, content-type, x-client-info, x-region, x-retry-count, traceparent, tracestate, baggage, idempotency-key, if-none-match"

	preflightMaxAge = "86400" // seconds; browsers have lower limits
	retryAfter      = "2"     // seconds
)

// allowedMethods is the list for the headers allow and access-control-allow-methods.
func (e Endpoint) allowedMethods() string {
	return strings.Join(append(e.Methods[:len(e.Methods):len(e.Methods)], http.MethodOptions), ", ")
}

func (e Endpoint) preflight() events.LambdaFunctionURLResponse {
	return events.LambdaFunctionURLResponse{
		StatusCode: http.StatusNoContent,
		Headers: map[string]string{
			"access-control-allow-methods": e.allowedMethods(),
			"access-control-allow-headers": allowedHeaders,
			"access-control-max-age":       preflightMaxAge,
		},
	}
}

// refuse writes the error body, in the shape of PostgREST's. For a status of 500
// and above the caller sees the code's default sentence only.
func (e Endpoint) refuse(err error) events.LambdaFunctionURLResponse {
	refused := refusalFrom(err)
	status := refused.Code.Status()
	if status >= 500 {
		refused = refusal.New(refused.Code)
	}
	// Marshalling strings can't fail; invalid UTF-8 is replaced.
	body, _ := json.Marshal(struct {
		Code    refusal.Code `json:"code"`
		Message string       `json:"message"`
		Details *string      `json:"details"`
		Hint    *string      `json:"hint"`
	}{refused.Code, refused.Message, refused.Details, refused.Hint})

	headers := map[string]string{
		"content-type":  "application/json",
		"cache-control": "no-store",
		"sb-error-code": string(refused.Code),
	}
	switch status {
	case http.StatusUnauthorized:
		headers["www-authenticate"] = "Bearer"
	case http.StatusMethodNotAllowed:
		headers["allow"] = e.allowedMethods()
	case http.StatusServiceUnavailable:
		headers["retry-after"] = retryAfter
	}
	return events.LambdaFunctionURLResponse{StatusCode: status, Headers: headers, Body: string(body)}
}

func (r *Request) respond(a Answer) events.LambdaFunctionURLResponse {
	if a.Revalidate {
		return r.revalidate(a.Body)
	}
	headers := map[string]string{
		"content-type":  "application/json",
		"cache-control": "no-store",
	}
	if a.Replayed {
		headers["idempotent-replayed"] = "true"
	}
	return events.LambdaFunctionURLResponse{StatusCode: http.StatusOK, Headers: headers, Body: string(a.Body)}
}
