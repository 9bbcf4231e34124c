package database

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5/pgconn"

	"mentorpause/shared/refusal"
)

const (
	defaultTimeout = 8 * time.Second        // of a call whose context has no deadline
	answerMargin   = 100 * time.Millisecond // reserved for writing the answer
	serverMargin   = 400 * time.Millisecond // how much earlier the server gives up than the client
	leastTime      = 100 * time.Millisecond // with less time left, nothing is begun
	trusted        = time.Second            // how long an idle connection counts as alive
	mostSilence    = 2 * time.Second        // after which an untrusted, silent one counts as dead
)

var errSilent = errors.New("the connection gave no sign of life")

// begin sets what the RPC depends on, for this transaction alone.
const begin = `select set_config('request.jwt.claims', $1, true),
	set_config('mentorpause.time_zone', $2, true),
	set_config('statement_timeout', $3, true),
	set_config('lock_timeout', $4, true),` + noticeLoss + `,
	set_config('role', 'authenticated', true)`

// beginScheduled does the same for an RPC of the scheduled functions, which act
// for nobody: there are no claims, and the role is the one that logged in.
const beginScheduled = `select set_config('mentorpause.time_zone', $1, true),
	set_config('statement_timeout', $2, true),
	set_config('lock_timeout', $3, true),` + noticeLoss

// beginReadOnly lets nothing be written until the transaction ends.
const beginReadOnly = beginScheduled + `, set_config('transaction_read_only', 'on', true)`

// noticeLoss makes the server notice within half a minute that we are gone. If the
// network fails before the last bytes of the pipeline, the RPC is done and waits
// for Sync, which no timeout of Postgres limits; with the system's own keepalive
// it would hold the mentor's lock for two hours. The setting ends with the
// transaction, because a frozen Lambda answers no probes and should still find its
// connection afterwards.
const noticeLoss = `
	set_config('tcp_keepalives_idle', '10', true),
	set_config('tcp_keepalives_interval', '5', true),
	set_config('tcp_keepalives_count', '3', true)`

// rpc is one call of a function: its query returns one row, with the function's
// JSON as text and the response headers that the function set.
type rpc struct {
	name      string
	query     string
	args      [][]byte // in text format; nil is null
	scheduler bool     // called as the login role itself, without claims
	readOnly  bool     // in a transaction in which no statement can write; for the scheduler's
}

// call runs the RPC as the caller with these claims, and repeats it once if its
// connection died or it failed because of a concurrent transaction.
//
// The server ends the statement a little before the context's deadline, and the
// call always returns before it. Cancelling the context does not stop a statement
// that has been sent: it completes or rolls back by itself.
func (db *DB) call(ctx context.Context, claims []byte, rpc rpc) (Reply, error) {
	ctx, cancel := context.WithDeadline(ctx, answerBy(ctx))
	defer cancel()
	if err := db.pool.reserve(ctx); err != nil {
		return Reply{}, refusal.New(refusal.DeadlineExceeded).
			Because(fmt.Errorf("%s: waiting for a connection: %w", rpc.name, err))
	}
	defer db.pool.release()
	if ctx.Err() != nil || timeLeft(ctx) < leastTime {
		return Reply{}, refusal.New(refusal.DeadlineExceeded).
			Because(fmt.Errorf("%s: no time left to begin", rpc.name))
	}

	reply, err := db.attempt(ctx, claims, rpc, false)
	if connectionLost(err) {
		db.pool.clear()
	}
	if repeatable(err) && timeLeft(ctx) >= leastTime {
		reply, err = db.attempt(ctx, claims, rpc, connectionLost(err))
	}
	if err != nil {
		return Reply{}, translate(rpc.name, err)
	}
	return reply, nil
}

// answerBy returns the time by which the call has to return.
func answerBy(ctx context.Context) time.Time {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Now().Add(defaultTimeout)
	}
	return deadline.Add(-min(answerMargin, time.Until(deadline)/10))
}

func timeLeft(ctx context.Context) time.Duration {
	deadline, _ := ctx.Deadline()
	return time.Until(deadline)
}

// attempt runs the RPC once. A failed connection is a *lostError.
func (db *DB) attempt(ctx context.Context, claims []byte, rpc rpc, mustBeNew bool) (Reply, error) {
	conn, idle, err := db.pool.take(ctx, mustBeNew)
	if err != nil {
		return Reply{}, &lostError{connecting: true, cause: err}
	}
	defer db.pool.put(conn)
	if timeLeft(ctx) < leastTime {
		return Reply{}, fmt.Errorf("no time left after connecting: %w", context.DeadlineExceeded)
	}

	reply, err := db.transact(ctx, conn, idle > trusted, claims, rpc)
	switch {
	case err == nil:
		return reply, nil
	case sqlState(err) == pgerrcode.ReadOnlySQLTransaction && !rpc.readOnly:
		closeConn(conn) // still connected to what was the primary before a failover
		return Reply{}, &lostError{cause: err}
	case conn.IsClosed():
		return Reply{}, &lostError{cause: err}
	default:
		return Reply{}, err
	}
}

// transact sends the transaction in one pipeline and reads its results. A doubtful
// connection may be silent for a short time only.
func (db *DB) transact(ctx context.Context, conn *pgconn.PgConn, doubtful bool, claims []byte, rpc rpc) (Reply, error) {
	left := timeLeft(ctx)
	serverTime := max(left-serverMargin, left/2)
	deadline, _ := ctx.Deadline()
	ctx, cancelDeadline := context.WithDeadline(context.WithoutCancel(ctx), deadline)
	defer cancelDeadline()
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)

	setup, settings := begin, [][]byte{
		claims,
		[]byte(db.timeZone),
		milliseconds(serverTime),
		milliseconds(serverTime * 3 / 4), // so that the log tells a lock wait from slowness
	}
	if rpc.scheduler {
		setup, settings = beginScheduled, settings[1:]
	}
	if rpc.readOnly {
		setup = beginReadOnly
	}
	pipeline := conn.StartPipeline(ctx)
	pipeline.SendQueryParams(setup, settings, nil, nil, nil)
	if doubtful {
		// Ask for the first result as soon as it is there, as a sign of life without
		// a round trip of its own. It costs the server a write, so only in doubt.
		pipeline.SendFlushRequest()
	}
	pipeline.SendQueryParams(rpc.query, rpc.args, nil, nil, nil)
	pipeline.SendPipelineSync()
	if err := pipeline.Flush(); err != nil {
		return Reply{}, err // the driver has closed the connection
	}

	var watchdog *time.Timer
	if doubtful {
		watchdog = time.AfterFunc(min(mostSilence, left/2), func() { giveUp(errSilent) })
	}
	_, err := row(pipeline)
	if doubtful {
		watchdog.Stop()
	}
	var answer [][]byte
	if err == nil {
		answer, err = row(pipeline)
	}
	// The transaction ends only with the answer to Sync.
	if closed := pipeline.Close(); err == nil {
		err = closed
	}
	if err != nil {
		if reason := context.Cause(ctx); reason != nil {
			err = fmt.Errorf("%w: %w", reason, err)
		}
		return Reply{}, err
	}
	return newReply(answer)
}

// row reads the single row of the pipeline's next statement.
func row(pipeline *pgconn.Pipeline) ([][]byte, error) {
	next, err := pipeline.GetResults()
	if err != nil {
		return nil, err
	}
	reader, ok := next.(*pgconn.ResultReader)
	if !ok {
		return nil, fmt.Errorf("a statement answered with %T instead of rows", next)
	}
	result := reader.Read()
	if result.Err != nil {
		return nil, result.Err
	}
	if len(result.Rows) != 1 {
		return nil, fmt.Errorf("a statement answered with %d rows instead of one", len(result.Rows))
	}
	return result.Rows[0], nil
}

// newReply reads the RPC's row: its JSON, and the response headers in PostgREST's
// form, a JSON array of objects.
func newReply(answer [][]byte) (Reply, error) {
	if len(answer) != 2 || answer[0] == nil {
		return Reply{}, errors.New("the RPC answered null")
	}
	reply := Reply{Body: answer[0]}
	if len(answer[1]) == 0 {
		return reply, nil
	}
	var headers []map[string]string
	if err := json.Unmarshal(answer[1], &headers); err != nil {
		return Reply{}, errors.New("the RPC set response.headers to something other than a JSON array of objects")
	}
	for _, header := range headers {
		for name, value := range header {
			if strings.EqualFold(name, "idempotent-replayed") && value == "true" {
				reply.Replayed = true
			}
		}
	}
	return reply, nil
}

// milliseconds formats a duration in the unit of Postgres' timeouts.
func milliseconds(d time.Duration) []byte {
	return strconv.AppendInt(nil, d.Milliseconds(), 10)
}

// The text formats of arguments; nil is null.

func text(value string) []byte { return []byte(value) }

func optionalText(value *string) []byte {
	if value == nil {
		return nil
	}
	return []byte(*value)
}

func optionalInt(value *int32) []byte {
	if value == nil {
		return nil
	}
	return strconv.AppendInt(nil, int64(*value), 10)
}

var quoteElement = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func optionalTextArray(values []string) []byte {
	if values == nil {
		return nil
	}
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = `"` + quoteElement.Replace(value) + `"`
	}
	return []byte("{" + strings.Join(quoted, ",") + "}")
}
