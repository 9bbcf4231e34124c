package auth

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// mostVerified bounds what is remembered: of the largest tokens that are
// accepted, a megabyte.
const mostVerified = 64

// verification is a token that was found right: by which key, and what is in it.
type verification struct {
	algorithm jose.SignatureAlgorithm
	keyID     string
	key       any
	claims    jwt.Claims
	identity  Identity
}

// tokenCache remembers tokens whose signatures were checked, which takes longer
// than all else that a function does by itself. A token that Supabase Auth was
// asked about is not among them. It is safe for concurrent use.
type tokenCache struct {
	mu     sync.Mutex
	tokens map[string]verification
}

func (c *tokenCache) get(token string) (verification, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.tokens[token]
	return found, ok
}

func (c *tokenCache) put(token string, v verification) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.tokens) >= mostVerified || c.tokens == nil {
		c.tokens = make(map[string]verification, mostVerified)
	}
	c.tokens[strings.Clone(token)] = v // without the header around it
}

// sameKey reports whether a key is the one that verified a token before. Keys
// that were fetched again are others, of the same value mostly.
func sameKey(now, before any) bool {
	switch now := now.(type) {
	case *ecdsa.PublicKey:
		return any(now) == before || now.Equal(before)
	case *rsa.PublicKey:
		return any(now) == before || now.Equal(before)
	}
	_, secret := now.([]byte)
	return secret // there is one, and it doesn't change
}
