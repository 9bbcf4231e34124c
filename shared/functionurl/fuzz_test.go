package functionurl_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/google/go-cmp/cmp"

	"mentorpause/local/authserver"
	"mentorpause/local/endpoint"
	"mentorpause/shared/functionurl"
)

// tokenHere stands for a valid token in a fuzzed Authorization header; a token in a
// file of inputs would have expired.
const tokenHere = "TOKEN"

// lastingToken is made once per process and outlives the longest run. Signing for
// each input would take random paths through the code, which fuzzing mistakes for
// new ones.
func lastingToken() string {
	return project().Token(userID, authserver.Expires(time.Now().AddDate(0, 1, 0)))
}

// readAll is a handler that reads everything a request may contain, and answers
// with the body.
func readAll(ctx context.Context, r *functionurl.Request) (functionurl.Answer, error) {
	if _, err := r.IdempotencyKey(); err != nil {
		return functionurl.Answer{}, err
	}
	if _, err := r.Query("search", "status"); err != nil {
		return functionurl.Answer{}, err
	}
	answer, err := echo(ctx, r)
	answer.Revalidate = true
	return answer, err
}

// wantQuietLog asserts that one line was logged, and that the caller can't make it
// long.
func wantQuietLog(t *testing.T, logged *log) {
	t.Helper()
	if len(logged.Bytes()) > 1024 {
		t.Errorf("logged %s", logged)
	}
	logged.line(t)
}

// FuzzInvoke fuzzes the event, part by part.
func FuzzInvoke(f *testing.F) {
	const bearer = "Bearer " + tokenHere
	f.Add("POST", "/functions/v1/test", bearer, "application/json", `{"text":"a"}`, "", false, "", "", "gzip", uint8(0))
	f.Add("GET", "/", bearer, "", "", "search=a&status=b", false, "", `"x", W/"y"`, "gzip;q=0, *", uint8(1))
	f.Add("POST", "", bearer, "application/json", "e30=", "", true, "8e03978e-40d5-43e8-bc93-6894a57f9324", "*", "*;q=0", uint8(2))
	f.Add("POST", "//..%2f\x00", bearer, "application/json; charset=UTF-8", "e30", "", true, "", "", "br", uint8(2))
	f.Add("OPTIONS", "*", "", "", "", "", false, "", "", "", uint8(0))
	f.Add("PUT", "/x", "Bearer x", "text/plain", "x", "%zz", false, `"`, "W/", ";q=", uint8(0))
	f.Add("\r\n", "\xff", bearer+", "+bearer, "application/json;;", "{", "status=%ed%a0%80", true, "{}", `""`, "gzip;q=NaN", uint8(1))
	function, logged := newEndpoint(f, readAll)
	token := lastingToken()
	f.Fuzz(func(t *testing.T, method, path, authorization, contentType, text, query string, inBase64 bool, key, ifNoneMatch, accept string, spelling uint8) {
		logged.Reset()
		event := postWith("Bearer "+token, text)
		event.RequestContext.HTTP.Method = method
		event.RawPath, event.RequestContext.HTTP.Path = path, path
		event.RawQueryString = query
		event.IsBase64Encoded = inBase64
		event.Cookies = []string{key, ifNoneMatch}
		event.Headers = map[string]string{}
		for name, value := range map[string]string{
			"authorization": strings.ReplaceAll(authorization, tokenHere, token), "content-type": contentType,
			"if-none-match": ifNoneMatch, "accept-encoding": accept, "idempotency-key": key,
		} {
			switch spelling % 3 {
			case 1:
				name = http.CanonicalHeaderKey(name)
			case 2:
				name = strings.ToUpper(name)
			}
			if value != "" || name != "idempotency-key" {
				event.Headers[name] = value
			}
		}

		response := invoke(t, function, event)

		endpoint.WantNoFault(t, response)
		wantQuietLog(t, logged)
		if got := response.Headers["x-request-id"]; got != requestID {
			t.Errorf("x-request-id %q", got)
		}
		// Whatever the spelling of the headers and the path of the request.
		event.Headers = lower(event.Headers)
		event.RawPath = "/"
		if diff := cmp.Diff(response, invoke(t, function, event)); diff != "" {
			t.Errorf("another answer for other spellings (-first +second):\n%s", diff)
		}
	})
}

func lower(headers map[string]string) map[string]string {
	lowered := map[string]string{}
	for name, value := range headers {
		lowered[strings.ToLower(name)] = value
	}
	return lowered
}

// FuzzEvent fuzzes the whole event as the bytes that the runtime gets. An event is
// answered; for anything else, which Lambda doesn't send, the invocation fails and
// the process goes on.
func FuzzEvent(f *testing.F) {
	request := post(`{"text":"å"}`)
	request.Headers["authorization"] = "Bearer " + tokenHere
	seed, err := json.Marshal(request)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add(bytes.Replace(seed, []byte(`"isBase64Encoded":false`), []byte(`"isBase64Encoded":true`), 1))
	f.Add(bytes.Replace(seed, []byte(`"rawQueryString":""`), []byte(`"rawQueryString":"search=%00","queryStringParameters":{"status":"\u0000"}`), 1))
	for _, seed := range []string{
		``, `{}`, `null`, `[]`, `{"headers":null,"requestContext":null}`, `{"requestContext":{"http":{"method":"OPTIONS"}}}`,
		`{"requestContext":{"http":{"method":"GET"},"requestId":"\r\nset-cookie: a=b"},"headers":{"Authorization":"Bearer TOKEN","authorization":null}}`,
		`{"requestContext":{"http":{"method":"POST"}},"headers":{"authorization":"Bearer TOKEN","content-type":"application/json"},"body":"\ud800","cookies":[null]}`,
		`{"version":1}`, `{"headers":{"a":1}}`, `{"requestContext":{"timeEpoch":1e400}}`,
	} {
		f.Add([]byte(seed))
	}
	function, logged := newEndpoint(f, readAll)
	handler := lambda.NewHandler(function.Invoke)
	token := lastingToken()
	f.Fuzz(func(t *testing.T, payload []byte) {
		logged.Reset()
		payload = bytes.ReplaceAll(payload, []byte(tokenHere), []byte(token))

		output, err := handler.Invoke(t.Context(), payload)

		var event events.LambdaFunctionURLRequest
		if invalid := json.NewDecoder(bytes.NewReader(payload)).Decode(&event); invalid != nil {
			if err == nil {
				t.Errorf("answered %s to what is no event: %v", output, invalid)
			}
			return
		}
		if err != nil {
			t.Fatalf("the invocation failed: %v", err)
		}
		var response events.LambdaFunctionURLResponse
		if err := json.Unmarshal(output, &response); err != nil {
			t.Fatalf("answered %s: %v", output, err)
		}
		endpoint.WantNoFault(t, response)
		wantQuietLog(t, logged)
	})
}

// FuzzQuery fuzzes the query string. Whatever is accepted, net/url reads in the
// same way and Postgres can store; whatever net/url can read is refused only if it
// can't be stored.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"", "search=%C3%A5se+b&status=a,b", "status=a&status=b", "se%61rch=a", "search=&status&&=x", "search=a=b", "search=a;b",
		"forceFunctionRegion=eu&x=%zz&%zz=1&y=%00&Search=a", "search=%zz", "search=%4", "search=a%00", "search=%ff", "search=%ed%a0%80",
		"search=\xff", "search=\x00", "?search=a", "search=a#b", "search=%2B+%26%3D%25", "search=a&amp;status=b", "search[]=a", "&&&&",
	} {
		f.Add(seed)
	}
	names := []string{"search", "status"}
	var (
		read   map[string][]string
		failed error
	)
	function, _ := newEndpoint(f, func(_ context.Context, r *functionurl.Request) (functionurl.Answer, error) {
		read, failed = r.Query(names...)
		return functionurl.Answer{Body: json.RawMessage(`{}`)}, failed
	})
	token := lastingToken()
	f.Fuzz(func(t *testing.T, raw string) {
		event := postWith("Bearer "+token, "")
		event.RawQueryString = raw
		event.RequestContext.HTTP.Method = http.MethodGet

		response := invoke(t, function, event)

		endpoint.WantNoFault(t, response)
		// net/url drops parameters with a semicolon, which is an ordinary character here.
		all, fault := url.ParseQuery(strings.ReplaceAll(endpoint.PlainNames(raw), ";", "%3B"))
		want, storable := map[string][]string{}, true
		for _, name := range names {
			for _, value := range all[name] {
				storable = storable && utf8.ValidString(value) && !strings.ContainsRune(value, 0)
				if value != "" {
					want[name] = append(want[name], value)
				}
			}
		}
		if failed != nil {
			got := readRefusal(t, response)
			if got.Details == nil || !slices.Contains(names, *got.Details) || got.Code != "invalid_request" {
				t.Errorf("refused with %s", response.Body)
			}
			if fault == nil && storable {
				t.Errorf("refused %q: %v", raw, failed)
			}
			return
		}
		if !storable {
			t.Errorf("accepted %q", raw)
		}
		if diff := cmp.Diff(want, read); diff != "" {
			t.Errorf("read %q otherwise than net/url (-net/url +got):\n%s", raw, diff)
		}
	})
}

// FuzzDecode fuzzes the body. Whatever is accepted, the standard library reads in
// the same way and Postgres can store; in base64 it is the same body.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `{"text":"a","number":1,"list":["b"]}`, `{"list":"b"}`, `{"Text":"a"}`, `{"text":"a","text":"b"}`,
		`{"text":"\u0000"}`, `{"text":"\ud800"}`, "{\"text\":\"\xff\"}", `{"text":"\udbff\udfff\uFFFF"}`, `{"number":1e1}`, `{"number":1.0}`, `{"number":-0}`,
		`{"number":1e400}`, `{"number":2147483648}`, `{"number":1.5}`, `{"number":0.1e1}`, `{}{}`, `{"":0}`, `[[[`, "\ufeff{}", `{"list":[[],{}]}`, `{"text":{"text":{"a":1,"a":1}}}`,
	} {
		f.Add([]byte(seed))
	}
	function, logged := newEndpoint(f, echo)
	token := lastingToken()
	f.Fuzz(func(t *testing.T, sent []byte) {
		logged.Reset()
		event := postWith("Bearer "+token, string(sent))
		response := invoke(t, function, event)
		endpoint.WantNoFault(t, response)
		wantQuietLog(t, logged)

		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(sent), true
		if diff := cmp.Diff(response, invoke(t, function, event)); diff != "" {
			t.Errorf("another answer for the body in base64 (-plain +base64):\n%s", diff)
		}

		switch response.StatusCode {
		case 200:
		case 413:
			if len(sent) <= 16<<10 {
				t.Errorf("413 for %d bytes", len(sent))
			}
			return
		case 400:
			return
		default:
			t.Fatalf("status %d: %s", response.StatusCode, response.Body)
		}
		if len(sent) == 0 {
			return
		}
		var read, want struct {
			Text   *string
			Number *float64
			List   any
		}
		decoder := json.NewDecoder(bytes.NewReader(sent))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&want); err != nil {
			t.Fatalf("accepted %q, which the standard library refuses: %v", sent, err)
		}
		if one, ok := want.List.(string); ok {
			want.List = []any{one}
		}
		if err := json.Unmarshal([]byte(response.Body), &read); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, read); diff != "" {
			t.Errorf("read %q otherwise than the standard library (-std +got):\n%s", sent, diff)
		}
		if read.Text != nil && (!utf8.ValidString(*read.Text) || strings.ContainsRune(*read.Text, 0)) {
			t.Errorf("accepted %q", *read.Text)
		}
	})
}
