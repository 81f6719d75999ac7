package provider

import (
	"fmt"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
)

// Kind sorts errors by what the caller has to do.
type Kind string

// The kinds of errors.
const (
	// KindRejected: the provider understood and refused. Repeating the same request never succeeds. Nothing was done.
	KindRejected Kind = "REJECTED"
	// KindNotFound: the provider knows no such intent. It is a special case of KindRejected.
	KindNotFound Kind = "NOT_FOUND"
	// KindIdempotencyReuse: the key or RefundID was used before for something
	// else. This is a defect of the caller; nothing was done.
	KindIdempotencyReuse Kind = "IDEMPOTENCY_REUSE"
	// KindRateLimited: nothing was done; ask again after RetryAfter.
	KindRateLimited Kind = "RATE_LIMITED"
	// KindUnauthorized: the provider refuses our credentials. Nothing was done; the same request succeeds
	// once they have been corrected.
	KindUnauthorized Kind = "UNAUTHORIZED"
	// KindUnavailable: no answer, or a server error. It may have been done; ask
	// again with the same request to find out.
	KindUnavailable Kind = "UNAVAILABLE"
)

// Codes of refusals that callers distinguish from others of KindRejected.
const (
	// CodeBalanceInsufficient: our account at the provider does not hold as much as the refund. A new refund may succeed once it does.
	CodeBalanceInsufficient = string(stripe.ErrorCodeBalanceInsufficient)
	// CodeChargeAlreadyRefunded: all of the intent's money has already been given back.
	CodeChargeAlreadyRefunded = string(stripe.ErrorCodeChargeAlreadyRefunded)
	// CodeChargeDisputed: the customer's bank has asked for the money back, so that a refund would pay it a second time.
	CodeChargeDisputed = string(stripe.ErrorCodeChargeDisputed)
)

// Error is the type of all errors of a Provider's methods.
type Error struct {
	Kind Kind
	// Op is the call that failed, such as "create intent".
	Op string
	// Code is the provider's own code; empty without an answer. Except for the constants of this package it is meant for people.
	Code string
	// Message is the provider's own message, shortened and free of secrets.
	Message string
	// RequestID finds the request in the provider's log; empty without an answer.
	RequestID string
	// RetryAfter is how long the provider asks us to wait; zero when it does not say.
	RetryAfter time.Duration

	err error
	// stored says that the provider will keep giving this answer for the key that was used, without looking at the request again.
	stored bool
}

// Error names the call, the kind and what the provider said.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "provider: %s: %s", e.Op, strings.ToLower(string(e.Kind)))
	if e.Code != "" {
		fmt.Fprintf(&b, " (%s)", e.Code)
	}
	if e.Message != "" {
		fmt.Fprintf(&b, ": %s", e.Message)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [%s]", e.RequestID)
	}
	return b.String()
}

// Unwrap returns the cause on our side, such as context.DeadlineExceeded or a
// network error. It is nil when the provider answered: its answers can hold
// client secrets, and whatever is in this chain ends up in workflow histories.
func (e *Error) Unwrap() error { return e.err }

// Retryable says that the same request may succeed later.
func (e *Error) Retryable() bool {
	switch e.Kind {
	case KindRateLimited, KindUnauthorized, KindUnavailable:
		return true
	default:
		return false
	}
}
