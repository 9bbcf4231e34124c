package lambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mentorpause/local/lambda"
)

// bootstrap is the built test function, made with the flags of `make build`.
var bootstrap string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "lambda")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	bootstrap = filepath.Join(dir, "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", bootstrap, "./testdata/bootstrap")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	code := 1
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the test function: %v\n%s", err, out)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// output collects lines from several goroutines.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func start(t *testing.T, change func(*lambda.Config)) (*lambda.Function, *output) {
	t.Helper()
	out := &output{}
	// Long enough for a busy machine; tests of the deadline shorten it.
	config := lambda.Config{Name: "greeter", Binary: bootstrap, Timeout: 30 * time.Second, Output: out}
	if change != nil {
		change(&config)
	}
	f, err := lambda.Start(t.Context(), config)
	if err != nil {
		t.Fatalf("Start: %v\n%s", err, out)
	}
	t.Cleanup(f.Close)
	return f, out
}

func invoke[T any](t *testing.T, f *lambda.Function, event string) T {
	t.Helper()
	raw, err := f.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Fatalf("Invoke(%s): %v", event, err)
	}
	var value T
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatalf("Invoke(%s) answered %s: %v", event, raw, err)
	}
	return value
}

func wantError(t *testing.T, err error, wantType string) *lambda.Error {
	t.Helper()
	e, ok := errors.AsType[*lambda.Error](err)
	if !ok || e.Type != wantType {
		t.Fatalf("error is %v, want one of type %s", err, wantType)
	}
	return e
}

func wantGone(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is still there (kill -0: %v)", pid, err)
	}
}

func TestInvoke(t *testing.T) {
	t.Parallel()
	f, _ := start(t, nil)

	t.Run("answers with the function's bytes", func(t *testing.T) {
		event := `{"do":"echo","text":"blåbærsyltetøy"}`
		raw, err := f.Invoke(t.Context(), []byte(event))
		if err != nil || string(raw) != event {
			t.Errorf("got %s, %v; want %s", raw, err, event)
		}
	})

	t.Run("keeps one instance while one is enough", func(t *testing.T) {
		first := invoke[int](t, f, `{"do":"pid"}`)
		for range 3 {
			if pid := invoke[int](t, f, `{"do":"pid"}`); pid != first {
				t.Errorf("process %d served after %d", pid, first)
			}
		}
	})

	t.Run("an error of the handler keeps the instance", func(t *testing.T) {
		before := invoke[int](t, f, `{"do":"pid"}`)
		_, err := f.Invoke(t.Context(), []byte(`{"do":"error"}`))
		if e := wantError(t, err, "customError"); e.Message != "the handler said no" {
			t.Errorf("message %q", e.Message)
		}
		if after := invoke[int](t, f, `{"do":"pid"}`); after != before {
			t.Errorf("process %d was replaced by %d", before, after)
		}
	})

	t.Run("the context carries what Lambda gives", func(t *testing.T) {
		type context struct {
			RequestID string `json:"request_id"`
			ARN       string `json:"arn"`
			Name      string `json:"name"`
			Trace     string `json:"trace"`
			LeftMS    int64  `json:"left_ms"`
		}
		one := invoke[context](t, f, `{"do":"context"}`)
		two := invoke[context](t, f, `{"do":"context"}`)
		if one.RequestID == "" || one.RequestID == two.RequestID {
			t.Errorf("request ids %q and %q", one.RequestID, two.RequestID)
		}
		if one.ARN != "arn:aws:lambda:eu-north-1:000000000000:function:greeter" || one.Name != "greeter" {
			t.Errorf("arn %q, name %q", one.ARN, one.Name)
		}
		if !strings.HasPrefix(one.Trace, "Root=1-") {
			t.Errorf("trace id %q", one.Trace)
		}
		if one.LeftMS <= 0 || one.LeftMS > 30_000 {
			t.Errorf("%d ms to the deadline, want at most 30,000", one.LeftMS)
		}
	})

	t.Run("five megabytes go both ways", func(t *testing.T) {
		event := fmt.Sprintf(`{"do":"echo","text":%q}`, strings.Repeat("y", 5<<20))
		raw, err := f.Invoke(t.Context(), []byte(event))
		if err != nil || string(raw) != event {
			t.Errorf("%d bytes came back, %v; want the %d that were sent", len(raw), err, len(event))
		}
	})

	t.Run("an event over the limit is refused", func(t *testing.T) {
		_, err := f.Invoke(t.Context(), make([]byte, lambda.MaxPayload+1))
		wantError(t, err, lambda.TypeRequestTooLarge)
	})

	t.Run("an answer over the limit is refused", func(t *testing.T) {
		_, err := f.Invoke(t.Context(), fmt.Appendf(nil, `{"do":"big","size":%d}`, lambda.MaxPayload))
		wantError(t, err, lambda.TypeResponseTooLarge)
		invoke[int](t, f, `{"do":"pid"}`)
	})
}

func TestInstances(t *testing.T) {
	t.Parallel()

	t.Run("two at once run in two processes", func(t *testing.T) {
		t.Parallel()
		f, _ := start(t, func(c *lambda.Config) { c.MaxInstances = 2 })
		release, waiter := occupy(t, f)
		other := invoke[int](t, f, `{"do":"pid"}`)
		release()
		if first := <-waiter; first == other {
			t.Errorf("process %d served both at once", first)
		}
	})

	t.Run("one beyond the limit waits", func(t *testing.T) {
		t.Parallel()
		f, _ := start(t, func(c *lambda.Config) { c.MaxInstances = 3 })
		pids := make(chan int, 30)
		var all sync.WaitGroup
		for range 30 {
			all.Go(func() { pids <- invokeInBackground(t, f, `{"do":"pid"}`) })
		}
		all.Wait()
		close(pids)
		seen := map[int]int{}
		for pid := range pids {
			seen[pid]++
		}
		if len(seen) > 3 || seen[0] > 0 || f.Started() > 3 {
			t.Errorf("invocations by process: %v, want at most 3 processes; %d were started", seen, f.Started())
		}
	})

	t.Run("one that waits may give up", func(t *testing.T) {
		t.Parallel()
		f, _ := start(t, nil)
		release, waiter := occupy(t, f)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := f.Invoke(ctx, []byte(`{"do":"pid"}`)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v, want the context's", err)
		}
		release()
		if <-waiter == 0 {
			t.Error("the invocation that ran has failed")
		}
	})

	t.Run("a caller who leaves does not stop the invocation", func(t *testing.T) {
		t.Parallel()
		f, _ := start(t, nil)
		before := invoke[int](t, f, `{"do":"pid"}`)
		file := filepath.Join(t.TempDir(), "go")
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := f.Invoke(ctx, fmt.Appendf(nil, `{"do":"wait","text":%q}`, file))
			left <- err
		}()
		awaitFile(t, file+".here")
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Fatalf("error is %v, want the context's", err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if after := invoke[int](t, f, `{"do":"pid"}`); after != before {
			t.Errorf("process %d was replaced by %d", before, after)
		}
	})
}

// occupy keeps one instance busy until release is called, and then returns its
// process number.
func occupy(t *testing.T, f *lambda.Function) (release func(), pid <-chan int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "go")
	ended := make(chan int, 1)
	go func() { ended <- invokeInBackground(t, f, fmt.Sprintf(`{"do":"wait","text":%q}`, file)) }()
	awaitFile(t, file+".here")
	return func() {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Error(err)
		}
	}, ended
}

func awaitFile(t *testing.T, path string) {
	t.Helper()
	for range 2000 {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%s was never made", path)
}

// invokeInBackground is for goroutines, which must not call t.Fatal; a failure
// returns process 0.
func invokeInBackground(t *testing.T, f *lambda.Function, event string) int {
	raw, err := f.Invoke(t.Context(), []byte(event))
	if err != nil {
		t.Errorf("Invoke(%s): %v", event, err)
		return 0
	}
	pid, _ := strconv.Atoi(string(raw))
	return pid
}

func TestReplacement(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, event, wantType string
	}{
		{"a process that exits in the middle", `{"do":"exit"}`, lambda.TypeExited},
		{"a handler that panics", `{"do":"panic"}`, "string"},
		{"a deadline that passes", `{"do":"hang"}`, lambda.TypeTimedOut},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f, out := start(t, func(c *lambda.Config) { c.Timeout = 2 * time.Second })
			before := invoke[int](t, f, `{"do":"pid"}`)

			_, err := f.Invoke(t.Context(), []byte(test.event))
			wantError(t, err, test.wantType)

			if after := invoke[int](t, f, `{"do":"pid"}`); after == before {
				t.Errorf("process %d served again", before)
			}
			if n := f.Started(); n != 2 {
				t.Errorf("%d instances were started, want 2", n)
			}
			wantGone(t, before)
			if !strings.Contains(out.String(), "greeter | RequestId: ") {
				t.Errorf("the output does not tell of the failure:\n%s", out)
			}
		})
	}

	t.Run("a process that is killed while idle", func(t *testing.T) {
		t.Parallel()
		f, _ := start(t, nil)
		before := invoke[int](t, f, `{"do":"pid"}`)
		if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for syscall.Kill(before, 0) == nil { // until it has been reaped
			time.Sleep(5 * time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond)
		if after := invoke[int](t, f, `{"do":"pid"}`); after == before {
			t.Errorf("process %d served after its death", before)
		}
	})
}

func TestStart(t *testing.T) {
	t.Parallel()

	t.Run("a function that ends at start is an init error, and says why", func(t *testing.T) {
		t.Parallel()
		out := &output{}
		_, err := lambda.Start(t.Context(), lambda.Config{
			Name: "greeter", Binary: bootstrap, Env: []string{"INIT=exit"}, Output: out})
		if e := wantError(t, err, lambda.TypeInit); !strings.Contains(e.Message, "exit status 1") {
			t.Errorf("message %q", e.Message)
		}
		if !strings.Contains(out.String(), "greeter | SETTING is missing\n") {
			t.Errorf("output:\n%s", out)
		}
	})

	t.Run("an init error that the runtime reports is passed on", func(t *testing.T) {
		t.Parallel()
		// aws-lambda-go never reports one, so this runtime is a shell script.
		curl, err := exec.LookPath("curl")
		if err != nil {
			t.Fatalf("this test needs curl: %v", err)
		}
		script := filepath.Join(t.TempDir(), "bootstrap")
		body := "#!/bin/sh\n" + curl + ` -s -X POST -d '{"errorType":"Config","errorMessage":"no SETTING"}' "http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/init/error"` + "\nexit 1\n"
		if err := os.WriteFile(script, []byte(body), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err = lambda.Start(t.Context(), lambda.Config{Name: "greeter", Binary: script})
		if e := wantError(t, err, "Config"); e.Message != "no SETTING" {
			t.Errorf("message %q", e.Message)
		}
	})

	t.Run("a binary that is not there is named", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "bootstrap")
		_, err := lambda.Start(t.Context(), lambda.Config{Name: "greeter", Binary: path})
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
			t.Errorf("error is %v", err)
		}
	})

	t.Run("a name is required", func(t *testing.T) {
		t.Parallel()
		if f, err := lambda.Start(t.Context(), lambda.Config{Binary: bootstrap}); err == nil {
			f.Close()
			t.Error("started without a name")
		}
	})

	t.Run("the environment is the function's own", func(t *testing.T) {
		t.Parallel()
		f, _ := start(t, func(c *lambda.Config) { c.Env = []string{"LOG_LEVEL=debug"} })
		environment := invoke[[]string](t, f, `{"do":"environment"}`)
		for _, want := range []string{"LOG_LEVEL=debug", "AWS_LAMBDA_FUNCTION_NAME=greeter", "_HANDLER=bootstrap", "TZ=:UTC"} {
			if !slices.Contains(environment, want) {
				t.Errorf("%s is missing from %q", want, environment)
			}
		}
		for _, variable := range environment {
			if strings.HasPrefix(variable, "HOME=") || strings.HasPrefix(variable, "GOCACHE=") {
				t.Errorf("%s was inherited", variable)
			}
		}
	})
}

func TestOutput(t *testing.T) {
	t.Parallel()
	f, out := start(t, nil)
	long := strings.Repeat("z", 300<<10)
	invoke[any](t, f, fmt.Sprintf(`{"do":"print","text":%q}`, "one\ntwo\r\n"+long+"\nlast, unfinished"))
	f.Close()
	want := "greeter | one\ngreeter | two\ngreeter | " + long[:256<<10] + "\ngreeter | " + long[256<<10:] +
		"\ngreeter | last, unfinishedtold to stop\n"
	if got := out.String(); got != want {
		t.Errorf("%d bytes of output, want %d; it ends in %q", len(got), len(want), got[max(0, len(got)-80):])
	}
}

func TestClose(t *testing.T) {
	t.Parallel()

	t.Run("SIGTERM ends an instance in order", func(t *testing.T) {
		t.Parallel()
		f, out := start(t, nil)
		pid := invoke[int](t, f, `{"do":"pid"}`)
		f.Close()
		f.Close()
		wantGone(t, pid)
		if !strings.Contains(out.String(), "greeter | told to stop\n") {
			t.Errorf("output:\n%s", out)
		}
		if _, err := f.Invoke(t.Context(), []byte(`{"do":"pid"}`)); !errors.Is(err, lambda.ErrClosed) {
			t.Errorf("Invoke after Close: %v", err)
		}
	})

	t.Run("SIGKILL ends one that stays", func(t *testing.T) {
		t.Parallel()
		f, out := start(t, func(c *lambda.Config) { c.Env = []string{"STUBBORN=1"} })
		pid := invoke[int](t, f, `{"do":"pid"}`)
		f.Close()
		wantGone(t, pid)
		if text := out.String(); !strings.Contains(text, "told to stop, not stopping") || !strings.Contains(text, "; killed") {
			t.Errorf("output:\n%s", out)
		}
	})

	t.Run("an invocation that runs fails", func(t *testing.T) {
		t.Parallel()
		f, _ := start(t, nil)
		failed := make(chan error, 1)
		file := filepath.Join(t.TempDir(), "go")
		go func() {
			_, err := f.Invoke(t.Context(), fmt.Appendf(nil, `{"do":"wait","text":%q}`, file))
			failed <- err
		}()
		awaitFile(t, file+".here")
		f.Close()
		wantError(t, <-failed, lambda.TypeExited)
	})
}
