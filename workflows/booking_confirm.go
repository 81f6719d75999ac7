package workflows

import (
	"errors"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// confirm turns the paid hold into a sale. When that is no longer possible, the seats and the money go
// back. Only when the wallet holds too little does the booking stay as it was, to be paid in another way.
func (b *bookingRun) confirm(payment booking.Payment, actor booking.Actor, reason string) (booking.Confirmed, error) {
	c := b.confirmation(payment, actor, reason)
	confirmed, err := confirmBooking(b.ctx, c)
	return confirmed, b.endConfirmed(c, confirmed, err)
}

// confirmEvent confirms a payment that is known only from an event: the step asks the provider whether it is true. If it is not, or
// the provider does not answer, the booking stays payable, until its deadline asks once more. A repeat of the event asks at once.
func (b *bookingRun) confirmEvent(payment booking.Payment, event booking.PaymentEvent) {
	c := b.confirmation(payment, booking.ActorProvider, "paid by card")
	c.Unproven = true
	confirmed, err := confirmUnproven(b.ctx, c, b.hold.ExpiresAt.Sub(workflow.Now(b.ctx)))
	refusal := refusalIn(err)
	switch {
	case err != nil && !isFinal(err):
		delete(b.seen, event.EventID)
		b.showPhase("An event says that the card has paid, but the provider does not answer. It is asked at %s.", clock(b.hold.ExpiresAt))
	case refusal != nil && refusal.Code == booking.CodePaymentPending:
		delete(b.seen, event.EventID)
		b.showPhase("An event says that the card has paid, but the provider says no. Payable until %s.", clock(b.hold.ExpiresAt))
	case refusal != nil && refusal.Code == booking.CodePaymentFailed:
		b.open = nil
		b.settle(payment.IntentID, refusal.Message)
	default:
		_ = b.endConfirmed(c, confirmed, err)
	}
}

func (b *bookingRun) confirmation(payment booking.Payment, actor booking.Actor, reason string) booking.Confirmation {
	return booking.Confirmation{
		BookingID:     b.req.BookingID,
		Payment:       payment,
		Actor:         actor,
		Reason:        reason,
		CorrelationID: b.correlationID,
	}
}

// endConfirmed ends the booking according to the result of its confirmation.
func (b *bookingRun) endConfirmed(c booking.Confirmation, confirmed booking.Confirmed, err error) error {
	payment := c.Payment
	if err == nil {
		b.accounted[payment.IntentID] = true
		b.end(booking.Outcome{Status: booking.StatusConfirmed, Reason: c.Reason})
		b.settleAll(confirmed.Intents, "the booking was paid by another attempt")
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
