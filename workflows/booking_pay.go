package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// pay starts an attempt to collect the quote. A wallet's attempt is over at once; a card's waits for the customer's
// bank and ends with a payment event, another attempt, or the hold.
func (b *bookingRun) pay(req booking.PayRequest) (booking.Payment, error) {
	if req.Method == booking.MethodCard && b.pastDeadline() {
		return booking.Payment{}, answer(booking.Expired(b.req.BookingID))
	}
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
	if req.Method == booking.MethodWallet {
		payment.Wallet = b.hold.Quote.Due()
		return b.payByWallet(payment)
	}
	if b.pastDeadline() {
		return booking.Payment{}, answer(booking.Expired(b.req.BookingID))
	}
	payment.Card = b.hold.Quote.Due()
	return b.payByCard(payment)
}

// pastDeadline says that there is no time left for a card. A wallet needs none.
func (b *bookingRun) pastDeadline() bool { return !workflow.Now(b.ctx).Before(b.hold.ExpiresAt) }

// supersede closes the attempt before this one, so that never two of them can be paid.
func (b *bookingRun) supersede() error {
	if b.open == nil {
		return nil
	}
	earlier := *b.open
	closed, err := closeIntent(b.ctx, earlier.IntentID, closePatience)
	if err != nil {
		return answer(b.stillProcessing(earlier))
	}
	if b.collected(earlier, closed.Received) {
		_ = b.confirm(earlier, booking.ActorProvider, "paid by card")
		return b.refuseIfEnded()
	}
	b.open = nil
	b.note(earlier.ID, booking.PaymentCancelled, "")
	return nil
}

func (b *bookingRun) stillProcessing(payment booking.Payment) *booking.Refusal {
	return booking.Refuse(booking.CodePaymentPending, "A payment of this booking may still be under way at the provider. Try again in a moment.").
		With("paymentId", payment.ID).With(booking.DetailNewKey, true)
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
	if b.payments == 1 {
		b.showStatus(booking.StatusPaymentPending)
	}
	intent, err := openIntent(b.ctx, booking.IntentOrder{Payment: payment, CorrelationID: b.correlationID})
	if refusal := refusalIn(err); refusal != nil {
		if refusal.Code == booking.CodeInvalidState {
			b.adoptEnd()
		}
		return booking.Payment{}, answer(refusal)
	}
	if err != nil {
		// Whether the provider made the intent is unknown, and harmless: nobody has its client secret.
		b.note(payment.ID, booking.PaymentCancelled, "provider_unavailable")
		return booking.Payment{}, answer(booking.Refuse(booking.CodeUnavailable,
			"The payment provider does not answer. Nothing was charged; try again with a new Idempotency-Key.").
			With(booking.DetailNewKey, true))
	}
	payment.Status = booking.PaymentInitiated
	payment.IntentID = intent.IntentID
	payment.BookingStatus = booking.StatusPaymentPending
	b.open = &payment
	b.showPhase("Awaiting the card, %s, attempt %d, until %s.", payment.Card, payment.Attempt, clock(b.hold.ExpiresAt))
	answered := payment
	answered.ClientSecret = intent.ClientSecret
	return answered, nil
}
