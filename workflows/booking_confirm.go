package workflows

import (
	"errors"

	"github.com/boxoffice/boxoffice/booking"
)

// confirm turns the paid hold into a sale. When that cannot be done any more, the seats and the money go back. Only a
// wallet that is too empty leaves the booking as it was, to be paid otherwise.
func (b *bookingRun) confirm(payment booking.Payment, actor booking.Actor, reason string) error {
	err := confirmBooking(b.ctx, booking.Confirmation{
		BookingID:     b.req.BookingID,
		Payment:       payment,
		Actor:         actor,
		Reason:        reason,
		CorrelationID: b.correlationID,
	})
	if err == nil {
		b.accounted[payment.IntentID] = true
		b.end(booking.Outcome{Status: booking.StatusConfirmed, Reason: reason})
		return nil
	}
	refusal := refusalIn(err)
	if refusal != nil && refusal.Code == booking.CodeInsufficientFunds && payment.Card.IsZero() {
		return answer(refusal)
	}
	if refusal == nil {
		b.defect = errors.Join(b.defect, err)
		refusal = booking.Refuse(booking.CodeInternal, "the booking could not be confirmed")
	}
	b.showPhase("Paid, but it could not be confirmed; giving the seats and the money back.")
	b.giveBack(booking.StatusFailed, booking.ActorSystem, refusal.Message, &payment)
	return answer(refusal)
}
