package workflows

import (
	"errors"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// followPriority is below that of people who are buying.
const followPriority = 4

// follower is a workflow that follows money to its end, and outlives the workflow that started it.
type follower struct {
	workflow, id, summary string
	attributes            temporal.SearchAttributes
	// priority may be below that of other followers.
	priority int
	input    any
}

// follow starts a follower. If it is running already, it does the work.
func follow(ctx workflow.Context, f follower) error {
	_, err := startFollower(ctx, f)
	return err
}

// startFollower is follow, and says whether there was none before. A follower is no more urgent than the workflow that starts it.
func startFollower(ctx workflow.Context, f follower) (begun bool, err error) {
	child := workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID:            f.id,
		TaskQueue:             booking.TaskQueue,
		ParentClosePolicy:     enumspb.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		Priority:              temporal.Priority{PriorityKey: max(followPriority, f.priority, workflow.GetInfo(ctx).Priority.PriorityKey)},
		StaticSummary:         f.summary,
		TypedSearchAttributes: f.attributes,
	})
	err = workflow.ExecuteChildWorkflow(child, f.workflow, f.input).GetChildWorkflowExecution().Get(ctx, nil)
	if _, running := errors.AsType[*temporal.ChildWorkflowExecutionAlreadyStartedError](err); running {
		return false, nil
	}
	return err == nil, err
}

// startSettlement starts a settlement that follows an intent's money.
func startSettlement(ctx workflow.Context, intentID, reason, correlationID string) error {
	return follow(ctx, follower{
		workflow: booking.SettlementWorkflow,
		id:       booking.SettlementWorkflowID(intentID),
		summary:  "settle " + intentID + ": " + reason,
		input:    booking.SettlementRequest{IntentID: intentID, Reason: reason, CorrelationID: correlationID},
	})
}
