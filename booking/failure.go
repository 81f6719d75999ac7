package booking

// Types of the steps' failures that are no refusals, as operators see them in the Temporal UI. Their messages are made to be read.
const (
	// FailureDefect: no repeat will cure it.
	FailureDefect = "Defect"
	// FailureProviderRejected: the payment provider will never accept it.
	FailureProviderRejected = "ProviderRejected"
	// FailureProviderBusy: the payment provider asks for patience.
	FailureProviderBusy = "ProviderBusy"
	// FailureStillProcessing: the payment provider has not decided yet.
	FailureStillProcessing = "StillProcessing"
)
