package main

import (
	"fmt"
	"io"
	"mime"
	"net"
	netmail "net/mail"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"mentorpause/local/sam"
	"mentorpause/shared/mail"
)

// mailFrom is the sender of e-mails that go nowhere.
const mailFrom = "mentorpause <no-reply@mentorpause.example>"

// mailCatcher is a mail server for the functions: it accepts every e-mail, writes it
// to a file, says so, and sends it to nobody.
type mailCatcher struct {
	server   *smtp.Server
	listener net.Listener
	dir      string
	terminal *terminal
	caught   atomic.Int64
}

// startMailCatcher serves on a free port of 127.0.0.1 until it is closed.
func startMailCatcher(dir string, terminal *terminal) (*mailCatcher, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &mailCatcher{listener: listener, dir: dir, terminal: terminal}
	c.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &mailSession{catcher: c}, nil }))
	c.server.Domain = "localhost"
	c.server.ErrorLog = silent{} // a function that is stopped half-way is no error
	go c.server.Serve(listener)  // ends with close
	return c, nil
}

// parameters are those of the template that send the e-mails here.
func (c *mailCatcher) parameters() sam.Parameters {
	return sam.Parameters{"SmtpUrlSecret": "smtp://" + c.listener.Addr().String(), "MailFrom": mailFrom}
}

// mailer sends the e-mails of Supabase Auth here.
func (c *mailCatcher) mailer() *mail.Mailer {
	return mail.New(mail.Settings{
		Server: &url.URL{Scheme: "smtp", Host: c.listener.Addr().String()},
		From:   &netmail.Address{Name: "mentorpause", Address: "no-reply@mentorpause.example"},
	})
}

func (c *mailCatcher) close() {
	c.listener.Close() // in case it is not being served yet
	c.server.Close()
}

// keep writes one e-mail into a file and a line to the terminal.
func (c *mailCatcher) keep(to []string, content io.Reader) error {
	raw, err := io.ReadAll(content)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%04d.eml", time.Now().Format("20060102-150405"), c.caught.Add(1))
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		return err
	}
	subject := "?"
	if message, err := netmail.ReadMessage(strings.NewReader(string(raw))); err == nil {
		if decoded, err := new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject")); err == nil {
			subject = decoded
		}
	}
	c.terminal.say("mail", fmt.Sprintf("to %s: %s (%s)", strings.Join(to, ", "), subject, relative(path)))
	return nil
}

type mailSession struct {
	catcher *mailCatcher
	to      []string
}

func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error { return s.catcher.keep(s.to, r) }
func (s *mailSession) Reset()                 { s.to = nil }
func (s *mailSession) Logout() error          { return nil }

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}
