package main

import (
	"time"

	"github.com/boxoffice/boxoffice/dev/stripesim"
)

const (
	shortestCalm, longestCalm = 500 * time.Millisecond, 3 * time.Second
	// hangs is how long the provider does not answer: longer than any caller waits.
	hangs = stripesim.Duration(25 * time.Second)
)

var (
	// operations are those that the product asks for, and the customer's browser.
	operations = []stripesim.Operation{
		stripesim.OpCreateIntent, stripesim.OpConfirmIntent, stripesim.OpCancelIntent, stripesim.OpRetrieveIntent,
		stripesim.OpCreateRefund, stripesim.OpListRefunds, stripesim.OpRetrieveRefund,
	}
	paymentEvents = []string{
		"payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.processing", "payment_intent.canceled", "charge.succeeded",
	}
	// refundEvents are events that may be lost, because the product asks about refunds by itself. It does not learn by asking that a bank has sent a
	// refund back days later, so charge.refund.updated and refund.failed are never lost here.
	refundEvents = []string{"refund.created", "charge.refunded", "refund.updated"}
)

// drawFaults has the provider misbehave every few seconds. Every fault is for a few requests or events, and the first that fits is used.
func drawFaults(d dice, duration time.Duration) (faults []fault) {
	for at := d.between(0, longestCalm); at < duration; at += d.between(shortestCalm, longestCalm) {
		f := fault{At: stripesim.Duration(at)}
		if d.chance(50) {
			f.Request = drawRequestFault(d)
		} else {
			f.Webhook = drawWebhookFault(d, duration)
		}
		faults = append(faults, f)
	}
	return faults
}

func drawRequestFault(d dice) *stripesim.RequestFault {
	f := &stripesim.RequestFault{
		Operation: oneOf(d, operations...),
		Mode: draw(d, []weighted[stripesim.RequestMode]{
			{3, stripesim.Slow}, {3, stripesim.FailBefore}, {3, stripesim.FailAfter}, {2, stripesim.HangAfter}, {2, stripesim.RateLimit}, {2, stripesim.Refuse},
		}),
		Times:    1 + d.IntN(3),
		Unstored: d.chance(30),
	}
	switch f.Mode {
	case stripesim.Slow:
		f.Latency = stripesim.Duration(d.between(200*time.Millisecond, 7*time.Second))
	case stripesim.HangAfter:
		f.Times, f.Hang = 1, hangs
	case stripesim.RateLimit:
		f.RetryAfter = stripesim.Duration(time.Second)
	case stripesim.Refuse:
		// These may be refused for good. Such an answer to another operation would be a defect of the product.
		f.Operation = oneOf(d, stripesim.OpCreateIntent, stripesim.OpCreateRefund, stripesim.OpCreateRefund)
		if f.Operation == stripesim.OpCreateRefund && d.chance(50) {
			f.Code = "balance_insufficient"
		}
	case stripesim.FailBefore, stripesim.FailAfter:
	}
	return f
}

func drawWebhookFault(d dice, duration time.Duration) *stripesim.WebhookFault {
	f := &stripesim.WebhookFault{
		Mode: draw(d, []weighted[stripesim.WebhookMode]{
			{3, stripesim.Delay}, {3, stripesim.Duplicate}, {2, stripesim.Reorder}, {3, stripesim.Drop},
		}),
		Times: 1 + d.IntN(4),
	}
	switch f.Mode {
	case stripesim.Delay:
		f.Delay = stripesim.Duration(d.between(300*time.Millisecond, 12*time.Second))
	case stripesim.Duplicate:
		f.Copies = 2 + d.IntN(3)
	case stripesim.Reorder:
		f.Window = 2 + d.IntN(3)
	case stripesim.Drop:
		f.Types = paymentEvents
		if duration >= briefRun && d.chance(30) {
			f.Types = refundEvents
		}
	}
	return f
}
