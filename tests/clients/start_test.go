package clients_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mentorpause/local/deployment"
	"mentorpause/local/testdb"
)

// organisation is one that is being started, as docs/operations.md says.
type organisation struct {
	*deployment.Deployment
}

// post sends a request that succeeds, and returns the answer.
func (o organisation) post(t *testing.T, url string, body map[string]any, headers ...string) map[string]any {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("content-type", "application/json")
	for n := 0; n < len(headers); n += 2 {
		request.Header.Set(headers[n], headers[n+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(content, &answer); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %v: %s %s", url, body, response.Status, content)
	}
	return answer
}

// keep carries out a command of people, and returns the id of what it is about.
func (o organisation) keep(t *testing.T, token, object string, body map[string]any) string {
	t.Helper()
	about, _ := o.post(t, o.FunctionURL("people"), body, "authorization", "Bearer "+token)[object].(map[string]any)
	id, _ := about["id"].(string)
	return id
}

// invite invites a person, and returns the code that was sent.
func (o organisation) invite(t *testing.T, token, person, email string) (code string) {
	t.Helper()
	o.post(t, o.FunctionURL("invite"), map[string]any{"person_id": person}, "authorization", "Bearer "+token)
	if code = o.Users.Code(email); code == "" {
		t.Fatalf("nothing was sent to %s", email)
	}
	return code
}

// signIn takes a code, and returns an access token.
func (o organisation) signIn(t *testing.T, email, code string) string {
	t.Helper()
	session := o.post(t, o.URL+"/auth/v1/verify", map[string]any{"type": "email", "email": email, "token": code}, "apikey", publishableKey)
	token, _ := session["access_token"].(string)
	return token
}

// From nothing to a coordinator who signs in with supabase-js and sees the roster.
func TestStartingAnOrganisation(t *testing.T) {
	t.Parallel()
	o := organisation{deployment.Start(t, deployment.WithUsers())}
	defer logErrors(t, o.Deployment)
	const office, administrator, coordinator = "anne@example.org", "olav@example.org", "kari@example.org"

	var first string
	err := o.Database.Connect(t, "postgres").QueryRow(t.Context(), "select private.appoint_first_administrator($1, 'Anne Berg')::text", office).Scan(&first)
	if err != nil {
		t.Fatal(err)
	}
	o.post(t, o.URL+"/auth/v1/admin/users", map[string]any{"id": first, "email": office, "email_confirm": true}, "apikey", o.Project.SecretKey)
	o.post(t, o.URL+"/auth/v1/otp", map[string]any{"email": office, "create_user": false}, "apikey", publishableKey)
	anne := o.signIn(t, office, o.Users.Code(office))

	o.keep(t, anne, "certification_kind", map[string]any{"command": "save_certification_kind", "code": "Grunnkurs", "months_valid": 24, "is_required": true})
	chapter := o.keep(t, anne, "chapter", map[string]any{"command": "save_chapter", "name": "Lofoten"})
	leader := o.keep(t, anne, "person", map[string]any{"command": "register_person", "display_name": "Olav Berg", "chapter_id": chapter, "role": "administrator", "email": administrator})
	olav := o.signIn(t, administrator, o.invite(t, anne, leader, administrator))

	looksAfter := o.keep(t, olav, "person", map[string]any{"command": "register_person", "display_name": "Kari Vik", "chapter_id": chapter, "role": "coordinator", "email": coordinator})
	mentor := o.keep(t, olav, "person", map[string]any{"command": "register_person", "display_name": "Åse Li", "chapter_id": chapter, "coordinator_id": looksAfter,
		"certifications": []any{map[string]any{"kind": "grunnkurs", "issued_on": "2026-01-15", "expires_on": "never"}}})

	runNode(t, "signin.test.mjs", given{
		URL: o.URL, Key: publishableKey, Email: coordinator, Code: o.invite(t, olav, looksAfter, coordinator), Mentors: []string{mentor},
	})
}

// get reads with a token.
func (o organisation) get(t *testing.T, token, function string, query url.Values, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, o.FunctionURL(function)+"?"+query.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, into); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s %v: %s %s", function, query, response.Status, content)
	}
}

// imported is what the import says of a file.
type imported struct {
	Preview string         `json:"preview"`
	Counts  map[string]int `json:"counts"`
	Rows    []struct {
		Row      int              `json:"row"`
		Outcome  string           `json:"outcome"`
		Problems []map[string]any `json:"problems"`
	} `json:"rows"`
}

// load sends a file: for a dry run without a preview.
func (o organisation) load(t *testing.T, token, file, preview string) (answer imported) {
	t.Helper()
	query := url.Values{"source": {"medlem"}}
	if preview != "" {
		query.Set("preview", preview)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.FunctionURL("import")+"?"+query.Encode(), strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("authorization", "Bearer "+token)
	request.Header.Set("content-type", "text/csv")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &answer); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("import: %s %.500s", response.Status, content)
	}
	return answer
}

// others are the mentors who are there already, in chapters of their own: they lack the
// course that becomes required.
const others = 3

// reference is what the organisation's mentors are, by the rules of the product: it
// knows nothing of how they are kept.
type reference struct {
	today    time.Time
	chapters map[string]string // ids by name
	mentors  map[string]*referenceMentor
}

type referenceMentor struct {
	id          string
	in          []string // the names of chapters, today
	from        time.Time
	certified   time.Time // the first day of a certification; before it the required one was missing
	certifiedTo time.Time // the last day
	responsible string    // a coordinator's name
}

func (m *referenceMentor) status(on time.Time) string {
	switch {
	case on.Before(m.from):
		return "not_a_mentor"
	case m.certifiedTo.Before(on), m.certified.After(on):
		return "expired_cert"
	default:
		return "active"
	}
}

// wantAsReference compares what the national office sees with the reference: the counts of
// each chapter and of all, every mentor's row, and of a few the page and the status by day.
func (o organisation) wantAsReference(t *testing.T, step, token string, r *rpc, office string, want reference) {
	t.Helper()
	type counts struct {
		Total   int `json:"total"`
		Active  int `json:"active"`
		Expired int `json:"expired_cert"`
	}
	count := func(chapter string) (c counts) {
		for _, m := range want.mentors {
			if chapter == "" || slices.Contains(m.in, chapter) {
				c.Total++
				if m.status(want.today) == "active" {
					c.Active++
				} else {
					c.Expired++
				}
			}
		}
		if chapter == "" {
			c.Total, c.Expired = c.Total+others, c.Expired+others
		}
		return c
	}
	for _, chapter := range append([]string{""}, slices.Sorted(maps.Keys(want.chapters))...) {
		query := url.Values{"limit": {"1"}}
		if chapter != "" {
			query.Set("chapter_id", want.chapters[chapter])
		}
		var page struct {
			Summary counts `json:"summary"`
		}
		o.get(t, token, "roster", query, &page)
		if diff := cmp.Diff(count(chapter), page.Summary); diff != "" {
			t.Errorf("%s: counts of %q (-reference +roster):\n%s", step, chapter, diff)
		}
	}

	type row struct {
		ID           string `json:"mentor_id"`
		Name         string `json:"display_name"`
		Status       string `json:"status"`
		Chapters     []struct{ Name string }
		Coordinators []struct {
			Name string `json:"display_name"`
		}
	}
	seen := map[string]string{}
	for cursor := ""; ; {
		query := url.Values{"limit": {"200"}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		var page struct {
			Mentors []row   `json:"mentors"`
			Next    *string `json:"next_cursor"`
		}
		o.get(t, token, "roster", query, &page)
		for _, m := range page.Mentors {
			if !strings.HasPrefix(m.Name, "Likeperson ") {
				continue
			}
			line := m.Status
			for _, c := range m.Chapters {
				line += " " + c.Name
			}
			for _, c := range m.Coordinators {
				line += " by " + c.Name
			}
			seen[m.Name] = line
			if known := want.mentors[m.Name]; known != nil && known.id == "" {
				known.id = m.ID
			} else if known != nil && known.id != m.ID {
				t.Errorf("%s: %s is %s, and was %s", step, m.Name, m.ID, known.id)
			}
		}
		if page.Next == nil {
			break
		}
		cursor = *page.Next
	}
	expected := map[string]string{}
	for name, m := range want.mentors {
		line := m.status(want.today)
		for _, chapter := range slices.Sorted(slices.Values(m.in)) {
			line += " " + chapter
		}
		if m.responsible != "" {
			line += " by " + m.responsible
		}
		expected[name] = line
	}
	if diff := cmp.Diff(expected, seen); diff != "" {
		t.Errorf("%s: mentors (-reference +roster):\n%.2000s", step, diff)
	}

	names := slices.Sorted(maps.Keys(want.mentors))
	for i := 0; i < len(names); i += len(names)/7 + 1 {
		m := want.mentors[names[i]]
		var page struct {
			Status     string
			Recipients []struct {
				Name string `json:"display_name"`
				Role string
			}
		}
		o.get(t, token, "mentor", url.Values{"mentor_id": {m.id}}, &page)
		if page.Status != m.status(want.today) || len(page.Recipients) != 1 || page.Recipients[0].Name != m.responsible || page.Recipients[0].Role != "coordinator" {
			t.Errorf("%s: the page of %s: %+v", step, names[i], page)
		}
		for _, day := range []time.Time{m.from.AddDate(0, 0, -1), m.from, m.certified.AddDate(0, 0, -1), m.certified, want.today, m.certifiedTo, m.certifiedTo.AddDate(0, 0, 1)} {
			answer, raised := r.call(testdb.User(office), "mentor_status_on",
				encode(t, arguments{"mentor_id": m.id, "as_of": day.Format(time.DateOnly)}))
			if status := m.status(day); raised != nil || string(answer.body) != `"`+status+`"` {
				t.Errorf("%s: %s on %s: %s, want %s (%v)", step, names[i], day.Format(time.DateOnly), answer.body, status, raised)
			}
		}
	}
}

// From nothing to the first day's work, by the functions alone: chapters and a kind, a file
// of 1,000, an invitation, a renewal, a hand-over, a move, two profiles that are one, and an
// erasure. At each step all that is shown is what the reference says.
func TestTheFirstDayOfAnOrganisation(t *testing.T) {
	t.Parallel()
	o := organisation{deployment.Start(t, deployment.WithUsers())}
	defer logErrors(t, o.Deployment)
	owner := o.Database.Connect(t, "postgres")
	r := newRPC(t, o.Deployment)
	const office = "anne@example.org"

	var first, date string
	if err := owner.QueryRow(t.Context(), "select private.appoint_first_administrator($1, 'Anne Berg')::text, private.today()::text", office).Scan(&first, &date); err != nil {
		t.Fatal(err)
	}
	today, err := time.Parse(time.DateOnly, date)
	if err != nil {
		t.Fatal(err)
	}
	o.post(t, o.URL+"/auth/v1/admin/users", map[string]any{"id": first, "email": office, "email_confirm": true}, "apikey", o.Project.SecretKey)
	o.post(t, o.URL+"/auth/v1/otp", map[string]any{"email": office, "create_user": false}, "apikey", publishableKey)
	anne := o.signIn(t, office, o.Users.Code(office))

	o.keep(t, anne, "certification_kind", map[string]any{"command": "save_certification_kind", "code": "Grunnkurs", "months_valid": 24, "is_required": true})
	want := reference{today: today, chapters: map[string]string{}, mentors: map[string]*referenceMentor{}}
	for _, name := range []string{"Bodø", "Narvik"} {
		want.chapters[name] = o.keep(t, anne, "chapter", map[string]any{"command": "save_chapter", "name": name})
	}
	register := func(name, chapter, role, email string) string {
		return o.keep(t, anne, "person", map[string]any{"command": "register_person", "display_name": name, "chapter_id": want.chapters[chapter], "role": role, "email": email})
	}
	kari := register("Kari Vik", "Bodø", "coordinator", "kari@example.org")
	register("Per Dal", "Narvik", "coordinator", "per@example.org")
	liv := register("Liv Nes", "Bodø", "coordinator", "liv@example.org")

	// The file of the member system: every tenth course has run out.
	var file strings.Builder
	file.WriteString("Medlemsnr;Navn;E-post;Lokallag;Koordinator;Startdato;Kurs;Kursdato\r\n")
	from := time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)
	for i := range 1000 {
		name, chapter, responsible, by := fmt.Sprintf("Likeperson %04d", i), "Bodø", "Kari Vik", "kari@example.org"
		if i%4 == 3 {
			chapter, responsible, by = "Narvik", "Per Dal", "per@example.org"
		}
		issued := today.AddDate(0, 0, -300)
		if i%10 == 0 {
			issued = today.AddDate(0, 0, -900)
		}
		fmt.Fprintf(&file, "%d;%s;m%04d@example.org;%s;%s;%s;grunnkurs;%s\r\n", 10000+i, name, i, chapter, by, from.Format("02.01.2006"), issued.Format("02.01.2006"))
		// 24 calendar months, clipped to the month's end.
		until := time.Date(issued.Year()+2, issued.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, 1, -1)
		until = until.AddDate(0, 0, min(issued.Day(), until.Day())-until.Day())
		want.mentors[name] = &referenceMentor{in: []string{chapter}, from: from, certified: issued, certifiedTo: until, responsible: responsible}
	}
	preview := o.load(t, anne, file.String(), "")
	if preview.Counts["new"] != 1000 || len(preview.Rows) != 1000 {
		t.Fatalf("the dry run: %v, %d rows, %v", preview.Counts, len(preview.Rows), preview.Rows[:min(3, len(preview.Rows))])
	}
	if done := o.load(t, anne, file.String(), preview.Preview); done.Counts["new"] != 1000 {
		t.Fatalf("the import: %v", done.Counts)
	}
	if again := o.load(t, anne, file.String(), ""); again.Counts["unchanged"] != 1000 {
		t.Errorf("the same file again: %v", again.Counts)
	}
	check := func(step string) {
		t.Helper()
		o.wantAsReference(t, step, anne, r, first, want)
	}
	check("imported")

	// A coordinator signs in, and enters a renewal.
	karis := o.signIn(t, "kari@example.org", o.invite(t, anne, kari, "kari@example.org"))
	renewed := want.mentors["Likeperson 0010"]
	o.keep(t, karis, "certification", map[string]any{"command": "register_certification", "mentor_id": renewed.id, "kind": "grunnkurs",
		"issued_on": today.Format(time.DateOnly), "expires_on": today.AddDate(1, 0, 0).Format(time.DateOnly)})
	renewed.certifiedTo = today.AddDate(1, 0, 0)
	o.wantRenewed(t, r, first, renewed, today)
	delete(want.mentors, "Likeperson 0010") // compared by itself; erased below
	o.keep(t, anne, "person", map[string]any{"command": "erase_person", "person_id": renewed.id})
	check("renewed and erased")

	o.keep(t, anne, "hand_over", map[string]any{"command": "hand_over", "from_id": kari, "to_id": liv})
	for _, m := range want.mentors {
		if m.responsible == "Kari Vik" {
			m.responsible = "Liv Nes"
		}
	}
	check("handed over")

	// A mentor moves: today in both, from tomorrow on in Narvik alone.
	moving := want.mentors["Likeperson 0001"]
	var membership string
	if err := owner.QueryRow(t.Context(), "select id::text from public.chapter_memberships where user_id = $1", moving.id).Scan(&membership); err != nil {
		t.Fatal(err)
	}
	o.keep(t, anne, "membership", map[string]any{"command": "start_membership", "person_id": moving.id, "chapter_id": want.chapters["Narvik"], "role": "mentor"})
	o.keep(t, anne, "membership", map[string]any{"command": "end_membership", "membership_id": membership, "last_day": date})
	moving.in = []string{"Bodø", "Narvik"}
	check("moved")

	// Two profiles are one person.
	kept := want.mentors["Likeperson 0005"]
	twin := o.keep(t, anne, "person", map[string]any{"command": "register_person", "display_name": "Likeperson 0005 (dobbel)", "chapter_id": want.chapters["Narvik"],
		"role": "mentor", "certifications": []any{map[string]any{"kind": "grunnkurs", "issued_on": kept.certified.Format(time.DateOnly)}}})
	o.keep(t, anne, "person", map[string]any{"command": "merge_people", "kept_id": kept.id, "dropped_id": twin})
	kept.in = []string{"Bodø", "Narvik"}
	check("joined")

	gone := want.mentors["Likeperson 0007"]
	o.keep(t, anne, "person", map[string]any{"command": "erase_person", "person_id": gone.id})
	delete(want.mentors, "Likeperson 0007")
	check("erased")
}

// wantRenewed asserts that whoever renewed late was expired until the day of the renewal.
func (o organisation) wantRenewed(t *testing.T, r *rpc, office string, m *referenceMentor, today time.Time) {
	t.Helper()
	for day, status := range map[time.Time]string{today.AddDate(0, 0, -1): "expired_cert", today: "active", m.certifiedTo.AddDate(0, 0, 1): "expired_cert"} {
		answer, raised := r.call(testdb.User(office), "mentor_status_on", encode(t, arguments{"mentor_id": m.id, "as_of": day.Format(time.DateOnly)}))
		if raised != nil || string(answer.body) != `"`+status+`"` {
			t.Errorf("renewed, on %s: %s, want %s (%v)", day.Format(time.DateOnly), answer.body, status, raised)
		}
	}
}
