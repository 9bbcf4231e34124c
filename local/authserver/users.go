package authserver

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"io"
	"math/big"
	"net/http"
	"regexp"
	"strings"
	"sync"
	texttemplate "text/template"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"mentorpause/shared/mail"
	"mentorpause/supabase"
)

const (
	codeLifetime = time.Hour
	otpInterval  = time.Minute // between two codes for signing in
)

// Users are a project's users, in auth.users of a database, where their rows are written
// as Supabase Auth writes them, by its role, so that the triggers run. Sign-ups are closed:
// only who was invited gets a login.
//
// Codes, sessions and second factors are kept in memory: they end with the process.
type Users struct {
	project *Project
	db      *pgxpool.Pool
	mailer  *mail.Mailer // nil: codes are sent to nobody

	mu       sync.Mutex
	codes    map[string]code      // by address
	asked    map[string]time.Time // when a code for signing in was sent last, by address
	sessions map[string]session   // by refresh token
	factors  map[string][]*factor // by user
}

// code is what was sent to an address last.
type code struct {
	token string
	sent  time.Time
}

// session is what a refresh token prolongs.
type session struct {
	id, userID string
	raised     time.Time // when a second factor was verified; zero: never
}

// NewUsers makes the users of a database; its URL is that of the role supabase_auth_admin.
// It connects when the first request needs it.
func NewUsers(ctx context.Context, project *Project, databaseURL string, mailer *mail.Mailer) (*Users, error) {
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, err
	}
	config.MaxConns = 4
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec // migrations change the schema
	db, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &Users{project: project, db: db, mailer: mailer, codes: map[string]code{}, asked: map[string]time.Time{}, sessions: map[string]session{}, factors: map[string][]*factor{}}, nil
}

// Close ends the connections.
func (u *Users) Close() { u.db.Close() }

// Code is what was sent to an address last; empty if nothing was, or if it was used.
func (u *Users) Code(email string) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.codes[email].token
}

// Handler serves the keys, as [Project.Handler], and the users below /auth/v1:
//
//   - for servers: POST admin/users with an id, PUT and DELETE admin/users/{id}, POST invite;
//   - for pages: POST otp, verify, token?grant_type=refresh_token and logout, GET user;
//   - for second factors of the kind TOTP: POST factors, factors/{id}/challenge and
//     factors/{id}/verify, DELETE factors/{id}.
func (u *Users) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", u.project.Handler())
	serve := func(pattern string, handle func(*http.Request) (int, any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			status, body, err := handle(r)
			if err == nil {
				respond(w, status, body)
				return
			}
			refused, ok := errors.AsType[*fault](err)
			if !ok {
				refused = &fault{http.StatusInternalServerError, "unexpected_failure", err.Error()}
			}
			refused.write(w)
		})
	}
	forServers := func(handle func(*http.Request) (int, any, error)) func(*http.Request) (int, any, error) {
		return func(r *http.Request) (int, any, error) {
			if refused := u.project.isServer(r); refused != nil {
				return 0, nil, refused
			}
			return handle(r)
		}
	}
	serve("POST /auth/v1/admin/users", forServers(u.create))
	serve("PUT /auth/v1/admin/users/{id}", forServers(u.change))
	serve("DELETE /auth/v1/admin/users/{id}", forServers(u.delete))
	serve("POST /auth/v1/invite", forServers(u.invite))
	serve("POST /auth/v1/otp", u.otp)
	serve("POST /auth/v1/verify", u.verify)
	serve("POST /auth/v1/token", u.refresh)
	serve("POST /auth/v1/logout", u.logout)
	serve("GET /auth/v1/user", u.user)
	serve("POST /auth/v1/factors", u.enroll)
	serve("POST /auth/v1/factors/{id}/challenge", u.challenge)
	serve("POST /auth/v1/factors/{id}/verify", u.verifyFactor)
	serve("DELETE /auth/v1/factors/{id}", u.unenroll)
	return mux
}

func (f *fault) Error() string { return f.code + ": " + f.message }

// isServer reports whether a request has a key for servers: one of the new kind in the
// header apikey alone, for it is no token; a legacy one in both headers.
func (p *Project) isServer(r *http.Request) *fault {
	key := r.Header.Get("apikey")
	bearer, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case key == "":
		return noKey
	case key == p.SecretKey && !found:
		return nil
	case key == p.SecretKey:
		return &fault{http.StatusForbidden, "bad_jwt", "invalid JWT: unable to parse or verify signature"}
	case !found:
		return &fault{http.StatusUnauthorized, "no_authorization", "This endpoint requires a Bearer token"}
	}
	said, refused := p.verify(bearer)
	if refused == nil && said.Role != "service_role" {
		refused = &fault{http.StatusForbidden, "not_admin", "User not allowed"}
	}
	return refused
}

var emailExists = &fault{http.StatusUnprocessableEntity, "email_exists", "A user with this email address has already been registered"}

// parameters are those of all requests.
type parameters struct {
	ID           string         `json:"id"`
	Email        string         `json:"email"`
	EmailConfirm bool           `json:"email_confirm"`
	UserMetadata map[string]any `json:"user_metadata"`
	Data         map[string]any `json:"data"`
	CreateUser   *bool          `json:"create_user"`
	Type         string         `json:"type"`
	Token        string         `json:"token"`
	RefreshToken string         `json:"refresh_token"`
	FactorType   string         `json:"factor_type"`
	FriendlyName string         `json:"friendly_name"`
	Issuer       string         `json:"issuer"`
	ChallengeID  string         `json:"challenge_id"`
	Code         string         `json:"code"`
}

func read(r *http.Request) (in parameters, err error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return in, err
	}
	if len(body) > 0 && json.Unmarshal(body, &in) != nil {
		return in, &fault{http.StatusBadRequest, "bad_json", "Could not parse request body as JSON"}
	}
	in.Email = strings.ToLower(strings.TrimSpace(in.Email))
	return in, nil
}

func checkEmail(email string) error {
	if local, domain, found := strings.Cut(email, "@"); !found || local == "" || !strings.Contains(domain, ".") || strings.ContainsAny(email, " \t") {
		return &fault{http.StatusBadRequest, "validation_failed", "Unable to validate email address: invalid format"}
	}
	return nil
}

// columns are what an answer has of a user, as JSON.
const columns = `jsonb_build_object('id', u.id, 'aud', u.aud, 'role', u.role, 'email', u.email, 'phone', coalesce(u.phone, ''),
	'email_confirmed_at', u.email_confirmed_at, 'invited_at', u.invited_at, 'last_sign_in_at', u.last_sign_in_at,
	'app_metadata', u.raw_app_meta_data, 'user_metadata', u.raw_user_meta_data, 'identities', '[]'::jsonb,
	'created_at', u.created_at, 'updated_at', u.updated_at, 'is_anonymous', u.is_anonymous)`

// user is a row of auth.users.
type user struct {
	id, email, json string
	confirmed       bool
	metadata        map[string]any
}

// find returns the user of a condition, which is $1; nil if there is none.
func (u *Users) find(ctx context.Context, condition, value string) (*user, error) {
	var found user
	err := u.db.QueryRow(ctx, `select u.id::text, coalesce(u.email, ''), `+columns+`::text, u.confirmed_at is not null,
			coalesce(u.raw_user_meta_data, '{}')
		from auth.users u where u.deleted_at is null and `+condition, value).
		Scan(&found.id, &found.email, &found.json, &found.confirmed, &found.metadata)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &found, err
}

func (u *Users) byEmail(ctx context.Context, email string) (*user, error) {
	return u.find(ctx, "u.email = $1 and not u.is_sso_user", email)
}

func (u *Users) byID(ctx context.Context, id string) (*user, error) {
	return u.find(ctx, "u.id = $1::text::uuid", id)
}

func (u *Users) insert(ctx context.Context, id, email string, isConfirmed bool, metadata map[string]any) (*user, error) {
	_, err := u.db.Exec(ctx, `
		insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, confirmation_token,
			recovery_token, email_change_token_new, email_change, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
		values ('00000000-0000-0000-0000-000000000000', $1, 'authenticated', 'authenticated', $2, '', case when $3 then now() end,
			'', '', '', '', '{"provider": "email", "providers": ["email"]}', coalesce($4::jsonb, '{}'), now(), now())`, id, email, isConfirmed, asJSON(metadata))
	if err != nil {
		return nil, fmt.Errorf("database error creating new user: %w", err)
	}
	return u.byID(ctx, id)
}

// asJSON is the text of an object; nil for none.
func asJSON(object map[string]any) *string {
	if object == nil {
		return nil
	}
	text, err := json.Marshal(object)
	must(err) // it was read from JSON
	return new(string(text))
}

func (u *Users) create(r *http.Request) (int, any, error) {
	in, err := read(r)
	if err != nil {
		return 0, nil, err
	}
	if in.Email == "" {
		return 0, nil, &fault{http.StatusBadRequest, "validation_failed", "Cannot create a user without either an email or phone"}
	}
	if err := checkEmail(in.Email); err != nil {
		return 0, nil, err
	}
	if in.ID == "" {
		in.ID = uuid.NewString()
	} else if uuid.Validate(in.ID) != nil {
		return 0, nil, &fault{http.StatusBadRequest, "validation_failed", "ID must conform to the uuid v4 format"}
	}
	if other, err := u.byEmail(r.Context(), in.Email); err != nil || other != nil {
		return 0, nil, errors.Join(err, when(other != nil, emailExists))
	}
	made, err := u.insert(r.Context(), in.ID, in.Email, in.EmailConfirm, in.UserMetadata)
	if isDuplicate(err, "users_email_partial_key") {
		err = emailExists
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, json.RawMessage(made.json), nil
}

// when is the error under a condition.
func when(holds bool, err *fault) error {
	if holds {
		return err
	}
	return nil
}

func isDuplicate(err error, constraint string) bool {
	raised, ok := errors.AsType[*pgconn.PgError](err)
	return ok && raised.Code == pgerrcode.UniqueViolation && raised.ConstraintName == constraint
}

var notFound = &fault{http.StatusNotFound, "user_not_found", "User not found"}

func (u *Users) change(r *http.Request) (int, any, error) {
	in, err := read(r)
	if err != nil {
		return 0, nil, err
	}
	id := r.PathValue("id")
	if uuid.Validate(id) != nil {
		return 0, nil, &fault{http.StatusNotFound, "validation_failed", "user_id must be an UUID"}
	}
	if in.Email != "" {
		if err := checkEmail(in.Email); err != nil {
			return 0, nil, err
		}
	}
	tag, err := u.db.Exec(r.Context(), `
		update auth.users u set email = coalesce(nullif($2, ''), u.email), updated_at = now(),
			email_confirmed_at = case when $3 then coalesce(u.email_confirmed_at, now()) else u.email_confirmed_at end,
			raw_user_meta_data = coalesce(u.raw_user_meta_data, '{}') || coalesce($4::jsonb, '{}')
		where u.id = $1`, id, in.Email, in.EmailConfirm, asJSON(in.UserMetadata))
	if isDuplicate(err, "users_email_partial_key") {
		err = emailExists
	}
	if err != nil {
		return 0, nil, err
	}
	if tag.RowsAffected() == 0 {
		return 0, nil, notFound
	}
	changed, err := u.byID(r.Context(), id)
	if err != nil || changed == nil {
		return 0, nil, errors.Join(err, when(changed == nil, notFound))
	}
	return http.StatusOK, json.RawMessage(changed.json), nil
}

func (u *Users) delete(r *http.Request) (int, any, error) {
	if uuid.Validate(r.PathValue("id")) != nil {
		return 0, nil, &fault{http.StatusNotFound, "validation_failed", "user_id must be an UUID"}
	}
	tag, err := u.db.Exec(r.Context(), "delete from auth.users u where u.id = $1", r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	if tag.RowsAffected() == 0 {
		return 0, nil, notFound
	}
	return http.StatusOK, map[string]any{}, nil
}

// invite sends an invitation. An unknown address gets a login, with an id of its own.
func (u *Users) invite(r *http.Request) (int, any, error) {
	in, err := read(r)
	if err == nil {
		err = checkEmail(in.Email)
	}
	if err != nil {
		return 0, nil, err
	}
	ctx := r.Context()
	invited, err := u.byEmail(ctx, in.Email)
	if err != nil {
		return 0, nil, err
	}
	switch {
	case invited != nil && invited.confirmed:
		return 0, nil, emailExists
	case invited == nil:
		if invited, err = u.insert(ctx, uuid.NewString(), in.Email, false, in.Data); err != nil {
			return 0, nil, err
		}
	}
	if err := u.send(ctx, "invite", invited); err != nil {
		return 0, nil, err
	}
	_, err = u.db.Exec(ctx, "update auth.users u set invited_at = now(), confirmation_sent_at = now(), updated_at = now() where u.id = $1", invited.id)
	if err != nil {
		return 0, nil, err
	}
	if invited, err = u.byID(ctx, invited.id); err != nil || invited == nil {
		return 0, nil, errors.Join(err, when(invited == nil, notFound))
	}
	return http.StatusOK, json.RawMessage(invited.json), nil
}

// otp sends a code to somebody who has signed in before.
func (u *Users) otp(r *http.Request) (int, any, error) {
	if r.Header.Get("apikey") == "" {
		return 0, nil, noKey
	}
	in, err := read(r)
	if err == nil {
		err = checkEmail(in.Email)
	}
	if err != nil {
		return 0, nil, err
	}
	known, err := u.byEmail(r.Context(), in.Email)
	switch {
	case err != nil:
		return 0, nil, err
	case known == nil && in.CreateUser != nil && !*in.CreateUser:
		return 0, nil, &fault{http.StatusUnprocessableEntity, "otp_disabled", "Signups not allowed for otp"}
	case known == nil, !known.confirmed:
		return 0, nil, &fault{http.StatusUnprocessableEntity, "signup_disabled", "Signups not allowed for this instance"}
	}
	u.mu.Lock()
	wait := otpInterval - u.project.now().Sub(u.asked[in.Email])
	u.mu.Unlock()
	if wait > 0 {
		return 0, nil, &fault{http.StatusTooManyRequests, "over_email_send_rate_limit",
			fmt.Sprintf("For security purposes, you can only request this after %d seconds.", int(wait.Seconds())+1)}
	}
	if err := u.send(r.Context(), "magic_link", known); err != nil {
		return 0, nil, err
	}
	u.mu.Lock()
	u.asked[in.Email] = u.project.now()
	u.mu.Unlock()
	_, err = u.db.Exec(r.Context(), "update auth.users u set recovery_sent_at = now(), updated_at = now() where u.id = $1", known.id)
	return http.StatusOK, map[string]any{}, err
}

// verify takes a code, confirms the address, and begins a session.
func (u *Users) verify(r *http.Request) (int, any, error) {
	if r.Header.Get("apikey") == "" {
		return 0, nil, noKey
	}
	in, err := read(r)
	if err != nil {
		return 0, nil, err
	}
	switch in.Type {
	case "email", "invite", "magiclink", "signup":
	default:
		return 0, nil, &fault{http.StatusBadRequest, "validation_failed", "Verify requires a verification type"}
	}
	u.mu.Lock()
	sent, known := u.codes[in.Email]
	good := known && sent.token == in.Token && u.project.now().Sub(sent.sent) < codeLifetime
	if good {
		delete(u.codes, in.Email)
	}
	u.mu.Unlock()
	expired := &fault{http.StatusForbidden, "otp_expired", "Token has expired or is invalid"}
	if !good {
		return 0, nil, expired
	}
	_, err = u.db.Exec(r.Context(), `
		update auth.users u set email_confirmed_at = coalesce(u.email_confirmed_at, now()), last_sign_in_at = now(), updated_at = now()
		where u.email = $1 and not u.is_sso_user`, in.Email)
	if err != nil {
		return 0, nil, err
	}
	signedIn, err := u.byEmail(r.Context(), in.Email)
	if err != nil || signedIn == nil {
		return 0, nil, errors.Join(err, when(signedIn == nil, expired))
	}
	return http.StatusOK, u.begin(session{id: uuid.NewString(), userID: signedIn.id}, signedIn), nil
}

// begin makes the tokens of a session.
func (u *Users) begin(s session, of *user) map[string]any {
	refresh := strings.ToLower(rand.Text()[:12])
	u.mu.Lock()
	u.sessions[refresh] = s
	u.mu.Unlock()
	level, methods := "aal1", []map[string]any{{"method": "otp", "timestamp": u.project.now().Unix()}}
	if !s.raised.IsZero() {
		level, methods = "aal2", append([]map[string]any{{"method": "totp", "timestamp": s.raised.Unix()}}, methods...)
	}
	return map[string]any{
		"access_token": u.project.Token(of.id, Claim("email", of.email), Claim("session_id", s.id), Claim("user_metadata", of.metadata),
			Claim("aal", level), Claim("amr", methods)),
		"token_type": "bearer", "expires_in": int(Lifetime.Seconds()), "expires_at": u.project.now().Add(Lifetime).Unix(),
		"refresh_token": refresh, "user": u.withFactors(of),
	}
}

func (u *Users) refresh(r *http.Request) (int, any, error) {
	if r.Header.Get("apikey") == "" {
		return 0, nil, noKey
	}
	in, err := read(r)
	if err != nil {
		return 0, nil, err
	}
	if r.URL.Query().Get("grant_type") != "refresh_token" {
		return 0, nil, &fault{http.StatusBadRequest, "unsupported_grant_type", "unsupported_grant_type"}
	}
	u.mu.Lock()
	s, known := u.sessions[in.RefreshToken]
	delete(u.sessions, in.RefreshToken)
	u.mu.Unlock()
	unknown := &fault{http.StatusBadRequest, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found"}
	if !known {
		return 0, nil, unknown
	}
	of, err := u.byID(r.Context(), s.userID)
	if err != nil || of == nil {
		return 0, nil, errors.Join(err, when(of == nil, unknown))
	}
	return http.StatusOK, u.begin(s, of), nil
}

// logout ends the session of the token, or with scope global, the default, all of the user's.
func (u *Users) logout(r *http.Request) (int, any, error) {
	said, refused := u.project.identify(r)
	if refused != nil {
		return 0, nil, refused
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for refresh, s := range u.sessions {
		isThis := s.id == said.SessionID
		switch r.URL.Query().Get("scope") {
		case "local":
		case "others":
			isThis = !isThis && s.userID == said.Subject
		default:
			isThis = s.userID == said.Subject
		}
		if isThis {
			delete(u.sessions, refresh)
		}
	}
	return http.StatusNoContent, nil, nil
}

func (u *Users) user(r *http.Request) (int, any, error) {
	said, refused := u.project.identify(r)
	if refused != nil {
		return 0, nil, refused
	}
	gone := &fault{http.StatusForbidden, "user_not_found", "User from sub claim in JWT does not exist"}
	if uuid.Validate(said.Subject) != nil {
		return 0, nil, gone
	}
	of, err := u.byID(r.Context(), said.Subject)
	if err != nil || of == nil {
		return 0, nil, errors.Join(err, when(of == nil, gone))
	}
	return http.StatusOK, u.withFactors(of), nil
}

// send makes a new code, which takes the place of the last one, and sends it.
func (u *Users) send(ctx context.Context, kind string, to *user) error {
	number, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return err
	}
	made := code{fmt.Sprintf("%06d", number), u.project.now()}
	if u.mailer != nil {
		subject, html, err := email(kind, made.token, to)
		if err != nil {
			return err
		}
		session := u.mailer.Session(5 * time.Second)
		defer session.Close()
		err = session.Send(ctx, mail.Email{ID: uuid.NewString(), To: to.email, Subject: subject, Text: "Kode: " + made.token, HTML: html})
		if err != nil {
			return fmt.Errorf("error sending email: %w", err)
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.codes[to.email] = made
	return nil
}

var subjectLine = regexp.MustCompile(`(?m)^\[auth\.email\.template\.(\w+)\]\nsubject = "([^"]+)"$`)

// email is one of supabase/templates, with its subject in supabase/config.toml, made as
// Supabase Auth makes it.
func email(kind, token string, to *user) (subject, body string, err error) {
	settings, err := supabase.Emails.ReadFile("config.toml")
	if err != nil {
		return "", "", err
	}
	for _, match := range subjectLine.FindAllSubmatch(settings, -1) {
		if string(match[1]) == kind {
			subject = string(match[2])
		}
	}
	if subject == "" {
		return "", "", fmt.Errorf("supabase/config.toml has no subject of %s", kind)
	}
	text, err := supabase.Emails.ReadFile("templates/" + kind + ".html")
	if err != nil {
		return "", "", err
	}
	data := map[string]any{"Token": token, "Email": to.email, "Data": to.metadata}
	var line, page bytes.Buffer
	parsed, err := texttemplate.New("subject").Parse(subject)
	if err == nil {
		err = parsed.Execute(&line, data)
	}
	if err != nil {
		return "", "", fmt.Errorf("subject of %s: %w", kind, err)
	}
	content, err := template.New(kind).Parse(string(text))
	if err == nil {
		err = content.Execute(&page, data)
	}
	if err != nil {
		return "", "", fmt.Errorf("supabase/templates/%s.html: %w", kind, err)
	}
	return line.String(), page.String(), nil
}
