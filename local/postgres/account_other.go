//go:build !linux

package postgres

import "syscall"

// passDirectories does nothing where there are no capabilities: root has to
// use a folder that others can reach.
func passDirectories(*syscall.SysProcAttr) {}
