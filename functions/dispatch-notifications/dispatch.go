package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"mentorpause/shared/config"
	"mentorpause/shared/database"
	"mentorpause/shared/mail"
	"mentorpause/shared/metric"
	"mentorpause/shared/refusal"
)

const functionName = "dispatch-notifications"

const (
	defaultBatch  = 200
	mostWaiting   = 1000             // notifications whose e-mails are held in memory
	defaultBudget = time.Minute      // of a context without a deadline
	leaseMargin   = 30 * time.Second // how much longer a claim lasts than the function
	longestWait   = 10 * time.Second // for the mail server's answer
)

// dispatcher delivers what is due.
type dispatcher struct {
	db     *database.DB
	mailer *mail.Mailer // nil: inbox only
	log    *slog.Logger
	batch  int
	clock  func() time.Time // nil: the database's
}

func newHandler(db *database.DB, settings config.Dispatch, log *slog.Logger) any {
	return newDispatcher(db, settings, log).handle
}

func newDispatcher(db *database.DB, settings config.Dispatch, log *slog.Logger) *dispatcher {
	d := &dispatcher{db: db, log: log, batch: defaultBatch}
	if settings.SMTPURL != nil {
		d.mailer = mail.New(mail.Settings{Server: settings.SMTPURL, From: settings.MailFrom})
	}
	return d
}

// summary is the function's answer. A notification that was claimed and released
// for lack of time counts as claimed only.
type summary struct {
	Claimed       int   `json:"claimed"`
	Delivered     int   `json:"delivered"`
	Retrying      int   `json:"retrying"` // an e-mail will be tried again
	Undeliverable int   `json:"undeliverable"`
	DurationMS    int64 `json:"duration_ms"`
}

// handle is called by Lambda. The event doesn't matter: the database says what is
// due.
func (d *dispatcher) handle(ctx context.Context, _ json.RawMessage) (summary, error) {
	return d.run(ctx)
}

// run dispatches what is due until nothing is left or time is up. The inboxes come
// first, batch after batch; then the e-mails, which may take long. After an error,
// whatever was claimed and not recorded is due again when its lease ends.
func (d *dispatcher) run(ctx context.Context) (summary, error) {
	began := time.Now()
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = began.Add(defaultBudget)
	}
	r := newRun(d, began, deadline)
	defer func() {
		if r.session != nil {
			r.session.Close()
		}
	}()

	err := r.dispatch(ctx)
	r.total.DurationMS = time.Since(began).Milliseconds()
	d.report(r.total, r.settled, d.backlog(ctx), err)
	return r.total, err
}

// dispatch is the run without its report.
func (r *run) dispatch(ctx context.Context) (err error) {
	for more := true; more && err == nil; {
		var waiting []mailing
		enough := time.Now().Add(time.Until(r.stopSending) / 2) // leave time for the e-mails
		for more = true; more && err == nil && len(waiting) < mostWaiting; {
			if !time.Now().Before(r.stop) {
				more = false
				break
			}
			if len(waiting) > 0 && time.Now().After(enough) {
				break
			}
			var batch []mailing
			batch, more, err = r.dispatchBatch(ctx)
			waiting = append(waiting, batch...)
		}
		if err == nil {
			var inTime bool
			inTime, err = r.send(ctx, waiting)
			more = more && inTime
		}
	}
	if err == nil {
		err = r.recordUnsent(ctx)
	}
	return err
}

// backlog is what is left when a run has ended.
type backlog struct {
	Pending          int
	OldestPending    int64 `json:"oldest_pending_seconds"`
	OldestUnreceived int64 `json:"oldest_unreceived_seconds"` // by nobody, in no inbox
}

// backlog asks for it; nil: it can't be said.
func (d *dispatcher) backlog(ctx context.Context) *backlog {
	reply, err := d.db.DispatchBacklog(ctx, d.asOf())
	if err == nil {
		var b backlog
		if err = json.Unmarshal(reply.Body, &b); err == nil {
			return &b
		}
	}
	d.log.Error("the backlog can't be measured", "cause", err.Error())
	return nil
}

// report logs the run's one line; the log turns it into metrics, too (CloudWatch's
// embedded metric format).
func (d *dispatcher) report(total summary, settled int, left *backlog, err error) {
	ctx := context.Background() // the run's has come to its end
	if total == (summary{DurationMS: total.DurationMS}) && settled == 0 && err == nil && left != nil && left.Pending == 0 {
		d.log.DebugContext(ctx, "nothing to dispatch", "function", functionName) // most minutes are like that
		return
	}
	level, message := slog.LevelInfo, "dispatched"
	var more []slog.Attr
	if err != nil {
		level, message = slog.LevelError, "dispatching broke off"
		more = append(more, slog.String("cause", err.Error()))
	}
	values := []metric.Value{
		metric.Count("claimed", total.Claimed),
		metric.Count("delivered", total.Delivered),
		metric.Count("retrying", total.Retrying),
		metric.Count("undeliverable", total.Undeliverable),
		metric.Count("settled", settled),
		metric.Milliseconds("duration_ms", total.DurationMS),
	}
	if left != nil {
		values = append(values,
			metric.Count("pending", left.Pending),
			metric.Seconds("oldest_pending_seconds", left.OldestPending),
			metric.Seconds("oldest_unreceived_seconds", left.OldestUnreceived))
	}
	metric.Log(ctx, d.log, time.Now(), level, message, functionName, values, more...)
}

// run is one invocation.
type run struct {
	*dispatcher
	total       summary
	settled     int // what no longer held
	lease       time.Duration
	stop        time.Time // after which nothing is claimed
	stopSending time.Time // after which no e-mail is begun
	session     *mail.Session
	refusals    refusals
	unsent      unsent // outcomes that are to be recorded

	hasUnrecorded bool // an e-mail was sent, and that could not be recorded
}

func newRun(d *dispatcher, began, deadline time.Time) *run {
	budget := deadline.Sub(began)
	reserve := min(3*time.Second, budget/5) // for recording and reporting
	r := &run{dispatcher: d, lease: budget + leaseMargin, stop: deadline.Add(-reserve)}
	if d.mailer != nil {
		wait := min(longestWait, budget/8)
		r.session = d.mailer.Session(wait)
		// A call begun at the last moment would have to reconnect, and be slow.
		r.stopSending = r.stop.Add(-3 * wait)
	}
	return r
}

// asOf is the moment for the RPCs; nil means the database's clock.
func (d *dispatcher) asOf() *time.Time {
	if d.clock == nil {
		return nil
	}
	now := d.clock()
	return &now
}

// dispatchBatch claims a batch, and in one transaction writes its inboxes and
// everything else that is settled without e-mail. It returns the e-mails to send,
// and whether more may be due.
func (r *run) dispatchBatch(ctx context.Context) (mailings []mailing, more bool, err error) {
	c, err := r.claim(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("claim: %w", err)
	}
	r.total.Claimed += c.size()
	r.total.Delivered += c.Ended.Delivered
	r.total.Undeliverable += c.Ended.Undeliverable
	r.settled += c.Ended.Settled
	if c.Ended.Undeliverable > 0 {
		r.log.Error("notifications were given up, since no outcome could be recorded", "count", c.Ended.Undeliverable)
	}
	more = c.size() == r.batch
	if len(c.Notifications) == 0 {
		return nil, more, nil
	}

	all := record{}
	var each []record // the same by notification
	for _, encoded := range c.Notifications {
		what, m := r.prepare(c.Today, encoded)
		all.add(what)
		each = append(each, what)
		if len(m.emails) > 0 {
			m.claim = c.Claim
			mailings = append(mailings, m)
		}
	}
	lost, err := r.record(ctx, c.Claim, all)
	if refusedByDatabase(err) {
		// Something in one of them, perhaps: then only that one fails.
		lost, err = r.recordEach(ctx, c.Claim, each)
	}
	if err != nil {
		return nil, false, fmt.Errorf("record the inboxes: %w", err)
	}
	mailings = slices.DeleteFunc(mailings, func(m mailing) bool { return slices.Contains(lost, m.notification.ID) })
	return mailings, more, nil
}

// prepare writes what is to be recorded of a notification before its e-mails are
// sent. One whose data can't be used ends there.
func (r *run) prepare(today string, encoded json.RawMessage) (what record, m mailing) {
	var n due
	err := json.Unmarshal(encoded, &n)
	if err == nil {
		m, err = n.prepare(today, &what)
	}
	switch {
	case err != nil:
		r.log.Error("a notification can't be written", "notification_id", n.ID, "mentor_id", n.MentorID, "kind", n.Kind, "cause", err.Error())
		if unusable, ok := errors.AsType[*unusableError](err); ok {
			return record{Failed: []failure{{n.ID, unusable.Error()}}}, mailing{}
		}
		// A kind, say, that is newer than this function: it is due again when the lease has run
		// out, and after too many claims the claim ends it.
		return record{}, mailing{}
	case len(m.emails) == 0:
		what.Finished = []string{n.ID}
	}
	if len(n.Recipients) == 0 {
		r.log.Warn("nobody to notify", "notification_id", n.ID, "mentor_id", n.MentorID, "kind", n.Kind)
	}
	return what, m
}

// recordEach records what could not be recorded together. One that still can't be
// is left to its lease; after too many claims the claim ends it. With an error,
// none of them could be.
func (r *run) recordEach(ctx context.Context, claim string, each []record) (lost []string, err error) {
	recorded := false
	for _, what := range each {
		gone, failed := r.record(ctx, claim, what)
		switch {
		case failed == nil:
			recorded = true
			lost = append(lost, gone...)
		case refusedByDatabase(failed):
			ids := what.ids()
			r.log.Error("a notification can't be recorded", "notification_ids", ids, "cause", failed.Error())
			lost = append(lost, ids...) // no e-mail is sent for it
			err = failed
		default:
			return lost, failed
		}
	}
	if recorded {
		return lost, nil
	}
	return lost, err
}

// refusedByDatabase reports whether the database answered, and with an error: what
// was asked is at fault, and not the way there.
func refusedByDatabase(err error) bool {
	if err == nil {
		return false
	}
	code := refusal.From(err).Code
	return code == refusal.InvalidRequest || code == refusal.InternalError
}

// send sends e-mail after e-mail, each recorded before the next, so that a crash
// can repeat one at most, and finishes their notifications. Those for which no
// time is left are given back; it reports whether there were none.
func (r *run) send(ctx context.Context, mailings []mailing) (inTime bool, err error) {
	inTime = true
	for _, m := range mailings {
		for n, e := range m.emails {
			down := r.session.Down()
			if !down && time.Now().After(r.stopSending) {
				r.unsent.add(m.claim, record{Released: []string{m.notification.ID}})
				inTime = false
				break
			}
			failure, asked := r.sendOne(ctx, e.email)
			e.outcome.settle(failure)
			if e.outcome.AddressRefused && !failure.Unasked {
				e.outcome.byServer = true
				if asked && r.refusals.add(e.email.To, failure) {
					r.unsent.excuse()
				}
				if r.refusals.areTheServers() {
					e.outcome.excuse()
				}
			}
			r.logOutcome(m.notification, e.outcome)

			next := record{Emails: []emailOutcome{e.outcome}}
			if n == len(m.emails)-1 {
				next.Finished = []string{m.notification.ID}
			}
			// What was not sent may be repeated after a crash, and can wait.
			if !e.outcome.Sent && (down || r.refusals.inDoubt()) {
				r.unsent.add(m.claim, next)
				continue
			}
			if e.outcome.Sent {
				r.refusals.end()
			}
			if err := r.recordUnsent(ctx); err != nil {
				return false, err
			}
			lost, err := r.record(ctx, m.claim, next)
			if refusedByDatabase(err) && !r.hasUnrecorded {
				// This one is repeated when its lease has run out. That it is the only one is
				// not certain, so the next ends the run.
				r.hasUnrecorded = true
				r.log.Error("an e-mail can't be recorded", "notification_id", m.notification.ID, "cause", err.Error())
				break
			}
			if err != nil {
				return false, fmt.Errorf("record an e-mail of notification %s: %w", m.notification.ID, err)
			}
			if len(lost) > 0 {
				break // another dispatcher holds it now
			}
		}
	}
	if r.refusals.inDoubt() {
		return inTime, nil // the next e-mails may show what it was
	}
	return inTime, r.recordUnsent(ctx)
}

// sendOne sends; for an address that was refused in this run the server is not asked
// again.
func (r *run) sendOne(ctx context.Context, email mail.Email) (failure *mail.Failure, asked bool) {
	if failure := r.refusals.of(email.To); failure != nil {
		return failure, false
	}
	defer func() {
		if p := recover(); p != nil { // no e-mail may stop the others
			r.log.Error("sending panicked", "cause", fmt.Sprint(p))
			failure = &mail.Failure{Permanent: true, Unasked: true, Reason: "it could not be sent: an error of the dispatcher's"}
		}
	}()
	err := r.session.Send(ctx, email)
	if err == nil {
		return nil, true
	}
	if failure, ok := errors.AsType[*mail.Failure](err); ok {
		return failure, true
	}
	return &mail.Failure{Reason: "unknown"}, true
}

// recordUnsent records the outcomes that have waited.
func (r *run) recordUnsent(ctx context.Context) error {
	for _, claim := range r.unsent.claims {
		if _, err := r.record(ctx, claim, *r.unsent.records[claim]); err != nil {
			return fmt.Errorf("record what was not sent: %w", err)
		}
	}
	r.unsent = unsent{}
	return nil
}

func (r *run) logOutcome(n due, o emailOutcome) {
	if !o.Sent {
		r.log.Warn("an e-mail was not sent", "notification_id", n.ID, "mentor_id", n.MentorID, "number", o.Number,
			"permanent", o.Permanent, "address_refused", o.AddressRefused, "cause", o.Failure)
	}
}

func (r *run) claim(ctx context.Context) (claimed, error) {
	reply, err := r.db.ClaimNotifications(ctx, database.ClaimNotificationsArguments{
		Batch: r.batch, Lease: r.lease, Email: r.mailer != nil, AsOf: r.asOf(),
	})
	if err != nil {
		return claimed{}, err
	}
	var c claimed
	if err := json.Unmarshal(reply.Body, &c); err != nil {
		return claimed{}, fmt.Errorf("the RPC's answer: %w", err)
	}
	return c, nil
}

// record records, adds up, and returns the notifications that somebody else holds by
// now.
func (r *run) record(ctx context.Context, claim string, what record) (lost []string, err error) {
	inbox, inboxErr := array(what.Inbox)
	emails, emailsErr := array(what.Emails)
	failed, failedErr := array(what.Failed)
	if err := errors.Join(inboxErr, emailsErr, failedErr); err != nil {
		return nil, err
	}
	reply, err := r.db.RecordNotifications(ctx, database.RecordNotificationsArguments{
		Claim: claim, Inbox: inbox, Emails: emails, Finished: what.Finished, Released: what.Released,
		Failed: failed, AsOf: r.asOf(),
	})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Delivered, Retrying, Undeliverable, Settled int
		Lost                                        []string
	}
	if err := json.Unmarshal(reply.Body, &answer); err != nil {
		return nil, fmt.Errorf("the RPC's answer: %w", err)
	}
	r.total.Delivered += answer.Delivered
	r.total.Retrying += answer.Retrying
	r.total.Undeliverable += answer.Undeliverable
	r.settled += answer.Settled
	if len(answer.Lost) > 0 {
		r.log.Warn("another dispatcher has taken over", "notification_ids", answer.Lost)
	}
	return answer.Lost, nil
}

// array returns JSON for the RPC, or nil, the RPC's default, if there is nothing.
func array[T any](of []T) ([]byte, error) {
	if len(of) == 0 {
		return nil, nil
	}
	return json.Marshal(of)
}
