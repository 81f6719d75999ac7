package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// ConfirmBooking makes the hold a sale in one transaction: claims SOLD, payment SUCCEEDED, ledger entries,
// booking CONFIRMED, its coupon CONSUMED, trail. Or it refuses and changes nothing. Money that is known
// only from an event is verified with the provider first, before the transaction, so that no locks are held
// during the call. It returns the intents of other attempts, which end with this one but may still be paid.
func (a *Activities) ConfirmBooking(ctx context.Context, c booking.Confirmation) (booking.Confirmed, error) {
	var confirmed booking.Confirmed
	if c.Unproven {
		if err := a.proveCollected(ctx, c.Payment.IntentID, c.Payment.Card); err != nil {
			return confirmed, classify(err)
		}
	}
	err := db.InTxWithLast(ctx, a.pool, func(q, last *db.Queries) (err error) {
		confirmed, err = confirm(ctx, q, last, c, onTime)
		return err
	})
	return confirmed, classify(couponUsedUp(err))
}

// timing says whether the money came while the booking was waiting for it.
type timing bool

const (
	onTime timing = true
	// late money may still buy the very same seats, if nobody has them and the show has not begun.
	late timing = false
)

// confirm sells what a booking holds to the payment that has collected its price. It makes the last statement of its transaction.
func confirm(ctx context.Context, q, last *db.Queries, c booking.Confirmation, when timing) (confirmed booking.Confirmed, err error) {
	b, err := q.BookingForUpdate(ctx, c.BookingID)
	if err != nil {
		return confirmed, fmt.Errorf("lock booking: %w", err)
	}
	if b.Status == booking.StatusConfirmed || b.Status == booking.StatusCompleted {
		return confirmed, confirmedBy(ctx, q, c.Payment.ID, b.Status)
	}
	if err := refuseUnpayable(b, c, when); err != nil {
		return confirmed, err
	}
	if when == late {
		if err := acquire(ctx, q, b.ID, b.CustomerID, b.ShowID, b.SeatLabels); err != nil {
			return confirmed, err
		}
	}
	if confirmed, err = sell(ctx, q, b, c); err != nil {
		return confirmed, err
	}
	return confirmed, postSale(ctx, last, b, c.Payment)
}

// confirmedBy makes a repeated confirmation harmless, and refuses a second payment.
func confirmedBy(ctx context.Context, q *db.Queries, paymentID string, status booking.Status) error {
	payment, err := q.PaymentByID(ctx, paymentID)
	if err == nil && payment.Status == booking.PaymentSucceeded {
		return nil
	}
	if err != nil && !db.IsNotFound(err) {
		return err
	}
	return booking.WrongState("This booking has been paid already.", status)
}

func refuseUnpayable(b db.BookingForUpdateRow, c booking.Confirmation, when timing) error {
	revivable := when == late && b.Status == booking.StatusExpired
	switch {
	case !b.Status.Payable() && !revivable:
		return booking.WrongState("This booking can no longer be paid.", b.Status)
	case b.ShowStatus != booking.ShowStatusOnSale:
		return booking.Refuse(booking.CodeConflict, booking.ReasonNotOnSale).With("showId", b.ShowID)
	case when == late && b.ShowStarted:
		return booking.Refuse(booking.CodeConflict, "The show has started.").With("showId", b.ShowID)
	case b.Total == nil || c.Payment.Wallet.Amount+c.Payment.Card.Amount != *b.Total:
		return booking.Refuse(booking.CodeConflict, "The payment does not match the quote.")
	default:
		return nil
	}
}

// sell makes the seats sold and the payment succeed, and moves the booking through every state on the way, so that the trail has no gaps.
func sell(ctx context.Context, q *db.Queries, b db.BookingForUpdateRow, c booking.Confirmation) (confirmed booking.Confirmed, err error) {
	p := c.Payment
	sale := db.BookingSellParams{
		ID:            b.ID,
		FromStatus:    b.Status,
		PaymentID:     p.ID,
		Attempt:       int32(p.Attempt), //nolint:gosec // attempts of one hold are few
		Method:        p.Method,
		Currency:      p.Wallet.Currency,
		WalletAmount:  p.Wallet.Amount,
		CardAmount:    p.Card.Amount,
		RequestHash:   p.RequestHash,
		CorrelationID: c.CorrelationID,
		Actor:         string(c.Actor),
	}
	if sale.ToStatuses, sale.Reasons, err = stepsToConfirmed(b.Status, c.Reason); err != nil {
		return confirmed, err
	}
	done, err := q.BookingSell(ctx, sale)
	switch {
	case err != nil:
		return confirmed, fmt.Errorf("sell: %w", err)
	case int(done.Sold) != len(b.SeatLabels):
		return confirmed, booking.SeatsTaken(b.ShowID, b.SeatLabels)
	case done.Attempt == 0:
		return confirmed, booking.Refuse(booking.CodeInvalidState, "This payment has been refunded.")
	case int(done.Steps) != len(sale.ToStatuses):
		return confirmed, fmt.Errorf("a locked booking in state %s cannot become %s", b.Status, booking.StatusConfirmed)
	default:
		return booking.Confirmed{Attempt: int(done.Attempt), Intents: done.Intents}, nil
	}
}

// stepsToConfirmed are the states through which a booking becomes confirmed, with the reason for each.
func stepsToConfirmed(from booking.Status, reason string) (statuses, reasons []string, err error) {
	if from == booking.StatusSeatsLocked {
		statuses, reasons = append(statuses, string(booking.StatusPaymentPending)), append(reasons, "payment started")
	}
	statuses, reasons = append(statuses, string(booking.StatusConfirmed)), append(reasons, reason)
	at := from
	for _, next := range statuses {
		if !at.CanBecome(booking.Status(next)) {
			return nil, nil, fmt.Errorf("a booking in state %s cannot become %s", at, next)
		}
		at = booking.Status(next)
	}
	return statuses, reasons, nil
}
