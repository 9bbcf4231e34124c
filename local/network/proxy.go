// Package network is a bad network between two programs of a test: a TCP proxy
// that adds latency, limits bandwidth, refuses, resets in the middle of a message,
// or silently drops a connection. It counts the faults that hit something.
//
// It is tested by tests/network, which runs the whole system on such a network: the
// built functions, between phones and the database.
package network

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// Direction says who sends.
type Direction int

// The directions.
const (
	Connect Direction = iota // nobody yet: a client opens a connection
	Request                  // the client, for the first time or after the server has sent
	Answer                   // the server, after the client has sent
)

func (d Direction) String() string { return [...]string{"connect", "request", "answer"}[d] }

// Message is a connection being opened, or the beginning of what one side sends.
type Message struct {
	Direction Direction
	Bytes     int    // of the first piece; a long message has more
	Piece     []byte // the bytes themselves, during the call of [Proxy.Disturb]'s function only
}

// Kind is the kind of a fault.
type Kind int

// The kinds of faults.
const (
	None   Kind = iota
	Reset       // both sides get a TCP reset
	Vanish      // nothing passes any more, silently: a half-open connection
	Stall       // the rest of the message is late
)

func (k Kind) String() string { return [...]string{"none", "reset", "vanish", "stall"}[k] }

// Fault is what happens to a message.
type Fault struct {
	Kind  Kind
	After int           // bytes of the message that pass before it
	Stall time.Duration // length of a Stall

	// Notice is how long after a Vanish the server's TCP keepalive notices. The
	// client never does. 0: the server doesn't either.
	Notice time.Duration
}

// Proxy sits between clients and a server.
type Proxy struct {
	listener net.Listener
	target   string
	running  sync.WaitGroup
	closed   chan struct{}

	mu        sync.Mutex
	links     map[*link]struct{}
	disturb   func(Message) Fault
	roundTrip time.Duration
	bandwidth int // bit/s each way, for all links together; 0: unlimited
	free      map[Direction]time.Time
	carried   map[Direction]int
	faults    map[string]int
}

// link is one connection through the proxy.
type link struct {
	client, server net.Conn
	cut            chan struct{} // closed after a reset

	// Under the proxy's lock:
	last     Direction // who sent last
	vanished bool
	isCut    bool
}

// New starts a proxy to the address, host:port. It ends with the test.
func New(t testing.TB, target string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{
		listener: listener, target: target, closed: make(chan struct{}),
		links: map[*link]struct{}{}, free: map[Direction]time.Time{}, carried: map[Direction]int{}, faults: map[string]int{},
	}
	p.running.Go(p.accept)
	t.Cleanup(func() {
		close(p.closed)
		listener.Close()
		p.mu.Lock()
		for l := range p.links {
			p.reset(l)
		}
		p.mu.Unlock()
		p.running.Wait()
	})
	return p
}

// Before starts a proxy to the server of a URL, and returns the URL through it.
func Before(t testing.TB, rawURL string) (*Proxy, string) {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	p := New(t, u.Host)
	u.Host = p.Address()
	return p, u.String()
}

// Address is where clients connect, host:port.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Disturb sets the function that decides what happens to each message, one call at
// a time; nil: nothing happens.
func (p *Proxy) Disturb(disturb func(Message) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.disturb = disturb
}

// Shape makes the network slow: it sets the round-trip time, half of it each way,
// and the bit/s each way, shared by all connections. The first message of a
// connection waits for one more round trip, TCP's handshake. Zero values: no limit.
func (p *Proxy) Shape(roundTrip time.Duration, bandwidth int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.roundTrip, p.bandwidth = roundTrip, bandwidth
}

// Cut resets every open connection, and returns their number.
func (p *Proxy) Cut() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for l := range p.links {
		if !l.vanished {
			n++
		}
		p.reset(l)
	}
	p.count("cut", n)
	return n
}

// Vanish silently drops every open connection; new ones are not affected.
func (p *Proxy) Vanish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.vanished = true
	}
	p.count("vanish while idle", len(p.links))
}

// Faults returns how many faults hit a message or a connection, by kind and in
// total.
func (p *Proxy) Faults() (byKind map[string]int, all int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.faults {
		all += n
	}
	return maps.Clone(p.faults), all
}

// Carried returns the bytes that passed since the last call, to the server and from
// it.
func (p *Proxy) Carried() (requests, answers int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	requests, answers = p.carried[Request], p.carried[Answer]
	clear(p.carried)
	return requests, answers
}

// count is called with the lock held.
func (p *Proxy) count(what string, n int) {
	if n > 0 {
		p.faults[what] += n
	}
}

// judge decides what happens to a message, and counts it. It is called with the
// lock held.
func (p *Proxy) judge(m Message) Fault {
	if p.disturb == nil {
		return Fault{}
	}
	fault := p.disturb(m)
	if fault.Kind != None {
		p.count(fmt.Sprintf("%v in %v", fault.Kind, m.Direction), 1)
	}
	return fault
}

// reset is called with the lock held.
func (p *Proxy) reset(l *link) {
	if l.isCut {
		return
	}
	l.isCut = true
	close(l.cut)
	resetConn(l.client)
	resetConn(l.server)
	delete(p.links, l)
}

func resetConn(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // fails only if it is closed already
	}
	conn.Close()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		fault := p.judge(Message{Direction: Connect})
		p.mu.Unlock()
		if fault.Kind == Reset {
			resetConn(client)
			continue
		}
		p.running.Go(func() { p.open(client, fault) })
	}
}

func (p *Proxy) open(client net.Conn, fault Fault) {
	if fault.Kind == Stall && !p.sleep(fault.Stall, nil) {
		resetConn(client)
		return
	}
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		resetConn(client)
		return
	}
	l := &link{client: client, server: server, cut: make(chan struct{}), last: Connect}
	p.mu.Lock()
	select {
	case <-p.closed:
		p.mu.Unlock()
		resetConn(client)
		resetConn(server)
		return
	default:
	}
	p.links[l] = struct{}{}
	if fault.Kind == Vanish {
		p.lose(l, fault)
	}
	p.mu.Unlock()

	var both sync.WaitGroup
	both.Go(func() { p.pass(l, client, server, Request) })
	both.Go(func() { p.pass(l, server, client, Answer) })
	both.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	client.Close()
	server.Close()
	delete(p.links, l)
}

// piece is some bytes in transit; an empty one is the end of the stream.
type piece struct {
	bytes   []byte
	arrives time.Time
	fault   Fault
}

// pass takes what one side sends to the other.
func (p *Proxy) pass(l *link, from, to net.Conn, direction Direction) {
	onTheWay := make(chan piece, 64)
	var arriving sync.WaitGroup
	defer arriving.Wait()
	defer close(onTheWay)
	arriving.Go(func() { p.arrive(l, to, direction, onTheWay) })

	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer[:p.pieceSize()])
		if n > 0 {
			select {
			case onTheWay <- p.send(l, direction, append([]byte(nil), buffer[:n]...)):
			case <-l.cut:
				return
			}
		}
		if err == nil {
			continue
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if l.vanished {
			return // the other side must not notice the end
		}
		if err != io.EOF {
			p.reset(l)
		}
		return
	}
}

// pieceSize is the size of a packet on a slow network, so that connections share
// it.
func (p *Proxy) pieceSize() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bandwidth > 0 {
		return 1400
	}
	return 64 << 10
}

// send computes when the bytes arrive, and what happens then.
func (p *Proxy) send(l *link, direction Direction, bytes []byte) piece {
	p.mu.Lock()
	defer p.mu.Unlock()
	arrives := time.Now()
	if p.bandwidth > 0 {
		// The wire takes one piece after another.
		if free := p.free[direction]; free.After(arrives) {
			arrives = free
		}
		arrives = arrives.Add(time.Duration(len(bytes)) * 8 * time.Second / time.Duration(p.bandwidth))
		p.free[direction] = arrives
	}
	arrives = arrives.Add(p.roundTrip / 2)
	if l.last == Connect {
		arrives = arrives.Add(p.roundTrip)
	}
	var fault Fault
	if direction != l.last && !l.vanished {
		fault = p.judge(Message{Direction: direction, Bytes: len(bytes), Piece: bytes})
	}
	l.last = direction
	p.carried[direction] += len(bytes)
	return piece{bytes, arrives, fault}
}

// arrive delivers what is in transit, each piece at its time.
func (p *Proxy) arrive(l *link, to net.Conn, direction Direction, onTheWay <-chan piece) {
	for piece := range onTheWay {
		if !p.sleep(time.Until(piece.arrives), l.cut) {
			continue
		}
		before, rest := piece.bytes, []byte(nil)
		if piece.fault.Kind != None {
			after := min(piece.fault.After, len(piece.bytes))
			before, rest = piece.bytes[:after], piece.bytes[after:]
		}
		p.hand(l, to, before)
		switch piece.fault.Kind {
		case Reset:
			p.mu.Lock()
			p.reset(l)
			p.mu.Unlock()
		case Vanish:
			p.mu.Lock()
			p.lose(l, piece.fault)
			p.mu.Unlock()
		case Stall:
			p.sleep(piece.fault.Stall, l.cut)
			p.hand(l, to, rest)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if tcp, ok := to.(*net.TCPConn); ok && !l.vanished && !l.isCut {
		_ = tcp.CloseWrite() // fails only if the other side has left
	}
}

// hand writes to one side, unless the link was dropped.
func (p *Proxy) hand(l *link, to net.Conn, bytes []byte) {
	p.mu.Lock()
	vanished := l.vanished
	p.mu.Unlock()
	if vanished || len(bytes) == 0 {
		return
	}
	if _, err := to.Write(bytes); err != nil {
		p.mu.Lock()
		p.reset(l)
		p.mu.Unlock()
	}
}

// lose is called with the lock held.
func (p *Proxy) lose(l *link, fault Fault) {
	l.vanished = true
	if fault.Notice == 0 {
		return
	}
	p.running.Go(func() {
		p.sleep(fault.Notice, nil)
		resetConn(l.server)
	})
}

// sleep reports whether the time has passed before the proxy or the link ended.
func (p *Proxy) sleep(d time.Duration, cut <-chan struct{}) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-cut:
		return false
	case <-p.closed:
		return false
	}
}
