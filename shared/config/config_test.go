package config_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mentorpause/shared/config"
)

const (
	databaseURL = "postgresql://pause_api:sesame@db.abc.supabase.co:6543/postgres?sslmode=require"
	secret      = "0123456789abcdef0123456789abcdef"
)

// environment is what a function is started with; changes replace or, when
// empty, unset variables of a minimal one.
func environment(changes map[string]string) func(string) string {
	variables := map[string]string{"SUPABASE_DB_URL": databaseURL, "SUPABASE_URL": "https://abc.supabase.co"}
	maps.Copy(variables, changes)
	return func(name string) string { return variables[name] }
}

func TestReadHTTP(t *testing.T) {
	t.Parallel()
	minimal := config.HTTP{
		Common:      config.Common{DatabaseURL: databaseURL, TimeZone: zone("Europe/Oslo"), LogLevel: slog.LevelInfo},
		SupabaseURL: "https://abc.supabase.co",
	}
	with := func(change func(*config.HTTP)) config.HTTP {
		want := minimal
		change(&want)
		return want
	}
	for name, c := range map[string]struct {
		changes map[string]string
		want    config.HTTP
	}{
		"only what is required": {nil, minimal},
		"everything": {
			map[string]string{
				"SUPABASE_JWKS": `{"keys":[]}`, "SUPABASE_JWT_SECRET": secret, "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x",
				"SUPABASE_ANON_KEY": "ey.x.y", "ORGANISATION_TIME_ZONE": "Arctic/Longyearbyen", "LOG_LEVEL": "debug",
			},
			config.HTTP{
				Common:      config.Common{DatabaseURL: databaseURL, TimeZone: zone("Arctic/Longyearbyen"), LogLevel: slog.LevelDebug},
				SupabaseURL: "https://abc.supabase.co", JWKS: `{"keys":[]}`, JWTSecret: secret, APIKey: "sb_publishable_x",
			},
		},
		"the anon key alone":      {map[string]string{"SUPABASE_ANON_KEY": "ey.x.y"}, with(func(s *config.HTTP) { s.APIKey = "ey.x.y" })},
		"keys instead of a URL":   {map[string]string{"SUPABASE_URL": "", "SUPABASE_JWKS": `{"keys":[]}`}, with(func(s *config.HTTP) { s.SupabaseURL, s.JWKS = "", `{"keys":[]}` })},
		"secret instead of a URL": {map[string]string{"SUPABASE_URL": "", "SUPABASE_JWT_SECRET": secret}, with(func(s *config.HTTP) { s.SupabaseURL, s.JWTSecret = "", secret })},
		"UTC":                     {map[string]string{"ORGANISATION_TIME_ZONE": "UTC"}, with(func(s *config.HTTP) { s.TimeZone = zone("UTC") })},
		"level info":              {map[string]string{"LOG_LEVEL": "info"}, minimal},
		"level warn":              {map[string]string{"LOG_LEVEL": "warn"}, with(func(s *config.HTTP) { s.LogLevel = slog.LevelWarn })},
		"level in capitals":       {map[string]string{"LOG_LEVEL": "ERROR"}, with(func(s *config.HTTP) { s.LogLevel = slog.LevelError })},
		"database with parameters of other drivers": {
			map[string]string{"SUPABASE_DB_URL": "postgres://u:p%3F@h:6543/d?pgbouncer=true&sslmode=require&connection_limit=1&schema=public&supa=base-pooler.x"},
			with(func(s *config.HTTP) { s.DatabaseURL = "postgres://u:p%3F@h:6543/d?sslmode=require" })},
		"database with none but those": {map[string]string{"SUPABASE_DB_URL": "postgres://u@h/d?pgbouncer=true"},
			with(func(s *config.HTTP) { s.DatabaseURL = "postgres://u@h/d" })},
		"database by a socket": {map[string]string{"SUPABASE_DB_URL": "postgres:///postgres?host=/tmp"},
			with(func(s *config.HTTP) { s.DatabaseURL = "postgres:///postgres?host=/tmp" })},
		"database of two hosts": {map[string]string{"SUPABASE_DB_URL": "postgres://u@a:5432,b:5432/postgres"},
			with(func(s *config.HTTP) { s.DatabaseURL = "postgres://u@a:5432,b:5432/postgres" })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := config.ReadHTTP(environment(c.changes))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadHTTPNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		changes map[string]string
		want    []string // the names, one a line of the error
	}{
		"nothing set":                 {map[string]string{"SUPABASE_DB_URL": "", "SUPABASE_URL": ""}, []string{"SUPABASE_DB_URL", "SUPABASE_URL"}},
		"no database":                 {map[string]string{"SUPABASE_DB_URL": ""}, []string{"SUPABASE_DB_URL"}},
		"an API key alone":            {map[string]string{"SUPABASE_URL": "", "SUPABASE_ANON_KEY": "k"}, []string{"SUPABASE_URL"}},
		"database of another scheme":  {map[string]string{"SUPABASE_DB_URL": "https://u:sesame@h/d"}, []string{"SUPABASE_DB_URL"}},
		"database without a host":     {map[string]string{"SUPABASE_DB_URL": "postgres:///sesame"}, []string{"SUPABASE_DB_URL"}},
		"database with only a port":   {map[string]string{"SUPABASE_DB_URL": "postgres://u:sesame@:5432/d"}, []string{"SUPABASE_DB_URL"}},
		"database by keywords":        {map[string]string{"SUPABASE_DB_URL": "host=h password=sesame"}, []string{"SUPABASE_DB_URL"}},
		"password not encoded":        {map[string]string{"SUPABASE_DB_URL": "postgres://u:sesame%zz@h/d"}, []string{"SUPABASE_DB_URL"}},
		"placeholder left in":         {map[string]string{"SUPABASE_DB_URL": "postgres://u:[sesame pass]@h/d"}, []string{"SUPABASE_DB_URL"}},
		"parameter that nobody knows": {map[string]string{"SUPABASE_DB_URL": "postgres://u:sesame@h/d?sslmode=require&pool=sesame"}, []string{"SUPABASE_DB_URL"}},
		"parameter of another client": {map[string]string{"SUPABASE_DB_URL": "postgres://u@h/d?hostaddr=127.0.0.1"}, []string{"SUPABASE_DB_URL"}},
		"password cut off by a ?":     {map[string]string{"SUPABASE_DB_URL": "postgres://u:1?sesame@h/d"}, []string{"SUPABASE_DB_URL"}},
		"URL of Auth":                 {map[string]string{"SUPABASE_URL": "https://abc.supabase.co/auth/v1"}, []string{"SUPABASE_URL"}},
		"URL of the REST API":         {map[string]string{"SUPABASE_URL": "https://abc.supabase.co/rest/v1/"}, []string{"SUPABASE_URL"}},
		"URL of the functions":        {map[string]string{"SUPABASE_URL": "https://example.org/supabase/functions/v1"}, []string{"SUPABASE_URL"}},
		"URL without a scheme":        {map[string]string{"SUPABASE_URL": "sesame.supabase.co"}, []string{"SUPABASE_URL"}},
		"URL without a host":          {map[string]string{"SUPABASE_URL": "https:///sesame"}, []string{"SUPABASE_URL"}},
		"URL with a control":          {map[string]string{"SUPABASE_URL": "https://sesame\x7f"}, []string{"SUPABASE_URL"}},
		"URL bad and keys good":       {map[string]string{"SUPABASE_URL": "sesame", "SUPABASE_JWKS": `{"keys":[]}`}, []string{"SUPABASE_URL"}},
		"keys no JSON":                {map[string]string{"SUPABASE_JWKS": "sesame"}, []string{"SUPABASE_JWKS"}},
		"keys no set":                 {map[string]string{"SUPABASE_JWKS": `{"sesame":1}`}, []string{"SUPABASE_JWKS"}},
		"secret too short":            {map[string]string{"SUPABASE_JWT_SECRET": "sesame" + secret[:25]}, []string{"SUPABASE_JWT_SECRET"}},
		"secret with a line break":    {map[string]string{"SUPABASE_JWT_SECRET": "sesame" + secret + "\n"}, []string{"SUPABASE_JWT_SECRET"}},
		"only blanks":                 {map[string]string{"SUPABASE_URL": "  "}, []string{"SUPABASE_URL"}},
		"key with a blank":            {map[string]string{"SUPABASE_PUBLISHABLE_KEY": " sesame"}, []string{"SUPABASE_PUBLISHABLE_KEY"}},
		"unused key with a blank":     {map[string]string{"SUPABASE_PUBLISHABLE_KEY": "k", "SUPABASE_ANON_KEY": "sesame "}, []string{"SUPABASE_ANON_KEY"}},
		"zone unknown":                {map[string]string{"ORGANISATION_TIME_ZONE": "Europe/Sesame"}, []string{"ORGANISATION_TIME_ZONE"}},
		"zone of the machine":         {map[string]string{"ORGANISATION_TIME_ZONE": "Local"}, []string{"ORGANISATION_TIME_ZONE"}},
		"zone that is a path":         {map[string]string{"ORGANISATION_TIME_ZONE": "../sesame"}, []string{"ORGANISATION_TIME_ZONE"}},
		"zone that is an offset":      {map[string]string{"ORGANISATION_TIME_ZONE": "+01:00"}, []string{"ORGANISATION_TIME_ZONE"}},
		"level unknown":               {map[string]string{"LOG_LEVEL": "sesame"}, []string{"LOG_LEVEL"}},
		"level with an offset":        {map[string]string{"LOG_LEVEL": "info+2"}, []string{"LOG_LEVEL"}},
		"level a number":              {map[string]string{"LOG_LEVEL": "0"}, []string{"LOG_LEVEL"}},
		"everything, told in one error": {
			map[string]string{
				"SUPABASE_DB_URL": "sesame", "SUPABASE_URL": "sesame", "SUPABASE_JWKS": "sesame", "SUPABASE_JWT_SECRET": "sesame",
				"SUPABASE_PUBLISHABLE_KEY": "sesame ", "SUPABASE_ANON_KEY": "sesame ", "ORGANISATION_TIME_ZONE": "sesame", "LOG_LEVEL": "sesame",
			},
			[]string{"LOG_LEVEL", "ORGANISATION_TIME_ZONE", "SUPABASE_ANON_KEY", "SUPABASE_DB_URL", "SUPABASE_JWKS", "SUPABASE_JWT_SECRET", "SUPABASE_PUBLISHABLE_KEY", "SUPABASE_URL"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := config.ReadHTTP(environment(c.changes))
			if err == nil || got != (config.HTTP{}) {
				t.Fatalf("got %+v, %v, want only an error", got, err)
			}
			var named []string
			for line := range strings.Lines(err.Error()) {
				name, _, _ := strings.Cut(line, ":")
				named = append(named, name)
			}
			slices.Sort(named)
			if diff := cmp.Diff(c.want, named); diff != "" {
				t.Errorf("%s\n%v", diff, err)
			}
			if strings.Contains(err.Error(), "sesame") {
				t.Errorf("the error shows a value: %v", err)
			}
		})
	}
}

func TestReadInvite(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"sb_secret_aB3-_x", "eyJh.eyJy.x-_y"} {
		got, err := config.ReadInvite(environment(map[string]string{"SUPABASE_SECRET_KEY": key}))
		if err != nil || got.SecretKey != key || got.Web().SupabaseURL != "https://abc.supabase.co" {
			t.Errorf("%s: %+v, %v", key, got, err)
		}
	}
	for name, c := range map[string]struct {
		changes map[string]string
		want    string // the name in the error
	}{
		"no key":                {nil, "SUPABASE_SECRET_KEY"},
		"a publishable key":     {map[string]string{"SUPABASE_SECRET_KEY": "sb_publishable_sesame"}, "SUPABASE_SECRET_KEY"},
		"a key with a blank":    {map[string]string{"SUPABASE_SECRET_KEY": "sb_secret_sesame "}, "SUPABASE_SECRET_KEY"},
		"no place of the keys":  {map[string]string{"SUPABASE_SECRET_KEY": "sb_secret_sesame", "SUPABASE_URL": "", "SUPABASE_JWKS": `{"keys":[]}`}, "SUPABASE_URL"},
		"no place and a secret": {map[string]string{"SUPABASE_SECRET_KEY": "sb_secret_sesame", "SUPABASE_URL": "", "SUPABASE_JWT_SECRET": secret}, "SUPABASE_URL"},
		"nothing":               {map[string]string{"SUPABASE_SECRET_KEY": "sb_secret_sesame", "SUPABASE_URL": ""}, "SUPABASE_URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := config.ReadInvite(environment(c.changes))
			if err == nil || got != (config.Invite{}) || !strings.HasPrefix(err.Error(), c.want+": ") || strings.Contains(err.Error(), "sesame") || strings.Count(err.Error(), "\n") > 0 {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestReadConsole(t *testing.T) {
	t.Parallel()
	read := func(changes map[string]string) (config.Console, error) {
		variables := map[string]string{"SUPABASE_URL": "https://abc.supabase.co/", "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x", "FUNCTIONS_URL": "https://f.example/v1/"}
		maps.Copy(variables, changes)
		return config.ReadConsole(func(name string) string { return variables[name] })
	}
	got, err := read(map[string]string{"MENTOR_URL": "https://m.example/"})
	if err != nil || got.SupabaseURL != "https://abc.supabase.co" || got.APIKey != "sb_publishable_x" || got.TimeZone.String() != "Europe/Oslo" ||
		got.Functions["pause"] != "https://f.example/v1/pause" || got.Functions["mentor"] != "https://m.example" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := read(map[string]string{"SUPABASE_PUBLISHABLE_KEY": "", "SUPABASE_ANON_KEY": "k"}); err != nil || got.APIKey != "k" {
		t.Errorf("the older key: %+v, %v", got, err)
	}
	for name, c := range map[string]struct {
		changes map[string]string
		want    string // the name in the error
	}{
		"no project":          {map[string]string{"SUPABASE_URL": ""}, "SUPABASE_URL"},
		"a service's address": {map[string]string{"SUPABASE_URL": "https://abc.supabase.co/auth/v1"}, "SUPABASE_URL"},
		"no key":              {map[string]string{"SUPABASE_PUBLISHABLE_KEY": ""}, "SUPABASE_PUBLISHABLE_KEY"},
		// {"role":"service_role"} in the middle
		"a legacy secret key":   {map[string]string{"SUPABASE_PUBLISHABLE_KEY": "", "SUPABASE_ANON_KEY": "eyJh.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.x-_y"}, "SUPABASE_ANON_KEY"},
		"a secret key":          {map[string]string{"SUPABASE_PUBLISHABLE_KEY": "sb_secret_sesame"}, "SUPABASE_PUBLISHABLE_KEY"},
		"no functions":          {map[string]string{"FUNCTIONS_URL": ""}, "PAUSE_URL"},
		"no address":            {map[string]string{"FUNCTIONS_URL": "f.example"}, "FUNCTIONS_URL"},
		"an address of a file":  {map[string]string{"FUNCTIONS_URL": "file:///x"}, "FUNCTIONS_URL"},
		"a password":            {map[string]string{"ROSTER_URL": "https://sesame:x@f.example"}, "ROSTER_URL"},
		"more than an address":  {map[string]string{"ROSTER_URL": "https://f.example/?sesame"}, "ROSTER_URL"},
		"more than one address": {map[string]string{"ROSTER_URL": "https://f.example;script-src"}, "ROSTER_URL"},
		"a zone of nowhere":     {map[string]string{"ORGANISATION_TIME_ZONE": "Sesame"}, "ORGANISATION_TIME_ZONE"},
		"a level that is none":  {map[string]string{"LOG_LEVEL": "sesame"}, "LOG_LEVEL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(c.changes)
			if err == nil || !strings.HasPrefix(err.Error(), c.want+": ") || strings.Contains(err.Error(), "sesame") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestReadDispatch(t *testing.T) {
	t.Parallel()
	read := func(changes map[string]string) (config.Dispatch, error) {
		variables := map[string]string{"SUPABASE_DB_URL": databaseURL}
		maps.Copy(variables, changes)
		return config.ReadDispatch(func(name string) string { return variables[name] })
	}
	t.Run("inbox only", func(t *testing.T) {
		t.Parallel()
		got, err := read(nil)
		if err != nil || got.SMTPURL != nil || got.MailFrom != nil || got.TimeZone.String() != "Europe/Oslo" {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	for url, from := range map[string]string{
		"smtp://mail.example.org":                        "no-reply@example.org",
		"smtps://user:p%40ss@mail.example.org:465":       "Likeperson Ørland <no-reply@example.org>",
		"smtp://user:sesame@email-smtp.example.org:587/": `"Likeperson, Oslo" <no-reply@example.org>`,
	} {
		t.Run(url, func(t *testing.T) {
			t.Parallel()
			got, err := read(map[string]string{"SMTP_URL": url, "MAIL_FROM": from})
			if err != nil {
				t.Fatal(err)
			}
			if got.SMTPURL.String() != url || got.MailFrom.Address != "no-reply@example.org" {
				t.Errorf("got %v, %v", got.SMTPURL, got.MailFrom)
			}
		})
	}
	const from = "no-reply@example.org"
	for name, c := range map[string]struct {
		url, from string
		want      []string
	}{
		"no sender":                         {"smtp://h", "", []string{"MAIL_FROM"}},
		"another scheme":                    {"https://sesame", from, []string{"SMTP_URL"}},
		"no scheme":                         {"sesame:587", from, []string{"SMTP_URL"}},
		"no host":                           {"smtp://", from, []string{"SMTP_URL"}},
		"a path":                            {"smtp://h/sesame", from, []string{"SMTP_URL"}},
		"a query":                           {"smtp://h?tls=sesame", from, []string{"SMTP_URL"}},
		"a port that is none":               {"smtp://h:0", from, []string{"SMTP_URL"}},
		"a port too large":                  {"smtp://h:70000", from, []string{"SMTP_URL"}},
		"a user without password":           {"smtp://sesame@h", from, []string{"SMTP_URL"}},
		"a password not encoded":            {"smtp://u:sesame%zz@h", from, []string{"SMTP_URL"}},
		"a sender without domain":           {"smtp://h", "sesame", []string{"MAIL_FROM"}},
		"two senders":                       {"smtp://h", "sesame@x.org, b@x.org", []string{"MAIL_FROM"}},
		"a header in the sender":            {"smtp://h", "sesame@x.org\r\nBcc: b@x.org", []string{"MAIL_FROM"}},
		"a sender, malformed though unused": {"", "sesame", []string{"MAIL_FROM"}},
		"both":                              {"sesame", "sesame", []string{"SMTP_URL", "MAIL_FROM"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := read(map[string]string{"SMTP_URL": c.url, "MAIL_FROM": c.from})
			if err == nil || got != (config.Dispatch{}) {
				t.Fatalf("got %+v, %v, want only an error", got, err)
			}
			var named []string
			for line := range strings.Lines(err.Error()) {
				name, _, _ := strings.Cut(line, ":")
				named = append(named, name)
			}
			if diff := cmp.Diff(c.want, named); diff != "" {
				t.Errorf("%s\n%v", diff, err)
			}
			if strings.Contains(err.Error(), "sesame") {
				t.Errorf("the error shows a value: %v", err)
			}
		})
	}
}

func TestLoggerWritesOneObjectALine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := config.Common{LogLevel: slog.LevelWarn}.Logger(&out)
	logger.Info("not shown")
	logger.Warn("first\nline", "error", "a \"quoted\" one")
	logger.Error("second")
	lines := slices.Collect(strings.Lines(out.String()))
	if len(lines) != 2 {
		t.Fatalf("got %d lines, want 2: %q", len(lines), out.String())
	}
	var entry struct{ Level, Msg, Error string }
	if err := json.Unmarshal([]byte(lines[0]), &entry); err != nil {
		t.Fatal(err)
	}
	if entry.Level != "WARN" || entry.Msg != "first\nline" || entry.Error != `a "quoted" one` {
		t.Errorf("got %+v", entry)
	}
}

func zone(name string) *time.Location {
	location, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return location
}
