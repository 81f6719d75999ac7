package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// eventTwice sends an event at two times.
func (r *topUpTest) eventTwice(first, second time.Duration, event booking.PaymentEvent) {
	event.EventID, event.IntentID, event.TopUpID = "evt_1", "pi_1", "tu_1"
	for _, after := range []time.Duration{first, second} {
		r.at(after, func() { r.env.SignalWorkflow(booking.SignalPaymentEvent, event) })
	}
}

func TestARepeatOfAnEventThatTheProviderDeniedIsLookedIntoAgain(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.eventErrors = []error{notCollected()}
	run.eventTwice(time.Minute, 2*time.Minute, booking.PaymentEvent{Kind: booking.PaymentEventSucceeded, Received: topUpAmount})

	require.Equal(t, booking.TopUpSucceeded, run.playToEnd().Status)
	run.requireSteps("credit ₹500.00", "credit ₹500.00")
	require.Equal(t, 1, run.credited)
}

func TestARepeatOfACancelThatTheProviderDeniedIsLookedIntoAgain(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.eventErrors = []error{notCollected()}
	run.eventTwice(time.Minute, 2*time.Minute, booking.PaymentEvent{Kind: booking.PaymentEventCanceled})

	require.Equal(t, booking.TopUpCancelled, run.playToEnd().Status)
	run.requireSteps("note CANCELLED", "note CANCELLED")
}

func TestAnEventThatComesTwiceIsNotedOnce(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.eventTwice(time.Minute, 2*time.Minute, booking.PaymentEvent{Kind: booking.PaymentEventDeclined, DeclineCode: "card_declined"})

	require.Equal(t, booking.TopUpExpired, run.playToEnd().Status)
	run.requireSteps("note DECLINED", "close", "note EXPIRED")
}

// The step that credits the wallet is slow, and the top-up has ended when the workflow comes to what was sent in the meantime.
func TestWhatIsPaidWhileATopUpEndsIsNotLost(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.at(time.Minute-time.Second, func() { run.failures = 1000 })
	run.event(time.Minute, booking.PaymentEventSucceeded, topUpAmount)
	for i, intentID := range []string{"pi_1", "pi_other"} {
		run.at(time.Minute+10*time.Second, func() {
			run.env.SignalWorkflow(booking.SignalPaymentEvent, booking.PaymentEvent{
				EventID: fmt.Sprint("evt_late_", i), Kind: booking.PaymentEventSucceeded, IntentID: intentID, Received: topUpAmount,
			})
		})
	}
	run.at(time.Minute+20*time.Second, func() { run.failures = 0 })

	require.Equal(t, booking.TopUpSucceeded, run.playToEnd().Status)

	require.Equal(t, 1, run.credited)
	require.Equal(t, []string{"pi_other"}, run.settled, "the wallet has the other's money")
}
