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

// machinePatience is how long a slow machine may take to run a workflow: a test judges the workflow, not the machine.
const machinePatience = 2 * time.Minute

// newEnvironment is a test environment of its own, which skips time, with all workflows.
func newEnvironment(interceptors ...interceptor.WorkerInterceptor) *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(machinePatience)
	env.SetWorkerOptions(sdkworker.Options{DeadlockDetectionTimeout: machinePatience, Interceptors: interceptors})
	worker.RegisterWorkflows(env)
	return env
}

// wasReset makes every run look like one that an operator has reset.
func wasReset() interceptor.WorkerInterceptor {
	return &informed{change: func(info *workflow.Info) { info.OriginalRunID = "the run before" }}
}

// waited makes every run look as if it had waited this long for its first task.
func waited(long time.Duration) interceptor.WorkerInterceptor {
	return &informed{change: func(info *workflow.Info) { info.WorkflowStartTime = info.WorkflowStartTime.Add(-long) }}
}

// informed changes what runs can find out about themselves.
type informed struct {
	interceptor.WorkerInterceptorBase

	change func(*workflow.Info)
}

func (i *informed) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	inbound := &informedInbound{change: i.change}
	inbound.Next = next
	return inbound
}

type informedInbound struct {
	interceptor.WorkflowInboundInterceptorBase

	change func(*workflow.Info)
}

func (i *informedInbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	outbound := &informedOutbound{change: i.change}
	outbound.Next = next
	return i.Next.Init(outbound)
}

type informedOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase

	change func(*workflow.Info)
}

func (o *informedOutbound) GetInfo(ctx workflow.Context) *workflow.Info {
	info := *o.Next.GetInfo(ctx)
	o.change(&info)
	return &info
}
