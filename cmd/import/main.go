// Command import enters a file with people from a shell, as service_role: everywhere, and
// logged as nobody's. It shows what would happen, asks, and carries out exactly that.
//
//	SUPABASE_DB_URL=postgresql://postgres:…@…/postgres import [-dry-run] [-chapter Oslo] [-source hypersys] people.xlsx
//
// Without SUPABASE_DB_URL it uses the database of `make dev`. The exit status is 0 for success,
// 1 for an error, 2 for a wrong call, and 3 when rows were refused or left out.
package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"mentorpause/shared/memberlist"
	"mentorpause/shared/peopleimport"
	"mentorpause/shared/refusal"
	"mentorpause/shared/spreadsheet"
)

// localURL is that of a local system, whose passwords are public.
const localURL = "postgresql://postgres:postgres@127.0.0.1:54322/postgres?sslmode=disable"

// language is that of everything that this tool says, the reader's sentences too.
const language = "en"

const (
	exitError   = 1
	exitUsage   = 2
	exitPartial = 3
)

var errUsage = errors.New("usage: import [-dry-run] [-yes] [-chapter <name or id>] [-source <the other system>] <file>")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	c := console{os.Stdin, os.Stdout, os.Stderr, term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stderr.Fd()))}
	complete, err := run(ctx, os.Args[1:], os.Getenv, c)
	stop()
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitUsage)
	case err != nil:
		fmt.Fprintln(os.Stderr, "import:", err)
		os.Exit(exitError)
	case !complete:
		os.Exit(exitPartial)
	}
}

// console is where somebody sits, or nobody.
type console struct {
	in         io.Reader
	out, err   io.Writer
	isTerminal bool
}

// run reports whether every row was, or would be, entered or unchanged.
func run(ctx context.Context, args []string, getenv func(string) string, c console) (complete bool, err error) {
	flags := flag.NewFlagSet("import", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	dryRun := flags.Bool("dry-run", false, "say what would happen and write nothing")
	yes := flags.Bool("yes", false, "don't ask")
	chapter := flags.String("chapter", "", "the chapter of rows that name none, by name or id")
	source := flags.String("source", "", "the other system, whose member numbers these are")
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		return false, errUsage
	}
	file, err := read(flags.Arg(0))
	if err != nil {
		return false, err
	}
	if !*dryRun && !*yes && !c.isTerminal {
		return false, errors.New("nobody to ask here: say -dry-run, or -yes (make import … YES=1)")
	}
	conn, err := connect(ctx, getenv)
	if err != nil {
		return false, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	s := session{conn: conn, source: *source}
	if s.chapter, err = s.find(ctx, *chapter); err != nil {
		return false, err
	}

	began := time.Now()
	stop := c.progress("judging", 0)
	answer, err := s.run(ctx, file, nil)
	stop()
	if err != nil {
		return false, err
	}
	judged := time.Since(began)
	show(c.out, answer)
	if *source == "" && slices.ContainsFunc(answer.Columns, func(c memberlist.Column) bool { return c.Field != nil && *c.Field == memberlist.ExternalID }) {
		fmt.Fprintln(c.out, "\n! The file has member numbers and no source was given: they are kept as those of \"import\". With SOURCE=<the other system>, people are known again by them.")
	}
	complete = answer.Counts.Refused+answer.Counts.PossibleDuplicate == 0
	entering := answer.Counts.New + answer.Counts.Changed
	switch {
	case *dryRun:
		fmt.Fprintln(c.out, "\nA dry run: nothing was written.")
		return complete, nil
	case entering == 0:
		fmt.Fprintln(c.out, "\nNothing to enter.")
		return complete, nil
	case !*yes:
		fmt.Fprintf(c.err, "\nEnter %s? [y/N] ", rows(entering))
		reply, _ := bufio.NewReader(c.in).ReadString('\n')
		if !slices.Contains([]string{"y", "yes", "j", "ja"}, strings.ToLower(strings.TrimSpace(reply))) {
			fmt.Fprintln(c.out, "Nothing was written.")
			return complete, nil
		}
	}
	began = time.Now()
	stop = c.progress("entering "+rows(entering), 4*judged)
	done, err := s.run(ctx, file, &answer.Preview)
	stop()
	if err != nil {
		return false, err
	}
	fmt.Fprintf(c.out, "\nEntered: %d new, %d changed, in %s.\n", done.Counts.New, done.Counts.Changed, time.Since(began).Round(100*time.Millisecond))
	return complete, nil
}

// read reads the file, whose size is known before.
func read(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > spreadsheet.MaxBytes {
		return nil, fmt.Errorf("%s has more than %d MiB: divide it into several files", name, spreadsheet.MaxBytes>>20)
	}
	return os.ReadFile(name)
}

func connect(ctx context.Context, getenv func(string) string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(cmp.Or(getenv("SUPABASE_DB_URL"), localURL))
	if err != nil {
		// pgx hides the password in the URL that it quotes only if it can parse that URL.
		return nil, errors.New("SUPABASE_DB_URL is malformed: give postgresql://<user>:<password>@<host>:<port>/<database>")
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeExec // poolers in transaction mode prepare nothing
	return pgx.ConnectConfig(ctx, config)
}

// session calls the RPC as service_role.
type session struct {
	conn    *pgx.Conn
	chapter *string
	source  string
}

// find looks a chapter up by its name or id; nil for none.
func (s session) find(ctx context.Context, chapter string) (*string, error) {
	if chapter == "" {
		return nil, nil
	}
	found, err := s.conn.Query(ctx, `select c.id::text from public.chapters c
		where c.id::text = lower($1) or private.name_key(c.name) = private.name_key($1)`, chapter)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(found, pgx.RowTo[string])
	switch {
	case err != nil:
		return nil, err
	case len(ids) == 0:
		return nil, fmt.Errorf("no chapter is called %s", chapter)
	case len(ids) > 1:
		return nil, fmt.Errorf("several chapters are called %s: give the id of one, %s", chapter, strings.Join(ids, " or "))
	}
	return &ids[0], nil
}

func (s session) run(ctx context.Context, file []byte, preview *string) (peopleimport.Answer, error) {
	answer, err := peopleimport.Run(ctx, file, peopleimport.Options{Language: language}, func(ctx context.Context, list []byte) (answer []byte, err error) {
		err = pgx.BeginFunc(ctx, s.conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "set local role service_role"); err != nil {
				return err
			}
			return tx.QueryRow(ctx, "select public.import_people($1::jsonb, $2::uuid, nullif($3, ''), $4)", string(list), s.chapter, s.source, preview).Scan(&answer)
		})
		return answer, err
	})
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && refused.Code == "PGRST" {
		return answer, errors.New(messageOf(refused.Message))
	}
	if refused, ok := errors.AsType[*refusal.Error](err); ok {
		return answer, errors.New(refused.Message)
	}
	return answer, err
}

// mostShown is how many rows with the same problem are named.
const mostShown = 5

// possibleDuplicate is the outcome of a row about somebody who may be there already.
const possibleDuplicate = "possible_duplicate"

// show says what happens to a file, the rows by their problems.
func show(out io.Writer, a peopleimport.Answer) {
	var ignored []string
	for _, c := range a.Columns {
		switch {
		case c.Problem != nil:
			fmt.Fprintln(out, "!", c.Problem.Message)
		case c.Field == nil && c.Header != "":
			ignored = append(ignored, c.Header)
		default:
			if c.Field != nil {
				fmt.Fprintf(out, "  %-24s %s, %d filled\n", c.Header, *c.Field, c.Filled)
			}
		}
	}
	if ignored != nil {
		fmt.Fprintln(out, "  ignored:", strings.Join(ignored, ", "))
	}
	fmt.Fprintf(out, "\n  %6d new\n  %6d changed\n  %6d unchanged\n  %6d refused\n  %6d perhaps somebody who is there already\n",
		a.Counts.New, a.Counts.Changed, a.Counts.Unchanged, a.Counts.Refused, a.Counts.PossibleDuplicate)
	for _, w := range a.Warnings {
		share, _ := w.Share.Float64()
		switch w.Code {
		case "changes_many":
			fmt.Fprintf(out, "! %s would change in %.0f %% of the rows\n", w.Field, 100*share)
		case "belongs_elsewhere":
			fmt.Fprintf(out, "! %.0f %% of the rows are about people of other chapters\n", 100*share)
		}
	}
	problems := map[memberlist.Code][]string{}
	var duplicates []string
	for _, row := range a.Rows {
		if row.Outcome == possibleDuplicate {
			of := "a row further up"
			if row.PersonID != nil {
				of = *row.PersonID
			}
			duplicates = append(duplicates, fmt.Sprintf("Row %d has the name of %s.", row.Row, of))
		}
		for _, p := range row.Problems {
			problems[p.Code] = append(problems[p.Code], p.Message)
		}
	}
	// The most frequent first.
	for _, code := range slices.SortedFunc(maps.Keys(problems), func(a, b memberlist.Code) int {
		return cmp.Or(cmp.Compare(len(problems[b]), len(problems[a])), cmp.Compare(a, b))
	}) {
		list(out, fmt.Sprintf("%s (%d)", code, len(problems[code])), problems[code])
	}
	list(out, fmt.Sprintf("%s (%d), left out: give a member number or an e-mail address, or enter them by hand", possibleDuplicate, len(duplicates)), duplicates)
	missing := make([]string, len(a.Missing))
	for i, p := range a.Missing {
		missing[i] = p.DisplayName
	}
	title := fmt.Sprintf("%d people of these chapters are not in the file, and stay as they are:", len(missing))
	if len(missing) == 1 {
		title = "One person of these chapters is not in the file, and stays as before:"
	}
	list(out, title, missing)
}

// list shows the first of the lines under a title; nothing if there is none.
func list(out io.Writer, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s\n", title)
	for _, line := range lines[:min(mostShown, len(lines))] {
		fmt.Fprintln(out, " ", line)
	}
	if more := len(lines) - mostShown; more > 0 {
		fmt.Fprintf(out, "  … and %d more\n", more)
	}
}

func rows(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprint(n, " rows")
}

// progress shows on a terminal that something is going on, until it is stopped. The
// database does it in one go and says nothing meanwhile: the bar goes by how long it
// should take; without an idea it only turns.
func (c console) progress(what string, expected time.Duration) (stop func()) {
	if !c.isTerminal {
		return func() {}
	}
	steps := -1
	if expected > 0 {
		steps = 100
	}
	bar := progressbar.NewOptions(steps, progressbar.OptionSetWriter(c.err), progressbar.OptionSetDescription(what),
		progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(), progressbar.OptionSetElapsedTime(true),
		progressbar.OptionSetPredictTime(false), progressbar.OptionSpinnerType(14))
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		began := time.Now()
		for {
			select {
			case <-ended:
				return
			case <-time.After(100 * time.Millisecond):
			}
			// What becomes of the bar is no reason to stop.
			if steps < 0 {
				_ = bar.Add(1)
			} else {
				_ = bar.Set(min(99, int(100*time.Since(began)/expected)))
			}
		}
	}()
	return func() {
		close(ended)
		<-done
		_ = bar.Finish()
	}
}

// messageOf is the sentence of an RPC's refusal.
func messageOf(raised string) string {
	var refused struct {
		Message string `json:"message"`
	}
	if json.Unmarshal([]byte(raised), &refused) != nil || refused.Message == "" {
		return raised
	}
	return refused.Message
}
