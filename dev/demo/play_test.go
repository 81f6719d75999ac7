package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// The demo succeeds with the shows of the next days, and does so a second time.
func TestAllJourneysGoAsPromised(t *testing.T) {
	t.Parallel()
	system := private.ForTest(t, "demo", stack.Options{Env: stack.Patient()})
	where := variables(map[string]string{
		"BOXOFFICE_URL": system.APIURL(), "BOXOFFICE_SIMULATOR_URL": system.StripeURL(), "TEMPORAL_UI_URL": system.TemporalUIURL(),
	})
	for range 2 {
		var out bytes.Buffer
		require.NoError(t, run(t.Context(), nil, &out, where), "%s", &out)
		require.Contains(t, out.String(), "All four went as promised")
	}
}
