package workflows

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// A reset has Temporal run a workflow again from one of its tasks, and send it at once all updates and signals that came later. What the run
// before has written stays written, and the new one does not know of it. So it is the database that says how a booking stands: each step that
// begins or ends something answers with what it has found there, and the run goes on with that.
//
// Updates that come again pass their validators like any other. None of these may reject them: the server keeps them as admitted, and
// answers whoever sends the same id again with an internal error for as long as it keeps the run. So it is for the handlers to refuse what comes
// from before a reset.

// endedBefore is why a run ends a booking as it found it.
const endedBefore = "it had ended before"

// wasReset says whether this run began as a copy of another. The part that was copied was decided when the answer was no, and a replay outside
// of the server is told no as well: no command may depend on it that is not kept in the history.
func wasReset(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return info.OriginalRunID != "" && info.OriginalRunID != info.WorkflowExecution.RunID
}

// belated says that a command comes from the time before a reset: nobody waits for its answer, and what was refused then must not be done now.
// Runs of old code have carried out every command, and had no time of it.
func belated(ctx workflow.Context, at time.Time) bool {
	if at.IsZero() || workflow.Now(ctx).Sub(at) <= booking.MaxRequestAge {
		return false
	}
	var reset bool
	kept := workflow.SideEffect(ctx, func(ctx workflow.Context) any { return wasReset(ctx) })
	return kept.Get(&reset) == nil && reset
}

// notInTime refuses a belated command. Who asks again is heard.
func tooLate() error {
	return answer(booking.Refuse(booking.CodeUnavailable, "This request could not be served in time. Send it again.").
		With(booking.DetailNewKey, true))
}

// refuseBelated refuses a command of which this run does not know whether an earlier one has carried it out.
func (b *bookingRun) refuseBelated() error {
	b.catchUp()
	return cmp.Or(b.refuseIfEnded(), tooLate())
}

// payAgain answers a payment from before the reset with the attempt that an earlier run has made, if it is still open. It makes none.
func (b *bookingRun) payAgain(req booking.PayRequest) (booking.Payment, error) {
	b.catchUp()
	switch {
	case b.hasEnded():
		return booking.Payment{}, b.refuseIfEnded()
	case b.ended[req.PaymentID], b.open != nil && b.open.ID == req.PaymentID:
		return b.pay(req)
	default:
		return booking.Payment{}, tooLate()
	}
}

// catchUp learns what earlier runs have made of the booking.
func (b *bookingRun) catchUp() {
	released, err := releaseSeats(b.ctx, booking.Release{
		BookingID:     b.req.BookingID,
		To:            booking.StatusFailed,
		Actor:         booking.ActorSystem,
		Reason:        "asked after a reset",
		CorrelationID: b.correlationID,
		Undecided:     true,
		Over:          b.over,
		Resume:        true,
	})
	switch {
	case err != nil:
		b.logger().Error("what earlier runs have done is not known", "error", err)
	case released.Found != nil:
		b.resumeFrom(*released.Found)
	default:
		b.endAsFound(booking.Standing{Status: released.Status, Intents: released.Intents})
	}
}

// goOnWith takes over what an earlier run has done for a booking that waits for money.
func (b *bookingRun) resumeFrom(found booking.Standing) {
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
