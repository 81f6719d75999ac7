package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

func TestAWalletBookingIsConfirmedByOneUpdate(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	hold := run.expectHold()
	pay := run.pay(time.Minute, booking.MethodWallet)

	outcome := run.playToEnd()

	require.NoError(t, hold.err)
	require.False(t, hold.result.ExpiresAt.IsZero())
	require.NoError(t, pay.err)
	require.Equal(t, booking.StatusConfirmed, pay.result.BookingStatus)
	require.Equal(t, testQuote.Due(), pay.result.Wallet)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "confirm"}, run.steps)
}

func TestACardBookingIsConfirmedByItsWebhook(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	pay := run.pay(time.Minute, booking.MethodCard)
	run.event(2*time.Minute, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventSucceeded, IntentID: "pi_1", Received: testQuote.Due()})

	outcome := run.playToEnd()

	require.NoError(t, pay.err)
	require.Equal(t, "secret of pi_1", pay.result.ClientSecret)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "open pi_1", "confirm"}, run.steps)
}

func TestAnUnpaidHoldExpiresAtItsDeadline(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusExpired, outcome.Status)
	require.Equal(t, []string{"lock", "release EXPIRED"}, run.steps)
	require.Equal(t, testHold, run.env.Now().Sub(run.start), "neither earlier nor later")
}

func TestTakenSeatsAreRefusedByName(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.lockError = refusalError(booking.SeatsTaken("sh_1", []string{"A11"}))
	hold := run.expectHold()

	outcome := run.playToEnd()

	refusal := refusalOf(t, hold.err, booking.CodeSeatLockFailed)
	require.Equal(t, []string{"A11"}, refusal.Details["unavailableSeatIds"])
	require.Equal(t, "hash", refusal.Details["requestHash"], "a repeat of the key with another body is told apart by it")
	require.Equal(t, booking.CodeSeatLockFailed, outcome.Refusal.Code)
	require.Equal(t, []string{"lock"}, run.steps)
}

func TestAHoldThatCannotBeWrittenIsTakenBack(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.lockError = errors.New("database is away")
	hold := run.expectHold()

	outcome := run.playToEnd()

	requireRefusal(t, hold.err, booking.CodeConflict)
	require.Equal(t, booking.StatusFailed, outcome.Status)
	require.Equal(t, "release FAILED", run.steps[len(run.steps)-1])
}

// Its customer has left. What a worker that died may have written is undone.
func TestARequestThatHasWaitedTooLongHoldsNothing(t *testing.T) {
	t.Parallel()
	for long, steps := range map[time.Duration][]string{
		booking.MaxRequestAge: {"lock", "release CANCELLED"}, booking.MaxRequestAge + time.Second: {"release FAILED"},
	} {
		run := newRunIn(t, newEnvironment(waited(long)))
		hold := run.expectHold()
		run.cancel(time.Minute)

		run.playToEnd()

		require.Equal(t, steps, run.steps)
		require.Equal(t, long > booking.MaxRequestAge, hold.err != nil)
	}
}

func TestADefectInPricingTakesTheHoldBackAndFailsTheWorkflow(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.lockError = temporal.NewNonRetryableApplicationError("no prices", "IntegrityViolation", nil)
	hold := run.expectHold()

	require.Error(t, run.toFailure())

	require.Error(t, hold.err)
	require.Equal(t, []string{"lock", "release FAILED"}, run.steps)
}

// Its booking is in the middle of its first task when the worker is replaced by a newer one.
func TestSeatsThatAnOlderWorkerLockedArePricedByAStepOfTheirOwn(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.older = true
	pay := run.pay(time.Minute, booking.MethodWallet)

	outcome := run.playToEnd()

	require.NoError(t, pay.err)
	require.Equal(t, testQuote.Due(), pay.result.Wallet)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "price", "confirm"}, run.steps)

	failing := newRun(t)
	failing.older, failing.priceError = true, temporal.NewNonRetryableApplicationError("no prices", "IntegrityViolation", nil)
	require.Error(t, failing.toFailure())
	require.Equal(t, []string{"lock", "price", "release FAILED"}, failing.steps)
}

func TestADeclinedCardLeavesTheBookingPayable(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.event(2*time.Minute, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventDeclined, IntentID: "pi_1", DeclineCode: "card_declined"})
	again := run.pay(3*time.Minute, booking.MethodCard)
	run.event(4*time.Minute, booking.PaymentEvent{EventID: "evt_2", Kind: booking.PaymentEventSucceeded, IntentID: "pi_2", Received: testQuote.Due()})

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, 2, again.result.Attempt)
	require.Equal(t, []string{"lock", "open pi_1", "note DECLINED", "close pi_1", "note CANCELLED", "open pi_2", "confirm"}, run.steps)
}

func TestAnEarlierAttemptThatWasPaidAfterAllConfirmsInsteadOfChargingTwice(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.paid["pi_1"] = testQuote.Due()
	second := run.pay(2*time.Minute, booking.MethodWallet)

	outcome := run.playToEnd()

	requireRefusal(t, second.err, booking.CodeInvalidState)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "open pi_1", "close pi_1", "confirm"}, run.steps)
}

func TestAnotherPaymentWaitsWhileTheFirstIsProcessing(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.processing["pi_1"] = true
	second := run.pay(2*time.Minute, booking.MethodCard)
	run.event(4*time.Minute, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventSucceeded, IntentID: "pi_1", Received: testQuote.Due()})

	outcome := run.playToEnd()

	requireRefusal(t, second.err, booking.CodePaymentPending)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
}

func TestAnEmptyWalletLeavesTheBookingPayable(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.confirmErrors = []error{refusalError(booking.Refuse(booking.CodeInsufficientFunds, "not enough")), nil}
	first := run.pay(time.Minute, booking.MethodWallet)
	second := run.pay(2*time.Minute, booking.MethodWallet)

	outcome := run.playToEnd()

	requireRefusal(t, first.err, booking.CodeInsufficientFunds)
	require.NoError(t, second.err)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "confirm", "confirm"}, run.steps)
}

func TestAProviderThatDoesNotAnswerChargesNothing(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.openError = errors.New("provider is away")
	run.expectHold()
	pay := run.pay(time.Minute, booking.MethodCard)

	outcome := run.playToEnd()

	requireRefusal(t, pay.err, booking.CodeUnavailable)
	require.Equal(t, booking.StatusExpired, outcome.Status)
}

func TestAPaymentOnTimeThatCannotBeConfirmedGoesBack(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.confirmErrors = []error{refusalError(booking.Refuse(booking.CodeConflict, "The show is no longer on sale."))}
	run.pay(time.Minute, booking.MethodCard)
	run.event(2*time.Minute, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventSucceeded, IntentID: "pi_1", Received: testQuote.Due()})

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusFailed, outcome.Status)
	require.Equal(t, testQuote.Due(), outcome.Refund.Amount)
	require.Equal(t, []string{"lock", "open pi_1", "confirm", "release FAILED", "refund pi_1"}, run.steps)
}

func TestADefectInConfirmingGivesTheMoneyBackAndFailsTheWorkflow(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.confirmErrors = []error{temporal.NewNonRetryableApplicationError("does not sum to zero", "IntegrityViolation", nil)}
	run.pay(time.Minute, booking.MethodCard)
	run.event(2*time.Minute, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventSucceeded, IntentID: "pi_1", Received: testQuote.Due()})

	require.Error(t, run.toFailure())

	require.Equal(t, []string{"lock", "open pi_1", "confirm", "release FAILED", "refund pi_1"}, run.steps)
}

// From the deadline on it is retried for ever.
func TestAConfirmationOutlivesADatabaseThatIsAwayForLong(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	for range 40 {
		run.confirmErrors = append(run.confirmErrors, errors.New("database is away"))
	}
	run.pay(time.Minute, booking.MethodCard)
	run.paid["pi_1"] = testQuote.Due()
	run.event(2*time.Minute, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventSucceeded, IntentID: "pi_1", Received: testQuote.Due()})

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Greater(t, run.env.Now().Sub(run.start), testHold)
}
