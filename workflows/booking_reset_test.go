package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
)

// attempt is an attempt by card that an earlier run has made: the provider has its intent.
func (r *testRun) attempt(id, intent string) *booking.Payment {
	r.made[id], r.opened[intent], r.asked[intent] = intent, true, testQuote.Due()
	return &booking.Payment{
		ID: id, BookingID: "bk_1", Attempt: 1, Method: booking.MethodCard, Wallet: booking.Money{Currency: "INR"}, Card: testQuote.Due(),
		Status: booking.PaymentProcessing, IntentID: intent, BookingStatus: booking.StatusPaymentPending,
	}
}

// paying is a booking in the database that is being paid by these attempts, the last of which is open.
func (r *testRun) paying(open *booking.Payment, ended ...string) *booking.Standing {
	return &booking.Standing{
		Status: booking.StatusPaymentPending, ExpiresAt: r.start.Add(testHold), Due: testQuote.Due(), Attempts: len(ended) + 1,
		Open: open, Ended: ended, Intents: []string{open.IntentID},
	}
}

func TestEndingAHoldAsksTheProviderAboutAttemptsOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testRun) error{
		"the customer": func(r *testRun) error {
			cancel := r.cancel(10 * time.Second)
			r.playToEnd()
			return cancel.err
		},
		"an operator": func(r *testRun) error {
			expire := r.expire(10*time.Second, "us_ada", "they called")
			r.playToEnd()
			return expire.err
		},
		"another attempt": func(r *testRun) error {
			pay := r.pay(10*time.Second, booking.MethodCard)
			r.playToEnd()
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
			require.Equal(t, []string{"lock", "found", "close pi_before", "confirm"}, run.steps, "it waits on with the open attempt")
			require.True(t, run.sold["pi_before"])
		})
	}
}

func TestTheDeadlineAsksTheProviderAboutAttemptsOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.found = run.paying(run.attempt("pay_before", "pi_before"))
	outcome := run.playToEnd()
	require.Equal(t, booking.StatusExpired, outcome.Status)
	require.Equal(t, []string{"lock", "found", "close pi_before", "release EXPIRED"}, run.steps)
	require.Empty(t, run.settled)

	undecided := newRun(t)
	undecided.expectHold()
	undecided.found = undecided.paying(undecided.attempt("pay_before", "pi_before"))
	undecided.processing["pi_before"] = true
	outcome = undecided.playToEnd()
	require.Equal(t, booking.StatusExpired, outcome.Status)
	require.Equal(t, []string{"lock", "found", "release EXPIRED"}, undecided.steps)
	require.Equal(t, []string{"pi_before"}, undecided.settled)
}

// A cancel by an operator or of the show does not wait for the provider: a settlement follows what this run did not know of.
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
			outcome := run.playToEnd()
			require.Equal(t, booking.StatusCancelled, outcome.Status)
			require.Equal(t, []string{"lock", "found", "release CANCELLED"}, run.steps)
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
	outcome := run.playToEnd()
	require.NoError(t, pay.err)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"pi_other"}, run.settled)
}

// What a failed confirmation gives back is not everything: the database has an attempt that this run did not make.
func TestAFailedSaleLeavesOtherAttemptsToSettlements(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.confirmErrors = []error{refusalError(booking.Refuse(booking.CodeConflict, "closed"))}
	run.found = run.paying(run.attempt("pay_before", "pi_before"))
	pay := run.pay(time.Second, booking.MethodWallet)
	outcome := run.playToEnd()
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

	outcome := run.playToEnd()

	require.NoError(t, hold.err)
	require.NoError(t, again.err)
	require.Equal(t, "pi_before", again.result.IntentID)
	require.NotEmpty(t, again.result.ClientSecret)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "open pi_before again", "confirm"}, run.steps)
}

func TestAnAttemptThatHasEndedIsNotMadeAgain(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.foundAtFirst = run.paying(run.attempt("pay_before", "pi_before"), "pay_1")
	again := run.pay(time.Second, booking.MethodCard) // pay_1
	run.event(time.Minute, succeeded("evt_1", "pi_before"))

	outcome := run.playToEnd()

	refusal := refusalOf(t, again.err, booking.CodePaymentFailed)
	require.Equal(t, true, refusal.Details[booking.DetailNewKey])
	require.Equal(t, booking.StatusConfirmed, outcome.Status, "the open attempt goes on")
	require.Equal(t, []string{"lock", "confirm"}, run.steps)
}

func TestARunThatBeginsAgainTakesTheEndThatItFinds(t *testing.T) {
	t.Parallel()
	for status, code := range map[booking.Status]booking.Code{
		booking.StatusConfirmed: "", booking.StatusCompleted: booking.CodeInvalidState,
		booking.StatusCancelled: booking.CodeInvalidState, booking.StatusFailed: booking.CodeInvalidState,
		booking.StatusExpired: booking.CodeBookingExpired,
	} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			run := newRun(t)
			hold := run.expectHold()
			run.foundAtFirst = &booking.Standing{Status: status, Due: testQuote.Due(), Attempts: 1, Intents: []string{"pi_before"}}

			outcome := run.playToEnd()

			if code == "" {
				require.NoError(t, hold.err, "there is a booking to read")
			} else {
				requireRefusal(t, hold.err, code)
			}
			require.Equal(t, status, outcome.Status)
			require.Nil(t, outcome.Refusal)
			require.Equal(t, []string{"lock"}, run.steps)
			require.Equal(t, []string{"pi_before"}, run.settled)
		})
	}
}

// before is a time before the reset; nobody waits for an answer to its commands.
func (r *testRun) before() time.Time { return r.start.Add(-time.Minute) }

func (r *testRun) waits(open *booking.Payment, ended ...string) booking.Released {
	standing := r.paying(open, ended...)
	return booking.Released{Status: standing.Status, Found: standing}
}

func (r *testRun) payFromBefore(id string, method booking.Method) *update[booking.Payment] {
	pay := &update[booking.Payment]{}
	r.at(time.Second, func() {
		r.env.UpdateWorkflow(booking.UpdatePay, id, pay, booking.PayRequest{PaymentID: id, Method: method, At: r.before()})
	})
	return pay
}

// A command that comes again after a reset was answered before, perhaps with a refusal. A validator
// must not refuse it: the server would keep its id from being used again.
func TestWhatWasAskedForBeforeAResetIsNotDoneNow(t *testing.T) {
	t.Parallel()
	for name, ask := range map[string]func(*testRun, *update[any]){
		"a cancellation": func(r *testRun, done *update[any]) {
			r.env.UpdateWorkflow(booking.UpdateCancel, "old", done, booking.CancelRequest{At: r.before()})
		},
		"an operator's expiry": func(r *testRun, done *update[any]) {
			r.env.UpdateWorkflow(booking.UpdateExpire, "old", done, booking.ExpireRequest{Actor: "us_ada", Reason: "test", At: r.before()})
		},
		"a payment from the wallet": func(r *testRun, done *update[any]) {
			r.env.UpdateWorkflow(booking.UpdatePay, "old", done, booking.PayRequest{PaymentID: "pay_old", Method: booking.MethodWallet, At: r.before()})
		},
		"a payment by card of which nothing was written": func(r *testRun, done *update[any]) {
			r.env.UpdateWorkflow(booking.UpdatePay, "old", done, booking.PayRequest{PaymentID: "pay_old", Method: booking.MethodCard, At: r.before()})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := newResetRun(t)
			run.expectHold()
			run.lookedUp = run.waits(run.attempt("pay_before", "pi_before"))
			done := &update[any]{}
			run.at(time.Second, func() { ask(run, done) })
			run.event(time.Minute, succeeded("evt_1", "pi_before"))

			outcome := run.playToEnd()

			require.True(t, done.accepted)
			refusal := refusalOf(t, done.err, booking.CodeUnavailable)
			require.Equal(t, true, refusal.Details[booking.DetailNewKey])
			require.Equal(t, booking.StatusConfirmed, outcome.Status, "it waits on with the open attempt")
			require.Equal(t, []string{"lock", "look", "confirm"}, run.steps)
		})
	}
}

func TestALateCommandOfARunThatWasNotResetIsCarriedOut(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	done := &update[booking.Cancellation]{}
	run.at(time.Second, func() {
		run.env.UpdateWorkflow(booking.UpdateCancel, "late", done, booking.CancelRequest{At: run.before()})
	})
	outcome := run.playToEnd()
	require.NoError(t, done.err)
	require.Equal(t, booking.StatusCancelled, outcome.Status)
}

func TestARecentCommandIsCarriedOutAfterAReset(t *testing.T) {
	t.Parallel()
	run := newResetRun(t)
	run.expectHold()
	done := &update[booking.Cancellation]{}
	run.at(time.Second, func() {
		run.env.UpdateWorkflow(booking.UpdateCancel, "new", done, booking.CancelRequest{At: run.env.Now().Add(-booking.MaxRequestAge)})
	})
	outcome := run.playToEnd()
	require.NoError(t, done.err)
	require.Equal(t, booking.StatusCancelled, outcome.Status)
}

func TestAPaymentFromBeforeAResetIsAnsweredWithItsAttempt(t *testing.T) {
	t.Parallel()
	open := newResetRun(t)
	open.expectHold()
	open.lookedUp = open.waits(open.attempt("pay_before", "pi_before"))
	again := open.payFromBefore("pay_before", booking.MethodCard)
	open.event(time.Minute, succeeded("evt_1", "pi_before"))
	require.Equal(t, booking.StatusConfirmed, open.playToEnd().Status)
	require.NoError(t, again.err)
	require.Equal(t, "pi_before", again.result.IntentID)
	require.NotEmpty(t, again.result.ClientSecret)
	require.Equal(t, []string{"lock", "look", "open pi_before again", "confirm"}, open.steps)

	ended := newResetRun(t)
	ended.expectHold()
	ended.lookedUp = ended.waits(ended.attempt("pay_before", "pi_before"), "pay_0")
	again = ended.payFromBefore("pay_0", booking.MethodCard)
	ended.event(time.Minute, succeeded("evt_1", "pi_before"))
	require.Equal(t, booking.StatusConfirmed, ended.playToEnd().Status)
	requireRefusal(t, again.err, booking.CodePaymentFailed)
}

// A payment from before the reset has bought the seats: the run need not wait for its deadline to find out.
func TestAPaymentFromBeforeAResetTellsThatTheBookingHasEnded(t *testing.T) {
	t.Parallel()
	run := newResetRun(t)
	run.expectHold()
	run.lookedUp = booking.Released{Status: booking.StatusConfirmed, Intents: []string{"pi_other"}}
	again := run.payFromBefore("pay_before", booking.MethodWallet)

	outcome := run.playToEnd()

	requireRefusal(t, again.err, booking.CodeInvalidState)
	require.Equal(t, booking.StatusConfirmed, outcome.Status)
	require.Equal(t, []string{"lock", "look"}, run.steps)
	require.True(t, run.look.Undecided, "what may still be paid is left to settlements")
	require.Equal(t, []string{"pi_other"}, run.settled)
	require.Less(t, run.env.Now().Sub(run.start), testHold)
}

func TestACommandFromBeforeAResetTellsThatTheBookingHasEnded(t *testing.T) {
	t.Parallel()
	run := newResetRun(t)
	run.expectHold()
	run.lookedUp = booking.Released{Status: booking.StatusConfirmed}
	done := &update[booking.Cancellation]{}
	run.at(time.Second, func() {
		run.env.UpdateWorkflow(booking.UpdateCancel, "old", done, booking.CancelRequest{At: run.before()})
	})

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	require.True(t, done.accepted)
	requireRefusal(t, done.err, booking.CodeInvalidState)
}

// A run knows of an attempt that it has closed.
func TestARunThatWasResetLooksForWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	run := newResetRun(t)
	run.expectHold()
	run.pay(time.Second, booking.MethodCard)
	run.event(2*time.Second, booking.PaymentEvent{EventID: "evt_1", Kind: booking.PaymentEventSucceeded, IntentID: "pi_1", Received: booking.Money{Amount: 1, Currency: "INR"}})
	run.lookedUp = booking.Released{Status: booking.StatusExpired}
	run.at(time.Minute, func() {
		run.env.UpdateWorkflow(booking.UpdateCancel, "old", &update[booking.Cancellation]{}, booking.CancelRequest{At: run.before()})
	})

	require.Equal(t, booking.StatusExpired, run.playToEnd().Status)
	require.Equal(t, []string{"pi_1"}, run.look.Over)
	require.Equal(t, []string{"pi_1"}, run.settled)
}

func TestAttemptsAreCountedOnFromThoseOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	run := newRun(t)
	run.expectHold()
	run.foundAtFirst = run.paying(run.attempt("pay_before", "pi_before"), "pay_0")
	pay := run.pay(time.Second, booking.MethodCard)
	run.event(time.Minute, succeeded("evt_1", "pi_1"))

	require.Equal(t, booking.StatusConfirmed, run.playToEnd().Status)
	require.NoError(t, pay.err)
	require.Equal(t, 3, pay.result.Attempt)
}

func TestAnOperatorsCommandAboutARefundFromBeforeAResetIsNotCarriedOutNow(t *testing.T) {
	t.Parallel()
	run := newRefundRunIn(t, newEnvironment(wasReset()), booking.RefundInitiated, booking.RefundSucceeded)
	done := &update[booking.RefundReceipt]{}
	run.at(time.Minute, func() {
		run.status = booking.RefundNeedsAttention
		run.env.UpdateWorkflow(booking.UpdateDivert, "old", done, booking.RefundCommand{
			RefundID: "rf_1", Actor: "us_ada", Reason: "test", At: run.start,
		})
	})
	receipt, err := run.play()
	require.NoError(t, err)
	require.True(t, done.accepted)
	requireRefusal(t, done.err, booking.CodeUnavailable)
	require.Equal(t, booking.TenderCard, receipt.Tender)
}

// A cancellation that was made before is returned, and its refunds are followed; one that was refused is not made now.
func TestACancellationFromBeforeAResetIsOnlyLookedUp(t *testing.T) {
	t.Parallel()
	run := newCancelRunIn(t, newEnvironment(wasReset()))
	var asked booking.CancelSeatsRequest
	run.step = func(req booking.CancelSeatsRequest) (booking.CancelledSeats, error) {
		asked = req
		return cancelled(req), nil
	}
	request := seatsRequest("A10")
	request.At = run.env.Now().Add(-time.Minute)
	done := run.cancelAt(0, request)
	_, err := run.play(nil)
	require.NoError(t, err)
	require.NoError(t, done.err)
	require.True(t, asked.Repeat)
	require.Equal(t, []string{"rf_card_A10"}, run.followed)
}
