package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// A reset has Temporal run a workflow again from one of its tasks, and send it at once all updates and signals that came later. What the run
// before has written stays written, and the new one does not know of it. So it is the database that says how a booking stands: each step that
// begins or ends something answers with what it has found there, and the run goes on with that. Nothing here depends on being told that
// there was a reset, apart from what a step or a validator is told: both are left out when a history is replayed.

// endedBefore is why a run ends a booking as it found it.
const endedBefore = "it had ended before"

// wasReset says whether this run began as a copy of another. The part that was copied may have been decided when the answer was no: it is for
// steps and validators, and decides about no command.
func wasReset(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return info.OriginalRunID != "" && info.OriginalRunID != info.WorkflowExecution.RunID
}

// belated says that a command comes from the time before a reset: nobody waits for its answer, and what was refused then must not be done now.
func belated(ctx workflow.Context, at time.Time) bool {
	return wasReset(ctx) && workflow.Now(ctx).Sub(at) > booking.MaxRequestAge
}

// refuseBelated rejects a command that nobody waits for. Who asks again is heard.
func refuseBelated(ctx workflow.Context, at time.Time) error {
	if belated(ctx, at) {
		return answer(booking.Refuse(booking.CodeUnavailable, "This request could not be served in time. Send it again.").
			With(booking.DetailNewKey, true))
	}
	return nil
}

// goOnWith takes over what an earlier run has done for a booking that waits for money.
func (b *bookingRun) goOnWith(found booking.Standing) {
	b.payments = max(b.payments, found.Attempts)
	for _, id := range found.Ended {
		b.ended[id] = true
	}
	if found.Open == nil {
		return
	}
	b.open = found.Open
	if !b.pending {
		b.pending = true
		b.showStatus(booking.StatusPaymentPending)
	}
	b.showPhase("Awaiting the card, %s, attempt %d, until %s.", found.Open.Card, found.Open.Attempt, clock(b.hold.ExpiresAt))
}

// endAsFound ends the run of a booking that had ended before, and has settlements follow what may still be paid for it.
func (b *bookingRun) endAsFound(found booking.Standing) {
	b.settleAll(found.Intents, "open when the booking had ended")
	b.end(booking.Outcome{Status: found.Status, Reason: endedBefore})
}
