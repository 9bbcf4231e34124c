// Command generate fills the migrated, empty database at $SUPABASE_DB_URL with
// a large organisation, always the same for the same flags. It connects as
// postgres; never let it near real people.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/people"
)

func main() {
	mentors := flag.Int("mentors", 100_000, "how many mentors")
	seed := flag.Uint64("seed", 1, "another seed makes another organisation of the same shape")
	today := flag.String("today", time.Now().Format(time.DateOnly), "the day of which it is made")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *mentors, *seed, *today); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, mentors int, seed uint64, today string) error {
	day, err := time.Parse(time.DateOnly, today)
	if err != nil {
		return fmt.Errorf("-today: %w", err)
	}
	if mentors < 1 {
		return fmt.Errorf("-mentors: %d is not a number of people", mentors)
	}
	url := os.Getenv("SUPABASE_DB_URL")
	if url == "" {
		return fmt.Errorf("SUPABASE_DB_URL is not set")
	}
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var present int
	if err := conn.QueryRow(ctx, "select count(*) from (select from public.profiles limit 1) p").Scan(&present); err != nil {
		return err
	}
	if present > 0 {
		return fmt.Errorf("there are people in this database already")
	}
	began := time.Now()
	made, err := people.Fill(ctx, conn, people.Config{Mentors: mentors, Seed: seed, Today: day})
	if err != nil {
		return err
	}
	fmt.Printf("%d mentors in %d chapters, in %s\n", mentors, len(made.Chapters), time.Since(began).Round(time.Second))
	for _, chapter := range made.Chapters[:min(len(made.Chapters), 3)] {
		fmt.Printf("chapter %s of %d mentors, coordinated by %s\n", chapter.ID, chapter.Mentors, chapter.Coordinator)
	}
	return nil
}
