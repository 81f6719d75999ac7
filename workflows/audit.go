package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
)

// Time limits of an audit. One that cannot be carried out fails its workflow, which is an alert of its own.
const (
	auditTry       = 2 * time.Hour
	auditHeartbeat = time.Minute
	auditTries     = 5
)

// Audit audits the books. A schedule starts it, and its result is the summary; what is broken is flagged for operators.
func Audit(ctx workflow.Context) (booking.AuditSummary, error) {
	workflow.SetCurrentDetails(ctx, "Comparing the books with the payment provider and with Temporal.")
	summary, err := auditBooks(ctx)
	if err == nil {
		workflow.SetCurrentDetails(ctx, summary.String())
	}
	return summary, err
}

func auditBooks(ctx workflow.Context) (summary booking.AuditSummary, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           booking.TaskQueue,
		StartToCloseTimeout: auditTry,
		HeartbeatTimeout:    auditHeartbeat,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Minute, BackoffCoefficient: 2, MaximumInterval: 30 * time.Minute, MaximumAttempts: auditTries,
		},
		Summary: "audit the books",
	})
	err = workflow.ExecuteActivity(ctx, booking.StepAuditBooks).Get(ctx, &summary)
	return summary, err
}
