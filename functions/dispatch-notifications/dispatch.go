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

	var err error
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
	r.total.DurationMS = time.Since(began).Milliseconds()
	d.report(r.total, err)
	return r.total, err
}

// report logs the run's one line, from which CloudWatch also extracts metrics.
func (d *dispatcher) report(total summary, err error) {
	ctx := context.Background() // the run's own has ended
	if total.Claimed == 0 && err == nil {
		d.log.DebugContext(ctx, "nothing to dispatch", "function", functionName) // true of most minutes
		return
	}
	level, message := slog.LevelInfo, "dispatched"
	var more []slog.Attr
	if err != nil {
		level, message = slog.LevelError, "dispatching broke off"
		more = append(more, slog.String("cause", err.Error()))
	}
	metric.Log(ctx, d.log, time.Now(), level, message, functionName, []metric.Value{
		metric.Count("claimed", total.Claimed),
		metric.Count("delivered", total.Delivered),
		metric.Count("retrying", total.Retrying),
		metric.Count("undeliverable", total.Undeliverable),
		metric.Milliseconds("duration_ms", total.DurationMS),
	}, more...)
}

// run is one invocation.
type run struct {
	*dispatcher
	total       summary
	lease       time.Duration
	stop        time.Time // after which nothing is claimed
	stopSending time.Time // after which no e-mail is begun
	session     *mail.Session
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
	r.total.Claimed += len(c.Notifications)
	if len(c.Notifications) == 0 {
		return nil, false, nil
	}

	first := record{}
	for _, n := range c.Notifications {
		m, err := n.prepare(c.Today, &first)
		if err != nil {
			// A defect of ours. It is due again when the lease ends, and blocks nobody.
			r.log.Error("a notification can't be written", "notification_id", n.ID, "mentor_id", n.MentorID, "cause", err.Error())
			continue
		}
		if len(n.Recipients) == 0 {
			r.log.Warn("nobody to notify", "notification_id", n.ID, "mentor_id", n.MentorID, "kind", n.Kind)
		}
		if len(m.emails) == 0 {
			first.Settled = append(first.Settled, n.ID)
			continue
		}
		m.claim = c.Claim
		mailings = append(mailings, m)
	}
	lost, err := r.record(ctx, c.Claim, first)
	if err != nil {
		return nil, false, fmt.Errorf("record the inboxes: %w", err)
	}
	mailings = slices.DeleteFunc(mailings, func(m mailing) bool { return slices.Contains(lost, m.notification.ID) })
	return mailings, len(c.Notifications) == r.batch, nil
}

// send sends one e-mail after another and records each before the next, so that a
// crash repeats one at most, and settles their notifications. Those for which no
// time is left are released; it reports whether there were none.
func (r *run) send(ctx context.Context, mailings []mailing) (inTime bool, err error) {
	// By claim: notifications for which nothing was sent.
	unsent := map[string]*record{}
	without := func(claim string) *record {
		if unsent[claim] == nil {
			unsent[claim] = &record{}
		}
		return unsent[claim]
	}
	inTime = true
	for _, m := range mailings {
		for n, e := range m.emails {
			down := r.session.Down()
			if !down && time.Now().After(r.stopSending) {
				without(m.claim).Released = append(without(m.claim).Released, m.notification.ID)
				inTime = false
				break
			}
			e.outcome.settle(r.session.Send(ctx, e.email))
			r.logOutcome(m.notification, e.outcome)

			next := record{Emails: []emailOutcome{e.outcome}}
			if n == len(m.emails)-1 {
				next.Settled = []string{m.notification.ID}
			}
			if down {
				all := without(m.claim)
				all.Emails = append(all.Emails, next.Emails...)
				all.Settled = append(all.Settled, next.Settled...)
				continue
			}
			lost, err := r.record(ctx, m.claim, next)
			if err != nil {
				return false, fmt.Errorf("record an e-mail of notification %s: %w", m.notification.ID, err)
			}
			if len(lost) > 0 {
				break // another dispatcher holds it now
			}
		}
	}
	for claim, what := range unsent {
		if _, err := r.record(ctx, claim, *what); err != nil {
			return false, fmt.Errorf("record what was not sent: %w", err)
		}
	}
	return inTime, nil
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
	if err := errors.Join(inboxErr, emailsErr); err != nil {
		return nil, err
	}
	reply, err := r.db.RecordNotifications(ctx, database.RecordNotificationsArguments{
		Claim: claim, Inbox: inbox, Emails: emails, Settled: what.Settled, Released: what.Released, AsOf: r.asOf(),
	})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Delivered, Retrying, Undeliverable int
		Lost                               []string
	}
	if err := json.Unmarshal(reply.Body, &answer); err != nil {
		return nil, fmt.Errorf("the RPC's answer: %w", err)
	}
	r.total.Delivered += answer.Delivered
	r.total.Retrying += answer.Retrying
	r.total.Undeliverable += answer.Undeliverable
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
