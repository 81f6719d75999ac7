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

// Whatever comes, in whatever order, at whatever time: the top-up ends once, and whatever was paid is
// in the wallet once, or is followed by a settlement.
func TestAnyInterleavingOfATopUpEndsWithTheMoneyAccountedFor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(draw *rapid.T) {
		run := newTopUp(t)
		run.expectOpen()
		if away := rapid.IntRange(0, 2200).Draw(draw, "database is away from"); away > 0 {
			run.at(time.Duration(away)*time.Second, func() { run.failures = 15 })
		}
		for i := range rapid.IntRange(0, 10).Draw(draw, "happenings") {
			at := time.Duration(rapid.IntRange(1, 2200).Draw(draw, "second")) * time.Second
			switch rapid.SampledFrom([]string{
				"charge", "charge", "charge and say so", "charge another sum", "say so", "decline", "cancel at the provider", "operator",
				"processing", "decided", "refuse credit", "garbage",
			}).Draw(draw, "happening") {
			case "charge":
				run.at(at, func() { run.charge(topUpAmount) })
			case "charge and say so":
				run.at(at, func() {
					if run.charge(topUpAmount) {
						run.providerSays(fmt.Sprint("evt_", i), booking.PaymentEventSucceeded)
					}
				})
			case "charge another sum":
				run.at(at, func() { run.charge(booking.Money{Amount: topUpAmount.Amount + 1, Currency: "INR"}) })
			case "say so":
				run.at(at, func() {
					if !run.paid.IsZero() {
						run.providerSays("evt_late", booking.PaymentEventSucceeded)
					}
				})
			case "decline":
				run.at(at, func() { run.providerSays(fmt.Sprint("evt_", i), booking.PaymentEventDeclined) })
			case "cancel at the provider":
				run.at(at, func() {
					if run.paid.IsZero() && !run.processing {
						run.closed = true
						run.providerSays(fmt.Sprint("evt_", i), booking.PaymentEventCanceled)
					}
				})
			case "operator":
				run.at(at, run.env.CancelWorkflow)
			case "processing":
				run.at(at, func() { run.processing = run.paid.IsZero() && !run.closed })
			case "decided":
				run.at(at, func() { run.processing = false })
			case "refuse credit":
				run.creditError = refusalError(booking.Refuse(booking.CodeConflict, "refused"))
			case "garbage":
				run.at(at, func() { run.env.SignalWorkflow(booking.SignalPaymentEvent, "garbage") })
			}
		}

		outcome := run.playToEnd()

		trail := strings.Join(run.steps, ", ")
		require.Contains(t, []booking.TopUpStatus{
			booking.TopUpSucceeded, booking.TopUpExpired, booking.TopUpCancelled, booking.TopUpProcessing,
		}, outcome.Status, trail)
		credits := 0
		if outcome.Status == booking.TopUpSucceeded {
			credits = 1
		}
		require.Equal(t, credits, run.credited, trail)
		followed := slices.Contains(run.settled, "pi_1")
		switch {
		case run.paid == topUpAmount && run.creditError == nil:
			require.True(t, run.credited == 1 || followed, "the money is lost: %s", trail)
		case !run.paid.IsZero():
			require.Zero(t, run.credited, trail)
			require.True(t, followed, "%s is lost: %s", run.paid, trail)
		default:
			require.Zero(t, run.credited, trail)
			require.True(t, run.closed || followed, "the intent can still be paid: %s", trail)
		}
	})
}

// charge collects money on the intent if that is open, and says whether it did.
func (r *topUpTest) charge(money booking.Money) bool {
	if !slices.Contains(r.steps, "intent") || r.closed || !r.paid.IsZero() {
		return false
	}
	r.processing = false
	r.paid = money
	return true
}

// providerSays sends the event that tells what has happened to the intent.
func (r *topUpTest) providerSays(eventID string, kind booking.PaymentEventKind) {
	r.env.SignalWorkflow(booking.SignalPaymentEvent, booking.PaymentEvent{
		EventID: eventID, Kind: kind, IntentID: "pi_1", TopUpID: "tu_1", Received: r.paid,
	})
}
