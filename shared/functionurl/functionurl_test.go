package functionurl_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mentorpause/local/authserver"
	"mentorpause/shared/auth"
	"mentorpause/shared/functionurl"
	"mentorpause/shared/refusal"
)

// Every response has exactly these headers, and those of its kind.
func TestHeadersOfEveryKindOfResponse(t *testing.T) {
	t.Parallel()
	always := map[string]string{
		"access-control-allow-origin":   "*",
		"access-control-expose-headers": "date, etag, retry-after, sb-error-code, x-request-id, idempotent-replayed",
		"x-request-id":                  requestID,
	}
	failing := func(err error) handle {
		return func(context.Context, *functionurl.Request) (functionurl.Answer, error) {
			return functionurl.Answer{}, err
		}
	}
	answering := func(answer functionurl.Answer) handle {
		return func(context.Context, *functionurl.Request) (functionurl.Answer, error) { return answer, nil }
	}
	method := func(name string) func(*events.LambdaFunctionURLRequest) {
		return func(event *events.LambdaFunctionURLRequest) { event.RequestContext.HTTP.Method = name }
	}
	tests := map[string]struct {
		change  func(*events.LambdaFunctionURLRequest)
		handle  handle
		status  int
		headers map[string]string
	}{
		"success": {
			handle: answering(functionurl.Answer{Body: json.RawMessage(`{}`)}),
			status: 200,
			headers: map[string]string{
				"content-type":  "application/json",
				"cache-control": "no-store",
			},
		},
		"replayed success": {
			handle: answering(functionurl.Answer{Body: json.RawMessage(`{}`), Replayed: true}),
			status: 200,
			headers: map[string]string{
				"content-type":        "application/json",
				"cache-control":       "no-store",
				"idempotent-replayed": "true",
			},
		},
		"preflight without a token": {
			change: func(event *events.LambdaFunctionURLRequest) {
				event.RequestContext.HTTP.Method = http.MethodOptions
				event.Headers = map[string]string{"origin": "https://app.example.org", "access-control-request-method": "POST"}
				event.Body = ""
			},
			status: 204,
			headers: map[string]string{
				"access-control-allow-methods": "GET, POST, OPTIONS",
				"access-control-allow-headers": "authorization, apikey, content-type, x-client-info, x-region, x-retry-count, traceparent, tracestate, baggage, idempotency-key, if-none-match",
				"access-control-max-age":       "86400",
			},
		},
		"wrong method, before the token": {
			change: func(event *events.LambdaFunctionURLRequest) {
				event.RequestContext.HTTP.Method = http.MethodDelete
				delete(event.Headers, "authorization")
			},
			status:  405,
			headers: map[string]string{"sb-error-code": "method_not_allowed", "allow": "GET, POST, OPTIONS"},
		},
		"method in lower case": {
			change:  method("post"),
			status:  405,
			headers: map[string]string{"sb-error-code": "method_not_allowed", "allow": "GET, POST, OPTIONS"},
		},
		"no token, before the body": {
			change: func(event *events.LambdaFunctionURLRequest) {
				delete(event.Headers, "authorization")
				event.Body = "not JSON"
			},
			status:  401,
			headers: map[string]string{"sb-error-code": "unauthenticated", "www-authenticate": "Bearer"},
		},
		"expired token": {
			change: func(event *events.LambdaFunctionURLRequest) {
				event.Headers["authorization"] = bearer(authserver.Expires(time.Now().Add(-time.Hour)))
			},
			status:  401,
			headers: map[string]string{"sb-error-code": "unauthenticated", "www-authenticate": "Bearer"},
		},
		"invalid body": {
			change:  func(event *events.LambdaFunctionURLRequest) { event.Body = "{" },
			status:  400,
			headers: map[string]string{"sb-error-code": "invalid_request"},
		},
		"body too large": {
			change: func(event *events.LambdaFunctionURLRequest) {
				event.Body = `{"text":"` + strings.Repeat("x", 16<<10) + `"}`
			},
			status:  413,
			headers: map[string]string{"sb-error-code": "payload_too_large"},
		},
		"body of another type": {
			change:  func(event *events.LambdaFunctionURLRequest) { event.Headers["content-type"] = "text/plain" },
			status:  415,
			headers: map[string]string{"sb-error-code": "unsupported_media_type"},
		},
		"conflict": {
			handle:  failing(refusal.New(refusal.VersionConflict).WithDetails("4")),
			status:  409,
			headers: map[string]string{"sb-error-code": "version_conflict"},
		},
		"database unavailable": {
			handle:  failing(refusal.New(refusal.DatabaseUnavailable)),
			status:  503,
			headers: map[string]string{"sb-error-code": "database_unavailable", "retry-after": "2"},
		},
		"handler out of time": {
			handle:  failing(fmt.Errorf("reading: %w", context.DeadlineExceeded)),
			status:  504,
			headers: map[string]string{"sb-error-code": "deadline_exceeded"},
		},
		"unexpected error": {
			handle:  failing(errors.New("secret of the inside")),
			status:  500,
			headers: map[string]string{"sb-error-code": "internal_error"},
		},
		"refusal with an unknown code": {
			handle:  failing(&refusal.Error{Code: "made_up", Message: "secret of the inside"}),
			status:  500,
			headers: map[string]string{"sb-error-code": "internal_error"},
		},
		"panic": {
			handle:  func(context.Context, *functionurl.Request) (functionurl.Answer, error) { panic("secret of the inside") },
			status:  500,
			headers: map[string]string{"sb-error-code": "internal_error"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.handle == nil {
				test.handle = echo
			}
			endpoint, _ := newEndpoint(t, test.handle)
			event := post(`{}`)
			if test.change != nil {
				test.change(&event)
			}

			response := invoke(t, endpoint, event)

			want := maps.Clone(test.headers)
			maps.Copy(want, always)
			if test.status >= 400 {
				want["content-type"] = "application/json"
				want["cache-control"] = "no-store"
			}
			if response.StatusCode != test.status {
				t.Errorf("status %d, want %d; body %s", response.StatusCode, test.status, response.Body)
			}
			if diff := cmp.Diff(want, response.Headers); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			if test.status == 204 && response.Body != "" {
				t.Errorf("body %q of a 204", response.Body)
			}
			if test.status >= 400 {
				readRefusal(t, response)
			}
			if strings.Contains(response.Body, "secret") {
				t.Errorf("body %s tells of the inside", response.Body)
			}
		})
	}
}

// Every code reaches the caller with its status and its header.
func TestEveryCodeIsAnswered(t *testing.T) {
	t.Parallel()
	for _, code := range refusal.Codes() {
		t.Run(string(code), func(t *testing.T) {
			t.Parallel()
			endpoint, logged := newEndpoint(t, func(context.Context, *functionurl.Request) (functionurl.Answer, error) {
				return functionurl.Answer{}, refusal.Newf(code, "A sentence.").WithDetails("details").WithHint("hint").
					Because(errors.New("the cause"))
			})

			response := invoke(t, endpoint, post(`{}`))

			if response.StatusCode != code.Status() {
				t.Errorf("status %d, want %d", response.StatusCode, code.Status())
			}
			want := refused{Code: string(code), Message: "A sentence.", Details: new("details"), Hint: new("hint")}
			if code.Status() >= 500 {
				want = refused{Code: string(code), Message: code.Message()}
			}
			if diff := cmp.Diff(want, readRefusal(t, response)); diff != "" {
				t.Errorf("error body (-want +got):\n%s", diff)
			}
			line := logged.line(t)
			if line["code"] != string(code) || line["status"] != float64(code.Status()) {
				t.Errorf("logged %v", line)
			}
			if cause, logged := line["cause"].(string); logged != (code.Status() >= 500 || code.Status() == 401) ||
				logged && !strings.Contains(cause, "the cause") {
				t.Errorf("logged the cause %q of %s", cause, code)
			}
		})
	}
}

func TestKeysOutOfReachAreAuthUnavailable(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close() // nobody answers there now
	elsewhere := authserver.New("http://" + listener.Addr().String())
	endpoint, _ := newEndpoint(t, echo)
	endpoint.Verifier = newVerifier(t, auth.Settings{SupabaseURL: elsewhere.URL})
	event := post(`{}`)
	event.Headers["authorization"] = "Bearer " + elsewhere.Token(userID)

	response := invoke(t, endpoint, event)

	if got := readRefusal(t, response).Code; response.StatusCode != 503 || got != "auth_unavailable" {
		t.Errorf("%d %s", response.StatusCode, got)
	}
	if response.Headers["retry-after"] == "" {
		t.Error("no retry-after")
	}
}

func TestHandlerGetsTheVerifiedCaller(t *testing.T) {
	t.Parallel()
	var caller auth.Identity
	endpoint, _ := newEndpoint(t, func(_ context.Context, r *functionurl.Request) (functionurl.Answer, error) {
		caller = r.Caller
		return functionurl.Answer{Body: json.RawMessage(`{}`)}, nil
	})

	invoke(t, endpoint, post(""))

	var claims struct{ Sub string }
	if err := json.Unmarshal(caller.Claims, &claims); err != nil {
		t.Fatal(err)
	}
	if caller.UserID != userID || claims.Sub != userID {
		t.Errorf("caller %q with claims of %q", caller.UserID, claims.Sub)
	}
}

func TestHandlerIsNotReachedByRefusedRequests(t *testing.T) {
	t.Parallel()
	changes := map[string]func(*events.LambdaFunctionURLRequest){
		"preflight":    func(event *events.LambdaFunctionURLRequest) { event.RequestContext.HTTP.Method = http.MethodOptions },
		"wrong method": func(event *events.LambdaFunctionURLRequest) { event.RequestContext.HTTP.Method = http.MethodPut },
		"no method":    func(event *events.LambdaFunctionURLRequest) { event.RequestContext.HTTP.Method = "" },
		"no headers":   func(event *events.LambdaFunctionURLRequest) { event.Headers = nil },
		"anonymous token": func(event *events.LambdaFunctionURLRequest) {
			event.Headers["authorization"] = bearer(authserver.Anonymous())
		},
		"type missing": func(event *events.LambdaFunctionURLRequest) { delete(event.Headers, "content-type") },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint, _ := newEndpoint(t, func(context.Context, *functionurl.Request) (functionurl.Answer, error) {
				t.Error("the handler was called")
				return functionurl.Answer{}, nil
			})
			event := post(`{}`)
			change(&event)
			if response := invoke(t, endpoint, event); response.StatusCode == 200 {
				t.Errorf("status %d", response.StatusCode)
			}
		})
	}
}

func TestHeaderNamesAreReadInAnyCase(t *testing.T) {
	t.Parallel()
	endpoint, _ := newEndpoint(t, echo)
	event := post(`{}`)
	event.Headers = map[string]string{"Authorization": bearer(), "CONTENT-TYPE": "Application/JSON; charset=UTF-8"}
	if response := invoke(t, endpoint, event); response.StatusCode != 200 {
		t.Errorf("status %d: %s", response.StatusCode, response.Body)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	invoked := func(ctx context.Context, id string) string {
		endpoint, logged := newEndpoint(t, echo)
		event := post("")
		event.RequestContext.RequestID = id
		response, err := endpoint.Invoke(ctx, event)
		if err != nil {
			t.Fatal(err)
		}
		if line := logged.line(t); line["request_id"] != response.Headers["x-request-id"] {
			t.Errorf("logged %v, answered %v", line["request_id"], response.Headers["x-request-id"])
		}
		return response.Headers["x-request-id"]
	}
	lambda := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "lambda-1"})

	if got := invoked(lambda, "url-1"); got != "lambda-1" {
		t.Errorf("%q, want Lambda's", got)
	}
	if got := invoked(t.Context(), "url-1"); got != "url-1" {
		t.Errorf("%q, want the function URL's", got)
	}
	for _, unfit := range []string{"", "a\r\nset-cookie: b", "å"} {
		if got := invoked(t.Context(), unfit); uuid.Validate(got) != nil {
			t.Errorf("%q for %q, want a new one", got, unfit)
		}
	}
}

func TestHandlerIsStoppedBeforeTheInvocationIs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		endpoint, logged := newEndpoint(t, func(ctx context.Context, _ *functionurl.Request) (functionurl.Answer, error) {
			<-ctx.Done()
			return functionurl.Answer{}, ctx.Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()

		response, err := endpoint.Invoke(ctx, post(`{}`))

		if err != nil || response.StatusCode != 504 {
			t.Errorf("status %d, error %v", response.StatusCode, err)
		}
		if ctx.Err() != nil {
			t.Error("answered after the invocation's deadline")
		}
		if took := logged.line(t)["duration_ms"].(float64); took < 2000 || took > 3000 {
			t.Errorf("took %v ms", took)
		}
	})
}

func TestPanicIsLoggedWithItsStack(t *testing.T) {
	t.Parallel()
	endpoint, logged := newEndpoint(t, func(context.Context, *functionurl.Request) (functionurl.Answer, error) {
		panic("a fault of ours")
	})
	invoke(t, endpoint, post(`{}`))
	line := logged.line(t)
	if cause, _ := line["cause"].(string); !strings.Contains(cause, "a fault of ours") {
		t.Errorf("cause %q", cause)
	}
	if stack, _ := line["stack"].(string); !strings.Contains(stack, "functionurl_test.go") {
		t.Errorf("stack %q", stack)
	}
	if line["level"] != "ERROR" {
		t.Errorf("level %v", line["level"])
	}
}

// The log line says who did what with which result, and nothing from the request.
func TestLogHoldsNothingThatWasSent(t *testing.T) {
	t.Parallel()
	const secret = "diagnosis"
	bodies := map[string]string{
		"accepted":      `{"text":"` + secret + `"}`,
		"unknown field": `{"` + secret + `":1}`,
		"wrong type":    `{"number":"` + secret + `"}`,
		"broken":        `{"text":"` + secret,
		"duplicate":     `{"text":"` + secret + `","text":"` + secret + `"}`,
	}
	for name, text := range bodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint, logged := newEndpoint(t, echo)
			event := post(text)
			event.RawQueryString = "search=" + secret
			event.RawPath = "/" + secret
			event.Headers["user-agent"] = secret
			event.Headers["idempotency-key"] = secret
			token := event.Headers["authorization"]

			response := invoke(t, endpoint, event)

			written := logged.String()
			if strings.Contains(written, secret) || strings.Contains(written, token[len(token)-20:]) {
				t.Errorf("logged %s", written)
			}
			line := logged.line(t)
			want := map[string]any{
				"level": "INFO", "msg": "request", "request_id": requestID, "function": "test", "method": "POST",
				"status": float64(response.StatusCode), "user_id": userID,
			}
			if response.StatusCode >= 400 {
				want["code"] = "invalid_request"
			}
			delete(line, "time")
			if _, ok := line["duration_ms"].(float64); !ok {
				t.Errorf("duration_ms %v", line["duration_ms"])
			}
			delete(line, "duration_ms")
			if diff := cmp.Diff(want, line); diff != "" {
				t.Errorf("line (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBodyInBase64(t *testing.T) {
	t.Parallel()
	largest := `{"text":"` + strings.Repeat("x", 16<<10-len(`{"text":""}`)) + `"}`
	tests := map[string]struct {
		body   string
		status int
	}{
		"decoded":          {base64.StdEncoding.EncodeToString([]byte(`{"text":"å"}`)), 200},
		"malformed":        {"%%%", 400},
		"largest accepted": {base64.StdEncoding.EncodeToString([]byte(largest)), 200},
		"one byte more":    {base64.StdEncoding.EncodeToString([]byte(largest + " ")), 413},
		"far larger":       {base64.StdEncoding.EncodeToString(make([]byte, 1<<20)), 413},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint, _ := newEndpoint(t, echo)
			event := post(test.body)
			event.IsBase64Encoded = true
			response := invoke(t, endpoint, event)
			if response.StatusCode != test.status {
				t.Errorf("status %d, want %d: %s", response.StatusCode, test.status, response.Body)
			}
			if name == "decoded" && response.Body != `{"text":"å","number":null,"list":null}` {
				t.Errorf("read %s", response.Body)
			}
		})
	}
}

func TestSizeOfBody(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		most, size, status int
		hint               string
	}{
		"largest":                        {0, 16 << 10, 200, ""},
		"one byte more":                  {0, 16<<10 + 1, 413, "A body may have at most 16 KiB."},
		"largest of a function's own":    {4 << 20, 4 << 20, 200, ""},
		"one byte more of that function": {4 << 20, 4<<20 + 1, 413, "A body may have at most 4096 KiB."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint, _ := newEndpoint(t, echo)
			endpoint.MaxBody = test.most
			text := `{"text":"` + strings.Repeat("x", test.size-len(`{"text":""}`)) + `"}`
			for _, inBase64 := range []bool{false, true} {
				event := post(text)
				event.Headers["accept-encoding"] = "gzip"
				if inBase64 {
					event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(text)), true
				}
				response := invoke(t, endpoint, event)
				if response.StatusCode != test.status {
					t.Errorf("in base64 %v: status %d, want %d", inBase64, response.StatusCode, test.status)
				}
				if test.hint == "" {
					continue
				}
				if refused := readRefusal(t, response); refused.Hint == nil || *refused.Hint != test.hint {
					t.Errorf("hint %v, want %q", refused.Hint, test.hint)
				}
			}
		})
	}
}

// A function may take other bodies than JSON.
func TestMediaTypes(t *testing.T) {
	t.Parallel()
	endpoint, _ := newEndpoint(t, func(_ context.Context, r *functionurl.Request) (functionurl.Answer, error) {
		content, mediaType := r.Body()
		text, err := json.Marshal(string(content) + " as " + mediaType)
		return functionurl.Answer{Body: text}, err
	})
	endpoint.MediaTypes = []string{"text/csv", "application/x-test"}
	for contentType, want := range map[string]string{
		"text/csv":               `"a;b as text/csv"`,
		"Text/CSV; charset=x":    `"a;b as text/csv"`,
		"application/x-test":     `"a;b as application/x-test"`,
		"application/json":       "",
		"text/csv, text/csv":     "",
		"":                       "",
		"text/plain":             "",
		"application/x-test+csv": "",
	} {
		event := post("a;b")
		event.Headers["content-type"] = contentType
		response := invoke(t, endpoint, event)
		if want == "" {
			if refused := readRefusal(t, response); response.StatusCode != 415 || refused.Message != "The body must have content type text/csv or application/x-test." {
				t.Errorf("%q: %d %s", contentType, response.StatusCode, response.Body)
			}
		} else if response.StatusCode != 200 || response.Body != want {
			t.Errorf("%q: %d %s, want %s", contentType, response.StatusCode, response.Body, want)
		}
	}
	if response := invoke(t, endpoint, post("")); response.Body != `" as "` {
		t.Errorf("no body: %s", response.Body)
	}
}

func TestContentType(t *testing.T) {
	t.Parallel()
	tests := []struct {
		contentType, body string
		status            int
	}{
		{"application/json", `{}`, 200},
		{"application/json; charset=utf-8", `{}`, 200},
		{`application/json; charset="UTF-8"; profile=x`, `{}`, 200},
		{"APPLICATION/JSON", `{}`, 200},
		{"application/json; charset=utf8", `{}`, 200},
		{"application/json; charset=iso-8859-1", `{}`, 200},
		{"application/json; charset=iso-8859-1", "{\"a\":\"\xe5\"}", 400},
		{"application/json; charset", `{}`, 200},
		{" application/json ;odata=verbose", `{}`, 200},
		{"application/json, application/json", `{}`, 415},
		{"application/jsonp", `{}`, 415},
		{"application/problem+json", `{}`, 415},
		{"text/plain;charset=UTF-8", `{}`, 415},
		{"", `{}`, 415},
		{"", ` `, 415},
		{"", "", 200},
		{"text/plain", "", 200},
	}
	for _, test := range tests {
		t.Run(test.contentType+" "+test.body, func(t *testing.T) {
			t.Parallel()
			endpoint, _ := newEndpoint(t, echo)
			event := post(test.body)
			event.Headers["content-type"] = test.contentType
			if test.contentType == "" {
				delete(event.Headers, "content-type")
			}
			if response := invoke(t, endpoint, event); response.StatusCode != test.status {
				t.Errorf("status %d, want %d: %s", response.StatusCode, test.status, response.Body)
			}
		})
	}
}

func TestContentEncoding(t *testing.T) {
	t.Parallel()
	for encoding, status := range map[string]int{"": 200, "identity": 200, "Identity": 200, "gzip": 415, "br": 415, "identity, gzip": 415} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			endpoint, _ := newEndpoint(t, echo)
			event := post(`{}`)
			event.Headers["content-encoding"] = encoding
			if response := invoke(t, endpoint, event); response.StatusCode != status {
				t.Errorf("status %d, want %d: %s", response.StatusCode, status, response.Body)
			}
		})
	}
}
