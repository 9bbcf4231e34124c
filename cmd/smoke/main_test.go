package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"mentorpause/local/deployment"
	"mentorpause/local/endpoint"
	"mentorpause/local/openapi"
	"mentorpause/local/sam"
)

func TestMain(m *testing.M) { deployment.Main(m) }

// From nothing, as docs/operations.md describes and `make smoke` does.
func TestFromNothing(t *testing.T) {
	t.Parallel()
	var out safeWriter
	status := run(t.Context(), func(string) string { return "" }, &out)
	text := out.String()
	if status != 0 || strings.Contains(text, "FAIL") {
		t.Fatalf("exit status %d:\n%s", status, text)
	}
	for _, line := range []string{"make migrate", "PgBouncer in transaction mode", "make build", "304 when nothing has changed", "a nightly dry run", "a dispatch"} {
		if !strings.Contains(text, line) {
			t.Errorf("nothing of %q in\n%s", line, text)
		}
	}
}

// Each fault put in front of a good deployment is found, under its own name, and
// checking changes nothing.
func TestLook(t *testing.T) {
	t.Parallel()
	s := deployment.Start(t, deployment.WithConsole())
	token := s.Project.Token(endpoint.Coordinator)
	inside, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	through := func(t *testing.T, change func(*http.Response) error) string {
		t.Helper()
		proxy := &httputil.ReverseProxy{
			Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(inside) },
			ModifyResponse: change,
		}
		server := httptest.NewServer(proxy)
		t.Cleanup(server.Close)
		return server.URL + "/functions/v1"
	}
	smoke := func(ctx context.Context, base, token string) (int, string) {
		var out bytes.Buffer
		status := run(ctx, func(name string) string { return map[string]string{"URL": base, "TOKEN": token}[name] }, &out)
		return status, out.String()
	}

	document, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	withoutToken, withToken := 0, 5 // four at the roster, one at a mentor's page
	for _, name := range s.Template.Names(sam.HasURL) {
		withoutToken += 4
		withToken += 4
		if slices.Contains(document.Methods(name), http.MethodPost) {
			withToken += 2
		}
	}
	t.Run("a good deployment", func(t *testing.T) {
		status, out := smoke(t.Context(), through(t, nil), token)
		if status != 0 || !strings.Contains(out, fmt.Sprintf("%d ok, 0 failed", withToken)) {
			t.Errorf("exit status %d:\n%s", status, out)
		}
		if status, out := smoke(t.Context(), s.URL+"/functions/v1/", ""); status != 0 || !strings.Contains(out, fmt.Sprintf("%d ok", withoutToken)) || !strings.Contains(out, "with TOKEN") {
			t.Errorf("without a token: exit status %d:\n%s", status, out)
		}
		var changed int
		err := s.Database.Connect(t, "postgres").QueryRow(t.Context(), "select (select count(*) from public.pause_records) + (select count(*) from private.idempotent_requests)").Scan(&changed)
		if err != nil || changed != 0 {
			t.Errorf("looking has changed %d rows, %v", changed, err)
		}
	})

	lookAlso := func(address string) (int, string) {
		var out bytes.Buffer
		status := run(t.Context(), func(name string) string {
			return map[string]string{"URL": s.URL + "/functions/v1", "CONSOLE_URL": address}[name]
		}, &out)
		return status, out.String()
	}
	// Without Node.js the function has a page in place of the console, which smoke must find.
	_, err = os.Stat(filepath.Join("..", "..", "functions", "console", "dist", "index.html"))
	t.Run("a console", func(t *testing.T) {
		status, out := lookAlso(s.URL)
		for _, what := range []string{"the page", "its version", "the functions that it calls"} {
			if !hasLine(out, "ok ", "console", what) {
				t.Errorf("not fine: %s\n%s", what, out)
			}
		}
		if isBuilt := err == nil; isBuilt != (status == 0) || !isBuilt && !hasLine(out, "FAIL", "is not built") {
			t.Errorf("built: %t, exit status %d:\n%s", isBuilt, status, out)
		}
	})
	says := func(text string) func(*http.Response) {
		return func(r *http.Response) {
			r.Body = io.NopCloser(strings.NewReader(text))
			r.ContentLength = int64(len(text))
			r.Header.Set("Content-Length", fmt.Sprint(len(text)))
			r.Header.Del("Content-Encoding")
		}
	}
	consoleFaults := []struct {
		name   string
		path   string
		change func(*http.Response)
		line   string
	}{
		{"no policy", "/", func(r *http.Response) { r.Header.Del("Content-Security-Policy") }, "the page"},
		{"a policy that allows inline scripts", "/", func(r *http.Response) {
			r.Header.Set("Content-Security-Policy", strings.Replace(r.Header.Get("Content-Security-Policy"), "script-src 'self'", "script-src 'self' 'unsafe-inline'", 1))
		}, "the page"},
		{"a page that is kept", "/", func(r *http.Response) { r.Header.Set("Cache-Control", "max-age=600") }, "the page"},
		{"functions of another project", "/config.json", says(`{"supabase_url": "x", "publishable_key": "x", "functions": {"pause": "https://other.example.org/pause"}}`),
			"https://other.example.org/pause"},
		{"another release", "/version.json", says(`{"version": "0.0.1", "build": "1"}`), "0.0.1"},
	}
	for _, fault := range consoleFaults {
		t.Run("is found in the console: "+fault.name, func(t *testing.T) {
			base := through(t, func(r *http.Response) error {
				if r.Request.URL.Path == fault.path {
					fault.change(r)
				}
				return nil
			})
			status, out := lookAlso(strings.TrimSuffix(base, "/functions/v1"))
			if status != 1 || !hasLine(out, "FAIL", "console", fault.line) {
				t.Errorf("exit status %d, no failure at %q:\n%s", status, fault.line, out)
			}
		})
	}

	header := func(name, value string) func(*http.Response) error {
		return func(r *http.Response) error {
			if value == "" {
				r.Header.Del(name)
			} else {
				r.Header.Set(name, value)
			}
			return nil
		}
	}
	t.Run("a good deployment behind function URLs, which rename the challenge", func(t *testing.T) {
		rename := func(r *http.Response) error {
			if challenge := r.Header.Get("Www-Authenticate"); challenge != "" {
				r.Header.Del("Www-Authenticate")
				r.Header.Set("X-Amzn-Remapped-Www-Authenticate", challenge)
			}
			return nil
		}
		if status, out := smoke(t.Context(), through(t, rename), token); status != 0 {
			t.Errorf("exit status %d:\n%s", status, out)
		}
	})
	body := func(change func(string) string, only int) func(*http.Response) error {
		return func(r *http.Response) error {
			if r.StatusCode != only || r.Header.Get("Content-Encoding") != "" {
				return nil
			}
			read, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			changed := change(string(read))
			r.Body = io.NopCloser(strings.NewReader(changed))
			r.ContentLength = int64(len(changed))
			r.Header.Set("Content-Length", fmt.Sprint(len(changed)))
			return nil
		}
	}
	replace := func(old, new string) func(string) string {
		return func(text string) string { return strings.Replace(text, old, new, 1) }
	}
	faults := []struct {
		name   string
		change func(*http.Response) error
		line   string // that fails
	}{
		{"CORS doubled", func(r *http.Response) error { r.Header.Add("Access-Control-Allow-Origin", "*"); return nil }, "preflight"},
		{"CORS missing", header("Access-Control-Allow-Origin", ""), "401 without a token"},
		{"headers not allowed", header("Access-Control-Allow-Headers", "authorization"), "preflight"},
		{"methods not allowed", header("Access-Control-Allow-Methods", "PUT"), "preflight"},
		{"headers not exposed", header("Access-Control-Expose-Headers", "etag"), "the roster"},
		{"a preflight with a type", func(r *http.Response) error {
			if r.StatusCode == 204 {
				r.Header.Set("Content-Type", "text/plain")
			}
			return nil
		}, "preflight"},
		{"no request id", header("X-Request-Id", ""), "405 for another method"},
		{"no challenge", header("Www-Authenticate", ""), "401 with a token of nobody"},
		{"another code in the header", header("Sb-Error-Code", "oops"), "400 names the field"},
		{"another type", header("Content-Type", "application/problem+json"), "415 for another type"},
		{"a relay's error", header("X-Relay-Error", "true"), "the roster"},
		{"an error with more fields", body(replace(`{`, `{"stack":"main.go:7",`), 401), "401 without a token"},
		{"an error with fewer fields", body(func(string) string { return `{"code":"unauthenticated","message":"x"}` }, 401), "401 without a token"},
		{"a refusal as a success", func(r *http.Response) error {
			if r.StatusCode == 400 {
				r.StatusCode = 200
			}
			return nil
		}, "400 for an altered cursor"},
		{"no allow", header("Allow", ""), "405 for another method"},
		{"no etag", header("Etag", ""), "the roster"},
		{"a weak etag", header("Etag", `W/"x"`), "the roster"},
		{"a shared cache", header("Cache-Control", "public"), "the roster"},
		{"counts that don't add up", body(replace(`"total"`, `"total": 1000, "t"`), 200), "the roster"},
		{"a count missing", body(replace(`"open_discrepancies"`, `"open"`), 200), "the roster"},
		{"a stale answer", func(r *http.Response) error {
			if r.StatusCode == 304 {
				r.StatusCode = 200
			}
			return nil
		}, "304 when nothing has changed"},
		{"no gzip", header("Content-Encoding", ""), "gzip"},
		{"Lambda refuses", func(r *http.Response) error {
			r.StatusCode = 403
			r.Header = http.Header{"Content-Type": {"application/json"}}
			return nil
		}, "401 without a token"},
	}
	for _, fault := range faults {
		t.Run("is found: "+fault.name, func(t *testing.T) {
			status, out := smoke(t.Context(), through(t, fault.change), token)
			if status != 1 || !hasLine(out, "FAIL", fault.line) {
				t.Errorf("exit status %d, no failure at %q:\n%s", status, fault.line, out)
			}
		})
	}
	t.Run("is found: a certificate that nobody vouches for", func(t *testing.T) {
		server := httptest.NewTLSServer(http.NotFoundHandler())
		defer server.Close()
		server.Config.ErrorLog = nil
		if status, out := smoke(t.Context(), server.URL, ""); status != 1 || !strings.Contains(out, "certificate") {
			t.Errorf("exit status %d:\n%s", status, out)
		}
	})
	t.Run("is found: a token that is not a coordinator's", func(t *testing.T) {
		if status, out := smoke(t.Context(), s.URL+"/functions/v1", s.Project.Token(endpoint.Mentor)); status != 1 || !strings.Contains(out, "not a coordinator's") {
			t.Errorf("exit status %d:\n%s", status, out)
		}
	})
	t.Run("is found: nobody there", func(t *testing.T) {
		if status, out := smoke(t.Context(), "http://127.0.0.1:1", ""); status != 1 || !strings.Contains(out, fmt.Sprintf("0 ok, %d failed", withoutToken)) {
			t.Errorf("exit status %d:\n%s", status, out)
		}
	})
}

// `make smoke` passes its variables on, and no process list shows the token, not
// even in the command of the shell.
func TestMakeSmoke(t *testing.T) {
	t.Parallel()
	const token = "a-token-of-nobody"
	var asked atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer "+token {
			asked.Store(true)
		}
		http.NotFound(w, r)
	}))
	defer server.Close()
	for _, dry := range []bool{true, false} {
		cmd := exec.CommandContext(t.Context(), "make", "--no-print-directory", "smoke", "URL="+server.URL)
		if dry {
			cmd.Args = append(cmd.Args, "--dry-run")
		}
		cmd.Dir = "../.."
		cmd.Env = append(os.Environ(), "MAKEFLAGS=", "MAKEOVERRIDES=", "TOKEN="+token)
		output, err := cmd.CombinedOutput()
		switch {
		case dry && (err != nil || bytes.Contains(output, []byte(token))):
			t.Errorf("the commands of make smoke show the token, or %v:\n%s", err, output)
		case !dry && (err == nil || !asked.Load() || !bytes.Contains(output, []byte("\n0 ok, "))):
			t.Errorf("%v, asked with the token: %t\n%s", err, asked.Load(), output)
		}
	}
}

func hasLine(text string, parts ...string) bool {
	for line := range strings.Lines(text) {
		found := true
		for _, part := range parts {
			found = found && strings.Contains(line, part)
		}
		if found {
			return true
		}
	}
	return false
}

func TestReadTarget(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		environment map[string]string
		want        string // period-report's URL, or a part of the error
		fails       bool
	}{
		{"nothing", nil, "", false},
		{"a base", map[string]string{"URL": "http://127.0.0.1:8787/functions/v1/"}, "http://127.0.0.1:8787/functions/v1/period-report", false},
		{"a host", map[string]string{"URL": "http://127.0.0.1:8787"}, "http://127.0.0.1:8787/functions/v1/period-report", false},
		{"a host each", map[string]string{"PAUSE_URL": "https://a.on.aws/", "PERIOD_REPORT_URL": "https://b.on.aws/"}, "https://b.on.aws/", false},
		{"one of two", map[string]string{"PAUSE_URL": "https://a.on.aws/"}, "a host each: give each of PAUSE_URL, PERIOD_REPORT_URL", true},
		{"both", map[string]string{"URL": "https://a", "PAUSE_URL": "https://c"}, "not both", true},
		{"no URL", map[string]string{"URL": "a.example.org"}, "not an http or https URL", true},
		{"a token for nothing", map[string]string{"TOKEN": "x"}, "are for a deployment", true},
		{"a console alone", map[string]string{"CONSOLE_URL": "https://c"}, "are for a deployment", true},
		{"a console without a scheme", map[string]string{"URL": "https://a", "CONSOLE_URL": "c"}, "c is not an http", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			where, err := readTarget([]string{"pause", "period-report"}, func(name string) string { return test.environment[name] })
			if test.fails {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %q", err, test.want)
				}
				return
			}
			if err != nil || where.urls["period-report"] != test.want {
				t.Errorf("%v, %v; want %q", where.urls, err, test.want)
			}
		})
	}
}
