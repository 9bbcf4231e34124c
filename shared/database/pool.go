package database

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	connectTimeout = 3 * time.Second
	closeTimeout   = time.Second
)

var (
	errPoolClosed    = errors.New("the database was closed")
	errCancelRequest = errors.New("cancel requests are not sent")
)

// pool keeps connections open between calls.
//
// It is not pgxpool, because a Lambda is frozen between requests and has
// MaxConnections 1. Here nothing runs in the background, no connection is made
// after the caller has given up, and no connection is pinged. A dead one frees its
// place at once instead of after its cleanup, so that the repeated request need
// not wait for it.
type pool struct {
	config *pgconn.Config
	slots  chan struct{} // one element for each call that holds or may open a connection

	mu     sync.Mutex
	idle   []idleConn // most recently used last; with those in use, never more than cap(slots)
	closed bool
}

// idleConn is a connection waiting for the next call. Its time is that of the wall
// clock, because the monotonic clock stops while a Lambda is frozen.
type idleConn struct {
	conn  *pgconn.PgConn
	since time.Time
}

func newPool(config *pgconn.Config, size int32) *pool {
	dial := config.DialFunc
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		// When the driver gives a connection up, it cancels its statement over
		// another connection. The server ends the statement by timeout anyway, and
		// poolers have crashed on cancel requests.
		if ctx.Value(connecting{}) == nil {
			return nil, errCancelRequest
		}
		return dial(ctx, network, address)
	}
	return &pool{config: config, slots: make(chan struct{}, size)}
}

// connecting is the context key that tells dialling for a connection from dialling
// for a cancel request.
type connecting struct{}

// reserve waits until the caller may use a connection; release ends that.
func (p *pool) reserve(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pool) release() { <-p.slots }

// take returns an idle connection, or a new one if there is none or the caller
// wants a new one, and how long it was idle. The caller has reserved its place.
func (p *pool) take(ctx context.Context, mustBeNew bool) (*pgconn.PgConn, time.Duration, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, 0, errPoolClosed
	}
	if last := len(p.idle) - 1; last >= 0 && !mustBeNew {
		taken := p.idle[last]
		p.idle = p.idle[:last]
		p.mu.Unlock()
		return taken.conn, time.Now().Round(0).Sub(taken.since), nil
	}
	p.mu.Unlock()

	ctx, cancel := context.WithTimeout(context.WithValue(ctx, connecting{}, true), connectTimeout)
	defer cancel()
	conn, err := pgconn.ConnectConfig(ctx, p.config.Copy())
	return conn, 0, err
}

// put takes the connection back, and keeps it if it can serve another call.
func (p *pool) put(conn *pgconn.PgConn) {
	if conn.IsClosed() {
		// The driver may still be draining it in the background, for up to 15 s.
		conn.Conn().Close()
		return
	}
	p.mu.Lock()
	keep := !p.closed && !conn.IsBusy() && conn.TxStatus() == 'I'
	if keep {
		p.idle = append(p.idle, idleConn{conn, time.Now().Round(0)})
	}
	p.mu.Unlock()
	if !keep {
		closeConn(conn)
	}
}

// clear closes the idle connections: when one of them was found dead, the others
// most likely are too. The ones in use find out by themselves.
func (p *pool) clear() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, i := range idle {
		closeConn(i.conn)
	}
}

func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.clear()
}

func closeConn(conn *pgconn.PgConn) {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	conn.Close(ctx) // its error says only that the connection was dead already
}
