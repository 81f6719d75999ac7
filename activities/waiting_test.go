package activities_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// whileLocked makes a step wait for the lock of a booking, while the holder of the lock writes something.
func (f *fixture) whileLocked(bookingID, write string, step func() error) error {
	f.t.Helper()
	return f.whileRowLocked("bookings", bookingID, write, step)
}

// whileRowLocked is whileLocked for a row of any table.
func (f *fixture) whileRowLocked(table, id, write string, step func() error) error {
	f.t.Helper()
	tx, err := f.owner.Begin(f.t.Context())
	require.NoError(f.t, err)
	defer func() { _ = tx.Rollback(context.WithoutCancel(f.t.Context())) }()
	_, err = tx.Exec(f.t.Context(), `SELECT FROM `+table+` WHERE id = $1 FOR UPDATE`, id)
	require.NoError(f.t, err)
	done := make(chan error, 1)
	go func() { done <- step() }()
	require.Eventually(f.t, func() bool {
		return f.count(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) > 0
	}, 2*time.Minute, 5*time.Millisecond, "the step waits")
	_, err = tx.Exec(f.t.Context(), write)
	require.NoError(f.t, err)
	require.NoError(f.t, tx.Commit(f.t.Context()))
	return <-done
}

// A step that was thought dead reserves money while the booking is being ended.
func TestTheEndOfABookingSeesWhatWasWrittenWhileItWaited(t *testing.T) {
	t.Parallel()
	for _, undecided := range []bool{false, true} {
		f := newFixture(t)
		f.hold("bk_1", "us_asha", "A1", "A2")

		err := f.whileLocked("bk_1", attemptOf("bk_1", 1), func() error {
			_, err := f.steps.ReleaseSeats(t.Context(), booking.Release{
				BookingID: "bk_1", To: booking.StatusExpired, Actor: booking.ActorTimer, Reason: "test", CorrelationID: "test", Undecided: undecided,
			})
			return err
		})

		require.NoError(t, err)
		require.Equal(t, booking.StatusExpired, f.status("bk_1"))
		require.Equal(t, "CANCELLED", f.text(`SELECT status FROM payments`))
		f.requireWallet("us_asha", 100000, 0)
	}
}

func TestAnAttemptEndsThoseThatWereWrittenWhileItWaited(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1", "A2")
	second := booking.Payment{
		ID: "pay_2", BookingID: "bk_1", Attempt: 2, Method: booking.MethodCard, Card: quote.Due(), Wallet: booking.Money{Currency: "INR"}, RequestHash: "hash",
	}

	err := f.whileLocked("bk_1", attemptOf("bk_1", 1), func() error { return f.openIntent(second) })

	require.NoError(t, err)
	require.Equal(t, "CANCELLED", f.text(`SELECT status FROM payments WHERE attempt = 1`))
	f.requireWallet("us_asha", 100000, 0)
}

func TestAnAttemptIsNotWrittenAfterALaterOneThatCameWhileItWaited(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1", "A2")
	first := booking.Payment{
		ID: "pay_1", BookingID: "bk_1", Attempt: 1, Method: booking.MethodCard, Card: quote.Due(), Wallet: booking.Money{Currency: "INR"}, RequestHash: "hash",
	}

	err := f.whileLocked("bk_1", attemptOf("bk_1", 2), func() error { return f.openIntent(first) })

	requireRefusal(t, err, booking.CodePaymentFailed)
	require.Equal(t, 1, f.count(`SELECT count(*) FROM payments`))
	require.Equal(t, "INITIATED", f.text(`SELECT status FROM payments WHERE attempt = 2`))
}

func TestAHoldThatEndsWhileItsLockIsRepeatedGetsNoSeatsBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.hold("bk_1", "us_asha", "A1")
	const end = `UPDATE bookings SET status = 'EXPIRED' WHERE id = 'bk_1'; DELETE FROM claims WHERE booking_id = 'bk_1'`
	var lock booking.Lock

	err := f.whileLocked("bk_1", end, func() (err error) {
		lock, err = f.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1"))
		return err
	})

	require.NoError(t, err)
	require.Equal(t, booking.StatusExpired, lock.Found.Status)
	require.Equal(t, 0, f.count(`SELECT count(*) FROM claims`))
}

func TestLateMoneyOfWhichAPartIsGivenBackWhileItWaitsBuysNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	f.release("bk_1", booking.StatusExpired)
	const givenBack = `INSERT INTO outside_refunds (id, intent_id, booking_id, payment_id, amount, currency, status, made_at)
		SELECT 're_1', intent_id, booking_id, id, 10000, 'INR', 'STANDING', now() FROM payments`
	var decision booking.SettlementDecision

	err := f.whileLocked("bk_1", givenBack, func() (err error) {
		decision, err = f.steps.SettleMoney(t.Context(), lateMoney(payment))
		return err
	})

	require.NoError(t, err)
	require.Equal(t, booking.SettledRefunded, decision.Result)
	require.Equal(t, booking.StatusExpired, f.status("bk_1"))
	f.requireSeats("bk_1", "SOLD", 0)
}

func (f *fixture) openIntent(payment booking.Payment) error {
	_, err := f.steps.OpenIntent(f.t.Context(), booking.IntentOrder{Payment: payment, CorrelationID: "test"})
	return err
}

// attemptOf writes an attempt by wallet and card whose intent is not known.
func attemptOf(bookingID string, attempt int) string {
	payment := hybrid(bookingID, attempt)
	return `INSERT INTO payments (id, booking_id, attempt, method, currency, wallet_amount, card_amount, status, request_hash, correlation_id)
	        VALUES ('` + payment.ID + `', '` + bookingID + `', ` + strconv.Itoa(attempt) + `, 'WALLET_AND_CARD', 'INR', 20000, 24840, 'INITIATED', 'hash', 'test')`
}
