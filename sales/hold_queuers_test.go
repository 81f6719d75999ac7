package sales

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/coalesce"
)

func TestACustomerWaitsForFewBookingsAtATime(t *testing.T) {
	t.Parallel()
	q := newQueuers()
	for n := range maxQueuedBookings {
		require.NoError(t, q.join("us_1", fmt.Sprint(n)))
	}
	var refusal *booking.Refusal
	require.ErrorAs(t, q.join("us_1", "one more"), &refusal)
	require.Equal(t, booking.CodeRateLimited, refusal.Code)
	require.NoError(t, q.join("us_1", "0"), "a repeat is no other booking")
	require.NoError(t, q.join("us_2", "one more"), "and others are not concerned")
	q.leave("us_1", "0")
	require.Error(t, q.join("us_1", "one more"), "the first request still waits")
	q.leave("us_1", "0")
	require.NoError(t, q.join("us_1", "one more"))
}

func TestTheQueueIsBounded(t *testing.T) {
	t.Parallel()
	q := newQueuers()
	for n := range maxQueuers {
		require.NoError(t, q.join(fmt.Sprint(n), "bk"))
	}
	require.ErrorIs(t, q.join("us_1", "bk"), coalesce.ErrCrowded)
	for n := range maxQueuers {
		q.leave(fmt.Sprint(n), "bk")
	}
	require.Empty(t, q.of)
	require.NoError(t, q.join("us_1", "bk"))
}
