package postgres

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// memoryFolder is a folder whose files are in memory and not on a disk, or empty where there
// is none with room for a throwaway cluster. A test's database is some 600 files; to copy
// and remove them takes a third of the time there.
func memoryFolder() string {
	const (
		folder = "/dev/shm"
		room   = 4 << 30 // of which the tests of all packages at once use a quarter
		noExec = 8       // ST_NOEXEC of statvfs(3): the server could not load a library from there
	)
	var volume syscall.Statfs_t
	if err := syscall.Statfs(folder, &volume); err != nil || volume.Flags&noExec != 0 ||
		volume.Bavail*uint64(volume.Bsize) < room || availableMemory() < room {
		return ""
	}
	return folder
}

// availableMemory is in bytes; 0 if the system does not say.
func availableMemory() (bytesAvailable uint64) {
	content, _ := os.ReadFile("/proc/meminfo")
	for line := range bytes.Lines(content) {
		if _, err := fmt.Sscanf(string(line), "MemAvailable: %d kB", &bytesAvailable); err == nil {
			return bytesAvailable << 10
		}
	}
	return 0
}
