package workflows_test

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// watched records what a run has started, in order: the time limits of steps by name, and what becomes
// of its children when it ends. The test environment gives a step at most ten tries, and ends no child.
type watched struct {
	interceptor.WorkerInterceptorBase

	step string

	mu       sync.Mutex // workflows and their children run concurrently
	patience []time.Duration
	children map[string]enumspb.ParentClosePolicy
}

func (w *watched) seen() ([]time.Duration, map[string]enumspb.ParentClosePolicy) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.patience), maps.Clone(w.children)
}

func (w *watched) waits() []time.Duration {
	patience, _ := w.seen()
	return patience
}

func (w *watched) begun() map[string]enumspb.ParentClosePolicy {
	_, children := w.seen()
	return children
}

func watch(step string) *watched {
	return &watched{step: step, children: map[string]enumspb.ParentClosePolicy{}}
}

func (w *watched) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	inbound := &watchedInbound{watched: w}
	inbound.Next = next
	return inbound
}

type watchedInbound struct {
	interceptor.WorkflowInboundInterceptorBase

	watched *watched
}

func (i *watchedInbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	outbound := &watchedOutbound{watched: i.watched}
	outbound.Next = next
	return i.Next.Init(outbound)
}

type watchedOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase

	watched *watched
}

func (o *watchedOutbound) ExecuteActivity(ctx workflow.Context, step string, args ...any) workflow.Future {
	if step == o.watched.step {
		o.watched.mu.Lock()
		o.watched.patience = append(o.watched.patience, workflow.GetActivityOptions(ctx).ScheduleToCloseTimeout)
		o.watched.mu.Unlock()
	}
	return o.Next.ExecuteActivity(ctx, step, args...)
}

func (o *watchedOutbound) ExecuteChildWorkflow(ctx workflow.Context, child string, args ...any) workflow.ChildWorkflowFuture {
	o.watched.mu.Lock()
	o.watched.children[child] = workflow.GetChildWorkflowOptions(ctx).ParentClosePolicy
	o.watched.mu.Unlock()
	return o.Next.ExecuteChildWorkflow(ctx, child, args...)
}

// A charge that is never decided does not keep the seats or the top-up for ever; its settlement waits as long as it takes.
func TestADeadlineWaitsForAChargeForABoundedGrace(t *testing.T) {
	t.Parallel()
	w := watch(booking.StepCloseIntent)
	hold := newRunIn(t, newEnvironment(w))
	hold.expectHold()
	hold.pay(time.Minute, booking.MethodCard)
	hold.processing["pi_1"] = true
	require.Equal(t, booking.StatusExpired, hold.playToEnd().Status)
	require.Equal(t, []time.Duration{booking.ProcessingGrace}, w.waits())

	w = watch(booking.StepCloseIntent)
	topUp := newTopUpIn(t, newEnvironment(w))
	topUp.expectOpen()
	topUp.processing = true
	require.Equal(t, booking.TopUpProcessing, topUp.playToEnd().Status)
	require.Equal(t, []time.Duration{booking.ProcessingGrace}, w.waits())

	w = watch(booking.StepCloseIntent)
	settlement := newRunIn(t, newEnvironment(w))
	require.Equal(t, booking.SettledNothing, settlement.settle().Result)
	require.Equal(t, []time.Duration{0}, w.waits(), "without an end")
}

// A caller waits for seconds only: a charge that is being processed is left as it is.
func TestCommandsWaitForAChargeForSeconds(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(*testRun) error{
		"a cancellation": func(r *testRun) error { done := r.cancel(2 * time.Minute); r.playToEnd(); return done.err },
		"another attempt": func(r *testRun) error {
			done := r.pay(2*time.Minute, booking.MethodCard)
			r.playToEnd()
			return done.err
		},
		"an operator's expiry": func(r *testRun) error {
			done := r.expire(2*time.Minute, "us_ada", "test")
			r.playToEnd()
			return done.err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(booking.StepCloseIntent)
			run := newRunIn(t, newEnvironment(w))
			run.expectHold()
			run.pay(time.Minute, booking.MethodCard)
			run.processing["pi_1"] = true

			requireRefusal(t, ask(run), booking.CodePaymentPending)

			require.Len(t, w.waits(), 2)
			require.Positive(t, w.waits()[0])
			require.LessOrEqual(t, w.waits()[0], 10*time.Second)
			require.Equal(t, booking.ProcessingGrace, w.waits()[1], "and the deadline asks again")
		})
	}
}

// A run that ends, or hands over to the next, must not interrupt what follows money.
func TestWhatAWorkflowHasBegunOutlivesIt(t *testing.T) {
	t.Parallel()
	abandoned := func(children ...string) map[string]enumspb.ParentClosePolicy {
		policies := map[string]enumspb.ParentClosePolicy{}
		for _, child := range children {
			policies[child] = enumspb.PARENT_CLOSE_POLICY_ABANDON
		}
		return policies
	}
	w := watch("")
	cascade := newCascadeTestIn(t, newEnvironment(w), 1, 0)
	_, err := cascade.play(testCascade)
	require.NoError(t, err)
	require.Equal(t, abandoned(booking.CancelBookingWorkflow, booking.NotifyShowWorkflow), w.begun())

	w = watch("")
	cancellation := newCancelRunIn(t, newEnvironment(w))
	request := seatsRequest("A10")
	_, err = cancellation.play(&request)
	require.NoError(t, err)
	require.Equal(t, abandoned(booking.RefundWorkflow), w.begun())

	w = watch("")
	topUp := newTopUpIn(t, newEnvironment(w))
	topUp.processing = true
	require.Equal(t, booking.TopUpProcessing, topUp.playToEnd().Status)
	require.Equal(t, abandoned(booking.SettlementWorkflow), w.begun())
}
