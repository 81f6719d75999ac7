package engine

import (
	"context"

	"github.com/boxoffice/boxoffice/booking"
)

// Delivery says what became of a payment event.
type Delivery string

// What becomes of a payment event. The rows of the provider's events keep these values.
const (
	// Signalled: the booking or the top-up has got it.
	Signalled Delivery = "SIGNALLED"
	// Settling: it tells of money that nobody was waiting for, and a workflow of its own deals with that.
	Settling Delivery = "SETTLING"
	// Ignored: it changes nothing.
	Ignored Delivery = "IGNORED"
)

// DeliverPayment hands a payment event to its booking or top-up, by the signal booking.SignalPaymentEvent.
// Money for one that is over, or that nobody knows, is settled by another workflow; other events for it
// change nothing. When it returns without an error the event is safe. A repeat is harmless.
//
// The settlement's workflow is booking.SettlementWorkflowID: if it is running it is joined, otherwise it runs
// again. People who are buying go before it, and its summary is "₹302.00 arrived after its booking was over".
//
// Any failure is ErrUnavailable: the provider has to send the event again.
func (e *Engine) DeliverPayment(ctx context.Context, event booking.PaymentEvent) (Delivery, error) {
	err := e.temporal.SignalWorkflow(ctx, event.WorkflowID(), "", booking.SignalPaymentEvent, event)
	switch {
	case err == nil:
		return Signalled, nil
	case !isUnknown(err):
		return "", unavailable(err)
	case event.Kind != booking.PaymentEventSucceeded:
		return Ignored, nil
	}
	start := settling(booking.SettlementWorkflowID(event.IntentID))
	start.StaticSummary = event.Received.String() + " arrived after its " + event.Subject() + " was over"
	_, err = e.temporal.ExecuteWorkflow(ctx, start, booking.SettlementWorkflow, booking.SettlementRequest{
		IntentID: event.IntentID, Reason: "paid after the " + event.Subject() + " was over", CorrelationID: event.CorrelationID,
	})
	if err != nil {
		return "", unavailable(err)
	}
	return Settling, nil
}
