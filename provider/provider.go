package provider

import (
	"context"
	"time"

	"github.com/boxoffice/boxoffice/booking"
)

// Provider takes and returns money by card. All methods are safe for concurrent use, and every error
// they return is an *Error, except errors of a page function.
type Provider interface {
	// CreateIntent opens an intent: the provider's side of one attempt to collect a payment. Repeated with
	// the same request it returns the same intent in its current state.
	CreateIntent(ctx context.Context, req IntentRequest) (Intent, error)

	// Intent returns the current state of an intent.
	Intent(ctx context.Context, id string) (Intent, error)

	// CancelIntent closes the intent for payment and returns its state afterwards: CANCELED, or SUCCEEDED
	// or PROCESSING when the payment came first. Neither of these is an error.
	CancelIntent(ctx context.Context, id, idempotencyKey string) (Intent, error)

	// Refund gives money of a succeeded intent back. Any number of calls with the same RefundID make one refund at the provider,
	// and each returns its current state. A FAILED refund stays FAILED: a new attempt needs a new RefundID with a new key.
	Refund(ctx context.Context, req RefundRequest) (Refund, error)

	// RefundsOf lists all refunds of an intent, whether this system asked for them or somebody made them at the provider by hand. A
	// refund that carries an id of ours keeps it, whichever deployment made it: a deployment that was renamed still knows its own.
	RefundsOf(ctx context.Context, intentID string) ([]Refund, error)

	// EachIntent passes on every intent of the account that was made since a time, rounded down to the
	// second, or every one for the zero time: newest first, in pages of 1 to 100. Those of other
	// deployments are included, without ids of ours. Those that are made in the meantime may be missing. An
	// error of page ends the walk and is returned unchanged; after any error the walk has to begin anew.
	EachIntent(ctx context.Context, since time.Time, page func([]Intent) error) error

	// EachRefund passes on every refund of the account in the same way as EachIntent.
	EachRefund(ctx context.Context, since time.Time, page func([]Refund) error) error
}

// IntentStatus is the status of an intent, as far as a booking needs it.
type IntentStatus string

// The states of an intent. Only SUCCEEDED and CANCELED are final.
const (
	// IntentRequiresPayment waits for the customer, possibly after a declined card.
	IntentRequiresPayment IntentStatus = "REQUIRES_PAYMENT"
	// IntentRequiresAction waits for the customer's bank, such as 3-D Secure.
	IntentRequiresAction IntentStatus = "REQUIRES_ACTION"
	// IntentProcessing can still end either way, and cannot be canceled. A status that this package does not
	// know is reported as PROCESSING as well: the caller then waits and asks again, and never gives up on money.
	IntentProcessing IntentStatus = "PROCESSING"
	// IntentSucceeded has collected the money.
	IntentSucceeded IntentStatus = "SUCCEEDED"
	// IntentCanceled will never collect money.
	IntentCanceled IntentStatus = "CANCELED"
)

// Final says that the status cannot change any more.
func (s IntentStatus) Final() bool { return s == IntentSucceeded || s == IntentCanceled }

// Intent is the provider's side of one attempt to collect a payment.
type Intent struct {
	// ID is the provider's id of the intent.
	ID string
	// ClientSecret lets the customer's browser pay this intent. It is for that
	// customer alone: never log it.
	ClientSecret string
	Status       IntentStatus
	// Amount is what the intent asks for.
	Amount booking.Money
	// Received is what it has collected: zero, or Amount.
	Received booking.Money
	// BookingID and PaymentID, or TopUpID, are ours, as given when the intent was created; empty for an
	// intent that was not made by us.
	BookingID string
	PaymentID string
	TopUpID   string
	// DeclineCode says why the latest attempt to pay failed, or is empty.
	DeclineCode string
	// Created is when the provider made the intent, to the second, in UTC.
	Created time.Time
}

// IntentRequest asks for an intent, for a payment of a booking or for a top-up of
// a wallet. All of it belongs to the idempotency key: a repeat with any other
// value is refused with KindIdempotencyReuse.
type IntentRequest struct {
	Amount booking.Money
	// BookingID and PaymentID are empty when TopUpID is given.
	BookingID     string
	PaymentID     string
	TopUpID       string
	CorrelationID string
	// IdempotencyKey names what the intent is for, at most 200 characters.
	IdempotencyKey string
	// Description is shown to the staff at the provider. No personal data.
	Description string
}

// RefundRequest asks for money of an intent to be given back.
type RefundRequest struct {
	IntentID string
	// RefundID is ours. It is what makes the refund unique: see Provider.Refund.
	RefundID  string
	BookingID string
	// CorrelationID is logged here but not sent: two causes of one refund may
	// carry different ones.
	CorrelationID string
	// IdempotencyKey names the refund, at most 200 characters.
	IdempotencyKey string
	// Reason is kept with the refund at the provider. No personal data.
	Reason string
	// Amount is in the intent's own currency.
	Amount booking.Money
}

// RefundStatus is the status of a refund.
type RefundStatus string

// The states of a refund. SUCCEEDED may still turn into FAILED days later, when
// the customer's bank returns the money.
const (
	RefundPending        RefundStatus = "PENDING"
	RefundSucceeded      RefundStatus = "SUCCEEDED"
	RefundFailed         RefundStatus = "FAILED"
	RefundCanceled       RefundStatus = "CANCELED"
	RefundRequiresAction RefundStatus = "REQUIRES_ACTION"
)

// Stands says that the money has gone back, or is on its way. A status that this package does not know counts as standing.
func (s RefundStatus) Stands() bool { return s != RefundFailed && s != RefundCanceled }

// Refund is the provider's side of one refund.
type Refund struct {
	// ID is the provider's id of the refund.
	ID string
	// RefundID is ours, as given in the request; empty for a refund that was not made by us.
	RefundID string
	// IntentID is the provider's id of the intent; empty when the money was not
	// taken by an intent.
	IntentID string
	Status   RefundStatus
	Amount   booking.Money
	// FailureReason is the provider's reason why a FAILED refund failed.
	FailureReason string
	// Created is when the provider made the refund, to the second, in UTC.
	Created time.Time
}
