package clients_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"mentorpause/local/authserver"
	"mentorpause/local/deployment"
	"mentorpause/local/endpoint"
)

// TestSupabaseJS calls everything with supabase-js, signed in with each kind of
// token that a Supabase project issues.
func TestSupabaseJS(t *testing.T) {
	t.Parallel()
	for name, project := range map[string]struct {
		algorithm jose.SignatureAlgorithm
		env       func(*authserver.Project) []string

		// What the functions request from Supabase Auth.
		fetchesKeys, asksForUsers bool
	}{
		"ES256": {
			algorithm:   jose.ES256,
			env:         func(*authserver.Project) []string { return nil },
			fetchesKeys: true,
		},
		"HS256 by the secret": {
			algorithm: jose.HS256,
			env:       func(p *authserver.Project) []string { return []string{"SUPABASE_JWT_SECRET=" + p.Secret} },
		},
		"HS256 by asking Supabase Auth": {
			algorithm:    jose.HS256,
			env:          func(*authserver.Project) []string { return []string{"SUPABASE_PUBLISHABLE_KEY=" + publishableKey} },
			asksForUsers: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests record
			s := deployment.Start(t, deployment.ProjectEnv(project.env), deployment.Wrap(requests.wrap))
			s.Handle("/rest/v1/rpc/", newRPC(t, s))

			token := func(p *authserver.Project, user string, options ...authserver.Option) string {
				return p.Token(user, append(options, authserver.Signed(project.algorithm))...)
			}
			g := people(s, func(user string) string { return token(s.Project, user) }, addMentors(t, s, 16))
			addAdministrator(t, s)
			g.MentorID, g.Mentors = g.Mentors[0], g.Mentors[1:]
			g.Mentor = token(s.Project, g.MentorID)
			g.Administrator = token(s.Project, administrator)
			g.Refused = map[string]string{
				"an expired one":             token(s.Project, endpoint.Coordinator, authserver.Expires(time.Now().Add(-time.Minute))),
				"one of another project":     token(authserver.New(s.URL), endpoint.Coordinator),
				"one with another issuer":    token(s.Project, endpoint.Coordinator, authserver.Claim("iss", "https://example.org/auth/v1")),
				"an unsigned one":            unsigned(g.Coordinator),
				"an anonymous user's":        token(s.Project, endpoint.Coordinator, authserver.Anonymous()),
				"the project's anon key":     s.Project.APIKey("anon"),
				"the project's service_role": s.Project.APIKey("service_role"),
				"the publishable key":        publishableKey,
			}
			runNode(t, "supabase.test.mjs", g)

			// The client also asks Supabase Auth for its user, in another way.
			byFunction := func(path string) bool {
				return requests.count(func(e exchange) bool { return e.Path == path && e.Request["x-client-info"] == nil }) > 0
			}
			if got := byFunction("/auth/v1/.well-known/jwks.json"); got != project.fetchesKeys {
				t.Errorf("the functions fetched the keys: %t", got)
			}
			if got := byFunction("/auth/v1/user"); got != project.asksForUsers {
				t.Errorf("the functions asked whose token it is: %t", got)
			}
			logErrors(t, s)
		})
	}
}

// unsigned removes a token's signature and says so in its header.
func unsigned(token string) string {
	parts := strings.Split(token, ".")
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."
}
