package main

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"mentorpause/supabase"
)

// Our triggers on a table of Supabase's, which no dump of our schemas brings back.
var loginTrigger = regexp.MustCompile(`create trigger (\w+)\s[^;]*?\son auth\.users\s`)

// requireLoginTriggers returns an error when a trigger on auth.users is missing that the migrations
// of the ledger made: who deletes a login would then not erase the person.
func requireLoginTriggers(ctx context.Context, db *sql.DB) error {
	files, err := fs.Glob(supabase.Files, "migrations/*.sql")
	if err != nil {
		return err
	}
	var missing []string
	for _, file := range files {
		text, err := fs.ReadFile(supabase.Files, file)
		if err != nil {
			return err
		}
		version := strings.TrimPrefix(file, "migrations/")[:len("20060102150405")]
		for _, match := range loginTrigger.FindAllStringSubmatch(string(text), -1) {
			isThere := false
			// An Auth without soft deletion has no column for the trigger of it.
			err := db.QueryRowContext(ctx, `
				select not exists (select from supabase_migrations.schema_migrations m where m.version = $1)
					or exists (select from pg_catalog.pg_trigger t where t.tgrelid = 'auth.users'::regclass and t.tgname = $2 and t.tgenabled <> 'D')
					or $3 and not exists (
						select from pg_catalog.pg_attribute a
						where a.attrelid = 'auth.users'::regclass and a.attname = 'deleted_at' and not a.attisdropped)`,
				version, match[1], strings.Contains(match[0], "deleted_at")).Scan(&isThere)
			if err != nil {
				return err
			}
			if !isThere {
				missing = append(missing, match[1]+" (in supabase/"+file+")")
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return fmt.Errorf("auth.users lacks a trigger that the migrations made, so that deleting a login erases nobody: %s; "+
		"run its statement as the role postgres: see docs/operations.md, Restoring a backup", strings.Join(missing, ", "))
}
