package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/stripesim"
)

const (
	// maxEventAnswer bounds what is read of an answer to an event.
	maxEventAnswer = 1 << 20
)

// event is one of the provider's, as it would send it.
type event struct {
	id   string
	body []byte
}

// as is the same event with another id.
func (e event) as(id string) event { return e.with("id", id) }

// of is the same event as one of another type.
func (e event) of(kind string) event { return e.with("type", kind) }

func (e event) with(field, value string) event {
	var fields map[string]json.RawMessage
	// Both the event and the value were valid JSON before.
	_ = json.Unmarshal(e.body, &fields)
	fields[field], _ = json.Marshal(value)
	if field == "id" {
		e.id = value
	}
	e.body, _ = json.Marshal(fields)
	return e
}

// charged is a booking whose card was charged, and the event that says so.
type charged struct {
	id    string
	event event
}

// charge has so many seats booked and paid by card. Their bookings do not know yet that they are paid.
func (b *webhookBench) charge(ctx context.Context, many int) ([]charged, error) {
	bookings, intents := make([]charged, many), make([]string, many)
	_, err := serve(ctx, many, func(ctx context.Context, n int) (time.Duration, error) {
		client := n % serveClients
		t, err := b.sale.take(ctx, client, booking.MethodCard)
		if err != nil {
			return 0, err
		}
		bookings[n].id, intents[n] = t.booking.BookingId, t.payment.ProviderPayload.PaymentIntentId
		_, err = b.sale.buyers[client].EnterCard(ctx, t.payment, cardThatPays)
		return 0, err
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("book and pay: %w", err)
	}
	events, err := b.eventsOf(ctx, intents)
	if err != nil {
		return nil, err
	}
	for i, intent := range intents {
		bookings[i].event = events[intent]
	}
	return bookings, nil
}

// eventsOf finds the events which say that intents succeeded, the newest of all.
func (b *webhookBench) eventsOf(ctx context.Context, intents []string) (map[string]event, error) {
	missing := make(map[string]bool, len(intents))
	for _, intent := range intents {
		missing[intent] = true
	}
	found := make(map[string]event, len(intents))
	query := url.Values{"type": {"payment_intent.succeeded"}}
	for listed, err := range stripesim.All[listedEvent](ctx, b.Simulator(), "/v1/events", query) {
		if err != nil {
			return nil, fmt.Errorf("list the provider's events: %w", err)
		}
		if intent := listed.Data.Object.ID; missing[intent] {
			delete(missing, intent)
			found[intent] = event{id: listed.ID, body: listed.body}
		}
		if len(missing) == 0 {
			return found, nil
		}
	}
	return nil, fmt.Errorf("the provider has no event for %d of %d intents", len(missing), len(intents))
}

// listedEvent is an event of a list, with its JSON.
type listedEvent struct {
	ID   string `json:"id"`
	Data struct {
		Object struct {
			ID string `json:"id"`
		} `json:"object"`
	} `json:"data"`

	body []byte
}

// ListedID is the id.
func (l listedEvent) ListedID() string { return l.ID }

// UnmarshalJSON keeps the JSON beside what it says.
func (l *listedEvent) UnmarshalJSON(body []byte) error {
	type plain listedEvent
	l.body = bytes.Clone(body)
	return json.Unmarshal(body, (*plain)(l))
}
