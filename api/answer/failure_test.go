package answer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/engine"
)

func TestEveryCodeHasItsStatus(t *testing.T) {
	t.Parallel()
	for code, status := range map[booking.Code]int{
		booking.CodeValidation: 400, booking.CodeUnauthorized: 401, booking.CodeForbidden: 403, booking.CodeNotFound: 404,
		booking.CodeSeatLockFailed: 409, booking.CodeBookingExpired: 410, booking.CodePaymentPending: 409, booking.CodePaymentFailed: 402,
		booking.CodeInsufficientFunds: 402, booking.CodeIdempotencyKeyReused: 422, booking.CodeInvalidState: 409, booking.CodeConflict: 409,
		booking.CodeRateLimited: 429, booking.CodeUnavailable: 503, booking.CodeInternal: 500,
	} {
		f := From(fmt.Errorf("wrapped: %w", booking.Refuse(code, "no")))
		require.Equal(t, status, f.Status, code)
		require.Equal(t, code, f.Refusal.Code)
		require.Equal(t, status == 503 || status == 429, f.RetryAfter > 0, code)
		require.Equal(t, status == 401, f.Challenge != "", code)
	}
	require.Len(t, statuses, 15)
	require.Equal(t, http.StatusInternalServerError, From(booking.Refuse("NEW_CODE", "no")).Status)
}

func TestWhatIsUnavailableAndWhatIsADefect(t *testing.T) {
	t.Parallel()
	for err, status := range map[error]int{
		context.DeadlineExceeded:       503,
		&pgconn.PgError{Code: "57014"}: 503, // statement time-out
		&pgconn.PgError{Code: "57P01"}: 503, // shutting down
		&pgconn.PgError{Code: "53300"}: 503, // too many connections
		&pgconn.PgError{Code: "42501"}: 500, // a missing grant
		&pgconn.PgError{Code: "23505"}: 500,
		&pgconn.PgError{}:              500,
		engine.ErrUnavailable:          503,
		engine.ErrNoWorkflow:           500,
		errors.New("anything"):         500,
	} {
		f := From(fmt.Errorf("wrapped: %w", err))
		require.Equal(t, status, f.Status, "%T %v", err, err)
		require.NotContains(t, f.Refusal.Message, "wrapped")
	}
}
