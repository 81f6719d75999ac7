package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/measure"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// What a booking costs, in figures that do not depend on the machine. Nothing else uses the system: nobody comes, and no schedule is due.
func TestCountsPerBooking(t *testing.T) {
	t.Parallel()
	h := ownHouse(t, "BOXOFFICE_AUDIT_SCHEDULE=off", "BOXOFFICE_SWEEP_SCHEDULE=off", "BOXOFFICE_REMINDER_SCHEDULE=off", "BOXOFFICE_COMPLETE_SCHEDULE=off")
	statements, err := measure.LogStatements(t.Context(), h.SuperuserDSN("postgres"), h.LogFile(stack.Postgres))
	require.NoError(t, err)
	played, err := (&measure.Journeys{
		Temporal: h.temporal, Statements: statements, Buyer: h.buyer(t, "buyer", 100_000), SimulatorURL: h.StripeURL(),
		ShowID: h.show(t, 5*time.Minute), ShortShowID: h.anotherShow(t, "short", 2*time.Second),
	}).Play(t.Context())
	require.NoError(t, err)
	require.Len(t, played, 5)
	for _, journey := range played {
		t.Logf("%s: %s", journey.What, journey.Counts)
		if !journey.Counts.Within(journey.Limits) {
			t.Errorf("%s costs more than %s", journey.What, journey.Limits)
		}
	}
}
