package workflows

import (
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

const (
	sweepReason        = "its workflow was gone"
	sweepCorrelationID = "sweep"
)

// Sweep ends bookings that lost their workflow, and has settlements and refunds follow their money. Everything that it
// does may also be done by a workflow that lives after all: whoever comes first wins, and the other finds that out.
func Sweep(ctx workflow.Context) (booking.Sweepings, error) {
	var swept booking.Sweepings
	found, err := findAbandoned(ctx)
	if err != nil {
		return swept, err
	}
	intents := found.Intents
	for _, abandoned := range found.Bookings {
		_, err := releaseSeats(ctx, booking.Release{
			BookingID: abandoned.BookingID, To: booking.StatusExpired, Actor: booking.ActorSystem, Reason: sweepReason,
			CorrelationID: sweepCorrelationID, Undecided: true,
		})
		if err != nil {
			return swept, err
		}
		swept.Bookings++
		intents = append(intents, abandoned.Intents...)
	}
	for _, intentID := range intents {
		if err := startSettlement(ctx, intentID, sweepReason, sweepCorrelationID); err != nil {
			return swept, err
		}
		swept.Settlements++
	}
	for _, refundID := range found.Refunds {
		req := booking.RefundRequest{RefundID: refundID, CorrelationID: sweepCorrelationID}
		if err := startAbandoned(ctx, booking.RefundWorkflow, booking.RefundWorkflowID(refundID), "refund "+refundID+": "+sweepReason, req); err != nil {
			return swept, err
		}
		swept.Refunds++
	}
	return swept, nil
}

// startAbandoned starts a workflow that outlives the one that starts it. One that runs already does the work.
func startAbandoned(ctx workflow.Context, name, id, summary string, req any) error {
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            id,
		TaskQueue:             booking.TaskQueue,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		Priority:              temporal.Priority{PriorityKey: settlementPriority},
		StaticSummary:         summary,
	})
	err := workflow.ExecuteChildWorkflow(child, name, req).GetChildWorkflowExecution().Get(ctx, nil)
	if _, running := errors.AsType[*temporal.ChildWorkflowExecutionAlreadyStartedError](err); running {
		return nil
	}
	return err
}
