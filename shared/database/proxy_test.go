package database_test

import (
	"encoding/binary"
	"sync"
	"testing"

	"mentorpause/local/network"
)

// proxy sits between client and server. It counts what passes and disturbs it.
type proxy struct {
	*network.Proxy
	target string

	mu             sync.Mutex
	connections    int // ever opened, without cancel requests
	cancelRequests int
	roundTrips     int
	refusing       bool
	freezing       bool // new connections are frozen too
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	p := &proxy{Proxy: network.New(t, target), target: target}
	p.Disturb(p.watch)
	return p
}

func (p *proxy) address() string { return p.Address() }

// watch counts what the client sends; a round trip begins when it sends after the
// server did.
func (p *proxy) watch(m network.Message) network.Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case m.Direction == network.Connect && p.refusing:
		return network.Fault{Kind: network.Reset}
	case m.Direction != network.Request:
		return network.Fault{}
	}
	p.roundTrips++
	switch opening(m.Piece) {
	case startup:
		p.connections++
	case cancelRequest:
		p.cancelRequests++
	}
	if p.freezing {
		return network.Fault{Kind: network.Vanish}
	}
	return network.Fault{}
}

// The codes of a client's first message.
const (
	startup       = 3 // the protocol's major version
	cancelRequest = 80877102
)

// opening returns the code of a first message, for startup without the minor
// version, or 0 for another message. First messages have no type before their
// length.
func opening(message []byte) uint32 {
	if len(message) < 8 || binary.BigEndian.Uint32(message) != uint32(len(message)) {
		return 0
	}
	code := binary.BigEndian.Uint32(message[4:])
	if code>>16 == startup {
		return startup
	}
	return code
}

// cut resets every connection.
func (p *proxy) cut() { p.Cut() }

// freeze stops forwarding on every open connection without closing it, as when a
// router forgets it; if new connections freeze too, the database is unreachable.
func (p *proxy) freeze(toCome bool) {
	p.mu.Lock()
	p.freezing = toCome
	p.mu.Unlock()
	p.Vanish()
}

func (p *proxy) refuse(refusing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusing = refusing
}

// passed returns the counts since the last call.
func (p *proxy) passed() (connections, roundTrips, cancelRequests int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	connections, roundTrips, cancelRequests = p.connections, p.roundTrips, p.cancelRequests
	p.connections, p.roundTrips, p.cancelRequests = 0, 0, 0
	return
}
