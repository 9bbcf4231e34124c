package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/unicode/rangetable"

	"mentorpause/local/endpoint"
	"mentorpause/shared/refusal"
)

// mentorNames are further mentors of Oslo, in the order of the roster. Two are
// written with combining characters, as macOS writes file names.
var mentorNames = []string{
	"100 % \\_'\"", "Anna Berg", "Iñaki D’Arc‐Łoś", "IŞIL İNCE", "Jo\u030can", "Straße Groß", "Ådne Sæther", "Åse Ødegård", "A\u030asmund Bjo\u0308rn",
}

// newFuzz makes a roster of such mentors, of whom one is paused and one is
// expired.
func newFuzz(f *testing.F) *endpoint.Fuzz {
	z := endpoint.NewFuzz(f, newEndpoint)
	for i, name := range mentorNames {
		id := fmt.Sprintf("00000000-0000-4000-8000-0000000001%02d", i)
		if name == "Åse Ødegård" {
			continue // of package endpoint
		}
		for _, statement := range []string{
			"insert into public.profiles (id, display_name) values ($1, $2)",
			"insert into public.chapter_memberships (chapter_id, user_id, role) select '" + endpoint.Oslo + "', $1, 'mentor' where $2 <> ''",
			"insert into public.certifications (mentor_id, kind, issued_on, expires_on) select $1, 'course', private.today() - 99, private.today() - 9 where $2 like '%% Groß'",
		} {
			if _, err := z.SQL.ExecContext(f.Context(), statement, id, name); err != nil {
				f.Fatal(err)
			}
		}
	}
	z.Pause(f, endpoint.Coordinator, endpoint.Mentor)
	return z
}

// sameAnswer asserts that two requests get the same answer.
func sameAnswer(t *testing.T, z *endpoint.Fuzz, first events.LambdaFunctionURLResponse, event events.LambdaFunctionURLRequest) {
	t.Helper()
	second, _ := z.Answer(t, event)
	if first.StatusCode != second.StatusCode || first.Body != second.Body {
		t.Errorf("%s %q %s: %d %s\nbefore: %d %s", event.RequestContext.HTTP.Method, event.RawQueryString, event.Body,
			second.StatusCode, second.Body, first.StatusCode, first.Body)
	}
}

// FuzzRoster fuzzes query and body. Whatever is accepted, the standard library
// reads as a body that gets the same answer.
func FuzzRoster(f *testing.F) {
	f.Add("status=active,paused&status=expired_cert&search=a&limit=200&chapter_id="+endpoint.Oslo, "")
	f.Add("cursor=x", "")
	f.Add("limit=0", `{"limit":1}`)
	f.Add("limit=%2B1", `{}`)
	f.Add("limit=007&search=%C3%85", `{"status":"active"}`)
	f.Add("search=%00&search=%", `{"status":[null]}`)
	f.Add("search=A%CC%8A", `{"limit":2.0}`)
	f.Add("status=%20active%20,paused;a=b", `{"search":"\ud83d\ude00","limit":2e2}`)
	f.Add("", `{"chapter_id":"`+endpoint.Bergen+`","cursor":""}`)
	f.Add("chapter_id="+strings.ToUpper(endpoint.Oslo), `{"status":["paused","paused"],"search":null}`)
	f.Add("limit=1&limit=", `{"status":[],"search":"\uffff"}`)
	f.Add("status=active,", `{"limit":1e400}`)
	f.Add("mine=true&attention=expired,%20overdue&attention[]=requests", `{"search":"a"}`)
	f.Add("mine=TRUE", `{"attention":"returning","mine":false}`)
	f.Add("attention=,expiring", `{"mine":null}`)
	z := newFuzz(f)
	f.Fuzz(func(t *testing.T, query, sent string) {
		response, code := z.Answer(t, z.Request("GET", query, sent))
		sameAnswer(t, z, response, z.Request("POST", query, sent))
		if code != "" {
			return
		}
		readPage(t, response)
		meant, err := asBody(query, sent)
		if err != nil {
			t.Fatalf("accepted %q and %q, which the standard library refuses: %v", query, sent, err)
		}
		sameAnswer(t, z, response, z.Request("POST", "", meant))
	})
}

// asBody is the body that means the same as query and body together.
func asBody(query, sent string) (string, error) {
	fields := map[string]any{}
	if sent != "" {
		if err := json.Unmarshal([]byte(sent), &fields); err != nil {
			return "", err
		}
	}
	// What net/url refuses is ignored, except in our fields.
	values, _ := url.ParseQuery(strings.ReplaceAll(endpoint.PlainNames(query), ";", "%3B"))
	for _, name := range []string{"chapter_id", "status", "search", "limit", "cursor", "mine", "attention"} {
		joined := strings.Trim(strings.Join(values[name], ","), ",")
		if joined == "" {
			continue
		}
		switch name {
		case "mine":
			fields[name] = joined == "true"
		case "status", "attention":
			fields[name] = strings.Split(strings.ReplaceAll(joined, " ", ""), ",")
		case "limit":
			limit, err := strconv.Atoi(joined)
			if err != nil {
				return "", err
			}
			fields[name] = limit
		default:
			for _, value := range values[name] {
				if value != "" {
					fields[name] = value
				}
			}
		}
	}
	encoded, err := json.Marshal(fields)
	return string(encoded), err
}

// FuzzRosterValues fuzzes the values of the filters. Query and body get the same
// answer, and it is known in advance, including whom a search finds.
func FuzzRosterValues(f *testing.F) {
	const limited = 8 // the bit of given; those below are the statuses
	for _, search := range []string{"", " ", "å", "A\u030a", "a\u030a", "ÅSE", "ådne", "AÅ", "%", "_", `\`, "'", `"`, "ß", "SS", "İ", "i", "ı", "\u212b",
		"j\u030c", "\u01f0", "o\u0308", "ö", "\u030c", "a\x00", "\xff", "\ufffd", "\U0010ffff", " anna ", "anna\t", "Σ", strings.Repeat("å", 200), "inaki", "IÑAKI", "oyvind", "odegard", "d'arc-los", "darclos", "dar clos", "`", "\u00b4", "s\u00adæ", "saether", "sæther", "jo\u030c", "joc", "\ufb01", strings.Repeat("İ", 101), strings.Repeat("a", 17<<10)} {
		f.Add(search, int32(50), uint8(0))
		f.Add(search, int32(1), uint8(limited))
	}
	for _, limit := range []int32{-1, 0, 1, 2, 200, 201, 2147483647} {
		for _, given := range []uint8{0, 2, limited, limited | 1, limited | 7} {
			f.Add("", limit, given)
		}
	}
	z := newFuzz(f)
	statusOf := func(name string) string {
		switch name {
		case "Åse Ødegård":
			return "paused"
		case "Straße Groß":
			return "expired_cert"
		}
		return "active"
	}
	f.Fuzz(func(t *testing.T, search string, limit int32, given uint8) {
		search = string([]rune(search)) // as JSON writes what isn't UTF-8
		var statuses []string
		for i, status := range []string{"active", "paused", "expired_cert"} {
			if given&(1<<i) != 0 {
				statuses = append(statuses, status)
			}
		}
		query := url.Values{"search": {search}, "status": {strings.Join(statuses, ",")}}
		fields := map[string]any{"search": search, "status": statuses}
		if given&limited != 0 {
			query.Set("limit", strconv.Itoa(int(limit)))
			fields["limit"] = limit
		}
		encoded, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		needle := searchedForm(search, false)
		if !slices.ContainsFunc(mentorNames, func(name string) bool { return hasPart(name, needle) }) {
			needle = searchedForm(needle, true)
		}

		response, code := z.Answer(t, z.Request("GET", query.Encode(), ""))

		if len(encoded) <= 16<<10 {
			sameAnswer(t, z, response, z.Request("POST", "", string(encoded)))
		}
		var want refusal.Code
		if strings.ContainsRune(search, 0) || utf8.RuneCountInString(endpoint.Trimmed(search)) > 200 || given&limited != 0 && (limit < 1 || limit > 200) {
			want = refusal.InvalidRequest
		}
		if code != want {
			t.Fatalf("code %q, want %q: %s", code, want, response.Body)
		}
		if code != "" {
			return
		}
		found := []string{}
		for _, name := range mentorNames {
			if hasPart(name, needle) && (statuses == nil || strings.Contains(strings.Join(statuses, ","), statusOf(name))) {
				found = append(found, name)
			}
		}
		if given&limited != 0 {
			found = found[:min(len(found), int(limit))]
		}
		if diff := cmp.Diff(found, names(readPage(t, response))); diff != "" {
			t.Errorf("search %q, limit %d, statuses %v (-want +got):\n%s", search, limit, statuses, diff)
		}
	})
}

// hasPart is whether a search for the needle, in the form of searches, finds a name.
func hasPart(name, needle string) bool {
	return strings.Contains(searchedForm(name, false), needle) || strings.Contains(searchedForm(name, true), needle)
}

// searchedForm is private.searched_form, said with what the standard library and
// x/text know of Unicode.
func searchedForm(text string, withoutAccents bool) string {
	form := strings.Map(func(r rune) rune {
		if r < 0x80 && unicode.IsSpace(r) || unicode.Is(ignored, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(cases.Lower(language.Norwegian).String(text)))
	if !withoutAccents {
		return form
	}
	return letters.Replace(strings.Map(func(r rune) rune {
		if unicode.Is(combining, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(form)))
}

var (
	// ignored are spaces, hyphens and apostrophes.
	ignored = rangetable.Merge(rangetable.New('-', 0xad, '\'', '`', 0xb4, 0x85, 0x1680, 0x180e, 0x2c8, 0x2ca, 0x2cb, 0x2032, 0x2035, 0x2212, 0xfeff),
		&unicode.RangeTable{R16: []unicode.Range16{
			{Lo: 0x2b9, Hi: 0x2bf, Stride: 1}, {Lo: 0x2000, Hi: 0x200f, Stride: 1}, {Lo: 0x2010, Hi: 0x2015, Stride: 1},
			{Lo: 0x2018, Hi: 0x201b, Stride: 1}, {Lo: 0x2028, Hi: 0x202f, Stride: 1}, {Lo: 0x205f, Hi: 0x2064, Stride: 1},
		}})
	// combining are accents that follow their letter.
	combining = &unicode.RangeTable{R16: []unicode.Range16{
		{Lo: 0x300, Hi: 0x36f, Stride: 1}, {Lo: 0x1ab0, Hi: 0x1aff, Stride: 1}, {Lo: 0x1dc0, Hi: 0x1dff, Stride: 1},
		{Lo: 0x20d0, Hi: 0x20ff, Stride: 1}, {Lo: 0xfe20, Hi: 0xfe2f, Stride: 1},
	}}
	// letters are those that Unicode takes for letters of their own, not for accented ones.
	letters = strings.NewReplacer("ø", "o", "đ", "d", "ð", "d", "ħ", "h", "ı", "i", "ł", "l", "ŋ", "n", "ŧ", "t", "ǥ", "g", "ʒ", "z", "ĸ", "k", "ə", "e", "ς", "σ",
		"æ", "ae", "œ", "oe", "ß", "ss", "þ", "th")
)

// FuzzCursor fuzzes a genuine cursor: it replaces a part of it, or the filters
// around it. Only the unaltered cursor with its own filters gets its page; any
// other is refused, and the error names it.
func FuzzCursor(f *testing.F) {
	f.Add(uint16(0), uint16(0), "", uint8(0))
	f.Add(uint16(0), uint16(0), "x", uint8(0))
	f.Add(uint16(0), uint16(999), "", uint8(0))
	f.Add(uint16(0), uint16(999), ".", uint8(0))
	f.Add(uint16(0), uint16(999), "e30.e30", uint8(0))
	f.Add(uint16(10), uint16(11), "_", uint8(0))
	f.Add(uint16(998), uint16(999), "", uint8(0))
	f.Add(uint16(999), uint16(999), " ", uint8(0))
	f.Add(uint16(999), uint16(999), ".x", uint8(0))
	f.Add(uint16(999), uint16(999), "=", uint8(0))
	f.Add(uint16(0), uint16(0), "\x00", uint8(0))
	f.Add(uint16(3), uint16(3), "\xff", uint8(0))
	for others := range uint8(6) {
		f.Add(uint16(0), uint16(0), "", others)
	}
	z := newFuzz(f)
	filters := []string{"", "status=active", "search=a", "chapter_id=" + endpoint.Oslo, "status=active,paused", "search=A%20"}
	meaning := []int{0, 1, 2, 3, 4, 2} // the last is the third in other words
	pages := func(filter string) (first page, second string) {
		first = readPage(f, z.Invoke(f, z.Request("GET", "limit=1&"+filter, "")))
		if first.NextCursor == nil {
			f.Fatalf("one page for %q", filter)
		}
		return first, z.Invoke(f, z.Request("GET", "limit=1&"+filter+"&cursor="+url.QueryEscape(*first.NextCursor), "")).Body
	}
	first, second := pages(filters[2])
	genuine := *first.NextCursor
	f.Fuzz(func(t *testing.T, start, end uint16, replacement string, other uint8) {
		filter := int(other) % len(filters)
		from := min(int(start), len(genuine))
		to := max(from, min(int(end), len(genuine)))
		cursor := genuine[:from] + replacement + genuine[to:]

		response, code := z.Answer(t, z.Request("GET", "limit=1&"+filters[filter]+"&cursor="+url.QueryEscape(cursor), ""))

		switch {
		case cursor == "":
			if read := readPage(t, response); filter == 2 && cmp.Diff(first, read) != "" {
				t.Errorf("without a cursor: %s", response.Body)
			}
		case cursor == genuine && meaning[filter] == 2:
			if response.Body != second {
				t.Errorf("the second page is %s, was %s", response.Body, second)
			}
		default:
			if code != refusal.InvalidRequest || !strings.Contains(response.Body, "cursor") {
				t.Errorf("cursor %q under %q: %d %s", cursor, filters[filter], response.StatusCode, response.Body)
			}
		}
	})
}

// FuzzClaims fuzzes the token's payload, which only a holder of the key can sign.
// Function and Postgres see the same caller, and Postgres can read everything that
// is accepted.
func FuzzClaims(f *testing.F) {
	z := newFuzz(f)
	payload := fmt.Sprintf(`{"iss":"%s/auth/v1","sub":"%s","aud":"authenticated","exp":4102444800,"role":"authenticated","is_anonymous":false,"user_metadata":{"a":1}}`,
		z.Project.URL, endpoint.Coordinator)
	f.Add(payload)
	for _, value := range []string{`"\u0000"`, `"\ud800"`, "\"\xff\"", `"\ud83d\ude00"`, "1e400", "1e200000", "-1e-200000", "-0", "1e131071", strings.Repeat("9", 1500),
		strings.Repeat("[", 1500) + strings.Repeat("]", 1500), strings.Repeat(`{"a":`, 900) + "1" + strings.Repeat("}", 900), `{"a":1,"a":2}`, `"\uffff"`, `{"":null}`, `{"\u0000":1}`, "nan", "01", "1.", "[1,]"} {
		f.Add(strings.Replace(payload, `{"a":1}`, value, 1))
	}
	f.Add(strings.Replace(payload, "{", `{"sub":"`+endpoint.BergenCoordinator+`",`, 1))
	f.Add(strings.Replace(payload, "{", `{"Sub":"`+endpoint.BergenCoordinator+`",`, 1))
	f.Add(strings.Replace(payload, "{", `{"role":"service_role",`, 1))
	f.Add(strings.Replace(payload, endpoint.Coordinator, strings.ToUpper(endpoint.Coordinator), 1))
	f.Add(strings.Replace(payload, endpoint.Coordinator, endpoint.Mentor, 1))
	f.Add(strings.Replace(payload, endpoint.Coordinator, "{"+endpoint.Coordinator+"}", 1))
	f.Fuzz(func(t *testing.T, payload string) {
		event := z.Request("GET", "", "")
		event.Headers["authorization"] = "Bearer " + z.Project.Sign([]byte(payload))

		response, code := z.Answer(t, event)

		if code == refusal.Unauthenticated {
			return
		}
		var claims struct{ Sub string }
		if err := json.Unmarshal([]byte(payload), &claims); err != nil {
			t.Fatalf("accepted claims that are not JSON: %v", err)
		}
		if claims.Sub = strings.ToLower(claims.Sub); (code == "") != (claims.Sub == endpoint.Coordinator || claims.Sub == endpoint.BergenCoordinator) {
			t.Fatalf("answered %s to %s", response.Body, claims.Sub)
		}
		if code != "" {
			return
		}
		if listed := names(readPage(t, response)); (len(listed) == 1) != (claims.Sub == endpoint.BergenCoordinator) {
			t.Errorf("%s reads %v", claims.Sub, listed)
		}
	})
}
