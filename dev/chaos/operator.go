package main

import (
	"context"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
)

// operatorRound is how often the operator looks for refunds that were refused.
const operatorRound = 6 * time.Second

// operate has the operator cancel shows as planned, and look after refused refunds in between.
func (c *chaos) operate(ctx context.Context, stop <-chan struct{}) {
	acts := c.plan.Acts
	for round := 0; ; round++ {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		case <-time.After(operatorRound):
		}
		for len(acts) > 0 && time.Since(c.began) > time.Duration(acts[0].At) {
			c.cancelShow(ctx, acts[0].Show)
			acts = acts[1:]
		}
		d := throw(c.plan.Seed, fmt.Sprintf("refunds %d", round))
		c.lookAfterRefunds(ctx, fmt.Sprintf("round-%d", round), func() bool { return d.chance(50) })
	}
}

func (c *chaos) cancelShow(ctx context.Context, show int) {
	_, _, err := fulfil(ctx, wish[openapi.CascadeReport]{
		actor: c.operator, operation: "POST /admin/shows/{id}/cancel",
		do: func(ctx context.Context, _ string) (openapi.CascadeReport, error) {
			return c.operator.CancelShow(ctx, showID(show), "chaos")
		},
	})
	if err != nil {
		c.record.note(ended("shows not cancelled", err))
		return
	}
	c.cancelled.Store(showID(show), true)
	c.record.note("shows cancelled")
}

// lookAfterRefunds has refused refunds sent once more, or paid into the wallet: whichever divert says.
func (c *chaos) lookAfterRefunds(ctx context.Context, key string, divert func() bool) {
	for _, status := range []booking.RefundStatus{booking.RefundFailed, booking.RefundNeedsAttention} {
		refunds, _, err := fulfil(ctx, wish[[]openapi.AdminRefund]{
			actor: c.operator, operation: "GET /admin/refunds",
			do: func(ctx context.Context, _ string) ([]openapi.AdminRefund, error) {
				return c.operator.Refunds(ctx, status)
			},
		})
		if err != nil {
			return
		}
		for _, refund := range refunds {
			act, do := "retry", c.operator.RetryRefund
			if divert() {
				act, do = "divert", c.operator.DivertRefund
			}
			_, _, err := fulfil(ctx, wish[openapi.RefundHistory]{
				actor: c.operator, operation: "POST /admin/refunds/{id}/" + act, key: "chaos-" + key + "-" + act + "-" + refund.Id,
				do: func(ctx context.Context, key string) (openapi.RefundHistory, error) {
					return do(ctx, key, refund.Id, "chaos")
				},
			})
			if err != nil {
				c.record.note(ended("refunds that would not "+act, err))
				continue
			}
			c.record.note("refunds: " + act)
		}
	}
}
