package booking

import "time"

// What operators do to bookings. Recorded histories hold these names: never change one.
const (
	// UpdateExpire ends an unpaid hold at once. It takes ExpireRequest and answers with Expiry, or fails with a Refusal. A repeat does no
	// harm, so its id is nobody's business.
	UpdateExpire = "expire"

	// EndAbandonedWorkflow ends an unpaid booking whose workflow is gone. It takes ExpireRequest and its result is Expiry.
	EndAbandonedWorkflow = "EndAbandoned"
	// MoveSeatsWorkflow gives a confirmed booking other seats. It takes SeatMove and its result is SeatMoveOutcome.
	MoveSeatsWorkflow = "MoveSeats"

	// StepEndAbandoned takes Release and returns EndedBooking.
	StepEndAbandoned = "EndAbandoned"
	// StepMoveSeats takes SeatMove. It refuses with NOT_FOUND, VALIDATION_ERROR, INVALID_STATE, SEAT_LOCK_FAILED or
	// IDEMPOTENCY_KEY_REUSED.
	StepMoveSeats = "MoveSeats"
)

// EndAbandonedWorkflowID is the workflow that ends a booking without one.
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

// Expiry says how a booking has ended that was to expire: CONFIRMED when the money was faster.
type Expiry struct {
	BookingID string `json:"bookingId"`
	Status    Status `json:"status"`
}

// EndedBooking is a booking that has no workflow, and has ended.
type EndedBooking struct {
	Status Status `json:"status"`
	// Intents are those on which it may have been paid.
	Intents []string `json:"intents"`
}

// SeatMove asks for other seats of the same show. The price stays.
type SeatMove struct {
	MoveID    string `json:"moveId"`
	BookingID string `json:"bookingId"`
	// ShowID is the booking's show, whose customers are told. Moves of the past have none.
	ShowID string `json:"showId,omitempty"`
	// From are seats of the booking; all that are left when empty. To are as many: one that is on both sides stays, and the others
	// change in the order of SortSeats.
	From []string `json:"from,omitempty"`
	To   []string `json:"to"`
	// TooLate asks only whether the move was made.
	TooLate bool `json:"tooLate,omitempty"`
	// RequestHash tells a repeat of the same request from another one under the same Idempotency-Key.
	RequestHash string `json:"requestHash"`
	// Actor is the id of the operator.
	Actor         string `json:"actor"`
	Reason        string `json:"reason"`
	CorrelationID string `json:"correlationId"`
}

// SeatMoveOutcome is the result of a move: what has been refused, if it was.
type SeatMoveOutcome struct {
	MoveID  string   `json:"moveId"`
	Refusal *Refusal `json:"refusal,omitempty"`
}

// MoveRequestAge is how old a move may be when its first task runs: the seats may have been promised to somebody else since its operator left.
const MoveRequestAge = 30 * time.Second

// NotMoved refuses a move that could not be made while its operator was waiting.
func NotMoved() *Refusal {
	return Refuse(CodeUnavailable, "The seats could not be changed in time. Try again with the same Idempotency-Key.")
}
