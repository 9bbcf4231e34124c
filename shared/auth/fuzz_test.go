package auth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"mentorpause/local/authserver"
	"mentorpause/shared/auth"
	"mentorpause/shared/refusal"
)

// fixedProject issues the tokens of the fuzz targets, always with the same keys
// and at the same time, so that a seed is equally valid in the workers.
func fixedProject() *authserver.Project {
	p := authserver.Fixed("https://abc.supabase.co")
	p.Now = func() time.Time { return noon }
	return p
}

// wantUnauthenticated asserts the one refusal that a header may get while keys
// are available.
func wantUnauthenticated(t *testing.T, err error) {
	t.Helper()
	if refused, ok := errors.AsType[*refusal.Error](err); !ok || refused.Code != refusal.Unauthenticated {
		t.Fatalf("error is %T: %v", err, err)
	}
}

// signedPart is a compact JWS without its signature.
func signedPart(token string) string { return token[:max(strings.LastIndexByte(token, '.'), 0)] }

// FuzzVerify fuzzes the Authorization header. Only what the project signed is
// accepted, and the claims are then the signed ones, byte for byte.
func FuzzVerify(f *testing.F) {
	p := fixedProject()
	v := newVerifier(f, auth.Settings{SupabaseURL: p.URL, JWKS: string(p.JWKS()), JWTSecret: p.Secret, Now: p.Now})
	session := authserver.Claim("session_id", "b5a4d7a6-6f0e-4d0c-8f67-6b2f1f2a8f11")
	es, hs := p.Token(user, session), p.Token(user, session, authserver.Signed(jose.HS256))
	if payloadOf(f, es) != payloadOf(f, hs) {
		f.Fatal("the two tokens say different things")
	}
	genuine := payloadOf(f, es)
	foreign := strings.Replace(genuine, user, "00000000-0000-4000-8000-000000000000", 1) // signed by nobody
	for _, seed := range []string{
		"", "Bearer", "Bearer ", "bearer  .", "Bearer ..", "Bearer a.b.c", "Basic dTpw", "Bearer " + es, "BEARER " + hs,
		"Bearer " + es + ", Bearer " + hs, "Bearer " + hs[:len(hs)-1], "Bearer " + p.APIKey("anon"),
		"Bearer " + p.Token(user, session, authserver.Anonymous()),
		"Bearer " + p.Token(user, session, authserver.Expires(noon.Add(-time.Minute))),
		"Bearer " + p.Token(user, session, authserver.Claim("role", "service_role")),
		"Bearer " + p.Token(user, session, authserver.Claim("is_anonymous", true)),
		"Bearer " + forge(`{"alg":"none"}`, `{}`, unsigned),
		"Bearer " + forge(`{"alg":"none"}`, genuine, unsigned),
		"Bearer " + forge(`{"alg":"HS256"}`, foreign, unsigned),
		"Bearer " + forge(`{"alg":"ES256"}`, foreign, hmacWith([]byte(p.Secret))),
		"Bearer " + forge(`{"alg":"HS256","crit":[]}`, `{"sub":"\u0000"}`, hmacWith([]byte(p.Secret))),
		"Bearer " + forge(`{"alg":"HS256"}`, `{"exp":1e999,"aud":{},"is_anonymous":[]}`, hmacWith([]byte(p.Secret))),
		"Bearer " + forge(`{"alg":"ES256","jwk":{"kty":"EC"},"x5c":["AA=="]}`, `[`, unsigned),
		"Bearer " + forge(`null`, `null`, unsigned),
		"Bearer " + strings.Repeat("a", 8<<10) + "..",
		"Bearer \xff\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, authorization string) {
		identity, err := v.Verify(t.Context(), authorization)
		if err != nil {
			wantUnauthenticated(t, err)
			return
		}
		if identity.UserID != user || string(identity.Claims) != genuine {
			t.Fatalf("accepted what nobody signed: %q", identity.Claims)
		}
		// The signed part has one spelling; only the signature may differ.
		scheme, token, _ := strings.Cut(authorization, " ")
		if signed := signedPart(strings.Trim(token, " ")); !strings.EqualFold(scheme, "Bearer") || signed != signedPart(es) && signed != signedPart(hs) {
			t.Fatalf("accepted %q", authorization)
		}
	})
}

// FuzzClaims fuzzes the payload, which only a holder of the key can send. An
// accepted one must be JSON in which every reader sees the same user.
// (functions/roster fuzzes what Postgres reads in it.)
func FuzzClaims(f *testing.F) {
	p := fixedProject()
	v := newVerifier(f, auth.Settings{JWTSecret: p.Secret, Now: p.Now})
	payload := payloadOf(f, p.Token(user))
	for _, seed := range []string{payload, "{}", "null", "[]", `{"sub":"\ud83d"}`, strings.Replace(payload, "{", `{"a":"\\\u0000",`, 1),
		strings.Replace(payload, "{", `{"sub":"x",`, 1), strings.Replace(payload, "{", `{"Sub":"x",`, 1), payload + " "} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		identity, err := v.Verify(t.Context(), "Bearer "+forge(`{"alg":"HS256"}`, string(payload), hmacWith([]byte(p.Secret))))
		if err != nil {
			wantUnauthenticated(t, err)
			return
		}
		var read map[string]any
		if err := json.Unmarshal(identity.Claims, &read); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", err)
		}
		if sub, _ := read["sub"].(string); !strings.EqualFold(sub, identity.UserID) || read["role"] != "authenticated" {
			t.Fatalf("user %s by our reading, %v as %v by another", identity.UserID, read["sub"], read["role"])
		}
		if !bytes.Equal(identity.Claims, payload) {
			t.Fatal("the claims are not the payload")
		}
	})
}
