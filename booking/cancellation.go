package booking

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// CancelBookingWorkflow cancels seats of a confirmed booking. Recorded histories hold the name: never change it.
const CancelBookingWorkflow = "CancelBooking"

// CancelBookingWorkflowID is the workflow in which all cancellations of a confirmed booking happen, one after another. The update
// UpdateCancel of CancelSeatsRequest, its id the CancellationID, answers with a CancelledSeats, or fails with a Refusal. Of several that are for the same
// seats the first is carried out, and the others are answered with it: RefundTo says where the money goes. It
// is sent together with a start of the workflow; a workflow that runs already takes it, and one that has ended runs again.
func CancelBookingWorkflowID(bookingID string) string { return "cancel-booking/" + bookingID }

// CancellationID is the cancellation of some seats of a booking, or of all that are left when none are named. Whoever asks
// for it again, and in whatever order, arrives at the first.
func CancellationID(bookingID string, seats []string) string {
	what := "all"
	if len(seats) > 0 {
		what = strings.Join(slices.Compact(SortSeats(seats)), " ")
	}
	return derive("cx", bookingID, what)
}

// CancellationRefundID is what a cancellation gives back of one of the tenders, wherever it goes.
func CancellationRefundID(cancellationID string, tender Tender) string {
	return derive("rf", cancellationID, string(tender))
}

// OutsideRefundPartID is the part of a cancellation, or of a refund, that one made outside has paid. Of the same refund it may pay several, one
// after the other: each time there is less left of it.
func OutsideRefundPartID(ofID, outsideRefundID string, left int64) string {
	return derive("rf", ofID, outsideRefundID, strconv.FormatInt(left, 10))
}

// DecidedPartID is the part of a refund that the customer's bank has given back.
func DecidedPartID(refundID string, left int64) string {
	return derive("rf", refundID, "decided", strconv.FormatInt(left, 10))
}

// RefundTo is where a customer wants the money of a cancellation.
type RefundTo string

// The ways in which money goes back.
const (
	// RefundToOriginal gives it back to the tenders that it came from, in proportion.
	RefundToOriginal RefundTo = "ORIGINAL"
	// RefundToWallet gives all of it to the customer's wallet.
	RefundToWallet RefundTo = "WALLET"
)

// RefundGoesElsewhere refuses a cancellation of seats that are cancelled already, with their money on its way to another place than this one
// wants it to go.
func RefundGoesElsewhere(cancellationID string, carriedOut RefundTo) *Refusal {
	return Refuse(CodeConflict, "These seats have been cancelled already, and the money goes to "+string(carriedOut)+".").
		With("field", "refundTo").With("refundTo", carriedOut).With("cancellationId", cancellationID)
}

// CancellationCause is why a confirmed booking is cancelled. The customer's own wish goes by the refund policy; any other cause
// gives everything back, at any time.
type CancellationCause string

// The causes of a cancellation.
const (
	CauseCustomer      CancellationCause = "CUSTOMER"
	CauseShowCancelled CancellationCause = "SHOW_CANCELLED"
	CauseOperator      CancellationCause = "OPERATOR"
	// CauseOutsideRefund gives back what was given back outside: an operator says that it was for these seats.
	CauseOutsideRefund CancellationCause = "OUTSIDE_REFUND"
)

// CancelBookingRequest is the input of the workflow that cancels seats.
type CancelBookingRequest struct {
	BookingID string `json:"bookingId"`
	// Cancel is carried out by the workflow itself; without it the workflow waits for updates.
	Cancel *CancelSeatsRequest `json:"cancel,omitempty"`
}

// CancelSeatsRequest is the argument of the cancel update of CancelBookingWorkflow.
type CancelSeatsRequest struct {
	BookingID string `json:"bookingId"`
	// Seats are the labels of the seats to cancel; empty for all that are left.
	Seats    []string          `json:"seats,omitempty"`
	RefundTo RefundTo          `json:"refundTo"`
	Cause    CancellationCause `json:"cause"`
	// Expected is what has to go back, in minor units, or else nothing is cancelled; nil for whatever it is.
	Expected *int64 `json:"expected,omitempty"`
	// Actor is a role, such as ActorCustomer, or the id of the operator.
	Actor         string `json:"actor"`
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
	// At is as in PayRequest.
	At time.Time `json:"at,omitzero"`
	// Repeat answers with what was done before, and does nothing else.
	Repeat bool `json:"repeat,omitempty"`
}

// ID is the id of the cancellation that is asked for.
func (r CancelSeatsRequest) ID() string { return CancellationID(r.BookingID, r.Seats) }

// CancelledSeats is a cancellation of paid seats as it was written: what the seats had cost, what of it goes back, and how that stands.
type CancelledSeats struct {
	CancellationID string   `json:"cancellationId"`
	BookingID      string   `json:"bookingId"`
	Seats          []string `json:"seats"`
	// Status is the booking's now: CANCELLED when no seat is left.
	Status  Status `json:"status"`
	Percent int    `json:"percent"`
	Paid    Money  `json:"paid"`
	Fee     Money  `json:"fee"`
	// Amount is what goes back: so many percent of what was paid, less the fee, which is taken once from a booking.
	Amount   Money             `json:"amount"`
	RefundTo RefundTo          `json:"refundTo"`
	Cause    CancellationCause `json:"cause"`
	// Refunds bring the amount back: one of each tender that paid, and one for each refund made outside that has paid a part of it
	// already; none when nothing goes back.
	Refunds []RefundReceipt `json:"refunds"`
}

// CancelBookingOutcome is the result of the workflow that cancels seats: what its run has cancelled.
type CancelBookingOutcome struct {
	BookingID     string           `json:"bookingId"`
	Cancellations []CancelledSeats `json:"cancellations"`
	// Refusal answers the request that the run began with, if it was refused.
	Refusal *Refusal `json:"refusal,omitempty"`
}
