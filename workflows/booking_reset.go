package workflows

import (
	"cmp"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// A reset makes Temporal run a workflow again from one of its tasks, and deliver at once all updates and signals that came
// later. What the earlier run has written stays written, and the new run does not know of it. So the database says how a
// booking stands: each step that begins or ends something returns what it has found there, and the run goes on from that.
//
// Updates that are delivered again pass their validators like any other. No validator may reject them:
// the server keeps them as admitted, and answers a repeat of the same id with an internal error for as
// long as it keeps the run. So the handlers refuse what was sent before a reset.

// endedBefore is the reason with which a run ends a booking that it found ended.
const endedBefore = "it had ended before"

// wasReset says whether this run began as a copy of another. The copied part was decided when the answer was no, and a replay
// outside of the server is answered no as well: so no command may depend on the answer unless it is kept in the history.
func wasReset(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return info.OriginalRunID != "" && info.OriginalRunID != info.WorkflowExecution.RunID
}

// belated says that a command was sent before a reset: nobody waits for its answer, and what was refused
// then must not be done now. Runs of old code have carried out every command, and commands had no time then.
func belated(ctx workflow.Context, at time.Time) bool {
	if at.IsZero() || workflow.Now(ctx).Sub(at) <= booking.MaxRequestAge {
		return false
	}
	var reset bool
	kept := workflow.SideEffect(ctx, func(ctx workflow.Context) any { return wasReset(ctx) })
	return kept.Get(&reset) == nil && reset
}

// tooLate refuses a belated command. The caller may send it again.
func tooLate() error {
	return answer(booking.Refuse(booking.CodeUnavailable, "This request could not be served in time. Send it again.").
		With(booking.DetailNewKey, true))
}

// refuseBelated refuses a command when this run does not know whether an earlier one has carried it out.
func (b *bookingRun) refuseBelated() error {
	b.catchUp()
	return cmp.Or(b.refuseIfEnded(), tooLate())
}

// payAgain answers a payment from before the reset with the attempt that an earlier run made, if it is
// still open. It makes no attempt.
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

// catchUp finds out what earlier runs have done to the booking.
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

// resumeFrom takes over what an earlier run has done for a booking that waits for money.
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

// endAsFound ends the run of a booking that had already ended, and has settlements follow what may still be paid for it.
func (b *bookingRun) endAsFound(found booking.Standing) {
	b.settleAll(found.Intents, "open when the booking had ended")
	b.end(booking.Outcome{Status: found.Status, Reason: endedBefore})
}
