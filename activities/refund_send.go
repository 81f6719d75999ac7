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
// when the provider refused the latest one for now. What refunds made outside have given back of it already is not sent. While the customer's bank decides about a dispute of the charge nothing is sent or paid; when it
// has, the refund goes on, or is closed. It answers with the refund as it then is. One that has succeeded is asked about, because it may have come
// back; one that waits for an operator is left alone.
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
		// The provider wants the same words under the same key; another cause of this refund may have others.
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

// paidByOthers says that somebody has given the money of a refund back by hand: the provider does not know it under an id of ours.
func paidByOthers(r db.Refund) bool {
	return r.Status == booking.RefundSucceeded && r.Tender == booking.TenderCard && r.ProviderRefundID == nil
}

// bringOn does for a refund that has not succeeded what needs no sending, and says how it then stands. The provider is asked before the refund is
// locked: what it has made is never taken for unpaid, whatever a dispute says, and what somebody has given back by hand is booked, and not sent
// again.
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

// askBeforeSending books what was given back of a refund's charge by hand, and says which refunds of ours the provider has made. Nothing has been given
// back of a charge that the provider does not know: what that means for the refund, its sending tells.
func (a *Activities) askBeforeSending(ctx context.Context, r db.Refund, correlationID string) (known map[string]bool, err error) {
	known, _, err = a.askRefundsOf(ctx, *r.IntentID, correlationID)
	if refused, ok := errors.AsType[*provider.Error](err); ok && refusedForGood(refused.Kind) {
		return nil, nil
	}
	return known, err
}

// goesOn says that a refund which was refused, or closed, deserves another attempt: it was refused for now, or because of a dispute that
// is over.
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

// bringLockedOn is bringOn for the locked refund. Unless the provider has been asked, no other attempt at the card is begun.
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
		// The provider wants the same amount under the same key.
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

// wordOf is what the provider's answer means for a refund. An error is one that says nothing about the money.
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
				return temporal.NewNonRetryableApplicationError("the provider does not know a refund that it has made", booking.FailureDefect, nil)
			}
		}
		receipt, err = moveRefund(ctx, q, row, said)
		return err
	})
	return receipt, err
}
