package auth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"mentorpause/local/authserver"
	"mentorpause/shared/auth"
	"mentorpause/shared/refusal"
)

// The times that the package promises, and a moment.
const (
	cooldown = 30 * time.Second
	retry    = 5 * time.Second
	age      = 10 * time.Minute
	moment   = time.Millisecond
)

// successor is the same project after a rotation: a new key, nothing else.
func (p *platform) successor() *authserver.Project {
	next := authserver.New(p.URL)
	next.Now, next.Secret = p.now, p.Secret
	return next
}

func (p *platform) wantKeyReads(t *testing.T, want int64) {
	t.Helper()
	if got := p.keyReads.Load(); got != want {
		t.Fatalf("the JWKS was fetched %d times, want %d", got, want)
	}
}

func TestKeysAreFetchedOnceAndCached(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	v := p.verifier(t)
	p.wantKeyReads(t, 0)
	for range 3 {
		v.accepts(t, p.Token(user))
	}
	p.wait(age - moment)
	v.accepts(t, p.Token(user))
	p.wantKeyReads(t, 1)
	p.wait(moment)
	v.accepts(t, p.Token(user))
	p.wantKeyReads(t, 2)
}

func TestKeysAreFetchedOnceForManyAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	v := p.verifier(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	p.serveFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived) // a second fetch would panic here
		<-release
		p.Handler().ServeHTTP(w, r)
	})
	header := "Bearer " + p.Token(user)
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() {
			if _, err := v.Verify(t.Context(), header); err != nil {
				t.Error(err)
			}
		})
	}
	<-arrived
	close(release)
	group.Wait()
	p.wantKeyReads(t, 1)
}

func TestUnknownKeyIDs(t *testing.T) {
	t.Parallel()
	t.Run("a new key is found at once after the cool-down", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		v := p.verifier(t)
		v.accepts(t, p.Token(user))
		next := p.successor()
		p.serve(next.Handler())
		p.wait(cooldown)
		v.accepts(t, next.Token(user))
		p.wantKeyReads(t, 2)
		v.refuses(t, p.Token(user), refusal.Unauthenticated, "no key") // the old one is gone
		p.wantKeyReads(t, 2)
	})
	t.Run("a flood of them causes one fetch per cool-down", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		v := p.verifier(t)
		v.accepts(t, p.Token(user))
		bogus := func() string { return p.Token(user, authserver.Header("kid", rand.Text())) }
		for round := range int64(3) {
			for range 30 {
				v.refuses(t, bogus(), refusal.Unauthenticated, "no key")
			}
			p.wantKeyReads(t, 1+round)
			p.wait(cooldown)
		}
		var group sync.WaitGroup
		for range 30 {
			header := "Bearer " + bogus()
			group.Go(func() { v.Verify(t.Context(), header) })
		}
		group.Wait()
		p.wantKeyReads(t, 4)
		v.accepts(t, p.Token(user))
	})
	t.Run("with the JWKS down they are refused and the known key stays", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		v := p.verifier(t)
		v.accepts(t, p.Token(user))
		p.serveFunc(answer(http.StatusServiceUnavailable, ""))
		p.wait(cooldown)
		v.refuses(t, p.successor().Token(user), refusal.Unauthenticated, "no key")
		p.wantKeyReads(t, 2)
		v.accepts(t, p.Token(user))
		v.refuses(t, p.successor().Token(user), refusal.Unauthenticated, "no key")
		p.wantKeyReads(t, 2)
	})
	t.Run("inline keys are never fetched", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		settings := p.settings()
		settings.JWKS = string(p.JWKS())
		v := newVerifier(t, settings)
		v.accepts(t, p.Token(user))
		p.wait(age)
		v.refuses(t, p.successor().Token(user), refusal.Unauthenticated, "no key")
		p.wantKeyReads(t, 0)
	})
	t.Run("a project without keys is asked again by a token without key id", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		v := p.verifier(t)
		p.serveFunc(answer(http.StatusOK, `{"keys":[]}`))
		v.refuses(t, p.Token(user, authserver.Header("kid", nil)), refusal.Unauthenticated, "no key")
		p.serve(p.Handler())
		p.wait(cooldown)
		v.accepts(t, p.Token(user, authserver.Header("kid", nil)))
	})
}

func TestStaleKeysAreServed(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	v := p.verifier(t)
	v.accepts(t, p.Token(user))
	p.serveFunc(answer(http.StatusInternalServerError, "out of order"))
	p.wait(age)
	for range 5 {
		v.accepts(t, p.Token(user))
	}
	p.wantKeyReads(t, 2) // not once per request
	p.wait(24 * time.Hour)
	v.accepts(t, p.Token(user))
	p.wantKeyReads(t, 3)

	next := p.successor()
	p.serve(next.Handler())
	p.wait(cooldown)
	v.refuses(t, p.Token(user), refusal.Unauthenticated, "no key") // revoked meanwhile
	v.accepts(t, next.Token(user))
}

func TestStaleKeysNeedNoWaiting(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	v := p.verifier(t)
	v.accepts(t, p.Token(user))
	arrived, release := make(chan struct{}), make(chan struct{})
	p.serveFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		p.Handler().ServeHTTP(w, r)
	})
	p.wait(age)
	token := p.Token(user)
	var first sync.WaitGroup
	first.Go(func() { v.accepts(t, token) })
	<-arrived
	v.accepts(t, token) // while the refresh hangs
	close(release)
	first.Wait()
	p.wantKeyReads(t, 2)
}

func TestARevokedKeyGoesOutOfUse(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	v := p.verifier(t)
	v.accepts(t, p.Token(user))
	p.serve(p.successor().Handler())
	v.accepts(t, p.Token(user))
	p.wait(age)
	v.refuses(t, p.Token(user), refusal.Unauthenticated, "no key")
}

func TestClockPutBack(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	v := p.verifier(t)
	p.wait(24 * time.Hour)
	v.accepts(t, p.Token(user))
	p.wait(-24 * time.Hour)
	next := p.successor()
	p.serve(next.Handler())
	v.accepts(t, next.Token(user)) // not blocked for a day
}

func TestNoKeysAtAll(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		cause   string
	}{
		"500":                 {answer(http.StatusInternalServerError, `{"keys":[]}`), "status 500"},
		"404":                 {answer(http.StatusNotFound, `{}`), "status 404"},
		"204":                 {answer(http.StatusNoContent, ``), "status 204"},
		"a redirect":          {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/auth/v1/user", http.StatusFound) }, "status 302"},
		"HTML":                {answer(http.StatusOK, `<html>`), "Key Set"},
		"JSON without keys":   {answer(http.StatusOK, `{"message":"ok"}`), "Key Set"},
		"keys null":           {answer(http.StatusOK, `{"keys":null}`), "Key Set"},
		"an empty body":       {answer(http.StatusOK, ``), "Key Set"},
		"a huge body":         {answer(http.StatusOK, `{"keys":[]`+strings.Repeat(" ", 64<<10)+`}`), "larger"},
		"a closed connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		"a body cut short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.Write([]byte(`{"keys":[`))
		}, "EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlatform(t)
			v := p.verifier(t)
			p.serveFunc(c.handler)
			v.refuses(t, p.Token(user), refusal.AuthUnavailable, c.cause)
			v.refuses(t, p.Token(user), refusal.AuthUnavailable, c.cause)
			p.wantKeyReads(t, 1) // the second was within the cool-down
			p.serve(p.Handler())
			p.wait(retry)
			v.accepts(t, p.Token(user))
		})
	}
	t.Run("nothing listens", func(t *testing.T) {
		t.Parallel()
		p := authserver.New("http://127.0.0.1:1")
		v := newVerifier(t, auth.Settings{SupabaseURL: p.URL})
		v.refuses(t, p.Token(user), refusal.AuthUnavailable, "refused")
	})
	t.Run("HS256 without secret and publishable key", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		v := p.verifier(t)
		token := p.Token(user, authserver.Signed(jose.HS256))
		p.serveFunc(answer(http.StatusInternalServerError, ""))
		v.refuses(t, token, refusal.AuthUnavailable, "status 500")
		p.serveFunc(answer(http.StatusOK, `{"keys":[]}`)) // as a legacy project has it
		p.wait(retry)
		v.refuses(t, token, refusal.AuthUnavailable, "the JWKS has no keys")
		v.refuses(t, p.Token(user), refusal.Unauthenticated, "no key for ES256")
		p.serve(p.Handler()) // the project has moved on
		p.wait(age)
		v.refuses(t, token, refusal.Unauthenticated, "HS256")
	})
	t.Run("a token that could not be accepted anyway is not told so", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		p.serveFunc(answer(http.StatusInternalServerError, ""))
		p.verifier(t).refuses(t, p.Token(user, authserver.Anonymous()), refusal.Unauthenticated, "anonymous")
		p.wantKeyReads(t, 0)
	})
}

// silent never answers, until the client gives up.
func silent(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func TestSlowKeys(t *testing.T) {
	t.Parallel()
	t.Run("the fetch ends by its own timeout", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		p.serveFunc(silent)
		started := time.Now()
		p.verifier(t).refuses(t, p.Token(user), refusal.AuthUnavailable, "deadline")
		if took := time.Since(started); took > 6*time.Second {
			t.Errorf("took %v", took)
		}
	})
	t.Run("a body that drips ends too", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		p.serveFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Write([]byte(`{"keys":[`))
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		p.verifier(t).refuses(t, p.Token(user), refusal.AuthUnavailable, "deadline")
	})
	t.Run("a caller's deadline ends the waiting, not the fetch", func(t *testing.T) {
		t.Parallel()
		p := newPlatform(t)
		v := p.verifier(t)
		arrived, release := make(chan struct{}), make(chan struct{})
		p.serveFunc(func(w http.ResponseWriter, r *http.Request) {
			close(arrived)
			<-release
			p.Handler().ServeHTTP(w, r)
		})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrived; cancel() }()
		_, err := v.Verify(ctx, "Bearer "+p.Token(user))
		if refused, ok := err.(*refusal.Error); !ok || refused.Code != refusal.AuthUnavailable {
			t.Errorf("got %v", err)
		}
		close(release)
		v.accepts(t, p.Token(user)) // by the very same fetch
		p.wantKeyReads(t, 1)
	})
}

func TestOnlySuitableKeysAreUsed(t *testing.T) {
	t.Parallel()
	p := authserver.New("https://abc.supabase.co").WithRSAKey()
	es, rs := p.PublicKey(jose.ES256), p.PublicKey(jose.RS256)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	// edited is a key with some fields changed; nil removes one.
	edited := func(key jose.JSONWebKey, changes map[string]any) json.RawMessage {
		text, err := json.Marshal(key)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(text, &fields); err != nil {
			t.Fatal(err)
		}
		for name, value := range changes {
			if fields[name] = value; value == nil {
				delete(fields, name)
			}
		}
		text, err = json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	other := authserver.New(p.URL).PublicKey(jose.ES256) // is there so that the set is never empty
	esToken, rsToken := p.Token(user), p.Token(user, authserver.Signed(jose.RS256))
	noID := authserver.Header("kid", nil)

	for name, c := range map[string]struct {
		keys  []json.RawMessage
		token string
		ok    bool
	}{
		"EC as Supabase has it":         {[]json.RawMessage{edited(es, map[string]any{"key_ops": []string{"verify"}, "ext": true})}, esToken, true},
		"EC without alg":                {[]json.RawMessage{edited(es, map[string]any{"alg": nil})}, esToken, true},
		"EC without use":                {[]json.RawMessage{edited(es, map[string]any{"use": nil})}, esToken, true},
		"RSA without alg":               {[]json.RawMessage{edited(rs, map[string]any{"alg": nil})}, rsToken, true},
		"EC for another alg":            {[]json.RawMessage{edited(es, map[string]any{"alg": "ES384"})}, esToken, false},
		"EC for HS256":                  {[]json.RawMessage{edited(es, map[string]any{"alg": "HS256"})}, esToken, false},
		"RSA for PS256":                 {[]json.RawMessage{edited(rs, map[string]any{"alg": "PS256"})}, rsToken, false},
		"EC for encryption":             {[]json.RawMessage{edited(es, map[string]any{"use": "enc"})}, esToken, false},
		"RSA for encryption":            {[]json.RawMessage{edited(rs, map[string]any{"use": "enc"})}, rsToken, false},
		"EC for signing only":           {[]json.RawMessage{edited(es, map[string]any{"key_ops": []string{"sign"}})}, esToken, false},
		"EC for nothing":                {[]json.RawMessage{edited(es, map[string]any{"key_ops": []string{}})}, esToken, false},
		"EC with odd key_ops":           {[]json.RawMessage{edited(es, map[string]any{"key_ops": "verify"})}, esToken, false},
		"EC with odd kid":               {[]json.RawMessage{edited(es, map[string]any{"kid": 1})}, esToken, false},
		"EC off the curve":              {[]json.RawMessage{edited(es, map[string]any{"x": encode(make([]byte, 32))})}, esToken, false},
		"EC under another kid":          {[]json.RawMessage{edited(es, map[string]any{"kid": "x"})}, esToken, false},
		"EC without kid":                {[]json.RawMessage{edited(es, map[string]any{"kid": nil})}, esToken, false},
		"P-384":                         {[]json.RawMessage{edited(jose.JSONWebKey{Key: p384.Public(), KeyID: es.KeyID}, nil)}, esToken, false},
		"RSA of 1024 bits":              {[]json.RawMessage{edited(jose.JSONWebKey{Key: weak.Public(), KeyID: rs.KeyID}, nil)}, rsToken, false},
		"no kid, one key of the alg":    {[]json.RawMessage{edited(es, nil), edited(rs, nil)}, p.Token(user, noID), true},
		"no kid, two keys of the alg":   {[]json.RawMessage{edited(es, nil), edited(other, nil)}, p.Token(user, noID), false},
		"a kid of two keys":             {[]json.RawMessage{edited(es, nil), edited(other, map[string]any{"kid": es.KeyID})}, esToken, false},
		"a kid of an EC and an RSA key": {[]json.RawMessage{edited(rs, map[string]any{"kid": es.KeyID}), edited(es, nil)}, esToken, true},
		"beside keys that are not understood": {[]json.RawMessage{[]byte(`{"kty":"OKP","crv":"X448","x":"AA"}`), []byte(`7`),
			[]byte(`{"kty":"EC","crv":"P-256","x":"!"}`), edited(es, nil)}, esToken, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			keys := c.keys
			if !strings.Contains(name, "no kid") {
				keys = append(keys, edited(other, nil))
			}
			set, err := json.Marshal(map[string]any{"keys": keys})
			if err != nil {
				t.Fatal(err)
			}
			v := newVerifier(t, auth.Settings{SupabaseURL: p.URL, JWKS: string(set)})
			if c.ok {
				v.accepts(t, c.token)
			} else {
				v.refuses(t, c.token, refusal.Unauthenticated, "key")
			}
		})
	}

	t.Run("a symmetric key of the JWKS verifies nothing", func(t *testing.T) {
		t.Parallel()
		oct := json.RawMessage(`{"kty":"oct","kid":"s","alg":"HS256","k":"` + encode([]byte(p.Secret)) + `"}`)
		set, err := json.Marshal(map[string]any{"keys": []json.RawMessage{edited(es, nil), oct}})
		if err != nil {
			t.Fatal(err)
		}
		v := newVerifier(t, auth.Settings{JWKS: string(set)})
		for _, kid := range []any{"s", nil, es.KeyID} {
			v.refuses(t, p.Token(user, authserver.Signed(jose.HS256), authserver.Header("kid", kid)), refusal.Unauthenticated, "HS256")
		}
	})
}
