// Package notify sends messages to customers by e-mail. It knows how to send one, and what an answer
// of a mail server means; package activities decides who is notified of what, and when.
package notify

import (
	"context"
)

// Message is one plain-text e-mail to one person.
type Message struct {
	// ID becomes the Message-ID: mailboxes drop the second of two messages that have the same.
	ID string
	// To is a bare address.
	To            string
	Subject, Text string
}

// Mailer connects to a mail server.
type Mailer interface {
	// Open connects. The error is an *Error of KindUnavailable.
	Open(ctx context.Context) (Session, error)
}

// Session is one connection, over which messages are sent one after another. It is not safe for concurrent use.
type Session interface {
	// Send returns nil when the server has accepted the message, and an *Error otherwise. After an error
	// of KindUnavailable the session can no longer be used.
	Send(message Message) error
	// Close ends the connection.
	Close()
}

// Kind says what an error means for the message, and for other messages.
type Kind string

// The kinds of error.
const (
	// KindUnavailable: the server is down, hangs, or refuses to talk to us. It says nothing about the
	// message, which may have been accepted even so if the connection broke at the end.
	KindUnavailable Kind = "UNAVAILABLE"
	// KindDeferred: the server does not accept this message now.
	KindDeferred Kind = "DEFERRED"
	// KindRefused: the server will never accept this message.
	KindRefused Kind = "REFUSED"
)

// Error is why a message was not sent. It has a code instead of the server's text, because that may quote an address.
type Error struct {
	Kind Kind
	// Code consists of capital letters, digits and underscores: DEFERRED_451, CONNECTION_LOST ...
	Code string
}

// Error names kind and code.
func (e *Error) Error() string { return "mail server: " + e.Code }
