// Package mail sends e-mails over SMTP, many over one connection.
//
// smtp:// uses STARTTLS when the server offers it, smtps:// is TLS from the start.
// An invalid certificate is an error, never a reason to go on without TLS, and a
// password is never sent without TLS.
//
// An error is a [*Failure], which says whether another try is worthwhile. Its text
// is for the ledger and the log: it has what the server said, without addresses.
//
// An e-mail that was sent completely, but whose acknowledgement was lost, counts
// as failed. It is sent again with the same Message-ID, by which servers and mail
// programs recognise it.
//
// The domain of an address goes out in punycode. A local part beyond ASCII needs a
// server that takes it (SMTPUTF8, RFC 6531).
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
	"golang.org/x/net/idna"
)

// Settings name the server and the sender. They have been checked.
type Settings struct {
	Server  *url.URL       // smtp:// or smtps://, with user and password; port 587 or 465 unless given
	From    *mail.Address  // the sender
	RootCAs *x509.CertPool // nil: the system's
}

// Mailer makes sessions.
type Mailer struct {
	settings Settings
	domain   string // of the sender, for Message-IDs
}

// New makes a Mailer; no network.
func New(settings Settings) *Mailer {
	_, domain, _ := strings.Cut(settings.From.Address, "@")
	return &Mailer{settings: settings, domain: domain}
}

// Email is one e-mail to one person.
type Email struct {
	ID      string // becomes the Message-ID: always the same for the same e-mail
	To      string // the address
	Subject string // one line
	Text    string
	HTML    string
}

// Failure is why an e-mail was not sent.
type Failure struct {
	Permanent      bool // another try would fail too
	AddressRefused bool // the address is the problem: what was said is plainly about this mailbox
	Unasked        bool // the server was not asked
	Unreachable    bool // the server could not be reached, which says nothing about this e-mail
	Reason         string
}

// Error is the reason.
func (f *Failure) Error() string { return f.Reason }

// Session sends over one connection, which it opens at the first e-mail and again
// when it is lost. It is not safe for concurrent use.
type Session struct {
	mailer  *Mailer
	timeout time.Duration
	client  *gomail.Client
	conn    *smtp.Client // nil: none
	lost    int          // how often in a row the server could not be reached
	reason  string       // of the last time
}

// patience is how often in a row a session tries to reach the server.
const patience = 2

// Session begins a session. Connecting takes at most the timeout, and an e-mail
// twice that.
func (m *Mailer) Session(timeout time.Duration) *Session {
	return &Session{mailer: m, timeout: timeout}
}

// Down reports whether the session has given up on the server: then Send fails at
// once, without trying.
func (s *Session) Down() bool { return s.lost >= patience }

// Close ends the connection politely.
func (s *Session) Close() {
	if s.conn == nil {
		return
	}
	// Everything has been sent; the server's answer changes nothing.
	if s.conn.UpdateDeadline(s.timeout) == nil {
		_ = s.conn.Quit()
	}
	s.drop()
}

func (s *Session) drop() {
	if s.conn != nil {
		_ = s.conn.Close()
		s.conn = nil
	}
}

// Send sends one e-mail. Its error is a *Failure.
func (s *Session) Send(ctx context.Context, email Email) error {
	message, failure := s.mailer.message(email)
	if failure != nil {
		return failure
	}
	if s.Down() {
		return &Failure{Unreachable: true, Reason: s.reason}
	}
	if failure := s.connect(ctx); failure != nil {
		s.lost, s.reason = s.lost+1, failure.Reason
		return failure
	}
	if local, _ := split(email.To); !isASCII(local) {
		if takes, _ := s.conn.Extension("SMTPUTF8"); !takes {
			return &Failure{Permanent: true, Unasked: true,
				Reason: "the mail server takes no address with letters beyond ASCII in its local part (SMTPUTF8)"}
		}
	}

	err := s.client.SendWithSMTPClient(s.conn, message)
	if err == nil || message.IsDelivered() {
		s.lost = 0
		return nil
	}
	failure = judge(err)
	if failure.Unreachable {
		s.drop()
		s.lost, s.reason = s.lost+1, failure.Reason
		return failure
	}
	s.lost = 0
	// An unfinished transaction must not leak into the next one.
	if s.conn.Reset() != nil {
		s.drop()
	}
	return failure
}

// connect makes sure of a connection that is alive.
func (s *Session) connect(ctx context.Context) *Failure {
	if s.conn != nil {
		if s.conn.UpdateDeadline(s.timeout) == nil && s.conn.Noop() == nil {
			return nil
		}
		s.drop() // idle for too long
	}
	client, err := s.mailer.client(s.timeout)
	if err != nil {
		return &Failure{Unreachable: true, Reason: "the mail server's settings can't be used: " + clean(err.Error())}
	}
	conn, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return &Failure{Unreachable: true, Reason: "the mail server can't be reached: " + clean(err.Error())}
	}
	s.client, s.conn = client, conn
	return nil
}

func (m *Mailer) client(timeout time.Duration) (*gomail.Client, error) {
	server := m.settings.Server
	port, options := 587, []gomail.Option{
		gomail.WithTimeout(timeout),
		gomail.WithTLSPolicy(gomail.TLSOpportunistic),
		gomail.WithTLSConfig(&tls.Config{ServerName: server.Hostname(), MinVersion: tls.VersionTLS12, RootCAs: m.settings.RootCAs}),
		// The session checks the connection itself, and a transaction that
		// succeeded needs no reset.
		gomail.WithoutNoop(), gomail.WithoutRset(),
	}
	if server.Scheme == "smtps" {
		port, options = 465, append(options, gomail.WithSSL())
	}
	if text := server.Port(); text != "" {
		var err error
		if port, err = strconv.Atoi(text); err != nil {
			return nil, err
		}
	}
	options = append(options, gomail.WithPort(port))
	if user := server.User; user != nil {
		password, _ := user.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(user.Username()), gomail.WithPassword(password))
	}
	return gomail.NewClient(server.Hostname(), options...)
}

// message builds the e-mail; a person's address may be anything.
func (m *Mailer) message(email Email) (*gomail.Msg, *Failure) {
	to, err := mail.ParseAddress(email.To)
	if err != nil || to.Address != email.To {
		return nil, notAnAddress()
	}
	if local, domain := split(to.Address); !isASCII(domain) {
		if domain, err = domains.ToASCII(domain); err != nil {
			return nil, notAnAddress()
		}
		to.Address = local + "@" + domain
	}
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	message.FromMailAddress(m.settings.From)
	message.ToMailAddress(to)
	message.Subject(email.Subject)
	message.SetDate()
	message.SetMessageIDWithValue(email.ID + "@" + m.domain)
	// Suppresses out-of-office replies (RFC 3834).
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetGenHeader("X-Auto-Response-Suppress", "All")
	message.SetBodyString(gomail.TypeTextPlain, email.Text)
	message.AddAlternativeString(gomail.TypeTextHTML, email.HTML)
	return message, nil
}

func notAnAddress() *Failure {
	return &Failure{Permanent: true, AddressRefused: true, Unasked: true, Reason: "this is no e-mail address"}
}

// domains writes a domain as DNS knows it.
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.VerifyDNSLength(true))

func split(address string) (local, domain string) {
	at := strings.LastIndexByte(address, '@')
	return address[:max(at, 0)], address[at+1:]
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII })
}

// judge decides what a failed transaction means.
func judge(err error) *Failure {
	sent, ok := errors.AsType[*gomail.SendError](err)
	if !ok {
		return &Failure{Unreachable: true, Reason: clean(err.Error())}
	}
	// The library adds the recipient.
	text, _, _ := strings.Cut(sent.Error(), ", affected ")
	text = plain(text)
	failure := &Failure{Reason: shorten(text)}
	switch code := sent.ErrorCode(); {
	case code == 421:
		failure.Unreachable = true // the server closes
	case code >= 500 && sent.Reason == gomail.ErrSMTPMailFrom:
		failure.Unreachable = true // it refuses our sender: our settings, not this e-mail
	case code == 530 || code == 534 || code == 535 || code == 538:
		failure.Unreachable = true // it refuses our login: our settings, not this e-mail
	case code >= 500:
		ours := aboutUs.MatchString(text)
		// What it says of us holds until the operator has seen to it, and then the e-mail goes.
		failure.Permanent = !ours || sent.Reason != gomail.ErrSMTPRcptTo
		failure.AddressRefused = !ours && sent.Reason == gomail.ErrSMTPRcptTo && aboutMailbox(text)
	case code == 0:
		failure.Unreachable = true
		failure.Reason = "the connection to the mail server was lost: " + failure.Reason
	}
	return failure
}

// aboutMailbox reports whether the server says that there is no such mailbox, or
// none any more. Where it gives an enhanced code (RFC 3463), that one decides: 5.1.1
// unknown, 5.1.2 no such domain, 5.1.3 malformed, 5.1.6 moved, 5.1.10 unknown or no
// mail at this domain, 5.2.1 disabled. A full mailbox (5.2.2) is one that exists.
func aboutMailbox(text string) bool {
	if enhanced := enhancedCode.FindStringSubmatch(text); enhanced != nil {
		switch enhanced[1] {
		case "1.1", "1.2", "1.3", "1.6", "1.10", "2.1":
			return true
		}
		return false
	}
	return noSuchMailbox.MatchString(text)
}

// The code stands at the beginning of the server's text, which the library quotes;
// qmail writes it at the end, as (#5.1.1).
var enhancedCode = regexp.MustCompile(`(?:\b5\d\d[ -]"?|#)5\.(\d{1,3}\.\d{1,3})\b`)

// What Exim, Postfix, qmail, Sendmail, Exchange and the large providers say of a
// mailbox that isn't there; mailboxes_test.go has their texts. "Mailbox unavailable"
// is not among them: it is what RFC 5321 says with every 550, policy included.
var noSuchMailbox = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`\b(unknown|invalid|no such|nonexistent|non-existent) (local )?(user|recipient|mailbox|account|address|person|alias)\b`,
	`\b(user|recipient|mailbox|account|address)( name)?( is)? (unknown|not known|not found|nonexistent|disabled|inactive|invalid)\b`,
	`\b(user|recipient|mailbox|account|address|person)( \(address\))? (does not exist|doesn't exist|no longer exists)`,
	`\bno (mailbox|person|account|user)\b.{0,20} (here|by that name|with that name|at this address)\b`,
	`\binvalid mailbox name`, `\bunrout(e)?able address\b`, `\bthis user doesn't have a\b`,
}, "|"))

// What a server says of us, whatever code it gives with it: that it does not relay for
// us, that our address is on a list, that it wants another sender or a login, that we
// send too much.
var aboutUs = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`\brelay(ing)?\b`, `\brcpthosts\b`, `\bsender\b`, `\bauthenticat`, `\bclient host\b`, `\bhelo\b`, `\behlo\b`,
	`\b(block|black|deny)[ -]?list`, `\bblocked\b`, `\bspam`, `\bdnsbl\b`, `\brbl\b`, `\breputation\b`, `\blisted (in|at|on|by)\b`,
	`\b(reverse dns|ptr|rdns)\b`, `\b(at a|your|sending|message) rate\b`, `\btoo (quickly|fast|many)\b`, `\bpolicy\b`, `\byour (ip|server|host|network|domain)\b`,
	`\bspf\b`, `\bdkim\b`, `\bdmarc\b`,
}, "|"))

var addressLike = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+`)

const longestReason = 300 // bytes

// clean makes a message of the server or the system fit for the ledger.
func clean(text string) string { return shorten(plain(text)) }

// plain is the text as one line, without addresses.
func plain(text string) string {
	text = addressLike.ReplaceAllString(text, "(address)")
	text = strings.NewReplacer("\x00", "", `\r`, " ", `\n`, " ", `\t`, " ", `\"`, `"`).Replace(strings.ToValidUTF8(text, ""))
	return strings.Join(strings.Fields(text), " ")
}

func shorten(text string) string {
	if len(text) > longestReason {
		text = strings.ToValidUTF8(text[:longestReason], "") + "…"
	}
	return text
}
