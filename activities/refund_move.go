package activities

import (
	"cmp"
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// lockRefund locks the refund's booking and then the refund against other changes. It refuses with NOT_FOUND.
func lockRefund(ctx context.Context, q *db.Queries, refundID string) (db.RefundForUpdateRow, error) {
	if err := q.RefundLockBooking(ctx, db.RefundLockBookingParams{RefundID: &refundID}); err != nil {
		return db.RefundForUpdateRow{}, fmt.Errorf("lock the refund's booking: %w", err)
	}
	row, err := q.RefundForUpdate(ctx, refundID)
	if db.IsNotFound(err) {
		return row, noSuchRefund(refundID)
	}
	if err != nil {
		return row, fmt.Errorf("lock refund: %w", err)
	}
	return row, nil
}

func noSuchRefund(refundID string) error {
	return booking.Refuse(booking.CodeNotFound, "There is no such refund.").With("refundId", refundID)
}

// refundChange is the next state of a refund, who wanted it and why. Fields that are empty stay as they are, except the failure code.
type refundChange struct {
	to booking.RefundStatus
	// again makes it another attempt, which has a key of its own at the provider.
	again                         bool
	tender                        booking.Tender
	failureCode, providerRefundID string
	// outsideRefundID is the refund made outside that has paid this one.
	outsideRefundID              string
	commandID                    string
	actor, reason, correlationID string
}

// moveRefund is the one place where a locked refund changes its state. The trail, the ledger and the payment
// change with it, and a flag is raised when an operator has to look. It returns the refund as it is afterwards.
func moveRefund(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow, c refundChange) (booking.RefundReceipt, error) {
	before := row.Refund
	if before.Status != c.to && !before.Status.CanBecome(c.to) {
		return booking.RefundReceipt{}, fmt.Errorf("a refund that is %s cannot become %s", before.Status, c.to)
	}
	after := before
	after.Status, after.FailureCode = c.to, optional(c.failureCode)
	after.Tender = cmp.Or(c.tender, before.Tender)
	if c.again {
		after.Attempt++
		after.ProviderRefundID = nil
	}
	if c.providerRefundID != "" {
		after.ProviderRefundID = &c.providerRefundID
	}
	after.OutsideRefundID = optional(c.outsideRefundID)
	err := q.RefundMove(ctx, db.RefundMoveParams{
		ID: after.ID, Status: after.Status, Tender: after.Tender, Attempt: after.Attempt,
		FailureCode: after.FailureCode, ProviderRefundID: optional(c.providerRefundID), OutsideRefundID: after.OutsideRefundID,
		CommandID: optional(c.commandID),
		Actor:     c.actor, Reason: c.reason, CorrelationID: c.correlationID,
	})
	if err != nil {
		return booking.RefundReceipt{}, fmt.Errorf("write refund as %s: %w", c.to, err)
	}
	if before.Status != after.Status {
		row.Refund = after
		if err := followRefund(ctx, q, row, before); err != nil {
			return booking.RefundReceipt{}, err
		}
	}
	return receiptOf(after), nil
}

// followRefund books what a change of state means for the money, and alerts an operator if needed.
func followRefund(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow, before db.Refund) error {
	r := row.Refund
	switch {
	case r.Status == booking.RefundSucceeded:
		if err := postRefund(ctx, q, row); err != nil {
			return err
		}
	case r.Status == booking.RefundClosed:
		if err := postClosed(ctx, q, row); err != nil {
			return err
		}
	case before.Status == booking.RefundSucceeded:
		row.Refund = before
		if err := postReturned(ctx, q, row); err != nil {
			return err
		}
	case before.Status == booking.RefundClosed:
		if err := postReopened(ctx, q, row); err != nil {
			return err
		}
	}
	if r.Status != booking.RefundNeedsAttention {
		return nil
	}
	err := q.FlagRaise(ctx, db.FlagRaiseParams{
		Kind: booking.FlagRefund, Subject: r.ID,
		Message: fmt.Sprintf("The refund of %s needs an operator, who may retry it, divert it to the wallet, or settle it with money that was given back outside: %s.",
			amountOf(r), valueOr(r.FailureCode, "unknown")),
	})
	if err != nil {
		return fmt.Errorf("flag refund: %w", err)
	}
	return nil
}

// refundPart is a part that is split off a refund because it ends differently, and why.
type refundPart struct {
	id     string
	amount int64
	why    string
}

// splitOff makes a part of a locked refund a refund of its own. The caller has to move it afterwards.
func splitOff(
	ctx context.Context, q *db.Queries, row db.RefundForUpdateRow, part refundPart, c refundChange,
) (split, left db.RefundForUpdateRow, err error) {
	err = q.RefundShrink(ctx, db.RefundShrinkParams{
		ID: row.Refund.ID, ByAmount: part.amount, Actor: c.actor, Reason: part.why, CorrelationID: c.correlationID,
	})
	if err != nil {
		return split, left, fmt.Errorf("take the part out of the refund: %w", err)
	}
	err = q.RefundSplit(ctx, db.RefundSplitParams{
		ID: part.id, WholeID: row.Refund.ID, Amount: part.amount, Actor: c.actor, Reason: c.reason, CorrelationID: c.correlationID,
	})
	if err != nil {
		return split, left, fmt.Errorf("write the part as a refund: %w", err)
	}
	if split, err = q.RefundForUpdate(ctx, part.id); err != nil {
		return split, left, fmt.Errorf("read the part: %w", err)
	}
	if left, err = q.RefundForUpdate(ctx, row.Refund.ID); err != nil {
		return split, left, fmt.Errorf("read what is left of the refund: %w", err)
	}
	return split, left, nil
}

func amountOf(r db.Refund) booking.Money {
	return booking.Money{Amount: r.Amount, Currency: r.Currency}
}

func receiptOf(r db.Refund) booking.RefundReceipt {
	return booking.RefundReceipt{
		RefundID: r.ID, Status: r.Status, Amount: amountOf(r), Tender: r.Tender, FailureCode: valueOr(r.FailureCode, ""),
	}
}

// valueOr is the text, or otherwise if it is null.
func valueOr(text *string, otherwise string) string {
	if text == nil {
		return otherwise
	}
	return *text
}
