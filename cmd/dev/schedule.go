package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
	_ "time/tzdata" // the schedule's zone must not depend on the machine

	"github.com/google/uuid"

	"mentorpause/local/lambda"
)

// A schedule starts one function again and again.
type schedule struct {
	function string
	when     string                    // for the banner
	next     func(time.Time) time.Time // the first start after that time
}

// schedules are EventBridge's. Dispatching comes more often than there, so that
// a developer does not wait a minute.
var schedules = []schedule{
	{"nightly-expiry", "daily at 00:30 Europe/Oslo", daily(0, 30, "Europe/Oslo")},
	{"dispatch-notifications", "every 5 s", every(5 * time.Second)},
}

// daily is a time of day in a zone, once on each date; a time that the change
// to summer time leaves out comes an hour later.
func daily(hour, minute int, zone string) func(time.Time) time.Time {
	location, err := time.LoadLocation(zone)
	if err != nil {
		panic(err) // the zones are compiled in
	}
	return func(after time.Time) time.Time {
		year, month, day := after.In(location).Date()
		for ; ; day++ {
			if at := time.Date(year, month, day, hour, minute, 0, 0, location); at.After(after) {
				return at
			}
		}
	}
}

func every(interval time.Duration) func(time.Time) time.Time {
	return func(after time.Time) time.Time { return after.Add(interval) }
}

func isScheduled(name string) bool {
	return slices.ContainsFunc(schedules, func(s schedule) bool { return s.function == name })
}

// startSchedules runs the schedules of the functions that exist until ctx ends.
func startSchedules(ctx context.Context, functions map[string]*lambda.Function, terminal *terminal) (running *sync.WaitGroup) {
	running = new(sync.WaitGroup)
	for _, s := range schedules {
		if f, ok := functions[s.function]; ok {
			running.Go(func() { s.run(ctx, f, terminal) })
		}
	}
	return running
}

// run never has two starts at once, as long as one start is quicker than the
// interval; a start that fails is told and not repeated.
func (s schedule) run(ctx context.Context, f *lambda.Function, terminal *terminal) {
	for {
		at := s.next(time.Now())
		timer := time.NewTimer(time.Until(at))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		if _, err := f.Invoke(ctx, scheduledEvent(s.function, at)); err != nil && ctx.Err() == nil {
			terminal.say("schedule", fmt.Sprintf("%s failed: %v", s.function, err))
		}
	}
}

// scheduledEvent is what EventBridge sends.
func scheduledEvent(function string, at time.Time) []byte {
	event, err := json.Marshal(map[string]any{
		"version":     "0",
		"id":          uuid.NewString(),
		"detail-type": "Scheduled Event",
		"source":      "aws.events",
		"account":     "000000000000",
		"time":        at.UTC().Format(time.RFC3339),
		"region":      "eu-north-1",
		"resources":   []string{"arn:aws:events:eu-north-1:000000000000:rule/" + function},
		"detail":      map[string]any{},
	})
	if err != nil {
		panic(err) // strings only
	}
	return event
}
