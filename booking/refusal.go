package booking

import "maps"

// Code is the machine-readable name of an error that a caller can do something about.
type Code string

// The codes of the API's error shape.
const (
	CodeValidation           Code = "VALIDATION_ERROR"
	CodeUnauthorized         Code = "UNAUTHORIZED"
	CodeForbidden            Code = "FORBIDDEN"
	CodeNotFound             Code = "NOT_FOUND"
	CodeSeatLockFailed       Code = "SEAT_LOCK_FAILED"
	CodeBookingExpired       Code = "BOOKING_EXPIRED"
	CodePaymentPending       Code = "PAYMENT_PENDING"
	CodePaymentFailed        Code = "PAYMENT_FAILED"
	CodeInsufficientFunds    Code = "INSUFFICIENT_FUNDS"
	CodeIdempotencyKeyReused Code = "IDEMPOTENCY_KEY_REUSED"
	CodeInvalidState         Code = "INVALID_STATE"
	CodeConflict             Code = "CONFLICT"
	CodeRateLimited          Code = "RATE_LIMITED"
	CodeUnavailable          Code = "UNAVAILABLE"
	CodeInternal             Code = "INTERNAL_ERROR"
)

// Refusal is a "no" that the caller is meant to read: an expected answer, not a defect. It crosses the workflow
// boundary as JSON and becomes the API's error body.
type Refusal struct {
	Code    Code           `json:"code"`
	Message string         `json:"message"`
	Details map[string]any `json:"details,omitempty"`
}

// ReasonNotOnSale is why money buys no seats of a show that has been closed or cancelled in the meantime.
const ReasonNotOnSale = "The show is no longer on sale."

// Error makes a refusal usable as an error.
func (r *Refusal) Error() string { return string(r.Code) + ": " + r.Message }

// Refuse makes a refusal.
func Refuse(code Code, message string) *Refusal { return &Refusal{Code: code, Message: message} }

// With returns a copy of the refusal that carries one more detail.
func (r *Refusal) With(name string, value any) *Refusal {
	details := maps.Clone(r.Details)
	if details == nil {
		details = map[string]any{}
	}
	details[name] = value
	return &Refusal{Code: r.Code, Message: r.Message, Details: details}
}

// Seconds reads a detail that is a number of seconds. After crossing the workflow boundary it is a JSON number.
func (r *Refusal) Seconds(name string) (seconds int, ok bool) {
	switch value := r.Details[name].(type) {
	case int:
		return value, true
	case float64:
		return int(value), true
	default:
		return 0, false
	}
}

// SeatsTaken refuses a hold because somebody else has some of the seats.
func SeatsTaken(showID string, seats []string) *Refusal {
	return Refuse(CodeSeatLockFailed, "One or more seats are no longer available.").
		With("showId", showID).With("unavailableSeatIds", seats)
}

// InvalidField refuses a request because of one field.
func InvalidField(field, message string) *Refusal {
	return Refuse(CodeValidation, message).With("field", field)
}

// NotFound refuses because there is no such thing, which is named as its reader knows it: "booking", "top-up".
func NotFound(what string) *Refusal { return Refuse(CodeNotFound, "There is no such "+what+".") }

// Unavailable refuses because a part of the system is away or too slow: trying again helps.
func Unavailable() *Refusal {
	return Refuse(CodeUnavailable, "This is not available right now. Try again.")
}

// Expired refuses because the hold's deadline has passed.
func Expired(bookingID string) *Refusal {
	return Refuse(CodeBookingExpired, "The hold on these seats has expired. Book again.").With("bookingId", bookingID)
}

// NotServed refuses a request that could not be served while its customer was waiting. It is not a
// "try again later": the same key will always get this answer.
func NotServed() *Refusal {
	return Refuse(CodeConflict,
		"The request could not be served in time and nothing was booked. Send it again with a new Idempotency-Key.").
		With(DetailNewKey, true)
}

// AttemptEnded refuses a payment attempt that can no longer be paid.
func AttemptEnded() *Refusal {
	return Refuse(CodePaymentFailed, "This payment has ended. Pay again with a new Idempotency-Key.").With(DetailNewKey, true)
}

// KeyReused refuses an Idempotency-Key that was used before with another body.
func KeyReused() *Refusal {
	return Refuse(CodeIdempotencyKeyReused, "This Idempotency-Key was used before with a different request. Send this one with a new key.").
		With("field", "Idempotency-Key")
}

// WrongState refuses a step that a booking in this state does not allow.
func WrongState(message string, status Status) *Refusal {
	return Refuse(CodeInvalidState, message).With("status", status)
}
