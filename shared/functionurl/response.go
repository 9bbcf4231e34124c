package functionurl

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"mentorpause/shared/refusal"
)

const (
	exposedHeaders = "date, etag, retry-after, sb-error-code, x-request-id, idempotent-replayed"
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
		"content-type":  jsonType,
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

// An answer passes through Lambda as text in JSON, of at most 6 MB.
const (
	maxPlain      = 4_000_000 // bytes; a larger answer is sent only compressed
	maxCompressed = 4_500_000 // bytes, which are 6 million in base64
	maxText       = 1_000_000 // bytes, each of which may need six in JSON
)

// respond writes a success. An answer that is too large is payload_too_large.
func (r *Request) respond(a Answer) (events.LambdaFunctionURLResponse, error) {
	compress, allowed := acceptsGzip(r.header("accept-encoding"))
	headers := map[string]string{"cache-control": "no-store"}
	if a.Replayed {
		headers["idempotent-replayed"] = "true"
	}
	if a.Revalidate {
		if shown, isKept := r.revalidate(a.Body, compress || allowed && len(a.Body) > maxPlain, headers); isKept {
			headers["etag"] = shown
			return events.LambdaFunctionURLResponse{StatusCode: http.StatusNotModified, Headers: headers}, nil
		}
	}

	headers["content-type"] = jsonType
	if a.File != nil {
		headers["content-type"] = a.File.MediaType
		headers["content-disposition"] = `attachment; filename="` + a.File.Name + `"`
		return events.LambdaFunctionURLResponse{
			StatusCode: http.StatusOK, Headers: headers, Body: base64.StdEncoding.EncodeToString(a.Body), IsBase64Encoded: true,
		}, nil
	}
	response := events.LambdaFunctionURLResponse{StatusCode: http.StatusOK, Headers: headers, Body: string(a.Body)}
	switch {
	case a.Revalidate && compress, len(a.Body) > maxPlain && allowed:
		zipped := compressed(a.Body)
		if len(zipped) > maxCompressed {
			return events.LambdaFunctionURLResponse{}, refusal.Newf(refusal.PayloadTooLarge, "The answer is too large.").
				WithHint("Ask for less.")
		}
		headers["content-encoding"], headers["vary"] = "gzip", "accept-encoding"
		response.Body, response.IsBase64Encoded = base64.StdEncoding.EncodeToString(zipped), true
	case len(a.Body) > maxPlain:
		return events.LambdaFunctionURLResponse{}, refusal.Newf(refusal.PayloadTooLarge, "The answer is too large to be sent uncompressed.").
			WithHint("Accept gzip, in the header accept-encoding, or ask for less.")
	case len(a.Body) > maxText:
		response.Body, response.IsBase64Encoded = base64.StdEncoding.EncodeToString(a.Body), true
	}
	return response, nil
}
