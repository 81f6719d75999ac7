package main

import (
	"context"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// topUp puts money into the wallet by card.
func (t *telling) topUp(ctx context.Context) string {
	topUp, _, err := untilAnswered(ctx, request[openapi.TopUp]{
		actor: t.actor, operation: "POST /wallet/top-ups", key: t.key, twice: t.story.Twice,
		same: func(a, b openapi.TopUp) bool { return a.Id == b.Id },
		do: func(ctx context.Context, key string) (openapi.TopUp, error) {
			return t.TopUp(ctx, key, booking.Money{Amount: t.story.Amount, Currency: currency})
		},
	})
	if err != nil {
		return ended("not topped up", err)
	}
	for _, use := range t.story.Cards {
		status, err := t.EnterCardForTopUp(ctx, topUp, use.Card)
		if err != nil {
			t.run.record.note("cards that were declined or not answered")
			continue
		}
		switch status {
		case "requires_action":
			if use.Leaves {
				return "left at the bank's question"
			}
			t.run.decide(ctx, "payment_intents/"+topUp.Provider.PaymentIntentId+"/authenticate", use)
		case "processing":
			t.run.bank.Go(func() { t.run.decide(ctx, "payment_intents/"+topUp.Provider.PaymentIntentId+"/settle", use) })
		}
		break
	}
	return t.awaitTopUp(ctx, topUp.Id)
}

// topUpWait is how long a customer looks whether the money has come: when the provider's event was lost, it comes half an hour later.
const topUpWait = 5 * time.Second

func (t *telling) awaitTopUp(ctx context.Context, id string) string {
	for until := time.Now().Add(topUpWait); ; {
		topUp, _, err := untilAnswered(ctx, request[openapi.TopUp]{
			actor: t.actor, operation: "GET /wallet/top-ups/{id}",
			do: func(ctx context.Context, _ string) (openapi.TopUp, error) { return t.ReadTopUp(ctx, id) },
		})
		switch {
		case err != nil:
			return ended("not seen", err)
		case !topUp.Status.Open():
			return string(topUp.Status)
		case time.Now().After(until) || !sleep(ctx, 250*time.Millisecond):
			return "left waiting"
		}
	}
}
