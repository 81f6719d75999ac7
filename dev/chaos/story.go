package main

import (
	"context"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/wait"
)

// telling is a story while it happens.
type telling struct {
	*actor

	story story
	// key begins the Idempotency-Keys of the story.
	key  string
	held openapi.Booking
}

// takeSeats holds seats and does with them what the story says.
func (t *telling) takeSeats(ctx context.Context) string {
	if end := t.hold(ctx); end != "" {
		return end
	}
	if t.story.Misuses {
		t.misuse(ctx)
	}
	end := t.goOn(ctx)
	if t.story.Repeats {
		t.repeat(ctx)
	}
	return end
}

// goOn is what comes after the hold.
func (t *telling) goOn(ctx context.Context) string {
	if !wait.For(ctx, time.Until(t.held.ExpiresAt)*time.Duration(t.story.Think)/100) {
		return "interrupted"
	}
	switch {
	case t.story.Kind == buys:
		return t.buy(ctx)
	case t.story.Method != "":
		if _, end := t.pay(ctx, t.story.Method, "pay"); end != "" {
			return end
		}
	}
	if t.story.Kind == givesUp {
		return t.giveUp(ctx)
	}
	return "left"
}

func (t *telling) browse(ctx context.Context) string {
	show := showID(t.story.Show)
	for _, look := range []struct {
		operation string
		at        func(ctx context.Context) error
	}{
		{"GET /shows/{id}", func(ctx context.Context) error { _, err := t.Show(ctx, show); return err }},
		{"GET /shows/{id}/seats", func(ctx context.Context) error { _, err := t.Seats(ctx, show); return err }},
		{"GET /wallet", func(ctx context.Context) error { _, err := t.Wallet(ctx); return err }},
	} {
		if _, err := ask(ctx, t.actor, look.operation, func(ctx context.Context) (bool, error) { return true, look.at(ctx) }); err != nil {
			return ended(look.operation, err)
		}
	}
	return "seen"
}

// hold asks for the seats. It returns how the story ends, if it does.
func (t *telling) hold(ctx context.Context) string {
	held, key, err := untilAnswered(ctx, t.holdRequest())
	if err != nil {
		return ended("not held", err)
	}
	if wrong := t.run.memory.held(t.name, key, t.story, held); wrong != "" {
		t.run.record.breach("POST /bookings", "%s: %s", t.name, wrong)
	}
	t.held, t.key = held, key
	return ""
}

func (t *telling) holdRequest() request[openapi.Booking] {
	show := showID(t.story.Show)
	return request[openapi.Booking]{
		actor: t.actor, operation: "POST /bookings", key: t.key, twice: t.story.Twice,
		same: func(a, b openapi.Booking) bool { return a.BookingId == b.BookingId },
		do: func(ctx context.Context, key string) (openapi.Booking, error) {
			switch {
			case t.story.AtOnce && t.story.KeepsSeats:
				return t.BuyAtOnce(ctx, key, show, booking.HoldSeats, t.story.Seats...)
			case t.story.AtOnce:
				return t.BuyAtOnce(ctx, key, show, booking.ReleaseSeats, t.story.Seats...)
			case t.story.Coupon != "":
				return t.BookWithCoupon(ctx, key, t.story.Coupon, show, t.story.Seats...)
			default:
				return t.Book(ctx, key, show, t.story.Seats...)
			}
		},
	}
}

// repeat asks for the seats once more, with the same key and body: the answer must be the same booking, or that it has expired.
func (t *telling) repeat(ctx context.Context) {
	w := t.holdRequest()
	w.sameKey = true
	again, key, err := untilAnswered(ctx, w)
	wrong := ""
	switch c := code(err); {
	case err == nil:
		wrong = t.run.memory.held(t.name, key, t.story, again)
	case c == booking.CodeBookingExpired:
		wrong = t.run.memory.expired(t.held.BookingId)
	case c != "":
		wrong = fmt.Sprintf("the key of %s was answered with %v", t.held.BookingId, err)
	}
	if wrong != "" {
		t.run.record.breach("POST /bookings", "%s, once more: %s", t.name, wrong)
	}
}

// misuse sends the key again with other seats: the answer must say so.
func (t *telling) misuse(ctx context.Context) {
	ctx = expecting(ctx, booking.CodeIdempotencyKeyReused)
	_, _, err := untilAnswered(ctx, request[openapi.Booking]{
		actor: t.actor, operation: "POST /bookings", key: t.key,
		do: func(ctx context.Context, key string) (openapi.Booking, error) {
			return t.Book(ctx, key, showID(t.story.Show), append([]string{"B50"}, t.story.Seats...)...)
		},
	})
	if c := code(err); c != booking.CodeIdempotencyKeyReused && (err == nil || c != "") {
		t.run.record.breach("POST /bookings", "%s: the key of %s with other seats was answered with %v", t.name, t.held.BookingId, err)
	}
}

// giveUp cancels what has not been paid. A card may have been faster.
func (t *telling) giveUp(ctx context.Context) string {
	t.run.memory.asks(t.held.BookingId, t.held.Seats)
	answer, _, err := untilAnswered(ctx, t.cancelRequest(openapi.CancelBookingRequest{}))
	if err != nil {
		return ended("not cancelled", err)
	}
	if answer.Status != booking.StatusCancelled {
		t.run.record.breach("POST /bookings/{id}/cancel", "%s: %s was cancelled and is %s", t.name, t.held.BookingId, answer.Status)
	}
	return "cancelled"
}

func (t *telling) cancelRequest(body openapi.CancelBookingRequest) request[openapi.Cancellation] {
	return request[openapi.Cancellation]{
		actor: t.actor, operation: "POST /bookings/{id}/cancel", twice: t.story.Twice,
		same: func(a, b openapi.Cancellation) bool { return a.BookingId == b.BookingId && a.Status == b.Status },
		do: func(ctx context.Context, _ string) (openapi.Cancellation, error) {
			return t.CancelWith(ctx, t.held.BookingId, body)
		},
	}
}
