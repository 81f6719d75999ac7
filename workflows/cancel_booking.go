package workflows

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// commandWait is how long a run that was started without a command waits for one.
const commandWait = time.Minute

// CancelBooking cancels seats of a confirmed booking: those that it was started for, and those that the
// update cancel asks for. It decides nothing itself: one step carries out a whole cancellation, once.
// Then it starts a workflow for each refund by card, and ends: it does not wait for the provider.
func CancelBooking(ctx workflow.Context, req booking.CancelBookingRequest) (booking.CancelBookingOutcome, error) {
	run, err := newCancelRun(ctx, req)
	if err != nil {
		return booking.CancelBookingOutcome{}, err
	}
	if req.Cancel != nil {
		_, err := run.cancel(run.ctx, *req.Cancel)
		run.outcome.Refusal = refusalIn(err)
		return run.close()
	}
	_, err = workflow.AwaitWithOptions(run.ctx, workflow.AwaitOptions{
		Timeout: commandWait, TimerOptions: workflow.TimerOptions{Summary: "nobody asks for a cancellation"},
	}, func() bool { return run.commands > 0 })
	if err != nil {
		return run.outcome, err
	}
	return run.close()
}

// unsentRefund is a refund that needs a workflow to follow it, and the request that it belongs to.
type unsentRefund struct {
	booking.RefundReceipt
	correlationID string
}

// cancelRun is the state of one run of the workflow.
type cancelRun struct {
	// ctx is disconnected from the workflow's own: an operator's cancel must not leave a refund unsent.
	ctx      workflow.Context
	commands int
	outcome  booking.CancelBookingOutcome

	// unsent are the refunds that need a workflow to follow them; followed are those that have one.
	unsent   []unsentRefund
	followed map[string]bool

	// defect makes the workflow fail if it is set.
	defect error
}

func newCancelRun(ctx workflow.Context, req booking.CancelBookingRequest) (*cancelRun, error) {
	work, _ := workflow.NewDisconnectedContext(ctx)
	run := &cancelRun{
		ctx:      work,
		outcome:  booking.CancelBookingOutcome{BookingID: req.BookingID, Cancellations: []booking.CancelledSeats{}},
		followed: map[string]bool{},
	}
	return run, workflow.SetUpdateHandlerWithOptions(ctx, booking.UpdateCancel, run.handleCancel, workflow.UpdateHandlerOptions{
		Description: "Cancels seats of the confirmed booking.",
		Validator:   run.refuseCancel,
	})
}

func (r *cancelRun) handleCancel(ctx workflow.Context, req booking.CancelSeatsRequest) (booking.CancelledSeats, error) {
	r.commands++
	work, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	req.Repeat = belated(ctx, req.At)
	return r.cancel(work, req)
}

// cancel runs the step, and notes what has to be sent afterwards. A repeated cancellation starts the
// workflows of its refunds again, which is harmless.
func (r *cancelRun) cancel(ctx workflow.Context, req booking.CancelSeatsRequest) (booking.CancelledSeats, error) {
	done, err := cancelSeats(ctx, req)
	if refusal := refusalIn(err); refusal != nil {
		return done, answer(refusal)
	}
	if err != nil {
		r.defect = errors.Join(r.defect, err)
		return done, err
	}
	r.outcome.Cancellations = append(r.outcome.Cancellations, done)
	for _, refund := range done.Refunds {
		if refund.Status == booking.RefundInitiated || refund.Status == booking.RefundFailed {
			r.unsent = append(r.unsent, unsentRefund{refund, req.CorrelationID})
		}
	}
	workflow.SetCurrentDetails(r.ctx, fmt.Sprintf("Cancelled %s: %s of %s go back. The booking is %s.",
		strings.Join(done.Seats, " "), done.Amount, done.Paid, done.Status))
	return done, nil
}

// close starts the workflows of the refunds, including those of updates that come in the meantime.
func (r *cancelRun) close() (booking.CancelBookingOutcome, error) {
	for {
		for len(r.unsent) > 0 {
			next := r.unsent[0]
			r.unsent = r.unsent[1:]
			r.follow(next)
		}
		done := func() bool { return len(r.unsent) > 0 || workflow.AllHandlersFinished(r.ctx) }
		if err := workflow.Await(r.ctx, done); err != nil {
			return r.outcome, err
		}
		if len(r.unsent) == 0 {
			return r.outcome, r.defect
		}
	}
}

// follow starts the workflow that brings a refund to its end and outlives this one. If it is running already, it does the work.
func (r *cancelRun) follow(refund unsentRefund) {
	if r.followed[refund.RefundID] {
		return
	}
	r.followed[refund.RefundID] = true
	r.defect = errors.Join(r.defect, follow(r.ctx, follower{
		workflow:   booking.RefundWorkflow,
		id:         booking.RefundWorkflowID(refund.RefundID),
		summary:    "refund " + refund.Amount.String() + " of " + r.outcome.BookingID,
		attributes: workflow.GetTypedSearchAttributes(r.ctx),
		input:      booking.RefundRequest{RefundID: refund.RefundID, CorrelationID: refund.correlationID},
	}))
}

// refuseCancel rejects a cancellation before anything of it is written.
func (r *cancelRun) refuseCancel(req booking.CancelSeatsRequest) error {
	causes := []booking.CancellationCause{booking.CauseCustomer, booking.CauseShowCancelled, booking.CauseOperator}
	switch {
	case req.BookingID != r.outcome.BookingID:
		return answer(booking.InvalidField("bookingId", "This is another booking."))
	case len(req.Seats) > booking.MaxSeats:
		return answer(booking.InvalidField("seatIds", "A booking has no more than ten seats."))
	case req.RefundTo != booking.RefundToOriginal && req.RefundTo != booking.RefundToWallet:
		return answer(booking.InvalidField("refundTo", "The money goes back to ORIGINAL or to WALLET."))
	case !slices.Contains(causes, req.Cause):
		return answer(booking.InvalidField("cause", "This is no cause of a cancellation."))
	case r.commands >= booking.MaxCommands:
		return answer(booking.Refuse(booking.CodeConflict, "Too many cancellations of this booking are under way. Try again in a moment."))
	default:
		return nil
	}
}
