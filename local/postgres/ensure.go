package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Ensure returns what [Find] finds, and first installs what is missing if it may:
// with apt-get, as root or with passwordless sudo; or with npm, into the checkout,
// if PG asks for a version that no package has. It never prompts. If it may not
// install, a missing server is an error that says what to install. A server that
// lacks something for the tests is returned, and log gets the same advice.
func Ensure(ctx context.Context, log io.Writer) (Installation, error) {
	return thisMachine().ensure(ctx, log)
}

func (m machine) ensure(ctx context.Context, log io.Writer) (Installation, error) {
	found, err := m.find()
	if err == nil && len(found.Missing) == 0 {
		return found, nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Installation{}, err
	}
	if err := m.provide(ctx, log, found); err != nil {
		return Installation{}, fmt.Errorf("install PostgreSQL: %w\n%s", err, advice(found.Major))
	}
	if found, err = m.find(); err != nil {
		return Installation{}, err
	}
	if found.Embedded() && slices.Equal(found.Missing, []string{"plpgsql_check"}) {
		fmt.Fprintf(log, "PostgreSQL %d from npm has no plpgsql_check: all tests run, Supabase's db lint does not\n", found.Major)
		return found, nil
	}
	if len(found.Missing) > 0 {
		fmt.Fprintf(log, "PostgreSQL %d in %s lacks %s, which the tests need.\n%s\n",
			found.Major, found.Bin, strings.Join(found.Missing, ", "), advice(found.Major))
	}
	return found, nil
}

// provide installs, if it may, what found lacks, or everything if found is zero.
func (m machine) provide(ctx context.Context, log io.Writer, found Installation) error {
	if m.mayInstall(ctx, found) {
		if err := m.install(ctx, log, found); !errors.Is(err, errNoPackage) {
			return err
		}
	}
	if wanted, err := m.wantedMajor(); err == nil && wanted == embeddedMajor && found.Bin == "" {
		return m.installEmbedded(ctx, log)
	}
	return nil
}

// mayInstall reports whether packages can be installed without a prompt and would
// help: they add nothing to a server that did not come with a package.
func (m machine) mayInstall(ctx context.Context, found Installation) bool {
	if _, err := m.lookPath("apt-get"); err != nil {
		return false
	}
	if found.Bin != "" && !strings.HasPrefix(found.Bin, filepath.Join(m.root, "usr/lib/postgresql")+"/") {
		return false
	}
	return m.uid == 0 || m.run(ctx, io.Discard, "sudo", "-n", "true") == nil
}

// asRoot runs a command without prompts and without restarting services.
func (m machine) asRoot(ctx context.Context, log io.Writer, command ...string) error {
	command = append([]string{"env", "DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=l"}, command...)
	if m.uid != 0 {
		command = append([]string{"sudo", "-n"}, command...)
	}
	return m.run(ctx, log, command[0], command[1:]...)
}

func (m machine) aptInstall(ctx context.Context, log io.Writer, packages ...string) error {
	return m.asRoot(ctx, log, append([]string{"apt-get", "install", "--yes", "--no-install-recommends", "--no-upgrade",
		"-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold"}, packages...)...)
}

// install adds what found lacks, or everything if found is zero.
func (m machine) install(ctx context.Context, log io.Writer, found Installation) error {
	fmt.Fprintln(log, "Installing PostgreSQL with apt-get")
	if err := m.asRoot(ctx, log, "apt-get", "update"); err != nil {
		// Another package source may be broken; the known packages may suffice.
		fmt.Fprintln(log, "apt-get update:", err)
	}
	if found.Major != 0 {
		var packages []string
		for _, lack := range found.Missing {
			name := pgProvePackage
			if lack != "pg_prove" {
				name = fmt.Sprintf("postgresql-%d-%s", found.Major, strings.ReplaceAll(lack, "_", "-"))
			}
			packages = append(packages, name)
		}
		return m.aptInstall(ctx, log, packages...)
	}
	major, err := m.packagedMajor(ctx)
	if err != nil {
		return err
	}
	return m.withoutMainCluster(ctx, log, func() error {
		return m.aptInstall(ctx, log, debianPackages(major)...)
	})
}

var errNoPackage = errors.New("the distribution has no package of it")

// packagedMajor is the version to install: the one that PG asks for, or else the
// oldest supported one that the distribution has.
func (m machine) packagedMajor(ctx context.Context) (int, error) {
	wanted, err := m.wantedMajor()
	if err != nil {
		return 0, err
	}
	for major := oldestMajor; major <= newestMajor; major++ {
		if wanted != 0 && wanted != major {
			continue
		}
		if m.run(ctx, io.Discard, "apt-cache", "show", fmt.Sprintf("postgresql-%d", major)) == nil {
			return major, nil
		}
	}
	return 0, errNoPackage
}

// withoutMainCluster stops Debian's packages from creating and starting a cluster
// of their own when a server is installed. It changes a setting for that and
// restores it afterwards. Existing clusters are not touched.
func (m machine) withoutMainCluster(ctx context.Context, log io.Writer, install func() error) (err error) {
	// The package that has the setting comes first; it has no server in it.
	if err := m.aptInstall(ctx, log, "postgresql-common"); err != nil {
		return err
	}
	config := filepath.Join(m.root, "etc/postgresql-common/createcluster.conf")
	backup := config + ".mentorpause"
	if _, statErr := os.Stat(backup); statErr != nil { // otherwise left by an interrupted run, and the original
		if err := m.asRoot(ctx, log, "cp", "-p", config, backup); err != nil {
			return err
		}
	}
	defer func() {
		// Also after a Ctrl-C.
		err = errors.Join(err, m.asRoot(context.WithoutCancel(ctx), log, "mv", backup, config))
	}()
	if err := m.asRoot(ctx, log, "pg_conftool", config, "set", "create_main_cluster", "off"); err != nil {
		return err
	}
	return install()
}

// runCommand writes the command's output to log.
func runCommand(ctx context.Context, log io.Writer, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(slices.Concat([]string{name}, args), " "), err)
	}
	return nil
}
