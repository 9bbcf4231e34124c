package auth_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"mentorpause/local/authserver"
	"mentorpause/shared/auth"
	"mentorpause/shared/refusal"
)

// askingVerifier leaves HS256 tokens to Supabase Auth.
func (p *platform) askingVerifier(t testing.TB) verifier {
	return newVerifier(t, auth.Settings{SupabaseURL: p.URL, APIKey: "sb_publishable_key", Now: p.now})
}

func (p *platform) wantUserReads(t *testing.T, want int64) {
	t.Helper()
	if got := p.userReads.Load(); got != want {
		t.Errorf("Supabase Auth was asked %d times, want %d", got, want)
	}
}

var legacy = authserver.Signed(jose.HS256)

func TestSupabaseAuthIsAskedAboutHS256(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	v := p.askingVerifier(t)
	token := p.Token(user, legacy)
	p.serveFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("apikey") != "sb_publishable_key" || r.Header.Get("Authorization") != "Bearer "+token || r.Method != http.MethodGet {
			t.Errorf("%s with %v", r.Method, r.Header)
		}
		p.Handler().ServeHTTP(w, r)
	})
	v.accepts(t, token)
	v.accepts(t, token)
	p.wantUserReads(t, 2) // nothing is remembered
	p.wantKeyReads(t, 0)

	p.serve(p.Handler())
	v.refuses(t, authserver.New(p.URL).Token(user, legacy, authserver.Expires(noon.Add(time.Hour))), refusal.Unauthenticated, "status 403")
	p.wantUserReads(t, 3)
	v.accepts(t, p.Token(strings.ToUpper(user), legacy))
}

func TestSupabaseAuthIsAskedLast(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	v := p.askingVerifier(t)
	for name, token := range map[string]string{
		"expired":      p.Token(user, legacy, authserver.Expires(noon.Add(-time.Minute))),
		"anonymous":    p.Token(user, legacy, authserver.Anonymous()),
		"foreign":      p.Token(user, legacy, authserver.Claim("iss", "https://other.supabase.co/auth/v1")),
		"anon key":     p.APIKey("anon"),
		"service_role": p.Token(user, legacy, authserver.Claim("role", "service_role")),
		"crit":         p.Token(user, legacy, authserver.Header("crit", []string{"x"})),
		"none":         forge(`{"alg":"none"}`, payloadOf(t, p.Token(user)), unsigned),
	} {
		t.Run(name, func(t *testing.T) { v.refuses(t, token, refusal.Unauthenticated, "") })
	}
	t.Run("not beside a secret", func(t *testing.T) {
		v := newVerifier(t, auth.Settings{SupabaseURL: p.URL, APIKey: "k", JWTSecret: strings.Repeat("s", 32), Now: p.now})
		v.refuses(t, p.Token(user, legacy), refusal.Unauthenticated, "signature")
	})
	p.wantUserReads(t, 0)
}

func TestSupabaseAuthAnswers(t *testing.T) {
	t.Parallel()
	const other = "11111111-1111-4111-8111-111111111111"
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    refusal.Code
		cause   string
	}{
		"401":         {answer(401, `{"message":"Invalid API key"}`), refusal.Unauthenticated, "status 401"},
		"403":         {answer(403, `{"error_code":"bad_jwt"}`), refusal.Unauthenticated, "status 403"},
		"404":         {answer(404, `{"error_code":"user_not_found"}`), refusal.Unauthenticated, "status 404"},
		"400":         {answer(400, ``), refusal.Unauthenticated, "status 400"},
		"408":         {answer(408, ``), refusal.AuthUnavailable, "status 408"},
		"429":         {answer(429, `{"error_code":"over_request_rate_limit"}`), refusal.AuthUnavailable, "status 429"},
		"500":         {answer(500, `{"msg":"token"}`), refusal.AuthUnavailable, "status 500"},
		"502 in HTML": {answer(502, `<html>`), refusal.AuthUnavailable, "status 502"},
		"503":         {answer(503, ``), refusal.AuthUnavailable, "status 503"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, refusal.AuthUnavailable, "status 307"},
		"another user":      {answer(200, `{"id":"`+other+`"}`), refusal.Unauthenticated, "another user"},
		"no id":             {answer(200, `{}`), refusal.Unauthenticated, "another user"},
		"null":              {answer(200, `null`), refusal.Unauthenticated, "another user"},
		"HTML with 200":     {answer(200, `<html>`), refusal.AuthUnavailable, "status 200"},
		"nothing with 200":  {answer(200, ``), refusal.AuthUnavailable, "status 200"},
		"204":               {answer(204, ``), refusal.AuthUnavailable, "status 204"},
		"a huge user":       {answer(200, `{"id":"`+user+`","email":"`+strings.Repeat("x", 1<<20)+`"}`), refusal.AuthUnavailable, "status 200"},
		"closed connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, refusal.AuthUnavailable, "EOF"},
		"cut short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.Write([]byte(`{"id":"` + user + `"`))
		}, refusal.AuthUnavailable, "status 200"},
		"the token itself": {func(w http.ResponseWriter, r *http.Request) {
			answer(403, r.Header.Get("Authorization"))(w, r)
		}, refusal.Unauthenticated, "status 403"},
		"the token itself with 500": {func(w http.ResponseWriter, r *http.Request) {
			answer(500, r.Header.Get("Authorization"))(w, r)
		}, refusal.AuthUnavailable, "status 500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			p.serveFunc(c.handler)
			p.askingVerifier(t).refuses(t, p.Token(user, legacy), c.want, c.cause)
			p.wantUserReads(t, 1)
		})
	}
	t.Run("nothing listens", func(t *testing.T) {
		t.Parallel()
		p := authserver.New("http://127.0.0.1:1")
		v := newVerifier(t, auth.Settings{SupabaseURL: p.URL, APIKey: "k"})
		v.refuses(t, p.Token(user, legacy), refusal.AuthUnavailable, "refused")
	})
}

func TestSupabaseAuthIsSlow(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"no answer": silent,
		"a body that does not end": func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte(`{"id":`))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			p.serveFunc(handler)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			started := time.Now()
			_, err := p.askingVerifier(t).Verify(ctx, "Bearer "+p.Token(user, legacy))
			if refused, ok := err.(*refusal.Error); !ok || refused.Code != refusal.AuthUnavailable {
				t.Errorf("got %v", err)
			}
			if took := time.Since(started); took > 3*time.Second {
				t.Errorf("the caller's deadline was not kept: %v", took)
			}
		})
	}
	t.Run("its own timeout", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		p.serveFunc(silent)
		p.askingVerifier(t).refuses(t, p.Token(user, legacy), refusal.AuthUnavailable, "deadline")
	})
}
