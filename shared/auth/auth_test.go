package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"mentorpause/local/authserver"
	"mentorpause/shared/auth"
	"mentorpause/shared/refusal"
)

const user = "0b9d3c1e-7a54-4d0f-9c1b-2f6a8e4d5c3a"

// noon is when the tests take place.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// platform is a project with a running Supabase Auth, whose handler and clock
// a test may change.
type platform struct {
	*authserver.Project
	handler   atomic.Pointer[http.Handler]
	later     atomic.Int64 // nanoseconds after noon
	keyReads  atomic.Int64 // requests for the JWKS
	userReads atomic.Int64 // requests for /user
}

func newPlatform(t testing.TB) *platform {
	t.Helper()
	p := &platform{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/auth/v1/.well-known/jwks.json":
			p.keyReads.Add(1)
		case "/auth/v1/user":
			p.userReads.Add(1)
		}
		(*p.handler.Load()).ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	p.Project = authserver.New(server.URL)
	p.Now = p.now
	p.serve(p.Handler())
	return p
}

func (p *platform) now() time.Time                 { return noon.Add(time.Duration(p.later.Load())) }
func (p *platform) wait(d time.Duration)           { p.later.Add(int64(d)) }
func (p *platform) serve(handler http.Handler)     { p.handler.Store(&handler) }
func (p *platform) serveFunc(f http.HandlerFunc)   { p.serve(f) }
func (p *platform) settings() auth.Settings        { return auth.Settings{SupabaseURL: p.URL, Now: p.now} }
func (p *platform) verifier(t testing.TB) verifier { return newVerifier(t, p.settings()) }

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write([]byte(body))
	}
}

// verifier adds assertions to the real one.
type verifier struct{ *auth.Verifier }

func newVerifier(t testing.TB, settings auth.Settings) verifier {
	t.Helper()
	v, err := auth.New(settings)
	if err != nil {
		t.Fatal(err)
	}
	return verifier{v}
}

func (v verifier) accepts(t *testing.T, token string) auth.Identity {
	t.Helper()
	identity, err := v.Verify(t.Context(), "Bearer "+token)
	if err != nil {
		t.Fatalf("refused: %v", err)
	}
	if identity.UserID != user {
		t.Fatalf("user id is %q, want %q", identity.UserID, user)
	}
	return identity
}

func (v verifier) refuses(t *testing.T, token string, want refusal.Code, cause string) {
	t.Helper()
	v.refusesHeader(t, "Bearer "+token, want, cause)
}

// refusesHeader asserts the refusal, the cause that the log gets, and that neither
// shows the token.
func (v verifier) refusesHeader(t *testing.T, authorization string, want refusal.Code, cause string) {
	t.Helper()
	identity, err := v.Verify(t.Context(), authorization)
	refused, ok := err.(*refusal.Error)
	if !ok {
		t.Fatalf("error is %T (%v) with identity %+v, want a *refusal.Error", err, err, identity)
	}
	if refused.Code != want {
		t.Errorf("code is %s, want %s (%v)", refused.Code, want, err)
	}
	if refused.Message != want.Message() || refused.Details != nil || refused.Hint != nil {
		t.Errorf("the caller can tell the cause: %+v", refused)
	}
	if refused.Unwrap() == nil || !strings.Contains(refused.Unwrap().Error(), cause) {
		t.Errorf("cause is %v, want one with %q", refused.Unwrap(), cause)
	}
	if identity.UserID != "" || identity.Claims != nil {
		t.Errorf("a refusal came with identity %+v", identity)
	}
	for part := range strings.FieldsFuncSeq(authorization, func(r rune) bool { return r == '.' || r == ' ' || r == ',' }) {
		if len(part) > 16 && strings.Contains(err.Error(), part) {
			t.Errorf("the log shows a part of the token: %v", err)
		}
	}
}

// forge assembles a token from its parts, which no library would do.
func forge(header, payload string, sign func(input []byte) []byte) string {
	input := encode([]byte(header)) + "." + encode([]byte(payload))
	return input + "." + encode(sign([]byte(input)))
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unsigned([]byte) []byte { return nil }

func hmacWith(secret []byte) func([]byte) []byte {
	return func(input []byte) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write(input)
		return mac.Sum(nil)
	}
}

// payloadOf is the payload of a token.
func payloadOf(t testing.TB, token string) string {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	return string(payload)
}

func TestVerifyAccepts(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.WithRSAKey()
	fetching := p.verifier(t)
	inline := newVerifier(t, auth.Settings{JWKS: string(p.JWKS()), Now: p.now})
	withSecret := newVerifier(t, auth.Settings{SupabaseURL: p.URL, JWTSecret: p.Secret, Now: p.now})
	onlySecret := newVerifier(t, auth.Settings{JWTSecret: p.Secret, Now: p.now})
	byServer := newVerifier(t, auth.Settings{SupabaseURL: p.URL, APIKey: "sb_publishable_x", Now: p.now})
	trailing := newVerifier(t, auth.Settings{SupabaseURL: p.URL + "//", Now: p.now})

	for name, c := range map[string]struct {
		verifier verifier
		token    string
	}{
		"ES256 by fetched keys":                {fetching, p.Token(user)},
		"RS256 by fetched keys":                {fetching, p.Token(user, authserver.Signed(jose.RS256))},
		"ES256 without a key id":               {fetching, p.Token(user, authserver.Header("kid", nil))},
		"RS256 without a key id":               {fetching, p.Token(user, authserver.Signed(jose.RS256), authserver.Header("kid", nil))},
		"URL with trailing slashes":            {trailing, p.Token(user)},
		"ES256 by inline keys":                 {inline, p.Token(user)},
		"RS256 by inline keys":                 {inline, p.Token(user, authserver.Signed(jose.RS256))},
		"any issuer without a URL":             {inline, p.Token(user, authserver.Claim("iss", "https://else.example"))},
		"HS256 by secret":                      {onlySecret, p.Token(user, authserver.Signed(jose.HS256))},
		"HS256 of a project that moved on":     {withSecret, p.Token(user, authserver.Signed(jose.HS256))},
		"ES256 of a project that moved on":     {withSecret, p.Token(user)},
		"HS256 by Supabase Auth":               {byServer, p.Token(user, authserver.Signed(jose.HS256))},
		"ES256 beside Supabase Auth":           {byServer, p.Token(user)},
		"audience in an array":                 {fetching, p.Token(user, authserver.Claim("aud", []string{"else", "authenticated"}))},
		"expired 30 s ago, within the skew":    {fetching, p.Token(user, authserver.Expires(noon.Add(-30*time.Second)))},
		"not before in 30 s, within":           {fetching, p.Token(user, authserver.Claim("nbf", noon.Add(30*time.Second).Unix()))},
		"no is_anonymous":                      {fetching, p.Token(user, authserver.Without("is_anonymous"))},
		"sub in upper case":                    {fetching, p.Token(strings.ToUpper(user))},
		"claims that escape a whole emoji":     {fetching, p.Sign([]byte(strings.Replace(payloadOf(t, p.Token(user)), "{", `{"n":"\ud83d\ude00 \\u0000 \u00e6",`, 1)))},
		"claims with numbers of all sizes":     {fetching, p.Sign([]byte(strings.Replace(payloadOf(t, p.Token(user)), "{", `{"n":[1e9999,-1.5E-0009999,-0,"1e999999"],`, 1)))},
		"large, up to 8 KiB":                   {fetching, p.Token(user, authserver.Claim("user_metadata", strings.Repeat("x", 5<<10)))},
		"claims that are new to us":            {fetching, p.Token(user, authserver.Claim("aal", 3), authserver.Claim("Role", "x"), authserver.Claim("SUB", 1))},
		"a key id with its type not told":      {fetching, p.Token(user, authserver.Header("typ", nil))},
		"issued in the future by its own word": {fetching, p.Token(user, authserver.Claim("iat", noon.Add(time.Hour).Unix()))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			identity := c.verifier.accepts(t, c.token)
			if want := payloadOf(t, c.token); string(identity.Claims) != want {
				t.Errorf("claims are %s, want the payload as signed, %s", identity.Claims, want)
			}
		})
	}
}

func TestVerifyReadsTheHeader(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	v := newVerifier(t, auth.Settings{JWKS: string(p.JWKS()), Now: p.now})
	token := p.Token(user)
	for name, header := range map[string]string{
		"scheme in lower case":    "bearer " + token,
		"scheme in upper case":    "BEARER " + token,
		"more blanks than one":    "Bearer   " + token,
		"a blank after the token": "Bearer " + token + " ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if identity, err := v.Verify(t.Context(), header); err != nil || identity.UserID != user {
				t.Errorf("got %+v, %v", identity, err)
			}
		})
	}
	parts := strings.Split(token, ".")
	for name, header := range map[string]string{
		"no header":                  "",
		"only the scheme":            "Bearer",
		"no token":                   "Bearer ",
		"no scheme":                  token,
		"another scheme":             "Basic " + token,
		"a longer scheme":            "Bearers " + token,
		"scheme twice":               "Bearer Bearer " + token,
		"two tokens":                 "Bearer " + token + " " + token,
		"two headers joined":         "Bearer " + token + ", Bearer " + token,
		"two headers joined tightly": "Bearer " + token + ",Bearer " + token,
		"two tokens with a comma":    "Bearer " + token + "," + token,
		"a tab for the blank":        "Bearer\t" + token,
		"a leading blank":            " Bearer " + token,
		"quoted":                     `Bearer "` + token + `"`,
		"a line break inside":        "Bearer " + token[:40] + "\n" + token[40:],
		"base64 padding":             "Bearer " + token + "=",
		"NUL":                        "Bearer " + token + "\x00",
		"invalid UTF-8":              "Bearer " + token + "\xff",
		"no dots":                    "Bearer " + strings.Join(parts, ""),
		"two parts":                  "Bearer " + parts[0] + "." + parts[1],
		"no signature":               "Bearer " + parts[0] + "." + parts[1] + ".",
		"no payload":                 "Bearer " + parts[0] + ".." + parts[2],
		"no JOSE header":             "Bearer ." + parts[1] + "." + parts[2],
		"four parts":                 "Bearer " + token + "." + parts[2],
		"only dots":                  "Bearer ..",
		"JWE":                        "Bearer " + encode([]byte(`{"alg":"dir","enc":"A256GCM"}`)) + "..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA",
		"JWS in JSON":                `Bearer {"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
		"larger than 8 KiB":          "Bearer " + p.Token(user, authserver.Claim("user_metadata", strings.Repeat("x", 8<<10))),
		"huge":                       "Bearer " + strings.Repeat("a", 4<<20),
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			v.refusesHeader(t, header, refusal.Unauthenticated, "")
		})
	}
}

func TestVerifyRefusesClaims(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	v := newVerifier(t, auth.Settings{SupabaseURL: p.URL, JWTSecret: p.Secret, Now: p.now})
	claim := func(name string, value any) string { return p.Token(user, authserver.Claim(name, value)) }
	without := func(name string) string { return p.Token(user, authserver.Without(name)) }
	payload := payloadOf(t, p.Token(user))
	edited := func(old, new string) string {
		if !strings.Contains(payload, old) {
			t.Fatalf("%s is not in %s", old, payload)
		}
		return p.Sign([]byte(strings.Replace(payload, old, new, 1)))
	}
	for name, c := range map[string]struct{ token, cause string }{
		"issuer of another project": {claim("iss", "https://other.supabase.co/auth/v1"), "iss"},
		"issuer without path":       {claim("iss", p.URL), "iss"},
		"issuer with a slash more":  {claim("iss", p.URL+"/auth/v1/"), "iss"},
		"issuer null":               {claim("iss", nil), "iss"},
		"issuer in an array":        {claim("iss", []string{p.URL + "/auth/v1"}), "types"},
		"no issuer":                 {without("iss"), "iss"},
		"audience anon":             {claim("aud", "anon"), "aud"},
		"audience in capitals":      {claim("aud", "Authenticated"), "aud"},
		"audience with a prefix":    {claim("aud", "authenticated-not"), "aud"},
		"audience of others":        {claim("aud", []string{"a", "b"}), "aud"},
		"audience empty":            {claim("aud", []string{}), "aud"},
		"audience a number":         {claim("aud", 1), "types"},
		"audience null":             {claim("aud", nil), ""},
		"audience of odd types":     {claim("aud", []any{"authenticated", 1}), "types"},
		"no audience":               {without("aud"), "aud"},
		"role service_role":         {claim("role", "service_role"), "service_role"},
		"role anon":                 {claim("role", "anon"), "anon"},
		"role postgres":             {claim("role", "postgres"), "postgres"},
		"role in an array":          {claim("role", []string{"authenticated"}), "types"},
		"no role":                   {without("role"), "role"},
		"role in other case":        {edited(`"role"`, `"Role"`), "role"},
		"expired 31 s ago":          {p.Token(user, authserver.Expires(noon.Add(-31*time.Second))), "exp"},
		"expired long ago":          {p.Token(user, authserver.Expires(time.Unix(0, 0))), "exp"},
		"expiry overflowing":        {claim("exp", 1e300), "types"},
		"expiry negative":           {claim("exp", -1), "exp"},
		"expiry a string":           {claim("exp", "99999999999"), "types"},
		"expiry null":               {claim("exp", nil), "exp"},
		"no expiry":                 {without("exp"), "exp"},
		"not before in 31 s":        {claim("nbf", noon.Add(31*time.Second).Unix()), "nbf"},
		"not before a string":       {claim("nbf", "0"), "types"},
		"not before far off":        {claim("nbf", 1<<61), "nbf"},
		"anonymous":                 {p.Token(user, authserver.Anonymous()), "anonymous"},
		"anonymous as a string":     {claim("is_anonymous", "true"), "anonymous"},
		"not anonymous as a string": {claim("is_anonymous", "false"), "anonymous"},
		"anonymous as a number":     {claim("is_anonymous", 1), "anonymous"},
		"anonymous null":            {claim("is_anonymous", nil), "anonymous"},
		"sub empty":                 {p.Token(""), "sub"},
		"sub no UUID":               {p.Token("admin"), "sub"},
		"sub in braces":             {p.Token("{" + user + "}"), "sub"},
		"sub as a URN":              {p.Token("urn:uuid:" + user), "sub"},
		"sub without dashes":        {p.Token(strings.ReplaceAll(user, "-", "")), "sub"},
		"sub with a blank":          {p.Token(user + " "), "sub"},
		"sub null":                  {claim("sub", nil), "sub"},
		"sub a number":              {claim("sub", 1), "types"},
		"no sub":                    {without("sub"), "sub"},

		"sub twice":                    {edited("{", `{"sub":"00000000-0000-4000-8000-000000000000",`), "JSON object"},
		"sub twice, once escaped":      {edited("{", `{"s\u0075b":"00000000-0000-4000-8000-000000000000",`), "JSON object"},
		"role twice":                   {edited("{", `{"role":"service_role",`), "JSON object"},
		"role twice, last one differs": {edited(`"user_metadata"`, `"role":"authenticated","user_metadata"`), "JSON object"},
		"is_anonymous twice":           {edited("{", `{"is_anonymous":true,`), "JSON object"},
		"an escaped NUL":               {edited("{", `{"n":"\u0000",`), "Postgres"},
		"an escaped NUL in a name":     {edited("{", `{"a\u0000":1,`), "Postgres"},
		"half a surrogate pair":        {edited("{", `{"n":"\ud83d",`), "Postgres"},
		"the other half":               {edited("{", `{"n":"\ude00",`), "Postgres"},
		"two high surrogates":          {edited("{", `{"n":"\ud83d\ud83d",`), "Postgres"},
		"invalid UTF-8":                {edited("{", "{\"n\":\"\xff\","), "Postgres"},
		"a raw NUL":                    {edited("{", "{\"n\":\"\x00\","), "JSON object"},
		"a byte order mark":            {edited("{", "\ufeff{"), "JSON object"},
		"trailing data":                {p.Sign([]byte(payload + "{}")), "JSON object"},
		"an array":                     {p.Sign([]byte("[" + payload + "]")), "JSON object"},
		"a string":                     {p.Sign([]byte(`"authenticated"`)), "JSON object"},
		"null":                         {p.Sign([]byte(`null`)), "exp"},
		"no JSON":                      {p.Sign([]byte(`sub=` + user)), "JSON object"},
		"empty":                        {p.Sign([]byte{}), ""},
		"an unfinished escape":         {p.Sign([]byte(`{"a":"\`)), "JSON object"},
		"an unfinished unit":           {p.Sign([]byte(`{"a":"\u00`)), "JSON object"},
		"an unfinished pair":           {p.Sign([]byte(`{"a":"\ud83d\u`)), "JSON object"},
		"a number beyond numeric":      {edited("{", `{"n":[1e131072],`), "Postgres"},
		"a number too close to 0":      {edited("{", `{"n":{"m":-1.5E-00016384},`), "Postgres"},

		"the anon key":         {p.APIKey("anon"), "iss"},
		"the service_role key": {p.APIKey("service_role"), "iss"},
		"a service_role key dressed up": {p.APIKey("service_role", authserver.Claim("iss", p.URL+"/auth/v1"),
			authserver.Claim("aud", "authenticated"), authserver.Claim("sub", user)), "service_role"},
		"an anon key dressed up": {p.APIKey("anon", authserver.Claim("iss", p.URL+"/auth/v1"),
			authserver.Claim("aud", "authenticated"), authserver.Claim("sub", user)), "anon"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v.refuses(t, c.token, refusal.Unauthenticated, c.cause)
		})
	}
	t.Cleanup(func() {
		if n := p.keyReads.Load(); n != 0 {
			t.Errorf("tokens whose claims are refused caused %d fetches", n)
		}
	})
}

func TestVerifyRefusesAttacks(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.WithRSAKey()
	stranger := authserver.New(p.URL).WithRSAKey()
	stranger.Now = p.now
	v := newVerifier(t, auth.Settings{SupabaseURL: p.URL, JWTSecret: p.Secret, Now: p.now})
	withoutSecret := p.verifier(t)
	onlySecret := newVerifier(t, auth.Settings{JWTSecret: p.Secret, Now: p.now})

	payload := payloadOf(t, p.Token(user))
	ecID, rsaID := p.PublicKey(jose.ES256).KeyID, p.PublicKey(jose.RS256).KeyID
	publicBytes := func(algorithm jose.SignatureAlgorithm) (der, text, jwk []byte) {
		der, err := x509.MarshalPKIXPublicKey(p.PublicKey(algorithm).Key)
		if err != nil {
			t.Fatal(err)
		}
		jwk, err = json.Marshal(p.PublicKey(algorithm))
		if err != nil {
			t.Fatal(err)
		}
		return der, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), jwk
	}
	ecDER, ecPEM, ecJWK := publicBytes(jose.ES256)
	_, rsaPEM, _ := publicBytes(jose.RS256)

	ecSign := func(key *ecdsa.PrivateKey) func([]byte) []byte {
		return func(input []byte) []byte {
			digest := sha256.Sum256(input)
			r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
			if err != nil {
				t.Fatal(err)
			}
			return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		}
	}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ownJWK, err := json.Marshal(jose.JSONWebKey{Key: own.Public(), KeyID: ecID})
	if err != nil {
		t.Fatal(err)
	}
	hs := `{"alg":"HS256","typ":"JWT"}`
	secret := hmacWith([]byte(p.Secret))
	genuine := strings.Split(p.Token(user), ".")
	flipped := []byte(genuine[2])
	flipped[10] ^= 1

	for name, c := range map[string]struct {
		verifier     verifier
		token, cause string
	}{
		"alg none":                       {v, forge(`{"alg":"none"}`, payload, unsigned), "algorithm"},
		"alg None":                       {v, forge(`{"alg":"None","typ":"JWT"}`, payload, unsigned), "algorithm"},
		"alg empty":                      {v, forge(`{"alg":""}`, payload, unsigned), "algorithm"},
		"alg missing":                    {v, forge(`{"typ":"JWT"}`, payload, unsigned), "algorithm"},
		"alg a number":                   {v, forge(`{"alg":1}`, payload, unsigned), "algorithm"},
		"alg with a signature of none":   {v, forge(`{"alg":"none"}`, payload, secret), "algorithm"},
		"alg HS512":                      {v, forge(`{"alg":"HS512"}`, payload, secret), "algorithm"},
		"alg hs256 in lower case":        {v, forge(`{"alg":"hs256"}`, payload, secret), "algorithm"},
		"alg PS256":                      {v, forge(`{"alg":"PS256","kid":"`+rsaID+`"}`, payload, secret), "algorithm"},
		"alg EdDSA":                      {v, forge(`{"alg":"EdDSA","kid":"`+ecID+`"}`, payload, secret), "algorithm"},
		"alg twice":                      {v, forge(`{"alg":"none","alg":"HS256"}`, payload, secret), "malformed"},
		"alg very long":                  {v, forge(`{"alg":"`+strings.Repeat("A", 999)+`"}`, payload, secret), "algorithm"},
		"unsigned with a real algorithm": {v, forge(`{"alg":"ES256","kid":"`+ecID+`"}`, payload, unsigned), "signature"},
		"unsigned HS256":                 {v, forge(hs, payload, unsigned), "signature"},

		"HS256 with the EC key's DER":        {v, forge(hs, payload, hmacWith(ecDER)), "signature"},
		"HS256 with the EC key's PEM":        {v, forge(hs, payload, hmacWith(ecPEM)), "signature"},
		"HS256 with the EC key's JWK":        {v, forge(hs, payload, hmacWith(ecJWK)), "signature"},
		"HS256 with the RSA key's PEM":       {v, forge(hs, payload, hmacWith(rsaPEM)), "signature"},
		"HS256 with the RSA key's PEM + kid": {withoutSecret, forge(`{"alg":"HS256","kid":"`+rsaID+`"}`, payload, hmacWith(rsaPEM)), "HS256"},
		"HS256 with the EC key's PEM + kid":  {withoutSecret, forge(`{"alg":"HS256","kid":"`+ecID+`"}`, payload, hmacWith(ecPEM)), "HS256"},
		"HS256 where nothing checks it":      {withoutSecret, p.Token(user, authserver.Signed(jose.HS256)), "HS256"},
		"HS256 with an empty secret":         {withoutSecret, forge(hs, payload, hmacWith(nil)), "HS256"},
		"ES256 where only a secret is":       {onlySecret, p.Token(user), "ES256"},
		"ES256 signed with the secret":       {v, forge(`{"alg":"ES256","kid":"`+ecID+`"}`, payload, secret), "signature"},
		"RS256 signed with the secret":       {v, forge(`{"alg":"RS256","kid":"`+rsaID+`"}`, payload, secret), "signature"},
		"ES256 named with the RSA key":       {v, p.Token(user, authserver.Header("kid", rsaID)), "no key for ES256"},
		"RS256 named with the EC key":        {v, p.Token(user, authserver.Signed(jose.RS256), authserver.Header("kid", ecID)), "no key for RS256"},
		"ES256 of zeros":                     {v, forge(`{"alg":"ES256","kid":"`+ecID+`"}`, payload, func([]byte) []byte { return make([]byte, 64) }), "signature"},
		"ES256 in DER":                       {v, forge(`{"alg":"ES256","kid":"`+ecID+`"}`, payload, func(in []byte) []byte { return derSignature(t, own, in) }), "signature"},

		"foreign EC key":             {v, stranger.Token(user), "no key"},
		"foreign EC key, our kid":    {v, stranger.Token(user, authserver.Header("kid", ecID)), "signature"},
		"foreign RSA key, our kid":   {v, stranger.Token(user, authserver.Signed(jose.RS256), authserver.Header("kid", rsaID)), "signature"},
		"foreign EC key without kid": {v, stranger.Token(user, authserver.Header("kid", nil)), "signature"},
		"foreign secret":             {v, stranger.Token(user, authserver.Signed(jose.HS256)), "signature"},
		"kid a number":               {v, forge(`{"alg":"ES256","kid":1}`, payload, ecSign(own)), "malformed"},
		"kid with SQL":               {v, p.Token(user, authserver.Header("kid", "' or 1=1 --")), "no key"},
		"kid a path":                 {v, p.Token(user, authserver.Header("kid", "../../dev/null")), "no key"},
		"key embedded":               {v, forge(`{"alg":"ES256","jwk":`+string(ownJWK)+`}`, payload, ecSign(own)), "signature"},
		"key embedded, our kid":      {v, forge(`{"alg":"ES256","kid":"`+ecID+`","jwk":`+string(ownJWK)+`}`, payload, ecSign(own)), "signature"},
		"key by address":             {v, forge(`{"alg":"ES256","jku":"http://127.0.0.1:1/","kid":"`+ecID+`"}`, payload, ecSign(own)), "signature"},

		"crit of an unknown name": {v, p.Token(user, authserver.Header("crit", []string{"exp"}), authserver.Header("exp", 1)), "crit"},
		"crit empty":              {v, p.Token(user, authserver.Header("crit", []string{})), "crit"},
		"crit b64":                {v, p.Token(user, authserver.Header("crit", []string{"b64"}), authserver.Header("b64", true)), ""},
		"b64 false, not encoded":  {v, forgeUnencoded(`{"alg":"HS256","b64":false,"crit":["b64"]}`, payload, secret), ""},
		"b64 false, not critical": {v, forgeUnencoded(`{"alg":"HS256","b64":false}`, payload, secret), "b64"},

		"payload exchanged":   {v, genuine[0] + "." + encode([]byte(strings.Replace(payload, user, "11111111-1111-4111-8111-111111111111", 1))) + "." + genuine[2], "signature"},
		"header exchanged":    {v, encode([]byte(`{"alg":"ES256","kid":"`+ecID+`","x":1}`)) + "." + genuine[1] + "." + genuine[2], "signature"},
		"a bit flipped":       {v, genuine[0] + "." + genuine[1] + "." + string(flipped), ""},
		"signature cut short": {v, strings.Join(genuine, ".")[:len(strings.Join(genuine, "."))-4], "signature"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.verifier.refuses(t, c.token, refusal.Unauthenticated, c.cause)
		})
	}

	t.Run("but accepts what the forging helpers make with the right key", func(t *testing.T) {
		t.Parallel()
		v.accepts(t, forge(hs, payload, secret))
	})
}

func derSignature(t *testing.T, key crypto.Signer, input []byte) []byte {
	digest := sha256.Sum256(input)
	signature, err := key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// forgeUnencoded signs the payload unencoded, as in RFC 7797, and sends it
// encoded, so that its alphabet doesn't give it away.
func forgeUnencoded(header, payload string, sign func([]byte) []byte) string {
	input := encode([]byte(header)) + "." + payload
	return encode([]byte(header)) + "." + encode([]byte(payload)) + "." + encode(sign([]byte(input)))
}

func TestNewNamesWhatIsMalformed(t *testing.T) {
	t.Parallel()
	p := authserver.New("https://abc.supabase.co")
	secret := strings.Repeat("s", 32)
	oct := `{"keys":[{"kty":"oct","kid":"a","alg":"HS256","k":"` + encode([]byte(secret)) + `"}]}`
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		settings auth.Settings
		want     []string // names; none: no error
	}{
		"URL":                             {auth.Settings{SupabaseURL: "https://abc.supabase.co"}, nil},
		"URL under a path":                {auth.Settings{SupabaseURL: "http://127.0.0.1:54321/supabase/"}, nil},
		"keys":                            {auth.Settings{JWKS: string(p.JWKS())}, nil},
		"secret of 32 bytes":              {auth.Settings{JWTSecret: secret}, nil},
		"no keys, but a secret":           {auth.Settings{JWKS: `{"keys":[]}`, JWTSecret: secret}, nil},
		"no keys, but Supabase Auth":      {auth.Settings{JWKS: `{"keys":[]}`, SupabaseURL: p.URL, APIKey: "k"}, nil},
		"a key among odd ones":            {auth.Settings{JWKS: strings.Replace(string(p.JWKS()), "[", `[{"kty":"XX"},1,`, 1)}, nil},
		"nothing":                         {auth.Settings{}, []string{"SUPABASE_URL"}},
		"only an API key":                 {auth.Settings{APIKey: "k"}, []string{"SUPABASE_URL"}},
		"URL without scheme":              {auth.Settings{SupabaseURL: "sesame.supabase.co"}, []string{"SUPABASE_URL"}},
		"URL of another scheme":           {auth.Settings{SupabaseURL: "postgres://sesame.supabase.co"}, []string{"SUPABASE_URL"}},
		"URL without host":                {auth.Settings{SupabaseURL: "https:///sesame"}, []string{"SUPABASE_URL"}},
		"URL with only a port":            {auth.Settings{SupabaseURL: "https://:443"}, []string{"SUPABASE_URL"}},
		"URL with a password":             {auth.Settings{SupabaseURL: "https://u:sesame@abc.supabase.co"}, []string{"SUPABASE_URL"}},
		"URL with a query":                {auth.Settings{SupabaseURL: "https://abc.supabase.co?sesame"}, []string{"SUPABASE_URL"}},
		"URL with a control character":    {auth.Settings{SupabaseURL: "https://sesame\n"}, []string{"SUPABASE_URL"}},
		"keys no JSON":                    {auth.Settings{JWKS: "sesame"}, []string{"SUPABASE_JWKS"}},
		"keys null":                       {auth.Settings{JWKS: "null"}, []string{"SUPABASE_JWKS"}},
		"keys of another shape":           {auth.Settings{JWKS: `{"sesame":[]}`}, []string{"SUPABASE_JWKS"}},
		"one key without a set":           {auth.Settings{JWKS: `{"kty":"EC"}`}, []string{"SUPABASE_JWKS"}},
		"no keys and nothing else":        {auth.Settings{JWKS: `{"keys":[]}`}, []string{"SUPABASE_JWKS"}},
		"no keys and no API key":          {auth.Settings{JWKS: `{"keys":[]}`, SupabaseURL: p.URL}, []string{"SUPABASE_JWKS"}},
		"a symmetric key":                 {auth.Settings{JWKS: oct}, []string{"SUPABASE_JWKS"}},
		"a private key":                   {auth.Settings{JWKS: string(authserver.KeySet(jose.JSONWebKey{Key: private}))}, []string{"SUPABASE_JWKS"}},
		"secret of 31 bytes":              {auth.Settings{JWTSecret: "sesame" + secret[:25]}, []string{"SUPABASE_JWT_SECRET"}},
		"API key with a line break":       {auth.Settings{SupabaseURL: p.URL, APIKey: "sesame\r\nx: y"}, []string{"SUPABASE_PUBLISHABLE_KEY", "SUPABASE_ANON_KEY"}},
		"everything, told in one error":   {auth.Settings{SupabaseURL: "sesame", JWKS: "sesame", JWTSecret: "sesame", APIKey: "sesame ø"}, []string{"SUPABASE_URL", "SUPABASE_JWKS", "SUPABASE_JWT_SECRET", "SUPABASE_PUBLISHABLE_KEY"}},
		"empty keys where the URL is bad": {auth.Settings{SupabaseURL: "sesame", JWKS: `{"keys":[]}`, APIKey: "k"}, []string{"SUPABASE_URL", "SUPABASE_JWKS"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := auth.New(c.settings)
			if len(c.want) == 0 {
				if err != nil || v == nil {
					t.Fatalf("got %v, %v", v, err)
				}
				return
			}
			if err == nil || v != nil {
				t.Fatalf("got %v, want an error and nothing else", v)
			}
			for _, name := range c.want {
				if !strings.Contains(err.Error(), name+":") && !strings.Contains(err.Error(), name+" or") {
					t.Errorf("%q does not name %s", err, name)
				}
			}
			if strings.Contains(err.Error(), "sesame") {
				t.Errorf("%q shows a value", err)
			}
		})
	}
}

func TestNewTouchesNoNetwork(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	requests := atomic.Int64{}
	client := &http.Client{Transport: transportFunc(func(*http.Request) (*http.Response, error) {
		requests.Add(1)
		return nil, http.ErrHandlerTimeout
	})}
	newVerifier(t, auth.Settings{SupabaseURL: p.URL, APIKey: "k", HTTPClient: client})
	if requests.Load() != 0 || p.keyReads.Load() != 0 {
		t.Error("New made a request")
	}
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func BenchmarkVerify(b *testing.B) {
	p := authserver.New("https://abc.supabase.co").WithRSAKey()
	v := newVerifier(b, auth.Settings{JWKS: string(p.JWKS()), JWTSecret: p.Secret})
	for _, algorithm := range []jose.SignatureAlgorithm{jose.HS256, jose.ES256, jose.RS256} {
		var headers []string // more than are remembered
		for n := range 100 {
			headers = append(headers, "Bearer "+p.Token(user, authserver.Signed(algorithm), authserver.Claim("session_id", n)))
		}
		for name, senders := range map[string]int{"new": len(headers), "seen": 1} {
			b.Run(string(algorithm)+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					if _, err := v.Verify(b.Context(), headers[n%senders]); err != nil {
						b.Fatal(err)
					}
					n++
				}
			})
		}
	}
}

func BenchmarkNew(b *testing.B) {
	settings := auth.Settings{SupabaseURL: "https://abc.supabase.co", APIKey: "k"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := auth.New(settings); err != nil {
			b.Fatal(err)
		}
	}
}
