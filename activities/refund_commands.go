package activities

import (
	"context"
	"errors"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// RetryRefund begins another attempt at a refund that the provider has refused. Somebody has to send it then.
func (a *Activities) RetryRefund(ctx context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	receipt, err := a.commandRefund(ctx, cmd, func(on refusedRefund) (refundChange, error) {
		return refundChange{to: booking.RefundInitiated, again: true}, errors.Join(refuseHeld(on.hold), refuseByHand(on.byHand))
	})
	return receipt, classify(err)
}

// DivertRefund gives the money of a refund that the provider has refused to the customer's wallet. When the provider speaks of a dispute
// that we know nothing about, the customer would have the money twice.
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
		return refundChange{to: booking.RefundSucceeded, tender: booking.TenderWallet}, refuseByHand(on.byHand)
	})
	return receipt, classify(err)
}

// SettleRefund ends a refund that the provider has refused, because somebody has given the money back there by hand. It is another
// attempt, which has succeeded without having been sent, so that it is booked beside one that came back.
func (a *Activities) SettleRefund(ctx context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	receipt, err := a.commandRefund(ctx, cmd, func(on refusedRefund) (refundChange, error) {
		if on.byHand < on.Refund.Amount {
			return refundChange{}, booking.Refuse(booking.CodeInvalidState, "Less than this refund has been given back by hand.").
				With("givenBackByHand", on.byHand)
		}
		return refundChange{to: booking.RefundSucceeded, again: true}, nil
	})
	return receipt, classify(err)
}

// CloseRefund ends a refund that is not to be paid any more, because the customer's bank has given the money back: it says so itself, or the
// provider does, whose word of it we have not heard.
func (a *Activities) CloseRefund(ctx context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	receipt, err := a.commandRefund(ctx, cmd, func(on refusedRefund) (refundChange, error) {
		switch {
		case on.hold == holdDecided, on.hold == holdPart, on.hold == holdNone && on.disputed():
			return refundChange{to: booking.RefundClosed, failureCode: booking.RefundDecidedByBank}, nil
		case on.hold == holdOpen:
			return refundChange{}, refuseHeld(on.hold)
		default:
			return refundChange{}, booking.Refuse(booking.CodeInvalidState, "No bank has given the money of this refund back: it is still owed.")
		}
	})
	return receipt, classify(err)
}

// refuseByHand refuses to give money back that somebody has given back by hand.
func refuseByHand(amount int64) error {
	if amount == 0 {
		return nil
	}
	return booking.Refuse(booking.CodeInvalidState, "Money of this payment has been given back at the provider already.").
		With("reason", booking.RefundedAtProvider).With("givenBackByHand", amount)
}

// refusedRefund is a locked refund that the provider has refused, or that waits for a bank: what disputes make of it, and how much of its
// payment has been given back by hand.
type refusedRefund struct {
	db.RefundForUpdateRow

	hold   chargeHold
	byHand int64
}

// disputed says that it was refused because of a dispute.
func (r refusedRefund) disputed() bool {
	return valueOr(r.Refund.FailureCode, "") == booking.RefundDisputed
}

// commandRefund carries an operator's command out, once, if the provider has refused the refund.
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
	var given givenBack
	if seen.Status.Refused() {
		if given, err = a.askGivenBack(ctx, *seen.IntentID); err != nil {
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
		on := refusedRefund{RefundForUpdateRow: row}
		if on.hold, err = holdOn(ctx, q, row.Refund); err != nil {
			return err
		}
		if on.byHand, err = given.byHand(ctx, q); err != nil {
			return err
		}
		next, err := change(on)
		if err != nil {
			return err
		}
		next.commandID, next.actor, next.reason, next.correlationID = cmd.CommandID, cmd.Actor, cmd.Reason, cmd.CorrelationID
		receipt, err = moveRefund(ctx, q, row, next)
		return err
	})
	return receipt, err
}

// unknownIntent refuses a command about money that the provider does not know.
func unknownIntent(err error) error {
	if said, ok := errors.AsType[*provider.Error](err); ok && refusedForGood(said.Kind) {
		return booking.Refuse(booking.CodeInvalidState, "The provider does not know the payment of this refund.").With("reason", said.Code)
	}
	return err
}
