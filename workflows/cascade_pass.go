package workflows

import (
	"errors"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// pass goes once over the bookings that have not ended, in the order of their ids, as many at a time as
// the window allows. It stops when the history is full; the next run goes on after the last booking.
func (c *cascadeRun) pass() error {
	for {
		page, err := findCascadeBookings(c.ctx, booking.CascadePage{
			CascadeID: c.req.CascadeID, After: c.req.After, Most: booking.CascadePageSize,
		})
		if err != nil {
			return err
		}
		for _, next := range page.Bookings {
			if err := c.awaitTurn(page.PerSecond); err != nil {
				return err
			}
			if c.historyIsFull() {
				return nil
			}
			c.begin(next)
			c.req.After = next.CascadePosition
		}
		if len(page.Bookings) < booking.CascadePageSize {
			break
		}
		if c.uncounted < c.progress.Found/cascadeCounts {
			continue
		}
		if err := c.count(c.ctx); err != nil {
			return err
		}
		c.show()
	}
	c.req.After = booking.CascadePosition{}
	return c.drain()
}

// drain waits for the bookings under way, but not for ever: one that cannot be cancelled must not hold up the others.
func (c *cascadeRun) drain() error {
	return c.awaitAtMost(cascadeDrain, "wait for the bookings under way", func() bool { return c.underWay == 0 })
}

// awaitAtMost waits for a condition, but not for ever. It leaves no timer behind that would wake the workflow for nothing.
func (c *cascadeRun) awaitAtMost(longest time.Duration, summary string, condition func() bool) error {
	if condition() {
		return nil
	}
	timed, cancel := workflow.WithCancel(c.ctx)
	defer cancel()
	timer := workflow.NewTimerWithOptions(timed, longest, workflow.TimerOptions{Summary: summary})
	return workflow.Await(c.ctx, func() bool { return condition() || timer.IsReady() })
}

// awaitTurn waits for a place in the window, for the next second when this one's share is used up, and while the cascade is paused.
func (c *cascadeRun) awaitTurn(perSecond int) error {
	if err := c.pace.await(c, perSecond); err != nil {
		return err
	}
	return workflow.Await(c.ctx, func() bool { return !c.paused && c.underWay < booking.CascadeWindow })
}

// pace spreads the bookings of a cascade over time, so that it takes only a bounded share from people who are buying.
type pace struct {
	// began is when the current second began; begun is how many bookings it has seen.
	began time.Time
	begun int
}

func (p *pace) await(c *cascadeRun, perSecond int) error {
	if left := p.began.Add(time.Second).Sub(workflow.Now(c.ctx)); left > 0 && perSecond > 0 && p.begun >= perSecond {
		if err := c.awaitAtMost(left, "spread over time", func() bool { return false }); err != nil {
			return err
		}
	}
	if now := workflow.Now(c.ctx); now.Sub(p.began) >= time.Second {
		p.began, p.begun = now, 0
	}
	p.begun++
	return nil
}

// begin deals with one booking, concurrently with others. What it does not finish, the next pass finds again.
func (c *cascadeRun) begin(b booking.CascadeBooking) {
	c.underWay++
	c.uncounted++
	workflow.Go(c.ctx, func(ctx workflow.Context) {
		defer func() { c.underWay-- }()
		if b.Status == booking.StatusConfirmed {
			c.cancel(ctx, b)
		} else {
			c.signalShowCancelled(ctx, b)
		}
	})
}

// cancel has a sold booking cancelled, in the workflow in which all of its cancellations happen. If its customer
// is cancelling it at the same time, that workflow is running already, and the next pass finds out what is left.
func (c *cascadeRun) cancel(ctx workflow.Context, b booking.CascadeBooking) {
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            booking.CancelBookingWorkflowID(b.BookingID),
		TaskQueue:             booking.TaskQueue,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		Priority:              temporal.Priority{PriorityKey: booking.CascadePriority},
		StaticSummary:         "the show does not take place: give everything back",
		TypedSearchAttributes: cascadeAttributes(b),
	})
	request := booking.CancelBookingRequest{BookingID: b.BookingID, Cancel: &booking.CancelSeatsRequest{
		BookingID: b.BookingID, RefundTo: booking.RefundToOriginal, Cause: booking.CauseShowCancelled,
		Actor: c.req.Actor, Reason: booking.ReasonShowCancelled, CorrelationID: c.req.CorrelationID,
	}}
	err := workflow.ExecuteChildWorkflow(child, booking.CancelBookingWorkflow, request).Get(ctx, nil)
	if _, running := errors.AsType[*temporal.ChildWorkflowExecutionAlreadyStartedError](err); err != nil && !running {
		c.defects++
		workflow.GetLogger(ctx).Error("booking not cancelled", "bookingId", b.BookingID, "error", err)
	}
}

// signalShowCancelled has a booking that is being paid end itself. A booking whose workflow has ended
// or is gone cannot be signalled: the next pass, or the sweep, finds out how it stands.
func (c *cascadeRun) signalShowCancelled(ctx workflow.Context, b booking.CascadeBooking) {
	err := workflow.SignalExternalWorkflow(ctx, booking.WorkflowID(b.BookingID), "", booking.SignalShowCancelled,
		booking.ShowCancelled{CascadeID: c.req.CascadeID, CorrelationID: c.req.CorrelationID}).Get(ctx, nil)
	if err != nil {
		workflow.GetLogger(ctx).Debug("booking not told", "bookingId", b.BookingID, "error", err)
	}
}
