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
	"mentorpause/local/pooler"
	"mentorpause/local/postgres"
	"mentorpause/local/sam"
	"mentorpause/local/stack"
	"mentorpause/supabase"
)

const coordinator = "b0000000-0000-4000-8000-000000000001" // of the seed

// fromNothing follows docs/operations.md on this machine, and leaves nothing
// behind.
func fromNothing(ctx context.Context, root string, template *sam.Template, report *report) (err error) {
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
	passwords := map[string]string{}
	for _, role := range template.Roles() {
		passwords[role] = rand.Text()
	}
	err = step("passwords for the roles, the example chapters", func() (string, error) {
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
		return serve(ctx, root, template, address, passwords, report, step)
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
	return serve(ctx, root, template, pool.Address, passwords, report, step)
}

// serve runs the built functions and checks them.
func serve(ctx context.Context, root string, template *sam.Template, address string, passwords map[string]string, report *report, step func(string, func() (string, error)) error) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close() // when nothing is served
	base := "http://" + listener.Addr().String()
	project := authserver.New(base)
	output := &safeWriter{}
	var running *stack.Stack
	err = step("the built functions", func() (note string, err error) {
		running, err = stack.Start(ctx, stack.Config{
			Template: template,
			Binary:   func(name string) string { return filepath.Join(root, "build", name, "bootstrap") },
			Project:  project,
			DatabaseURL: func(role string) string {
				u := url.URL{Scheme: "postgresql", User: url.UserPassword(role, passwords[role]), Host: address, Path: "/" + postgres.Maintenance, RawQuery: "sslmode=disable"}
				return u.String()
			},
			Output: output,
		})
		if err != nil {
			return "", fmt.Errorf("%w\n%s", err, output)
		}
		return fmt.Sprintf("%d functions", len(running.Functions)), nil
	})
	if err != nil {
		return err
	}
	defer running.Close()
	server := &http.Server{Handler: running, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener) // ends with Close
	defer server.Close()

	where := target{functions: template.Names(sam.HasURL), urls: map[string]string{}, token: project.Token(coordinator), console: base}
	for _, name := range where.functions {
		where.urls[name] = base + stack.Path(name)
	}
	if err := look(ctx, where, report); err != nil {
		return err
	}

	invoke := func(name, event string, into any) error {
		raw, err := running.Functions[name].Invoke(ctx, []byte(event))
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

// prepare runs the SQL that the page gives to an operator, and seeds.
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
	// Without the flags of the make that started us, such as URL=….
	cmd.Env = append(append(os.Environ(), "MAKEFLAGS=", "MAKEOVERRIDES="), environment...)
	output, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, bytes.TrimSpace(output))
	}
	return string(output), nil
}
