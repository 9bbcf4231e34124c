// Package network is a bad network between two programs of a test: a TCP
// proxy that is slow and narrow, refuses, resets in the middle of what is said,
// or loses a connection without telling either side. It counts the faults that
// really hit something.
//
// Its own tests are those of the whole system on such a network: the built
// functions, between a phone and the database.
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

// Direction is who speaks.
type Direction int

// The directions.
const (
	Connect Direction = iota // nobody yet: a client opens a connection
	Request                  // the client, for the first time or after the server spoke
	Answer                   // the server, after the client spoke
)

func (d Direction) String() string { return [...]string{"connect", "request", "answer"}[d] }

// Message is a connection being opened, or the beginning of what one side says.
type Message struct {
	Direction Direction
	Bytes     int    // so many came in one piece; a long message has more
	Piece     []byte // the bytes themselves, during the call of [Proxy.Disturb]'s function only
}

// Kind is what goes wrong.
type Kind int

// The kinds of faults.
const (
	None   Kind = iota
	Reset       // both sides get a TCP reset
	Vanish      // nothing passes any more, and neither side is told: a half-open connection
	Stall       // the rest of the message comes late
)

func (k Kind) String() string { return [...]string{"none", "reset", "vanish", "stall"}[k] }

// Fault is what happens to a message.
type Fault struct {
	Kind  Kind
	After int           // bytes of the message that still pass before it
	Stall time.Duration // of a Stall

	// Notice is how long after a Vanish the server's own TCP finds out, by its
	// keepalive. The client never does. 0: the server doesn't either.
	Notice time.Duration
}

// Proxy stands between clients and a server.
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
	cut            chan struct{} // closed when it was reset

	// Under the proxy's lock:
	last     Direction // who spoke last
	vanished bool
	isCut    bool
}

// New makes a proxy to the address, host:port. It ends with the test.
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

// Before makes a proxy to the server of a URL, and gives the URL that leads
// through it.
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

// Disturb has the function decide what happens to each message from now on, one
// call at a time; nil: nothing.
func (p *Proxy) Disturb(disturb func(Message) Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.disturb = disturb
}

// Shape makes the network slow from now on: the time of a round trip, half of
// it each way, and so many bit/s each way, which all connections share. The
// first message of a connection waits for one more round trip, that of TCP's
// handshake. Zero values: as fast as it gets.
func (p *Proxy) Shape(roundTrip time.Duration, bandwidth int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.roundTrip, p.bandwidth = roundTrip, bandwidth
}

// Cut resets every connection there is, and gives their number.
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

// Vanish loses every connection there is; new ones are not concerned.
func (p *Proxy) Vanish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.vanished = true
	}
	p.count("vanish while idle", len(p.links))
}

// Faults are the numbers of faults that hit a message or a connection, by what
// happened, and in all.
func (p *Proxy) Faults() (byKind map[string]int, all int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.faults {
		all += n
	}
	return maps.Clone(p.faults), all
}

// Carried is the bytes that passed since the last call, to the server and from
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

// judge asks what happens to a message, and counts it. It is called with the
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
		_ = tcp.SetLinger(0) // fails only when it is closed already
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

// piece is some bytes on their way; nothing is the end of what that side says.
type piece struct {
	bytes   []byte
	arrives time.Time
	fault   Fault
}

// pass takes what one side says to the other one.
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
			return // the other side must not learn of the end
		}
		if err != io.EOF {
			p.reset(l)
		}
		return
	}
}

// pieceSize is that of a packet on a narrow network, so that connections share
// it.
func (p *Proxy) pieceSize() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bandwidth > 0 {
		return 1400
	}
	return 64 << 10
}

// send says when the bytes arrive, and what happens then.
func (p *Proxy) send(l *link, direction Direction, bytes []byte) piece {
	p.mu.Lock()
	defer p.mu.Unlock()
	arrives := time.Now()
	if p.bandwidth > 0 {
		// One piece after the other goes onto the wire.
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

// arrive hands over what is on the way, each piece at its time.
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
		_ = tcp.CloseWrite() // fails only when the other side has left
	}
}

// hand writes to one side, unless the link has vanished.
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

// sleep reports whether the time has passed without an end of the proxy or of
// the link.
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
