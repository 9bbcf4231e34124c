package clients_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"mentorpause/local/deployment"
	"mentorpause/local/sam"
)

// yearOf is what the test of a year knows besides the console.
type yearOf struct {
	console
	Office string `json:"office"` // the address of whoever was appointed
}

// TestConsoleYear takes an organisation through a year, from an empty database to a report
// that is compared twice, by what its people do in the console.
func TestConsoleYear(t *testing.T) {
	t.Parallel()
	browser := builtConsole(t)
	s := deployment.Start(t, deployment.WithUsers(), deployment.WithConsole(), deployment.WithScheduled(), deployment.WithoutPeople())
	owner := s.Database.Connect(t, "postgres")

	// What the operator does: make appoint, and a login in Supabase Auth.
	const office = "anne@example.org"
	var first string
	if err := owner.QueryRow(t.Context(), "select private.appoint_first_administrator($1, 'Anne Berg')::text", office).Scan(&first); err != nil {
		t.Fatal(err)
	}
	organisation{s}.post(t, s.URL+"/auth/v1/admin/users", map[string]any{"id": first, "email": office, "email_confirm": true}, "apikey", s.Project.SecretKey)

	serveRows(s, owner)
	// What the schedule does: a function without a URL, with the event of its schedule or another.
	s.Handle("/test/run", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event := sam.Schedule{Name: "Nightly"}.Event(time.Now())
		if asked := r.URL.Query().Get("event"); asked != "" {
			event = []byte(asked)
		}
		answer, err := s.Functions[r.URL.Query().Get("function")].Invoke(r.Context(), event)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		writeJSON(w, json.RawMessage(answer))
	}))
	g := describeConsole(t, s)
	g.Browser = browser
	runNode(t, "year.test.mjs", yearOf{g, office})
	logErrors(t, s)
}
