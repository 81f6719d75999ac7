package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// lockAndPrice takes the seats and freezes their price, or ends the booking, within the first workflow task. A run that was
// reset goes on with the existing hold.
func (b *bookingRun) lockAndPrice() {
	if age := workflow.Now(b.ctx).Sub(workflow.GetInfo(b.ctx).WorkflowStartTime); age > booking.MaxRequestAge {
		b.undoHold()
		return
	}
	lock, err := lockSeats(b.ctx, b.req)
	if err != nil {
		b.failHold(err)
		return
	}
	if lock.Found != nil && !lock.Found.Status.Payable() {
		b.endAsFound(*lock.Found)
		b.keepRefusal()
		return
	}
	if lock.Due != nil { // older workers knew nothing of what follows
		b.payNow, b.shown = b.req.Pay, shownAtStart(b.ctx)
	}
	due, err := b.dueFor(lock)
	if err != nil {
		b.failHold(err)
		return
	}
	b.keepHold(lock.ExpiresAt, due)
	if lock.Found != nil {
		b.resumeFrom(*lock.Found)
	}
}

// dueFor is what the locked seats cost. The answer of an older worker does not say it: its seats are priced by a step of their own.
func (b *bookingRun) dueFor(lock booking.Lock) (booking.Money, error) {
	if lock.Due != nil {
		return *lock.Due, nil
	}
	quote, err := priceSeats(b.ctx, booking.Pricing{BookingID: b.req.BookingID})
	return quote.Due(), err
}

// keepHold begins to wait for the money.
func (b *bookingRun) keepHold(expiresAt time.Time, due booking.Money) {
	b.due = due
	b.hold = &booking.Hold{BookingID: b.req.BookingID, ExpiresAt: expiresAt, RequestHash: b.req.RequestHash}
	b.answerable = b.payNow == nil
	b.showStatus(booking.StatusSeatsLocked)
	b.showPhase("Seats held, %s due, awaiting payment until %s.", b.due, clock(expiresAt))
}

// failHold ends a booking whose seats could not be locked and priced.
func (b *bookingRun) failHold(cause error) {
	if refusal := refusalIn(cause); refusal != nil {
		b.refuse(refusal)
		return
	}
	if isFinal(cause) {
		b.defect = cause
	}
	b.undoHold()
}

// undoHold ends a booking of which it is not known what has been written: a step may have failed after its effect, or a
// worker may have died during the first task. Whatever was written is undone. Only a run that was reset goes on with it.
func (b *bookingRun) undoHold() {
	released, err := releaseSeats(b.ctx, booking.Release{
		BookingID:     b.req.BookingID,
		To:            booking.StatusFailed,
		Actor:         booking.ActorSystem,
		Reason:        "the request could not be served in time",
		CorrelationID: b.correlationID,
		Undecided:     true,
		Over:          b.over,
		Resume:        wasReset(b.ctx) && b.defect == nil,
	})
	if err != nil {
		b.defect = err
	}
	b.settleAll(released.Intents, "open when the hold was taken back")
	switch {
	case b.defect != nil:
		b.end(booking.Outcome{Status: booking.StatusFailed, Reason: "defect"})
	case released.Found != nil:
		b.keepHold(released.Found.ExpiresAt, released.Found.Due)
		b.resumeFrom(*released.Found)
	case released.Status != "" && released.Status != booking.StatusFailed:
		b.end(booking.Outcome{Status: released.Status, Reason: endedBefore})
		b.keepRefusal()
	default:
		b.refuse(booking.NotServed())
	}
}

func (b *bookingRun) refuse(refusal *booking.Refusal) {
	b.end(booking.Outcome{Status: booking.StatusFailed, Reason: "refused: " + refusal.Message, Refusal: refusal})
}
