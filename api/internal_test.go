package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/engine"
)

func TestEveryCodeHasItsStatus(t *testing.T) {
	t.Parallel()
	for code, status := range map[booking.Code]int{
		booking.CodeValidation: 422, booking.CodeUnauthorized: 401, booking.CodeForbidden: 403, booking.CodeNotFound: 404,
		booking.CodeSeatLockFailed: 409, booking.CodeBookingExpired: 410, booking.CodePaymentPending: 409, booking.CodePaymentFailed: 402,
		booking.CodeInsufficientFunds: 402, booking.CodeIdempotencyKeyReused: 422, booking.CodeInvalidState: 409, booking.CodeConflict: 409,
		booking.CodeRateLimited: 429, booking.CodeUnavailable: 503, booking.CodeInternal: 500,
	} {
		f := toFailure(fmt.Errorf("wrapped: %w", booking.Refuse(code, "no")))
		require.Equal(t, status, f.status, code)
		require.Equal(t, code, f.refusal.Code)
		require.Equal(t, status == 503 || status == 429, f.retryAfter > 0, code)
		require.Equal(t, status == 401, f.challenge != "", code)
	}
	require.Len(t, statuses, 15)
	require.Equal(t, http.StatusInternalServerError, toFailure(booking.Refuse("NEW_CODE", "no")).status)
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
		f := toFailure(fmt.Errorf("wrapped: %w", err))
		require.Equal(t, status, f.status, "%T %v", err, err)
		require.NotContains(t, f.refusal.Message, "wrapped")
	}
}

func TestTicketsCannotBeForged(t *testing.T) {
	t.Parallel()
	key := []byte(strings.Repeat("k", 32))
	code, err := ticketSigner{key: key}.sign("bk_1", "sh_1", []string{"A1", "A2"})
	require.NoError(t, err)
	said, err := VerifyTicket(key, code)
	require.NoError(t, err)
	require.Equal(t, TicketPayload{TicketID: booking.TicketID("bk_1"), BookingID: "bk_1", ShowID: "sh_1", Seats: []string{"A1", "A2"}}, said)

	other, err := ticketSigner{key: key}.sign("bk_2", "sh_1", []string{"A3"})
	require.NoError(t, err)
	mixed := code[:strings.LastIndexByte(code, '.')] + other[strings.LastIndexByte(other, '.'):]
	for _, forged := range []string{"", ".", "BOX1", "BOX1.", "BOX1..", "BOX2" + code[4:], code + "A", code[:len(code)-2], mixed, strings.ToUpper(code)} {
		_, err := VerifyTicket(key, forged)
		require.ErrorIs(t, err, ErrTicketForged, forged)
	}
	_, err = VerifyTicket([]byte(strings.Repeat("x", 32)), code)
	require.ErrorIs(t, err, ErrTicketForged)
}

func TestCacheForgetsWhatIsNotUsed(t *testing.T) {
	t.Parallel()
	c := newCache[string, int](2)
	add := func(key string, value int) int { return c.getOrAdd(key, func() int { return value }) }
	require.Equal(t, 1, add("a", 1))
	require.Equal(t, 2, add("b", 2))
	require.Equal(t, 1, add("a", 9), "it is there already")
	for n := range 100 {
		require.Equal(t, n, add(fmt.Sprint(n), n))
		_, ok := c.get("a")
		require.True(t, ok, "it is in use")
		require.LessOrEqual(t, len(c.young)+len(c.old), 4)
	}
	_, ok := c.get("b")
	require.False(t, ok)
}

func TestBucketsFillAgain(t *testing.T) {
	t.Parallel()
	limiter, now := newRateLimiter(0.5, 2), time.Unix(1_790_000_000, 0)
	require.NoError(t, limiter.take("a", now))
	require.NoError(t, limiter.take("a", now))
	for range 3 { // refused attempts cost nothing
		var f *failure
		require.ErrorAs(t, limiter.take("a", now), &f)
		require.Equal(t, 2, f.retryAfter)
	}
	require.NoError(t, limiter.take("b", now))
	require.NoError(t, limiter.take("a", now.Add(2*time.Second)))
}

func TestAddressesOfOneHouseholdCountTogether(t *testing.T) {
	t.Parallel()
	require.Equal(t, network("2001:db8:1:2::7"), network("2001:db8:1:2:ffff::9"))
	require.NotEqual(t, network("2001:db8:1:2::7"), network("2001:db8:1:3::7"))
	require.Equal(t, "203.0.113.7", network("::ffff:203.0.113.7"))
	require.NotEqual(t, network("203.0.113.7"), network("203.0.113.8"))
	require.Equal(t, "unknown", network("?"))
}
