package functionurl_test

import (
	"compress/gzip"
	"context"
	"crypto/rand"
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

	"mentorpause/local/lambda"
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
	text, err := io.ReadAll(content)
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

// What Lambda would not carry is compressed or refused; everything else arrives whole.
func TestLargeAnswer(t *testing.T) {
	t.Parallel()
	const limit = 4_000_000
	// Each byte of it is six in JSON.
	worst := func(size int) json.RawMessage {
		return json.RawMessage(`"` + strings.Repeat("<", size-2) + `"`)
	}
	random := make([]byte, 3_600_000) // in base64 too large even if compressed
	if _, err := rand.Read(random); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		page       json.RawMessage
		accept     string
		revalidate bool
		status     int
		compressed bool
	}{
		"at the limit":                          {worst(limit), "", false, 200, false},
		"at the limit, gzip accepted":           {worst(limit), "gzip", false, 200, false},
		"at the limit, of a page":               {worst(limit), "", true, 200, false},
		"beyond it":                             {worst(limit + 1), "", false, 413, false},
		"beyond it, another coding":             {worst(limit + 1), "br", false, 413, false},
		"beyond it, gzip refused":               {worst(limit + 1), "gzip;q=0, *", false, 413, false},
		"beyond it, gzip accepted":              {worst(limit + 1), "gzip", false, 200, true},
		"beyond it, gzip accepted reluctantly":  {worst(limit + 1), "identity, gzip;q=0.1", false, 200, true},
		"beyond it, of a page":                  {worst(limit + 1), "", true, 413, false},
		"beyond it, of a page, gzip accepted":   {worst(limit + 1), "gzip", true, 200, true},
		"beyond it, of a page, but reluctantly": {worst(limit + 1), "identity, gzip;q=0.1", true, 200, true},
		"beyond everything":                     {json.RawMessage(`"` + base64.StdEncoding.EncodeToString(append(random, random...)) + `"`), "gzip", true, 413, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint, _ := newEndpoint(t, func(context.Context, *functionurl.Request) (functionurl.Answer, error) {
				return functionurl.Answer{Body: test.page, Revalidate: test.revalidate}, nil
			})
			event := post("")
			event.Headers["accept-encoding"] = test.accept
			response := invoke(t, endpoint, event)

			if response.StatusCode != test.status {
				t.Fatalf("status %d, want %d", response.StatusCode, test.status)
			}
			if payload, err := json.Marshal(response); err != nil || len(payload) > lambda.MaxPayload {
				t.Errorf("%d bytes for Lambda, %v", len(payload), err)
			}
			if test.status == 413 {
				if refused := readRefusal(t, response); refused.Code != "payload_too_large" || refused.Hint == nil {
					t.Errorf("refused with %+v", refused)
				}
				if response.Headers["etag"] != "" || response.Headers["cache-control"] != "no-store" {
					t.Errorf("headers %v", response.Headers)
				}
				return
			}
			if plainBody(t, response) != string(test.page) {
				t.Error("another body")
			}
			if compressed := response.Headers["content-encoding"] == "gzip"; compressed != test.compressed ||
				compressed && response.Headers["vary"] != "accept-encoding" {
				t.Errorf("headers %v", response.Headers)
			}
			if isZipped := strings.HasSuffix(response.Headers["etag"], `-gzip"`); test.revalidate && isZipped != test.compressed {
				t.Errorf("etag %s", response.Headers["etag"])
			}
		})
	}

	// Whoever has it already needs no form of it.
	page := worst(limit + 1)
	kept := getPage(t, page, map[string]string{"accept-encoding": "gzip"}).Headers["etag"]
	if response := getPage(t, page, map[string]string{"if-none-match": kept}); response.StatusCode != 304 {
		t.Errorf("status %d for who has it", response.StatusCode)
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
