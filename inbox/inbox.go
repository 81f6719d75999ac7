// Package inbox receives the events of the payment provider. An event is brought to the workflow that it is for, or recorded,
// and remembered, so that a repeat is recognised. An event that was received can be delivered again. The package knows no HTTP.
package inbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/engine"
)

// Outcome is what has become of an event.
type Outcome string

// The outcomes of an event.
const (
	Signalled = Outcome(engine.Signalled)
	Settling  = Outcome(engine.Settling)
	Recorded  = Outcome("RECORDED")
	Ignored   = Outcome(engine.Ignored)
	// Unreadable: the provider has signed it and it may be for us, but it does not say what we need to know.
	Unreadable = Outcome("UNREADABLE")
	Duplicate  = Outcome("DUPLICATE")
)

// Options are what an inbox works with.
type Options struct {
	// Pool connects as a role with the rights of boxoffice_api.
	Pool   *pgxpool.Pool
	Engine *engine.Engine
	Logger *slog.Logger
	// Now is the clock.
	Now func() time.Time
	// Deployment is the name of this system at the provider, whose account it may share with others.
	// Events of an intent with another deployment's name, or with none, are ignored.
	Deployment string
	// Secrets are those that may have signed an event: while one is being replaced, the provider may still use the other.
	Secrets []string
	// Patience is how long receiving an event may take.
	Patience time.Duration
}

// Inbox receives events. It may be used concurrently.
type Inbox struct {
	options Options

	queries *db.Queries
	// signatures counts events with bad signatures, and sizes those that are too long.
	signatures, sizes deliveryWatch
}

// New makes an inbox. It connects to nothing yet.
func New(options Options) *Inbox {
	return &Inbox{
		options: options, queries: db.New(options.Pool),
		signatures: deliveryWatch{enough: badSignatures}, sizes: deliveryWatch{enough: 1},
	}
}

// eventKinds are the events that mean something to a booking.
var eventKinds = map[string]booking.PaymentEventKind{
	"payment_intent.succeeded":      booking.PaymentEventSucceeded,
	"payment_intent.payment_failed": booking.PaymentEventDeclined,
	"payment_intent.processing":     booking.PaymentEventProcessing,
	"payment_intent.canceled":       booking.PaymentEventCanceled,
}

// stripeIntent is the part of a payment intent that we use.
type stripeIntent struct {
	ID             string            `json:"id"`
	AmountReceived int64             `json:"amount_received"`
	Currency       string            `json:"currency"`
	Metadata       map[string]string `json:"metadata"`
	LastError      *struct {
		Code        string `json:"code"`
		DeclineCode string `json:"decline_code"`
	} `json:"last_payment_error"`
}

var (
	bookingIDPattern = regexp.MustCompile(`^bk_[a-z2-7]{26}$`)
	topUpIDPattern   = regexp.MustCompile(`^tu_[a-z2-7]{26}$`)
)

// Receive takes an event of the payment provider, and says what became of it. A nil error means that it need not be sent again:
// a workflow has it for good, or it is recorded. The row by which repeats are recognised is written last, so that an event that
// was not accepted is never taken for one that was. The provider may hang up at any time, so the end of ctx stops nothing.
//
// Errors: ErrBadSignature and ErrOldSignature for what the provider has not signed, or has signed too long ago.
func (i *Inbox) Receive(ctx context.Context, body []byte, signature, correlationID string) (Outcome, error) {
	if err := i.verify(body, signature); err != nil {
		i.noteBadSignature(ctx)
		return "", err
	}
	received := readEvent(body, i.options.Now())
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), i.options.Patience)
	defer cancel()
	return i.take(ctx, received, correlationID)
}

// take handles an event and says what became of it. An event without a meaning for us is only
// remembered: writing it down also tells whether it is a repeat. So is one that cannot be read, which
// is flagged: if it were refused, the provider would send it for days and then close the endpoint.
func (i *Inbox) take(ctx context.Context, received incoming, correlationID string) (outcome Outcome, err error) {
	accept := i.acceptorOf(received.kind)
	if accept == nil && received.kind != "" {
		stored, err := i.storeEvent(ctx, received, nil, Ignored)
		switch {
		case err != nil:
			return "", fmt.Errorf("store event: %w", err)
		case !stored:
			return Duplicate, nil
		}
		return Ignored, nil
	}
	seen, err := i.queries.WebhookSeen(ctx, received.id)
	switch {
	case err != nil:
		return "", fmt.Errorf("look for event: %w", err)
	case seen:
		return Duplicate, nil
	}
	if received.unreadable == "" {
		outcome, err = accept(ctx, received, correlationID)
		why, garbled := errors.AsType[unreadable](err)
		if !garbled {
			return outcome, err
		}
		received.unreadable = string(why)
	}
	return Unreadable, i.storeUnreadable(ctx, received)
}

// acceptor brings an event to its recipient and remembers it, in this order or at once. It says what became of it.
type acceptor func(ctx context.Context, received incoming, correlationID string) (outcome Outcome, err error)

// acceptorOf finds the acceptor for a kind of event; nil when the event has no meaning for us.
func (i *Inbox) acceptorOf(kind string) acceptor {
	_, ofDispute := disputeStages[kind]
	switch {
	case slices.Contains(refundEvents, kind):
		return i.acceptRefundEvent
	case kind == chargeRefunded:
		return i.acceptChargeRefunded
	case ofDispute:
		return i.acceptDispute
	case eventKinds[kind] != "":
		return i.acceptPaymentEvent
	default:
		return nil
	}
}

// acceptPaymentEvent accepts an event of an intent.
func (i *Inbox) acceptPaymentEvent(ctx context.Context, received incoming, correlationID string) (outcome Outcome, err error) {
	event, err := i.paymentEvent(received, correlationID)
	if err != nil {
		return "", err
	}
	outcome = Ignored
	if event != nil {
		if outcome, err = i.deliver(ctx, *event); err != nil {
			return "", err
		}
	}
	if _, err := i.storeEvent(ctx, received, event, outcome); err != nil {
		return "", fmt.Errorf("store event: %w", err)
	}
	return outcome, nil
}

// paymentEvent reduces an event to what a booking or a top-up needs; nil when it has no meaning for ours. The provider
// sends each deployment the events of all that share its account: money of another deployment is not ours to settle.
func (i *Inbox) paymentEvent(received incoming, correlationID string) (*booking.PaymentEvent, error) {
	kind := eventKinds[received.kind]
	var intent stripeIntent
	if err := json.Unmarshal(received.object, &intent); err != nil || !booking.IsID(intent.ID) {
		return nil, unreadable("This is not a payment intent.")
	}
	bookingID, topUpID := intent.Metadata[booking.MetadataBooking], intent.Metadata[booking.MetadataTopUp]
	ours := bookingIDPattern.MatchString(bookingID) && topUpID == "" || topUpIDPattern.MatchString(topUpID) && bookingID == ""
	if intent.Metadata[booking.MetadataDeployment] != i.options.Deployment || !ours {
		return nil, nil //nolint:nilnil // not for us
	}
	event := &booking.PaymentEvent{
		EventID: received.id, Kind: kind, IntentID: intent.ID, BookingID: bookingID, TopUpID: topUpID,
		Received:   booking.Money{Amount: intent.AmountReceived, Currency: strings.ToUpper(booking.Excerpt(intent.Currency))},
		OccurredAt: received.created, CorrelationID: correlationID,
	}
	if failed := intent.LastError; failed != nil && kind == booking.PaymentEventDeclined {
		event.DeclineCode = booking.Excerpt(cmp.Or(failed.DeclineCode, failed.Code))
	}
	return event, nil
}

// deliver hands a payment event to its recipient.
func (i *Inbox) deliver(ctx context.Context, event booking.PaymentEvent) (outcome Outcome, err error) {
	delivery, err := i.options.Engine.DeliverPayment(ctx, event)
	return Outcome(delivery), err
}

// storeEvent remembers an event, with the part that we use if it is for us, and says whether it was new.
func (i *Inbox) storeEvent(ctx context.Context, received incoming, event *booking.PaymentEvent, outcome Outcome) (stored bool, err error) {
	row := received.row(outcome)
	if event != nil {
		if row.Event, err = json.Marshal(event); err != nil {
			return false, err
		}
		row.IntentID = &event.IntentID
		if event.BookingID != "" {
			row.BookingID = &event.BookingID
		}
	}
	rows, err := i.queries.WebhookStore(ctx, row)
	return rows > 0, err
}
