package workflows

import (
	"fmt"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// What operators see of a booking in the Temporal UI. None of it holds personal data.

var statusAttribute = temporal.NewSearchAttributeKeyKeyword(booking.AttributeStatus)

// shownAtStart is the state with which a booking was started; empty when it was started without one.
func shownAtStart(ctx workflow.Context) booking.Status {
	status, _ := workflow.GetTypedSearchAttributes(ctx).GetKeyword(statusAttribute)
	return booking.Status(status)
}

// showStatus makes the booking searchable by its state, if it is not already. Each change costs an event and a write to the list of workflows.
func (b *bookingRun) showStatus(status booking.Status) {
	if b.shown == status {
		return
	}
	b.shown = status
	if err := workflow.UpsertTypedSearchAttributes(b.ctx, statusAttribute.ValueSet(string(status))); err != nil {
		b.logger().Error("status not shown", "error", err)
	}
}

// showPhase says in a sentence what the booking is doing and what it is waiting for.
func (b *bookingRun) showPhase(format string, args ...any) {
	workflow.SetCurrentDetails(b.ctx, fmt.Sprintf(format, args...))
}

func (b *bookingRun) showEnd() {
	b.showStatus(b.outcome.Status)
	if b.outcome.Refund == nil {
		b.showPhase("%s: %s.", b.outcome.Status, b.outcome.Reason)
		return
	}
	b.showPhase("%s: %s. %s.", b.outcome.Status, b.outcome.Reason, b.outcome.Refund)
}

func (b *bookingRun) logger() log.Logger {
	return log.With(workflow.GetLogger(b.ctx), "bookingId", b.req.BookingID, "correlationId", b.correlationID)
}
