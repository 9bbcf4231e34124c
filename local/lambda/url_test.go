package lambda_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"mentorpause/local/lambda"
)

// serveURL starts the test function behind a real HTTP server.
func serveURL(t *testing.T) (string, *output) {
	t.Helper()
	f, out := start(t, func(c *lambda.Config) { c.Timeout = 2 * time.Second })
	server := httptest.NewServer(lambda.URL(f))
	t.Cleanup(server.Close)
	return server.URL, out
}

func do(t *testing.T, r *http.Request) (*http.Response, []byte) {
	t.Helper()
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

func request(t *testing.T, method, url string, body []byte, header http.Header) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	return r
}

func TestURLEvent(t *testing.T) {
	t.Parallel()
	base, _ := serveURL(t)

	event := func(t *testing.T, method, path string, body []byte, header http.Header) events.LambdaFunctionURLRequest {
		t.Helper()
		response, raw := do(t, request(t, method, base+path, body, header))
		if response.StatusCode != 200 {
			t.Fatalf("status %d: %s", response.StatusCode, raw)
		}
		var e events.LambdaFunctionURLRequest
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		if got := response.Header.Get("X-Amzn-Requestid"); got != e.RequestContext.RequestID {
			t.Errorf("request id %q in the response, %q in the event", got, e.RequestContext.RequestID)
		}
		return e
	}

	t.Run("a request with everything", func(t *testing.T) {
		e := event(t, "POST", "/functions/v1/echo%20this?a=1&a=2&b=%C3%A6+%C3%B8&c&%zz=%", []byte(`{"name":"Åse"}`), http.Header{
			"Content-Type": {"application/json; charset=utf-8"},
			"X-Several":    {"one", "two"},
			"Cookie":       {"k=v; l=w"},
			"User-Agent":   {"test/1"},
		})
		type summary struct {
			Version, Path, Query, Several, Agent, IP, Method, Protocol, Body string
			Cookies                                                          []string
			Parameters                                                       map[string]string
			Base64                                                           bool
		}
		want := summary{
			Version: "2.0", Path: "/functions/v1/echo%20this", Query: "a=1&a=2&b=%C3%A6+%C3%B8&c&%zz=%",
			Several: "one,two", Agent: "test/1", IP: "127.0.0.1", Method: "POST", Protocol: "HTTP/1.1",
			Body: `{"name":"Åse"}`, Cookies: []string{"k=v", "l=w"},
			Parameters: map[string]string{"a": "1,2", "b": "æ ø", "c": "", "%zz": "%"},
		}
		got := summary{
			Version: e.Version, Path: e.RawPath, Query: e.RawQueryString,
			Several: e.Headers["x-several"], Agent: e.RequestContext.HTTP.UserAgent, IP: e.RequestContext.HTTP.SourceIP,
			Method: e.RequestContext.HTTP.Method, Protocol: e.RequestContext.HTTP.Protocol,
			Body: e.Body, Cookies: e.Cookies, Parameters: e.QueryStringParameters, Base64: e.IsBase64Encoded,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("event (-want +got):\n%s", diff)
		}
		if _, ok := e.Headers["cookie"]; ok {
			t.Error("the cookies are among the headers too")
		}
		if host := strings.TrimPrefix(base, "http://"); e.Headers["host"] != host {
			t.Errorf("host %q, want %q", e.Headers["host"], host)
		}
	})

	bodies := []struct {
		name, contentType, encoding string
		body                        []byte
		wantBody                    string
		wantBase64                  bool
	}{
		{"JSON is text", "application/json", "", []byte(`{}`), `{}`, false},
		{"any text is text", "text/csv", "", []byte("a;b"), "a;b", false},
		{"a form goes as base64", "application/x-www-form-urlencoded", "", []byte("a=1"), "YT0x", true},
		{"no content type goes as base64", "", "", []byte("{}"), "e30=", true},
		{"bytes go as base64", "application/octet-stream", "", []byte{0, 0xff, 0x80, '\n'}, "AP+ACg==", true},
		{"text that is not UTF-8 goes as base64", "application/json", "", []byte{'"', 0xff, '"'}, "Iv8i", true},
		{"compressed text goes as base64", "application/json", "gzip", []byte("{}"), "e30=", true},
		{"no body is neither", "application/json", "", nil, "", false},
	}
	for _, test := range bodies {
		t.Run(test.name, func(t *testing.T) {
			header := http.Header{}
			if test.contentType != "" {
				header.Set("Content-Type", test.contentType)
			}
			if test.encoding != "" {
				header.Set("Content-Encoding", test.encoding)
			}
			e := event(t, "POST", "/", test.body, header)
			if e.Body != test.wantBody || e.IsBase64Encoded != test.wantBase64 {
				t.Errorf("body %q, base64 %t; want %q, %t", e.Body, e.IsBase64Encoded, test.wantBody, test.wantBase64)
			}
		})
	}
}

func TestURLResponse(t *testing.T) {
	t.Parallel()
	base, out := serveURL(t)

	tests := []struct {
		name, path string
		wantStatus int
		wantBody   string
		wantHeader http.Header // nil value: must be absent
	}{
		{"an answer without status is the body of a 200", "/plain", 200, `{"hello":"world"}`, http.Header{"Content-Type": {"application/json"}}},
		{"base64 becomes bytes, and the length is theirs", "/binary", 200, "\x00\xff\x80\n",
			http.Header{"Content-Type": {"application/octet-stream"}, "Content-Length": {"4"}}},
		{"cookies become headers of their own", "/cookies", 201, "made", http.Header{"Set-Cookie": {"a=1; Secure", "b=2"}, "Content-Type": nil}},
		{"no body stays no body", "/empty", 204, "", http.Header{"Etag": {`"x"`}, "Content-Type": nil}},
		{"an error of the function tells nothing", "/error", 502, `{"Message":"Internal Server Error"}` + "\n", nil},
		{"a crash tells nothing", "/exit", 502, `{"Message":"Internal Server Error"}` + "\n", nil},
		{"a deadline that passes tells nothing", "/hang", 502, `{"Message":"Internal Server Error"}` + "\n", nil},
		{"base64 that is none is refused", "/bad-base64", 502, `{"Message":"Internal Server Error"}` + "\n", nil},
		{"a status that is none is refused", "/bad-status", 502, `{"Message":"Internal Server Error"}` + "\n", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			response, body := do(t, request(t, "GET", base+test.path, nil, http.Header{}))
			if response.StatusCode != test.wantStatus || string(body) != test.wantBody {
				t.Errorf("%d %q, want %d %q", response.StatusCode, body, test.wantStatus, test.wantBody)
			}
			for name, want := range test.wantHeader {
				if diff := cmp.Diff(want, response.Header[name]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
		})
	}

	t.Run("the output tells what the caller was not told", func(t *testing.T) {
		for _, want := range []string{lambda.TypeExited, "task timed out after 2.00 seconds", "is not the base64", "has status 7", "a secret of the inside"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q is not in the output:\n%s", want, out)
			}
		}
	})

	t.Run("a body over the limit is 413", func(t *testing.T) {
		response, _ := do(t, request(t, "POST", base+"/", make([]byte, lambda.MaxPayload+1), http.Header{}))
		if response.StatusCode != 413 {
			t.Errorf("status %d", response.StatusCode)
		}
	})

	t.Run("a body that base64 makes too large is 413", func(t *testing.T) {
		response, _ := do(t, request(t, "POST", base+"/", make([]byte, lambda.MaxPayload-1), http.Header{}))
		if response.StatusCode != 413 {
			t.Errorf("status %d", response.StatusCode)
		}
	})
}
