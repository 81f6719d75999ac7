package workflows

import (
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// takeEvent takes the provider's next event about an intent, if there is one. The SDK logs and skips
// an event that cannot be read; the deadline asks the provider anyway.
func (t *topUpRun) takeEvent() bool {
	var event booking.PaymentEvent
	if !t.events.ReceiveAsync(&event) {
		return false
	}
	if !t.seen[event.EventID] {
		t.seen[event.EventID] = true
		t.onPaymentEvent(event)
	}
	return true
}

// takeEvents takes the events that have come, until one ends the top-up.
func (t *topUpRun) takeEvents() {
	for more := true; more && !t.ended(); {
		more = t.takeEvent()
	}
}

// onPaymentEvent decides what an event means. Events come late, twice and out of order.
func (t *topUpRun) onPaymentEvent(event booking.PaymentEvent) {
	if t.ended() || t.opened.IntentID != event.IntentID {
		if event.Kind == booking.PaymentEventSucceeded {
			t.settle(event.IntentID, "paid on an intent that the top-up was not waiting for")
		}
		return
	}
	switch event.Kind {
	case booking.PaymentEventSucceeded:
		if event.Received == t.req.Amount {
			t.creditEvent(event)
		} else {
			t.collected(event.Received)
		}
	case booking.PaymentEventDeclined:
		t.note(booking.TopUpDeclined, event.DeclineCode)
		t.showPhase("The card was declined (%s). Payable until %s.", event.DeclineCode, clock(t.opened.ExpiresAt))
	case booking.PaymentEventProcessing:
		t.note(booking.TopUpProcessing, "")
		t.showPhase("The provider is processing the card.")
	case booking.PaymentEventCanceled:
		t.cancelEvent(event)
	}
}

// cancelEvent ends the top-up when an event says that its intent is cancelled, if the provider confirms it.
func (t *topUpRun) cancelEvent(event booking.PaymentEvent) {
	noted, err := endTopUp(t.ctx, booking.TopUpNote{TopUpID: t.req.TopUpID, Status: booking.TopUpCancelled, UnprovenIntent: event.IntentID})
	if refusalIn(err) != nil {
		delete(t.seen, event.EventID)
		t.showPhase("An event says that the intent was cancelled, but the provider does not. Payable until %s.", clock(t.opened.ExpiresAt))
		return
	}
	t.over = append(t.over, event.IntentID)
	t.finished(booking.TopUpCancelled, "the intent was cancelled at the provider", noted, err)
}

// collected ends the top-up with what its intent has collected, if that is anything. If it is another
// amount than was asked for, a settlement looks into it and gives it back.
func (t *topUpRun) collected(received booking.Money) {
	switch {
	case received == t.req.Amount:
		t.credit()
	case !received.IsZero():
		reason := "received " + received.String() + " instead of " + t.req.Amount.String()
		t.finish(booking.TopUpCancelled, reason)
		t.settle(t.opened.IntentID, reason)
	}
}

// credit puts the money into the wallet. If that is impossible, a settlement finds out why and gives the money back.
func (t *topUpRun) credit() { t.endCredited(creditTopUp(t.ctx, t.creditOf())) }

// creditEvent credits a payment that is known only from an event: the step asks the provider whether it is true. If it is not, or
// the provider does not answer, the top-up stays payable, until its deadline asks once more. A repeat of the event asks at once.
func (t *topUpRun) creditEvent(event booking.PaymentEvent) {
	credit := t.creditOf()
	credit.Unproven = true
	err := creditUnproven(t.ctx, credit, t.opened.ExpiresAt.Sub(workflow.Now(t.ctx)))
	refusal := refusalIn(err)
	switch {
	case err != nil && !isFinal(err):
		delete(t.seen, event.EventID)
		t.showPhase("An event says that the card has paid, but the provider does not answer. It is asked at %s.", clock(t.opened.ExpiresAt))
	case refusal != nil && refusal.Code == booking.CodePaymentPending:
		delete(t.seen, event.EventID)
		t.showPhase("An event says that the card has paid, but the provider says no. Payable until %s.", clock(t.opened.ExpiresAt))
	default:
		t.endCredited(err)
	}
}

func (t *topUpRun) creditOf() booking.TopUpCredit {
	return booking.TopUpCredit{TopUpID: t.req.TopUpID, IntentID: t.opened.IntentID, Received: t.req.Amount, Reason: "top-up by card"}
}

// endCredited ends the top-up according to the result of its credit.
func (t *topUpRun) endCredited(err error) {
	if err == nil {
		t.accounted[t.opened.IntentID] = true
		t.end(booking.TopUpOutcome{Status: booking.TopUpSucceeded, Reason: "paid by card"})
		return
	}
	reason := "it could not be credited"
	if refusal := refusalIn(err); refusal != nil {
		reason = refusal.Message
	} else {
		t.defect = errors.Join(t.defect, err)
	}
	t.finish(booking.TopUpCancelled, reason)
	t.settle(t.opened.IntentID, reason)
}

// giveUp ends a top-up that was not paid, but asks the provider first: money that arrived in time is
// credited. A charge that is still being processed after a bounded grace is left to a settlement.
func (t *topUpRun) giveUp(to booking.TopUpStatus, reason string) {
	t.showPhase("Ending (%s); asking the provider whether the card was charged.", reason)
	closed, err := closeIntent(t.ctx, t.opened.IntentID, booking.ProcessingGrace)
	if err != nil {
		t.leaveUndecided(reason)
		return
	}
	if !closed.Paid() {
		t.over = append(t.over, t.opened.IntentID)
	}
	if t.collected(closed.Received); !t.ended() {
		t.finish(to, reason)
	}
}

// leaveUndecided ends the workflow of a top-up when the provider could not be asked about its charge,
// unless the provider has sent an event in the meantime. The top-up stays open until a settlement knows.
func (t *topUpRun) leaveUndecided(reason string) {
	if t.takeEvents(); t.ended() {
		return
	}
	t.note(booking.TopUpProcessing, "")
	t.settle(t.opened.IntentID, "undecided: "+reason)
	t.end(booking.TopUpOutcome{Status: booking.TopUpProcessing, Reason: "undecided: " + reason})
}

// finish ends the top-up unpaid, or as it had ended before.
func (t *topUpRun) finish(to booking.TopUpStatus, reason string) {
	noted, err := endTopUp(t.ctx, booking.TopUpNote{TopUpID: t.req.TopUpID, Status: to})
	t.finished(to, reason, noted, err)
}

// finished ends the top-up as it has ended in its row.
func (t *topUpRun) finished(to booking.TopUpStatus, reason string, noted booking.TopUpNoted, err error) {
	outcome := booking.TopUpOutcome{Status: to, Reason: reason}
	switch {
	case err != nil:
		t.defect = errors.Join(t.defect, err)
	case noted.Status == to || noted.Status == "":
	case noted.Status.Open():
		t.defect = errors.Join(t.defect, fmt.Errorf("top-up is %s and cannot become %s", noted.Status, to))
	default:
		outcome = booking.TopUpOutcome{Status: noted.Status, Reason: endedBefore}
	}
	t.endAsFound(outcome.Status, noted.IntentID, outcome.Reason)
}

// endAsFound ends the run. Unless the money is in the wallet, a settlement follows an intent that this
// run has not closed: an earlier run, or a late step, may have opened it.
func (t *topUpRun) endAsFound(status booking.TopUpStatus, intentID, reason string) {
	if intentID != "" && status != booking.TopUpSucceeded && !slices.Contains(t.over, intentID) {
		t.settle(intentID, reason)
	}
	t.end(booking.TopUpOutcome{Status: status, Reason: reason})
}

// note records how the top-up stands, for the customer to read. The workflow does not depend on it.
func (t *topUpRun) note(status booking.TopUpStatus, declineCode string) {
	err := noteTopUp(t.ctx, booking.TopUpNote{TopUpID: t.req.TopUpID, Status: status, DeclineCode: declineCode})
	if err != nil {
		t.logger().Error("top-up not noted", "error", err)
	}
}
