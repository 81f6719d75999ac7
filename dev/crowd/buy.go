package crowd

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/booking"
)

const correlationID = "crowd"

// shop makes all bookings of one person, one after another.
func (c *Crowd) shop(ctx context.Context, order Order, p person) ([]Sale, error) {
	sales := make([]Sale, 0, len(p.plan))
	for i, w := range p.plan {
		id := booking.ID(p.id, fmt.Sprint(i))
		sale, err := c.buy(ctx, order, booking.Request{
			BookingID: id, CustomerID: p.id, ShowID: order.ShowID, Seats: w.seats, RequestHash: id, CorrelationID: correlationID,
		}, w.method)
		if err != nil {
			return nil, fmt.Errorf("buy %v of %s: %w", w.seats, order.ShowID, err)
		}
		sales = append(sales, sale)
	}
	return sales, nil
}

// buy takes the steps that the booking's workflow takes.
func (c *Crowd) buy(ctx context.Context, order Order, req booking.Request, method booking.Method) (Sale, error) {
	lock, err := c.steps.LockSeats(ctx, req)
	if err != nil {
		return Sale{}, fmt.Errorf("lock: %w", err)
	}
	due := *lock.Due
	payment := booking.Payment{
		ID: booking.PaymentID(req.BookingID, "1"), BookingID: req.BookingID, Attempt: 1, Method: method, RequestHash: req.RequestHash,
		Wallet: booking.Money{Currency: due.Currency}, Card: booking.Money{Currency: due.Currency},
	}
	actor, reason := booking.ActorProvider, "paid by card"
	switch method {
	case booking.MethodCard:
		payment.Card = due
	case booking.MethodWallet:
		payment.Wallet = due
		actor, reason = booking.ActorCustomer, "paid from the wallet"
	case booking.MethodWalletAndCard:
		payment.Wallet.Amount = due.Amount / 2
	}
	if err := c.topUp(ctx, order, req, payment.Wallet); err != nil {
		return Sale{}, fmt.Errorf("top up: %w", err)
	}
	if payment, err = c.collect(ctx, order, payment); err != nil {
		return Sale{}, err
	}
	_, err = c.steps.ConfirmBooking(ctx, booking.Confirmation{
		BookingID: req.BookingID, Payment: payment, Actor: actor, Reason: reason, CorrelationID: correlationID,
	})
	if err != nil {
		return Sale{}, fmt.Errorf("confirm: %w", err)
	}
	return Sale{
		BookingID: req.BookingID, CustomerID: req.CustomerID, Seats: req.Seats, Method: method,
		Wallet: payment.Wallet.Amount, Card: payment.Card.Amount, IntentID: payment.IntentID,
	}, nil
}

// topUp brings the money into the wallet that one booking takes out of it.
func (c *Crowd) topUp(ctx context.Context, order Order, req booking.Request, money booking.Money) error {
	if money.IsZero() {
		return nil
	}
	topUp := booking.TopUpRequest{
		TopUpID: booking.TopUpID(req.CustomerID, req.BookingID), UserID: req.CustomerID, Amount: money,
		RequestHash: req.RequestHash, CorrelationID: correlationID,
	}
	if _, err := c.steps.OpenTopUp(ctx, topUp); err != nil {
		return err
	}
	intent, err := c.steps.OpenTopUpIntent(ctx, topUp)
	if err != nil {
		return err
	}
	if err := c.Simulator.Pay(ctx, intent.IntentID, order.Card); err != nil {
		return err
	}
	return c.steps.CreditTopUp(ctx, booking.TopUpCredit{
		TopUpID: topUp.TopUpID, IntentID: intent.IntentID, Received: money, Reason: "paid by card",
	})
}

// collect sets the wallet's part of a hybrid payment aside, and has the card's part paid.
func (c *Crowd) collect(ctx context.Context, order Order, payment booking.Payment) (booking.Payment, error) {
	if payment.Method == booking.MethodWallet {
		return payment, nil
	}
	if payment.Method == booking.MethodWalletAndCard {
		part := payment.Wallet.Amount
		split, err := c.steps.ReserveWallet(ctx, booking.Reservation{Payment: payment, WalletAmount: &part, CorrelationID: correlationID})
		if err != nil {
			return payment, fmt.Errorf("reserve: %w", err)
		}
		payment = split.Payment
	}
	intent, err := c.steps.OpenIntent(ctx, booking.IntentOrder{Payment: payment, CorrelationID: correlationID})
	if err != nil {
		return payment, fmt.Errorf("open the intent: %w", err)
	}
	payment.IntentID = intent.IntentID
	return payment, c.Simulator.Pay(ctx, intent.IntentID, order.Card)
}
