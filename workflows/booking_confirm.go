package workflows

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// confirm turns the paid hold into a sale. When that cannot be done any more, everything goes back: first the money of
// the card, then the seats. Only an empty wallet leaves the booking as it was, to be paid otherwise.
func (b *bookingRun) confirm(payment booking.Payment, actor booking.Actor, reason string) error {
	var undo saga
	var outcome booking.Outcome
	var refund *booking.RefundReceipt
	undo.onFailure(func(workflow.Context) (err error) {
		outcome, err = b.release(booking.StatusFailed, booking.ActorSystem, "paid, but the booking could not be confirmed")
		return err
	})
	if !payment.Card.IsZero() {
		undo.onFailure(func(workflow.Context) (err error) {
			refund, err = b.refund(payment, "the booking could not be confirmed")
			return err
		})
	}
	err := confirmBooking(b.ctx, booking.Confirmation{
		BookingID:     b.req.BookingID,
		Payment:       payment,
		Actor:         actor,
		Reason:        reason,
		CorrelationID: b.correlationID,
	})
	if err == nil {
		b.end(booking.Outcome{Status: booking.StatusConfirmed, Reason: reason})
		return nil
	}
	refusal := refusalIn(err)
	if refusal != nil && refusal.Code == booking.CodeInsufficientFunds {
		return answer(refusal)
	}
	b.showPhase("Paid, but it could not be confirmed; giving the money and the seats back.")
	b.defect = errors.Join(b.defect, undo.compensate(b.ctx))
	outcome.Refund = refund
	if refusal == nil {
		b.defect = errors.Join(b.defect, err)
		b.end(outcome)
		return err
	}
	if outcome.Status == booking.StatusFailed {
		outcome.Reason = refusal.Message
	}
	b.end(outcome)
	return answer(refusal)
}

func (b *bookingRun) refund(payment booking.Payment, reason string) (*booking.RefundReceipt, error) {
	receipt, err := refundIntent(b.ctx, booking.RefundOrder{
		RefundID:      booking.RefundID(payment.IntentID),
		IntentID:      payment.IntentID,
		BookingID:     b.req.BookingID,
		PaymentID:     payment.ID,
		Amount:        payment.Card,
		Reason:        reason,
		CorrelationID: b.correlationID,
	})
	return &receipt, err
}
