package functionurl_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mentorpause/shared/functionurl"
	"mentorpause/shared/refusal"
)

// handling runs one function on the request that a handler gets.
func handling(t *testing.T, event events.LambdaFunctionURLRequest, do func(*functionurl.Request)) {
	t.Helper()
	endpoint, _ := newEndpoint(t, func(_ context.Context, r *functionurl.Request) (functionurl.Answer, error) {
		do(r)
		return functionurl.Answer{Body: json.RawMessage(`{}`)}, nil
	})
	if response := invoke(t, endpoint, event); response.StatusCode != 200 {
		t.Fatalf("status %d: %s", response.StatusCode, response.Body)
	}
}

// message is what the caller reads of an invalid_request, "" of none.
func message(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	refused := refusal.From(err)
	if refused.Code != refusal.InvalidRequest {
		t.Errorf("code %s", refused.Code)
	}
	return refused.Message
}

func TestQuery(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		raw     string
		values  map[string][]string
		message string
	}{
		"nothing":                      {"", map[string][]string{}, ""},
		"values":                       {"search=%C3%A5se+b&status=a,b", map[string][]string{"search": {"åse b"}, "status": {"a,b"}}, ""},
		"repeated":                     {"status=a&status=b", map[string][]string{"status": {"a", "b"}}, ""},
		"a list as some write it":      {"status[]=a&status%5B%5D=b&status=c", map[string][]string{"status": {"a", "b", "c"}}, ""},
		"escaped name":                 {"se%61rch=a", map[string][]string{"search": {"a"}}, ""},
		"empty values":                 {"search=&status&&=x", map[string][]string{}, ""},
		"equals sign in a value":       {"search=a=b", map[string][]string{"search": {"a=b"}}, ""},
		"semicolon in a value":         {"search=a;b", map[string][]string{"search": {"a;b"}}, ""},
		"unknown parameters":           {"forceFunctionRegion=eu&x=%zz&%zz=1&y=%00&Search=a", map[string][]string{}, ""},
		"bad escape":                   {"search=%zz", nil, `The field "search" is badly escaped.`},
		"cut-off escape":               {"search=%4", nil, `The field "search" is badly escaped.`},
		"NUL":                          {"search=a%00", nil, `The field "search" contains the character U+0000, which can't be stored.`},
		"invalid UTF-8":                {"search=%ff", nil, `The field "search" is not valid UTF-8.`},
		"surrogate, which isn't UTF-8": {"search=%ed%a0%80", nil, `The field "search" is not valid UTF-8.`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := post("")
			event.RawQueryString = test.raw
			handling(t, event, func(r *functionurl.Request) {
				values, err := r.Query("search", "status")
				if diff := cmp.Diff(test.values, values); diff != "" {
					t.Errorf("values (-want +got):\n%s", diff)
				}
				if got := message(t, err); got != test.message {
					t.Errorf("message %q, want %q", got, test.message)
				}
			})
		})
	}
}

func TestQueryOfAnEventWithoutTheRawString(t *testing.T) {
	t.Parallel()
	event := post("")
	event.QueryStringParameters = map[string]string{"search": "åse", "status[]": "a,b", "other": "x"}
	handling(t, event, func(r *functionurl.Request) {
		values, err := r.Query("search", "status", "limit")
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(map[string][]string{"search": {"åse"}, "status": {"a,b"}}, values); diff != "" {
			t.Errorf("values (-want +got):\n%s", diff)
		}
	})
	event.QueryStringParameters["search"] = "\x00"
	handling(t, event, func(r *functionurl.Request) {
		if _, err := r.Query("search"); message(t, err) == "" {
			t.Error("accepted U+0000")
		}
	})
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	const key = "8e03978e-40d5-43e8-bc93-6894a57f9324"
	tests := map[string]struct {
		header   string
		accepted bool
	}{
		"bare":                 {key, true},
		"quoted":               {`"` + key + `"`, true},
		"with spaces around":   {"  " + key + " ", true},
		"empty":                {"", false},
		"empty string":         {`""`, false},
		"one quote":            {`"`, false},
		"unclosed":             {`"` + key, false},
		"twice quoted":         {`""` + key + `""`, false},
		"no UUID":              {"abc", false},
		"two values":           {key + ", " + key, false},
		"two quoted values":    {`"` + key + `","` + key + `"`, false},
		"with a parameter":     {`"` + key + `";a=1`, false},
		"without hyphens":      {"8e03978e40d543e8bc936894a57f9324", false},
		"in braces":            {"{" + key + "}", false},
		"as URN":               {"urn:uuid:" + key, false},
		"one digit too few":    {key[1:], false},
		"a letter no digit":    {"g" + key[1:], false},
		"hyphens elsewhere":    {"8e03978-e40d5-43e8-bc93-6894a57f9324", false},
		"spaces in the quotes": {`" ` + key + `"`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			event := post("")
			event.Headers["idempotency-key"] = test.header
			handling(t, event, func(r *functionurl.Request) {
				got, err := r.IdempotencyKey()
				if test.accepted && (got != key || err != nil) {
					t.Errorf("%q, %v", got, err)
				}
				if !test.accepted && message(t, err) != `The header "idempotency-key" must be one UUID.` {
					t.Errorf("%q, %v", got, err)
				}
			})
		})
	}
	t.Run("made when missing", func(t *testing.T) {
		t.Parallel()
		handling(t, post(""), func(r *functionurl.Request) {
			first, err := r.IdempotencyKey()
			second, _ := r.IdempotencyKey()
			if uuid.Validate(first) != nil || first == second || err != nil {
				t.Errorf("%q, %q, %v", first, second, err)
			}
		})
	})
}

func TestRequireUUID(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		value   *string
		message string
	}{
		"usual form":      {new(userID), ""},
		"upper case":      {new("8C4F2F0E-3F0B-4D1E-9A51-0F6F2F7F6B11"), ""},
		"missing":         {nil, `The field "mentor_id" is required.`},
		"empty":           {new(""), `The field "mentor_id" must be a UUID.`},
		"in braces":       {new("{" + userID + "}"), `The field "mentor_id" must be a UUID.`},
		"without hyphens": {new("8c4f2f0e3f0b4d1e9a510f6f2f7f6b11"), `The field "mentor_id" must be a UUID.`},
		"space around":    {new(userID + " "), `The field "mentor_id" must be a UUID.`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := functionurl.RequireUUID("mentor_id", test.value)
			if message(t, err) != test.message {
				t.Errorf("%v, want %q", err, test.message)
			}
			if test.message == "" && got != *test.value {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestIsDate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"2026-11-29": true, "2024-02-29": true, "0001-01-01": true, "9999-12-31": true,
		"": false, "2026-02-29": false, "2026-13-01": false, "0000-01-01": false, "2026-1-1": false, "29.11.2026": false,
		"2026-11-29 ": false, "2026-11-29T00:00:00Z": false, "infinity": false,
	} {
		if got := functionurl.IsDate(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}
