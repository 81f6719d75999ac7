package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func succeeded(eventID, intentID string) booking.PaymentEvent {
	return booking.PaymentEvent{EventID: eventID, Kind: booking.PaymentEventSucceeded, IntentID: intentID, Received: testQuote.Due()}
}

// The main loop is kept busy past the deadline, so that it finds the payment and the deadline ready at the same time.
func TestATieOfPaymentAndDeadlineIsDecidedForThePayer(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.processing["pi_1"] = true
	run.pay(testHold-5*time.Second, booking.MethodWallet)
	run.event(testHold+time.Second, succeeded("evt_1", "pi_1"))

	outcome := run.playToEnd()

	require.Greater(t, run.env.Now().Sub(run.start), testHold, "the deadline had passed when the loop was free again")
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Empty(t, run.settled)
}

func TestExpiryAsksTheProviderFirst(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.paid["pi_1"] = testQuote.Due()

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "open pi_1", "close pi_1", "confirm"}, run.steps)
}

func TestAnOpenIntentIsClosedBeforeTheSeatsGoBackOnSale(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusExpired, outcome.Status)
	require.Equal(t, []string{"lock", "open pi_1", "close pi_1", "release EXPIRED"}, run.steps)
}

func TestAChargeThatIsStillProcessingGetsABoundedGraceAndASettlement(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.processing["pi_1"] = true

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusExpired, outcome.Status)
	require.Equal(t, []string{"pi_1"}, run.settled)
	require.LessOrEqual(t, run.env.Now().Sub(run.start), testHold+booking.ProcessingGrace+time.Minute)
	require.True(t, run.undecided, "its attempt stays open for the settlement")
}

func TestAnEventThatComesWhileTheProviderDoesNotAnswerIsEnough(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.processing["pi_1"] = true // stands for any failure to close it
	run.event(testHold+20*time.Second, succeeded("evt_1", "pi_1"))

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	require.Empty(t, run.settled)
}

func TestAChargeThatIsDecidedWithinTheGraceConfirms(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.processing["pi_1"] = true
	run.at(testHold+time.Minute, func() {
		run.processing["pi_1"] = false
		run.paid["pi_1"] = testQuote.Due()
	})

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Empty(t, run.settled)
}

func TestOneEventDeliveredFiveTimesConfirmsOnce(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	for range 5 {
		run.event(2*time.Minute, succeeded("evt_1", "pi_1"))
	}

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "open pi_1", "confirm"}, run.steps)
	require.Empty(t, run.settled)
}

func TestALateDeclineDoesNotUndoASuccess(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.event(2*time.Minute, succeeded("evt_2", "pi_1"))
	run.event(2*time.Minute, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventDeclined, IntentID: "pi_1"})

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	require.NotContains(t, run.steps, "note DECLINED")
}

func TestAWrongAmountGoesToASettlementAndDoesNotPayTheBooking(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	wrong := succeeded("evt_1", "pi_1")
	wrong.Received.Amount--
	run.event(2*time.Minute, wrong)

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusExpired, outcome.Status)
	require.Equal(t, []string{"pi_1"}, run.settled)
	require.NotContains(t, run.steps, "confirm")
}

func TestMoneyOnAnIntentThatNobodyWaitsForGoesToASettlement(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.event(time.Minute, succeeded("evt_1", "pi_unknown"))
	run.event(time.Minute, succeeded("evt_2", "pi_unknown"))

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusExpired, outcome.Status)
	require.Equal(t, []string{"pi_unknown"}, run.settled)
}

func TestCancelGivesTheSeatsBack(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	cancel := run.cancel(time.Minute)

	outcome := run.playToEnd()

	require.NoError(t, cancel.err)
	require.Equal(t, booking.StatusCancelled, cancel.result.Status)
	require.Equal(t, booking.StatusCancelled, outcome.Status)
	require.Equal(t, []string{"lock", "release CANCELLED"}, run.steps)
}

func TestCancelWithAnOpenCardPaymentClosesItFirst(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.cancel(2 * time.Minute)

	require.Equal(t, booking.StatusCancelled, run.playToEnd().Status)
	require.Equal(t, []string{"lock", "open pi_1", "close pi_1", "release CANCELLED"}, run.steps)
	require.False(t, run.undecided)
}

func TestCancelAfterTheChargeGivesTheMoneyBack(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.paid["pi_1"] = testQuote.Due()
	cancel := run.cancel(2 * time.Minute)
	run.event(2*time.Minute, succeeded("evt_1", "pi_1"))

	outcome := run.playToEnd()

	require.NoError(t, cancel.err)
	require.Equal(t, testQuote.Due(), cancel.result.Refund.Amount)
	require.Equal(t, booking.StatusCancelled, outcome.Status)
	require.Equal(t, []string{"lock", "open pi_1", "close pi_1", "release CANCELLED", "refund pi_1"}, run.steps)
	require.True(t, run.undecided, "a sweep finds the money if the workflow is lost before its refund is written")
	require.Empty(t, run.settled)
}

func TestCancelKeepsTheMoneyThatHasBoughtTheSeats(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.paid["pi_1"] = testQuote.Due()
	run.settledMeanwhile = true
	cancel := run.cancel(2 * time.Minute)

	outcome := run.playToEnd()

	requireRefusal(t, cancel.err, booking.CodeInvalidState)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.NotContains(t, run.steps, "refund pi_1")
}

func TestMoneyThatIsNotWhatBoughtTheSeatsIsLookedInto(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.settledMeanwhile = true
	run.confirmErrors = []error{refusalError(booking.WrongState("paid already", booking.StatusConfirmed))}
	run.event(2*time.Minute, succeeded("evt_1", "pi_1"))

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	require.Equal(t, []string{"pi_1"}, run.settled)
	require.NotContains(t, run.steps, "refund pi_1")
}

func TestARefundThatTakesLongIsFollowedByASettlement(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.paid["pi_1"] = testQuote.Due()
	run.refundError = errors.New("still pending")
	cancel := run.cancel(2 * time.Minute)

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusCancelled, outcome.Status)
	require.Equal(t, booking.RefundInitiated, cancel.result.Refund.Status)
	require.Equal(t, []string{"pi_1"}, run.settled)
}

func TestAPaymentThatFindsTheBookingEndedEndsItsWorkflow(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.settledMeanwhile = true
	run.openError = refusalError(booking.WrongState("paid already", booking.StatusConfirmed))
	pay := run.pay(time.Minute, booking.MethodCard)

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	requireRefusal(t, pay.err, booking.CodeInvalidState)
	require.Less(t, run.env.Now().Sub(run.start), testHold, "it does not wait for the deadline")
}

func TestAnEventThatCannotBeReadStopsNothing(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.at(time.Minute, func() { run.env.SignalWorkflow(booking.SignalPaymentEvent, "garbage") })

	require.Equal(t, booking.StatusExpired, run.playToEnd().Status)
	require.Equal(t, testHold, run.env.Now().Sub(run.start))
}

func TestAnInsufficientFundsDeclineIsNotAReasonToWait(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.confirmErrors = []error{refusalError(booking.Refuse(booking.CodeInsufficientFunds, "not enough"))}
	run.pay(time.Minute, booking.MethodCard)
	run.event(2*time.Minute, succeeded("evt_1", "pi_1"))

	require.Equal(t, booking.StatusFailed, run.playToEnd().Status)
	require.Contains(t, run.steps, "refund pi_1")
}

func TestADeadlineAfterASettlementFindsTheBookingConfirmed(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.settledMeanwhile = true

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
}

func TestAWalletPaymentAfterASettlementIsRefusedAndTheBookingConfirmed(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.settledMeanwhile = true
	run.confirmErrors = []error{refusalError(booking.WrongState("paid already", booking.StatusConfirmed))}
	pay := run.pay(time.Minute, booking.MethodWallet)

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	requireRefusal(t, pay.err, booking.CodeInvalidState)
}

func TestCancelWaitsForAChargeThatIsProcessing(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.processing["pi_1"] = true
	cancel := run.cancel(2 * time.Minute)
	run.event(4*time.Minute, succeeded("evt_1", "pi_1"))

	outcome := run.playToEnd()

	requireRefusal(t, cancel.err, booking.CodePaymentPending)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
}

func TestCommandsThatComeWhileTheBookingEndsGetAnAnswer(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.processing["pi_1"] = true // keeps the expiry busy
	pay := run.pay(testHold+20*time.Second, booking.MethodWallet)
	cancel := run.cancel(testHold + 40*time.Second)

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusExpired, outcome.Status)
	requireRefusal(t, pay.err, booking.CodeBookingExpired)
	requireRefusal(t, cancel.err, booking.CodeBookingExpired)
}

func TestABookingTakesOnlySoManyCommands(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	for range booking.MaxCommands {
		run.confirmErrors = append(run.confirmErrors, refusalError(booking.Refuse(booking.CodeInsufficientFunds, "not enough")))
		run.pay(time.Minute, booking.MethodWallet)
	}
	tooMany := run.pay(2*time.Minute, booking.MethodWallet)

	require.Equal(t, booking.StatusExpired, run.playToEnd().Status)
	requireRefusal(t, tooMany.err, booking.CodeConflict)
}

func TestAnOperatorsCancelReleasesTheSeatsAndFollowsTheMoney(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.at(2*time.Minute, run.env.CancelWorkflow)

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusCancelled, outcome.Status)
	require.Equal(t, []string{"pi_1"}, run.settled)
	require.Equal(t, []string{"lock", "open pi_1", "release CANCELLED"}, run.steps)
	require.True(t, run.undecided, "its attempt stays open for the settlement")
}

func TestACancelledShowEndsABookingThatIsNotPaid(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.showCancelledAt(time.Minute)
	run.showCancelledAt(time.Minute)

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusCancelled, outcome.Status)
	require.Equal(t, booking.ReasonShowCancelled, outcome.Reason)
	require.Empty(t, run.settled)
	require.Equal(t, []string{"lock", "release CANCELLED"}, run.steps)
}

func TestACancelledShowFollowsTheMoneyOfCustomersWhoArePaying(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.at(2*time.Minute, func() { run.charge("pi_1") })
	run.showCancelledAt(2 * time.Minute)

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusCancelled, outcome.Status)
	require.Equal(t, []string{"pi_1"}, run.settled)
	require.Equal(t, []string{"lock", "open pi_1", "release CANCELLED"}, run.steps)
}
