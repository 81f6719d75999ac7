package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/boxoffice/boxoffice/dev/stack"
)

// The demo goes as it promises, with what plays in the days after today: twice, as somebody may who has liked it.
func TestAllJourneysGoAsPromised(t *testing.T) {
	t.Parallel()
	//nolint:usetesting // t.TempDir lies in a folder that is closed to the account that PostgreSQL runs as
	dir, err := os.MkdirTemp("", "boxoffice-demo-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711)) // PostgreSQL's account must be able to walk through
	system, err := stack.Start(t.Context(), stack.Options{Dir: dir, Env: stack.Patient()})
	if err != nil {
		require.NoError(t, errors.Join(err, os.RemoveAll(dir)))
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		require.NoError(t, errors.Join(system.Stop(ctx), stack.Reset(ctx, dir)))
	})
	where := variables(map[string]string{
		"BOXOFFICE_URL": system.APIURL(), "BOXOFFICE_SIMULATOR_URL": system.StripeURL(), "TEMPORAL_UI_URL": system.TemporalUIURL(),
	})
	for range 2 {
		var out bytes.Buffer
		require.NoError(t, run(t.Context(), &out, where), "%s", &out)
		require.Contains(t, out.String(), "All four went as promised")
	}
}
