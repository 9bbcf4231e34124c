// Package authserver stands in for a project's Supabase Auth in tests and in the
// local stack: it issues access tokens of the same shape with real keys, and serves
// the two endpoints needed to verify them. With a [Project] one can sign in as anybody,
// so it has no place in a function.
//
// [Users] adds the users of a database, and what the function invite and a page that
// signs in ask of Supabase Auth: logins, invitations, codes and sessions. There are no
// passwords.
package authserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
)

// Lifetime is how long a token is valid, the same as Supabase's default.
const Lifetime = time.Hour

// Project issues the tokens of one project. It is safe for concurrent use.
type Project struct {
	URL       string           // the base URL; tokens are issued by <URL>/auth/v1
	Secret    string           // signs HS256 tokens
	SecretKey string           // the key of the new kind for servers, which may do everything
	Now       func() time.Time // nil: time.Now

	ecKey   *ecdsa.PrivateKey
	ecKeyID string
	rsaKey  *rsa.PrivateKey // nil: none
	rsaID   string
}

// New makes a project with a fresh ES256 key and a fresh secret.
func New(projectURL string) *Project {
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	return &Project{
		URL:       strings.TrimRight(projectURL, "/"),
		Secret:    rand.Text() + rand.Text(),
		SecretKey: "sb_secret_" + rand.Text(),
		ecKey:     ecKey,
		ecKeyID:   uuid.NewString(),
	}
}

// Fixed makes a project whose ES256 key and secret are always the same, so that a
// token is also valid in another process: fuzzing uses several, and keeps its
// inputs in files.
func Fixed(projectURL string) *Project {
	scalar := sha256.Sum256([]byte("mentorpause authserver"))
	ecKey, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
	must(err)
	return &Project{
		URL:       strings.TrimRight(projectURL, "/"),
		Secret:    hex.EncodeToString(scalar[:]),
		SecretKey: "sb_secret_" + hex.EncodeToString(scalar[:16]),
		ecKey:     ecKey,
		ecKeyID:   uuid.NewSHA1(uuid.NameSpaceURL, scalar[:]).String(),
	}
}

// WithRSAKey also gives the project an RS256 key, which takes a moment. Call it
// before the first use of the project.
func (p *Project) WithRSAKey() *Project {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	p.rsaKey, p.rsaID = key, uuid.NewString()
	return p
}

// must is for errors that only a defect of this package can cause.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// Option changes a token before it is signed.
type Option func(*draft)

type draft struct {
	algorithm jose.SignatureAlgorithm
	header    map[jose.HeaderKey]any
	claims    map[string]any
}

// Signed chooses the algorithm: ES256 (the default), HS256, or RS256 for a
// project with such a key.
func Signed(algorithm jose.SignatureAlgorithm) Option {
	return func(d *draft) { d.algorithm = algorithm }
}

// Claim sets a claim; nil means JSON null.
func Claim(name string, value any) Option {
	return func(d *draft) { d.claims[name] = value }
}

// Without leaves a claim out.
func Without(name string) Option {
	return func(d *draft) { delete(d.claims, name) }
}

// Header sets a field of the header, kid too; nil leaves it out.
func Header(name string, value any) Option {
	return func(d *draft) { d.header[jose.HeaderKey(name)] = value }
}

// Anonymous makes the token that of a user who signed in without an identity.
func Anonymous() Option {
	return func(d *draft) {
		d.claims["is_anonymous"] = true
		delete(d.claims, "email")
	}
}

// Expires sets when the token expires.
func Expires(at time.Time) Option { return Claim("exp", at.Unix()) }

// Token returns an access token of a signed-in user, as Supabase Auth issues it.
func (p *Project) Token(userID string, options ...Option) string {
	now := p.now()
	return p.sign(map[string]any{
		"iss":           p.URL + "/auth/v1",
		"sub":           userID,
		"aud":           "authenticated",
		"exp":           now.Add(Lifetime).Unix(),
		"iat":           now.Unix(),
		"email":         "user@example.org",
		"phone":         "",
		"app_metadata":  map[string]any{"provider": "email", "providers": []string{"email"}},
		"user_metadata": map[string]any{"email_verified": true},
		"role":          "authenticated",
		"aal":           "aal1",
		"amr":           []map[string]any{{"method": "password", "timestamp": now.Unix()}},
		"session_id":    uuid.NewString(),
		"is_anonymous":  false,
	}, jose.ES256, options)
}

// APIKey is a legacy key of the project itself, for the role anon or
// service_role.
func (p *Project) APIKey(role string, options ...Option) string {
	now := p.now()
	return p.sign(map[string]any{
		"iss": "supabase", "role": role, "iat": now.Unix(), "exp": now.AddDate(10, 0, 0).Unix(),
	}, jose.HS256, options)
}

// Sign signs any payload, which need not be JSON.
func (p *Project) Sign(payload []byte, options ...Option) string {
	d := newDraft(nil, jose.ES256, options)
	return p.signPayload(payload, d)
}

func (p *Project) sign(claims map[string]any, algorithm jose.SignatureAlgorithm, options []Option) string {
	d := newDraft(claims, algorithm, options)
	payload, err := json.Marshal(d.claims)
	must(err)
	return p.signPayload(payload, d)
}

func newDraft(claims map[string]any, algorithm jose.SignatureAlgorithm, options []Option) *draft {
	d := &draft{algorithm: algorithm, header: map[jose.HeaderKey]any{}, claims: claims}
	for _, change := range options {
		change(d)
	}
	return d
}

func (p *Project) signPayload(payload []byte, d *draft) string {
	var key any
	header := map[jose.HeaderKey]any{"typ": "JWT"}
	switch d.algorithm {
	case jose.ES256:
		key, header["kid"] = p.ecKey, p.ecKeyID
	case jose.RS256:
		key, header["kid"] = p.rsaKey, p.rsaID
	case jose.HS256:
		key = []byte(p.Secret)
	default:
		panic("authserver: Supabase Auth does not sign with " + string(d.algorithm))
	}
	maps.Copy(header, d.header)
	maps.DeleteFunc(header, func(_ jose.HeaderKey, value any) bool { return value == nil })
	options := &jose.SignerOptions{ExtraHeaders: header}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: d.algorithm, Key: key}, options)
	must(err)
	signed, err := signer.Sign(payload)
	must(err)
	token, err := signed.CompactSerialize()
	must(err)
	return token
}

// PublicKey is the key that verifies ES256 or RS256 (see [Project.WithRSAKey]).
func (p *Project) PublicKey(algorithm jose.SignatureAlgorithm) jose.JSONWebKey {
	if algorithm == jose.RS256 {
		return jose.JSONWebKey{Key: p.rsaKey.Public(), KeyID: p.rsaID, Algorithm: string(jose.RS256), Use: "sig"}
	}
	return jose.JSONWebKey{Key: p.ecKey.Public(), KeyID: p.ecKeyID, Algorithm: string(jose.ES256), Use: "sig"}
}

// JWKS is the project's JSON Web Key Set.
func (p *Project) JWKS() []byte {
	keys := []jose.JSONWebKey{p.PublicKey(jose.ES256)}
	if p.rsaKey != nil {
		keys = append(keys, p.PublicKey(jose.RS256))
	}
	return KeySet(keys...)
}

// KeySet writes keys as a JSON Web Key Set.
func KeySet(keys ...jose.JSONWebKey) []byte {
	if keys == nil {
		keys = []jose.JSONWebKey{}
	}
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: keys})
	must(err)
	return text
}

// Handler serves what functions request from Supabase Auth: GET
// /auth/v1/.well-known/jwks.json, and GET /auth/v1/user with a token of this
// project, signed with any of the three algorithms.
func (p *Project) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /auth/v1/.well-known/jwks.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "public, max-age=600")
		w.Write(p.JWKS())
	})
	mux.HandleFunc("GET /auth/v1/user", p.serveUser)
	return mux
}

func (p *Project) serveUser(w http.ResponseWriter, r *http.Request) {
	token, fault := p.identify(r)
	if fault != nil {
		fault.write(w)
		return
	}
	respond(w, http.StatusOK, map[string]any{
		"id": token.Subject, "aud": "authenticated", "role": token.Role, "email": token.Email,
		"app_metadata": token.AppMetadata, "user_metadata": map[string]any{}, "identities": []any{},
		"is_anonymous": token.IsAnonymous, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
	})
}

// token is what a request's access token says.
type token struct {
	jwt.Claims
	Email       string         `json:"email"`
	Role        string         `json:"role"`
	SessionID   string         `json:"session_id"`
	Level       string         `json:"aal"`
	AppMetadata map[string]any `json:"app_metadata"`
	IsAnonymous bool           `json:"is_anonymous"`
}

// identify verifies the access token of a request, signed with any of the three
// algorithms.
func (p *Project) identify(r *http.Request) (token, *fault) {
	if r.Header.Get("apikey") == "" {
		return token{}, noKey
	}
	bearer, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !found {
		return token{}, &fault{http.StatusUnauthorized, "no_authorization", "This endpoint requires a Bearer token"}
	}
	said, refused := p.verify(bearer)
	if refused == nil && said.Subject == "" {
		refused = &fault{http.StatusForbidden, "bad_jwt", "invalid claim: missing sub claim"}
	}
	return said, refused
}

func (p *Project) verify(bearer string) (token, *fault) {
	unverified := &fault{http.StatusForbidden, "bad_jwt", "invalid JWT: unable to parse or verify signature"}
	signed, err := jwt.ParseSigned(bearer, []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.HS256})
	if err != nil {
		return token{}, unverified
	}
	var key any
	switch jose.SignatureAlgorithm(signed.Headers[0].Algorithm) {
	case jose.ES256:
		key = p.ecKey.Public()
	case jose.RS256:
		if p.rsaKey != nil {
			key = p.rsaKey.Public()
		}
	case jose.HS256:
		key = []byte(p.Secret)
	}
	var said token
	if err := signed.Claims(key, &said); err != nil {
		return token{}, unverified
	}
	if said.ValidateWithLeeway(jwt.Expected{Time: p.now()}, 0) != nil {
		return token{}, &fault{http.StatusForbidden, "bad_jwt", "invalid JWT: token is expired"}
	}
	return said, nil
}

// fault is an answer of Supabase Auth's that refuses.
type fault struct {
	status  int
	code    string // empty: of the gateway in front of it
	message string
}

var noKey = &fault{http.StatusUnauthorized, "", "No API key found in request"}

func (f *fault) write(w http.ResponseWriter) {
	if f.code == "" {
		respond(w, f.status, map[string]any{"message": f.message})
		return
	}
	respond(w, f.status, map[string]any{"code": f.status, "error_code": f.code, "msg": f.message})
}

func respond(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		json.NewEncoder(w).Encode(body)
	}
}

func (p *Project) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}
