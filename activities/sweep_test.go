package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func TestAbandonedIsWhatShouldHaveEndedLongAgo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	inTime := h.card("bk_in_time", h.hold("bk_in_time", "us_ben", "A1"))
	overdue := h.card("bk_overdue", h.hold("bk_overdue", "us_ben", "A2"))
	h.hold("bk_overdue_unpaid", "us_ben", "A3")
	undecided := h.card("bk_undecided", h.hold("bk_undecided", "us_ben", "A4"))
	refunded := h.card("bk_refunded", h.hold("bk_refunded", "us_ben", "A5"))
	for _, id := range []string{"bk_overdue", "bk_overdue_unpaid"} {
		h.letHoldLapse(id)
	}
	_, err := h.steps.ReleaseSeats(t.Context(), booking.Release{
		BookingID: "bk_undecided", To: booking.StatusExpired, Actor: booking.ActorTimer, Reason: "test", CorrelationID: "test", Undecided: true,
	})
	require.NoError(t, err)
	h.exec(`INSERT INTO refunds (id, booking_id, payment_id, intent_id, tender, amount, currency, reason, status, correlation_id)
	        VALUES ('rf_1', 'bk_refunded', '` + refunded.ID + `', '` + refunded.IntentID + `', 'CARD', 5, 'INR', 'test', 'INITIATED', 'test')`)

	h.exec(`INSERT INTO top_ups (id, user_id, currency, amount, status, intent_id, request_hash, correlation_id, expires_at)
	        VALUES ('tu_1', 'us_asha', 'INR', 500, 'INITIATED', 'pi_of_top_up', 'hash', 'test', now() + interval '1 minute')`)

	found, err := h.steps.FindAbandoned(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, []booking.AbandonedBooking{
		{BookingID: "bk_overdue", Intents: []string{overdue.IntentID}}, {BookingID: "bk_overdue_unpaid", Intents: []string{}},
	}, found.Bookings)
	require.Empty(t, found.Intents, "its settlement has just begun")
	require.Empty(t, found.Refunds)

	h.exec(`UPDATE payments SET updated_at = now() - interval '1 day'; UPDATE top_ups SET expires_at = now() - interval '1 hour'; UPDATE refunds SET updated_at = now() - interval '1 day'`)
	found, err = h.steps.FindAbandoned(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{undecided.IntentID, "pi_of_top_up"}, found.Intents)
	require.Equal(t, []string{"rf_1"}, found.Refunds)
	require.NotContains(t, found.Intents, inTime.IntentID)
}

// An attempt that was cut off before its intent was known cannot be paid by anybody, and nothing follows it.
func TestAnUndecidedEndClosesAttemptsThatHaveNoIntent(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hold("bk_1", "us_asha", "A1", "A2")
	_, err := h.reserve(hybrid("bk_1", 1), 20000)
	require.NoError(t, err)

	_, err = h.steps.ReleaseSeats(t.Context(), booking.Release{
		BookingID: "bk_1", To: booking.StatusExpired, Actor: booking.ActorSystem, Reason: "test", CorrelationID: "test", Undecided: true,
	})

	require.NoError(t, err)
	require.Equal(t, "CANCELLED", h.text(`SELECT status FROM payments`))
	h.requireWallet("us_asha", 100000, 0)
}
