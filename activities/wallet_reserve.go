package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/pricing"
)

// ReserveWallet splits a payment over wallet and card and returns it. When both have a part, the attempt
// is written, and the wallet's part is set aside until the attempt has ended. When the wallet or the card
// pays everything, the payment gets that method, and nothing is written yet. While there are attempts
// that the caller does not know of, nothing is reserved, and the answer says how the booking stands.
func (a *Activities) ReserveWallet(ctx context.Context, req booking.Reservation) (booking.Reserved, error) {
	var reserved booking.Reserved
	err := db.InTx(ctx, a.pool, func(q *db.Queries) (err error) {
		reserved, err = reserveWallet(ctx, q, req)
		return err
	})
	if isWalletTooEmpty(err) {
		err = insufficientFunds(req.Payment.Wallet.Currency, reserved.Wallet.Amount)
	}
	return reserved, classify(err)
}

func reserveWallet(ctx context.Context, q *db.Queries, req booking.Reservation) (booking.Reserved, error) {
	b, err := q.BookingForUpdate(ctx, req.Payment.BookingID)
	if err != nil {
		return booking.Reserved{Payment: req.Payment}, fmt.Errorf("lock booking: %w", err)
	}
	if err := refusePaid(b.Status); err != nil {
		return booking.Reserved{Payment: req.Payment}, err
	}
	taken, err := takeAttempt(ctx, q, req.Payment, req.Over)
	if err == nil && !taken.written && taken.found == nil {
		taken.Payment, err = reserveFor(ctx, q, taken.Payment, b, req)
	}
	return booking.Reserved{Payment: taken.Payment, Found: taken.found}, err
}

// reserveFor splits an attempt that is not written yet, and writes it with the wallet's part set aside.
func reserveFor(
	ctx context.Context, q *db.Queries, payment booking.Payment, b db.BookingForUpdateRow, req booking.Reservation,
) (booking.Payment, error) {
	before := db.PaymentsSupersedeParams{BookingID: b.ID, Attempt: int32(payment.Attempt)} //nolint:gosec // booking.MaxCommands at most
	if err := q.PaymentsSupersede(ctx, before); err != nil {
		return payment, fmt.Errorf("end earlier attempts: %w", err)
	}
	payment, err := split(ctx, q, payment, b, req.WalletAmount)
	if err != nil || payment.Method != booking.MethodWalletAndCard {
		return payment, err
	}
	if _, err := q.PaymentOpen(ctx, paymentOpening(payment, req.CorrelationID)); err != nil {
		return payment, fmt.Errorf("write payment: %w", err)
	}
	return payment, nil
}

// split divides what the booking costs according to what the wallet holds at this moment.
func split(
	ctx context.Context, q *db.Queries, payment booking.Payment, b db.BookingForUpdateRow, wanted *int64,
) (booking.Payment, error) {
	if b.Total == nil {
		return payment, fmt.Errorf("booking %s has no quote", b.ID)
	}
	wallet, err := q.WalletForUpdate(ctx, db.WalletForUpdateParams{
		WalletID: booking.WalletID(b.CustomerID, *b.Currency), ReservedWalletID: booking.ReservedWalletID(b.CustomerID, *b.Currency),
		Currency: *b.Currency,
	})
	if err != nil {
		return payment, fmt.Errorf("lock wallet: %w", err)
	}
	payment.Wallet.Amount, payment.Card.Amount, err = pricing.Tenders(*b.Total, pricing.Funds{
		Wallet: wallet.Balance, Wanted: wanted, MinimumCharge: wallet.MinimumCharge,
	})
	switch {
	case payment.Card.IsZero():
		payment.Method = booking.MethodWallet
	case payment.Wallet.IsZero():
		payment.Method = booking.MethodCard
	}
	return payment, err
}

// paymentOpening is the row of an attempt whose card part is about to be paid.
func paymentOpening(p booking.Payment, correlationID string) db.PaymentOpenParams {
	return db.PaymentOpenParams{
		ID:            p.ID,
		BookingID:     p.BookingID,
		Attempt:       int32(p.Attempt), //nolint:gosec // attempts of one hold are few
		Method:        p.Method,
		Currency:      p.Card.Currency,
		WalletAmount:  p.Wallet.Amount,
		CardAmount:    p.Card.Amount,
		RequestHash:   p.RequestHash,
		CorrelationID: correlationID,
	}
}
