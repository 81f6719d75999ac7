package workflows

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// Settlement deals with money that no workflow was waiting for: it closes the intent and learns what it
// has collected, takes the very same seats if they are still free, and otherwise gives the money back.
//
// It may run any number of times for one intent; later runs find that everything is settled. A refund
// that the provider has accepted but not decided is polled until it is.
func Settlement(ctx workflow.Context, req booking.SettlementRequest) (booking.SettlementOutcome, error) {
	// An operator's cancel must not leave the money where it is.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	outcome := booking.SettlementOutcome{IntentID: req.IntentID, Reason: req.Reason}
	workflow.SetCurrentDetails(ctx, "Asking the provider what the intent has collected: "+req.Reason+".")
	closed, err := closeIntent(ctx, req.IntentID, 0)
	if err != nil {
		return outcome, err
	}
	outcome.BookingID, outcome.TopUpID, outcome.Received = closed.BookingID, closed.TopUpID, closed.Received
	if !closed.Paid() {
		outcome.Result = booking.SettledNothing
		if closed.Unknown {
			outcome.Result = booking.SettledUnknown
		}
		return outcome, noteUnpaid(ctx, closed)
	}
	decision, err := settleMoney(ctx, booking.Settlement{Intent: closed, CorrelationID: req.CorrelationID})
	if err != nil {
		return outcome, err
	}
	outcome.Result = decision.Result
	for _, intentID := range decision.Intents {
		err = errors.Join(err, startSettlement(ctx, intentID, "the booking was paid by another attempt", req.CorrelationID))
	}
	if err != nil {
		return outcome, err
	}
	if decision.Result != booking.SettledRefunded {
		return outcome, nil
	}
	outcome.Reason = decision.Reason
	return refundSettlement(ctx, req, closed, outcome)
}

// noteUnpaid ends what was to be paid on an intent that is closed for good. Nobody waits for a
// settlement, and no later workflow would do this.
func noteUnpaid(ctx workflow.Context, closed booking.ClosedIntent) error {
	if closed.TopUpID != "" {
		_, err := endTopUp(ctx, booking.TopUpNote{TopUpID: closed.TopUpID, Status: booking.TopUpExpired})
		return err
	}
	return noteClosed(ctx, closed.PaymentID)
}

// refundSettlement gives the money back, unless it has bought the seats in the meantime.
func refundSettlement(
	ctx workflow.Context, req booking.SettlementRequest, closed booking.ClosedIntent, outcome booking.SettlementOutcome,
) (booking.SettlementOutcome, error) {
	workflow.SetCurrentDetails(ctx, "Refunding "+closed.Received.String()+": "+outcome.Reason+".")
	receipt, err := refundIntent(ctx, booking.RefundOrder{
		RefundID:      booking.RefundID(closed.IntentID),
		IntentID:      closed.IntentID,
		BookingID:     closed.BookingID,
		PaymentID:     closed.PaymentID,
		Amount:        closed.Received,
		Reason:        outcome.Reason,
		CorrelationID: req.CorrelationID,
	}, 0)
	switch {
	case refusalIn(err) != nil:
		outcome.Result = booking.SettledAlready
	case err != nil:
		return outcome, err
	default:
		outcome.Refund = &receipt
		workflow.SetCurrentDetails(ctx, receipt.String()+": "+outcome.Reason+".")
	}
	return outcome, nil
}

// settle starts a settlement that outlives the booking. If it is running already, it does the work.
func (b *bookingRun) settle(intentID, reason string) {
	if b.accounted[intentID] {
		return
	}
	b.accounted[intentID] = true
	b.over = append(b.over, intentID)
	b.defect = errors.Join(b.defect, startSettlement(b.ctx, intentID, reason, b.correlationID))
}

// settleAll starts settlements for the intents that the database has and this run has not dealt with.
func (b *bookingRun) settleAll(intents []string, reason string) {
	for _, intentID := range intents {
		if !slices.Contains(b.over, intentID) {
			b.settle(intentID, reason)
		}
	}
}
