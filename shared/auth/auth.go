// Package auth decides who is calling: it verifies the access tokens that
// Supabase Auth issues to signed-in users.
//
// It alone decides whether a token is genuine. What the user may do is decided
// in the database, from the memberships at the moment of the call; none of that
// is read from the token.
//
// The cheap checks come first, and the key is looked up only if the claims would
// be accepted: expired or foreign tokens cause no fetch. The package fails
// closed. To the caller every refusal is the same [refusal.Unauthenticated]; its
// cause goes to the log only, without the token. The one other error is
// [refusal.AuthUnavailable], when there is no key to check the token with.
package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"mentorpause/shared/refusal"
)

const (
	// maxTokenBytes limits the work that a stranger can cause. Supabase's tokens
	// have about 1 KiB; app_metadata may make them larger.
	maxTokenBytes = 8 << 10

	// minSecretBytes is the minimum for HS256 (RFC 7518, section 3.2).
	minSecretBytes = 32
)

// algorithms is the allowlist. In particular it has no "none".
var algorithms = []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.HS256}

// Settings says which project's tokens are accepted and how they are checked.
// At least one of SupabaseURL, JWKS and JWTSecret is required.
type Settings struct {
	// SupabaseURL is the project's base URL. When set, a token's issuer must be
	// <SupabaseURL>/auth/v1, and the keys come from there unless JWKS is set.
	SupabaseURL string
	// JWKS is the JSON Web Key Set itself, to use instead of fetching it.
	JWKS string
	// JWTSecret verifies HS256 tokens. Without it Supabase Auth is asked about
	// each of them, which requires SupabaseURL and APIKey.
	JWTSecret string
	// APIKey is the project's publishable (or anon) key.
	APIKey string

	HTTPClient *http.Client     // nil: a default; redirects are never followed
	Now        func() time.Time // nil: time.Now
}

// Verifier verifies access tokens. It is safe for concurrent use.
type Verifier struct {
	issuer string      // empty: any
	keys   *keySet     // nil: ES256 and RS256 are not accepted
	secret []byte      // nil: HS256 is not verified here
	server *authServer // nil: Supabase Auth is not asked
	now    func() time.Time

	known tokenCache
}

// Identity is a signed-in user.
type Identity struct {
	UserID string // the id in auth.users, in lower case
	Claims []byte // the token's payload as it was signed: a JSON object that Postgres can store
}

// New makes a verifier. It checks the settings, touches no network and starts
// nothing. Its error names every environment variable that is missing or
// malformed, and shows no value.
func New(settings Settings) (*Verifier, error) {
	v := &Verifier{now: settings.Now}
	if v.now == nil {
		v.now = time.Now
	}
	client := http.Client{}
	if settings.HTTPClient != nil {
		client = *settings.HTTPClient
	}
	client.CheckRedirect = refuseRedirect

	if settings.SupabaseURL == "" && settings.JWKS == "" && settings.JWTSecret == "" {
		return nil, errors.New("SUPABASE_URL: is required unless SUPABASE_JWKS or SUPABASE_JWT_SECRET is set")
	}
	var problems []error
	var base string
	if settings.SupabaseURL != "" {
		var err error
		if base, err = projectURL(settings.SupabaseURL); err != nil {
			problems = append(problems, fmt.Errorf("SUPABASE_URL: %w", err))
		}
		v.issuer = base + "/auth/v1"
		v.keys = &keySet{url: v.issuer + "/.well-known/jwks.json", client: &client, now: v.now}
	}
	if settings.JWTSecret != "" {
		if len(settings.JWTSecret) < minSecretBytes {
			problems = append(problems, fmt.Errorf("SUPABASE_JWT_SECRET: is shorter than %d bytes", minSecretBytes))
		}
		v.secret = []byte(settings.JWTSecret)
	}
	if settings.APIKey != "" && !isPrintable(settings.APIKey) {
		problems = append(problems, errors.New("SUPABASE_PUBLISHABLE_KEY or SUPABASE_ANON_KEY: has characters that no key has"))
	} else if v.secret == nil && base != "" && settings.APIKey != "" {
		server, err := newAuthServer(base, settings.APIKey, &client)
		if err != nil {
			problems = append(problems, fmt.Errorf("SUPABASE_URL: %w", err))
		}
		v.server = server
	}
	if settings.JWKS != "" {
		fixed, err := parseKeySet([]byte(settings.JWKS))
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("SUPABASE_JWKS: %w", err))
		case len(fixed.usable) == 0 && fixed.size > 0:
			problems = append(problems, errors.New("SUPABASE_JWKS: has no public key for ES256 or RS256"))
		case len(fixed.usable) == 0 && v.secret == nil && v.server == nil:
			problems = append(problems, errors.New("SUPABASE_JWKS: is empty, and neither SUPABASE_JWT_SECRET "+
				"nor SUPABASE_URL with SUPABASE_PUBLISHABLE_KEY is there to check tokens with"))
		default:
			v.keys = &keySet{fixed: true, usable: fixed.usable}
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return v, nil
}

// projectURL checks a project's base URL and strips its trailing slashes.
func projectURL(text string) (string, error) {
	parsed, err := url.Parse(text)
	switch {
	case err != nil: // its text repeats the value
		return "", errors.New("is not a URL")
	case parsed.Scheme != "https" && parsed.Scheme != "http", parsed.Hostname() == "":
		return "", errors.New("is not an http or https URL")
	case parsed.User != nil, parsed.RawQuery != "", parsed.ForceQuery, parsed.Fragment != "":
		return "", errors.New("is more than a base URL")
	}
	return strings.TrimRight(text, "/"), nil
}

// refuseRedirect stops a redirect from leaking a token, or from choosing the
// keys: the redirect counts as any other answer that is not a success.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// isPrintable reports whether text is visible ASCII, fit for a header.
func isPrintable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// Verify finds out who sent an Authorization header. Its error is a
// *[refusal.Error]: [refusal.Unauthenticated], or [refusal.AuthUnavailable] when
// the token looks right but no key to check it is available.
func (v *Verifier) Verify(ctx context.Context, authorization string) (Identity, error) {
	identity, err := v.identify(ctx, authorization)
	if err == nil {
		return identity, nil
	}
	if refused, ok := errors.AsType[*refusal.Error](err); ok {
		return Identity{}, refused
	}
	return Identity{}, refusal.New(refusal.Unauthenticated).Because(err)
}

// identify does the work of Verify; its plain errors are causes of Unauthenticated.
func (v *Verifier) identify(ctx context.Context, authorization string) (Identity, error) {
	token, err := bearerToken(authorization)
	if err != nil {
		return Identity{}, err
	}
	if before, ok := v.known.get(token); ok {
		// An app sends the same token for an hour. Only the time and the keys can
		// have changed since.
		if err := v.checkTime(before.claims); err != nil {
			return Identity{}, err
		}
		if key, err := v.key(ctx, before.algorithm, before.keyID); err == nil && sameKey(key, before.key) {
			return before.identity, nil
		}
	}
	signed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		// The parser's own errors quote parts of the token.
		if unexpected, ok := errors.AsType[*jose.ErrUnexpectedSignatureAlgorithm](err); ok {
			return Identity{}, fmt.Errorf("algorithm %.16q is not accepted", unexpected.Got)
		}
		return Identity{}, errors.New("the token is malformed")
	}
	header := signed.Signatures[0].Protected
	for _, name := range []jose.HeaderKey{"crit", "b64"} {
		if _, present := header.ExtraHeaders[name]; present {
			return Identity{}, fmt.Errorf("header %q is not accepted", name)
		}
	}
	payload := signed.UnsafePayloadWithoutVerification()
	userID, claims, err := v.checkClaims(payload)
	if err != nil {
		return Identity{}, err
	}
	// Only from here on can the payload be trusted.
	identity := Identity{UserID: userID, Claims: payload}
	algorithm := jose.SignatureAlgorithm(header.Algorithm)
	if algorithm == jose.HS256 && v.secret == nil && v.server != nil {
		return identity, v.server.confirm(ctx, token, userID) // each time
	}
	key, err := v.key(ctx, algorithm, header.KeyID)
	if err != nil {
		return Identity{}, err
	}
	if _, err := signed.Verify(key); err != nil {
		return Identity{}, errors.New("the signature is wrong")
	}
	v.known.put(token, verification{algorithm, header.KeyID, key, claims, identity})
	return identity, nil
}

// key finds the key that verifies signatures of the algorithm. The algorithm
// decides the kind of key: a shared secret is never used as a public key.
func (v *Verifier) key(ctx context.Context, algorithm jose.SignatureAlgorithm, id string) (any, error) {
	switch {
	case algorithm == jose.HS256 && v.secret != nil:
		return v.secret, nil
	case algorithm != jose.HS256 && v.keys != nil:
		return v.keys.find(ctx, algorithm, id)
	case algorithm == jose.HS256 && v.keys != nil:
		// Foreign, if the project has public keys. If it has none, or they can't be
		// fetched, its users' own tokens are of this kind.
		if err := v.keys.wantAny(ctx); err != nil {
			return nil, refusal.New(refusal.AuthUnavailable).Because(fmt.Errorf("neither a secret nor a publishable key for HS256, and %w", err))
		}
	}
	return nil, fmt.Errorf("no key for %s is configured", algorithm)
}

// bearerToken takes the token out of an Authorization header: exactly one, in
// the alphabet of a compact JWS. The decoder would skip line breaks, so that one
// token would have many spellings; and a header sent twice arrives joined by a
// comma.
func bearerToken(authorization string) (string, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	token = strings.Trim(token, " ")
	switch {
	case authorization == "":
		return "", errors.New("no Authorization header")
	case !strings.EqualFold(scheme, "Bearer"), token == "":
		return "", errors.New("no bearer token in the Authorization header")
	case len(token) > maxTokenBytes:
		return "", fmt.Errorf("the token is larger than %d bytes", maxTokenBytes)
	case strings.ContainsFunc(token, isForeignToJWS):
		return "", errors.New("not one compact JWS in the Authorization header")
	}
	return token, nil
}

func isForeignToJWS(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
}
