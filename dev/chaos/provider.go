package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

// provider is the simulator from behind: it is told to misbehave, and its own books are read.
type provider struct {
	url, key string
	http     *http.Client
}

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

func (p *provider) addFaults(ctx context.Context, faults stripesim.Faults) error {
	return p.ask(ctx, http.MethodPost, "/_sim/faults", faults, nil)
}

// clearFaults ends all misbehaviour and returns what of it had not been used.
func (p *provider) clearFaults(ctx context.Context) (left stripesim.Faults, err error) {
	err = p.ask(ctx, http.MethodGet, "/_sim/faults", nil, &left)
	return left, errors.Join(err, p.ask(ctx, http.MethodDelete, "/_sim/faults", nil, nil))
}

// end ends what waits for a bank: "payment_intents/pi_…/settle". It fails for what does not wait any more.
func (p *provider) end(ctx context.Context, what string, outcome stripesim.Outcome) error {
	return p.ask(ctx, http.MethodPost, "/_sim/"+what, map[string]stripesim.Outcome{"outcome": outcome}, nil)
}

// charges are all intents.
func (p *provider) charges(ctx context.Context) ([]charge, error) {
	return pages(ctx, p, "/v1/payment_intents", func(c charge) string { return c.ID })
}

// paybacks are all refunds.
func (p *provider) paybacks(ctx context.Context) ([]payback, error) {
	return pages(ctx, p, "/v1/refunds", func(b payback) string { return b.ID })
}

// undelivered is how many events have not been delivered yet, and still will be.
func (p *provider) undelivered(ctx context.Context) (n int, err error) {
	type event struct {
		ID      string `json:"id"`
		Pending int    `json:"pending_webhooks"`
	}
	events, err := pages(ctx, p, "/v1/events", func(e event) string { return e.ID })
	for _, e := range events {
		n += e.Pending
	}
	return n, err
}

// pages reads a list to its end.
func pages[T any](ctx context.Context, p *provider, path string, id func(T) string) (all []T, err error) {
	for after := ""; ; {
		var page struct {
			Data    []T  `json:"data"`
			HasMore bool `json:"has_more"`
		}
		if err := p.ask(ctx, http.MethodGet, path+"?limit=100"+after, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Data...)
		if !page.HasMore || len(page.Data) == 0 {
			return all, nil
		}
		after = "&starting_after=" + id(page.Data[len(page.Data)-1])
	}
}

// ask sends a request to the simulator, with a body unless it is nil, and decodes the answer unless nobody wants it.
func (p *provider) ask(ctx context.Context, method, path string, body, into any) error {
	encoded := []byte{}
	if body != nil {
		var err error
		if encoded, err = json.Marshal(body); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(encoded))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.key)
	res, err := p.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("simulator: %s %s: %s: %s", method, path, res.Status, short(content))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(content, into)
}

// decide lets a customer's bank make up its mind, after the time that it takes.
func (c *chaos) decide(ctx context.Context, what string, use cardUse) {
	sleep(ctx, time.Duration(use.After))
	if err := c.provider.end(ctx, what, use.Outcome); err != nil {
		c.record.note("decisions of a bank that came too late")
	}
}

// misbehave throws the plan's faults, each at its time.
func (c *chaos) misbehave(ctx context.Context) {
	for _, f := range c.plan.Faults {
		if !sleep(ctx, time.Until(c.began.Add(time.Duration(f.At)))) {
			return
		}
		faults := stripesim.Faults{}
		if f.Request != nil {
			faults.Requests = append(faults.Requests, *f.Request)
		} else {
			faults.Webhooks = append(faults.Webhooks, *f.Webhook)
		}
		if err := c.provider.addFaults(ctx, faults); err != nil {
			c.record.breach("the simulator", "%v", err)
			return
		}
		c.thrown.add(faults, 1)
	}
}
