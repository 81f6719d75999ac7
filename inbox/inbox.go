// Package inbox takes in what the payment provider tells us. An event is brought to the workflow that it is for, or written down, and remembered, so
// that a repeat is known. Whatever has been taken in can be delivered again. It knows no HTTP.
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

// What becomes of an event.
const (
	Signalled = Outcome(engine.Signalled)
	Settling  = Outcome(engine.Settling)
	Recorded  = Outcome("RECORDED")
	Ignored   = Outcome(engine.Ignored)
	// Unreadable is one that the provider has signed and that may be for us, but does not say what we need to know.
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
	// Deployment is the name of this system at the provider, whose account it may share with others. Events of an intent with another
	// deployment's name, or none, are ignored.
	Deployment string
	// Secrets are those that an event may be signed with: while one is being replaced, the provider may still use the other.
	Secrets []string
	// Patience is how long taking an event in may take.
	Patience time.Duration
}

// Inbox takes events in. It may be used concurrently.
type Inbox struct {
	Options

	queries *db.Queries
	// signatures watches the signatures of events, and sizes how long these are.
	signatures, sizes deliveryWatch
}

// New makes an inbox. It reaches for nothing yet.
func New(options Options) *Inbox {
	return &Inbox{
		Options: options, queries: db.New(options.Pool),
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

// stripeIntent is what matters of a payment intent.
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

// Receive takes an event of the payment provider in, and says what became of it. Nil means that it need not come again: a workflow has it for
// good, or it is written down. The row that tells repeats comes last, so that an event that was not accepted is never taken for one that was. The
// provider hangs up when it likes, which is why the end of ctx ends nothing.
//
// Errors: ErrBadSignature and ErrOldSignature for what the provider has not signed, or too long ago.
func (i *Inbox) Receive(ctx context.Context, body []byte, signature, correlationID string) (Outcome, error) {
	if err := i.verify(body, signature); err != nil {
		i.noteBadSignature(ctx)
		return "", err
	}
	received := readEvent(body, i.Now())
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), i.Patience)
	defer cancel()
	return i.take(ctx, received, correlationID)
}

// take says what became of an event. One that means nothing to anybody is only remembered: writing it down tells as well whether it is
// a repeat. So is one that cannot be read, which is flagged: refused, the provider would send it for days and then close the endpoint.
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

// acceptor brings an event to whom it is for and remembers it, in this order or at once. It says what became of it.
type acceptor func(ctx context.Context, received incoming, correlationID string) (outcome Outcome, err error)

// acceptorOf finds who knows what to do with a kind of event; nil when it means nothing to anybody.
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

// acceptPaymentEvent accepts news of an intent.
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

// paymentEvent reduces an event to what a booking or a top-up needs; nil when it means nothing to any of ours. The provider sends every
// deployment the events of all that share its account: another's money is not ours to settle.
func (i *Inbox) paymentEvent(received incoming, correlationID string) (*booking.PaymentEvent, error) {
	kind := eventKinds[received.kind]
	var intent stripeIntent
	if err := json.Unmarshal(received.object, &intent); err != nil || !booking.IsID(intent.ID) {
		return nil, unreadable("This is not a payment intent.")
	}
	bookingID, topUpID := intent.Metadata[booking.MetadataBooking], intent.Metadata[booking.MetadataTopUp]
	ours := bookingIDPattern.MatchString(bookingID) && topUpID == "" || topUpIDPattern.MatchString(topUpID) && bookingID == ""
	if intent.Metadata[booking.MetadataDeployment] != i.Deployment || !ours {
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

// deliver hands news of a payment to whom they are for.
func (i *Inbox) deliver(ctx context.Context, event booking.PaymentEvent) (outcome Outcome, err error) {
	delivery, err := i.Engine.DeliverPayment(ctx, event)
	return Outcome(delivery), err
}

// storeEvent remembers an event, with what matters of it if it is for us, and says whether it was new.
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
