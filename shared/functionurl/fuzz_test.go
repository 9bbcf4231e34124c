package functionurl_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"mentorpause/shared/functionurl"
	"mentorpause/shared/refusal"
)

// Whatever comes in, the answer is a response of the contract: never a 5xx, for
// no fault is ours, and always JSON where there is a body.
func FuzzInvoke(f *testing.F) {
	token := bearer()
	f.Add("POST", token, "application/json", `{"text":"a"}`, "", false, "", "", "gzip")
	f.Add("GET", token, "", "", "search=a&status=b", false, "", `"x", W/"y"`, "gzip;q=0, *")
	f.Add("POST", token, "application/json", "e30=", "", true, "8e03978e-40d5-43e8-bc93-6894a57f9324", "*", "*;q=0")
	f.Add("OPTIONS", "", "", "", "", false, "", "", "")
	f.Add("PUT", "Bearer x", "text/plain", "x", "%zz", false, `"`, "W/", ";q=")
	endpoint, logged := newEndpoint(f, func(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
		if _, err := r.IdempotencyKey(); err != nil {
			return functionurl.Answer{}, err
		}
		if _, err := r.Query("search", "status"); err != nil {
			return functionurl.Answer{}, err
		}
		answer, err := echo(ctx, r)
		answer.Revalidate = true
		return answer, err
	})
	f.Fuzz(func(t *testing.T, method, authorization, contentType, text, query string, inBase64 bool, key, ifNoneMatch, accept string) {
		logged.Reset()
		event := post(text)
		event.RequestContext.HTTP.Method = method
		event.RawQueryString = query
		event.IsBase64Encoded = inBase64
		event.Headers = map[string]string{
			"authorization": authorization, "content-type": contentType, "if-none-match": ifNoneMatch, "accept-encoding": accept,
		}
		if key != "" {
			event.Headers["Idempotency-Key"] = key
		}

		response := invoke(t, endpoint, event)

		for name, want := range map[string]string{
			"access-control-allow-origin":   "*",
			"access-control-expose-headers": "etag, retry-after, sb-error-code, x-request-id, idempotent-replayed",
			"x-request-id":                  requestID,
		} {
			if response.Headers[name] != want {
				t.Errorf("%s: %q", name, response.Headers[name])
			}
		}
		for name, value := range response.Headers {
			if strings.ContainsAny(value, "\r\n\x00") {
				t.Errorf("%s: %q", name, value)
			}
		}
		if len(logged.Bytes()) > 1024 {
			t.Errorf("logged %s", logged)
		}
		logged.line(t)
		switch status := response.StatusCode; {
		case status == http.StatusOK:
			if !json.Valid([]byte(plainBody(t, response))) {
				t.Errorf("body %q", response.Body)
			}
		case status == http.StatusNoContent, status == http.StatusNotModified:
			if response.Body != "" {
				t.Errorf("status %d with body %q", status, response.Body)
			}
		case status < 500:
			if got := readRefusal(t, response); !refusal.Code(got.Code).Known() || refusal.Code(got.Code).Status() != status {
				t.Errorf("status %d with code %q", status, got.Code)
			}
		default:
			t.Errorf("status %d: %s", status, response.Body)
		}
	})
}
