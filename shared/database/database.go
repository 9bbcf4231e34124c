// Package database is the only way from the functions to Postgres: one
// method for each RPC.
//
// A call is one transaction in one network round trip. The caller's claims, the
// organisation's time zone, the time limits and the role authenticated are set
// for that transaction alone, then the RPC is called. All of it goes out in one
// pipeline up to one Sync, which Postgres treats as one transaction. Statements
// are unnamed and nothing outlives the transaction, so a pooler in transaction
// mode is fine.
//
// The package has no rights of its own: the login role pause_api may only become
// authenticated, and the RPCs decide what a caller may do from the claims, which
// must come from a verified token. The scheduled functions log in as
// pause_scheduler, which may call their RPCs and nothing else; then there are no
// claims and there is no other role.
//
// Every error is a [refusal.Error]: the RPC's own refusal, or one of
// invalid_request (a value that Postgres can't read), deadline_exceeded,
// database_unavailable and internal_error. Their causes are for the log and
// contain no claims, arguments or password.
//
// A request whose connection turns out to be dead, or that failed because of a
// concurrent transaction, is repeated once. That is safe for writes, because each
// carries a request id with which the RPC gives the first answer again; where
// there is none, the method says why repeating does no harm.
package database

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// Settings describe the database.
type Settings struct {
	URL            string // postgres://…, login role pause_api or pause_scheduler; may be a transaction-mode pooler
	TimeZone       string // the caller's, an IANA name; an RPC that judges dates fails where the database's has another name; empty: not compared
	MaxConnections int32  // default 4; 1 in a Lambda, which serves one request at a time
}

const defaultMaxConnections = 4

// DB calls the RPCs. It is safe for use by several goroutines.
type DB struct {
	timeZone string
	pool     *pool
}

// Open checks the settings and returns a DB that connects when it is first used;
// no network. The error names SUPABASE_DB_URL, the variable of the URL, and shows
// nothing of its value.
func Open(settings Settings) (*DB, error) {
	if !strings.HasPrefix(settings.URL, "postgres://") && !strings.HasPrefix(settings.URL, "postgresql://") {
		return nil, errors.New("SUPABASE_DB_URL: not a URL that begins with postgres:// or postgresql://")
	}
	config, err := pgconn.ParseConfig(settings.URL)
	if err != nil {
		// The parser's own text masks passwords, but in a malformed URL not
		// always.
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

// Close closes the connections: idle ones at once, the others when their call is
// done. Later calls fail with database_unavailable.
func (db *DB) Close() { db.pool.close() }
