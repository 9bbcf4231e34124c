package openapi

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"mentorpause/docs"
)

const (
	record = `{"pause_record":{"id":"0d9a4c52-3b7f-4c7e-9d0e-5a1c2b3d4e5f","mentor_id":"7b0c2f5e-6d2e-4a0e-8d5b-2f6f1c9f0a11",` +
		`"status":"paused","pause_reason":"Permisjon","expected_return_date":"2027-01-15","paused_at":"2026-11-24T08:40:27.123456+00:00",` +
		`"reactivated_at":null,"coordinator_id":"2f6e1d3c-8b9a-4d5e-a1b2-c3d4e5f60718","version":1,` +
		`"created_at":"2026-11-24T08:40:27.123456+00:00","updated_at":"2026-11-24T08:40:27.123456+00:00"}}`
	refused = `{"code":"mentor_not_found","message":"No such mentor in your chapters.","details":null,"hint":null}`
	page    = `{"as_of":"2026-11-24","summary":{"total":0,"active":0,"paused":0,"expired_cert":0,"expiring_soon":0,"return_overdue":0,"returning":0,"open_ended":0,"open_requests":0,"mine":0,` +
		`"undelivered_notifications":0,"open_discrepancies":0},"mentors":[],"next_cursor":null}`
)

func respond(status int, body string, headers map[string]string) events.LambdaFunctionURLResponse {
	all := map[string]string{
		"access-control-allow-origin":   "*",
		"access-control-expose-headers": "date, etag, retry-after, sb-error-code, x-request-id, idempotent-replayed",
		"x-request-id":                  "req-1",
		"content-type":                  "application/json",
		"cache-control":                 "no-store",
	}
	maps.Copy(all, headers)
	return events.LambdaFunctionURLResponse{StatusCode: status, Headers: all, Body: body}
}

func zipped(t *testing.T, body string) events.LambdaFunctionURLResponse {
	t.Helper()
	var buffer bytes.Buffer
	w := gzip.NewWriter(&buffer)
	if _, err := w.Write([]byte(body)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	response := respond(200, base64.StdEncoding.EncodeToString(buffer.Bytes()), map[string]string{
		"cache-control": "private, no-cache", "vary": "accept-encoding", "content-encoding": "gzip", "etag": `"3q2-7wIuRrE-gzip"`,
	})
	response.IsBase64Encoded = true
	return response
}

func TestResponseIsOneOfTheDocument(t *testing.T) {
	t.Parallel()
	document := load(t)
	paused := func(change func(*events.LambdaFunctionURLResponse)) events.LambdaFunctionURLResponse {
		response := respond(200, record, nil)
		change(&response)
		return response
	}
	body := func(old, new string) events.LambdaFunctionURLResponse {
		if !strings.Contains(record, old) {
			t.Fatalf("the record has no %s", old)
		}
		return respond(200, strings.Replace(record, old, new, 1), nil)
	}
	refuse := func(status int, body, code string) events.LambdaFunctionURLResponse {
		return respond(status, body, map[string]string{"sb-error-code": code})
	}
	unchanged := func(body string) events.LambdaFunctionURLResponse {
		response := respond(304, body, map[string]string{
			"cache-control": "private, no-cache", "vary": "accept-encoding", "etag": `"3q2-7wIuRrE"`,
		})
		delete(response.Headers, "content-type")
		return response
	}
	tests := map[string]struct {
		function, method string
		response         events.LambdaFunctionURLResponse
		want             string // the answer; "" for one that is not in the document
		wrong            string // what the error mentions
	}{
		"record":             {"pause", "POST", respond(200, record, nil), "pause 200", ""},
		"replayed":           {"pause", "POST", respond(200, record, map[string]string{"idempotent-replayed": "true"}), "pause 200", ""},
		"refusal":            {"pause", "POST", refuse(404, refused, "mentor_not_found"), "pause 404 mentor_not_found", ""},
		"page":               {"roster", "GET", zipped(t, page), "roster 200", ""},
		"nothing new":        {"roster", "POST", unchanged(""), "rosterByPost 304", ""},
		"time with a Z":      {"pause", "POST", body(`:"2026-11-24T08:40:27.123456+00:00"`, `:"2026-11-24T08:40:27Z"`), "pause 200", ""},
		"reason of nothing":  {"pause", "POST", body(`"Permisjon"`, `null`), "pause 200", ""},
		"no return expected": {"pause", "POST", body(`"2027-01-15"`, `null`), "pause 200", ""},

		"unknown function":          {"rooster", "GET", respond(200, page, nil), "", "rooster"},
		"unknown status":            {"pause", "POST", respond(201, record, nil), "", "status 201"},
		"status of another":         {"pause", "POST", unchanged(""), "", "status 304"},
		"unknown field":             {"pause", "POST", body(`"version":1`, `"version":1,"effective_on":null`), "", "effective_on"},
		"unknown field outside":     {"pause", "POST", body(`{"pause_record"`, `{"ok":true,"pause_record"`), "", "ok"},
		"unknown field, compressed": {"roster", "GET", zipped(t, strings.Replace(page, `"total"`, `"sum":0,"total"`, 1)), "", "sum"},
		"missing field":             {"pause", "POST", body(`"version":1,`, ``), "", "version"},
		"field of another type":     {"pause", "POST", body(`"version":1`, `"version":"1"`), "", "version"},
		"version 0":                 {"pause", "POST", body(`"version":1`, `"version":0`), "", "version"},
		"version beyond 32 bits":    {"pause", "POST", body(`"version":1`, `"version":4294967296`), "", "version"},
		"null":                      {"pause", "POST", body(`"version":1`, `"version":null`), "", "version"},
		"id that is not a UUID":     {"pause", "POST", body(`0d9a4c52-`, `0d9a4c52_`), "", "id"},
		"date with a time":          {"pause", "POST", body(`2027-01-15`, `2027-01-15T00:00:00Z`), "", "expected_return_date"},
		"date of no month":          {"pause", "POST", body(`2027-01-15`, `2027-02-29`), "", "expected_return_date"},
		"time without an offset":    {"pause", "POST", body(`27.123456+00:00`, `27.123456`), "", "paused_at"},
		"unknown word":              {"pause", "POST", body(`"paused"`, `"away"`), "", "status"},
		"empty reason":              {"pause", "POST", body(`"Permisjon"`, `""`), "", "pause_reason"},
		"body of nothing":           {"pause", "POST", respond(200, "", nil), "", "body"},
		"body beside a 304":         {"roster", "GET", unchanged(page), "", "body"},
		"refusal as a success":      {"pause", "POST", respond(200, refused, nil), "", "body"},
		"code of another status":    {"pause", "POST", refuse(409, refused, "mentor_not_found"), "", "/code"},
		"code of another function":  {"roster", "GET", refuse(404, refused, "mentor_not_found"), "", "/code"},
		"code that is new":          {"pause", "POST", refuse(404, strings.ReplaceAll(refused, "mentor_not_found", "gone"), "gone"), "", "sb-error-code"},
		"refusal without a hint":    {"pause", "POST", refuse(404, strings.ReplaceAll(refused, `,"hint":null`, ""), "mentor_not_found"), "", "hint"},
		"refusal with a stack":      {"pause", "POST", refuse(404, strings.ReplaceAll(refused, `"hint"`, `"stack":"","hint"`), "mentor_not_found"), "", "stack"},
		"another code in the header": {"pause", "POST", refuse(409, `{"code":"already_paused","message":"x","details":null,"hint":null}`, "not_paused"),
			"", "sb-error-code"},
		"method that is unknown":  {"pause", "GET", respond(200, record, nil), "", "GET"},
		"method that is known":    {"pause", "POST", respond(405, refused, map[string]string{"allow": "POST, OPTIONS", "sb-error-code": "x"}), "", "405"},
		"unknown header":          {"pause", "POST", respond(200, record, map[string]string{"x-powered-by": "Go"}), "", "x-powered-by"},
		"header of another":       {"pause", "POST", respond(200, record, map[string]string{"etag": `"x"`}), "", "etag"},
		"header of another value": {"pause", "POST", respond(200, record, map[string]string{"cache-control": "public"}), "", "cache-control"},
		"waiting for a word": {"pause", "POST", respond(503, strings.ReplaceAll(refused, "mentor_not_found", "auth_unavailable"),
			map[string]string{"sb-error-code": "auth_unavailable", "retry-after": "soon"}), "", "retry-after"},
		"content type of text": {"pause", "POST", respond(200, record, map[string]string{"content-type": "text/plain"}), "", "content type"},
		"missing header":       {"pause", "POST", paused(func(r *events.LambdaFunctionURLResponse) { delete(r.Headers, "x-request-id") }), "", "x-request-id"},
		"no content type":      {"pause", "POST", paused(func(r *events.LambdaFunctionURLResponse) { delete(r.Headers, "content-type") }), "", "content type"},
		"content type of nothing": {"roster", "GET", func() events.LambdaFunctionURLResponse {
			response := unchanged("")
			response.Headers["content-type"] = "application/json"
			return response
		}(), "", "content type"},
		"cookie": {"pause", "POST", paused(func(r *events.LambdaFunctionURLResponse) { r.Cookies = []string{"a=b"} }), "", "cookies"},
		"compressed in name": {"roster", "GET", func() events.LambdaFunctionURLResponse {
			response := zipped(t, page)
			response.Body, response.IsBase64Encoded = page, false
			return response
		}(), "", "compressed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, err := document.Response(test.function, test.method, test.response)
			switch {
			case test.want != "" && (err != nil || answer.String() != test.want):
				t.Errorf("%q, %v, want %q", answer, err, test.want)
			case test.want == "" && err == nil:
				t.Errorf("taken for %q", answer)
			case err != nil && !strings.Contains(err.Error(), test.wrong):
				t.Errorf("%v, which doesn't name %q", err, test.wrong)
			}
		})
	}
}

func TestRequestIsValidByTheDocument(t *testing.T) {
	t.Parallel()
	document := load(t)
	const id = "7b0c2f5e-6d2e-4a0e-8d5b-2f6f1c9f0a11"
	pause := func(fields string) string { return `{"mentor_id":"` + id + `",` + fields + `}` }
	tests := map[string]struct {
		function, method string
		query, body      string
		headers          map[string]string
		valid            bool
	}{
		"pause":                     {"pause", "POST", "", pause(`"pause_reason":" a ","expected_return_date":null,"expected_version":null`), nil, true},
		"key":                       {"pause", "POST", "", pause(`"pause_reason":"a"`), map[string]string{"idempotency-key": id}, true},
		"key in quotes":             {"pause", "POST", "", pause(`"pause_reason":"a"`), map[string]string{"idempotency-key": `"` + id + `"`}, true},
		"unknown header":            {"pause", "POST", "", pause(`"pause_reason":"a"`), map[string]string{"x-region": "eu"}, true},
		"unknown parameter":         {"pause", "POST", "forceFunctionRegion=x", pause(`"pause_reason":"a"`), nil, true},
		"charset":                   {"pause", "POST", "", pause(`"pause_reason":"a"`), map[string]string{"content-type": "application/json; charset=utf-8"}, true},
		"longest reason":            {"pause", "POST", "", pause(`"pause_reason":"\u3000\u1680` + strings.Repeat("å", 500) + ` "`), nil, true},
		"reason of two lines":       {"pause", "POST", "", pause(`"pause_reason":"a\nb"`), nil, true},
		"roster":                    {"roster", "GET", "", "", nil, true},
		"all filters":               {"roster", "GET", "chapter_id=" + id + "&status=active,paused&search=%C3%A5&limit=200&cursor=x", "", nil, true},
		"all filters in the body":   {"roster", "POST", "", `{"chapter_id":"` + id + `","status":["active"],"search":"å","limit":1,"cursor":"x"}`, nil, true},
		"one status":                {"roster", "POST", "", `{"status":"active"}`, nil, true},
		"empty parameters":          {"roster", "GET", "chapter_id=&status=&search=&limit=&cursor=", "", nil, true},
		"search with spaces around": {"roster", "POST", "", `{"search":" ` + strings.Repeat("å", 200) + `\u1680"}`, nil, true},
		"preflight":                 {"roster", "OPTIONS", "", "", nil, true},

		"no body":                   {"pause", "POST", "", "", nil, false},
		"no reason":                 {"pause", "POST", "", `{"mentor_id":"` + id + `"}`, nil, false},
		"blank reason":              {"pause", "POST", "", pause(`"pause_reason":"\u00a0\u2003 \n"`), nil, false},
		"reason of 501":             {"pause", "POST", "", pause(`"pause_reason":" ` + strings.Repeat("å", 501) + `"`), nil, false},
		"reason with NUL":           {"pause", "POST", "", pause(`"pause_reason":"a\u0000b"`), nil, false},
		"reason of null":            {"pause", "POST", "", pause(`"pause_reason":null`), nil, false},
		"unknown field":             {"pause", "POST", "", pause(`"pause_reason":"a","status":"paused"`), nil, false},
		"mentor no UUID":            {"pause", "POST", "", `{"mentor_id":"1","pause_reason":"a"}`, nil, false},
		"no day":                    {"pause", "POST", "", pause(`"pause_reason":"a","expected_return_date":"2027-02-30"`), nil, false},
		"version as text":           {"pause", "POST", "", pause(`"pause_reason":"a","expected_version":"1"`), nil, false},
		"version beyond 32 bits":    {"pause", "POST", "", pause(`"pause_reason":"a","expected_version":2147483648`), nil, false},
		"key no UUID":               {"pause", "POST", "", pause(`"pause_reason":"a"`), map[string]string{"idempotency-key": "1"}, false},
		"key in half a quote":       {"pause", "POST", "", pause(`"pause_reason":"a"`), map[string]string{"idempotency-key": `"` + id}, false},
		"form":                      {"pause", "POST", "", pause(`"pause_reason":"a"`), map[string]string{"content-type": "text/plain"}, false},
		"not JSON":                  {"pause", "POST", "", "x", nil, false},
		"17 KiB":                    {"roster", "POST", "", "{" + strings.Repeat(" ", 17<<10) + "}", nil, false},
		"31 KiB":                    {"pause", "POST", "", pause(`"pause_reason":"a"`) + strings.Repeat(" ", 31<<10), nil, true},
		"33 KiB":                    {"pause", "POST", "", pause(`"pause_reason":"a"`) + strings.Repeat(" ", 33<<10), nil, false},
		"unknown method":            {"pause", "GET", "", "", nil, false},
		"unknown status":            {"roster", "GET", "status=active,away", "", nil, false},
		"unknown status in a body":  {"roster", "POST", "", `{"status":["away"]}`, nil, false},
		"null as a status":          {"roster", "POST", "", `{"status":[null]}`, nil, false},
		"limit 201":                 {"roster", "GET", "limit=201", "", nil, false},
		"limit in words":            {"roster", "GET", "limit=all", "", nil, false},
		"limit 0 in a body":         {"roster", "POST", "", `{"limit":0}`, nil, false},
		"chapter no UUID":           {"roster", "GET", "chapter_id=oslo", "", nil, false},
		"search of 201":             {"roster", "GET", "search=" + strings.Repeat("a", 201), "", nil, false},
		"search with NUL":           {"roster", "GET", "search=%00", "", nil, false},
		"unknown field of a roster": {"roster", "POST", "", `{"page_limit":1}`, nil, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := events.LambdaFunctionURLRequest{RawQueryString: test.query, Body: test.body, Headers: map[string]string{}}
			event.RequestContext.HTTP.Method = test.method
			if test.body != "" {
				event.Headers["content-type"] = "application/json"
			}
			maps.Copy(event.Headers, test.headers)
			if err := document.Request(test.function, event); (err == nil) != test.valid {
				t.Errorf("valid: %t, want %t: %v", err == nil, test.valid, err)
			}
		})
	}
}

func TestRequestOfABodyInBase64(t *testing.T) {
	t.Parallel()
	document := load(t)
	event := events.LambdaFunctionURLRequest{IsBase64Encoded: true, Headers: map[string]string{"content-type": "application/json"}}
	event.RequestContext.HTTP.Method = http.MethodPost
	for body, valid := range map[string]bool{`{"limit":1}`: true, `{"limit":0}`: false} {
		event.Body = base64.StdEncoding.EncodeToString([]byte(body))
		if err := document.Request("roster", event); (err == nil) != valid {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// With its examples, which [Load] passes by.
func TestDocumentIsValid(t *testing.T) {
	t.Parallel()
	if _, err := Parse(docs.OpenAPI); err != nil {
		t.Error(err)
	}
}

func TestParseRefusesADocumentThatIsNone(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":  "",
		"no title": "openapi: 3.1.1\ninfo: {version: '1'}\npaths: {}\n",
		"example that is none": "openapi: 3.1.1\ninfo: {title: x, version: '1'}\npaths: {/x: {get: {responses: {'200': {description: x, " +
			"content: {application/json: {schema: {type: integer}, example: one}}}}}}}\n",
		"dangling ref": "openapi: 3.1.1\ninfo: {title: x, version: '1'}\npaths: {/x: {get: {responses: {'200': {$ref: '#/components/responses/X'}}}}}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse([]byte(text)); err == nil {
				t.Error("accepted")
			}
		})
	}
}
