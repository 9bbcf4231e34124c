package clients_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"mentorpause/local/deployment"
	"mentorpause/local/testdb"
	"mentorpause/shared/auth"
)

// rpc stands in for PostgREST, which these tests don't run. For POST
// /rest/v1/rpc/<function> it does what PostgREST's documentation says, as far as
// the calls of these tests need it:
//
//   - "Functions as RPC": the body's fields are the arguments by name; the call
//     is one transaction as the token's role, with its claims in
//     request.jwt.claims; a scalar is the body as JSON, void is 204; arguments
//     that fit no function are PGRST202.
//   - "Transaction-scoped settings": the function's response.headers are sent.
//   - "Errors", "HTTP status codes": body and status follow from the SQLSTATE.
//   - "Errors", "Add HTTP headers with RAISE": of SQLSTATE PGRST the message is
//     a JSON object with code and message, optionally details and hint, which
//     is the body; the detail is one with status and headers, which are the
//     response's. What does not parse is PGRST121, status 500.
//
// So it shows that the database's errors have the form that PostgREST documents,
// and that supabase-js presents them like the function's answers. It shows nothing
// about PostgREST itself.
//
// https://docs.postgrest.org/en/v14/references/errors.html
// https://docs.postgrest.org/en/v14/references/api/functions.html
type rpc struct {
	t        *testing.T
	database *testdb.Database
	verifier *auth.Verifier
}

func newRPC(t *testing.T, s *deployment.Deployment) *rpc {
	t.Helper()
	verifier, err := auth.New(auth.Settings{
		SupabaseURL: s.URL, JWKS: string(s.Project.JWKS()), JWTSecret: s.Project.Secret,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &rpc{t, s.Database, verifier}
}

func (p *rpc) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	caller, err := p.verifier.Verify(r.Context(), r.Header.Get("Authorization"))
	if err != nil {
		writeReply(w, errorReply(http.StatusUnauthorized, "PGRST301", "No suitable key or wrong key type"))
		return
	}
	var claims testdb.Claims
	if err := json.Unmarshal(caller.Claims, &claims); err != nil {
		writeReply(w, errorReply(http.StatusUnauthorized, "PGRST301", err.Error()))
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has left
	}
	answer, _ := p.call(claims, path.Base(r.URL.Path), body)
	writeReply(w, answer)
}

// reply is a response of either API.
type reply struct {
	status int
	header map[string]string // names in lower case
	body   []byte            // JSON; empty with 204
}

func writeReply(w http.ResponseWriter, r reply) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	for name, value := range r.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // an error means that the client has left
}

func errorReply(status int, code, message string) reply {
	return pgReply(status, &pgconn.PgError{Code: code, Message: message})
}

// pgReply shows an error unchanged; an empty detail or hint counts as none.
func pgReply(status int, raised *pgconn.PgError) reply {
	optional := func(text string) *string {
		if text == "" {
			return nil
		}
		return &text
	}
	body, _ := json.Marshal(map[string]*string{ // strings only: does not fail
		"code": &raised.Code, "message": &raised.Message, "details": optional(raised.Detail), "hint": optional(raised.Hint),
	})
	return reply{status: status, body: body}
}

// call is one request with a JSON object as its body. The error is that of
// Postgres, if the answer comes from there.
func (p *rpc) call(claims testdb.Claims, function string, body []byte) (reply, *pgconn.PgError) {
	var arguments map[string]json.RawMessage
	if err := json.Unmarshal(body, &arguments); err != nil {
		return errorReply(http.StatusBadRequest, "PGRST102", "Empty or invalid json"), nil
	}
	var result *string
	var headers string
	var unknown bool
	err := p.database.As(p.t, claims, func(tx pgx.Tx) error {
		statement, err := callStatement(p.t.Context(), tx, function, arguments)
		if unknown = errors.Is(err, errNoFunction); err != nil {
			return err
		}
		if err := tx.QueryRow(p.t.Context(), statement, string(body)).Scan(&result); err != nil {
			return err
		}
		return tx.QueryRow(p.t.Context(), "select coalesce(current_setting('response.headers', true), '')").Scan(&headers)
	})
	if unknown {
		return errorReply(http.StatusNotFound, "PGRST202", fmt.Sprintf(
			"Could not find the function public.%s in the schema cache", function)), nil
	}
	if raised, ok := errors.AsType[*pgconn.PgError](err); ok {
		return readRaised(raised, claims["role"] != "anon"), raised
	}
	if err != nil {
		return errorReply(http.StatusServiceUnavailable, "PGRST001", err.Error()), nil
	}
	answer := reply{status: http.StatusNoContent, header: map[string]string{}}
	if result != nil {
		answer.status, answer.body = http.StatusOK, []byte(*result)
	}
	if headers != "" {
		var list []map[string]string
		if err := json.Unmarshal([]byte(headers), &list); err != nil {
			return errorReply(http.StatusInternalServerError, "PGRST111", err.Error()), nil
		}
		for _, header := range list {
			for name, value := range header {
				answer.header[strings.ToLower(name)] = value
			}
		}
	}
	return answer, nil
}

var errNoFunction = errors.New("no function takes these arguments")

// callStatement calls the function of schema public with the fields of a JSON
// object, $1, as its arguments by name. Its row is the result as JSON, null for
// void.
func callStatement(ctx context.Context, tx pgx.Tx, function string, arguments map[string]json.RawMessage) (string, error) {
	var names, types []string
	var defaults int
	var void bool
	err := tx.QueryRow(ctx, `
		select coalesce(p.proargnames, '{}'), array(select format_type(t, null) from unnest(p.proargtypes) with ordinality _(t, n) order by n),
			p.pronargdefaults, p.prorettype = 'void'::regtype
		from pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname = $1`, function,
	).Scan(&names, &types, &defaults, &void)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", errNoFunction
	} else if err != nil {
		return "", err
	}
	var columns, passed []string
	for i, name := range names {
		if _, ok := arguments[name]; !ok {
			if i < len(names)-defaults {
				return "", errNoFunction
			}
			continue
		}
		columns = append(columns, name+" "+types[i])
		passed = append(passed, name+" := a."+name)
	}
	for name := range arguments {
		if !slices.Contains(names, name) {
			return "", errNoFunction
		}
	}
	result := "coalesce(to_json(r)::text, 'null')"
	if void {
		result = "null::text"
	}
	from := "(select) a"
	if len(columns) > 0 {
		from = fmt.Sprintf("json_to_record($1::json) a (%s)", strings.Join(columns, ", "))
	}
	// $1 is used whether or not there are arguments.
	return fmt.Sprintf("select %s from %s, lateral public.%s(%s) r where $1::text is not null",
		result, from, function, strings.Join(passed, ", ")), nil
}

// readRaised makes the response to an error that Postgres raised.
func readRaised(raised *pgconn.PgError, signedIn bool) reply {
	if raised.Code != "PGRST" {
		return pgReply(raisedStatus(raised.Code, signedIn), raised)
	}
	var message struct {
		Code    *string `json:"code"`
		Message *string `json:"message"`
		Details *string `json:"details"`
		Hint    *string `json:"hint"`
	}
	var detail struct {
		Status  *int              `json:"status"`
		Headers map[string]string `json:"headers"`
	}
	if json.Unmarshal([]byte(raised.Message), &message) != nil || message.Code == nil || message.Message == nil ||
		json.Unmarshal([]byte(raised.Detail), &detail) != nil || detail.Status == nil || detail.Headers == nil {
		return errorReply(http.StatusInternalServerError, "PGRST121", `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`)
	}
	body, _ := json.Marshal(map[string]*string{
		"code": message.Code, "message": message.Message, "details": message.Details, "hint": message.Hint,
	})
	answer := reply{status: *detail.Status, header: map[string]string{}, body: body}
	for name, value := range detail.Headers {
		answer.header[strings.ToLower(name)] = value
	}
	return answer
}

// raisedStatus is the part of the documented table from SQLSTATE to status that
// these tests use.
func raisedStatus(state string, signedIn bool) int {
	switch {
	case state == "42501" && !signedIn:
		return http.StatusUnauthorized
	case state == "42501":
		return http.StatusForbidden
	case state == "57014": // of class 57
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}
