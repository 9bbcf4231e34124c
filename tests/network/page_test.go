package network_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"mentorpause/local/deployment"
	"mentorpause/local/endpoint"
	"mentorpause/local/network"
	"mentorpause/supabase"
)

// The slow connection of the figures in docs/network.md.
const (
	slowRoundTrip = 300 * time.Millisecond // there and back
	slowBandwidth = 64_000                 // bit/s each way
)

// seedInOneChapter copies the people of the seed into the chapter of package
// endpoint's coordinator, under random ids: those of the seed are too similar for a
// figure about compression.
const seedInOneChapter = `
create temporary table copies as
	select p.id as original, gen_random_uuid() as id, p.display_name, p.id::text like 'a%' as is_mentor
	from public.profiles p where p.id::text ~ '^[ab]';
insert into public.profiles (id, display_name) select c.id, c.display_name from copies c;
insert into public.chapter_memberships (chapter_id, user_id, role)
	select '` + endpoint.Oslo + `', c.id, case when c.is_mentor then 'mentor' else 'coordinator' end from copies c;
insert into public.certifications (mentor_id, kind, issued_on, expires_on)
	select m.id, c.kind, c.issued_on, c.expires_on from public.certifications c join copies m on m.original = c.mentor_id;
insert into public.coordinator_assignments (mentor_id, coordinator_id, started_at, ended_at)
	select m.id, c.id, a.started_at, a.ended_at
	from public.coordinator_assignments a
	join copies m on m.original = a.mentor_id
	join copies c on c.original = a.coordinator_id;
insert into public.pause_records (mentor_id, status, pause_reason, expected_return_date, paused_at, coordinator_id, created_at, updated_at)
	select m.id, 'paused', r.pause_reason, r.expected_return_date, r.paused_at, c.id, r.created_at, r.created_at
	from public.pause_records r
	join copies m on m.original = r.mentor_id
	join copies c on c.original = r.coordinator_id
	where r.status <> 'active' and r.paused_at is not null`

// TestThePageOnASlowPhone prints what a page of fifty mentors costs an app whose
// connection has 64 kbit/s each way and a round trip of 300 ms: over HTTPS, like
// function URLs, from the first byte of the connection to the last mentor read from
// JSON. Starting the function, TCP's slow start and lost packets are left out; the
// certificate is a short one.
func TestThePageOnASlowPhone(t *testing.T) {
	t.Parallel()
	s := deployment.Start(t)
	seed, err := supabase.Files.ReadFile("seed.sql")
	if err != nil {
		t.Fatal(err)
	}
	admin := s.Database.Connect(t, "postgres")
	for _, sql := range []string{string(seed), seedInOneChapter} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	app := newSlowApp(t, s)

	// The function is warm.
	first, _ := app.page(t, "gzip", "")
	plain, plainCost := app.page(t, "identity", "")
	cold, coldCost := app.page(t, "gzip", "")
	cached, cachedCost := app.page(t, "gzip", cold.etag)
	app.keepConnection(t)
	_, openCost := app.page(t, "gzip", "")
	openCached, openCachedCost := app.page(t, "gzip", cold.etag)

	if plain.mentors != 50 || cold.mentors != 50 || cold.etag == "" || cold.etag != first.etag {
		t.Fatalf("pages of %d and %d mentors, etags %q and %q", plain.mentors, cold.mentors, first.etag, cold.etag)
	}
	if cached.status != http.StatusNotModified || openCached.status != http.StatusNotModified || cached.body != 0 {
		t.Errorf("revalidated: %d with %d bytes, and %d", cached.status, cached.body, openCached.status)
	}
	if ratio := float64(cold.body) / float64(plain.body); ratio > 0.25 {
		t.Errorf("gzip leaves %.2f of the page", ratio)
	}
	if openCachedCost.answer >= 1024 {
		t.Errorf("a page that the app has costs %d bytes", openCachedCost.answer)
	}
	if coldCost.took < 3*slowRoundTrip || openCachedCost.took < slowRoundTrip {
		t.Errorf("%v and %v are less than the network's round trips", coldCost.took, openCachedCost.took)
	}

	t.Logf("a page of 50: %d bytes, %d with gzip (%.2f)", plain.body, cold.body, float64(cold.body)/float64(plain.body))
	for _, figure := range []struct {
		what string
		cost cost
	}{
		{"new connection, nothing kept, no gzip", plainCost},
		{"new connection, nothing kept", coldCost},
		{"new connection, page kept: 304", cachedCost},
		{"open connection, nothing kept", openCost},
		{"open connection, page kept: 304", openCachedCost},
	} {
		t.Logf("%-38s %5.2f s, %5d bytes up, %5d down", figure.what, figure.cost.took.Seconds(), figure.cost.request, figure.cost.answer)
	}
}

// slowApp loads the roster.
type slowApp struct {
	url, token string
	network    *network.Proxy
	client     *http.Client
}

type page struct {
	status, body, mentors int // body is in bytes, as sent
	etag                  string
}

// cost is that of one page; the bytes are those of the connection, including TLS.
type cost struct {
	took            time.Duration
	request, answer int
}

func newSlowApp(t *testing.T, s *deployment.Deployment) *slowApp {
	t.Helper()
	target, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	secure := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }})
	secure.StartTLS() // HTTP/1.1 only, like function URLs
	t.Cleanup(secure.Close)
	between, address := network.Before(t, secure.URL)
	between.Shape(slowRoundTrip, slowBandwidth)
	client := secure.Client()
	client.Transport.(*http.Transport).DisableKeepAlives = true
	return &slowApp{
		url: address + "/functions/v1/roster", token: s.Project.Token(endpoint.Coordinator),
		network: between, client: client,
	}
}

// keepConnection loads the following pages over an open connection.
func (a *slowApp) keepConnection(t *testing.T) {
	t.Helper()
	a.client.Transport.(*http.Transport).DisableKeepAlives = false
	a.page(t, "gzip", "")
}

// page loads the first page, in the content coding, unless the app already has it
// under this etag.
func (a *slowApp) page(t *testing.T, coding, etag string) (page, cost) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+a.token)
	request.Header.Set("Accept-Encoding", coding)
	if etag != "" {
		request.Header.Set("If-None-Match", etag)
	}
	a.network.Carried()
	begun := time.Now()
	response, err := a.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := page{status: response.StatusCode, body: len(body), etag: response.Header.Get("etag")}
	if p.status == http.StatusOK {
		p.mentors = mentors(t, response.Header.Get("Content-Encoding"), body)
	}
	c := cost{took: time.Since(begun)}
	c.request, c.answer = a.network.Carried()
	return p, c
}

// mentors counts the mentors of a page.
func mentors(t *testing.T, coding string, body []byte) int {
	t.Helper()
	reader := io.Reader(bytes.NewReader(body))
	if coding == "gzip" {
		var err error
		if reader, err = gzip.NewReader(reader); err != nil {
			t.Fatal(err)
		}
	}
	var roster struct {
		Mentors []json.RawMessage `json:"mentors"`
	}
	if err := json.NewDecoder(reader).Decode(&roster); err != nil {
		t.Fatal(err)
	}
	return len(roster.Mentors)
}
