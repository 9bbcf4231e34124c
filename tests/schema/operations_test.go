package schema_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/testdb"
)

var sqlBlock = regexp.MustCompile("(?ms)^```sql\n-- as (\\w+)\n(.*?)^```$")

// The SQL of docs/operations.md works, as the role that it names.
func TestOperationsPageSQL(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := sqlBlock.FindAllStringSubmatch(string(page), -1)
	if all := strings.Count(string(page), "```sql"); len(blocks) != all || all < 10 {
		t.Fatalf("%d of %d pieces of SQL say as whom", len(blocks), all)
	}
	w := newWorld(t)
	mentor := w.person(t, "Åse Mentor")
	w.join(t, mentor, w.chapter, "mentor")
	for n, block := range blocks {
		role, sql := block[1], block[2]
		t.Run(fmt.Sprintf("%d as %s", n+1, role), func(t *testing.T) {
			check := func(tx pgx.Tx) error {
				_, err := tx.Conn().PgConn().Exec(t.Context(), sql).ReadAll()
				if err != nil {
					t.Errorf("%v\n%s", err, sql)
				}
				return pgx.ErrTxClosed // rolls back
			}
			switch role {
			case "service_role":
				_ = w.db.As(t, testdb.ServiceRole(), check)
			case "postgres":
				_ = pgx.BeginFunc(t.Context(), w.owner, check)
			default:
				t.Errorf("nobody signs in as %s", role)
			}
		})
	}
}
