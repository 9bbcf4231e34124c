package functionurl_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"mentorpause/local/authserver"
	"mentorpause/shared/auth"
	"mentorpause/shared/functionurl"
)

const (
	userID    = "8c4f2f0e-3f0b-4d1e-9a51-0f6f2f7f6b11"
	requestID = "req-1"
)

// project issues the tokens of all tests.
var project = sync.OnceValue(func() *authserver.Project { return authserver.New("https://project.example.org") })

func bearer(options ...authserver.Option) string {
	return "Bearer " + project().Token(userID, options...)
}

func newVerifier(t testing.TB, settings auth.Settings) *auth.Verifier {
	t.Helper()
	verifier, err := auth.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	return verifier
}

// log collects what an endpoint logs.
type log struct{ bytes.Buffer }

// line is the only line logged, as JSON.
func (l *log) line(t *testing.T) map[string]any {
	t.Helper()
	text := l.Bytes()
	if bytes.Count(text, []byte("\n")) != 1 {
		t.Fatalf("logged %q, want one line", text)
	}
	var line map[string]any
	if err := json.Unmarshal(text, &line); err != nil {
		t.Fatalf("logged %q: %v", text, err)
	}
	return line
}

// body is what the tests' endpoint reads, with every kind of field that the
// functions have.
type body struct {
	Text   *string               `json:"text"`
	Number *int32                `json:"number"`
	List   functionurl.OneOrMore `json:"list"`
}

type handle = func(context.Context, *functionurl.Request) (functionurl.Answer, error)

// echo answers with what it read.
func echo(_ context.Context, r *functionurl.Request) (functionurl.Answer, error) {
	var read body
	if err := r.Decode(&read); err != nil {
		return functionurl.Answer{}, err
	}
	text, err := json.Marshal(read)
	return functionurl.Answer{Body: text}, err
}

// newEndpoint makes an endpoint that accepts the project's tokens.
func newEndpoint(t testing.TB, handle handle) (functionurl.Endpoint, *log) {
	t.Helper()
	logged := &log{}
	return functionurl.Endpoint{
		Name:     "test",
		Methods:  []string{http.MethodGet, http.MethodPost},
		Verifier: newVerifier(t, auth.Settings{SupabaseURL: project().URL, JWKS: string(project().JWKS())}),
		Log:      slog.New(slog.NewJSONHandler(logged, nil)),
		Handle:   handle,
	}, logged
}

// post is a request that the endpoint accepts, with this body.
func post(text string) events.LambdaFunctionURLRequest { return postWith(bearer(), text) }

func postWith(authorization, text string) events.LambdaFunctionURLRequest {
	event := events.LambdaFunctionURLRequest{
		Version: "2.0",
		RawPath: "/functions/v1/test",
		Headers: map[string]string{"authorization": authorization, "content-type": "application/json"},
		Body:    text,
	}
	event.RequestContext.RequestID = requestID
	event.RequestContext.HTTP.Method = http.MethodPost
	return event
}

func invoke(t testing.TB, endpoint functionurl.Endpoint, event events.LambdaFunctionURLRequest) events.LambdaFunctionURLResponse {
	t.Helper()
	response, err := endpoint.Invoke(t.Context(), event)
	if err != nil {
		t.Fatalf("Invoke: %v", err)
	}
	return response
}

// refused is an error body as a client reads it.
type refused struct {
	Code    string  `json:"code"`
	Message string  `json:"message"`
	Details *string `json:"details"`
	Hint    *string `json:"hint"`
}

// readRefusal checks that the response is an error in the shape of docs/openapi.yaml.
func readRefusal(t testing.TB, response events.LambdaFunctionURLResponse) refused {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(response.Body), &fields); err != nil {
		t.Fatalf("status %d with body %q: %v", response.StatusCode, response.Body, err)
	}
	for _, name := range []string{"code", "message", "details", "hint"} {
		if _, present := fields[name]; !present {
			t.Errorf("error body %s lacks %q", response.Body, name)
		}
	}
	if len(fields) != 4 {
		t.Errorf("error body %s has more than four fields", response.Body)
	}
	var read refused
	if err := json.Unmarshal([]byte(response.Body), &read); err != nil {
		t.Fatal(err)
	}
	if got := response.Headers["sb-error-code"]; got != read.Code {
		t.Errorf("sb-error-code %q, code %q", got, read.Code)
	}
	if got := response.Headers["content-type"]; got != "application/json" {
		t.Errorf("content-type %q of an error", got)
	}
	return read
}
