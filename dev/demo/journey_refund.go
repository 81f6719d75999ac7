package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/db/seed"
)

// giveBackInParts: hold with a coupon, pay half from the wallet and half by card, then give one seat back, and the rest.
func (d *demo) giveBackInParts(ctx context.Context) (string, error) {
	e, err := d.browse(ctx, anyOther)
	if err != nil {
		return "", err
	}
	b, err := d.holdFor(ctx, e, pair(e.seats), seed.Coupons[0].Code)
	if err != nil {
		return "", err
	}
	if err := d.payInHalves(ctx, b); err != nil {
		return "", err
	}
	seats := b.Seats
	if _, err := d.quoteCancellation(ctx, "Asha asks what giving both seats back would bring", b); err != nil {
		return "", err
	}
	quote, err := d.quoteCancellation(ctx, "She asks about "+seats[0]+" alone", b, seats[0])
	if err != nil {
		return "", err
	}
	if err := d.giveSeatBack(ctx, b, quote); err != nil {
		return "", err
	}
	if err := d.giveRestBack(ctx, b); err != nil {
		return "", err
	}
	if err := d.awaitRefunds(ctx, b); err != nil {
		return "", err
	}
	return b.BookingId, d.readHistory(ctx, b)
}

// payInHalves pays half of a booking from the wallet, or what is left there, and the rest by card.
func (d *demo) payInHalves(ctx context.Context, b openapi.Booking) error {
	left, err := d.balance(ctx, "Asha looks into her wallet", b.Pricing.Currency)
	if err != nil {
		return err
	}
	if left == 0 {
		return spent(left, b.Pricing.Total, b.Pricing.Currency)
	}
	var payment openapi.Payment
	err = d.say.step("Asha pays half from her wallet and the rest by card", func() (err error) {
		if payment, err = d.asha.PayInParts(ctx, newKey(), b.BookingId, min(b.Pricing.Total/2, left)); err != nil {
			return err
		}
		if len(payment.Tenders) != 2 || payment.ProviderPayload == nil {
			return fmt.Errorf("the payment has the tenders %s, and should have a part of the wallet and one of a card",
				tenderLine(payment.Tenders, payment.Currency))
		}
		return nil
	}, func() string { return payment.PaymentId + " takes " + tenderLine(payment.Tenders, payment.Currency) })
	if err != nil {
		return err
	}
	if err := d.enterCard(ctx, payment); err != nil {
		return err
	}
	return d.say.step("The webhook confirms: both parts are taken in one transaction", func() error {
		waiting, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		b, err = d.asha.Await(waiting, b.BookingId, booking.StatusConfirmed)
		return err
	}, func() string { return trailLine(b) })
}

// quoteCancellation asks what cancelling some seats, or all that are left, would give back.
func (d *demo) quoteCancellation(ctx context.Context, what string, b openapi.Booking, seats ...string) (quote openapi.CancellationQuote, err error) {
	err = d.say.step(what, func() error {
		if quote, err = d.asha.QuoteCancellation(ctx, b.BookingId, seats...); err != nil {
			return err
		}
		if quote.Refund <= 0 || quote.Refund > quote.Paid {
			return fmt.Errorf("of %s that were paid %s would go back", money(quote.Paid, b.Pricing.Currency), money(quote.Refund, b.Pricing.Currency))
		}
		return nil
	}, func() string { return quoteLine(quote, b.Pricing.Currency) })
	return quote, err
}

// giveSeatBack gives the seats of a quote back for exactly what it said.
func (d *demo) giveSeatBack(ctx context.Context, b openapi.Booking, quote openapi.CancellationQuote) error {
	var done openapi.Cancellation
	err := d.say.step("She gives it back, for exactly that sum or not at all", func() (err error) {
		done, err = d.asha.CancelWith(ctx, b.BookingId, openapi.CancelBookingRequest{SeatIds: &quote.SeatIds, ExpectedRefund: &quote.Refund})
		if err == nil && done.Status != booking.StatusConfirmed {
			err = fmt.Errorf("the booking is %s, and should be %s: a seat is left", done.Status, booking.StatusConfirmed)
		}
		return err
	}, func() string { return refundLine(done.Refunds) })
	if err != nil {
		return err
	}
	given := b
	given.Seats = b.Seats[:1]
	return d.expectSeats(ctx, "Anybody can have it now", given, openapi.SeatAvailable)
}

// giveRestBack gives all that is left of a booking back, into the wallet.
func (d *demo) giveRestBack(ctx context.Context, b openapi.Booking) error {
	var done openapi.Cancellation
	return d.say.step("She gives the rest back, all of it into her wallet", func() (err error) {
		wallet := booking.RefundToWallet
		done, err = d.asha.CancelWith(ctx, b.BookingId, openapi.CancelBookingRequest{RefundTo: &wallet})
		if err == nil && done.Status != booking.StatusCancelled {
			err = fmt.Errorf("the booking is %s, and should be %s", done.Status, booking.StatusCancelled)
		}
		return err
	}, func() string { return refundLine(done.Refunds) })
}

// awaitRefunds waits until the provider has made the refund by card too, and compares what went back with what was promised.
func (d *demo) awaitRefunds(ctx context.Context, b openapi.Booking) (err error) {
	return d.say.step("Asha reads her booking until all refunds have been made", func() error {
		waiting, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if b, err = d.asha.AwaitRefunds(waiting, b.BookingId); err != nil {
			return err
		}
		var promised, made int64
		for _, cancellation := range b.Cancellations {
			promised += cancellation.Refund
		}
		for _, refund := range b.Refunds {
			made += refund.Amount
		}
		if made != promised {
			return fmt.Errorf("%s went back, and should have been %s", money(made, b.Pricing.Currency), money(promised, b.Pricing.Currency))
		}
		return nil
	}, func() string { return refundLine(b.Refunds) })
}

// readHistory looks for the booking in the wallet's history.
func (d *demo) readHistory(ctx context.Context, b openapi.Booking) error {
	var mine []openapi.WalletTransaction
	return d.say.step("Her wallet's history tells all of it, newest first", func() error {
		all, err := d.asha.Transactions(ctx, url.Values{"currency": {b.Pricing.Currency}, "limit": {"5"}})
		if err != nil {
			return err
		}
		for _, transaction := range all {
			if transaction.BookingId != nil && *transaction.BookingId == b.BookingId {
				mine = append(mine, transaction)
			}
		}
		if len(mine) < 2 || mine[len(mine)-1].Type != openapi.WalletPurchase {
			return fmt.Errorf("the history has %d lines of %s, and should have its purchase and what came back", len(mine), b.BookingId)
		}
		return nil
	}, func() string { return historyLines(mine) })
}
