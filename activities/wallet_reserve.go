package activities

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db"
	"github.com/boxoffice/boxoffice/pricing"
)

// ReserveWallet splits a payment over wallet and card and answers with it. When both have a part, the attempt is written, and
// the wallet's part with it is set aside until the attempt has ended. When the wallet or the card pays everything, the payment
// has that method, and nothing is written yet.
func (a *Activities) ReserveWallet(ctx context.Context, req booking.Reservation) (booking.Payment, error) {
	var payment booking.Payment
	err := db.InTx(ctx, a.pool, func(q *db.Queries) (err error) {
		payment, err = reserveWallet(ctx, q, req)
		return err
	})
	if emptyWallet(err) {
		err = insufficientFunds(req.Payment.Wallet.Currency, payment.Wallet.Amount)
	}
	return payment, classify(err)
}

func reserveWallet(ctx context.Context, q *db.Queries, req booking.Reservation) (booking.Payment, error) {
	payment := req.Payment
	b, err := q.BookingForUpdate(ctx, payment.BookingID)
	if err != nil {
		return payment, fmt.Errorf("lock booking: %w", err)
	}
	if !b.Status.Payable() {
		return payment, booking.WrongState("This booking can no longer be paid.", b.Status)
	}
	written, err := q.PaymentByID(ctx, payment.ID)
	switch {
	case err == nil:
		return splitAsWritten(payment, written), nil
	case !db.IsNotFound(err):
		return payment, fmt.Errorf("find payment: %w", err)
	}
	before := db.PaymentsSupersedeParams{BookingID: b.ID, Attempt: int32(payment.Attempt)} //nolint:gosec // booking.MaxCommands at most
	if err := q.PaymentsSupersede(ctx, before); err != nil {
		return payment, fmt.Errorf("end earlier attempts: %w", err)
	}
	payment, err = split(ctx, q, payment, b, req.WalletAmount)
	if err != nil || payment.Method != booking.MethodWalletAndCard {
		return payment, err
	}
	if _, err := q.PaymentOpen(ctx, paymentOpening(payment, req.CorrelationID)); err != nil {
		return payment, fmt.Errorf("write payment: %w", err)
	}
	return payment, nil
}

// split divides what the booking costs by what the wallet holds at this moment.
func split(
	ctx context.Context, q *db.Queries, payment booking.Payment, b db.BookingForUpdateRow, wanted *int64,
) (booking.Payment, error) {
	if b.Total == nil || b.Currency == nil {
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

func splitAsWritten(payment booking.Payment, written db.Payment) booking.Payment {
	payment.Method = written.Method
	payment.Wallet.Amount, payment.Card.Amount = written.WalletAmount, written.CardAmount
	return payment
}

// paymentOpening is the row of an attempt whose card is about to be paid.
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
