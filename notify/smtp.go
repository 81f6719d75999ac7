package notify

import (
	"context"
	"errors"
	netmail "net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

const (
	// OpenTimeout bounds each step of connecting.
	OpenTimeout = 15 * time.Second
	// SendTimeout bounds the sending of one message. Many servers inspect a message for long before they
	// accept it: a client that does not wait sends it again, and the customer gets it twice.
	SendTimeout = 2 * time.Minute
)

const (
	// codeUnreachable: nothing answers there, or not as a mail server does, or it does not accept our password.
	codeUnreachable = "UNREACHABLE"
	codeLost        = "CONNECTION_LOST"
	codeBadAddress  = "BAD_ADDRESS"
	codeUnsendable  = "UNSENDABLE"
)

// serviceClosing is the reply of a server that is about to close the connection.
const serviceClosing = 421

type smtpMailer struct {
	// opener connects; client sends, with a longer timeout.
	opener, client *mail.Client
	from           netmail.Address
}

// Open connects to the mail server.
func (m *smtpMailer) Open(ctx context.Context) (Session, error) {
	conn, err := m.opener.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return nil, &Error{KindUnavailable, withReply(codeUnreachable, replyCode(err))}
	}
	return &smtpSession{mailer: m, conn: conn}, nil
}

type smtpSession struct {
	mailer *smtpMailer
	conn   *smtp.Client
}

// Close ends the session politely, if the server still listens.
func (s *smtpSession) Close() { _ = s.mailer.opener.CloseWithSMTPClient(s.conn) }

// Send sends one message.
func (s *smtpSession) Send(message Message) error {
	composed, err := s.mailer.compose(message)
	if err != nil {
		return err
	}
	err = s.mailer.client.SendWithSMTPClient(s.conn, composed)
	if err == nil || composed.IsDelivered() {
		return nil // if something went wrong after the server had accepted it, the next message will show it
	}
	if failed, ok := errors.AsType[*mail.SendError](err); ok && failed.Reason == mail.ErrSMTPData && failed.ErrorCode() != 0 {
		// A server that refuses the content may go on waiting for it, and would take the next message for a
		// part of this one. If it no longer listens, the next message will show that, too.
		_ = s.conn.Reset()
	}
	return classify(err)
}

// compose makes the e-mail. Whatever a title or a name contains, it stays within its own header or body.
func (m *smtpMailer) compose(message Message) (*mail.Msg, error) {
	composed := mail.NewMsg(mail.WithNoDefaultUserAgent())
	composed.FromMailAddress(&m.from)
	to, err := netmail.ParseAddress(message.To)
	if err != nil || to.Name != "" || to.Address != message.To || composed.To(message.To) != nil {
		return nil, &Error{KindRefused, codeBadAddress}
	}
	composed.Subject(strings.Join(strings.Fields(message.Subject), " "))
	composed.SetMessageIDWithValue(message.ID + "@" + domainOf(m.from.Address))
	composed.SetDate()
	composed.SetGenHeader("Auto-Submitted", "auto-generated")
	composed.SetBodyString(mail.TypeTextPlain, message.Text)
	return composed, nil
}

// classify says what a failure means, judging by the phase of the conversation and by the server's reply.
func classify(err error) *Error {
	failed, ok := errors.AsType[*mail.SendError](err)
	if !ok {
		return &Error{KindUnavailable, codeLost}
	}
	reply := failed.ErrorCode()
	switch {
	case failed.Reason == mail.ErrSMTPMailFrom && reply != 0:
		// The sender is ours: no other message would be accepted either.
		return &Error{KindUnavailable, withReply("SENDER_REFUSED", reply)}
	case reply == serviceClosing:
		return &Error{KindUnavailable, withReply("CLOSING", reply)}
	case reply >= 500:
		return &Error{KindRefused, withReply("REFUSED", reply)}
	case reply >= 400:
		return &Error{KindDeferred, withReply("DEFERRED", reply)}
	case failed.Reason == mail.ErrGetSender, failed.Reason == mail.ErrGetRcpts, failed.Reason == mail.ErrNoUnencoded:
		return &Error{KindRefused, codeUnsendable}
	default:
		return &Error{KindUnavailable, codeLost}
	}
}

// replyCode is the SMTP reply in an error of connecting; 0 when there is none.
func replyCode(err error) int {
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		return reply.Code
	}
	return 0
}

func withReply(code string, reply int) string {
	if reply == 0 {
		return code
	}
	return code + "_" + strconv.Itoa(reply)
}
