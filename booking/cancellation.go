package booking

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// CancelBookingWorkflow cancels seats of a confirmed booking. Recorded histories hold the name: never change it.
const CancelBookingWorkflow = "CancelBooking"

// CancelBookingWorkflowID is the workflow in which all cancellations of a confirmed booking happen, one after
// another. The update UpdateCancel takes a CancelSeatsRequest; its id is the CancellationID, and it answers
// with a CancelledSeats or fails with a Refusal. When several requests are for the same seats, the first is
// carried out and the others are answered with it: its RefundTo says where the money goes. The update is sent
// together with a start of the workflow: a running workflow takes it, and one that has ended runs again.
func CancelBookingWorkflowID(bookingID string) string { return "cancel-booking/" + bookingID }

// CancellationID is the cancellation of some seats of a booking, or of all that are left when none are
// named. A repeated request, in whatever order it names the seats, arrives at the first one.
func CancellationID(bookingID string, seats []string) string {
	what := "all"
	if len(seats) > 0 {
		what = strings.Join(slices.Compact(SortSeats(seats)), " ")
	}
	return derive("cx", bookingID, what)
}

// CancellationRefundID is the refund of what a cancellation gives back from one tender, wherever the money goes.
func CancellationRefundID(cancellationID string, tender Tender) string {
	return derive("rf", cancellationID, string(tender))
}

// OutsideRefundPartID is the part of a cancellation, or of a refund, that a refund made outside has
// paid. It may pay several parts of the same one, one after the other: each time less of it is left.
func OutsideRefundPartID(ofID, outsideRefundID string, left int64) string {
	return derive("rf", ofID, outsideRefundID, strconv.FormatInt(left, 10))
}

// DecidedPartID is the part of a refund that the customer's bank has given back.
func DecidedPartID(refundID string, left int64) string {
	return derive("rf", refundID, "decided", strconv.FormatInt(left, 10))
}

// RefundTo is where a customer wants the money of a cancellation to go.
type RefundTo string

// The ways in which money goes back.
const (
	// RefundToOriginal returns the money to the tenders that it came from, in proportion.
	RefundToOriginal RefundTo = "ORIGINAL"
	// RefundToWallet puts all of it into the customer's wallet.
	RefundToWallet RefundTo = "WALLET"
)

// RefundGoesElsewhere refuses a cancellation of seats that are already cancelled, because their money
// is on its way to another place than this request asks for.
func RefundGoesElsewhere(cancellationID string, carriedOut RefundTo) *Refusal {
	return Refuse(CodeConflict, "These seats have been cancelled already, and the money goes to "+string(carriedOut)+".").
		With("field", "refundTo").With("refundTo", carriedOut).With("cancellationId", cancellationID)
}

// CancellationCause is why a confirmed booking is cancelled. A customer's own cancellation follows the
// refund policy; any other cause gives everything back, at any time.
type CancellationCause string

// The causes of a cancellation.
const (
	CauseCustomer      CancellationCause = "CUSTOMER"
	CauseShowCancelled CancellationCause = "SHOW_CANCELLED"
	CauseOperator      CancellationCause = "OPERATOR"
	// CauseOutsideRefund cancels the seats that a refund made outside was for, as an operator has said: it
	// gives back what was given back outside.
	CauseOutsideRefund CancellationCause = "OUTSIDE_REFUND"
)

// CancelBookingRequest is the input of the workflow that cancels seats.
type CancelBookingRequest struct {
	BookingID string `json:"bookingId"`
	// Cancel is carried out by the workflow itself. Without it the workflow waits for updates.
	Cancel *CancelSeatsRequest `json:"cancel,omitempty"`
}

// CancelSeatsRequest is the argument of the cancel update of CancelBookingWorkflow.
type CancelSeatsRequest struct {
	BookingID string `json:"bookingId"`
	// Seats are the labels of the seats to cancel; empty for all that are left.
	Seats    []string          `json:"seats,omitempty"`
	RefundTo RefundTo          `json:"refundTo"`
	Cause    CancellationCause `json:"cause"`
	// Expected is the refund that the customer expects, in minor units: if another amount would go back,
	// nothing is cancelled. Nil accepts any amount.
	Expected *int64 `json:"expected,omitempty"`
	// Actor is a role, such as ActorCustomer, or the id of an operator.
	Actor         string `json:"actor"`
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
	// At is as in PayRequest.
	At time.Time `json:"at,omitzero"`
	// Repeat only answers with what was done before.
	Repeat bool `json:"repeat,omitempty"`
}

// ID is the id of the cancellation that is asked for.
func (r CancelSeatsRequest) ID() string { return CancellationID(r.BookingID, r.Seats) }

// CancelledSeats is a cancellation of paid seats as it was written: what the seats had cost, how much
// of it goes back, and how the refunds stand.
type CancelledSeats struct {
	CancellationID string   `json:"cancellationId"`
	BookingID      string   `json:"bookingId"`
	Seats          []string `json:"seats"`
	// Status is the booking's current status: CANCELLED when no seat is left.
	Status  Status `json:"status"`
	Percent int    `json:"percent"`
	Paid    Money  `json:"paid"`
	Fee     Money  `json:"fee"`
	// Amount is what goes back: a percentage of what was paid, less the fee, which is taken only once from a booking.
	Amount   Money             `json:"amount"`
	RefundTo RefundTo          `json:"refundTo"`
	Cause    CancellationCause `json:"cause"`
	// Refunds bring the amount back: one for each tender that paid, and one for each refund made outside
	// that has already paid a part. There are none when nothing goes back.
	Refunds []RefundReceipt `json:"refunds"`
}

// CancelBookingOutcome is the result of the workflow that cancels seats: what this run has cancelled.
type CancelBookingOutcome struct {
	BookingID     string           `json:"bookingId"`
	Cancellations []CancelledSeats `json:"cancellations"`
	// Refusal answers the request that the run was started with, if it was refused.
	Refusal *Refusal `json:"refusal,omitempty"`
}
