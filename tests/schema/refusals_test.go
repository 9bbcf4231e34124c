package schema_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"mentorpause/local/testdb"
	"mentorpause/shared/refusal"
)

// TestRefusalsAreTheFunctions compares the database's table of codes with the
// functions': the same code has the same status and sentence through both APIs.
func TestRefusalsAreTheFunctions(t *testing.T) {
	t.Parallel()
	type entry struct {
		Code    refusal.Code
		Status  int
		Message string
	}
	rows, err := testdb.New(t).Connect(t, "postgres").Query(t.Context(), "select code, status, message from private.refusals()")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := pgx.CollectRows(rows, pgx.RowToStructByPos[entry])
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) == 0 {
		t.Fatal("the database has no refusals")
	}
	for _, e := range entries {
		if !e.Code.Known() {
			t.Errorf("the functions do not know %s", e.Code)
		}
		if diff := cmp.Diff(e, entry{e.Code, e.Code.Status(), e.Code.Message()}); diff != "" {
			t.Errorf("%s differs (-database +functions):\n%s", e.Code, diff)
		}
	}
}
