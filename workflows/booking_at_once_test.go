package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

func fromTheWallet() *booking.PayAtOnce {
	return &booking.PayAtOnce{PayRequest: booking.PayRequest{PaymentID: "pay_1", Method: booking.MethodWallet, RequestHash: "hash of the payment"}}
}

func walletIsShort() error {
	return refusalError(booking.Refuse(booking.CodeInsufficientFunds, "The wallet does not hold enough."))
}

func TestABookingPaidAtOnceIsAnsweredWhenItIsConfirmed(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.withPay = fromTheWallet()
	hold := run.expectHold()

	outcome := run.playToEnd()

	require.NoError(t, hold.err)
	require.Nil(t, hold.result.PayRefusal)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "confirm"}, run.steps)
	require.Equal(t, run.start, run.env.Now(), "nothing was waited for")
}

func TestSeatsGoBackWhenTheWalletIsTooShortToPayAtOnce(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.withPay = fromTheWallet()
	run.confirmErrors = []error{walletIsShort()}
	hold := run.expectHold()

	outcome := run.playToEnd()

	refusal := refusalOf(t, hold.err, booking.CodeInsufficientFunds)
	require.Equal(t, "hash", refusal.Details[booking.DetailRequestHash], "a repeat of the key with another body is told apart by it")
	require.Contains(t, refusal.Message, "free again")
	require.Equal(t, booking.StatusCancelled, outcome.Status, "it counts as a hold that was left unpaid")
	require.Equal(t, booking.CodeInsufficientFunds, outcome.Refusal.Code, "a repeat is answered by it when the update is forgotten")
	require.Equal(t, []string{"lock", "confirm", "release CANCELLED"}, run.steps)
}

func TestSeatsStayHeldForAnotherWayToPayIfTheRequestSaysSo(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.withPay = fromTheWallet()
	run.withPay.KeepSeats = true
	run.confirmErrors = []error{walletIsShort()}
	hold := run.expectHold()
	later := run.pay(time.Minute, booking.MethodWallet)

	outcome := run.playToEnd()

	require.NoError(t, hold.err)
	require.Equal(t, booking.CodeInsufficientFunds, hold.result.PayRefusal.Code)
	require.False(t, hold.result.ExpiresAt.IsZero())
	require.NoError(t, later.err)
	require.Equal(t, 2, later.result.Attempt)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "confirm", "confirm"}, run.steps)
}

func TestABookingThatCannotBeConfirmedAtOnceIsRefusedEvenIfItsSeatsWereToStay(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.withPay = fromTheWallet()
	run.withPay.KeepSeats = true
	run.confirmErrors = []error{refusalError(booking.Refuse(booking.CodeConflict, booking.ReasonNotOnSale))}
	hold := run.expectHold()

	outcome := run.playToEnd()

	requireRefusal(t, hold.err, booking.CodeConflict)
	require.Equal(t, booking.StatusFailed, outcome.Status)
	require.Equal(t, []string{"lock", "confirm", "release FAILED"}, run.steps)
}

func TestADefectInPayingAtOnceIsNoBooking(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.withPay = fromTheWallet()
	run.confirmErrors = []error{temporal.NewNonRetryableApplicationError("broken", booking.FailureDefect, errors.New("cause"))}
	hold := run.expectHold()

	require.Error(t, run.toFailure())

	requireRefusal(t, hold.err, booking.CodeInternal)
	require.Equal(t, []string{"lock", "confirm", "release FAILED"}, run.steps)
}

// The worker died after the sale was written, and before its task was: the next try of the task finds the booking confirmed.
func TestASaleAtOnceIsAnsweredEvenIfItsTaskIsTriedAgain(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.withPay = fromTheWallet()
	run.foundAtFirst = &booking.Standing{Status: booking.StatusConfirmed, Due: testQuote.Due(), Attempts: 1, Ended: []string{"pay_1"}}
	hold := run.expectHold()

	outcome := run.playToEnd()

	require.NoError(t, hold.err)
	require.Equal(t, "hash", hold.result.RequestHash)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock"}, run.steps)
}

// Its seats have gone back because the wallet was too short, and the worker died before it could say so.
func TestARefusalThatIsLostWithItsTaskSaysThatNothingWasBooked(t *testing.T) {
	t.Parallel()
	for _, status := range []booking.Status{booking.StatusCancelled, booking.StatusFailed} {
		run := newRun(t)
		run.withPay = fromTheWallet()
		run.foundAtFirst = &booking.Standing{Status: status, Due: testQuote.Due()}
		hold := run.expectHold()

		outcome := run.playToEnd()

		refusal := refusalOf(t, hold.err, booking.CodeConflict)
		require.Equal(t, true, refusal.Details[booking.DetailNewKey])
		require.Equal(t, booking.CodeConflict, outcome.Refusal.Code, "a repeat is told the same")
	}
}

// The next worker comes when the customer has left.
func TestALateTryOfTheTaskKeepsTheRefusalToo(t *testing.T) {
	t.Parallel()
	run := newRunIn(t, newEnvironment(waited(booking.MaxRequestAge+time.Second)))
	run.withPay = fromTheWallet()
	run.releasedAs = new(booking.StatusCancelled)
	hold := run.expectHold()

	outcome := run.playToEnd()

	requireRefusal(t, hold.err, booking.CodeConflict)
	require.Equal(t, booking.StatusCancelled, outcome.Status)
	require.Equal(t, booking.CodeConflict, outcome.Refusal.Code)
}

// The payment's key has been used by another request, for example: the wallet is not what refuses.
func TestARefusalForAnotherReasonIsPassedOn(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.withPay = fromTheWallet()
	run.foundAtFirst = &booking.Standing{Status: booking.StatusSeatsLocked, ExpiresAt: run.start.Add(testHold), Due: testQuote.Due(), Ended: []string{"pay_1"}}
	hold := run.expectHold()

	outcome := run.playToEnd()

	refusal := refusalOf(t, hold.err, booking.AttemptEnded().Code)
	require.Equal(t, booking.AttemptEnded().Message, refusal.Message)
	require.Equal(t, booking.StatusCancelled, outcome.Status)
	require.Equal(t, "not paid at once", outcome.Reason)
}

// The worker died after the seats were locked: the next try of the task pays.
func TestAnotherTryOfTheTaskPaysForTheSeatsThatItFinds(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.withPay = fromTheWallet()
	run.foundAtFirst = &booking.Standing{Status: booking.StatusSeatsLocked, ExpiresAt: run.start.Add(testHold), Due: testQuote.Due()}
	hold := run.expectHold()

	outcome := run.playToEnd()

	require.NoError(t, hold.err)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "confirm"}, run.steps)
}

// Whoever asked for it has been told that it failed, or has bought other seats.
func TestNothingIsPaidAtOnceAfterAReset(t *testing.T) {
	t.Parallel()
	run := newRunIn(t, newEnvironment(wasReset(), waited(booking.MaxRequestAge+time.Second)))
	run.withPay = fromTheWallet()
	held := booking.Standing{Status: booking.StatusSeatsLocked, ExpiresAt: run.start.Add(testHold), Due: testQuote.Due()}
	run.lookedUp = booking.Released{Status: held.Status, Found: &held}
	hold := run.expectHold()

	outcome := run.playToEnd()

	require.NoError(t, hold.err)
	require.Equal(t, booking.StatusExpired, outcome.Status)
	require.Equal(t, []string{"look", "release EXPIRED"}, run.steps)
}

// It locks the seats and waits for another request to pay them; a newer worker has to go on from that.
func TestABookingBegunByAnOlderWorkerIsNotPaidAtOnce(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.older, run.withPay = true, fromTheWallet()
	hold := run.expectHold()
	later := run.pay(time.Minute, booking.MethodWallet)

	outcome := run.playToEnd()

	require.NoError(t, hold.err)
	require.NoError(t, later.err)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "price", "confirm"}, run.steps)
}
