// Package answer says what HTTP answers when something is refused or has failed. It is shared by all faces for JSON.
package answer

import (
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/boxoffice/boxoffice/booking"
)

// statuses is the one table from codes to HTTP.
var statuses = map[booking.Code]int{
	booking.CodeValidation:           http.StatusBadRequest,
	booking.CodeUnauthorized:         http.StatusUnauthorized,
	booking.CodeForbidden:            http.StatusForbidden,
	booking.CodeNotFound:             http.StatusNotFound,
	booking.CodeSeatLockFailed:       http.StatusConflict,
	booking.CodeBookingExpired:       http.StatusGone,
	booking.CodePaymentPending:       http.StatusConflict,
	booking.CodePaymentFailed:        http.StatusPaymentRequired,
	booking.CodeInsufficientFunds:    http.StatusPaymentRequired,
	booking.CodeIdempotencyKeyReused: http.StatusUnprocessableEntity,
	booking.CodeInvalidState:         http.StatusConflict,
	booking.CodeConflict:             http.StatusConflict,
	booking.CodeRateLimited:          http.StatusTooManyRequests,
	booking.CodeUnavailable:          http.StatusServiceUnavailable,
	booking.CodeInternal:             http.StatusInternalServerError,
}

// Failure is a refusal with what HTTP adds to it.
type Failure struct {
	Status  int
	Refusal *booking.Refusal
	// RetryAfter is in seconds; 0 says nothing about it.
	RetryAfter int
	// Challenge is the WWW-Authenticate header.
	Challenge string
}

// Error makes a failure usable as an error.
func (f *Failure) Error() string { return f.Refusal.Error() }

// Malformed refuses what cannot be read; field may be empty.
func Malformed(field, message string) error {
	refusal := booking.Refuse(booking.CodeValidation, message)
	if field != "" {
		refusal = refusal.With("field", field)
	}
	return &Failure{Status: http.StatusBadRequest, Refusal: refusal}
}

// TooMany refuses a request that may come again after a while.
func TooMany(wait time.Duration) error {
	f := Refused(booking.Refuse(booking.CodeRateLimited, "Too many requests."))
	f.RetryAfter = int(math.Ceil(wait.Seconds()))
	return f
}

// From makes an answer of an error. What is not meant for the caller is not in it.
func From(err error) *Failure {
	if known, ok := errors.AsType[*Failure](err); ok {
		return known
	}
	if refusal, ok := errors.AsType[*booking.Refusal](err); ok {
		return Refused(refusal)
	}
	if routing, ok := errors.AsType[*echo.HTTPError](err); ok {
		return fromRouter(routing)
	}
	if IsUnavailable(err) {
		return Refused(booking.Unavailable())
	}
	return &Failure{
		Status:  http.StatusInternalServerError,
		Refusal: booking.Refuse(booking.CodeInternal, "Something went wrong on our side."),
	}
}

// Refused is how a refusal is answered.
func Refused(refusal *booking.Refusal) *Failure {
	status, ok := statuses[refusal.Code]
	if !ok {
		status = http.StatusInternalServerError
	}
	f := &Failure{Status: status, Refusal: refusal}
	if refusal.Code == booking.CodeUnavailable || refusal.Code == booking.CodeRateLimited {
		f.RetryAfter = retryAfter()
		if seconds, ok := refusal.Seconds(booking.DetailRetryAfter); ok {
			f.RetryAfter = seconds
		}
	}
	if refusal.Code == booking.CodeUnauthorized {
		f.Challenge = "Bearer"
	}
	return f
}

// retryAfter spreads those who come back over a few seconds.
func retryAfter() int { return 1 + rand.IntN(5) } //nolint:gosec // it guards nothing
