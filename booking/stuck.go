package booking

// StuckReason says why something makes no progress.
type StuckReason string

// Why something is stuck.
const (
	// StuckRetrying: a step fails and is retried.
	StuckRetrying StuckReason = "RETRYING"
	// StuckOverdue: it has taken longer than it should.
	StuckOverdue StuckReason = "OVERDUE"
	// StuckDefect: the workflow's own code fails.
	StuckDefect StuckReason = "DEFECT"
	// StuckNoWorker: no worker takes the task.
	StuckNoWorker StuckReason = "NO_WORKER"
	// StuckNoWorkflow: a booking waits for money but has lost its workflow.
	StuckNoWorkflow StuckReason = "NO_WORKFLOW"
	// StuckPaused: somebody has paused the workflow, or one of its steps.
	StuckPaused StuckReason = "PAUSED"
	// StuckRefundRefused: the provider has refused a refund.
	StuckRefundRefused StuckReason = "REFUND_REFUSED"
	// StuckRefundDisputed: a refund waits for the customer's bank, and there is nothing for operators to do.
	StuckRefundDisputed StuckReason = "REFUND_DISPUTED"
)

// Paused refuses a command that has to wait until the workflow or its step is unpaused.
func Paused() *Refusal {
	return Refuse(CodeConflict, "An operator has paused this. Try again when it goes on.").With("reason", StuckPaused)
}
