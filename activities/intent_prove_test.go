package activities_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// confirmEvent confirms a payment of which only an event tells.
func (h *house) confirmEvent(payment booking.Payment) error {
	_, err := h.steps.ConfirmBooking(h.t.Context(), booking.Confirmation{
		BookingID: payment.BookingID, Payment: payment, Actor: booking.ActorProvider, Reason: "paid by card", CorrelationID: "test", Unproven: true,
	})
	return err
}

// unpaidStates are those in which an intent has collected nothing.
var unpaidStates = []provider.IntentStatus{
	provider.IntentRequiresPayment, provider.IntentRequiresAction, provider.IntentProcessing, provider.IntentCanceled,
}

func TestAnEventOfMoneyThatTheProviderHasNotCollectedGivesNoTicket(t *testing.T) {
	t.Parallel()
	for _, status := range unpaidStates {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
			h.bank.setStatus(payment.IntentID, status)

			for range 2 {
				requireRefusal(t, h.confirmEvent(payment), booking.CodePaymentPending)
			}

			h.requireSeats("bk_1", "HELD", 1)
			require.Equal(t, booking.StatusPaymentPending, h.status("bk_1"))
			require.Equal(t, 1, h.flags(booking.FlagProvider), "once, however often it is said")
			require.Equal(t, 0, h.count(`SELECT count(*) FROM ledger_transactions WHERE kind = 'SALE'`))

			h.bank.pay(payment.IntentID)
			require.NoError(t, h.confirmEvent(payment), "the booking is still to be paid")
			require.NoError(t, h.confirmEvent(payment), "and once more is harmless")
			require.Equal(t, booking.StatusConfirmed, h.status("bk_1"))
		})
	}
}

func TestAnEventOfAnIntentThatTheProviderDoesNotKnowGivesNoTicket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	h.bank.forget(payment.IntentID)

	requireRefusal(t, h.confirmEvent(payment), booking.CodePaymentPending)

	h.requireSeats("bk_1", "HELD", 1)
	require.Equal(t, payment.IntentID, h.text(`SELECT subject FROM flags WHERE kind = 'PROVIDER'`))
}

func TestAnEventOfAnotherSumThanTheProviderHasCollectedGivesNoTicket(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	h.bank.pay(payment.IntentID)
	h.bank.intents[payment.IntentID].Received.Amount--

	refusal := refusalOf(t, h.confirmEvent(payment), booking.CodePaymentFailed)

	require.Contains(t, refusal.Message, "instead of "+payment.Card.String())
	h.requireSeats("bk_1", "HELD", 1)
}

func TestAProviderThatIsAwayIsAskedAgainBeforeAnythingIsGivenAway(t *testing.T) {
	t.Parallel()
	for _, kind := range []provider.Kind{provider.KindUnavailable, provider.KindRateLimited, provider.KindUnauthorized} {
		h := newHouse(t)
		payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
		credit := h.topUp("tu_1", 50000)
		credit.Unproven = true
		h.bank.pay(payment.IntentID)
		h.bank.pay(credit.IntentID)
		for _, step := range []func() error{
			func() error { return h.confirmEvent(payment) },
			func() error { return h.steps.CreditTopUp(t.Context(), credit) },
		} {
			h.bank.failNext = &provider.Error{Kind: kind}
			err := step()
			require.Error(t, err)
			appErr, decided := errors.AsType[*temporal.ApplicationError](err)
			require.False(t, decided && appErr.NonRetryable(), "%s: it is worth another try", kind)
		}
		h.requireSeats("bk_1", "HELD", 1)
		require.Equal(t, 100000, h.wallet("us_asha"))
		require.Equal(t, 0, h.flags(booking.FlagProvider))

		require.NoError(t, h.confirmEvent(payment))
		require.NoError(t, h.steps.CreditTopUp(t.Context(), credit))
	}
}

func TestAnEventOfMoneyThatTheProviderHasNotCollectedFillsNoWallet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	credit := h.topUp("tu_1", 50000)
	credit.Unproven = true
	for _, status := range unpaidStates {
		h.bank.setStatus(credit.IntentID, status)
		requireRefusal(t, h.steps.CreditTopUp(t.Context(), credit), booking.CodePaymentPending)
	}
	h.bank.pay(credit.IntentID)
	h.bank.intents[credit.IntentID].Received.Amount = 1
	requireRefusal(t, h.steps.CreditTopUp(t.Context(), credit), booking.CodePaymentFailed)
	require.Equal(t, 100000, h.wallet("us_asha"))
	require.Equal(t, 1, h.flags(booking.FlagProvider))

	h.bank.pay(credit.IntentID)
	require.NoError(t, h.steps.CreditTopUp(t.Context(), credit))
	require.Equal(t, 150000, h.wallet("us_asha"))
	h.bank.forget(credit.IntentID)
	requireRefusal(t, h.steps.CreditTopUp(t.Context(), credit), booking.CodePaymentPending)
}

// An attempt that is given up is not asked about at the deadline: nobody may end it who does not know.
func TestAnEventEndsNoAttemptThatCanStillBePaid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	credit := h.topUp("tu_1", 50000)
	end := func() (error, error) {
		attempt := h.steps.NotePayment(t.Context(), booking.PaymentNote{
			PaymentID: payment.ID, Status: booking.PaymentCancelled, UnprovenIntent: payment.IntentID,
		})
		_, topUp := h.steps.NoteTopUp(t.Context(), booking.TopUpNote{
			TopUpID: "tu_1", Status: booking.TopUpCancelled, UnprovenIntent: credit.IntentID,
		})
		return attempt, topUp
	}
	attempt, topUp := end()
	requireRefusal(t, attempt, booking.CodePaymentPending)
	requireRefusal(t, topUp, booking.CodePaymentPending)
	require.Equal(t, 2, h.flags(booking.FlagProvider))

	h.bank.failNext = timeout()
	attempt, _ = end()
	requireRefusal(t, attempt, booking.CodeUnavailable)
	require.Equal(t, "INITIATED", h.text(`SELECT status FROM payments`))

	h.bank.setStatus(payment.IntentID, provider.IntentCanceled)
	h.bank.setStatus(credit.IntentID, provider.IntentCanceled)
	attempt, topUp = end()
	require.NoError(t, attempt)
	require.NoError(t, topUp)
	require.Equal(t, "CANCELLED", h.text(`SELECT status FROM payments`))
	require.Equal(t, "CANCELLED", h.topUpStatus("tu_1"))
}

func TestAnIntentThatTheProviderDoesNotKnowIsClosedForWhoWaitsForIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payment := h.card("bk_1", h.hold("bk_1", "us_asha", "A1"))
	credit := h.topUp("tu_1", 50000)
	h.bank.forget(payment.IntentID)
	h.bank.forget(credit.IntentID)
	for _, want := range []booking.ClosedIntent{
		{IntentID: payment.IntentID, BookingID: "bk_1", PaymentID: payment.ID, Unknown: true},
		{IntentID: credit.IntentID, TopUpID: "tu_1", Unknown: true},
		{IntentID: "pi_of_nobody", Unknown: true},
	} {
		for range 2 {
			closed, err := h.closeIntent(want.IntentID)
			require.NoError(t, err, "it is an outcome")
			require.Equal(t, want, closed)
			require.False(t, closed.Paid())
		}
	}
	require.Equal(t, 3, h.flags(booking.FlagProvider))
}
