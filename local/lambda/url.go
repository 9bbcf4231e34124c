package lambda

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"
)

// URL is the function's URL: a handler that turns a request into an event of
// payload format 2.0 and the function's answer into a response. Like Lambda, it
// tells the caller nothing about a failure of the function (502, for a missed
// deadline too); the reason is in the output. A request larger than [MaxPayload]
// gets 413.
func URL(f *Function) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requestID := uuid.NewString()
		w.Header().Set("X-Amzn-Requestid", requestID)

		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxPayload))
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			platformError(w, http.StatusRequestEntityTooLarge)
			return
		} else if err != nil {
			platformError(w, http.StatusBadRequest)
			return
		}
		event, err := json.Marshal(newEvent(r, requestID, body))
		if err != nil { // can't happen with strings only
			platformError(w, http.StatusBadGateway)
			return
		}

		payload, err := f.invoke(r.Context(), requestID, event)
		if err != nil {
			failed, ok := errors.AsType[*Error](err)
			switch {
			case ok && failed.Type == TypeRequestTooLarge: // because of base64 and JSON
				platformError(w, http.StatusRequestEntityTooLarge)
			case errors.Is(err, ErrClosed):
				platformError(w, http.StatusServiceUnavailable)
			case errors.Is(err, context.Canceled): // the client has left
			default:
				platformError(w, http.StatusBadGateway)
			}
			return
		}
		if err := writeResponse(w, payload); err != nil {
			f.output.line(fmt.Sprintf("RequestId: %s Error: %v", requestID, err))
			platformError(w, http.StatusBadGateway)
		}
	})
}

func platformError(w http.ResponseWriter, status int) {
	text := http.StatusText(status)
	if status == http.StatusBadGateway {
		text = "Internal Server Error" // as Lambda says with a 502
	}
	reply(w, status, map[string]string{"Message": text})
}

// newEvent describes the request as Lambda does.
func newEvent(r *http.Request, requestID string, body []byte) events.LambdaFunctionURLRequest {
	sourceIP, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		sourceIP = r.RemoteAddr
	}
	now := time.Now().UTC()
	event := events.LambdaFunctionURLRequest{
		Version:               "2.0",
		RawPath:               r.URL.EscapedPath(),
		RawQueryString:        r.URL.RawQuery,
		Headers:               map[string]string{},
		QueryStringParameters: queryParameters(r.URL.RawQuery),
		RequestContext: events.LambdaFunctionURLRequestContext{
			AccountID:    "anonymous",
			RequestID:    requestID,
			APIID:        "local",
			DomainName:   r.Host,
			DomainPrefix: "local",
			Time:         now.Format("02/Jan/2006:15:04:05 -0700"),
			TimeEpoch:    now.UnixMilli(),
			HTTP: events.LambdaFunctionURLRequestContextHTTPDescription{
				Method:    r.Method,
				Path:      r.URL.EscapedPath(),
				Protocol:  r.Proto,
				SourceIP:  sourceIP,
				UserAgent: r.UserAgent(),
			},
		},
	}
	for name, values := range r.Header {
		if name == "Cookie" {
			for _, v := range values {
				event.Cookies = append(event.Cookies, strings.Split(v, "; ")...)
			}
			continue
		}
		event.Headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	event.Headers["host"] = r.Host
	event.Headers["x-forwarded-for"] = sourceIP
	event.Headers["x-forwarded-proto"] = "http"
	event.Headers["x-amzn-trace-id"] = traceID(requestID)
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		event.Headers["x-forwarded-port"] = port
	}

	switch {
	case len(body) == 0:
	case isText(r.Header) && utf8.Valid(body):
		event.Body = string(body)
	default:
		event.Body = base64.StdEncoding.EncodeToString(body)
		event.IsBase64Encoded = true
	}
	return event
}

// queryParameters decodes a query; the values of a repeated name are joined by
// commas. A pair that cannot be decoded stays as it is.
func queryParameters(raw string) map[string]string {
	if raw == "" {
		return nil
	}
	unescape := func(s string) string {
		if decoded, err := url.QueryUnescape(s); err == nil {
			return decoded
		}
		return s
	}
	parameters := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, value = unescape(name), unescape(value)
		if before, ok := parameters[name]; ok {
			value = before + "," + value
		}
		parameters[name] = value
	}
	return parameters
}

// isText reports whether Lambda passes a body of this type as text. Everything else
// is passed as base64, including forms and bodies without content type.
func isText(header http.Header) bool {
	if header.Get("Content-Encoding") != "" {
		return false
	}
	mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return false
	}
	switch mediaType {
	case "application/json", "application/xml", "application/javascript":
		return true
	}
	return strings.HasPrefix(mediaType, "text/")
}

// writeResponse answers with the function's result: a response with a statusCode,
// or any other JSON, which becomes the body of a 200. If it returns an error,
// nothing has been written.
func writeResponse(w http.ResponseWriter, payload []byte) error {
	var shape struct {
		StatusCode *int `json:"statusCode"`
	}
	if !json.Valid(payload) {
		return errors.New("the function's answer is not JSON")
	}
	if json.Unmarshal(payload, &shape) != nil || shape.StatusCode == nil {
		w.Header().Set("Content-Type", "application/json")
		w.Write(payload)
		return nil
	}

	var response events.LambdaFunctionURLResponse
	if err := json.Unmarshal(payload, &response); err != nil {
		return fmt.Errorf("the function's answer is not a response: %w", err)
	}
	if response.StatusCode < 200 || response.StatusCode > 599 {
		return fmt.Errorf("the function's answer has status %d", response.StatusCode)
	}
	body := []byte(response.Body)
	if response.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(response.Body); err != nil {
			return fmt.Errorf("the function's answer is not the base64 that it says it is: %w", err)
		}
	}

	h := w.Header()
	h["Content-Type"] = nil // otherwise net/http guesses one
	for name, value := range response.Headers {
		switch http.CanonicalHeaderKey(name) {
		case "Connection", "Content-Length", "Transfer-Encoding": // set by the connection itself
		default:
			h.Set(name, value)
		}
	}
	for _, cookie := range response.Cookies {
		h.Add("Set-Cookie", cookie)
	}
	w.WriteHeader(response.StatusCode)
	w.Write(body) // an error means that the client has left
	return nil
}
