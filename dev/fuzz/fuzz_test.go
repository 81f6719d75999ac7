package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheCommandLine(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	for _, wrong := range []string{"-requests=0", "-clients=-1", "-most=0s", "-tea=hot"} {
		require.Error(t, run(t.Context(), []string{wrong}, &out), wrong)
	}
	require.ErrorIs(t, run(t.Context(), []string{"-help"}, &out), flag.ErrHelp)
}

func TestAPanicIsFoundInALog(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "api.log")
	require.NoError(t, os.WriteFile(file, []byte(`{"msg":"request","route":"/panic"}`+"\n"+`{"msg":"api listens"}`), 0o600))
	require.NoError(t, noPanic(file))
	require.NoError(t, os.WriteFile(file, []byte(`{"msg":"request failed","error":"panic: nil map"}`), 0o600))
	require.ErrorContains(t, noPanic(file), "nil map")
}

// A short run of what make fuzz does for longer.
func TestTheSystemSurvivesRequestsOfAnyKind(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := run(t.Context(), []string{"-requests=800"}, &out)
	require.NoError(t, err, out.String())
	t.Log(out.String())
}
