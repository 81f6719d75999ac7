package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/workflows"
)

// refundRun runs the workflow of one refund against a provider that gives the answers of the test.
type refundRun struct {
	t     *testing.T
	env   *testsuite.TestWorkflowEnvironment
	start time.Time

	// answers are the provider's, one after another; the last one stays.
	answers []booking.RefundStatus
	// away says that the provider does not answer, deaf that it does not answer when a refund is sent; broken makes sending a defect.
	away, deaf, broken bool
	status             booking.RefundStatus
	diverted           bool

	// steps are those that ran, with the minutes since the start; commands are their arguments.
	steps    []string
	commands []booking.RefundCommand
}

func newRefundRun(t *testing.T, answers ...booking.RefundStatus) *refundRun {
	t.Helper()
	return newRefundRunIn(t, newEnvironment(), answers...)
}

func newRefundRunIn(t *testing.T, env *testsuite.TestWorkflowEnvironment, answers ...booking.RefundStatus) *refundRun {
	t.Helper()
	run := &refundRun{t: t, env: env, answers: answers}
	run.start = run.env.Now()
	for name, step := range map[string]any{
		booking.StepSendRefund: run.send, booking.StepRetryRefund: run.retry, booking.StepDivertRefund: run.divert,
		booking.StepSettleRefund: run.settle, booking.StepCloseRefund: run.close,
	} {
		run.env.RegisterActivityWithOptions(step, activity.RegisterOptions{Name: name})
	}
	return run
}

func (r *refundRun) stepsTaken(step string) {
	r.steps = append(r.steps, fmt.Sprintf("%s at %d", step, r.env.Now().Sub(r.start)/time.Minute))
}

func (r *refundRun) receipt() booking.RefundReceipt {
	receipt := booking.RefundReceipt{RefundID: "rf_1", Status: r.status, Amount: booking.Money{Amount: 100, Currency: "INR"}, Tender: booking.TenderCard}
	if r.diverted {
		receipt.Tender = booking.TenderWallet
	}
	return receipt
}

func (r *refundRun) send(context.Context, booking.RefundRequest) (booking.RefundReceipt, error) {
	if r.away || r.deaf {
		return booking.RefundReceipt{}, errors.New("the provider is away")
	}
	if r.broken {
		return booking.RefundReceipt{}, temporal.NewNonRetryableApplicationError("another refund has this key", "ProviderRejected", nil)
	}
	if r.status != booking.RefundNeedsAttention && !r.diverted {
		r.status = r.answers[0]
		if len(r.answers) > 1 {
			r.answers = r.answers[1:]
		}
	}
	r.stepsTaken("send")
	return r.receipt(), nil
}

func (r *refundRun) retry(_ context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	return r.command("retry", cmd, func() { r.status = booking.RefundInitiated })
}

func (r *refundRun) divert(_ context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	return r.command("divert", cmd, func() { r.status, r.diverted = booking.RefundSucceeded, true })
}

func (r *refundRun) settle(_ context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	return r.command("settle", cmd, func() { r.status = booking.RefundSucceeded })
}

func (r *refundRun) close(_ context.Context, cmd booking.RefundCommand) (booking.RefundReceipt, error) {
	return r.command("close", cmd, func() { r.status = booking.RefundClosed })
}

func (r *refundRun) command(name string, cmd booking.RefundCommand, do func()) (booking.RefundReceipt, error) {
	switch {
	case r.away:
		return booking.RefundReceipt{}, errors.New("the provider is away")
	case !r.status.Refused():
		return booking.RefundReceipt{}, refusalError(booking.Refuse(booking.CodeInvalidState, "not refused"))
	}
	require.NotEmpty(r.t, cmd.CommandID)
	r.commands = append(r.commands, cmd)
	r.stepsTaken(name)
	do()
	return r.receipt(), nil
}

func (r *refundRun) at(after time.Duration, do func()) { r.env.RegisterDelayedCallback(do, after) }

func (r *refundRun) event(after time.Duration) {
	r.at(after, func() {
		r.env.SignalWorkflow(booking.SignalRefundEvent, booking.RefundEvent{EventID: "evt", RefundID: "rf_1"})
	})
}

func (r *refundRun) operator(after time.Duration, name string) *update[booking.RefundReceipt] {
	done := &update[booking.RefundReceipt]{}
	r.at(after, func() {
		r.env.UpdateWorkflow(name, "command-"+name+after.String(), done, booking.RefundCommand{RefundID: "rf_1", Actor: "us_admin", Reason: "test"})
	})
	return done
}

func (r *refundRun) play() (booking.RefundReceipt, error) {
	r.t.Helper()
	r.env.ExecuteWorkflow(workflows.Refund, booking.RefundRequest{RefundID: "rf_1"})
	require.True(r.t, r.env.IsWorkflowCompleted())
	var receipt booking.RefundReceipt
	if err := r.env.GetWorkflowError(); err != nil {
		return receipt, err
	}
	require.NoError(r.t, r.env.GetWorkflowResult(&receipt))
	return receipt, nil
}

func (r *refundRun) playToEnd() booking.RefundReceipt {
	r.t.Helper()
	receipt, err := r.play()
	require.NoError(r.t, err)
	return receipt
}

func TestARefundThatSucceedsAtOnceIsDone(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundSucceeded)

	require.Equal(t, booking.RefundSucceeded, run.playToEnd().Status)
	require.Equal(t, []string{"send at 0"}, run.steps)
}

func TestAnUndecidedRefundIsAskedAboutAfterGrowingWaits(t *testing.T) {
	t.Parallel()
	for _, undecided := range []booking.RefundStatus{booking.RefundInitiated, booking.RefundFailed} {
		t.Run(string(undecided), func(t *testing.T) {
			t.Parallel()
			answers := []booking.RefundStatus{}
			for range 14 {
				answers = append(answers, undecided)
			}
			run := newRefundRun(t, append(answers, booking.RefundSucceeded)...)

			require.Equal(t, booking.RefundSucceeded, run.playToEnd().Status)
			require.Equal(t, []string{"send at 0", "send at 1", "send at 3", "send at 7"}, run.steps[:4])
			require.Equal(t, []string{"send at 1023", "send at 1743", "send at 2463", "send at 3183", "send at 3903"}, run.steps[10:], "at least twice a day")
		})
	}
}

func TestAnEventOfTheProviderIsLookedIntoAtOnce(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundInitiated, booking.RefundInitiated, booking.RefundSucceeded)
	run.event(40 * time.Second)
	run.event(50 * time.Second)

	require.Equal(t, booking.RefundSucceeded, run.playToEnd().Status)
	require.Equal(t, []string{"send at 0", "send at 0", "send at 0"}, run.steps)
}

func TestTheWaitsAreShortAgainAfterEventsAndCommands(t *testing.T) {
	t.Parallel()
	before := []string{"send at 0", "send at 1", "send at 3", "send at 7", "send at 15"}
	news := newRefundRun(t, append(slices.Repeat([]booking.RefundStatus{booking.RefundInitiated}, 7), booking.RefundSucceeded)...)
	news.event(20 * time.Minute)
	news.playToEnd()
	require.Equal(t, append(slices.Clone(before), "send at 20", "send at 21", "send at 23"), news.steps)

	// The command comes while the provider is asked, and refuses.
	answers := append(slices.Repeat([]booking.RefundStatus{booking.RefundInitiated}, 4), booking.RefundNeedsAttention, booking.RefundInitiated)
	command := newRefundRun(t, append(answers, booking.RefundSucceeded)...)
	command.at(14*time.Minute, func() { command.deaf = true })
	retry := command.operator(15*time.Minute+time.Second, booking.UpdateRetry)
	command.at(15*time.Minute+2*time.Second, func() { command.deaf = false })
	command.playToEnd()
	require.NoError(t, retry.err)
	require.Equal(t, append(slices.Clone(before), "retry at 15", "send at 15", "send at 16"), command.steps)
}

func TestAnEventThatComesWhileTheProviderIsAskedIsNotLost(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundSucceeded, booking.RefundNeedsAttention)
	run.away = true
	run.event(5 * time.Second)
	run.at(10*time.Second, func() { run.away = false })

	require.Contains(t, []booking.RefundStatus{booking.RefundSucceeded, booking.RefundNeedsAttention}, run.playToEnd().Status)
	require.GreaterOrEqual(t, len(run.steps), 2, "what was said while it was asked may be newer than the answer")
}

func TestARefundThatIsRefusedForGoodEndsAndWaitsForAnOperator(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundNeedsAttention)

	require.Equal(t, booking.RefundNeedsAttention, run.playToEnd().Status)
	require.Equal(t, []string{"send at 0"}, run.steps)
}

func TestAnOperatorRetriesARefundThatWasRefused(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundSucceeded)
	run.status = booking.RefundNeedsAttention
	retry := run.operator(0, booking.UpdateRetry)

	require.Equal(t, booking.RefundSucceeded, run.playToEnd().Status)
	require.NoError(t, retry.err)
	require.Equal(t, booking.RefundInitiated, retry.result.Status, "the operator need not wait for the provider")
	require.Equal(t, []string{"retry at 0", "send at 0"}, run.steps[len(run.steps)-2:])
}

func TestAnOperatorRetriesARefundThatWaitsForItsNextTry(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundFailed, booking.RefundFailed, booking.RefundFailed, booking.RefundFailed, booking.RefundSucceeded)
	retry := run.operator(10*time.Minute, booking.UpdateRetry)

	require.Equal(t, booking.RefundSucceeded, run.playToEnd().Status)
	require.NoError(t, retry.err)
	require.Equal(t, []string{"send at 0", "send at 1", "send at 3", "send at 7", "retry at 10", "send at 10"}, run.steps)
}

func TestAnOperatorDivertsARefundThatWasRefused(t *testing.T) {
	t.Parallel()
	for _, refused := range []booking.RefundStatus{booking.RefundFailed, booking.RefundNeedsAttention} {
		t.Run(string(refused), func(t *testing.T) {
			t.Parallel()
			run := newRefundRun(t, refused)
			run.status = refused
			divert := run.operator(0, booking.UpdateDivert)

			receipt := run.playToEnd()

			require.NoError(t, divert.err)
			require.Equal(t, booking.TenderWallet, receipt.Tender)
			require.Equal(t, []string{"divert at 0", "send at 0"}, run.steps[len(run.steps)-2:])
		})
	}
}

func TestAnOperatorSettlesARefundThatWasGivenBackByHand(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundSucceeded)
	run.status = booking.RefundNeedsAttention
	settle := run.operator(0, booking.UpdateSettle)

	require.Equal(t, booking.RefundSucceeded, run.playToEnd().Status)
	require.NoError(t, settle.err)
	require.Equal(t, booking.RefundSucceeded, settle.result.Status)
	require.Contains(t, run.steps, "settle at 0")
}

func TestAPendingRefundIsNotDiverted(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundInitiated, booking.RefundInitiated, booking.RefundInitiated, booking.RefundSucceeded)
	divert := run.operator(2*time.Minute, booking.UpdateDivert)

	require.Equal(t, booking.RefundSucceeded, run.playToEnd().Status)
	requireRefusal(t, divert.err, booking.CodeInvalidState)
}

func TestAnOperatorIsNotKeptWaitingForAProviderThatIsAway(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundSucceeded)
	run.away = true
	retry := run.operator(time.Second, booking.UpdateRetry)
	run.at(2*time.Minute, func() { run.away = false })

	require.Equal(t, booking.RefundSucceeded, run.playToEnd().Status)
	requireRefusal(t, retry.err, booking.CodeUnavailable)
}

func TestTheResultOfAnUncertainCommandIsFoundOut(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundFailed, booking.RefundFailed, booking.RefundFailed, booking.RefundSucceeded)
	divert := run.operator(2*time.Minute, booking.UpdateDivert)
	run.at(100*time.Second, func() { run.away = true })
	run.at(10*time.Minute, func() { run.away = false })

	require.Equal(t, booking.RefundSucceeded, run.playToEnd().Status)
	requireRefusal(t, divert.err, booking.CodeUnavailable)
}

func TestARefundOutlivesAnOperatorsCancelOfItsWorkflow(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundInitiated, booking.RefundInitiated, booking.RefundSucceeded)
	run.at(30*time.Second, run.env.CancelWorkflow)

	require.Equal(t, booking.RefundSucceeded, run.playToEnd().Status)
	require.Equal(t, []string{"send at 0", "send at 1", "send at 3"}, run.steps)
}

func TestADefectInSendingFailsTheWorkflowAndStillAnswersTheOperator(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundSucceeded)
	run.broken = true
	retry := run.operator(0, booking.UpdateRetry)

	_, err := run.play()

	require.ErrorContains(t, err, "another refund has this key")
	requireRefusal(t, retry.err, booking.CodeInvalidState)
}

// The refund may be going to the card at that very moment.
func TestACommandDoesNotActWhileTheRefundIsBeingSent(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundSucceeded)
	run.deaf, run.status = true, booking.RefundFailed
	divert := run.operator(time.Second, booking.UpdateDivert)
	run.at(2*time.Minute, func() { run.deaf = false })

	require.Equal(t, booking.TenderCard, run.playToEnd().Tender)
	requireRefusal(t, divert.err, booking.CodeUnavailable)
}

func TestARefundTakesABoundedNumberOfCommands(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundInitiated)
	run.at(10*time.Minute, func() { run.answers = []booking.RefundStatus{booking.RefundSucceeded} })
	var all []*update[booking.RefundReceipt]
	for i := range booking.MaxCommands + 1 {
		all = append(all, run.operator(90*time.Second+time.Duration(i)*time.Millisecond, booking.UpdateDivert))
	}

	run.playToEnd()

	for i, done := range all {
		if i < booking.MaxCommands {
			requireRefusal(t, done.err, booking.CodeInvalidState)
		} else {
			requireRefusal(t, done.err, booking.CodeConflict)
		}
	}
}

// A repeat is recognised by the command's id, or by its update's when it has none.
func TestACommandIsAboutTheRefundOfItsWorkflow(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"key_1": "key_1", "": "update_1"} {
		run := newRefundRun(t, booking.RefundFailed, booking.RefundSucceeded)
		done := &update[booking.RefundReceipt]{}
		run.at(30*time.Second, func() {
			run.env.UpdateWorkflow(booking.UpdateRetry, "update_1", done, booking.RefundCommand{
				RefundID: "rf_other", CommandID: given, Actor: "us_admin", Reason: "test",
			})
		})

		run.playToEnd()

		require.NoError(t, done.err)
		require.Equal(t, []booking.RefundCommand{{RefundID: "rf_1", CommandID: want, Actor: "us_admin", Reason: "test"}}, run.commands)
	}
}

func TestACommandNeedsAnActorAndAReason(t *testing.T) {
	t.Parallel()
	for _, command := range []booking.RefundCommand{{RefundID: "rf_1", Actor: "us_admin"}, {RefundID: "rf_1", Reason: "test"}} {
		run := newRefundRun(t, booking.RefundInitiated, booking.RefundInitiated, booking.RefundSucceeded)
		done := &update[booking.RefundReceipt]{}
		run.at(30*time.Second, func() { run.env.UpdateWorkflow(booking.UpdateDivert, "command", done, command) })

		run.playToEnd()

		requireRefusal(t, done.err, booking.CodeValidation)
	}
}

// A bank may take months to decide; the event of its decision ends the wait.
func TestARefundThatWaitsForABankEndsWithItsDecision(t *testing.T) {
	t.Parallel()
	for _, decided := range []booking.RefundStatus{booking.RefundSucceeded, booking.RefundClosed} {
		t.Run(string(decided), func(t *testing.T) {
			t.Parallel()
			run := newRefundRun(t, booking.RefundFailed, decided)
			run.event(40 * time.Second)

			require.Equal(t, decided, run.playToEnd().Status)
			require.Equal(t, []string{"send at 0", "send at 0"}, run.steps)
		})
	}
}

func TestAnOperatorClosesARefund(t *testing.T) {
	t.Parallel()
	run := newRefundRun(t, booking.RefundClosed)
	run.status = booking.RefundNeedsAttention
	closed := run.operator(0, booking.UpdateClose)

	require.Equal(t, booking.RefundClosed, run.playToEnd().Status)
	require.NoError(t, closed.err)
	require.Equal(t, booking.RefundClosed, closed.result.Status)
	require.Contains(t, run.steps, "close at 0")
}
