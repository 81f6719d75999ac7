package workflows_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/workflows"
)

func TestACompletionGoesOnUntilItHasSucceeded(t *testing.T) {
	t.Parallel()
	env := newEnvironment()
	tries := 0
	want := booking.CompletedShows{Shows: 2, Bookings: 12, Attended: 8, NoShows: 1}
	env.RegisterActivityWithOptions(func(context.Context) (booking.CompletedShows, error) {
		if tries++; tries < 5 {
			return booking.CompletedShows{}, errors.New("the database is away")
		}
		return want, nil
	}, activity.RegisterOptions{Name: booking.StepCompleteShows})

	env.ExecuteWorkflow(workflows.CompleteShows)

	require.NoError(t, env.GetWorkflowError())
	var done booking.CompletedShows
	require.NoError(t, env.GetWorkflowResult(&done))
	require.Equal(t, want, done)
	require.Equal(t, "Completed 12 bookings of 2 shows: 8 attended, 1 no-shows.", done.String())
}
