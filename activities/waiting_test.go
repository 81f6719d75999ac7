package activities_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// whileLocked has a step wait for the lock of a booking, and meanwhile lets somebody who has the lock write something.
func (h *house) whileLocked(bookingID, write string, step func() error) error {
	h.t.Helper()
	return h.whileRowLocked("bookings", bookingID, write, step)
}

// whileRowLocked is whileLocked for a row of any table.
func (h *house) whileRowLocked(table, id, write string, step func() error) error {
	h.t.Helper()
	tx, err := h.owner.Begin(h.t.Context())
	require.NoError(h.t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(h.t.Context())) }()
	_, err = tx.Exec(h.t.Context(), `SELECT FROM `+table+` WHERE id = $1 FOR UPDATE`, id)
	require.NoError(h.t, err)
	done := make(chan error, 1)
	go func() { done <- step() }()
	require.Eventually(h.t, func() bool {
		return h.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
	}, 2*time.Minute, 5*time.Millisecond, "the step waits")
	_, err = tx.Exec(h.t.Context(), write)
	require.NoError(h.t, err)
	require.NoError(h.t, tx.Commit(h.t.Context()))
	return <-done
}

// A step that was thought dead sets money aside while the booking is being ended.
func TestTheEndOfABookingSeesWhatWasWrittenWhileItWaited(t *testing.T) {
	t.Parallel()
	for _, undecided := range []bool{false, true} {
		h := newHouse(t)
		h.hold("bk_1", "us_asha", "A1", "A2")

		err := h.whileLocked("bk_1", attemptOf("bk_1", 1), func() error {
			_, err := h.steps.ReleaseSeats(t.Context(), booking.Release{
				BookingID: "bk_1", To: booking.StatusExpired, Actor: booking.ActorTimer, Reason: "test", CorrelationID: "test", Undecided: undecided,
			})
			return err
		})

		require.NoError(t, err)
		require.Equal(t, booking.StatusExpired, h.status("bk_1"))
		require.Equal(t, "CANCELLED", h.text(`SELECT status FROM payments`))
		h.requireWallet("us_asha", 100000, 0)
	}
}

func TestAnAttemptEndsThoseThatWereWrittenWhileItWaited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	quote := h.hold("bk_1", "us_asha", "A1", "A2")
	second := booking.Payment{
		ID: "pay_2", BookingID: "bk_1", Attempt: 2, Method: booking.MethodCard, Card: quote.Due(), Wallet: booking.Money{Currency: "INR"}, RequestHash: "hash",
	}

	err := h.whileLocked("bk_1", attemptOf("bk_1", 1), func() error { return h.openIntent(second) })

	require.NoError(t, err)
	require.Equal(t, "CANCELLED", h.text(`SELECT status FROM payments WHERE attempt = 1`))
	h.requireWallet("us_asha", 100000, 0)
}

func TestAnAttemptIsNotWrittenAfterALaterOneThatCameWhileItWaited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	quote := h.hold("bk_1", "us_asha", "A1", "A2")
	first := booking.Payment{
		ID: "pay_1", BookingID: "bk_1", Attempt: 1, Method: booking.MethodCard, Card: quote.Due(), Wallet: booking.Money{Currency: "INR"}, RequestHash: "hash",
	}

	err := h.whileLocked("bk_1", attemptOf("bk_1", 2), func() error { return h.openIntent(first) })

	requireRefusal(t, err, booking.CodePaymentFailed)
	require.Equal(t, 1, h.count(`SELECT count(*) FROM payments`))
	require.Equal(t, "INITIATED", h.text(`SELECT status FROM payments WHERE attempt = 2`))
}

func (h *house) openIntent(payment booking.Payment) error {
	_, err := h.steps.OpenIntent(h.t.Context(), booking.IntentOrder{Payment: payment, CorrelationID: "test"})
	return err
}

// attemptOf writes an attempt by wallet and card whose intent is not known.
func attemptOf(bookingID string, attempt int) string {
	payment := hybrid(bookingID, attempt)
	return `INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, request_hash, correlation_id)
	        VALUES ('` + payment.ID + `', '` + bookingID + `', ` + strconv.Itoa(attempt) + `, 'WALLET_AND_CARD', 'INR', 20000, 24840, 'INITIATED', 'hash', 'test')`
}
