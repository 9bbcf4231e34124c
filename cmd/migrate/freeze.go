package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mentorpause/supabase/migrate"
)

// frozenFile has the checksums of the released migrations, below the project's folder supabase.
const frozenFile = "frozen.sha256"

// freeze writes the checksums of all migrations of a release. Before 1.0.0 nothing is frozen,
// because until then migrations are edited in place.
func freeze(dir, release string, out io.Writer) error {
	if strings.HasPrefix(release, "0.") {
		return fmt.Errorf("this is %s: migrations are frozen from 1.0.0 on, see shared/version/VERSION", release)
	}
	name := filepath.Join(dir, frozenFile)
	list, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	list, err = migrate.Freeze(os.DirFS(dir), list)
	if err != nil {
		return err
	}
	if err := os.WriteFile(name, list, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, name)
	return err
}

// checkFrozen says which released file has changed. A release from 1.0.0 on has some.
func checkFrozen(dir, release string) error {
	list, err := os.ReadFile(filepath.Join(dir, frozenFile))
	if err != nil {
		return err
	}
	if len(list) == 0 && !strings.HasPrefix(release, "0.") {
		return errors.New("nothing is frozen, and this is " + release + ": run make freeze")
	}
	return migrate.CheckFrozen(os.DirFS(dir), list)
}
