package database

import (
	"context"
	"testing"
)

// LeftOnIdleConnection queries the pooled connection itself, outside any call.
func LeftOnIdleConnection(t *testing.T, db *DB, query string) string {
	t.Helper()
	conn, _, err := db.pool.take(t.Context(), false)
	if err != nil {
		t.Fatalf("no idle connection to ask: %v", err)
	}
	defer db.pool.put(conn)
	results, err := conn.Exec(context.Background(), query).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return string(results[0].Rows[0][0])
}

// BackendOfNewConnection returns the backend of a call that must not use an idle
// connection.
func BackendOfNewConnection(t *testing.T, db *DB) int {
	t.Helper()
	conn, _, err := db.pool.take(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer closeConn(conn)
	return int(conn.PID())
}
