package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"mentorpause/local/openapi"
)

// requestTimeout is longer than a function may take.
const requestTimeout = 15 * time.Second

// The headers that a browser's app sends, and those that it may read.
var (
	sentHeaders = strings.Split("authorization, apikey, content-type, x-client-info, x-region, x-retry-count, "+
		"traceparent, tracestate, baggage, idempotency-key, if-none-match", ", ")
	readHeaders = strings.Split("date, etag, retry-after, sb-error-code, x-request-id, idempotent-replayed", ", ")
)

// looker checks one function.
type looker struct {
	function string
	methods  []string // that the document has
	url      string
	token    string
	client   *http.Client
	report   *report
}

// look checks all of them, one after another. An error is about docs/openapi.yaml.
func look(ctx context.Context, where target, report *report) error {
	document, err := openapi.Load()
	if err != nil {
		return err
	}
	client := &http.Client{
		Timeout: requestTimeout,
		// Compression and redirects must be visible.
		Transport:     &http.Transport{DisableCompression: true, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	for _, name := range where.functions {
		l := looker{function: name, methods: document.Methods(name), url: where.urls[name], token: where.token, client: client, report: report}
		if len(l.methods) == 0 {
			return fmt.Errorf("docs/openapi.yaml has no function %s", name)
		}
		l.lookWithoutToken(ctx)
		if l.token != "" {
			l.lookWithToken(ctx)
		}
	}
	if where.console != "" {
		lookAtConsole(ctx, client, where, report)
	}
	if where.token == "" {
		report.say("with TOKEN, a coordinator's access token, the roster and more refusals are looked at, too")
	}
	return nil
}

// method is the one that reads, if there is one.
func (l looker) method() string {
	if slices.Contains(l.methods, http.MethodGet) {
		return http.MethodGet
	}
	return l.methods[0]
}

// other is a method that the function does not have.
func (l looker) other() string {
	for _, method := range []string{http.MethodDelete, http.MethodPut, http.MethodPatch} {
		if !slices.Contains(l.methods, method) {
			return method
		}
	}
	return "REPORT"
}

// answer is a response with its body.
type answer struct {
	*http.Response
	body []byte
	took time.Duration
}

// ask sends a request, after making the changes to it.
func (l looker) ask(ctx context.Context, method, query, body string, change ...func(http.Header)) (answer, error) {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	request, err := http.NewRequestWithContext(ctx, method, l.url+query, reader)
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Origin", "https://app.example.org")
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(request.Header)
	}
	began := time.Now()
	response, err := l.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(io.LimitReader(response.Body, 8<<20))
	return answer{response, read, time.Since(began)}, err
}

func (l looker) signedIn(h http.Header) { h.Set("Authorization", "Bearer "+l.token) }

func with(name, value string) func(http.Header) { return func(h http.Header) { h.Set(name, value) } }

// check does one check; its result is shown after the time on its line.
func (l looker) check(what string, look func() (answer, string, error)) {
	a, note, err := look()
	if err != nil {
		l.report.fail(l.function, what, err)
		return
	}
	l.report.ok(l.function, what, strings.TrimSpace(fmt.Sprintf("%4d ms  %s", a.took.Milliseconds(), note)))
}

// refused checks an answer against the documented shape of errors.
func refused(a answer, status int, code string) error {
	if a.StatusCode == http.StatusForbidden && a.Header.Get("Sb-Error-Code") == "" {
		return fmt.Errorf("403 from Lambda itself: the function's policy must let everybody invoke the URL (lambda:InvokeFunctionUrl and lambda:InvokeFunction): %.200s", a.body)
	}
	var body struct {
		Code    string  `json:"code"`
		Message string  `json:"message"`
		Details *string `json:"details"`
		Hint    *string `json:"hint"`
	}
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.DisallowUnknownFields()
	var fields map[string]any
	switch err := decoder.Decode(&body); {
	case a.StatusCode != status:
		return fmt.Errorf("status %d, want %d: %.200s", a.StatusCode, status, a.body)
	case err != nil || json.Unmarshal(a.body, &fields) != nil || len(fields) != 4 || body.Message == "":
		return fmt.Errorf("the body is not code, message, details and hint: %.200s", a.body)
	case body.Code != code || a.Header.Get("Sb-Error-Code") != code:
		return fmt.Errorf("code %s, sb-error-code %s, want %s", body.Code, a.Header.Get("Sb-Error-Code"), code)
	}
	return complete(a)
}

// complete checks what every answer with a body must have.
func complete(a answer) error {
	switch {
	case a.Header.Get("Content-Type") != "application/json":
		return fmt.Errorf("content-type %q", a.Header.Get("Content-Type"))
	case a.Header.Get("X-Relay-Error") != "":
		return errors.New("x-relay-error is sent, which supabase-js takes for a failed relay")
	}
	return open(a)
}

// open checks what every answer must have so that a page on another origin may read
// it.
func open(a answer) error {
	if values := a.Header.Values("Access-Control-Allow-Origin"); !slices.Equal(values, []string{"*"}) {
		return fmt.Errorf("access-control-allow-origin is %q, want one *", values)
	}
	if missing := missing(a.Header.Get("Access-Control-Expose-Headers"), readHeaders); len(missing) > 0 {
		return fmt.Errorf("access-control-expose-headers lacks %v", missing)
	}
	if a.Header.Get("X-Request-Id") == "" {
		return errors.New("no x-request-id")
	}
	return nil
}

func missing(list string, wanted []string) (names []string) {
	var have []string
	for name := range strings.SplitSeq(strings.ToLower(list), ",") {
		have = append(have, strings.TrimSpace(name))
	}
	for _, name := range wanted {
		if !slices.Contains(have, name) {
			names = append(names, name)
		}
	}
	return names
}

func (l looker) lookWithoutToken(ctx context.Context) {
	method := l.method()
	l.check("preflight", func() (answer, string, error) {
		a, err := l.ask(ctx, http.MethodOptions, "", "", with("Access-Control-Request-Method", method),
			with("Access-Control-Request-Headers", "authorization,content-type"))
		if err != nil {
			return a, "", err
		}
		note := "http, not encrypted"
		if a.TLS != nil {
			left := time.Until(a.TLS.PeerCertificates[0].NotAfter)
			note = fmt.Sprintf("%s, certificate good for %d days", tls.VersionName(a.TLS.Version), int(left.Hours()/24))
		} else if strings.HasPrefix(l.url, "https:") {
			return a, "", errors.New("https without TLS")
		}
		switch {
		case a.StatusCode != http.StatusNoContent || len(a.body) > 0 || a.Header.Get("Content-Type") != "":
			return a, "", fmt.Errorf("status %d, content-type %q, %d bytes, want 204 and nothing", a.StatusCode, a.Header.Get("Content-Type"), len(a.body))
		case len(missing(a.Header.Get("Access-Control-Allow-Headers"), sentHeaders)) > 0:
			return a, "", fmt.Errorf("access-control-allow-headers lacks %v", missing(a.Header.Get("Access-Control-Allow-Headers"), sentHeaders))
		case len(missing(a.Header.Get("Access-Control-Allow-Methods"), []string{strings.ToLower(method)})) > 0:
			return a, "", fmt.Errorf("access-control-allow-methods is %q, without %s", a.Header.Get("Access-Control-Allow-Methods"), method)
		}
		return a, note, open(a)
	})
	for _, token := range []struct{ what, authorization string }{
		{"401 without a token", ""},
		{"401 with a token of nobody", "Bearer eyJhbGciOiJub25lIn0.e30."},
	} {
		l.check(token.what, func() (answer, string, error) {
			a, err := l.ask(ctx, method, "", "", with("Authorization", token.authorization))
			if err != nil {
				return a, "", err
			}
			// A function URL renames the header, so that browsers don't ask for a password.
			challenge := cmp.Or(a.Header.Get("Www-Authenticate"), a.Header.Get("X-Amzn-Remapped-Www-Authenticate"))
			if a.StatusCode == http.StatusUnauthorized && challenge != "Bearer" {
				return a, "", fmt.Errorf("www-authenticate is %q", challenge)
			}
			return a, "", refused(a, http.StatusUnauthorized, "unauthenticated")
		})
	}
	l.check("405 for another method", func() (answer, string, error) {
		a, err := l.ask(ctx, l.other(), "", "")
		if err == nil && !strings.Contains(a.Header.Get("Allow"), method) {
			err = fmt.Errorf("status %d, allow is %q", a.StatusCode, a.Header.Get("Allow"))
		}
		if err != nil {
			return a, "", err
		}
		return a, "allow: " + a.Header.Get("Allow"), refused(a, http.StatusMethodNotAllowed, "method_not_allowed")
	})
}

// lookWithToken makes the checks that need a token. Nothing that it sends by POST
// reaches the database.
func (l looker) lookWithToken(ctx context.Context) {
	if slices.Contains(l.methods, http.MethodPost) {
		l.lookAtBodies(ctx)
	}
	switch l.function {
	case "roster":
		l.lookAtRoster(ctx)
	case "mentor":
		l.lookAtMentor(ctx)
	}
}

// lookAtMentor asks for nobody's page, which only the database can tell.
func (l looker) lookAtMentor(ctx context.Context) {
	l.check("404 for nobody's page", func() (answer, string, error) {
		a, err := l.ask(ctx, http.MethodGet, "?mentor_id=00000000-0000-0000-0000-000000000000", "", l.signedIn)
		if err != nil {
			return a, "", err
		}
		return a, "", refused(a, http.StatusNotFound, "mentor_not_found")
	})
}

func (l looker) lookAtBodies(ctx context.Context) {
	// What is sent, and what the refusal names.
	sent, named, changes := `{"no_such_field":1}`, "no_such_field", []func(http.Header){l.signedIn}
	if l.function == "import" {
		sent, named, changes = "no_such_field;no_other\n1;2\n", "no_header", append(changes, with("Content-Type", "text/csv"))
	}
	l.check("400 names the field", func() (answer, string, error) {
		a, err := l.ask(ctx, http.MethodPost, "", sent, changes...)
		if err == nil && a.StatusCode == http.StatusBadRequest && !bytes.Contains(a.body, []byte(named)) {
			err = fmt.Errorf("%s is not named: %.200s", named, a.body)
		}
		if err != nil {
			return a, "", err
		}
		return a, "", refused(a, http.StatusBadRequest, "invalid_request")
	})
	l.check("415 for another type", func() (answer, string, error) {
		a, err := l.ask(ctx, http.MethodPost, "", "x", l.signedIn, with("Content-Type", "text/plain"))
		if err != nil {
			return a, "", err
		}
		return a, "", refused(a, http.StatusUnsupportedMediaType, "unsupported_media_type")
	})
}

func (l looker) lookAtRoster(ctx context.Context) {
	var etag string
	var plain []byte
	l.check("the roster", func() (answer, string, error) {
		a, err := l.ask(ctx, http.MethodGet, "?limit=50", "", l.signedIn)
		if err != nil {
			return a, "", err
		}
		if a.StatusCode == http.StatusForbidden {
			return a, "", errors.New("403: TOKEN is not a coordinator's")
		}
		note, err := roster(a)
		etag, plain = a.Header.Get("Etag"), a.body
		return a, note, err
	})
	if len(plain) == 0 || etag == "" {
		return // the check has said why
	}
	l.check("304 when nothing has changed", func() (answer, string, error) {
		a, err := l.ask(ctx, http.MethodGet, "?limit=50", "", l.signedIn, with("If-None-Match", etag))
		if err == nil && (a.StatusCode != http.StatusNotModified || len(a.body) > 0 || a.Header.Get("Etag") != etag) {
			err = fmt.Errorf("status %d, etag %s, %d bytes; the first answer had %s", a.StatusCode, a.Header.Get("Etag"), len(a.body), etag)
		}
		if err != nil {
			return a, "", err
		}
		return a, "", open(a)
	})
	l.check("gzip", func() (answer, string, error) {
		a, err := l.ask(ctx, http.MethodGet, "?limit=50", "", l.signedIn, with("Accept-Encoding", "gzip"))
		if err != nil {
			return a, "", err
		}
		if a.Header.Get("Content-Encoding") != "gzip" {
			return a, "", fmt.Errorf("status %d, content-encoding %q", a.StatusCode, a.Header.Get("Content-Encoding"))
		}
		reader, err := gzip.NewReader(bytes.NewReader(a.body))
		if err != nil {
			return a, "", err
		}
		unzipped, err := io.ReadAll(io.LimitReader(reader, 8<<20))
		if err == nil && !bytes.Equal(unzipped, plain) {
			err = errors.New("unzipped it is not what came without gzip")
		}
		return a, fmt.Sprintf("%d of %d bytes", len(a.body), len(plain)), err
	})
	l.check("400 for an altered cursor", func() (answer, string, error) {
		a, err := l.ask(ctx, http.MethodGet, "?cursor=altered", "", l.signedIn)
		if err != nil {
			return a, "", err
		}
		return a, "", refused(a, http.StatusBadRequest, "invalid_request")
	})
}

// roster checks the shape of a page.
func roster(a answer) (note string, err error) {
	var page struct {
		AsOf       string           `json:"as_of"`
		Summary    map[string]int   `json:"summary"`
		Mentors    []map[string]any `json:"mentors"`
		NextCursor *string          `json:"next_cursor"`
	}
	if a.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d: %.200s", a.StatusCode, a.body)
	}
	if err := json.Unmarshal(a.body, &page); err != nil {
		return "", fmt.Errorf("not a roster: %w", err)
	}
	_, notADate := time.Parse(time.DateOnly, page.AsOf)
	for _, count := range []string{"total", "active", "paused", "expired_cert", "expiring_soon", "return_overdue", "returning", "open_ended", "undelivered_notifications", "open_discrepancies"} {
		if _, ok := page.Summary[count]; !ok {
			return "", fmt.Errorf("the summary lacks %s", count)
		}
	}
	switch {
	case notADate != nil || page.Mentors == nil:
		return "", fmt.Errorf("as_of %q, %d mentors", page.AsOf, len(page.Mentors))
	case page.Summary["total"] != page.Summary["active"]+page.Summary["paused"]+page.Summary["expired_cert"]:
		return "", fmt.Errorf("the counts don't add up: %v", page.Summary)
	case a.Header.Get("Etag") == "" || strings.HasPrefix(a.Header.Get("Etag"), "W/"):
		return "", fmt.Errorf("etag %q, want a strong one", a.Header.Get("Etag"))
	case a.Header.Get("Cache-Control") != "private, no-cache":
		return "", fmt.Errorf("cache-control %q", a.Header.Get("Cache-Control"))
	}
	return fmt.Sprintf("%d of %d mentors as of %s", len(page.Mentors), page.Summary["total"], page.AsOf), complete(a)
}
