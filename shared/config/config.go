// Package config reads the environment, once, at the start of a function.
//
// It is the one place that knows the variables' names and defaults. A variable
// that is missing or malformed stops the start: the error names all of them at
// once, and never shows a value, because half of them are secrets. An empty
// variable counts as unset, because that is how a template leaves one out.
package config

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Lambda's image has no time zones; costs 450 KB
	"unicode"
)

// minSecretBytes is the shortest secret allowed for HS256.
const minSecretBytes = 32

// Common is what every function needs.
type Common struct {
	DatabaseURL string         // SUPABASE_DB_URL: where Postgres is, with user and password
	TimeZone    *time.Location // ORGANISATION_TIME_ZONE: an IANA name, by default Europe/Oslo
	LogLevel    slog.Level     // LOG_LEVEL: debug, info (the default), warn or error
}

// Base is what the function has in common with the others.
func (c Common) Base() Common { return c }

// HTTP is what a function needs that checks access tokens.
type HTTP struct {
	Common
	SupabaseURL string // SUPABASE_URL: the project's base URL; empty only with JWKS or JWTSecret
	JWKS        string // SUPABASE_JWKS: the public keys themselves, to use instead of fetching them
	JWTSecret   string // SUPABASE_JWT_SECRET: for a legacy project's HS256 tokens
	APIKey      string // SUPABASE_PUBLISHABLE_KEY, or else SUPABASE_ANON_KEY
}

// Web is what the function has in common with the other HTTP functions.
func (h HTTP) Web() HTTP { return h }

// ReadHTTP reads the settings of an HTTP function. getenv is os.Getenv, or a
// test's. The error names every variable that is missing or malformed.
func ReadHTTP(getenv func(name string) string) (HTTP, error) {
	e := environment{getenv: getenv}
	settings := e.http()
	if len(e.problems) > 0 {
		return HTTP{}, errors.Join(e.problems...)
	}
	return settings, nil
}

// Invite is what the function that invites needs.
type Invite struct {
	HTTP
	SecretKey string // SUPABASE_SECRET_KEY: sb_secret_…, or a legacy project's service_role key
}

// ReadInvite reads the settings of the function that invites. The error names every
// variable that is missing or malformed.
func ReadInvite(getenv func(name string) string) (Invite, error) {
	e := environment{getenv: getenv}
	settings := Invite{HTTP: e.http(), SecretKey: e.text("SUPABASE_SECRET_KEY", checkSecretKey)}
	if getenv("SUPABASE_SECRET_KEY") == "" {
		e.fail("SUPABASE_SECRET_KEY", "is required")
	}
	// The others can do without, when they are given the keys.
	if getenv("SUPABASE_URL") == "" && (getenv("SUPABASE_JWKS") != "" || getenv("SUPABASE_JWT_SECRET") != "") {
		e.fail("SUPABASE_URL", "is required, to know where Supabase Auth is")
	}
	if len(e.problems) > 0 {
		return Invite{}, errors.Join(e.problems...)
	}
	return settings, nil
}

func (e *environment) http() HTTP {
	getenv := e.getenv
	settings := HTTP{
		Common:      e.common(),
		SupabaseURL: e.text("SUPABASE_URL", checkProjectURL),
		JWKS:        e.text("SUPABASE_JWKS", checkKeySet),
		JWTSecret:   e.text("SUPABASE_JWT_SECRET", checkSecret),
		APIKey:      e.text("SUPABASE_PUBLISHABLE_KEY", nil),
	}
	if anonKey := e.text("SUPABASE_ANON_KEY", nil); settings.APIKey == "" {
		settings.APIKey = anonKey
	}
	if getenv("SUPABASE_URL") == "" && getenv("SUPABASE_JWKS") == "" && getenv("SUPABASE_JWT_SECRET") == "" {
		e.fail("SUPABASE_URL", "is required unless SUPABASE_JWKS or SUPABASE_JWT_SECRET is set")
	}
	return settings
}

// ReadScheduled reads the settings of a function that a schedule starts. The
// error names every variable that is missing or malformed.
func ReadScheduled(getenv func(name string) string) (Common, error) {
	e := environment{getenv: getenv}
	settings := e.common()
	if len(e.problems) > 0 {
		return Common{}, errors.Join(e.problems...)
	}
	return settings, nil
}

// Dispatch is what the dispatcher of notifications needs.
type Dispatch struct {
	Common
	SMTPURL  *url.URL      // SMTP_URL: smtp:// or smtps://, with user and password; nil: inbox only
	MailFrom *mail.Address // MAIL_FROM: the sender, plain or "Name <address>"; set when SMTPURL is
}

// ReadDispatch reads the settings of the dispatcher. getenv is os.Getenv, or a
// test's. The error names every variable that is missing or malformed.
func ReadDispatch(getenv func(name string) string) (Dispatch, error) {
	e := environment{getenv: getenv}
	settings := Dispatch{Common: e.common()}
	if value := e.text("SMTP_URL", checkMailServer); value != "" {
		settings.SMTPURL, _ = url.Parse(value) // checked
		if getenv("MAIL_FROM") == "" {
			e.fail("MAIL_FROM", "is required when SMTP_URL is set")
		}
	}
	if value := e.text("MAIL_FROM", checkMailAddress); value != "" {
		settings.MailFrom, _ = mail.ParseAddress(value) // checked
	}
	if len(e.problems) > 0 {
		return Dispatch{}, errors.Join(e.problems...)
	}
	return settings, nil
}

// Console is what the function that serves the console needs. All of it is public.
type Console struct {
	SupabaseURL string            // SUPABASE_URL: where people sign in
	APIKey      string            // SUPABASE_PUBLISHABLE_KEY, or else SUPABASE_ANON_KEY
	Functions   map[string]string // the functions that the page calls, by name
	TimeZone    *time.Location    // ORGANISATION_TIME_ZONE: in which the page shows times
	LogLevel    slog.Level        // LOG_LEVEL
}

// consoleFunctions are those that the console calls.
var consoleFunctions = []string{"pause", "reactivate", "roster", "mentor", "inbox", "requests", "follow-up", "people", "invite",
	"period-report", "import"}

// ReadConsole reads the settings of the console: FUNCTIONS_URL is the address below which
// the functions are, and each function's own variable (PAUSE_URL) is used instead where it
// is set. The error names every variable that is missing or malformed.
func ReadConsole(getenv func(name string) string) (Console, error) {
	e := environment{getenv: getenv}
	settings := Console{
		SupabaseURL: strings.TrimRight(e.text("SUPABASE_URL", checkProjectURL), "/"),
		APIKey:      e.text("SUPABASE_PUBLISHABLE_KEY", checkPublicKey),
		Functions:   map[string]string{},
		TimeZone:    e.timeZone(),
		LogLevel:    logLevels[strings.ToLower(e.text("LOG_LEVEL", checkLogLevel))],
	}
	if anonKey := e.text("SUPABASE_ANON_KEY", checkPublicKey); settings.APIKey == "" {
		settings.APIKey = anonKey
	}
	if getenv("SUPABASE_URL") == "" {
		e.fail("SUPABASE_URL", "is required")
	}
	if getenv("SUPABASE_PUBLISHABLE_KEY") == "" && getenv("SUPABASE_ANON_KEY") == "" {
		e.fail("SUPABASE_PUBLISHABLE_KEY", "is required, or else SUPABASE_ANON_KEY")
	}
	base := strings.TrimRight(e.text("FUNCTIONS_URL", checkFunctionsURL), "/")
	for _, name := range consoleFunctions {
		variable := strings.ReplaceAll(strings.ToUpper(name), "-", "_") + "_URL"
		address := strings.TrimRight(e.text(variable, checkFunctionsURL), "/")
		switch {
		case address != "":
		case base != "":
			address = base + "/" + name
		default:
			e.fail(variable, "is required unless FUNCTIONS_URL is set")
		}
		settings.Functions[name] = address
	}
	if len(e.problems) > 0 {
		return Console{}, errors.Join(e.problems...)
	}
	return settings, nil
}

func checkFunctionsURL(value string) (problem string) {
	parsed, err := url.Parse(value)
	switch {
	case err != nil:
		return "is not a URL"
	case parsed.Scheme != "https" && parsed.Scheme != "http":
		return "is not an http or https URL"
	case parsed.Hostname() == "":
		return "has no host"
	case parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "":
		return "has more than a host and a path"
	case strings.ContainsAny(parsed.Host, " ;,'\""):
		return "has a host that is none"
	}
	return ""
}

// Logger makes a function's logger: one JSON object per line, to w, which is
// stdout in production.
func (c Common) Logger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: c.LogLevel}))
}

// environment reads variables and collects what is wrong with them.
type environment struct {
	getenv   func(string) string
	problems []error
}

func (e *environment) fail(name, problem string) {
	e.problems = append(e.problems, fmt.Errorf("%s: %s", name, problem))
}

// text reads an optional variable. The check, if any, says what is wrong with a
// value without showing it, or returns an empty string.
func (e *environment) text(name string, check func(value string) (problem string)) string {
	value := e.getenv(name)
	if value == "" {
		return ""
	}
	if value != strings.TrimSpace(value) {
		e.fail(name, "begins or ends with white space")
	} else if check != nil {
		if problem := check(value); problem != "" {
			e.fail(name, problem)
		}
	}
	return value
}

func (e *environment) common() Common {
	c := Common{
		DatabaseURL: withoutForeign(e.text("SUPABASE_DB_URL", checkDatabaseURL)),
	}
	if c.DatabaseURL == "" {
		e.fail("SUPABASE_DB_URL", "is required")
	}
	c.TimeZone = e.timeZone()
	c.LogLevel = logLevels[strings.ToLower(e.text("LOG_LEVEL", checkLogLevel))]
	return c
}

func (e *environment) timeZone() *time.Location {
	name := e.text("ORGANISATION_TIME_ZONE", checkTimeZone)
	if name == "" {
		name = "Europe/Oslo"
	}
	zone, err := time.LoadLocation(name)
	if err != nil { // checked, and said
		return time.UTC
	}
	return zone
}

// logLevels has the default under the empty name.
var logLevels = map[string]slog.Level{
	"": slog.LevelInfo, "debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
}

func checkLogLevel(value string) (problem string) {
	if _, known := logLevels[strings.ToLower(value)]; !known {
		return "is none of debug, info, warn, error"
	}
	return ""
}

func checkTimeZone(value string) (problem string) {
	// Local is Go's name for the machine's zone; Postgres doesn't know it.
	if _, err := time.LoadLocation(value); err != nil || value == "Local" {
		return "is no time zone of the IANA database, such as Europe/Oslo"
	}
	return ""
}

func checkDatabaseURL(value string) (problem string) {
	parsed, err := url.Parse(value)
	switch {
	case err != nil:
		return "is not a URL (a password with special characters must be percent-encoded)"
	case parsed.Scheme != "postgres" && parsed.Scheme != "postgresql":
		return "is not a postgres:// or postgresql:// URL"
	case parsed.Hostname() == "" && parsed.Query().Get("host") == "":
		return "has no host"
	}
	for _, name := range slices.Sorted(maps.Keys(parsed.Query())) {
		if !slices.Contains(databaseParameters, name) && !slices.Contains(foreignParameters, name) {
			// Sent on to the server, it would refuse every connection. What looks like no
			// name may be a part of a password.
			if !parameterName.MatchString(name) {
				name = "?"
			}
			return fmt.Sprintf("has the parameter %q, which this driver doesn't know; leave it out", name)
		}
	}
	return ""
}

// databaseParameters are those of a connection URL that the driver knows, or that
// the server may be sent.
var databaseParameters = []string{
	"host", "port", "user", "password", "passfile", "dbname", "database", "service", "servicefile",
	"sslmode", "sslcert", "sslcertmode", "sslkey", "sslpassword", "sslrootcert", "sslsni", "sslnegotiation", "channel_binding",
	"require_auth", "min_protocol_version", "max_protocol_version", "krbsrvname", "krbspn", "target_session_attrs",
	"connect_timeout", "application_name", "client_encoding", "options", "timezone", "search_path", "datestyle",
}

var parameterName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.]*$`)

// foreignParameters are those that other drivers understand, in URLs that are
// copied from their pages: Prisma's, and those of the platform's dashboard.
var foreignParameters = []string{"pgbouncer", "connection_limit", "schema", "supa"}

// withoutForeign takes the parameters of other drivers from a checked URL.
func withoutForeign(value string) string {
	base, query, found := strings.Cut(value, "?")
	if !found {
		return value
	}
	kept := slices.DeleteFunc(strings.Split(query, "&"), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains(foreignParameters, name)
	})
	if len(kept) == 0 {
		return base
	}
	return base + "?" + strings.Join(kept, "&")
}

func checkMailServer(value string) (problem string) {
	parsed, err := url.Parse(value)
	switch {
	case err != nil:
		return "is not a URL (a password with special characters must be percent-encoded)"
	case parsed.Scheme != "smtp" && parsed.Scheme != "smtps":
		return "is not an smtp:// or smtps:// URL"
	case parsed.Hostname() == "":
		return "has no host"
	case strings.Trim(parsed.Path, "/") != "" || parsed.RawQuery != "" || parsed.Fragment != "":
		return "has more than user, password, host and port"
	}
	if port := parsed.Port(); port != "" {
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return "has a port that is none"
		}
	}
	if _, hasPassword := parsed.User.Password(); parsed.User != nil && (!hasPassword || parsed.User.Username() == "") {
		return "has a user without password, or a password without user"
	}
	return ""
}

func checkMailAddress(value string) (problem string) {
	parsed, err := mail.ParseAddress(value)
	if err != nil || strings.ContainsFunc(parsed.Name+parsed.Address, unicode.IsControl) {
		return "is not an e-mail address, such as Likeperson <no-reply@example.org>"
	}
	return ""
}

func checkProjectURL(value string) (problem string) {
	parsed, err := url.Parse(value)
	switch {
	case err != nil:
		return "is not a URL"
	case parsed.Scheme != "https" && parsed.Scheme != "http":
		return "is not an http or https URL"
	case parsed.Hostname() == "":
		return "has no host"
	case servicePath.MatchString(parsed.Path):
		return fmt.Sprintf("is the address of one of the project's services; write %s://%s", parsed.Scheme, parsed.Host)
	}
	return ""
}

// servicePath is the end of the address of one service of a Supabase project.
var servicePath = regexp.MustCompile(`/(auth|rest|functions|storage|realtime|graphql)/v1/?$`)

// checkKeySet checks the outer shape; the package that uses the keys decides which
// of them are usable.
func checkKeySet(value string) (problem string) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if json.Unmarshal([]byte(value), &set) != nil || set.Keys == nil {
		return `is not a JSON Web Key Set, {"keys": […]}`
	}
	return ""
}

// secretKey is a key for servers: one of the new kind, or a JSON Web Token.
var secretKey = regexp.MustCompile(`^(sb_secret_[A-Za-z0-9_-]+|eyJ[\w-]+\.[\w-]+\.[\w-]+)$`)

// checkPublicKey refuses the keys for servers: everybody who opens the page reads this one.
// That of a legacy project is a JSON Web Token like its public one, and says its role.
func checkPublicKey(value string) (problem string) {
	var claims struct{ Role string }
	if parts := strings.Split(value, "."); len(parts) == 3 {
		payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
		_ = json.Unmarshal(payload, &claims) // what is no token names no role
	}
	if strings.HasPrefix(value, "sb_secret_") || claims.Role == "service_role" {
		return "is a secret key, which nobody may be shown"
	}
	return ""
}

func checkSecretKey(value string) (problem string) {
	if !secretKey.MatchString(value) {
		return "is neither a secret key (sb_secret_…) nor a legacy project's service_role key"
	}
	return ""
}

func checkSecret(value string) (problem string) {
	if len(value) < minSecretBytes {
		return fmt.Sprintf("is shorter than %d bytes", minSecretBytes)
	}
	return ""
}
