package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/boxoffice/boxoffice/booking"
)

// fakeTemporal plays the Temporal service. What a test does not set answers that there is no such workflow.
type fakeTemporal struct {
	mu       sync.Mutex
	starts   []client.StartWorkflowOptions
	requests []booking.Request
	updates  []client.UpdateWorkflowOptions
	signals  []booking.PaymentEvent
	settles  []booking.SettlementRequest
	hints    []booking.RefundEvent
	outside  []booking.OutsideRefundEvent

	cascades      []booking.CascadeRequest
	topUps        []booking.TopUpRequest
	onTopUp       func(request booking.TopUpRequest) (booking.TopUp, error)
	onTopUpResult func(workflowID string) (booking.TopUpOutcome, error)
	onHold        func(ctx context.Context, request booking.Request) (booking.Hold, error)
	onUpdate      func(ctx context.Context, options client.UpdateWorkflowOptions) (any, error)
	onResult      func(workflowID string) (booking.Outcome, error)
	onSignal      func(workflowID string, event booking.PaymentEvent) error
	onExecute     func(options client.StartWorkflowOptions) error
	// onCommand answers updates that are sent together with the start of a workflow, other than a hold or a top-up.
	onCommand func(ctx context.Context, options client.UpdateWorkflowOptions) (any, error)
	onHint    func(options client.StartWorkflowOptions) error

	// running are the workflows that the list has, and that are described.
	running []*workflowservice.DescribeWorkflowExecutionResponse
	lists   []string
	// unlisted answers the list of workflows, and undescribed what is asked about one, instead.
	unlisted, undescribed error
	// unanswered says that updates are taken on and not answered.
	unanswered bool
	// slow are workflows about which no question is answered in time.
	slow map[string]bool
	// onRun answers the end of other workflows than settlements.
	onRun func(options client.StartWorkflowOptions, input any) (any, error)

	unhealthy  error
	checks     int
	lastPolled time.Time
}

var errNoWorkflow = serviceerror.NewNotFound("workflow execution already completed")

// refuse is how a workflow's refusal arrives at a client.
func refuse(refusal *booking.Refusal) error {
	return temporal.NewApplicationErrorWithOptions(refusal.Message, booking.RefusalType,
		temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{*refusal}})
}

// must is what a caller is bound to send.
func must[T any](sent any) T {
	value, ok := sent.(T)
	if !ok {
		panic(fmt.Sprintf("sent a %T", sent))
	}
	return value
}

// asked is the one argument of an update.
func asked[T any](tb testing.TB, args []any) T {
	tb.Helper()
	require.Len(tb, args, 1)
	return must[T](args[0])
}

// answering answers an update, however patient its caller is.
func answering(answer func(client.UpdateWorkflowOptions) (any, error)) func(context.Context, client.UpdateWorkflowOptions) (any, error) {
	return func(_ context.Context, options client.UpdateWorkflowOptions) (any, error) { return answer(options) }
}

type startOperation struct {
	client.WithStartWorkflowOperation
	options  client.StartWorkflowOptions
	workflow any
	input    any
}

// reusePolicies say which workflows may run again under the same id.
var reusePolicies = map[any]enumspb.WorkflowIdReusePolicy{
	booking.BookingWorkflow:        enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
	booking.TopUpWorkflow:          enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
	booking.CancelBookingWorkflow:  enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	booking.RefundWorkflow:         enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	booking.OutsideRefundsWorkflow: enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	booking.CascadeWorkflow:        enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	booking.EndAbandonedWorkflow:   enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
	booking.MoveSeatsWorkflow:      enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
}

func checkStart(options client.StartWorkflowOptions, workflow any) {
	policy, known := reusePolicies[workflow]
	if !known || options.WorkflowIDConflictPolicy != enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING ||
		options.WorkflowIDReusePolicy != policy || options.TaskQueue != booking.TaskQueue {
		panic(fmt.Sprintf("workflow %v is started in another way", workflow))
	}
}

func (f *fakeTemporal) NewWithStartWorkflowOperation(
	options client.StartWorkflowOptions, workflow any, args ...any,
) client.WithStartWorkflowOperation {
	checkStart(options, workflow)
	return &startOperation{options: options, workflow: workflow, input: args[0]}
}

func (f *fakeTemporal) UpdateWithStartWorkflow(
	ctx context.Context, options client.UpdateWithStartWorkflowOptions,
) (client.WorkflowUpdateHandle, error) {
	operation := must[*startOperation](options.StartWorkflowOperation)
	if operation.options.ID != options.UpdateOptions.WorkflowID {
		panic("the update is for another workflow than the one that is started")
	}
	f.mu.Lock()
	f.starts = append(f.starts, operation.options)
	f.mu.Unlock()
	result, err := f.updateStarted(ctx, operation, options.UpdateOptions)
	var outcome *temporal.ApplicationError
	if err != nil && !errors.As(err, &outcome) {
		return nil, err
	}
	return &updateHandle{result: result, err: err}, nil
}

func (f *fakeTemporal) updateStarted(ctx context.Context, operation *startOperation, options client.UpdateWorkflowOptions) (any, error) {
	switch operation.workflow {
	case booking.BookingWorkflow:
		return f.hold(ctx, must[booking.Request](operation.input), options)
	case booking.TopUpWorkflow:
		return f.openTopUp(must[booking.TopUpRequest](operation.input), options)
	}
	f.mu.Lock()
	if operation.workflow == booking.CascadeWorkflow {
		f.cascades = append(f.cascades, must[booking.CascadeRequest](operation.input))
	}
	f.updates = append(f.updates, options)
	f.mu.Unlock()
	if f.onCommand == nil {
		return nil, serviceerror.NewUnavailable("nobody is there")
	}
	return f.onCommand(ctx, options)
}

func (f *fakeTemporal) hold(ctx context.Context, request booking.Request, options client.UpdateWorkflowOptions) (any, error) {
	f.mu.Lock()
	f.requests = append(f.requests, request)
	f.mu.Unlock()
	if options.UpdateName != booking.UpdateHold || options.UpdateID != booking.UpdateHold || options.WaitForStage != client.WorkflowUpdateStageCompleted {
		panic("the hold update is sent in another way")
	}
	if f.onHold == nil {
		return nil, errNoWorkflow
	}
	return f.onHold(ctx, request)
}

func (f *fakeTemporal) SignalWithStartWorkflow(
	_ context.Context, workflowID, signalName string, signal any, options client.StartWorkflowOptions, workflow any, args ...any,
) (client.WorkflowRun, error) {
	checkStart(options, workflow)
	hint, ok := signal.(booking.RefundEvent)
	outside, isOutside := signal.(booking.OutsideRefundEvent)
	switch {
	case ok && workflow == booking.RefundWorkflow && signalName == booking.SignalRefundEvent && workflowID == options.ID &&
		must[booking.RefundRequest](args[0]).RefundID == hint.RefundID:
	case isOutside && workflow == booking.OutsideRefundsWorkflow && signalName == booking.SignalOutsideRefund && workflowID == options.ID &&
		must[booking.OutsideRefundsRequest](args[0]).IntentID == outside.IntentID:
	default:
		panic("a workflow is signalled in another way")
	}
	if f.onHint != nil {
		if err := f.onHint(options); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.starts = append(f.starts, options)
	if isOutside {
		f.outside = append(f.outside, outside)
	} else {
		f.hints = append(f.hints, hint)
	}
	return workflowRun{}, nil
}

func (f *fakeTemporal) UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	f.mu.Lock()
	f.updates = append(f.updates, options)
	f.mu.Unlock()
	if options.WaitForStage != client.WorkflowUpdateStageAccepted {
		panic("the update waits for another stage")
	}
	if f.unanswered {
		return &updateHandle{err: context.DeadlineExceeded}, nil
	}
	if f.onUpdate == nil {
		return nil, errNoWorkflow
	}
	result, err := f.onUpdate(ctx, options)
	var outcome *temporal.ApplicationError
	if err != nil && !errors.As(err, &outcome) {
		return nil, err
	}
	return &updateHandle{result: result, err: err}, nil
}

func (f *fakeTemporal) SignalWorkflow(_ context.Context, workflowID, _, signalName string, arg any) error {
	if signalName != booking.SignalPaymentEvent {
		panic("unknown signal " + signalName)
	}
	event := must[booking.PaymentEvent](arg)
	if f.onSignal == nil {
		return errNoWorkflow
	}
	if err := f.onSignal(workflowID, event); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.signals = append(f.signals, event)
	return nil
}

func (f *fakeTemporal) ExecuteWorkflow(
	_ context.Context, options client.StartWorkflowOptions, workflow any, args ...any,
) (client.WorkflowRun, error) {
	if workflow != booking.SettlementWorkflow {
		return f.run(options, workflow, args[0])
	}
	if options.WorkflowIDReusePolicy != enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE ||
		options.WorkflowIDConflictPolicy != enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING || options.TaskQueue != booking.TaskQueue {
		panic("the settlement workflow is started in another way")
	}
	if f.onExecute != nil {
		if err := f.onExecute(options); err != nil {
			return nil, err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.starts = append(f.starts, options)
	f.settles = append(f.settles, must[booking.SettlementRequest](args[0]))
	return workflowRun{}, nil
}

func (f *fakeTemporal) GetWorkflow(_ context.Context, workflowID, _ string) client.WorkflowRun {
	if f.onTopUpResult != nil {
		outcome, err := f.onTopUpResult(workflowID)
		return workflowRun{outcome: outcome, err: err}
	}
	if f.onResult == nil {
		return workflowRun{err: errNoWorkflow}
	}
	outcome, err := f.onResult(workflowID)
	return workflowRun{outcome: outcome, err: err}
}

func (f *fakeTemporal) CheckHealth(context.Context, *client.CheckHealthRequest) (*client.CheckHealthResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.checks++
	return &client.CheckHealthResponse{}, f.unhealthy
}

func (f *fakeTemporal) DescribeTaskQueue(
	_ context.Context, name string, _ enumspb.TaskQueueType,
) (*workflowservice.DescribeTaskQueueResponse, error) {
	if f.unhealthy != nil || name != booking.TaskQueue {
		return nil, f.unhealthy
	}
	return &workflowservice.DescribeTaskQueueResponse{
		Pollers: []*taskqueuepb.PollerInfo{{LastAccessTime: timestamppb.New(f.lastPolled)}},
	}, nil
}

// updateHandle carries its result through JSON, as Temporal does.
type updateHandle struct {
	client.WorkflowUpdateHandle
	result any
	err    error
}

func (u *updateHandle) Get(ctx context.Context, valuePtr any) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if u.err != nil {
		return u.err
	}
	return copyJSON(u.result, valuePtr)
}

type workflowRun struct {
	client.WorkflowRun
	outcome any
	err     error
}

func (w workflowRun) Get(_ context.Context, valuePtr any) error {
	if w.err != nil {
		return w.err
	}
	return copyJSON(w.outcome, valuePtr)
}

func copyJSON(from, to any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, to)
}

func (f *fakeTemporal) ListWorkflow(
	_ context.Context, request *workflowservice.ListWorkflowExecutionsRequest,
) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lists = append(f.lists, request.GetQuery())
	if f.unlisted != nil {
		return nil, f.unlisted
	}
	listed := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, workflow := range f.running {
		listed.Executions = append(listed.Executions, workflow.GetWorkflowExecutionInfo())
	}
	return listed, nil
}

func (f *fakeTemporal) DescribeWorkflowExecution(
	ctx context.Context, workflowID, _ string,
) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if f.slow[workflowID] {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if f.undescribed != nil {
		return nil, f.undescribed
	}
	for _, workflow := range f.running {
		if workflow.GetWorkflowExecutionInfo().GetExecution().GetWorkflowId() == workflowID {
			return workflow, nil
		}
	}
	return nil, errNoWorkflow
}

// run plays the workflows that an administrator waits for.
func (f *fakeTemporal) run(options client.StartWorkflowOptions, workflow, input any) (client.WorkflowRun, error) {
	checkStart(options, workflow)
	f.mu.Lock()
	f.starts = append(f.starts, options)
	f.mu.Unlock()
	if f.onRun == nil {
		return nil, serviceerror.NewUnavailable("nobody is there")
	}
	outcome, err := f.onRun(options, input)
	return workflowRun{outcome: outcome, err: err}, nil
}
