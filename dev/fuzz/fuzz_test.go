package main

import (
	"bytes"
	"flag"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheCommandLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for _, wrong := range []string{"-requests=0", "-clients=-1", "-most=0s", "-tea=hot", "-only=drinkTea"} {
		require.Error(t, run(t.Context(), []string{wrong}, &out), wrong)
	}
	require.ErrorIs(t, run(t.Context(), []string{"-help"}, &out), flag.ErrHelp)
}

// A short run of what make fuzz does for longer, of the same requests every time.
func TestTheSystemSurvivesRequestsOfAnyKind(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := run(t.Context(), []string{"-requests=800", "-seed=1"}, &out)
	require.NoError(t, err, out.String())
	t.Log(out.String())
}
