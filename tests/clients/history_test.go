package clients_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"mentorpause/local/deployment"
)

// TestConsoleHistory looks at one mentor's history in the console, with messages in inboxes, and
// without the e-mails about them: the mail server has refused these addresses before.
func TestConsoleHistory(t *testing.T) {
	t.Parallel()
	browser := builtConsole(t)
	s := deployment.Start(t, deployment.WithUsers(), deployment.WithConsole(), deployment.WithScheduled(),
		deployment.Env("SMTP_URL=smtps://mail.test", "MAIL_FROM=likeperson@example.org"))
	s.Handle("/test/dispatch", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := s.Functions["dispatch-notifications"].Invoke(r.Context(), []byte("{}"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		writeJSON(w, json.RawMessage(answer))
	}))
	g := prepareConsole(t, s)
	g.Browser = browser
	if _, err := s.Database.Connect(t, "postgres").Exec(t.Context(), `
		insert into private.refused_addresses (person_id, address_hash, refused_at)
		select u.id, private.hash_address(u.email), now() - interval '3 days' from auth.users u
		where u.email in ('jonas@example.org', 'marit@example.org', 'mentor1@example.org')`); err != nil {
		t.Fatal(err)
	}
	runNode(t, "history.test.mjs", g)
	logErrors(t, s)
}
