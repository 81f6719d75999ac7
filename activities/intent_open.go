package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// OpenIntent writes the attempt and then asks the provider for its intent. If it is cut off between the
// two, a repeat finds the row by its id and the intent by the attempt's key. While there are attempts
// that the caller does not know of, nothing is opened, and the answer says how the booking stands.
func (a *Activities) OpenIntent(ctx context.Context, order booking.IntentOrder) (booking.Intent, error) {
	q := db.New(a.pool)
	taken, err := a.openPayment(ctx, order)
	if err != nil || taken.found != nil {
		return booking.Intent{Found: taken.found}, classify(err)
	}
	p := taken.Payment
	intent, err := a.provider.CreateIntent(ctx, provider.IntentRequest{
		Amount:         p.Card,
		BookingID:      p.BookingID,
		PaymentID:      p.ID,
		CorrelationID:  order.CorrelationID,
		IdempotencyKey: booking.AttemptKey(p.BookingID, p.Attempt),
		Description:    "Booking " + p.BookingID,
	})
	if err != nil {
		return booking.Intent{}, a.intentRefused(ctx, q, p, err)
	}
	status, err := q.PaymentSetIntent(ctx, db.PaymentSetIntentParams{ID: p.ID, IntentID: intent.ID})
	if err != nil {
		return booking.Intent{}, classify(fmt.Errorf("record intent: %w", err))
	}
	if !booking.PaymentStatus(status).Open() {
		return booking.Intent{}, a.closeBelated(ctx, p, intent.ID)
	}
	return booking.Intent{IntentID: intent.ID, ClientSecret: intent.ClientSecret, Attempt: p.Attempt}, nil
}

// closeBelated closes an intent that the provider has made for an attempt that has ended in the meantime. Nobody else knows of it.
func (a *Activities) closeBelated(ctx context.Context, p booking.Payment, intentID string) error {
	if _, err := a.provider.CancelIntent(ctx, intentID, booking.AttemptKey(p.BookingID, p.Attempt)+":close"); err != nil {
		return classify(err)
	}
	return classify(booking.AttemptEnded())
}

// openPayment writes the attempt, once, unless the booking can no longer be paid, or another attempt has to be closed first.
func (a *Activities) openPayment(ctx context.Context, order booking.IntentOrder) (taken attempt, err error) {
	err = db.InTxOfBooking(ctx, a.pool, order.Payment.BookingID, func(q, _ *db.Queries) error {
		if taken, err = takeAttempt(ctx, q, order.Payment, order.Over); err != nil || taken.found != nil {
			return err
		}
		before, err := q.PaymentOpen(ctx, paymentOpening(taken.Payment, order.CorrelationID))
		if err != nil {
			return fmt.Errorf("write payment: %w", err)
		}
		return refusePaid(booking.Status(before))
	})
	return taken, err
}

// intentRefused ends an attempt that the provider will never open; any other failure is worth retrying.
func (a *Activities) intentRefused(ctx context.Context, q *db.Queries, p booking.Payment, err error) error {
	var providerErr *provider.Error
	if !errors.As(err, &providerErr) || providerErr.Kind != provider.KindRejected {
		return classify(err)
	}
	note := db.PaymentNoteParams{ID: p.ID, Status: booking.PaymentCancelled, DeclineCode: optional(providerErr.Code)}
	if err := q.PaymentNote(ctx, note); err != nil {
		return classify(err)
	}
	return classify(booking.Refuse(booking.CodePaymentFailed, "The payment provider does not accept this payment.").
		With("reason", providerErr.Code))
}
