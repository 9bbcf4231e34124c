package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"mentorpause/shared/mail"
	"mentorpause/shared/notification"
)

// claimed is the answer of claim_notifications. Each notification is decoded by
// itself, so that one which can't be read leaves the others alone.
type claimed struct {
	Claim         string
	Today         string
	Notifications []json.RawMessage
	Ended         struct{ Delivered, Undeliverable, Settled int } // by the claim itself
}

// size is how many were due.
func (c claimed) size() int {
	return len(c.Notifications) + c.Ended.Delivered + c.Ended.Undeliverable + c.Ended.Settled
}

// due is one of them, with its recipients and facts as of the claim.
type due struct {
	ID                 string
	MentorID           string `json:"mentor_id"`
	MentorName         string `json:"mentor_name"`
	Kind               string
	Audience           string
	ReferenceOn        *string `json:"reference_on"`
	HappenedOn         string  `json:"happened_on"`
	ExpectedReturnDate *string `json:"expected_return_date"`
	IsPaused           bool    `json:"is_paused"`
	IsExpired          bool    `json:"is_expired"`
	IsRenewed          bool    `json:"is_renewed"`
	Correction         string
	Certification      notification.Names
	IsMissing          bool                 `json:"is_missing"`
	IsChanged          bool                 `json:"is_changed"`
	LeaveRequest       notification.Request `json:"leave_request"`
	Mentors            []mentor             // whom one about several is about, in the order of their names
	Recipients         []recipient
}

// mentor is one of several whom a notification is about.
type mentor struct {
	ID                 string
	Name               string
	StartsOn           *string `json:"starts_on"` // of a plan
	ExpectedReturnDate *string `json:"expected_return_date"`
	IsExpired          bool    `json:"is_expired"`
	IsMissing          bool    `json:"is_missing"`

	// In a digest:
	WasExpectedOn  *string `json:"was_expected_on"`
	ReturnsOn      *string `json:"returns_on"`
	CertifiedUntil *string `json:"certified_until"`
	Certification  notification.Names
	AsksFor        []string `json:"asks_for"`
}

type recipient struct {
	ID            string
	Role          string
	ChosenBecause string `json:"chosen_because"`
	Locale        string
	Mentors       []told // of one about several, those that this recipient is told of
	HasIt         bool   `json:"has_it"` // in the inbox
	Email         emailState
	Address       *string
	Number        int // of the next e-mail to this recipient
}

// told says of which of several mentors a recipient is told.
type told struct {
	ID        string
	InboxOnly bool `json:"inbox_only"`
}

const refusedBefore = "the address was refused before, and nothing is sent there until it changes"

// emailState is what there is to do about a recipient's e-mail.
type emailState string

const (
	emailSend          emailState = "send"
	emailOff           emailState = "off"            // e-mail is not configured
	emailSwitchedOff   emailState = "switched_off"   // no longer configured: retries are given up
	emailNoAddress     emailState = "no_address"     //
	emailUnconfirmed   emailState = "unconfirmed"    // nobody has shown that the address is theirs
	emailBanned        emailState = "banned"         // the user may not sign in
	emailRefusedBefore emailState = "refused_before" // the address has been refused for good
	emailLater         emailState = "later"          // not yet due again
	emailSettled       emailState = "settled"
)

// record is the argument of record_notifications.
type record struct {
	Inbox    []inboxRow
	Emails   []emailOutcome
	Finished []string
	Released []string
	Failed   []failure
}

func (r *record) add(other record) {
	r.Inbox = append(r.Inbox, other.Inbox...)
	r.Emails = append(r.Emails, other.Emails...)
	r.Finished = append(r.Finished, other.Finished...)
	r.Released = append(r.Released, other.Released...)
	r.Failed = append(r.Failed, other.Failed...)
}

// ids are the notifications that it is about.
func (r *record) ids() (ids []string) {
	add := func(id string) {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, row := range r.Inbox {
		add(row.NotificationID)
	}
	for _, outcome := range r.Emails {
		add(outcome.NotificationID)
	}
	for _, id := range slices.Concat(r.Finished, r.Released) {
		add(id)
	}
	for _, f := range r.Failed {
		add(f.NotificationID)
	}
	return ids
}

// failure is a notification that can't be dealt with, and why.
type failure struct {
	NotificationID string `json:"notification_id"`
	Reason         string `json:"reason"`
}

type inboxRow struct {
	NotificationID string `json:"notification_id"`
	RecipientID    string `json:"recipient_id"`
	RecipientRole  string `json:"recipient_role"`
	ChosenBecause  string `json:"chosen_because"`
	Remark         string `json:"remark,omitempty"`
	Title          string `json:"title"`
	Body           string `json:"body"`

	Mentors []mention `json:"mentors,omitempty"`
}

// mention is a mentor in a text about several.
type mention struct {
	MentorID string `json:"mentor_id"`
	Line     *int   `json:"line"` // of the body; 0: everything is about this one; nil: not named
}

type emailOutcome struct {
	NotificationID string `json:"notification_id"`
	RecipientID    string `json:"recipient_id"`
	RecipientRole  string `json:"recipient_role"`
	ChosenBecause  string `json:"chosen_because"`
	Number         int    `json:"number"`
	Sent           bool   `json:"sent"`
	Permanent      bool   `json:"permanent"`
	Failure        string `json:"failure,omitempty"`
	Address        string `json:"address,omitempty"` // only to remember that it was refused
	AddressRefused bool   `json:"address_refused"`

	Mentors []mention `json:"mentors,omitempty"`

	byServer bool // it is the server that refused the address
}

// settle fills in how sending ended: failure nil, well.
func (o *emailOutcome) settle(failure *mail.Failure) {
	if failure == nil {
		o.Sent, o.Address = true, ""
		return
	}
	o.Permanent, o.AddressRefused, o.Failure = failure.Permanent, failure.AddressRefused, failure.Reason
	if !o.AddressRefused {
		o.Address = ""
	}
}

// excuse takes back that the address was refused: the e-mail is tried again.
func (o *emailOutcome) excuse() {
	o.Permanent, o.AddressRefused, o.Address = false, false, ""
	o.Failure += " (as other addresses were, so it is not held against this one)"
}

// mailing is a notification with the e-mails that are to be sent for it.
type mailing struct {
	claim        string
	notification due
	emails       []outgoing
}

type outgoing struct {
	email   mail.Email
	outcome emailOutcome
}

// prepare writes the notification's texts: what goes into the record at once is
// added to it, what is to be sent is returned. With an error, nothing is added.
func (n due) prepare(today string, to *record) (m mailing, err error) {
	defer func() {
		if r := recover(); r != nil { // no notification may stop the others
			m, err = mailing{}, fmt.Errorf("panic: %v", r)
		}
	}()
	m = mailing{notification: n}
	var inbox []inboxRow
	var failed []emailOutcome
	place := map[string]int{}
	for at, about := range n.Mentors {
		place[about.ID] = at
	}
	for _, r := range n.Recipients {
		slices.SortFunc(r.Mentors, func(a, b told) int { return place[a.ID] - place[b.ID] })
		in, err := n.input(today, r, false)
		if err != nil {
			return mailing{}, err
		}
		text, err := notification.Render(in)
		if err != nil {
			return mailing{}, err
		}
		if !r.HasIt {
			row := inboxRow{NotificationID: n.ID, RecipientID: r.ID, RecipientRole: r.Role, ChosenBecause: r.ChosenBecause,
				Title: text.Title, Body: text.Body, Mentors: r.mentions(text, false)}
			if r.Email == emailOff {
				row.Remark = "e-mail is not configured"
			}
			inbox = append(inbox, row)
		}

		outcome := emailOutcome{NotificationID: n.ID, RecipientID: r.ID, RecipientRole: r.Role, ChosenBecause: r.ChosenBecause, Number: r.Number}
		switch r.Email {
		case emailSend:
			if len(r.Mentors) > 0 {
				if in, err = n.input(today, r, true); err != nil {
					return mailing{}, err
				}
				if text, err = notification.Render(in); err != nil {
					return mailing{}, err
				}
				outcome.Mentors = r.mentions(text, true)
			}
			email, err := notification.RenderEmail(in, text)
			if err != nil {
				return mailing{}, err
			}
			outcome.Address = *r.Address
			m.emails = append(m.emails, outgoing{
				email:   mail.Email{ID: emailID(n.ID, r.ID), To: *r.Address, Subject: email.Subject, Text: email.Text, HTML: email.HTML},
				outcome: outcome,
			})
		case emailSwitchedOff:
			outcome.Permanent, outcome.Failure = true, "e-mail is not configured any more"
			failed = append(failed, outcome)
		case emailNoAddress:
			outcome.Permanent, outcome.Failure = true, "the user has no e-mail address"
			failed = append(failed, outcome)
		case emailUnconfirmed:
			outcome.Permanent, outcome.Failure = true, "the address is not confirmed"
			failed = append(failed, outcome)
		case emailBanned:
			outcome.Permanent, outcome.Failure = true, "the user is banned"
			failed = append(failed, outcome)
		case emailRefusedBefore:
			outcome.Permanent, outcome.Failure = true, refusedBefore
			failed = append(failed, outcome)
		}
	}
	to.Inbox = append(to.Inbox, inbox...)
	to.Emails = append(to.Emails, failed...)
	return m, nil
}

// emailID is always the same for a notification and recipient, and short enough for
// a header of one line.
func emailID(notification, recipient string) string {
	sum := sha256.Sum256([]byte(notification + " " + recipient))
	return hex.EncodeToString(sum[:16])
}

// unusableError is data from which no text can be written, whichever version of
// the function tries.
type unusableError struct{ cause error }

func (e *unusableError) Error() string { return "it could not be written: " + e.cause.Error() }
func (e *unusableError) Unwrap() error { return e.cause }

// about are the ids of the mentors that the recipient is told of, by e-mail or in the inbox.
func (r recipient) about(email bool) (ids []string) {
	for _, m := range r.Mentors {
		if !email || !m.InboxOnly {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// mentions says where a text that was written for the recipient names whom; it names them
// in the order in which about gives them.
func (r recipient) mentions(text notification.Text, email bool) (mentions []mention) {
	for n, id := range r.about(email) {
		m := mention{MentorID: id}
		if n < len(text.Lines) {
			m.Line = &text.Lines[n]
		}
		mentions = append(mentions, m)
	}
	return mentions
}

// input is what the text for a recipient is written from; email: without those of several
// mentors that they are told of in the inbox only.
func (n due) input(today string, r recipient, email bool) (notification.Event, error) {
	var problems []error
	date := func(text *string) time.Time {
		if text == nil {
			return time.Time{}
		}
		on, err := time.Parse(time.DateOnly, *text)
		if err != nil {
			problems = append(problems, &unusableError{err})
		}
		return on
	}
	in := notification.Event{
		Kind: n.Kind, Audience: n.Audience, Role: r.Role, Locale: r.Locale, MentorName: n.MentorName,
		Today: date(&today), HappenedOn: date(&n.HappenedOn), ReferenceOn: date(n.ReferenceOn), ReturnOn: date(n.ExpectedReturnDate),
		Paused: n.IsPaused, Expired: n.IsExpired, Renewed: n.IsRenewed, Correction: n.Correction,
		Certification: n.Certification, Missing: n.IsMissing, Changed: n.IsChanged, Request: n.LeaveRequest,
	}
	for _, id := range r.about(email) {
		at := slices.IndexFunc(n.Mentors, func(m mentor) bool { return m.ID == id })
		if at < 0 {
			return in, fmt.Errorf("%s names a mentor that it is not about", n.Kind)
		}
		m := n.Mentors[at]
		in.Mentors = append(in.Mentors, notification.Mentor{Name: m.Name, StartsOn: date(m.StartsOn),
			ReturnOn: date(cmp.Or(m.ExpectedReturnDate, m.ReturnsOn)), Expired: m.IsExpired, Missing: m.IsMissing,
			WasExpectedOn: date(m.WasExpectedOn), CertifiedUntil: date(m.CertifiedUntil), Certification: m.Certification, AsksFor: m.AsksFor})
	}
	return in, errors.Join(problems...)
}
