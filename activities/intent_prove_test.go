package activities_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// confirmEvent confirms a payment that is known only from an event.
func (f *fixture) confirmEvent(payment booking.Payment) error {
	_, err := f.steps.ConfirmBooking(f.t.Context(), booking.Confirmation{
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
			f := newFixture(t)
			payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
			f.bank.setStatus(payment.IntentID, status)

			for range 2 {
				requireRefusal(t, f.confirmEvent(payment), booking.CodePaymentPending)
			}

			f.requireSeats("bk_1", "HELD", 1)
			require.Equal(t, booking.StatusPaymentPending, f.status("bk_1"))
			require.Equal(t, 1, f.flags(booking.FlagProvider), "once, however often it is said")
			require.Equal(t, 0, f.count(`SELECT count(*) FROM ledger_transactions WHERE kind = 'SALE'`))

			f.bank.pay(payment.IntentID)
			require.NoError(t, f.confirmEvent(payment), "the booking is still to be paid")
			require.NoError(t, f.confirmEvent(payment), "and once more is harmless")
			require.Equal(t, booking.StatusConfirmed, f.status("bk_1"))
		})
	}
}

func TestAnEventOfAnIntentThatTheProviderDoesNotKnowGivesNoTicket(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	f.bank.forget(payment.IntentID)

	requireRefusal(t, f.confirmEvent(payment), booking.CodePaymentPending)

	f.requireSeats("bk_1", "HELD", 1)
	require.Equal(t, payment.IntentID, f.text(`SELECT subject FROM flags WHERE kind = 'PROVIDER'`))
}

func TestAnEventOfAnotherSumThanTheProviderHasCollectedGivesNoTicket(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	f.bank.pay(payment.IntentID)
	f.bank.intents[payment.IntentID].Received.Amount--

	refusal := refusalOf(t, f.confirmEvent(payment), booking.CodePaymentFailed)

	require.Contains(t, refusal.Message, "instead of "+payment.Card.String())
	f.requireSeats("bk_1", "HELD", 1)
}

func TestAProviderThatIsAwayIsAskedAgainBeforeAnythingIsGivenAway(t *testing.T) {
	t.Parallel()
	for _, kind := range []provider.Kind{provider.KindUnavailable, provider.KindRateLimited, provider.KindUnauthorized} {
		f := newFixture(t)
		payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
		credit := f.topUp("tu_1", 50000)
		credit.Unproven = true
		f.bank.pay(payment.IntentID)
		f.bank.pay(credit.IntentID)
		for _, step := range []func() error{
			func() error { return f.confirmEvent(payment) },
			func() error { return f.steps.CreditTopUp(t.Context(), credit) },
		} {
			f.bank.failNext = &provider.Error{Kind: kind}
			err := step()
			require.Error(t, err)
			appErr, decided := errors.AsType[*temporal.ApplicationError](err)
			require.False(t, decided && appErr.NonRetryable(), "%s: it is worth another try", kind)
		}
		f.requireSeats("bk_1", "HELD", 1)
		require.Equal(t, 100000, f.wallet("us_asha"))
		require.Equal(t, 0, f.flags(booking.FlagProvider))

		require.NoError(t, f.confirmEvent(payment))
		require.NoError(t, f.steps.CreditTopUp(t.Context(), credit))
	}
}

func TestAnEventOfMoneyThatTheProviderHasNotCollectedFillsNoWallet(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	credit := f.topUp("tu_1", 50000)
	credit.Unproven = true
	for _, status := range unpaidStates {
		f.bank.setStatus(credit.IntentID, status)
		requireRefusal(t, f.steps.CreditTopUp(t.Context(), credit), booking.CodePaymentPending)
	}
	f.bank.pay(credit.IntentID)
	f.bank.intents[credit.IntentID].Received.Amount = 1
	requireRefusal(t, f.steps.CreditTopUp(t.Context(), credit), booking.CodePaymentFailed)
	require.Equal(t, 100000, f.wallet("us_asha"))
	require.Equal(t, 1, f.flags(booking.FlagProvider))

	f.bank.pay(credit.IntentID)
	require.NoError(t, f.steps.CreditTopUp(t.Context(), credit))
	require.Equal(t, 150000, f.wallet("us_asha"))
	f.bank.forget(credit.IntentID)
	requireRefusal(t, f.steps.CreditTopUp(t.Context(), credit), booking.CodePaymentPending)
}

// The deadline does not ask about an attempt that was given up: so an event alone must not end one.
func TestAnEventEndsNoAttemptThatCanStillBePaid(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	credit := f.topUp("tu_1", 50000)
	end := func() (error, error) {
		attempt := f.steps.NotePayment(t.Context(), booking.PaymentNote{
			PaymentID: payment.ID, Status: booking.PaymentCancelled, UnprovenIntent: payment.IntentID,
		})
		_, topUp := f.steps.NoteTopUp(t.Context(), booking.TopUpNote{
			TopUpID: "tu_1", Status: booking.TopUpCancelled, UnprovenIntent: credit.IntentID,
		})
		return attempt, topUp
	}
	attempt, topUp := end()
	requireRefusal(t, attempt, booking.CodePaymentPending)
	requireRefusal(t, topUp, booking.CodePaymentPending)
	require.Equal(t, 2, f.flags(booking.FlagProvider))

	f.bank.failNext = timeout()
	attempt, _ = end()
	requireRefusal(t, attempt, booking.CodeUnavailable)
	require.Equal(t, "INITIATED", f.text(`SELECT status FROM payments`))

	f.bank.setStatus(payment.IntentID, provider.IntentCanceled)
	f.bank.setStatus(credit.IntentID, provider.IntentCanceled)
	attempt, topUp = end()
	require.NoError(t, attempt)
	require.NoError(t, topUp)
	require.Equal(t, "CANCELLED", f.text(`SELECT status FROM payments`))
	require.Equal(t, "CANCELLED", f.topUpStatus("tu_1"))
}

func TestAnIntentThatTheProviderDoesNotKnowEndsWhatWaitsForIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	payment := f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
	credit := f.topUp("tu_1", 50000)
	f.bank.forget(payment.IntentID)
	f.bank.forget(credit.IntentID)
	for _, want := range []booking.ClosedIntent{
		{IntentID: payment.IntentID, BookingID: "bk_1", PaymentID: payment.ID, Unknown: true},
		{IntentID: credit.IntentID, TopUpID: "tu_1", Unknown: true},
		{IntentID: "pi_of_nobody", Unknown: true},
	} {
		for range 2 {
			closed, err := f.closeIntent(want.IntentID)
			require.NoError(t, err, "it is an outcome")
			require.Equal(t, want, closed)
			require.False(t, closed.Paid())
		}
	}
	require.Equal(t, 3, f.flags(booking.FlagProvider))
}
