package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// CreditTopUp puts the money of a top-up into the wallet: its state and the ledger in one transaction. Money that the top-up did not
// ask for, or that is already being refunded, is refused. Money that is known only from an event is verified with the provider first.
func (a *Activities) CreditTopUp(ctx context.Context, credit booking.TopUpCredit) error {
	if credit.Unproven {
		if err := a.proveCollected(ctx, credit.IntentID, credit.Received); err != nil {
			return classify(err)
		}
	}
	_, err := a.creditTopUp(ctx, credit)
	return classify(err)
}

// creditTopUp says whether this call has put the money into the wallet.
func (a *Activities) creditTopUp(ctx context.Context, credit booking.TopUpCredit) (now bool, err error) {
	err = db.InTx(ctx, a.pool, func(q *db.Queries) error {
		row, err := q.TopUpForUpdate(ctx, credit.TopUpID)
		if db.IsNotFound(err) {
			return booking.Refuse(booking.CodeNotFound, "No top-up of ours belongs to this money.")
		}
		if err != nil {
			return fmt.Errorf("lock top-up: %w", err)
		}
		if row.Status == booking.TopUpSucceeded && *row.IntentID == credit.IntentID {
			return nil
		}
		if err := refuseCredit(ctx, q, row, credit); err != nil {
			return err
		}
		now = true
		return postTopUp(ctx, q, row, credit)
	})
	return now && err == nil, err
}

func refuseCredit(ctx context.Context, q *db.Queries, row db.TopUp, credit booking.TopUpCredit) error {
	asked := booking.Money{Amount: row.Amount, Currency: row.Currency}
	switch {
	case credit.Received != asked:
		return booking.Refuse(booking.CodeConflict, fmt.Sprintf("Received %s instead of %s.", credit.Received, asked))
	case row.IntentID != nil && *row.IntentID != credit.IntentID:
		return booking.Refuse(booking.CodeConflict, "The top-up is to be paid on another intent.")
	}
	leaving, err := q.IntentHasRefund(ctx, credit.IntentID)
	if err != nil {
		return fmt.Errorf("look for refunds: %w", err)
	}
	if leaving {
		return booking.Refuse(booking.CodeInvalidState, "The money of this top-up is on its way back.")
	}
	return refuseGivenBack(ctx, q, credit.IntentID)
}

func postTopUp(ctx context.Context, q *db.Queries, row db.TopUp, credit booking.TopUpCredit) error {
	if _, err := q.TopUpSucceed(ctx, db.TopUpSucceedParams{ID: row.ID, IntentID: credit.IntentID}); err != nil {
		return fmt.Errorf("end top-up: %w", err)
	}
	topUp := posting{reference: row.ID, kind: booking.LedgerTopUp, reason: credit.Reason}
	topUp.add(accountID(accountCardClearing, row.Currency), -row.Amount)
	topUp.add(booking.WalletID(row.UserID, row.Currency), row.Amount)
	if err := q.LockDisputesOf(ctx, db.LockDisputesOfParams{UserID: row.UserID, Currency: row.Currency}); err != nil {
		return fmt.Errorf("lock the customer's disputes: %w", err)
	}
	if err := post(ctx, q, topUp); err != nil {
		return err
	}
	err := q.DisputesFreezeToppedUp(ctx, db.DisputesFreezeToppedUpParams{
		UserID: row.UserID, Currency: row.Currency, Amount: row.Amount, IntentID: credit.IntentID,
	})
	if err != nil {
		return fmt.Errorf("freeze what is disputed: %w", err)
	}
	return nil
}
