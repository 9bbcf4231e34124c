package clients_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"mentorpause/local/deployment"
	"mentorpause/local/endpoint"
)

// TestBrowser lets a page of another origin call the functions with supabase-js in
// Chromium.
func TestBrowser(t *testing.T) {
	t.Parallel()
	browser := os.Getenv("CHROMIUM")
	if browser == "" {
		browser = "chromium"
	}
	browser, err := exec.LookPath(browser)
	if err != nil {
		t.Fatalf("a browser is missing: make test installs Debian's chromium, or says what to install: %v", err)
	}

	var requests record
	s := deployment.Start(t, deployment.Wrap(requests.wrap))
	away := deployment.Start(t, deployment.DatabaseURL(func(string) string {
		return "postgres://pause_api@127.0.0.1:1/nowhere?sslmode=disable"
	}))

	g := people(s, func(user string) string { return s.Project.Token(user) }, addMentors(t, s, 16))
	g.Browser = browser
	g.WithoutDatabase = &project{URL: away.URL, Coordinator: away.Project.Token(endpoint.Coordinator)}

	site := http.NewServeMux()
	site.Handle("GET /", http.FileServer(http.Dir("page")))
	site.HandleFunc("GET /supabase.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, nodeModule("@supabase/supabase-js/dist/umd/supabase.js"))
	})
	site.HandleFunc("GET /given.json", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, g) })
	site.HandleFunc("GET /exchanges.json", func(w http.ResponseWriter, _ *http.Request) {
		// The functions fetch their keys from the same server.
		toFunctions := []exchange{}
		for _, e := range requests.all() {
			if strings.HasPrefix(e.Path, "/functions/") {
				toFunctions = append(toFunctions, e)
			}
		}
		writeJSON(w, toFunctions)
	})
	// What the page is given names the page, so that it must be complete before anybody may ask.
	server := httptest.NewUnstartedServer(site)
	t.Cleanup(server.Close)
	g.Page = "http://" + server.Listener.Addr().String()
	server.Start()

	runNode(t, "browser.test.mjs", g)
	logErrors(t, s)
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // an error means that the client has left
}
