package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that the server's processes run as.
type account struct {
	credential *syscall.Credential // nil: as ourselves
}

// serverAccount is our own user or, for root, the user postgres (or nobody, on a
// machine without it).
func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	u, err := user.Lookup("postgres")
	if unknown := user.UnknownUserError(""); errors.As(err, &unknown) {
		u, err = user.Lookup("nobody")
	}
	if err != nil {
		return account{}, fmt.Errorf("PostgreSQL does not run as root, and there is no user to run it as: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("user %s: uid: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("user %s: gid: %w", u.Username, err)
	}
	return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// own gives a file or folder to the account.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Chown(path, int(a.credential.Uid), int(a.credential.Gid))
}

// command runs a program of the installation as the account, in its own session:
// a Ctrl-C at the terminal reaches only the process that manages the cluster. dir
// is where its files are.
func (a account) command(ctx context.Context, dir, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = "/"
	// Only what the server needs: PGPORT and the like would change its settings.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: a.credential}
	if !a.reaches(dir) {
		passDirectories(cmd.SysProcAttr)
	}
	return cmd
}

// reaches reports whether every folder above path lets the account through.
// Those of a checkout under /root do not.
func (a account) reaches(path string) bool {
	if a.credential == nil {
		return true
	}
	for parent := filepath.Dir(path); ; parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		if err != nil {
			return false
		}
		owner := info.Sys().(*syscall.Stat_t)
		mode := info.Mode().Perm()
		switch {
		case owner.Uid == a.credential.Uid:
			mode >>= 6
		case owner.Gid == a.credential.Gid:
			mode >>= 3
		}
		if mode&1 == 0 {
			return false
		}
		if parent == filepath.Dir(parent) {
			return true
		}
	}
}
