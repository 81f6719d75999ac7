package engine

import (
	"context"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// Temporal is what an engine needs of a Temporal client.
type Temporal interface {
	NewWithStartWorkflowOperation(options client.StartWorkflowOptions, workflow any, args ...any) client.WithStartWorkflowOperation
	UpdateWithStartWorkflow(ctx context.Context, options client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error)
	UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error)
	SignalWorkflow(ctx context.Context, workflowID, runID, signalName string, arg any) error
	SignalWithStartWorkflow(ctx context.Context, workflowID, signalName string, signalArg any, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	ExecuteWorkflow(ctx context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error)
	GetWorkflow(ctx context.Context, workflowID, runID string) client.WorkflowRun
	CheckHealth(ctx context.Context, request *client.CheckHealthRequest) (*client.CheckHealthResponse, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	DescribeTaskQueue(ctx context.Context, taskQueue string, kind enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error)
}

// Patience is how long an engine waits for things that may take a while. A caller's context may end sooner.
type Patience struct {
	// Accept is for Temporal and a worker to accept a command.
	Accept time.Duration
	// Finish is how much longer to wait for the outcome of a command that may need the payment provider.
	Finish time.Duration
	// Survey is how long to ask Temporal what is stuck; what it has answered by then is returned.
	Survey time.Duration
}

// Engine asks workflows to do what they can do. It may be used concurrently.
type Engine struct {
	temporal Temporal
	patience Patience
}

// accepting bounds how long a command may take to be accepted. Time that the caller has already used
// does not shorten the wait for the outcome.
func (e *Engine) accepting(ctx context.Context) (context.Context, context.CancelFunc) {
	now := time.Now()
	until := now.Add(e.patience.Accept)
	if end, ok := ctx.Deadline(); ok {
		if latest := end.Add(-e.patience.Finish); latest.After(now) && latest.Before(until) {
			until = latest
		}
	}
	return context.WithDeadline(ctx, until)
}

// New makes an engine. It connects to nothing yet; the client should be a lazy one, which the caller closes.
func New(temporal Temporal, patience Patience) *Engine {
	return &Engine{temporal: temporal, patience: patience}
}
