package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"mentorpause/local/authserver"
	"mentorpause/local/checkout"
	"mentorpause/local/lambda"
	"mentorpause/local/pooler"
	"mentorpause/local/postgres"
	"mentorpause/supabase"
)

const coordinator = "b0000000-0000-4000-8000-000000000001" // of the seed

// fromNothing goes the way of docs/operations.md on this machine, and leaves
// nothing behind.
func fromNothing(ctx context.Context, report *report) (err error) {
	root, err := checkout.Root()
	if err != nil {
		return err
	}
	step := func(what string, do func() (note string, err error)) error {
		began := time.Now()
		note, err := do()
		if err != nil {
			report.fail("local", what, err)
			return fmt.Errorf("stopped at: %s", what)
		}
		report.ok("local", what, strings.TrimSpace(fmt.Sprintf("%4d ms  %s", time.Since(began).Milliseconds(), note)))
		return nil
	}

	var cluster *postgres.Cluster
	defer func() {
		if cluster != nil {
			err = errors.Join(err, cluster.Stop())
		}
	}()
	err = step("a throwaway PostgreSQL like a Supabase project", func() (string, error) {
		installation, err := postgres.Find()
		if err != nil {
			return "", err
		}
		cluster, err = installation.Start(ctx, postgres.Options{})
		return fmt.Sprintf("PostgreSQL %d", installation.Major), err
	})
	if err != nil {
		return err
	}
	owner := cluster.URL("postgres", postgres.Maintenance)
	err = step("make migrate", func() (string, error) {
		output, err := runMake(ctx, root, []string{"SUPABASE_DB_URL=" + owner}, "migrate")
		return fmt.Sprintf("%d migrations", strings.Count(output, "applied ")), err
	})
	if err != nil {
		return err
	}
	passwords := map[string]string{"pause_api": rand.Text(), "pause_scheduler": rand.Text()}
	err = step("passwords for the two roles, the example chapters", func() (string, error) {
		return "", prepare(ctx, owner, passwords)
	})
	if err != nil {
		return err
	}
	err = step("make build", func() (string, error) {
		_, err := runMake(ctx, root, nil, "build")
		return "", err
	})
	if err != nil {
		return err
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(cluster.Port()))
	if _, err := pooler.Find(); err != nil {
		report.say("%v: the functions connect directly", err)
		return serve(ctx, root, address, passwords, report, step)
	}
	var pool *pooler.Pooler
	err = step("PgBouncer in transaction mode", func() (note string, err error) {
		pool, err = pooler.Start(ctx, pooler.Config{Server: address, Users: passwords})
		return "", err
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Stop()) }()
	return serve(ctx, root, pool.Address, passwords, report, step)
}

// serve runs the built functions and looks at them.
func serve(ctx context.Context, root, address string, passwords map[string]string, report *report, step func(string, func() (string, error)) error) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	base := "http://" + listener.Addr().String()
	project := authserver.New(base)
	mux := http.NewServeMux()
	mux.Handle("/auth/v1/", project.Handler())
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener) // ends with Close
	defer server.Close()

	databaseURL := func(role string) string {
		u := url.URL{Scheme: "postgresql", User: url.UserPassword(role, passwords[role]), Host: address, Path: "/" + postgres.Maintenance, RawQuery: "sslmode=disable"}
		return u.String()
	}
	output := &safeWriter{}
	running := map[string]*lambda.Function{}
	defer func() {
		for _, f := range running {
			f.Close()
		}
	}()
	start := func(name, role string, timeout time.Duration, environment ...string) error {
		f, err := lambda.Start(ctx, lambda.Config{
			Name:    name,
			Binary:  filepath.Join(root, "build", name, "bootstrap"),
			Env:     append(environment, "SUPABASE_DB_URL="+databaseURL(role)),
			Timeout: timeout,
			Output:  output,
		})
		if err != nil {
			return fmt.Errorf("%w\n%s", err, output)
		}
		running[name] = f
		return nil
	}
	err = step("the built functions", func() (string, error) {
		for _, name := range functions {
			if err := start(name, "pause_api", 10*time.Second, "SUPABASE_URL="+base); err != nil {
				return "", err
			}
			mux.Handle("/functions/v1/"+name, lambda.URL(running[name]))
		}
		return "", errors.Join(
			start("nightly-expiry", "pause_scheduler", time.Minute),
			start("dispatch-notifications", "pause_scheduler", time.Minute))
	})
	if err != nil {
		return err
	}

	where := target{urls: map[string]string{}, token: project.Token(coordinator)}
	for _, name := range functions {
		where.urls[name] = base + "/functions/v1/" + name
	}
	look(ctx, where, report)

	invoke := func(name, event string, into any) error {
		raw, err := running[name].Invoke(ctx, []byte(event))
		if err != nil {
			return fmt.Errorf("%w\n%s", err, output)
		}
		return json.Unmarshal(raw, into)
	}
	err = step("a nightly dry run", func() (string, error) {
		var night struct {
			Outcome string
			Expired int
			DryRun  bool `json:"dry_run"`
		}
		err := invoke("nightly-expiry", `{"dry_run":true}`, &night)
		if err == nil && (night.Outcome != "completed" || !night.DryRun || night.Expired == 0) {
			err = fmt.Errorf("%+v: the seed has certifications that have expired", night)
		}
		return fmt.Sprintf("%d would expire", night.Expired), err
	})
	if err != nil {
		return err
	}
	return step("a dispatch", func() (string, error) {
		var sent struct{ Claimed, Delivered, Retrying, Undeliverable int }
		err := invoke("dispatch-notifications", `{}`, &sent)
		if err == nil && (sent.Claimed == 0 || sent.Delivered+sent.Undeliverable != sent.Claimed) {
			err = fmt.Errorf("%+v: the seed has notifications that are due", sent)
		}
		return fmt.Sprintf("%d delivered, %d undeliverable", sent.Delivered, sent.Undeliverable), err
	})
}

// prepare does what the page has an operator paste, and seeds.
func prepare(ctx context.Context, owner string, passwords map[string]string) error {
	db, err := pgx.Connect(ctx, owner)
	if err != nil {
		return err
	}
	defer db.Close(context.WithoutCancel(ctx))
	for role, password := range passwords {
		if _, err := db.Exec(ctx, fmt.Sprintf("alter role %s login password '%s'", role, password)); err != nil {
			return err
		}
	}
	seed, err := fs.ReadFile(supabase.Files, "seed.sql")
	if err != nil {
		return err
	}
	_, err = db.PgConn().Exec(ctx, string(seed)).ReadAll()
	return err
}

func runMake(ctx context.Context, root string, environment []string, target string) (string, error) {
	cmd := exec.CommandContext(ctx, "make", "--no-print-directory", target)
	cmd.Dir = root
	// Not the flags of a make that has started us, such as URL=….
	cmd.Env = append(append(os.Environ(), "MAKEFLAGS=", "MAKEOVERRIDES="), environment...)
	output, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, bytes.TrimSpace(output))
	}
	return string(output), nil
}
