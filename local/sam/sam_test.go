package sam

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mentorpause/local/checkout"
	"mentorpause/local/openapi"
)

func ours(t *testing.T) *Template {
	t.Helper()
	root, err := checkout.Root()
	if err != nil {
		t.Fatal(err)
	}
	template, err := Read(root)
	if err != nil {
		t.Fatal(err)
	}
	return template
}

func TestTheTemplateOfTheCheckout(t *testing.T) {
	t.Parallel()
	template := ours(t)
	given := func(f Function) Parameters {
		parameters := f.Connection("postgres://" + f.Role + "@h/d")
		parameters["SupabaseUrl"] = "https://project.example.org"
		parameters["SmtpUrlSecret"] = "smtp://127.0.0.1"
		parameters["SupabaseKeySecret"] = "sb_secret_x"
		for _, name := range template.Names(HasURL) {
			parameters[URL(name)] = "https://" + name + ".example.org/"
		}
		return parameters
	}
	for name, want := range map[string]struct {
		hasURL    bool
		timeout   time.Duration
		variables []string
	}{
		"pause": {true, 10 * time.Second, []string{
			"SUPABASE_DB_URL=postgres://pause_api@h/d", "SUPABASE_URL=https://project.example.org", "LOG_LEVEL=info",
			"ORGANISATION_TIME_ZONE=Europe/Oslo", "SUPABASE_JWT_SECRET="}},
		"console": {true, 5 * time.Second, []string{
			"SUPABASE_URL=https://project.example.org", "PAUSE_URL=https://pause.example.org/", "FUNCTIONS_URL="}},
		"dispatch-notifications": {false, time.Minute, []string{
			"SUPABASE_DB_URL=postgres://pause_scheduler@h/d", "SMTP_URL=smtp://127.0.0.1"}},
	} {
		f, ok := template.Function(name)
		if !ok || f.HasURL != want.hasURL || f.Timeout != want.timeout {
			t.Errorf("%+v, want %+v", f, want)
		}
		environment, err := template.Environment(f, given(f))
		for _, variable := range want.variables {
			if err != nil || !slices.Contains(environment, variable) {
				t.Errorf("%s has no %s in %q, %v", name, variable, environment, err)
			}
		}
	}
	for _, f := range template.Functions {
		schedules, err := template.Schedules(f, nil)
		if err != nil || f.HasURL == (len(schedules) > 0) {
			t.Errorf("%s has a URL: %t, and %d schedules, %v", f.Name, f.HasURL, len(schedules), err)
		}
		if _, err := template.Environment(f, given(f)); err != nil {
			t.Error(err)
		}
	}
}

// Every function that can be called from outside is described in docs/openapi.yaml.
func TestEveryFunctionWithAURLIsInTheDocument(t *testing.T) {
	t.Parallel()
	document, err := openapi.Load()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := document.Functions(), slices.Sorted(slices.Values(ours(t).Names(HasURL))); !slices.Equal(got, want) {
		t.Errorf("docs/openapi.yaml has %v, template.yaml gives a URL to %v", got, want)
	}
}

const small = `
Metadata: {DatabaseRoles: {Secret: reader}}
Parameters:
  Secret: {Type: String}
  Empty: {Type: String, Default: ""}
  Number: {Type: Number, Default: 7}
Conditions:
  HasEmpty: !Not [!Equals [!Ref Empty, ""]]
  Also: {Fn::Equals: [{Ref: Number}, "7"]}
  Odd: !And [!Condition Also, !Condition HasEmpty]
Globals:
  Function:
    Timeout: 3
    Environment: {Variables: {A: global, B: !Ref Number}}
Resources:
  Queue: {Type: AWS::SQS::Queue}
  TwoWordsFunction:
    Type: AWS::Serverless::Function
    Properties:
      FunctionUrlConfig: {AuthType: NONE}
      Environment:
        Variables:
          A: own
          C: !If [HasEmpty, !Sub "<${Empty}>", none]
          D: !If [Also, !Ref AWS::NoValue, x]
          SUPABASE_DB_URL: !Sub "{{resolve:secretsmanager:${Secret}:SecretString}}"
  PlainFunction:
    Type: AWS::Serverless::Function
    Properties: {Timeout: 900}
`

func TestEnvironment(t *testing.T) {
	t.Parallel()
	template, err := parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if got := template.Names(nil); !slices.Equal(got, []string{"two-words", "plain"}) {
		t.Fatalf("functions %v", got)
	}
	first, second := template.Functions[0], template.Functions[1]
	if first.Timeout != 3*time.Second || first.Role != "reader" || second.Timeout != 15*time.Minute || second.Role != "" || second.HasURL {
		t.Errorf("%+v, %+v", first, second)
	}
	got, err := template.Environment(first, Parameters{"Secret": "text", "Empty": "full"})
	if want := []string{"A=own", "B=7", "C=<full>", "SUPABASE_DB_URL=text"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	got, err = template.Environment(first, Parameters{"Secret": "text"})
	if want := []string{"A=own", "B=7", "C=none", "SUPABASE_DB_URL=text"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
	if _, err := template.Environment(first, nil); err == nil || !strings.Contains(err.Error(), "SUPABASE_DB_URL of two-words: the parameter Secret has no value") {
		t.Errorf("without a value: %v", err)
	}
	if _, err := template.Environment(first, Parameters{"Secrets": "x"}); err == nil || !strings.Contains(err.Error(), "no parameter Secrets") {
		t.Errorf("a misspelt one: %v", err)
	}
}

func TestTemplatesThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"a function of CloudFormation": {`!Ref Number`, `!GetAtt Queue.Arn`, "GetAtt Queue.Arn is not known here"},
		"a condition":                  {`[HasEmpty,`, `[Odd,`, `the condition "And" is not known here`},
		"a condition that isn't there": {`[HasEmpty,`, `[Full,`, "no condition Full"},
		"a parameter":                  {`!Ref Number`, `!Ref Numbers`, "no parameter Numbers"},
		"no function":                  {`AWS::Serverless::Function`, `AWS::Lambda::Function`, "there is no function"},
		"a secret of no role":          {`{Secret: reader}`, `{Other: reader}`, "SUPABASE_DB_URL is of no role"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			template, err := parse([]byte(strings.ReplaceAll(small, c.old, c.new)))
			if err == nil {
				_, err = template.Environment(template.Functions[0], Parameters{"Secret": "text"})
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestFoldersAndTemplateAreTheSame(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("template.yaml", small)
	write("functions/plain/main.go", "")
	if _, err := Read(root); err == nil || !strings.Contains(err.Error(), "has TwoWordsFunction, but there is no functions/two-words/main.go") {
		t.Errorf("without a folder: %v", err)
	}
	write("functions/two-words/main.go", "")
	if _, err := Read(root); err != nil {
		t.Error(err)
	}
	write("functions/a-third-one/main.go", "")
	if _, err := Read(root); err == nil || !strings.Contains(err.Error(), "functions/a-third-one is not in template.yaml; its entry there is AThirdOneFunction") {
		t.Errorf("without an entry: %v", err)
	}
}

func TestNext(t *testing.T) {
	t.Parallel()
	const night = "cron(30 0 * * ? *)"
	tests := []struct{ name, expression, after, want string }{
		{"later today", night, "2026-11-23T22:00:00Z", "2026-11-23T23:30:00Z"},
		{"tomorrow", night, "2026-11-23T23:30:00Z", "2026-11-24T23:30:00Z"},
		{"in summer an hour earlier by UTC", night, "2026-07-01T00:00:00Z", "2026-07-01T22:30:00Z"},
		{"over the change to summer time", night, "2026-03-28T23:30:00Z", "2026-03-29T22:30:00Z"},
		{"over the change to winter time", night, "2026-10-24T22:30:00Z", "2026-10-25T23:30:00Z"},
		{"over the new year", night, "2026-12-31T12:00:00Z", "2026-12-31T23:30:00Z"},
		{"in the middle of a minute", night, "2026-11-23T23:29:59.5Z", "2026-11-23T23:30:00Z"},
		{"several hours", "cron(30 1-5 * * ? *)", "2026-11-23T23:30:00Z", "2026-11-24T00:30:00Z"},
		{"not in the hour that is left out", "cron(30 1-5 * * ? *)", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"},
		{"once in the hour that comes twice", "cron(30 2 * * ? *)", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		{"a working day in the morning", "cron(0 7 ? * MON-FRI *)", "2026-11-27T12:00:00Z", "2026-11-30T06:00:00Z"},
		{"the first of a quarter", "cron(0 6 1 1,4,7,10 ? *)", "2026-11-27T12:00:00Z", "2027-01-01T05:00:00Z"},
		{"every quarter of an hour", "cron(0/15 * * * ? *)", "2026-11-27T12:16:00Z", "2026-11-27T12:30:00Z"},
		{"never again", "cron(0 6 1 1 ? 2026)", "2026-11-27T12:00:00Z", "0001-01-01T00:00:00Z"},
		{"a rate", "rate(5 minutes)", "2026-11-27T12:00:01Z", "2026-11-27T12:05:01Z"},
	}
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			after, err := time.Parse(time.RFC3339, test.after)
			if err != nil {
				t.Fatal(err)
			}
			s := Schedule{Expression: test.expression, Zone: oslo}
			if err := s.parse(); err != nil {
				t.Fatal(err)
			}
			if got := s.Next(after).UTC().Format(time.RFC3339); got != test.want {
				t.Errorf("after %s comes %s, want %s", test.after, got, test.want)
			}
		})
	}
	for _, expression := range []string{"", "rate(0 minutes)", "rate(1 week)", "at(2026-11-23T00:00:00)", "cron(0 0 * * *)", "cron(0 24 * * ? *)", "cron(0 0 L * ? *)", "cron(0/0 0 * * ? *)", "cron(0 0 ? * MON#2 *)"} {
		if err := (&Schedule{Expression: expression}).parse(); err == nil {
			t.Errorf("%q is understood", expression)
		}
	}
}

func TestEvent(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 0, 30, 0, 0, time.FixedZone("", 3600))
	if got, want := string(Schedule{input: `{"time": "<aws.scheduler.scheduled-time>"}`}.Event(at)), `{"time": "2026-11-23T23:30:00Z"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	var event map[string]any
	if err := json.Unmarshal(Schedule{Name: "Nightly"}.Event(at), &event); err != nil || event["time"] != "2026-11-23T23:30:00Z" || event["detail-type"] != "Scheduled Event" {
		t.Errorf("%v, %v", event, err)
	}
}
