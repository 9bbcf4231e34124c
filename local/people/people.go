// Package people fills a migrated database with an organisation of any size, for
// benchmarks and experiments: chapters of very different sizes, certifications of
// several years, closed and open pauses with their log. The same settings make the
// same rows.
//
// It works as the owner of the tables, with their triggers off, and rebuilds the
// read model at the end. It is for tools and tests; nobody else may use the
// database meanwhile.
package people

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Config says how large an organisation is.
type Config struct {
	// Mentors is their number. A tenth of them are in one chapter, another tenth
	// in ten equal ones, and the rest in chapters of 100: with 1,000,000 that is
	// one chapter of 100,000, ten of 10,000 and 8,000 of 100.
	Mentors int
	Seed    uint64
	// Today is the day for which it is made: certifications end before and after
	// it, and nobody was paused later. Only the date matters.
	Today time.Time
}

// Chapter is one of the chapters, with a coordinator who has no other.
type Chapter struct {
	ID, Coordinator uuid.UUID
	Mentors         int
}

// Population describes what was made.
type Population struct {
	Chapters []Chapter // the largest first
}

// OfSize returns a chapter with that many mentors, or an error.
func (p Population) OfSize(mentors int) (Chapter, error) {
	for _, chapter := range p.Chapters {
		if chapter.Mentors == mentors {
			return chapter, nil
		}
	}
	return Chapter{}, fmt.Errorf("population: no chapter of %d mentors", mentors)
}

const (
	smallChapter    = 100
	mediumChapters  = 10
	coordinators    = 2 // per chapter; the first has no other
	renewedEvery    = 2 // years
	certifiedFor    = 6 // years into the past
	pausedShare     = 10
	pausedBefore    = 3 // one in three has a closed pause
	reason          = "Permisjon i forbindelse med eksamen og flytting"
	daysOfNoRenewal = 60 // how long some have not renewed
)

var (
	firstNames = []string{"Anne", "Kari", "Ola", "Per", "Øyvind", "Åse", "Ingrid", "Bjørn", "Siri", "Lars", "Nina", "Geir", "Tone", "Knut",
		"Ellen", "Hanne", "Ægir", "Marit", "Jan", "Liv", "Rune", "Solveig", "Terje", "Unni"}
	lastNames = []string{"Hansen", "Johansen", "Olsen", "Larsen", "Andersen", "Pedersen", "Nilsen", "Kristiansen", "Jensen", "Karlsen",
		"Ødegård", "Berg", "Haugen", "Hagen", "Eriksen", "Bakke", "Åsen", "Lie", "Moen", "Strand", "Aasland", "Vik"}
)

// id is the same for the same object in every run.
func (c Config) id(kind string, n int) uuid.UUID {
	var name [16]byte
	binary.BigEndian.PutUint64(name[:8], c.Seed)
	binary.BigEndian.PutUint64(name[8:], uint64(n))
	return uuid.NewSHA1(uuid.NameSpaceOID, append([]byte(kind), name[:]...))
}

// chapters returns the sizes of the chapters, the largest first.
func (c Config) chapters() []int {
	large := c.Mentors / 10
	medium := c.Mentors / 10 / mediumChapters
	var sizes []int
	left := c.Mentors
	add := func(size int) {
		if size = min(size, left); size > 0 {
			sizes = append(sizes, size)
			left -= size
		}
	}
	if medium > smallChapter {
		add(large)
		for range mediumChapters {
			add(medium)
		}
	}
	for left > 0 {
		add(smallChapter)
	}
	return sizes
}

// mentor is the random part of a mentor.
type mentor struct {
	id            uuid.UUID
	chapter       int
	name          string
	coordinator   int
	lastIssued    time.Time // of the course; earlier ones at equal intervals
	hasAttest     bool
	paused        bool
	pausedBefore  bool
	returnsInDays int
}

// mentors calls yield with each mentor, always the same ones in the same order.
func (c Config) mentors(sizes []int, yield func(n int, m mentor) error) error {
	random := rand.New(rand.NewPCG(c.Seed, 1))
	n := 0
	for chapter, size := range sizes {
		for range size {
			m := mentor{
				id: c.id("mentor", n), chapter: chapter, coordinator: random.IntN(coordinators),
				name: fmt.Sprintf("%s %s %s", firstNames[random.IntN(len(firstNames))],
					lastNames[random.IntN(len(lastNames))], lastNames[random.IntN(len(lastNames))]),
				lastIssued:    c.Today.AddDate(-renewedEvery, 0, random.IntN(365*renewedEvery+daysOfNoRenewal)-daysOfNoRenewal/2),
				hasAttest:     random.IntN(3) == 0,
				paused:        random.IntN(pausedShare) == 0,
				pausedBefore:  random.IntN(pausedBefore) == 0,
				returnsInDays: random.IntN(200) - 20,
			}
			if m.lastIssued.After(c.Today) {
				m.lastIssued = c.Today
			}
			if err := yield(n, m); err != nil {
				return err
			}
			n++
		}
	}
	return nil
}

// tables are those whose triggers are off while they are filled.
var tables = []string{"profiles", "chapters", "chapter_memberships", "certifications", "coordinator_assignments", "pause_records", "pause_status_log"}

// Fill creates the organisation. The connection is that of the owner (postgres).
func Fill(ctx context.Context, conn *pgx.Conn, c Config) (Population, error) {
	c.Today = time.Date(c.Today.Year(), c.Today.Month(), c.Today.Day(), 12, 0, 0, 0, time.UTC)
	sizes := c.chapters()
	var made Population
	for n, size := range sizes {
		made.Chapters = append(made.Chapters, Chapter{ID: c.id("chapter", n), Coordinator: c.coordinator(n, 0), Mentors: size})
	}
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, table := range tables {
			if _, err := tx.Exec(ctx, "alter table public."+table+" disable trigger user"); err != nil {
				return err
			}
		}
		if err := c.copyAll(ctx, tx, sizes); err != nil {
			return err
		}
		for _, table := range tables {
			if _, err := tx.Exec(ctx, "alter table public."+table+" enable trigger user"); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "select private.rebuild_roster()")
		return err
	})
	if err != nil {
		return Population{}, fmt.Errorf("population of %d: %w", c.Mentors, err)
	}
	// Outside of a transaction; it collects statistics for the planner.
	if _, err := conn.Exec(ctx, "vacuum analyze"); err != nil {
		return Population{}, fmt.Errorf("population of %d: %w", c.Mentors, err)
	}
	return made, nil
}

func (c Config) coordinator(chapter, nth int) uuid.UUID {
	return c.id("coordinator", chapter*coordinators+nth)
}

// emit takes the next row of a table.
type emit = func(row ...any) error

func (c Config) copyAll(ctx context.Context, tx pgx.Tx, sizes []int) error {
	long := c.Today.AddDate(-certifiedFor, 0, 0)
	// Each table is a stream of its own; the mentors are generated again for each.
	copies := []struct {
		table   string
		columns []string
		rows    func(emit) error
	}{
		{"chapters", []string{"id", "name"}, func(emit emit) error {
			for n := range sizes {
				if err := emit(c.id("chapter", n), fmt.Sprintf("Likeperson lag %d", n)); err != nil {
					return err
				}
			}
			return nil
		}},
		{"profiles", []string{"id", "display_name"}, func(emit emit) error {
			for n := range sizes {
				for nth := range coordinators {
					if err := emit(c.coordinator(n, nth), fmt.Sprintf("%s %s", firstNames[(n+nth)%len(firstNames)], lastNames[n%len(lastNames)])); err != nil {
						return err
					}
				}
			}
			return c.mentors(sizes, func(_ int, m mentor) error { return emit(m.id, m.name) })
		}},
		{"chapter_memberships", []string{"chapter_id", "user_id", "role", "started_at"}, func(emit emit) error {
			for n := range sizes {
				for nth := range coordinators {
					if err := emit(c.id("chapter", n), c.coordinator(n, nth), "coordinator", long); err != nil {
						return err
					}
				}
			}
			return c.mentors(sizes, func(_ int, m mentor) error { return emit(c.id("chapter", m.chapter), m.id, "mentor", long) })
		}},
		{"certification_kinds", []string{"code", "name_nb", "name_nn", "name_en"}, func(emit emit) error {
			if err := emit("kurs", "Kurs", "Kurs", "Course"); err != nil {
				return err
			}
			return emit("politiattest", "Politiattest", "Politiattest", "Police certificate")
		}},
		{"certifications", []string{"mentor_id", "kind", "issued_on", "expires_on"}, func(emit emit) error {
			return c.mentors(sizes, func(_ int, m mentor) error {
				for back := 0; back < certifiedFor; back += renewedEvery {
					issued := m.lastIssued.AddDate(-back, 0, 0)
					if err := emit(m.id, "kurs", issued, issued.AddDate(renewedEvery, 0, 0)); err != nil {
						return err
					}
				}
				if m.hasAttest {
					return emit(m.id, "politiattest", m.lastIssued, nil)
				}
				return nil
			})
		}},
		{"coordinator_assignments", []string{"mentor_id", "coordinator_id"}, func(emit emit) error {
			return c.mentors(sizes, func(_ int, m mentor) error { return emit(m.id, c.coordinator(m.chapter, m.coordinator)) })
		}},
		{"pause_records", []string{"id", "mentor_id", "status", "pause_reason", "expected_return_date", "paused_at", "reactivated_at", "coordinator_id", "version", "effective_on"},
			func(emit emit) error {
				return c.pauses(sizes, func(p pause) error {
					return emit(p.id, p.mentor, p.status(), p.reason, p.returns, p.from, p.to, p.coordinator, p.version(), p.changed())
				})
			}},
		{"pause_status_log", []string{"pause_record_id", "mentor_id", "from_status", "to_status", "actor_id", "actor_kind", "record_version", "effective_on", "occurred_at"},
			func(emit emit) error {
				return c.pauses(sizes, func(p pause) error {
					if err := emit(p.id, p.mentor, "active", "paused", p.coordinator, "coordinator", 1, p.from, p.from); err != nil || p.to == nil {
						return err
					}
					return emit(p.id, p.mentor, "paused", "active", p.coordinator, "coordinator", 2, *p.to, *p.to)
				})
			}},
	}
	for _, table := range copies {
		if err := copyRows(ctx, tx, table.table, table.columns, table.rows); err != nil {
			return fmt.Errorf("%s: %w", table.table, err)
		}
	}
	return nil
}

// pause is one stretch; without an end it is still open.
type pause struct {
	id, mentor, coordinator uuid.UUID
	reason                  *string
	returns                 *time.Time
	from                    time.Time
	to                      *time.Time
}

func (p pause) status() string {
	if p.to != nil {
		return "active"
	}
	return "paused"
}

func (p pause) version() int {
	if p.to != nil {
		return 2
	}
	return 1
}

func (p pause) changed() time.Time {
	if p.to != nil {
		return *p.to
	}
	return p.from
}

func (c Config) pauses(sizes []int, yield func(pause) error) error {
	text := reason
	return c.mentors(sizes, func(n int, m mentor) error {
		p := pause{mentor: m.id, coordinator: c.coordinator(m.chapter, 0), reason: &text}
		if m.pausedBefore {
			before := p
			before.id, before.from = c.id("closed pause", n), c.Today.AddDate(-1, 0, -n%300)
			end := before.from.AddDate(0, 2, 0)
			before.to = &end
			if err := yield(before); err != nil {
				return err
			}
		}
		if m.paused {
			returns := c.Today.AddDate(0, 0, m.returnsInDays)
			p.id, p.from, p.returns = c.id("pause", n), c.Today.AddDate(0, 0, -20-n%40), &returns
			return yield(p)
		}
		return nil
	})
}

// copyRows streams what rows emits by COPY.
func copyRows(ctx context.Context, tx pgx.Tx, table string, columns []string, rows func(emit) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stream := make(chan []any, 1024)
	go func() {
		defer close(stream)
		err := rows(func(row ...any) error {
			select {
			case stream <- row:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		})
		if err != nil {
			cancel(err)
		}
	}()
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"public", table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		row, more := <-stream
		if !more {
			return nil, context.Cause(ctx)
		}
		return row, nil
	}))
	return err
}
