package workflows

import (
	"errors"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/booking"
)

// expire ends the hold at its deadline, but asks the provider first: money that arrived in time buys
// the seats. While the provider is still processing, or does not answer, the seats stay held for a
// bounded grace. After that they go back on sale, and a settlement follows the money to its end.
func (b *bookingRun) expire() {
	if b.open != nil {
		payment := *b.open
		b.showPhase("The hold has ended; asking the provider whether the card was charged.")
		received, err := b.askToClose(payment, booking.ProcessingGrace)
		if err != nil {
			b.expireUndecided(payment)
			return
		}
		if b.collected(payment, received) {
			_, _ = b.confirm(payment, booking.ActorProvider, "paid by card at the last moment")
			return
		}
	}
	b.expireUnpaid()
}

// expireUnpaid ends a hold that was not paid, unless it turns out that it may have been.
func (b *bookingRun) expireUnpaid() {
	if !b.giveBack(booking.StatusExpired, booking.ActorTimer, "not paid in time", nil) {
		b.expire()
	}
}

// expireUndecided ends a hold when the provider could not be asked about its charge, unless the
// provider has sent an event in the meantime.
func (b *bookingRun) expireUndecided(payment booking.Payment) {
	for more := true; more && !b.hasEnded(); {
		more = b.takeEvent()
	}
	switch {
	case b.hasEnded():
	case b.open == nil:
		b.expireUnpaid()
	default:
		b.releaseUndecided(payment, booking.StatusExpired, booking.ActorTimer, "undecided when the hold expired")
	}
}

// askToClose has the provider collect no more money on an open attempt, and says what it has
// collected. It fails when there is no answer within patience.
func (b *bookingRun) askToClose(payment booking.Payment, patience time.Duration) (booking.Money, error) {
	closed, err := closeIntent(b.ctx, payment.IntentID, patience)
	if err == nil && !closed.Paid() {
		b.over = append(b.over, payment.IntentID)
	}
	return closed.Received, err
}

// cancel gives the seats back because their customer wants it. Money that arrived first goes back, too.
func (b *bookingRun) cancel() (booking.Cancellation, error) {
	for {
		var paid *booking.Payment
		if b.open != nil {
			payment := *b.open
			received, err := b.askToClose(payment, closePatience)
			if err != nil {
				return booking.Cancellation{}, answer(b.stillProcessing(payment))
			}
			if b.collected(payment, received) {
				paid = &payment
			}
		}
		if b.giveBack(booking.StatusCancelled, booking.ActorCustomer, "cancelled by the customer", paid) {
			break
		}
	}
	if b.outcome.Status != booking.StatusCancelled {
		return booking.Cancellation{}, b.refuseIfEnded()
	}
	return booking.Cancellation{BookingID: b.req.BookingID, Status: b.outcome.Status, Refund: b.outcome.Refund}, b.defect
}

// expireFor ends the hold at once for an operator, but asks the provider first, as the deadline does.
func (b *bookingRun) expireFor(req booking.ExpireRequest) (booking.Expiry, error) {
	for {
		if b.open != nil {
			payment := *b.open
			received, err := b.askToClose(payment, closePatience)
			if err != nil {
				return booking.Expiry{}, answer(booking.Refuse(booking.CodePaymentPending,
					"A payment of this booking may still be under way at the provider. Try again in a moment.").With("paymentId", payment.ID))
			}
			if b.collected(payment, received) {
				_, _ = b.confirm(payment, booking.ActorProvider, "paid by card at the last moment")
				return b.expiry(), b.defect
			}
		}
		if b.giveBack(booking.StatusExpired, booking.Actor(req.Actor), req.Reason, nil) {
			return b.expiry(), b.defect
		}
	}
}

func (b *bookingRun) expiry() booking.Expiry {
	return booking.Expiry{BookingID: b.req.BookingID, Status: b.outcome.Status}
}

// cancelByOperator ends the booking when an operator cancels the workflow.
func (b *bookingRun) cancelByOperator() { b.cancelAtOnce("cancelled by an operator") }

// cancelWithShow ends the booking because its show is cancelled.
func (b *bookingRun) cancelWithShow() {
	var signal booking.ShowCancelled
	if b.showCancelled.ReceiveAsync(&signal) {
		b.correlationID = signal.CorrelationID
		b.cancelAtOnce(booking.ReasonShowCancelled)
	}
}

// cancelAtOnce ends the booking without asking the provider whether the card was paid first: a
// settlement asks, and gives the money back.
func (b *bookingRun) cancelAtOnce(reason string) {
	if b.open == nil && b.giveBack(booking.StatusCancelled, booking.ActorSystem, reason, nil) {
		return
	}
	b.releaseUndecided(*b.open, booking.StatusCancelled, booking.ActorSystem, reason)
}

// adoptEnd ends the booking as it has ended in the database, by a settlement for example.
func (b *bookingRun) adoptEnd() {
	b.giveBack(booking.StatusFailed, booking.ActorSystem, "the booking had ended", nil)
}

// giveBack ends the booking: first the seats go back, then the money that was paid for them. In this order, because
// the seats may turn out to be sold: then money has bought them, and a settlement finds out whether it was this
// money. The attempt stays open until its refund is written: a sweep finds it if the workflow is lost in between.
//
// It returns false, having changed nothing, when the database has an attempt that can still be paid
// and that this run did not know of. From then on that is the open attempt.
func (b *bookingRun) giveBack(to booking.Status, actor booking.Actor, reason string, paid *booking.Payment) bool {
	outcome, released := b.release(booking.Release{To: to, Actor: actor, Reason: reason, Undecided: paid != nil})
	if released.Found != nil {
		b.resumeFrom(*released.Found)
		return false
	}
	if paid != nil && !paid.Card.IsZero() {
		if outcome.Status == booking.StatusConfirmed {
			b.settle(paid.IntentID, "the booking was confirmed meanwhile")
		} else {
			outcome.Refund = b.refund(*paid, reason)
		}
	}
	b.settleAll(released.Intents, reason)
	b.end(outcome)
	return true
}

// releaseUndecided ends the booking although its open intent may still be paid, and has a settlement follow the money.
func (b *bookingRun) releaseUndecided(payment booking.Payment, to booking.Status, actor booking.Actor, reason string) {
	outcome, released := b.release(booking.Release{To: to, Actor: actor, Reason: reason, Undecided: true})
	b.settle(payment.IntentID, reason)
	b.settleAll(released.Intents, reason)
	b.end(outcome)
}

// release gives the seats back and says how the booking has ended: as requested, or as it had ended before.
func (b *bookingRun) release(req booking.Release) (booking.Outcome, booking.Released) {
	req.BookingID, req.CorrelationID, req.Over = b.req.BookingID, b.correlationID, b.over
	outcome := booking.Outcome{Status: req.To, Reason: req.Reason}
	released, err := releaseSeats(b.ctx, req)
	switch {
	case err != nil:
		b.defect = errors.Join(b.defect, err)
	case released.Found != nil, released.Status == req.To:
	case released.Status == "" || released.Status.Payable():
		b.defect = errors.Join(b.defect, fmt.Errorf("booking is %q and cannot become %s", released.Status, req.To))
	default:
		outcome = booking.Outcome{Status: released.Status, Reason: endedBefore}
	}
	return outcome, released
}

// refund gives a payment's money back. If that does not succeed soon, a settlement follows it, so that the booking's workflow can end.
func (b *bookingRun) refund(payment booking.Payment, reason string) *booking.RefundReceipt {
	order := booking.RefundOrder{
		RefundID:      booking.RefundID(payment.IntentID),
		IntentID:      payment.IntentID,
		BookingID:     b.req.BookingID,
		PaymentID:     payment.ID,
		Amount:        payment.Card,
		Reason:        reason,
		CorrelationID: b.correlationID,
	}
	receipt, err := refundIntent(b.ctx, order, refundPatience)
	if err != nil {
		b.settle(payment.IntentID, "refund under way: "+reason)
		return &booking.RefundReceipt{RefundID: order.RefundID, Status: booking.RefundInitiated, Amount: order.Amount}
	}
	b.accounted[payment.IntentID] = true
	b.over = append(b.over, payment.IntentID)
	return &receipt
}
