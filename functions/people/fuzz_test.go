package main

import (
	"net/http"
	"testing"

	"mentorpause/local/endpoint"
)

// FuzzPeople fuzzes body and query, of somebody who may do everything. Whatever is sent is
// carried out or refused, and never a fault of ours.
func FuzzPeople(f *testing.F) {
	z := endpoint.NewFuzz(f, newEndpoint)
	if _, err := z.SQL.ExecContext(f.Context(), "insert into public.organisation_administrators (user_id) values ('"+endpoint.Coordinator+"')"); err != nil {
		f.Fatal(err)
	}
	const ids = `"person_id":"` + endpoint.Mentor + `","mentor_id":"` + endpoint.Mentor + `","chapter_id":"` + endpoint.Oslo + `"`
	for _, body := range []string{
		``, `{}`, `[]`, `null`, `{"command":1}`, `{"command":"x","y":1}`, `{"command":"people_page"}`, `{` + ids + `}`,
		`{"command":"register_person","display_name":"Ny","chapter_id":"` + endpoint.Oslo + `","role":"mentor","locale":"nn","email":"ny@example.org","phone":"+4791234567","started_on":"2026-01-01","certifications":[{"kind":"course","issued_on":"2026-01-01","expires_on":"never"}],"coordinator_id":"` + endpoint.Coordinator + `","source":"s","external_id":"1"}`,
		`{"command":"update_person","person_id":"` + endpoint.Mentor + `","display_name":"Å\u0308\u200b","phone":"","email":"å@ø.no"}`,
		`{"command":"start_membership","person_id":"` + endpoint.Mentor + `","chapter_id":"` + endpoint.Bergen + `","role":"coordinator","started_on":"9999-12-29"}`,
		`{"command":"end_membership","membership_id":"` + endpoint.Nobody + `","last_day":"0001-01-01"}`,
		`{"command":"hand_over","from_id":"` + endpoint.Coordinator + `","to_id":"` + endpoint.BergenCoordinator + `","chapter_id":null}`,
		`{"command":"assign_coordinator","mentor_id":"` + endpoint.Mentor + `","coordinator_id":"` + endpoint.Coordinator + `"}`,
		`{"command":"register_certification","mentor_id":"` + endpoint.Mentor + `","kind":" COURSE ","issued_on":"2026-02-28","expires_on":"2026-02-30"}`,
		`{"command":"revoke_certification","certification_id":"` + endpoint.Nobody + `","last_valid_on":"2026-01-01"}`,
		`{"command":"merge_people","kept_id":"` + endpoint.Mentor + `","dropped_id":"` + endpoint.Expired + `"}`,
		`{"command":"save_chapter","name":"\u00a0x","requests_take_effect":true}`,
		`{"command":"save_certification_kind","code":"k","months_valid":2147483647,"due_after_months_away":-1,"replaced_by":"k","is_required":false}`,
		`{"command":"erase_person","person_id":"` + endpoint.Nobody + `"}`,
	} {
		f.Add(body, "")
	}
	for _, query := range []string{"search=a%CC%8A&role=mentor&limit=1", "cursor=x.y", "chapter_id=" + endpoint.Oslo, "limit=1e2&role=", "search=%00", "search=%ff"} {
		f.Add("", query)
	}
	f.Fuzz(func(t *testing.T, body, query string) {
		z.Answer(t, z.Request(http.MethodPost, "", body))
		z.Answer(t, z.Request(http.MethodGet, query, ""))
	})
}
