package auth

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Admin keeps logins in Supabase Auth, with a key that may do everything. It is for the
// function that invites, and speaks HTTP itself, because supabase-go can't give a new login
// an id. It repeats nothing.
type Admin struct {
	base   string // <project>/auth/v1
	key    string
	client *http.Client
}

// NewAdmin makes a client of a project. Both settings have been checked. A key of the new
// kind is no token: it goes in the header apikey alone.
func NewAdmin(projectURL, secretKey string) *Admin {
	return &Admin{
		base:   strings.TrimRight(projectURL, "/") + "/auth/v1",
		key:    secretKey,
		client: &http.Client{CheckRedirect: refuseRedirect},
	}
}

// AdminError is why Supabase Auth did not do something.
type AdminError struct {
	Status int    // 0: no answer
	Code   string // its error code, such as email_exists; empty if it gave none

	cause error
}

// Error says what happened, without addresses.
func (e *AdminError) Error() string {
	if e.Status == 0 {
		return "no answer from Supabase Auth: " + e.cause.Error()
	}
	return fmt.Sprintf("Supabase Auth answered %d %s", e.Status, e.Code)
}

// Unwrap gives the cause.
func (e *AdminError) Unwrap() error { return e.cause }

// Temporary reports whether the same request may succeed later.
func (e *AdminError) Temporary() bool {
	return e.Status == 0 || e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooManyRequests || e.Status >= 500
}

// CreateUser makes a login that is not confirmed, with this id. The locale is for the
// language of its e-mails.
func (a *Admin) CreateUser(ctx context.Context, id, email, locale string) error {
	_, err := a.send(ctx, http.MethodPost, "/admin/users", map[string]any{
		"id": id, "email": email, "user_metadata": map[string]any{"locale": locale},
	})
	return err
}

// ChangeEmail gives a login another address, and the locale.
func (a *Admin) ChangeEmail(ctx context.Context, id, email, locale string) error {
	_, err := a.send(ctx, http.MethodPut, "/admin/users/"+url.PathEscape(id), map[string]any{
		"email": email, "user_metadata": map[string]any{"locale": locale},
	})
	return err
}

// Invited is whose login an invitation was sent to.
type Invited struct {
	ID     string
	IsMade bool // by this invitation: it is nobody's yet
}

// Invite has a code sent to the address of a login that is not confirmed. For an address
// without a login, Supabase Auth makes one, with an id of its own.
func (a *Admin) Invite(ctx context.Context, email string) (Invited, error) {
	// What is sent along is kept in a login that is made now, and ignored for one that is
	// there: so it tells the two apart.
	mark := rand.Text()
	body, err := a.send(ctx, http.MethodPost, "/invite", map[string]any{"email": email, "data": map[string]any{"invitation": mark}})
	if err != nil {
		return Invited{}, err
	}
	var answer struct {
		ID           string `json:"id"`
		UserMetadata struct {
			Invitation string `json:"invitation"`
		} `json:"user_metadata"`
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.ID == "" {
		return Invited{}, &AdminError{cause: errors.New("the answer names no user")}
	}
	return Invited{ID: answer.ID, IsMade: answer.UserMetadata.Invitation == mark}, nil
}

// DeleteUser removes a login; one that is gone already is no error.
func (a *Admin) DeleteUser(ctx context.Context, id string) error {
	_, err := a.send(ctx, http.MethodDelete, "/admin/users/"+url.PathEscape(id), nil)
	if refused, ok := errors.AsType[*AdminError](err); ok && refused.Status == http.StatusNotFound {
		return nil
	}
	return err
}

// send sends one request, and returns the body of a success. Its error is an *AdminError.
func (a *Admin) send(ctx context.Context, method, path string, body any) ([]byte, error) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return nil, &AdminError{cause: err}
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.base+path, content)
	if err != nil {
		return nil, &AdminError{cause: err}
	}
	request.Header.Set("apikey", a.key)
	if strings.Count(a.key, ".") == 2 { // a legacy key is a token, too
		request.Header.Set("Authorization", "Bearer "+a.key)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := a.client.Do(request)
	if err != nil {
		return nil, &AdminError{cause: withoutURL(err)}
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxUserBytes))
	if err != nil {
		return nil, &AdminError{cause: withoutURL(err)}
	}
	if response.StatusCode >= 200 && response.StatusCode < 300 {
		return answer, nil
	}
	// Older versions of the API say error_code, newer ones code.
	var refused struct {
		ErrorCode string          `json:"error_code"`
		Code      json.RawMessage `json:"code"`
	}
	_ = json.Unmarshal(answer, &refused) // a gateway's error may have another form
	failure := &AdminError{Status: response.StatusCode, Code: refused.ErrorCode}
	if failure.Code == "" {
		_ = json.Unmarshal(refused.Code, &failure.Code) // a number is the status again
	}
	return nil, failure
}

// withoutURL leaves out the address that the http package quotes: the log says which
// project it is.
func withoutURL(err error) error {
	if quoted, ok := errors.AsType[*url.Error](err); ok {
		return quoted.Err
	}
	return err
}
