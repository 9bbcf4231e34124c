// In place of a function's main.go when the benchmark builds it: the same
// endpoint behind an HTTP server, in one process for all clients, as its peers are.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"github.com/valyala/fasthttp"

	"mentorpause/shared/auth"
	"mentorpause/shared/bootstrap"
	"mentorpause/shared/config"
	"mentorpause/shared/database"
)

// connections gave the best times at 8 to 32 clients.
const connections = 4

func main() {
	bootstrap.OneProcessor() // as deployed; and Deno has one thread for JavaScript
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve() error {
	settings, err := config.ReadHTTP(os.Getenv)
	if err != nil {
		return err
	}
	db, databaseErr := database.Open(database.Settings{URL: settings.DatabaseURL, TimeZone: settings.TimeZone.String(), MaxConnections: connections})
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
	return fasthttp.Serve(listener, func(c *fasthttp.RequestCtx) {
		event := events.LambdaFunctionURLRequest{Version: "2.0", RawPath: string(c.Path()), RawQueryString: string(c.URI().QueryString()),
			Headers: map[string]string{}, Body: string(c.PostBody())}
		event.RequestContext.HTTP.Method = string(c.Method())
		for name, value := range c.Request.Header.All() {
			event.Headers[strings.ToLower(string(name))] = string(value)
		}
		response, err := endpoint.Invoke(context.Background(), event)
		if err != nil {
			c.Error(err.Error(), fasthttp.StatusBadGateway)
			return
		}
		for name, value := range response.Headers {
			c.Response.Header.Set(name, value)
		}
		c.SetStatusCode(response.StatusCode)
		c.SetBodyString(response.Body)
	})
}
