// Package mailbox is a mail server for development: it accepts every mail, delivers none, and shows those it has.
//
// Tests have it misbehave: see Fault.
package mailbox

import (
	"bytes"
	"io"
	"mime"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	// keepMost is how many mails are kept; the oldest go first.
	keepMost = 500
	// maxMail bounds one mail, in bytes.
	maxMail = 1 << 20
	// idleTimeout ends a connection on which nothing happens.
	idleTimeout = time.Minute
)

// Mail is one mail as it came.
type Mail struct {
	// Number counts the mails from 1.
	Number     int       `json:"number"`
	ReceivedAt time.Time `json:"receivedAt"`
	MessageID  string    `json:"messageId"`
	From       string    `json:"from"`
	To         string    `json:"to"`
	Subject    string    `json:"subject"`
	Text       string    `json:"text"`
	// Header is what else stands in the head.
	Header netmail.Header `json:"-"`
}

// Stage is a point in a conversation at which the server may misbehave.
type Stage string

// The stages at which faults are asked.
const (
	// StageSender: MAIL FROM.
	StageSender Stage = "MAIL"
	// StageRecipient: RCPT TO.
	StageRecipient Stage = "RCPT"
	// StageContent: the mail is there, and not accepted yet.
	StageContent Stage = "DATA"
	// StageAccepted: the mail is accepted, and the answer is not sent yet.
	StageAccepted Stage = "ACCEPTED"
)

// Fault decides what goes wrong: it returns the answer to give, such as an *smtp.SMTPError, or nil. It may also block, or close the
// mailbox's connections. The address is the recipient's, empty at StageSender.
type Fault func(stage Stage, to string) error

// Box is a mail server with its mails in memory. Its methods may be called concurrently.
type Box struct {
	server *smtp.Server

	mu          sync.Mutex
	mails       []Mail
	received    int
	connections int
	fault       Fault
	conns       map[*smtp.Conn]struct{}
}

// New makes an empty mailbox.
func New() *Box {
	box := &Box{conns: map[*smtp.Conn]struct{}{}}
	box.server = smtp.NewServer(backend{box})
	box.server.Domain = "mailbox"
	box.server.MaxMessageBytes = maxMail
	box.server.MaxRecipients = 10
	box.server.ReadTimeout, box.server.WriteTimeout = idleTimeout, idleTimeout
	return box
}

// ServeSMTP accepts mail until Close. It returns nil then.
func (b *Box) ServeSMTP(listener net.Listener) error {
	if err := b.server.Serve(listener); err != smtp.ErrServerClosed { //nolint:errorlint // it is returned as it is
		return err
	}
	return nil
}

// Close ends all connections and stops listening.
func (b *Box) Close() error { return b.server.Close() }

// HangUp ends all connections in the middle of what they are doing.
func (b *Box) HangUp() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for conn := range b.conns {
		_ = conn.Conn().Close()
	}
}

// SetFault has the server misbehave from now on; nil ends that.
func (b *Box) SetFault(fault Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = fault
}

// Mails are those that are kept, oldest first.
func (b *Box) Mails() []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Mail{}, b.mails...)
}

// Counts are how many mails it has accepted and how many connections it has had.
func (b *Box) Counts() (received, connections int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.received, b.connections
}

func (b *Box) ask(stage Stage, to string) error {
	b.mu.Lock()
	fault := b.fault
	b.mu.Unlock()
	if fault == nil {
		return nil
	}
	return fault(stage, to)
}

func (b *Box) keep(from, to string, content []byte) error {
	mail := Mail{ReceivedAt: time.Now().UTC(), From: from, To: to}
	message, err := netmail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		return &smtp.SMTPError{Code: 554, Message: "this is no mail"}
	}
	mail.Header = message.Header
	mail.MessageID = strings.Trim(message.Header.Get("Message-Id"), "<>")
	if mail.Subject, err = new(mime.WordDecoder).DecodeHeader(message.Header.Get("Subject")); err != nil {
		mail.Subject = message.Header.Get("Subject")
	}
	if mail.Text, err = textOf(message); err != nil {
		return &smtp.SMTPError{Code: 554, Message: "the body cannot be read"}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.received++
	mail.Number = b.received
	b.mails = append(b.mails, mail)
	if len(b.mails) > keepMost {
		b.mails = append([]Mail{}, b.mails[len(b.mails)-keepMost:]...)
	}
	return nil
}

type backend struct{ box *Box }

func (b backend) NewSession(conn *smtp.Conn) (smtp.Session, error) {
	b.box.mu.Lock()
	defer b.box.mu.Unlock()
	b.box.connections++
	b.box.conns[conn] = struct{}{}
	return &session{box: b.box, conn: conn}, nil
}

type session struct {
	box      *Box
	conn     *smtp.Conn
	from, to string
}

func (s *session) Reset() { s.from, s.to = "", "" }

func (s *session) Logout() error {
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	delete(s.box.conns, s.conn)
	return nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return s.box.ask(StageSender, "")
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return s.box.ask(StageRecipient, to)
}

func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.box.ask(StageContent, s.to); err != nil {
		return err
	}
	if err := s.box.keep(s.from, s.to, content); err != nil {
		return err
	}
	return s.box.ask(StageAccepted, s.to)
}
