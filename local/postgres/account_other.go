//go:build !linux

package postgres

import "syscall"

// passDirectories does nothing on systems without capabilities: root has to use a
// folder that others can reach.
func passDirectories(*syscall.SysProcAttr) {}
