package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"mentorpause/shared/refusal"
)

const (
	// keysAge is how long fetched keys are used before they are fetched again, so
	// that a revoked key goes out of use.
	keysAge = 10 * time.Minute
	// keysCooldown is the shortest time between two fetches, however many unknown
	// key ids arrive.
	keysCooldown = 30 * time.Second
	// keysRetry is keysCooldown while there are no keys at all.
	keysRetry = 5 * time.Second
	// keysTimeout limits one fetch.
	keysTimeout = 3 * time.Second
	// maxKeysBytes limits the answer; a key has about 0.5 KiB.
	maxKeysBytes = 64 << 10
	// minRSABits is the minimum for RS256 (RFC 7518, section 3.3).
	minRSABits = 2048
)

// publicKey is a key of a JWKS that may verify signatures of one algorithm.
type publicKey struct {
	id        string
	algorithm jose.SignatureAlgorithm
	key       any // *ecdsa.PublicKey or *rsa.PublicKey
}

// parsedKeySet is a JWKS: the number of its keys, and the usable ones.
type parsedKeySet struct {
	size   int
	usable []publicKey
}

// parseKeySet reads a JWKS. Keys of other kinds are left out, as RFC 7517
// demands.
func parseKeySet(text []byte) (parsedKeySet, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return parsedKeySet{}, errors.New("is not a JSON Web Key Set")
	}
	if set.Keys == nil {
		return parsedKeySet{}, errors.New(`is not a JSON Web Key Set: it has no "keys"`)
	}
	parsed := parsedKeySet{size: len(set.Keys)}
	for _, raw := range set.Keys {
		if key, ok := parseKey(raw); ok {
			parsed.usable = append(parsed.usable, key)
		}
	}
	return parsed, nil
}

// parseKey accepts a public key that is meant for verifying; its type decides the
// one algorithm. Symmetric and private keys are never accepted.
func parseKey(raw []byte) (publicKey, bool) {
	var purpose struct {
		Operations *[]string `json:"key_ops"`
	}
	var jwk jose.JSONWebKey
	if json.Unmarshal(raw, &purpose) != nil || json.Unmarshal(raw, &jwk) != nil {
		return publicKey{}, false
	}
	found := publicKey{id: jwk.KeyID, key: jwk.Key}
	switch key := jwk.Key.(type) {
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return publicKey{}, false
		}
		found.algorithm = jose.ES256
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSABits {
			return publicKey{}, false
		}
		found.algorithm = jose.RS256
	default:
		return publicKey{}, false
	}
	forThis := jwk.Algorithm == "" || jwk.Algorithm == string(found.algorithm)
	forSignatures := jwk.Use == "" || jwk.Use == "sig"
	forVerifying := purpose.Operations == nil || slices.Contains(*purpose.Operations, "verify")
	return found, forThis && forSignatures && forVerifying
}

// keySet holds the project's public keys: fixed ones, or fetched and cached
// ones. What was fetched once stays in use until a later fetch succeeds.
type keySet struct {
	fixed  bool
	url    string
	client *http.Client
	now    func() time.Time

	mu        sync.Mutex
	usable    []publicKey
	fetched   time.Time     // of usable; zero: never
	attempted time.Time     // the latest fetch, even if it failed
	failure   error         // of the latest fetch
	fetching  chan struct{} // closed when the fetch under way ends; nil: none is
}

// find returns the key for a token's algorithm and key id. A token without a key
// id gets the only key of its algorithm. The error is AuthUnavailable when no
// keys could ever be fetched, and a plain one when there is no such key.
func (s *keySet) find(ctx context.Context, algorithm jose.SignatureAlgorithm, id string) (any, error) {
	s.refresh(ctx, false)
	suitable, err := s.suitable(algorithm, id)
	if err == nil && len(suitable) == 0 {
		s.refresh(ctx, true)
		suitable, err = s.suitable(algorithm, id)
	}
	switch {
	case err != nil:
		return nil, refusal.New(refusal.AuthUnavailable).Because(err)
	case len(suitable) == 1:
		return suitable[0].key, nil
	case len(suitable) > 1:
		return nil, fmt.Errorf("%d keys for %s and key id %.64q", len(suitable), algorithm, id)
	default:
		return nil, fmt.Errorf("no key for %s and key id %.64q", algorithm, id)
	}
}

// wantAny returns why there is no key at all, or nil.
func (s *keySet) wantAny(ctx context.Context) error {
	s.refresh(ctx, false)
	for _, algorithm := range []jose.SignatureAlgorithm{jose.ES256, jose.RS256} {
		if found, err := s.suitable(algorithm, ""); err != nil || len(found) > 0 {
			return err
		}
	}
	return errors.New("the JWKS has no keys")
}

// suitable lists the keys that fit, or returns why there are none at all.
func (s *keySet) suitable(algorithm jose.SignatureAlgorithm, id string) ([]publicKey, error) {
	if !s.fixed {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.fetched.IsZero() {
			if s.failure == nil {
				return nil, errors.New("fetch the JWKS: not finished in time")
			}
			return nil, s.failure
		}
	}
	var found []publicKey
	for _, key := range s.usable {
		if key.algorithm == algorithm && (id == "" || id == key.id) {
			found = append(found, key)
		}
	}
	return found, nil
}

// refresh fetches the keys when that is due: they are old or, with missed set,
// don't contain the wanted one. It returns when the fetch has ended or ctx is
// done. Many callers share one fetch; those that can use the present keys don't
// wait for it.
func (s *keySet) refresh(ctx context.Context, missed bool) {
	if s.fixed {
		return
	}
	s.mu.Lock()
	// Without Round the monotonic clock would be compared, which stops while the
	// machine is frozen between two invocations.
	now := s.now().Round(0)
	empty := s.fetched.IsZero()
	cooldown := keysCooldown
	if empty {
		cooldown = keysRetry
	}
	wanted := empty || missed || hasPassed(keysAge, s.fetched, now)
	mayStart := s.attempted.IsZero() || hasPassed(cooldown, s.attempted, now)
	ended := s.fetching
	switch {
	case ended != nil && !empty && !missed, ended == nil && !(wanted && mayStart):
		s.mu.Unlock()
		return
	case ended == nil:
		ended = make(chan struct{})
		s.fetching, s.attempted = ended, now
		// The fetch outlives a caller who gives up: others may wait for it.
		go s.fetch(context.WithoutCancel(ctx), ended)
	}
	s.mu.Unlock()
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

// hasPassed reports whether a duration has passed since then; it is also true
// when the clock was put back behind that time.
func hasPassed(d time.Duration, then, now time.Time) bool {
	return now.Before(then) || now.Sub(then) >= d
}

// fetch gets the keys once and stores the result.
func (s *keySet) fetch(ctx context.Context, ended chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, keysTimeout)
	defer cancel()
	parsed, err := s.download(ctx)
	if err != nil {
		err = fmt.Errorf("fetch the JWKS: %w", err)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure, s.fetching = err, nil
	close(ended)
	if err == nil {
		s.usable, s.fetched = parsed.usable, s.attempted
	} else if !s.fetched.IsZero() {
		slog.WarnContext(ctx, "the public keys of Supabase Auth could not be refreshed; the cached ones stay in use",
			"error", err, "fetched_at", s.fetched)
	}
}

func (s *keySet) download(ctx context.Context) (parsedKeySet, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return parsedKeySet{}, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return parsedKeySet{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return parsedKeySet{}, fmt.Errorf("status %d", response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxKeysBytes+1))
	if err != nil {
		return parsedKeySet{}, err
	}
	if len(body) > maxKeysBytes {
		return parsedKeySet{}, fmt.Errorf("the answer is larger than %d bytes", maxKeysBytes)
	}
	parsed, err := parseKeySet(body)
	if err != nil {
		return parsedKeySet{}, fmt.Errorf("the answer %w", err)
	}
	return parsed, nil
}
