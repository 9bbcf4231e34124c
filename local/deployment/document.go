package deployment

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"mentorpause/local/openapi"
)

// documented fails the test if the function behind next gives an answer that is not
// in docs/openapi.yaml. Lambda's own answers have no x-request-id, and a client that
// has left gets none.
func documented(t testing.TB, function string, next http.Handler) http.Handler {
	t.Helper()
	document, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)

		response := events.LambdaFunctionURLResponse{StatusCode: answer.Code, Headers: map[string]string{}, Body: answer.Body.String()}
		for name, values := range answer.Header() {
			response.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
		}
		delete(response.Headers, "x-amzn-requestid") // Lambda's own
		if lambdas := answer.Code >= 400 && answer.Header().Get("X-Request-Id") == ""; !lambdas && r.Context().Err() == nil {
			if _, err := document.Response(function, r.Method, response); err != nil {
				t.Errorf("the answer is not as docs/openapi.yaml says: %v", err)
			}
		}

		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // the client may have left
	})
}
