package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/customer"
	"github.com/boxoffice/boxoffice/dev/stripesim"
	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	// webhookPatience bounds one delivery, and how long confirmations may take after the last one.
	webhookPatience = time.Minute
	// webhookWarmUp is how long both sides take events before anything is measured.
	webhookWarmUp = time.Second
	// doneEvery is how often the bench looks whether all effects of the events have come, of the product and of the floor.
	doneEvery = 10 * time.Millisecond
)

// webhookOptions are the subject's.
type webhookOptions struct {
	round  time.Duration
	events int
}

func (o *webhookOptions) flags(flags *flag.FlagSet) {
	flags.DurationVar(&o.round, "webhooks-round", 3*time.Second, "webhooks: how long a round of events without consequences lasts")
	flags.IntVar(&o.events, "webhooks-events", 200, "webhooks: how many bookings are confirmed in a round")
}

func (o *webhookOptions) check() error {
	if o.round <= 0 || o.events < 1 {
		return errors.New("a round must last, and have an event")
	}
	return nil
}

// webhookBench is one measurement.
type webhookBench struct {
	*system

	options *webhookOptions
	http    *http.Client
	sale    *sale
	floor   *bareWorkflows
	plain   *floorServer
	// sample is an event that changes nothing: an intent was made.
	sample event
}

// measure delivers one event again and again, then new ones that change nothing, then those that confirm bookings.
func (o *webhookOptions) measure(ctx context.Context, s *system, rounds int, out io.Writer) (_ any, err error) {
	b := &webhookBench{system: s, options: o, http: &http.Client{
		Timeout: webhookPatience, Transport: &http.Transport{MaxIdleConnsPerHost: serveClients},
	}}
	if b.sale, err = openSale(ctx, s, "webhooks", saleBuyers); err != nil {
		return nil, err
	}
	if b.floor, err = startBareWorkflows(s.Temporal); err != nil {
		return nil, err
	}
	defer b.floor.stop()
	if err := s.prepareFloorEvents(ctx); err != nil {
		return nil, err
	}
	if b.plain, err = s.startFloorServer(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.plain.stop()) }()
	// The bench delivers what the provider would.
	if err := s.crowd.Mute(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.crowd.Unmute(context.WithoutCancel(ctx))) }()
	var found comparisons
	for _, kind := range []struct {
		what  string
		floor string
		event func() event
	}{
		{"a known event", floorKnownEvent, func() event { return b.sample }},
		{"new and without meaning", floorNewEvent, func() event { return b.sample.as("evt_bench" + rand.Text()) }},
	} {
		c, err := b.compareTaking(ctx, rounds, kind.what, kind.floor, kind.event)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind.what, err)
		}
		found = append(found, c)
	}
	pairs, err := playPairs(ctx, rounds, b.confirm, b.signal)
	if err != nil {
		return nil, fmt.Errorf("events that confirm: %w", err)
	}
	found = append(found, compare("bookings confirmed", pairs))
	printComparisons(out, found...)
	return found, nil
}

// compareTaking has the API and a path of the plain server receive events for a while each.
func (b *webhookBench) compareTaking(ctx context.Context, rounds int, what, floor string, next func() event) (comparison, error) {
	if b.sample.id == "" {
		one, err := b.charge(ctx, 1)
		if err != nil {
			return comparison{}, err
		}
		b.sample = one[0].event.of("payment_intent.created")
	}
	take := func(url string, length time.Duration) func(context.Context) (side, error) {
		return func(ctx context.Context) (side, error) {
			return actFor(ctx, serveClients, length, func(ctx context.Context, _ int) (time.Duration, error) {
				return b.deliver(ctx, url, next())
			})
		}
	}
	plain := b.plain.url + floor
	// The API comes first: then it knows what the floor looks for.
	for _, url := range []string{b.WebhookURL(), plain} {
		if _, err := take(url, webhookWarmUp)(ctx); err != nil {
			return comparison{}, err
		}
	}
	pairs, err := playPairs(ctx, rounds, take(b.WebhookURL(), b.options.round), take(plain, b.options.round))
	return compare(what, pairs), err
}

// deliver signs an event and sends it, as the provider does. It gives how long that took.
func (b *webhookBench) deliver(ctx context.Context, url string, e event) (time.Duration, error) {
	began := time.Now()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(e.body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Stripe-Signature", stripesim.Sign(began, e.body, b.Secrets().StripeWebhookSecret))
	res, err := b.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxEventAnswer))
	switch {
	case err != nil:
		return 0, err
	case res.StatusCode == http.StatusServiceUnavailable:
		return 0, &customer.Refused{Status: res.StatusCode}
	case res.StatusCode != http.StatusOK:
		return 0, fmt.Errorf("event %s was answered %s: %s", e.id, res.Status, answer)
	}
	return time.Since(began), nil
}

// confirm delivers the events of bookings that wait for them, and waits until all are confirmed.
func (b *webhookBench) confirm(ctx context.Context) (side, error) {
	bookings, err := b.charge(ctx, b.options.events)
	if err != nil {
		return side{}, err
	}
	ids := make([]string, len(bookings))
	for i, charged := range bookings {
		ids[i] = charged.id
	}
	return serve(ctx, len(bookings), func(ctx context.Context, n int) (time.Duration, error) {
		return b.deliver(ctx, b.WebhookURL(), bookings[n].event)
	}, func(ctx context.Context) error {
		return awaitDone(ctx, len(ids), func(ctx context.Context) (confirmed int, err error) {
			err = b.Owner.QueryRow(ctx, `SELECT count(*) FROM bookings WHERE id = ANY($1) AND status = $2`, ids, booking.StatusConfirmed).Scan(&confirmed)
			return confirmed, err
		})
	})
}

// awaitDone counts again and again, until all is done.
func awaitDone(ctx context.Context, all int, count func(ctx context.Context) (int, error)) error {
	ctx, cancel := context.WithTimeout(ctx, webhookPatience)
	defer cancel()
	done := 0
	err := wait.Until(ctx, doneEvery, func() (bool, error) {
		var err error
		done, err = count(ctx)
		return done == all, err
	})
	if err != nil {
		return fmt.Errorf("%d of %d are done: %w", done, all, err)
	}
	return nil
}

// signal is the floor of confirm: it signals bare workflows that wait, and waits until all have ended. On both sides the time ends with the last
// effect, a moment before Temporal has closed the workflow.
func (b *webhookBench) signal(ctx context.Context) (side, error) {
	ids := make([]string, b.options.events)
	_, err := serve(ctx, len(ids), func(ctx context.Context, n int) (took time.Duration, err error) {
		ids[n], err = b.floor.startWaiting(ctx)
		return 0, err
	}, nil)
	if err != nil {
		return side{}, err
	}
	return serve(ctx, len(ids), func(ctx context.Context, n int) (time.Duration, error) {
		began := time.Now()
		err := b.Temporal.SignalWorkflow(ctx, ids[n], "", barePaid, nil)
		return time.Since(began), err
	}, func(ctx context.Context) error {
		return awaitDone(ctx, len(ids), func(context.Context) (int, error) { return b.floor.countEnded(ids), nil })
	})
}
