package database_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"mentorpause/local/testdb"
	"mentorpause/shared/database"
)

// The table has the commands that docs/database.md has, with the arguments of the RPCs.
func TestPeopleCommandsAreThoseOfTheDatabase(t *testing.T) {
	t.Parallel()
	conn := testdb.New(t).Connect(t, "postgres")
	for command, arguments := range database.PeopleCommands {
		var want []string
		for _, argument := range arguments {
			want = append(want, argument.Name+" "+argument.Type)
		}
		rows, err := conn.Query(t.Context(), `
			select a.name || ' ' || a.type::regtype
			from pg_proc p cross join lateral unnest(p.proargnames, p.proargtypes::oid[]) with ordinality a (name, type, place)
			where p.pronamespace = 'public'::regnamespace and p.proname = $1
			order by a.place`, command)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, append(slices.Clone(want), "request_id uuid")); diff != "" {
			t.Errorf("%s (-database +table):\n%s", command, diff)
		}
	}
}
