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
	receipt, err := a.commandRefund(ctx, cmd, func(_ db.RefundForUpdateRow, byHand int64) (refundChange, error) {
		return refundChange{to: booking.RefundInitiated, again: true}, refuseByHand(byHand)
	})
	return receipt, classify(err)
}

// DivertRefund gives the money of a refund that the provider has refused to the customer's wallet.
func (a *Activities) DivertRefund(ctx context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	receipt, err := a.commandRefund(ctx, cmd, func(row db.RefundForUpdateRow, byHand int64) (refundChange, error) {
		if row.CustomerID == "" || !row.InLedger {
			return refundChange{}, booking.Refuse(booking.CodeInvalidState, "There is no wallet that this refund could go to.")
		}
		return refundChange{to: booking.RefundSucceeded, tender: booking.TenderWallet}, refuseByHand(byHand)
	})
	return receipt, classify(err)
}

// SettleRefund ends a refund that the provider has refused, because somebody has given the money back there by hand. It is another
// attempt, which has succeeded without having been sent, so that it is booked beside one that came back.
func (a *Activities) SettleRefund(ctx context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	receipt, err := a.commandRefund(ctx, cmd, func(row db.RefundForUpdateRow, byHand int64) (refundChange, error) {
		if byHand < row.Refund.Amount {
			return refundChange{}, booking.Refuse(booking.CodeInvalidState, "Less than this refund has been given back by hand.").
				With("givenBackByHand", byHand)
		}
		return refundChange{to: booking.RefundSucceeded, again: true}, nil
	})
	return receipt, classify(err)
}

// refuseByHand refuses to give money back that somebody has given back by hand.
func refuseByHand(amount int64) error {
	if amount == 0 {
		return nil
	}
	return booking.Refuse(booking.CodeInvalidState, "Money of this payment has been given back at the provider already.").
		With("reason", codeRefundedAtProvider).With("givenBackByHand", amount)
}

// commandRefund carries an operator's command out, once, if the provider has refused the refund. The command decides by how much of
// the money has been given back by hand.
func (a *Activities) commandRefund(
	ctx context.Context, cmd booking.RefundCommand, change func(row db.RefundForUpdateRow, byHand int64) (refundChange, error),
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
			return booking.Refuse(booking.CodeInvalidState, "Only a refund that the provider has refused can be retried, diverted or settled.").
				With("status", row.Refund.Status)
		}
		byHand, err := given.byHand(ctx, q)
		if err != nil {
			return err
		}
		next, err := change(row, byHand)
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
