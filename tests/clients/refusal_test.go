package clients_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mentorpause/local/authserver"
	"mentorpause/local/deployment"
	"mentorpause/local/endpoint"
	"mentorpause/local/testdb"
)

// arguments are an RPC's, by name.
type arguments map[string]any

// administrator of Oslo, in addition to package endpoint's people.
const administrator = "00000000-0000-4000-8000-0000000000d1"

// roads are the two APIs to the RPCs of one database.
type roads struct {
	*deployment.Deployment
	rpc *rpc

	mu      sync.Mutex
	refused map[site]bool // the sites that have refused
}

// site is a place in the database's functions that refuses.
type site struct {
	function string
	line     int // of its body
}

func (s site) String() string { return fmt.Sprintf("%s, line %d", s.function, s.line) }

func newRoads(t *testing.T) *roads {
	t.Helper()
	s := deployment.Start(t)
	_, err := s.Database.Connect(t, "postgres").Exec(t.Context(), `
		with named as (insert into public.profiles (id, display_name) values ($1, 'Anne Admin') returning id)
		insert into public.chapter_memberships (chapter_id, user_id, role) select $2, id, 'administrator' from named`,
		administrator, endpoint.Oslo)
	if err != nil {
		t.Fatal(err)
	}
	return &roads{Deployment: s, rpc: newRPC(t, s), refused: map[site]bool{}}
}

// byRPC calls like PostgREST, with the claims of the caller's token.
func (r *roads) byRPC(t *testing.T, claims testdb.Claims, function string, args any) reply {
	t.Helper()
	answer, raised := r.rpc.call(claims, function, encode(t, args))
	if raised == nil {
		return answer
	}
	// In the call stack, the line after private.refuse is its caller.
	at := regexp.MustCompile(`PL/pgSQL function private\.(\w+)\([^)]*\) line (\d+) at PERFORM`).FindStringSubmatch(raised.Where)
	if raised.Code == "PGRST" && at != nil {
		line, err := strconv.Atoi(at[2])
		if err != nil {
			t.Fatal(err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.refused[site{at[1], line}] = true
	}
	return answer
}

// byFunction calls the function's URL with the RPC's arguments.
func (r *roads) byFunction(t *testing.T, token, function string, args arguments) reply {
	t.Helper()
	body := maps.Clone(args)
	headers := map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json"}
	for ofRPC, ofFunction := range map[string]string{"page_limit": "limit", "page_cursor": "cursor"} {
		if value, ok := body[ofRPC]; ok {
			delete(body, ofRPC)
			body[ofFunction] = value
		}
	}
	if id, ok := body["request_id"]; ok {
		delete(body, "request_id")
		headers["Idempotency-Key"] = id.(string)
	}
	return r.post(t, function, headers, encode(t, body))
}

func (r *roads) post(t *testing.T, function string, headers map[string]string, body []byte) reply {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.FunctionURL(function), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer := reply{status: response.StatusCode, header: map[string]string{}}
	for name := range response.Header {
		answer.header[strings.ToLower(name)] = response.Header.Get(name)
	}
	if answer.body, err = io.ReadAll(response.Body); err != nil {
		t.Fatal(err)
	}
	return answer
}

// must is a call by RPC that has to succeed.
func (r *roads) must(t *testing.T, user, function string, args arguments) []byte {
	t.Helper()
	answer := r.byRPC(t, testdb.User(user), function, args)
	if answer.status >= 300 {
		t.Fatalf("%s: %d %s", function, answer.status, answer.body)
	}
	return answer.body
}

func encode(t *testing.T, value any) []byte {
	t.Helper()
	if text, ok := value.(string); ok {
		return []byte(text)
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

// shown is what a caller sees of an error.
type shown struct {
	Status int
	Header string // sb-error-code
	Body   map[string]any
}

func show(t *testing.T, r reply) shown {
	t.Helper()
	s := shown{Status: r.status, Header: r.header["sb-error-code"]}
	if err := json.Unmarshal(r.body, &s.Body); err != nil {
		t.Fatalf("body %q: %v", r.body, err)
	}
	return s
}

// TestRefusalsOfBothAPIs calls each function and the RPC behind it with the same
// arguments on the same state, and compares what the callers see: status, code,
// message, details, hint and the header. It then checks that every place in the
// database that refuses has done so.
func TestRefusalsOfBothAPIs(t *testing.T) {
	t.Parallel()
	r := newRoads(t)
	mentors := addMentors(t, r.Deployment, 4)
	active, paused, keyUsed, inProgress := mentors[0], mentors[1], mentors[2], mentors[3]
	pausing := func(mentor any, more arguments) arguments {
		args := arguments{"mentor_id": mentor, "pause_reason": "Eksamen"}
		maps.Copy(args, more)
		return args
	}

	// The state, which no refusal changes.
	r.must(t, endpoint.Coordinator, "pause_mentor", pausing(paused, nil))
	key := uuid.NewString()
	r.must(t, endpoint.Coordinator, "pause_mentor", pausing(keyUsed, arguments{"request_id": key}))
	var page struct {
		Cursor string `json:"next_cursor"`
	}
	if err := json.Unmarshal(r.must(t, endpoint.Coordinator, "coordinator_roster", arguments{"page_limit": 1}), &page); err != nil {
		t.Fatal(err)
	}
	pending := r.hold(t, "pause_mentor", pausing(inProgress, arguments{}))

	const (
		pause      = "pause_mentor"
		reactivate = "reactivate_mentor"
		roster     = "coordinator_roster"
	)
	functions := map[string]string{pause: "pause", reactivate: "reactivate", roster: "roster"}
	today := r.today(t)

	// The cases run in parallel within this group.
	t.Run("both", func(t *testing.T) {
		for name, c := range map[string]struct {
			rpc  string
			args arguments
			code string
			user string // Coordinator, if empty

			// Before the call, the function checks the form of the request, with a
			// message that suits JSON and query. Code, status, details and hint are
			// those of the RPC.
			ownWords bool
		}{
			"already paused":                    {rpc: pause, args: pausing(paused, nil), code: "already_paused"},
			"another version":                   {rpc: pause, args: pausing(paused, arguments{"expected_version": 7}), code: "version_conflict"},
			"a version of no pause":             {rpc: pause, args: pausing(active, arguments{"expected_version": 1}), code: "version_conflict"},
			"a mentor of another chapter":       {rpc: pause, args: pausing(endpoint.BergenMentor, nil), code: "mentor_not_found"},
			"nobody":                            {rpc: pause, args: pausing(endpoint.Nobody, nil), code: "mentor_not_found"},
			"by a former coordinator":           {rpc: pause, args: pausing(active, nil), code: "not_a_coordinator", user: endpoint.Former},
			"an empty reason":                   {rpc: pause, args: pausing(active, arguments{"pause_reason": " \u00a0\n"}), code: "invalid_request"},
			"a reason of 501 characters":        {rpc: pause, args: pausing(active, arguments{"pause_reason": strings.Repeat("å", 501)}), code: "invalid_request"},
			"a reason that nobody can see":      {rpc: pause, args: pausing(active, arguments{"pause_reason": "\u200b"}), code: "invalid_request"},
			"no reason":                         {rpc: pause, args: pausing(active, arguments{"pause_reason": nil}), code: "invalid_request", ownWords: true},
			"no mentor":                         {rpc: pause, args: pausing(nil, nil), code: "invalid_request", ownWords: true},
			"a return today":                    {rpc: pause, args: pausing(active, arguments{"expected_return_date": today}), code: "invalid_request"},
			"a return in a hundred years":       {rpc: pause, args: pausing(active, arguments{"expected_return_date": "2126-01-01"}), code: "invalid_request"},
			"a key of another request":          {rpc: pause, args: pausing(keyUsed, arguments{"request_id": key, "pause_reason": "Ferie"}), code: "idempotency_key_reused"},
			"a key of another RPC":              {rpc: reactivate, args: arguments{"mentor_id": keyUsed, "request_id": key}, code: "idempotency_key_reused"},
			"a request in progress":             {rpc: pause, args: pausing(inProgress, arguments{"request_id": pending}), code: "request_in_progress"},
			"not paused":                        {rpc: reactivate, args: arguments{"mentor_id": active}, code: "not_paused"},
			"not paused in any version":         {rpc: reactivate, args: arguments{"mentor_id": active, "expected_version": 3}, code: "not_paused"},
			"reactivation of another version":   {rpc: reactivate, args: arguments{"mentor_id": paused, "expected_version": 7}, code: "version_conflict"},
			"reactivation while expired":        {rpc: reactivate, args: arguments{"mentor_id": endpoint.Expired}, code: "certification_expired"},
			"reactivation elsewhere":            {rpc: reactivate, args: arguments{"mentor_id": endpoint.BergenMentor}, code: "mentor_not_found"},
			"reactivation by a former one":      {rpc: reactivate, args: arguments{"mentor_id": paused}, code: "not_a_coordinator", user: endpoint.Former},
			"reactivation of no mentor":         {rpc: reactivate, args: arguments{"mentor_id": nil}, code: "invalid_request", ownWords: true},
			"a roster of a former coordinator":  {rpc: roster, args: arguments{}, code: "not_a_coordinator", user: endpoint.Former},
			"a roster of another chapter":       {rpc: roster, args: arguments{"chapter_id": endpoint.Bergen}, code: "chapter_not_found"},
			"a roster of no chapter":            {rpc: roster, args: arguments{"chapter_id": endpoint.Nobody}, code: "chapter_not_found"},
			"a page of 0":                       {rpc: roster, args: arguments{"page_limit": 0}, code: "invalid_request", ownWords: true},
			"a page of 201":                     {rpc: roster, args: arguments{"page_limit": 201}, code: "invalid_request", ownWords: true},
			"a status that isn't one":           {rpc: roster, args: arguments{"status": []string{"asleep"}}, code: "invalid_request", ownWords: true},
			"a search of 201 characters":        {rpc: roster, args: arguments{"search": strings.Repeat("ø", 201)}, code: "invalid_request"},
			"a cursor that was altered":         {rpc: roster, args: arguments{"page_limit": 1, "page_cursor": "x" + page.Cursor}, code: "invalid_request"},
			"a cursor of other filters":         {rpc: roster, args: arguments{"search": "mentor", "page_cursor": page.Cursor}, code: "invalid_request"},
			"a cursor of another user's roster": {rpc: roster, args: arguments{"page_cursor": page.Cursor}, code: "invalid_request", user: administrator},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				if c.user == "" {
					c.user = endpoint.Coordinator
				}
				byRPC := show(t, r.byRPC(t, testdb.User(c.user), c.rpc, c.args))
				byFunction := show(t, r.byFunction(t, r.Project.Token(c.user), functions[c.rpc], c.args))
				if byRPC.Body["code"] != c.code {
					t.Errorf("by RPC %v, want %s", byRPC, c.code)
				}
				if c.ownWords {
					if byRPC.Body["message"] == byFunction.Body["message"] {
						t.Errorf("both say %q: this is no case of its own words", byRPC.Body["message"])
					}
					delete(byRPC.Body, "message")
					delete(byFunction.Body, "message")
				}
				if diff := cmp.Diff(byRPC, byFunction); diff != "" {
					t.Errorf("the APIs differ (-RPC +function):\n%s", diff)
				}
			})
		}

		// The function refuses a token without sub itself; PostgREST lets it in.
		for rpc, args := range map[string]arguments{pause: pausing(active, nil), reactivate: {"mentor_id": paused}, roster: {}} {
			t.Run(rpc+" of nobody", func(t *testing.T) {
				t.Parallel()
				byRPC := show(t, r.byRPC(t, testdb.Claims{"role": "authenticated"}, rpc, args))
				token := r.Project.Token("", authserver.Without("sub"))
				byFunction := show(t, r.byFunction(t, token, functions[rpc], args))
				if byRPC.Body["code"] != "unauthenticated" {
					t.Errorf("by RPC %v", byRPC)
				}
				if diff := cmp.Diff(byRPC, byFunction); diff != "" {
					t.Errorf("the APIs differ (-RPC +function):\n%s", diff)
				}
			})
		}

		// These RPCs have no function: only the form can be checked.
		nobody, former, admin := testdb.Claims{"role": "authenticated"}, testdb.User(endpoint.Former), testdb.User(administrator)
		for name, c := range map[string]struct {
			rpc    string
			claims testdb.Claims
			args   arguments
			code   string
		}{
			"undelivered, by nobody":      {"acknowledge_undelivered", nobody, arguments{"notification_id": uuid.NewString()}, "unauthenticated"},
			"undelivered, none":           {"acknowledge_undelivered", admin, arguments{}, "invalid_request"},
			"undelivered, not there":      {"acknowledge_undelivered", admin, arguments{"notification_id": uuid.NewString()}, "not_found"},
			"address, by nobody":          {"allow_address", nobody, arguments{"person_id": uuid.NewString()}, "unauthenticated"},
			"address, of none":            {"allow_address", admin, arguments{}, "invalid_request"},
			"address, not theirs":         {"allow_address", admin, arguments{"person_id": uuid.NewString()}, "not_found"},
			"address, in progress":        {"allow_address", testdb.User(endpoint.Coordinator), arguments{"person_id": uuid.NewString(), "request_id": pending}, "request_in_progress"},
			"discrepancy, by nobody":      {"acknowledge_discrepancy", nobody, arguments{"discrepancy_id": 1}, "unauthenticated"},
			"discrepancy, by a former":    {"acknowledge_discrepancy", former, arguments{"discrepancy_id": 1}, "not_a_coordinator"},
			"discrepancy, not there":      {"acknowledge_discrepancy", admin, arguments{"discrepancy_id": 1}, "mentor_not_found"},
			"erasure, by nobody":          {"erase_person", nobody, arguments{"person_id": endpoint.Mentor}, "unauthenticated"},
			"erasure, of somebody else's": {"erase_person", admin, arguments{"person_id": endpoint.BergenMentor}, "mentor_not_found"},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				got := show(t, r.byRPC(t, c.claims, c.rpc, c.args))
				status := r.status(t, c.code)
				if got.Status != status || got.Header != c.code || got.Body["code"] != c.code || got.Body["message"] == "" || len(got.Body) != 4 {
					t.Errorf("%v, want %d %s", got, status, c.code)
				}
			})
		}
	})

	missed := r.sites(t)
	if len(missed) == 0 {
		t.Fatal("the database refuses nowhere")
	}
	for s := range r.refused {
		if !missed[s] {
			t.Errorf("refused at %s, which is not in the list of such places", s)
		}
		delete(missed, s)
	}
	for s := range missed {
		// Called by the scheduler's role, not by authenticated.
		if !strings.HasPrefix(s.function, "nightly_") {
			t.Errorf("no case is refused at %s", s)
		}
	}
}

// hold begins a request with a key of its own, and leaves it unfinished until the
// test and its session end.
func (r *roads) hold(t *testing.T, function string, args arguments) (key string) {
	t.Helper()
	key = uuid.NewString()
	args["request_id"] = key
	body := encode(t, args)
	var names map[string]json.RawMessage
	if err := json.Unmarshal(body, &names); err != nil {
		t.Fatal(err)
	}
	tx, err := r.Database.Connect(t, "authenticator").Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = tx.Exec(t.Context(),
		"select pg_catalog.set_config('role', 'authenticated', true), pg_catalog.set_config('request.jwt.claims', $1, true)",
		string(encode(t, testdb.User(endpoint.Coordinator))))
	if err != nil {
		t.Fatal(err)
	}
	statement, err := callStatement(t.Context(), tx, function, names)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), statement, string(body)); err != nil {
		t.Fatalf("%s: %v", function, err)
	}
	return key
}

// sites lists the places where the functions of the database refuse.
func (r *roads) sites(t *testing.T) map[site]bool {
	t.Helper()
	rows, err := r.Database.Connect(t, "postgres").Query(t.Context(),
		"select p.proname, p.prosrc from pg_proc p where p.pronamespace = 'private'::regnamespace")
	if err != nil {
		t.Fatal(err)
	}
	sites := map[site]bool{}
	var name, source string
	_, err = pgx.ForEachRow(rows, []any{&name, &source}, func() error {
		for i, line := range strings.Split(source, "\n") {
			if strings.Contains(line, "private.refuse(") {
				sites[site{name, i + 1}] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sites
}

// status returns a code's status in the database's table.
func (r *roads) status(t *testing.T, code string) (status int) {
	t.Helper()
	err := r.Database.Connect(t, "postgres").QueryRow(t.Context(),
		"select status from private.refusals() where code = $1", code).Scan(&status)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func (r *roads) today(t *testing.T) (today string) {
	t.Helper()
	if err := r.Database.Connect(t, "postgres").QueryRow(t.Context(), "select private.today()::text").Scan(&today); err != nil {
		t.Fatal(err)
	}
	return today
}

// TestErrorsThatAreNoRefusals shows what a caller of supabase.rpc sees of its own
// mistakes before an RPC runs. Those errors are PostgREST's and Postgres' own,
// which the project can't choose; the function has a code of its own for each.
// An app that uses rpc has to know both.
func TestErrorsThatAreNoRefusals(t *testing.T) {
	t.Parallel()
	r := newRoads(t)
	user, token := testdb.User(endpoint.Coordinator), r.Project.Token(endpoint.Coordinator)
	mentor := func(more string) string {
		return fmt.Sprintf(`{"mentor_id": %q, "pause_reason": "Eksamen"%s}`, endpoint.Mentor, more)
	}
	for name, c := range map[string]struct {
		body                 string
		rpcStatus, ownStatus int
		rpcCode, ownCode     string
	}{
		"no UUID":             {`{"mentor_id": "x", "pause_reason": "Eksamen"}`, 400, 400, "22P02", "invalid_request"},
		"no date":             {mentor(`, "expected_return_date": "soon"`), 400, 400, "22007", "invalid_request"},
		"no day of a month":   {mentor(`, "expected_return_date": "2027-02-30"`), 400, 400, "22008", "invalid_request"},
		"a number too large":  {mentor(`, "expected_version": 99999999999`), 400, 400, "22003", "invalid_request"},
		"U+0000":              {`{"mentor_id": "` + endpoint.Mentor + `", "pause_reason": "a\u0000b"}`, 400, 400, "22P05", "invalid_request"},
		"no argument":         {`{"pause_reason": "Eksamen"}`, 404, 400, "PGRST202", "invalid_request"},
		"an unknown argument": {mentor(`, "why": "x"`), 404, 400, "PGRST202", "invalid_request"},
		"no JSON":             {`{`, 400, 400, "PGRST102", "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			byRPC := show(t, r.byRPC(t, user, "pause_mentor", c.body))
			byFunction := show(t, r.post(t, "pause",
				map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json"}, []byte(c.body)))
			if byRPC.Status != c.rpcStatus || byRPC.Body["code"] != c.rpcCode {
				t.Errorf("by RPC %v, want %d %s", byRPC, c.rpcStatus, c.rpcCode)
			}
			if byFunction.Status != c.ownStatus || byFunction.Body["code"] != c.ownCode {
				t.Errorf("by function %v, want %d %s", byFunction, c.ownStatus, c.ownCode)
			}
		})
	}

	t.Run("no token", func(t *testing.T) {
		t.Parallel()
		byRPC := show(t, r.byRPC(t, testdb.Anonymous(), "pause_mentor", mentor("")))
		byFunction := show(t, r.post(t, "pause", map[string]string{"Content-Type": "application/json"}, []byte(mentor(""))))
		if byRPC.Status != 401 || byRPC.Body["code"] != "42501" || byFunction.Status != 401 || byFunction.Body["code"] != "unauthenticated" {
			t.Errorf("%v and %v", byRPC, byFunction)
		}
	})
}

// TestRaisedErrorsAreRead checks the stand-in for PostgREST with the examples of
// the documentation, and with what doesn't parse.
func TestRaisedErrorsAreRead(t *testing.T) {
	t.Parallel()
	const (
		message = `{"code":"123","message":"Payment Required","details":"Quota exceeded","hint":"Upgrade your plan"}`
		detail  = `{"status":402,"headers":{"X-Powered-By":"Nerd Rage"}}`
	)
	for name, c := range map[string]struct {
		raised pgconn.PgError
		status int
		body   map[string]any
	}{
		"the example": {
			pgconn.PgError{Code: "PGRST", Message: message, Detail: detail}, 402,
			map[string]any{"code": "123", "message": "Payment Required", "details": "Quota exceeded", "hint": "Upgrade your plan"},
		},
		"an ordinary exception": {
			pgconn.PgError{Code: "P0001", Message: "I refuse!", Detail: "Pretty simple", Hint: "There is nothing you can do."}, 400,
			map[string]any{"code": "P0001", "message": "I refuse!", "details": "Pretty simple", "hint": "There is nothing you can do."},
		},
		"details and hint may be missing": {
			pgconn.PgError{Code: "PGRST", Message: `{"code":"123","message":"x"}`, Detail: detail}, 402,
			map[string]any{"code": "123", "message": "x", "details": nil, "hint": nil},
		},
		"a message without code":    {raised: pgconn.PgError{Code: "PGRST", Message: `{"message":"x"}`, Detail: detail}},
		"a message that isn't JSON": {raised: pgconn.PgError{Code: "PGRST", Message: "x", Detail: detail}},
		"details that aren't text":  {raised: pgconn.PgError{Code: "PGRST", Message: `{"code":"123","message":"x","details":1}`, Detail: detail}},
		"no detail":                 {raised: pgconn.PgError{Code: "PGRST", Message: message}},
		"a detail without headers":  {raised: pgconn.PgError{Code: "PGRST", Message: message, Detail: `{"status":402}`}},
		"a status that is text":     {raised: pgconn.PgError{Code: "PGRST", Message: message, Detail: `{"status":"402","headers":{}}`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := readRaised(&c.raised, true)
			var body map[string]any
			if err := json.Unmarshal(got.body, &body); err != nil {
				t.Fatal(err)
			}
			if c.body == nil {
				if got.status != 500 || body["code"] != "PGRST121" {
					t.Errorf("%d %v, want 500 PGRST121", got.status, body)
				}
				return
			}
			if got.status != c.status || !cmp.Equal(body, c.body) {
				t.Errorf("%d %v, want %d %v", got.status, body, c.status, c.body)
			}
		})
	}
}
