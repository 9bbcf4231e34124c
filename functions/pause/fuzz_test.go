package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"mentorpause/local/endpoint"
	"mentorpause/shared/refusal"
)

// body is what a request may contain, as the standard library reads it.
type body struct {
	MentorID           string   `json:"mentor_id"`
	MentorIDs          []string `json:"mentor_ids"`
	PauseReason        string   `json:"pause_reason"`
	ExpectedReturnDate *string  `json:"expected_return_date"`
	ExpectedVersion    *float64 `json:"expected_version"`
}

// FuzzPause fuzzes the body and the idempotency key. Whatever is accepted is stored
// as sent, once; whatever is refused changes nothing.
func FuzzPause(f *testing.F) {
	valid := `{"mentor_id":"` + endpoint.Mentor + `","pause_reason":"a"}`
	f.Add(valid, key, false)
	f.Add(valid, `"`+strings.ToUpper(key)+`"`, true)
	f.Add(strings.Replace(valid, `"a"`, `" \u00a0Å\u030a \ud83d\ude00\uffff\t","expected_return_date":"`+inDays(9)+`","expected_version":1`, 1), "", true)
	f.Add(strings.Replace(valid, `"a"`, `"a","expected_version":1.0`, 1), "", true)
	f.Add(strings.Replace(valid, `"a"`, `"a","expected_version":1e400`, 1), "", true)
	f.Add(strings.Replace(valid, `"a"`, `"a","expected_version":2147483648`, 1), "", true)
	f.Add(strings.Replace(valid, `"a"`, `"a","expected_version":-0`, 1), "", true)
	f.Add(strings.Replace(valid, `"a"`, `"a","expected_version":null,"expected_return_date":null`, 1), "", false)
	f.Add(strings.Replace(valid, `"a"`, `"a","expected_return_date":"infinity"`, 1), "", false)
	f.Add(strings.Replace(valid, `"a"`, `"\ud800"`, 1), key, false)
	f.Add(strings.Replace(valid, `"a"`, "\"\xff\"", 1), key, false)
	f.Add(strings.Replace(valid, `"a"`, `"a\u0000b"`, 1), key, false)
	f.Add(strings.Replace(valid, endpoint.Mentor, "{"+endpoint.Mentor+"}", 1), key, false)
	f.Add(strings.Replace(valid, endpoint.Mentor, endpoint.BergenMentor, 1), key, false)
	f.Add(`{"mentor_id":null}`, `"`+key+`"`, false)
	z := endpoint.NewFuzz(f, newEndpoint)
	f.Fuzz(func(t *testing.T, sent, key string, paused bool) {
		if paused {
			z.Pause(t, endpoint.Coordinator, endpoint.Mentor)
		}
		defer z.Restore(t)
		var read body
		response, accepted := z.Change(t, sent, key, &read)
		if !accepted || read.MentorIDs != nil { // many have tests of their own
			return
		}
		wantStored(t, z, endpoint.WantPauseRecord(t, response), read, paused)
	})
}

// wantStored asserts that what was requested was stored and answered. The request
// found the mentor paused, at version 1, or not paused.
func wantStored(t *testing.T, z *endpoint.Fuzz, answered endpoint.PauseRecord, sent body, paused bool) {
	t.Helper()
	stored := z.Stored(t, answered)
	if diff := cmp.Diff(stored, answered); diff != "" {
		t.Errorf("answered otherwise than stored (-stored +answered):\n%s", diff)
	}
	want := stored
	want.MentorID = strings.ToLower(sent.MentorID)
	want.Status = "paused"
	want.PauseReason = new(endpoint.Trimmed(sent.PauseReason))
	want.ExpectedReturnDate = sent.ExpectedReturnDate
	want.ReactivatedAt = nil
	want.CoordinatorID = new(endpoint.Coordinator)
	want.Version = 1
	if paused {
		want.Version = 2
	}
	if diff := cmp.Diff(want, stored); diff != "" {
		t.Errorf("stored otherwise than sent (-sent +stored):\n%s", diff)
	}
	if amends := sent.ExpectedVersion != nil; amends != paused || amends && *sent.ExpectedVersion != 1 {
		t.Errorf("expected_version %v accepted, paused: %t", sent.ExpectedVersion, paused)
	}
}

var day = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// FuzzPauseValues fuzzes the values of a body that is valid JSON. The answer is
// known in advance: nothing valid is refused, nothing invalid is accepted.
func FuzzPauseValues(f *testing.F) {
	const date, version, paused = 1, 2, 4 // the bits of given
	for _, reason := range []string{
		"Eksamen", " Eksamen ", "", " ", "\u1680", "\u180e", "\u200b", "\ufeff \u3000\u0085", "\u2029a\u202f", "v", "\vventer på v\v", "a\x00", "\x00", "\xff", "å", "a\u030a",
		"\U0010ffff\ufdd0", "👩🏽\u200d🚒", "\u202eabc", `\u0000`, `{"a":1}`, "';--", "\u0300", "\u00e5\u0323", "\u0130\u03a3",
		strings.Repeat("å", 500), strings.Repeat("\U0001f600", 501), strings.Repeat("é", 8<<10), strings.Repeat(" ", 600) + "a",
	} {
		f.Add(reason, "", int32(0), uint8(0))
	}
	for _, text := range []string{
		inDays(0), inDays(1), inDays(-1), inDays(3 * 365), inDays(3*365 + 2), "2028-02-29", "2027-02-29", "2027-02-28", "0000-01-01", "0001-01-01",
		"0001-01-01 BC", "10000-01-01", "9999-12-31", "-2027-01-01", "+2027-01-01", "infinity", "-infinity", "today", "tomorrow", "epoch", "now",
		"2027-1-1", "2027-01-00", "2027-13-01", "20270101", "2027-001", "01/02/2027", "2027-01-01T00:00:00Z", "2027-01-01 ", " 2027-01-01", "٢٠٢٧-٠١-٠١", "J2460000", "",
	} {
		f.Add("a", text, int32(1), uint8(date))
		f.Add("a", text, int32(1), uint8(date|version|paused))
	}
	for _, number := range []int32{0, 1, 2, -1, 2147483647, -2147483648} {
		f.Add("a", inDays(9), number, uint8(version))
		f.Add("a", inDays(9), number, uint8(version|paused))
		f.Add("a", inDays(9), number, uint8(paused))
	}
	z := endpoint.NewFuzz(f, newEndpoint)
	f.Fuzz(func(t *testing.T, reason, text string, number int32, given uint8) {
		sent := body{MentorID: endpoint.Mentor, PauseReason: string([]rune(reason))} // as JSON writes what isn't UTF-8
		if given&date != 0 {
			sent.ExpectedReturnDate = new(string([]rune(text)))
		}
		if given&version != 0 {
			sent.ExpectedVersion = new(float64(number))
		}
		if given&paused != 0 {
			z.Pause(t, endpoint.Coordinator, endpoint.Mentor)
		}
		defer z.Restore(t)
		encoded, err := json.Marshal(sent)
		if err != nil {
			t.Fatal(err)
		}
		today := z.Text(t, "select private.today()::text")
		last := z.Text(t, "select (private.today() + interval '3 years')::date::text")
		want := func() refusal.Code {
			reasonLength := utf8.RuneCountInString(endpoint.Trimmed(sent.PauseReason))
			switch {
			case len(encoded) > 32<<10:
				return refusal.PayloadTooLarge
			case strings.ContainsRune(sent.PauseReason, 0), reasonLength < 1, reasonLength > 500, !isVisible(sent.PauseReason):
				return refusal.InvalidRequest
			case sent.ExpectedReturnDate != nil && !isWithin(*sent.ExpectedReturnDate, today, last):
				return refusal.InvalidRequest
			case given&version != 0 && !(given&paused != 0 && number == 1):
				return refusal.VersionConflict
			case given&version == 0 && given&paused != 0:
				return refusal.AlreadyPaused
			}
			return ""
		}()

		response, code := z.Answer(t, z.Request("POST", "", string(encoded)))

		if code != want {
			t.Fatalf("code %q, want %q: %s", code, want, response.Body)
		}
		if code == "" {
			wantStored(t, z, endpoint.WantPauseRecord(t, response), sent, given&paused != 0)
		}
	})
}

// isVisible reports whether a text has a character that can be seen: not only controls,
// white space, and what formats, joins or fills.
func isVisible(text string) bool {
	invisible := [][2]rune{
		{0x01, 0x20}, {0x7f, 0xa0}, {0xad, 0xad}, {0x34f, 0x34f}, {0x61c, 0x61c}, {0x115f, 0x1160}, {0x1680, 0x1680}, {0x17b4, 0x17b5}, {0x180b, 0x180f},
		{0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x2800, 0x2800}, {0x3000, 0x3000}, {0x3164, 0x3164}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff},
		{0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0xe0000, 0xe0fff},
	}
	return strings.ContainsFunc(text, func(r rune) bool {
		return !slices.ContainsFunc(invisible, func(span [2]rune) bool { return span[0] <= r && r <= span[1] })
	})
}

// isWithin reports whether text is a calendar date after today, and not after the
// last one allowed.
func isWithin(text, today, last string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return day.MatchString(text) && err == nil && today < text && text <= last
}
