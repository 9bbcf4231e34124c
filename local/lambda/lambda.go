// Package lambda runs built Lambda functions on this machine: the local
// half of AWS Lambda's Runtime API for custom runtimes (2018-06-01), and the
// function URL in front of it (payload format 2.0, buffered).
//
// It is for development and end-to-end tests, and treats a function as Lambda
// does: the same `bootstrap` that is deployed runs as a process of its own, with
// nothing of the developer's environment. An instance serves one invocation at a
// time, and more instances start on demand up to a limit. One that dies or exceeds
// its deadline is killed, its caller gets an [*Error], and the next invocation gets
// a new instance. Where Lambda would refuse an invocation beyond the limit (429),
// this package lets it wait.
//
// Functions run with the caller's own rights; there is no sandbox.
package lambda

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"
)

// MaxPayload is the largest event and the largest answer, in bytes.
const MaxPayload = 6 << 20

const (
	defaultTimeout = 3 * time.Second  // Lambda's
	initTimeout    = 10 * time.Second // Lambda's limit for the init phase
	shutdownGrace  = 2 * time.Second  // from SIGTERM to SIGKILL
)

// ErrClosed is returned by Invoke once Close has been called.
var ErrClosed = errors.New("lambda: the function is closed")

// Error is a failed invocation: what the function reported, or what happened to its
// process. Type is one of Lambda's error types or, for an error that the handler
// returned, the name of its Go type.
type Error struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

// Error types of the runtime itself.
const (
	TypeExited           = "Runtime.ExitError"                // the process ended during the invocation
	TypeInit             = "Runtime.InitError"                // it was never ready for its first event
	TypeTimedOut         = "Sandbox.Timedout"                 // the deadline passed; the process was killed
	TypeNoResponse       = "Runtime.NoResponse"               // it asked for the next event without answering this one
	TypeRequestTooLarge  = "RequestEntityTooLargeException"   // the event has more than MaxPayload bytes
	TypeResponseTooLarge = "Function.ResponseSizeTooLarge"    // the answer has more than MaxPayload bytes
	typeTruncated        = "Runtime.TruncatedResponse"        // the answer broke off
	typeUnreadable       = "Runtime.InvalidErrorRequestShape" // the error report was not JSON
)

func (e *Error) Error() string { return e.Type + ": " + e.Message }

// Config says what to run, and how.
type Config struct {
	Name         string        // AWS_LAMBDA_FUNCTION_NAME, and the prefix of the output
	Binary       string        // path of the built bootstrap
	Env          []string      // the function's own variables, "KEY=value"; nothing else is inherited
	MaxInstances int           // how many may run at once; 0 means 1
	Timeout      time.Duration // of one invocation; 0 means 3 s, as in Lambda
	Output       io.Writer     // stdout and stderr, one line per Write, "name | line"; nil discards them.
	// Output must be safe for concurrent use when several functions share it, as *os.File is.
}

// Function is a running function. Its methods are safe for concurrent use.
type Function struct {
	config Config
	output *prefixer

	slots   chan struct{}  // one token for each invocation that may run
	running sync.WaitGroup // invocations, even if the caller has left
	closing chan struct{}

	mu      sync.Mutex
	closed  bool
	started int                    // instances ever
	idle    []*instance            // the most recently used last
	all     map[*instance]struct{} // idle or busy, process alive
}

// Start brings up the first instance and returns when it is ready for an event, so
// that a wrong setting is noticed at once, not at the first request. A failed init
// phase is an [*Error]. ctx limits the start only.
func Start(ctx context.Context, config Config) (*Function, error) {
	config.MaxInstances = cmp.Or(config.MaxInstances, 1)
	config.Timeout = cmp.Or(config.Timeout, defaultTimeout)
	if config.Output == nil {
		config.Output = io.Discard
	}
	if config.Name == "" || config.MaxInstances < 0 || config.Timeout < 0 {
		return nil, fmt.Errorf("lambda: bad configuration for %q: a name is required, and no limit may be negative", config.Name)
	}
	binary, err := exec.LookPath(config.Binary)
	if err != nil {
		return nil, fmt.Errorf("lambda: %s: %w", config.Name, err)
	}
	// The process starts in its own folder, as in Lambda, so the path must not be relative.
	if config.Binary, err = filepath.Abs(binary); err != nil {
		return nil, fmt.Errorf("lambda: %s: %w", config.Name, err)
	}

	f := &Function{
		config:  config,
		output:  &prefixer{to: config.Output, prefix: config.Name + " | "},
		slots:   make(chan struct{}, config.MaxInstances),
		closing: make(chan struct{}),
		all:     map[*instance]struct{}{},
	}
	first, err := f.launch(ctx)
	if err != nil {
		return nil, err
	}
	f.release(first)
	return f, nil
}

// Name is the function's name.
func (f *Function) Name() string { return f.config.Name }

// Started returns how many instances have been started, including ended ones.
func (f *Function) Started() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.started
}

// Invoke sends one event and returns what the function answered. Errors are an
// [*Error] when the invocation failed, [ErrClosed], or ctx's own. As in Lambda,
// an invocation that has begun runs to its end even when ctx is cancelled.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	return f.invoke(ctx, uuid.NewString(), payload)
}

func (f *Function) invoke(ctx context.Context, requestID string, payload []byte) ([]byte, error) {
	if len(payload) > MaxPayload {
		return nil, &Error{TypeRequestTooLarge, fmt.Sprintf("the event has %d bytes, more than %d", len(payload), MaxPayload)}
	}
	select {
	case f.slots <- struct{}{}:
	case <-f.closing:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}

	inv := newInvocation(requestID, payload)
	f.mu.Lock()
	if f.closed {
		f.mu.Unlock()
		<-f.slots
		return nil, ErrClosed
	}
	f.running.Go(func() {
		defer func() { <-f.slots }()
		f.serve(inv)
	})
	f.mu.Unlock()

	select {
	case a := <-inv.answer:
		return a.payload, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serve runs one invocation on an idle instance, or on a new one. It returns
// when the instance is free again or dead, which is after the answer was given.
func (f *Function) serve(inv *invocation) {
	in := f.takeIdle()
	if in == nil {
		var err error
		if in, err = f.launch(context.Background()); err != nil {
			inv.settle(nil, err)
			return
		}
	}
	if err := in.serve(inv, f.config.Timeout); err != nil {
		in.kill()
		// Stopped between its answer and the next event, which affects nobody.
		if unanswered := inv.settle(nil, err); unanswered || !f.isClosing() {
			f.output.line(fmt.Sprintf("RequestId: %s Error: %v", inv.id, err))
		}
		return
	}
	f.release(in)
}

func (f *Function) isClosing() bool {
	select {
	case <-f.closing:
		return true
	default:
		return false
	}
}

func (f *Function) takeIdle() *instance {
	f.mu.Lock()
	defer f.mu.Unlock()
	for len(f.idle) > 0 {
		last := len(f.idle) - 1
		in := f.idle[last]
		f.idle = f.idle[:last]
		if in.alive() { // it may have died while it waited
			return in
		}
	}
	return nil
}

func (f *Function) release(in *instance) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed && in.alive() {
		f.idle = append(f.idle, in)
	}
}

// launch starts an instance and waits until it asks for its first event.
func (f *Function) launch(ctx context.Context) (*instance, error) {
	in, err := startInstance(f.config, f.output)
	if err != nil {
		return nil, &Error{TypeInit, err.Error()}
	}

	f.mu.Lock()
	closed := f.closed
	if !closed {
		f.started++
		f.all[in] = struct{}{}
	}
	f.mu.Unlock()
	if closed {
		in.kill()
		return nil, ErrClosed
	}
	go func() {
		<-in.exited
		f.mu.Lock()
		delete(f.all, in)
		f.mu.Unlock()
	}()

	if err := in.awaitReady(ctx); err != nil {
		in.kill()
		if _, ok := errors.AsType[*Error](err); ok {
			f.output.line("INIT Error: " + err.Error())
		}
		return nil, err
	}
	return in, nil
}

// Close ends every instance, with SIGTERM and two seconds later SIGKILL, and
// returns when all are gone. Invocations still running fail. Closing twice is
// fine.
func (f *Function) Close() {
	f.mu.Lock()
	if !f.closed {
		f.closed = true
		close(f.closing)
	}
	var gone sync.WaitGroup
	for in := range f.all {
		gone.Go(in.terminate)
	}
	f.mu.Unlock()
	gone.Wait()
	f.running.Wait()
}
