package workflows

import (
	"github.com/boxoffice/boxoffice/booking"
)

// onPaymentEvent takes the provider's word about an intent. Words come late, twice and out of order.
func (b *bookingRun) onPaymentEvent(event booking.PaymentEvent) {
	if b.seen[event.EventID] {
		return
	}
	b.seen[event.EventID] = true
	if b.open == nil || b.open.IntentID != event.IntentID {
		b.onStrayEvent(event)
		return
	}
	switch event.Kind {
	case booking.PaymentEventSucceeded:
		if payment := *b.open; b.received(payment, event.Received) {
			_ = b.confirm(payment, booking.ActorProvider, "paid by card")
		}
	case booking.PaymentEventDeclined:
		b.note(b.open.ID, booking.PaymentDeclined, event.DeclineCode)
		b.showPhase("The card was declined (%s). Payable until %s.", event.DeclineCode, clock(b.hold.ExpiresAt))
	case booking.PaymentEventProcessing:
		b.note(b.open.ID, booking.PaymentProcessing, "")
		b.showPhase("The provider is processing the card.")
	case booking.PaymentEventCanceled:
		b.note(b.open.ID, booking.PaymentCancelled, "")
		b.open = nil
		b.showPhase("The card payment was cancelled. Payable until %s.", clock(b.hold.ExpiresAt))
	}
}

// onStrayEvent hands money on an intent that this booking does not wait for to a settlement, which asks the provider
// for the truth.
func (b *bookingRun) onStrayEvent(event booking.PaymentEvent) {
	if event.Kind == booking.PaymentEventSucceeded {
		b.settle(event.IntentID, "paid on an intent that the booking was not waiting for")
	}
}

// received says whether what an intent has collected is what its payment asked for. Any other sum is for the
// settlement to give back, and does not pay this booking.
func (b *bookingRun) received(payment booking.Payment, money booking.Money) bool {
	if money == payment.Card {
		return true
	}
	if !money.IsZero() {
		b.open = nil
		b.settle(payment.IntentID, "received "+money.String()+" instead of "+payment.Card.String())
	}
	return false
}

// note records how an attempt stands, for the customer to read. The booking does not depend on it.
func (b *bookingRun) note(paymentID string, status booking.PaymentStatus, declineCode string) {
	err := notePayment(b.ctx, booking.PaymentNote{PaymentID: paymentID, Status: status, DeclineCode: declineCode})
	if err != nil {
		b.logger().Error("payment not noted", "error", err)
	}
}

// drainEvents looks at what the provider said while the booking was ending. The server does not let a workflow close
// over an event that it has not seen, so none is lost.
func (b *bookingRun) drainEvents() error {
	var event booking.PaymentEvent
	for b.events.ReceiveAsync(&event) {
		if b.seen[event.EventID] || b.paidBy(event.IntentID) {
			continue
		}
		b.seen[event.EventID] = true
		b.onStrayEvent(event)
	}
	return b.defect
}

// paidBy says that the booking was confirmed, or refunded, with the money of this intent.
func (b *bookingRun) paidBy(intentID string) bool {
	return b.open != nil && b.open.IntentID == intentID && b.outcome.Status != booking.StatusExpired
}
