package stack

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFolderIsFreeAlthoughAForkedProcessHasItOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	held, err := openFolder(dir)
	require.NoError(t, err)
	forked, err := syscall.Dup(int(held.Fd()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Close(forked)) })
	require.ErrorIs(t, Reset(t.Context(), dir), ErrInUse)

	unlock(held)

	require.NoError(t, Reset(t.Context(), dir))
}
