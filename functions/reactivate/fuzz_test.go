package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mentorpause/local/endpoint"
)

// FuzzReactivate fuzzes the body and the idempotency key. Whatever is accepted
// closes the right record, once; whatever is refused changes nothing.
func FuzzReactivate(f *testing.F) {
	valid := `{"mentor_id":"` + endpoint.Mentor + `"}`
	f.Add(valid, key, true)
	f.Add(valid, `"`+strings.ToUpper(key)+`"`, false)
	for _, version := range []string{"1", "1.0", "10e-1", "1.5", "1e400", "-0", "0", "2", "null", `"1"`, "01", "2147483648", "[1]", "1,\"expected_version\":1"} {
		f.Add(strings.Replace(valid, "}", `,"expected_version":`+version+`}`, 1), "", true)
	}
	for _, mentor := range []string{endpoint.BergenMentor, endpoint.Nobody, endpoint.Coordinator, "{" + endpoint.Mentor + "}",
		"urn:uuid:" + endpoint.Mentor, strings.ReplaceAll(endpoint.Mentor, "-", ""), strings.ToUpper(endpoint.Mentor), `\u0000`, ""} {
		f.Add(`{"mentor_id":"`+mentor+`"}`, key, true)
	}
	z := endpoint.NewFuzz(f, newEndpoint)
	f.Fuzz(func(t *testing.T, sent, key string, paused bool) {
		if paused {
			z.Pause(t, endpoint.Coordinator, endpoint.Mentor)
		}
		defer z.Restore(t)
		var read struct {
			MentorID        string   `json:"mentor_id"`
			ExpectedVersion *float64 `json:"expected_version"`
		}
		response, accepted := z.Change(t, sent, key, &read)
		if !accepted {
			return
		}
		if !paused || read.ExpectedVersion != nil && *read.ExpectedVersion != 1 {
			t.Errorf("accepted %q, paused: %t", sent, paused)
		}
		answered := endpoint.WantPauseRecord(t, response)
		stored := z.Stored(t, answered)
		if diff := cmp.Diff(stored, answered); diff != "" {
			t.Errorf("answered otherwise than stored (-stored +answered):\n%s", diff)
		}
		if stored.MentorID != strings.ToLower(read.MentorID) || stored.Status != "active" || stored.ReactivatedAt == nil || stored.Version != 2 {
			t.Errorf("stored %+v", stored)
		}
	})
}
