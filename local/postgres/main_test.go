package postgres

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// shared is the cluster of all tests without special needs.
var shared *Cluster

func TestMain(m *testing.M) {
	if dir := os.Getenv("LOCALPG_TEST_PLAY_DEAD"); dir != "" {
		startAndWait(dir)
	}
	installation, err := Find()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	shared, err = installation.Start(context.Background(), Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := shared.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// startAndWait is the program of a process that gets killed.
func startAndWait(dir string) {
	installation, err := Find()
	if err == nil {
		_, err = installation.Start(context.Background(), Options{Dir: dir, Durable: os.Getenv("LOCALPG_TEST_DURABLE") != ""})
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	time.Sleep(time.Minute)
	os.Exit(1)
}

func findOne(t *testing.T) Installation {
	t.Helper()
	installation, err := Find()
	if err != nil {
		t.Fatal(err)
	}
	return installation
}

// startOne starts a cluster that is stopped when the test ends.
func startOne(t *testing.T, opts Options) *Cluster {
	t.Helper()
	cluster, err := findOne(t).Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cluster.Stop(); err != nil {
			t.Error(err)
		}
	})
	return cluster
}

func connectAs(t *testing.T, c *Cluster, role, database string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.URL(role, database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func mustExec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if err := execute(t.Context(), conn, sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// list returns the first column of a query.
func list[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) []T {
	t.Helper()
	rows, err := conn.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[T])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return values
}

// value returns the single value of a query.
func value[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) T {
	t.Helper()
	values := list[T](t, conn, sql, args...)
	if len(values) != 1 {
		t.Fatalf("%s: got %d rows, want 1", sql, len(values))
	}
	return values[0]
}
