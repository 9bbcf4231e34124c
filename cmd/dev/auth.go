package main

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"mentorpause/local/authserver"
	"mentorpause/local/sam"
)

// The defaults of `supabase start`.
const (
	supabaseAPI    = "http://127.0.0.1:54321"
	supabaseSecret = "super-secret-jwt-token-with-at-least-32-characters-long"
)

const tokenLifetime = 12 * time.Hour

// localAuth issues the tokens of the examples, and says how the functions verify
// tokens.
type localAuth struct {
	base       string // of our own server
	project    *authserver.Project
	users      *authserver.Users // nil: Supabase's own Auth has them
	algorithm  jose.SignatureAlgorithm
	parameters sam.Parameters // of the template, in addition to the project's URL
	where      string         // for the banner
}

// chooseAuth uses the real Supabase Auth if `supabase start` is running: its tokens
// are accepted, and ours are signed with its secret, which is $SUPABASE_JWT_SECRET,
// what `supabase status` says, or the CLI's default. Otherwise our own server at
// base publishes a key of ours, and the functions fetch it as in production; its users are
// those of the database, and its e-mails are caught.
func chooseAuth(ctx context.Context, db *database, base string, mail *mailCatcher) (*localAuth, error) {
	const keysPath = "/auth/v1/.well-known/jwks.json"
	if db.cluster == nil && answers(ctx, supabaseAPI+keysPath) {
		project := authserver.New(supabaseAPI)
		secret, publishable := keysOfSupabase(ctx)
		project.Secret = secret
		project.SecretKey = project.APIKey("service_role")
		return &localAuth{
			base: base, project: project, algorithm: jose.HS256,
			parameters: sam.Parameters{"JwtSecret": project.Secret, "SupabasePublishableKey": cmp.Or(publishable, project.APIKey("anon"))},
			where:      supabaseAPI + "/auth/v1 (supabase start)",
		}, nil
	}
	project := authserver.New(base)
	users, err := authserver.NewUsers(ctx, project, db.url("supabase_auth_admin"), mail.mailer())
	if err != nil {
		return nil, err
	}
	return &localAuth{
		base: base, project: project, users: users, algorithm: jose.ES256,
		where: base + keysPath,
	}, nil
}

// handler serves Supabase Auth; nil when another server does.
func (a *localAuth) handler() http.Handler {
	if a.users == nil {
		return nil
	}
	return a.users.Handler()
}

func (a *localAuth) close() {
	if a.users != nil {
		a.users.Close()
	}
}

// token signs somebody in.
func (a *localAuth) token(userID string) string {
	return a.project.Token(userID, authserver.Signed(a.algorithm), authserver.Expires(time.Now().Add(tokenLifetime)),
		// Claims that no function reads would only make the line longer.
		authserver.Without("phone"), authserver.Without("email"), authserver.Without("app_metadata"),
		authserver.Without("user_metadata"), authserver.Without("amr"), authserver.Without("aal"))
}

func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// keysOfSupabase are what `supabase status` says: the secret of its tokens, and the key
// of its pages.
func keysOfSupabase(ctx context.Context) (secret, publishable string) {
	secret, publishable = os.Getenv("SUPABASE_JWT_SECRET"), os.Getenv("SUPABASE_PUBLISHABLE_KEY")
	for _, cli := range []string{"node_modules/.bin/supabase", "supabase"} {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		output, err := exec.CommandContext(ctx, cli, "status", "-o", "env").Output()
		cancel()
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(output)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			switch value = strings.Trim(value, `"`); name {
			case "JWT_SECRET":
				secret = cmp.Or(secret, value)
			case "PUBLISHABLE_KEY", "ANON_KEY":
				publishable = cmp.Or(publishable, value)
			}
		}
		break
	}
	return cmp.Or(secret, supabaseSecret), publishable
}
