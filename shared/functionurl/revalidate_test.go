package functionurl_test

import (
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"mentorpause/shared/functionurl"
)

var (
	smallPage = json.RawMessage(`{"mentors":[]}`)
	largePage = json.RawMessage(`{"mentors":["` + strings.Repeat("Åse Ødegård ", 200) + `"]}`)
)

// getPage asks for a page with these request headers.
func getPage(t *testing.T, page json.RawMessage, headers map[string]string) events.LambdaFunctionURLResponse {
	t.Helper()
	endpoint, _ := newEndpoint(t, func(context.Context, *functionurl.Request) (functionurl.Answer, error) {
		return functionurl.Answer{Body: page, Revalidate: true}, nil
	})
	event := post("")
	event.RequestContext.HTTP.Method = http.MethodGet
	maps.Copy(event.Headers, headers)
	return invoke(t, endpoint, event)
}

// plainBody undoes base64 and gzip.
func plainBody(t *testing.T, response events.LambdaFunctionURLResponse) string {
	t.Helper()
	if !response.IsBase64Encoded {
		return response.Body
	}
	unzipped, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(response.Body)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unzipped)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPageIsSentInBothForms(t *testing.T) {
	t.Parallel()
	strong := regexp.MustCompile(`^"[\x21\x23-\x7e]+"$`)
	tests := map[string]struct {
		page       json.RawMessage
		accept     string
		compressed bool
	}{
		"large and gzip accepted":     {largePage, "gzip, deflate, br", true},
		"large and gzip not accepted": {largePage, "br", false},
		"small and gzip accepted":     {smallPage, "gzip", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := getPage(t, test.page, map[string]string{"accept-encoding": test.accept})

			if plainBody(t, response) != string(test.page) {
				t.Errorf("body %q", response.Body)
			}
			if tag := response.Headers["etag"]; !strong.MatchString(tag) {
				t.Errorf("etag %s isn't a strong one", tag)
			}
			want := map[string]string{
				"access-control-allow-origin":   "*",
				"access-control-expose-headers": response.Headers["access-control-expose-headers"],
				"x-request-id":                  requestID,
				"content-type":                  "application/json",
				"cache-control":                 "private, no-cache",
				"vary":                          "accept-encoding",
				"etag":                          response.Headers["etag"],
			}
			if test.compressed {
				want["content-encoding"] = "gzip"
				if len(test.page) > 1024 && len(response.Body) >= len(test.page) {
					t.Errorf("%d bytes compressed to %d", len(test.page), len(response.Body))
				}
			}
			if response.StatusCode != 200 || response.IsBase64Encoded != test.compressed {
				t.Errorf("status %d, in base64 %v", response.StatusCode, response.IsBase64Encoded)
			}
			if diff := cmp.Diff(want, response.Headers); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEtagIsOfTheBytes(t *testing.T) {
	t.Parallel()
	etag := func(page json.RawMessage, accept string) string {
		return getPage(t, page, map[string]string{"accept-encoding": accept}).Headers["etag"]
	}
	if etag(largePage, "") != etag(largePage, "br") {
		t.Error("the same page has two etags")
	}
	if etag(largePage, "") == etag(largePage, "gzip") {
		t.Error("both forms have one etag")
	}
	if etag(largePage, "") == etag(smallPage, "") {
		t.Error("two pages have one etag")
	}
}

func TestIfNoneMatch(t *testing.T) {
	t.Parallel()
	plain := getPage(t, largePage, nil).Headers["etag"]
	zipped := getPage(t, largePage, map[string]string{"accept-encoding": "gzip"}).Headers["etag"]
	tests := map[string]struct {
		header, accept string
		etag           string // of the 304; empty: 200
	}{
		"plain tag":                              {plain, "", plain},
		"gzip tag":                               {zipped, "gzip", zipped},
		"plain tag, gzip accepted now":           {plain, "gzip", plain},
		"gzip tag, gzip not accepted now":        {zipped, "", zipped},
		"weak":                                   {"W/" + plain, "", plain},
		"any":                                    {"*", "", plain},
		"any, with spaces":                       {" * ", "gzip", zipped},
		"second of a list":                       {`"x", ` + plain, "", plain},
		"list without spaces, weak":              {`W/"x",W/` + plain + `,"y"`, "", plain},
		"list with empty members":                {`,, "x" ,	,` + plain + ",", "", plain},
		"comma within a tag":                     {`"a,b", ` + plain, "", plain},
		"another tag":                            {`"x"`, "", ""},
		"a tag that contains ours":               {`"x` + strings.Trim(plain, `"`) + `"`, "", ""},
		"without quotes":                         {strings.Trim(plain, `"`), "", ""},
		"weakness in lower case":                 {"w/" + plain, "", ""},
		"weak without a tag":                     {"W/", "", ""},
		"unclosed":                               {strings.TrimSuffix(plain, `"`), "", ""},
		"a star in a list, which is no wildcard": {`"x", *`, "", ""},
		"a star in quotes, which is no wildcard": {`"*"`, "", ""},
		"empty":                                  {"", "", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := getPage(t, largePage, map[string]string{"if-none-match": test.header, "accept-encoding": test.accept})
			if test.etag == "" {
				if response.StatusCode != 200 || plainBody(t, response) != string(largePage) {
					t.Errorf("status %d", response.StatusCode)
				}
				return
			}
			if response.StatusCode != 304 || response.Body != "" || response.IsBase64Encoded {
				t.Errorf("status %d with body %q", response.StatusCode, response.Body)
			}
			want := map[string]string{
				"access-control-allow-origin":   "*",
				"access-control-expose-headers": response.Headers["access-control-expose-headers"],
				"x-request-id":                  requestID,
				"cache-control":                 "private, no-cache",
				"vary":                          "accept-encoding",
				"etag":                          test.etag,
			}
			if diff := cmp.Diff(want, response.Headers); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestIfNoneMatchOfAnotherPage(t *testing.T) {
	t.Parallel()
	before := getPage(t, smallPage, nil).Headers["etag"]
	response := getPage(t, largePage, map[string]string{"if-none-match": before})
	if response.StatusCode != 200 {
		t.Errorf("status %d for a page that has changed", response.StatusCode)
	}
}

func TestAcceptEncoding(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"":                              false,
		"gzip":                          true,
		"GZip":                          true,
		"x-gzip":                        true,
		"br, gzip":                      true,
		"br,gzip;q=0.1":                 true,
		"gzip ; q=0.5":                  true,
		"gzip;Q=1.000":                  true,
		"gzip;q=0":                      false,
		"gzip;q=0.000":                  false,
		"gzip;q=0, *":                   false,
		"*":                             true,
		"*;q=0":                         false,
		"*;q=0, gzip":                   true,
		"identity":                      false,
		"identity, *;q=0":               false,
		"identity, gzip":                true,
		"identity, gzip;q=0.5":          false,
		"identity;q=0.5, gzip;q=0.5":    true,
		"identity;q=0.2, gzip;q=0.5":    true,
		"gzip;q=two":                    false,
		"gzip;q=NaN":                    false,
		"gzip;q=-1":                     false,
		"gzip;q=2":                      false,
		"gzip;level=9":                  true,
		"deflate, br":                   false,
		"gzipped":                       false,
		",,gzip,":                       true,
		";q=1":                          false,
		"gzip;q=":                       false,
		"br;q=1.0, gzip;q=0.8, *;q=0.1": true,
	}
	for header, want := range tests {
		t.Run(header, func(t *testing.T) {
			t.Parallel()
			response := getPage(t, largePage, map[string]string{"accept-encoding": header})
			if got := response.Headers["content-encoding"] == "gzip"; got != want {
				t.Errorf("compressed: %v", got)
			}
		})
	}
}

func BenchmarkPage(b *testing.B) {
	mentor := `{"mentor_id":"8c4f2f0e-3f0b-4d1e-9a51-0f6f2f7f6b11","display_name":"Åse Ødegård","status":"paused","version":1},`
	page := json.RawMessage(`{"mentors":[` + strings.Repeat(mentor, 100) + `null]}`)
	endpoint, logged := newEndpoint(b, func(context.Context, *functionurl.Request) (functionurl.Answer, error) {
		return functionurl.Answer{Body: page, Revalidate: true}, nil
	})
	for _, accept := range []string{"identity", "gzip"} {
		b.Run(accept, func(b *testing.B) {
			event := post("")
			event.Headers["accept-encoding"] = accept
			for b.Loop() {
				invoke(b, endpoint, event)
				logged.Reset()
			}
		})
	}
}
