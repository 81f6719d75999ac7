package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// open writes the top-up and gets an intent for it, or ends it.
func (t *topUpRun) open() {
	opening, err := openTopUp(t.ctx, t.req)
	if err != nil {
		t.giveUpOpening(err, booking.TopUpNotServed(
			"The top-up could not be served in time and nothing was charged. Send it again with a new Idempotency-Key."))
		return
	}
	if opening.Status != "" && !opening.Status.Open() {
		t.endAsFound(opening.Status, opening.IntentID, endedBefore)
		return
	}
	intent, err := openTopUpIntent(t.ctx, t.req)
	if err != nil {
		// Whether the provider made the intent is unknown, and harmless: nobody has its client secret.
		t.giveUpOpening(err, booking.TopUpNotServed(
			"The payment provider does not answer. Nothing was charged; try again with a new Idempotency-Key."))
		return
	}
	t.opened = &booking.TopUp{
		ID:           t.req.TopUpID,
		IntentID:     intent.IntentID,
		ClientSecret: intent.ClientSecret,
		ExpiresAt:    opening.ExpiresAt,
		RequestHash:  t.req.RequestHash,
	}
	t.showPhase("Awaiting the card, %s, until %s.", t.req.Amount, clock(opening.ExpiresAt))
}

// giveUpOpening ends a top-up that nobody can pay. A refusal has left nothing behind; after any other
// failure it is not known what has been written, and it is undone.
func (t *topUpRun) giveUpOpening(cause error, otherwise *booking.Refusal) {
	if refusal := refusalIn(cause); refusal != nil {
		t.refuse(refusal)
		return
	}
	if isFinal(cause) {
		t.defect = cause
	}
	t.finish(booking.TopUpCancelled, "it could not be opened")
	if t.defect == nil {
		t.refuse(otherwise)
	}
}

func (t *topUpRun) refuse(refusal *booking.Refusal) {
	t.end(booking.TopUpOutcome{Reason: "refused: " + refusal.Message, Refusal: refusal})
}

func (t *topUpRun) showEnd() {
	if t.outcome.Refusal != nil {
		t.showPhase("%s", t.outcome.Reason)
		return
	}
	t.showPhase("%s: %s.", t.outcome.Status, t.outcome.Reason)
}

// showPhase says in a sentence what the top-up is doing and what it is waiting for.
func (t *topUpRun) showPhase(format string, args ...any) {
	workflow.SetCurrentDetails(t.ctx, fmt.Sprintf(format, args...))
}
