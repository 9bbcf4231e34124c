package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"mentorpause/local/authserver"
	"mentorpause/local/endpoint"
	"mentorpause/shared/auth"
)

func TestMain(m *testing.M) {
	endpoint.Main(m, "invite", endpoint.Unsaid{
		"TestInvitationsAreRefused/no address":         "OpenAPI doesn't say what an address is",
		"TestInvitationsAreRefused/no address known":   "what is known only the database says",
		"TestInvitationsAreRefused/refused by Auth":    "Supabase Auth is stricter than the database",
		"TestInvitationsAreRefused/an identity number": "OpenAPI can't say what a national identity number is",
	})
}

// key is an idempotency key.
const key = "8e03978e-40d5-43e8-bc93-6894a57f9324"

// The people of every test, beside those of package endpoint.
const (
	administrator = "00000000-0000-4000-8000-0000000000d1" // of Oslo
	office        = "00000000-0000-4000-8000-0000000000d2" // of the organisation
	nils          = "00000000-0000-4000-8000-0000000000d3" // of Oslo, nils@example.org, without a login
	address       = "nils@example.org"
)

// fields are a body.
type fields map[string]any

// bundle is the function with a Supabase Auth.
type bundle struct {
	*endpoint.Bundle
	users  *authserver.Users
	server *httptest.Server

	// before and after are called around each request to Supabase Auth, with "POST /invite",
	// say; before may answer itself, and then returns true.
	mu     sync.Mutex
	before func(request string, w http.ResponseWriter, r *http.Request) (answered bool)
	after  func(request string)
	asked  []string
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{Bundle: endpoint.New(t, build(nil))}
	b.exec(t, `
		insert into public.profiles (id, display_name, locale) values ('`+administrator+`', 'Anne Admin', 'nb'), ('`+office+`', 'Olga Office', 'nb'), ('`+nils+`', 'Nils Ny', 'nn_NO');
		insert into public.chapter_memberships (chapter_id, user_id, role, started_at) values
			('`+endpoint.Oslo+`', '`+administrator+`', 'administrator', now() - interval '9 days'), ('`+endpoint.Oslo+`', '`+nils+`', 'mentor', now() - interval '9 days');
		insert into public.organisation_administrators (user_id) values ('`+office+`');
		insert into public.contacts (person_id, email) values ('`+nils+`', '`+address+`')`)
	var err error
	b.users, err = authserver.NewUsers(t.Context(), b.Project, b.Database.URL("supabase_auth_admin"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.users.Close)
	b.server = httptest.NewServer(b.wrap(b.users.Handler()))
	t.Cleanup(b.server.Close)
	b.connect(b.Project.SecretKey)
	return b
}

// connect gives the function a key of the project.
func (b *bundle) connect(secretKey string) {
	b.Endpoint = build(auth.NewAdmin(b.server.URL, secretKey))(b.DB, b.Endpoint.Verifier, b.Endpoint.Log)
}

func (b *bundle) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/auth/v1")
		b.mu.Lock()
		b.asked = append(b.asked, request)
		before, after := b.before, b.after
		b.mu.Unlock()
		if before != nil && before(request, w, r) {
			return
		}
		// Whatever happens after it has happened before the function is told.
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		if after != nil {
			after(request)
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes())
	})
}

// around sets what happens around the requests to Supabase Auth.
func (b *bundle) around(before func(string, http.ResponseWriter, *http.Request) bool, after func(string)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.before, b.after = before, after
}

func (b *bundle) exec(t testing.TB, statements string) {
	t.Helper()
	if _, err := b.Database.Connect(t, "postgres").PgConn().Exec(t.Context(), statements).ReadAll(); err != nil {
		t.Fatal(err)
	}
}

// text returns the single value of a query.
func (b *bundle) text(t testing.TB, query string) (value string) {
	t.Helper()
	if err := b.Database.Connect(t, "postgres").QueryRow(t.Context(), query).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

// invited invites with a key of its own, unless one is given.
func (b *bundle) invited(t testing.TB, user string, body any, keys ...string) events.LambdaFunctionURLResponse {
	t.Helper()
	event := b.Post(user, body)
	for _, key := range keys {
		event.Headers["idempotency-key"] = key
	}
	return b.Invoke(t, event)
}

// wantInvited checks an answer, and what it means: one login with the person's id and this
// address, the same contact, and so many rows of the log.
func (b *bundle) wantInvited(t testing.TB, response events.LambdaFunctionURLResponse, person, email string, logged string) {
	t.Helper()
	want := `{"invitation": {"email": "` + email + `", "person_id": "` + person + `"}}`
	if response.StatusCode != 200 || response.Body != want {
		t.Fatalf("%d %s, want %s; logged %s", response.StatusCode, response.Body, want, b.Log)
	}
	got := b.text(t, `select coalesce(string_agg(concat_ws(' ', u.email, u.email_confirmed_at is null, u.invited_at is not null), ','), '') from auth.users u where u.id = '`+person+`'`)
	if got != email+" t t" {
		t.Errorf("login %q", got)
	}
	if got := b.text(t, `select c.email from public.contacts c where c.person_id = '`+person+`'`); got != email {
		t.Errorf("contact %q", got)
	}
	if got := b.text(t, `select count(*)::text from public.people_log l where l.person_id = '`+person+`' and l.command = 'invite' and l.after ->> 'email' = '`+email+`'`); got != logged {
		t.Errorf("logged %s times, want %s", got, logged)
	}
}

// nothingLeft checks that neither the person's login nor the address is anywhere.
func (b *bundle) nothingLeft(t testing.TB) {
	t.Helper()
	if got := b.text(t, `select count(*)::text from auth.users u where u.id = '`+nils+`' or u.email = '`+address+`'`); got != "0" {
		t.Errorf("%s logins are left", got)
	}
	if got := b.text(t, `select count(*)::text from public.contacts c where c.email = '`+address+`'`); got != "0" {
		t.Errorf("%s contacts are left", got)
	}
}

// call sends a request to Supabase Auth, as a page does.
func (b *bundle) call(t testing.TB, path string, body fields) (status int, answer map[string]any) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL+"/auth/v1"+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("apikey", "sb_publishable_x")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil || json.Unmarshal(content, &answer) != nil {
		t.Fatalf("%s: %v %s", path, err, content)
	}
	return response.StatusCode, answer
}

func TestWhoIsInvitedSignsIn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wantInvited(t, b.invited(t, administrator, fields{"person_id": strings.ToUpper(nils)}), nils, address, "1")
	if got := b.text(t, "select u.raw_user_meta_data ->> 'locale' from auth.users u where u.id = '"+nils+"'"); got != "nn" {
		t.Errorf("the e-mail's language is %q", got)
	}

	status, session := b.call(t, "/verify", fields{"type": "email", "email": address, "token": b.users.Code(address)})
	if status != 200 {
		t.Fatalf("%d %v", status, session)
	}
	caller, err := b.Endpoint.Verifier.Verify(t.Context(), "Bearer "+session["access_token"].(string))
	if err != nil || caller.UserID != nils {
		t.Errorf("signed in as %q, %v", caller.UserID, err)
	}
	endpoint.WantRefusal(t, b.invited(t, administrator, fields{"person_id": nils}), 409, "already_exists")
}

func TestAnUnconfirmedInvitationIsSentAgain(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.wantInvited(t, b.invited(t, administrator, fields{"person_id": nils, "email": nil}), nils, address, "1")
	first := b.users.Code(address)
	b.wantInvited(t, b.invited(t, office, fields{"person_id": nils}), nils, address, "2")
	if second := b.users.Code(address); second == "" || second == first {
		t.Errorf("codes %s, then %s", first, second)
	}

	// A slip of the pen: the login gets the other address, and the old one is nobody's.
	b.wantInvited(t, b.invited(t, administrator, fields{"person_id": nils, "email": " Nils.Ny@Example.org "}), nils, "nils.ny@example.org", "1")
	if got := b.text(t, "select count(*)::text from auth.users"); got != "1" {
		t.Errorf("%s logins", got)
	}
	if status, _ := b.call(t, "/verify", fields{"type": "email", "email": address, "token": first}); status != 403 {
		t.Errorf("the code that went to the old address: %d", status)
	}
}

func TestARepeatedInvitationGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.invited(t, administrator, fields{"person_id": nils}, key)
	sent := len(b.asked)
	again := b.invited(t, administrator, fields{"person_id": nils}, `"`+strings.ToUpper(key)+`"`)
	b.wantInvited(t, again, nils, address, "1")
	if again.Body != first.Body || again.Headers["idempotent-replayed"] != "true" || first.Headers["idempotent-replayed"] != "" || len(b.asked) != sent {
		t.Errorf("replayed %q, Supabase Auth was asked %q", again.Headers["idempotent-replayed"], b.asked)
	}
	endpoint.WantRefusal(t, b.invited(t, administrator, fields{"person_id": nils, "email": "other@example.org"}, key), 422, "idempotency_key_reused")
	endpoint.WantRefusal(t, b.invited(t, administrator, fields{"person_id": nils}, endpoint.KeyMade(time.Now().Add(-72*time.Hour-time.Second))), 409, "request_expired")
	endpoint.WantRefusal(t, b.invited(t, administrator, fields{"person_id": nils}, "x"), 400, "invalid_request")

	// Of somebody who was erased since, the kept answer has the id only.
	b.erase(t)
	kept := b.invited(t, administrator, fields{"person_id": nils}, key)
	if kept.StatusCode != 200 || kept.Body != `{"invitation": {"person_id": "`+nils+`"}}` {
		t.Errorf("%d %s", kept.StatusCode, kept.Body)
	}
	b.nothingLeft(t)
}

func TestInvitationsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.exec(t, `insert into auth.users (id, email, email_confirmed_at) values ('`+endpoint.Mentor+`', 'aase@example.org', now()), (gen_random_uuid(), 'stranger@example.org', now());
		insert into public.profiles (id, display_name) values ('00000000-0000-4000-8000-0000000000d4', 'Olga Ny');
		insert into public.organisation_administrators (user_id) values ('00000000-0000-4000-8000-0000000000d4');
		insert into public.chapter_memberships (chapter_id, user_id, role) values ('`+endpoint.Oslo+`', '00000000-0000-4000-8000-0000000000d4', 'mentor')`)
	before := b.text(t, "select count(*)::text from auth.users")
	for name, test := range map[string]struct {
		user    string
		body    any
		status  int
		code    string
		details string
	}{
		"nobody":                    {administrator, fields{}, 400, "invalid_request", "person_id"},
		"no id":                     {administrator, fields{"person_id": "x"}, 400, "invalid_request", "person_id"},
		"an unknown field":          {administrator, fields{"person_id": nils, "name": "x"}, 400, "invalid_request", "name"},
		"an address that is a list": {administrator, fields{"person_id": nils, "email": []string{address}}, 400, "invalid_request", "email"},
		"no address":                {administrator, fields{"person_id": nils, "email": "nils"}, 400, "invalid_request", "email"},
		"no address known":          {administrator, fields{"person_id": endpoint.Expired}, 400, "invalid_request", "email"},
		"an identity number":        {administrator, fields{"person_id": nils, "email": "01019010046@example.org"}, 400, "invalid_request", "email"},
		"refused by Auth":           {administrator, fields{"person_id": nils, "email": "nils@localhost"}, 400, "invalid_request", "email"},
		"by a coordinator":          {endpoint.Coordinator, fields{"person_id": nils}, 403, "not_an_administrator", ""},
		"of another chapter":        {administrator, fields{"person_id": endpoint.BergenMentor, "email": "per@example.org"}, 404, "not_found", ""},
		"of nobody":                 {office, fields{"person_id": endpoint.Nobody, "email": "x@example.org"}, 404, "not_found", ""},
		"who has a login":           {administrator, fields{"person_id": endpoint.Mentor}, 409, "already_exists", ""},
		"to another's contact":      {administrator, fields{"person_id": endpoint.Expired, "email": address}, 409, "in_use", "email"},
		"to another's login":        {administrator, fields{"person_id": nils, "email": "aase@example.org"}, 409, "in_use", "email"},
		"to a stranger's login":     {administrator, fields{"person_id": nils, "email": "Stranger@example.org"}, 409, "in_use", "email"},
		"in the office's place":     {administrator, fields{"person_id": "00000000-0000-4000-8000-0000000000d4", "email": "mine@example.org"}, 404, "not_found", ""},
		"text":                      {administrator, `"x"`, 400, "invalid_request", ""},
	} {
		t.Run(name, func(t *testing.T) {
			refused := endpoint.WantRefusal(t, b.invited(t, test.user, test.body), test.status, test.code)
			if details := refused.Details; (details == nil) != (test.details == "") || details != nil && *details != test.details {
				t.Errorf("%+v", refused)
			}
		})
	}
	if after := b.text(t, "select count(*)::text from auth.users"); after != before {
		t.Errorf("%s logins, before %s", after, before)
	}
	if got := b.text(t, "select count(*)::text from public.people_log l where l.command = 'invite'"); got != "0" {
		t.Errorf("%s rows of the log", got)
	}
}

// Whatever Supabase Auth does, the same request can be sent again, and comes out right.
func TestSupabaseAuthIsUnavailable(t *testing.T) {
	t.Parallel()
	answer := func(status int, code string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("content-type", "application/json")
			w.WriteHeader(status)
			w.Write([]byte(`{"code":` + code + `,"message":"` + address + `"}`))
		}
	}
	hangUp := func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }
	silence := func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // else the server does not notice that the client has gone
		<-r.Context().Done()
	}
	for _, step := range []string{"POST /admin/users", "POST /invite"} {
		for name, fault := range map[string]struct {
			answer func(http.ResponseWriter, *http.Request)
			status int
			code   string
		}{
			"broken":     {answer(500, `"unexpected_failure"`), 503, "auth_unavailable"},
			"overloaded": {answer(503, `503`), 503, "auth_unavailable"},
			"too often":  {answer(429, `"over_email_send_rate_limit"`), 503, "auth_unavailable"},
			"gone":       {hangUp, 503, "auth_unavailable"},
			"silent":     {silence, 503, "auth_unavailable"},
			"refusing":   {answer(403, `"not_admin"`), 500, "internal_error"},
			"elsewhere":  {answer(404, `"not_found"`), 500, "internal_error"},
		} {
			t.Run(name+" at "+step, func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				b.around(func(request string, w http.ResponseWriter, r *http.Request) bool {
					if request == step {
						fault.answer(w, r)
						return true
					}
					return false
				}, nil)
				event := b.Post(administrator, fields{"person_id": nils})
				event.Headers["idempotency-key"] = key
				ctx, cancel := context.WithTimeout(t.Context(), recordTime+4*time.Second)
				defer cancel()
				response := b.InvokeContext(t, ctx, event)
				endpoint.WantRefusal(t, response, fault.status, fault.code)
				if (response.Headers["retry-after"] != "") != (fault.status == 503) {
					t.Errorf("retry-after %q", response.Headers["retry-after"])
				}
				if ctx.Err() != nil {
					t.Error("answered after the deadline")
				}
				if logged := b.Log.String(); strings.Contains(logged, address) || strings.Contains(logged, b.Project.SecretKey) || !strings.Contains(logged, nils) {
					t.Errorf("logged %s", logged)
				}
				if got := b.text(t, "select count(*)::text from public.people_log l where l.command = 'invite'"); got != "0" {
					t.Errorf("%s rows of the log", got)
				}

				b.around(nil, nil)
				b.wantInvited(t, b.Invoke(t, event), nils, address, "1")
			})
		}
	}
}

// Killed after any step, the same request goes on from there.
func TestAnInvitationThatWasKilledGoesOn(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"POST /admin/users", "POST /invite"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			ctx, kill := context.WithCancel(t.Context())
			b.around(nil, func(request string) {
				if request == step {
					kill()
				}
			})
			event := b.Post(administrator, fields{"person_id": nils})
			event.Headers["idempotency-key"] = key
			if response := b.InvokeContext(t, ctx, event); response.StatusCode < 500 {
				t.Fatalf("not killed: %d %s", response.StatusCode, response.Body)
			}
			b.around(nil, nil)
			b.wantInvited(t, b.Invoke(t, event), nils, address, "1")
		})
	}
}

// Whenever a person is erased while being invited, nothing is left of either.
func TestWhoIsErasedMeanwhileIsNotInvited(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"POST /admin/users", "POST /invite"} {
		for _, after := range []bool{false, true} {
			name := "before " + step
			if after {
				name = "after " + step
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				var once sync.Once
				erase := func(request string) {
					if request == step {
						once.Do(func() { b.erase(t) })
					}
				}
				if after {
					b.around(nil, erase)
				} else {
					b.around(func(request string, _ http.ResponseWriter, _ *http.Request) bool { erase(request); return false }, nil)
				}
				endpoint.WantRefusal(t, b.invited(t, administrator, fields{"person_id": nils}), 404, "not_found")
				b.nothingLeft(t)
			})
		}
	}
	t.Run("killed, too", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ctx, kill := context.WithCancel(t.Context())
		b.around(func(request string, _ http.ResponseWriter, _ *http.Request) bool { b.erase(t); return false },
			func(string) { kill() })
		event := b.Post(administrator, fields{"person_id": nils})
		b.InvokeContext(t, ctx, event)
		if got := b.text(t, "select count(*)::text from auth.users u where u.id = '"+nils+"'"); got != "1" {
			t.Fatalf("%s logins: this test proves nothing", got)
		}
		b.around(nil, nil)
		endpoint.WantRefusal(t, b.Invoke(t, event), 404, "not_found")
		b.nothingLeft(t)
	})
}

func (b *bundle) erase(t testing.TB) {
	t.Helper()
	conn := b.Database.Connect(t, "postgres")
	for _, statement := range []string{
		"select set_config('request.jwt.claims', '" + string(b.Claims(office)) + "', false)",
		"select public.erase_person('" + nils + "')",
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// Two who invite the same person at once: one login, and what is recorded is true.
func TestTwoInvitationsAtOnce(t *testing.T) {
	t.Parallel()
	for name, addresses := range map[string][2]string{
		"to one address":      {address, address},
		"to two addresses":    {address, "nils.ny@example.org"},
		"of one known before": {"", "nils.ny@example.org"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 6 {
				b := setup(t)
				var (
					both      sync.WaitGroup
					succeeded atomic.Int32
				)
				for n, user := range []string{administrator, office} {
					body := fields{"person_id": nils}
					if addresses[n] != "" {
						body["email"] = addresses[n]
					}
					event := b.Post(user, body)
					event.Headers["idempotency-key"] = uuid.NewString()
					both.Go(func() {
						switch response := b.Invoke(t, event); response.Headers["sb-error-code"] {
						case "":
							succeeded.Add(1)
						case "request_in_progress":
						default:
							t.Errorf("%d %s", response.StatusCode, response.Body)
						}
					})
				}
				both.Wait()
				if succeeded.Load() == 0 {
					t.Error("nobody was invited")
				}
				// One login, and the contact and the last row of the log are its address.
				got := b.text(t, `select concat_ws(' ', count(*), bool_and(u.id = '`+nils+`'), bool_and(u.email = (select c.email from public.contacts c where c.person_id = u.id)),
					bool_and(u.email = (select l.after ->> 'email' from public.people_log l where l.command = 'invite' order by l.id desc limit 1))) from auth.users u`)
				if got != "1 t t t" {
					t.Errorf("%s, of %d that succeeded", got, succeeded.Load())
				}
			}
		})
	}
}

// A login that Supabase Auth finds instead of the person's is somebody's: nobody is erased
// with it.
func TestTheLoginOfSomebodyElseStays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.around(func(request string, _ http.ResponseWriter, _ *http.Request) bool {
		if request == "POST /invite" {
			b.exec(t, `update auth.users set email = 'nils.ny@example.org' where id = '`+nils+`';
				insert into auth.users (id, aud, role, email) values ('`+endpoint.Expired+`', 'authenticated', 'authenticated', '`+address+`') on conflict do nothing`)
		}
		return false
	}, nil)
	endpoint.WantRefusal(t, b.invited(t, administrator, fields{"person_id": nils}), 409, "in_use")
	if slices.ContainsFunc(b.asked, func(request string) bool { return strings.HasPrefix(request, "DELETE") }) {
		t.Errorf("Supabase Auth was asked %q", b.asked)
	}
	got := b.text(t, `select concat_ws(' ', (select p.display_name from public.profiles p where p.id = u.id), u.email) from auth.users u where u.id = '`+endpoint.Expired+`'`)
	if got != "Ola Utløpt "+address {
		t.Errorf("%q", got)
	}
}

func TestTwoPeopleAtOneAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var both sync.WaitGroup
	codes := make([]string, 2)
	for n, person := range []string{endpoint.Expired, endpoint.Mentor} {
		event := b.Post(administrator, fields{"person_id": person, "email": "shared@example.org"})
		both.Go(func() { codes[n] = b.Invoke(t, event).Headers["sb-error-code"] })
	}
	both.Wait()
	slices.Sort(codes)
	if codes[0] != "" || codes[1] != "in_use" {
		t.Errorf("%q", codes)
	}
	if got := b.text(t, "select count(*)::text from auth.users u where u.email = 'shared@example.org'"); got != "1" {
		t.Errorf("%s logins", got)
	}
}

// A key of the new kind is no token; a legacy one is.
func TestBothKindsOfKey(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key    func(*authserver.Project) string
		bearer bool
		works  bool
	}{
		"secret key":          {func(p *authserver.Project) string { return p.SecretKey }, false, true},
		"legacy service_role": {func(p *authserver.Project) string { return p.APIKey("service_role") }, true, true},
		"legacy anon":         {func(p *authserver.Project) string { return p.APIKey("anon") }, true, false},
		"another project's":   {func(*authserver.Project) string { return "sb_secret_x" }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.connect(test.key(b.Project))
			var bearers atomic.Int32
			b.around(func(_ string, _ http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("apikey") != test.key(b.Project) && !test.bearer {
					t.Errorf("apikey %q", r.Header.Get("apikey"))
				}
				if r.Header.Get("Authorization") != "" {
					bearers.Add(1)
				}
				return false
			}, nil)
			response := b.invited(t, administrator, fields{"person_id": nils})
			if (bearers.Load() > 0) != test.bearer {
				t.Errorf("%d requests with a token", bearers.Load())
			}
			if test.works {
				b.wantInvited(t, response, nils, address, "1")
			} else {
				endpoint.WantRefusal(t, response, 500, "internal_error")
			}
		})
	}
}

// What every function answers.
func TestOtherRequestsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	endpoint.WantPreflight(t, b.Invoke(t, b.Preflight()), "POST, OPTIONS")
	post := func(b *endpoint.Bundle) events.LambdaFunctionURLRequest {
		return b.Post(administrator, fields{"person_id": nils})
	}
	event := post(b.Bundle)
	delete(event.Headers, "authorization")
	endpoint.WantRefusal(t, b.Invoke(t, event), 401, "unauthenticated")
	endpoint.WantRefusal(t, b.Invoke(t, b.Get(administrator, "")), 405, "method_not_allowed")
	endpoint.WantRefusal(t, b.invited(t, administrator, fields{"person_id": nils, "email": strings.Repeat("x", 17<<10)}), 413, "payload_too_large")
	event = post(b.Bundle)
	event.Headers["content-type"] = "text/plain"
	endpoint.WantRefusal(t, b.Invoke(t, event), 415, "unsupported_media_type")
	withoutDatabase, withoutKeys := endpoint.NewWithoutDatabase(t, build(nil)), endpoint.NewWithoutKeys(t, build(nil))
	endpoint.WantRefusal(t, withoutDatabase.Invoke(t, post(withoutDatabase)), 503, "database_unavailable")
	endpoint.WantRefusal(t, withoutKeys.Invoke(t, post(withoutKeys)), 503, "auth_unavailable")

	// Recording waits for the person; the same request meanwhile is in progress.
	release := b.HoldMentor(t, nils)
	event = post(b.Bundle)
	event.Headers["idempotency-key"] = key
	ctx, cancel := context.WithTimeout(t.Context(), recordTime+4*time.Second)
	defer cancel()
	first := make(chan events.LambdaFunctionURLResponse, 1)
	go func() { first <- b.InvokeContext(t, ctx, event) }()
	b.AwaitLock(t)
	endpoint.WantRefusal(t, b.Invoke(t, event), 409, "request_in_progress")
	endpoint.WantRefusal(t, <-first, 504, "deadline_exceeded")
	release()
	b.wantInvited(t, b.Invoke(t, event), nils, address, "1")

	b.exec(t, "alter table public.contacts rename to lost")
	endpoint.WantRefusal(t, b.Invoke(t, post(b.Bundle)), 500, "internal_error")
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	for locale, want := range map[string]string{"nb": "nb", "nn_NO": "nn", "nno": "nn", "en-GB": "en", "se": "nb", "": "nb"} {
		if got := languageOf(locale); got != want {
			t.Errorf("%q: %s", locale, got)
		}
	}
}
