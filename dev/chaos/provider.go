package main

import (
	"context"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/dev/wait"
)

// charge is what the provider has collected on one intent.
type charge struct {
	ID       string            `json:"id"`
	Status   string            `json:"status"`
	Received int64             `json:"amount_received"`
	Metadata map[string]string `json:"metadata"`
}

// booking is the booking that was paid, or empty.
func (c charge) booking() string { return c.Metadata[booking.MetadataBooking] }

// topUp is the top-up that was paid, or empty.
func (c charge) topUp() string { return c.Metadata[booking.MetadataTopUp] }

// payback is money that the provider has given back, or is about to.
type payback struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Amount   int64  `json:"amount"`
	IntentID string `json:"payment_intent"`
	// Created is in seconds since 1970.
	Created int64 `json:"created"`
}

// goesBack says that the money is the customer's again, or will be.
func (p payback) goesBack() bool { return p.Status == "pending" || p.Status == "succeeded" }

// ListedID is the id.
func (c charge) ListedID() string { return c.ID }

// ListedID is the id.
func (p payback) ListedID() string { return p.ID }

// happening is an event of the provider.
type happening struct {
	ID string `json:"id"`
	// Pending is how many deliveries of it are still to come.
	Pending int `json:"pending_webhooks"`
}

// ListedID is the id.
func (h happening) ListedID() string { return h.ID }

// charges are all intents.
func (c *chaos) charges(ctx context.Context) ([]charge, error) {
	return everything[charge](ctx, c, "/v1/payment_intents")
}

// paybacks are all refunds.
func (c *chaos) paybacks(ctx context.Context) ([]payback, error) {
	return everything[payback](ctx, c, "/v1/refunds")
}

// undelivered is how many events have not been delivered yet, and still will be.
func (c *chaos) undelivered(ctx context.Context) (n int, err error) {
	events, err := everything[happening](ctx, c, "/v1/events")
	for _, e := range events {
		n += e.Pending
	}
	return n, err
}

// everything is a list of the provider.
func everything[T stripesim.Listed](ctx context.Context, c *chaos, path string) (all []T, err error) {
	for one, err := range stripesim.All[T](ctx, c.system.Simulator(), path, nil) {
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// decision is how a bank ends what waits for it: a challenge, or the processing of a charge.
type decision func(c stripesim.Client, ctx context.Context, intentID string, outcome stripesim.Outcome) error

// decide lets a customer's bank make up its mind, after the time that it takes.
func (c *chaos) decide(ctx context.Context, intentID string, use cardUse, end decision) {
	wait.For(ctx, time.Duration(use.After))
	if err := end(c.system.Simulator(), ctx, intentID, use.Outcome); err != nil {
		c.record.note("decisions of a bank that came too late")
	}
}

// misbehave throws the plan's faults, each at its time.
func (c *chaos) misbehave(ctx context.Context) {
	for _, f := range c.plan.Faults {
		if !wait.For(ctx, time.Until(c.began.Add(time.Duration(f.At)))) {
			return
		}
		faults := stripesim.Faults{}
		if f.Request != nil {
			faults.Requests = append(faults.Requests, *f.Request)
		} else {
			faults.Webhooks = append(faults.Webhooks, *f.Webhook)
		}
		if err := c.system.Simulator().AddFaults(ctx, faults); err != nil {
			c.record.breach("the simulator", "%v", err)
			return
		}
		c.thrown.add(faults, 1)
	}
}
