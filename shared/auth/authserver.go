package auth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/supabase-community/supabase-go"

	"mentorpause/shared/refusal"
)

const (
	// userTimeout limits one request to Supabase Auth, made while the caller waits.
	userTimeout = 5 * time.Second
	// maxUserBytes limits its answer, which user_metadata may make large.
	maxUserBytes = 1 << 20
)

// authServer asks Supabase Auth about tokens that only it can verify: those of
// a legacy project, signed with a secret that we were not given.
type authServer struct {
	supabase  *supabase.Client
	transport http.RoundTripper
}

func newAuthServer(projectURL, apiKey string, client *http.Client) (*authServer, error) {
	made, err := supabase.NewClient(projectURL, apiKey, nil)
	if err != nil {
		return nil, err
	}
	transport := client.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &authServer{supabase: made, transport: transport}, nil
}

// confirm asks whose token this is. If it is nobody's, or that of another user
// than the token says, that is a plain error; no answer is AuthUnavailable.
//
// Nothing is cached: a user who was signed out or deleted is locked out at once.
func (s *authServer) confirm(ctx context.Context, token, userID string) error {
	ctx, cancel := context.WithTimeout(ctx, userTimeout)
	defer cancel()
	// The library takes no context and reports the status only inside a text, so
	// each exchange gets a client of its own that handles both.
	exchange := &exchange{ctx: ctx, transport: s.transport}
	user, err := s.supabase.Auth.
		WithToken(token).
		WithClient(http.Client{Transport: exchange, CheckRedirect: refuseRedirect}).
		GetUser()
	switch status := exchange.status; {
	case status == 0:
		return refusal.New(refusal.AuthUnavailable).Because(fmt.Errorf("ask Supabase Auth: %w", err))
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status < 400 && err != nil, status >= 500:
		// err is left out: it repeats the answer's body.
		return refusal.New(refusal.AuthUnavailable).Because(fmt.Errorf("ask Supabase Auth: status %d and no user", status))
	case err != nil:
		return fmt.Errorf("refused by Supabase Auth with status %d", status)
	case user.ID.String() != userID:
		return errors.New("the token is another user's, says Supabase Auth")
	}
	return nil
}

// exchange is the transport of one request, under a context. It limits the size
// of the answer and notes its status.
type exchange struct {
	ctx       context.Context
	transport http.RoundTripper
	status    int // 0: no answer
}

// RoundTrip implements [http.RoundTripper].
func (e *exchange) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := e.transport.RoundTrip(request.WithContext(e.ctx))
	if err != nil {
		return nil, err
	}
	e.status = response.StatusCode
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxUserBytes), response.Body}
	return response, nil
}
