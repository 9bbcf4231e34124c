package page

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"mentorpause/shared/config"
)

func TestFunctionIsMadeFromTheEnvironment(t *testing.T) {
	t.Parallel()
	environment := map[string]string{"SUPABASE_URL": "https://h", "SUPABASE_ANON_KEY": "k", "FUNCTIONS_URL": "https://f/"}
	build := func(settings config.Console) (http.Handler, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, settings.Functions["pause"]+r.URL.Path+r.URL.RawQuery+r.Header.Get("accept"))
		}), nil
	}
	logged := &strings.Builder{}
	invoke, err := newFunction(build, func(name string) string { return environment[name] }, logged)
	if err != nil {
		t.Fatal(err)
	}
	event := events.LambdaFunctionURLRequest{RawPath: "/likeperson/123", RawQueryString: "a=b", Headers: map[string]string{"accept": "x"}}
	event.RequestContext.HTTP.Method = http.MethodGet
	event.RequestContext.RequestID = "an id"
	response, err := invoke(context.Background(), event)
	if err != nil || response.Body != "" && !response.IsBase64Encoded || response.StatusCode != 200 {
		t.Errorf("%+v, %v", response, err)
	}
	if line := logged.String(); !strings.Contains(line, `"request_id":"an id"`) || !strings.Contains(line, `"status":200`) || strings.Contains(line, "123") {
		t.Errorf("logged %s", line)
	}
	delete(environment, "SUPABASE_URL")
	if _, err := newFunction(build, func(name string) string { return environment[name] }, logged); err == nil || !strings.Contains(err.Error(), "SUPABASE_URL: is required") {
		t.Errorf("without a variable: %v", err)
	}
}
