package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// Time limits of steps. None of them limits a workflow.
const (
	// localTry bounds one run of a local step; PostgreSQL's statement time-out is shorter.
	localTry = 4 * time.Second
	// localPatience bounds a local step with its retries. It ends before the workflow task has to be extended.
	localPatience = 7 * time.Second
	// durableTry bounds one run of a step as a regular activity.
	durableTry = 15 * time.Second
	// countTry bounds one count of a cascade, which takes many statements when it has hundreds of shows.
	countTry = 2 * time.Minute
	// providerTry bounds one call to the provider. It is short, because a worker that dies during the call
	// costs its customer that much time; and it is harmless, because the next try has the same key.
	providerTry = 5 * time.Second
	// closeTry bounds closing an intent: a paid one takes two calls to the provider.
	closeTry = 12 * time.Second
	// openPatience is how long a customer waits for an intent. The API waits a little longer.
	openPatience = 18 * time.Second
	// refundPatience is how long a booking, and the customer who cancels it, waits for its refund before a settlement takes over.
	refundPatience = 10 * time.Second
	// refundTry bounds one run of a refund step, which makes up to four calls to the provider.
	refundTry = 20 * time.Second
	// commandPatience is how long an operator waits for the provider.
	commandPatience = 10 * time.Second
	// closePatience is how long a customer waits for an earlier attempt that is still being processed.
	closePatience = 8 * time.Second
)

// locally runs a short step of SQL within the workflow task. It gives up after localPatience.
func locally(ctx workflow.Context, step, summary string, in, out any) error {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout:    localTry,
		ScheduleToCloseTimeout: localPatience,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:    50 * time.Millisecond,
			BackoffCoefficient: 2,
			MaximumInterval:    time.Second,
		},
		Summary: summary,
	})
	return workflow.ExecuteLocalActivity(ctx, step, in).Get(ctx, out)
}

// durably runs an SQL step that must not be given up. It is tried locally first; if that does not succeed soon,
// it becomes an activity that is retried for ever, whose tries and last error operators see in the Temporal UI.
func durably(ctx workflow.Context, step, summary string, in, out any) error {
	return durablyWithin(ctx, durableTry, step, summary, in, out)
}

// durablyWithin is durably for a step of which one run may take as long as try, after its local runs were too short.
func durablyWithin(ctx workflow.Context, try time.Duration, step, summary string, in, out any) error {
	return locallyFirst(ctx, workflow.ActivityOptions{StartToCloseTimeout: try}, step, summary, in, out)
}

// durablyFor is durably for a step that is given up after patience, but not before it was tried once.
func durablyFor(ctx workflow.Context, patience time.Duration, step, summary string, in, out any) error {
	options := workflow.ActivityOptions{StartToCloseTimeout: durableTry, ScheduleToCloseTimeout: max(patience, providerTry)}
	return locallyFirst(ctx, options, step, summary, in, out)
}

func locallyFirst(ctx workflow.Context, options workflow.ActivityOptions, step, summary string, in, out any) error {
	err := locally(ctx, step, summary, in, out)
	if err == nil || isFinal(err) {
		return err
	}
	options.TaskQueue, options.RetryPolicy, options.Summary = booking.TaskQueue, endlessRetry(time.Second, 30*time.Second), summary
	return workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, options), step, in).Get(ctx, out)
}

// askProvider runs a step at the payment provider: try bounds each run, and patience all of them; zero means for ever.
func askProvider(
	ctx workflow.Context, step, summary string, try, patience time.Duration, retry *temporal.RetryPolicy, in, out any,
) error {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:              booking.ProviderTaskQueue,
		StartToCloseTimeout:    try,
		ScheduleToCloseTimeout: patience,
		RetryPolicy:            retry,
		Summary:                summary,
	})
	return workflow.ExecuteActivity(ctx, step, in).Get(ctx, out)
}

func endlessRetry(first, longest time.Duration) *temporal.RetryPolicy {
	return &temporal.RetryPolicy{InitialInterval: first, BackoffCoefficient: 2, MaximumInterval: longest}
}

// isFinal says that an activity decided that its error is not worth retrying.
func isFinal(err error) bool {
	appErr, ok := errors.AsType[*temporal.ApplicationError](err)
	return ok && appErr.NonRetryable()
}

// refusalIn takes the refusal out of a step's error; it is nil if the step failed in any other way.
func refusalIn(err error) *booking.Refusal {
	appErr, ok := errors.AsType[*temporal.ApplicationError](err)
	if !ok || appErr.Type() != booking.RefusalType {
		return nil
	}
	refusal := &booking.Refusal{}
	if detailsErr := appErr.Details(refusal); detailsErr != nil {
		refusal = booking.Refuse(booking.CodeInternal, appErr.Message())
	}
	return refusal
}

// answer turns a refusal into an update's error: an expected answer, and not a failure of the worker.
func answer(refusal *booking.Refusal) error {
	return temporal.NewApplicationErrorWithOptions(refusal.Message, booking.RefusalType, temporal.ApplicationErrorOptions{
		NonRetryable: true,
		Category:     temporal.ApplicationErrorCategoryBenign,
		Details:      []any{*refusal},
	})
}
