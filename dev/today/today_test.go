package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestADayAloneKeepsTheTimeOfDay(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 30, 23, 59, 58, 500, time.UTC)
	for wanted, then := range map[string]time.Time{
		"2028-02-29":                time.Date(2028, time.February, 29, 23, 59, 58, 500, time.UTC),
		"2026-10-25":                time.Date(2026, time.October, 25, 23, 59, 58, 500, time.UTC),
		"2026-11-30":                now,
		"2027-03-28T00:59:00Z":      time.Date(2027, time.March, 28, 0, 59, 0, 500, time.UTC),
		"2027-03-28T02:00:00+02:00": time.Date(2027, time.March, 28, 0, 0, 0, 500, time.UTC),
	} {
		shift, err := shiftTo(wanted, now)
		require.NoError(t, err)
		require.WithinDuration(t, then, now.Add(shift), time.Second, wanted)
		require.Zero(t, shift%time.Second)
	}
	for _, wrong := range []string{"", "tomorrow", "2027-02-29", "29.2.2028"} {
		_, err := shiftTo(wrong, now)
		require.ErrorContains(t, err, "no day", wrong)
	}
}

func TestTheEnvironmentAddsToWhatIsThere(t *testing.T) {
	t.Parallel()
	env := environment([]string{"HOME=/h", "GOFLAGS=-buildvcs=false", "LD_PRELOAD=/a.so", shiftVariable + "=60"}, -time.Minute, "/o.json", "/f.so")
	require.ElementsMatch(t, []string{
		"HOME=/h", "GOFLAGS=-buildvcs=false -count=1 -overlay=/o.json", "LD_PRELOAD=/a.so:/f.so", shiftVariable + "=-60", "FAKETIME=-60",
		"FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1",
	}, env)
	require.Equal(t, -time.Minute, shiftOf(env))
	require.Zero(t, shiftOf(nil))
}

func TestAnotherRuntimeIsRefused(t *testing.T) {
	t.Parallel()
	_, err := shifted("package runtime\n")
	require.ErrorContains(t, err, "not known")
}

// What the shell and a Go program take for today. That PostgreSQL agrees with the tests about the time, dev/pgtest tests on whichever day.
func TestEveryProgramHasTheSameDay(t *testing.T) {
	t.Parallel()
	if _, err := findOrInstall(t.Context()); err != nil {
		t.Skip(err)
	}
	folder := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module clock\n",
		"main.go": "package main\n\nimport (\n\t\"os\"\n\t\"time\"\n)\n\nfunc main() { os.Stdout.WriteString(time.Now().UTC().Format(time.DateOnly)) }\n",
		"tell.sh": "date -u +%F > shell && go run . > program\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	command := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(folder, "today"), ".")
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))

	command = exec.CommandContext(t.Context(), filepath.Join(folder, "today"), "2028-02-29T12:00:00Z", "sh", "tell.sh")
	command.Dir = folder
	out, err = command.CombinedOutput()
	require.NoError(t, err, string(out))

	for _, name := range []string{"shell", "program"} {
		told, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		require.Equal(t, "2028-02-29", strings.TrimSpace(string(told)), name)
	}
}
