package auth

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"strings"
	"sync"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// mostVerified limits the cache: a megabyte of the largest accepted tokens.
const mostVerified = 64

// verification is the result of a valid token: its key and its content.
type verification struct {
	algorithm jose.SignatureAlgorithm
	keyID     string
	key       any
	claims    jwt.Claims
	identity  Identity
}

// tokenCache remembers tokens whose signatures were checked, because checking
// takes longer than everything else that a function does by itself. Tokens that
// Supabase Auth was asked about are not cached. It is safe for concurrent use.
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
// that were fetched again are new objects, mostly of the same value.
func sameKey(now, before any) bool {
	switch now := now.(type) {
	case *ecdsa.PublicKey:
		return any(now) == before || now.Equal(before)
	case *rsa.PublicKey:
		return any(now) == before || now.Equal(before)
	}
	_, secret := now.([]byte)
	return secret // there is only one, and it doesn't change
}
