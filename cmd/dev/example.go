package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// example is one request, as a line for the shell.
type example struct {
	title  string
	method string
	url    string
	body   string
	token  string // empty for a scheduled function, which needs none
}

// dryRun shows what the schedule would do tonight.
func dryRun(base string) example {
	return example{title: "What the nightly run would do now", method: http.MethodPost,
		url: base + "/functions/v1/nightly-expiry", body: `{"dry_run":true}`}
}

// curl is the complete line. Nothing in it needs escaping inside single quotes.
func (e example) curl(t *terminal) string {
	line := "curl -sS"
	if e.method != http.MethodGet {
		line += " -X " + e.method
	}
	line += " '" + e.url + "'"
	if e.body != "" {
		line += " -H 'content-type: application/json' -d '" + e.body + "'"
	}
	if e.token == "" {
		return line
	}
	return line + " -H 'authorization: Bearer " + t.dim(e.token) + "'"
}

// newExamples asks the running roster for a mentor who can be paused, which also
// shows that everything works together: key, token, function, database.
func newExamples(ctx context.Context, auth *localAuth, users []user) ([]example, error) {
	byRole := map[string]user{}
	for _, u := range users {
		byRole[u.role] = u
	}
	coordinator, administrator, mentor := byRole["coordinator"], byRole["administrator"], byRole["mentor"]
	functions := auth.base + "/functions/v1/"

	tokens := map[string]string{}
	for _, u := range users {
		tokens[u.id] = auth.token(u.id)
	}
	var examples []example
	add := func(u user, what, method, path, body string) {
		if u.id == "" { // the database is the developer's, not the seed
			return
		}
		title := fmt.Sprintf("%s, as %s %s (%s)", what, u.role, u.name, u.chapter)
		examples = append(examples, example{title, method, functions + path, body, tokens[u.id]})
	}

	add(coordinator, "The roster", http.MethodGet, "roster?limit=5", "")
	if coordinator.id != "" {
		target, err := pausable(ctx, functions, tokens[coordinator.id])
		if err != nil {
			return nil, err
		}
		if target.MentorID != "" {
			back := time.Now().AddDate(0, 0, 30).Format(time.DateOnly)
			pause := fmt.Sprintf(`{"mentor_id":"%s","pause_reason":"Permisjon","expected_return_date":"%s"}`, target.MentorID, back)
			add(coordinator, "Pause "+target.DisplayName, http.MethodPost, "pause", pause)
			add(coordinator, "The page of "+target.DisplayName, http.MethodGet, "mentor?mentor_id="+target.MentorID, "")
			add(coordinator, "Reactivate "+target.DisplayName, http.MethodPost, "reactivate", fmt.Sprintf(`{"mentor_id":"%s"}`, target.MentorID))
			add(administrator, "The paused and the expired", http.MethodGet, "roster?status=paused,expired_cert", "")
			add(administrator, "What to see to", http.MethodGet, "follow-up", "")
			add(mentor, "403: a pause", http.MethodPost, "pause", pause)
			return examples, nil
		}
	}
	add(administrator, "The paused and the expired", http.MethodGet, "roster?status=paused,expired_cert", "")
	add(administrator, "What to see to", http.MethodGet, "follow-up", "")
	add(mentor, "403: the roster", http.MethodGet, "roster", "")
	return examples, nil
}

type rosterEntry struct {
	MentorID    string `json:"mentor_id"`
	DisplayName string `json:"display_name"`
}

// pausable is the first active mentor of the coordinator's roster, if any.
func pausable(ctx context.Context, functions, token string) (rosterEntry, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, functions+"roster?status=active&limit=1", nil)
	if err != nil {
		return rosterEntry{}, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return rosterEntry{}, fmt.Errorf("ask for the roster: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return rosterEntry{}, fmt.Errorf("ask for the roster: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return rosterEntry{}, fmt.Errorf("ask for the roster: %s: %s", response.Status, body)
	}
	var roster struct {
		Mentors []rosterEntry `json:"mentors"`
	}
	if err := json.Unmarshal(body, &roster); err != nil {
		return rosterEntry{}, fmt.Errorf("ask for the roster: %w", err)
	}
	if len(roster.Mentors) == 0 {
		return rosterEntry{}, nil
	}
	return roster.Mentors[0], nil
}
