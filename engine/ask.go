package engine

import (
	"context"
	"fmt"
	"slices"

	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/booking"
)

// update sends an update to a running workflow, and waits for its result. requestHash may be empty.
func (e *Engine) update(ctx context.Context, options client.UpdateWorkflowOptions, requestHash string, result any) error {
	options.WaitForStage = client.WorkflowUpdateStageAccepted
	accepting, cancel := e.accepting(ctx)
	defer cancel()
	handle, err := e.temporal.UpdateWorkflow(accepting, options)
	if err != nil {
		return explain(err, requestHash)
	}
	finishing, cancelFinishing := context.WithTimeout(ctx, e.patience.Finish)
	defer cancelFinishing()
	err = handle.Get(finishing, result)
	if isAway(err) && e.hasPausedStep(ctx, options.WorkflowID) {
		return fmt.Errorf("%w: %w", booking.Paused(), err)
	}
	return explain(err, requestHash)
}

// hasPausedStep says whether a command waits behind a step that somebody has paused. The command is carried out when the step goes on.
func (e *Engine) hasPausedStep(ctx context.Context, workflowID string) bool {
	ctx, cancel := context.WithTimeout(ctx, e.patience.Accept)
	defer cancel()
	seen, err := e.temporal.DescribeWorkflowExecution(ctx, workflowID, "")
	return err == nil && slices.ContainsFunc(seen.GetPendingActivities(), isPausedStep)
}

// opening is an update that is sent together with the start of its workflow. It reaches the workflow
// whether that is already running or not.
type opening struct {
	start    client.StartWorkflowOptions
	workflow string
	input    any
	update   string
	// updateID may be empty: then a repeat is another update.
	updateID string
	args     []any
}

func (e *Engine) withStart(o opening, stage client.WorkflowUpdateStage) client.UpdateWithStartWorkflowOptions {
	return client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: e.temporal.NewWithStartWorkflowOperation(o.start, o.workflow, o.input),
		UpdateOptions: client.UpdateWorkflowOptions{
			WorkflowID: o.start.ID, UpdateID: o.updateID, UpdateName: o.update, Args: o.args, WaitForStage: stage,
		},
	}
}

// open sends an update that is answered soon, and waits for its result until ctx ends. The error is Temporal's own.
func (e *Engine) open(ctx context.Context, o opening, result any) error {
	update, err := e.temporal.UpdateWithStartWorkflow(ctx, e.withStart(o, client.WorkflowUpdateStageCompleted))
	if err != nil {
		return err
	}
	return update.Get(ctx, result)
}

// openPatiently sends an update whose result may need the payment provider, and waits for it. The error is Temporal's own.
func (e *Engine) openPatiently(ctx context.Context, o opening, result any) error {
	accepting, cancel := e.accepting(ctx)
	defer cancel()
	update, err := e.temporal.UpdateWithStartWorkflow(accepting, e.withStart(o, client.WorkflowUpdateStageAccepted))
	if err != nil {
		return err
	}
	finishing, cancelFinishing := context.WithTimeout(ctx, e.patience.Finish)
	defer cancelFinishing()
	return update.Get(finishing, result)
}

// run has a short workflow carry something out, or joins the one that is already running, and waits for its result.
func (e *Engine) run(ctx context.Context, start client.StartWorkflowOptions, workflow string, input, result any) error {
	accepting, cancel := e.accepting(ctx)
	defer cancel()
	run, err := e.temporal.ExecuteWorkflow(accepting, start, workflow, input)
	if err != nil {
		return unavailable(err)
	}
	finishing, cancelFinishing := context.WithTimeout(ctx, e.patience.Finish)
	defer cancelFinishing()
	switch err := run.Get(finishing, result); {
	case isOver(err):
		return unavailable(err)
	case err != nil:
		return fmt.Errorf("run %s: %w", start.ID, ifAway(err))
	}
	return nil
}

// outcome reads how a workflow has ended: ErrCutShort when it has no result. If Temporal forgets the
// workflow between two reads, a repeat starts it anew.
func (e *Engine) outcome(ctx context.Context, workflowID string, result any) error {
	switch err := e.temporal.GetWorkflow(ctx, workflowID, "").Get(ctx, result); {
	case isOver(err):
		return unavailable(err)
	case isCutShort(err):
		return fmt.Errorf("%w: %w", ErrCutShort, err)
	case err != nil:
		return fmt.Errorf("read the outcome of %s: %w", workflowID, ifAway(err))
	}
	return nil
}
