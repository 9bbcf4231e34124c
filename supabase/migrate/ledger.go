package migrate

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

const ledgerTable = "supabase_migrations.schema_migrations"

// lockKey is the advisory lock that one runner at a time holds. Any number does; both ends of
// this package must agree on it.
const lockKey int64 = 6_205_318_402

// ledger is goose's view of the Supabase CLI's table of applied migrations.
//
// goose expects version 0 in its table from the start. The CLI would take such a row for a
// migration without a file, so it is never written, only reported to goose.
type ledger struct {
	migrations map[int64]migration
}

var _ database.StoreExtender = ledger{}

func (l ledger) Tablename() string { return ledgerTable }

// TableExists reports whether the table exists with every column; older versions of the CLI made
// it with fewer.
func (l ledger) TableExists(ctx context.Context, db database.DBTxConn) (bool, error) {
	var columns int
	err := db.QueryRowContext(ctx, `
		select count(*)
		from pg_catalog.pg_attribute
		where attrelid = pg_catalog.to_regclass($1)
			and attname in ('version', 'statements', 'name')
			and not attisdropped`, ledgerTable).Scan(&columns)
	if err != nil {
		return false, fmt.Errorf("look for the ledger: %w", err)
	}
	return columns == 3, nil
}

// CreateVersionTable makes the table with the statements of the Supabase CLI. goose calls it
// before it takes the lock, and again when it collided with another runner's.
func (l ledger) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	for _, statement := range []string{
		"set local lock_timeout = '4s'",
		"create schema if not exists supabase_migrations",
		"create table if not exists " + ledgerTable + " (version text not null primary key)",
		"alter table " + ledgerTable + " add column if not exists statements text[]",
		"alter table " + ledgerTable + " add column if not exists name text",
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("create the ledger: %w", err)
		}
	}
	return nil
}

// Insert records that a migration is applied.
func (l ledger) Insert(ctx context.Context, db database.DBTxConn, req database.InsertRequest) error {
	if req.Version == 0 {
		return nil
	}
	m := l.migrations[req.Version]
	texts := make([]string, 0, len(m.up.statements))
	for _, st := range m.up.statements {
		texts = append(texts, st.text)
	}
	_, err := db.ExecContext(ctx,
		"insert into "+ledgerTable+" (version, name, statements) values ($1, $2, $3)", m.id, m.name, texts)
	if err != nil {
		return fmt.Errorf("record version %s: %w", m.id, err)
	}
	return nil
}

// Delete records that a migration is undone.
func (l ledger) Delete(ctx context.Context, db database.DBTxConn, version int64) error {
	id := l.migrations[version].id
	if _, err := db.ExecContext(ctx, "delete from "+ledgerTable+" where version = $1", id); err != nil {
		return fmt.Errorf("remove version %s: %w", id, err)
	}
	return nil
}

// GetMigration returns [database.ErrVersionNotFound] for a version that is not applied.
func (l ledger) GetMigration(ctx context.Context, db database.DBTxConn, version int64) (*database.GetMigrationResult, error) {
	if version == 0 {
		return &database.GetMigrationResult{IsApplied: true}, nil
	}
	var applied bool
	err := db.QueryRowContext(ctx,
		"select exists (select from "+ledgerTable+" where version = $1)", fmt.Sprintf("%014d", version)).Scan(&applied)
	if err != nil {
		return nil, fmt.Errorf("look up version %d: %w", version, err)
	}
	if !applied {
		return nil, database.ErrVersionNotFound
	}
	return &database.GetMigrationResult{IsApplied: true}, nil
}

// GetLatestVersion returns the highest applied version, 0 if there is none.
func (l ledger) GetLatestVersion(ctx context.Context, db database.DBTxConn) (int64, error) {
	applied, err := l.ListMigrations(ctx, db)
	if err != nil {
		return 0, err
	}
	return applied[0].Version, nil
}

// ListMigrations returns the applied versions, highest first, and 0 behind them. A version
// without a file is a *[MissingFileError].
func (l ledger) ListMigrations(ctx context.Context, db database.DBTxConn) ([]*database.ListMigrationsResult, error) {
	rows, err := l.rows(ctx, db)
	if err != nil {
		return nil, err
	}
	var (
		applied []*database.ListMigrationsResult
		missing []row
	)
	for _, row := range rows {
		version, ok := l.known(row.version)
		if !ok {
			missing = append(missing, row)
			continue
		}
		applied = append(applied, &database.ListMigrationsResult{Version: version, IsApplied: true})
	}
	if missing != nil {
		return nil, l.missingFiles(missing)
	}
	slices.Reverse(applied)
	return append(applied, &database.ListMigrationsResult{Version: 0, IsApplied: true}), nil
}

// known returns the number of a version that has a file.
func (l ledger) known(id string) (int64, bool) {
	version, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0, false
	}
	m, ok := l.migrations[version]
	return version, ok && m.id == id
}

// missingFiles is the error for these rows, oldest first.
func (l ledger) missingFiles(rows []row) *MissingFileError {
	oldest := l.migrations[slices.Min(slices.Collect(maps.Keys(l.migrations)))]
	e := &MissingFileError{Rewritten: rows[0].name == oldest.name && rows[len(rows)-1].version < oldest.id}
	for _, r := range rows {
		e.Versions = append(e.Versions, r.String())
	}
	return e
}

// edited says whether the file of this version has other statements now than when it was applied.
// An older CLI recorded none.
func (l ledger) edited(r row) bool {
	version, ok := l.known(r.version)
	if !ok || r.statements == nil {
		return false
	}
	return !slices.EqualFunc(l.migrations[version].up.statements, r.statements,
		func(now statement, then string) bool { return now.text == then })
}

// A row is one applied migration.
type row struct {
	version, name string
	statements    []string // nil when it has none
}

func (r row) String() string {
	if r.name == "" {
		return r.version
	}
	return r.version + "_" + r.name
}

// rows returns the ledger, oldest version first. The table must exist; it may still lack the
// columns for names and statements.
func (l ledger) rows(ctx context.Context, db database.DBTxConn) (_ []row, err error) {
	found, err := db.QueryContext(ctx, `
		select version, coalesce(pg_catalog.to_jsonb(applied) ->> 'name', ''),
			pg_catalog.to_jsonb(applied) -> 'statements'
		from `+ledgerTable+` as applied
		order by version collate "C"`)
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	var all []row
	for found.Next() {
		var (
			r          row
			statements []byte
		)
		if err := found.Scan(&r.version, &r.name, &statements); err != nil {
			return nil, fmt.Errorf("read the ledger: %w", err)
		}
		if statements != nil {
			if err := json.Unmarshal(statements, &r.statements); err != nil {
				return nil, fmt.Errorf("read the ledger, version %s: %w", r.version, err)
			}
		}
		all = append(all, r)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	return all, nil
}

// exists reports whether there is a ledger to read, in whatever form.
func (l ledger) exists(ctx context.Context, db database.DBTxConn) (bool, error) {
	var exists bool
	err := db.QueryRowContext(ctx, "select pg_catalog.to_regclass($1) is not null", ledgerTable).Scan(&exists)
	if err != nil {
		return false, fmt.Errorf("look for the ledger: %w", err)
	}
	return exists, nil
}

// sessionLock makes a second runner wait until the first one has ended. goose's own locker polls
// every few seconds; this one is woken by the server. The lock is released when the session ends,
// in whatever way.
type sessionLock struct{}

var _ lock.SessionLocker = sessionLock{}

func (sessionLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "select pg_advisory_lock($1)", lockKey); err != nil {
		return fmt.Errorf("wait for another runner to end: %w", err)
	}
	return nil
}

func (sessionLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	if _, err := conn.ExecContext(ctx, "select pg_advisory_unlock($1)", lockKey); err != nil {
		return fmt.Errorf("let the next runner go on: %w", err)
	}
	return nil
}
