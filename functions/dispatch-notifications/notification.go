package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"mentorpause/shared/mail"
	"mentorpause/shared/notification"
)

// claimed is the answer of claim_notifications.
type claimed struct {
	Claim         string
	Today         string
	Notifications []due
}

// due is one claimed notification, with its recipients at the moment of the claim.
type due struct {
	ID                 string
	MentorID           string `json:"mentor_id"`
	MentorName         string `json:"mentor_name"`
	Kind               string
	Audience           string
	ReferenceOn        *string `json:"reference_on"`
	HappenedOn         string  `json:"happened_on"`
	ExpectedReturnDate *string `json:"expected_return_date"`
	Recipients         []recipient
}

type recipient struct {
	ID            string
	Role          string
	ChosenBecause string `json:"chosen_because"`
	Locale        string
	HasIt         bool `json:"has_it"` // in the inbox
	Email         emailState
	Address       *string
	Number        int // of the next e-mail to this recipient
}

// emailState says what to do about a recipient's e-mail.
type emailState string

const (
	emailSend          emailState = "send"
	emailOff           emailState = "off"            // e-mail is not configured
	emailSwitchedOff   emailState = "switched_off"   // no longer configured: retries are given up
	emailNoAddress     emailState = "no_address"     //
	emailRefusedBefore emailState = "refused_before" // the address was refused for good
	emailLater         emailState = "later"          // not due again yet
	emailSettled       emailState = "settled"
)

// record is the argument of record_notifications.
type record struct {
	Inbox    []inboxRow
	Emails   []emailOutcome
	Settled  []string
	Released []string
}

type inboxRow struct {
	NotificationID string `json:"notification_id"`
	RecipientID    string `json:"recipient_id"`
	RecipientRole  string `json:"recipient_role"`
	ChosenBecause  string `json:"chosen_because"`
	Remark         string `json:"remark,omitempty"`
	Title          string `json:"title"`
	Body           string `json:"body"`
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
}

// settle fills in the result of sending.
func (o *emailOutcome) settle(err error) {
	if err == nil {
		o.Sent, o.Address = true, ""
		return
	}
	failure, ok := errors.AsType[*mail.Failure](err)
	if !ok {
		failure = &mail.Failure{Reason: "unknown"}
	}
	o.Permanent, o.AddressRefused, o.Failure = failure.Permanent, failure.AddressRefused, failure.Reason
	if !o.AddressRefused {
		o.Address = ""
	}
}

// mailing is a notification with the e-mails to send for it.
type mailing struct {
	claim        string
	notification due
	emails       []outgoing
}

type outgoing struct {
	email   mail.Email
	outcome emailOutcome
}

// prepare writes the notification's texts. It adds what can be recorded at once to
// the record, and returns what has to be sent. After an error, nothing is added.
func (n due) prepare(today string, to *record) (mailing, error) {
	m := mailing{notification: n}
	var inbox []inboxRow
	var failed []emailOutcome
	for _, r := range n.Recipients {
		in, err := n.input(today, r)
		if err != nil {
			return mailing{}, err
		}
		text, err := notification.Render(in)
		if err != nil {
			return mailing{}, err
		}
		if !r.HasIt {
			row := inboxRow{NotificationID: n.ID, RecipientID: r.ID, RecipientRole: r.Role, ChosenBecause: r.ChosenBecause,
				Title: text.Title, Body: text.Body}
			if r.Email == emailOff {
				row.Remark = "e-mail is not configured"
			}
			inbox = append(inbox, row)
		}

		outcome := emailOutcome{NotificationID: n.ID, RecipientID: r.ID, RecipientRole: r.Role, ChosenBecause: r.ChosenBecause, Number: r.Number}
		switch r.Email {
		case emailSend:
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
		case emailRefusedBefore:
			outcome.Permanent, outcome.Failure = true, "the address was refused before, and nothing is sent there until it changes"
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

func (n due) input(today string, r recipient) (notification.Event, error) {
	var problems []error
	date := func(text *string) time.Time {
		if text == nil {
			return time.Time{}
		}
		on, err := time.Parse(time.DateOnly, *text)
		if err != nil {
			problems = append(problems, err)
		}
		return on
	}
	in := notification.Event{
		Kind: n.Kind, Audience: n.Audience, Role: r.Role, Locale: r.Locale, MentorName: n.MentorName,
		Today: date(&today), HappenedOn: date(&n.HappenedOn), ReferenceOn: date(n.ReferenceOn), ReturnOn: date(n.ExpectedReturnDate),
	}
	return in, errors.Join(problems...)
}
