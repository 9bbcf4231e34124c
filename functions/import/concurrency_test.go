package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"mentorpause/local/endpoint"
	"mentorpause/local/memberfile"
	"mentorpause/shared/database"
	"mentorpause/shared/nightly"
	"mentorpause/shared/peopleimport"
)

// wantConsistent asserts that nothing that is derived was left behind.
func wantConsistent(t testing.TB, b *endpoint.Bundle) {
	t.Helper()
	var wrong int
	scan(t, b, `select (select count(*) from private.find_roster_differences((select array_agg(id) from public.profiles)))
		+ (select count(*) from private.find_log_discrepancies((select array_agg(id) from public.profiles)))
		+ (select count(*) from (select m.user_id from public.chapter_memberships m where m.ended_at is null group by m.user_id, m.chapter_id, m.role having count(*) > 1) d)`, &wrong)
	if wrong != 0 {
		t.Errorf("%d things are wrong", wrong)
	}
}

// Of two who carry out the same preview at once, one does, and the other is told that it is
// outdated; everybody is entered once.
func TestTheSameFileTwiceAtOnce(t *testing.T) {
	t.Parallel()
	b := organisation(t)
	for round := range 4 {
		file := generated(t, memberfile.Config{Rows: 100, Seed: uint64(20 + round), Dialect: memberfile.ExcelCSV})
		query := fmt.Sprint("source=round", round)
		dry := want(t, b.Invoke(t, post(b, office, query, file.Content)))
		var all sync.WaitGroup
		var codes [2]string
		for i := range codes {
			all.Go(func() {
				codes[i] = b.Invoke(t, post(b, office, query+"&preview="+dry.Preview, file.Content)).Headers["sb-error-code"]
			})
		}
		all.Wait()
		if got := strings.Join(codes[:], ""); got != "preview_outdated" {
			t.Errorf("refused with %q", codes)
		}
		var people int
		scan(t, b, fmt.Sprintf("select count(distinct person_id) from public.external_ids where source = 'round%d'", round), &people)
		if people != 100 {
			t.Errorf("%d people", people)
		}
		// The next round's people have the same addresses.
		exec(t, b, "delete from public.contacts where email like 'p1%'; update public.profiles set display_name = 'Runde ' || id where display_name <> 'Koordinator Kari'")
	}
	wantConsistent(t, b)
}

// A file that changes the status of its people, while the nightly run does and commands do:
// no circle forms, and what is derived is right afterwards.
func TestImportBesideTheNightlyRunAndCommands(t *testing.T) {
	t.Parallel()
	b := organisation(t)
	var text strings.Builder
	const people = 60
	write := func(issued string) []byte {
		text.Reset()
		text.WriteString("Medlemsnr;Navn;E-post;Lokallag;Kurs;Kursdato;Utløper;Startdato\n")
		for i := range people {
			fmt.Fprintf(&text, "%d;Person %d;p%d@sammen.example;Oslo;Grunnkurs;%s;;01.02.2020\n", i, i, i, issued)
		}
		return []byte(text.String())
	}
	// They have all expired.
	if _, done := both(t, b, office, "source=s", write("01.02.2020")); done.Counts.New != people {
		t.Fatalf("%+v", done.Counts)
	}
	var today string
	scan(t, b, "select private.today()::text", &today)
	scheduler, err := database.Open(database.Settings{URL: b.Database.URL("pause_scheduler")})
	if err != nil {
		t.Fatal(err)
	}
	defer scheduler.Close()
	var persons []string
	scan(t, b, "select array_agg(person_id::text order by person_id) from public.external_ids where source = 's'", &persons)

	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 60*time.Second)
	defer cancel()
	var all sync.WaitGroup
	all.Go(func() {
		for range 6 {
			if _, err := nightly.Run(ctx, scheduler, nightly.Request{AsOf: today, Full: true, Chunk: 10, Reconcile: -1}, nil); err != nil {
				t.Errorf("the nightly run: %v", err)
			}
		}
	})
	all.Go(func() {
		for i := range 40 {
			_, err := b.DB.PauseMentor(ctx, b.Claims(office), database.PauseMentorArguments{
				MentorID: persons[i*7%people], PauseReason: "Eksamen", RequestID: uuid.NewString()})
			if err != nil && !strings.Contains(err.Error(), "already_paused") {
				t.Errorf("pause: %v", err)
			}
		}
	})
	outdated := 0
	for round := range 6 {
		// Renewed, a little earlier each time, so that there is something to enter.
		file := write(fmt.Sprintf("%02d.06.2026", 20-round))
		dry := want(t, b.InvokeContext(t, ctx, post(b, office, "source=s", file)))
		response := b.InvokeContext(t, ctx, post(b, office, "source=s&preview="+dry.Preview, file))
		if response.Headers["sb-error-code"] == "preview_outdated" {
			outdated++
			continue
		}
		if answer := want(t, response); answer.Counts != (peopleimport.Counts{Changed: people}) {
			t.Errorf("%+v", answer.Counts)
		}
	}
	all.Wait()
	if outdated == 6 {
		t.Error("nothing was ever entered")
	}
	wantConsistent(t, b)
	var expired int
	scan(t, b, "select count(*) from public.pause_records r join public.external_ids x on x.person_id = r.mentor_id where x.source = 's' and r.status = 'expired_cert'", &expired)
	if expired != 0 {
		t.Errorf("%d renewed, and stored as expired", expired)
	}
}
