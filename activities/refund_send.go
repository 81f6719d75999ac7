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

// SendRefund advances a refund: it sends it if it was never sent, asks for its status if it was, and makes another
// attempt if the provider refused the latest one for now. What refunds made outside have already given back is not
// sent. While the customer's bank decides about a dispute of the charge nothing is sent or paid; afterwards the
// refund goes on, or is closed. It returns the refund as it is afterwards. A refund that has succeeded is asked
// about too, because the money may have come back; one that waits for an operator is left alone.
func (a *Activities) SendRefund(ctx context.Context, req booking.RefundRequest) (booking.RefundReceipt, error) {
	receipt, err := a.sendRefund(ctx, req.RefundID, req.CorrelationID)
	return receipt, classify(err)
}

func (a *Activities) sendRefund(ctx context.Context, refundID, correlationID string) (booking.RefundReceipt, error) {
	r, err := db.New(a.pool).RefundByID(ctx, refundID)
	if db.IsNotFound(err) {
		return booking.RefundReceipt{}, noSuchRefund(refundID)
	}
	if err != nil {
		return booking.RefundReceipt{}, err
	}
	if r.Status != booking.RefundSucceeded {
		if r, err = a.advanceRefund(ctx, r, correlationID); err != nil {
			return booking.RefundReceipt{}, err
		}
	}
	sendable := r.Status == booking.RefundInitiated || r.Status == booking.RefundSucceeded
	if !sendable || r.Tender == booking.TenderWallet || paidByOthers(r) {
		return receiptOf(r), nil
	}
	key := booking.RefundKey(r.ID, int(r.Attempt))
	sent, err := a.provider.Refund(ctx, provider.RefundRequest{
		IntentID:       *r.IntentID,
		RefundID:       key,
		BookingID:      valueOr(r.BookingID, ""),
		CorrelationID:  correlationID,
		IdempotencyKey: key,
		// The provider requires the same text under the same key; another cause of this refund may have another text.
		Reason: r.Reason,
		Amount: amountOf(r),
	})
	said, err := changeFrom(sent, err)
	if err != nil {
		return booking.RefundReceipt{}, err
	}
	said.correlationID = correlationID
	return a.recordRefund(ctx, r, said)
}

// paidByOthers says that somebody has given the money of a refund back by hand: the provider does not
// know the refund under an id of ours.
func paidByOthers(r db.Refund) bool {
	return r.Status == booking.RefundSucceeded && r.Tender == booking.TenderCard && r.ProviderRefundID == nil
}

// advanceRefund does whatever needs no sending for a refund that has not succeeded, and says how it then
// stands. The provider is asked before the refund is locked: what the provider has made is never taken for
// unpaid, whatever a dispute says, and what somebody has given back by hand is booked, and not sent again.
func (a *Activities) advanceRefund(ctx context.Context, r db.Refund, correlationID string) (db.Refund, error) {
	if r.IntentID == nil {
		return r, nil
	}
	hold, err := holdOn(ctx, db.New(a.pool), r)
	if err != nil {
		return r, err
	}
	asked := false
	switch {
	case r.Status == booking.RefundInitiated && r.Tender == booking.TenderCard:
		if hold.pays() && r.ProviderRefundID != nil {
			return r, nil
		}
		known, err := a.askBeforeSending(ctx, r, correlationID)
		if err != nil || known[booking.RefundKey(r.ID, int(r.Attempt))] {
			return r, err
		}
	case hold.pays() && r.Status != booking.RefundInitiated && !mayRetry(r, hold):
		return r, nil
	case r.Tender == booking.TenderCard && mayRetry(r, hold):
		if _, err := a.askBeforeSending(ctx, r, correlationID); err != nil {
			return r, err
		}
		asked = true
	}
	err = db.InTx(ctx, a.pool, func(q *db.Queries) error {
		row, err := lockRefund(ctx, q, r.ID)
		if err != nil {
			return err
		}
		if row.Refund.Status == r.Status && row.Refund.Attempt == r.Attempt {
			err = advanceLocked(ctx, q, row, asked, correlationID)
		}
		if err != nil {
			return err
		}
		r, err = q.RefundByID(ctx, r.ID)
		return err
	})
	return r, err
}

// askBeforeSending books what was given back of a refund's charge by hand, and says which refunds of ours the provider
// has made. A charge that the provider does not know has no refunds; sending will find out what that means for this one.
func (a *Activities) askBeforeSending(ctx context.Context, r db.Refund, correlationID string) (known map[string]bool, err error) {
	known, _, err = a.askRefundsOf(ctx, *r.IntentID, correlationID)
	if refused, ok := errors.AsType[*provider.Error](err); ok && refusedForGood(refused.Kind) {
		return nil, nil
	}
	return known, err
}

// mayRetry says that a refund which was refused, or closed, gets another attempt: it was refused for
// now, or because of a dispute that is over.
func mayRetry(r db.Refund, hold chargeHold) bool {
	switch {
	case !hold.pays():
		return false
	case r.Status == booking.RefundFailed:
		return true
	case r.Status == booking.RefundNeedsAttention:
		return valueOr(r.FailureCode, "") == booking.RefundDisputed
	default:
		return r.Status == booking.RefundClosed && hold == holdOver
	}
}

// advanceLocked is advanceRefund for the locked refund. Unless the provider was asked, it begins no other attempt by card.
func advanceLocked(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow, asked bool, correlationID string) error {
	hold, err := holdOn(ctx, q, row.Refund)
	if err != nil {
		return err
	}
	if !hold.pays() {
		return holdBack(ctx, q, row, hold, correlationID)
	}
	waits := row.Refund.Status == booking.RefundInitiated
	switch toWallet := row.Refund.Tender == booking.TenderWallet; {
	case waits || toWallet && row.Refund.Status == booking.RefundFailed:
	case !mayRetry(row.Refund, hold) || !toWallet && !asked:
		return nil
	case row.Refund.Status == booking.RefundClosed:
		if row, err = beginAgain(ctx, q, row, correlationID); err != nil {
			return err
		}
		waits = true
	}
	left, err := payOutside(ctx, q, row, paidOutsideChange(correlationID))
	switch {
	case err != nil || left.Refund.Status == booking.RefundSucceeded:
		return err
	case left.Refund.Tender == booking.TenderWallet:
		_, err = moveRefund(ctx, q, left, refundChange{
			to: booking.RefundSucceeded, actor: string(booking.ActorSystem), reason: "paid into the wallet", correlationID: correlationID,
		})
	case !waits || left.Refund.Amount != row.Refund.Amount:
		// The provider requires the same amount under the same key.
		_, err = beginAgain(ctx, q, left, correlationID)
	}
	return err
}

// beginAgain begins the next attempt at a locked refund.
func beginAgain(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow, correlationID string) (db.RefundForUpdateRow, error) {
	_, err := moveRefund(ctx, q, row, refundChange{
		to: booking.RefundInitiated, again: true, actor: string(booking.ActorSystem), reason: "tried again", correlationID: correlationID,
	})
	if err != nil {
		return row, err
	}
	return q.RefundForUpdate(ctx, row.Refund.ID)
}

// changeFrom is what the provider's answer means for a refund. An error says nothing about the money.
func changeFrom(sent provider.Refund, err error) (refundChange, error) {
	said := refundChange{actor: string(booking.ActorProvider), providerRefundID: sent.ID}
	if refused, ok := errors.AsType[*provider.Error](err); ok && refusedForGood(refused.Kind) {
		said.to, said.failureCode = booking.RefundNeedsAttention, refused.Code
		if refused.Code == provider.CodeBalanceInsufficient || refused.Code == provider.CodeChargeDisputed {
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

// refusedForGood says that the provider will never make this refund. A key that was used for something
// else is a defect of ours, and says nothing about the money.
func refusedForGood(kind provider.Kind) bool {
	return kind == provider.KindRejected || kind == provider.KindNotFound
}

// recordRefund records the provider's answer to an attempt. An answer that comes after a newer attempt
// has begun, or after the money went elsewhere, changes nothing.
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
				// Nobody said that the money came back: the provider does not know a refund that it has made.
				return temporal.NewNonRetryableApplicationError("the provider does not know a refund that it has made", booking.FailureDefect, nil)
			}
		}
		receipt, err = moveRefund(ctx, q, row, said)
		return err
	})
	return receipt, err
}
