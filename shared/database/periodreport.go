package database

import (
	"context"
	"strconv"
)

// PeriodReportArguments are the arguments of the RPC period_report. Nil means the RPC's
// default.
type PeriodReportArguments struct {
	From, To  string  // YYYY-MM-DD
	ChapterID *string // UUID
	KnownAt   *string // a timestamp of RFC 3339
	Detail    *string
	Sample    *int32
	Seed      *int64
}

// IssuedReportArguments are the arguments of the RPC issued_period_report. Nil means the
// RPC's default.
type IssuedReportArguments struct {
	ReportID string  // UUID
	Part     *string // manifest, or the UUID of a chapter
	Detail   *string
	Sample   *int32
	Seed     *int64
}

// IssueReportArguments are the arguments of the RPC issue_period_report.
type IssueReportArguments struct {
	From, To  string  // YYYY-MM-DD
	ChapterID *string // UUID; nil: all chapters that the caller administers
	RequestID string  // UUID; the idempotency key
}

// EvidenceArguments are the arguments of the RPC report_evidence. Nil means the RPC's
// default.
type EvidenceArguments struct {
	MentorID  string  // UUID
	From, To  string  // YYYY-MM-DD
	ChapterID *string // UUID
	KnownAt   *string // a timestamp of RFC 3339
}

// With the caller's language, in which tables have their headings, and the zone of the
// organisation's clocks.
const periodReport = `select jsonb_build_object('locale', (select p.locale from public.profiles p where p.id = (select auth.uid())),
		'time_zone', current_setting('mentorpause.time_zone', true),
		'report', private.period_report(
			from_date => $1::date,
			to_date => $2::date,
			chapter_id => $3::uuid,
			as_known_at => $4::timestamptz,
			detail => $5::text,
			sample => $6::int,
			seed => $7::bigint)),
	current_setting('response.headers', true)`

const issuedReport = `select jsonb_build_object('locale', (select p.locale from public.profiles p where p.id = (select auth.uid())),
		'time_zone', current_setting('mentorpause.time_zone', true),
		'report', private.issued_period_report(
			report_id => $1::uuid,
			part => $2::text,
			detail => $3::text,
			sample => $4::int,
			seed => $5::bigint)),
	current_setting('response.headers', true)`

const issueReport = `select private.issue_period_report(
		from_date => $1::date,
		to_date => $2::date,
		chapter_id => $3::uuid,
		request_id => $4::uuid),
	current_setting('response.headers', true)`

const compareReport = `select private.compare_period_report(report_id => $1::uuid),
	current_setting('response.headers', true)`

const reportEvidence = `select private.report_evidence(
		mentor_id => $1::uuid,
		from_date => $2::date,
		to_date => $3::date,
		chapter_id => $4::uuid,
		as_known_at => $5::timestamptz),
	current_setting('response.headers', true)`

const issuedReports = `select private.issued_reports_page(page_limit => $1::int, page_cursor => $2::text),
	current_setting('response.headers', true)`

// PeriodReport answers {"locale", "time_zone", "report"}: the caller's language, the
// organisation's zone, and who was active in a period.
//
// Its refusals: invalid_request, not_a_coordinator, not_an_administrator,
// chapter_not_found.
func (db *DB) PeriodReport(ctx context.Context, claims []byte, in PeriodReportArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "period_report", query: periodReport, args: [][]byte{
		text(in.From), text(in.To), optionalText(in.ChapterID), optionalText(in.KnownAt), optionalText(in.Detail),
		optionalInt(in.Sample), optionalLong(in.Seed),
	}})
}

// IssuedReport answers {"locale", "time_zone", "report"}: the caller's language, the
// organisation's zone, and a report that was issued, or {"content"}, a part of it.
//
// Its refusals: invalid_request, not_an_administrator, not_found.
func (db *DB) IssuedReport(ctx context.Context, claims []byte, in IssuedReportArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "issued_period_report", query: issuedReport, args: [][]byte{
		text(in.ReportID), optionalText(in.Part), optionalText(in.Detail), optionalInt(in.Sample), optionalLong(in.Seed),
	}})
}

// IssueReport issues the report of a period.
//
// Its refusals: invalid_request, not_an_administrator, chapter_not_found,
// request_in_progress, request_expired, idempotency_key_reused.
func (db *DB) IssueReport(ctx context.Context, claims []byte, in IssueReportArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "issue_period_report", query: issueReport, args: [][]byte{
		text(in.From), text(in.To), optionalText(in.ChapterID), text(in.RequestID),
	}})
}

// CompareReport answers what differs between an issued report and what is known now.
//
// Its refusals: invalid_request, not_an_administrator, not_found.
func (db *DB) CompareReport(ctx context.Context, claims []byte, reportID string) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "compare_period_report", query: compareReport, args: [][]byte{text(reportID)}})
}

// ReportEvidence answers one mentor's days in a period, and what they rest on.
//
// Its refusals: invalid_request, not_an_administrator, chapter_not_found, mentor_not_found.
func (db *DB) ReportEvidence(ctx context.Context, claims []byte, in EvidenceArguments) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "report_evidence", query: reportEvidence, args: [][]byte{
		text(in.MentorID), text(in.From), text(in.To), optionalText(in.ChapterID), optionalText(in.KnownAt),
	}})
}

// IssuedReports answers a page of the reports that were issued. Nil means the RPC's default.
//
// Its refusals: invalid_request, not_an_administrator.
func (db *DB) IssuedReports(ctx context.Context, claims []byte, limit *int32, cursor *string) (Reply, error) {
	return db.call(ctx, claims, rpc{name: "issued_reports_page", query: issuedReports, args: [][]byte{
		optionalInt(limit), optionalText(cursor),
	}})
}

func optionalLong(value *int64) []byte {
	if value == nil {
		return nil
	}
	return strconv.AppendInt(nil, *value, 10)
}
