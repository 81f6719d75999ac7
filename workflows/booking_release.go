package workflows

import (
	"errors"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
)

// expire ends the hold at its deadline, but asks the provider first: money that was faster buys the seats. While the
// provider is still processing, or does not answer, the seats stay held for a bounded grace. After that they go back on
// sale, and a settlement follows the money to its end.
func (b *bookingRun) expire() {
	if b.open != nil {
		payment := *b.open
		b.showPhase("The hold has ended; asking the provider whether the card was charged.")
		closed, err := closeIntent(b.ctx, payment.IntentID, booking.ProcessingGrace)
		switch {
		case err != nil:
			b.settle(payment.IntentID, "undecided when the hold expired")
		case b.received(payment, closed.Received):
			_ = b.confirm(payment, booking.ActorProvider, "paid by card at the last moment")
			return
		}
	}
	b.releaseAndEnd(booking.StatusExpired, booking.ActorTimer, "not paid in time", booking.Money{})
}

// cancel gives the seats back because their customer wants it. Money that was faster goes back, too.
func (b *bookingRun) cancel() (booking.Cancellation, error) {
	var refunded booking.Money
	if b.open != nil {
		payment := *b.open
		closed, err := closeIntent(b.ctx, payment.IntentID, closePatience)
		if err != nil {
			return booking.Cancellation{}, answer(booking.Refuse(booking.CodePaymentPending,
				"A payment of this booking is still being processed. Try again in a moment.").With("paymentId", payment.ID))
		}
		if b.received(payment, closed.Received) {
			if err := b.refund(payment, "cancelled by the customer"); err != nil {
				b.defect = errors.Join(b.defect, err)
			}
			refunded = payment.Card
		}
	}
	b.releaseAndEnd(booking.StatusCancelled, booking.ActorCustomer, "cancelled by the customer", refunded)
	return booking.Cancellation{BookingID: b.req.BookingID, Status: b.outcome.Status, Refunded: refunded}, b.defect
}

// cancelByOperator ends the booking as its deadline would, when an operator cancels the workflow.
func (b *bookingRun) cancelByOperator() {
	if b.open != nil {
		b.settle(b.open.IntentID, "the booking was cancelled by an operator")
	}
	b.releaseAndEnd(booking.StatusCancelled, booking.ActorSystem, "cancelled by an operator", booking.Money{})
}

func (b *bookingRun) releaseAndEnd(to booking.Status, actor booking.Actor, reason string, refunded booking.Money) {
	if err := b.release(to, actor, reason); err != nil {
		b.defect = errors.Join(b.defect, err)
	}
	b.end(booking.Outcome{Status: to, Reason: reason, Refunded: refunded})
}

func (b *bookingRun) release(to booking.Status, actor booking.Actor, reason string) error {
	released, err := releaseSeats(b.ctx, booking.Release{
		BookingID:     b.req.BookingID,
		To:            to,
		Actor:         actor,
		Reason:        reason,
		CorrelationID: b.correlationID,
	})
	if err == nil && released.Status != to {
		err = fmt.Errorf("booking is %s and cannot become %s", released.Status, to)
	}
	return err
}
