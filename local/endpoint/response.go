package endpoint

import (
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/go-json-experiment/json/jsontext"

	"mentorpause/shared/refusal"
)

// WantPreflight asserts that a browser is told which methods the function has.
func WantPreflight(t testing.TB, response events.LambdaFunctionURLResponse, methods string) {
	t.Helper()
	if response.StatusCode != http.StatusNoContent || response.Headers["access-control-allow-methods"] != methods {
		t.Errorf("status %d, headers %v, want %s", response.StatusCode, response.Headers, methods)
	}
}

// WantNoFault asserts that a response is documented and no 5xx, and returns the
// code of its refusal, or "". It is for arbitrary requests to a function that
// lacks nothing, so that any fault is a defect.
func WantNoFault(t testing.TB, response events.LambdaFunctionURLResponse) refusal.Code {
	t.Helper()
	for name, want := range map[string]string{
		"access-control-allow-origin":   "*",
		"access-control-expose-headers": "date, etag, retry-after, sb-error-code, x-request-id, idempotent-replayed",
	} {
		if response.Headers[name] != want {
			t.Errorf("%s: %q", name, response.Headers[name])
		}
	}
	if response.Headers["x-request-id"] == "" {
		t.Error("no x-request-id")
	}
	for name, value := range response.Headers {
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%s: %q", name, value)
		}
	}
	switch status := response.StatusCode; {
	case status == http.StatusOK:
		if response.Headers["content-type"] != "application/json" || !jsontext.Value(Body(t, response)).IsValid() {
			t.Errorf("content-type %q, body %q", response.Headers["content-type"], response.Body)
		}
	case status == http.StatusNoContent, status == http.StatusNotModified:
		if response.Body != "" {
			t.Errorf("status %d with body %q", status, response.Body)
		}
	case status >= 400 && status < 500:
		return wantErrorBody(t, response)
	default:
		t.Errorf("status %d: %s", status, response.Body)
	}
	return ""
}

// wantErrorBody asserts that the four fields are present and no others, and that
// the code is known, has this status and is also in the header.
func wantErrorBody(t testing.TB, response events.LambdaFunctionURLResponse) refusal.Code {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(response.Body), &fields); err != nil || !jsontext.Value(response.Body).IsValid() {
		t.Fatalf("status %d with body %q: %v", response.StatusCode, response.Body, err)
	}
	text, _ := fields["code"].(string)
	code := refusal.Code(text)
	if !code.Known() || code.Status() != response.StatusCode || response.Headers["sb-error-code"] != text {
		t.Errorf("status %d with code %q and sb-error-code %q", response.StatusCode, text, response.Headers["sb-error-code"])
	}
	if message, _ := fields["message"].(string); message == "" {
		t.Errorf("error body %s has no message", response.Body)
	}
	for _, name := range []string{"details", "hint"} {
		value, present := fields[name]
		if _, isText := value.(string); !present || value != nil && !isText {
			t.Errorf("error body %s has no %s of text or null", response.Body, name)
		}
	}
	if len(fields) != 4 || response.Headers["content-type"] != "application/json" {
		t.Errorf("error body %s of type %q", response.Body, response.Headers["content-type"])
	}
	return code
}

// Body returns a response's body, without base64 and gzip.
func Body(t testing.TB, response events.LambdaFunctionURLResponse) []byte {
	t.Helper()
	var content io.Reader = strings.NewReader(response.Body)
	if response.IsBase64Encoded {
		content = base64.NewDecoder(base64.StdEncoding, content)
	}
	if response.Headers["content-encoding"] == "gzip" {
		unzipped, err := gzip.NewReader(content)
		if err != nil {
			t.Fatal(err)
		}
		content = unzipped
	}
	body, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// PlainNames returns a query with each name[] written as name, in the same order.
func PlainNames(query string) string {
	var pairs []string
	for pair := range strings.SplitSeq(query, "&") {
		name, value, hasValue := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil && strings.HasSuffix(plain, "[]") {
			pair = url.QueryEscape(strings.TrimSuffix(plain, "[]"))
			if hasValue {
				pair += "=" + value
			}
		}
		pairs = append(pairs, pair)
	}
	return strings.Join(pairs, "&")
}
