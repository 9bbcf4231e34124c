package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	migrationsFolder = "migrations"
	rollbacksFolder  = "rollbacks"
)

// fileName is the form that the Supabase CLI gives to new migrations. The CLI takes looser names
// too; a fixed width keeps the order of names, versions and numbers the same.
var fileName = regexp.MustCompile(`^([0-9]{14})_([a-z0-9]+(?:_[a-z0-9]+)*)\.sql$`)

// A migration is one version: the file that makes it and the file that undoes it.
type migration struct {
	version  int64
	id       string // the version as in the ledger: 14 digits
	name     string // the file's name between version and suffix
	up, down script
}

// A script is one SQL file.
type script struct {
	path       string // within the file system, such as "migrations/20261123000100_create_chapters.sql"
	statements []statement
}

// readMigrations reads every migration with its rollback, by version. The error names every
// file that is not as it should be.
func readMigrations(fsys fs.FS) ([]migration, error) {
	ups, err := fs.ReadDir(fsys, migrationsFolder)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	downs, err := fs.ReadDir(fsys, rollbacksFolder)
	if err != nil {
		return nil, fmt.Errorf("read rollbacks: %w", err)
	}
	unpaired := make(map[string]bool)
	for _, entry := range downs {
		unpaired[entry.Name()] = true
	}

	var (
		all  []migration
		errs []error
	)
	refuse := func(folder, name, why string) {
		errs = append(errs, fmt.Errorf("%s: %s", path.Join(folder, name), why))
	}
	for _, entry := range ups { // sorted by name, so by version
		name := entry.Name()
		hasRollback := unpaired[name]
		delete(unpaired, name)
		parts := fileName.FindStringSubmatch(name)
		if parts == nil || entry.IsDir() {
			refuse(migrationsFolder, name, "not a file named <14 digits>_<verb>_<noun>.sql")
			continue
		}
		version, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil || version == 0 {
			refuse(migrationsFolder, name, "the version must be above zero")
			continue
		}
		if !hasRollback {
			refuse(migrationsFolder, name, "has no rollback of the same name in "+rollbacksFolder)
			continue
		}
		m := migration{version: version, id: parts[1], name: parts[2]}
		if n := len(all); n > 0 && all[n-1].version == version {
			refuse(migrationsFolder, name, "has the same version as "+path.Base(all[n-1].up.path))
			continue
		}
		if m.up, err = readScript(fsys, path.Join(migrationsFolder, name)); err != nil {
			errs = append(errs, err)
		}
		if m.down, err = readScript(fsys, path.Join(rollbacksFolder, name)); err != nil {
			errs = append(errs, err)
		}
		all = append(all, m)
	}
	for _, entry := range downs {
		if unpaired[entry.Name()] {
			refuse(rollbacksFolder, entry.Name(), "has no migration of the same name in "+migrationsFolder)
		}
	}
	if len(all) == 0 && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("%s: no migrations", migrationsFolder))
	}
	return all, errors.Join(errs...)
}

func readScript(fsys fs.FS, name string) (script, error) {
	sql, err := fs.ReadFile(fsys, name)
	if err != nil {
		return script{}, fmt.Errorf("read script: %w", err)
	}
	if !utf8.Valid(sql) {
		return script{}, fmt.Errorf("%s: not UTF-8", name)
	}
	s := script{path: name, statements: split(string(sql))}
	for _, st := range s.statements {
		if st.controlsTransaction() {
			return script{}, fmt.Errorf("%s:%d: %s: a file is one transaction already", name, st.start, st.words)
		}
	}
	return s, nil
}

// controlsTransaction reports whether the statement would end the file's transaction, and leave
// the rest of the file or its ledger row outside. Savepoints do not.
func (s statement) controlsTransaction() bool {
	words := strings.Fields(s.words)
	if len(words) == 0 {
		return false
	}
	switch words[0] {
	case "begin", "start", "commit", "end", "abort":
		return true
	case "rollback":
		return !strings.Contains(s.words+" ", " to ")
	case "prepare":
		return len(words) > 1 && words[1] == "transaction"
	}
	return false
}

// run executes the script in the transaction, statement by statement. It returns an *Error.
func (s script) run(ctx context.Context, tx *sql.Tx) error {
	// Session settings of an earlier file must not reach this one; the Supabase CLI does the same.
	if _, err := tx.ExecContext(ctx, "reset all"); err != nil {
		return &Error{File: s.path, Err: err}
	}
	for _, st := range s.statements {
		if _, err := tx.ExecContext(ctx, st.text); err != nil {
			return &Error{File: s.path, Line: st.lineAt(positionOf(err)), Err: err}
		}
	}
	return nil
}

// positionOf returns which character of the statement the server points at, from 1; 0 if none.
func positionOf(err error) int {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return int(refused.Position)
	}
	return 0
}
