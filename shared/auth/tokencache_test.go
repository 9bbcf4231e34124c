package auth_test

import (
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"mentorpause/local/authserver"
	"mentorpause/shared/refusal"
)

// A token that was valid once is not valid for ever.
func TestTokensThatWereVerifiedBefore(t *testing.T) {
	t.Parallel()
	t.Run("expire", func(t *testing.T) {
		t.Parallel()
		for _, algorithm := range []jose.SignatureAlgorithm{jose.ES256, jose.HS256} {
			p := newPlatform(t)
			settings := p.settings()
			settings.JWTSecret = p.Secret
			v := newVerifier(t, settings)
			token := p.Token(user, authserver.Signed(algorithm), authserver.Expires(p.now().Add(time.Minute)))
			v.accepts(t, token)
			p.wait(time.Minute + 29*time.Second)
			v.accepts(t, token)
			p.wait(2 * time.Second)
			v.refuses(t, token, refusal.Unauthenticated, "exp")
		}
	})
	t.Run("are refused once their key is gone", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		v := p.verifier(t)
		token := p.Token(user)
		v.accepts(t, token)
		p.serve(p.successor().Handler())
		p.wait(age)
		v.refuses(t, token, refusal.Unauthenticated, "no key")
	})
	t.Run("are refused once another key has their key's id", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		v := p.verifier(t)
		token := p.Token(user, authserver.Header("kid", nil))
		v.accepts(t, token)
		p.serve(p.successor().Handler()) // without a kid it is the only one that counts
		p.wait(age)
		v.refuses(t, token, refusal.Unauthenticated, "signature")
	})
	t.Run("stay right when the same keys are fetched again", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		v := p.verifier(t)
		token := p.Token(user)
		v.accepts(t, token)
		p.wait(age)
		v.accepts(t, token)
		p.wantKeyReads(t, 2)
	})
	t.Run("lend nothing to those that look alike", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		v := p.verifier(t)
		token := p.Token(user)
		v.accepts(t, token)
		forged := []byte(token)
		at := len(forged) - 10
		forged[at] = map[bool]byte{true: 'A', false: 'B'}[forged[at] != 'A']
		for range 2 {
			v.refuses(t, string(forged), refusal.Unauthenticated, "signature")
		}
		v.accepts(t, token)
	})
	t.Run("are told apart when they are very many", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		v := p.verifier(t)
		var tokens, users []string
		for n := range 150 {
			users = append(users, "00000000-0000-4000-8000-000000000"+[]string{"1", "2"}[n%2]+"00")
			tokens = append(tokens, p.Token(users[n], authserver.Claim("session_id", n)))
		}
		for range 2 {
			for n, token := range tokens {
				identity, err := v.Verify(t.Context(), "Bearer "+token)
				if err != nil || identity.UserID != users[n] {
					t.Fatalf("token %d: %+v, %v", n, identity, err)
				}
			}
		}
	})
}
