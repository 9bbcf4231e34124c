package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// schemaFolder has the present text of every object; `make schema` writes it.
const schemaFolder = "schemas"

var (
	migrationName = regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)+$`)
	objectName    = regexp.MustCompile(`^(public|private)\.([a-z_][a-z0-9_]*)$`)
)

// newMigration writes the next migration and its rollback below dir, the project's folder
// supabase. Both contain the present text of the functions and views to replace: the migration
// for editing, the rollback to restore. After an error nothing is written.
func newMigration(dir, name string, replaced []string, now time.Time, out io.Writer) error {
	if !migrationName.MatchString(name) {
		return fmt.Errorf("the name %q: give <verb>_<noun>, of small letters, digits and underscores", name)
	}
	version := now.UTC().Format("20060102150405")
	existing, err := filepath.Glob(filepath.Join(dir, "migrations", "*.sql"))
	if err != nil {
		return err
	}
	if len(existing) == 0 {
		return fmt.Errorf("no migrations in %s: run this in the checkout's root folder", dir)
	}
	for _, path := range existing { // sorted
		base := filepath.Base(path)
		if strings.HasSuffix(base, "_"+name+".sql") && len(base) == len(version+"_"+name+".sql") {
			return fmt.Errorf("%s has this name already", base)
		}
	}
	if newest := filepath.Base(existing[len(existing)-1]); newest >= version {
		return fmt.Errorf("%s is not before %s, the version of now: this machine's clock is late, or that file's version is of the future",
			newest, version)
	}

	var texts []string
	for _, object := range replaced {
		text, err := presentText(dir, object)
		if err != nil {
			return err
		}
		texts = append(texts, text)
	}
	files := []struct{ folder, header string }{
		{"migrations", "-- What this is for, and why so.\n"},
		{"rollbacks", ""},
	}
	if len(texts) == 0 {
		files[1].header = "-- Undoes the migration.\n"
	}
	for _, file := range files {
		path := filepath.Join(dir, file.folder, version+"_"+name+".sql")
		content := strings.Join(append([]string{file.header}, texts...), "\n")
		if err := os.WriteFile(path, []byte(strings.TrimLeft(content, "\n")), 0o644); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, path); err != nil {
			return err
		}
	}
	return nil
}

// presentText returns the statements that define a function or view as it is now.
func presentText(dir, object string) (string, error) {
	parts := objectName.FindStringSubmatch(object)
	if parts == nil {
		return "", fmt.Errorf("%q: give public.<name> or private.<name>", object)
	}
	for _, kind := range []string{"functions", "views"} {
		text, err := os.ReadFile(filepath.Join(dir, schemaFolder, parts[1], kind, parts[2]+".sql"))
		if err == nil {
			return houseStyle(string(text)), nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("%s has no function or view %s; only these can be replaced", filepath.Join(dir, schemaFolder), object)
}

var (
	createView = regexp.MustCompile(`^CREATE VIEW "(\w+)"\."(\w+)"`)
	quoted     = regexp.MustCompile(`(?s)\$function\$.*?\$function\$|'(?:[^']|'')*'|"[^"]*"`)
	plainName  = regexp.MustCompile(`^"([a-z_][a-z0-9_]*)"$`)
)

// houseStyle turns what the Supabase CLI generated into the style of the migrations: keywords in
// lower case, and no quotes around names that need none. Bodies and texts stay as they are.
func houseStyle(text string) string {
	text = createView.ReplaceAllString(text, "CREATE OR REPLACE VIEW $1.$2")
	var b strings.Builder
	created := false
	for text != "" {
		plain, piece := text, ""
		if at := quoted.FindStringIndex(text); at != nil {
			plain, piece = text[:at[0]], text[at[0]:at[1]]
		}
		text = text[len(plain)+len(piece):]
		b.WriteString(strings.ToLower(plain))
		// The CLI quotes names in the first statement only where needed, and every name after it.
		if created = created || strings.Contains(plain, ";"); created {
			piece = plainName.ReplaceAllString(piece, "$1")
		}
		b.WriteString(piece)
	}
	return b.String()
}
