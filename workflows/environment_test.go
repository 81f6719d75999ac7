package workflows_test

import (
	"log/slog"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/worker"
)

// machinePatience is how long the machine may be busy with other things while a workflow runs: a test judges the workflow.
const machinePatience = 2 * time.Minute

// newEnvironment is a Temporal of its own, whose time flies, with all workflows.
func newEnvironment(interceptors ...interceptor.WorkerInterceptor) *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(machinePatience)
	env.SetWorkerOptions(sdkworker.Options{DeadlockDetectionTimeout: machinePatience, Interceptors: interceptors})
	worker.RegisterWorkflows(env)
	return env
}

// resets makes every run one that an operator has reset.
type resets struct {
	interceptor.WorkerInterceptorBase
}

func (*resets) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	inbound := &resetInbound{}
	inbound.Next = next
	return inbound
}

type resetInbound struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (i *resetInbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	outbound := &resetOutbound{}
	outbound.Next = next
	return i.Next.Init(outbound)
}

type resetOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
}

func (o *resetOutbound) GetInfo(ctx workflow.Context) *workflow.Info {
	info := *o.Next.GetInfo(ctx)
	info.OriginalRunID = "the run before"
	return &info
}
