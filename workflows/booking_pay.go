package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// pay starts an attempt to collect the quote. A wallet's attempt is over at once; a card's waits for the customer's
// bank and ends with a payment event, another attempt, or the hold.
func (b *bookingRun) pay(req booking.PayRequest) (booking.Payment, error) {
	if err := b.supersede(); err != nil {
		return booking.Payment{}, err
	}
	b.payments++
	payment := booking.Payment{
		ID:          req.PaymentID,
		BookingID:   b.req.BookingID,
		Attempt:     b.payments,
		Method:      req.Method,
		Wallet:      booking.Money{Currency: b.hold.Quote.Currency},
		Card:        booking.Money{Currency: b.hold.Quote.Currency},
		RequestHash: req.RequestHash,
	}
	switch req.Method {
	case booking.MethodWallet:
		payment.Wallet = b.hold.Quote.Due()
		return b.payByWallet(payment)
	case booking.MethodCard:
		payment.Card = b.hold.Quote.Due()
		return b.payByCard(payment)
	default:
		return payment, answer(booking.InvalidField("method", "This is no payment method."))
	}
}

// supersede closes the attempt before this one, so that never two of them can be paid.
func (b *bookingRun) supersede() error {
	if b.open == nil {
		return nil
	}
	earlier := *b.open
	closed, err := closeIntent(b.ctx, earlier.IntentID, closePatience)
	if err != nil {
		return answer(booking.Refuse(booking.CodePaymentPending, "An earlier payment of this booking is still being processed.").
			With("paymentId", earlier.ID).With(booking.DetailNewKey, true))
	}
	if b.received(earlier, closed.Received) {
		_ = b.confirm(earlier, booking.ActorProvider, "paid by card")
		return b.refuseIfEnded()
	}
	b.open = nil
	b.note(earlier.ID, booking.PaymentCancelled, "")
	return nil
}

func (b *bookingRun) payByWallet(payment booking.Payment) (booking.Payment, error) {
	if err := b.confirm(payment, booking.ActorCustomer, "paid from the wallet"); err != nil {
		return booking.Payment{}, err
	}
	payment.Status = booking.PaymentSucceeded
	payment.BookingStatus = booking.StatusConfirmed
	return payment, nil
}

func (b *bookingRun) payByCard(payment booking.Payment) (booking.Payment, error) {
	if !workflow.Now(b.ctx).Before(b.hold.ExpiresAt) {
		return booking.Payment{}, answer(booking.Expired(b.req.BookingID))
	}
	if b.payments == 1 {
		b.showStatus(booking.StatusPaymentPending)
	}
	intent, err := openIntent(b.ctx, booking.IntentOrder{Payment: payment, CorrelationID: b.correlationID})
	if refusal := refusalIn(err); refusal != nil {
		return booking.Payment{}, answer(refusal)
	}
	if err != nil {
		// Whether the provider made the intent is unknown, and harmless: nobody has its client secret.
		b.note(payment.ID, booking.PaymentCancelled, "provider_unavailable")
		return booking.Payment{}, answer(booking.Refuse(booking.CodeUnavailable,
			"The payment provider does not answer. Nothing was charged; try again with a new Idempotency-Key.").With(booking.DetailNewKey, true))
	}
	payment.Status = booking.PaymentInitiated
	payment.IntentID = intent.IntentID
	payment.BookingStatus = booking.StatusPaymentPending
	b.open = &payment
	b.showPhase("Awaiting the card, %s, attempt %d, until %s.", payment.Card, payment.Attempt, clock(b.hold.ExpiresAt))
	payment.ClientSecret = intent.ClientSecret
	return payment, nil
}
