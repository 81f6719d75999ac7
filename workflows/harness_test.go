package workflows_test

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/workflows"
)

const testHold = 5 * time.Minute

var testQuote = booking.Quote{
	Currency: "INR", Subtotal: 36000, Discount: 0, Fees: 2000, Tax: 1900, Total: 39900,
	Seats: []booking.PricedSeat{
		{Seat: "A10", Category: "STANDARD", Price: 18000},
		{Seat: "A11", Category: "STANDARD", Price: 18000},
	},
	AppliedOffers: []booking.AppliedOffer{},
}

// testRun runs one booking against steps that remember the order in which they were called.
type testRun struct {
	t     *testing.T
	env   *testsuite.TestWorkflowEnvironment
	start time.Time
	steps []string

	// older says that the worker which locks the seats does not price them yet; priceError is the result of the step that does it then.
	older      bool
	priceError error

	lockError, openError, refundError, reserveError, releaseError error
	// quote is what the seats cost.
	quote booking.Quote
	// walletAmount is how much the customer wants to pay from the wallet; nil for as much as there is.
	walletAmount *int64
	// withPay is how the request says that it is paid; nil for later.
	withPay *booking.PayAtOnce
	// walletPart is the wallet's part of a hybrid payment.
	walletPart int64
	// unproven counts the confirmations that asked the provider first.
	unproven int
	// cancelError is the result of noting that an attempt was cancelled.
	cancelError error
	// unknown are the intents that the provider does not know.
	unknown map[string]bool
	// confirmErrors are the results of the first confirmations; later ones succeed.
	confirmErrors []error
	// paid is what the provider has collected on an intent; a processing one cannot be closed.
	paid       map[string]booking.Money
	processing map[string]bool

	// settledMeanwhile says that a settlement has confirmed the booking without the workflow's knowledge.
	settledMeanwhile bool
	// releasedAs is the state in which a release that changes nothing finds the booking.
	releasedAs *booking.Status
	// decision is what a settlement finds in the database.
	decision booking.SettlementDecision

	// opened and closed are the intents that the provider has made, and closed unpaid; sold and refunded
	// are those whose money a confirmation or a refund has used ("" for the wallet).
	opened, closed, sold, refunded map[string]bool

	// undecided says that open attempts were left open when the seats went back, over which intents were known to be over.
	undecided bool
	over      []string
	// orders are the refunds that were asked for.
	orders []booking.RefundOrder

	// found is the booking in the database when this run knows less of it, until a step has returned it;
	// others are the intents of other attempts that a confirmation ends.
	found  *booking.Standing
	others []string
	// recordedAs is the number under which a confirmation records its attempt; zero for the one that it was given.
	recordedAs int
	// lookedUp is the answer when a run that was reset looks the booking up; look is how it asked.
	lookedUp booking.Released
	look     booking.Release
	// foundAtFirst is how the first step finds the booking.
	foundAtFirst *booking.Standing
	// made are the intents of payments.
	made map[string]string

	// asked is what each intent is to collect.
	asked map[string]booking.Money

	intents int
	settled []string
	updates int
}

func newRun(t *testing.T) *testRun {
	t.Helper()
	return newRunIn(t, newEnvironment())
}

// newResetRun is a run that an operator has reset.
func newResetRun(t *testing.T) *testRun {
	t.Helper()
	return newRunIn(t, newEnvironment(wasReset()))
}

func newRunIn(t *testing.T, env *testsuite.TestWorkflowEnvironment) *testRun {
	t.Helper()
	run := &testRun{
		t: t, env: env, quote: testQuote,
		paid: map[string]booking.Money{}, processing: map[string]bool{},
		opened: map[string]bool{}, closed: map[string]bool{}, sold: map[string]bool{}, refunded: map[string]bool{},
		asked: map[string]booking.Money{}, unknown: map[string]bool{}, made: map[string]string{},
	}
	run.start = run.env.Now()
	for name, step := range map[string]any{
		booking.StepLockSeats:      run.lockSeats,
		booking.StepPriceSeats:     run.priceSeats,
		booking.StepReserveWallet:  run.reserveWallet,
		booking.StepConfirmBooking: run.confirmBooking,
		booking.StepReleaseSeats:   run.releaseSeats,
		booking.StepNotePayment:    run.notePayment,
		booking.StepOpenIntent:     run.openIntent,
		booking.StepCloseIntent:    run.closeIntent,
		booking.StepRefundIntent:   run.refundIntent,
		booking.StepSettleMoney:    run.settleMoney,
	} {
		run.env.RegisterActivityWithOptions(step, activity.RegisterOptions{Name: name})
	}
	run.env.SetOnChildWorkflowStartedListener(func(child *workflow.Info, _ workflow.Context, _ converter.EncodedValues) {
		run.settled = append(run.settled, strings.TrimPrefix(child.WorkflowExecution.ID, "settle/"))
	})
	return run
}

func (r *testRun) stepsTaken(format string, args ...any) {
	r.steps = append(r.steps, fmt.Sprintf(format, args...))
}

func (r *testRun) lockSeats(context.Context, booking.Request) (booking.Lock, error) {
	r.stepsTaken("lock")
	lock := booking.Lock{ExpiresAt: r.start.Add(testHold), Found: r.foundAtFirst}
	if !r.older {
		lock.Due = new(r.quote.Due())
	}
	return lock, r.lockError
}

func (r *testRun) priceSeats(context.Context, booking.Pricing) (booking.Quote, error) {
	r.stepsTaken("price")
	return r.quote, r.priceError
}

func (r *testRun) reserveWallet(_ context.Context, req booking.Reservation) (booking.Reserved, error) {
	r.stepsTaken("reserve")
	payment := req.Payment
	payment.Wallet.Amount = r.walletPart
	if req.WalletAmount != nil {
		payment.Wallet.Amount = *req.WalletAmount
	}
	payment.Card.Amount = testQuote.Total - payment.Wallet.Amount
	switch {
	case payment.Card.IsZero():
		payment.Method = booking.MethodWallet
	case payment.Wallet.IsZero():
		payment.Method = booking.MethodCard
	}
	return booking.Reserved{Payment: payment}, r.reserveError
}

func (r *testRun) confirmBooking(_ context.Context, c booking.Confirmation) (booking.Confirmed, error) {
	r.stepsTaken("confirm")
	if c.Unproven {
		r.unproven++
	}
	require.Equal(r.t, r.quote.Total, c.Payment.Wallet.Amount+c.Payment.Card.Amount)
	var err error
	if len(r.confirmErrors) > 0 {
		err = r.confirmErrors[0]
		r.confirmErrors = r.confirmErrors[1:]
	}
	if err == nil {
		r.sold[c.Payment.IntentID] = true
	}
	return booking.Confirmed{Attempt: cmp.Or(r.recordedAs, c.Payment.Attempt), Intents: r.others}, err
}

func (r *testRun) releaseSeats(_ context.Context, req booking.Release) (booking.Released, error) {
	require.Equal(r.t, "bk_1", req.BookingID)
	if req.Resume {
		r.stepsTaken("look")
		r.look = req
		return r.lookedUp, nil
	}
	r.stepsTaken("release %s", req.To)
	r.undecided, r.over = req.Undecided, req.Over
	if r.releasedAs != nil {
		return booking.Released{Status: *r.releasedAs}, nil
	}
	if r.releaseError != nil {
		return booking.Released{}, r.releaseError
	}
	if r.found != nil && !req.Undecided {
		r.steps[len(r.steps)-1] = "found"
		found := r.found
		r.found = nil
		return booking.Released{Status: found.Status, Found: found}, nil
	}
	if r.found != nil {
		return booking.Released{Status: req.To, Intents: r.found.Intents}, nil
	}
	if r.settledMeanwhile {
		return booking.Released{Status: booking.StatusConfirmed}, nil
	}
	return booking.Released{Status: req.To}, nil
}

func (r *testRun) notePayment(_ context.Context, note booking.PaymentNote) error {
	r.stepsTaken("note %s", note.Status)
	if note.UnprovenIntent != "" {
		return r.cancelError
	}
	return nil
}

func (r *testRun) openIntent(_ context.Context, order booking.IntentOrder) (booking.Intent, error) {
	if r.openError != nil {
		return booking.Intent{}, r.openError
	}
	if r.found != nil && r.found.Open.ID != order.Payment.ID {
		r.stepsTaken("found")
		found := r.found
		r.found = nil
		return booking.Intent{Found: found}, nil
	}
	if id := r.made[order.Payment.ID]; id != "" {
		r.stepsTaken("open %s again", id)
		return booking.Intent{IntentID: id, ClientSecret: "secret of " + id, Attempt: order.Payment.Attempt}, nil
	}
	r.intents++
	id := fmt.Sprintf("pi_%d", r.intents)
	r.stepsTaken("open %s", id)
	r.opened[id] = true
	r.made[order.Payment.ID] = id
	r.asked[id] = order.Payment.Card
	return booking.Intent{IntentID: id, ClientSecret: "secret of " + id}, nil
}

func (r *testRun) closeIntent(_ context.Context, req booking.IntentClosing) (booking.ClosedIntent, error) {
	if r.processing[req.IntentID] {
		return booking.ClosedIntent{}, temporal.NewApplicationError("still processing", "StillProcessing")
	}
	r.stepsTaken("close %s", req.IntentID)
	r.closed[req.IntentID] = r.paid[req.IntentID].IsZero()
	return booking.ClosedIntent{
		IntentID: req.IntentID, BookingID: "bk_1", PaymentID: "payment of " + req.IntentID, Received: r.paid[req.IntentID], Unknown: r.unknown[req.IntentID],
	}, nil
}

func (r *testRun) refundIntent(_ context.Context, order booking.RefundOrder) (booking.RefundReceipt, error) {
	if r.refundError != nil {
		return booking.RefundReceipt{}, r.refundError
	}
	r.stepsTaken("refund %s", order.IntentID)
	r.orders = append(r.orders, order)
	r.refunded[order.IntentID] = true
	return booking.RefundReceipt{RefundID: order.RefundID, Status: booking.RefundSucceeded, Amount: order.Amount}, nil
}

func (r *testRun) settleMoney(context.Context, booking.Settlement) (booking.SettlementDecision, error) {
	r.stepsTaken("settle")
	return r.decision, nil
}

func (r *testRun) at(after time.Duration, do func()) { r.env.RegisterDelayedCallback(do, after) }

func (r *testRun) event(after time.Duration, event booking.PaymentEvent) {
	r.at(after, func() { r.env.SignalWorkflow(booking.SignalPaymentEvent, event) })
}

// update remembers the result of an update. It is the callback that the test environment calls.
type update[T any] struct {
	result   T
	err      error
	accepted bool
}

func (u *update[T]) Accept()          { u.accepted = true }
func (u *update[T]) Reject(err error) { u.err = err }
func (u *update[T]) Complete(result any, err error) {
	u.err = err
	if typed, ok := result.(T); ok {
		u.result = typed
	}
}

func (r *testRun) expectHold() *update[booking.Hold] {
	hold := &update[booking.Hold]{}
	r.at(0, func() { r.env.UpdateWorkflow(booking.UpdateHold, booking.UpdateHold, hold) })
	return hold
}

func (r *testRun) pay(after time.Duration, method booking.Method) *update[booking.Payment] {
	pay := &update[booking.Payment]{}
	r.updates++
	id := fmt.Sprintf("pay_%d", r.updates)
	r.at(after, func() {
		r.env.UpdateWorkflow(booking.UpdatePay, id, pay, booking.PayRequest{PaymentID: id, Method: method, WalletAmount: r.walletAmount})
	})
	return pay
}

func (r *testRun) cancel(after time.Duration) *update[booking.Cancellation] {
	cancel := &update[booking.Cancellation]{}
	r.at(after, func() {
		r.env.UpdateWorkflow(booking.UpdateCancel, booking.UpdateCancel, cancel, booking.CancelRequest{})
	})
	return cancel
}

func (r *testRun) play() {
	r.env.OnWorkflow(booking.SettlementWorkflow, mock.Anything, mock.Anything).Maybe().
		Return(booking.SettlementOutcome{}, nil)
	r.env.ExecuteWorkflow(workflows.Booking, booking.Request{
		BookingID: "bk_1", CustomerID: "us_1", ShowID: "sh_1", Seats: []string{"A10", "A11"}, RequestHash: "hash",
		Pay: r.withPay,
	})
	require.True(r.t, r.env.IsWorkflowCompleted())
}

func (r *testRun) playToEnd() booking.Outcome {
	r.t.Helper()
	r.play()
	require.NoError(r.t, r.env.GetWorkflowError())
	var outcome booking.Outcome
	require.NoError(r.t, r.env.GetWorkflowResult(&outcome))
	return outcome
}

// showCancelledAt sends the cascade's signal that the show is cancelled.
func (r *testRun) showCancelledAt(after time.Duration) {
	r.at(after, func() {
		r.env.SignalWorkflow(booking.SignalShowCancelled, booking.ShowCancelled{CascadeID: "cs_1", CorrelationID: "cancel-1"})
	})
}

func (r *testRun) toFailure() error {
	r.t.Helper()
	r.play()
	return r.env.GetWorkflowError()
}

func refusalError(refusal *booking.Refusal) error {
	return temporal.NewApplicationErrorWithOptions(refusal.Message, booking.RefusalType, temporal.ApplicationErrorOptions{
		NonRetryable: true, Details: []any{*refusal},
	})
}

func requireRefusal(t *testing.T, err error, code booking.Code) {
	t.Helper()
	require.NotNil(t, refusalOf(t, err, code))
}

func refusalOf(t *testing.T, err error, code booking.Code) *booking.Refusal {
	t.Helper()
	var appErr *temporal.ApplicationError
	require.ErrorAs(t, err, &appErr)
	var refusal booking.Refusal
	require.NoError(t, appErr.Details(&refusal))
	require.Equal(t, code, refusal.Code)
	return &refusal
}
