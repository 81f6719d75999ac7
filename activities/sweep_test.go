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

// A cancellation that was cut off after its step had been taken, and before its refunds had a workflow, has nobody to send them.
func TestRefundsThatWereNeverSentAreAbandonedSoon(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	paid := h.card("bk_1", h.hold("bk_1", "us_ben", "A1"))
	h.exec(`INSERT INTO refunds (id, booking_id, payment_id, intent_id, tender, amount, currency, reason, status, correlation_id)
	        VALUES ('rf_1', 'bk_1', '` + paid.ID + `', '` + paid.IntentID + `', 'CARD', 5, 'INR', 'test', 'INITIATED', 'test')`)
	abandoned := func() []string {
		found, err := h.steps.FindAbandoned(t.Context())
		require.NoError(t, err)
		return found.Refunds
	}
	require.Empty(t, abandoned(), "its workflow may be about to begin")

	h.exec(`UPDATE refunds SET updated_at = now() - interval '2 minutes'`)
	require.Equal(t, []string{"rf_1"}, abandoned())

	h.exec(`UPDATE refunds SET provider_refund_id = 're_1'`)
	require.Empty(t, abandoned(), "the provider has it, and its workflow asks about it after growing waits")

	h.exec(`UPDATE refunds SET provider_refund_id = NULL, status = 'FAILED', failure_code = 'balance_insufficient'`)
	require.Empty(t, abandoned(), "it was sent, and its workflow tries again after growing waits")
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

// Steps that were thought dead may write an attempt or a top-up after its workflow has gone.
func TestASweepEndsWhatNobodyCanPay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.hold("bk_1", "us_asha", "A1", "A2")
	require.Equal(t, booking.StatusExpired, h.release("bk_1", booking.StatusExpired))
	h.exec(attemptOf("bk_1", 1))
	h.hold("bk_2", "us_asha", "A3", "A4")
	h.exec(attemptOf("bk_2", 1))
	h.exec(`INSERT INTO top_ups (id, user_id, currency, amount, status, request_hash, correlation_id, expires_at)
	        VALUES ('tu_1', 'us_asha', 'INR', 500, 'INITIATED', 'hash', 'test', now() + interval '1 minute')`)
	sweep := func() {
		found, err := h.steps.FindAbandoned(t.Context())
		require.NoError(t, err)
		require.Empty(t, found.Intents)
	}
	sweep()
	h.requireWallet("us_asha", 60000, 40000)
	require.Equal(t, "INITIATED", h.text(`SELECT status FROM top_ups`))

	h.exec(`UPDATE payments SET updated_at = now() - interval '1 day'; UPDATE top_ups SET expires_at = now() - interval '1 day'`)
	sweep()
	h.requireWallet("us_asha", 80000, 20000)
	require.Equal(t, "CANCELLED", h.text(`SELECT status FROM payments WHERE booking_id = 'bk_1'`))
	require.Equal(t, "INITIATED", h.text(`SELECT status FROM payments WHERE booking_id = 'bk_2'`), "its booking can still be paid")
	require.Equal(t, "EXPIRED", h.text(`SELECT status FROM top_ups`))
}
