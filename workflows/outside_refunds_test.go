package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"github.com/boxoffice/boxoffice/booking"
)

// outsideRun runs the workflow of a charge's outside refunds.
type outsideRun struct {
	env *testsuite.TestWorkflowEnvironment
	// away is how often the provider does not answer.
	away    int
	asked   int
	onAsked func(n int)
	// mu guards commands, which are carried out concurrently.
	mu       sync.Mutex
	commands []booking.OutsideRefundCommand
	refusal  error
}

func newOutsideRun(t *testing.T) *outsideRun {
	t.Helper()
	return newOutsideRunIn(t, newEnvironment())
}

func newOutsideRunIn(t *testing.T, env *testsuite.TestWorkflowEnvironment) *outsideRun {
	t.Helper()
	run := &outsideRun{env: env, onAsked: func(int) {}}
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
			run.mu.Lock()
			defer run.mu.Unlock()
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

// An event that comes while the provider is being asked may be newer than the answer.
func TestTheProviderIsAskedAgainWhenItSendsAnEventMeanwhile(t *testing.T) {
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

func (r *outsideRun) writeOffAt(after time.Duration, cmd booking.OutsideRefundCommand) *update[booking.OutsideRefund] {
	done := &update[booking.OutsideRefund]{}
	r.env.RegisterDelayedCallback(func() { r.env.UpdateWorkflow(booking.UpdateWriteOff, after.String(), done, cmd) }, after)
	return done
}

// A repeated command is recognised by its id.
func TestACommandAboutARefundMadeOutsideNeedsAnIdAnActorAndAReason(t *testing.T) {
	t.Parallel()
	run := newOutsideRun(t)
	run.away = 5
	var all []*update[booking.OutsideRefund]
	for n, cmd := range []booking.OutsideRefundCommand{
		{OutsideRefundID: "re_1", Actor: "us_admin", Reason: "test"},
		{OutsideRefundID: "re_1", CommandID: "1", Reason: "test"},
		{OutsideRefundID: "re_1", CommandID: "1", Actor: "us_admin"},
	} {
		all = append(all, run.writeOffAt(time.Duration(n)*time.Millisecond, cmd))
	}

	run.play()

	for _, done := range all {
		requireRefusal(t, done.err, booking.CodeValidation)
	}
	require.Empty(t, run.commands)
}

func TestAChargeTakesABoundedNumberOfCommands(t *testing.T) {
	t.Parallel()
	run := newOutsideRun(t)
	run.away = 8
	var all []*update[booking.OutsideRefund]
	for n := range booking.MaxCommands + 1 {
		all = append(all, run.writeOffAt(time.Second+time.Duration(n)*time.Millisecond, booking.OutsideRefundCommand{
			OutsideRefundID: "re_1", CommandID: fmt.Sprint(n), Actor: "us_admin", Reason: "test",
		}))
	}

	run.play()

	require.Len(t, run.commands, booking.MaxCommands)
	requireRefusal(t, all[booking.MaxCommands].err, booking.CodeConflict)
}

// It is not known whether it was carried out: a repeat with the same id finds out.
func TestACommandWithAnUnknownResultHasToBeRepeated(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err  error
		code booking.Code
	}{
		"the database is away": {errors.New("database is away"), booking.CodeUnavailable},
		"it is refused":        {refusalError(booking.Refuse(booking.CodeInvalidState, "nothing is left")), booking.CodeInvalidState},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := newOutsideRun(t)
			run.away, run.refusal = 8, test.err
			done := run.writeOffAt(time.Second, booking.OutsideRefundCommand{OutsideRefundID: "re_1", CommandID: "1", Actor: "us_admin", Reason: "test"})

			run.play()

			requireRefusal(t, done.err, test.code)
		})
	}
}

// Its charge may have bought seats since it was refused.
func TestAnAssignmentFromBeforeAResetIsNotCarriedOutNow(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		env     *testsuite.TestWorkflowEnvironment
		carried int
	}{
		"after a reset": {newEnvironment(wasReset()), 0},
		"without one":   {newEnvironment(), 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := newOutsideRunIn(t, test.env)
			run.away = 1
			done := &update[booking.OutsideRefund]{}
			run.env.RegisterDelayedCallback(func() {
				run.env.UpdateWorkflow(booking.UpdateAssign, "1", done, booking.OutsideRefundCommand{
					OutsideRefundID: "re_1", CommandID: "1", Actor: "us_admin", Reason: "the customer called", At: run.env.Now().Add(-time.Minute),
				})
			}, 0)
			run.play()
			run.requireNoted(t, 2)
			require.True(t, done.accepted)
			require.Len(t, run.commands, test.carried)
			if test.carried == 0 {
				requireRefusal(t, done.err, booking.CodeUnavailable)
			} else {
				require.NoError(t, done.err)
			}
		})
	}
}
