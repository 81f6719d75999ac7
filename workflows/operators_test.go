package workflows_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/workflows"
)

func TestABookingWithoutAWorkflowIsEndedAndItsMoneyFollowed(t *testing.T) {
	t.Parallel()
	env := newEnvironment()
	var asked booking.Release
	env.RegisterActivityWithOptions(func(_ context.Context, req booking.Release) (booking.EndedBooking, error) {
		asked = req
		return booking.EndedBooking{Status: booking.StatusExpired, Intents: []string{"pi_1", "pi_2"}}, nil
	}, activity.RegisterOptions{Name: booking.StepEndAbandoned})
	var followed []string
	env.SetOnChildWorkflowStartedListener(func(child *workflow.Info, _ workflow.Context, _ converter.EncodedValues) {
		followed = append(followed, child.WorkflowExecution.ID)
	})
	env.OnWorkflow(booking.SettlementWorkflow, mock.Anything, mock.Anything).Return(booking.SettlementOutcome{}, nil)

	env.ExecuteWorkflow(workflows.EndAbandoned, booking.ExpireRequest{BookingID: "bk_1", Actor: "us_ada", Reason: "lost", CorrelationID: "ops-1"})

	require.NoError(t, env.GetWorkflowError())
	var expiry booking.Expiry
	require.NoError(t, env.GetWorkflowResult(&expiry))
	require.Equal(t, booking.Expiry{BookingID: "bk_1", Status: booking.StatusExpired}, expiry)
	require.Equal(t, booking.Release{
		BookingID: "bk_1", To: booking.StatusExpired, Actor: "us_ada", Reason: "lost", CorrelationID: "ops-1", Undecided: true,
	}, asked)
	require.Equal(t, []string{"settle/pi_1", "settle/pi_2"}, followed)
}

// Its operator has left. What an earlier try has done still has to be found out.
func TestAMoveThatComesTooLateIsOnlyLookedUp(t *testing.T) {
	t.Parallel()
	for _, late := range []bool{false, true} {
		long := booking.MoveRequestAge
		if late {
			long += time.Second
		}
		env := newEnvironment(waited(long))
		var asked booking.SeatMove
		env.RegisterActivityWithOptions(func(_ context.Context, move booking.SeatMove) error {
			asked = move
			return nil
		}, activity.RegisterOptions{Name: booking.StepMoveSeats})

		env.ExecuteWorkflow(workflows.MoveSeats, booking.SeatMove{MoveID: "sm_1", BookingID: "bk_1", To: []string{"B1"}})

		require.NoError(t, env.GetWorkflowError())
		require.Equal(t, late, asked.TooLate)
	}
}

func TestAMoveAnswersWithItsResult(t *testing.T) {
	t.Parallel()
	taken := booking.SeatsTaken("sh_1", []string{"B1"})
	for name, test := range map[string]struct {
		err  error
		code booking.Code
		ends bool
	}{
		"moved": {nil, "", true},
		"taken": {
			temporal.NewApplicationErrorWithOptions("no", booking.RefusalType, temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{*taken}}),
			booking.CodeSeatLockFailed, true,
		},
		"away":   {errors.New("away"), booking.CodeUnavailable, true},
		"defect": {temporal.NewNonRetryableApplicationError("no", "Defect", nil), "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newEnvironment()
			env.RegisterActivityWithOptions(func(context.Context, booking.SeatMove) error { return test.err }, activity.RegisterOptions{Name: booking.StepMoveSeats})
			env.ExecuteWorkflow(workflows.MoveSeats, booking.SeatMove{MoveID: "sm_1", BookingID: "bk_1", To: []string{"B1"}})
			if !test.ends {
				require.Error(t, env.GetWorkflowError())
				return
			}
			require.NoError(t, env.GetWorkflowError())
			var outcome booking.SeatMoveOutcome
			require.NoError(t, env.GetWorkflowResult(&outcome))
			require.Equal(t, "sm_1", outcome.MoveID)
			if test.code == "" {
				require.Nil(t, outcome.Refusal)
				return
			}
			require.Equal(t, test.code, outcome.Refusal.Code)
		})
	}
}

// The customer is notified, unless the request is so old that it does not name the show: then RemindShows finds the move.
func TestACustomerIsNotifiedOfOtherSeats(t *testing.T) {
	t.Parallel()
	taken := booking.SeatsTaken("sh_1", []string{"B1"})
	for name, test := range map[string]struct {
		show   string
		refuse error
		told   []string
	}{
		"told":                {show: "sh_1", told: []string{"notify-show/seats_moved/sh_1"}},
		"by an older request": {},
		"when it was refused": {show: "sh_1", refuse: temporal.NewNonRetryableApplicationError("no", booking.RefusalType, nil, *taken)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newEnvironment()
			var told []string
			env.RegisterActivityWithOptions(func(context.Context, booking.SeatMove) error { return test.refuse }, activity.RegisterOptions{Name: booking.StepMoveSeats})
			env.OnWorkflow(booking.NotifyShowWorkflow, mock.Anything, mock.Anything).Return(booking.NoticesStanding{}, nil).Maybe()
			env.SetOnChildWorkflowStartedListener(func(info *workflow.Info, _ workflow.Context, args converter.EncodedValues) {
				var req booking.NotifyShowRequest
				require.NoError(t, args.Get(&req))
				require.Equal(t, booking.NotifyShowRequest{Kind: booking.NoticeSeatsMoved, ShowID: test.show, CorrelationID: "ops-1"}, req)
				told = append(told, info.WorkflowExecution.ID)
			})
			env.ExecuteWorkflow(workflows.MoveSeats, booking.SeatMove{MoveID: "sm_1", BookingID: "bk_1", ShowID: test.show, To: []string{"B1"}, CorrelationID: "ops-1"})
			require.NoError(t, env.GetWorkflowError())
			require.Equal(t, test.told, told)
		})
	}
}
