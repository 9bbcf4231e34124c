// The function that the tests run: a real bootstrap on aws-lambda-go whose events
// say what should happen to it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do      string `json:"do"`
	Text    string `json:"text"`
	Size    int    `json:"size"`
	Version string `json:"version"` // an HTTP request, when it is "2.0"

	Time string `json:"time"` // a schedule's event, when it is there
}

type customError struct{}

func (customError) Error() string { return "the handler said no" }

func handle(ctx context.Context, raw json.RawMessage) (any, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return nil, err
	}
	if e.Version == "2.0" {
		return handleURL(raw)
	}
	if e.Time != "" {
		fmt.Println("scheduled for", e.Time)
		return raw, nil
	}
	switch e.Do {
	case "echo":
		return raw, nil
	case "pid":
		return os.Getpid(), nil
	case "environment":
		return os.Environ(), nil
	case "context":
		deadline, _ := ctx.Deadline()
		lc, _ := lambdacontext.FromContext(ctx)
		return map[string]any{
			"request_id": lc.AwsRequestID,
			"arn":        lc.InvokedFunctionArn,
			"name":       lambdacontext.FunctionName,
			"trace":      os.Getenv("_X_AMZN_TRACE_ID"),
			"left_ms":    time.Until(deadline).Milliseconds(),
		}, nil
	case "wait": // reports that it has begun, and answers when the file exists
		if err := os.WriteFile(e.Text+".here", nil, 0o600); err != nil {
			return nil, err
		}
		for range 2000 {
			if _, err := os.Stat(e.Text); err == nil {
				return os.Getpid(), nil
			}
			time.Sleep(10 * time.Millisecond)
		}
		return nil, errors.New("nobody came")
	case "print":
		fmt.Print(e.Text)
		return nil, nil
	case "hang":
		time.Sleep(time.Hour)
	case "exit":
		os.Exit(3)
	case "panic":
		panic("at the disco")
	case "error":
		return nil, customError{}
	case "big":
		return strings.Repeat("x", e.Size), nil
	}
	return nil, errors.New("unknown: " + e.Do)
}

// handleURL answers with the event, or as the path says.
func handleURL(raw json.RawMessage) (any, error) {
	var r events.LambdaFunctionURLRequest
	if err := json.Unmarshal(raw, &r); err != nil {
		return nil, err
	}
	switch r.RawPath {
	case "/plain":
		return map[string]string{"hello": "world"}, nil
	case "/binary":
		return events.LambdaFunctionURLResponse{StatusCode: 200, Body: "AP+ACg==", IsBase64Encoded: true,
			Headers: map[string]string{"content-type": "application/octet-stream", "content-length": "999"}}, nil
	case "/cookies":
		return events.LambdaFunctionURLResponse{StatusCode: 201, Cookies: []string{"a=1; Secure", "b=2"}, Body: "made"}, nil
	case "/empty":
		return events.LambdaFunctionURLResponse{StatusCode: 204, Headers: map[string]string{"etag": `"x"`}}, nil
	case "/bad-base64":
		return events.LambdaFunctionURLResponse{StatusCode: 200, Body: "%%", IsBase64Encoded: true}, nil
	case "/bad-status":
		return events.LambdaFunctionURLResponse{StatusCode: 7}, nil
	case "/error":
		return nil, errors.New("a secret of the inside")
	case "/hang":
		time.Sleep(time.Hour)
	case "/exit":
		os.Exit(3)
	}
	return events.LambdaFunctionURLResponse{StatusCode: 200, Body: string(raw),
		Headers: map[string]string{"content-type": "application/json"}}, nil
}

func main() {
	switch os.Getenv("INIT") {
	case "exit":
		fmt.Fprintln(os.Stderr, "SETTING is missing")
		os.Exit(1)
	}
	if os.Getenv("STUBBORN") != "" {
		// With a handler that does not exit, SIGTERM does not end the process.
		lambda.StartWithOptions(handle, lambda.WithEnableSIGTERM(func() { fmt.Println("told to stop, not stopping") }))
	}
	lambda.StartWithOptions(handle, lambda.WithEnableSIGTERM(func() {
		fmt.Println("told to stop")
		os.Exit(0)
	}))
}
