package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"mentorpause/local/sam"
	"mentorpause/local/stack"
)

// terminal writes for people: with colours on a terminal, plain elsewhere and with
// NO_COLOR.
type terminal struct {
	out    io.Writer
	colour bool
}

func newTerminal(out io.Writer) *terminal {
	t := &terminal{out: out}
	if file, ok := out.(*os.File); ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" {
		info, err := file.Stat()
		t.colour = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return t
}

func (t *terminal) paint(code, text string) string {
	if !t.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (t *terminal) bold(text string) string  { return t.paint("1", text) }
func (t *terminal) dim(text string) string   { return t.paint("2", text) }
func (t *terminal) green(text string) string { return t.paint("32", text) }

// say writes one line about a topic.
func (t *terminal) say(about, text string) {
	fmt.Fprintf(t.out, "%s %s\n", t.dim(fmt.Sprintf("%-9s", about)), text)
}

// Write passes on the lines of the code that manages the database.
func (t *terminal) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		t.say("database", strings.TrimRight(line, "\n"))
	}
	return len(p), nil
}

// banner is what the user needs when everything runs.
type banner struct {
	took      time.Duration
	base      string
	functions *functions
	database  *database
	auth      *localAuth
	mail      *mailCatcher
	examples  []example
}

func (t *terminal) banner(b banner) {
	var text strings.Builder
	line := func(format string, values ...any) { fmt.Fprintf(&text, format+"\n", values...) }
	row := func(name, format string, values ...any) {
		line("  %s "+format, append([]any{t.dim(fmt.Sprintf("%-10s", name))}, values...)...)
	}

	line("")
	line("  %s %s", t.bold(t.green("mentorpause is serving")), t.dim(fmt.Sprintf("after %.1f s; Ctrl-C stops it", b.took.Seconds())))
	line("")
	row("console", "%s", t.bold(b.base+"/"))
	row("", "%s", t.dim("sign in as kari.coordinator@example.org or, for the national office, ingunn.office@example.org;"))
	row("", "%s", t.dim("the code comes here, in a line of mail"))
	for n, name := range b.functions.Names(func(f sam.Function) bool { return !f.IsPage() }) {
		label := ""
		if n == 0 {
			label = "functions"
		}
		row(label, "%s%s%s", b.base, stack.Path(""), t.bold(name))
	}
	row("database", "%s", b.database.url("postgres"))
	row("", "%s", t.dim("PostgreSQL "+b.database.version+", "+relative(b.database.where)))
	row("keys", "%s", b.auth.where)
	row("", "%s", t.dim("secret key for /auth/v1/admin: "+b.auth.project.SecretKey))
	if os.Getenv("SMTP_URL") == "" {
		row("e-mail", "caught in %s", relative(b.mail.dir))
	} else {
		row("e-mail", "sent by $SMTP_URL")
	}
	for n, each := range b.functions.schedules {
		label := ""
		if n == 0 {
			label = "schedules"
		}
		row(label, "%s, %s", each.Function, schedule{each}.when())
	}
	line("")
	line("  %s", t.dim(fmt.Sprintf("Ready to paste; the tokens are good until %s:", time.Now().Add(tokenLifetime).Format("Monday 15:04"))))
	for _, e := range b.examples {
		line("")
		line("%s", t.bold("# "+e.title))
		line("%s", e.curl(t))
	}
	line("")
	io.WriteString(t.out, text.String())
}

// relative shortens paths below the working directory.
func relative(text string) string {
	if dir, err := os.Getwd(); err == nil {
		return strings.ReplaceAll(text, dir+string(filepath.Separator), "")
	}
	return text
}
