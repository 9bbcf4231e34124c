package main

import (
	"strings"
	"time"
)

// report is what the tables are written from.
type report struct {
	From        string    `json:"from"`
	To          string    `json:"to"`
	KnownAt     string    `json:"as_known_at"`
	RuleVersion string    `json:"rule_version"`
	ID          string    `json:"id"` // these four of an issued one
	IssuedBy    string    `json:"issued_by"`
	Issuer      string    `json:"issued_by_name"` // empty when nobody knows any longer
	SHA256      string    `json:"sha256"`
	Chapters    []chapter `json:"chapters"`
	Total       numbers   `json:"total"`
	Mentors     []mentor  `json:"mentors"`
	Sample      []mentor  `json:"sample"`
}

type chapter struct {
	ID   string `json:"chapter_id"`
	Name string `json:"name"`
	numbers
}

// numbers are those of a chapter, or of all; the tables have them in this order.
type numbers struct {
	RegisteredStart   int64 `json:"registered_start"`
	RegisteredEnd     int64 `json:"registered_end"`
	RegisteredAny     int64 `json:"registered_any"`
	ActiveAny         int64 `json:"active_any"`
	ActiveEnd         int64 `json:"active_end"`
	ActiveEveryDay    int64 `json:"active_every_day"`
	CertifiedAny      int64 `json:"certified_any"`
	CertifiedEnd      int64 `json:"certified_end"`
	CertifiedEveryDay int64 `json:"certified_every_day"`
	DaysActive        int64 `json:"days_active"`
	DaysPaused        int64 `json:"days_paused"`
	DaysExpiredCert   int64 `json:"days_expired_cert"`
	Joined            int64 `json:"joined"`
	Left              int64 `json:"left"`
	Moved             int64 `json:"moved"`
}

func (n numbers) inOrder() []int64 {
	return []int64{
		n.RegisteredStart, n.RegisteredEnd, n.RegisteredAny, n.ActiveAny, n.ActiveEnd, n.ActiveEveryDay,
		n.CertifiedAny, n.CertifiedEnd, n.CertifiedEveryDay, n.DaysActive, n.DaysPaused, n.DaysExpiredCert,
		n.Joined, n.Left, n.Moved,
	}
}

type mentor struct {
	ID        string    `json:"mentor_id"`
	Name      string    `json:"display_name"`
	Stretches []stretch `json:"stretches"`
}

// stretch is a run of days, through To.
type stretch struct {
	From       string   `json:"from"`
	To         string   `json:"to"`
	Status     string   `json:"status"`
	Certified  bool     `json:"certified"`
	ChapterIDs []string `json:"chapter_ids"`
}

// listed are the mentors with names, if the report has any.
func (r *report) listed() []mentor {
	if r.Mentors != nil {
		return r.Mentors
	}
	return r.Sample
}

// hasNames is whether the report is one with names, though it may name nobody.
func (r *report) hasNames() bool { return r.Mentors != nil || r.Sample != nil }

// chapterNames are the names of a stretch's chapters, separated by commas.
func (r *report) chapterNames() func(stretch) string {
	names := make(map[string]string, len(r.Chapters))
	for _, c := range r.Chapters {
		names[c.ID] = c.Name
	}
	return func(s stretch) string {
		shown := make([]string, len(s.ChapterIDs))
		for i, id := range s.ChapterIDs {
			shown[i] = names[id]
		}
		return strings.Join(shown, ", ")
	}
}

// day is a date that the database wrote.
func day(text string) time.Time {
	parsed, _ := time.Parse(time.DateOnly, text)
	return parsed
}

// days counts the days of a stretch.
func (s stretch) days() int64 { return int64(day(s.To).Sub(day(s.From))/(24*time.Hour)) + 1 }
