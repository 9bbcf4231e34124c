package main

import (
	"testing"

	"mentorpause/local/endpoint"
)

func TestMain(m *testing.M) { endpoint.Main(m, "probe", nil) }

func TestProbe(t *testing.T) {
	t.Parallel()
	b := endpoint.New(t, newEndpoint)
	if response := b.Invoke(t, b.Post(endpoint.Coordinator, nil)); response.StatusCode != 200 || response.Body != `{"coordinates": true}` {
		t.Errorf("%d %s", response.StatusCode, response.Body)
	}
	endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Mentor, nil)), 403, "not_a_coordinator")
	endpoint.WantRefusal(t, b.Invoke(t, b.Post(endpoint.Coordinator, "[]")), 400, "invalid_request")
	endpoint.WantRefusal(t, b.Invoke(t, b.Get(endpoint.Coordinator, "")), 405, "method_not_allowed")
	unsigned := b.Post(endpoint.Coordinator, nil)
	delete(unsigned.Headers, "authorization")
	endpoint.WantRefusal(t, b.Invoke(t, unsigned), 401, "unauthenticated")
	if response := b.Invoke(t, b.Preflight()); response.StatusCode != 204 {
		t.Errorf("%d %s", response.StatusCode, response.Body)
	}
}
