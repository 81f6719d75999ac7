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
// been waited for. Money that had come from a wallet is nobody's charge.
func holdOn(ctx context.Context, q *db.Queries, r db.Refund) (chargeHold, error) {
	if r.IntentID == nil {
		return holdNone, nil
	}
	hold, err := q.ChargeHold(ctx, db.ChargeHoldParams{IntentID: *r.IntentID, RefundID: r.ID})
	switch {
	case err != nil:
		return holdNone, fmt.Errorf("look for disputes: %w", err)
	case hold.Open:
		return holdOpen, nil
	case !hold.Known:
		return holdNone, nil
	case !hold.Lost || hold.AmountLeft >= r.Amount:
		return holdOver, nil
	case hold.AmountLeft <= 0:
		return holdDecided, nil
	default:
		return holdPart, nil
	}
}

// pays says that nothing keeps the money from being paid out.
func (h chargeHold) pays() bool { return h == holdNone || h == holdOver }

// keepBack moves a locked refund, which nobody has paid, to where it waits for the customer's bank, or to where the bank's decision ends it. A
// refund that an operator has to look at waits for the operator while the bank decides.
func keepBack(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow, hold chargeHold, correlationID string) error {
	r := row.Refund
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
	settled := r.Status == booking.RefundClosed || hold == holdOpen && r.Status == booking.RefundNeedsAttention
	if settled || r.Status == next.to && valueOr(r.FailureCode, "") == next.failureCode {
		return nil
	}
	_, err := moveRefund(ctx, q, row, next)
	return err
}

// refuseHeld refuses to pay money out for a charge that is disputed, or that the bank has decided about.
func refuseHeld(hold chargeHold) error {
	switch hold {
	case holdOpen:
		return booking.Refuse(booking.CodeInvalidState, "The customer disputes this charge at their bank, which has not decided yet.").
			With("reason", booking.RefundDisputed)
	case holdDecided, holdPart:
		return booking.Refuse(booking.CodeInvalidState, "The customer's bank has given the money of this charge back. The refund can only be closed.").
			With("reason", booking.RefundDecidedByBank)
	case holdNone, holdOver:
	}
	return nil
}
