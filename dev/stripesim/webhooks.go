package stripesim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/boxoffice/boxoffice/dev/wait"
)

const (
	maxParallelDeliveries = 32
	maxDeliveryLog        = 10_000
)

// Delivery is one try to deliver an event.
type Delivery struct {
	Event string `json:"event"`
	Type  string `json:"type"`
	// Object is the id of what the event is about.
	Object  string    `json:"object"`
	Attempt int       `json:"attempt"` // from 1; 0 for DROPPED
	At      time.Time `json:"at"`
	Took    Duration  `json:"took"`
	// Status is the HTTP status of the answer, or 0 without one.
	Status  int             `json:"status"`
	Error   string          `json:"error,omitempty"`
	Outcome DeliveryOutcome `json:"outcome"`
}

// DeliveryOutcome is how a try ended.
type DeliveryOutcome string

// The outcomes of a try. Only FAILED is followed by another one.
const (
	Delivered     DeliveryOutcome = "DELIVERED"
	DeliveryRetry DeliveryOutcome = "FAILED"
	GaveUp        DeliveryOutcome = "GAVE_UP"
	Dropped       DeliveryOutcome = "DROPPED"
)

// delivery is an event on its way.
type delivery struct {
	eventID, eventType string
	object             string // id of what it is about
	group              string // deliveries of one group are sent in order
	payload            []byte
	attempt            int
}

func newDelivery(ev *event) *delivery {
	var about struct {
		ID            string `json:"id"`
		PaymentIntent string `json:"payment_intent"`
	}
	// Both are optional, and the object was written by this package.
	_ = json.Unmarshal(ev.Data.Object, &about)
	payload, _ := json.MarshalIndent(ev, "", "  ")
	group := about.PaymentIntent
	orDefault(&group, about.ID)
	return &delivery{eventID: ev.ID, eventType: ev.Type, object: about.ID, group: group, payload: payload}
}

// dispatcher sends events to the webhook endpoint.
type dispatcher struct {
	s    *Server
	ctx  context.Context
	stop context.CancelFunc
	slot chan struct{} // bounds what is sent at once

	mu      sync.Mutex
	url     string
	closed  bool
	running sync.WaitGroup
	groups  map[string][]*delivery // waiting for their turn; an entry has a goroutine
	held    []*delivery            // gathered by Reorder
	log     []Delivery
}

func newDispatcher(s *Server) *dispatcher {
	ctx, stop := context.WithCancel(context.Background())
	return &dispatcher{
		s: s, ctx: ctx, stop: stop, url: s.cfg.WebhookURL,
		slot: make(chan struct{}, maxParallelDeliveries), groups: map[string][]*delivery{},
	}
}

func (d *dispatcher) setURL(url string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.url = url
}

func (d *dispatcher) target() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.url
}

func (d *dispatcher) enabled() bool { return d.s.cfg.WebhookSecret != "" && d.target() != "" }

func (d *dispatcher) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.stop()
	d.running.Wait()
	d.s.cfg.HTTPClient.CloseIdleConnections()
}

// spawn runs f beside everything else, unless closed. The caller holds mu.
func (d *dispatcher) spawn(f func()) {
	if !d.closed {
		d.running.Go(f)
	}
}

// enqueue starts a delivery, bent by the fault.
func (d *dispatcher) enqueue(del *delivery, fault WebhookFault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch fault.Mode {
	case Drop:
		d.note(Delivery{Event: del.eventID, Type: del.eventType, Object: del.object, At: time.Now(), Outcome: Dropped})
		d.spawn(func() { d.s.webhookDone(del.eventID) })
	case Delay:
		d.spawn(func() {
			if wait.For(d.ctx, time.Duration(fault.Delay)) {
				d.try(del)
			}
		})
	case Duplicate:
		orDefault(&fault.Copies, 2)
		for range fault.Copies {
			d.spawn(func() { d.try(copyOf(del)) })
		}
	case Reorder:
		orDefault(&fault.Window, 2)
		if d.held = append(d.held, del); len(d.held) >= fault.Window {
			d.sendHeld()
		}
	default:
		d.line(del)
	}
}

// line puts a delivery behind the others of its group. The caller holds mu.
func (d *dispatcher) line(del *delivery) {
	waiting, busy := d.groups[del.group]
	d.groups[del.group] = append(waiting, del)
	if !busy {
		d.spawn(func() { d.drain(del.group) })
	}
}

func (d *dispatcher) drain(group string) {
	for {
		d.mu.Lock()
		waiting := d.groups[group]
		if len(waiting) == 0 || d.closed {
			delete(d.groups, group)
			d.mu.Unlock()
			return
		}
		d.groups[group] = waiting[1:]
		d.mu.Unlock()
		d.try(waiting[0])
	}
}

// release sends what Reorder holds.
func (d *dispatcher) release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sendHeld()
}

// sendHeld sends what was gathered, newest first. The caller holds mu.
func (d *dispatcher) sendHeld() {
	batch := d.held
	d.held = nil
	slices.Reverse(batch)
	d.spawn(func() {
		for _, del := range batch {
			d.try(del)
		}
	})
}

// try delivers once, notes it, and arranges for the next try.
func (d *dispatcher) try(del *delivery) {
	select {
	case d.slot <- struct{}{}:
	case <-d.ctx.Done():
		return
	}
	began := time.Now()
	status, err := d.post(del)
	<-d.slot
	if d.ctx.Err() != nil {
		return // the next Server on the same file delivers it
	}
	del.attempt++
	entry := Delivery{
		Event: del.eventID, Type: del.eventType, Object: del.object, Attempt: del.attempt,
		At: began, Took: Duration(time.Since(began)), Status: status, Outcome: Delivered,
	}
	if err != nil {
		entry.Error, entry.Outcome = err.Error(), DeliveryRetry
		if del.attempt >= d.s.cfg.RetryAttempts {
			entry.Outcome = GaveUp
		}
	}
	d.mu.Lock()
	d.note(entry)
	if entry.Outcome == DeliveryRetry {
		d.spawn(func() {
			if wait.For(d.ctx, d.pause(entry.Attempt)) {
				d.try(del)
			}
		})
	}
	d.mu.Unlock()
	if entry.Outcome != Delivered {
		d.s.cfg.Logger.Info("webhook not delivered", "event", del.eventID, "type", del.eventType,
			"attempt", entry.Attempt, "outcome", entry.Outcome, "error", entry.Error)
	}
	if entry.Outcome != DeliveryRetry {
		d.s.webhookDone(del.eventID)
	}
}

// pause is the time between the given try and the next.
func (d *dispatcher) pause(attempt int) time.Duration {
	p := d.s.cfg.RetryFirst
	for i := 1; i < attempt && p < d.s.cfg.RetryMax; i++ {
		p *= 2
	}
	return min(p, d.s.cfg.RetryMax)
}

func (d *dispatcher) post(del *delivery) (int, error) {
	ctx, cancel := context.WithTimeout(d.ctx, d.s.cfg.WebhookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.target(), bytes.NewReader(del.payload))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	req.Header.Set("Stripe-Signature", Sign(time.Now(), del.payload, d.s.cfg.WebhookSecret))
	res, err := d.s.cfg.HTTPClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxBody))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return res.StatusCode, fmt.Errorf("the endpoint answered %s", res.Status)
	}
	return res.StatusCode, nil
}

// Sign makes a Stripe-Signature header for a payload.
func Sign(at time.Time, payload []byte, secret string) string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(payload)
	return "t=" + stamp + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// note adds to the log, which forgets its older half when full. The caller holds
// mu.
func (d *dispatcher) note(entry Delivery) {
	if len(d.log) >= maxDeliveryLog {
		d.log = slices.Clone(d.log[maxDeliveryLog/2:])
	}
	d.log = append(d.log, entry)
}

// Deliveries returns the tries to deliver webhooks, oldest first, up to the
// newest 10,000.
func (s *Server) Deliveries() []Delivery {
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	return slices.Clone(s.hooks.log)
}

// Redeliver sends an event once more, whatever became of it before. Faults do
// not apply.
func (s *Server) Redeliver(eventID string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ev := s.events.get(eventID)
	switch {
	case ev == nil:
		return fmt.Errorf("stripesim: no event %q", eventID)
	case !s.hooks.enabled():
		return fmt.Errorf("stripesim: webhooks have no address or no secret")
	}
	s.hooks.enqueue(newDelivery(ev), WebhookFault{})
	return nil
}
