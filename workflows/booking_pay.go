package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// pay starts an attempt to collect the quote. An attempt by wallet ends at once; one with a card waits
// for the customer's bank and ends with a payment event, with another attempt, or with the hold. An
// attempt that an earlier run has made is returned, not made again.
func (b *bookingRun) pay(req booking.PayRequest) (booking.Payment, error) {
	if req.Method != booking.MethodWallet && b.pastDeadline() {
		return booking.Payment{}, answer(booking.Expired(b.req.BookingID))
	}
	switch {
	case b.ended[req.PaymentID]:
		return booking.Payment{}, answer(booking.AttemptEnded())
	case b.open != nil && b.open.ID == req.PaymentID:
		return b.payByCard(req, *b.open)
	}
	if err := b.supersede(); err != nil {
		return booking.Payment{}, err
	}
	b.payments++
	if req.Method != booking.MethodWallet && b.pastDeadline() {
		return booking.Payment{}, answer(booking.Expired(b.req.BookingID))
	}
	tenders, err := b.tendersFor(req)
	switch {
	case err != nil:
		return booking.Payment{}, err
	case tenders.Found != nil:
		return b.payAfter(*tenders.Found, req)
	case tenders.Method == booking.MethodWallet:
		return b.payByWallet(tenders.Payment)
	default:
		return b.payByCard(req, tenders.Payment)
	}
}

// payAfter pays after an attempt that this run did not know of.
func (b *bookingRun) payAfter(found booking.Standing, req booking.PayRequest) (booking.Payment, error) {
	b.resumeFrom(found)
	return b.pay(req)
}

// tendersFor says which part of the quote each tender pays in this attempt. The wallet's part of a
// hybrid payment is set aside, and is released when the attempt ends.
func (b *bookingRun) tendersFor(req booking.PayRequest) (booking.Reserved, error) {
	payment := booking.Payment{
		ID:          req.PaymentID,
		BookingID:   b.req.BookingID,
		Attempt:     b.payments,
		Method:      req.Method,
		Wallet:      booking.Money{Currency: b.due.Currency},
		Card:        booking.Money{Currency: b.due.Currency},
		RequestHash: req.RequestHash,
	}
	switch req.Method {
	case booking.MethodWallet:
		payment.Wallet = b.due
	case booking.MethodCard:
		if b.due.IsZero() {
			return booking.Reserved{}, answer(booking.InvalidField("method", "There is nothing to pay by card: choose WALLET."))
		}
		payment.Card = b.due
	case booking.MethodWalletAndCard:
		reserved, err := reserveWallet(b.ctx, booking.Reservation{
			Payment: payment, WalletAmount: req.WalletAmount, CorrelationID: b.correlationID, Over: b.over,
		})
		b.payments = max(b.payments, reserved.Attempt)
		return reserved, b.refuseAttempt(err, "The wallet cannot be reached.")
	}
	return booking.Reserved{Payment: payment}, nil
}

// refuseAttempt answers for a step that failed before any money could move. What it may have written
// despite its failure ends with the next attempt, or with the booking.
func (b *bookingRun) refuseAttempt(err error, what string) error {
	if err == nil {
		return nil
	}
	refusal := refusalIn(err)
	switch {
	case refusal == nil:
		refusal = booking.Refuse(booking.CodeUnavailable, what+" Nothing was charged; try again with a new Idempotency-Key.").
			With(booking.DetailNewKey, true)
	case refusal.Code == booking.CodeInvalidState:
		b.adoptEnd()
	}
	return answer(refusal)
}

// pastDeadline says that there is no time left to pay by card. Paying by wallet needs none.
func (b *bookingRun) pastDeadline() bool { return !workflow.Now(b.ctx).Before(b.hold.ExpiresAt) }

// supersede closes the previous attempt, so that there are never two that can be paid.
func (b *bookingRun) supersede() error {
	if b.open == nil {
		return nil
	}
	earlier := *b.open
	received, err := b.askToClose(earlier, closePatience)
	if err != nil {
		return answer(b.stillProcessing(earlier))
	}
	if b.collected(earlier, received) {
		_, _ = b.confirm(earlier, booking.ActorProvider, "paid by card")
		return b.refuseIfEnded()
	}
	b.open = nil
	_ = b.note(booking.PaymentNote{PaymentID: earlier.ID, Status: booking.PaymentCancelled})
	return nil
}

func (b *bookingRun) stillProcessing(payment booking.Payment) *booking.Refusal {
	return booking.Refuse(booking.CodePaymentPending, "A payment of this booking may still be under way at the provider. Try again in a moment.").
		With("paymentId", payment.ID).With(booking.DetailNewKey, true)
}

func (b *bookingRun) payByWallet(payment booking.Payment) (booking.Payment, error) {
	confirmed, err := b.confirm(payment, booking.ActorCustomer, "paid from the wallet")
	if err != nil {
		return booking.Payment{}, err
	}
	payment.Attempt = max(payment.Attempt, confirmed.Attempt)
	payment.Status = booking.PaymentSucceeded
	payment.BookingStatus = booking.StatusConfirmed
	return payment, nil
}

func (b *bookingRun) payByCard(req booking.PayRequest, payment booking.Payment) (booking.Payment, error) {
	if !b.pending {
		b.pending = true
		b.showStatus(booking.StatusPaymentPending)
	}
	intent, err := openIntent(b.ctx, booking.IntentOrder{Payment: payment, CorrelationID: b.correlationID, Over: b.over})
	if err != nil {
		if refusalIn(err) == nil {
			// Whether the provider made the intent is unknown, and harmless: nobody has its client secret.
			_ = b.note(booking.PaymentNote{PaymentID: payment.ID, Status: booking.PaymentCancelled, DeclineCode: "provider_unavailable"})
		}
		return booking.Payment{}, b.refuseAttempt(err, "The payment provider does not answer.")
	}
	if intent.Found != nil {
		return b.payAfter(*intent.Found, req)
	}
	payment.Attempt = max(payment.Attempt, intent.Attempt)
	b.payments = max(b.payments, payment.Attempt)
	payment.Status = booking.PaymentInitiated
	payment.IntentID = intent.IntentID
	payment.BookingStatus = booking.StatusPaymentPending
	b.open = &payment
	b.showPhase("Awaiting the card, %s, attempt %d, until %s.", payment.Card, payment.Attempt, clock(b.hold.ExpiresAt))
	answered := payment
	answered.ClientSecret = intent.ClientSecret
	return answered, nil
}
