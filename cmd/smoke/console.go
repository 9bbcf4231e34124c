package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"mentorpause/shared/version"
)

// console is the name of the function that serves the console, which has no interface.
const console = "console"

// The first of the console's files that its page names.
var asset = regexp.MustCompile(`/assets/[^"]+\.js`)

// lookAtConsole checks what a browser gets from the console: its page with the headers
// that protect it, a file that may be kept for ever, and the addresses of the functions,
// which must be those that are checked here, and whose version it is.
func lookAtConsole(ctx context.Context, client *http.Client, where target, report *report) {
	l := looker{function: console, url: strings.TrimRight(where.console, "/"), client: client, report: report}
	var page answer
	l.check("the page", func() (answer, string, error) {
		a, err := l.ask(ctx, http.MethodGet, "/", "")
		if err != nil {
			return a, "", err
		}
		page = a
		return a, "", protected(a)
	})
	l.check("a file of the page", func() (answer, string, error) {
		name := asset.Find(page.body)
		if name == nil {
			return answer{}, "", errors.New("the page names no script: the console is not built, run make build")
		}
		a, err := l.ask(ctx, http.MethodGet, string(name), "", with("Accept-Encoding", "br"))
		switch {
		case err != nil:
		case a.StatusCode != http.StatusOK:
			err = fmt.Errorf("status %d", a.StatusCode)
		case a.Header.Get("Content-Encoding") != "br":
			err = errors.New("it is not compressed")
		case !strings.Contains(a.Header.Get("Cache-Control"), "immutable"):
			err = fmt.Errorf("cache-control %q", a.Header.Get("Cache-Control"))
		}
		return a, fmt.Sprintf("%d bytes", len(a.body)), err
	})
	l.check("its version", func() (answer, string, error) {
		a, err := l.ask(ctx, http.MethodGet, "/version.json", "")
		if err != nil {
			return a, "", err
		}
		var is struct{ Version, Build string }
		switch err := json.Unmarshal(a.body, &is); {
		case err != nil || a.StatusCode != http.StatusOK:
			return a, "", fmt.Errorf("status %d, %.200s", a.StatusCode, a.body)
		case is.Version != version.Number():
			return a, "", fmt.Errorf("it is %q, and this checkout is %s", is.Version, version.Number())
		}
		return a, is.Version + ", build " + is.Build, nil
	})
	l.check("the functions that it calls", func() (answer, string, error) {
		a, err := l.ask(ctx, http.MethodGet, "/config.json", "")
		if err != nil {
			return a, "", err
		}
		note, err := calls(a, where)
		return a, note, err
	})
}

// protected checks the headers of the console's page.
func protected(a answer) error {
	policy := a.Header.Get("Content-Security-Policy")
	switch {
	case a.StatusCode != http.StatusOK || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html"):
		return fmt.Errorf("status %d, content-type %q", a.StatusCode, a.Header.Get("Content-Type"))
	case !strings.Contains(policy, "script-src 'self';") || !strings.Contains(policy, "frame-ancestors 'none'"):
		return fmt.Errorf("content-security-policy %q", policy)
	case a.Header.Get("Cache-Control") != "no-cache" || a.Header.Get("Etag") == "":
		return fmt.Errorf("cache-control %q, etag %q", a.Header.Get("Cache-Control"), a.Header.Get("Etag"))
	}
	return nil
}

// calls checks config.json against the addresses that are looked at.
func calls(a answer, where target) (note string, err error) {
	var configuration struct {
		SupabaseURL    string `json:"supabase_url"`
		PublishableKey string `json:"publishable_key"`
		Functions      map[string]string
	}
	if err := json.Unmarshal(a.body, &configuration); err != nil || a.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %d, %.200s", a.StatusCode, a.body)
	}
	if configuration.SupabaseURL == "" || configuration.PublishableKey == "" || len(configuration.Functions) == 0 {
		return "", fmt.Errorf("something is missing: %.200s", a.body)
	}
	for _, name := range slices.Sorted(maps.Keys(configuration.Functions)) {
		got, want := strings.TrimRight(configuration.Functions[name], "/"), strings.TrimRight(where.urls[name], "/")
		if got != want {
			return "", fmt.Errorf("%s is called at %s, not at %q", name, got, want)
		}
	}
	return fmt.Sprintf("%d functions", len(configuration.Functions)), nil
}
