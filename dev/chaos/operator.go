package main

import (
	"context"
	"fmt"
	"time"

	"github.com/boxoffice/boxoffice/api/openapi"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	// operatorRound is how often the operator looks around.
	operatorRound = time.Second
	// refundRounds is in how many rounds the operator looks for refused refunds once.
	refundRounds = 6
)

// operate has the operator act as planned, and look after refused refunds in between.
func (c *chaos) operate(ctx context.Context, stop <-chan struct{}) {
	actions := c.plan.Actions
	for round := 0; ; round++ {
		select {
		case <-stop:
			return
		case <-ctx.Done():
			return
		case <-time.After(operatorRound):
		}
		for len(actions) > 0 && time.Since(c.began) > time.Duration(actions[0].At) {
			c.action(ctx, actions[0])
			actions = actions[1:]
		}
		if round%refundRounds == 0 {
			d := throw(c.plan.Seed, fmt.Sprintf("refunds %d", round))
			c.lookAfterRefunds(ctx, fmt.Sprintf("round-%d", round), func() bool { return d.chance(50) })
		}
	}
}

func (c *chaos) action(ctx context.Context, a action) {
	switch a.Kind {
	case cancelsShow:
		c.cancelShow(ctx, a.Show)
	case pausesShow:
		if cascade := c.cancelShow(ctx, a.Show); cascade != "" {
			if c.command(ctx, "POST /admin/cascades/{id}/pause", cascade, c.operator.PauseCascade) {
				wait.For(ctx, operatorRound)
				c.command(ctx, "POST /admin/cascades/{id}/resume", cascade, c.operator.ResumeCascade)
			}
		}
	case expires:
		if id := c.memory.latest(); id != "" {
			_, err := ask(ctx, c.operator, "POST /admin/bookings/{id}/expire", func(ctx context.Context) (openapi.BookingExpiry, error) {
				return c.operator.ExpireBooking(ctx, id, "chaos")
			})
			c.record.note(outcomeOf("bookings expired", err))
		}
	}
}

// outcomeOf says what an operator did, or why it could not be done.
func outcomeOf(what string, err error) string {
	if err == nil {
		return what
	}
	return ended(what+" in vain", err)
}

// cancelShow returns the id of the cascade, or nothing when there was no answer.
func (c *chaos) cancelShow(ctx context.Context, show int) (cascade string) {
	report, err := ask(ctx, c.operator, "POST /admin/shows/{id}/cancel", func(ctx context.Context) (openapi.CascadeReport, error) {
		return c.operator.CancelShow(ctx, showID(show), "chaos")
	})
	if err == nil {
		c.cancelled.Store(showID(show), true)
	}
	c.record.note(outcomeOf("shows cancelled", err))
	return report.Cascade.CascadeId
}

// command has a cascade pause or go on, and says whether it did.
func (c *chaos) command(ctx context.Context, operation, cascade string, do func(ctx context.Context, id, reason string) (openapi.CascadeReport, error)) bool {
	_, err := ask(ctx, c.operator, operation, func(ctx context.Context) (openapi.CascadeReport, error) { return do(ctx, cascade, "chaos") })
	c.record.note(outcomeOf(operation, err))
	return err == nil
}

// lookAfterRefunds has refused refunds sent once more or, if divert says so, paid into the wallet.
func (c *chaos) lookAfterRefunds(ctx context.Context, key string, divert func() bool) {
	for _, status := range []booking.RefundStatus{booking.RefundFailed, booking.RefundNeedsAttention} {
		refunds, err := ask(ctx, c.operator, "GET /admin/refunds", func(ctx context.Context) ([]openapi.AdminRefund, error) {
			return c.operator.Refunds(ctx, status)
		})
		if err != nil {
			return
		}
		for _, refund := range refunds {
			action, do := "retry", c.operator.RetryRefund
			if divert() {
				action, do = "divert", c.operator.DivertRefund
			}
			_, _, err := untilAnswered(ctx, request[openapi.RefundHistory]{
				actor: c.operator, operation: "POST /admin/refunds/{id}/" + action, key: "chaos-" + key + "-" + action + "-" + refund.RefundId,
				do: func(ctx context.Context, key string) (openapi.RefundHistory, error) {
					return do(ctx, key, refund.RefundId, "chaos")
				},
			})
			c.record.note(outcomeOf("refunds: "+action, err))
		}
	}
}
