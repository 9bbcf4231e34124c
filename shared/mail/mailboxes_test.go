package mail_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"mentorpause/local/mailserver"
)

// reply is an answer to RCPT TO as the server words it, without an enhanced code of the test
// server's own.
func reply(text string) error {
	var code int
	if _, err := fmt.Sscan(text, &code); err != nil {
		panic(err) // the table is wrong
	}
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.NoEnhancedCode, Message: text[4:]}
}

// What real servers say, and whether it is about the mailbox.
func TestMailboxes(t *testing.T) {
	t.Parallel()
	const (
		mailbox = "the address is refused"
		other   = "given up, and the address is not refused"
		ours    = "tried again"
	)
	var texts = []struct{ server, text, want string }{
		{"Exim", "550 Unknown user", mailbox},
		{"Exim", "550 Unrouteable address", mailbox},
		{"Exim, cPanel", "550 No Such User Here", mailbox},
		{"Exim, cPanel", "550-Please turn on SMTP Authentication in your mail client.\n550-host.example.org [192.0.2.1]:1234 is not permitted to relay through this\n550 server without authentication.", ours},
		{"Exim", "550 relay not permitted", ours},
		{"Exim", "550 Administrative prohibition", other},
		{"Exim, sender verification", "550-Verification failed for <no-reply@mentorpause.test>\n550-No Such User Here\n550 Sender verify failed", ours},
		{"Exim, block list", "550 Rejected because 192.0.2.1 is in a black list at zen.spamhaus.org", ours},
		{"Exim", "550 unknown recipient", mailbox},
		{"Postfix", "550 5.1.1 <kari@example.org>: Recipient address rejected: User unknown in local recipient table", mailbox},
		{"Postfix", "550 5.1.1 <kari@example.org>: Recipient address rejected: User unknown in virtual mailbox table", mailbox},
		{"Postfix of old", "550 <kari@example.org>: User unknown in local recipient table", mailbox},
		{"Postfix", "550 5.1.1 <kari@example.org>: Recipient address rejected: undeliverable address: host mx.example.org[192.0.2.2] said: 550 5.1.1 unknown user (in reply to RCPT TO command)", mailbox},
		{"Postfix", "554 5.7.1 <kari@example.org>: Relay access denied", ours},
		{"Postfix of old", "554 <kari@example.org>: Relay access denied", ours},
		{"Postfix", "554 5.7.1 <kari@example.org>: Recipient address rejected: Access denied", other},
		{"Postfix", "550 5.1.6 <kari@example.org>: Recipient address rejected: User has moved to kari@example.net", mailbox},
		{"Postfix", "550 5.1.2 <kari@example.invalid>: Recipient address rejected: Domain not found", mailbox},
		{"Postfix", "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/192.0.2.1", ours},
		{"Postfix", "550 5.7.23 <kari@example.org>: Recipient address rejected: Message rejected due to: SPF fail - not authorized", ours},
		{"Postfix, login", "553 5.7.1 <no-reply@mentorpause.test>: Sender address rejected: not logged in", ours},
		{"qmail", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", ours},
		{"qmail, chkuser", "550 5.1.1 sorry, no mailbox here by that name (chkuser)", mailbox},
		{"qmail", "511 sorry, no mailbox here by that name (#5.1.1 - chkuser)", mailbox},
		{"qmail", "550 sorry, no mailbox here by that name. (#5.1.1)", mailbox},
		{"qmail", "554 sorry, invalid mailbox name(s). (#5.1.1)", mailbox},
		{"qmail", "553 sorry, your envelope recipient is in my badrcptto list (#5.7.1)", other},
		{"qmail", "553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)", ours},
		{"Exchange", "550 5.1.1 User unknown", mailbox},
		{"Exchange", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", mailbox},
		{"Exchange", "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found", mailbox},
		{"Exchange", "550 5.7.1 Unable to relay", ours},
		{"Exchange", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", ours},
		{"Exchange", "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check failed because the sender was not authenticated when sending to this group", ours},
		{"Office 365", "550 5.4.1 Recipient address rejected: Access denied. AS(201806281) [DB5EUR01FT012.eop-EUR01.prod.protection.outlook.com]", other},
		{"Office 365", "550 5.7.606 Access denied, banned sending IP [192.0.2.1]. To request removal from this list please visit https://sender.office.com/", ours},
		{"Outlook.com", "550 Requested action not taken: mailbox unavailable", other},
		{"Outlook.com", "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).", ours},
		{"Outlook.com", "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)", other},
		{"Gmail", "550-5.1.1 The email account that you tried to reach does not exist. Please try\n550-5.1.1 double-checking the recipient's email address for typos or\n550-5.1.1 unnecessary spaces. For more information, go to\n550 5.1.1  https://support.google.com/mail/?p=NoSuchUser d2e1a72fcca58-72", mailbox},
		{"Gmail", "550-5.2.1 The email account that you tried to reach is inactive. For more\n550 5.2.1 information, go to https://support.google.com/mail/?p=DisabledUser", mailbox},
		{"Gmail", "550-5.2.1 The user you are trying to contact is receiving mail at a rate that\n550 5.2.1 prevents additional messages from being delivered.", ours},
		{"Gmail", "552-5.2.2 The recipient's inbox is out of storage space and inactive.", other},
		{"Gmail relay", "550-5.7.1 Invalid credentials for relay [192.0.2.1]. The IP address you've registered in your G Suite SMTP Relay service doesn't match", ours},
		{"Gmail", "550-5.7.26 This mail has been blocked because the sender is unauthenticated.", ours},
		{"Sendmail", "550 5.1.1 <kari@example.org>... User unknown", mailbox},
		{"Sendmail", "550 5.7.1 <kari@example.org>... Relaying denied. IP name lookup failed [192.0.2.1]", ours},
		{"Sendmail of old", "550 <kari@example.org>... User unknown", mailbox},
		{"Sendmail", "553 5.1.3 <kari@example..org>... Invalid host name", mailbox},
		{"Yahoo", "554 delivery error: dd This user doesn't have a yahoo.com account (kari@yahoo.com) [0] - mta1.mail.yahoo.com", mailbox},
		{"Yahoo", "553 5.7.1 [BL21] Connections not accepted from servers on Spamhaus SBL", ours},
		{"iCloud", "550 5.1.1 <kari@icloud.com>: user lookup success but no user record found", mailbox},
		{"Domeneshop", "550 5.1.1 <kari@example.no>: Recipient address rejected: User unknown in virtual alias table", mailbox},
		{"IronPort", "550 #5.1.0 Address rejected.", other},
		{"somebody", "550 Mailbox not found", mailbox},
		{"somebody", "550 Mailbox disabled", mailbox},
		{"somebody", "550 5.1.1 Your IP 192.0.2.1 is on our blocklist", ours}, // whatever the code
		{"somebody", "550 blocked: 5.1.1.7 has a bad reputation", ours},
		{"somebody", "550 rejected", other},
		{"somebody", "550 Message rejected due to local policy", ours},
		{"somebody", "552 Mailbox is full", other},
		{"somebody", "550 5.1.1 <relay@example.org>: unknown", mailbox}, // an address is not what it says
	}
	for _, c := range texts {
		t.Run(c.server+": "+c.text, func(t *testing.T) {
			t.Parallel()
			server := mailserver.Start(t, mailserver.Options{})
			lines := strings.Split(c.text, "\n")
			for n, line := range lines {
				if n > 0 {
					lines[n] = line[4:]
				}
			}
			server.OnRcpt(func(string) error { return reply(strings.Join(lines, "\n")) })
			failure := fails(t, session(t, mailer(server)).Send(t.Context(), email("kari@example.org")))
			got := ours
			switch {
			case failure.AddressRefused:
				got = mailbox
			case failure.Permanent:
				got = other
			}
			if got != c.want || failure.Unreachable || failure.Unasked || failure.AddressRefused && !failure.Permanent {
				t.Errorf("%s, want %s: %+v", got, c.want, failure)
			}
		})
	}
}

// An internationalised domain is written as DNS knows it; a local part beyond ASCII goes only
// where it is taken, and is no fault of the address.
func TestLettersBeyondASCII(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		utf8          bool
		to, arrivesAs string // empty: it is not sent
		refused       bool
	}{
		"domain":                              {to: "kari@blåbærsyltetøy.example", arrivesAs: "kari@xn--blbrsyltety-y8ao3x.example"},
		"domain in capitals, decomposed":      {to: "kari@BLA\u030aBÆR.example", arrivesAs: "kari@xn--blbr-roah.example"},
		"domain in punycode already":          {to: "kari@xn--blbr-roah.example", arrivesAs: "kari@xn--blbr-roah.example"},
		"sharp s stays itself":                {to: "kari@straße.example", arrivesAs: "kari@xn--strae-oqa.example"},
		"local part, taken":                   {utf8: true, to: "åse@example.org", arrivesAs: "åse@example.org"},
		"local part and domain, taken":        {utf8: true, to: "åse@blåbær.example", arrivesAs: "åse@xn--blbr-roah.example"},
		"local part, not taken":               {to: "åse@example.org"},
		"domain that can't be one":            {utf8: true, to: "kari@-å-.example", refused: true},
		"domain with a label that is endless": {utf8: true, to: "kari@" + strings.Repeat("å", 80) + ".example", refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailserver.Start(t, mailserver.Options{UTF8: c.utf8})
			s := session(t, mailer(server))
			err := s.Send(t.Context(), email(c.to))
			if c.arrivesAs == "" {
				failure := fails(t, err)
				if !failure.Permanent || !failure.Unasked || failure.AddressRefused != c.refused {
					t.Errorf("%+v", failure)
				}
				if err := s.Send(t.Context(), email("ola@example.org")); err != nil {
					t.Errorf("the next one: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := server.Messages()[0].To; got != c.arrivesAs {
				t.Errorf("to %q, want %q", got, c.arrivesAs)
			}
		})
	}
}
