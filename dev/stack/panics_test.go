package stack

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPanicIsFoundInALog(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "api.log")
	require.NoError(t, os.WriteFile(file, []byte(`{"msg":"request","route":"/panic"}`+"\n"+`{"msg":"api listens"}`), 0o600))
	require.NoError(t, NoPanic(file))
	require.NoError(t, os.WriteFile(file, []byte(`{"msg":"request failed","error":"panic: nil map"}`), 0o600))
	require.ErrorContains(t, NoPanic(file), "nil map")
}
