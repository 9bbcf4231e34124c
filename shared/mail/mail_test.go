package mail_test

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"mentorpause/local/mailserver"
	"mentorpause/shared/mail"
)

const timeout = 2 * time.Second

func mailer(server *mailserver.Server, change ...func(*mail.Settings)) *mail.Mailer {
	settings := mail.Settings{
		Server: server.URL(), RootCAs: server.RootCAs,
		From: &netmail.Address{Name: "Likeperson Ørland", Address: "no-reply@mentorpause.test"},
	}
	for _, c := range change {
		c(&settings)
	}
	return mail.New(settings)
}

func session(t *testing.T, m *mail.Mailer) *mail.Session {
	s := m.Session(timeout)
	t.Cleanup(s.Close)
	return s
}

func email(to string) mail.Email {
	return mail.Email{ID: "n1.r1", To: to, Subject: "Åse er satt på pause", Text: "Åse er satt på pause.\n", HTML: "<p>Åse er satt på pause.</p>"}
}

// fails returns the failure; there has to be one.
func fails(t *testing.T, err error) *mail.Failure {
	t.Helper()
	failure, ok := errors.AsType[*mail.Failure](err)
	if !ok {
		t.Fatalf("got %v, want a failure", err)
	}
	if strings.Contains(failure.Reason, "@") {
		t.Errorf("the reason has an address: %s", failure.Reason)
	}
	return failure
}

func TestSend(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]mailserver.Options{
		"in the clear, as nothing else is offered": {},
		"STARTTLS":          {Security: mailserver.STARTTLS},
		"TLS":               {Security: mailserver.TLS},
		"STARTTLS, sign-in": {Security: mailserver.STARTTLS, User: "dispatch", Password: "p@ss word"},
		"TLS, sign-in":      {Security: mailserver.TLS, User: "dispatch", Password: "p@ss word"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailserver.Start(t, options)
			s := session(t, mailer(server))
			for range 3 {
				if err := s.Send(t.Context(), email("kari@example.org")); err != nil {
					t.Fatal(err)
				}
			}
			messages := server.Messages()
			if len(messages) != 3 || server.Connections() != 1 {
				t.Fatalf("%d e-mails over %d connections, want 3 over 1", len(messages), server.Connections())
			}
			if m := messages[2]; m.To != "kari@example.org" || m.From != "no-reply@mentorpause.test" || m.ID != "<n1.r1@mentorpause.test>" {
				t.Errorf("to %s from %s as %s", m.To, m.From, m.ID)
			}
		})
	}
}

func TestMessage(t *testing.T) {
	t.Parallel()
	server := mailserver.Start(t, mailserver.Options{})
	s := session(t, mailer(server))
	hostile := email("kari@example.org")
	hostile.Subject = "Kari\r\nBcc: all@example.org\r\n\r\nhello" // the texts' package doesn't let this through either
	for _, e := range []mail.Email{email("kari@example.org"), hostile} {
		if err := s.Send(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	m, err := netmail.ReadMessage(strings.NewReader(server.Messages()[0].Raw))
	if err != nil {
		t.Fatal(err)
	}
	decode := new(mime.WordDecoder).DecodeHeader
	if subject, err := decode(m.Header.Get("Subject")); err != nil || subject != "Åse er satt på pause" {
		t.Errorf("subject %q, %v", subject, err)
	}
	if from, err := m.Header.AddressList("From"); err != nil || from[0].Name != "Likeperson Ørland" {
		t.Errorf("from %v, %v", from, err)
	}
	if m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("header %v", m.Header)
	}
	kind, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %s, %v", kind, err)
	}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for _, want := range []struct{ kind, text string }{
		{"text/plain", "Åse er satt på pause."}, {"text/html", "<p>Åse er satt på pause.</p>"}, // the last is what programs prefer
	} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if !strings.HasPrefix(part.Header.Get("Content-Type"), want.kind) || strings.TrimSpace(string(text)) != want.text {
			t.Errorf("part %s: %q, %v", part.Header.Get("Content-Type"), text, err)
		}
	}

	m, err = netmail.ReadMessage(strings.NewReader(server.Messages()[1].Raw))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Bcc") != "" || len(m.Header["To"]) != 1 {
		t.Errorf("a subject made headers: %v", m.Header)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	type verdict struct{ permanent, address, unreachable bool }
	for name, c := range map[string]struct {
		rcpt, data error
		want       verdict
	}{
		"unknown user":            {rcpt: mailserver.Refuse(550, 5, 1, 1, "<kari@example.org>: no such user"), want: verdict{permanent: true, address: true}},
		"unknown user, no detail": {rcpt: mailserver.Refuse(550, -1, -1, -1, "No such user here"), want: verdict{permanent: true, address: true}},
		"mailbox disabled":        {rcpt: mailserver.Refuse(550, 5, 2, 1, "Mailbox disabled"), want: verdict{permanent: true, address: true}},
		"mailbox full":            {rcpt: mailserver.Refuse(552, 5, 2, 2, "Mailbox full"), want: verdict{permanent: true}},
		"policy":                  {rcpt: mailserver.Refuse(550, 5, 7, 1, "Not for you"), want: verdict{permanent: true}},
		"relaying":                {rcpt: mailserver.Refuse(554, 5, 7, 1, "Relay access denied"), want: verdict{}},
		"greylisted":              {rcpt: mailserver.Refuse(451, 4, 7, 1, "Try again later"), want: verdict{}},
		"out of space":            {data: mailserver.Refuse(452, 4, 3, 1, "Insufficient storage"), want: verdict{}},
		"spam":                    {data: mailserver.Refuse(554, 5, 7, 1, "Message rejected"), want: verdict{permanent: true}},
		"shutting down":           {data: mailserver.Refuse(421, 4, 3, 2, "Shutting down"), want: verdict{unreachable: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := mailserver.Start(t, mailserver.Options{})
			server.OnRcpt(func(to string) error {
				if to == "kari@example.org" {
					return c.rcpt
				}
				return nil
			})
			server.OnData(func(m mailserver.Message, _ func()) error {
				if m.To == "kari@example.org" {
					return c.data
				}
				return nil
			})
			s := session(t, mailer(server))
			failure := fails(t, s.Send(t.Context(), email("kari@example.org")))
			if got := (verdict{failure.Permanent, failure.AddressRefused, failure.Unreachable}); got != c.want {
				t.Errorf("got %+v, want %+v: %s", got, c.want, failure.Reason)
			}
			// The next one is not affected.
			if err := s.Send(t.Context(), email("ola@example.org")); err != nil {
				t.Error(err)
			}
			if n := len(server.Messages()); n != 1 {
				t.Errorf("%d e-mails arrived", n)
			}
		})
	}
	t.Run("our sender", func(t *testing.T) {
		t.Parallel()
		server := mailserver.Start(t, mailserver.Options{})
		server.OnMail(func(string) error {
			return mailserver.Refuse(553, 5, 7, 1, "Sender address rejected: not owned by user")
		})
		failure := fails(t, session(t, mailer(server)).Send(t.Context(), email("kari@example.org")))
		// MAIL_FROM has to be corrected, then the e-mail can be sent.
		if got, want := (verdict{failure.Permanent, failure.AddressRefused, failure.Unreachable}), (verdict{unreachable: true}); got != want {
			t.Errorf("got %+v, want %+v: %s", got, want, failure.Reason)
		}
	})
	t.Run("no address", func(t *testing.T) {
		t.Parallel()
		server := mailserver.Start(t, mailserver.Options{})
		s := session(t, mailer(server))
		for _, address := range []string{"", "kari", "kari@example.org\r\nRCPT TO:<x@example.org>", "Kari <kari@example.org>", "a@b, c@d"} {
			if failure := fails(t, s.Send(t.Context(), email(address))); !failure.Permanent || !failure.AddressRefused {
				t.Errorf("%q: %+v", address, failure)
			}
		}
		if server.Connections() != 0 {
			t.Error("the server was asked")
		}
	})
}

func TestTheServerFails(t *testing.T) {
	t.Parallel()
	t.Run("down: it is given up after two tries, without waiting", func(t *testing.T) {
		t.Parallel()
		server := mailserver.Start(t, mailserver.Options{})
		server.Down()
		s := session(t, mailer(server))
		for n := range 3 {
			if failure := fails(t, s.Send(t.Context(), email("kari@example.org"))); !failure.Unreachable || failure.Permanent {
				t.Errorf("%+v", failure)
			}
			if s.Down() != (n >= 1) {
				t.Errorf("after %d tries: down %t", n+1, s.Down())
			}
		}
		server.Up()
		fails(t, s.Send(t.Context(), email("kari@example.org")))
		if err := session(t, mailer(server)).Send(t.Context(), email("kari@example.org")); err != nil {
			t.Errorf("another session: %v", err)
		}
	})
	t.Run("slow: it is waited for no longer than the timeout", func(t *testing.T) {
		t.Parallel()
		server := mailserver.Start(t, mailserver.Options{})
		released := make(chan struct{})
		t.Cleanup(func() { close(released) })
		server.OnData(func(m mailserver.Message, _ func()) error {
			if m.To == "slow@example.org" {
				<-released
			}
			return nil
		})
		s := mailer(server).Session(300 * time.Millisecond)
		t.Cleanup(s.Close)
		began := time.Now()
		if failure := fails(t, s.Send(t.Context(), email("slow@example.org"))); !failure.Unreachable {
			t.Errorf("%+v", failure)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
		if err := s.Send(t.Context(), email("kari@example.org")); err != nil {
			t.Errorf("the next one: %v", err)
		}
	})
	t.Run("hangs up in the middle: the next e-mail has a new connection", func(t *testing.T) {
		t.Parallel()
		server := mailserver.Start(t, mailserver.Options{})
		server.OnData(func(m mailserver.Message, hangUp func()) error {
			if m.To == "kari@example.org" {
				hangUp()
				return mailserver.ErrHungUp
			}
			return nil
		})
		s := session(t, mailer(server))
		if failure := fails(t, s.Send(t.Context(), email("kari@example.org"))); !failure.Unreachable {
			t.Errorf("%+v", failure)
		}
		if err := s.Send(t.Context(), email("ola@example.org")); err != nil {
			t.Error(err)
		}
		if server.Connections() != 2 {
			t.Errorf("%d connections", server.Connections())
		}
	})
	t.Run("hung up while idle: nobody notices", func(t *testing.T) {
		t.Parallel()
		server := mailserver.Start(t, mailserver.Options{})
		s := session(t, mailer(server))
		for range 2 {
			if err := s.Send(t.Context(), email("kari@example.org")); err != nil {
				t.Fatal(err)
			}
			server.Down()
			server.Up()
		}
	})
	t.Run("TLS only, spoken to in the clear", func(t *testing.T) {
		t.Parallel()
		server := mailserver.Start(t, mailserver.Options{Security: mailserver.TLS})
		s := mailer(server, func(s *mail.Settings) { s.Server = &url.URL{Scheme: "smtp", Host: s.Server.Host} }).Session(300 * time.Millisecond)
		t.Cleanup(s.Close)
		if failure := fails(t, s.Send(t.Context(), email("kari@example.org"))); !failure.Unreachable {
			t.Errorf("%+v", failure)
		}
	})
	for name, options := range map[string]mailserver.Options{"STARTTLS": {Security: mailserver.STARTTLS}, "TLS": {Security: mailserver.TLS}} {
		t.Run("a certificate of nobody we know: "+name, func(t *testing.T) {
			t.Parallel()
			server := mailserver.Start(t, options)
			s := session(t, mailer(server, func(s *mail.Settings) { s.RootCAs = nil }))
			if failure := fails(t, s.Send(t.Context(), email("kari@example.org"))); !failure.Unreachable {
				t.Errorf("%+v", failure)
			}
			if len(server.Messages()) != 0 {
				t.Error("it was sent all the same")
			}
		})
	}
	t.Run("wrong password", func(t *testing.T) {
		t.Parallel()
		server := mailserver.Start(t, mailserver.Options{Security: mailserver.STARTTLS, User: "dispatch", Password: "right"})
		s := session(t, mailer(server, func(s *mail.Settings) { s.Server.User = url.UserPassword("dispatch", "wrong") }))
		if failure := fails(t, s.Send(t.Context(), email("kari@example.org"))); !failure.Unreachable || strings.Contains(failure.Reason, "wrong") {
			t.Errorf("%+v", failure)
		}
	})
	t.Run("a password isn't told in the clear", func(t *testing.T) {
		t.Parallel()
		server := mailserver.Start(t, mailserver.Options{})
		s := session(t, mailer(server, func(s *mail.Settings) { s.Server.User = url.UserPassword("dispatch", "secret") }))
		if failure := fails(t, s.Send(t.Context(), email("kari@example.org"))); !failure.Unreachable {
			t.Errorf("%+v", failure)
		}
	})
}
