package database_test

import (
	"encoding/binary"
	"net"
	"sync"
	"testing"
)

// proxy stands between the client and the server. It counts what passes and
// disturbs it.
type proxy struct {
	listener net.Listener
	target   string
	wg       sync.WaitGroup

	mu             sync.Mutex
	links          map[*link]bool
	connections    int // ever opened, without cancel requests
	cancelRequests int
	roundTrips     int
	refusing       bool
	freezing       bool // connections to come are frozen too
}

// link is one connection through the proxy.
type link struct {
	client, server net.Conn
	asked          bool // the last bytes that passed came from the client
	frozen         bool // nothing passes any more, and nothing tells so
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: target, links: map[*link]bool{}}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		listener.Close()
		p.cut()
		p.wg.Wait()
	})
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		refusing := p.refusing
		p.mu.Unlock()
		if refusing {
			reset(client)
			continue
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			reset(client)
			continue
		}
		p.mu.Lock()
		l := &link{client: client, server: server, frozen: p.freezing}
		p.links[l] = true
		p.mu.Unlock()
		p.wg.Go(func() { p.forward(l, client, server, true) })
		p.wg.Go(func() { p.forward(l, server, client, false) })
	}
}

// forward passes on what one side says until it ends, then ends the link.
func (p *proxy) forward(l *link, from, to net.Conn, fromClient bool) {
	buffer := make([]byte, 64<<10)
	first := true
	for {
		n, err := from.Read(buffer)
		if err != nil {
			break
		}
		p.mu.Lock()
		if fromClient && first {
			if n >= 8 && binary.BigEndian.Uint32(buffer[4:]) == 80877102 {
				p.cancelRequests++
			} else {
				p.connections++
			}
			first = false
		}
		// A round trip begins when the client speaks after the server did.
		if fromClient && !l.asked {
			p.roundTrips++
		}
		l.asked = fromClient
		frozen := l.frozen
		p.mu.Unlock()
		if frozen {
			continue
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			break
		}
	}
	p.mu.Lock()
	frozen := l.frozen
	if !frozen {
		delete(p.links, l)
	}
	p.mu.Unlock()
	if !frozen { // the other side of a frozen link must not learn of the end
		l.client.Close()
		l.server.Close()
	}
}

// cut resets every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		reset(l.client)
		reset(l.server)
		delete(p.links, l)
	}
}

// freeze stops forwarding on every connection there is, without closing it, as
// when a router forgets it; with those to come too, the database is unreachable.
func (p *proxy) freeze(toCome bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.frozen = true
	}
	p.freezing = toCome
}

func (p *proxy) refuse(refusing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusing = refusing
}

// passed tells the counts since the last call.
func (p *proxy) passed() (connections, roundTrips, cancelRequests int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	connections, roundTrips, cancelRequests = p.connections, p.roundTrips, p.cancelRequests
	p.connections, p.roundTrips, p.cancelRequests = 0, 0, 0
	return
}

func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}
