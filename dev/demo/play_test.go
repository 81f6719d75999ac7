package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/private"
	"github.com/boxoffice/boxoffice/dev/stack"
)

// The demo goes as it promises, with what plays in the days after today: twice, as somebody may who has liked it.
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
