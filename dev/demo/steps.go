package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// patience is how long the demo waits for a webhook, or for a hold to end.
const patience = 2 * time.Minute

// newKey is an Idempotency-Key: random, so that every run of the demo makes bookings of its own.
func newKey() string { return "demo-" + rand.Text() }

func (d *demo) browse(ctx context.Context, theatre func(id string) bool) (e evening, err error) {
	err = d.say.step("Asha looks for a show with two free seats side by side", func() error {
		e, err = browse(ctx, d.asha, theatre, hasPair)
		return err
	}, func() string { return e.String() })
	return e, err
}

func (d *demo) hold(ctx context.Context, e evening, seats []openapi.Seat) (openapi.Booking, error) {
	wanted := labels(seats)
	return d.expectHold("Asha holds "+strings.Join(wanted, " "), func() (openapi.Booking, error) {
		return d.asha.Book(ctx, newKey(), e.show.ShowId, wanted...)
	})
}

func (d *demo) holdFor(ctx context.Context, e evening, seats []openapi.Seat, coupon string) (openapi.Booking, error) {
	wanted := labels(seats)
	return d.expectHold("Asha holds "+strings.Join(wanted, " ")+" with the coupon "+coupon, func() (openapi.Booking, error) {
		b, err := d.asha.BookWithCoupon(ctx, newKey(), coupon, e.show.ShowId, wanted...)
		if err == nil && (b.Pricing == nil || b.Pricing.Discount == 0) {
			err = errors.New("the coupon takes nothing off")
		}
		return b, err
	})
}

// expectHold wants seats to be held, with a price.
func (d *demo) expectHold(what string, book func() (openapi.Booking, error)) (b openapi.Booking, err error) {
	err = d.say.step(what, func() error {
		if b, err = book(); err != nil {
			return err
		}
		if b.Status != booking.StatusSeatsLocked || b.Pricing == nil {
			return fmt.Errorf("the booking is %s, and should be %s with a price", b.Status, booking.StatusSeatsLocked)
		}
		return nil
	}, func() string {
		return fmt.Sprintf("%s is %s until %s", b.BookingId, b.Status, b.ExpiresAt.Local().Format(time.TimeOnly))
	}, func() string { return priceLine(*b.Pricing) })
	return b, err
}

// expectSeats looks at the seat map and wants every one of these seats to be in a state.
func (d *demo) expectSeats(ctx context.Context, what string, b openapi.Booking, want openapi.SeatStatus) error {
	var seats []openapi.Seat
	return d.say.step(what, func() error {
		all, err := d.asha.Seats(ctx, b.Show.ShowId)
		if err != nil {
			return err
		}
		seats = find(all, b.Seats)
		for _, seat := range seats {
			if seat.Status != want {
				return fmt.Errorf("%s is %s, and should be %s", seat.SeatId, seat.Status, want)
			}
			if want == openapi.SeatLocked && (seat.LockExpiresAt == nil || !seat.LockExpiresAt.Equal(b.ExpiresAt)) {
				return fmt.Errorf("%s should be locked until the booking's deadline, %s", seat.SeatId, b.ExpiresAt)
			}
		}
		if len(seats) != len(b.Seats) {
			return fmt.Errorf("the seat map has %d of the %d seats", len(seats), len(b.Seats))
		}
		return nil
	}, func() string { return seatLine(seats) })
}

// expectTicket wants the booking to be confirmed, with a ticket for its seats.
func expectTicket(b openapi.Booking) error {
	switch {
	case b.Status != booking.StatusConfirmed:
		return fmt.Errorf("the booking is %s, and should be %s", b.Status, booking.StatusConfirmed)
	case b.Ticket == nil:
		return fmt.Errorf("the confirmed booking %s has no ticket", b.BookingId)
	case !slices.Equal(b.Ticket.SeatIds, b.Seats):
		return fmt.Errorf("the ticket is for %v, and should be for %v", b.Ticket.SeatIds, b.Seats)
	default:
		return nil
	}
}
