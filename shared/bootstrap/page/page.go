// Package page starts a function whose URL serves files: no token, no database. The
// functions with an interface are started by package web.
//
// Such a function is an [http.Handler]; this package turns an event of a function URL
// (payload format 2.0, buffered) into its request, and what it writes into the answer. It
// writes a line in the log for each request, without its path, which may name a person.
package page

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"mentorpause/shared/config"
	"mentorpause/shared/version"
)

// Start runs the function until Lambda ends the process. A setting that is missing or
// malformed stops it, with its name.
func Start(build func(config.Console) (http.Handler, error)) {
	invoke, err := newFunction(build, os.Getenv, os.Stdout)
	if err != nil {
		slog.New(slog.NewJSONHandler(os.Stdout, nil)).Error("the function can't start", "cause", err.Error())
		os.Exit(1)
	}
	runtime.GOMAXPROCS(1) // see bootstrap.OneProcessor
	lambda.StartWithOptions(invoke, lambda.WithEnableSIGTERM(func() { os.Exit(0) }))
}

type invocation func(context.Context, events.LambdaFunctionURLRequest) (events.LambdaFunctionURLResponse, error)

func newFunction(build func(config.Console) (http.Handler, error), getenv func(string) string, w io.Writer) (invocation, error) {
	settings, err := config.ReadConsole(getenv)
	if err != nil {
		return nil, err
	}
	handler, err := build(settings)
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: settings.LogLevel}))
	version.Log(log)
	return func(ctx context.Context, event events.LambdaFunctionURLRequest) (events.LambdaFunctionURLResponse, error) {
		started := time.Now()
		id := event.RequestContext.RequestID
		if invocation, ok := lambdacontext.FromContext(ctx); ok && invocation.AwsRequestID != "" {
			id = invocation.AwsRequestID
		}
		response := Answer(ctx, handler, event)
		log.InfoContext(ctx, "request", "request_id", id, "function", "console", "status", response.StatusCode,
			"duration_ms", float64(time.Since(started).Microseconds())/1000)
		return response, nil
	}, nil
}

// Answer lets a handler answer an event of a function URL. Text that is not compressed is
// passed as it is, everything else in base64.
func Answer(ctx context.Context, handler http.Handler, event events.LambdaFunctionURLRequest) events.LambdaFunctionURLResponse {
	recorded := &recorder{header: http.Header{}, status: http.StatusOK}
	request, err := newRequest(ctx, event)
	if err != nil {
		http.Error(recorded, "The address can't be read.", http.StatusBadRequest)
	} else {
		handler.ServeHTTP(recorded, request)
	}
	response := events.LambdaFunctionURLResponse{StatusCode: recorded.status, Headers: map[string]string{}}
	for name, values := range recorded.header {
		response.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	if request != nil && request.Method == http.MethodHead {
		return response
	}
	mediaType := recorded.header.Get("content-type")
	isText := strings.HasPrefix(mediaType, "text/") || strings.Contains(mediaType, "json") || strings.Contains(mediaType, "svg")
	if isText && recorded.header.Get("content-encoding") == "" {
		response.Body = recorded.body.String()
	} else if recorded.body.Len() > 0 {
		response.Body, response.IsBase64Encoded = base64.StdEncoding.EncodeToString(recorded.body.Bytes()), true
	}
	return response
}

func newRequest(ctx context.Context, event events.LambdaFunctionURLRequest) (*http.Request, error) {
	// A path that begins with two slashes is no host.
	address, err := url.ParseRequestURI("/" + strings.TrimLeft(event.RawPath, "/"))
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, event.RequestContext.HTTP.Method, "/", http.NoBody)
	if err != nil {
		return nil, err
	}
	address.RawQuery = event.RawQueryString
	request.URL = address
	for name, value := range event.Headers {
		request.Header.Set(name, value)
	}
	return request, nil
}

// recorder keeps an answer.
type recorder struct {
	header  http.Header
	status  int
	body    bytes.Buffer
	written bool
}

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if !r.written {
		r.status, r.written = status, true
	}
}

func (r *recorder) Write(p []byte) (int, error) {
	r.written = true
	return r.body.Write(p)
}
