package engine

import (
	"context"

	"github.com/boxoffice/boxoffice/booking"
)

// Delivery says what became of news of a payment.
type Delivery string

// What becomes of news of a payment. The words are those that the rows of the provider's events keep.
const (
	// Signalled: the booking or the top-up has them.
	Signalled Delivery = "SIGNALLED"
	// Settling: they tell of money that nobody was waiting for, and a workflow of its own sees to that.
	Settling Delivery = "SETTLING"
	// Ignored: they change nothing.
	Ignored Delivery = "IGNORED"
)

// DeliverPayment hands news of a payment to its booking or top-up, by the signal booking.SignalPaymentEvent. Money for one that is over, or
// that nobody knows, is settled on its own; other news of it change nothing. When it returns without an error the news are safe. A repeat does
// no harm.
//
// The settlement's workflow is booking.SettlementWorkflowID: it is joined when it runs, and runs again otherwise. It may wait for people who
// are buying, and reads "₹302.00 arrived after its booking was over".
//
// Any failure is ErrUnavailable: the provider is to send the news again.
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
