package booking

// Types of step failures that are not refusals, as operators see them in the Temporal UI. Their messages are written to be read.
const (
	// FailureDefect: no retry will fix it.
	FailureDefect = "Defect"
	// FailureProviderRejected: the payment provider will never accept it.
	FailureProviderRejected = "ProviderRejected"
	// FailureProviderBusy: the payment provider asks us to slow down.
	FailureProviderBusy = "ProviderBusy"
	// FailureStillProcessing: the payment provider has not decided yet.
	FailureStillProcessing = "StillProcessing"
)
