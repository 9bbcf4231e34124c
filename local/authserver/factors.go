package authserver

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/google/uuid"
)

const (
	step              = 30 * time.Second // of a TOTP code
	challengeLifetime = 5 * time.Minute
)

// factor is an app that makes codes by RFC 6238.
type factor struct {
	id, name   string
	secret     []byte
	verified   bool // it has shown a right code once
	made       time.Time
	changed    time.Time
	challenges map[string]time.Time // when they were asked for, by id
	last       int64                // the step of the last code that was taken
}

// TOTP is the code of a secret, in base32 as an app is given it, at some moment.
func TOTP(secret string, at time.Time) (string, error) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		return "", fmt.Errorf("secret of a factor: %w", err)
	}
	return totp(key, at.Unix()/int64(step.Seconds())), nil
}

func totp(key []byte, counter int64) string {
	mac := hmac.New(sha1.New, key)
	binary.Write(mac, binary.BigEndian, counter) // a hash takes everything
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[offset:])&0x7fffffff%1_000_000)
}

// withFactors is what an answer has of a user.
func (u *Users) withFactors(of *user) any {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.factors[of.id]) == 0 {
		return json.RawMessage(of.json)
	}
	body := map[string]any{}
	must(json.Unmarshal([]byte(of.json), &body)) // it was made by the database
	factors := []map[string]any{}
	for _, f := range u.factors[of.id] {
		status := "unverified"
		if f.verified {
			status = "verified"
		}
		factors = append(factors, map[string]any{"id": f.id, "friendly_name": f.name, "factor_type": "totp", "status": status,
			"created_at": f.made, "updated_at": f.changed})
	}
	body["factors"] = factors
	return body
}

// factorOf returns the factor of a request's path, which is that of who asks. It is called
// with the lock held.
func (u *Users) factorOf(r *http.Request, userID string) (*factor, error) {
	for _, f := range u.factors[userID] {
		if f.id == r.PathValue("id") {
			return f, nil
		}
	}
	return nil, &fault{http.StatusNotFound, "mfa_factor_not_found", "Factor not found"}
}

// enroll gives a user another factor, which counts once it has been verified.
func (u *Users) enroll(r *http.Request) (int, any, error) {
	said, refused := u.project.identify(r)
	if refused != nil {
		return 0, nil, refused
	}
	in, err := read(r)
	if err != nil {
		return 0, nil, err
	}
	if in.FactorType != "totp" {
		return 0, nil, &fault{http.StatusBadRequest, "validation_failed", "factor_type needs to be totp, phone, or webauthn"}
	}
	secret := make([]byte, 20)
	rand.Read(secret) // it never fails
	f := &factor{id: uuid.NewString(), name: in.FriendlyName, secret: secret, made: u.project.now(), changed: u.project.now(), challenges: map[string]time.Time{}}
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.factors[said.Subject] = append(u.factors[said.Subject], f)
	uri := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + in.Issuer + ":" + said.Email,
		RawQuery: url.Values{"algorithm": {"SHA1"}, "digits": {"6"}, "issuer": {in.Issuer}, "period": {"30"}, "secret": {text}}.Encode()}
	return http.StatusOK, map[string]any{"id": f.id, "type": "totp", "friendly_name": f.name,
		"totp": map[string]any{"secret": text, "uri": uri.String(), "qr_code": ""}}, nil
}

// challenge begins to ask for a code.
func (u *Users) challenge(r *http.Request) (int, any, error) {
	said, refused := u.project.identify(r)
	if refused != nil {
		return 0, nil, refused
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	f, err := u.factorOf(r, said.Subject)
	if err != nil {
		return 0, nil, err
	}
	id := uuid.NewString()
	f.challenges[id] = u.project.now()
	return http.StatusOK, map[string]any{"id": id, "type": "totp", "expires_at": u.project.now().Add(challengeLifetime).Unix()}, nil
}

// verifyFactor takes a code of the factor, and raises the session. A code is taken once,
// and also in the step before and after its own.
func (u *Users) verifyFactor(r *http.Request) (int, any, error) {
	said, refused := u.project.identify(r)
	if refused != nil {
		return 0, nil, refused
	}
	in, err := read(r)
	if err != nil {
		return 0, nil, err
	}
	raised, err := u.raise(r, said, in)
	if err != nil {
		return 0, nil, err
	}
	of, err := u.byID(r.Context(), said.Subject)
	if err != nil {
		return 0, nil, err
	}
	if of == nil {
		return 0, nil, notFound
	}
	return http.StatusOK, u.begin(raised, of), nil
}

// raise checks a code, and ends the refresh tokens that the session had before.
func (u *Users) raise(r *http.Request, said token, in parameters) (session, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	f, err := u.factorOf(r, said.Subject)
	if err != nil {
		return session{}, err
	}
	asked, known := f.challenges[in.ChallengeID]
	switch {
	case !known:
		return session{}, &fault{http.StatusUnprocessableEntity, "mfa_factor_not_found", "MFA factor with the provided challenge ID not found"}
	case u.project.now().Sub(asked) > challengeLifetime:
		delete(f.challenges, in.ChallengeID)
		return session{}, &fault{http.StatusUnprocessableEntity, "mfa_challenge_expired",
			fmt.Sprintf("MFA challenge %s has expired, verify against another challenge or create a new challenge.", in.ChallengeID)}
	}
	now := u.project.now().Unix() / int64(step.Seconds())
	counters := slices.DeleteFunc([]int64{now, now - 1, now + 1}, func(counter int64) bool {
		return counter <= f.last || subtle.ConstantTimeCompare([]byte(totp(f.secret, counter)), []byte(in.Code)) == 0
	})
	if len(counters) == 0 {
		return session{}, &fault{http.StatusUnprocessableEntity, "mfa_verification_failed", "Invalid TOTP code entered"}
	}
	delete(f.challenges, in.ChallengeID)
	f.last, f.verified, f.changed = counters[0], true, u.project.now()
	for refresh, s := range u.sessions {
		if s.id == said.SessionID {
			delete(u.sessions, refresh)
		}
	}
	return session{id: said.SessionID, userID: said.Subject, raised: u.project.now()}, nil
}

// unenroll removes a factor; a verified one only in a session that was raised.
func (u *Users) unenroll(r *http.Request) (int, any, error) {
	said, refused := u.project.identify(r)
	if refused != nil {
		return 0, nil, refused
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	f, err := u.factorOf(r, said.Subject)
	if err != nil {
		return 0, nil, err
	}
	if f.verified && said.Level != "aal2" {
		return 0, nil, &fault{http.StatusUnprocessableEntity, "insufficient_aal", "AAL2 required to unenroll verified factor"}
	}
	u.factors[said.Subject] = slices.DeleteFunc(u.factors[said.Subject], func(other *factor) bool { return other == f })
	return http.StatusOK, map[string]any{"id": f.id}, nil
}
