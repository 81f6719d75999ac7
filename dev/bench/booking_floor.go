package main

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const (
	bareQueue = "bench-bare"
	bareHold  = "hold"
	barePay   = "pay"
	barePaid  = "paid"
	bareStays = 5 * time.Minute
	// bareWaiting is the workflow that ends with a signal.
	bareWaiting = "bareWaiting"
)

// bare is the floor of a booking: a workflow that is asked to hold, waits for a payment or the end of its time, and does nothing. Like a
// booking that is paid from the wallet it takes two workflow tasks.
func bare(ctx workflow.Context) error {
	paid := false
	answer := func(workflow.Context) (string, error) { return "ok", nil }
	if err := workflow.SetUpdateHandler(ctx, bareHold, answer); err != nil {
		return err
	}
	pay := func(workflow.Context) (string, error) { paid = true; return "ok", nil }
	if err := workflow.SetUpdateHandler(ctx, barePay, pay); err != nil {
		return err
	}
	_, err := workflow.AwaitWithTimeout(ctx, bareStays, func() bool { return paid })
	return err
}

// bareWorkflows are run by a worker in this process.
type bareWorkflows struct {
	temporal client.Client
	worker   worker.Worker

	mu sync.Mutex
	// ended are the ids of those that waited for a signal and do so no more.
	ended map[string]bool
}

// startBareWorkflows starts their worker, with more workflows if there are some to register.
func startBareWorkflows(temporal client.Client, more ...func(worker.Registry)) (*bareWorkflows, error) {
	w := &bareWorkflows{temporal: temporal, ended: map[string]bool{}, worker: worker.New(temporal, bareQueue, worker.Options{
		WorkflowTaskPollerBehavior:  worker.NewPollerBehaviorAutoscaling(worker.PollerBehaviorAutoscalingOptions{}),
		DisableRegistrationAliasing: true,
	})}
	registerBare(w.worker)
	w.worker.RegisterWorkflowWithOptions(w.waiting, workflow.RegisterOptions{Name: bareWaiting})
	for _, register := range more {
		register(w.worker)
	}
	return w, w.worker.Start()
}

// registerBare registers the bare workflow that is paid.
func registerBare(registry worker.WorkflowRegistry) { registry.RegisterWorkflow(bare) }

func (w *bareWorkflows) stop() { w.worker.Stop() }

// run plays one to its end and gives how long its hold took.
func (w *bareWorkflows) run(ctx context.Context, _ int) (time.Duration, error) {
	_, took, err := w.play(ctx)
	return took, err
}

// play plays one to its end. It gives its id, and how long its hold took.
func (w *bareWorkflows) play(ctx context.Context) (id string, took time.Duration, err error) {
	if id, took, err = w.hold(ctx, bare); err != nil {
		return "", 0, err
	}
	_, err = w.pay(ctx, id)
	return id, took, err
}

// pay asks one to be paid, and gives its answer.
func (w *bareWorkflows) pay(ctx context.Context, id string) (answer string, err error) {
	paid, err := w.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateID: barePay, UpdateName: barePay, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return "", err
	}
	err = paid.Get(ctx, &answer)
	return answer, err
}

// hold starts one and has it answer. It gives its id, and how long that took.
func (w *bareWorkflows) hold(ctx context.Context, run any) (id string, took time.Duration, err error) {
	id = "bare/" + rand.Text()
	began := time.Now()
	held, err := w.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: w.temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: id, TaskQueue: bareQueue, WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
			WorkflowIDReusePolicy: enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		}, run),
		UpdateOptions: client.UpdateWorkflowOptions{WorkflowID: id, UpdateID: bareHold, UpdateName: bareHold, WaitForStage: client.WorkflowUpdateStageCompleted},
	})
	if err != nil {
		return "", 0, err
	}
	var answer string
	err = held.Get(ctx, &answer)
	return id, time.Since(began), err
}

// waiting is the floor of a booking that waits for the provider's event: it is asked to hold, and ends with a signal.
func (w *bareWorkflows) waiting(ctx workflow.Context) error {
	answer := func(workflow.Context) (string, error) { return "ok", nil }
	if err := workflow.SetUpdateHandler(ctx, bareHold, answer); err != nil {
		return err
	}
	_, _ = workflow.GetSignalChannel(ctx, barePaid).ReceiveWithTimeout(ctx, bareStays, nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended[workflow.GetInfo(ctx).WorkflowExecution.ID] = true
	return nil
}

// countEnded counts those that wait for a signal no more.
func (w *bareWorkflows) countEnded(ids []string) (ended int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		if w.ended[id] {
			ended++
		}
	}
	return ended
}

// startWaiting starts one that waits for a signal, and gives its id when it does.
func (w *bareWorkflows) startWaiting(ctx context.Context) (id string, err error) {
	id, _, err = w.hold(ctx, bareWaiting)
	return id, err
}
