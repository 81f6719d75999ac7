package activities

import (
	"context"
	"errors"
	"strings"

	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// SendRefund brings a refund on: it sends it when it has not been sent, asks how it stands when it has, and makes another attempt
// when the provider refused the latest one for now. It answers with the refund as it then is. One that has succeeded is
// asked about, because it may have come back; one that waits for an operator is left alone.
func (a *Activities) SendRefund(ctx context.Context, req booking.RefundRequest) (booking.RefundReceipt, error) {
	receipt, err := a.sendRefund(ctx, req.RefundID, req.CorrelationID)
	return receipt, classify(err)
}

func (a *Activities) sendRefund(ctx context.Context, refundID, correlationID string) (booking.RefundReceipt, error) {
	r, err := a.refundToSend(ctx, refundID, correlationID)
	if err != nil || r.Status == booking.RefundNeedsAttention || r.Tender == booking.TenderWallet || paidByHand(r) {
		return receiptOf(r), err
	}
	key := booking.RefundKey(r.ID, int(r.Attempt))
	sent, err := a.provider.Refund(ctx, provider.RefundRequest{
		IntentID:       *r.IntentID,
		RefundID:       key,
		BookingID:      valueOr(r.BookingID, ""),
		CorrelationID:  correlationID,
		IdempotencyKey: key,
		// The provider wants the same words under the same key; another cause of this refund may have others.
		Reason: r.Reason,
		Amount: amountOf(r),
	})
	said, err := wordOf(sent, err)
	if err != nil {
		return booking.RefundReceipt{}, err
	}
	said.correlationID = correlationID
	return a.recordRefund(ctx, r, said)
}

// refundToSend reads the refund, and begins another attempt at one that was refused for now. Money that somebody has given back
// by hand meanwhile is not sent again.
func (a *Activities) refundToSend(ctx context.Context, refundID, correlationID string) (db.Refund, error) {
	r, err := db.New(a.pool).RefundByID(ctx, refundID)
	if db.IsNotFound(err) {
		return r, noSuchRefund(refundID)
	}
	if err != nil || r.Status != booking.RefundFailed {
		return r, err
	}
	given, err := a.askGivenBack(ctx, *r.IntentID)
	if err != nil {
		return r, err
	}
	err = db.InTx(ctx, a.pool, func(q *db.Queries) error {
		row, err := lockRefund(ctx, q, refundID)
		if err == nil && row.Refund.Status == booking.RefundFailed && row.Refund.Attempt == r.Attempt {
			err = tryAgain(ctx, q, row, given, correlationID)
		}
		if err != nil {
			return err
		}
		r, err = q.RefundByID(ctx, refundID)
		return err
	})
	return r, err
}

// tryAgain begins the next attempt at a locked refund, or leaves it to an operator.
func tryAgain(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow, given givenBack, correlationID string) error {
	byHand, err := given.byHand(ctx, q)
	if err != nil {
		return err
	}
	next := refundChange{
		to: booking.RefundInitiated, again: true,
		actor: string(booking.ActorSystem), reason: "tried again", correlationID: correlationID,
	}
	if byHand > 0 {
		next.to, next.again, next.failureCode = booking.RefundNeedsAttention, false, codeRefundedAtProvider
		next.reason = "money of this intent was given back at the provider"
	}
	_, err = moveRefund(ctx, q, row, next)
	return err
}

// wordOf is what the provider's answer means for a refund. An error is one that says nothing about the money.
func wordOf(sent provider.Refund, err error) (refundChange, error) {
	said := refundChange{actor: string(booking.ActorProvider), providerRefundID: sent.ID}
	if refused, ok := errors.AsType[*provider.Error](err); ok && refusedForGood(refused.Kind) {
		said.to, said.failureCode = booking.RefundNeedsAttention, refused.Code
		if refused.Code == provider.CodeBalanceInsufficient {
			said.to = booking.RefundFailed
		}
		if said.failureCode == "" {
			said.failureCode = strings.ToLower(string(refused.Kind))
		}
		said.reason = "refused: " + said.failureCode
		return said, nil
	}
	if err != nil {
		return said, err
	}
	switch sent.Status {
	case provider.RefundSucceeded:
		said.to, said.reason = booking.RefundSucceeded, "refunded"
	case provider.RefundFailed, provider.RefundCanceled:
		said.to, said.failureCode = booking.RefundNeedsAttention, sent.FailureReason
		if said.failureCode == "" {
			said.failureCode = strings.ToLower(string(sent.Status))
		}
		said.reason = "failed: " + said.failureCode
	case provider.RefundPending, provider.RefundRequiresAction:
		said.to, said.reason = booking.RefundInitiated, "under way"
	default:
		said.to, said.reason = booking.RefundInitiated, "under way"
	}
	return said, nil
}

// refusedForGood says that the provider will never make this refund. A key that was used for something else is a defect
// of ours, and says nothing about the money.
func refusedForGood(kind provider.Kind) bool {
	return kind == provider.KindRejected || kind == provider.KindNotFound
}

// recordRefund writes down what the provider said about an attempt. A word that comes after a newer attempt has begun, or after the
// money went elsewhere, changes nothing.
func (a *Activities) recordRefund(ctx context.Context, asked db.Refund, said refundChange) (receipt booking.RefundReceipt, err error) {
	err = db.InTx(ctx, a.pool, func(q *db.Queries) error {
		row, err := lockRefund(ctx, q, asked.ID)
		if err != nil {
			return err
		}
		now := row.Refund
		receipt = receiptOf(now)
		if now.Attempt != asked.Attempt || now.Tender != booking.TenderCard || now.Status.Refused() {
			return nil
		}
		if now.Status == booking.RefundSucceeded {
			switch {
			case said.to == booking.RefundSucceeded || said.to == booking.RefundInitiated:
				return nil
			case said.providerRefundID == "":
				// Nobody said that the money came back: the provider does not know what it has done.
				return temporal.NewNonRetryableApplicationError("the provider does not know a refund that it has made", typeDefect, nil)
			}
		}
		receipt, err = moveRefund(ctx, q, row, said)
		return err
	})
	return receipt, err
}
