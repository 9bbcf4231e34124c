package main

import (
	"bytes"
	"sync"
)

// safeWriter collects what several processes write.
type safeWriter struct {
	mu sync.Mutex
	to bytes.Buffer
}

func (w *safeWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

func (w *safeWriter) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.String()
}
