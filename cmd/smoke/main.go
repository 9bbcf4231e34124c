// Command smoke checks a deployment from outside, as an app sees it, and changes
// nothing: certificates, preflight and CORS, refusals and, with a coordinator's
// token, the roster.
//
//	URL=https://<project>.example.org/functions/v1 TOKEN=… smoke
//	PAUSE_URL=https://….on.aws REACTIVATE_URL=… ROSTER_URL=… … TOKEN=… smoke
//
// `make smoke` takes the same variables. URL is the base address of all functions,
// as `make dev` and a proxy serve them (for a host alone, /functions/v1 is added).
// Function URLs have a host each: that of period-report is PERIOD_REPORT_URL. With
// CONSOLE_URL the console's page is checked, and that it calls these functions. The
// functions are those of template.yaml, their methods those of docs/openapi.yaml.
// The access token comes from the environment, where no process list shows it.
//
// Without a URL it follows docs/operations.md from nothing, as far as that works
// without AWS: a throwaway PostgreSQL, the migrations, the passwords, the built
// functions behind a pooler (PgBouncer, if it is installed), the same checks from
// outside, then a nightly dry run and a dispatch.
//
// The exit status is 0 if everything is fine, 1 if something is not, 2 for a wrong
// call.
package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"mentorpause/local/checkout"
	"mentorpause/local/sam"
	"mentorpause/local/stack"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal does not wait
	os.Exit(run(ctx, os.Getenv, os.Stdout))
}

func run(ctx context.Context, getenv func(string) string, out io.Writer) int {
	root, err := checkout.Root()
	if err != nil {
		fmt.Fprintln(out, "smoke:", err)
		return 2
	}
	template, err := sam.Read(root)
	if err != nil {
		fmt.Fprintln(out, "smoke:", err)
		return 1
	}
	where, err := readTarget(template.Names(sam.HasURL), getenv)
	if err != nil {
		fmt.Fprintln(out, "smoke:", err)
		return 2
	}
	report := &report{out: out}
	if where.urls == nil {
		err = fromNothing(ctx, root, template, report)
	} else {
		err = look(ctx, where, report)
	}
	if err != nil {
		fmt.Fprintln(out, "smoke:", err)
		return 1
	}
	return report.end()
}

// target is what to check.
type target struct {
	functions []string          // that have a URL
	urls      map[string]string // by the function's name; nil: nothing runs yet
	token     string            // a coordinator's; empty: only checks without one
	console   string            // where its page is; empty: not looked at
}

// variable is the name of the variable for a function's URL.
func variable(function string) string {
	return strings.ReplaceAll(strings.ToUpper(function), "-", "_") + "_URL"
}

func readTarget(functions []string, getenv func(string) string) (target, error) {
	where := target{functions: functions, token: getenv("TOKEN"), console: getenv(variable(console))}
	own := map[string]string{}
	var variables []string
	for _, name := range functions {
		variables = append(variables, variable(name))
		if text := getenv(variable(name)); text != "" {
			own[name] = text
		}
	}
	each := strings.Join(variables, ", ")
	base := getenv("URL")
	switch {
	case base == "" && len(own) == 0:
		if where.token != "" || where.console != "" {
			return target{}, fmt.Errorf("TOKEN and CONSOLE_URL are for a deployment: give URL, or each of %s", each)
		}
		return where, nil
	case base != "" && len(own) > 0:
		return target{}, fmt.Errorf("give URL, or each of %s, not both", each)
	case base == "" && len(own) < len(functions):
		return target{}, fmt.Errorf("function URLs are a host each: give each of %s", each)
	}
	where.urls = own
	// On a host alone, the functions are where Supabase's clients look for them.
	if u, err := url.Parse(base); err == nil && u.Host != "" && strings.Trim(u.Path, "/") == "" {
		base = strings.TrimRight(base, "/") + stack.Path("")
	}
	for _, name := range functions {
		if base != "" {
			own[name] = strings.TrimRight(base, "/") + "/" + name
		}
		if u, err := url.Parse(own[name]); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
			return target{}, fmt.Errorf("%s is not an http or https URL", own[name])
		}
	}
	if u, err := url.Parse(where.console); where.console != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return target{}, fmt.Errorf("%s is not an http or https URL", where.console)
	}
	return where, nil
}

// report writes a line for each check, and counts.
type report struct {
	out            io.Writer
	passed, failed int
}

// say reports something that is neither right nor wrong.
func (r *report) say(format string, values ...any) {
	fmt.Fprintf(r.out, "      "+format+"\n", values...)
}

func (r *report) ok(function, what, note string) {
	r.passed++
	fmt.Fprintf(r.out, "ok    %-13s  %-46s  %s\n", function, what, note)
}

func (r *report) fail(function, what string, err error) {
	r.failed++
	fmt.Fprintf(r.out, "FAIL  %-13s  %-46s  %v\n", function, what, err)
}

// end writes the totals and returns the exit status.
func (r *report) end() int {
	fmt.Fprintf(r.out, "%d ok, %d failed\n", r.passed, r.failed)
	if r.failed > 0 || r.passed == 0 {
		return 1
	}
	return 0
}
