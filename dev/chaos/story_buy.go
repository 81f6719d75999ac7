package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/dev/wait"
)

// buy pays in the story's way, and cancels again if that is how it goes on.
func (t *telling) buy(ctx context.Context) string {
	if t.held.Status != booking.StatusConfirmed {
		if end := t.payInFull(ctx); end != "" {
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
	t.run.memory.confirmed(b.BookingId)
	if b.Ticket == nil {
		t.run.record.breach("GET /bookings/{id}", "%s: %s is CONFIRMED and has no ticket", t.name, b.BookingId)
	}
	switch t.story.Then {
	case returnsAll:
		return t.giveBack(ctx, t.held.Seats)
	case returnsSome:
		return t.giveBack(ctx, t.someSeats())
	case returnsBoth:
		var other sync.WaitGroup
		other.Go(func() { t.giveBack(ctx, t.someSeats()) })
		end := t.giveBack(ctx, t.held.Seats)
		other.Wait()
		return end
	case keeps:
	}
	return "bought"
}

// someSeats are fewer than all, if there is more than one.
func (t *telling) someSeats() []string {
	seats := booking.SortSeats(t.held.Seats)
	return seats[:1+len(seats)/3]
}

// payInFull pays, by card if the wallet has too little, and at the same time as the rival, if the story has one. It returns how the story ends, if it
// does.
func (t *telling) payInFull(ctx context.Context) string {
	if t.story.Rival != "" && t.story.Twice {
		var rival sync.WaitGroup
		rival.Go(func() { t.payAndEnter(ctx, t.story.Rival, "rival", nil) })
		defer rival.Wait()
		return t.payAndEnter(ctx, t.story.Method, "pay", nil)
	}
	meanwhile := func() {
		if t.story.Rival != "" {
			t.payAndEnter(ctx, t.story.Rival, "rival", nil)
		}
	}
	end := t.payAndEnter(ctx, t.story.Method, "pay", meanwhile)
	if end == "not paid: "+string(booking.CodeInsufficientFunds) {
		return t.payAndEnter(ctx, booking.MethodCard, "pay-by-card", nil)
	}
	return end
}

// payAndEnter begins a payment and enters cards if it needs one. Meanwhile something else happens, unless that is nil.
func (t *telling) payAndEnter(ctx context.Context, method booking.Method, name string, meanwhile func()) string {
	payment, end := t.pay(ctx, method, name)
	if end != "" || payment.ProviderPayload == nil || payment.Status == booking.PaymentSucceeded {
		return end
	}
	if meanwhile != nil {
		var other sync.WaitGroup
		other.Go(meanwhile)
		defer other.Wait()
	}
	if !wait.For(ctx, time.Until(t.held.ExpiresAt)*time.Duration(t.story.EnterAfter)/100) {
		return "interrupted"
	}
	return t.useCards(ctx, payment.ProviderPayload.PaymentIntentId, func(card string) (string, error) { return t.EnterCard(ctx, payment, card) })
}

// pay begins a payment. It returns how the story ends, if it does.
func (t *telling) pay(ctx context.Context, method booking.Method, name string) (openapi.Payment, string) {
	payment, _, err := untilAnswered(ctx, request[openapi.Payment]{
		actor: t.actor, operation: "POST /bookings/{id}/payments", key: t.key + "-" + name, twice: t.story.Twice,
		same: func(a, b openapi.Payment) bool { return a.PaymentId == b.PaymentId },
		do: func(ctx context.Context, key string) (openapi.Payment, error) {
			if method == booking.MethodWalletAndCard {
				return t.PayInParts(ctx, key, t.held.BookingId, max(t.held.Pricing.Total*int64(t.story.WalletPercent)/100, 1))
			}
			return t.Pay(ctx, key, t.held.BookingId, method)
		},
	})
	if err != nil {
		return payment, ended("not paid", err)
	}
	if sum := tenders(payment); sum != t.held.Pricing.Total {
		t.run.record.breach("POST /bookings/{id}/payments", "%s: %s collects %d instead of %d", t.name, payment.PaymentId, sum, t.held.Pricing.Total)
	}
	if payment.BookingStatus == booking.StatusConfirmed {
		t.run.memory.confirmed(t.held.BookingId)
	}
	return payment, ""
}

func tenders(p openapi.Payment) (sum int64) {
	for _, tender := range p.Tenders {
		sum += tender.Amount
	}
	return sum
}

// useCards enters one card after another at the provider, which may misbehave, so only the booking tells what came of it. It returns how the story
// ends, if it does.
func (t *telling) useCards(ctx context.Context, intentID string, enter func(card string) (status string, err error)) string {
	for _, use := range t.story.Cards {
		status, err := enter(use.Card)
		if err != nil && use.Card == slowCard {
			status, err = "processing", nil // it may have arrived, and then the bank decides whatever the customer was told
		}
		if err != nil {
			t.run.record.note("cards that were declined or not answered")
			continue
		}
		switch status {
		case "requires_action":
			if use.Leaves {
				return "left at the bank's question"
			}
			t.run.decide(ctx, intentID, use, stripesim.Client.Authenticate)
		case "processing":
			t.run.bank.Go(func() { t.run.decide(ctx, intentID, use, stripesim.Client.SettleIntent) })
		}
		return ""
	}
	return ""
}

// awaitEnd reads the booking until it no longer waits for money. That must not be much longer than its hold, because parts come back and banks decide
// within seconds.
func (t *telling) awaitEnd(ctx context.Context) (openapi.Booking, error) {
	ctx, cancel := context.WithDeadline(ctx, t.held.ExpiresAt.Add(t.run.options.patience))
	defer cancel()
	for {
		b, err := ask(ctx, t.actor, "GET /bookings/{id}", func(ctx context.Context) (openapi.Booking, error) { return t.Booking(ctx, t.held.BookingId) })
		if err != nil || !b.Status.Payable() {
			return b, err
		}
		if !wait.For(ctx, 250*time.Millisecond) {
			if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
				t.run.record.breach("GET /bookings/{id}", "%s: %s is still %s, %s after its hold has ended", t.name, b.BookingId, b.Status, t.run.options.patience)
			}
			return b, fmt.Errorf("%s is still %s: %w", b.BookingId, b.Status, context.Cause(ctx))
		}
	}
}

// giveBack cancels seats, first asking what comes back if the customer wants to be sure.
func (t *telling) giveBack(ctx context.Context, seats []string) string {
	body := openapi.CancelBookingRequest{SeatIds: &seats, RefundTo: &t.story.RefundTo}
	if t.story.Checks {
		quote, err := ask(ctx, t.actor, "GET /bookings/{id}/cancellation", func(ctx context.Context) (openapi.CancellationQuote, error) {
			return t.QuoteCancellation(ctx, t.held.BookingId, seats...)
		})
		if err != nil {
			return ended("bought, no quote", err)
		}
		body.ExpectedRefund = &quote.Refund
	}
	t.run.memory.asks(t.held.BookingId, seats)
	answer, _, err := untilAnswered(ctx, t.cancelRequest(body))
	if err != nil {
		return ended("bought, not cancelled", err)
	}
	if !slices.Equal(booking.SortSeats(answer.SeatIds), booking.SortSeats(seats)) {
		t.run.record.breach("POST /bookings/{id}/cancel", "%s: %v of %s were cancelled instead of %v", t.name, answer.SeatIds, t.held.BookingId, seats)
	}
	t.run.memory.returned(t.held.BookingId, answer.SeatIds)
	if len(seats) == len(t.held.Seats) {
		if answer.Status != booking.StatusCancelled {
			t.run.record.breach("POST /bookings/{id}/cancel", "%s: %s was cancelled and is %s", t.name, t.held.BookingId, answer.Status)
		}
		return "bought, cancelled"
	}
	return "bought, some cancelled"
}
