package clients_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"mentorpause/local/endpoint"
	"mentorpause/local/testdb"
)

// reportRefusals are cases for the period report: one for each place that refuses.
func reportRefusals(t *testing.T, r *roads) map[string]formCase {
	t.Helper()
	from, today := r.dayIn(t, -30), r.today(t)
	period := func(more arguments) arguments {
		args := arguments{"from_date": from, "to_date": today}
		for name, value := range more {
			args[name] = value
		}
		return args
	}
	var issued struct {
		Report struct{ ID string } `json:"period_report"`
	}
	if err := json.Unmarshal(r.must(t, administrator, "issue_period_report", period(nil)), &issued); err != nil {
		t.Fatal(err)
	}
	report := func(more arguments) arguments {
		args := arguments{"report_id": issued.Report.ID}
		for name, value := range more {
			args[name] = value
		}
		return args
	}
	nobody, admin := testdb.Claims{"role": "authenticated"}, testdb.User(administrator)
	return map[string]formCase{
		"a report, by nobody":          {"period_report", nobody, period(nil), "unauthenticated"},
		"a report of another chapter":  {"period_report", admin, period(arguments{"chapter_id": endpoint.Bergen}), "chapter_not_found"},
		"a report without a beginning": {"period_report", admin, arguments{"to_date": today}, "invalid_request"},
		"a report until tomorrow":      {"period_report", admin, period(arguments{"to_date": r.dayIn(t, 1)}), "invalid_request"},
		"a report of six years":        {"period_report", admin, period(arguments{"from_date": r.dayIn(t, -6*366)}), "invalid_request"},
		"a report in another detail":   {"period_report", admin, period(arguments{"detail": "gossip"}), "invalid_request"},
		"a report with a sample of 0":  {"period_report", admin, period(arguments{"sample": 0}), "invalid_request"},
		"a report as known tomorrow":   {"period_report", admin, period(arguments{"as_known_at": time.Now().AddDate(0, 0, 1)}), "invalid_request"},
		"an issued one, by nobody":     {"issued_period_report", nobody, report(nil), "unauthenticated"},
		"an issued one, none":          {"issued_period_report", admin, arguments{}, "invalid_request"},
		"an issued one, not there":     {"issued_period_report", admin, arguments{"report_id": uuid.NewString()}, "not_found"},
		"an issued one, another part":  {"issued_period_report", admin, report(arguments{"part": endpoint.Bergen}), "not_found"},
		"an issued one, more of it":    {"issued_period_report", admin, report(arguments{"detail": "gossip"}), "invalid_request"},
		"an issued one, a sample of 0": {"issued_period_report", admin, report(arguments{"sample": 0}), "invalid_request"},
		"issued ones, by nobody":       {"issued_reports_page", nobody, arguments{}, "unauthenticated"},
		"issued ones, none of them":    {"issued_reports_page", admin, arguments{"page_limit": 0}, "invalid_request"},
		"issued ones, another cursor":  {"issued_reports_page", admin, arguments{"page_cursor": "eA.eA"}, "invalid_request"},
		"evidence, by nobody":          {"report_evidence", nobody, period(arguments{"mentor_id": endpoint.Mentor}), "unauthenticated"},
		"evidence, of nobody":          {"report_evidence", admin, period(nil), "invalid_request"},
		"evidence, of a stranger":      {"report_evidence", admin, period(arguments{"mentor_id": uuid.NewString()}), "mentor_not_found"},
		"evidence, of another chapter": {"report_evidence", admin, period(arguments{"mentor_id": endpoint.Mentor, "chapter_id": endpoint.Bergen}), "chapter_not_found"},
		"evidence, without a period":   {"report_evidence", admin, arguments{"mentor_id": endpoint.Mentor}, "invalid_request"},
	}
}

// manyRefusals are cases for pausing many at once: one for each place that refuses the batch
// as a whole. pending is the key of the coordinator's request that is being carried out.
func manyRefusals(t *testing.T, r *roads, mentor, used, pending string) map[string]formCase {
	t.Helper()
	many := func(more arguments) arguments {
		args := arguments{"mentor_ids": []string{mentor}, "pause_reason": "Sommer"}
		for name, value := range more {
			args[name] = value
		}
		return args
	}
	key := uuid.NewString()
	r.must(t, endpoint.Coordinator, "pause_mentors", many(arguments{"mentor_ids": []string{used}, "request_id": key}))
	nobody, coordinator := testdb.Claims{"role": "authenticated"}, testdb.User(endpoint.Coordinator)
	return map[string]formCase{
		"many, by nobody":              {"pause_mentors", nobody, many(nil), "unauthenticated"},
		"many, by a former":            {"pause_mentors", testdb.User(endpoint.Former), many(nil), "not_a_coordinator"},
		"many, none":                   {"pause_mentors", coordinator, many(arguments{"mentor_ids": []string{}}), "invalid_request"},
		"many, one twice":              {"pause_mentors", coordinator, many(arguments{"mentor_ids": []string{mentor, mentor}}), "invalid_request"},
		"many, without a reason":       {"pause_mentors", coordinator, many(arguments{"pause_reason": " "}), "invalid_request"},
		"many, for an unseen reason":   {"pause_mentors", coordinator, many(arguments{"pause_reason": "\u200b"}), "invalid_request"},
		"many, back today":             {"pause_mentors", coordinator, many(arguments{"expected_return_date": r.today(t)}), "invalid_request"},
		"many, for a century":          {"pause_mentors", coordinator, many(arguments{"expected_return_date": "2126-01-01"}), "invalid_request"},
		"many, by an old key":          {"pause_mentors", coordinator, many(arguments{"request_id": endpoint.KeyMade(time.Now().AddDate(0, 0, -7))}), "request_expired"},
		"many, by another batch's key": {"pause_mentors", coordinator, many(arguments{"request_id": key, "pause_reason": "Ferie"}), "idempotency_key_reused"},
		"many, in progress":            {"pause_mentors", coordinator, many(arguments{"request_id": pending}), "request_in_progress"},
		"attention that isn't any":     {"coordinator_roster", coordinator, arguments{"attention": []string{"asleep"}}, "invalid_request"},
	}
}
