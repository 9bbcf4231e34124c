package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"mentorpause/local/lambda"
	"mentorpause/local/sam"
)

// impatience is how often a function that is deployed for every minute is started
// here, so that a developer does not wait for it.
const impatience = 5 * time.Second

// schedule is one of the template's, as it runs here.
type schedule struct{ sam.Schedule }

// hurried reports whether it starts more often than the template says.
func (s schedule) hurried() bool { return s.Every == time.Minute }

func (s schedule) next(after time.Time) time.Time {
	if s.hurried() {
		return after.Add(impatience)
	}
	return s.Next(after)
}

// when is for the banner.
func (s schedule) when() string {
	switch {
	case s.hurried():
		return fmt.Sprintf("every %s (deployed: every minute)", impatience)
	case s.Every > 0:
		return s.Expression
	default:
		return s.Expression + " " + s.Zone.String()
	}
}

// startSchedules runs the schedules until ctx ends.
func startSchedules(ctx context.Context, schedules []sam.Schedule, functions map[string]*lambda.Function, terminal *terminal) (running *sync.WaitGroup) {
	running = new(sync.WaitGroup)
	for _, s := range schedules {
		running.Go(func() { schedule{s}.run(ctx, functions[s.Function], terminal) })
	}
	return running
}

// run never has two starts at once, as long as a start takes less than the interval;
// a start that fails is reported and not repeated.
func (s schedule) run(ctx context.Context, f *lambda.Function, terminal *terminal) {
	for {
		at := s.next(time.Now())
		if at.IsZero() {
			return // never again
		}
		timer := time.NewTimer(time.Until(at))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		if _, err := f.Invoke(ctx, s.Event(at)); err != nil && ctx.Err() == nil {
			terminal.say("schedule", fmt.Sprintf("%s failed: %v", s.Function, err))
		}
	}
}
