package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// notCollected is the refusal of a confirmation whose event the provider does not confirm.
func notCollected() error {
	return refusalError(booking.Refuse(booking.CodePaymentPending, "the provider says that it is REQUIRES_PAYMENT"))
}

func TestTheProviderIsAskedWhatAnEventSays(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.event(2*time.Minute, succeeded("evt_1", "pi_1"))

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	require.Equal(t, 1, run.unproven)
}

func TestWhatTheProviderSaysItselfIsNotAskedTwice(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.paid["pi_1"] = testQuote.Due()

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	require.Zero(t, run.unproven)
}

func TestABookingWhosePaymentTheProviderDeniesStaysPayable(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.confirmErrors = []error{notCollected()}
	run.event(2*time.Minute, succeeded("evt_false", "pi_1"))
	again := run.pay(3*time.Minute, booking.MethodWallet)

	outcome := run.playToEnd()

	require.NoError(t, again.err)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, "paid from the wallet", outcome.Reason)
	require.Equal(t, []string{"lock", "open pi_1", "confirm", "close pi_1", "note CANCELLED", "confirm"}, run.steps)
	require.Empty(t, run.settled)
}

func TestABookingWhosePaymentTheProviderDeniesExpires(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.confirmErrors = []error{notCollected()}
	run.event(2*time.Minute, succeeded("evt_false", "pi_1"))

	outcome := run.playToEnd()

	require.Equal(t, booking.StatusExpired, outcome.Status)
	require.Nil(t, outcome.Refund)
	require.Equal(t, []string{"lock", "open pi_1", "confirm", "close pi_1", "release EXPIRED"}, run.steps, "the deadline asks again")
	require.Equal(t, testHold, run.env.Now().Sub(run.start))
}

func TestAnEventThatWasDeniedIsAskedAboutAgainWhenItIsRepeated(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.confirmErrors = []error{notCollected()}
	run.event(2*time.Minute, succeeded("evt_1", "pi_1"))
	run.event(3*time.Minute, succeeded("evt_1", "pi_1"))

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	require.Equal(t, 3*time.Minute, run.env.Now().Sub(run.start))
}

// The first answer of the provider that says what became of the money is the one to the deadline's question.
func TestAProviderThatIsAwayUntilTheDeadlineIsAskedThen(t *testing.T) {
	t.Parallel()
	for status, paid := range map[booking.Status]booking.Money{
		booking.StatusConfirmed: testQuote.Due(),
		booking.StatusExpired:   {},
	} {
		run := newRun(t)
		run.expectHold()
		for range 40 {
			run.confirmErrors = append(run.confirmErrors, errors.New("the provider is away"))
		}
		run.pay(time.Minute, booking.MethodCard)
		run.paid["pi_1"] = paid
		run.event(2*time.Minute, succeeded("evt_1", "pi_1"))
		run.at(testHold, func() { run.confirmErrors = nil })

		outcome := run.playToEnd()

		require.Equal(t, status, outcome.Status)
		require.Contains(t, run.steps, "close pi_1")
		require.Equal(t, paid.IsZero(), !run.sold["pi_1"])
		require.Empty(t, run.settled)
	}
}

func TestAnotherSumThanTheEventSaysIsSettled(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.confirmErrors = []error{refusalError(booking.Refuse(booking.CodePaymentFailed, "received ₹1.00 instead of ₹399.00"))}
	run.event(2*time.Minute, succeeded("evt_1", "pi_1"))

	require.Equal(t, booking.StatusExpired, run.playToEnd().Status)
	require.Equal(t, []string{"pi_1"}, run.settled)
	require.Empty(t, run.sold)
}

func TestTheDeadlineAsksAboutAnIntentThatOnlyAnEventCallsCancelled(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.pay(time.Minute, booking.MethodCard)
	run.cancelError = notCollected()
	run.event(2*time.Minute, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventCanceled, IntentID: "pi_1"})
	run.paid["pi_1"] = testQuote.Due()

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status, "it was paid after all, and no event told of it")
	require.Equal(t, []string{"lock", "open pi_1", "note CANCELLED", "close pi_1", "confirm"}, run.steps)
}

func TestASettlementOfAnIntentThatTheProviderDoesNotKnowIsAnOutcome(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.unknown["pi_1"] = true

	require.Equal(t, booking.SettledUnknown, run.settle().Result)
	require.Equal(t, []string{"close pi_1", "note CANCELLED"}, run.steps)
}
