package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/wait"
)

// countEvery is how often the countdown says how long the hold still lasts.
const countEvery = 5 * time.Second

// letExpire: hold in the Rehearsal Room, where holds are short, and do nothing.
func (d *demo) letExpire(ctx context.Context) (string, error) {
	e, err := d.browse(ctx, rehearsalRoom)
	if err != nil {
		return "", err
	}
	b, err := d.hold(ctx, e, pair(e.seats))
	if err != nil {
		return "", err
	}
	if err := d.expectSeats(ctx, "The seat map shows until when they are locked", b, openapi.SeatLocked); err != nil {
		return "", err
	}
	if err := d.benIsTooLate(ctx, b); err != nil {
		return "", err
	}
	if err := d.countDown(ctx, b.ExpiresAt); err != nil {
		return "", err
	}
	err = d.say.step("Nobody paid; Asha reads her booking", func() error {
		waiting, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		b, err = d.asha.Await(waiting, b.BookingId, booking.StatusExpired)
		return err
	}, func() string { return trailLine(b) })
	if err != nil {
		return "", err
	}
	if err := d.expectSeats(ctx, "The seats are free again", b, openapi.SeatAvailable); err != nil {
		return "", err
	}
	return b.BookingId, d.expectRefused("Asha pays after all, and is told that it is too late", http.StatusGone, booking.CodeBookingExpired, func() error {
		_, err := d.asha.Pay(ctx, newKey(), b.BookingId, booking.MethodWallet)
		return err
	})
}

func (d *demo) benIsTooLate(ctx context.Context, b openapi.Booking) error {
	var named []string
	err := d.expectRefused("Ben wants the same seats", http.StatusConflict, booking.CodeSeatLockFailed, func() error {
		_, err := d.ben.Book(ctx, newKey(), b.Show.ShowId, b.Seats...)
		if refused, ok := errors.AsType[*refusal](err); ok {
			named = texts(refused.Detail("unavailableSeatIds"))
		}
		return err
	})
	if err == nil && !slices.Equal(named, b.Seats) {
		err = fmt.Errorf("ben was told that %v are taken, and should have been told %v", named, b.Seats)
	}
	return err
}

// expectRefused does something that must be refused in a certain way.
func (d *demo) expectRefused(what string, status int, code booking.Code, do func() error) error {
	var refused *refusal
	return d.say.step(what, func() error {
		err := do()
		switch {
		case err == nil:
			return fmt.Errorf("it was allowed, and should have been refused with %d %s", status, code)
		case !errors.As(err, &refused):
			return err
		case refused.Status != status || refused.Body.Code != code:
			return fmt.Errorf("the answer is %d %s, and should be %d %s", refused.Status, refused.Body.Code, status, code)
		default:
			return nil
		}
	}, func() string { return refusalLine(refused) })
}

// countDown waits until an instant and says every few seconds how long that still takes.
func (d *demo) countDown(ctx context.Context, until time.Time) error {
	_ = d.say.step("Nobody does anything", func() error { return nil })
	for {
		left := time.Until(until)
		if left <= 0 {
			return nil
		}
		d.say.note("the hold ends in " + left.Round(time.Second).String())
		if !wait.For(ctx, min(left, countEvery)) {
			return ctx.Err()
		}
	}
}
