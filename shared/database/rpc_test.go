package database_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"

	"mentorpause/shared/database"
	"mentorpause/shared/refusal"
)

// TestTheRPCsOfTheMigrationsAnswer calls the real RPCs once; supabase/tests tests
// what they decide.
func TestTheRPCsOfTheMigrationsAnswer(t *testing.T) {
	t.Parallel()
	b := setupReal(t, 1)
	mentor, coordinator, chapter := uuid.NewString(), uuid.NewString(), uuid.NewString()
	for _, sql := range []string{
		`insert into public.profiles (id, display_name) values ('` + mentor + `', 'Åse'), ('` + coordinator + `', 'Ørjan')`,
		`insert into public.chapters (id, name) values ('` + chapter + `', 'Ålesund')`,
		`insert into public.chapter_memberships (chapter_id, user_id, role) values
			('` + chapter + `', '` + mentor + `', 'mentor'), ('` + chapter + `', '` + coordinator + `', 'coordinator')`,
	} {
		if _, err := b.admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	claims := func(user string) []byte {
		return []byte(`{"sub": "` + user + `", "role": "authenticated", "aud": "authenticated"}`)
	}
	type record struct {
		PauseRecord struct {
			Status      string
			PauseReason string `json:"pause_reason"`
			Version     int32
		} `json:"pause_record"`
	}
	decode := func(t *testing.T, reply database.Reply, err error, into any) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(reply.Body, into); err != nil {
			t.Fatal(err)
		}
	}
	oneRoundTrip := func(t *testing.T) {
		t.Helper()
		if connections, trips, _ := b.proxy.passed(); connections != 0 || trips != 1 {
			t.Errorf("%d connections and %d round trips, want 0 and 1", connections, trips)
		}
	}
	pause := database.PauseMentorArguments{MentorID: mentor, PauseReason: "Reise", RequestID: uuid.NewString()}
	var first database.Reply
	var err error

	t.Run("pause", func(t *testing.T) {
		first, err = b.db.PauseMentor(t.Context(), claims(coordinator), pause)
		var got record
		decode(t, first, err, &got)
		if got.PauseRecord.Status != "paused" || got.PauseRecord.PauseReason != "Reise" || first.Replayed {
			t.Errorf("got %s, replayed %v", first.Body, first.Replayed)
		}
		b.proxy.passed() // the connection was new
	})
	t.Run("the same request again is a replay", func(t *testing.T) {
		again, err := b.db.PauseMentor(t.Context(), claims(coordinator), pause)
		if err != nil {
			t.Fatal(err)
		}
		if !again.Replayed || string(again.Body) != string(first.Body) {
			t.Errorf("replayed %v\nfirst %s\nagain %s", again.Replayed, first.Body, again.Body)
		}
		oneRoundTrip(t)
	})
	t.Run("roster", func(t *testing.T) {
		reply, err := b.db.CoordinatorRoster(t.Context(), claims(coordinator),
			database.CoordinatorRosterArguments{ChapterID: &chapter, Status: []string{"paused"}, Search: new("ÅS"), PageLimit: new(int32(10))})
		var got struct {
			Mentors []struct {
				MentorID string `json:"mentor_id"`
			}
		}
		decode(t, reply, err, &got)
		if len(got.Mentors) != 1 || got.Mentors[0].MentorID != mentor {
			t.Errorf("got %s", reply.Body)
		}
		oneRoundTrip(t)
	})
	t.Run("refused", func(t *testing.T) {
		_, err := b.db.PauseMentor(t.Context(), claims(mentor), database.PauseMentorArguments{MentorID: mentor, PauseReason: "x", RequestID: uuid.NewString()})
		wantCode(t, err, refusal.NotACoordinator)
		oneRoundTrip(t)
	})
	t.Run("reactivate", func(t *testing.T) {
		reply, err := b.db.ReactivateMentor(t.Context(), claims(coordinator), database.ReactivateMentorArguments{MentorID: mentor, RequestID: uuid.NewString()})
		var got record
		decode(t, reply, err, &got)
		if got.PauseRecord.Status != "active" {
			t.Errorf("got %s", reply.Body)
		}
		oneRoundTrip(t)
	})
}
