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
	receipt, err := a.commandRefund(ctx, cmd, func(db.RefundForUpdateRow) (refundChange, error) {
		return refundChange{to: booking.RefundInitiated, again: true}, nil
	})
	return receipt, classify(err)
}

// DivertRefund gives the money of a refund that the provider has refused to the customer's wallet.
func (a *Activities) DivertRefund(ctx context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	receipt, err := a.commandRefund(ctx, cmd, func(row db.RefundForUpdateRow) (refundChange, error) {
		if row.CustomerID == "" || !row.InLedger {
			return refundChange{}, booking.Refuse(booking.CodeInvalidState, "There is no wallet that this refund could go to.")
		}
		return refundChange{to: booking.RefundSucceeded, tender: booking.TenderWallet}, nil
	})
	return receipt, classify(err)
}

// commandRefund carries an operator's command out, once, if the provider has refused the refund and nobody has given the money
// back there by hand.
func (a *Activities) commandRefund(
	ctx context.Context, cmd booking.RefundCommand, change func(db.RefundForUpdateRow) (refundChange, error),
) (receipt booking.RefundReceipt, err error) {
	seen, err := db.New(a.pool).RefundByID(ctx, cmd.RefundID)
	if db.IsNotFound(err) {
		return receipt, noSuchRefund(cmd.RefundID)
	}
	if err != nil {
		return receipt, err
	}
	byHand := false
	if seen.Status.Refused() {
		if byHand, err = a.refundedByHand(ctx, seen); err != nil {
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
			return booking.Refuse(booking.CodeInvalidState, "Only a refund that the provider has refused can be retried or diverted.").
				With("status", row.Refund.Status)
		}
		if byHand {
			return booking.Refuse(booking.CodeInvalidState, "Money of this payment has been given back at the provider already.").
				With("reason", codeRefundedAtProvider)
		}
		next, err := change(row)
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
