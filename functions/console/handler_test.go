package main

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"mentorpause/shared/bootstrap/page"
	"mentorpause/shared/config"
	"mentorpause/shared/version"
)

var settings = config.Console{
	SupabaseURL: "https://project.supabase.example",
	APIKey:      "sb_publishable_x",
	Functions:   map[string]string{"pause": "https://one.example/pause", "roster": "https://two.example", "mentor": "https://one.example/mentor"},
	TimeZone:    time.UTC,
}

// built is what the build makes: the compressed forms are told apart by their text.
var built = fstest.MapFS{
	".gitignore":              {Data: []byte("*")},
	"index.html":              {Data: []byte("<!doctype html>the page")},
	"index.html.br":           {Data: []byte("page in br")},
	"index.html.gz":           {Data: []byte("page in gzip")},
	"assets/main-AbC1.js":     {Data: []byte("code")},
	"assets/main-AbC1.js.br":  {Data: []byte("code in br")},
	"assets/main-AbC1.js.gz":  {Data: []byte("code in gzip")},
	"assets/inter-D3.woff2":   {Data: []byte("\x00\x01\xff")},
	"sw.js":                   {Data: []byte("worker")},
	"version.json":            {Data: []byte(`{"build":"1"}`)},
	"manifest.webmanifest":    {Data: []byte(`{}`)},
	"assets/strange.unheard9": {Data: []byte("?")},
}

func newBuilt(t *testing.T, built fstest.MapFS) http.Handler {
	t.Helper()
	files, err := readFiles(built, placeholder)
	if err != nil {
		t.Fatal(err)
	}
	handler, err := newConsole(files, settings)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// ask sends an event; headers are pairs of name and value.
func ask(t *testing.T, handler http.Handler, method, path string, headers ...string) events.LambdaFunctionURLResponse {
	t.Helper()
	event := events.LambdaFunctionURLRequest{RawPath: path, Headers: map[string]string{}}
	event.RequestContext.HTTP.Method = method
	for n := 0; n < len(headers); n += 2 {
		event.Headers[headers[n]] = headers[n+1]
	}
	return page.Answer(t.Context(), handler, event)
}

func body(t *testing.T, r events.LambdaFunctionURLResponse) string {
	t.Helper()
	if !r.IsBase64Encoded {
		return r.Body
	}
	decoded, err := base64.StdEncoding.DecodeString(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(decoded)
}

func TestConsoleServesFiles(t *testing.T) {
	t.Parallel()
	handler := newBuilt(t, built)
	const forEver = "public, max-age=31536000, immutable"
	for path, want := range map[string]struct{ body, mediaType, cache string }{
		"/":                        {"<!doctype html>the page", "text/html; charset=utf-8", "no-cache"},
		"":                         {"<!doctype html>the page", "text/html; charset=utf-8", "no-cache"},
		"/index.html":              {"<!doctype html>the page", "text/html; charset=utf-8", "no-cache"},
		"/likepersoner/1?status=x": {"<!doctype html>the page", "text/html; charset=utf-8", "no-cache"},
		"/assets/main-AbC1.js":     {"code", "text/javascript; charset=utf-8", forEver},
		"/assets/inter-D3.woff2":   {"\x00\x01\xff", "font/woff2", forEver},
		"/assets/strange.unheard9": {"?", "application/octet-stream", forEver},
		"/sw.js":                   {"worker", "text/javascript; charset=utf-8", "no-cache"},
		"/version.json":            {`{"build":"1"}`, "application/json", "no-cache"},
		"/manifest.webmanifest":    {`{}`, "application/manifest+json", "no-cache"},
		// A script of another version is a page, which no browser runs as a script or keeps.
		"/assets/main-Old1.js": {"<!doctype html>the page", "text/html; charset=utf-8", "no-cache"},
	} {
		got := ask(t, handler, "GET", path)
		if got.StatusCode != 200 || body(t, got) != want.body || got.Headers["content-type"] != want.mediaType || got.Headers["cache-control"] != want.cache {
			t.Errorf("%s: %d %q %v", path, got.StatusCode, body(t, got), got.Headers)
		}
	}
}

// No path leads out of what was built, or to what isn't for anybody.
func TestConsoleServesNothingElse(t *testing.T) {
	t.Parallel()
	handler := newBuilt(t, built)
	for _, path := range []string{
		"/.gitignore", "/../handler.go", "/assets/../../handler.go", "/%2e%2e/handler.go", "/..%2fhandler.go", "/assets/%2e%2e/%2e%2e/go.mod",
		"//etc/passwd", "/etc/passwd", "/\\..\\handler.go", "/%5c..%5chandler.go", "/assets/", "/assets", "/index.html/", "/sw.js%00", "/index.html.br",
		"/assets/main-AbC1.js.gz", "/https://elsewhere.example/x", "//elsewhere.example/x",
	} {
		if got := ask(t, handler, "GET", path); got.StatusCode != 200 || body(t, got) != "<!doctype html>the page" {
			t.Errorf("%s: %d %q", path, got.StatusCode, body(t, got))
		}
	}
	if got := ask(t, handler, "GET", "/%zz"); got.StatusCode != 400 {
		t.Errorf("what is no path: %d", got.StatusCode)
	}
}

func TestConsoleCompresses(t *testing.T) {
	t.Parallel()
	handler := newBuilt(t, built)
	for accept, want := range map[string]string{
		"":                         "",
		"gzip":                     "gzip",
		"br":                       "br",
		"gzip, deflate, br, zstd":  "br",
		"GZIP":                     "gzip",
		"br;q=0, gzip":             "gzip",
		"br;q=0.5, gzip;q=0.8":     "gzip",
		"br;q=0.5, identity;q=0.8": "",
		"*":                        "br",
		"*, br;q=0":                "gzip",
		"br;q=x":                   "",
		"br; q=1":                  "br",
		"deflate":                  "",
	} {
		got := ask(t, handler, "GET", "/assets/main-AbC1.js", "accept-encoding", accept)
		text := "code"
		if want != "" {
			text += " in " + want
		}
		if body(t, got) != text || got.Headers["content-encoding"] != want || got.Headers["vary"] != "accept-encoding" {
			t.Errorf("%q: %q %v", accept, body(t, got), got.Headers)
		}
	}
	if got := ask(t, handler, "GET", "/sw.js", "accept-encoding", "br"); body(t, got) != "worker" || got.Headers["content-encoding"] != "" {
		t.Errorf("without a compressed form: %q %v", body(t, got), got.Headers)
	}
}

func TestConsoleIsRevalidated(t *testing.T) {
	t.Parallel()
	handler := newBuilt(t, built)
	tags := map[string]bool{}
	for _, path := range []string{"/", "/sw.js", "/config.json", "/version.json"} {
		for _, accept := range []string{"", "gzip", "br"} {
			tag := ask(t, handler, "GET", path, "accept-encoding", accept).Headers["etag"]
			tags[tag] = true
			for _, sent := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
				got := ask(t, handler, "GET", path, "accept-encoding", accept, "if-none-match", sent)
				if tag == "" || got.StatusCode != 304 || got.Body != "" || got.Headers["etag"] != tag || got.Headers["cache-control"] != "no-cache" ||
					got.Headers["vary"] != "accept-encoding" {
					t.Errorf("%s, %s: %d %q %v", path, sent, got.StatusCode, got.Body, got.Headers)
				}
			}
			if got := ask(t, handler, "GET", path, "accept-encoding", accept, "if-none-match", `"other"`); got.StatusCode != 200 || got.Body == "" {
				t.Errorf("%s, another etag: %d", path, got.StatusCode)
			}
		}
	}
	// The page has three forms, the others one.
	if len(tags) != 6 {
		t.Errorf("etags %v", tags)
	}
	changed := fstest.MapFS{"index.html": {Data: []byte("<!doctype html>another page")}}
	if tag := ask(t, newBuilt(t, changed), "GET", "/").Headers["etag"]; tags[tag] {
		t.Errorf("another page has the etag %s too", tag)
	}
	// The browser has the headers that close the console, and is not sent them again; so what
	// comes with others has another etag.
	tag := ask(t, handler, "GET", "/").Headers["etag"]
	if got := ask(t, handler, "GET", "/", "if-none-match", tag).Headers; len(got) > 4 || got["content-security-policy"] != "" {
		t.Errorf("what the browser has is repeated: %v", got)
	}
	files, err := readFiles(built, placeholder)
	if err != nil {
		t.Fatal(err)
	}
	moved := settings
	moved.SupabaseURL = "https://other.supabase.example"
	elsewhere, err := newConsole(files, moved)
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(t, elsewhere, "GET", "/", "if-none-match", tag); got.StatusCode != 200 || !strings.Contains(got.Headers["content-security-policy"], moved.SupabaseURL) {
		t.Errorf("under another policy: %d %v", got.StatusCode, got.Headers)
	}
	if got := ask(t, handler, "GET", "/", "range", "bytes=0-3"); got.StatusCode != 200 || body(t, got) != "<!doctype html>the page" {
		t.Errorf("a part: %d %q", got.StatusCode, got.Body)
	}
}

func TestConsoleTakesGETAndHEADOnly(t *testing.T) {
	t.Parallel()
	handler := newBuilt(t, built)
	got := ask(t, handler, "HEAD", "/assets/main-AbC1.js", "accept-encoding", "br")
	if got.StatusCode != 200 || got.Body != "" || got.Headers["content-encoding"] != "br" || got.Headers["etag"] == "" {
		t.Errorf("HEAD: %d %q %v", got.StatusCode, got.Body, got.Headers)
	}
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
		got := ask(t, handler, method, "/")
		if got.StatusCode != 405 || got.Headers["allow"] != "GET, HEAD" || strings.Contains(got.Body, "the page") {
			t.Errorf("%s: %d %q %v", method, got.StatusCode, got.Body, got.Headers)
		}
	}
}

func TestConsoleIsClosed(t *testing.T) {
	t.Parallel()
	handler := newBuilt(t, built)
	for _, path := range []string{"/", "/assets/main-AbC1.js", "/sw.js", "/config.json", "/nowhere"} {
		got := ask(t, handler, "GET", path).Headers
		want := map[string]string{
			"content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; " +
				"connect-src 'self' https://one.example https://project.supabase.example https://two.example; " +
				"manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
				"require-trusted-types-for 'script'; trusted-types console",
			"x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "no-referrer",
			"cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
			"permissions-policy":        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
			"strict-transport-security": "max-age=63072000",
		}
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s: %s is %q, want %q", path, name, got[name], value)
			}
		}
		if got["access-control-allow-origin"] != "" || got["set-cookie"] != "" {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestConsoleSaysWhereTheOthersAre(t *testing.T) {
	t.Parallel()
	var got map[string]any
	if err := json.Unmarshal([]byte(ask(t, newBuilt(t, built), "GET", "/config.json").Body), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"supabase_url": "https://project.supabase.example", "publishable_key": "sb_publishable_x", "time_zone": "UTC",
		"functions": map[string]any{"pause": "https://one.example/pause", "roster": "https://two.example", "mentor": "https://one.example/mentor"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Go compiles without Node having run; the page then says what to do.
func TestConsoleThatIsNotBuilt(t *testing.T) {
	t.Parallel()
	handler := newBuilt(t, fstest.MapFS{".gitignore": {}})
	if got := ask(t, handler, "GET", "/"); got.StatusCode != 200 || !strings.Contains(got.Body, "make build/console") {
		t.Errorf("%d %s", got.StatusCode, got.Body)
	}
	if got := ask(t, handler, "GET", "/version.json"); got.Body != `{"version":"`+version.Number()+`","build":"none"}` {
		t.Errorf("%d %s", got.StatusCode, got.Body)
	}
}

// What is embedded, built or not, can be served.
func TestConsoleIsEmbedded(t *testing.T) {
	t.Parallel()
	handler, err := newHandler(settings)
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(t, handler, "GET", "/"); got.StatusCode != 200 || !strings.Contains(got.Body, "<!doctype html>") {
		t.Errorf("%d %s", got.StatusCode, got.Body)
	}
	if _, err := readFiles(fstest.MapFS{"a.js.gz": {}}, nil); err == nil {
		t.Error("a compressed form of nothing is accepted")
	}
}
