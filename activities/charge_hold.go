package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// chargeHold is how disputes affect the money of a refund's charge.
type chargeHold string

const (
	// holdNone: no dispute is known.
	holdNone chargeHold = ""
	// holdOver: there was a dispute, and enough is left of the charge for this refund.
	holdOver chargeHold = "OVER"
	// holdOpen: the customer's bank has not decided; nothing is paid out until it has.
	holdOpen chargeHold = "OPEN"
	// holdDecided: the customer's bank has given the money back: nothing of the charge is left for this refund.
	holdDecided chargeHold = "DECIDED"
	// holdPart: the bank has given back a part of the charge, and less is left than this refund needs: somebody has to look at it.
	holdPart chargeHold = "PART"
)

// holdOn says how disputes affect a refund. The refund, or its booking, is locked: writing a dispute
// takes the same lock, so it has either been seen or comes afterwards. What refunds made outside have
// paid of the refund needs nothing of the charge. Money that came from a wallet has no charge.
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

// chargeLeft says how much of a refund's charge is left for it.
func chargeLeft(ctx context.Context, q *db.Queries, r db.Refund) (db.ChargeLeftRow, error) {
	left, err := q.ChargeLeft(ctx, db.ChargeLeftParams{IntentID: *r.IntentID, ExceptRefund: r.ID})
	if err != nil {
		return left, fmt.Errorf("see what is left of the charge: %w", err)
	}
	return left, nil
}

// pays says that no dispute keeps the money from being paid out.
func (h chargeHold) pays() bool { return h == holdNone || h == holdOver }

// holdBack moves a locked refund, which nobody has paid, to the state in which it waits for the customer's
// bank, or to the one in which the bank's decision ends it. A refund that needs an operator stays with the
// operator while the bank decides. Before one ends, refunds made outside have paid what they could of it.
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

// closeDecided splits what the bank has given back off a locked refund, and closes it. What is left of the charge is still owed.
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

// refuseHeld refuses to pay out money of a charge that is disputed, or that the bank has given back.
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
