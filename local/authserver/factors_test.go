package authserver_test

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"mentorpause/local/authserver"
)

// The test vectors of RFC 6238, of which an app shows the last six digits.
func TestTOTPFollowsTheStandard(t *testing.T) {
	t.Parallel()
	secret := base32.StdEncoding.EncodeToString([]byte("12345678901234567890"))
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got, err := authserver.TOTP(secret, time.Unix(at, 0)); got != want || err != nil {
			t.Errorf("at %d: %s, %v; want %s", at, got, err, want)
		}
	}
	if _, err := authserver.TOTP("1", time.Now()); err == nil {
		t.Error("a secret that isn't base32 has a code")
	}
}

// level is the assurance level that an answer's access token claims, and how it was reached.
func level(t *testing.T, answer body) (claims struct {
	AAL       string                    `json:"aal"`
	SessionID string                    `json:"session_id"`
	AMR       []struct{ Method string } `json:"amr"`
}) {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(answer["access_token"].(string), ".")[1])
	if err == nil {
		err = json.Unmarshal(payload, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestASecondFactor(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := []string{"apikey", "sb_publishable_x"}
	with := func(session body) []string {
		return append(key, "Authorization", "Bearer "+session["access_token"].(string))
	}
	signIn := func() body {
		s.now = s.now.Add(2 * time.Minute)
		s.call(t, "POST /otp", body{"email": "nils@example.org", "create_user": false}, 200, "", key...)
		return s.call(t, "POST /verify", body{"type": "email", "email": "nils@example.org", "token": s.Code("nils@example.org")}, 200, "", key...)
	}
	s.call(t, "POST /admin/users", body{"id": person, "email": "nils@example.org", "email_confirm": true}, 200, "", "apikey", s.project.SecretKey)
	session := signIn()
	if got := level(t, session); got.AAL != "aal1" || session["user"].(map[string]any)["factors"] != nil {
		t.Errorf("without a factor: %v, %v", got, session["user"])
	}

	s.call(t, "POST /factors", body{"factor_type": "phone"}, 400, "validation_failed", with(session)...)
	s.call(t, "POST /factors", body{"factor_type": "totp"}, 401, "no_authorization", key...)
	made := s.call(t, "POST /factors", body{"factor_type": "totp", "friendly_name": "telefon", "issuer": "Likeperson"}, 200, "", with(session)...)
	id, secret := made["id"].(string), made["totp"].(map[string]any)["secret"].(string)
	if uri := made["totp"].(map[string]any)["uri"].(string); !strings.HasPrefix(uri, "otpauth://totp/Likeperson:nils@example.org?") || !strings.Contains(uri, secret) {
		t.Errorf("uri %s", uri)
	}
	code := func() string {
		s.now = s.now.Add(time.Minute) // a code is taken once
		code, err := authserver.TOTP(secret, s.now)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	challenge := func(session body) string {
		return s.call(t, "POST /factors/"+id+"/challenge", nil, 200, "", with(session)...)["id"].(string)
	}
	verify := func(session body, challenge, code string, status int, refusal string) body {
		return s.call(t, "POST /factors/"+id+"/verify", body{"challenge_id": challenge, "code": code}, status, refusal, with(session)...)
	}
	// Until it has shown a code, it doesn't count.
	if factors := s.call(t, "GET /user", nil, 200, "", with(session)...)["factors"].([]any); factors[0].(map[string]any)["status"] != "unverified" {
		t.Errorf("factors %v", factors)
	}
	raised := verify(session, challenge(session), code(), 200, "")
	if got := level(t, raised); got.AAL != "aal2" || got.SessionID != level(t, session).SessionID || len(got.AMR) != 2 || got.AMR[0].Method != "totp" {
		t.Errorf("raised: %v", got)
	}
	s.call(t, "POST /token?grant_type=refresh_token", body{"refresh_token": session["refresh_token"]}, 400, "refresh_token_not_found", key...)
	renewed := s.call(t, "POST /token?grant_type=refresh_token", body{"refresh_token": raised["refresh_token"]}, 200, "", key...)
	if got := level(t, renewed); got.AAL != "aal2" {
		t.Errorf("renewed: %v", got)
	}

	session = signIn()
	if got := level(t, session); got.AAL != "aal1" || session["user"].(map[string]any)["factors"].([]any)[0].(map[string]any)["status"] != "verified" {
		t.Errorf("signed in again: %v, %v", got, session["user"])
	}
	good, asked := code(), challenge(session)
	verify(session, asked, "000000", 422, "mfa_verification_failed")
	verify(session, "00000000-0000-4000-8000-000000000000", good, 422, "mfa_factor_not_found")
	s.now = s.now.Add(6 * time.Minute)
	verify(session, asked, code(), 422, "mfa_challenge_expired")
	asked, good = challenge(session), code()
	verify(session, asked, good, 200, "")
	verify(session, challenge(session), good, 422, "mfa_verification_failed")
	verify(session, asked, code(), 422, "mfa_factor_not_found")

	// Somebody else's factor is nobody's.
	s.call(t, "POST /factors/"+person+"/challenge", nil, 404, "mfa_factor_not_found", with(session)...)
	s.call(t, "DELETE /factors/"+id, nil, 422, "insufficient_aal", with(session)...)
	s.call(t, "DELETE /factors/"+id, nil, 200, "", with(raised)...)
	if got := s.call(t, "GET /user", nil, 200, "", with(raised)...)["factors"]; got != nil {
		t.Errorf("factors %v", got)
	}
}
