package main

import (
	"net/http"
	"strings"
	"testing"

	"mentorpause/local/endpoint"
)

// FuzzRequests fuzzes body and query, of somebody who is coordinator and mentor, and so may both
// ask and answer. Whatever is sent is carried out or refused, and never a fault of ours.
func FuzzRequests(f *testing.F) {
	z := endpoint.NewFuzz(f, newEndpoint)
	if _, err := z.SQL.ExecContext(f.Context(), "insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values ('"+
		endpoint.Oslo+"', '"+endpoint.Coordinator+"', 'mentor', '2020-01-01')"); err != nil {
		f.Fatal(err)
	}
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `{"kind":1}`, `{"kind":"holiday"}`,
		`{"kind":"pause","reason":"Eksamen \u0000"}`,
		`{"kind":"pause","reason":"Eksamen","starts_on":"2026-02-30","expected_return_date":"9999-12-31"}`,
		`{"kind":"pause","starts_on":null,"expected_return_date":null,"reason":null}`,
		`{"kind":"change_return","expected_return_date":"0001-01-01"}`, `{"kind":"change_return"}`,
		`{"kind":"return","reason":"\ud800"}`,
		`{"request_id":"` + endpoint.Nobody + `","answer":"accept","expected_version":2147483648}`,
		`{"request_id":"` + endpoint.Nobody + `","answer":"decline","message":"Å\u0308\u200b"}`,
		`{"kind":"pause","reason":"a","reason":"b"}`, `{"kind":["pause"]}`, `{"kind":"pause","starts_on":"infinity"}`, `{"kind":"pause","starts_on":"9999-12-31"}`,
		`{"kind":"pause","starts_on":"-4713-11-24"}`, `{"kind":"pause","expected_return_date":"10000-01-01"}`, `{"kind":"return","starts_on":"2027-01-01"}`,
		`{"kind":"pause","reason":"\u202e\u200b"}`, `{"kind":"pause","state":"accepted"}`, `{"kind":"pause\u0000"}`, `{"kind":"pause","reason":"'; drop table public.profiles; --"}`,
		`{"request_id":["` + endpoint.Nobody + `"],"answer":"accept"}`, `{"request_id":"{` + endpoint.Nobody + `}","answer":"accept"}`, strings.Repeat("[", 10_000), "\xff\xfe",
		`{"request_id":"x","answer":"withdraw"}`, `{"answer":"withdraw","kind":"pause"}`,
	} {
		f.Add(body, "")
	}
	for _, query := range []string{"state=open,accepted&limit=1", "state=open&state=", "cursor=x.y", "limit=1e2", "state=%00", "state=%ff", "limit=-1&limit=2"} {
		f.Add("", query)
	}
	f.Fuzz(func(t *testing.T, body, query string) {
		z.Answer(t, z.Request(http.MethodPost, "", body))
		z.Answer(t, z.Request(http.MethodGet, query, ""))
	})
}
