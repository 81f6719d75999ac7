package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/booking"
	"github.com/boxoffice/boxoffice/dev/measure"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// What a booking costs, in figures that do not depend on the machine. Nothing else uses the system, and it has no schedules.
func TestCountsPerBooking(t *testing.T) {
	t.Parallel()
	sys := ownSystem(t, "BOXOFFICE_AUDIT_SCHEDULE=off", "BOXOFFICE_SWEEP_SCHEDULE=off", "BOXOFFICE_REMINDER_SCHEDULE=off", "BOXOFFICE_COMPLETE_SCHEDULE=off")
	statements, err := measure.LogStatements(t.Context(), sys.SuperuserDSN("postgres"), sys.LogFile(stack.Postgres))
	require.NoError(t, err)
	played, err := (&measure.Journeys{
		Temporal: sys.Temporal, Statements: statements, Buyer: sys.buyer(t, "buyer", 100_000), Simulator: sys.Simulator(),
		ShowID: sys.show(t, 5*time.Minute), ShortShowID: sys.anotherShow(t, "short", 2*time.Second),
	}).Play(t.Context())
	require.NoError(t, err)
	// The expected outcomes, so that a journey cannot meet its limits by not having happened. The counts of a refund vary: see their limits.
	outcomes := []struct {
		status       booking.Status
		tasks, calls int
	}{
		{booking.StatusConfirmed, 2, 0}, {booking.StatusConfirmed, 1, 0}, {booking.StatusConfirmed, 4, 2}, {booking.StatusConfirmed, 4, 2}, {booking.StatusExpired, 2, 0}, {booking.StatusCancelled, 0, 0},
	}
	require.Len(t, played, len(outcomes))
	for i, journey := range played {
		t.Logf("%s: %s", journey.What, journey.Counts)
		cost, outcome := journey.Counts, outcomes[i]
		require.Equal(t, outcome.status, journey.Status, journey.What)
		require.Positive(t, min(cost.Events, int(cost.Bytes), cost.API, cost.Worker), "%s: something was not counted: %s", journey.What, cost)
		if outcome.tasks > 0 {
			require.Equal(t, []int{outcome.tasks, outcome.calls}, []int{cost.WorkflowTasks, cost.ProviderCalls}, "%s: workflow tasks and provider calls", journey.What)
		}
		if !journey.Counts.Within(journey.Limits) {
			t.Errorf("%s costs more than %s", journey.What, journey.Limits)
		}
	}
}
