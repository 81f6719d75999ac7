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
	b.releaseAndEnd(booking.StatusExpired, booking.ActorTimer, "not paid in time")
}

// cancel gives the seats back because their customer wants it. Money that was faster goes back, too.
func (b *bookingRun) cancel() (booking.Cancellation, error) {
	var paid *booking.Payment
	if b.open != nil {
		payment := *b.open
		closed, err := closeIntent(b.ctx, payment.IntentID, closePatience)
		if err != nil {
			return booking.Cancellation{}, answer(booking.Refuse(booking.CodePaymentPending,
				"A payment of this booking is still being processed. Try again in a moment.").With("paymentId", payment.ID))
		}
		if b.received(payment, closed.Received) {
			paid = &payment
		}
	}
	const reason = "cancelled by the customer"
	// The seats go first: should they turn out to be sold, the money has bought them and must not go back.
	outcome, err := b.release(booking.StatusCancelled, booking.ActorCustomer, reason)
	if err == nil && outcome.Status == booking.StatusCancelled && paid != nil {
		outcome.Refund, err = b.refund(*paid, reason)
	}
	b.defect = errors.Join(b.defect, err)
	b.end(outcome)
	if outcome.Status != booking.StatusCancelled {
		return booking.Cancellation{}, b.refuseIfEnded()
	}
	return booking.Cancellation{BookingID: b.req.BookingID, Status: outcome.Status, Refund: outcome.Refund}, b.defect
}

// cancelByOperator ends the booking as its deadline would, when an operator cancels the workflow.
func (b *bookingRun) cancelByOperator() {
	if b.open != nil {
		b.settle(b.open.IntentID, "the booking was cancelled by an operator")
	}
	b.releaseAndEnd(booking.StatusCancelled, booking.ActorSystem, "cancelled by an operator")
}

func (b *bookingRun) releaseAndEnd(to booking.Status, actor booking.Actor, reason string) {
	outcome, err := b.release(to, actor, reason)
	b.defect = errors.Join(b.defect, err)
	b.end(outcome)
}

// release gives the seats back and says how that ends the booking: as wanted, or CONFIRMED, because a settlement was
// faster and has sold the seats.
func (b *bookingRun) release(to booking.Status, actor booking.Actor, reason string) (booking.Outcome, error) {
	outcome := booking.Outcome{Status: to, Reason: reason}
	released, err := releaseSeats(b.ctx, booking.Release{
		BookingID:     b.req.BookingID,
		To:            to,
		Actor:         actor,
		Reason:        reason,
		CorrelationID: b.correlationID,
	})
	switch {
	case err != nil || released.Status == to:
		return outcome, err
	case released.Status == booking.StatusConfirmed:
		return booking.Outcome{Status: booking.StatusConfirmed, Reason: "confirmed by a settlement"}, nil
	default:
		return outcome, fmt.Errorf("booking is %s and cannot become %s", released.Status, to)
	}
}
