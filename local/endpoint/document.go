package endpoint

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"mentorpause/local/openapi"
	"mentorpause/local/testdb"
)

// Unsaid names the tests with requests that the function checks in a way that
// OpenAPI can't express, each with the reason. A name covers its subtests.
type Unsaid map[string]string

// Main is for TestMain of a function's package. Every exchange of its tests is
// checked against docs/openapi.yaml as it happens (see [Bundle.Invoke]). When all
// have run, every documented answer must have been given at least once, and every
// name in unsaid must have been needed.
func Main(m *testing.M, function string, unsaid Unsaid) {
	met.unsaid = map[string]string{}
	for name, why := range unsaid {
		met.unsaid[strings.ReplaceAll(name, " ", "_")] = why
	}
	testdb.Main(documentedRun{m, function})
}

type documentedRun struct {
	m        *testing.M
	function string
}

// Run runs the tests. What was never met is known only if all of them ran, and
// passed.
func (r documentedRun) Run() int {
	code := r.m.Run()
	for _, chosen := range []string{"test.run", "test.skip", "test.list", "test.fuzz"} {
		if flag.Lookup(chosen).Value.String() != "" {
			return code
		}
	}
	if code != 0 {
		return code
	}
	missing, err := met.missing(r.function)
	if err != nil {
		missing = append(missing, err.Error())
	}
	for _, what := range missing {
		fmt.Fprintln(os.Stderr, "FAIL:", what)
		code = 1
	}
	return code
}

// met is what the tests of this process have met.
var met = ledger{answers: map[openapi.Answer]bool{}, needed: map[string]bool{}}

type ledger struct {
	unsaid map[string]string // written before the tests, and never after

	mu      sync.Mutex
	answers map[openapi.Answer]bool
	needed  map[string]bool // of unsaid
}

func (l *ledger) missing(function string) ([]string, error) {
	document, err := openapi.Load()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var missing []string
	for _, answer := range document.Answers(function) {
		if !l.answers[answer] {
			missing = append(missing, fmt.Sprintf("docs/openapi.yaml has the answer %q, which no test got", answer))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.unsaid)) {
		if !l.needed[name] {
			missing = append(missing, fmt.Sprintf("the exception %q is not needed", name))
		}
	}
	return missing, nil
}

func (l *ledger) answered(answer openapi.Answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers[answer] = true
}

// isUnsaid reports whether the test, or one that it is part of, is an exception.
func (l *ledger) isUnsaid(test string) bool {
	for name := range l.unsaid {
		if test == name || strings.HasPrefix(test, name+"/") {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.needed[name] = true
			return true
		}
	}
	return false
}

// holdAgainstDocument fails the test if an exchange is not as docs/openapi.yaml
// says. The response must be a documented one. A request that was accepted, or
// refused because of data in the database, must be valid by the document; one
// refused for its form must not be. A fuzzer's requests are exempt, because they
// find everything that OpenAPI can't express.
func holdAgainstDocument(t testing.TB, function string, event events.LambdaFunctionURLRequest, response events.LambdaFunctionURLResponse) {
	t.Helper()
	document, err := openapi.Load()
	if err != nil {
		t.Error(err)
		return
	}
	answer, err := document.Response(function, event.RequestContext.HTTP.Method, response)
	if err != nil {
		t.Errorf("the answer is not as docs/openapi.yaml says: %v", err)
		return
	}
	met.answered(answer)

	if strings.HasPrefix(t.Name(), "Fuzz") {
		return
	}
	switch response.StatusCode {
	case http.StatusOK, http.StatusNoContent, http.StatusNotModified,
		http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity:
		if err := document.Request(function, event); err != nil && !met.isUnsaid(t.Name()) {
			t.Errorf("answered %s, but by docs/openapi.yaml the request is not valid: %v", answer, err)
		}
	case http.StatusBadRequest, http.StatusMethodNotAllowed, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		if document.Request(function, event) == nil && !met.isUnsaid(t.Name()) {
			t.Errorf("answered %s, but by docs/openapi.yaml the request is valid", answer)
		}
	}
}
