// Package notify brings messages to customers by e-mail. It knows how to send one, and what an answer of a mail server means; whom to
// tell what, and when, is for activities to decide.
package notify

import (
	"context"
)

// Message is one e-mail of plain text to one person.
type Message struct {
	// ID becomes the Message-ID: mailboxes drop the second of two that have the same.
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

// Session is one connection, over which messages go one after another. It is not for concurrent use.
type Session interface {
	// Send returns nil when the server has accepted the message, and an *Error otherwise. After one of KindUnavailable the session is
	// of no more use.
	Send(message Message) error
	// Close ends the connection.
	Close()
}

// Kind says what an error means for the message, and for others.
type Kind string

// The kinds of error.
const (
	// KindUnavailable: the server is away, hangs, or wants nothing from us. It says nothing about the message, which may have been
	// accepted all the same when the connection broke at its end.
	KindUnavailable Kind = "UNAVAILABLE"
	// KindDeferred: the server does not want this message now.
	KindDeferred Kind = "DEFERRED"
	// KindRefused: the server will never want this message.
	KindRefused Kind = "REFUSED"
)

// Error is why a message was not sent. It has a code instead of the server's words, because those may quote an address.
type Error struct {
	Kind Kind
	// Code is of capital letters, digits and underscores: DEFERRED_451, CONNECTION_LOST ...
	Code string
}

// Error names kind and code.
func (e *Error) Error() string { return "mail server: " + e.Code }
