package measure

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
)

// Runs are how many events the histories of all runs of a workflow have, oldest first.
func Runs(ctx context.Context, temporal client.Client, workflowID string) (events []int64, err error) {
	latest, err := temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", workflowID, err)
	}
	for run := latest.GetWorkflowExecutionInfo().GetFirstRunId(); run != ""; {
		described, err := temporal.DescribeWorkflowExecution(ctx, workflowID, run)
		if err != nil {
			return nil, fmt.Errorf("describe run %s of %s: %w", run, workflowID, err)
		}
		info := described.GetWorkflowExecutionInfo()
		events = append(events, info.GetHistoryLength())
		if info.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW {
			break
		}
		last, err := temporal.GetWorkflowHistory(ctx, workflowID, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT).Next()
		if err != nil {
			return nil, fmt.Errorf("read the end of run %s of %s: %w", run, workflowID, err)
		}
		run = last.GetWorkflowExecutionContinuedAsNewEventAttributes().GetNewExecutionRunId()
	}
	return events, nil
}
