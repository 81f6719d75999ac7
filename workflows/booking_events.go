package workflows

import (
	"github.com/boxoffice/boxoffice/booking"
)

// takeEvent takes the provider's next event about an intent, if there is one. The SDK logs and skips
// an event that cannot be read; the deadline asks the provider anyway.
func (b *bookingRun) takeEvent() bool {
	var event booking.PaymentEvent
	if !b.events.ReceiveAsync(&event) {
		return false
	}
	if !b.seen[event.EventID] {
		b.seen[event.EventID] = true
		b.onPaymentEvent(event)
	}
	return true
}

// onPaymentEvent decides what an event means. Events come late, twice and out of order.
func (b *bookingRun) onPaymentEvent(event booking.PaymentEvent) {
	if b.open == nil || b.open.IntentID != event.IntentID {
		b.onStrayEvent(event)
		return
	}
	payment := *b.open
	switch event.Kind {
	case booking.PaymentEventSucceeded:
		if b.collected(payment, event.Received) {
			b.confirmEvent(payment, event)
		}
	case booking.PaymentEventDeclined:
		_ = b.note(booking.PaymentNote{PaymentID: payment.ID, Status: booking.PaymentDeclined, DeclineCode: event.DeclineCode})
		b.showPhase("The card was declined (%s). Payable until %s.", event.DeclineCode, clock(b.hold.ExpiresAt))
	case booking.PaymentEventProcessing:
		_ = b.note(booking.PaymentNote{PaymentID: payment.ID, Status: booking.PaymentProcessing})
		b.showPhase("The provider is processing the card.")
	case booking.PaymentEventCanceled:
		note := booking.PaymentNote{PaymentID: payment.ID, Status: booking.PaymentCancelled, UnprovenIntent: payment.IntentID}
		if refusalIn(b.note(note)) != nil {
			delete(b.seen, event.EventID)
			return
		}
		b.open = nil
		b.showPhase("The card payment was cancelled. Payable until %s.", clock(b.hold.ExpiresAt))
	}
}

// onStrayEvent hands money on an intent that this booking does not wait for to a settlement, which asks the provider what is true.
func (b *bookingRun) onStrayEvent(event booking.PaymentEvent) {
	if event.Kind == booking.PaymentEventSucceeded {
		b.settle(event.IntentID, "paid on an intent that the booking was not waiting for")
	}
}

// collected compares what an intent has collected with what its payment asked for. Any other amount
// does not pay this booking: a settlement looks into it and gives it back.
func (b *bookingRun) collected(payment booking.Payment, received booking.Money) bool {
	if received == payment.Card {
		return true
	}
	if !received.IsZero() {
		b.open = nil
		b.settle(payment.IntentID, "received "+received.String()+" instead of "+payment.Card.String())
	}
	return false
}

// note records how an attempt stands, for the customer to read. The booking does not depend on it; the
// caller may want to know why nothing was noted.
func (b *bookingRun) note(note booking.PaymentNote) error {
	err := notePayment(b.ctx, note)
	if err != nil {
		b.logger().Error("payment not noted", "error", err)
	}
	return err
}

// drainEvents handles events that came while the booking was ending. The server does not let a
// workflow close while there is an event that it has not seen, so none is lost.
func (b *bookingRun) drainEvents() {
	for b.takeEvent() {
		b.logger().Debug("an event came while the booking was ending")
	}
}
