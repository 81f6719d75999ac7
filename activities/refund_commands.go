package activities

import (
	"context"
	"errors"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// RetryRefund begins another attempt at a refund that the provider has refused. The caller has to send
// it. What refunds made outside, or the customer's bank, have already given back is not sent.
func (a *Activities) RetryRefund(ctx context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	receipt, err := a.commandRefund(ctx, cmd, func(on refusedRefund) (refundChange, error) {
		return refundChange{to: booking.RefundInitiated, again: true}, refuseHeld(on.hold)
	})
	return receipt, classify(err)
}

// DivertRefund pays the money of a refund that the provider has refused into the customer's wallet,
// except what refunds made outside, or the customer's bank, have already given back. It is refused when
// the provider mentions a dispute that we do not know of, since the customer could get the money twice.
func (a *Activities) DivertRefund(ctx context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	receipt, err := a.commandRefund(ctx, cmd, func(on refusedRefund) (refundChange, error) {
		hold := on.hold
		if hold == holdNone && on.disputed() {
			hold = holdOpen
		}
		if err := refuseHeld(hold); err != nil {
			return refundChange{}, err
		}
		if on.CustomerID == "" || !on.InLedger {
			return refundChange{}, booking.Refuse(booking.CodeInvalidState, "There is no wallet that this refund could go to.")
		}
		return refundChange{to: booking.RefundSucceeded, tender: booking.TenderWallet}, nil
	})
	return receipt, classify(err)
}

// SettleRefund ends a refund that the provider has refused, because somebody has given the money back
// there by hand. If that was only a part of it, the rest is still owed.
func (a *Activities) SettleRefund(ctx context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	receipt, err := a.commandRefund(ctx, cmd, func(on refusedRefund) (refundChange, error) {
		if on.paidOutside == 0 {
			return refundChange{}, booking.Refuse(booking.CodeInvalidState, "Nothing of this refund has been given back outside.").
				With("givenBackOutside", 0)
		}
		return unchanged(on), nil
	})
	return receipt, classify(err)
}

// CloseRefund ends a refund that must no longer be paid, because the customer's bank has given the money back: our dispute says
// so, or the provider does although we have not heard of the dispute. If that was only a part of it, the rest is still owed.
func (a *Activities) CloseRefund(ctx context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	receipt, err := a.commandRefund(ctx, cmd, func(on refusedRefund) (refundChange, error) {
		switch {
		case on.hold == holdPart:
			return unchanged(on), nil
		case on.hold == holdDecided, on.hold == holdNone && on.disputed():
			return refundChange{to: booking.RefundClosed, failureCode: booking.RefundDecidedByBank}, nil
		case on.hold == holdOpen:
			return refundChange{}, refuseHeld(on.hold)
		default:
			return refundChange{}, booking.Refuse(booking.CodeInvalidState, "No bank has given the money of this refund back: it is still owed.")
		}
	})
	return receipt, classify(err)
}

// refusedRefund is a locked refund that the provider has refused, or that waits for a bank: how
// disputes affect it, and how much of it refunds made outside have just paid.
type refusedRefund struct {
	db.RefundForUpdateRow

	hold        chargeHold
	paidOutside int64
}

// unchanged leaves the rest of a refund as it is.
func unchanged(on refusedRefund) refundChange {
	return refundChange{to: on.Refund.Status, failureCode: valueOr(on.Refund.FailureCode, "")}
}

// disputed says that the refund was refused because of a dispute.
func (r refusedRefund) disputed() bool {
	return valueOr(r.Refund.FailureCode, "") == booking.RefundDisputed
}

// commandRefund carries out an operator's command, once, on a refund that the provider has refused: on
// what is left of it after refunds made outside have paid what they could.
func (a *Activities) commandRefund(
	ctx context.Context, cmd booking.RefundCommand, change func(on refusedRefund) (refundChange, error),
) (receipt booking.RefundReceipt, err error) {
	seen, err := db.New(a.pool).RefundByID(ctx, cmd.RefundID)
	if db.IsNotFound(err) {
		return receipt, noSuchRefund(cmd.RefundID)
	}
	if err != nil {
		return receipt, err
	}
	if seen.Status.Refused() {
		if err := a.askBeforeCommand(ctx, *seen.IntentID, cmd.CorrelationID); err != nil {
			return receipt, unknownIntent(err)
		}
	}
	err = db.InTx(ctx, a.pool, func(q *db.Queries) error {
		row, err := lockRefund(ctx, q, cmd.RefundID)
		if err != nil {
			return err
		}
		done, err := q.RefundCommandDone(ctx, db.RefundCommandDoneParams{RefundID: cmd.RefundID, CommandID: cmd.CommandID})
		if err != nil || done {
			receipt = receiptOf(row.Refund)
			return err
		}
		if !row.Refund.Status.Refused() || row.Refund.Attempt != seen.Attempt || !seen.Status.Refused() {
			return booking.Refuse(booking.CodeInvalidState, "Only a refund that the provider has refused can be retried, diverted, settled or closed.").
				With("status", row.Refund.Status)
		}
		receipt, err = carryOut(ctx, q, row, cmd, change)
		return err
	})
	return receipt, err
}

// askBeforeCommand asks the provider whether it knows the charge at all, and what has been given back from it.
func (a *Activities) askBeforeCommand(ctx context.Context, intentID, correlationID string) error {
	if _, err := a.provider.Intent(ctx, intentID); err != nil {
		return err
	}
	_, _, err := a.askRefundsOf(ctx, intentID, correlationID)
	return err
}

// carryOut lets refunds made outside pay what they can of a locked refund, and applies the command to
// the rest. What the bank has given back of the rest is closed.
func carryOut(
	ctx context.Context, q *db.Queries, row db.RefundForUpdateRow, cmd booking.RefundCommand, change func(on refusedRefund) (refundChange, error),
) (booking.RefundReceipt, error) {
	by := refundChange{commandID: cmd.CommandID, actor: cmd.Actor, reason: cmd.Reason, correlationID: cmd.CorrelationID}
	left, err := payOutside(ctx, q, row, by)
	if err != nil || left.Refund.Status == booking.RefundSucceeded {
		return receiptOf(left.Refund), err
	}
	on := refusedRefund{RefundForUpdateRow: left, paidOutside: row.Refund.Amount - left.Refund.Amount}
	if on.hold, err = holdOn(ctx, q, left.Refund); err != nil {
		return booking.RefundReceipt{}, err
	}
	next, err := change(on)
	if err != nil {
		return booking.RefundReceipt{}, err
	}
	if on.hold == holdPart {
		if left, err = closeDecided(ctx, q, left, by); err != nil {
			return booking.RefundReceipt{}, err
		}
	}
	if next.to == left.Refund.Status {
		err := q.RefundNote(ctx, db.RefundNoteParams{
			ID: left.Refund.ID, CommandID: cmd.CommandID, Actor: cmd.Actor, Reason: cmd.Reason, CorrelationID: cmd.CorrelationID,
		})
		return receiptOf(left.Refund), err
	}
	next.commandID, next.actor, next.reason, next.correlationID = by.commandID, by.actor, by.reason, by.correlationID
	return moveRefund(ctx, q, left, next)
}

// unknownIntent refuses a command about money that the provider does not know.
func unknownIntent(err error) error {
	if said, ok := errors.AsType[*provider.Error](err); ok && refusedForGood(said.Kind) {
		return booking.Refuse(booking.CodeInvalidState, "The provider does not know the payment of this refund.").With("reason", said.Code)
	}
	return err
}
