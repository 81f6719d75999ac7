package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// chargeHold is what disputes make of the money of a refund's charge.
type chargeHold string

const (
	// holdNone: there is no dispute that we know of.
	holdNone chargeHold = ""
	// holdOver: there was one, and as much is left of the charge as this refund gives back.
	holdOver chargeHold = "OVER"
	// holdOpen: the customer's bank has not decided, and nothing is paid out until it has.
	holdOpen chargeHold = "OPEN"
	// holdDecided: the customer's bank has given the money back: nothing is left of the charge for this refund.
	holdDecided chargeHold = "DECIDED"
	// holdPart: the bank has given a part of the charge back, and what is left is less than this refund: somebody has to look at it.
	holdPart chargeHold = "PART"
)

// holdOn says what disputes make of a refund, which is locked, or whose booking is: whoever writes a dispute waits for that lock, or has
// been waited for. What refunds made outside have paid of it needs nothing of the charge. Money that had come from a wallet is nobody's charge.
func holdOn(ctx context.Context, q *db.Queries, r db.Refund) (chargeHold, error) {
	if r.IntentID == nil {
		return holdNone, nil
	}
	left, err := chargeLeft(ctx, q, r)
	if err != nil {
		return holdNone, err
	}
	free, writtenOff := left.Charge().PaidOutside(r.Amount)
	needed := r.Amount - free - writtenOff
	switch {
	case left.Deciding:
		return holdOpen, nil
	case !left.Disputed:
		return holdNone, nil
	case !left.Decided || needed == 0 || left.AmountLeft >= needed:
		return holdOver, nil
	case left.AmountLeft <= 0:
		return holdDecided, nil
	default:
		return holdPart, nil
	}
}

// chargeLeft says what is left of a refund's charge for it.
func chargeLeft(ctx context.Context, q *db.Queries, r db.Refund) (db.ChargeLeftRow, error) {
	left, err := q.ChargeLeft(ctx, db.ChargeLeftParams{IntentID: *r.IntentID, ExceptRefund: r.ID})
	if err != nil {
		return left, fmt.Errorf("see what is left of the charge: %w", err)
	}
	return left, nil
}

// pays says that nothing keeps the money from being paid out.
func (h chargeHold) pays() bool { return h == holdNone || h == holdOver }

// keepBack moves a locked refund, which nobody has paid, to where it waits for the customer's bank, or to where the bank's decision ends it. A
// refund that an operator has to look at waits for the operator while the bank decides. Of one that ends, refunds made outside have paid first what
// they could.
func holdBack(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow, hold chargeHold, correlationID string) error {
	next := refundChange{actor: string(booking.ActorSystem), correlationID: correlationID}
	switch hold {
	case holdNone, holdOver:
		return nil
	case holdOpen:
		next.to, next.failureCode, next.reason = booking.RefundFailed, booking.RefundDisputed, "the customer's bank decides about the charge"
	case holdDecided:
		next.to, next.failureCode, next.reason = booking.RefundClosed, booking.RefundDecidedByBank, "the customer's bank has given the money back"
	case holdPart:
		next.to, next.failureCode = booking.RefundNeedsAttention, booking.RefundDecidedByBank
		next.reason = "the customer's bank has given a part of the charge back"
	}
	r := row.Refund
	settled := r.Status == booking.RefundClosed || hold == holdOpen && r.Status == booking.RefundNeedsAttention
	if settled || r.Status == next.to && valueOr(r.FailureCode, "") == next.failureCode {
		return nil
	}
	if hold != holdOpen {
		var err error
		if row, err = payOutside(ctx, q, row, paidOutsideChange(correlationID)); err != nil || row.Refund.Status == booking.RefundSucceeded {
			return err
		}
	}
	_, err := moveRefund(ctx, q, row, next)
	return err
}

// closeDecided splits off a locked refund, and closes, what the bank has given back of it. What is left of the charge is still owed.
func closeDecided(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow, c refundChange) (left db.RefundForUpdateRow, err error) {
	charge, err := chargeLeft(ctx, q, row.Refund)
	if err != nil {
		return row, err
	}
	part, left, err := splitOff(ctx, q, row, refundPart{
		id:     booking.DecidedPartID(row.Refund.ID, row.Refund.Amount),
		amount: row.Refund.Amount - charge.AmountLeft, why: "a part of it was given back by the bank",
	}, c)
	if err != nil {
		return row, err
	}
	_, err = moveRefund(ctx, q, part, refundChange{
		to: booking.RefundClosed, failureCode: booking.RefundDecidedByBank, actor: c.actor, reason: c.reason, correlationID: c.correlationID,
	})
	return left, err
}

// refuseHeld refuses to pay money out for a charge that is disputed, or that the bank has given back.
func refuseHeld(hold chargeHold) error {
	switch hold {
	case holdOpen:
		return booking.Refuse(booking.CodeInvalidState, "The customer disputes this charge at their bank, which has not decided yet.").
			With("reason", booking.RefundDisputed)
	case holdDecided:
		return booking.Refuse(booking.CodeInvalidState, "The customer's bank has given the money of this charge back. The refund can only be closed.").
			With("reason", booking.RefundDecidedByBank)
	case holdNone, holdOver, holdPart:
	}
	return nil
}
