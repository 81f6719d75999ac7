package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// lockAndPrice takes the seats and freezes their price, or ends the booking. Both steps run within the first workflow
// task.
func (b *bookingRun) lockAndPrice() {
	if age := workflow.Now(b.ctx).Sub(workflow.GetInfo(b.ctx).WorkflowStartTime); age > booking.MaxRequestAge {
		b.takeHoldBack()
		return
	}
	lock, err := lockSeats(b.ctx, b.req)
	if err != nil {
		b.giveUpHold(err)
		return
	}
	quote, err := priceSeats(b.ctx, booking.Pricing{BookingID: b.req.BookingID})
	if err != nil {
		b.giveUpHold(err)
		return
	}
	b.due = quote.Due()
	b.hold = &booking.Hold{
		BookingID:   b.req.BookingID,
		ExpiresAt:   lock.ExpiresAt,
		RequestHash: b.req.RequestHash,
	}
	b.showStatus(booking.StatusSeatsLocked)
	b.showPhase("Seats held, %s due, awaiting payment until %s.", b.due, clock(lock.ExpiresAt))
}

// giveUpHold ends a booking whose seats could not be locked and priced.
func (b *bookingRun) giveUpHold(cause error) {
	if refusal := refusalIn(cause); refusal != nil {
		b.refuse(refusal)
		return
	}
	if isFinal(cause) {
		b.defect = cause
	}
	b.takeHoldBack()
}

// takeHoldBack ends a booking of which it is not known what has been written: a step may have failed after its effect, or
// a worker may have died over the first task. Whatever it is goes back.
func (b *bookingRun) takeHoldBack() {
	_, err := releaseSeats(b.ctx, booking.Release{
		BookingID:     b.req.BookingID,
		To:            booking.StatusFailed,
		Actor:         booking.ActorSystem,
		Reason:        "the request could not be served in time",
		CorrelationID: b.correlationID,
	})
	if err != nil {
		b.defect = err
	}
	if b.defect != nil {
		b.end(booking.Outcome{Status: booking.StatusFailed, Reason: "defect"})
		return
	}
	b.refuse(booking.NotServed())
}

func (b *bookingRun) refuse(refusal *booking.Refusal) {
	b.end(booking.Outcome{Status: booking.StatusFailed, Reason: "refused: " + refusal.Message, Refusal: refusal})
}
