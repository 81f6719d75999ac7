package main

import (
	"context"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/wait"
)

// topUp puts money into the wallet by card.
func (t *telling) topUp(ctx context.Context) string {
	topUp, _, err := untilAnswered(ctx, request[openapi.TopUp]{
		actor: t.actor, operation: "POST /wallet/top-ups", key: t.key, twice: t.story.Twice,
		same: func(a, b openapi.TopUp) bool { return a.TopUpId == b.TopUpId },
		do: func(ctx context.Context, key string) (openapi.TopUp, error) {
			return t.TopUp(ctx, key, booking.Money{Amount: t.story.Amount, Currency: currency})
		},
	})
	if err != nil {
		return ended("not topped up", err)
	}
	end := t.useCards(ctx, topUp.ProviderPayload.PaymentIntentId, func(card string) (string, error) { return t.EnterCardForTopUp(ctx, topUp, card) })
	if end != "" {
		return end
	}
	return t.awaitTopUp(ctx, topUp.TopUpId)
}

// topUpWait is how long a customer looks whether the money has come. It may come half an hour later, when the provider's event was lost.
const topUpWait = 5 * time.Second

func (t *telling) awaitTopUp(ctx context.Context, id string) string {
	for until := time.Now().Add(topUpWait); ; {
		topUp, err := ask(ctx, t.actor, "GET /wallet/top-ups/{id}", func(ctx context.Context) (openapi.TopUp, error) { return t.ReadTopUp(ctx, id) })
		switch {
		case err != nil:
			return ended("not seen", err)
		case !topUp.Status.Open():
			return string(topUp.Status)
		case time.Now().After(until) || !wait.For(ctx, 250*time.Millisecond):
			return "left waiting"
		}
	}
}
