package main

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// payFromWallet: hold, and pay in one request from money that is there already.
func (d *demo) payFromWallet(ctx context.Context) (string, error) {
	e, err := d.browse(ctx, anyOther)
	if err != nil {
		return "", err
	}
	before, err := d.balance(ctx, "Asha looks into her wallet", e.seats.Currency)
	if err != nil {
		return "", err
	}
	b, err := d.holdWithin(ctx, e, before)
	if err != nil {
		return "", err
	}
	err = d.say.step("Asha pays from her wallet", func() error {
		payment, err := d.asha.Pay(ctx, newKey(), b.BookingId, booking.MethodWallet)
		if err != nil {
			return err
		}
		if payment.Status != booking.PaymentSucceeded || payment.BookingStatus != booking.StatusConfirmed {
			return fmt.Errorf("the payment is %s and the booking %s, and should be %s and %s",
				payment.Status, payment.BookingStatus, booking.PaymentSucceeded, booking.StatusConfirmed)
		}
		return nil
	}, func() string { return "confirmed in the same answer" })
	if err != nil {
		return "", err
	}
	err = d.say.step("Asha reads her booking", func() error {
		if b, err = d.asha.Booking(ctx, b.BookingId); err != nil {
			return err
		}
		return expectTicket(b)
	}, func() string { return trailLine(b) }, func() string { return ticketLine(*b.Ticket) })
	if err != nil {
		return "", err
	}
	after, err := d.balance(ctx, "Her wallet has paid exactly that", e.seats.Currency)
	if err == nil && before-after != b.Pricing.Total {
		err = fmt.Errorf("the wallet went from %s to %s, and should have paid %s", money(before, e.seats.Currency),
			money(after, e.seats.Currency), money(b.Pricing.Total, e.seats.Currency))
	}
	return b.BookingId, err
}

// holdWithin holds two seats that the wallet can pay for, or else the cheapest one.
func (d *demo) holdWithin(ctx context.Context, e evening, balance int64) (openapi.Booking, error) {
	b, err := d.hold(ctx, e, pair(e.seats))
	if err != nil || b.Pricing.Total <= balance {
		return b, err
	}
	if err := d.giveBack(ctx, b); err != nil {
		return b, err
	}
	seat, _ := cheapest(e.seats)
	b, err = d.hold(ctx, e, []openapi.Seat{seat})
	if err != nil || b.Pricing.Total <= balance {
		return b, err
	}
	if err := d.giveBack(ctx, b); err != nil {
		return b, err
	}
	return b, spent(balance, b.Pricing.Total, e.seats.Currency)
}

// spent says how to go on when the wallet has too little.
func spent(balance, price int64, currency string) error {
	return fmt.Errorf("earlier demos have spent Asha's money: her wallet has %s left and the seats cost %s. "+
		"Stop `make run`; `make reset` and `make run` start over with a full wallet", money(balance, currency), money(price, currency))
}

func (d *demo) giveBack(ctx context.Context, b openapi.Booking) error {
	return d.say.step("That is more than her wallet has; Asha gives the seats back", func() error {
		cancelled, err := d.asha.Cancel(ctx, b.BookingId)
		if err == nil && cancelled.Status != booking.StatusCancelled {
			err = fmt.Errorf("the booking is %s, and should be %s", cancelled.Status, booking.StatusCancelled)
		}
		return err
	})
}

// balance is what Asha has in a currency.
func (d *demo) balance(ctx context.Context, what, currency string) (available int64, err error) {
	err = d.say.step(what, func() error {
		wallet, err := d.asha.Wallet(ctx)
		if err != nil {
			return err
		}
		for _, balance := range wallet.Balances {
			if balance.Currency == currency {
				available = balance.Available
			}
		}
		return nil
	}, func() string { return "balance " + money(available, currency) })
	return available, err
}
