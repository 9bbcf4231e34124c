// Package migrate applies the project's SQL migrations, and undoes them with their rollbacks. It
// is a second runner besides the Supabase CLI, on the same plain files and the same ledger: what
// either has applied, the other sees as applied.
//
// Every file is one transaction together with its ledger row: a runner that fails or is killed
// leaves complete files only. Of two runners at once the second waits and then finds nothing to
// do. For that lock the connection needs its own session: a direct one, or a pooler in session
// mode.
//
// Migrations run with the rights of whoever connects, which should be the role postgres.
package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"

	"mentorpause/supabase"
)

// Up applies every pending migration of the project. See [Runner.Up].
func Up(ctx context.Context, db *sql.DB) error {
	r, err := New(db, supabase.Files)
	if err != nil {
		return err
	}
	_, err = r.Up(ctx)
	return err
}

// Down undoes the newest applied migration of the project. See [Runner.Down].
func Down(ctx context.Context, db *sql.DB) error {
	r, err := New(db, supabase.Files)
	if err != nil {
		return err
	}
	_, err = r.Down(ctx)
	return err
}

// DownAll undoes every applied migration of the project. See [Runner.DownAll].
func DownAll(ctx context.Context, db *sql.DB) error {
	r, err := New(db, supabase.Files)
	if err != nil {
		return err
	}
	_, err = r.DownAll(ctx)
	return err
}

// Status lists the project's migrations. See [Runner.Status].
func Status(ctx context.Context, db *sql.DB) ([]State, error) {
	r, err := New(db, supabase.Files)
	if err != nil {
		return nil, err
	}
	return r.Status(ctx)
}

// A Runner applies and undoes the migrations of one file system in one database.
type Runner struct {
	db         *sql.DB
	ledger     ledger
	migrations []migration
	provider   *goose.Provider
}

// New reads the files `migrations/<14 digits>_<verb>_<noun>.sql` and, of the same names, those in
// `rollbacks`. It refuses bad names, two files of one version, one without its counterpart, and
// statements that would end the file's transaction, naming every such file. It does not connect.
func New(db *sql.DB, fsys fs.FS) (*Runner, error) {
	migrations, err := readMigrations(fsys)
	if err != nil {
		return nil, err
	}
	r := &Runner{db: db, migrations: migrations, ledger: ledger{migrations: make(map[int64]migration)}}
	// goose's parser needs markers of its own in SQL files, so it gets functions instead.
	var steps []*goose.Migration
	for _, m := range migrations {
		r.ledger.migrations[m.version] = m
		steps = append(steps, goose.NewGoMigration(m.version,
			&goose.GoFunc{RunTx: m.up.run}, &goose.GoFunc{RunTx: m.down.run}))
	}
	r.provider, err = goose.NewProvider(goose.DialectCustom, db, nil,
		goose.WithStore(r.ledger),
		goose.WithSessionLocker(sessionLock{}),
		goose.WithGoMigrations(steps...),
		goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("set up goose: %w", err)
	}
	return r, nil
}

// Up applies every pending migration, oldest first, and returns the names of the files that it
// applied, also with an error. Errors: *[Error] for a file that fails (those before it stay
// applied), *[MissingFileError], *[OutOfOrderError] (nothing is applied).
func (r *Runner) Up(ctx context.Context) ([]string, error) {
	states, err := r.Status(ctx)
	if err != nil {
		return r.outcome(ctx, nil, err)
	}
	if err := r.checkOrder(states); err != nil {
		return nil, err
	}
	results, err := r.provider.Up(ctx)
	return r.outcome(ctx, results, err)
}

// Down undoes the newest applied migration by its rollback, and returns the rollback's name; none
// if no migration is applied. Errors: *[Error], *[MissingFileError].
func (r *Runner) Down(ctx context.Context) ([]string, error) {
	result, err := r.provider.Down(ctx)
	if errors.Is(err, goose.ErrNoNextVersion) {
		return nil, nil
	}
	var results []*goose.MigrationResult
	if result != nil {
		results = append(results, result)
	}
	return r.outcome(ctx, results, err)
}

// DownAll undoes every applied migration, newest first, and returns the names of the rollbacks
// that it ran, even with an error. The ledger itself stays, empty. Errors: *[Error],
// *[MissingFileError].
func (r *Runner) DownAll(ctx context.Context) ([]string, error) {
	results, err := r.provider.DownTo(ctx, 0)
	return r.outcome(ctx, results, err)
}

// outcome translates goose's results and errors into those of this package.
func (r *Runner) outcome(ctx context.Context, results []*goose.MigrationResult, err error) ([]string, error) {
	partial, ok := errors.AsType[*goose.PartialError](err)
	if ok {
		results = partial.Applied
	}
	var names []string
	for _, result := range results {
		names = append(names, path.Base(r.script(result).path))
	}
	if err == nil {
		return names, nil
	}
	if ctx.Err() != nil {
		return names, fmt.Errorf("migrations interrupted: %w", context.Cause(ctx))
	}
	if failed, ok := errors.AsType[*Error](err); ok {
		return names, failed
	}
	if partial != nil {
		// The script succeeded; its commit or its ledger row did not.
		return names, &Error{File: r.script(partial.Failed).path, Err: partial.Err}
	}
	if missing, ok := errors.AsType[*MissingFileError](err); ok {
		return names, missing
	}
	return names, fmt.Errorf("run migrations: %w", err)
}

func (r *Runner) script(result *goose.MigrationResult) script {
	m := r.ledger.migrations[result.Source.Version]
	if result.Direction == "down" {
		return m.down
	}
	return m.up
}

// A State says whether a version has a file, and whether it is applied; at least one is true.
type State struct {
	Version string // 14 digits for a version with a file
	Name    string // without version and suffix; may be empty for a version without a file
	File    bool
	Applied bool
	Edited  bool // applied, and its file has other statements now
}

// Status lists every version of the files and the ledger, oldest first. It changes nothing and
// waits for no other runner.
func (r *Runner) Status(ctx context.Context) ([]State, error) {
	exists, err := r.ledger.exists(ctx, r.db)
	if err != nil {
		return nil, err
	}
	var rows []row
	if exists {
		if rows, err = r.ledger.rows(ctx, r.db); err != nil {
			return nil, err
		}
	}
	var states []State
	applied := make(map[string]row)
	for _, row := range rows {
		if _, known := r.ledger.known(row.version); !known {
			states = append(states, State{Version: row.version, Name: row.name, Applied: true})
		}
		applied[row.version] = row
	}
	for _, m := range r.migrations {
		row, ok := applied[m.id]
		states = append(states, State{Version: m.id, Name: m.name, File: true, Applied: ok, Edited: ok && r.ledger.edited(row)})
	}
	slices.SortStableFunc(states, func(a, b State) int { return strings.Compare(a.Version, b.Version) })
	return states, nil
}

// checkOrder refuses what the Supabase CLI refuses too: a ledger with versions that have no file,
// and a pending file older than an applied one, because that order was never tested.
func (r *Runner) checkOrder(states []State) error {
	var (
		missing       []row
		pending, late []string
	)
	newest := ""
	for _, s := range states {
		applied := row{version: s.Version, name: s.Name}
		switch name := applied.String(); {
		case !s.File:
			missing = append(missing, applied)
		case s.Applied:
			late, newest = slices.Clone(pending), name
		default:
			pending = append(pending, name)
		}
	}
	if missing != nil {
		return r.ledger.missingFiles(missing)
	}
	if late != nil {
		return &OutOfOrderError{Versions: late, Newest: newest}
	}
	return nil
}

// An Error is a script that failed; nothing of it stays in the database.
type Error struct {
	File string // path in the file system of the [Runner], such as "migrations/20261123000100_create_chapters.sql"
	Line int    // 1-based, of the place that the server points at; 0 when no statement is to blame (a commit)
	Err  error  // of the database driver
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	if refused, ok := errors.AsType[*pgconn.PgError](e.Err); ok {
		for _, more := range []struct{ label, text string }{
			{"detail", refused.Detail},
			{"hint", refused.Hint},
			{"context", refused.Where},
		} {
			if more.text != "" {
				fmt.Fprintf(&b, "\n  %s: %s", more.label, strings.ReplaceAll(more.text, "\n", "\n    "))
			}
		}
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// A MissingFileError says that applied versions have no file: the database is ahead of this copy
// of the project, or a file was renamed.
type MissingFileError struct {
	Versions []string // as in the ledger, oldest first, with their names if it has them
	// Rewritten says that the database was made by an earlier history of these same migrations:
	// all versions are older than every file, and the oldest has the name of the oldest file.
	// No migration leads on from there.
	Rewritten bool
}

func (e *MissingFileError) Error() string {
	if e.Rewritten {
		return fmt.Sprintf("the database was made by migrations that have been rewritten since (%s to %s): it has to be made afresh",
			e.Versions[0], e.Versions[len(e.Versions)-1])
	}
	return "the ledger has versions without a file: " + strings.Join(e.Versions, ", ")
}

// An OutOfOrderError says that files are pending which are older than one that is applied.
type OutOfOrderError struct {
	Versions []string // the pending ones, with their names
	Newest   string   // the newest applied one
}

func (e *OutOfOrderError) Error() string {
	return fmt.Sprintf("pending, but older than %s, which is applied: %s; give them a newer version",
		e.Newest, strings.Join(e.Versions, ", "))
}
