package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func TestAbandonedIsWhatShouldHaveEndedLongAgo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	inTime := f.card("bk_in_time", f.hold("bk_in_time", "us_ben", "A1"))
	overdue := f.card("bk_overdue", f.hold("bk_overdue", "us_ben", "A2"))
	f.hold("bk_overdue_unpaid", "us_ben", "A3")
	undecided := f.card("bk_undecided", f.hold("bk_undecided", "us_ben", "A4"))
	refunded := f.card("bk_refunded", f.hold("bk_refunded", "us_ben", "A5"))
	for _, id := range []string{"bk_overdue", "bk_overdue_unpaid"} {
		f.letHoldLapse(id)
	}
	_, err := f.steps.ReleaseSeats(t.Context(), booking.Release{
		BookingID: "bk_undecided", To: booking.StatusExpired, Actor: booking.ActorTimer, Reason: "test", CorrelationID: "test", Undecided: true,
	})
	require.NoError(t, err)
	f.exec(`INSERT INTO refunds (id, booking_id, payment_id, intent_id, tender, amount, currency, reason, status, correlation_id)
	        VALUES ('rf_1', 'bk_refunded', '` + refunded.ID + `', '` + refunded.IntentID + `', 'CARD', 5, 'INR', 'test', 'INITIATED', 'test')`)

	f.exec(`INSERT INTO top_ups (id, user_id, currency, amount, status, intent_id, request_hash, correlation_id, expires_at)
	        VALUES ('tu_1', 'us_asha', 'INR', 500, 'INITIATED', 'pi_of_top_up', 'hash', 'test', now() + interval '1 minute')`)

	found, err := f.steps.FindAbandoned(t.Context())
	require.NoError(t, err)
	require.ElementsMatch(t, []booking.AbandonedBooking{
		{BookingID: "bk_overdue", Intents: []string{overdue.IntentID}}, {BookingID: "bk_overdue_unpaid", Intents: []string{}},
	}, found.Bookings)
	require.Empty(t, found.Intents, "its settlement has just begun")
	require.Empty(t, found.Refunds)

	f.exec(`UPDATE payments SET updated_at = now() - interval '1 day'; UPDATE top_ups SET expires_at = now() - interval '1 hour'; UPDATE refunds SET updated_at = now() - interval '1 day'`)
	found, err = f.steps.FindAbandoned(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{undecided.IntentID, "pi_of_top_up"}, found.Intents)
	require.Equal(t, []string{"rf_1"}, found.Refunds)
	require.NotContains(t, found.Intents, inTime.IntentID)
}

// Nobody sends the refunds of a cancellation that was cut off after its step had run and before its refunds had a workflow.
func TestRefundsThatWereNeverSentAreAbandonedSoon(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	paid := f.card("bk_1", f.hold("bk_1", "us_ben", "A1"))
	f.exec(`INSERT INTO refunds (id, booking_id, payment_id, intent_id, tender, amount, currency, reason, status, correlation_id)
	        VALUES ('rf_1', 'bk_1', '` + paid.ID + `', '` + paid.IntentID + `', 'CARD', 5, 'INR', 'test', 'INITIATED', 'test')`)
	abandoned := func() []string {
		found, err := f.steps.FindAbandoned(t.Context())
		require.NoError(t, err)
		return found.Refunds
	}
	require.Empty(t, abandoned(), "its workflow may be about to begin")

	f.exec(`UPDATE refunds SET updated_at = now() - interval '2 minutes'`)
	require.Equal(t, []string{"rf_1"}, abandoned())

	f.exec(`UPDATE refunds SET provider_refund_id = 're_1'`)
	require.Empty(t, abandoned(), "the provider has it, and its workflow asks about it after growing waits")

	f.exec(`UPDATE refunds SET provider_refund_id = NULL, status = 'FAILED', failure_code = 'balance_insufficient'`)
	require.Empty(t, abandoned(), "it was sent, and its workflow tries again after growing waits")
}

// An attempt that was cut off before its intent was known cannot be paid, and no settlement follows it.
func TestAnUndecidedEndClosesAttemptsThatHaveNoIntent(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.hold("bk_1", "us_asha", "A1", "A2")
	_, err := f.reserve(hybrid("bk_1", 1), 20000)
	require.NoError(t, err)

	_, err = f.steps.ReleaseSeats(t.Context(), booking.Release{
		BookingID: "bk_1", To: booking.StatusExpired, Actor: booking.ActorSystem, Reason: "test", CorrelationID: "test", Undecided: true,
	})

	require.NoError(t, err)
	require.Equal(t, "CANCELLED", f.text(`SELECT status FROM payments`))
	f.requireWallet("us_asha", 100000, 0)
}

// Steps that were thought dead may write an attempt or a top-up after its workflow has ended.
func TestASweepEndsWhatNobodyCanPay(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.hold("bk_1", "us_asha", "A1", "A2")
	require.Equal(t, booking.StatusExpired, f.release("bk_1", booking.StatusExpired))
	f.exec(attemptOf("bk_1", 1))
	f.hold("bk_2", "us_asha", "A3", "A4")
	f.exec(attemptOf("bk_2", 1))
	f.exec(`INSERT INTO top_ups (id, user_id, currency, amount, status, request_hash, correlation_id, expires_at)
	        VALUES ('tu_1', 'us_asha', 'INR', 500, 'INITIATED', 'hash', 'test', now() + interval '1 minute')`)
	sweep := func() {
		found, err := f.steps.FindAbandoned(t.Context())
		require.NoError(t, err)
		require.Empty(t, found.Intents)
	}
	sweep()
	f.requireWallet("us_asha", 60000, 40000)
	require.Equal(t, "INITIATED", f.text(`SELECT status FROM top_ups`))

	f.exec(`UPDATE payments SET updated_at = now() - interval '1 day'; UPDATE top_ups SET expires_at = now() - interval '1 day'`)
	sweep()
	f.requireWallet("us_asha", 80000, 20000)
	require.Equal(t, "CANCELLED", f.text(`SELECT status FROM payments WHERE booking_id = 'bk_1'`))
	require.Equal(t, "INITIATED", f.text(`SELECT status FROM payments WHERE booking_id = 'bk_2'`), "its booking can still be paid")
	require.Equal(t, "EXPIRED", f.text(`SELECT status FROM top_ups`))
}
