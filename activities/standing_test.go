package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/activities"
	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/provider"
)

// ending is the release that a run asks for which knows that these intents are over.
func ending(over ...string) booking.Release {
	return booking.Release{
		BookingID: "bk_1", To: booking.StatusCancelled, Actor: booking.ActorCustomer, Reason: "test", CorrelationID: "test", Over: append([]string{}, over...),
	}
}

func TestABookingWithAnUnknownAttemptIsNotReleased(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1")
	payment := f.card("bk_1", quote)

	released, err := f.steps.ReleaseSeats(t.Context(), ending())

	require.NoError(t, err)
	require.Equal(t, booking.StatusPaymentPending, released.Status)
	require.Equal(t, quote.Due(), released.Found.Due)
	require.Equal(t, 1, released.Found.Attempts)
	require.Equal(t, []string{payment.IntentID}, released.Found.Intents)
	open := *released.Found.Open
	require.Equal(t, payment.ID, open.ID)
	require.Equal(t, payment.IntentID, open.IntentID)
	require.Equal(t, quote.Due(), open.Card)
	require.Equal(t, booking.StatusPaymentPending, f.status("bk_1"))
	f.requireSeats("bk_1", "HELD", 1)

	undecided := ending()
	undecided.Undecided = true
	released, err = f.steps.ReleaseSeats(t.Context(), undecided)
	require.NoError(t, err)
	require.Equal(t, booking.StatusCancelled, released.Status)
	require.Equal(t, []string{payment.IntentID}, released.Intents, "a settlement has to follow it")
	require.Equal(t, "INITIATED", f.text(`SELECT status FROM payments`))

	released, err = f.steps.ReleaseSeats(t.Context(), ending())
	require.NoError(t, err)
	require.Equal(t, booking.Released{Status: booking.StatusCancelled, Intents: []string{payment.IntentID}}, released, "nor is it forgotten afterwards")
}

func TestAReleaseEndsTheAttemptsThatAreOver(t *testing.T) {
	t.Parallel()
	for name, over := range map[string][]string{"known to be over": {"pi_1"}, "older code, which asks nothing": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.card("bk_1", f.hold("bk_1", "us_asha", "A1"))
			req := ending()
			req.Over = over

			released, err := f.steps.ReleaseSeats(t.Context(), req)

			require.NoError(t, err)
			require.Equal(t, booking.Released{Status: booking.StatusCancelled}, released)
			require.Equal(t, "CANCELLED", f.text(`SELECT status FROM payments`))
		})
	}
}

func TestAHoldIsLeftToTheRunThatWasReset(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1")
	resuming := booking.Release{BookingID: "bk_1", To: booking.StatusFailed, Actor: booking.ActorSystem, Reason: "test", Undecided: true, Resume: true}

	released, err := f.steps.ReleaseSeats(t.Context(), resuming)

	require.NoError(t, err)
	require.Equal(t, booking.StatusSeatsLocked, released.Found.Status)
	require.Equal(t, quote.Due(), released.Found.Due)
	require.False(t, released.Found.ExpiresAt.IsZero())
	f.requireSeats("bk_1", "HELD", 1)

	require.NoError(t, f.confirm(wallet("bk_1", quote)))
	released, err = f.steps.ReleaseSeats(t.Context(), resuming)
	require.NoError(t, err)
	require.Equal(t, booking.Released{Status: booking.StatusConfirmed}, released)

	f.holdUnpriced("bk_2", "us_asha", "A2")
	resuming.BookingID = "bk_2"
	released, err = f.steps.ReleaseSeats(t.Context(), resuming)
	require.NoError(t, err)
	require.Equal(t, booking.Released{Status: booking.StatusFailed}, released, "a hold without a price cannot be paid")
}

func TestALockFindsWhatAnEarlierRunHasMadeOfTheBooking(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1")
	payment := f.card("bk_1", quote)

	lock, err := f.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1"))
	require.NoError(t, err)
	require.Equal(t, booking.StatusPaymentPending, lock.Found.Status)
	require.Equal(t, payment.IntentID, lock.Found.Open.IntentID)

	require.NoError(t, f.confirm(payment))
	lock, err = f.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1"))
	require.NoError(t, err)
	require.Equal(t, booking.StatusConfirmed, lock.Found.Status)
	require.Equal(t, []string{payment.ID}, lock.Found.Ended)
	require.Nil(t, lock.Found.Open)
	f.requireSeats("bk_1", "SOLD", 1)
}

func TestNoAttemptIsMadeWhileThereIsAnUnknownOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1")
	first := f.card("bk_1", quote)
	other := f.order(quote)
	other.Over = []string{}

	intent, err := f.steps.OpenIntent(t.Context(), other)
	require.NoError(t, err)
	require.Equal(t, first.ID, intent.Found.Open.ID)
	require.Empty(t, intent.IntentID)
	reserved, err := f.steps.ReserveWallet(t.Context(), booking.Reservation{Payment: hybrid("bk_1", 1), Over: []string{}})
	require.NoError(t, err)
	require.Equal(t, first.ID, reserved.Found.Open.ID)
	require.Equal(t, 1, f.count(`SELECT count(*) FROM payments`))
	require.Len(t, f.bank.intents, 1)
	require.Zero(t, f.reserved("us_asha"))

	other.Over = []string{first.IntentID}
	intent, err = f.steps.OpenIntent(t.Context(), other)
	require.NoError(t, err)
	require.Equal(t, 1, intent.Found.Attempts, "its number is taken")
	require.Nil(t, intent.Found.Open)
	other.Payment.Attempt = 2
	intent, err = f.steps.OpenIntent(t.Context(), other)
	require.NoError(t, err)
	require.Nil(t, intent.Found)
	require.Equal(t, 2, intent.Attempt)
	again, err := f.steps.OpenIntent(t.Context(), other)
	require.NoError(t, err)
	require.Equal(t, intent, again)
	require.Equal(t, "CANCELLED", f.text(`SELECT status FROM payments WHERE id = $1`, first.ID))

	first.IntentID = ""
	_, err = f.steps.OpenIntent(t.Context(), booking.IntentOrder{Payment: first, Over: []string{}})
	require.Equal(t, true, refusalOf(t, err, booking.CodePaymentFailed).Details[booking.DetailNewKey], "what has ended is not made again")
	require.Len(t, f.bank.intents, 2)

	fromWallet := wallet("bk_1", quote)
	fromWallet.ID = "pay_wallet"
	require.NoError(t, f.confirm(fromWallet))
	require.Equal(t, 3, f.count(`SELECT attempt FROM payments WHERE method = 'WALLET'`), "nor does the wallet take a number twice")
	_, err = f.steps.OpenIntent(t.Context(), other)
	requireRefusal(t, err, booking.CodeInvalidState)
}

// A run that was reset asks for an attempt under a number that its booking has used, and has been paid with since.
func TestNoAttemptIsMadeAtABookingThatIsPaid(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1")
	require.NoError(t, f.confirm(wallet("bk_1", quote)))
	order := f.order(quote)
	order.Over = []string{}

	_, err := f.steps.OpenIntent(t.Context(), order)

	requireRefusal(t, err, booking.CodeInvalidState)
	require.Empty(t, f.bank.intents)
	require.Equal(t, 1, f.count(`SELECT count(*) FROM payments`))
}

func TestASaleNamesTheAttemptsThatMayStillBePaid(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1")
	card := f.card("bk_1", quote)
	payment := wallet("bk_1", quote)
	payment.ID = "pay_wallet"
	sale := booking.Confirmation{BookingID: "bk_1", Payment: payment, Actor: booking.ActorCustomer, Reason: "paid", CorrelationID: "test"}

	confirmed, err := f.steps.ConfirmBooking(t.Context(), sale)

	require.NoError(t, err)
	require.Equal(t, []string{card.IntentID}, confirmed.Intents)
}

func TestLateMoneyThatBuysTheSeatsNamesTheAttemptsThatMayStillBePaid(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1")
	first := f.card("bk_1", quote)
	second := f.order(quote)
	second.Payment.ID, second.Payment.Attempt = "pay_2", 2
	intent, err := f.steps.OpenIntent(t.Context(), second)
	require.NoError(t, err)

	decision := f.settle(first)

	require.Equal(t, booking.SettlementDecision{Result: booking.SettledConfirmed, Intents: []string{intent.IntentID}}, decision)
}

func TestAnOpenAttemptIsFoundAsItWasWritten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.hold("bk_1", "us_asha", "A1", "A2")
	payment := f.payHybrid("bk_1", 1, 20000)

	lock, err := f.steps.LockSeats(t.Context(), request("bk_1", "us_asha", "A1", "A2"))

	require.NoError(t, err)
	payment.Status, payment.BookingStatus = booking.PaymentInitiated, booking.StatusPaymentPending
	require.Equal(t, &payment, lock.Found.Open)
}

// slowBank makes an intent, and runs something before it answers.
type slowBank struct {
	*fakeProvider
	meanwhile func()
}

func (b slowBank) CreateIntent(ctx context.Context, req provider.IntentRequest) (provider.Intent, error) {
	intent, err := b.fakeProvider.CreateIntent(ctx, req)
	b.meanwhile()
	return intent, err
}

func TestAnIntentThatIsMadeTooLateIsClosed(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	quote := f.hold("bk_1", "us_asha", "A1")
	order := f.order(quote)
	order.Over = []string{}
	steps := activities.New(f.worker, slowBank{f.bank, func() { f.release("bk_1", booking.StatusExpired) }})

	_, err := steps.OpenIntent(t.Context(), order)

	requireRefusal(t, err, booking.CodePaymentFailed)
	require.Equal(t, provider.IntentCanceled, f.bank.intents["pi_1"].Status)
	require.Equal(t, "CANCELLED", f.text(`SELECT status FROM payments`))
}
