package booking

import "time"

// A refund made outside is a refund of one of our charges that somebody has made at the provider by hand, without asking us.

// Names by which Temporal knows the workflow of a charge's outside refunds. Recorded histories hold them: never change one.
const (
	OutsideRefundsWorkflow = "OutsideRefunds"

	// SignalOutsideRefund says that the provider has reported a refund that is not ours. It carries an OutsideRefundEvent.
	SignalOutsideRefund = "outside-refund"
	// UpdateAssign says which seats a refund made outside was for. It takes OutsideRefundCommand and answers with OutsideRefund.
	UpdateAssign = "assign"
	// UpdateWriteOff says that a refund made outside paid nothing that we owe. It takes
	// OutsideRefundCommand and answers with OutsideRefund.
	UpdateWriteOff = "write-off"

	// StepNoteOutsideRefunds takes OutsideRefundsRequest and returns OutsideRefundsNoted: it asks the provider.
	StepNoteOutsideRefunds = "NoteOutsideRefunds"
	// StepAssignOutsideRefund takes OutsideRefundCommand and returns OutsideRefund. It refuses with NOT_FOUND, VALIDATION_ERROR or INVALID_STATE.
	StepAssignOutsideRefund = "AssignOutsideRefund"
	// StepWriteOffOutsideRefund takes OutsideRefundCommand and returns OutsideRefund. It refuses with NOT_FOUND or INVALID_STATE.
	StepWriteOffOutsideRefund = "WriteOffOutsideRefund"
)

// OutsideRefundsWorkflowID is the workflow that keeps track of the outside refunds of one charge.
func OutsideRefundsWorkflowID(intentID string) string { return "outside-refunds/" + intentID }

// OutsideRefundCommandID is the operator's command about a refund made outside that an Idempotency-Key stands for.
func OutsideRefundCommandID(refundID, command, operatorID, idempotencyKey string) string {
	return derive("oc", refundID, command, operatorID, idempotencyKey)
}

// OutsideRefundStatus is the status of a refund made outside.
type OutsideRefundStatus string

// The states of a refund made outside.
const (
	// OutsideRefundStanding: the money has gone back, or is on its way.
	OutsideRefundStanding OutsideRefundStatus = "STANDING"
	// OutsideRefundReturned: it has failed, and the money is with us again.
	OutsideRefundReturned OutsideRefundStatus = "RETURNED"
)

// OutsideRefundsRequest is the input of OutsideRefundsWorkflow, and of the step that asks the provider.
type OutsideRefundsRequest struct {
	IntentID      string `json:"intentId"`
	CorrelationID string `json:"correlationId"`
}

// OutsideRefundsNoted is the result of OutsideRefundsWorkflow: how many refunds of a charge were made outside.
type OutsideRefundsNoted struct {
	IntentID string `json:"intentId"`
	Refunds  int    `json:"refunds"`
}

// OutsideRefundEvent is a provider's webhook about a charge that has been refunded: a hint to ask the
// provider, never believed by itself.
type OutsideRefundEvent struct {
	EventID       string `json:"eventId"`
	IntentID      string `json:"intentId"`
	CorrelationID string `json:"correlationId,omitempty"`
}

// OutsideRefundCommand is the argument of the updates assign and write-off.
type OutsideRefundCommand struct {
	OutsideRefundID string `json:"outsideRefundId"`
	// Seats are those that the money was for; empty means all that are left. A write-off has none.
	Seats []string `json:"seats,omitempty"`
	// CommandID tells a repeat of the same command from another one.
	CommandID string `json:"commandId"`
	// Actor is the id of the operator.
	Actor         string `json:"actor"`
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
	// At is as in PayRequest.
	At time.Time `json:"at,omitzero"`
}

// OutsideRefund is a refund made outside, and what has become of it.
type OutsideRefund struct {
	ID     string              `json:"id"`
	Status OutsideRefundStatus `json:"status"`
	Amount Money               `json:"amount"`
	// Assigned has paid what we owed; WrittenOff has paid nothing that we owed. The rest waits for an
	// operator, or for a debt that it can pay. Minor units.
	Assigned   int64 `json:"assigned"`
	WrittenOff int64 `json:"writtenOff"`
}
