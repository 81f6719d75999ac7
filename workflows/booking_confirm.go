package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// confirm turns the paid hold into a sale. When that cannot be done any more, everything goes back: first the money of
// the card, then the seats. Only an empty wallet leaves the booking as it was, to be paid otherwise.
func (b *bookingRun) confirm(payment booking.Payment, actor booking.Actor, reason string) error {
	var undo saga
	var refunded booking.Money
	undo.onFailure(func(workflow.Context) error {
		return b.release(booking.StatusFailed, booking.ActorSystem, "paid, but the booking could not be confirmed")
	})
	if !payment.Card.IsZero() {
		undo.onFailure(func(workflow.Context) error {
			refunded = payment.Card
			return b.refund(payment, "the booking could not be confirmed")
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
	if undoErr := undo.compensate(b.ctx); undoErr != nil {
		b.defect = undoErr
	}
	if refusal == nil {
		b.defect = err
		b.end(booking.Outcome{Status: booking.StatusFailed, Reason: "defect", Refunded: refunded})
		return err
	}
	b.end(booking.Outcome{Status: booking.StatusFailed, Reason: refusal.Message, Refunded: refunded})
	return answer(refusal)
}

func (b *bookingRun) refund(payment booking.Payment, reason string) error {
	return refundIntent(b.ctx, booking.RefundOrder{
		RefundID:      booking.RefundID(payment.IntentID),
		IntentID:      payment.IntentID,
		BookingID:     b.req.BookingID,
		PaymentID:     payment.ID,
		Amount:        payment.Card,
		Reason:        reason,
		CorrelationID: b.correlationID,
	})
}
