package stack

// Unlimited are variables of an API that limits nobody: everybody comes from one address here.
func Unlimited() []string { return []string{"API_RATE_PER_SECOND=100000", "API_RATE_BURST=100000"} }

// WithoutSchedules are variables of a worker that does nothing by the clock: what comes at some time only would be in some runs and not in others.
func WithoutSchedules() []string {
	return []string{"BOXOFFICE_AUDIT_SCHEDULE=off", "BOXOFFICE_SWEEP_SCHEDULE=off", "BOXOFFICE_REMINDER_SCHEDULE=off", "BOXOFFICE_COMPLETE_SCHEDULE=off"}
}

// Patient are the variables of the API and the worker of a system whose tests are about anything but time-outs and limits. The API's own patience is that
// of somebody who looks at a screen: on a machine that is busy with other things it answers 503 to requests of which nothing is wrong, and a test would
// judge the machine.
func Patient() map[Part][]string {
	const statements = "DATABASE_STATEMENT_TIMEOUT=15s"
	return map[Part][]string{
		API:    append(Unlimited(), "API_REQUEST_TIMEOUT=45s", "API_WORKFLOW_TIMEOUT=40s", "API_QUEUE_TIMEOUT=40s", statements),
		Worker: {statements},
	}
}
