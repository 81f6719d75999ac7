package workflows_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/workflows"
)

// A booking that cannot be ended does not hold up the others, and makes the sweep fail so that somebody looks.
func TestASweepGoesOnAfterADefect(t *testing.T) {
	t.Parallel()
	env := newEnvironment()
	env.RegisterActivityWithOptions(func(context.Context) (booking.Abandoned, error) {
		return booking.Abandoned{Bookings: []booking.AbandonedBooking{{BookingID: "bk_broken"}, {BookingID: "bk_2"}}}, nil
	}, activity.RegisterOptions{Name: booking.StepFindAbandoned})
	var released []string
	env.RegisterActivityWithOptions(func(_ context.Context, req booking.Release) (booking.Released, error) {
		if req.BookingID == "bk_broken" {
			return booking.Released{}, temporal.NewNonRetryableApplicationError("the database refuses this", "Defect", nil)
		}
		released = append(released, req.BookingID)
		return booking.Released{Status: req.To}, nil
	}, activity.RegisterOptions{Name: booking.StepReleaseSeats})

	env.ExecuteWorkflow(workflows.Sweep)

	require.ErrorContains(t, env.GetWorkflowError(), "the database refuses this")
	require.Equal(t, []string{"bk_2"}, released)
}

func TestASweepEndsWhatWasAbandonedAndHasItsMoneyFollowed(t *testing.T) {
	t.Parallel()
	env := newEnvironment()
	var released []booking.Release
	env.RegisterActivityWithOptions(func(context.Context) (booking.Abandoned, error) {
		return booking.Abandoned{
			Bookings: []booking.AbandonedBooking{{BookingID: "bk_1", Intents: []string{"pi_1", "pi_2"}}, {BookingID: "bk_2"}},
			Intents:  []string{"pi_3"}, Refunds: []string{"rf_1"},
			Cascades: []booking.CascadeRequest{{CascadeID: "cs_1", Kind: booking.CascadeTheatre, SubjectID: "th_1"}},
		}, nil
	}, activity.RegisterOptions{Name: booking.StepFindAbandoned})
	env.RegisterActivityWithOptions(func(_ context.Context, req booking.Release) (booking.Released, error) {
		released = append(released, req)
		return booking.Released{Status: req.To}, nil
	}, activity.RegisterOptions{Name: booking.StepReleaseSeats})
	var followed []string
	env.SetOnChildWorkflowStartedListener(func(child *workflow.Info, _ workflow.Context, _ converter.EncodedValues) {
		followed = append(followed, child.WorkflowExecution.ID)
	})
	env.OnWorkflow(booking.SettlementWorkflow, mock.Anything, mock.Anything).Return(booking.SettlementOutcome{}, nil)
	env.OnWorkflow(booking.RefundWorkflow, mock.Anything, mock.Anything).Return(booking.RefundReceipt{}, nil)
	env.OnWorkflow(booking.CascadeWorkflow, mock.Anything, mock.Anything).Return(booking.CascadeOutcome{}, nil)

	env.ExecuteWorkflow(workflows.Sweep)

	require.NoError(t, env.GetWorkflowError())
	var swept booking.Sweepings
	require.NoError(t, env.GetWorkflowResult(&swept))
	require.Equal(t, booking.Sweepings{Bookings: 2, Settlements: 3, Refunds: 1, Cascades: 1}, swept)
	require.ElementsMatch(t, []string{"settle/pi_1", "settle/pi_2", "settle/pi_3", "refund/rf_1", "deactivate-theatre/th_1"}, followed)
	for _, release := range released {
		require.True(t, release.Undecided, "the settlement decides about the money")
		require.Equal(t, booking.StatusExpired, release.To)
	}
}
