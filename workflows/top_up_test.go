package workflows_test

import (
	"context"
	"errors"
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

var topUpAmount = booking.Money{Amount: 50000, Currency: "INR"}

// topUpTest runs one top-up against steps that remember the order in which they were called.
type topUpTest struct {
	t     *testing.T
	env   *testsuite.TestWorkflowEnvironment
	start time.Time
	steps []string

	openError, intentError, creditError error
	// eventErrors are the results of the first credits, and of notes, that are based on an event alone.
	eventErrors []error
	// failures is how often the database is unreachable before it notes or credits.
	failures int
	// endedAs is the state to which a settlement has brought the top-up without the workflow's knowledge.
	endedAs booking.TopUpStatus
	// found is how an earlier run has left the top-up, and foundIntent the intent that collects it.
	found       booking.TopUpStatus
	foundIntent string
	// paid is what the provider has collected; a processing intent cannot be closed.
	paid       booking.Money
	processing bool
	// closed says that the intent will never collect money; credited counts the credits that succeeded.
	closed   bool
	credited int

	settled []string
}

func newTopUp(t *testing.T) *topUpTest {
	t.Helper()
	return newTopUpIn(t, newEnvironment())
}

func newTopUpIn(t *testing.T, env *testsuite.TestWorkflowEnvironment) *topUpTest {
	t.Helper()
	run := &topUpTest{t: t, env: env}
	run.start = run.env.Now()
	for name, step := range map[string]any{
		booking.StepOpenTopUp:       run.openTopUp,
		booking.StepOpenTopUpIntent: run.openIntent,
		booking.StepNoteTopUp:       run.noteTopUp,
		booking.StepCreditTopUp:     run.creditTopUp,
		booking.StepCloseIntent:     run.closeIntent,
	} {
		run.env.RegisterActivityWithOptions(step, activity.RegisterOptions{Name: name})
	}
	run.env.SetOnChildWorkflowStartedListener(func(child *workflow.Info, _ workflow.Context, _ converter.EncodedValues) {
		run.settled = append(run.settled, strings.TrimPrefix(child.WorkflowExecution.ID, "settle/"))
	})
	return run
}

func (r *topUpTest) stepsTaken(format string, args ...any) {
	r.steps = append(r.steps, fmt.Sprintf(format, args...))
}

func (r *topUpTest) openTopUp(context.Context, booking.TopUpRequest) (booking.TopUpOpening, error) {
	if r.openError == nil {
		r.stepsTaken("open")
	}
	return booking.TopUpOpening{ExpiresAt: r.start.Add(booking.TopUpTime), Status: r.found, IntentID: r.foundIntent}, r.openError
}

func (r *topUpTest) openIntent(context.Context, booking.TopUpRequest) (booking.Intent, error) {
	if r.intentError != nil {
		return booking.Intent{}, r.intentError
	}
	r.stepsTaken("intent")
	return booking.Intent{IntentID: "pi_1", ClientSecret: "secret"}, nil
}

func (r *topUpTest) noteTopUp(_ context.Context, note booking.TopUpNote) (booking.TopUpNoted, error) {
	if err := r.away(); err != nil {
		return booking.TopUpNoted{}, err
	}
	r.stepsTaken("note %s", note.Status)
	if note.UnprovenIntent != "" {
		if err := r.eventError(); err != nil {
			return booking.TopUpNoted{}, err
		}
	}
	if r.endedAs != "" {
		return booking.TopUpNoted{Status: r.endedAs}, nil
	}
	return booking.TopUpNoted{Status: note.Status, IntentID: r.foundIntent}, nil
}

func (r *topUpTest) creditTopUp(_ context.Context, credit booking.TopUpCredit) error {
	if err := r.away(); err != nil {
		return err
	}
	r.stepsTaken("credit %s", credit.Received)
	if credit.Unproven {
		if err := r.eventError(); err != nil {
			return err
		}
	}
	if r.creditError == nil {
		r.credited++
	}
	return r.creditError
}

func (r *topUpTest) eventError() error {
	if len(r.eventErrors) == 0 {
		return nil
	}
	err := r.eventErrors[0]
	r.eventErrors = r.eventErrors[1:]
	return err
}

func (r *topUpTest) away() error {
	if r.failures > 0 {
		r.failures--
		return errors.New("database is away")
	}
	return nil
}

func (r *topUpTest) closeIntent(context.Context, booking.IntentClosing) (booking.ClosedIntent, error) {
	if r.processing {
		return booking.ClosedIntent{}, temporal.NewApplicationError("still processing", "StillProcessing")
	}
	r.stepsTaken("close")
	r.closed = r.paid.IsZero()
	return booking.ClosedIntent{IntentID: "pi_1", TopUpID: "tu_1", Received: r.paid}, nil
}

func (r *topUpTest) at(after time.Duration, do func()) { r.env.RegisterDelayedCallback(do, after) }

func (r *topUpTest) event(after time.Duration, kind booking.PaymentEventKind, received booking.Money) {
	event := booking.PaymentEvent{
		EventID: fmt.Sprintf("evt_%s_%s", kind, after), Kind: kind, IntentID: "pi_1", TopUpID: "tu_1", Received: received, DeclineCode: "card_declined",
	}
	r.at(after, func() { r.env.SignalWorkflow(booking.SignalPaymentEvent, event) })
}

func (r *topUpTest) expectOpen() *update[booking.TopUp] {
	open := &update[booking.TopUp]{}
	r.at(0, func() { r.env.UpdateWorkflow(booking.UpdateOpen, booking.UpdateOpen, open) })
	return open
}

func (r *topUpTest) play() {
	r.env.OnWorkflow(booking.SettlementWorkflow, mock.Anything, mock.Anything).Maybe().Return(booking.SettlementOutcome{}, nil)
	r.env.ExecuteWorkflow(workflows.TopUp, booking.TopUpRequest{TopUpID: "tu_1", UserID: "us_1", Amount: topUpAmount, RequestHash: "hash"})
	require.True(r.t, r.env.IsWorkflowCompleted())
}

func (r *topUpTest) playToEnd() booking.TopUpOutcome {
	r.t.Helper()
	r.play()
	require.NoError(r.t, r.env.GetWorkflowError())
	var outcome booking.TopUpOutcome
	require.NoError(r.t, r.env.GetWorkflowResult(&outcome))
	require.Equal(r.t, "tu_1", outcome.TopUpID)
	require.Equal(r.t, "hash", outcome.RequestHash)
	return outcome
}

// requireSteps are those after the top-up was opened.
func (r *topUpTest) requireSteps(steps ...string) {
	r.t.Helper()
	require.Equal(r.t, append([]string{"open", "intent"}, steps...), r.steps)
}

func TestATopUpIsCreditedByItsWebhook(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	open := run.expectOpen()
	run.event(time.Minute, booking.PaymentEventProcessing, booking.Money{})
	run.event(2*time.Minute, booking.PaymentEventSucceeded, topUpAmount)
	run.event(2*time.Minute, booking.PaymentEventSucceeded, topUpAmount)

	outcome := run.playToEnd()

	require.NoError(t, open.err)
	require.Equal(t, booking.TopUp{
		ID: "tu_1", IntentID: "pi_1", ClientSecret: "secret", ExpiresAt: run.start.Add(booking.TopUpTime).UTC(), RequestHash: "hash",
	}, open.result)
	require.Equal(t, booking.TopUpSucceeded, outcome.Status)
	run.requireSteps("note PROCESSING", "credit ₹500.00")
	require.Empty(t, run.settled)
}

func TestADeclinedTopUpStaysPayable(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.event(time.Minute, booking.PaymentEventDeclined, booking.Money{})
	run.event(2*time.Minute, booking.PaymentEventSucceeded, topUpAmount)

	require.Equal(t, booking.TopUpSucceeded, run.playToEnd().Status)

	run.requireSteps("note DECLINED", "credit ₹500.00")
}

func TestAnUnpaidTopUpExpiresAtItsDeadline(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()

	require.Equal(t, booking.TopUpExpired, run.playToEnd().Status)

	run.requireSteps("close", "note EXPIRED")
	require.Equal(t, booking.TopUpTime, run.env.Now().Sub(run.start), "neither earlier nor later")
}

func TestATopUpThatWasPaidInTheLastMomentIsCredited(t *testing.T) {
	t.Parallel()
	t.Run("the provider says so when it is asked", func(t *testing.T) {
		t.Parallel()
		run := newTopUp(t)
		run.expectOpen()
		run.paid = topUpAmount

		require.Equal(t, booking.TopUpSucceeded, run.playToEnd().Status)

		run.requireSteps("close", "credit ₹500.00")
	})
	// The main loop is kept busy past the deadline, so that it finds the payment and the deadline ready at the same time.
	t.Run("the event comes with the deadline", func(t *testing.T) {
		t.Parallel()
		run := newTopUp(t)
		run.expectOpen()
		run.at(booking.TopUpTime-4*time.Second, func() { run.failures = 1000 })
		run.event(booking.TopUpTime-3*time.Second, booking.PaymentEventDeclined, booking.Money{})
		run.event(booking.TopUpTime+time.Second, booking.PaymentEventSucceeded, topUpAmount)
		run.at(booking.TopUpTime+2*time.Second, func() { run.failures = 0 })

		require.Equal(t, booking.TopUpSucceeded, run.playToEnd().Status)

		require.Greater(t, run.env.Now().Sub(run.start), booking.TopUpTime, "the deadline had passed when the loop was free again")
		require.Equal(t, "credit ₹500.00", run.steps[len(run.steps)-1])
		require.NotContains(t, run.steps, "close")
	})
}

func TestATopUpWhoseChargeIsUndecidedIsLeftToASettlement(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.processing = true

	require.Equal(t, booking.TopUpProcessing, run.playToEnd().Status)

	run.requireSteps("note PROCESSING")
	require.Equal(t, []string{"pi_1"}, run.settled)
}

func TestATopUpThatStaysPayableWhenItIsEndedIsADefect(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.endedAs = booking.TopUpDeclined

	run.play()

	require.ErrorContains(t, run.env.GetWorkflowError(), "cannot become EXPIRED")
}

func TestAnEventThatComesWhileTheProviderIsAskedDecides(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.processing = true
	run.event(booking.TopUpTime+time.Minute, booking.PaymentEventSucceeded, topUpAmount)

	require.Equal(t, booking.TopUpSucceeded, run.playToEnd().Status)

	run.requireSteps("credit ₹500.00")
	require.Empty(t, run.settled)
}

func TestAnyOtherSumThanWasAskedForIsSettled(t *testing.T) {
	t.Parallel()
	for name, received := range map[string]booking.Money{
		"less":             {Amount: 49999, Currency: "INR"},
		"more":             {Amount: 50001, Currency: "INR"},
		"another currency": {Amount: 50000, Currency: "USD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := newTopUp(t)
			run.expectOpen()
			run.event(time.Minute, booking.PaymentEventSucceeded, received)

			outcome := run.playToEnd()

			require.Equal(t, booking.TopUpCancelled, outcome.Status)
			require.Contains(t, outcome.Reason, "instead of ₹500.00")
			run.requireSteps("note CANCELLED")
			require.Equal(t, []string{"pi_1"}, run.settled)
		})
	}
}

func TestAnIntentThatIsCancelledAtTheProviderEndsItsTopUp(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.foundIntent = "pi_1"
	run.event(time.Minute, booking.PaymentEventCanceled, booking.Money{})

	require.Equal(t, booking.TopUpCancelled, run.playToEnd().Status)

	run.requireSteps("note CANCELLED")
	require.Empty(t, run.settled, "nothing more can be paid on it")
}

func TestAnOperatorCancelsATopUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(*topUpTest)
		status  booking.TopUpStatus
		steps   []string
		settled []string
	}{
		"unpaid":    {func(*topUpTest) {}, booking.TopUpCancelled, []string{"close", "note CANCELLED"}, nil},
		"paid":      {func(r *topUpTest) { r.paid = topUpAmount }, booking.TopUpSucceeded, []string{"close", "credit ₹500.00"}, nil},
		"undecided": {func(r *topUpTest) { r.processing = true }, booking.TopUpProcessing, []string{"note PROCESSING"}, []string{"pi_1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := newTopUp(t)
			run.expectOpen()
			test.prepare(run)
			run.at(time.Minute, run.env.CancelWorkflow)

			require.Equal(t, test.status, run.playToEnd().Status)

			run.requireSteps(test.steps...)
			require.Equal(t, test.settled, run.settled)
		})
	}
}

func TestARefusedTopUpEndsAtOnce(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.openError = refusalError(booking.InvalidField("amount", "too much"))
	open := run.expectOpen()

	outcome := run.playToEnd()

	refusal := refusalOf(t, open.err, booking.CodeValidation)
	require.Equal(t, "hash", refusal.Details["requestHash"], "a repeat of the key with another body is told apart by it")
	require.Equal(t, booking.CodeValidation, outcome.Refusal.Code)
	require.Empty(t, outcome.Status)
	require.Empty(t, run.steps)
}

func TestATopUpThatTheProviderRefusesEndsAtOnce(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.intentError = refusalError(booking.Refuse(booking.CodePaymentFailed, "refused"))
	open := run.expectOpen()

	require.Equal(t, booking.CodePaymentFailed, run.playToEnd().Refusal.Code)

	requireRefusal(t, open.err, booking.CodePaymentFailed)
	require.Equal(t, []string{"open"}, run.steps)
}

func TestATopUpThatCannotBeOpenedIsTakenBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(*topUpTest)
		steps   []string
	}{
		"the database is away": {func(r *topUpTest) { r.openError = errors.New("database is away") }, []string{"note CANCELLED"}},
		"the provider is away": {func(r *topUpTest) { r.intentError = errors.New("provider is away") }, []string{"open", "note CANCELLED"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := newTopUp(t)
			test.prepare(run)
			open := run.expectOpen()

			require.Equal(t, booking.CodeUnavailable, run.playToEnd().Refusal.Code)

			require.Equal(t, true, refusalOf(t, open.err, booking.CodeUnavailable).Details[booking.DetailNewKey])
			require.Equal(t, test.steps, run.steps)
		})
	}
}

func TestADefectInOpeningATopUpFailsTheWorkflow(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.openError = temporal.NewNonRetryableApplicationError("no such user", "Defect", nil)
	open := run.expectOpen()

	run.play()

	require.Error(t, run.env.GetWorkflowError())
	require.Error(t, open.err)
	require.Equal(t, []string{"note CANCELLED"}, run.steps)
}

func TestACreditOutlivesADatabaseThatIsAwayForLong(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.event(time.Minute, booking.PaymentEventSucceeded, topUpAmount)
	run.failures = 20

	require.Equal(t, booking.TopUpSucceeded, run.playToEnd().Status)

	run.requireSteps("credit ₹500.00")
}

func TestMoneyThatCannotBeCreditedIsSettled(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		run := newTopUp(t)
		run.expectOpen()
		run.creditError = refusalError(booking.Refuse(booking.CodeConflict, "paid on another intent"))
		run.event(time.Minute, booking.PaymentEventSucceeded, topUpAmount)

		outcome := run.playToEnd()

		require.Equal(t, booking.TopUpCancelled, outcome.Status)
		require.Equal(t, []string{"pi_1"}, run.settled)
	})
	t.Run("a defect", func(t *testing.T) {
		t.Parallel()
		run := newTopUp(t)
		run.expectOpen()
		run.creditError = temporal.NewNonRetryableApplicationError("does not sum to zero", "Defect", nil)
		run.event(time.Minute, booking.PaymentEventSucceeded, topUpAmount)

		run.play()

		require.Error(t, run.env.GetWorkflowError())
		require.Equal(t, []string{"pi_1"}, run.settled)
	})
}

func TestATopUpThatASettlementHasEndedKeepsItsEnd(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.endedAs = booking.TopUpSucceeded

	require.Equal(t, booking.TopUpSucceeded, run.playToEnd().Status)
}

func TestMoneyOnAnotherIntentIsSettled(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	for i, kind := range []booking.PaymentEventKind{booking.PaymentEventDeclined, booking.PaymentEventSucceeded, booking.PaymentEventSucceeded} {
		run.at(time.Minute, func() {
			run.env.SignalWorkflow(booking.SignalPaymentEvent, booking.PaymentEvent{
				EventID: fmt.Sprint("evt_", i), Kind: kind, IntentID: "pi_other", Received: topUpAmount,
			})
		})
	}

	require.Equal(t, booking.TopUpExpired, run.playToEnd().Status)

	require.Equal(t, []string{"pi_other"}, run.settled)
}

func TestASettlementOfATopUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		paid     booking.Money
		decision booking.SettlementDecision
		result   booking.SettlementResult
		steps    []string
	}{
		"unpaid":   {booking.Money{}, booking.SettlementDecision{}, booking.SettledNothing, []string{"close", "note EXPIRED"}},
		"credited": {topUpAmount, booking.SettlementDecision{Result: booking.SettledCredited}, booking.SettledCredited, []string{"close", "settle"}},
		"refunded": {
			booking.Money{Amount: 7, Currency: "INR"},
			booking.SettlementDecision{Result: booking.SettledRefunded, Reason: "another sum"},
			booking.SettledRefunded,
			[]string{"close", "settle", "refund ₹0.07"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := newTopUp(t)
			run.paid = test.paid
			run.env.RegisterActivityWithOptions(func(_ context.Context, req booking.Settlement) (booking.SettlementDecision, error) {
				run.stepsTaken("settle")
				require.Equal(t, "tu_1", req.Intent.TopUpID)
				return test.decision, nil
			}, activity.RegisterOptions{Name: booking.StepSettleMoney})
			run.env.RegisterActivityWithOptions(func(_ context.Context, order booking.RefundOrder) (booking.RefundReceipt, error) {
				run.stepsTaken("refund %s", order.Amount)
				return booking.RefundReceipt{RefundID: order.RefundID, Status: booking.RefundSucceeded, Amount: order.Amount}, nil
			}, activity.RegisterOptions{Name: booking.StepRefundIntent})

			run.env.ExecuteWorkflow(workflows.Settlement, booking.SettlementRequest{IntentID: "pi_1", Reason: "test"})

			require.NoError(t, run.env.GetWorkflowError())
			var outcome booking.SettlementOutcome
			require.NoError(t, run.env.GetWorkflowResult(&outcome))
			require.Equal(t, test.result, outcome.Result)
			require.Equal(t, "tu_1", outcome.TopUpID)
			require.Equal(t, test.steps, run.steps)
		})
	}
}

func TestATopUpWhosePaymentTheProviderDeniesStaysPayable(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.eventErrors = []error{notCollected()}
	run.event(time.Minute, booking.PaymentEventSucceeded, topUpAmount)

	require.Equal(t, booking.TopUpExpired, run.playToEnd().Status)

	run.requireSteps("credit ₹500.00", "close", "note EXPIRED")
	require.Zero(t, run.credited)
}

func TestATopUpIsCreditedOnceTheProviderConfirmsItsEvent(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.eventErrors = []error{notCollected()}
	run.event(time.Minute, booking.PaymentEventSucceeded, topUpAmount)
	run.event(2*time.Minute, booking.PaymentEventSucceeded, topUpAmount)

	require.Equal(t, booking.TopUpSucceeded, run.playToEnd().Status)
	require.Equal(t, 1, run.credited)
}

func TestATopUpWhoseProviderIsAwayUntilTheDeadlineIsAskedAboutThen(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	for range 200 {
		run.eventErrors = append(run.eventErrors, errors.New("the provider is away"))
	}
	run.paid = topUpAmount
	run.event(time.Minute, booking.PaymentEventSucceeded, topUpAmount)

	require.Equal(t, booking.TopUpSucceeded, run.playToEnd().Status)
	require.Equal(t, 1, run.credited)
	require.Contains(t, run.steps, "close")
}

func TestATopUpThatOnlyAnEventCallsCancelledStaysPayable(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.eventErrors = []error{notCollected()}
	run.paid = topUpAmount
	run.event(time.Minute, booking.PaymentEventCanceled, booking.Money{})

	require.Equal(t, booking.TopUpSucceeded, run.playToEnd().Status)
	run.requireSteps("note CANCELLED", "close", "credit ₹500.00")
}

func TestATopUpThatBeginsAgainTakesTheEndThatItFinds(t *testing.T) {
	t.Parallel()
	for found, settled := range map[booking.TopUpStatus][]string{
		booking.TopUpSucceeded: nil, booking.TopUpExpired: {"pi_1"}, booking.TopUpCancelled: {"pi_1"},
	} {
		t.Run(string(found), func(t *testing.T) {
			t.Parallel()
			run := newTopUp(t)
			run.found, run.foundIntent = found, "pi_1"
			open := run.expectOpen()

			require.Equal(t, found, run.playToEnd().Status)

			requireRefusal(t, open.err, booking.CodeInvalidState)
			require.Equal(t, []string{"open"}, run.steps)
			require.Equal(t, settled, run.settled)
		})
	}
}

func TestATopUpThatBeginsAgainLeavesNoIntentBehind(t *testing.T) {
	t.Parallel()
	run := newTopUp(t)
	run.expectOpen()
	run.found, run.foundIntent, run.intentError = booking.TopUpInitiated, "pi_1", errors.New("provider is away")

	run.playToEnd()

	require.Equal(t, []string{"open", "note CANCELLED"}, run.steps)
	require.Equal(t, []string{"pi_1"}, run.settled, "its customer may know how to pay it")

	again := newTopUp(t)
	again.expectOpen()
	again.found, again.foundIntent = booking.TopUpInitiated, "pi_1"
	require.Equal(t, booking.TopUpExpired, again.playToEnd().Status)
	again.requireSteps("close", "note EXPIRED")
	require.Empty(t, again.settled, "it is closed")
}
