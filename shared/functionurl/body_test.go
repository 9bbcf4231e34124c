package functionurl_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"mentorpause/shared/functionurl"
)

func TestDecodeReadsWhatItIsSent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ sent, want string }{
		"nothing":           {``, `{"text":null,"number":null,"list":null}`},
		"empty object":      {`{}`, `{"text":null,"number":null,"list":null}`},
		"white space":       {" {\r\n\t} ", `{"text":null,"number":null,"list":null}`},
		"every field":       {`{"text":"a","number":-7,"list":["b","c"]}`, `{"text":"a","number":-7,"list":["b","c"]}`},
		"nulls":             {`{"text":null,"number":null,"list":null}`, `{"text":null,"number":null,"list":null}`},
		"one for a list":    {`{"list":"b"}`, `{"text":null,"number":null,"list":["b"]}`},
		"empty list":        {`{"list":[]}`, `{"text":null,"number":null,"list":[]}`},
		"escapes":           {`{"text":"\u00e5\n\ud83d\ude00"}`, `{"text":"å\n😀","number":null,"list":null}`},
		"escaped name":      {`{"te\u0078t":"a"}`, `{"text":"a","number":null,"list":null}`},
		"largest number":    {`{"number":2147483647}`, `{"text":null,"number":2147483647,"list":null}`},
		"least number":      {`{"number":-2147483648}`, `{"text":null,"number":-2147483648,"list":null}`},
		"whole with a 0":    {`{"number":1.0}`, `{"text":null,"number":1,"list":null}`},
		"whole by exponent": {`{"number":1.2e1}`, `{"text":null,"number":12,"list":null}`},
		"minus zero":        {`{"number":-0.0}`, `{"text":null,"number":0,"list":null}`},
		"noncharacters":     {"{\"text\":\"\uffff\ufdd0\"}", "{\"text\":\"\uffff\ufdd0\",\"number\":null,\"list\":null}"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint, _ := newEndpoint(t, echo)
			response := invoke(t, endpoint, post(test.sent))
			if response.StatusCode != 200 || response.Body != test.want {
				t.Errorf("%d %s, want %s", response.StatusCode, response.Body, test.want)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	// message is what the caller reads.
	tests := map[string]struct{ sent, message string }{
		"unknown field":                 {`{"colour":1}`, `The field "colour" is unknown.`},
		"unknown field, long name":      {`{"` + strings.Repeat("å", 100) + `":1}`, `The field "` + strings.Repeat("å", 32) + `…" is unknown.`},
		"field in another case":         {`{"Text":"a"}`, `The field "Text" is unknown.`},
		"duplicate field":               {`{"text":"a","text":"a"}`, `The field "text" is given more than once.`},
		"duplicate field, escaped":      {`{"text":"a","te\u0078t":"a"}`, `The field "text" is given more than once.`},
		"duplicate field, null":         {`{"text":null,"text":"a"}`, `The field "text" is given more than once.`},
		"duplicate in a nested object":  {`{"text":{"a":1,"a":2}}`, `The field "text/a" is given more than once.`},
		"number for a string":           {`{"text":1}`, `The field "text" must be a string.`},
		"object for a string":           {`{"text":{}}`, `The field "text" must be a string.`},
		"string for a number":           {`{"number":"1"}`, `The field "number" must be a whole number of at most 32 bits.`},
		"boolean for a number":          {`{"number":true}`, `The field "number" must be a whole number of at most 32 bits.`},
		"fraction":                      {`{"number":1.5}`, `The field "number" must be a whole number of at most 32 bits.`},
		"fraction by its exponent":      {`{"number":15e-1}`, `The field "number" must be a whole number of at most 32 bits.`},
		"number beyond a float":         {`{"number":1e400}`, `The field "number" must be a whole number of at most 32 bits.`},
		"number beyond 32 bits":         {`{"number":2147483648}`, `The field "number" must be a whole number of at most 32 bits.`},
		"number beyond 64 bits":         {`{"number":99999999999999999999}`, `The field "number" must be a whole number of at most 32 bits.`},
		"leading zero":                  {`{"number":01}`, `The body is not valid JSON in UTF-8, at byte 11.`},
		"object for a list":             {`{"list":{}}`, `The field "list" must be a string or an array of strings.`},
		"number in a list":              {`{"list":["a",1]}`, `The field "list/1" must be a string.`},
		"null in a list":                {`{"list":[null]}`, `The field "list/0" must be a string.`},
		"NUL":                           {`{"text":"a\u0000b"}`, `The field "text" contains the character U+0000, which can't be stored.`},
		"NUL in a list":                 {`{"list":["\u0000"]}`, `The field "list/0" contains the character U+0000, which can't be stored.`},
		"NUL for a list":                {`{"list":"\u0000"}`, `The field "list" contains the character U+0000, which can't be stored.`},
		"raw NUL":                       {"{\"text\":\"a\x00b\"}", `The field "text" is not valid JSON in UTF-8, at byte 10 of the body.`},
		"raw line break":                {"{\"text\":\"a\nb\"}", `The field "text" is not valid JSON in UTF-8, at byte 10 of the body.`},
		"lone high surrogate":           {`{"text":"\ud800"}`, `The field "text" is not valid JSON in UTF-8, at byte 9 of the body.`},
		"lone low surrogate":            {`{"text":"a\udc00"}`, `The field "text" is not valid JSON in UTF-8, at byte 10 of the body.`},
		"surrogates the wrong way":      {`{"text":"\udc00\ud800"}`, `The field "text" is not valid JSON in UTF-8, at byte 9 of the body.`},
		"invalid UTF-8":                 {"{\"text\":\"a\xff\"}", `The field "text" is not valid JSON in UTF-8, at byte 10 of the body.`},
		"overlong UTF-8":                {"{\"text\":\"\xc0\x80\"}", `The field "text" is not valid JSON in UTF-8, at byte 9 of the body.`},
		"invalid UTF-8 in a name":       {"{\"\xff\":1}", `The body is not valid JSON in UTF-8, at byte 2.`},
		"trailing object":               {`{}{}`, `The body is not valid JSON in UTF-8, at byte 2.`},
		"trailing text":                 {`{} x`, `The body is not valid JSON in UTF-8, at byte 3.`},
		"trailing comma":                {`{"text":"a",}`, `The body is not valid JSON in UTF-8, at byte 11.`},
		"byte order mark":               {"\ufeff{}", `The body is not valid JSON in UTF-8, at byte 0.`},
		"cut off":                       {`{"text":"a`, `The field "text" is not valid JSON in UTF-8, at byte 10 of the body.`},
		"white space alone":             {` `, `The body is not valid JSON in UTF-8, at byte 1.`},
		"null":                          {`null`, `The body must be a JSON object.`},
		"array":                         {`[]`, `The body must be a JSON object.`},
		"string":                        {`"text"`, `The body must be a JSON object.`},
		"number":                        {`1`, `The body must be a JSON object.`},
		"deeply nested":                 {strings.Repeat("[", 16000), `The body must be a JSON object.`},
		"form instead of JSON":          {`text=a`, `The body is not valid JSON in UTF-8, at byte 1.`},
		"single quotes":                 {`{'text':'a'}`, `The body is not valid JSON in UTF-8, at byte 1.`},
		"comment":                       {`{/**/}`, `The body is not valid JSON in UTF-8, at byte 1.`},
		"NaN":                           {`{"number":NaN}`, `The field "number" is not valid JSON in UTF-8, at byte 10 of the body.`},
		"field named like a prototype":  {`{"__proto__":{}}`, `The field "__proto__" is unknown.`},
		"field with an empty name":      {`{"":1}`, `The field "" is unknown.`},
		"name with quotes and newlines": {`{"a\"\nb":1}`, `The field "a\"\nb" is unknown.`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endpoint, _ := newEndpoint(t, echo)
			response := invoke(t, endpoint, post(test.sent))
			got := readRefusal(t, response)
			if response.StatusCode != 400 || got.Code != "invalid_request" {
				t.Errorf("%d %s", response.StatusCode, got.Code)
			}
			if got.Message != test.message {
				t.Errorf("message %q\n   want %q", got.Message, test.message)
			}
			if strings.HasPrefix(got.Message, "The field ") != (got.Details != nil) {
				t.Errorf("message %q without its field as details", got.Message)
			}
			if got.Details != nil && !strings.HasPrefix(got.Message, fmt.Sprintf("The field %q ", *got.Details)) {
				t.Errorf("details %q for the message %q", *got.Details, got.Message)
			}
		})
	}
}

// Fields are read as strictly as a struct, and not looked into.
func TestFields(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		``:                        `[]`,
		`{}`:                      `[]`,
		`{"b":[1],"a":{"x":"y"}}`: `[a={"x":"y"} b=[1]]`,
		`{"a":1,"a":2}`:           `The field "a" is given more than once.`,
		`{"a":{"b":1,"b":2}}`:     `The field "a/b" is given more than once.`,
		`[]`:                      `The body must be a JSON object.`,
		`null`:                    `The body must be a JSON object.`,
		`{"a":1}x`:                `The body is not valid JSON in UTF-8, at byte 7.`,
	} {
		handling(t, post(sent), func(r *functionurl.Request) {
			fields, err := r.Fields()
			got := message(t, err)
			if err == nil {
				texts := []string{}
				for _, name := range slices.Sorted(maps.Keys(fields)) {
					texts = append(texts, name+"="+string(fields[name]))
				}
				got = fmt.Sprint(texts)
			}
			if got != want {
				t.Errorf("%s: %s, want %s", sent, got, want)
			}
		})
	}
}

func TestDecodeSaysWhatIsWanted(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		`{"flag":"true"}`:         `The field "flag" must be true or false.`,
		`{"objects":{"a":1}}`:     `The field "objects" must be an array of objects.`,
		`{"objects":["a"]}`:       `The field "objects/0" must be an object.`,
		`{"objects":[{"x":1}]}`:   `The field "objects/0/x" is unknown.`,
		`{"objects":[{"a":1}]}`:   `The field "objects/0/a" must be a string.`,
		`{"id":"1"}`:              `The field "id" must be a whole number from 1 on.`,
		`{"id":1.5}`:              `The field "id" must be a whole number from 1 on.`,
		`{"id":0}`:                `The field "id" must be a whole number from 1 on.`,
		`{"id":9007199254740992}`: `The field "id" must be a whole number from 1 on.`,
		`{"id":1e0}`:              ``,
		`{"id":null}`:             ``,
		`{"flag":true,"objects":[{"a":null},{}]}`: ``,
	} {
		handling(t, post(sent), func(r *functionurl.Request) {
			var body struct {
				Flag    *bool           `json:"flag"`
				ID      *functionurl.ID `json:"id"`
				Objects *[]struct {
					A *string `json:"a"`
				} `json:"objects"`
			}
			if got := message(t, r.Decode(&body)); got != want {
				t.Errorf("%s: %s, want %s", sent, got, want)
			}
		})
	}
}
