package workflows_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/boxoffice/boxoffice/booking"
)

// Whatever comes, in whatever order, at whatever time: the booking ends once, and the money of every
// charge has bought the seats, has gone back, or is followed by a settlement.
func TestAnyInterleavingEndsWithTheMoneyAccountedFor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(draw *rapid.T) {
		run := newRun(t)
		run.expectHold()
		happenings := rapid.IntRange(0, 12).Draw(draw, "happenings")
		for i := range happenings {
			at := time.Duration(rapid.IntRange(1, 400).Draw(draw, "second")) * time.Second
			intent := fmt.Sprintf("pi_%d", rapid.IntRange(1, 3).Draw(draw, "intent"))
			switch rapid.SampledFrom([]string{
				"card", "card", "wallet", "hybrid", "hybrid", "charge", "charge", "charge and say so", "say so", "say so wrongly", "decline", "cancel",
				"operator", "expire", "show cancelled", "processing", "decided", "refuse confirm", "garbage",
			}).Draw(draw, "happening") {
			case "card":
				run.pay(at, booking.MethodCard)
			case "wallet":
				run.pay(at, booking.MethodWallet)
			case "hybrid":
				run.walletPart = rapid.SampledFrom([]int64{0, 100, testQuote.Total - 100, testQuote.Total}).Draw(draw, "wallet's part")
				run.pay(at, booking.MethodWalletAndCard)
			case "charge":
				run.at(at, func() { run.charge(intent) })
			case "charge and say so":
				run.at(at, func() {
					if run.charge(intent) {
						run.providerSays(fmt.Sprintf("evt_%d", i), intent)
					}
				})
			case "say so":
				run.at(at, func() {
					if !run.paid[intent].IsZero() {
						run.providerSays("evt_late_"+intent, intent)
					}
				})
			case "say so wrongly":
				wrong := succeeded(fmt.Sprintf("evt_%d", i), intent)
				wrong.Received.Amount++
				run.event(at, wrong)
			case "decline":
				run.event(at, booking.PaymentEvent{EventID: fmt.Sprintf("evt_%d", i), Kind: booking.PaymentEventDeclined, IntentID: intent})
			case "cancel":
				run.cancel(at)
			case "operator":
				run.at(at, run.env.CancelWorkflow)
			case "expire":
				run.expire(at, "us_ada", "they called")
			case "show cancelled":
				run.showCancelledAt(at)
			case "processing":
				run.at(at, func() { run.processing[intent] = run.paid[intent].IsZero() && !run.closed[intent] })
			case "decided":
				run.at(at, func() { run.processing[intent] = false })
			case "refuse confirm":
				run.confirmErrors = append(run.confirmErrors, refusalError(booking.Refuse(booking.CodeConflict, "closed")))
			case "garbage":
				run.at(at, func() { run.env.SignalWorkflow(booking.SignalPaymentEvent, "garbage") })
			}
		}

		outcome := run.playToEnd()

		trail := strings.Join(run.steps, ", ")
		require.Contains(t, []booking.Status{
			booking.StatusConfirmed, booking.StatusExpired, booking.StatusCancelled, booking.StatusFailed,
		}, outcome.Status, trail)
		sales := 0
		if outcome.Status == booking.StatusConfirmed {
			sales = 1
		}
		require.Len(t, run.sold, sales, trail)
		for intent, money := range run.paid {
			if money.IsZero() {
				continue
			}
			// A settlement besides a sale or a refund is harmless: it finds that the money is accounted for.
			followed := slices.Contains(run.settled, intent)
			require.False(t, run.sold[intent] && run.refunded[intent], "ticket and money of %s: %s", intent, trail)
			require.True(t, run.sold[intent] || run.refunded[intent] || followed, "%s of %s is lost: %s", money, intent, trail)
		}
	})
}

// charge collects the money of an intent if it is open, and says whether it did.
func (r *testRun) charge(intent string) bool {
	if !r.opened[intent] || r.closed[intent] || !r.paid[intent].IsZero() {
		return false
	}
	r.processing[intent] = false
	r.paid[intent] = r.asked[intent]
	return true
}

// providerSays sends the event that tells what an intent has collected.
func (r *testRun) providerSays(eventID, intent string) {
	event := succeeded(eventID, intent)
	event.Received = r.paid[intent]
	r.env.SignalWorkflow(booking.SignalPaymentEvent, event)
}
