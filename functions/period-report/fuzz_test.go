package main

import (
	"net/http"
	"testing"

	"mentorpause/local/endpoint"
)

// FuzzPeriodReport fuzzes query and body, of somebody who may read and issue everything. Whatever
// is sent is answered or refused, in each form, and never a fault of ours.
func FuzzPeriodReport(f *testing.F) {
	z := endpoint.NewFuzz(f, newEndpoint)
	if _, err := z.SQL.ExecContext(f.Context(), "insert into public.organisation_administrators (user_id) values ('"+endpoint.Coordinator+"')"); err != nil {
		f.Fatal(err)
	}
	for _, query := range []string{
		"from=2026-01-01&to=2026-12-31", "from=2026-01-01&to=2025-12-31", "from=0001-01-01&to=9999-12-31", "from=2026-02-30&to=x",
		"from=2026-01-01&to=2026-12-31&detail=names&format=csv", "from=2026-01-01&to=2026-12-31&format=xlsx",
		"from=2026-01-01&to=2026-12-31&sample=20&seed=-9223372036854775808", "from=2026-01-01&to=2026-12-31&sample=0&seed=x",
		"from=2026-01-01&to=2026-12-31&as_known_at=2026-06-01T00:00:00%2B02:00", "from=2026-01-01&to=2026-12-31&as_known_at=infinity",
		"id=" + endpoint.Nobody, "id=" + endpoint.Nobody + "&compare=now", "id=x&part=y", "compare=now", "from=%00&to=%ff", "chapter_id=" + endpoint.Oslo + "&from=2026-01-01&to=2026-01-01",
	} {
		f.Add(query, "")
	}
	for _, body := range []string{`{}`, `null`, `{"from":"2026-01-01","to":"2026-12-31"}`, `{"from":1}`, `{"from":"2026-01-01","to":"2026-12-31","chapter_id":"` + endpoint.Oslo + `","x":1}`} {
		f.Add("", body)
	}
	f.Fuzz(func(t *testing.T, query, body string) {
		z.Answer(t, z.Request(http.MethodGet, query, ""))
		z.Answer(t, z.Request(http.MethodPost, "", body))
	})
}
