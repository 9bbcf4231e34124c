package postgres

import "syscall"

// capDACOverride is CAP_DAC_OVERRIDE of capabilities(7).
const capDACOverride = 1

// passDirectories lets a process that root starts as another user reach a folder
// below one that only root may enter. In every other way it remains an ordinary
// user.
func passDirectories(attr *syscall.SysProcAttr) {
	attr.AmbientCaps = []uintptr{capDACOverride}
}
