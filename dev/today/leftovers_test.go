package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatDeadProcessesHaveLeftIsRemoved(t *testing.T) {
	t.Parallel()
	ended := exec.CommandContext(t.Context(), "true")
	require.NoError(t, ended.Run())
	dir := t.TempDir()
	for _, name := range []string{"faketime_shm_%d", "sem.faketime_sem_%d"} {
		for _, pid := range []int{ended.Process.Pid, os.Getpid()} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf(name, pid)), nil, 0o600))
		}
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "PostgreSQL.1"), nil, 0o600))

	require.NoError(t, removeLeftovers(dir))

	left, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.ElementsMatch(t, []string{
		filepath.Join(dir, fmt.Sprintf("faketime_shm_%d", os.Getpid())), filepath.Join(dir, fmt.Sprintf("sem.faketime_sem_%d", os.Getpid())),
		filepath.Join(dir, "PostgreSQL.1"),
	}, left)
	require.NoError(t, removeLeftovers(filepath.Join(dir, "none")))
}
