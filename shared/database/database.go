// Package database is the only way from the functions to Postgres: one
// method for each RPC.
//
// A call is one transaction in one network round trip. The caller's claims, the
// organisation's time zone, the time limits and the role authenticated are set
// for that transaction alone, then the RPC is called; the whole of it goes out
// in one pipeline up to one Sync, which Postgres treats as one transaction.
// Statements are unnamed and nothing outlives the transaction, so that it works
// through a pooler in transaction mode.
//
// The package has no authority of its own: the login role pause_api may do
// nothing but become authenticated, and what a caller may do is decided by the
// RPCs from the claims, which must come from a verified token. The scheduled
// functions log in as pause_scheduler, which may call their RPCs and nothing
// else; there are no claims then and no other role.
//
// Every error is a [refusal.Error]: the RPC's own refusal, or one of
// invalid_request (a value that Postgres can't read), deadline_exceeded,
// database_unavailable and internal_error. Their causes are for the log and
// hold neither claims, nor arguments, nor the password.
//
// A request whose connection turns out dead, or that lost against a concurrent
// transaction, is repeated once. That is safe for writes because each carries a
// request id, under which the RPC gives the first answer again, or says at the
// method why it does no harm.
package database

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Settings say where the database is.
type Settings struct {
	URL            string // postgres://…, login role pause_api or pause_scheduler; may be a transaction-mode pooler
	TimeZone       string // the organisation's, an IANA name; empty: the one that the database has
	MaxConnections int32  // default 4; 1 in a Lambda, which serves one request at a time
}

const defaultMaxConnections = 4

// DB calls the RPCs. It is safe for use by several goroutines.
type DB struct {
	timeZone string
	pool     *pool
}

// Open checks the settings and makes a DB that connects when it is first
// needed; no network. The error names SUPABASE_DB_URL, where the URL is set,
// and shows nothing of its value.
func Open(settings Settings) (*DB, error) {
	if !strings.HasPrefix(settings.URL, "postgres://") && !strings.HasPrefix(settings.URL, "postgresql://") {
		return nil, errors.New("SUPABASE_DB_URL: not a URL that begins with postgres:// or postgresql://")
	}
	config, err := pgconn.ParseConfig(settings.URL)
	if err != nil {
		// The parser's own text masks passwords as well as it can, which in a
		// malformed URL is not always.
		return nil, errors.New("SUPABASE_DB_URL: not a valid connection URL of PostgreSQL")
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "mentorpause"
	}
	if settings.MaxConnections <= 0 {
		settings.MaxConnections = defaultMaxConnections
	}
	return &DB{timeZone: settings.TimeZone, pool: newPool(config, settings.MaxConnections)}, nil
}

// Close closes the connections: the idle ones now, the others when their call
// is done. Calls that come after it fail with database_unavailable.
func (db *DB) Close() { db.pool.close() }
