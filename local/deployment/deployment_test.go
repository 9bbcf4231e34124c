package deployment_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"mentorpause/local/deployment"
	"mentorpause/local/endpoint"
)

func TestMain(m *testing.M) { deployment.Main(m) }

func TestAPhoneGetsItsRoster(t *testing.T) {
	t.Parallel()
	s := deployment.Start(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.FunctionURL("roster"), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.Project.Token(endpoint.Coordinator))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != http.StatusOK || !strings.Contains(string(body), endpoint.Mentor) {
		t.Errorf("%d %s\n%s", response.StatusCode, body, s.Log)
	}
}

// A connection string that was copied from the page of another driver works.
func TestParametersOfOtherDriversAreIgnored(t *testing.T) {
	t.Parallel()
	s := deployment.Start(t, deployment.DatabaseURL(func(url string) string { return url + "&pgbouncer=true&connection_limit=1&schema=public" }))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.FunctionURL("roster"), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.Project.Token(endpoint.Coordinator))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("status %d", response.StatusCode)
	}
}
