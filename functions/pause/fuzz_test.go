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

// FuzzChange fuzzes the body of PATCH and DELETE, of a mentor who is paused or for whom a pause
// is planned. Whatever is sent is carried out or refused, and never a fault of ours.
func FuzzChange(f *testing.F) {
	const plan = "00000000-0000-4000-8000-0000000000f1"
	mentor, planned := `{"mentor_id":"`+endpoint.Mentor+`"`, `{"planned_pause_id":"`+plan+`"`
	for _, rest := range []string{
		``, `,"pause_reason":null`, `,"pause_reason":[]`, `,"pause_reason":{"a":1}`, `,"pause_reason":"a\u0000"`, `,"pause_reason":"\ud800"`,
		`,"pause_reason":"\u202e\u200b"`, `,"pause_reason":"a","pause_reason":"b"`, `,"Pause_Reason":"a"`, `,"pause_reason":"` + strings.Repeat("😀", 501) + `"`,
		`,"expected_return_date":"infinity"`, `,"expected_return_date":"epoch"`, `,"expected_return_date":"0000-00-00"`, `,"expected_return_date":"10000-01-01"`,
		`,"expected_return_date":"9999-12-31"`, `,"expected_return_date":"-4713-11-24"`, `,"expected_return_date":20270101`, `,"expected_return_date":""`,
		`,"expected_return_date":null`, `,"expected_return_date":"` + inDays(9) + `","expected_version":1e0`, `,"expected_return_date":null,"expected_version":-2147483649`,
		`,"expected_return_date":null,"expected_version":"1"`, `,"expected_return_date":null,"expected_version":NaN`, `,"starts_on":"now"`, `,"starts_on":null`,
		`,"starts_on":"9999-12-31"`, `,"starts_on":"` + inDays(20) + `","expected_return_date":"` + inDays(20) + `"`, `,"starts_on":"` + inDays(20) + `"`, `,"mentor_ids":[]`,
		`,"changes":{"status":"active"}`, `,"coordinator_id":"` + endpoint.Nobody + `"`, `,"__proto__":{}`, `,"expected_return_date":"2027-01-01'; drop table public.profiles; --"`,
	} {
		f.Add(mentor+rest+"}", true)
		f.Add(planned+rest+"}", false)
	}
	for _, body := range []string{``, ` `, `null`, `[]`, `[{}]`, `1`, `"a"`, `{`, `{}}`, `{"mentor_id":null}`, `{"mentor_id":["` + endpoint.Mentor + `"],"pause_reason":"a"}`,
		`{"mentor_id":"` + endpoint.Mentor + `","planned_pause_id":"` + plan + `","pause_reason":"a"}`, `{"planned_pause_id":"{` + plan + `}"}`, `{"planned_pause_id":"` + endpoint.Nobody + `"}`,
		strings.Repeat("[", 10_000), strings.Repeat(`{"a":`, 6_000) + "1" + strings.Repeat("}", 6_000), "\xff\xfe{\x00}", "\ufeff{}", `{"mentor_id":"` + strings.Repeat("a", 32<<10) + `"}`} {
		f.Add(body, true)
		f.Add(body, false)
	}
	z := endpoint.NewFuzz(f, newEndpoint)
	exec := func(t *testing.T, statement string) {
		if _, err := z.SQL.ExecContext(t.Context(), statement); err != nil {
			t.Error(err)
		}
	}
	f.Fuzz(func(t *testing.T, sent string, paused bool) {
		defer z.Restore(t)
		if paused {
			z.Pause(t, endpoint.Coordinator, endpoint.Mentor)
		} else {
			exec(t, "insert into public.planned_pauses (id, mentor_id, starts_on, pause_reason) values ('"+plan+"', '"+endpoint.Mentor+"', private.today() + 9, 'Reise')")
			defer exec(t, "delete from public.planned_pauses")
		}
		z.Answer(t, z.Request("PATCH", "", sent))
		z.Answer(t, z.Request("DELETE", "", sent))
	})
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
