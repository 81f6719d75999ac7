package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// attempt is one by card that an earlier run has made: the provider has its intent.
func (r *testRun) attempt(id, intent string) *booking.Payment {
	r.made[id], r.opened[intent], r.asked[intent] = intent, true, testQuote.Due()
	return &booking.Payment{
		ID: id, BookingID: "bk_1", Attempt: 1, Method: booking.MethodCard, Wallet: booking.Money{Currency: "INR"}, Card: testQuote.Due(),
		Status: booking.PaymentProcessing, IntentID: intent, BookingStatus: booking.StatusPaymentPending,
	}
}

// paying is how the database has a booking that is being paid on these attempts, the last of which is open.
func (r *testRun) paying(open *booking.Payment, ended ...string) *booking.Standing {
	return &booking.Standing{
		Status: booking.StatusPaymentPending, ExpiresAt: r.start.Add(testHold), Due: testQuote.Due(), Attempts: len(ended) + 1,
		Open: open, Ended: ended, Intents: []string{open.IntentID},
	}
}

func TestWhoEndsAHoldAsksTheProviderAboutAttemptsOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testRun) error{
		"the customer": func(r *testRun) error {
			cancel := r.cancel(10 * time.Second)
			r.toTheEnd()
			return cancel.err
		},
		"an operator": func(r *testRun) error {
			expire := r.expire(10*time.Second, "us_ada", "they called")
			r.toTheEnd()
			return expire.err
		},
		"another attempt": func(r *testRun) error {
			pay := r.pay(10*time.Second, booking.MethodCard)
			r.toTheEnd()
			return pay.err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := newRun(t)
			run.expectHold()
			run.found = run.paying(run.attempt("pay_before", "pi_before"))
			run.processing["pi_before"] = true
			run.at(testHold+time.Minute, func() { run.charge("pi_before") })

			err := end(run)

			requireRefusal(t, err, booking.CodePaymentPending)
			require.Equal(t, []string{"lock", "price", "found", "close pi_before", "confirm"}, run.steps, "it waits on with the open attempt")
			require.True(t, run.sold["pi_before"])
		})
	}
}

func TestTheDeadlineAsksTheProviderAboutAttemptsOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.found = run.paying(run.attempt("pay_before", "pi_before"))
	outcome := run.toTheEnd()
	require.Equal(t, booking.StatusExpired, outcome.Status)
	require.Equal(t, []string{"lock", "price", "found", "close pi_before", "release EXPIRED"}, run.steps)
	require.Empty(t, run.settled)

	undecided := newRun(t)
	undecided.expectHold()
	undecided.found = undecided.paying(undecided.attempt("pay_before", "pi_before"))
	undecided.processing["pi_before"] = true
	outcome = undecided.toTheEnd()
	require.Equal(t, booking.StatusExpired, outcome.Status)
	require.Equal(t, []string{"lock", "price", "found", "release EXPIRED"}, undecided.steps)
	require.Equal(t, []string{"pi_before"}, undecided.settled)
}

// An operator's cancel, and the show's, wait for no provider: a settlement follows what this run has not known.
func TestWhatEndsAtOnceLeavesUnknownAttemptsToSettlements(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testRun){
		"an operator": func(r *testRun) { r.at(time.Minute, r.env.CancelWorkflow) },
		"the show":    func(r *testRun) { r.showCancelledAt(time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := newRun(t)
			run.expectHold()
			run.found = run.paying(run.attempt("pay_before", "pi_before"))
			end(run)
			outcome := run.toTheEnd()
			require.Equal(t, booking.StatusCancelled, outcome.Status)
			require.Equal(t, []string{"lock", "price", "found", "release CANCELLED"}, run.steps)
			require.Equal(t, []string{"pi_before"}, run.settled)
		})
	}
}

func TestASaleLeavesOtherAttemptsToSettlements(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.others = []string{"pi_other"}
	pay := run.pay(time.Second, booking.MethodWallet)
	outcome := run.toTheEnd()
	require.NoError(t, pay.err)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"pi_other"}, run.settled)
}

// What a failed confirmation gives back is not all: the database knows of an attempt that this run has not made.
func TestAFailedSaleLeavesOtherAttemptsToSettlements(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.confirmErrors = []error{refusalError(booking.Refuse(booking.CodeConflict, "closed"))}
	run.found = run.paying(run.attempt("pay_before", "pi_before"))
	pay := run.pay(time.Second, booking.MethodWallet)
	outcome := run.toTheEnd()
	requireRefusal(t, pay.err, booking.CodeConflict)
	require.Equal(t, booking.StatusFailed, outcome.Status)
	require.Equal(t, []string{"pi_before"}, run.settled)
}

func TestARunThatBeginsAgainGoesOnWithTheOpenAttempt(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	hold := run.expectHold()
	run.foundAtFirst = run.paying(run.attempt("pay_1", "pi_before"), "pay_0")
	again := run.pay(time.Second, booking.MethodCard) // pay_1
	run.event(time.Minute, succeeded("evt_1", "pi_before"))

	outcome := run.toTheEnd()

	require.NoError(t, hold.err)
	require.NoError(t, again.err)
	require.Equal(t, "pi_before", again.result.IntentID)
	require.NotEmpty(t, again.result.ClientSecret)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "price", "open pi_before again", "confirm"}, run.steps)
}

func TestAnAttemptThatHasEndedIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.foundAtFirst = run.paying(run.attempt("pay_before", "pi_before"), "pay_1")
	again := run.pay(time.Second, booking.MethodCard) // pay_1
	run.event(time.Minute, succeeded("evt_1", "pi_before"))

	outcome := run.toTheEnd()

	refusal := refusalOf(t, again.err, booking.CodePaymentFailed)
	require.Equal(t, true, refusal.Details[booking.DetailNewKey])
	require.Equal(t, booking.StatusConfirmed, outcome.Status, "the open attempt goes on")
	require.Equal(t, []string{"lock", "price", "confirm"}, run.steps)
}

func TestARunThatBeginsAgainTakesTheEndThatItFinds(t *testing.T) {
	t.Parallel()
	for status, code := range map[booking.Status]booking.Code{
		booking.StatusConfirmed: booking.CodeInvalidState, booking.StatusCompleted: booking.CodeInvalidState,
		booking.StatusCancelled: booking.CodeInvalidState, booking.StatusFailed: booking.CodeInvalidState,
		booking.StatusExpired: booking.CodeBookingExpired,
	} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			run := newRun(t)
			hold := run.expectHold()
			run.foundAtFirst = &booking.Standing{Status: status, Due: testQuote.Due(), Attempts: 1, Intents: []string{"pi_before"}}

			outcome := run.toTheEnd()

			requireRefusal(t, hold.err, code)
			require.Equal(t, status, outcome.Status)
			require.Nil(t, outcome.Refusal)
			require.Equal(t, []string{"lock"}, run.steps)
			require.Equal(t, []string{"pi_before"}, run.settled)
		})
	}
}
