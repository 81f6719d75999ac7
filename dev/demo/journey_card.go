package main

import (
	"context"
	"fmt"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// payByCard: browse, hold, pay, enter the card at the provider, and have the webhook confirm.
func (d *demo) payByCard(ctx context.Context) (string, error) {
	e, err := d.browse(ctx, anyOther)
	if err != nil {
		return "", err
	}
	b, err := d.hold(ctx, e, pair(e.seats))
	if err != nil {
		return "", err
	}
	if err := d.expectSeats(ctx, "Everybody sees that the seats are taken for the moment", b, openapi.SeatLocked); err != nil {
		return "", err
	}
	payment, err := d.startCard(ctx, b)
	if err != nil {
		return "", err
	}
	if err := d.enterCard(ctx, payment); err != nil {
		return "", err
	}
	err = d.say.step("The provider's webhook confirms the booking; Asha reads it until then", func() error {
		waiting, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if b, err = d.asha.Await(waiting, b.BookingId, booking.StatusConfirmed); err != nil {
			return err
		}
		return expectTicket(b)
	}, func() string { return trailLine(b) }, func() string { return ticketLine(*b.Ticket) })
	if err != nil {
		return "", err
	}
	return b.BookingId, d.expectSeats(ctx, "The seats are hers", b, openapi.SeatSold)
}

func (d *demo) startCard(ctx context.Context, b openapi.Booking) (payment openapi.Payment, err error) {
	err = d.say.step("Asha pays by card", func() error {
		if payment, err = d.asha.Pay(ctx, newKey(), b.BookingId, booking.MethodCard); err != nil {
			return err
		}
		if payment.BookingStatus != booking.StatusPaymentPending || payment.ProviderPayload == nil {
			return fmt.Errorf("the booking is %s, and should be %s with something to pay at the provider", payment.BookingStatus, booking.StatusPaymentPending)
		}
		return nil
	}, func() string {
		return fmt.Sprintf("payment %s is %s, to be paid as %s", payment.PaymentId, payment.Status, payment.ProviderPayload.PaymentIntentId)
	})
	return payment, err
}

func (d *demo) enterCard(ctx context.Context, payment openapi.Payment) error {
	var status string
	return d.say.step("Her browser enters the card 4242 4242 4242 4242 at the provider", func() (err error) {
		if status, err = d.asha.EnterCard(ctx, payment, "pm_card_visa"); err != nil {
			return err
		}
		if status != "succeeded" {
			return fmt.Errorf("the charge is %q, and should have succeeded", status)
		}
		return nil
	}, func() string { return "the charge has " + status })
}
