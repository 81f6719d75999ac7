package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// pendingRefundPoll is how often the provider is asked about a refund that it has accepted and not decided; that can take
// days.
const pendingRefundPoll = time.Hour

// RefundIntent writes the refund and then asks the provider for it. The refund's id is its key on both sides, so that
// any number of repeats gives the money back once. A refund that the provider refuses for good stays visible as
// NEEDS_ATTENTION; one that it has not decided is an error that is worth repeating.
func (a *Activities) RefundIntent(ctx context.Context, order booking.RefundOrder) (booking.RefundReceipt, error) {
	q := db.New(a.pool)
	row, err := q.RefundOpen(ctx, db.RefundOpenParams{
		ID:            order.RefundID,
		BookingID:     optional(order.BookingID),
		PaymentID:     optional(order.PaymentID),
		IntentID:      order.IntentID,
		Amount:        order.Amount.Amount,
		Currency:      order.Amount.Currency,
		Reason:        order.Reason,
		CorrelationID: order.CorrelationID,
	})
	if db.IsNotFound(err) {
		return booking.RefundReceipt{}, classify(booking.Refuse(booking.CodeInvalidState, "This money has bought the seats."))
	}
	if err != nil {
		return booking.RefundReceipt{}, classify(fmt.Errorf("write refund: %w", err))
	}
	receipt := booking.RefundReceipt{RefundID: row.ID, Status: row.Status, Amount: order.Amount}
	if receipt.Status == booking.RefundSucceeded {
		return receipt, nil
	}
	refund, err := a.provider.Refund(ctx, provider.RefundRequest{
		IntentID:       order.IntentID,
		RefundID:       order.RefundID,
		BookingID:      order.BookingID,
		CorrelationID:  order.CorrelationID,
		IdempotencyKey: order.RefundID,
		// The provider wants the same words under the same key; another cause of this refund may have others.
		Reason: row.Reason,
		Amount: booking.Money{Amount: row.Amount, Currency: row.Currency},
	})
	var providerErr *provider.Error
	if errors.As(err, &providerErr) && refusedForGood(providerErr.Kind) {
		receipt.Status = booking.RefundNeedsAttention
	} else if err != nil {
		return booking.RefundReceipt{}, classify(err)
	} else {
		receipt.Status = refundStatus(refund.Status)
	}
	err = q.RefundRecord(ctx, db.RefundRecordParams{
		ID:               order.RefundID,
		Status:           receipt.Status,
		ProviderRefundID: optional(refund.ID),
	})
	if err != nil {
		return booking.RefundReceipt{}, classify(fmt.Errorf("record refund: %w", err))
	}
	if receipt.Status == booking.RefundInitiated {
		return booking.RefundReceipt{}, temporal.NewApplicationErrorWithOptions("the provider has not decided about the refund yet",
			typeStillProcessing, temporal.ApplicationErrorOptions{NextRetryDelay: pendingRefundPoll})
	}
	return receipt, nil
}

// refusedForGood says that the provider will never make this refund. A key that was used for something else is a defect
// of ours, and says nothing about the money.
func refusedForGood(kind provider.Kind) bool {
	return kind == provider.KindRejected || kind == provider.KindNotFound
}

func refundStatus(status provider.RefundStatus) booking.RefundStatus {
	switch status {
	case provider.RefundSucceeded:
		return booking.RefundSucceeded
	case provider.RefundPending, provider.RefundRequiresAction:
		return booking.RefundInitiated
	case provider.RefundFailed, provider.RefundCanceled:
		return booking.RefundNeedsAttention
	default:
		return booking.RefundInitiated
	}
}
