package activities

import (
	"context"
	"errors"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
)

// SettleMoney decides about money that a closed intent has collected while no booking was waiting for it: it
// confirms the booking if the very same seats are still available, or credits the wallet, and otherwise says
// that the money has to go back. What somebody gave back of it by hand, before we knew whose it is, is booked.
func (a *Activities) SettleMoney(ctx context.Context, req booking.Settlement) (booking.SettlementDecision, error) {
	decision, err := a.settleMoney(ctx, req)
	if err != nil {
		return decision, err
	}
	switch decision.Result { //nolint:exhaustive // the others have given nothing away
	case booking.SettledConfirmed, booking.SettledCredited, booking.SettledAlready:
		_, err = a.NoteOutsideRefunds(ctx, booking.OutsideRefundsRequest{IntentID: req.Intent.IntentID, CorrelationID: req.CorrelationID})
	}
	return decision, err
}

func (a *Activities) settleMoney(ctx context.Context, req booking.Settlement) (booking.SettlementDecision, error) {
	if req.Intent.TopUpID != "" {
		return a.settleTopUp(ctx, req.Intent)
	}
	if req.Intent.BookingID == "" {
		return booking.SettlementDecision{Result: booking.SettledNotOurs}, nil
	}
	payment, err := a.paymentOf(ctx, req.Intent)
	switch {
	case db.IsNotFound(err):
		return a.refundStray(ctx, req.Intent, "no payment of ours belongs to this money")
	case err != nil:
		return booking.SettlementDecision{}, classify(fmt.Errorf("find payment: %w", err))
	case payment.IntentID != nil && *payment.IntentID != req.Intent.IntentID:
		return a.refundStray(ctx, req.Intent, "the payment is to be collected by another intent")
	case payment.Status == booking.PaymentSucceeded || payment.Status == booking.PaymentRefunded:
		return booking.SettlementDecision{Result: booking.SettledAlready}, nil
	case payment.Status == booking.PaymentRefunding:
		return refund("a refund is under way"), nil
	case req.Intent.Received != booking.Money{Amount: payment.CardAmount, Currency: payment.Currency}:
		return a.refundStray(ctx, req.Intent, "the amount differs from the quote")
	}
	var confirmed booking.Confirmed
	err = couponUsedUp(db.InTxOfBooking(ctx, a.pool, payment.BookingID, func(q, last *db.Queries) (err error) {
		if err := refuseGivenBack(ctx, q, req.Intent.IntentID); err != nil {
			return err
		}
		if _, err := q.PaymentSetIntent(ctx, db.PaymentSetIntentParams{ID: payment.ID, IntentID: req.Intent.IntentID}); err != nil {
			return err
		}
		confirmed, err = confirm(ctx, q, last, lateConfirmation(payment, req.CorrelationID), late)
		return err
	}))
	if refusal, ok := errors.AsType[*booking.Refusal](err); ok {
		if refusal.Details["status"] == booking.StatusConfirmed || refusal.Details["status"] == booking.StatusCompleted {
			return a.refundStray(ctx, req.Intent, refusal.Message)
		}
		return refund(refusal.Message), nil
	}
	if err != nil {
		return booking.SettlementDecision{}, classify(err)
	}
	return booking.SettlementDecision{Result: booking.SettledConfirmed, Intents: confirmed.Intents}, nil
}

// refuseGivenBack refuses to let money buy anything after somebody has given a part of it back by hand.
func refuseGivenBack(ctx context.Context, q *db.Queries, intentID string) error {
	given, err := q.OutsideRefundStands(ctx, intentID)
	if err != nil {
		return fmt.Errorf("look for refunds made outside: %w", err)
	}
	if given {
		return booking.Refuse(booking.CodeInvalidState, "Some of this money has been given back at the provider by hand.")
	}
	return nil
}

// paymentOf finds the payment that an intent collects. An attempt that was cut off before it could
// record its intent is found by the intent's metadata.
func (a *Activities) paymentOf(ctx context.Context, intent booking.ClosedIntent) (db.Payment, error) {
	q := db.New(a.pool)
	payment, err := q.PaymentByIntent(ctx, intent.IntentID)
	if db.IsNotFound(err) {
		return q.PaymentByID(ctx, intent.PaymentID)
	}
	return payment, err
}

func lateConfirmation(p db.Payment, correlationID string) booking.Confirmation {
	return booking.Confirmation{
		BookingID: p.BookingID,
		Payment: booking.Payment{
			ID:          p.ID,
			BookingID:   p.BookingID,
			Attempt:     int(p.Attempt),
			Method:      p.Method,
			Wallet:      booking.Money{Amount: p.WalletAmount, Currency: p.Currency},
			Card:        booking.Money{Amount: p.CardAmount, Currency: p.Currency},
			RequestHash: p.RequestHash,
		},
		Actor:         booking.ActorSettlement,
		Reason:        "paid late, and the seats were still free",
		CorrelationID: correlationID,
	}
}

func refund(reason string) booking.SettlementDecision {
	return booking.SettlementDecision{Result: booking.SettledRefunded, Reason: reason}
}

// refundStray says that money that nobody should have paid has to go back, and alerts an operator to find out why somebody did.
func (a *Activities) refundStray(ctx context.Context, intent booking.ClosedIntent, reason string) (booking.SettlementDecision, error) {
	err := db.New(a.pool).FlagRaise(ctx, db.FlagRaiseParams{
		Kind: booking.FlagStrayMoney, Subject: intent.IntentID, Message: "Received " + intent.Received.String() + ": " + reason,
	})
	if err != nil {
		return booking.SettlementDecision{}, classify(fmt.Errorf("flag stray money: %w", err))
	}
	return refund(reason), nil
}
