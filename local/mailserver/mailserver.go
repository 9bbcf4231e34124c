// Package mailserver is a real SMTP server for tests, on 127.0.0.1, that does what
// the test says: accepts, refuses, is slow, hangs up, demands TLS, is down.
package mailserver

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/mail"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Security is how a server encrypts.
type Security int

// The kinds of encryption.
const (
	Plain    Security = iota
	STARTTLS          // offered and required
	TLS               // from the start
)

// Options of a server.
type Options struct {
	Security       Security
	User, Password string // when set, nothing is accepted without
	UTF8           bool   // addresses beyond ASCII are taken (SMTPUTF8)
}

// Message is an accepted message.
type Message struct {
	From, To string
	ID       string // its Message-ID
	Raw      string
}

// Server is a running server.
type Server struct {
	RootCAs *x509.CertPool // that verify its certificate

	t       testing.TB
	options Options
	address string
	tls     *tls.Config

	mu          sync.Mutex
	server      *smtp.Server // nil: down
	listener    net.Listener
	messages    []Message
	connections int
	mail        func(from string) error
	rcpt        func(to string) error
	data        func(m Message, hangUp func()) error
}

// Start starts a server, which is stopped when the test ends.
func Start(t testing.TB, options Options) *Server {
	t.Helper()
	s := &Server{t: t, options: options, address: "127.0.0.1:0"}
	s.certify()
	s.Up()
	t.Cleanup(s.Down)
	return s
}

// URL is the value of SMTP_URL for this server.
func (s *Server) URL() *url.URL {
	u := &url.URL{Scheme: "smtp", Host: s.address}
	if s.options.Security == TLS {
		u.Scheme = "smtps"
	}
	if s.options.User != "" {
		u.User = url.UserPassword(s.options.User, s.options.Password)
	}
	return u
}

// Messages returns the accepted messages, in order.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.messages...)
}

// Connections returns how many were opened.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections
}

// OnMail sets the decision about senders; nil accepts all.
func (s *Server) OnMail(decide func(from string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail = decide
}

// OnRcpt sets the decision about recipients; nil accepts all.
func (s *Server) OnRcpt(decide func(to string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rcpt = decide
}

// OnData sets the decision about e-mails, once they are read; nil accepts all.
// hangUp closes the connection without an answer.
func (s *Server) OnData(decide func(m Message, hangUp func()) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = decide
}

// Refuse makes a refusing answer of the server.
func Refuse(code, class, subject, detail int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{class, subject, detail}, Message: text}
}

// Down stops the server: its port refuses connections, and open ones break.
func (s *Server) Down() {
	s.mu.Lock()
	server, listener := s.server, s.listener
	s.server = nil
	s.mu.Unlock()
	if server != nil {
		listener.Close() // in case the server has not begun to serve it
		server.Close()
	}
}

// Up starts it again at the same address.
func (s *Server) Up() {
	s.t.Helper()
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		s.t.Fatalf("SMTP server: %v", err)
	}
	s.address = listener.Addr().String()
	listener = &counting{listener, s}
	server := smtp.NewServer(smtp.BackendFunc(s.session))
	server.Domain = "mail.test"
	server.ErrorLog = quiet{}
	server.EnableSMTPUTF8 = s.options.UTF8
	switch s.options.Security {
	case STARTTLS:
		server.TLSConfig = s.tls
	case TLS:
		server.TLSConfig = s.tls
		listener = tls.NewListener(listener, s.tls)
	}
	s.mu.Lock()
	s.server, s.listener = server, listener
	s.mu.Unlock()
	go server.Serve(listener) // ends with Close
}

// counting counts the connections.
type counting struct {
	net.Listener
	server *Server
}

func (c *counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.server.mu.Lock()
		c.server.connections++
		c.server.mu.Unlock()
	}
	return conn, err
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (s *Server) session(c *smtp.Conn) (smtp.Session, error) {
	return &session{server: s, conn: c, signedIn: s.options.User == ""}, nil
}

type session struct {
	server   *Server
	conn     *smtp.Conn
	signedIn bool
	current  Message
}

func (s *session) AuthMechanisms() []string {
	if s.server.options.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.server.options.User || password != s.server.options.Password {
			return smtp.ErrAuthFailed
		}
		s.signedIn = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if _, encrypted := s.conn.TLSConnectionState(); s.server.options.Security == STARTTLS && !encrypted {
		return Refuse(530, 5, 7, 0, "Must issue a STARTTLS command first")
	}
	if !s.signedIn {
		return Refuse(530, 5, 7, 0, "Authentication required")
	}
	s.server.mu.Lock()
	decide := s.server.mail
	s.server.mu.Unlock()
	if decide != nil {
		if err := decide(from); err != nil {
			return err
		}
	}
	s.current = Message{From: from}
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.mu.Lock()
	decide := s.server.rcpt
	s.server.mu.Unlock()
	if decide != nil {
		if err := decide(to); err != nil {
			return err
		}
	}
	s.current.To = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m := s.current
	m.Raw = string(raw)
	parsed, err := mail.ReadMessage(strings.NewReader(m.Raw))
	if err != nil {
		return Refuse(554, 5, 6, 0, "not a message")
	}
	m.ID = parsed.Header.Get("Message-ID")

	s.server.mu.Lock()
	decide := s.server.data
	s.server.mu.Unlock()
	if decide != nil {
		if err := decide(m, func() { s.conn.Conn().Close() }); err != nil {
			return err
		}
	}
	s.server.mu.Lock()
	s.server.messages = append(s.server.messages, m)
	s.server.mu.Unlock()
	return nil
}

// ErrHungUp is returned by a decision that has hung up.
var ErrHungUp = errors.New("hung up")

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }

// certify makes a self-signed certificate for 127.0.0.1.
func (s *Server) certify() {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		s.t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		s.t.Fatal(err)
	}
	s.RootCAs = x509.NewCertPool()
	s.RootCAs.AddCert(certificate)
	s.tls = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}
