package activities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

func (h *house) settle(payment booking.Payment) booking.SettlementDecision {
	h.t.Helper()
	decision, err := h.steps.SettleMoney(h.t.Context(), booking.Settlement{
		Intent: booking.ClosedIntent{
			IntentID: payment.IntentID, Received: payment.Card, BookingID: payment.BookingID, PaymentID: payment.ID,
		},
		CorrelationID: "test",
	})
	require.NoError(h.t, err)
	return decision
}

func TestLateMoneyBuysTheVerySameSeatsWhileTheyAreFree(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1", "A2"))
	h.release("bk_1", booking.StatusExpired)

	require.Equal(t, booking.SettledConfirmed, h.settle(payment).Result)
	require.Equal(t, booking.SettledAlready, h.settle(payment).Result, "and once more is harmless")

	h.requireSeats("bk_1", "SOLD", 2)
	require.Equal(t, "INITIATED SEATS_LOCKED PAYMENT_PENDING EXPIRED CONFIRMED", h.trail("bk_1"))
	require.Equal(t, 0, h.count(saleSums))
}

func TestMoneyOfABookingWhoseWorkflowIsGoneConfirmsIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	h.letHoldLapse("bk_1")

	require.Equal(t, booking.SettledConfirmed, h.settle(payment).Result)

	require.Equal(t, booking.StatusConfirmed, h.status("bk_1"))
}

func TestAnAttemptThatWasCutOffBeforeItWroteItsIntentIsFoundByTheIntentsMetadata(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	h.exec(`UPDATE payments SET intent_id = NULL`)

	require.Equal(t, booking.SettledConfirmed, h.settle(payment).Result)

	require.Equal(t, payment.IntentID, h.text(`SELECT intent_id FROM payments`))
}

// While an intent is not written down nobody knows whose a refund of it is that somebody makes by hand: it is noticed as soon as the money is settled.
func TestWhatWasGivenBackOutsideBeforeItsIntentWasKnownIsBooked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	h.exec(`UPDATE payments SET intent_id = NULL`)
	h.refundOutside(payment.IntentID, 10000)
	h.noteOutside(payment.IntentID)
	require.Zero(t, h.count(`SELECT count(*) FROM outside_refunds`), "nobody knows whose it is")

	for _, want := range []booking.SettlementResult{booking.SettledConfirmed, booking.SettledAlready} {
		require.Equal(t, want, h.settle(payment).Result)
		require.Equal(t, 1, h.count(`SELECT count(*) FROM outside_refunds WHERE booking_id = 'bk_1' AND amount = 10000`))
	}
	require.Equal(t, 1, h.flags(booking.FlagOutsideRefund))
}

func TestMoneyOfAnotherDeploymentIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	payment.BookingID, payment.ID = "", ""

	require.Equal(t, booking.SettledNotOurs, h.settle(payment).Result)
}

func TestMoneyThatBuysNothingHasToGoBack(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(*house, *booking.Payment){
		"a seat is somebody else's": func(h *house, _ *booking.Payment) {
			h.release("bk_1", booking.StatusExpired)
			h.hold("bk_2", "us_ben", "A2")
		},
		"the show is cancelled": func(h *house, _ *booking.Payment) {
			h.release("bk_1", booking.StatusExpired)
			h.exec(`UPDATE shows SET status = 'CANCELLED'`)
		},
		"the show has started": func(h *house, _ *booking.Payment) {
			h.release("bk_1", booking.StatusExpired)
			h.exec(`UPDATE shows SET starts_at = now() - interval '1 minute'`)
		},
		"the customer cancelled": func(h *house, _ *booking.Payment) { h.release("bk_1", booking.StatusCancelled) },
		"the booking is paid": func(h *house, p *booking.Payment) {
			other := wallet("bk_1", booking.Quote{Currency: "INR", Total: p.Card.Amount})
			other.ID, other.Attempt = "pay_other", 2
			require.NoError(h.t, h.confirm(other))
		},
		"the amount is another":   func(_ *house, p *booking.Payment) { p.Card.Amount-- },
		"the currency is another": func(_ *house, p *booking.Payment) { p.Card.Currency = "USD" },
		"the payment is unknown": func(_ *house, p *booking.Payment) {
			p.ID, p.IntentID = "pay_unknown", "pi_unknown"
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1", "A2"))
			prepare(h, &payment)
			status, claims := h.status("bk_1"), h.count(`SELECT count(*) FROM claims`)

			decision := h.settle(payment)

			require.Equal(t, booking.SettledRefunded, decision.Result)
			require.NotEmpty(t, decision.Reason)
			require.Equal(t, status, h.status("bk_1"))
			require.Equal(t, claims, h.count(`SELECT count(*) FROM claims`))
		})
	}
}
