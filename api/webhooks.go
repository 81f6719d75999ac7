package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/engine"
)

const (
	// maxEvent is how many bytes an event may have. The provider's have a few thousand, and nobody knows whose a longer one is before it has been read whole.
	maxEvent = 1 << 20
)

// What becomes of an event.
const (
	eventSignalled = string(engine.Signalled)
	eventSettling  = string(engine.Settling)
	eventRecorded  = "RECORDED"
	eventIgnored   = string(engine.Ignored)
	// eventUnreadable is one that the provider has signed and that may be for us, but does not say what we need to know.
	eventUnreadable = "UNREADABLE"
	eventDuplicate  = "DUPLICATE"
)

// eventKinds are the events that mean something to a booking.
var eventKinds = map[string]booking.PaymentEventKind{
	"payment_intent.succeeded":      booking.PaymentEventSucceeded,
	"payment_intent.payment_failed": booking.PaymentEventDeclined,
	"payment_intent.processing":     booking.PaymentEventProcessing,
	"payment_intent.canceled":       booking.PaymentEventCanceled,
}

// stripeEvent is what matters of an event, whatever its API version.
type stripeEvent struct {
	id, kind string
	created  time.Time
	object   json.RawMessage
	// unreadable says what is missing; empty for an event as we know them.
	unreadable string
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

// ReceiveStripeEvent accepts an event of the payment provider. It answers 200 only when a workflow has the event for good;
// the row that tells repeats comes last, so that an event that was not accepted is never taken for one that was.
func (h *handlers) ReceiveStripeEvent(c echo.Context, _ openapi.ReceiveStripeEventParams) error {
	body, err := readBody(c, maxEvent)
	if failed, ok := errors.AsType[*failure](err); ok && failed.status == http.StatusRequestEntityTooLarge {
		h.noteTooLarge(c.Request().Context())
	}
	if err != nil {
		return err
	}
	if err := h.config.verifySignature(body, c.Request().Header.Get("Stripe-Signature")); err != nil {
		h.noteBadSignature(c.Request().Context())
		return badSignature(err)
	}
	received := readEvent(body, h.now())
	// The provider hangs up when it likes; what was accepted is written down all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request().Context()), h.config.RequestTimeout)
	defer cancel()
	outcome, err := h.takeEvent(ctx, received, correlationID(c))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, openapi.WebhookReceipt{Status: outcome})
}

// takeEvent says what became of an event. One that means nothing to anybody is only remembered: writing it down tells as well whether it is
// a repeat. So is one that cannot be read, which is flagged: refused, the provider would send it for days and then close the endpoint.
func (h *handlers) takeEvent(ctx context.Context, received stripeEvent, correlationID string) (outcome string, err error) {
	accept := h.acceptorOf(received.kind)
	if accept == nil && received.kind != "" {
		stored, err := h.storeEvent(ctx, received, nil, eventIgnored)
		switch {
		case err != nil:
			return "", fmt.Errorf("store event: %w", err)
		case !stored:
			return eventDuplicate, nil
		}
		return eventIgnored, nil
	}
	seen, err := h.queries.WebhookSeen(ctx, received.id)
	switch {
	case err != nil:
		return "", fmt.Errorf("look for event: %w", err)
	case seen:
		return eventDuplicate, nil
	}
	if received.unreadable == "" {
		outcome, err = accept(ctx, received, correlationID)
		failed, garbled := errors.AsType[*failure](err)
		if !garbled || failed.status != http.StatusBadRequest {
			return outcome, err
		}
		received.unreadable = failed.refusal.Message
	}
	return eventUnreadable, h.storeUnreadable(ctx, received)
}

// acceptor brings an event to whom it is for and remembers it, in this order or at once. It says what became of it.
type acceptor func(ctx context.Context, received stripeEvent, correlationID string) (outcome string, err error)

// acceptorOf finds who knows what to do with a kind of event; nil when it means nothing to anybody.
func (h *handlers) acceptorOf(kind string) acceptor {
	_, ofDispute := disputeStages[kind]
	switch {
	case slices.Contains(refundEvents, kind):
		return h.acceptRefundEvent
	case kind == chargeRefunded:
		return h.acceptChargeRefunded
	case ofDispute:
		return h.acceptDispute
	case eventKinds[kind] != "":
		return h.acceptPaymentEvent
	default:
		return nil
	}
}

// acceptPaymentEvent accepts news of an intent.
func (h *handlers) acceptPaymentEvent(ctx context.Context, received stripeEvent, correlationID string) (outcome string, err error) {
	event, err := h.paymentEvent(received, correlationID)
	if err != nil {
		return "", err
	}
	outcome = eventIgnored
	if event != nil {
		if outcome, err = h.deliver(ctx, *event); err != nil {
			return "", err
		}
	}
	if _, err := h.storeEvent(ctx, received, event, outcome); err != nil {
		return "", fmt.Errorf("store event: %w", err)
	}
	return outcome, nil
}

// paymentEvent reduces an event to what a booking or a top-up needs; nil when it means nothing to any of ours. The provider sends every
// deployment the events of all that share its account: another's money is not ours to settle.
func (h *handlers) paymentEvent(received stripeEvent, correlationID string) (*booking.PaymentEvent, error) {
	kind := eventKinds[received.kind]
	var intent stripeIntent
	if err := json.Unmarshal(received.object, &intent); err != nil || !isID(intent.ID) {
		return nil, malformed("data.object", "This is not a payment intent.")
	}
	bookingID, topUpID := intent.Metadata[booking.MetadataBooking], intent.Metadata[booking.MetadataTopUp]
	ours := bookingIDPattern.MatchString(bookingID) && topUpID == "" || topUpIDPattern.MatchString(topUpID) && bookingID == ""
	if intent.Metadata[booking.MetadataDeployment] != h.config.Deployment || !ours {
		return nil, nil //nolint:nilnil // not for us
	}
	event := &booking.PaymentEvent{
		EventID: received.id, Kind: kind, IntentID: intent.ID, BookingID: bookingID, TopUpID: topUpID,
		Received:   booking.Money{Amount: intent.AmountReceived, Currency: strings.ToUpper(shortened(intent.Currency))},
		OccurredAt: received.created, CorrelationID: correlationID,
	}
	if failed := intent.LastError; failed != nil && kind == booking.PaymentEventDeclined {
		event.DeclineCode = shortened(cmp.Or(failed.DeclineCode, failed.Code))
	}
	return event, nil
}

// deliver hands news of a payment to whom they are for.
func (h *handlers) deliver(ctx context.Context, event booking.PaymentEvent) (outcome string, err error) {
	delivery, err := h.engine.DeliverPayment(ctx, event)
	return string(delivery), err
}

// storeEvent remembers an event, with what matters of it if it is for us, and says whether it was new.
func (h *handlers) storeEvent(ctx context.Context, received stripeEvent, event *booking.PaymentEvent, outcome string) (stored bool, err error) {
	row := received.row(outcome)
	if event != nil {
		if row.Event, err = json.Marshal(event); err != nil {
			return false, err
		}
		row.IntentID, row.BookingID = &event.IntentID, optional(event.BookingID)
	}
	rows, err := h.queries.WebhookStore(ctx, row)
	return rows > 0, err
}
