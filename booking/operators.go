package booking

import "time"

// What operators do to bookings. Recorded histories hold these names: never change one.
const (
	// UpdateExpire ends an unpaid hold at once. It takes ExpireRequest and answers with Expiry, or fails
	// with a Refusal. A repeat is harmless, so its id does not matter.
	UpdateExpire = "expire"

	// EndAbandonedWorkflow ends an unpaid booking whose workflow is gone. It takes ExpireRequest and its result is Expiry.
	EndAbandonedWorkflow = "EndAbandoned"
	// MoveSeatsWorkflow moves a confirmed booking to other seats. It takes SeatMove and its result is SeatMoveOutcome.
	MoveSeatsWorkflow = "MoveSeats"

	// StepEndAbandoned takes Release and returns EndedBooking.
	StepEndAbandoned = "EndAbandoned"
	// StepMoveSeats takes SeatMove. It refuses with NOT_FOUND, VALIDATION_ERROR, INVALID_STATE, SEAT_LOCK_FAILED or
	// IDEMPOTENCY_KEY_REUSED.
	StepMoveSeats = "MoveSeats"
)

// EndAbandonedWorkflowID is the workflow that ends a booking that has lost its own.
func EndAbandonedWorkflowID(bookingID string) string { return "end-abandoned/" + bookingID }

// MoveSeatsWorkflowID is the workflow of a move.
func MoveSeatsWorkflowID(moveID string) string { return "move-seats/" + moveID }

// SeatMoveID is the move that an operator's Idempotency-Key stands for.
func SeatMoveID(bookingID, operatorID, idempotencyKey string) string {
	return derive("sm", bookingID, operatorID, idempotencyKey)
}

// ExpireRequest asks for the end of an unpaid hold.
type ExpireRequest struct {
	BookingID string `json:"bookingId"`
	// To is how a booking without a workflow ends: EXPIRED, unless its customer cancels it.
	To Status `json:"to,omitempty"`
	// Actor is the id of the operator, or a role.
	Actor         string `json:"actor"`
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
	// At is as in PayRequest.
	At time.Time `json:"at,omitzero"`
}

// Expiry says how a booking that was to expire has ended: CONFIRMED when the money arrived first.
type Expiry struct {
	BookingID string `json:"bookingId"`
	Status    Status `json:"status"`
}

// EndedBooking is a booking without a workflow that has been ended.
type EndedBooking struct {
	Status Status `json:"status"`
	// Intents are those on which it may have been paid.
	Intents []string `json:"intents"`
}

// SeatMove asks for other seats of the same show. The price stays the same.
type SeatMove struct {
	MoveID    string `json:"moveId"`
	BookingID string `json:"bookingId"`
	// ShowID is the booking's show, whose customers are notified. Moves in old histories have none.
	ShowID string `json:"showId,omitempty"`
	// From are seats of the booking; empty means all that are left. To are as many: a seat that is in both
	// stays, and the others change in the order of SortSeats.
	From []string `json:"from,omitempty"`
	To   []string `json:"to"`
	// TooLate only asks whether the move was made.
	TooLate bool `json:"tooLate,omitempty"`
	// RequestHash tells a repeat of the same request from another one under the same Idempotency-Key.
	RequestHash string `json:"requestHash"`
	// Actor is the id of the operator.
	Actor         string `json:"actor"`
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
}

// SeatMoveOutcome is the result of a move: its refusal, if it was refused.
type SeatMoveOutcome struct {
	MoveID  string   `json:"moveId"`
	Refusal *Refusal `json:"refusal,omitempty"`
}

// MoveRequestAge is how old a move may be when its first task runs: after that the seats may have been promised to somebody else.
const MoveRequestAge = 30 * time.Second

// NotMoved refuses a move that could not be made while its operator was waiting.
func NotMoved() *Refusal {
	return Refuse(CodeUnavailable, "The seats could not be changed in time. Try again with the same Idempotency-Key.")
}
