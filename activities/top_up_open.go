package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// OpenTopUp writes the top-up if the limits allow it, and opens the wallet if there is none. Top-ups
// of one wallet wait for each other, so that none is missed when the daily limit is checked.
func (a *Activities) OpenTopUp(ctx context.Context, req booking.TopUpRequest) (booking.TopUpOpening, error) {
	var opening booking.TopUpOpening
	err := db.InTx(ctx, a.pool, func(q *db.Queries) error {
		if err := lockWallet(ctx, q, req.UserID, req.Amount.Currency); err != nil {
			return err
		}
		before, err := q.TopUpByID(ctx, req.TopUpID)
		switch {
		case db.IsNotFound(err):
			opening.ExpiresAt, err = openTopUp(ctx, q, req)
			return err
		case err != nil:
			return fmt.Errorf("look for top-up: %w", err)
		case before.RequestHash != req.RequestHash:
			return booking.KeyReused()
		}
		opening = booking.TopUpOpening{ExpiresAt: before.ExpiresAt, Status: before.Status}
		if before.IntentID != nil {
			opening.IntentID = *before.IntentID
		}
		return nil
	})
	return opening, classify(err)
}

// lockWallet keeps other top-ups of a wallet waiting until the transaction ends. It opens the wallet if there is none.
func lockWallet(ctx context.Context, q *db.Queries, userID, currency string) error {
	wallet := booking.WalletID(userID, currency)
	err := q.WalletOpenForTopUp(ctx, db.WalletOpenForTopUpParams{ID: wallet, UserID: userID, Currency: currency})
	if err != nil {
		return fmt.Errorf("open wallet: %w", err)
	}
	_, err = q.WalletLock(ctx, wallet)
	if db.IsNotFound(err) {
		return booking.NoTopUps(currency)
	}
	return err
}

func openTopUp(ctx context.Context, q *db.Queries, req booking.TopUpRequest) (expiresAt time.Time, err error) {
	currency := req.Amount.Currency
	allowance, err := q.TopUpAllowance(ctx, db.TopUpAllowanceParams{UserID: req.UserID, Currency: currency})
	if db.IsNotFound(err) {
		return time.Time{}, booking.NoTopUps(currency)
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("read limits: %w", err)
	}
	limits := booking.TopUpLimits{Currency: currency, Minimum: allowance.Minimum, Maximum: allowance.Maximum, PerDay: allowance.PerDay}
	if refusal := limits.Refuse(req.Amount.Amount, allowance.LastDay); refusal != nil {
		return time.Time{}, refusal
	}
	if allowance.Waiting >= booking.MaxOpenTopUps {
		return time.Time{}, booking.TooManyTopUps()
	}
	expiresAt, err = q.TopUpOpen(ctx, db.TopUpOpenParams{
		ID: req.TopUpID, UserID: req.UserID, Currency: currency, Amount: req.Amount.Amount,
		RequestHash: req.RequestHash, CorrelationID: req.CorrelationID, Seconds: int32(booking.TopUpTime.Seconds()),
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("write top-up: %w", err)
	}
	return expiresAt, nil
}
