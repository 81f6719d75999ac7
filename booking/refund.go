package booking

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Names by which Temporal knows the workflow of a refund. Recorded histories hold them: never change one.
const (
	RefundWorkflow = "Refund"

	// UpdateRetry makes another attempt at a refund that the provider refused. It takes RefundCommand and answers with RefundReceipt.
	UpdateRetry = "retry"
	// UpdateDivert pays the money of a refund that the provider refused into the customer's wallet. It
	// takes RefundCommand and answers with RefundReceipt.
	UpdateDivert = "divert"
	// UpdateSettle ends a refund that the provider refused and that somebody has made there by hand. It
	// takes RefundCommand and answers with RefundReceipt.
	UpdateSettle = "settle"
	// UpdateClose ends a refund that must not be paid, because the customer's bank has given the money
	// back. It takes RefundCommand and answers with RefundReceipt.
	UpdateClose = "close"
	// SignalRefundEvent carries a RefundEvent.
	SignalRefundEvent = "refund-event"
)

// RefundWorkflowID is the workflow that brings a refund to its end. Operators' updates and the provider's signal
// are sent together with a start of the workflow: a running one takes them, and one that has ended runs again.
func RefundWorkflowID(refundID string) string { return "refund/" + refundID }

// RefundKey is the id under which the provider knows the nth attempt at a refund, and its idempotency key.
func RefundKey(refundID string, attempt int) string {
	if attempt == 1 {
		return refundID
	}
	return refundID + ":" + strconv.Itoa(attempt)
}

// RefundOfKey is the refund that a RefundKey is an attempt at.
func RefundOfKey(key string) string {
	refundID, _, _ := strings.Cut(key, ":")
	return refundID
}

// refundPredecessors is the one place where transitions of refunds are decided.
//
// SUCCEEDED may become NEEDS_ATTENTION, since a bank may send the money back days later. CLOSED may
// become INITIATED, since a bank may change its mind.
var refundPredecessors = map[RefundStatus][]RefundStatus{
	RefundInitiated:      {RefundFailed, RefundNeedsAttention, RefundClosed},
	RefundSucceeded:      {RefundInitiated, RefundFailed, RefundNeedsAttention},
	RefundFailed:         {RefundInitiated},
	RefundNeedsAttention: {RefundInitiated, RefundFailed, RefundSucceeded, RefundClosed},
	RefundClosed:         {RefundInitiated, RefundFailed, RefundNeedsAttention},
}

// CanBecome says whether a refund in this state may enter the next one.
func (s RefundStatus) CanBecome(next RefundStatus) bool {
	return slices.Contains(refundPredecessors[next], s)
}

// Refused says that the provider has refused the latest attempt, for now or for good, so that an operator may step in.
func (s RefundStatus) Refused() bool { return s == RefundFailed || s == RefundNeedsAttention }

// Ended says that, as far as is known, nothing is left to be done for a refund in this state.
func (s RefundStatus) Ended() bool { return s == RefundSucceeded || s == RefundClosed }

// Failure codes of refunds that are our own rather than the provider's.
const (
	// RefundDisputed: the customer's bank decides about the charge, and nothing is paid out until it has.
	// The provider uses the same code.
	RefundDisputed = "charge_disputed"
	// RefundDecidedByBank: the customer's bank has given the money back, or so much of it that too little is left.
	RefundDecidedByBank = "decided_by_bank"
)

// RefundRequest is the input of the workflow of a refund.
type RefundRequest struct {
	RefundID      string `json:"refundId"`
	CorrelationID string `json:"correlationId"`
}

// RefundCommand is the argument of the operators' updates retry, divert, settle and close.
type RefundCommand struct {
	RefundID string `json:"refundId"`
	// CommandID tells a repeat of the same command from another command; if it is empty, the id of the update does.
	CommandID string `json:"commandId"`
	// Actor is the id of the operator.
	Actor         string `json:"actor"`
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
	// At is as in PayRequest.
	At time.Time `json:"at,omitzero"`
}

// RefundEvent is a provider's webhook about a refund: a hint to ask for the refund's status, never
// believed by itself. It is the payload of the refund-event signal.
type RefundEvent struct {
	EventID       string    `json:"eventId"`
	RefundID      string    `json:"refundId"`
	OccurredAt    time.Time `json:"occurredAt"`
	CorrelationID string    `json:"correlationId,omitempty"`
}

// Names of the steps of cancellations and refunds. Recorded histories hold them: never change one.
const (
	// StepCancelSeats takes CancelSeatsRequest and returns CancelledSeats. It refuses with NOT_FOUND, VALIDATION_ERROR,
	// INVALID_STATE or CONFLICT.
	StepCancelSeats = "CancelSeats"
	// StepSendRefund takes RefundRequest and returns RefundReceipt: how the refund stands after the provider was asked.
	StepSendRefund = "SendRefund"
	// StepRetryRefund takes RefundCommand and returns RefundReceipt. It refuses with NOT_FOUND or INVALID_STATE.
	StepRetryRefund = "RetryRefund"
	// StepDivertRefund takes RefundCommand and returns RefundReceipt. It refuses with NOT_FOUND or INVALID_STATE.
	StepDivertRefund = "DivertRefund"
	// StepSettleRefund takes RefundCommand and returns RefundReceipt. It refuses with NOT_FOUND or INVALID_STATE.
	StepSettleRefund = "SettleRefund"
	// StepCloseRefund takes RefundCommand and returns RefundReceipt. It refuses with NOT_FOUND or INVALID_STATE.
	StepCloseRefund = "CloseRefund"
)

// Why a dispute keeps money of a charge from being paid out.
const (
	// DisputeOpen: the customer's bank has not decided yet.
	DisputeOpen = "OPEN"
	// DisputeLost: it has given the money back to the customer.
	DisputeLost = "LOST"
)
