package migrate

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// frozenLine is a line of sha256sum, in binary or text mode.
var frozenLine = regexp.MustCompile(`^([0-9a-f]{64}) [ *]((?:migrations|rollbacks)/[^/\\]+\.sql)$`)

// Freeze returns the list of every migration and rollback with its SHA-256, in the form of
// sha256sum, so that `sha256sum -c` in the folder reads it too. The list that there is must hold:
// what was frozen once is never frozen differently.
func Freeze(fsys fs.FS, list []byte) ([]byte, error) {
	if err := CheckFrozen(fsys, list); err != nil {
		return nil, err
	}
	migrations, err := readMigrations(fsys)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for _, m := range migrations {
		for _, name := range []string{m.up.path, m.down.path} {
			sum, err := checksum(fsys, name)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&b, "%s  %s\n", sum, name)
		}
	}
	return b.Bytes(), nil
}

// CheckFrozen holds the files against a list of [Freeze]: each that it names is as it was, and a
// migration that it doesn't name comes after all that it does. An empty list allows everything.
// The error names every file that breaks the rule.
func CheckFrozen(fsys fs.FS, list []byte) error {
	frozen := make(map[string]bool)
	newest := ""
	var errs []error
	for lines := bufio.NewScanner(bytes.NewReader(list)); lines.Scan(); {
		parts := frozenLine.FindStringSubmatch(lines.Text())
		if parts == nil {
			return fmt.Errorf("the list of frozen files has the line %q: not one of sha256sum", lines.Text())
		}
		want, name := parts[1], parts[2]
		frozen[name] = true
		newest = max(newest, path.Base(name))
		switch got, err := checksum(fsys, name); {
		case errors.Is(err, fs.ErrNotExist):
			errs = append(errs, fmt.Errorf("%s: gone, and it is released", name))
		case err != nil:
			errs = append(errs, err)
		case got != want:
			errs = append(errs, fmt.Errorf("%s: changed, and it is released: put it back, and write a new one with make migration", name))
		}
	}
	for _, folder := range []string{migrationsFolder, rollbacksFolder} {
		entries, err := fs.ReadDir(fsys, folder)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			name := path.Join(folder, entry.Name())
			if !frozen[name] && strings.Compare(entry.Name(), newest) <= 0 {
				errs = append(errs, fmt.Errorf("%s: comes before %s, which is released: a database that has that would never get it in order", name, newest))
			}
		}
	}
	return errors.Join(errs...)
}

func checksum(fsys fs.FS, name string) (string, error) {
	content, err := fs.ReadFile(fsys, name)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sha256.Sum256(content)), nil
}
