package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/provider"
)

// codeOutsideReturned is the failure code of a refund that a refund made outside had paid, until that one failed at the provider.
const codeOutsideReturned = "outside_refund_returned"

// NoteOutsideRefunds asks the provider which refunds of a charge it has made, and books those that we have not asked
// for. However often it is repeated, each is booked once, in any order; one that has failed since is reversed.
func (a *Activities) NoteOutsideRefunds(ctx context.Context, req booking.OutsideRefundsRequest) (booking.OutsideRefundsNoted, error) {
	_, outside, err := a.askRefundsOf(ctx, req.IntentID, req.CorrelationID)
	if refused, ok := errors.AsType[*provider.Error](err); ok && refusedForGood(refused.Kind) {
		// Nothing can be given back from a charge that the provider does not know.
		err = nil
	}
	return booking.OutsideRefundsNoted{IntentID: req.IntentID, Refunds: outside}, classify(err)
}

// askRefundsOf asks the provider for all refunds of a charge, and books those made outside. It returns
// the ids of those of ours that the provider knows, and how many are not ours.
func (a *Activities) askRefundsOf(ctx context.Context, intentID, correlationID string) (known map[string]bool, outside int, err error) {
	listed, err := a.provider.RefundsOf(ctx, intentID)
	if err != nil {
		return nil, 0, err
	}
	known = map[string]bool{}
	asked := db.RefundsOfOursParams{RefundIds: []string{}, ProviderRefundIds: []string{}}
	for _, refund := range listed {
		known[refund.RefundID] = true
		asked.RefundIds = append(asked.RefundIds, booking.RefundOfKey(refund.RefundID))
		asked.ProviderRefundIds = append(asked.ProviderRefundIds, refund.ID)
	}
	if len(listed) == 0 {
		return known, 0, nil
	}
	rows, err := db.New(a.pool).RefundsOfOurs(ctx, asked)
	if err != nil {
		return nil, 0, fmt.Errorf("look for our refunds: %w", err)
	}
	for _, refund := range listed {
		if slices.ContainsFunc(rows, func(row db.Refund) bool { return answersFor(row, refund) }) {
			continue
		}
		if refund.Status.Stands() {
			outside++
		}
		refund.IntentID = intentID
		if err := a.bookOutsideRefund(ctx, refund, correlationID); err != nil {
			return nil, 0, err
		}
	}
	return known, outside, nil
}

// answersFor says that a refund of ours is the one that the provider has made. One with our id need
// not be: a request that was not answered may be carried out after we have begun another attempt, or
// have paid the money elsewhere. Then nobody has booked it, and it counts as made outside.
func answersFor(ours db.Refund, made provider.Refund) bool {
	if ours.ProviderRefundID != nil {
		return *ours.ProviderRefundID == made.ID
	}
	awaited := ours.Status == booking.RefundInitiated || ours.Status == booking.RefundSucceeded
	return awaited && ours.Tender == booking.TenderCard && ours.OutsideRefundID == nil && made.RefundID == booking.RefundKey(ours.ID, int(ours.Attempt))
}

// bookOutsideRefund books a refund made outside as the provider reports it, once. Money that our books do not know is not booked.
func (a *Activities) bookOutsideRefund(ctx context.Context, said provider.Refund, correlationID string) error {
	q := db.New(a.pool)
	known, err := q.OutsideRefundByID(ctx, said.ID)
	switch {
	case err != nil && !db.IsNotFound(err):
		return fmt.Errorf("read the refund made outside: %w", err)
	case err != nil && !said.Status.Stands(), err == nil && (known.Status == booking.OutsideRefundStanding) == said.Status.Stands():
		return nil
	}
	return db.InTx(ctx, a.pool, func(q *db.Queries) error {
		owner, err := q.ChargeOwner(ctx, said.IntentID)
		if db.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("find whose charge it is: %w", err)
		}
		if err := q.LockCharge(ctx, said.IntentID); err != nil {
			return fmt.Errorf("lock the charge: %w", err)
		}
		if !said.Status.Stands() {
			return returnOutsideRefund(ctx, q, said.ID, correlationID)
		}
		return recordOutsideRefund(ctx, q, owner, said, correlationID)
	})
}

// recordOutsideRefund writes a refund made outside with its posting and its flag.
func recordOutsideRefund(ctx context.Context, q *db.Queries, owner db.ChargeOwnerRow, said provider.Refund, correlationID string) error {
	recorded, err := q.OutsideRefundRecord(ctx, db.OutsideRefundRecordParams{
		ID: said.ID, IntentID: said.IntentID, BookingID: owner.BookingID, PaymentID: owner.PaymentID, TopUpID: owner.TopUpID,
		Amount: said.Amount.Amount, Currency: said.Amount.Currency, MadeAt: said.Created, CorrelationID: correlationID,
	})
	if err != nil || recorded == 0 {
		return err
	}
	outside := db.OutsideRefund{ID: said.ID, IntentID: said.IntentID, BookingID: owner.BookingID, Amount: said.Amount.Amount, Currency: said.Amount.Currency}
	if err := postOutsideRefund(ctx, q, outside); err != nil {
		return err
	}
	if err := adoptSettled(ctx, q, outside, correlationID); err != nil {
		return err
	}
	if owner.TopUpID != nil {
		return takeTopUp(ctx, q, *owner.TopUpID, outside, correlationID)
	}
	err = q.DisputesFreezeGivenBack(ctx, db.DisputesFreezeGivenBackParams{IntentID: outside.IntentID, Amount: outside.Amount})
	if err != nil {
		return fmt.Errorf("freeze what is disputed: %w", err)
	}
	return flagOutsideRefund(ctx, q, outside, fmt.Sprintf("Somebody has given back %s of %s at the provider. "+
		"It pays what becomes owed of this charge; assign it to the seats that it was for, or write it off.", said.Amount, said.IntentID))
}

// takeTopUp takes the money of a top-up that was refunded outside from the wallet that it had filled,
// as far as it is still there. What has been spent is a loss, until it comes back into the wallet. A
// top-up that was not credited is refunded like any money that bought nothing.
func takeTopUp(ctx context.Context, q *db.Queries, topUpID string, outside db.OutsideRefund, correlationID string) error {
	amount := booking.Money{Amount: outside.Amount, Currency: outside.Currency}
	topUp, err := q.TopUpForUpdate(ctx, topUpID)
	if err != nil {
		return fmt.Errorf("lock top-up: %w", err)
	}
	if topUp.Status != booking.TopUpSucceeded {
		return flagOutsideRefund(ctx, q, outside, fmt.Sprintf("Somebody has given back %s of %s at the provider, a top-up that is in no wallet. "+
			"It pays what becomes owed of this charge.", amount, outside.IntentID))
	}
	if err := q.LockDisputesOf(ctx, db.LockDisputesOfParams{UserID: topUp.UserID, Currency: topUp.Currency}); err != nil {
		return fmt.Errorf("lock the customer's disputes: %w", err)
	}
	taken, err := q.OutsideRefundTake(ctx, db.OutsideRefundTakeParams{ID: outside.ID, Most: outside.Amount})
	if err != nil {
		return fmt.Errorf("take the top-up from its wallet: %w", err)
	}
	lost := outside.Amount - taken
	if lost > 0 {
		err := q.OutsideRefundUse(ctx, db.OutsideRefundUseParams{
			ID: outside.ID, WrittenOff: lost, Amount: lost, Event: outsideWrittenOff,
			Actor: string(booking.ActorSystem), Reason: "it is not in the wallet any more", CorrelationID: correlationID,
		})
		if err != nil {
			return fmt.Errorf("write off what was spent: %w", err)
		}
		if err := postWrittenOff(ctx, q, outside, lost, "spent"); err != nil {
			return err
		}
	}
	return flagOutsideRefund(ctx, q, outside, fmt.Sprintf("Somebody has given back %s of %s at the provider, a top-up: %s of it was taken from its wallet, and %s is a loss.",
		amount, outside.IntentID, booking.Money{Amount: taken, Currency: outside.Currency}, booking.Money{Amount: lost, Currency: outside.Currency}))
}

// giveTopUpBack puts back into the wallet what was taken from it because of a refund made outside that
// has failed. A dispute that is still open freezes its part of it.
func giveTopUpBack(ctx context.Context, q *db.Queries, outside db.OutsideRefund) error {
	if outside.TopUpID == nil || outside.Assigned == 0 {
		return nil
	}
	topUp, err := q.TopUpForUpdate(ctx, *outside.TopUpID)
	if err != nil {
		return fmt.Errorf("lock top-up: %w", err)
	}
	if topUp.Status != booking.TopUpSucceeded {
		return nil
	}
	if err := q.LockDisputesOf(ctx, db.LockDisputesOfParams{UserID: topUp.UserID, Currency: topUp.Currency}); err != nil {
		return fmt.Errorf("lock the customer's disputes: %w", err)
	}
	return postGivenAgain(ctx, q, outside, booking.WalletID(topUp.UserID, topUp.Currency))
}

// adoptSettled finds what a refund made outside has already paid: refunds that an operator had settled
// before refunds made outside were booked.
func adoptSettled(ctx context.Context, q *db.Queries, outside db.OutsideRefund, correlationID string) error {
	rows, err := q.RefundsSettledUnseen(ctx, outside.IntentID)
	if err != nil {
		return fmt.Errorf("look for settled refunds: %w", err)
	}
	left := outside.Amount
	for _, row := range rows {
		if row.Amount > left {
			continue
		}
		left -= row.Amount
		if err := q.RefundAdopt(ctx, db.RefundAdoptParams{ID: row.ID, OutsideRefundID: outside.ID}); err != nil {
			return fmt.Errorf("adopt refund %s: %w", row.ID, err)
		}
		err := q.OutsideRefundUse(ctx, db.OutsideRefundUseParams{
			ID: outside.ID, Assigned: row.Amount, Amount: row.Amount, Event: outsideAssigned, RefundID: &row.ID,
			Actor: string(booking.ActorSystem), Reason: "settled by an operator before", CorrelationID: correlationID,
		})
		if err != nil {
			return fmt.Errorf("use the refund made outside: %w", err)
		}
		if err := postAdopted(ctx, q, row, outside); err != nil {
			return err
		}
	}
	return nil
}

// returnOutsideRefund reverses a refund made outside that the provider could not make in the end: what it had paid is owed again.
func returnOutsideRefund(ctx context.Context, q *db.Queries, id, correlationID string) error {
	paid, err := q.OutsideRefundPaid(ctx, id)
	if err != nil {
		return fmt.Errorf("lock the refunds that it has paid: %w", err)
	}
	outside, err := q.OutsideRefundForUpdate(ctx, id)
	if err != nil {
		return fmt.Errorf("lock the refund made outside: %w", err)
	}
	if outside.Status == booking.OutsideRefundReturned {
		return nil
	}
	for _, refundID := range paid {
		row, err := q.RefundForUpdate(ctx, refundID)
		if err != nil {
			return fmt.Errorf("lock refund: %w", err)
		}
		_, err = moveRefund(ctx, q, row, refundChange{
			to: booking.RefundNeedsAttention, failureCode: codeOutsideReturned,
			actor: string(booking.ActorProvider), reason: "the refund made outside that had paid it failed", correlationID: correlationID,
		})
		if err != nil {
			return err
		}
	}
	if err := giveTopUpBack(ctx, q, outside); err != nil {
		return err
	}
	if err := postWrittenOff(ctx, q, outside, -outside.WrittenOff, "returned"); err != nil {
		return err
	}
	if err := postOutsideReturned(ctx, q, outside); err != nil {
		return err
	}
	err = q.OutsideRefundReturn(ctx, db.OutsideRefundReturnParams{ID: id, Reason: "failed at the provider", CorrelationID: correlationID})
	if err != nil {
		return fmt.Errorf("end the refund made outside: %w", err)
	}
	if err := followReturned(ctx, q, outside); err != nil {
		return err
	}
	return flagOutsideRefund(ctx, q, outside, fmt.Sprintf("The refund of %s that somebody made of %s at the provider has failed: the money is there again.",
		booking.Money{Amount: outside.Amount, Currency: outside.Currency}, outside.IntentID))
}

// followReturned adjusts disputes of the charge to a refund made outside that has failed. For seats, the bank can now take less
// a second time, so something is freed. For a top-up it can take as much as before, and what is back in the wallet is frozen.
func followReturned(ctx context.Context, q *db.Queries, outside db.OutsideRefund) error {
	if outside.TopUpID == nil {
		if err := q.DisputesThawBeyondClaim(ctx, outside.IntentID); err != nil {
			return fmt.Errorf("free what the bank cannot take: %w", err)
		}
		return nil
	}
	if outside.Assigned == 0 {
		return nil
	}
	topUp, err := q.TopUpForUpdate(ctx, *outside.TopUpID)
	if err != nil {
		return fmt.Errorf("read top-up: %w", err)
	}
	err = q.DisputesFreezeToppedUp(ctx, db.DisputesFreezeToppedUpParams{
		UserID: topUp.UserID, Currency: outside.Currency, Amount: outside.Assigned, IntentID: outside.IntentID,
	})
	if err != nil {
		return fmt.Errorf("freeze what is disputed: %w", err)
	}
	return nil
}

func flagOutsideRefund(ctx context.Context, q *db.Queries, outside db.OutsideRefund, message string) error {
	if err := q.FlagRaise(ctx, db.FlagRaiseParams{Kind: booking.FlagOutsideRefund, Subject: outside.ID, Message: message}); err != nil {
		return fmt.Errorf("flag the refund made outside: %w", err)
	}
	return nil
}

// Events of a refund made outside.
const (
	outsideAssigned   = "ASSIGNED"
	outsideWrittenOff = "WRITTEN_OFF"
	outsideTakenBack  = "TAKEN_BACK"
)

// paidPart is a part of a debt that a refund made outside has paid. TakenBack of it had been written off.
type paidPart struct {
	outside           db.OutsideRefund
	amount, takenBack int64
	// commandID is the operator's command that assigns it; empty when it pays what is owed without one.
	commandID string
}

// paidOutside locks the refunds made outside of a charge, and finds those that pay a part of what is
// owed of it. refundID is the refund of ours that is owed, if there is one. The caller has locked the
// booking of the charge, or the refund if there is no booking, and uses what it finds.
func paidOutside(ctx context.Context, q *db.Queries, intentID *string, refundID string, owed int64) ([]paidPart, error) {
	if intentID == nil || owed == 0 {
		return nil, nil
	}
	made, err := q.OutsideRefundsLock(ctx, *intentID)
	if err != nil {
		return nil, fmt.Errorf("lock the refunds made outside: %w", err)
	}
	if len(made) == 0 {
		return nil, nil
	}
	left, err := q.ChargeLeft(ctx, db.ChargeLeftParams{IntentID: *intentID, ExceptRefund: refundID})
	if err != nil {
		return nil, fmt.Errorf("see what is left of the charge: %w", err)
	}
	free, writtenOff := left.Charge().PaidOutside(owed)
	var parts []paidPart
	for _, outside := range made {
		part := paidPart{outside: outside, takenBack: min(writtenOff, outside.WrittenOff)}
		part.amount = min(free, outside.Amount-outside.Assigned-outside.WrittenOff)
		free, writtenOff = free-part.amount, writtenOff-part.takenBack
		if part.amount += part.takenBack; part.amount > 0 {
			parts = append(parts, part)
		}
	}
	return parts, nil
}

// use makes a part the payment of a refund. The caller has to move the refund afterwards.
func (p paidPart) use(ctx context.Context, q *db.Queries, refundID string, c refundChange) error {
	if p.takenBack > 0 {
		if err := p.takeBack(ctx, q, refundID, c); err != nil {
			return err
		}
	}
	err := q.OutsideRefundUse(ctx, db.OutsideRefundUseParams{
		ID: p.outside.ID, Assigned: p.amount, Amount: p.amount, Event: outsideAssigned, RefundID: &refundID, CommandID: optional(p.commandID),
		Actor: c.actor, Reason: c.reason, CorrelationID: c.correlationID,
	})
	if err != nil {
		return fmt.Errorf("use the refund made outside: %w", err)
	}
	return nil
}

// takeBack reverses a write-off: it makes what was given back without being owed the payment of a debt after all.
func (p paidPart) takeBack(ctx context.Context, q *db.Queries, refundID string, c refundChange) error {
	err := q.OutsideRefundUse(ctx, db.OutsideRefundUseParams{
		ID: p.outside.ID, WrittenOff: -p.takenBack, Amount: p.takenBack, Event: outsideTakenBack, RefundID: &refundID,
		Actor: c.actor, Reason: c.reason, CorrelationID: c.correlationID,
	})
	if err != nil {
		return fmt.Errorf("take back what was written off: %w", err)
	}
	return postWrittenOff(ctx, q, p.outside, -p.takenBack, "taken back for "+refundID)
}

// payOutside lets refunds made outside pay a locked refund of ours as far as they have already given its money back. What
// they have paid is split off as refunds of their own; the refund is what is left, or is itself paid when nothing is left.
func payOutside(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow, c refundChange) (left db.RefundForUpdateRow, err error) {
	parts, err := paidOutside(ctx, q, row.Refund.IntentID, row.Refund.ID, row.Refund.Amount)
	for _, part := range parts {
		if row, err = payPart(ctx, q, row, part, c); err != nil {
			return row, err
		}
	}
	return row, err
}

func payPart(ctx context.Context, q *db.Queries, row db.RefundForUpdateRow, part paidPart, c refundChange) (left db.RefundForUpdateRow, err error) {
	paid := refundChange{
		to: booking.RefundSucceeded, tender: booking.TenderCard, outsideRefundID: part.outside.ID,
		actor: c.actor, reason: c.reason, correlationID: c.correlationID,
	}
	if part.amount == row.Refund.Amount {
		paid.again, paid.commandID = true, c.commandID
		if err := part.use(ctx, q, row.Refund.ID, c); err != nil {
			return row, err
		}
		if _, err := moveRefund(ctx, q, row, paid); err != nil {
			return row, err
		}
		return q.RefundForUpdate(ctx, row.Refund.ID)
	}
	split, left, err := splitOff(ctx, q, row, refundPart{
		id: booking.OutsideRefundPartID(row.Refund.ID, part.outside.ID, row.Refund.Amount), amount: part.amount, why: "a part of it was given back outside",
	}, c)
	if err != nil {
		return row, err
	}
	if err := part.use(ctx, q, split.Refund.ID, c); err != nil {
		return row, err
	}
	_, err = moveRefund(ctx, q, split, paid)
	return left, err
}

// paidOutsideChange is the change of a refund that was paid by a refund made outside, without anybody's command.
func paidOutsideChange(correlationID string) refundChange {
	return refundChange{actor: string(booking.ActorSystem), reason: "given back outside", correlationID: correlationID}
}
