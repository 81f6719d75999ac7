package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// buy pays in the story's way, and cancels again if that is how it goes on.
func (t *telling) buy(ctx context.Context) string {
	payment, end := t.pay(ctx, t.story.Method, "pay")
	if end == string("not paid: "+booking.CodeInsufficientFunds) {
		payment, end = t.pay(ctx, booking.MethodCard, "pay-by-card")
	}
	if end != "" {
		return end
	}
	if payment.Provider != nil && payment.Status != booking.PaymentSucceeded {
		if end := t.useCards(ctx, payment); end != "" {
			return end
		}
	}
	b, err := t.awaitEnd(ctx)
	switch {
	case err != nil:
		return "left waiting"
	case b.Status != booking.StatusConfirmed:
		return "paid too late or in vain: " + string(b.Status)
	}
	t.run.memory.confirmed(b.Id)
	if b.Ticket == nil {
		t.run.record.breach("GET /bookings/{id}", "%s: %s is CONFIRMED and has no ticket", t.name, b.Id)
	}
	if t.story.Then == keeps {
		return "bought"
	}
	return t.giveBack(ctx)
}

// pay begins a payment. It returns how the story ends, if it does.
func (t *telling) pay(ctx context.Context, method booking.Method, name string) (openapi.Payment, string) {
	payment, _, err := fulfil(ctx, wish[openapi.Payment]{
		actor: t.actor, operation: "POST /bookings/{id}/payments", key: t.key + "-" + name, twice: t.story.Twice,
		same: func(a, b openapi.Payment) bool { return a.Id == b.Id },
		do: func(ctx context.Context, key string) (openapi.Payment, error) {
			if method == booking.MethodWalletAndCard {
				return t.PayInParts(ctx, key, t.held.Id, max(t.held.Pricing.Total*int64(t.story.WalletPercent)/100, 1))
			}
			return t.Pay(ctx, key, t.held.Id, method)
		},
	})
	if err != nil {
		return payment, ended("not paid", err)
	}
	if sum := tenders(payment); sum != t.held.Pricing.Total {
		t.run.record.breach("POST /bookings/{id}/payments", "%s: %s collects %d instead of %d", t.name, payment.Id, sum, t.held.Pricing.Total)
	}
	if payment.BookingStatus == booking.StatusConfirmed {
		t.run.memory.confirmed(t.held.Id)
	}
	return payment, ""
}

func tenders(p openapi.Payment) (sum int64) {
	for _, tender := range p.Tenders {
		sum += tender.Amount
	}
	return sum
}

// useCards enters one card after the other at the provider, which may misbehave: what came of it is known from the booking alone. It returns how
// the story ends, if it does.
func (t *telling) useCards(ctx context.Context, payment openapi.Payment) string {
	for _, use := range t.story.Cards {
		status, err := t.EnterCard(ctx, payment, use.Card)
		if err != nil {
			t.run.record.note("cards that were declined or not answered")
			continue
		}
		switch status {
		case "requires_action":
			if use.Leaves {
				return "left at the bank's question"
			}
			t.run.decide(ctx, "payment_intents/"+payment.Provider.PaymentIntentId+"/authenticate", use)
		case "processing":
			t.run.bank.Go(func() { t.run.decide(ctx, "payment_intents/"+payment.Provider.PaymentIntentId+"/settle", use) })
		}
		return ""
	}
	return ""
}

// awaitEnd reads the booking until it does not wait for money any more.
func (t *telling) awaitEnd(ctx context.Context) (openapi.Booking, error) {
	ctx, cancel := context.WithDeadline(ctx, t.held.ExpiresAt.Add(t.run.options.patience))
	defer cancel()
	for {
		b, _, err := fulfil(ctx, wish[openapi.Booking]{
			actor: t.actor, operation: "GET /bookings/{id}",
			do: func(ctx context.Context, _ string) (openapi.Booking, error) { return t.Booking(ctx, t.held.Id) },
		})
		if err != nil || !b.Status.Payable() {
			return b, err
		}
		if !sleep(ctx, 250*time.Millisecond) {
			return b, fmt.Errorf("%s is still %s: %w", b.Id, b.Status, context.Cause(ctx))
		}
	}
}

// giveBack cancels some seats, or all, first asking what comes back if the customer wants to be sure.
func (t *telling) giveBack(ctx context.Context) string {
	seats := seatsOf(t.held)
	if t.story.Then == returnsSome && len(seats) > 1 {
		seats = booking.SortSeats(seats)[:1+len(seats)/3]
	}
	request := openapi.CancelBookingRequest{SeatIds: &seats, RefundTo: &t.story.RefundTo}
	if t.story.Checks {
		quote, _, err := fulfil(ctx, wish[openapi.CancellationQuote]{
			actor: t.actor, operation: "GET /bookings/{id}/cancellation",
			do: func(ctx context.Context, _ string) (openapi.CancellationQuote, error) {
				return t.QuoteCancellation(ctx, t.held.Id, seats...)
			},
		})
		if err != nil {
			return ended("bought, no quote", err)
		}
		request.ExpectedRefund = &quote.Refund
	}
	t.run.memory.wishes(t.held.Id)
	answer, _, err := fulfil(ctx, t.cancelWish(request))
	if err != nil {
		return ended("bought, not cancelled", err)
	}
	if !slices.Equal(booking.SortSeats(answer.SeatIds), booking.SortSeats(seats)) {
		t.run.record.breach("POST /bookings/{id}/cancel", "%s: %v of %s were cancelled instead of %v", t.name, answer.SeatIds, t.held.Id, seats)
	}
	t.run.memory.returned(t.held.Id, answer.SeatIds)
	if len(seats) == len(t.held.Seats) {
		return "bought, cancelled"
	}
	return "bought, some cancelled"
}
