package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// settleTopUp puts money that no workflow was waiting for into the wallet that it was meant for,
// however late. Money that the top-up did not ask for has to go back, and operators are alerted.
func (a *Activities) settleTopUp(ctx context.Context, intent booking.ClosedIntent) (booking.SettlementDecision, error) {
	leaving, err := db.New(a.pool).IntentHasRefund(ctx, intent.IntentID)
	if err != nil {
		return booking.SettlementDecision{}, classify(fmt.Errorf("look for refunds: %w", err))
	}
	if leaving {
		return refund("a refund is under way"), nil
	}
	now, err := a.creditTopUp(ctx, booking.TopUpCredit{
		TopUpID: intent.TopUpID, IntentID: intent.IntentID, Received: intent.Received, Reason: "top-up by card, paid late",
	})
	refusal, refused := errors.AsType[*booking.Refusal](err)
	switch {
	case refused:
		return a.strayTopUp(ctx, intent, refusal.Message)
	case isDefect(err):
		return a.strayTopUp(ctx, intent, "The money of this top-up could not be booked.")
	case err != nil:
		return booking.SettlementDecision{}, classify(err)
	case now:
		return booking.SettlementDecision{Result: booking.SettledCredited}, nil
	default:
		return booking.SettlementDecision{Result: booking.SettledAlready}, nil
	}
}

func (a *Activities) strayTopUp(ctx context.Context, intent booking.ClosedIntent, reason string) (booking.SettlementDecision, error) {
	err := db.New(a.pool).FlagRaise(ctx, db.FlagRaiseParams{
		Kind: booking.FlagStrayMoney, Subject: intent.IntentID, Message: "Top-up " + intent.TopUpID + ": " + reason,
	})
	if err != nil {
		return booking.SettlementDecision{}, classify(fmt.Errorf("raise flag: %w", err))
	}
	return refund(reason), nil
}
