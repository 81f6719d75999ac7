package booking

// StuckReason says why something does not get on.
type StuckReason string

// Why something is stuck.
const (
	// StuckRetrying: a step fails and is repeated.
	StuckRetrying StuckReason = "RETRYING"
	// StuckOverdue: it has taken longer than it should.
	StuckOverdue StuckReason = "OVERDUE"
	// StuckDefect: the workflow's own code fails.
	StuckDefect StuckReason = "DEFECT"
	// StuckNoWorker: nobody takes the work on.
	StuckNoWorker StuckReason = "NO_WORKER"
	// StuckNoWorkflow: a booking waits for money and has lost its workflow.
	StuckNoWorkflow StuckReason = "NO_WORKFLOW"
	// StuckPaused: somebody has paused the workflow, or one of its steps.
	StuckPaused StuckReason = "PAUSED"
	// StuckRefundRefused: the provider has refused a refund.
	StuckRefundRefused StuckReason = "REFUND_REFUSED"
	// StuckRefundDisputed: a refund waits for the customer's bank, and for nobody here.
	StuckRefundDisputed StuckReason = "REFUND_DISPUTED"
)

// Paused refuses a command that waits for whoever has paused the workflow or its step.
func Paused() *Refusal {
	return Refuse(CodeConflict, "An operator has paused this. Try again when it goes on.").With("reason", StuckPaused)
}
