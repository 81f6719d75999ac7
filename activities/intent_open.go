package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// OpenIntent writes the attempt and then asks the provider for its intent. Cut off between the two, a repeat finds the
// row by its id and the intent by the attempt's key.
func (a *Activities) OpenIntent(ctx context.Context, order booking.IntentOrder) (booking.Intent, error) {
	p := order.Payment
	q := db.New(a.pool)
	if err := a.openPayment(ctx, order); err != nil {
		return booking.Intent{}, classify(err)
	}
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
	if err := q.PaymentSetIntent(ctx, db.PaymentSetIntentParams{ID: p.ID, IntentID: intent.ID}); err != nil {
		return booking.Intent{}, classify(fmt.Errorf("record intent: %w", err))
	}
	return booking.Intent{IntentID: intent.ID, ClientSecret: intent.ClientSecret}, nil
}

// openPayment writes the attempt, once, unless the booking cannot be paid any more.
func (a *Activities) openPayment(ctx context.Context, order booking.IntentOrder) error {
	return db.InTx(ctx, a.pool, func(q *db.Queries) error {
		if err := q.BookingLock(ctx, order.Payment.BookingID); err != nil {
			return fmt.Errorf("lock booking: %w", err)
		}
		before, err := q.PaymentOpen(ctx, paymentOpening(order.Payment, order.CorrelationID))
		if err != nil {
			return fmt.Errorf("write payment: %w", err)
		}
		if status := booking.Status(before); !status.Payable() {
			return booking.WrongState("This booking can no longer be paid.", status)
		}
		return nil
	})
}

// intentRefused ends an attempt that the provider will never open; any other failure is worth another try.
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
