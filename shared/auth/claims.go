package auth

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/json" // case-sensitive, refuses duplicate keys
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

// clockSkew is how far apart the clocks of Supabase Auth and of this machine may
// be.
const clockSkew = 30 * time.Second

// authenticated is both the audience and the role of a signed-in user. The
// project's anon and service_role keys have other roles and no audience.
const authenticated = "authenticated"

// claims are the ones checked here. Everything else in the token is for the
// database to read.
type claims struct {
	Issuer      string           `json:"iss"`
	Subject     string           `json:"sub"`
	Audience    jwt.Audience     `json:"aud"`
	Expiry      *jwt.NumericDate `json:"exp"`
	NotBefore   *jwt.NumericDate `json:"nbf"`
	Role        string           `json:"role"`
	IsAnonymous json.RawMessage  `json:"is_anonymous"`
}

// checkClaims returns whose token this would be if its signature is right, and
// the claims that have to be checked again each time.
func (v *Verifier) checkClaims(payload []byte) (userID string, standard jwt.Claims, err error) {
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return "", standard, errors.New("the claims are not a JSON object of the expected types")
	}
	if !isStorable(payload) {
		return "", standard, errors.New("the claims have text or numbers that Postgres can't store")
	}
	if c.Expiry == nil {
		return "", standard, errors.New("no exp")
	}
	standard = jwt.Claims{Issuer: c.Issuer, Audience: c.Audience, Expiry: c.Expiry, NotBefore: c.NotBefore}
	if err := v.checkTime(standard); err != nil {
		return "", standard, err
	}
	if c.Role != authenticated {
		return "", standard, fmt.Errorf("role is %.32q", c.Role)
	}
	if len(c.IsAnonymous) > 0 && string(c.IsAnonymous) != "false" {
		return "", standard, errors.New("an anonymous user")
	}
	// Parse also accepts other spellings of a UUID.
	id, err := uuid.Parse(c.Subject)
	if err != nil || len(c.Subject) != len(uuid.Nil.String()) {
		return "", standard, errors.New("sub is not a UUID")
	}
	return id.String(), standard, nil
}

// checkTime checks the claims that depend on the time and on the settings.
func (v *Verifier) checkTime(standard jwt.Claims) error {
	expected := jwt.Expected{Issuer: v.issuer, AnyAudience: jwt.Audience{authenticated}, Time: v.now()}
	return standard.ValidateWithLeeway(expected, clockSkew)
}

// isStorable reports whether Postgres accepts a JSON text as jsonb. Otherwise the
// claims would fail there and look like a fault of ours.
func isStorable(text []byte) bool {
	// The decoder itself refuses invalid UTF-8 and half a surrogate pair.
	decoder := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true))
	for {
		token, err := decoder.ReadToken()
		switch {
		case errors.Is(err, io.EOF):
			return true
		case err != nil:
			return false
		case token.Kind() == jsontext.KindString && strings.ContainsRune(token.String(), 0),
			token.Kind() == jsontext.KindNumber && !isNumeric(token.String()):
			return false
		}
	}
}

// isNumeric reports whether a JSON number is in the range of Postgres' numeric.
// A token has no room for too many digits, so only the exponent matters.
func isNumeric(number string) bool {
	_, exponent, _ := strings.Cut(strings.ToLower(number), "e")
	return len(strings.TrimLeft(exponent, "+-0")) <= 4
}
