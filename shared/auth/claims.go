package auth

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4/json" // case-sensitive, refuses duplicate keys
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
)

// clockSkew is how far the clocks of Supabase Auth and of this machine may be
// apart.
const clockSkew = 30 * time.Second

// authenticated is both the audience and the role of a signed-in user. The
// project's anon and service_role keys have other roles and no audience.
const authenticated = "authenticated"

// claims are those that are checked here. Everything else in the token is the
// database's to read.
type claims struct {
	Issuer      string           `json:"iss"`
	Subject     string           `json:"sub"`
	Audience    jwt.Audience     `json:"aud"`
	Expiry      *jwt.NumericDate `json:"exp"`
	NotBefore   *jwt.NumericDate `json:"nbf"`
	Role        string           `json:"role"`
	IsAnonymous json.RawMessage  `json:"is_anonymous"`
}

// checkClaims tells whose token this would be, if its signature is right.
func (v *Verifier) checkClaims(payload []byte) (userID string, err error) {
	if !isStorable(payload) {
		return "", errors.New("the claims have text that Postgres can't store")
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return "", errors.New("the claims are no JSON object of the expected types")
	}
	if c.Expiry == nil {
		return "", errors.New("no exp")
	}
	standard := jwt.Claims{Issuer: c.Issuer, Audience: c.Audience, Expiry: c.Expiry, NotBefore: c.NotBefore}
	expected := jwt.Expected{Issuer: v.issuer, AnyAudience: jwt.Audience{authenticated}, Time: v.now()}
	if err := standard.ValidateWithLeeway(expected, clockSkew); err != nil {
		return "", err
	}
	if c.Role != authenticated {
		return "", fmt.Errorf("role is %.32q", c.Role)
	}
	if len(c.IsAnonymous) > 0 && string(c.IsAnonymous) != "false" {
		return "", errors.New("an anonymous user")
	}
	// Parse takes other spellings of a UUID too.
	id, err := uuid.Parse(c.Subject)
	if err != nil || len(c.Subject) != len(uuid.Nil.String()) {
		return "", errors.New("sub is no UUID")
	}
	return id.String(), nil
}

// isStorable reports whether Postgres takes the strings of a JSON text as
// jsonb: valid UTF-8, no escaped NUL, no half of a surrogate pair. Otherwise
// the claims would fail there, as a fault of ours.
func isStorable(text []byte) bool {
	if !utf8.Valid(text) {
		return false
	}
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return true
		}
		text = text[i:]
		unit, isUnicode := escapedUnit(text)
		switch {
		case !isUnicode: // \n, \\, …; or malformed, which the parser finds
			text = text[min(2, len(text)):]
		case unit == 0, unit >= 0xDC00 && unit <= 0xDFFF:
			return false
		case unit >= 0xD800 && unit <= 0xDBFF:
			low, ok := escapedUnit(text[6:])
			if !ok || low < 0xDC00 || low > 0xDFFF {
				return false
			}
			text = text[12:]
		default:
			text = text[6:]
		}
	}
}

// escapedUnit reads the UTF-16 unit of the \uXXXX that text begins with.
func escapedUnit(text []byte) (unit uint64, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return unit, err == nil
}
