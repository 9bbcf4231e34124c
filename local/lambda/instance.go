package lambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// The parts of an ARN that Lambda gives; the account belongs to nobody.
const (
	region    = "eu-north-1"
	accountID = "000000000000"
)

// invocation is one event on its way through an instance.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time     // set when an instance takes it
	answer   chan answer   // receives exactly one
	done     chan struct{} // closed when the runtime asks for the next event

	once sync.Once
}

type answer struct {
	payload []byte
	err     error
}

func newInvocation(id string, payload []byte) *invocation {
	return &invocation{id: id, payload: payload, answer: make(chan answer, 1), done: make(chan struct{})}
}

// settle gives the answer and reports whether it was the first.
func (inv *invocation) settle(payload []byte, err error) (first bool) {
	inv.once.Do(func() {
		first = true
		inv.answer <- answer{payload, err}
	})
	return first
}

// instance is one process of a function with its own Runtime API, like one of
// Lambda's execution environments.
type instance struct {
	config Config
	output *prefixer
	cmd    *exec.Cmd
	api    *http.Server

	ready    chan struct{}    // closed at the first request for an event
	initErr  chan *Error      // the runtime's report instead of that
	events   chan *invocation // handed to the request for the next event
	exited   chan struct{}    // closed when the process is gone
	exitText string           // how it ended; read it after exited

	mu      sync.Mutex
	isReady bool
	current *invocation // being worked on
}

func startInstance(config Config, output *prefixer) (*instance, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	in := &instance{
		config:  config,
		output:  output,
		ready:   make(chan struct{}),
		initErr: make(chan *Error, 1),
		events:  make(chan *invocation),
		exited:  make(chan struct{}),
	}
	in.api = &http.Server{Handler: in.routes()}

	in.cmd = exec.Command(config.Binary)
	in.cmd.Dir = filepath.Dir(config.Binary)
	in.cmd.Env = append(environment(config, listener.Addr().String()), config.Env...)
	stdout, stderr := &lines{to: output}, &lines{to: output}
	in.cmd.Stdout, in.cmd.Stderr = stdout, stderr
	in.cmd.WaitDelay = time.Second // a child of the function may keep the pipes open
	// A process group of its own: Ctrl-C in the terminal must not reach the
	// function before Close does.
	in.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := in.cmd.Start(); err != nil {
		listener.Close()
		return nil, err
	}

	go in.api.Serve(listener) // ends with Close below
	go func() {
		err := in.cmd.Wait()
		stdout.flush()
		stderr.flush()
		in.exitText = in.cmd.ProcessState.String()
		if err != nil && in.cmd.ProcessState.Success() {
			in.exitText = err.Error()
		}
		in.api.Close()
		close(in.exited)
	}()
	return in, nil
}

// environment is what Lambda sets for a function on provided.al2023.
func environment(config Config, api string) []string {
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + api,
		"AWS_LAMBDA_FUNCTION_NAME=" + config.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128",
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/" + config.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME=local",
		"AWS_REGION=" + region,
		"AWS_DEFAULT_REGION=" + region,
		"LAMBDA_TASK_ROOT=" + filepath.Dir(config.Binary),
		"LAMBDA_RUNTIME_DIR=/var/runtime",
		"_HANDLER=bootstrap",
		"LANG=en_US.UTF-8",
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"TZ=:UTC",
		"TMPDIR=" + os.TempDir(),
	}
}

func (in *instance) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", in.handleNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", in.handleResponse)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", in.handleError)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", in.handleInitError)
	// A function that wants SIGTERM registers an extension without events
	// (lambda.WithEnableSIGTERM); here every process gets SIGTERM, and no event.
	mux.HandleFunc("POST /2020-01-01/extension/register", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Lambda-Extension-Identifier", uuid.NewString())
		reply(w, http.StatusOK, map[string]string{"functionName": in.config.Name, "functionVersion": "$LATEST", "handler": "bootstrap"})
	})
	mux.HandleFunc("GET /2020-01-01/extension/event/next", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
	})
	return mux
}

// handleNext ends the previous invocation, if any, and holds the request until
// there is an event.
func (in *instance) handleNext(w http.ResponseWriter, r *http.Request) {
	in.mu.Lock()
	if in.current != nil {
		close(in.current.done)
		in.current = nil
	}
	if !in.isReady {
		in.isReady = true
		close(in.ready)
	}
	in.mu.Unlock()

	var inv *invocation
	select {
	case inv = <-in.events:
	case <-r.Context().Done():
		return
	}
	in.mu.Lock()
	in.current = inv
	in.mu.Unlock()

	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", fmt.Sprintf("arn:aws:lambda:%s:%s:function:%s", region, accountID, in.config.Name))
	h.Set("Lambda-Runtime-Trace-Id", traceID(inv.id))
	w.Write(inv.payload) // if the runtime is gone, its exit will be noticed
}

// traceID is an X-Ray id made from the request's, not sampled.
func traceID(requestID string) string {
	hex := strings.ReplaceAll(requestID, "-", "")
	return fmt.Sprintf("Root=1-%.8s-%.24s;Sampled=0", hex, hex[min(8, len(hex)):])
}

func (in *instance) handleResponse(w http.ResponseWriter, r *http.Request) {
	inv := in.invocation(w, r)
	if inv == nil {
		return
	}
	payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxPayload))
	switch _, tooLarge := errors.AsType[*http.MaxBytesError](err); {
	case tooLarge:
		e := &Error{TypeResponseTooLarge, fmt.Sprintf("the answer has more than %d bytes", MaxPayload)}
		inv.settle(nil, e)
		reply(w, http.StatusRequestEntityTooLarge, e)
		return
	case err != nil:
		inv.settle(nil, &Error{typeTruncated, err.Error()})
		return
	// A trailer says if the body failed while it was being sent.
	case r.Trailer.Get("Lambda-Runtime-Function-Error-Type") != "":
		inv.settle(nil, &Error{r.Trailer.Get("Lambda-Runtime-Function-Error-Type"), "the answer broke off"})
	default:
		in.accept(w, inv.settle(payload, nil))
		return
	}
	reply(w, http.StatusAccepted, map[string]string{"status": "OK"})
}

func (in *instance) handleError(w http.ResponseWriter, r *http.Request) {
	inv := in.invocation(w, r)
	if inv == nil {
		return
	}
	in.accept(w, inv.settle(nil, readError(w, r)))
}

func (in *instance) handleInitError(w http.ResponseWriter, r *http.Request) {
	select {
	case in.initErr <- readError(w, r):
		reply(w, http.StatusAccepted, map[string]string{"status": "OK"})
	default:
		in.accept(w, false)
	}
}

// invocation returns the one that the request names, if the instance works on it;
// otherwise it has written the refusal.
func (in *instance) invocation(w http.ResponseWriter, r *http.Request) *invocation {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.current == nil || in.current.id != r.PathValue("id") {
		reply(w, http.StatusBadRequest, Error{"InvalidRequestID", "this instance does not work on that request"})
		return nil
	}
	return in.current
}

func (in *instance) accept(w http.ResponseWriter, first bool) {
	if !first {
		reply(w, http.StatusForbidden, Error{"InvalidStateTransition", "this was answered already"})
		return
	}
	reply(w, http.StatusAccepted, map[string]string{"status": "OK"})
}

func readError(w http.ResponseWriter, r *http.Request) *Error {
	var e Error
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, MaxPayload)).Decode(&e); err != nil {
		return &Error{typeUnreadable, err.Error()}
	}
	if e.Type == "" {
		e.Type = r.Header.Get("Lambda-Runtime-Function-Error-Type")
	}
	return &e
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// awaitReady returns when the runtime has asked for its first event.
func (in *instance) awaitReady(ctx context.Context) error {
	timer := time.NewTimer(initTimeout)
	defer timer.Stop()
	select {
	case <-in.ready:
		return nil
	case e := <-in.initErr:
		return e
	case <-in.exited:
		select {
		case e := <-in.initErr: // reported just before it exited
			return e
		default:
			return &Error{TypeInit, fmt.Sprintf("%s ended before it was ready (%s); its output says why", in.config.Name, in.exitText)}
		}
	case <-timer.C:
		return &Error{TypeInit, fmt.Sprintf("%s was not ready within %s", in.config.Name, initTimeout)}
	case <-ctx.Done():
		return ctx.Err()
	}
}

// serve runs one invocation. The answer is given as soon as the function posts it;
// serve returns when the runtime has asked for the next event, and the instance is
// free. After an error the instance can't be used any more.
func (in *instance) serve(inv *invocation, timeout time.Duration) error {
	inv.deadline = time.Now().Add(timeout)
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	timedOut := &Error{TypeTimedOut, fmt.Sprintf("task timed out after %.2f seconds", timeout.Seconds())}

	select {
	case in.events <- inv:
	case <-in.exited:
		return in.exitError()
	case <-timer.C:
		return timedOut
	}
	select {
	case <-inv.done:
		// Has no effect after an answer.
		inv.settle(nil, &Error{TypeNoResponse, "the function asked for the next event without answering this one"})
		return nil
	case <-in.exited:
		return in.exitError()
	case <-timer.C:
		return timedOut
	}
}

func (in *instance) exitError() error {
	return &Error{TypeExited, "the process ended: " + in.exitText}
}

func (in *instance) alive() bool {
	select {
	case <-in.exited:
		return false
	default:
		return true
	}
}

// kill ends the process and whatever it started, at once.
func (in *instance) kill() {
	if in.alive() {
		syscall.Kill(-in.cmd.Process.Pid, syscall.SIGKILL)
	}
	<-in.exited
}

// terminate asks the process to end and kills it when it does not.
func (in *instance) terminate() {
	in.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-in.exited:
	case <-time.After(shutdownGrace):
		in.output.line(fmt.Sprintf("still there %s after SIGTERM; killed", shutdownGrace))
		in.kill()
	}
}
