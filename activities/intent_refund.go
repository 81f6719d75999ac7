package activities

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// unfinishedRefundPoll is how often the provider is asked about a refund that it has accepted but not
// decided, which can take days, or that it has refused for now.
const unfinishedRefundPoll = time.Hour

// RefundIntent writes the refund of money that has bought nothing, and then asks the provider for it. The refund's id is its
// key on both sides, so that any number of repeats gives the money back once. A refund that the provider refuses for good
// stays visible as NEEDS_ATTENTION; one that it has not decided, or has refused for now, is an error that is worth retrying.
func (a *Activities) RefundIntent(ctx context.Context, order booking.RefundOrder) (booking.RefundReceipt, error) {
	receipt, err := a.openRefund(ctx, order)
	if err != nil {
		return booking.RefundReceipt{}, classify(err)
	}
	if receipt.Status == booking.RefundSucceeded {
		return receipt, nil
	}
	receipt, err = a.sendRefund(ctx, order.RefundID, order.CorrelationID)
	if err != nil {
		return booking.RefundReceipt{}, classify(err)
	}
	switch receipt.Status {
	case booking.RefundInitiated:
		return booking.RefundReceipt{}, askAgain("the provider has not decided about the refund yet", booking.FailureStillProcessing)
	case booking.RefundFailed:
		return booking.RefundReceipt{}, askAgain("the provider refuses the refund for now: "+receipt.FailureCode, booking.FailureProviderBusy)
	case booking.RefundSucceeded, booking.RefundNeedsAttention:
		return receipt, nil
	default:
		return receipt, nil
	}
}

func askAgain(message, kind string) error {
	return temporal.NewApplicationErrorWithOptions(message, kind, temporal.ApplicationErrorOptions{NextRetryDelay: unfinishedRefundPoll})
}

// openRefund writes the refund and what it owes, or finds it. It refuses when the money has bought the seats.
func (a *Activities) openRefund(ctx context.Context, order booking.RefundOrder) (receipt booking.RefundReceipt, err error) {
	err = db.InTx(ctx, a.pool, func(q *db.Queries) error {
		if err := q.RefundLockBooking(ctx, db.RefundLockBookingParams{BookingID: optional(order.BookingID)}); err != nil {
			return fmt.Errorf("lock the refund's booking: %w", err)
		}
		err := q.RefundOpen(ctx, db.RefundOpenParams{
			ID:            order.RefundID,
			BookingID:     optional(order.BookingID),
			PaymentID:     optional(order.PaymentID),
			IntentID:      order.IntentID,
			Amount:        order.Amount.Amount,
			Currency:      order.Amount.Currency,
			Reason:        order.Reason,
			CorrelationID: order.CorrelationID,
		})
		if err != nil {
			return fmt.Errorf("write refund: %w", err)
		}
		row, err := q.RefundForUpdate(ctx, order.RefundID)
		if db.IsNotFound(err) {
			return booking.Refuse(booking.CodeInvalidState, "This money has bought the seats.")
		}
		if err != nil {
			return fmt.Errorf("read refund: %w", err)
		}
		receipt = receiptOf(row.Refund)
		return postCharge(ctx, q, row)
	})
	return receipt, err
}
