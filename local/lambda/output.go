package lambda

import (
	"bytes"
	"io"
	"sync"
)

// maxLine is the length in bytes at which an endless line is cut.
const maxLine = 256 << 10

// prefixer writes whole lines, each prefixed with the function's name and each in
// one Write, so that the lines of several instances do not mix.
type prefixer struct {
	mu     sync.Mutex
	to     io.Writer
	prefix string
}

func (p *prefixer) line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// A lost output can't be reported to anybody; the function must go on.
	io.WriteString(p.to, p.prefix+text+"\n")
}

// lines cuts a stream into lines. Only one goroutine may use it at a time.
type lines struct {
	to   *prefixer
	rest []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		end := bytes.IndexByte(l.rest, '\n')
		switch {
		case end >= 0:
			l.to.line(string(bytes.TrimSuffix(l.rest[:end], []byte("\r"))))
			l.rest = l.rest[end+1:]
		case len(l.rest) >= maxLine:
			l.to.line(string(l.rest[:maxLine]))
			l.rest = l.rest[maxLine:]
		default:
			return len(p), nil
		}
	}
}

// flush writes an unfinished last line.
func (l *lines) flush() {
	if len(l.rest) > 0 {
		l.to.line(string(l.rest))
		l.rest = nil
	}
}
