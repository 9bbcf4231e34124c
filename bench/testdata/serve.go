// In place of a function's main.go when the benchmark builds it: the same
// endpoint behind net/http, in one process for all clients, as its peers are.
package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"mentorpause/shared/auth"
	"mentorpause/shared/database"
	"mentorpause/shared/setting"
)

// connections gave the best times at 8 to 32 clients.
const connections = 4

func main() {
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	settings, err := setting.ReadHTTP(os.Getenv)
	if err != nil {
		return err
	}
	db, databaseErr := database.Open(database.Settings{URL: settings.DatabaseURL, TimeZone: settings.TimeZone, MaxConnections: connections})
	verifier, authErr := auth.New(auth.Settings{SupabaseURL: settings.SupabaseURL})
	if err := errors.Join(databaseErr, authErr); err != nil {
		return err
	}
	endpoint := newEndpoint(db, verifier, slog.New(slog.DiscardHandler))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port) // for who started us
	return http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		event := events.LambdaFunctionURLRequest{Version: "2.0", RawPath: r.URL.Path, RawQueryString: r.URL.RawQuery,
			Headers: make(map[string]string, len(r.Header)), Body: string(body)}
		event.RequestContext.HTTP.Method = r.Method
		for name, values := range r.Header {
			event.Headers[strings.ToLower(name)] = values[0]
		}
		response, err := endpoint.Invoke(r.Context(), event)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		for name, value := range response.Headers {
			w.Header().Set(name, value)
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(response.Body)))
		w.WriteHeader(response.StatusCode)
		_, _ = w.Write([]byte(response.Body)) // the client may have left; WriteString would send it in pieces
	}))
}
