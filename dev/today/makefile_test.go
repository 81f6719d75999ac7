package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// noted is a go command that notes what it is told to do, and fails as go does when that has to do with the word FAIL.
const noted = `#!/bin/sh
echo "$*" >> "$NOTES"
case "$*" in *"$FAIL"*) exit 1 ;; esac
`

// makes runs make with that command, and gives what was noted.
func makes(t *testing.T, fail string, args ...string) (notes []string, err error) {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "go"), []byte(noted), 0o700))
	command := exec.CommandContext(t.Context(), "make", append([]string{"--no-print-directory"}, args...)...)
	command.Dir = filepath.Join("..", "..")
	// Without those of a make that has started this test.
	command.Env = []string{"PATH=" + folder + ":" + os.Getenv("PATH"), "NOTES=" + filepath.Join(folder, "notes"), "FAIL=" + fail}
	out, err := command.CombinedOutput()
	t.Log(string(out))
	text, readErr := os.ReadFile(filepath.Join(folder, "notes"))
	require.NoError(t, readErr)
	return strings.Split(strings.TrimSpace(string(text)), "\n"), err
}

func TestMakeTestTestsEverythingWhateverFails(t *testing.T) {
	t.Parallel()
	for _, fail := range []string{"./...", "-C dev/temporal", "-C dev/bench/dbos", "-C tools"} {
		notes, err := makes(t, fail, "test", "TESTFLAGS=-short")
		require.Error(t, err, fail)
		require.Len(t, notes, 4, fail)
		for i, part := range []string{"-timeout", "-C dev/temporal ", "-C dev/bench/dbos ", "-C tools "} {
			require.Contains(t, notes[i], part)
			require.Contains(t, notes[i], " -short ")
		}
	}
	_, err := makes(t, "nothing", "test")
	require.NoError(t, err)
}

func TestMakeDoesEverythingOnAnotherDay(t *testing.T) {
	t.Parallel()
	notes, err := makes(t, "nothing", "test", "TODAY=2028-02-29")
	require.NoError(t, err)
	require.Len(t, notes, 1)
	require.Regexp(t, `^run ./dev/today 2028-02-29 \S*make .*test TODAY=$`, notes[0])
	_, err = makes(t, "2028-02-29", "test", "TODAY=2028-02-29")
	require.Error(t, err)
}
