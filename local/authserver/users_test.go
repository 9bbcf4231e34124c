package authserver_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"mentorpause/local/authserver"
	"mentorpause/local/mailserver"
	"mentorpause/local/testdb"
	"mentorpause/shared/mail"
)

func TestMain(m *testing.M) { testdb.Main(m) }

const person = "00000000-0000-4000-8000-0000000000d3"

// server is a Supabase Auth with a database and a mail server.
type server struct {
	*authserver.Users
	project *authserver.Project
	mails   *mailserver.Server
	handler http.Handler
	now     time.Time
}

func setup(t *testing.T) *server {
	t.Helper()
	s := &server{project: authserver.New("http://127.0.0.1:1"), mails: mailserver.Start(t, mailserver.Options{}), now: time.Now()}
	s.project.Now = func() time.Time { return s.now }
	mailer := mail.New(mail.Settings{Server: s.mails.URL(), From: &netmail.Address{Address: "no-reply@example.org"}})
	var err error
	if s.Users, err = authserver.NewUsers(t.Context(), s.project, testdb.New(t).URL("supabase_auth_admin"), mailer); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.handler = s.Handler()
	return s
}

type body map[string]any

// call sends a request with these headers, and checks status and error code.
func (s *server) call(t *testing.T, request string, sent body, status int, code string, headers ...string) body {
	t.Helper()
	text, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	method, path, _ := strings.Cut(request, " ")
	r := httptest.NewRequestWithContext(t.Context(), method, "/auth/v1"+path, bytes.NewReader(text))
	for n := 0; n < len(headers); n += 2 {
		r.Header.Set(headers[n], headers[n+1])
	}
	answer := httptest.NewRecorder()
	s.handler.ServeHTTP(answer, r)
	got := body{}
	if answer.Code != http.StatusNoContent {
		if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil {
			t.Fatalf("%s: %s", request, answer.Body)
		}
	}
	if errorCode, _ := got["error_code"].(string); answer.Code != status || errorCode != code {
		t.Fatalf("%s: %d %s, want %d %s", request, answer.Code, answer.Body, status, code)
	}
	return got
}

// What docs and tests rely on of the real server, as it was measured there.
func TestFromInvitationToSignOut(t *testing.T) {
	t.Parallel()
	s := setup(t)
	secret, page := []string{"apikey", s.project.SecretKey}, []string{"apikey", "sb_publishable_x"}

	made := s.call(t, "POST /admin/users", body{"id": person, "email": "Nils@example.org", "user_metadata": body{"locale": "nn"}}, 200, "", secret...)
	if made["id"] != person || made["email"] != "nils@example.org" || made["email_confirmed_at"] != nil {
		t.Errorf("%v", made)
	}
	s.call(t, "POST /admin/users", body{"email": "nils@example.org"}, 422, "email_exists", secret...)
	s.call(t, "POST /admin/users", body{"id": person, "email": "other@example.org"}, 500, "unexpected_failure", secret...)
	s.call(t, "POST /otp", body{"email": "nils@example.org", "create_user": false}, 422, "signup_disabled", page...)
	s.call(t, "POST /otp", body{"email": "nobody@example.org", "create_user": false}, 422, "otp_disabled", page...)

	if invited := s.call(t, "POST /invite", body{"email": "nils@example.org"}, 200, "", secret...); invited["id"] != person || invited["invited_at"] == nil {
		t.Errorf("%v", invited)
	}
	code := s.Code("nils@example.org")
	sent := s.mails.Messages()
	if len(code) != 6 || len(sent) != 1 || sent[0].To != "nils@example.org" || !strings.Contains(sent[0].Raw, "Invitation: "+code) ||
		!strings.Contains(sent[0].Raw, "<strong>"+code+"</strong>") || !strings.Contains(sent[0].Raw, "nettsida") {
		t.Errorf("code %q, sent %+v", code, sent)
	}

	s.call(t, "POST /verify", body{"type": "email", "email": "nils@example.org", "token": "x" + code}, 403, "otp_expired", page...)
	session := s.call(t, "POST /verify", body{"type": "email", "email": "nils@example.org", "token": code}, 200, "", page...)
	s.call(t, "POST /verify", body{"type": "email", "email": "nils@example.org", "token": code}, 403, "otp_expired", page...)
	s.call(t, "POST /invite", body{"email": "nils@example.org"}, 422, "email_exists", secret...)

	s.call(t, "POST /otp", body{"email": "nils@example.org", "create_user": false}, 200, "", page...)
	s.call(t, "POST /otp", body{"email": "nils@example.org", "create_user": false}, 429, "over_email_send_rate_limit", page...)
	code = s.Code("nils@example.org")
	s.now = s.now.Add(61 * time.Minute)
	s.call(t, "POST /verify", body{"type": "email", "email": "nils@example.org", "token": code}, 403, "otp_expired", page...)
	s.call(t, "POST /otp", body{"email": "nils@example.org", "create_user": false}, 200, "", page...)

	s.call(t, "GET /user", nil, 403, "bad_jwt", append(page, "Authorization", "Bearer "+session["access_token"].(string))...)
	s.call(t, "POST /token?grant_type=password", body{}, 400, "unsupported_grant_type", page...)
	again := s.call(t, "POST /token?grant_type=refresh_token", body{"refresh_token": session["refresh_token"]}, 200, "", page...)
	s.call(t, "POST /token?grant_type=refresh_token", body{"refresh_token": session["refresh_token"]}, 400, "refresh_token_not_found", page...)
	signedIn := append(page, "Authorization", "Bearer "+again["access_token"].(string))
	if user := s.call(t, "GET /user", nil, 200, "", signedIn...); user["id"] != person || user["last_sign_in_at"] == nil {
		t.Errorf("%v", user)
	}
	s.call(t, "POST /logout", nil, 204, "", signedIn...)
	s.call(t, "POST /token?grant_type=refresh_token", body{"refresh_token": again["refresh_token"]}, 400, "refresh_token_not_found", page...)

	if changed := s.call(t, "PUT /admin/users/"+person, body{"email": "ny@example.org"}, 200, "", secret...); changed["email"] != "ny@example.org" {
		t.Errorf("%v", changed)
	}
	s.call(t, "DELETE /admin/users/"+person, nil, 200, "", secret...)
	s.call(t, "DELETE /admin/users/"+person, nil, 404, "user_not_found", secret...)
	s.call(t, "GET /user", nil, 403, "user_not_found", signedIn...)
	if invited := s.call(t, "POST /invite", body{"email": "ny@example.org"}, 200, "", secret...); invited["id"] == person {
		t.Error("an unknown address gets a login with an id of its own")
	}
}

func TestKeysForServers(t *testing.T) {
	t.Parallel()
	s := setup(t)
	service, anon := s.project.APIKey("service_role"), s.project.APIKey("anon")
	for name, test := range map[string]struct {
		status  int
		code    string
		headers []string
	}{
		"none":                     {401, "", nil},
		"new, as it should be":     {404, "user_not_found", []string{"apikey", s.project.SecretKey}},
		"new, as a token too":      {403, "bad_jwt", []string{"apikey", s.project.SecretKey, "Authorization", "Bearer " + s.project.SecretKey}},
		"legacy, as it should be":  {404, "user_not_found", []string{"apikey", service, "Authorization", "Bearer " + service}},
		"legacy, no token":         {401, "no_authorization", []string{"apikey", service}},
		"anon":                     {403, "not_admin", []string{"apikey", anon, "Authorization", "Bearer " + anon}},
		"of somebody who signs in": {403, "not_admin", []string{"apikey", anon, "Authorization", "Bearer " + s.project.Token(person)}},
	} {
		t.Run(name, func(t *testing.T) {
			s.call(t, "DELETE /admin/users/"+person, nil, test.status, test.code, test.headers...)
		})
	}
}
