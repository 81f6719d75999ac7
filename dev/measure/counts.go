package measure

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
)

// Counts are what something cost, in figures that do not depend on the machine.
type Counts struct {
	// Events and WorkflowTasks are in the histories of all its workflows, which have so many Bytes.
	Events        int   `json:"events"`
	WorkflowTasks int   `json:"workflowTasks"`
	Bytes         int64 `json:"historyBytes"`
	// API and Worker are how many SQL statements each sent, as Statements counts them.
	API    int `json:"sqlOfApi"`
	Worker int `json:"sqlOfWorker"`
	// ProviderCalls are the product's own, without those of customers.
	ProviderCalls int `json:"providerCalls"`
}

// Within says whether nothing of it is above the limits.
func (c Counts) Within(limits Counts) bool {
	return c.Events <= limits.Events && c.WorkflowTasks <= limits.WorkflowTasks && c.Bytes <= limits.Bytes &&
		c.API <= limits.API && c.Worker <= limits.Worker && c.ProviderCalls <= limits.ProviderCalls
}

// String names all figures.
func (c Counts) String() string {
	return fmt.Sprintf("%d history events, %d workflow tasks, %d bytes of history, %d SQL statements (API %d, worker %d), %d provider calls",
		c.Events, c.WorkflowTasks, c.Bytes, c.API+c.Worker, c.API, c.Worker, c.ProviderCalls)
}

// CountHistory counts the history of a workflow's latest run, as far as it has come.
func CountHistory(ctx context.Context, temporal client.Client, workflowID string) (Counts, error) {
	var c Counts
	events := temporal.GetWorkflowHistory(ctx, workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return c, fmt.Errorf("read the history of %s: %w", workflowID, err)
		}
		c.Events++
		if event.GetEventType() == enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED {
			c.WorkflowTasks++
		}
	}
	described, err := temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	if err != nil {
		return c, fmt.Errorf("describe %s: %w", workflowID, err)
	}
	c.Bytes = described.GetWorkflowExecutionInfo().GetHistorySizeBytes()
	return c, nil
}

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
