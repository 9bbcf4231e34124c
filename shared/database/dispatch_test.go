package database_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"mentorpause/local/testdb"
	"mentorpause/shared/database"
	"mentorpause/shared/refusal"
)

// TestDispatchRPCs calls the real RPCs as the scheduler; supabase/tests tests what
// they decide.
func TestDispatchRPCs(t *testing.T) {
	t.Parallel()
	b := setupReal(t, 1)
	mentor := uuid.NewString()
	var notification string
	if _, err := b.admin.Exec(t.Context(), `insert into public.profiles (id, display_name) values ($1, 'Åse')`, mentor); err != nil {
		t.Fatal(err)
	}
	err := b.admin.QueryRow(t.Context(), `insert into public.notifications (mentor_id, audience, kind, due_at)
		values ($1, 'administrator', 'mentor_reactivated', '2026-01-01T12:00:00Z') returning id::text`, mentor).Scan(&notification)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.admin.Exec(t.Context(), `update private.settings set time_zone = 'Pacific/Auckland'`); err != nil {
		t.Fatal(err)
	}
	type claimed struct {
		Claim, Today  string
		Notifications []struct{ ID string }
	}
	claim := func(t *testing.T, db *database.DB, at string) (c claimed) {
		t.Helper()
		asOf, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		reply, err := db.ClaimNotifications(t.Context(), database.ClaimNotificationsArguments{Batch: 10, Lease: time.Minute, Email: true, AsOf: &asOf})
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(reply.Body, &c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	settle := func(t *testing.T, db *database.DB, c claimed) string {
		t.Helper()
		inbox := `[{"notification_id": "` + notification + `", "recipient_id": "` + mentor + `", "recipient_role": "administrator",
			"chosen_because": "administers a chapter of the mentor", "title": "Tittel \"x\" å", "body": ""}]`
		reply, err := db.RecordNotifications(t.Context(), database.RecordNotificationsArguments{
			Claim: c.Claim, Inbox: []byte(inbox), Finished: []string{notification}})
		if err != nil {
			t.Fatal(err)
		}
		return string(reply.Body)
	}

	address := testdb.StartPgBouncer(t, b.URL("pause_scheduler"), 1).Address
	for name, to := range map[string]string{"directly": b.proxy.address(), "through PgBouncer in transaction mode": address} {
		t.Run(name, func(t *testing.T) {
			p := newProxy(t, to)
			db, err := database.Open(database.Settings{URL: through(t, p.address(), b.URL("pause_scheduler")), TimeZone: "Pacific/Auckland", MaxConnections: 1})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(db.Close)
			if c := claim(t, db, "2025-12-31T12:00:00Z"); len(c.Notifications) != 0 || c.Today != "2026-01-01" {
				t.Errorf("before it is due, in the zone of the settings: %+v", c)
			}
			p.passed()
			c := claim(t, db, "2026-01-01T12:00:00Z")
			if len(c.Notifications) != 1 || c.Notifications[0].ID != notification {
				t.Fatalf("when it is due: %+v", c)
			}
			if connections, trips, _ := p.passed(); connections != 0 || trips != 1 {
				t.Errorf("claiming took %d connections and %d round trips, want 0 and 1", connections, trips)
			}
			want := `{"lost": [], "settled": 0, "retrying": 0, "delivered": 1, "undeliverable": 0}`
			if diff := cmp.Diff(want, settle(t, db, c)); diff != "" {
				t.Error(diff)
			}
			if connections, trips, _ := p.passed(); connections != 0 || trips != 1 {
				t.Errorf("recording took %d connections and %d round trips, want 0 and 1", connections, trips)
			}
			// For the other way.
			if _, err := b.admin.Exec(t.Context(), "update public.notifications set state = 'pending', due_at = '2026-01-01T12:00:00Z'"); err != nil {
				t.Fatal(err)
			}
		})
	}

	t.Run("pause_api may not", func(t *testing.T) {
		_, err := b.db.ClaimNotifications(t.Context(), database.ClaimNotificationsArguments{Batch: 1, Lease: time.Minute})
		wantCode(t, err, refusal.InternalError)
	})
	t.Run("the scheduler may do nothing as somebody", func(t *testing.T) {
		db := open(t, b.URL("pause_scheduler"), 1)
		_, err := db.PauseMentor(t.Context(), []byte(anyClaims), database.PauseMentorArguments{MentorID: mentor, PauseReason: "x", RequestID: uuid.NewString()})
		wantCode(t, err, refusal.InternalError)
	})
}
