package workflows_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/worker"
)

// outsideRun plays the workflow of a charge's outside refunds.
type outsideRun struct {
	env *testsuite.TestWorkflowEnvironment
	// away is how often the provider does not answer.
	away     int
	asked    int
	onAsked  func(n int)
	commands []booking.OutsideRefundCommand
	refusal  error
}

func newOutsideRun(t *testing.T) *outsideRun {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	run := &outsideRun{env: suite.NewTestWorkflowEnvironment(), onAsked: func(int) {}}
	run.env.SetTestTimeout(20 * time.Second)
	worker.RegisterWorkflows(run.env)
	run.env.RegisterActivityWithOptions(func(_ context.Context, req booking.OutsideRefundsRequest) (booking.OutsideRefundsNoted, error) {
		run.asked++
		run.onAsked(run.asked)
		if run.asked <= run.away {
			return booking.OutsideRefundsNoted{}, errors.New("the provider is away")
		}
		return booking.OutsideRefundsNoted{IntentID: req.IntentID, Refunds: 1}, nil
	}, activity.RegisterOptions{Name: booking.StepNoteOutsideRefunds})
	for _, name := range []string{booking.StepAssignOutsideRefund, booking.StepWriteOffOutsideRefund} {
		run.env.RegisterActivityWithOptions(func(_ context.Context, cmd booking.OutsideRefundCommand) (booking.OutsideRefund, error) {
			run.commands = append(run.commands, cmd)
			return booking.OutsideRefund{ID: cmd.OutsideRefundID}, run.refusal
		}, activity.RegisterOptions{Name: name})
	}
	return run
}

func (r *outsideRun) play() {
	r.env.ExecuteWorkflow(booking.OutsideRefundsWorkflow, booking.OutsideRefundsRequest{IntentID: "pi_1", CorrelationID: "test"})
}

func (r *outsideRun) requireNoted(t *testing.T, asked int) {
	t.Helper()
	var noted booking.OutsideRefundsNoted
	require.NoError(t, r.env.GetWorkflowResult(&noted))
	require.Equal(t, booking.OutsideRefundsNoted{IntentID: "pi_1", Refunds: 1}, noted)
	require.Equal(t, asked, r.asked)
}

func TestTheProviderIsAskedUntilItTellsWhatWasGivenBack(t *testing.T) {
	t.Parallel()
	run := newOutsideRun(t)
	run.away = 8
	run.play()
	run.requireNoted(t, 9)
}

// What comes while the provider is being asked may be what its answer was too early for.
func TestTheProviderIsAskedAgainWhenItSendsWordMeanwhile(t *testing.T) {
	t.Parallel()
	run := newOutsideRun(t)
	run.onAsked = func(n int) {
		if n == 1 {
			for range 3 {
				run.env.SignalWorkflow(booking.SignalOutsideRefund, booking.OutsideRefundEvent{IntentID: "pi_1"})
			}
		}
	}
	run.play()
	run.requireNoted(t, 2)
}

func TestOperatorsDecideWhileTheProviderIsAway(t *testing.T) {
	t.Parallel()
	run := newOutsideRun(t)
	run.away = 5
	answers := map[string]*update[booking.OutsideRefund]{}
	for n, name := range []string{booking.UpdateAssign, booking.UpdateWriteOff} {
		answers[name] = &update[booking.OutsideRefund]{}
		run.env.RegisterDelayedCallback(func() {
			run.env.UpdateWorkflow(name, name, answers[name], booking.OutsideRefundCommand{
				OutsideRefundID: "re_1", CommandID: name, Actor: "us_admin", Reason: "the customer called",
			})
		}, time.Duration(n)*time.Second)
	}
	unexplained := &update[booking.OutsideRefund]{}
	run.env.RegisterDelayedCallback(func() {
		run.env.UpdateWorkflow(booking.UpdateWriteOff, "3", unexplained, booking.OutsideRefundCommand{OutsideRefundID: "re_1", CommandID: "3"})
	}, time.Second)
	run.play()
	run.requireNoted(t, 6)
	require.Len(t, run.commands, 2)
	for name, answer := range answers {
		require.NoError(t, answer.err, name)
	}
	require.ErrorContains(t, unexplained.err, "reason")
}
