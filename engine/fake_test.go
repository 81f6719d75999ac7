package engine_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/engine"
)

// patience bounds every wait; nothing that works takes nearly that long.
const patience = 2 * time.Minute

// fakeTemporal records what it is asked, and always answers in the same way.
type fakeTemporal struct {
	engine.Temporal

	start    client.StartWorkflowOptions
	workflow any
	input    any
	update   client.UpdateWorkflowOptions
	signal   string
	told     any
	// acceptBy is the deadline for accepting the latest update.
	acceptBy time.Time

	// answer is the result of updates and workflows, failure why there is none, and unsignalled why signals do not arrive.
	answer               any
	failure, unsignalled error
	// described is the answer to DescribeWorkflowExecution.
	described *workflowservice.DescribeWorkflowExecutionResponse
	// ended is the result of a workflow.
	ended    any
	endedErr error
}

// withEngine is an engine whose Temporal is a fake.
func withEngine(tb testing.TB) (*engine.Engine, *fakeTemporal) {
	tb.Helper()
	fake := &fakeTemporal{}
	return engine.New(fake, engine.Patience{Accept: patience, Finish: patience, Survey: patience}), fake
}

type startOperation struct {
	client.WithStartWorkflowOperation
}

func (f *fakeTemporal) NewWithStartWorkflowOperation(options client.StartWorkflowOptions, workflow any, args ...any) client.WithStartWorkflowOperation {
	f.start, f.workflow, f.input = options, workflow, args[0]
	return startOperation{}
}

func (f *fakeTemporal) UpdateWithStartWorkflow(_ context.Context, options client.UpdateWithStartWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.update = options.UpdateOptions
	return updateHandle{f: f}, nil
}

func (f *fakeTemporal) UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.update = options
	f.acceptBy, _ = ctx.Deadline()
	return updateHandle{f: f}, nil
}

func (f *fakeTemporal) SignalWorkflow(_ context.Context, workflowID, _, name string, arg any) error {
	f.update.WorkflowID, f.signal, f.told = workflowID, name, arg
	return f.unsignalled
}

func (f *fakeTemporal) SignalWithStartWorkflow(
	_ context.Context, workflowID, name string, signal any, options client.StartWorkflowOptions, workflow any, args ...any,
) (client.WorkflowRun, error) {
	f.update.WorkflowID, f.signal, f.told = workflowID, name, signal
	f.start, f.workflow, f.input = options, workflow, args[0]
	return nil, f.unsignalled
}

func (f *fakeTemporal) ExecuteWorkflow(_ context.Context, options client.StartWorkflowOptions, workflow any, args ...any) (client.WorkflowRun, error) {
	f.start, f.workflow, f.input = options, workflow, args[0]
	return workflowRun{answer: f.answer, err: f.failure}, nil
}

func (f *fakeTemporal) GetWorkflow(context.Context, string, string) client.WorkflowRun {
	return workflowRun{answer: f.ended, err: f.endedErr}
}

func (f *fakeTemporal) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return f.described, nil
}

// updateHandle and workflowRun carry their results through JSON, as Temporal does.
type updateHandle struct {
	client.WorkflowUpdateHandle

	f *fakeTemporal
}

func (u updateHandle) Get(_ context.Context, into any) error {
	return copyJSON(u.f.answer, into, u.f.failure)
}

type workflowRun struct {
	client.WorkflowRun

	answer any
	err    error
}

func (w workflowRun) Get(_ context.Context, into any) error { return copyJSON(w.answer, into, w.err) }

func copyJSON(from, into any, failure error) error {
	if failure != nil {
		return failure
	}
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// hold is Engine.Hold of a booking that is not paid at once.
func hold(ctx context.Context, e *engine.Engine, request booking.Request, show engine.ShowTitle) error {
	_, err := e.Hold(ctx, request, show)
	return err
}
