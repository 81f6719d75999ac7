package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
)

// atOnce delivers several events of the provider before the workflow runs next.
func (r *testRun) atOnce(after time.Duration, events ...booking.PaymentEvent) {
	r.at(after, func() {
		for _, event := range events[:len(events)-1] {
			r.env.SignalWorkflowSkippingWorkflowTask(booking.SignalPaymentEvent, event)
		}
		r.env.SignalWorkflow(booking.SignalPaymentEvent, events[len(events)-1])
	})
}

func count(steps []string, step string) int {
	n := 0
	for _, s := range steps {
		if s == step {
			n++
		}
	}
	return n
}

// The workflow ends with the first of these events; the others have come as well.
func TestOtherMoneyThanThePaymentThatEndsTheBookingIsSettled(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.atOnce(2*time.Minute,
		succeeded("evt_1", "pi_1"), succeeded("evt_2", "pi_1"), succeeded("evt_3", "pi_stray"), succeeded("evt_4", "pi_other"))

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	require.Equal(t, []string{"pi_stray", "pi_other"}, run.settled, "and the money that has bought the seats is not looked into")
}

func TestAnEventThatComesTwiceIsHandledOnce(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	declined := booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventDeclined, IntentID: "pi_1", DeclineCode: "card_declined"}
	run.atOnce(2*time.Minute, declined, declined)
	run.event(3*time.Minute, declined)

	require.Equal(t, booking.StatusExpired, run.playToEnd().Status)
	require.Equal(t, 1, count(run.steps, "note DECLINED"))
}

func TestMoneyOfAnEarlierAttemptDoesNotPayForTheLaterOne(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.pay(2*time.Minute, booking.MethodCard)
	run.event(3*time.Minute, succeeded("evt_1", "pi_1"))

	require.Equal(t, booking.StatusExpired, run.playToEnd().Status)
	require.Equal(t, []string{"pi_1"}, run.settled)
	require.NotContains(t, run.steps, "confirm")
}

func TestAnotherSumThanWasAskedForIsLookedIntoAtOnceAndTheBookingStaysPayable(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	wrong := succeeded("evt_1", "pi_1")
	wrong.Received.Amount--
	run.event(2*time.Minute, wrong)
	var settled []string
	run.at(2*time.Minute+time.Second, func() { settled = slices.Clone(run.settled) })
	pay := run.pay(3*time.Minute, booking.MethodWallet)

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	require.NoError(t, pay.err)
	require.Equal(t, []string{"pi_1"}, settled)
	require.Equal(t, settled, run.settled, "once")
	require.NotContains(t, run.steps, "close pi_1", "the settlement closes it")
}

// Otherwise the step that ends the booking would take it for an attempt that the workflow does not know of.
func TestAnIntentThatASettlementFollowsIsOverForItsBooking(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	wrong := succeeded("evt_1", "pi_1")
	wrong.Received.Amount--
	run.event(2*time.Minute, wrong)

	require.Equal(t, booking.StatusExpired, run.playToEnd().Status)
	require.Equal(t, []string{"pi_1"}, run.settled)
	require.Equal(t, []string{"pi_1"}, run.over)
}

func TestAnIntentThatTheProviderHasCancelledIsNotAskedAboutAgain(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.event(2*time.Minute, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventCanceled, IntentID: "pi_1"})

	require.Equal(t, booking.StatusExpired, run.playToEnd().Status)
	require.Equal(t, []string{"lock", "open pi_1", "note CANCELLED", "release EXPIRED"}, run.steps)
	require.Empty(t, run.settled)
}

func TestAnAttemptThatWasClosedIsNotAskedAboutAgainWhenTheNextOneIsRefused(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.at(90*time.Second, func() { run.openError = refusalError(booking.Refuse(booking.CodePaymentFailed, "no")) })
	second := run.pay(2*time.Minute, booking.MethodCard)

	require.Equal(t, booking.StatusExpired, run.playToEnd().Status)
	requireRefusal(t, second.err, booking.CodePaymentFailed)
	require.Equal(t, []string{"lock", "open pi_1", "close pi_1", "note CANCELLED", "release EXPIRED"}, run.steps)
}

func TestACustomerReadsThatTheBankIsStillDeciding(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.event(2*time.Minute, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventProcessing, IntentID: "pi_1"})
	run.event(3*time.Minute, succeeded("evt_2", "pi_1"))

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	require.Equal(t, []string{"lock", "open pi_1", "note PROCESSING", "confirm"}, run.steps)
}

func TestTheAnswerToAPaymentSaysHowItStands(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	card := run.pay(time.Minute, booking.MethodCard)
	wallet := run.pay(2*time.Minute, booking.MethodWallet)

	outcome := run.playToEnd()

	require.Equal(t, booking.PaymentInitiated, card.result.Status)
	require.Equal(t, booking.StatusPaymentPending, card.result.BookingStatus)
	require.Equal(t, booking.PaymentSucceeded, wallet.result.Status)
	require.Equal(t, booking.StatusConfirmed, wallet.result.BookingStatus)
	require.Equal(t, [2]string{"bk_1", "hash"}, [2]string{outcome.BookingID, outcome.RequestHash}, "a repeat finds out whether it is the same request")
}

// An earlier run, of which this one does not know, may have taken the number.
func TestTheAnswerToAPaymentHasTheNumberThatWasRecorded(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.recordedAs = 3
	wallet := run.pay(time.Minute, booking.MethodWallet)
	run.playToEnd()
	require.Equal(t, 3, wallet.result.Attempt)
}

// A wallet that holds too little leaves the booking as it was. Any other obstacle to a confirmation ends it.
func TestAWalletPaymentThatCanNeverBeConfirmedEndsTheBooking(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.confirmErrors = []error{refusalError(booking.Refuse(booking.CodeConflict, booking.ReasonNotOnSale))}
	pay := run.pay(time.Minute, booking.MethodWallet)

	require.Equal(t, booking.StatusFailed, run.playToEnd().Status)
	requireRefusal(t, pay.err, booking.CodeConflict)
	require.Equal(t, []string{"lock", "confirm", "release FAILED"}, run.steps)

	defect := newRun(t)
	defect.expectHold()
	defect.confirmErrors = []error{temporal.NewNonRetryableApplicationError("no wallet", "IntegrityViolation", nil)}
	pay = defect.pay(time.Minute, booking.MethodWallet)

	require.Error(t, defect.toFailure())
	requireRefusal(t, pay.err, booking.CodeInternal)
	require.Equal(t, []string{"lock", "confirm", "release FAILED"}, defect.steps)
}

// The key keeps its refusal: a repeat with it would be refused for ever.
func TestAPaymentThatMayBeTriedAgainAsksForANewKey(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.openError = temporal.NewNonRetryableApplicationError("down", "Unavailable", nil)
	unavailable := run.pay(time.Minute, booking.MethodCard)
	run.at(90*time.Second, func() { run.openError = nil })
	run.processing["pi_1"] = true
	run.pay(2*time.Minute, booking.MethodCard)
	pending := run.pay(3*time.Minute, booking.MethodCard)
	run.event(4*time.Minute, succeeded("evt_1", "pi_1"))

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	require.Equal(t, true, refusalOf(t, unavailable.err, booking.CodeUnavailable).Details[booking.DetailNewKey])
	require.Equal(t, true, refusalOf(t, pending.err, booking.CodePaymentPending).Details[booking.DetailNewKey])
}

func TestSeatsThatCostNothingAreNotPaidByCard(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.quote = booking.Quote{Currency: "INR"}
	run.expectHold()
	card := run.pay(time.Minute, booking.MethodCard)
	wallet := run.pay(2*time.Minute, booking.MethodWallet)

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	requireRefusal(t, card.err, booking.CodeValidation)
	require.NoError(t, wallet.err)
	require.Equal(t, []string{"lock", "confirm"}, run.steps)
}

// The provider cannot be asked at the deadline, and then sends the event that nothing will come.
func TestAChargeThatFailsWithinTheGraceNeedsNoSettlement(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.processing["pi_1"] = true
	run.event(testHold+20*time.Second, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventCanceled, IntentID: "pi_1"})

	require.Equal(t, booking.StatusExpired, run.playToEnd().Status)
	require.Empty(t, run.settled)
	require.False(t, run.undecided)
}

// A workflow that does not know where the seats are must not report success.
func TestAHoldThatCannotBeGivenBackFailsItsWorkflow(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(*testRun){
		"the release fails for good": func(r *testRun) {
			r.releaseError = temporal.NewNonRetryableApplicationError("broken", "IntegrityViolation", nil)
		},
		"there is no such booking": func(r *testRun) { r.releasedAs = new(booking.Status) },
		"it can still be paid":     func(r *testRun) { r.releasedAs = new(booking.StatusPaymentPending) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := newRun(t)
			run.expectHold()
			damage(run)

			require.Error(t, run.toFailure())
		})
	}
}
