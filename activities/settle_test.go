package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func (f *fixture) settle(payment booking.Payment) booking.SettlementDecision {
	f.t.Helper()
	decision, err := f.steps.SettleMoney(f.t.Context(), booking.Settlement{
		Intent: booking.ClosedIntent{
			IntentID: payment.IntentID, Received: payment.Card, BookingID: payment.BookingID, PaymentID: payment.ID,
		},
		CorrelationID: "test",
	})
	require.NoError(f.t, err)
	return decision
}

func TestLateMoneyBuysTheVerySameSeatsWhileTheyAreFree(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1", "A2"))
	f.release("bk_1", booking.StatusExpired)

	require.Equal(t, booking.SettledConfirmed, f.settle(payment).Result)
	require.Equal(t, booking.SettledAlready, f.settle(payment).Result, "and once more is harmless")

	f.requireSeats("bk_1", "SOLD", 2)
	require.Equal(t, "INITIATED SEATS_LOCKED PAYMENT_PENDING EXPIRED CONFIRMED", f.trail("bk_1"))
	require.Equal(t, 0, f.count(saleSums))
}

func TestMoneyOfABookingWhoseWorkflowIsGoneConfirmsIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	f.letHoldLapse("bk_1")

	require.Equal(t, booking.SettledConfirmed, f.settle(payment).Result)

	require.Equal(t, booking.StatusConfirmed, f.status("bk_1"))
}

func TestAnAttemptThatWasCutOffBeforeItWroteItsIntentIsFoundByTheIntentsMetadata(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	f.exec(`UPDATE payments SET intent_id = NULL`)

	require.Equal(t, booking.SettledConfirmed, f.settle(payment).Result)

	require.Equal(t, payment.IntentID, f.text(`SELECT intent_id FROM payments`))
}

// While an intent is not recorded, it is not known what a refund of it by hand belongs to: that is
// found out as soon as the money is settled.
func TestWhatWasGivenBackOutsideBeforeItsIntentWasKnownIsBooked(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	f.exec(`UPDATE payments SET intent_id = NULL`)
	f.refundOutside(payment.IntentID, 10000)
	f.noteOutside(payment.IntentID)
	require.Zero(t, f.count(`SELECT count(*) FROM outside_refunds`), "nobody knows whose it is")

	for _, want := range []booking.SettlementResult{booking.SettledConfirmed, booking.SettledAlready} {
		require.Equal(t, want, f.settle(payment).Result)
		require.Equal(t, 1, f.count(`SELECT count(*) FROM outside_refunds WHERE booking_id = 'bk_1' AND amount = 10000`))
	}
	require.Equal(t, 1, f.flags(booking.FlagOutsideRefund))
}

func TestMoneyOfAnotherDeploymentIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	payment.BookingID, payment.ID = "", ""

	require.Equal(t, booking.SettledNotOurs, f.settle(payment).Result)
}

func TestMoneyThatBuysNothingHasToGoBack(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*fixture, *booking.Payment){
		"a seat is somebody else's": func(f *fixture, _ *booking.Payment) {
			f.release("bk_1", booking.StatusExpired)
			f.hold("bk_2", "us_ben", "A2")
		},
		"the show is cancelled": func(f *fixture, _ *booking.Payment) {
			f.release("bk_1", booking.StatusExpired)
			f.exec(`UPDATE shows SET status = 'CANCELLED'`)
		},
		"the show has started": func(f *fixture, _ *booking.Payment) {
			f.release("bk_1", booking.StatusExpired)
			f.exec(`UPDATE shows SET starts_at = now() - interval '1 minute'`)
		},
		"the customer cancelled": func(f *fixture, _ *booking.Payment) { f.release("bk_1", booking.StatusCancelled) },
		"the booking is paid": func(f *fixture, p *booking.Payment) {
			other := wallet("bk_1", booking.Quote{Currency: "INR", Total: p.Card.Amount})
			other.ID, other.Attempt = "pay_other", 2
			require.NoError(f.t, f.confirm(other))
		},
		"the amount is another":   func(_ *fixture, p *booking.Payment) { p.Card.Amount-- },
		"the currency is another": func(_ *fixture, p *booking.Payment) { p.Card.Currency = "USD" },
		"the payment is unknown": func(_ *fixture, p *booking.Payment) {
			p.ID, p.IntentID = "pay_unknown", "pi_unknown"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1", "A2"))
			prepare(f, &payment)
			status, claims := f.status("bk_1"), f.count(`SELECT count(*) FROM claims`)

			decision := f.settle(payment)

			require.Equal(t, booking.SettledRefunded, decision.Result)
			require.NotEmpty(t, decision.Reason)
			require.Equal(t, status, f.status("bk_1"))
			require.Equal(t, claims, f.count(`SELECT count(*) FROM claims`))
		})
	}
}
