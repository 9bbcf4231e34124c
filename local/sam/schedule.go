package sam

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // a schedule's zone must not depend on the machine

	"github.com/google/uuid"
)

// Schedule starts a function repeatedly, like EventBridge Scheduler.
type Schedule struct {
	Function   string
	Name       string         // of the event in the template
	Expression string         // "rate(1 minute)" or "cron(30 0 * * ? *)"
	Zone       *time.Location // for cron
	Every      time.Duration  // for rate; 0: it is a cron

	input string // as the template has it; empty: Scheduler's own
	cron  []map[int]bool
}

var (
	rate = regexp.MustCompile(`^rate\((\d+) (minute|hour|day)s?\)$`)
	cron = regexp.MustCompile(`^cron\((\S+ \S+ \S+ \S+ \S+ \S+)\)$`)
)

// fields are those of a cron expression: the smallest and the largest value, and the
// names that values may have.
var fields = []struct {
	least, most int
	names       []string // from the smallest value on
}{
	{0, 59, nil}, {0, 23, nil}, {1, 31, nil},
	{1, 12, []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}},
	{1, 7, []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}},
	{1970, 2199, nil},
}

func (s *Schedule) parse() error {
	if match := rate.FindStringSubmatch(s.Expression); match != nil {
		n, err := strconv.Atoi(match[1])
		if err != nil || n == 0 {
			return fmt.Errorf("%q is no rate", s.Expression)
		}
		s.Every = time.Duration(n) * map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[match[2]]
		return nil
	}
	match := cron.FindStringSubmatch(s.Expression)
	if match == nil {
		return fmt.Errorf("%q is neither rate(…) nor cron(…) of six fields", s.Expression)
	}
	for n, text := range strings.Fields(match[1]) {
		values, err := parseField(text, n)
		if err != nil {
			return fmt.Errorf("%s: %w", s.Expression, err)
		}
		s.cron = append(s.cron, values)
	}
	return nil
}

// parseField reads "*", "?", "5", "1-5", "0/15" and lists of them.
func parseField(text string, n int) (map[int]bool, error) {
	field := fields[n]
	number := func(text string) (int, error) {
		for n, name := range field.names {
			if text == name {
				return field.least + n, nil
			}
		}
		value, err := strconv.Atoi(text)
		if err != nil || value < field.least || value > field.most {
			return 0, fmt.Errorf("%q is not understood here", text)
		}
		return value, nil
	}
	values := map[int]bool{}
	for part := range strings.SplitSeq(text, ",") {
		span, stepText, stepped := strings.Cut(part, "/")
		first, last, step := field.least, field.most, 1
		if stepped {
			var err error
			if step, err = strconv.Atoi(stepText); err != nil || step < 1 {
				return nil, fmt.Errorf("%q is not understood here", part)
			}
		}
		if span != "*" && span != "?" {
			from, to, isRange := strings.Cut(span, "-")
			var err error
			if first, err = number(from); err != nil {
				return nil, err
			}
			switch {
			case isRange:
				if last, err = number(to); err != nil {
					return nil, err
				}
			case !stepped:
				last = first
			}
		}
		for value := first; value <= last; value += step {
			values[value] = true
		}
	}
	return values, nil
}

// Next returns the first start after a time, or zero if there is none within five
// years. As with EventBridge, a time of day that the change to summer time skips is
// skipped, and one that comes twice in autumn counts once.
func (s Schedule) Next(after time.Time) time.Time {
	if s.Every > 0 {
		return after.Add(s.Every)
	}
	for at := after.Truncate(time.Minute).Add(time.Minute); at.Before(after.AddDate(5, 0, 0)); at = at.Add(time.Minute) {
		local, before := at.In(s.Zone), at.Add(-time.Hour).In(s.Zone)
		if s.matches(local) && (local.Hour() != before.Hour() || local.Minute() != before.Minute()) {
			return at
		}
	}
	return time.Time{}
}

func (s Schedule) matches(t time.Time) bool {
	for n, value := range []int{t.Minute(), t.Hour(), t.Day(), int(t.Month()), int(t.Weekday()) + 1, t.Year()} {
		if !s.cron[n][value] {
			return false
		}
	}
	return true
}

// Event returns the event of a start at a time: the template's input or, without
// one, EventBridge Scheduler's own.
func (s Schedule) Event(at time.Time) []byte {
	when := at.UTC().Format(time.RFC3339)
	if s.input != "" {
		return []byte(strings.ReplaceAll(s.input, "<aws.scheduler.scheduled-time>", when))
	}
	event, err := json.Marshal(map[string]any{
		"version":     "0",
		"id":          uuid.NewString(),
		"detail-type": "Scheduled Event",
		"source":      "aws.scheduler",
		"account":     "000000000000",
		"time":        when,
		"region":      "eu-north-1",
		"resources":   []string{"arn:aws:scheduler:eu-north-1:000000000000:schedule/default/" + s.Name},
		"detail":      "{}",
	})
	if err != nil {
		panic(err) // can't happen with strings only
	}
	return event
}
