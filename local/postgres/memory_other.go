//go:build !linux

package postgres

// memoryFolder is empty: only Linux has one that needs no preparation.
func memoryFolder() string { return "" }
